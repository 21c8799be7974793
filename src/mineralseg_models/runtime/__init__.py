"""How a network is run, behind one small interface."""
