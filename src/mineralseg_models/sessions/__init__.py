"""Correction sessions: a prediction and what a person made of it, kept beside the picture."""

from mineralseg_models.sessions.autosave import Autosave
from mineralseg_models.sessions.creation import create_session
from mineralseg_models.sessions.opening import find_session, open_session
from mineralseg_models.sessions.session import Session

__all__ = ["Autosave", "Session", "create_session", "find_session", "open_session"]
