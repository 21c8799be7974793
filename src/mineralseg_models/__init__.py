"""Minerals from micrographs and datacubes: models, training and everything that needs no screen."""

from importlib.metadata import version

__version__ = version("napari-mineralseg")
