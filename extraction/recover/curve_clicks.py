"""From the clicks on a survival curve to its steps.

Somebody may click the top and the foot of every step, its foot alone, or its top alone; clicks scatter, so a
curve as clicked may rise a little.  What was clicked is recognised, and the rest levelled by isotonic
regression (pool adjacent violators: Barlow 1972).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from scipy import optimize

from extraction.recover.curve_types import ArmCurve, Pixel, Point

STEP, LAPSE = 2.0, 6.0
"""Pixels of survival above which a rise is a step clicked in the wrong order, if its clicks lie within LAPSE
pixels of time; both for clicks with a scatter of one pixel.
"""
CLICK, WORST_CLICK = 1.0, 4.0
"""Standard deviation of a click in pixels, across and down: of a careful one, and of the worst that is taken
for one.
"""
ONE_IN_TWO = 0.12
"""Time times fall of one stretch beside that of two, halfway between 0 for tops and feet and 1/4 for either.
"""
Ends = Literal["tops and feet", "tops", "feet"]
"""What of each step was clicked."""


class Steps(NamedTuple):
    """A curve as it falls from 1.

    time, survival : at the foot of each step, once per time; survival between 0 and 1
    clicked : what of each step was clicked
    scatter : standard deviation of a click in pixels, CLICK or more
    levelled : pixels by which the highest rise was levelled
    """

    time: np.ndarray
    survival: np.ndarray
    clicked: Ends
    scatter: float
    levelled: float


def steps_of(arm: ArmCurve, pixel: Pixel) -> Steps:
    """The steps behind the clicks of an arm."""
    points = sorted(arm.points, key=lambda p: (p.time, -p.survival))
    clicked = _clicked(points, arm.at_risk[0].n if arm.at_risk else None, pixel)
    if clicked == "tops":
        points = _with_feet(points)
    scatter = scatter_of(points, pixel)
    times, survival, moved = _levelled(points, pixel, scatter)
    foot = np.append(times[1:] != times[:-1], True)
    return Steps(
        np.maximum(times[foot], 0.0), np.clip(survival[foot], 0.0, 1.0), clicked, scatter, float(moved.max())
    )


def scatter_of(points: Sequence[Point], pixel: Pixel) -> float:
    """Standard deviation of a click in pixels, from how far isotonic regression moves the clicks.

    Of two clicks on one level that scatter by one pixel, half the pairs rise, by 1.4 pixels times a half
    normal deviate; each of a pair is moved by half of it, which is a root mean square of a half.
    """
    *_, moved = _levelled(points, pixel, CLICK)
    return float(np.clip(2 * np.sqrt(np.mean(moved**2)), CLICK, WORST_CLICK))


def _levelled(
    points: Sequence[Point], pixel: Pixel, scatter: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, survival that never rises, and pixels by which each was moved.

    Where the foot of a step was clicked before its top, the two are taken in turn.
    """
    ordered = sorted(points, key=lambda p: (p.time, -p.survival))
    times, survival = [p.time for p in ordered], [p.survival for p in ordered]
    for i in range(1, len(times)):
        while (
            i > 0
            and survival[i] - survival[i - 1] > STEP * scatter * pixel.survival
            and times[i] - times[i - 1] <= LAPSE * scatter * pixel.time
        ):
            survival[i - 1], survival[i] = survival[i], survival[i - 1]
            i -= 1
    levelled = optimize.isotonic_regression(survival, increasing=False).x
    return np.array(times), levelled, np.abs(levelled - survival) / pixel.survival


def _clicked(points: Sequence[Point], n: int | None, pixel: Pixel) -> Ends:
    """What of each step was clicked, by how the clicks follow each other.

    With tops and feet a stretch between two clicks is level or upright, so that its time times its fall is
    small beside that of two stretches in turn; with one click a step the four of two are four times each.  Of
    tops alone the first stretch is level at 1 and the last falls, as far as steps of one patient are seen.
    """
    if len(points) < 4:
        return "tops and feet"
    scatter = scatter_of(points, pixel)
    times, survival, _ = _levelled(points, pixel, scatter)
    spans, falls = np.diff(times), -np.diff(survival)
    one = np.sum(spans * falls)
    two = np.sum((spans[1:] + spans[:-1]) * (falls[1:] + falls[:-1]))
    if one <= ONE_IN_TWO * two:
        return "tops and feet"
    step = max(1 / n if n else 0.0, STEP * scatter * pixel.survival)
    return "tops" if falls[0] < step / 2 <= falls[-1] else "feet"


def _with_feet(points: Sequence[Point]) -> list[Point]:
    """Tops with their feet: a step falls to the height of the next top; what follows the last is not seen."""
    feet = [Point(top.time, after.survival, top.line) for top, after in pairwise(points[1:])]
    return [points[0], *(p for pair in zip(points[1:], [*feet, points[-1]], strict=True) for p in pair)]
