"""The napari plugin: dock widgets, readers and sample data over :mod:`mineralseg_models`.

Nothing heavy is imported here: napari builds its menus from the manifest.
"""
