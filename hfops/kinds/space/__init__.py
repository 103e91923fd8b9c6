"""Spaces: a repository, and the app that runs from it."""
