"""What a digitised survival curve is once read: plain values, so that the same curve is reconstructed
once.
"""

from typing import NamedTuple


class Point(NamedTuple):
    """A digitised point: time in the curve's unit, share surviving, line of the file."""

    time: float
    survival: float
    line: int | None = None


class AtRisk(NamedTuple):
    """A printed number at risk just before `time`."""

    time: float
    n: int
    line: int | None = None


class Pixel(NamedTuple):
    """What one pixel of the image spans: time in the curve's unit, share surviving."""

    time: float
    survival: float


class ArmCurve(NamedTuple):
    """One arm: points in the order of the file; where they are printed, numbers at risk from time 0 on, and
    all its events.
    """

    points: tuple[Point, ...]
    at_risk: tuple[AtRisk, ...]
    events: int | None = None
    events_line: int | None = None

    @property
    def informative(self) -> bool:
        """Whether anything says how many were censored; without it a hazard ratio cannot be had from the
        curve (Guyot 2012, abstract).
        """
        return bool(self.at_risk) and (self.events is not None or len(self.at_risk) > 1)


NO_ARM = ArmCurve((), ())
"""Stands where a figure has one arm alone."""


class Curve(NamedTuple):
    """Both arms of a figure, or one.

    unit : of time; calibration : points of the axes, each as time, survival and its place in the image (x, y
    in pixels)
    """

    unit: str
    pixel: Pixel
    calibration: tuple[tuple[float, float, float, float], ...]
    treated: ArmCurve = NO_ARM
    control: ArmCurve = NO_ARM

    @property
    def arms(self) -> dict[str, ArmCurve]:
        """Each arm that the figure has, by its name."""
        both = {"treated": self.treated, "control": self.control}
        return {name: arm for name, arm in both.items() if arm.points}
