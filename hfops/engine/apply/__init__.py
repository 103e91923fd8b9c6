"""Applying: interpreting a plan's calls, concurrently, and remembering what came of them."""
