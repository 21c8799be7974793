"""Sample data from simple physics: seeded thin sections for tests, tours and pre-training."""
