"""A log likelihood tabulated once: finely around its best effect, ever more coarsely further out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood

TABLE = 241
REACH = 9.0  # SDs, roughly, on either side that are tabulated finely
END = float(np.arcsinh(40 * REACH))
"""The last place; the first is as far on the other side."""


def places(count: int = TABLE) -> np.ndarray:
    """Even places on the axis of the table; `effects` tells what lies there."""
    return np.linspace(-END, END, count)


def effects(centre: float, scale: float, at: np.ndarray) -> np.ndarray:
    """Effects at places of the table: a quarter of a scale apart in the middle, for each unit of place."""
    return centre + scale * np.sinh(at) / 4


def tabulated(
    centre: float,
    scale: float,
    of: Callable[[np.ndarray], np.ndarray],
    largest: float = np.inf,
    count: int = TABLE,
) -> LogLikelihood:
    """The function `of`, computed once, as cubics between places and lines beyond their ends.

    centre, scale: about where it is highest, and its SD there. of: log likelihood at effects, shape (place,).
    largest: the effect, either way, beyond which it goes on as it ends there.
    """
    place = places(count)
    at = np.clip(effects(centre, scale, place), -largest, largest)
    values = of(at)
    slopes = _slope(at[:2], values[:2]), _slope(at[-2:], values[-2:])

    def found(theta: np.ndarray) -> np.ndarray:
        where = np.arcsinh(4 * (np.asarray(theta, float) - centre) / scale)
        inside = cubic(place, values, np.clip(where, place[0], place[-1]))
        return inside + slopes[0] * np.minimum(theta - at[0], 0) + slopes[1] * np.maximum(theta - at[-1], 0)

    return found


def _slope(at: np.ndarray, values: np.ndarray) -> float:
    rise = values[1] - values[0]
    return float(rise / (at[1] - at[0])) if rise else 0.0


def cubic(place: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cubics through four even places."""
    step = place[1] - place[0]
    first = np.clip(((at - place[0]) / step).astype(int) - 1, 0, len(place) - 4)
    u = (at - place[0]) / step - first
    v = [values[first + k] for k in range(4)]
    return (
        -v[0] * (u - 1) * (u - 2) * (u - 3) / 6
        + v[1] * u * (u - 2) * (u - 3) / 2
        - v[2] * u * (u - 1) * (u - 3) / 2
        + v[3] * u * (u - 1) * (u - 2) / 6
    )
