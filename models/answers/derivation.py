"""Which function made the numbers of a table or figure, so that a page can open it beside them."""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import pandas as pd

from models.endpoints import ENDPOINTS

NOTED = "derivation"
"""Key of a frame's `attrs`."""


class Derivation(NamedTuple):
    """The function that made a frame, and the endpoint it was called for; None where it is of several."""

    function: Callable
    endpoint: str | None


def derives(function: Callable) -> Callable:
    """Note on the frame that a function returns, or on the numbers of its picture, by which function and for
    which endpoint they were made.
    """

    @wraps(function)
    def noted(*args, **kwargs):
        made = function(*args, **kwargs)
        frame = getattr(made, "numbers", made)
        if isinstance(frame, pd.DataFrame):
            key = args[0] if args and isinstance(args[0], str) and args[0] in ENDPOINTS else None
            frame.attrs[NOTED] = Derivation(function, key)
        return made

    return noted


def derivation(frame: pd.DataFrame) -> Derivation | None:
    """What is noted on a frame; None where nothing is."""
    return frame.attrs.get(NOTED)
