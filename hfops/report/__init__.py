"""One report model; text and JSON read it."""
