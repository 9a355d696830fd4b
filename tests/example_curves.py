"""Simulated patients, and their Kaplan-Meier curves as somebody would digitise them."""

from pathlib import Path

import numpy as np

from extraction.recover.curve_types import ArmCurve, AtRisk, Curve, Pixel, Point
from extraction.recover.curves import Patients
from extraction.recover.survival_tests import RiskSets

PIXEL = Pixel(time=0.01, survival=0.0025)
"""An image of 600 pixels for six years, and 400 for the whole of survival."""
AXES = ((0.0, 0.0, 50.0, 450.0), (6.0, 0.0, 650.0, 450.0), (0.0, 1.0, 50.0, 50.0))
"""Origin, end of the time axis and top of the other, each with its place in that image."""


def simulated(
    random: np.random.Generator, n: int, mean: float, first_censored: float = 1.0, end: float = 5.0
) -> Patients:
    """Exponential times; followed to a time that is uniform from `first_censored` to `end`."""
    event, last = random.exponential(mean, n), random.uniform(first_censored, end, n)
    return Patients(np.minimum(event, last), event <= last)


def corners(patients: Patients) -> list[tuple[float, float]]:
    """Top and foot of every step of the exact Kaplan-Meier curve, from its definition, and its end."""
    points, share = [(0.0, 1.0)], 1.0
    for time in np.unique(patients.time[patients.event]):
        at_risk, died = np.sum(patients.time >= time), np.sum(patients.event & (patients.time == time))
        points += [(time, share), (time, share := share * (1 - died / at_risk))]
    return [*points, (patients.time.max(), share)]


def clicked(
    patients: Patients,
    at_risk_times=(0, 1, 2, 3, 4),
    events: bool = False,
    random: np.random.Generator | None = None,
) -> ArmCurve:
    """An arm as digitised: exact corners, or each moved by a pixel across and down."""
    noise = (lambda: 0.0) if random is None else random.normal
    points = tuple(
        Point(max(t + PIXEL.time * noise(), 0.0), float(np.clip(s + PIXEL.survival * noise(), 0.0, 1.0)))
        for t, s in corners(patients)
    )
    at_risk = tuple(AtRisk(float(t), int(np.sum(patients.time >= t))) for t in at_risk_times)
    return ArmCurve(points, at_risk, int(patients.event.sum()) if events else None)


def curve_of(treated: ArmCurve, control: ArmCurve) -> Curve:
    return Curve("years", PIXEL, AXES, treated, control)


def text_of(curve: Curve) -> str:
    """The curve as a file."""
    lines = [
        f"kind,arm,time_{curve.unit},survival,n,pixel_x,pixel_y",
        *(f"calibration,,{t:g},{s:g},,{x:g},{y:g}" for t, s, x, y in curve.calibration),
    ]
    for name, arm in curve.arms.items():
        lines += [f"point,{name},{p.time:.3f},{p.survival:.4f},,," for p in arm.points]
        lines += [f"at_risk,{name},{row.time:g},,{row.n},," for row in arm.at_risk]
        lines += [] if arm.events is None else [f"events,{name},,,{arm.events},,"]
    return "\n".join(lines) + "\n"


def example(
    seed: int = 1, n: tuple[int, int] = (12, 18), means: tuple[float, float] = (4.0, 2.0), **options
) -> Curve:
    """A curve of two simulated arms, digitised with scatter; by default as large as the invented review."""
    random = np.random.default_rng(seed)
    arms = [
        clicked(simulated(random, size, mean), random=random, **options)
        for size, mean in zip(n, means, strict=True)
    ]
    return curve_of(*arms)


def write(folder: Path, name: str, curve: Curve) -> Path:
    """The curve as a file of a review's folder."""
    path = folder / "curves" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text_of(curve))
    return path


def risk_sets(time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> RiskSets:
    """Risk sets of one pair of curves, from a time for each patient, whether it ended in an event, and
    whether the patient was treated; shape (patient,) each.
    """
    at = np.unique(time[event])[:, None]
    columns = [
        ((among & (time >= at)).sum(axis=1), (among & event & (time == at)).sum(axis=1))
        for among in (treated, ~treated)
    ]
    (n_treated, d_treated), (n_control, d_control) = columns
    return RiskSets(*(x[:, None] for x in (n_treated, n_control, d_treated, d_control)))
