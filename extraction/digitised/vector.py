"""Survival curves of a vector figure: the lines of an SVG, or of a page of a PDF, that fall in steps, and
the ticks of its axes.

Places are those of the page, x to the right and y downwards.
"""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from extraction.recover import Unusable

LARGEST_FILE = 20_000_000
"""Bytes."""
LONGEST = 60
"""Seconds for a page of a PDF."""
LONGEST_TICK = 12.0
"""Units of the page."""
STRAIGHT = 1e-3
"""Share of the page's width that a level or upright line may lean."""
NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
COMMANDS = re.compile(r"([MmLlHhVvZzCcSsQqTtAa])([^MmLlHhVvZzCcSsQqTtAa]*)")
TRANSFORM = re.compile(r"(matrix|translate|scale)\s*\(([^)]*)\)")
LINK = "{http://www.w3.org/1999/xlink}href"


class Line(NamedTuple):
    """A line that falls in steps: its corners, shape (corner, 2), from left to right, and how it is drawn."""

    corners: np.ndarray
    stroke: str

    @property
    def steps(self) -> int:
        """Times at which it falls."""
        return int(np.sum(np.diff(self.corners[:, 1]) > 0))


class Figure(NamedTuple):
    """What of a figure looks like survival curves, and the places of the ticks: x of the time axis from left
    to right, y of the axis of survival from bottom to top.
    """

    lines: tuple[Line, ...]
    time_ticks: tuple[float, ...]
    survival_ticks: tuple[float, ...]


class _Stroke(NamedTuple):
    points: np.ndarray
    colour: str


def read_figure(path: Path, page: int = 1) -> Figure:
    """Lines and ticks of an SVG, or of a page of a PDF; raise Unusable for another file."""
    strokes = list(_strokes(_root(path, page)))
    if not strokes:
        raise Unusable(f"{path}: no line is drawn; an image within an SVG has to be clicked")
    width = max(np.ptp(np.concatenate([stroke.points[:, 0] for stroke in strokes])), 1e-9)
    lines = [
        Line(corners, stroke.colour)
        for stroke in strokes
        if (corners := _in_steps(stroke.points, width)) is not None
    ]
    return Figure(tuple(lines), *_ticks(strokes, width))


def _root(path: Path, page: int) -> ElementTree.Element:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unusable(f"{path}: a figure may have {LARGEST_FILE:,} bytes")
        pdf = path.suffix.lower() == ".pdf"
        root = ElementTree.fromstring(_page(path, page)) if pdf else ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise Unusable(f"{path}: cannot be read as SVG ({error})") from error
    if _tag(root) != "svg":
        raise Unusable(f"{path}: is not an SVG")
    return root


