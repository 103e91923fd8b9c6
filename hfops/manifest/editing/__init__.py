"""Changing a manifest's text in the places that an edit names, and nowhere else. See ``hfops.manifest.edit``."""
