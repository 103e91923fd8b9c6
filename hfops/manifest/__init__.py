"""YAML and Jinja2 to documents with positions. Knows no Hub."""
