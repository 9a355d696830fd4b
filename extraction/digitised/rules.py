"""What a digitised curve cannot be: rising, off its axes, or at odds with its numbers at risk and its events.

Clicks scatter, so a difference counts only beyond FUZZ pixels in survival, and times are read within LAPSE
pixels.  Bounds come from the Kaplan-Meier equations alone, whatever the pattern of censoring.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from extraction.recover.curve_types import ArmCurve, Curve
from extraction.recover.curves import LAPSE, falling

FUZZ = 6.0
"""Pixels of survival: two clicks with a standard deviation of one pixel each differ by more once in 40,000.
"""


Fault = tuple[int | None, str, object, str]
"""Line, field, value and rule."""


def contradictions(curve: Curve) -> Iterator[Fault]:
    """Every contradiction within a curve."""
    for arm, found in curve.arms.items():
        faults = [*_beyond_the_axes(curve, found), *_rises(curve, found), *_more_at_risk(found)]
        faults = faults or [
            *_not_allowed_at_risk(curve, found),
            *_falls_with_nobody(curve, found),
            *_not_allowed_events(curve, found),
        ]
        yield from ((line, f"{field} ({arm})", value, rule) for line, field, value, rule in faults)


def _beyond_the_axes(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    times, shares = np.transpose(curve.calibration)[:2]
    for rows, field, values, pixel in (
        (arm.points, "time", times, curve.pixel.time),
        (arm.points, "survival", shares, curve.pixel.survival),
        (arm.at_risk, "time", times, curve.pixel.time),
    ):
        for row in rows:
            value = getattr(row, field)
            if not values.min() - LAPSE * pixel <= value <= values.max() + LAPSE * pixel:
                kind = "point" if rows is arm.points else "at_risk"
                yield (
                    row.line,
                    f"{kind}.{field}",
                    value,
                    f"lies beyond the calibrated axis, {values.min():g} to {values.max():g}",
                )


def _rises(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    """The first point that stands higher than one clearly before it."""
    points = sorted(arm.points)
    for later in points:
        before = [p for p in points if p.time < later.time - LAPSE * curve.pixel.time]
        lowest = min(before, key=lambda p: p.survival, default=None)
        if lowest and later.survival > lowest.survival + FUZZ * curve.pixel.survival:
            yield (
                later.line,
                "point.survival",
                later.survival,
                f"survival never rises, and at time {lowest.time:g} it was {lowest.survival:g}"
                + (f" (line {lowest.line})" if lowest.line else ""),
            )
            return


def _more_at_risk(arm: ArmCurve) -> Iterator[Fault]:
    for first, second in pairwise(arm.at_risk):
        if second.time <= first.time:
            yield (
                second.line,
                "at_risk.time",
                second.time,
                f"numbers at risk stand in order of time, each once, and this follows {first.time:g}",
            )
        elif second.n > first.n:
            yield (
                second.line,
                "at_risk.n",
                second.n,
                f"the number at risk never grows, and at time {first.time:g} it was {first.n}",
            )


def _not_allowed_at_risk(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    """Whoever leaves, by event or censored, the share still at risk is at most the share by which the curve
    has fallen.
    """
    lows, highs = _bounds(curve, arm)
    for second in range(1, len(arm.at_risk)):
        for first in range(second):
            most = arm.at_risk[first].n * min(1.0, highs[second] / max(lows[first], 1e-9))
            if arm.at_risk[second].n > most + 1e-9:
                start, row = arm.at_risk[first], arm.at_risk[second]
                yield (
                    row.line,
                    "at_risk.n",
                    row.n,
                    (
                        f"of {start.n} at risk at time {start.time:g} the curve leaves at most {most:.1f} at"
                        f" time {row.time:g}"
                    ),
                )
                return


def _falls_with_nobody(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    times, survival = falling(arm.points, curve.pixel)
    for row in arm.at_risk:
        here = np.interp(row.time + LAPSE * curve.pixel.time, times, survival)
        if row.n == 0 and here - survival[-1] > FUZZ * curve.pixel.survival:
            yield (
                row.line,
                "at_risk.n",
                0,
                f"the curve falls to {survival[-1]:.3f} after time {row.time:g}, when nobody is at risk",
            )
            return


def _not_allowed_events(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    if arm.events is not None:
        fewest, most = event_bounds(curve, arm)
        if not fewest <= arm.events <= most:
            yield (
                arm.events_line,
                "events.n",
                arm.events,
                f"the curve and its numbers at risk allow {fewest} to {most} events",
            )


def event_bounds(curve: Curve, arm: ArmCurve) -> tuple[int, int]:
    """Fewest and most events that a curve with its numbers at risk allows.

    Between two numbers at risk a > b with the curve falling by a factor r, all censored first leaves b (1/r -
    1) events, all censored last a (1 - r): Kaplan-Meier steps are larger where fewer are at risk.
    """
    lows, highs = _bounds(curve, arm)
    fewest = most = 0.0
    for i, row in enumerate(arm.at_risk):
        left = arm.at_risk[i + 1].n if i + 1 < len(arm.at_risk) else 0
        fewest += left * (max(lows[i] / max(highs[i + 1], 1e-9), 1.0) - 1.0)
        most += min(row.n - left, row.n * (1.0 - lows[i + 1] / highs[i]))
    return int(np.ceil(fewest - 1e-9)), int(np.floor(most + 1e-9))


def _bounds(curve: Curve, arm: ArmCurve) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest survival at each number at risk and at the end of the curve, as the precision of the
    clicks allows.
    """
    times, survival = falling(arm.points, curve.pixel)
    at = np.array([row.time for row in arm.at_risk] + [np.inf])
    shift, half = LAPSE * curve.pixel.time, FUZZ / 2 * curve.pixel.survival

    def share(t):
        return np.concatenate([[1.0], survival])[np.searchsorted(times, t, side="right")]

    lows, highs = np.clip(share(at + shift) - half, 0.0, 1.0), np.clip(share(at - shift) + half, 0.0, 1.0)
    highs[0] = 1.0
    return lows, highs
