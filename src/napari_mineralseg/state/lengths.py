"""Lengths and pixel sizes as people type and read them."""

import math

UNITS_UM = {"µm": 1.0, "mm": 1000.0}


def parse_number(text: str) -> float | None:
    """Read a number above 0, with a decimal point or comma; None for anything else."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def pixel_size_from_bar(length: float, unit: str, length_px: float) -> float | None:
    """Edge of a pixel in µm from a scale bar.

    Parameters
    ----------
    length : float
        What the bar stands for.
    unit : str
        ``µm`` or ``mm``.
    length_px : float
        Length of the line drawn along it, in pixels.
    """
    return length * UNITS_UM[unit] / length_px if length_px > 0 and length > 0 else None


def format_pixel_size(size_um: float | None) -> str:
    """Four significant digits; empty where the size is unknown."""
    return "" if size_um is None else f"{size_um:.4g}"
