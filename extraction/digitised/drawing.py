"""A digitised survival curve as a picture: the clicks over the curve of the reconstructed patients."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from extraction.recover import Unusable
from extraction.recover.arm_readings import ArmReading, read_arm, share_surviving
from extraction.recover.curve_types import Curve
from extraction.recover.curves import Patients, reconstruct

SIZE, SMALL = (5.4, 4.6), 10.5
"""Inches and points: fit for a page and for a phone."""
COLOURS = {"treated": "#0072B2", "control": "#E69F00"}
MARKS = {"treated": "o", "control": "s"}
LINES = {"treated": "-", "control": "--"}
NAMES = {"treated": "treated", "control": "control"}
"""What the arms are called, where a review has no names of its own."""


def overlay(curve: Curve, title: str, names: Mapping[str, str] = NAMES) -> tuple[Figure, str, pd.DataFrame]:
    """The clicks over the Kaplan-Meier curve of the reconstructed patients, numbers at risk below; the same
    in words, and the numbers drawn.

    names : of the arms, `treated` and `control`
    Where no number at risk is given, the steps of the clicks stand for the curve of patients.
    """
    drawn = {arm: _steps(read_arm(given, curve.pixel)) for arm, given in curve.arms.items()}
    figure, (ax, below) = plt.subplots(
        2, 1, figsize=SIZE, layout="constrained", height_ratios=(1, 0.26), sharex=True
    )
    for arm, (times, shares) in drawn.items():
        ax.step(
            times,
            shares,
            where="post",
            color=COLOURS[arm],
            ls=LINES[arm],
            lw=1.8,
            label=f"{names[arm]}, reconstructed",
        )
        clicks = curve.arms[arm].points
        ax.plot(
            [p.time for p in clicks],
            [p.survival for p in clicks],
            MARKS[arm],
            mfc="none",
            mec=COLOURS[arm],
            ms=4,
            mew=0.8,
            ls="none",
            label=f"{names[arm]}, digitised",
        )
    ax.set(ylim=(-0.02, 1.02), ylabel="Share without event", title=title)
    ax.legend(loc="best")
    _numbers_at_risk(below, curve, names)
    below.set_xlabel(f"Time, {curve.unit}")
    return figure, f"{title}. {_words(curve, names)}", _drawn(curve, drawn)


def _steps(found: ArmReading) -> tuple[np.ndarray, np.ndarray]:
    """Times and shares to draw, from time 0 on."""
    if found.patients:
        return kaplan_meier(found.patients)
    return np.insert(found.steps.time, 0, 0.0), np.insert(found.steps.survival, 0, 1.0)


def _drawn(curve: Curve, drawn: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """The steps and clicks of the figure: arm, which of the two, time in the curve's unit, share without the
    event.
    """
    steps = [
        (arm, "reconstructed", *step) for arm, lines in drawn.items() for step in zip(*lines, strict=True)
    ]
    clicks = [
        (arm, "digitised", p.time, p.survival) for arm, found in curve.arms.items() for p in found.points
    ]
    return pd.DataFrame([*steps, *clicks], columns=["arm", "curve", f"time_{curve.unit}", "share"])


def _numbers_at_risk(ax, curve: Curve, names: Mapping[str, str]) -> None:
    """The printed numbers at risk, a line for each arm."""
    for place, (arm, found) in enumerate(curve.arms.items()):
        for row in found.at_risk:
            ax.text(
                row.time,
                -place,
                str(row.n),
                ha="center",
                va="center",
                fontsize=SMALL,
                color=COLOURS[arm] if arm == "treated" else "#8A5F00",
            )
    ax.set(
        ylim=(-1.6, 0.9),
        yticks=[-place for place in range(len(curve.arms))],
        yticklabels=[names[arm] for arm in curve.arms],
    )
    ax.set_title("At risk, as printed", fontsize=SMALL, loc="left", color="#777777")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _words(curve: Curve, names: Mapping[str, str]) -> str:
    """The figure in words."""
    arms = []
    for arm, given in curve.arms.items():
        found = read_arm(given, curve.pixel)
        median = (
            f"median {found.median:.3g} {curve.unit}" if np.isfinite(found.median) else "median not reached"
        )
        patients = found.patients
        count = f"{len(patients.time)} patients, {int(patients.event.sum())} events, " if patients else ""
        at_risk = ", ".join(f"{row.n} at {row.time:g}" for row in given.at_risk) or "not given"
        arms.append(f"{names[arm]}: {count}{median}; at risk {at_risk}")
    curves = (
        "two reconstructed Kaplan-Meier curves" if len(arms) > 1 else "a reconstructed Kaplan-Meier curve"
    )
    return (
        f"Digitised points lie on {curves}, over time in {curve.unit}. {'. '.join(arms)}."
        f" {_ratio_words(curve)}"
    )


def _ratio_words(curve: Curve) -> str:
    try:
        return f"Hazard ratio {reconstruct(curve).words()}."
    except Unusable as error:
        return f"No hazard ratio: {error}."


def kaplan_meier(patients: Patients) -> tuple[np.ndarray, np.ndarray]:
    """Times and shares of a Kaplan-Meier curve that starts at time 0 from 1 and ends with the last
    patient.
    """
    times, shares = share_surviving(patients)
    ends = [0.0, *times, patients.time.max()], [1.0, *shares, shares[-1] if len(shares) else 1.0]
    return np.array(ends[0]), np.array(ends[1])
