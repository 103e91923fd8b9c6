"""Drawings of what depends on what, in three formats."""
