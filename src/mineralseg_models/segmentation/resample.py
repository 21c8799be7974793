"""Change of scale: the mean over areas when shrinking, linear interpolation when enlarging.

Both are products with one sparse matrix an axis, pixel *areas* aligned (the left edge of the
first pixel and the right edge of the last stay where they are)::

    in    |   0   |   1   |   2   |   3   |        4 pixels
    out   |     0     |     1     |     2     |    3 pixels over the same width

so a strip of rows can be computed alone and equals those rows of the whole.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mineralseg_models.errors import BadInput

MAX_PIXELS = 2_000_000_000


def resampled_shape(shape: tuple[int, int], from_um: float, to_um: float) -> tuple[int, int]:
    """Rows and columns after a change of pixel size, rounded, at least 1 each.

    Raises
    ------
    BadInput
        The result would hold more than 2 gigapixels.
    """
    factor = from_um / to_um
    rows, columns = (max(1, round(n * factor)) for n in shape)
    if rows * columns > MAX_PIXELS:
        raise BadInput(
            f"Brought from {from_um:g} to {to_um:g} µm per pixel the picture would have "
            f"{rows * columns / 1e9:.1f} gigapixels; at most 2 are possible: check the pixel size."
        )
    return rows, columns


def resample_to(pixels: NDArray[Any], from_um: float, to_um: float) -> NDArray[np.float32]:
    """Bring a picture to another pixel size.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, C)
        Values of any number type.
    from_um, to_um : float
        Pixel size that the picture has and the one it shall have, µm.

    Returns
    -------
    ndarray of float32, shape (Y', X', C)
        Of the shape that :func:`resampled_shape` gives; values keep their range.
    """
    return resize(pixels, resampled_shape((pixels.shape[0], pixels.shape[1]), from_um, to_um))


def resize(pixels: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Bring an array (Y, X, C) to ``shape`` rows and columns; always a new float32 array."""
    columns_done = _along_columns(pixels.astype(np.float32), shape[1])
    if columns_done.shape[0] == shape[0]:
        return columns_done
    rows, columns, channels = columns_done.shape
    weights = axis_weights(rows, shape[0])
    flat: NDArray[np.float32] = weights @ columns_done.reshape(rows, columns * channels)
    return flat.reshape(shape[0], columns, channels)


def _along_columns(pixels: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """Change the number of columns of an array (Y, X, C), row by row to save memory."""
    if pixels.shape[1] == columns:
        return pixels
    weights = axis_weights(pixels.shape[1], columns)
    out = np.empty((pixels.shape[0], columns, pixels.shape[2]), dtype=np.float32)
    for row, values in zip(out, pixels, strict=True):
        row[:] = weights @ values
    return out


def axis_weights(n_in: int, n_out: int) -> csr_array:
    """Weights that take ``n_in`` samples along an axis to ``n_out``, each row summing to 1.

    Returns
    -------
    csr_array of float32, shape (n_out, n_in)
        Overlapped areas when shrinking, linear interpolation between pixel centres (held
        constant beyond the outermost centres) when enlarging.
    """
    return _area_weights(n_in, n_out) if n_out < n_in else _linear_weights(n_in, n_out)


def _area_weights(n_in: int, n_out: int) -> csr_array:
    """Share of each output pixel that each input pixel covers."""
    edges = np.arange(n_out + 1) * (n_in / n_out)
    first = np.floor(edges[:-1]).astype(np.int64)
    taps = int(np.ceil(n_in / n_out)) + 1
    columns = first[:, None] + np.arange(taps)
    share = np.minimum(columns + 1, edges[1:, None]) - np.maximum(columns, edges[:-1, None])
    share = np.where(columns < n_in, np.maximum(share, 0.0), 0.0)
    share /= share.sum(axis=1, keepdims=True)
    return _sparse(np.minimum(columns, n_in - 1), share, (n_out, n_in))


def _linear_weights(n_in: int, n_out: int) -> csr_array:
    """Weights of the two pixel centres that enclose each output centre."""
    centre = np.clip((np.arange(n_out) + 0.5) * (n_in / n_out) - 0.5, 0, n_in - 1)
    left = np.floor(centre).astype(np.int64)
    right = np.minimum(left + 1, n_in - 1)
    return _sparse(
        np.stack([left, right], axis=1),
        np.stack([1 - (centre - left), centre - left], axis=1),
        (n_out, n_in),
    )


def _sparse(
    columns: NDArray[np.int64], values: NDArray[np.float64], shape: tuple[int, int]
) -> csr_array:
    """Build a sparse matrix from the columns and values of each row, shapes (rows, taps)."""
    rows = np.repeat(np.arange(shape[0]), columns.shape[1])
    entries = (values.ravel().astype(np.float32), (rows, columns.ravel()))
    matrix = csr_array(entries, shape=shape)
    matrix.eliminate_zeros()
    return matrix
