"""A digitised survival curve as a picture: the clicks over the curve of the reconstructed patients."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

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
    Raises Unusable where the curve fixes no hazard ratio.
    """
    found = reconstruct(curve)
    figure, (ax, below) = plt.subplots(
        2, 1, figsize=SIZE, layout="constrained", height_ratios=(1, 0.26), sharex=True
    )
    for arm, patients in found.patients.items():
        times, shares = kaplan_meier(patients)
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
    return figure, f"{title}. {_words(curve, names)}", _drawn(curve, found.patients)


def _drawn(curve: Curve, patients: dict[str, Patients]) -> pd.DataFrame:
    """The steps and clicks of the figure: arm, which of the two, time in the curve's unit, share without the
    event.
    """
    steps = [
        (arm, "reconstructed", *step)
        for arm, found in patients.items()
        for step in zip(*kaplan_meier(found), strict=True)
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
    ax.set(ylim=(-1.6, 0.9), yticks=[0, -1], yticklabels=list(names.values()))
    ax.set_title("At risk, as printed", fontsize=SMALL, loc="left", color="#777777")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _words(curve: Curve, names: Mapping[str, str]) -> str:
    """The figure in words."""
    found = reconstruct(curve)
    arms = []
    for arm, patients in found.patients.items():
        median = (
            f"median {found.medians[arm]:.3g} {curve.unit}"
            if np.isfinite(found.medians[arm])
            else "median not reached"
        )
        at_risk = ", ".join(f"{row.n} at {row.time:g}" for row in curve.arms[arm].at_risk)
        arms.append(
            f"{names[arm]}: {len(patients.time)} patients, {int(patients.event.sum())} events, {median};"
            f" at risk {at_risk}"
        )
    return (
        f"Digitised points lie on two reconstructed Kaplan-Meier curves, over time in {curve.unit}."
        f" {'. '.join(arms)}. Hazard ratio {found.words()}."
    )


def kaplan_meier(patients: Patients) -> tuple[np.ndarray, np.ndarray]:
    """Times and shares of a Kaplan-Meier curve that starts at time 0 from 1 and ends with the last
    patient.
    """
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter().fit(patients.time, patients.event).survival_function_
    return fitted.index.to_numpy(), fitted.iloc[:, 0].to_numpy()
