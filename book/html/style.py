"""One look for every figure: colours that colour-blind readers tell apart, and type that is legible on a
phone.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.typing import RcKeyType

WIDTH = 4.75
"""Inches; on a phone this becomes about 358 pixels, and the smallest type about 11."""
SMALL = 10.5
PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
"""Behind words that stand on lines."""

BLUE, ORANGE, GREEN, SKY, PURPLE, RED, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#56B4E9",
    "#CC79A7",
    "#D55E00",
    "#F0E442",
)
"""Okabe & Ito's palette."""
GREY, LIGHT, INK = "#777777", "#D9D9D9", "#222222"
ON_BRIGHT = "#1C1C1C"
"""Words on orange or yellow, which are as bright on the dark theme and keep dark words."""
DARK_GROUND = "#121212"
"""What the dark theme of the pages is drawn on."""
DARK = {
    "#ffffff": DARK_GROUND,
    "#000000": "#ced6dd",
    "#222222": "#e3e7eb",
    "#444444": "#b8c0c9",
    "#777777": "#9099a4",
    "#d9d9d9": "#454f5c",
    "#0072b2": "#3f9be0",
    "#56b4e9": "#9ad6f7",
    "#e69f00": "#e69f00",
    "#8a5f00": "#e0b04a",
    "#fbe9d0": "#4a3a1e",
    "#009e73": "#1db58a",
    "#cc79a7": "#d98cb6",
    "#d55e00": "#f0613f",
    "#8b0000": "#c2334d",
    "#f0e442": "#f0e442",
    "#1c1c1c": "#1c1c1c",
}
"""What each colour of the figures becomes on the dark theme; each but the last stands out there as it does on
white, or by 3:1.
"""
STUDY_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY)

RC: dict[RcKeyType, object] = {
    "font.size": 12,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": SMALL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "text.color": INK,
    "axes.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "text.parse_math": False,  # two dollar signs of a record are no formula
}
plt.rcParams.update(RC)
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
MOST_TICKS = 5
"""Whose labels stand apart on a third of a figure's width."""


class Picture(NamedTuple):
    """A figure, what it shows in words, and the numbers drawn in it as a tidy frame.

    Ratios are on the ratio scale, and `lower` and `upper` are 95 % limits, unless a column says otherwise.  A
    density drawn behind its limits is left out: it comes from the stored draws.

    how : how the numbers were computed, a sentence for readers
    endpoint : the one of the models whose posterior is shown; None where it is of several, or of none
    """

    figure: Figure
    alt: str
    numbers: pd.DataFrame
    how: str
    endpoint: str | None = None


@dataclass(frozen=True)
class Table:
    """A table with its caption, and what stands behind it.

    how : how it was computed, a sentence for readers; empty where each row opens its sources instead
    endpoint : as of a Picture
    numbers : those behind the cells in full precision, where the cells are words
    sources : by column, the keys of `book.html.markers` that each row's cell opens
    folded : a line to open it by, where it is long
    """

    frame: pd.DataFrame
    caption: str
    how: str = ""
    endpoint: str | None = None
    numbers: pd.DataFrame | None = None
    sources: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    folded: str = ""

    @property
    def behind(self) -> pd.DataFrame:
        """The numbers of the table in full precision."""
        return self.frame if self.numbers is None else self.numbers


def canvas(height: float, rows: int = 1, **options):
    """A figure of the common width with its axes."""
    return plt.subplots(rows, 1, figsize=(WIDTH, height), layout="constrained", **options)


def columns(height: float, *ratios: float):
    """A figure with axes in its second column and words in the others, of these widths."""
    figure, axes = plt.subplots(
        1, len(ratios), figsize=(WIDTH, height), layout="constrained", width_ratios=ratios
    )
    for words in (axes[0], *axes[2:]):
        words.axis("off")
        words.set_xlim(0, 1)
    axes[1].set_yticks([])
    axes[1].spines["left"].set_visible(False)
    return figure, axes


def ratio_axis(ax, low: float, high: float, label: str, sides: tuple[str, str]) -> None:
    """A log axis of ratios with plain ticks, a line at 1, and beside its foot the arms that the sides
    favour.
    """
    ratio_ticks(ax, low, high)
    left, right = (textwrap.fill(f"favours {side}", 12) for side in sides)
    lines = 1 + max(left.count("\n"), right.count("\n"))
    ax.set_xlabel(f"{label}, log scale", labelpad=6 + 14 * lines)
    for words in words_below(ax, (0.42, f"◄ {left}", "right"), (0.58, f"{right} ►", "left")):
        words.set_in_layout(False)  # they may reach below the columns beside the axis


def words_at_ends(ax, left: str, right: str) -> None:
    """Words below both ends of an axis, under its ticks: what each direction means."""
    words_below(ax, (0, left, "left"), (1, right, "right"))


def words_below(ax, *told: tuple[float, str, str]) -> list[Annotation]:
    """Words under the ticks of an axis: each with its place, a share of the axis, and the side that stands
    there.
    """
    return [
        ax.annotate(
            words,
            (place, 0),
            xycoords="axes fraction",
            xytext=(0, -21),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=SMALL,
            color="#444444",
        )
        for place, words, side in told
    ]


def ratio_ticks(ax, low: float, high: float) -> None:
    """A log axis of ratios with plain ticks and a line at 1."""
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ticks = [t for t in TICKS if low <= t <= high]
    if len(ticks) < 4:
        ticks = [t for t in (0.5, 1, 2) if low <= t <= high]  # evenly apart, so that none meets another
    if len(ticks) > MOST_TICKS:
        ticks = [0.1, 0.3, 1, 3, 10]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.axvline(1, color=GREY, lw=1, zorder=0)


def interval_line(
    ax,
    y: float,
    limits: dict,
    low: float,
    high: float,
    colour: str = BLUE,
    marker: str = "o",
    width: float = 2.2,
) -> None:
    """Median and 95 % interval; an arrow where the interval leaves the axis."""
    left, right = max(limits["lower"], low), min(limits["upper"], high)
    ax.plot([left, right], [y, y], color=colour, lw=width, solid_capstyle="butt", zorder=3)
    for end, leaves, shape in ((left, limits["lower"] < low, "<"), (right, limits["upper"] > high, ">")):
        if leaves:
            ax.plot(end, y, shape, color=colour, ms=9, clip_on=False, zorder=4)
    if low <= limits["median"] <= high:
        ax.plot(limits["median"], y, marker, color=colour, ms=8, mec="white", mew=0.8, zorder=5)


def reach(limits: list[dict], narrowest: float = 4.0, widest: float = 25.0) -> tuple[float, float]:
    """Ends of a ratio axis that hold the intervals, symmetric around 1 on the log scale and not wider than
    `widest`.
    """
    far = max((max(row["upper"], 1 / row["lower"]) for row in limits), default=narrowest)
    far = float(np.clip(far * 1.1, narrowest, widest))
    return 1 / far, far


def density(values, grid):
    """Gaussian kernel density of draws at the grid, Scott's bandwidth, in the grid's unit."""
    values = np.ravel(values)
    spread = min(values.std(), (np.quantile(values, 0.75) - np.quantile(values, 0.25)) / 1.34)
    width = 1.06 * spread * len(values) ** -0.2
    counts, edges = np.histogram(values, bins=np.linspace(grid[0], grid[-1], 4 * len(grid) + 1))
    centres = (edges[:-1] + edges[1:]) / 2
    kernel = np.exp(-0.5 * ((grid[:, None] - centres) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return kernel @ counts / len(values)
