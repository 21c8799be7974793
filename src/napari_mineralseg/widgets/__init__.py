"""Dock widgets, one a file, and the pieces of them that know the viewer."""