def _page(path: Path, page: int) -> bytes:
    """A page of a PDF as SVG, by poppler; raise Unusable where it is not installed or finds no page."""
    command = ["pdftocairo", "-svg", "-f", str(page), "-l", str(page), str(path), "-"]
    try:
        return subprocess.run(command, check=True, capture_output=True, timeout=LONGEST).stdout
    except FileNotFoundError as error:
        raise Unusable(
            f"{path}: a PDF is read by pdftocairo of poppler (on Debian: poppler-utils), which is not"
            " installed"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{path}: page {page} takes longer than {LONGEST} s to read") from error
    except subprocess.CalledProcessError as error:
        why = error.stderr.decode(errors="replace").strip().splitlines()
        raise Unusable(
            f"{path}: page {page} is not read: {why[-1] if why else 'no reason is told'}"
        ) from error


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _strokes(root: ElementTree.Element) -> Iterator[_Stroke]:
    """Every polyline that is drawn, with symbols where they are used."""
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    yield from _drawn(root, np.eye(3), "", named, 0)


def _drawn(
    element: ElementTree.Element,
    place: np.ndarray,
    colour: str,
    named: Mapping[str | None, ElementTree.Element],
    depth: int,
) -> Iterator[_Stroke]:
    """Polylines of an element and all within; a symbol that uses itself ends at a depth."""
    if depth > 50:
        return
    place = place @ _transform(element.get("transform", ""))
    colour = _colour(element) or colour
    tag = _tag(element)
    if tag in ("defs", "clipPath", "symbol", "marker") and depth:
        return
    for points in _points(element, tag):
        yield _Stroke(np.column_stack([points, np.ones(len(points))]) @ place[:2].T, colour)
    if tag == "use":
        used = named.get((element.get("href") or element.get(LINK) or "").lstrip("#"))
        if used is not None:
            x, y = (float(element.get(name) or 0) for name in ("x", "y"))
            moved = place @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
            yield from _drawn(used, moved, colour, named, depth + 1)
    for child in element:
        yield from _drawn(child, place, colour, named, depth + 1)


def _colour(element: ElementTree.Element) -> str:
    styled = re.search(r"(?:^|;)\s*stroke\s*:\s*([^;]+)", element.get("style", ""))
    return styled[1].strip() if styled else element.get("stroke", "")


def _transform(text: str) -> np.ndarray:
    """Matrix of shape (3, 3); rotations and skews, in which no axis is drawn, count as none."""
    whole = np.eye(3)
    for name, inside in TRANSFORM.findall(text):
        given = [float(x) for x in NUMBERS.findall(inside)]
        if name == "matrix" and len(given) == 6:
            part = np.array([[given[0], given[2], given[4]], [given[1], given[3], given[5]], [0, 0, 1]])
        elif name == "translate":
            part = np.array([[1, 0, given[0]], [0, 1, given[1] if len(given) > 1 else 0], [0, 0, 1]])
        else:
            part = np.diag([given[0], given[-1], 1.0])
        whole = whole @ part
    return whole


def _points(element: ElementTree.Element, tag: str) -> Iterator[np.ndarray]:
    """The polylines of one element, each of shape (point, 2)."""
    if tag == "path":
        yield from _of_path(element.get("d", ""))
    elif tag == "polyline":
        numbers = [float(x) for x in NUMBERS.findall(element.get("points", ""))]
        yield np.reshape(numbers[: len(numbers) // 2 * 2], (-1, 2))
    elif tag == "line":
        yield np.reshape([float(element.get(name) or 0) for name in ("x1", "y1", "x2", "y2")], (2, 2))


def _of_path(d: str) -> Iterator[np.ndarray]:
    """Open subpaths of straight lines; those with curves, and closed ones, are no survival curve or tick."""
    points: list[np.ndarray] = []
    at, straight = np.zeros(2), True
    for command, inside in COMMANDS.findall(d):
        numbers = np.array([float(x) for x in NUMBERS.findall(inside)])
        kind, relative = command.upper(), command.islower()
        if kind == "M":
            if straight and len(points) > 1:
                yield np.array(points)
            points, straight = [], True
        if kind in "ML":
            for pair in numbers[: len(numbers) // 2 * 2].reshape(-1, 2):
                at = at + pair if relative and (points or kind == "L") else pair
                points.append(at)
        elif kind in "HV":
            axis = "HV".index(kind)
            for number in numbers:
                at = at.copy()
                at[axis] = at[axis] + number if relative else number
                points.append(at)
        else:
            straight = False
    if straight and len(points) > 1:
        yield np.array(points)


def _in_steps(points: np.ndarray, width: float) -> np.ndarray | None:
    """The corners of a line that goes right in level and upright stretches and never up, over a fifth of the
    page or more; else None.
    """
    moves, lean = np.diff(points, axis=0), STRAIGHT * width
    across, down = moves[:, 0], moves[:, 1]
    if np.any((np.abs(across) > lean) & (np.abs(down) > lean)):
        return None
    if np.ptp(points[:, 0]) < width / 5 or np.any(across < -lean) or np.any(down < -lean):
        return None
    if not np.any(down > 0) and np.sum(np.abs(across) > lean) < 2:
        return None  # one straight line: an axis, a grid or a reference line
    return points


def _ticks(strokes: list[_Stroke], width: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Places of the lowest row of short upright lines, and of the leftmost column of short level ones."""
    rows: dict[tuple[int, int], set[float]] = defaultdict(set)
    columns: dict[tuple[int, int], set[float]] = defaultdict(set)
    unit = STRAIGHT * width
    for stroke in strokes:
        if len(stroke.points) != 2:
            continue
        (x1, y1), (x2, y2) = stroke.points
        if abs(x1 - x2) < unit and 0 < abs(y1 - y2) <= LONGEST_TICK:
            rows[round(max(y1, y2) / unit), round(min(y1, y2) / unit)].add(round(float(x1), 6))
        elif abs(y1 - y2) < unit and 0 < abs(x1 - x2) <= LONGEST_TICK:
            columns[round(min(x1, x2) / unit), round(max(x1, x2) / unit)].add(round(float(y1), 6))
    below = [key for key, places in rows.items() if len(places) > 1]
    left = [key for key, places in columns.items() if len(places) > 1]
    return (
        tuple(sorted(rows[max(below)])) if below else (),
        tuple(sorted(columns[min(left)], reverse=True)) if left else (),
    )


class Axis(NamedTuple):
    """Two places on the page and the values that stand at them."""

    places: tuple[float, float]
    values: tuple[float, float]

    def value(self, at: np.ndarray) -> np.ndarray:
        """Values at places of the page."""
        (a, b), (first, last) = self.places, self.values
        return first + (at - a) * (last - first) / (b - a)


def axis_of(name: str, ticks: tuple[float, ...], values: tuple[float, float]) -> Axis:
    """The axis whose first and last tick have these values; raise Unusable where there are no two."""
    if len(ticks) < 2:
        raise Unusable(f"the {name} axis shows no ticks: give two places on the page, as --{name}-at")
    if values[0] == values[1]:
        raise Unusable(f"the first and last tick of the {name} axis have one value, {values[0]:g}")
    return Axis((ticks[0], ticks[-1]), values)


def steps_read(line: Line, time: Axis, survival: Axis) -> list[tuple[float, float]]:
    """Times and shares surviving at the corners of a line, each corner once."""
    corners = zip(
        time.value(line.corners[:, 0]).tolist(), survival.value(line.corners[:, 1]).tolist(), strict=True
    )
    points = list(corners)
    return [points[0], *(after for before, after in pairwise(points) if after != before)]
