"""Digitised survival curves: the clicks over the curve of the reconstructed patients, and beside what the
papers print.
"""

import pandas as pd

from book.html.style import Picture
from book.shown.endpoint.printed import p_words, ratio_words
from extraction.digitised.drawing import overlay
from extraction.question import ARM_NAMES
from extraction.records import Review
from extraction.recover import Unusable
from extraction.recover.curve_types import Curve
from extraction.recover.curves import reconstruct
from extraction.schema import Entry, LogRankP, Ratio, SurvivalCurve
from models.words import stratum_words


def digitised(
    review: Review, field: str | None = None, study: str | None = None
) -> list[tuple[str, SurvivalCurve]]:
    """Study and entry of every digitised curve in use, or those of one variable or study."""
    return [
        (name, entry)
        for name, record in review.included().items()
        if study in (None, name)
        for entry in record.entries
        if entry.kind == "survival_curve"
        and entry.curve
        and field in (None, entry.field)
        and entry.id not in record.set_aside()
    ]


def anchor(study: str, entry: SurvivalCurve) -> str:
    """Name of a curve's figure on a page."""
    return "-".join(
        [
            "curve",
            study,
            *entry.field.split("_"),
            *([] if entry.stratum == "all" else entry.stratum.split("_")),
        ]
    )


def points(review: Review, entry: SurvivalCurve) -> Curve:
    """The points of a digitised curve; raise ValueError where it is not digitised."""
    if entry.curve is None:
        raise ValueError(f"{entry.id} is not digitised")
    return review.curves[entry.curve]


def picture(review: Review, study: str, entry: SurvivalCurve) -> Picture | None:
    """The overlay of one record's curve, or None where the curve fixes no hazard ratio."""
    record = review.records[study]
    patients = "" if entry.stratum == "all" else f", {stratum_words(record, entry.stratum)}"
    try:
        return Picture(
            *overlay(
                points(review, entry),
                f"{review.studies[study].label}: {entry.field.replace('_', ' ')}{patients}",
                dict(zip(("treated", "control"), ARM_NAMES.values(), strict=True)),
            ),
            how=(
                "Patients are reconstructed from the digitised points and the numbers at risk, and drawn "
                "over the points."
            ),
        )
    except Unusable:
        return None


def beside_print(review: Review, field: str) -> pd.DataFrame:
    """Each digitised curve of a variable beside the hazard ratio and the log-rank p that its paper prints of
    the same patients.
    """
    rows = []
    for study, entry in digitised(review, field):
        record, curve = review.records[study], points(review, entry)
        of_the_same = [
            e
            for e in record.find(Entry, field, stratum=entry.stratum)
            if isinstance(e, LogRankP) or (isinstance(e, Ratio) and e.kind == "hazard_ratio")
        ]
        printed = [
            (
                ratio_words(e) + (", adjusted" if e.is_adjusted else "")
                if isinstance(e, Ratio)
                else p_words(e.p)
            )
            for e in of_the_same
        ]
        row = {
            "study": review.studies[study].label,
            "patients": stratum_words(record, entry.stratum),
            "printed": "; ".join(printed) or "neither",
        }
        try:
            found = reconstruct(curve)
            row |= {
                "from the curve": f"HR {found.words()}; p={found.p:.3g}",
                "error of the log ratio": (
                    f"{found.se_sampling:.2f} of the sample, {found.se_reading:.2f} of the reading"
                ),
            }
        except Unusable as error:
            row |= {"from the curve": str(error), "error of the log ratio": ""}
        rows.append(row | {"study_id": study, "entries": (entry.id,)})
    return pd.DataFrame(rows)
