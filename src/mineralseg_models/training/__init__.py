"""Fit networks to folders of pictures and masks, and score them on fields they have not seen."""
