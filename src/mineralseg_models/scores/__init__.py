"""Counts of right and wrong pixels, the scores that follow from them, and their intervals."""
