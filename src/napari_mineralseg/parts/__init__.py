"""Qt pieces of the docks: they know no viewer, no layer and no array."""
