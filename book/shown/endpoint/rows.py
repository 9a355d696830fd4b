"""Rows of intervals under each other, each between its words and its numbers."""

import numpy as np
from matplotlib.axes import Axes

from book.html.style import PLAIN, SMALL, ratio_axis
from models.endpoints import ENDPOINTS

type Ends = tuple[float, float]
"""Of a ratio axis."""


def caption(
    ax: Axes, above: tuple[float, str], below: tuple[float, str], ends: Ends, bold: bool, left: bool = False
) -> None:
    """What a row is, above its interval, and what it says, below: each with its height; in the middle of the
    axis, or at its left end.
    """
    x, side = (ends[0], "left") if left else (np.sqrt(ends[0] * ends[1]), "center")
    for (y, words), align, weight in (
        (above, "center", "bold" if bold else "normal"),
        (below, "top", "normal"),
    ):
        # else words longer than the axis would make it narrower
        ax.text(x, y, words, ha=side, va=align, fontsize=SMALL, weight=weight, bbox=PLAIN).set_in_layout(
            False
        )


def frame(ax: Axes, key: str, rows: int, ends: Ends, below: float = 0.4) -> None:
    """Limits and axes around the rows of an endpoint, which stand at 0, -1, and so on."""
    endpoint = ENDPOINTS[key]
    ax.set_ylim(-rows + below, 0.62)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ratio_axis(ax, *ends, f"Mean {endpoint.scale}", endpoint.sides)
