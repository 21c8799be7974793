"""Model bundles: a card that says what a model is, and its weights."""
