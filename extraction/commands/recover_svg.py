"""`python -m extraction recover curve --svg FIGURE.svg` or `--pdf PAPER.pdf --page N`: the curves of a vector
figure, without clicks.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from extraction.commands.parser import counted, measured
from extraction.commands.shown import say, show_rows
from extraction.digitised.read import COLUMNS, UNITS
from extraction.digitised.vector import Axis, Figure, Line, axis_of, read_figure, steps_read
from extraction.recover import Unusable
from extraction.whole import write_whole

SCALE = 100
"""Pixels of the file for each unit of the page: a vector figure is drawn to a hundredth of a unit."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--svg", metavar="FIGURE.svg", type=Path, help="read a vector figure; lists what it holds"
    )
    parser.add_argument("--pdf", metavar="PAPER.pdf", type=Path, help="the same of a page of a PDF")
    parser.add_argument("--page", type=counted, metavar="N", default=1, help="of the PDF; default 1")
    for axis, ends in (("time", "leftmost and rightmost"), ("survival", "lowest and highest")):
        parser.add_argument(
            f"--{axis}", nargs=2, type=measured, metavar=("FIRST", "LAST"), help=f"values of the {ends} tick"
        )
        parser.add_argument(
            f"--{axis}-at",
            nargs=2,
            type=measured,
            metavar=("A", "B"),
            help="their places on the page, if not found",
        )
    parser.add_argument("--unit", choices=UNITS, help="of time")
    for arm in ("treated", "control"):
        parser.add_argument(
            f"--{arm}", type=counted, metavar="K", help=f"number of the line of the {arm} arm"
        )
    parser.add_argument("--out", metavar="FILE.csv", type=Path, help="write the steps as a digitised curve")


def listing(given: argparse.Namespace) -> tuple[dict, Callable]:
    """What the figure holds, for a choice of lines and values of the ticks."""
    found = read_figure(given.svg or given.pdf, given.page)
    rows = [
        {
            "line": i,
            "stroke": line.stroke,
            "steps": line.steps,
            "from": line.corners[0].tolist(),
            "to": line.corners[-1].tolist(),
        }
        for i, line in enumerate(found.lines, start=1)
    ]

    def show() -> None:
        show_rows(
            ["line", "stroke", "steps", "from x, y", "to x, y"],
            [
                [
                    row["line"],
                    row["stroke"],
                    row["steps"],
                    *("{:.1f}, {:.1f}".format(*row[end]) for end in ("from", "to")),
                ]
                for row in rows
            ],
            "Lines that fall in steps",
        )
        for name, ticks in (("time", found.time_ticks), ("survival", found.survival_ticks)):
            places = ", ".join(f"{at:.1f}" for at in ticks)
            say(f"Ticks of the {name} axis: {places or f'none found; give --{name}-at'}.")
        say(
            "Choose by --time FIRST LAST --survival FIRST LAST --unit months --treated K --control K --out"
            " FILE.csv; limits of confidence are lines too."
        )

    return {"lines": rows, "time_ticks": found.time_ticks, "survival_ticks": found.survival_ticks}, show


def write_curve(given: argparse.Namespace) -> Path:
    """The chosen lines as the file of a digitised curve; raise Unusable where something is not told."""
    needed = {"time": given.time, "survival": given.survival, "unit": given.unit}
    if missing := [f"--{name}" for name, value in needed.items() if value is None]:
        raise Unusable(f"to read lines of a figure {', '.join(missing)} must be told")
    if given.out.exists():
        raise Unusable(f"{given.out}: there is such a file, which is not overwritten")
    file = given.svg or given.pdf
    found = read_figure(file, given.page)
    chosen = {arm: _line(found, getattr(given, arm)) for arm in ("treated", "control") if getattr(given, arm)}
    if not chosen:
        raise Unusable("no line is chosen: give --treated K, --control K or both")
    time = axis_of("time", tuple(given.time_at or found.time_ticks), tuple(given.time))
    survival = axis_of("survival", tuple(given.survival_at or found.survival_ticks), tuple(given.survival))
    lines = [
        ",".join(f"time_{given.unit}" if column == "time" else column for column in COLUMNS),
        f"# {file.name}{f', page {given.page}' if given.pdf else ''}, read as a vector figure",
        *_calibration(chosen, time, survival),
        *(
            f"point,{arm},{max(t, 0.0):.7g},{s:.7g},,,"
            for arm, line in chosen.items()
            for t, s in steps_read(line, time, survival)
        ),
    ]
    write_whole(given.out, "\n".join(lines) + "\n")
    return given.out


def _line(found: Figure, number: int) -> Line:
    if not 1 <= number <= len(found.lines):
        raise Unusable(f"line {number}: the figure has {len(found.lines)} lines that fall in steps")
    return found.lines[number - 1]


def _calibration(chosen: dict[str, Line], time: Axis, survival: Axis) -> list[str]:
    """Two corners of a rectangle that holds the ticks and the lines."""
    corners = np.concatenate([line.corners for line in chosen.values()])
    x = np.array([min(*time.places, corners[:, 0].min()), max(*time.places, corners[:, 0].max())])
    y = np.array([max(*survival.places, corners[:, 1].max()), min(*survival.places, corners[:, 1].min())])
    return [
        f"calibration,,{t:.7g},{s:.7g},,{SCALE * at:.7g},{SCALE * level:.7g}"
        for t, s, at, level in zip(
            time.value(x).tolist(), survival.value(y).tolist(), x.tolist(), y.tolist(), strict=True
        )
    ]
