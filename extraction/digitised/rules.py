"""What a digitised curve cannot be: rising, off its axes, or at odds with its numbers at risk and its events.

Clicks scatter, so a difference counts only beyond FUZZ pixels in survival, and times are read within LAPSE
pixels, both times the scatter that the clicks show.  Bounds come from the Kaplan-Meier equations alone,
whatever the pattern of censoring.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from extraction.recover.curve_bounds import FUZZ, event_bounds, share_bounds
from extraction.recover.curve_clicks import LAPSE, scatter_of, steps_of
from extraction.recover.curve_types import ArmCurve, Curve

RISE = 12.0
"""Pixels of survival between the lowest of many clicks and a later one, which is the largest of thousands of
differences.
"""
Fault = tuple[int | None, str, object, str]
"""Line, field, value and rule."""


def contradictions(curve: Curve) -> Iterator[Fault]:
    """Every contradiction within a curve."""
    for arm, found in curve.arms.items():
        beyond = [*_beyond_the_axes(curve, found)]
        faults = [*beyond, *([] if beyond else _rises(curve, found)), *_more_at_risk(found)]
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
        room = LAPSE * pixel
        beyond = [
            row for row in rows if not values.min() - room <= getattr(row, field) <= values.max() + room
        ]
        if beyond:
            row, kind = beyond[0], "point" if rows is arm.points else "at_risk"
            more = f", as do {len(beyond) - 1} more" if len(beyond) > 1 else ""
            per_cent = field == "survival" and values.max() <= 1 and 2 < getattr(row, field) <= 100
            yield (
                row.line,
                f"{kind}.{field}",
                getattr(row, field),
                f"lies beyond the calibrated axis, {values.min():g} to {values.max():g}{more}"
                + ("; percentages have an axis in per cent, to 100" if per_cent else ""),
            )


def _rises(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    """The first point that stands higher than one clearly before it."""
    points, scatter = sorted(arm.points), scatter_of(arm.points, curve.pixel)
    for later in points:
        before = [p for p in points if p.time < later.time - 2 * LAPSE * scatter * curve.pixel.time]
        lowest = min(before, key=lambda p: p.survival, default=None)
        if lowest and later.survival > lowest.survival + RISE * scatter * curve.pixel.survival:
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
    lows, highs = share_bounds(arm, curve.pixel)
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
    times, survival, _, scatter, _ = steps_of(arm, curve.pixel)
    for row in arm.at_risk:
        here = np.interp(row.time + LAPSE * scatter * curve.pixel.time, times, survival)
        if row.n == 0 and here - survival[-1] > FUZZ * scatter * curve.pixel.survival:
            yield (
                row.line,
                "at_risk.n",
                0,
                f"the curve falls to {survival[-1]:.3f} after time {row.time:g}, when nobody is at risk",
            )
            return


def _not_allowed_events(curve: Curve, arm: ArmCurve) -> Iterator[Fault]:
    if arm.events is not None and arm.at_risk:
        fewest, most = event_bounds(arm, curve.pixel)
        if not fewest <= arm.events <= most:
            yield (
                arm.events_line,
                "events.n",
                arm.events,
                f"the curve and its numbers at risk allow {fewest} to {most} events",
            )
