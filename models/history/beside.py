"""Outcomes that a paper prints and no endpoint of the review is made of: shown, and said why."""

from collections.abc import Iterable

from extraction.question import FIELDS
from extraction.schema import Record
from extraction.vocabulary import BOTH_ARMS
from models.evidence.report import Evidence, Unused, Used

BESIDE = {name: variable.not_pooled for name, variable in FIELDS.items() if variable.not_pooled}
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
