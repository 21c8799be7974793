"""Errors that are meant for the user.

Each message is one sentence that says what was found, what was expected and what to do. None of
them derives from :class:`RuntimeError`: a generator worker of napari swallows those.
"""


class MineralsegError(Exception):
    """Base of every error that is shown to the user as it stands."""


class BadInput(MineralsegError):
    """A picture, a mask, a table or a parameter cannot be used as given."""


class BrokenBundle(MineralsegError):
    """A model bundle is damaged, unsafe or of an unknown format."""


class UnfitBundle(MineralsegError):
    """A sound model bundle does not fit the picture (channels, pixel size)."""


class BrokenSession(MineralsegError):
    """A correction session is damaged, unsafe or of an unknown format."""


class CannotWrite(MineralsegError):
    """A result could not be written: read-only folder, full disk."""


class TaskFailed(MineralsegError):
    """Work stopped for a reason outside the program's own checks; the cause is chained."""
