"""One module (or small package) per kind of resource, and their registry."""
