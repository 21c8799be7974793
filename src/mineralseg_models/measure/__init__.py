"""Modal mineralogy and what follows from it."""
