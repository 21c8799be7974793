"""What the dock knows: plain values and evented state, without Qt and without napari."""
