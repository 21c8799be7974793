"""The one place that turns domain objects into napari layers and back."""
