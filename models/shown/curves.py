"""Digitised survival curves: the clicks over the curve of the reconstructed patients, and beside what the papers print."""

import numpy as np
import pandas as pd

from extraction.curve_types import Curve
from extraction.records import Review
from extraction.recover import Unusable
from extraction.recover.curve_command import NAMES, ratio_words
from extraction.recover.curves import Patients, reconstruct
from extraction.schema import SurvivalCurve
from models.shown.derivation import derives
from models.shown.printed import p_words, stratum_words
from models.shown.style import BLUE, GREY, ORANGE, SMALL, Picture, canvas

COLOURS = {"toci": BLUE, "control": ORANGE}
MARKS = {"toci": "o", "control": "s"}
LINES = {"toci": "-", "control": "--"}


def digitised(review: Review, field: str | None = None, study: str | None = None) -> list[tuple[str, SurvivalCurve]]:
    """Study and entry of every digitised curve in use of the included studies, or of one variable or study."""
    return [(name, entry) for name, record in review.included().items() if study in (None, name)
            for entry in record.entries if entry.kind == "survival_curve" and entry.curve and field in (None, entry.field)
            and entry.id not in record.set_aside()]


def anchor(study: str, entry: SurvivalCurve) -> str:
    """Name of a curve's figure on a page."""
    return "-".join(["curve", study, *entry.field.split("_"), *([] if entry.stratum == "all" else entry.stratum.split("_"))])


@derives
def picture(review: Review, study: str, entry: SurvivalCurve):
    """The overlay of one record's curve, or None where the curve fixes no hazard ratio."""
    record = review.records[study]
    patients = "" if entry.stratum == "all" else f", {stratum_words(record, entry.stratum)}"
    try:
        return overlay(review.curves[entry.curve], f"{review.studies[study].label}: {entry.field.replace('_', ' ')}{patients}")
    except Unusable:
        return None


def overlay(curve: Curve, title: str):
    """The clicks over the Kaplan-Meier curve of the reconstructed patients, numbers at risk below.

    Raises Unusable where the curve fixes no hazard ratio.
    """
    found = reconstruct(curve)
    figure, (ax, below) = canvas(4.6, 2, height_ratios=(1, 0.26), sharex=True)
    for arm, patients in found.patients.items():
        times, shares = kaplan_meier(patients)
        ax.step(times, shares, where="post", color=COLOURS[arm], ls=LINES[arm], lw=1.8, label=f"{NAMES[arm]}, reconstructed")
        clicks = curve.arms[arm].points
        ax.plot([p.time for p in clicks], [p.survival for p in clicks], MARKS[arm], mfc="none", mec=COLOURS[arm], ms=4, mew=0.8, ls="none",
                label=f"{NAMES[arm]}, digitised")
    ax.set(ylim=(-0.02, 1.02), ylabel="Share without event", title=title)
    ax.legend(loc="best")
    _numbers_at_risk(below, curve)
    below.set_xlabel(f"Time, {curve.unit}")
    return Picture(figure, f"{title}. {_words(curve)}", _drawn(curve, found.patients))


def _drawn(curve: Curve, patients: dict[str, Patients]) -> pd.DataFrame:
    """The steps and clicks of the figure: arm, which of the two, time in the curve's unit, share without the event."""
    steps = [(arm, "reconstructed", *step) for arm, found in patients.items() for step in zip(*kaplan_meier(found))]
    clicks = [(arm, "digitised", p.time, p.survival) for arm, found in curve.arms.items() for p in found.points]
    return pd.DataFrame([*steps, *clicks], columns=["arm", "curve", f"time_{curve.unit}", "share"])


def _numbers_at_risk(ax, curve: Curve) -> None:
    """The printed numbers at risk, a line for each arm."""
    for place, (arm, found) in enumerate(curve.arms.items()):
        for row in found.at_risk:
            ax.text(row.time, -place, str(row.n), ha="center", va="center", fontsize=SMALL, color=COLOURS[arm] if arm == "toci" else "#8A5F00")
    ax.set(ylim=(-1.6, 0.9), yticks=[0, -1], yticklabels=list(NAMES.values()))
    ax.set_title("At risk, as printed", fontsize=SMALL, loc="left", color=GREY)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _words(curve: Curve) -> str:
    """The figure in words."""
    found = reconstruct(curve)
    arms = []
    for arm, patients in found.patients.items():
        median = f"median {found.medians[arm]:.3g} {curve.unit}" if np.isfinite(found.medians[arm]) else "median not reached"
        at_risk = ", ".join(f"{row.n} at {row.time:g}" for row in curve.arms[arm].at_risk)
        arms.append(f"{NAMES[arm]}: {len(patients.time)} patients, {int(patients.event.sum())} events, {median}; at risk {at_risk}")
    return (f"Digitised points lie on two reconstructed Kaplan-Meier curves, over time in {curve.unit}. {'. '.join(arms)}. "
            f"Hazard ratio {ratio_words(found)}.")


def kaplan_meier(patients: Patients) -> tuple[np.ndarray, np.ndarray]:
    """Times and shares of a Kaplan-Meier curve that starts at time 0 from 1 and ends with the last patient."""
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter().fit(patients.time, patients.event).survival_function_
    return fitted.index.to_numpy(), fitted.iloc[:, 0].to_numpy()


def beside_print(review: Review, field: str) -> pd.DataFrame:
    """Each digitised curve of a variable beside the hazard ratio and the log-rank p that its paper prints of the same patients."""
    rows = []
    for study, entry in digitised(review, field):
        record, curve = review.records[study], review.curves[entry.curve]
        of_the_same = [e for e in record.find(field, stratum=entry.stratum) if e.kind in ("hazard_ratio", "log_rank_p")]
        printed = [f"HR {e.estimate} ({e.lower}–{e.upper})" + (", adjusted" if e.adjusted_for else "") if e.kind == "hazard_ratio" else p_words(e.p)
                   for e in of_the_same]
        row = {"study": review.studies[study].label, "patients": stratum_words(record, entry.stratum), "printed": "; ".join(printed) or "neither"}
        try:
            found = reconstruct(curve)
            row |= {"from the curve": f"HR {ratio_words(found)}; p={found.p:.3g}", "error of the log ratio": f"{found.se_sampling:.2f} of the sample, "
                                                                                                       f"{found.se_reading:.2f} of the reading"}
        except Unusable as error:
            row |= {"from the curve": str(error), "error of the log ratio": ""}
        rows.append(row | {"study_id": study, "entries": (entry.id,)})
    return pd.DataFrame(rows)
