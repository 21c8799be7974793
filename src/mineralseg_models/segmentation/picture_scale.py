"""From the working scale back to the picture, strip by strip to save memory."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mineralseg_models.segmentation.resample import axis_weights
from mineralseg_models.segmentation.tiles import Region

STRIP_ROWS = 256


class PictureScale:
    """Places and values at the working scale, brought to the picture's pixels.

    Parameters
    ----------
    working, picture : (int, int)
        Rows and columns at either scale; both cover the same field.
    """

    def __init__(self, working: tuple[int, int], picture: tuple[int, int]) -> None:
        self._working = working
        self._picture = picture
        self._nearest = [_nearest(w, p) for w, p in zip(working, picture, strict=True)]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return self._picture

    def to_working(self, region: Region) -> Region:
        """Smallest region of the working scale that covers a region of the picture."""
        y0, y1, x0, x1 = region
        rows, columns = (w / p for w, p in zip(self._working, self._picture, strict=True))
        return (
            int(y0 * rows),
            int(np.ceil(y1 * rows)),
            int(x0 * columns),
            int(np.ceil(x1 * columns)),
        )

    def to_picture(self, region: Region) -> Region:
        """Pixels of the picture whose centres lie in a region of the working scale."""
        rows, columns = self._nearest
        y0, y1 = np.searchsorted(rows, region[:2])
        x0, x1 = np.searchsorted(columns, region[2:])
        return int(y0), int(y1), int(x0), int(x1)

    def spread(self, values: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
        """Values of a region of the working scale at the pixels of :meth:`to_picture`."""
        y0, y1, x0, x1 = self.to_picture(region)
        rows = self._nearest[0][y0:y1] - region[0]
        columns = self._nearest[1][x0:x1] - region[2]
        return values[np.ix_(rows, columns)]

    def strips(self, values: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Bring maps to the picture's size: linear when enlarging, area means when shrinking.

        Parameters
        ----------
        values : ndarray of float32, shape (K, Y, X)
            At the working scale or larger; what lies beyond it is padding.

        Yields
        ------
        slice, ndarray of float32, shape (K, rows, columns of the picture)
            Rows of the picture, and their values.
        """
        inner = values[:, : self._working[0], : self._working[1]]
        rows = axis_weights(self._working[0], self._picture[0])
        columns = axis_weights(self._working[1], self._picture[1])
        for y0 in range(0, self._picture[0], STRIP_ROWS):
            strip = slice(y0, min(y0 + STRIP_ROWS, self._picture[0]))
            if self._working == self._picture:
                yield strip, inner[:, strip]
            else:
                yield strip, _resampled(inner, rows[strip], columns)


def _nearest(working: int, picture: int) -> NDArray[np.int64]:
    """Working pixel in which the centre of each picture pixel lies, shape (picture,)."""
    place = ((np.arange(picture) + 0.5) * (working / picture)).astype(np.int64)
    return np.minimum(place, working - 1)


def _resampled(
    values: NDArray[np.float32], rows: csr_array, columns: csr_array
) -> NDArray[np.float32]:
    """Apply the weights of both axes to maps (K, Y, X), reading only the rows they touch."""
    first, last = int(rows.indices.min()), int(rows.indices.max()) + 1
    near = rows[:, first:last]
    out = np.empty((len(values), rows.shape[0], columns.shape[0]), dtype=np.float32)
    for result, one in zip(out, values, strict=True):
        result[:] = (columns @ (near @ one[first:last]).T).T
    return out
