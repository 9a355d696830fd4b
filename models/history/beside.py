"""Outcomes that a paper prints and no endpoint of the review is made of: shown, and said why."""

from collections.abc import Iterable

from extraction.schema import Record
from extraction.vocabulary import BOTH_ARMS
from models.evidence.report import Evidence, Unused, Used

BESIDE = {
    "relapse_free_survival": "of those who responded alone, and so kept apart from survival of all",
    "relapse": "relapse alone: who dies before it is counted as free of it",
    "deaths": (
        "deaths without their times: survival enters by hazard ratios, curves, log-rank tests and"
        " Kaplan-Meier estimates"
    ),
    "infection": "infection of any grade is another outcome than severe infection",
    "severe_icans": "part of ICANS, which enters by any grade",
    "crs_any": "the drug is given for it, so that it is no effect of the drug",
    **dict.fromkeys(
        (
            "objective_response",
            "mrd_positive_response",
            "partial_response",
            "cytopenia",
            "hospital_stay",
            "icu_admission",
            "icu_stay",
            "cost",
            "icans_onset",
            "severe_icans_onset",
        ),
        "no endpoint of this review is made of it",
    ),
}
"""Variables that are outcomes of the arms and no endpoint, each with why."""


def in_no_pool(record: Record, evidence: Iterable[Evidence]) -> dict[str, list[str]]:
    """Entries of such outcomes of the arms that no endpoint speaks of, by the reason."""
    reports: list[Used | Unused] = []
    for found in evidence:
        reports += [*found.used, *found.unused]
    told = {
        entry
        for report in reports
        if report.study == record.study
        for entry in (*report.entries, *getattr(report, "bounds", ()))
    }
    shown: dict[str, list[str]] = {}
    for entry in record.entries:
        of_the_arms = entry.arm in (*BOTH_ARMS, "comparison")
        if entry.field in BESIDE and of_the_arms and entry.id not in told | record.set_aside():
            shown.setdefault(BESIDE[entry.field], []).append(entry.id)
    return shown
