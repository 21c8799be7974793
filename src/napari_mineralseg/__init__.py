"""The napari plugin: dock widgets, readers and sample data over :mod:`mineralseg_models`."""
