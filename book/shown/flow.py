"""The PRISMA flow as table and figure."""

import textwrap

import pandas as pd
from matplotlib.patches import FancyBboxPatch

from book.html.style import BLUE, GREY, INK, SMALL, Picture, Table, canvas
from models.history.flow import Count

HOW = (
    "Papers, studies and reports are counted in the register and the records, records of searches among the "
    "candidates or in the log, and all compared with the preceding version."
)


def table(found: list[Count]) -> Table:
    """The numbers of the flow as a table."""
    return Table(
        pd.DataFrame(
            [{"step": c.box, "what": c.what, "in all": c.total, "in this version": c.new} for c in found]
        ),
        "The flow of papers, in all and for this version",
        how=HOW,
    )


ASIDE = {
    "Removed before screening": "Identified",
    "Awaiting screening": "Screened",
    "Left out at screening": "Screened",
    "Awaiting data": "Considered",
    "Excluded": "Considered",
}
"""Boxes that leave the flow, and the box they leave it at."""


LINE, PADDING, GAP = 0.21, 0.2, 0.26  # inches


WRAP, HALF = 31, 0.47  # characters and share of the width that a box has


def picture(found: list[Count]):
    """The flow as a figure; in brackets what is new in this version."""
    boxes = {
        name: [count for count in found if count.box == name]
        for name in dict.fromkeys(count.box for count in found)
    }
    lines = {
        name: [
            line
            for count in held
            for line in textwrap.wrap(
                f"{count.total} ({count.new}) {count.what}", WRAP, subsequent_indent="   "
            )
        ]
        for name, held in boxes.items()
    }
    heights = {name: (len(held) + 1) * LINE + PADDING for name, held in lines.items()}
    levels = [
        [name, *(side for side, at in ASIDE.items() if at == name and side in boxes)]
        for name in boxes
        if name not in ASIDE
    ]
    level_heights = [
        max(heights[main], sum(heights[side] for side in sides) + GAP * (len(sides) - 1))
        for main, *sides in levels
    ]
    total = sum(level_heights) + GAP * (len(levels) - 1)
    figure, ax = canvas(total + 0.1)
    ax.axis("off")
    ax.set(xlim=(-0.005, 1.005), ylim=(-total - 0.02, 0.02))
    top = 0.0
    for (main, *sides), height in zip(levels, level_heights, strict=True):
        _box(ax, 0, top, height if sides else heights[main], main, lines[main])
        if main != levels[-1][0]:
            _arrow(ax, (HALF / 2, top - height), (HALF / 2, top - height - GAP))
        side_top = top
        for side in sides:
            _box(ax, 1 - HALF, side_top, heights[side], side, lines[side], GREY)
            _arrow(ax, (HALF, side_top - heights[side] / 2), (1 - HALF, side_top - heights[side] / 2))
            side_top -= heights[side] + GAP
        top -= height + GAP
    return Picture(figure, _words(boxes), table(found).frame, how=HOW)


def _box(
    ax, left: float, top: float, height: float, title: str, lines: list[str], colour: str = BLUE
) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (left, top - height),
            HALF,
            height,
            boxstyle="square,pad=0",
            facecolor="white",
            edgecolor=colour,
            lw=1.6,
        )
    )
    ax.text(left + 0.015, top - PADDING / 2, title, va="top", weight="bold", fontsize=SMALL, color=INK)
    for i, line in enumerate(lines, 1):
        ax.text(left + 0.015, top - PADDING / 2 - i * LINE, line, va="top", fontsize=SMALL, color=INK)


def _arrow(ax, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    )


def _words(boxes: dict[str, list[Count]]) -> str:
    said = [
        f"{name}: " + "; ".join(f"{count.what} {count.total}, of these {count.new} new" for count in held)
        for name, held in boxes.items()
    ]
    return (
        "Flow of papers from identification to inclusion, in all and for this version. "
        + ". ".join(said)
        + "."
    )
