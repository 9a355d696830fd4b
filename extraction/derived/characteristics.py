"""How unlike the two arms were before the outcome: the numbers behind the picture of confounding by
indication.
"""

from dataclasses import dataclass

import numpy as np

from extraction.derived.groups import TOGETHER, both_sizes, grade_counts
from extraction.question import CONTRASTS, FIELDS, GRADES, HIGHEST_GRADE, QUESTION
from extraction.records import Review
from extraction.schema import Counts, Entry, MedianQuartiles, MedianRange, PValue, Record


@dataclass(frozen=True)
class Imbalance:
    """Shares of one variable in both arms and their standardised difference, treated minus control."""

    study: str
    label: str
    variable: str
    events_treated: int
    n_treated: int
    events_control: int
    n_control: int

    @property
    def difference(self) -> float:
        return standardised_difference(
            self.events_treated / self.n_treated, self.events_control / self.n_control
        )


def standardised_difference(share_treated: float, share_control: float) -> float:
    """Difference of two shares over the root of their mean variance (Austin 2009, Stat Med 28:3083)."""
    variance = (share_treated * (1 - share_treated) + share_control * (1 - share_control)) / 2
    return float((share_treated - share_control) / np.sqrt(variance)) if variance else 0.0


def imbalances(review: Review) -> list[Imbalance]:
    """Every binary variable that a study of therapeutic use prints for both arms."""
    return [
        Imbalance(study, review.studies[study].label, one.name, *counts)
        for one in QUESTION.shown.characteristics
        if FIELDS[one.variable].counts_patients
        for study, record in review.included().items()
        if review.studies[study].contrast == QUESTION.contrast
        and (counts := _counts(record, one.variable, one.category))
    ]


def _counts(record: Record, field: str, category: str | None) -> tuple[int, int, int, int] | None:
    """Patients with it and all patients of each arm, the treated first; an arm that is not printed follows
    from the total.
    """
    severe = field == HIGHEST_GRADE and category == TOGETHER
    found = dict(grade_counts(record).get(GRADES[-1], {})) if severe else {}
    for entry in () if found else record.find(Counts, field, stratum="all"):
        if entry.category == category:
            found.setdefault(entry.arm, entry.events)
    for arm, other in (("treated", "control"), ("control", "treated")):
        if arm not in found and {other, "total"} <= found.keys():
            found[arm] = found["total"] - found[other]
    sizes = both_sizes(record)
    if not {"treated", "control"} <= found.keys() or not sizes:
        return None
    return found["treated"], sizes[0], found["control"], sizes[1]


MEDIANS = {
    CONTRASTS[QUESTION.contrast].treated: "not used: see contradictions",
    CONTRASTS[QUESTION.contrast].comparator: "not used: see contradictions",
    "p, as printed": "",
}
"""Columns of the table of medians, and what stands where no entry does."""


def median_entries(review: Review) -> list[tuple[str, str, dict[str, Entry | None]]]:
    """Variable, study, and the entry behind each column of MEDIANS, wherever a median of either arm is
    printed.
    """
    rows: list[tuple[str, str, dict[str, Entry | None]]] = []
    for one in QUESTION.shown.characteristics:
        for study, record in review.included().items():
            arms = {
                e.arm: e
                for e in record.find(Entry, one.variable, stratum="all")
                if isinstance(e, MedianRange | MedianQuartiles)
            }
            if {"treated", "control"} & arms.keys():
                tests = record.find(PValue, one.variable, stratum="all")
                p = next((e for e in tests if e.adjustment == "none"), None)
                shown = (arms.get("treated"), arms.get("control"), p)
                rows.append((one.name, study, dict(zip(MEDIANS, shown, strict=True))))
    return rows


def medians(review: Review) -> list[dict]:
    """Medians and ranges of both arms as printed, with the paper's p-value."""
    return [
        {"variable": words, "study": review.studies[study].label}
        | {column: entry.printed if entry else MEDIANS[column] for column, entry in entries.items()}
        for words, study, entries in median_entries(review)
    ]
