"""Which reports enter which endpoint, and why the others do not.

Rules, not names: a study is never mentioned here.  Each used report carries the numbers its likelihood needs
and the ids of the entries they come from; each unused one its reason, and whether the posterior is checked
against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from extraction.question import ASKED, CONTRASTS, ENDPOINTS, OF_THE_TREATMENT, contrast_of
from extraction.schema import Entry, Record, Registration
from extraction.vocabulary import REVERSED, TWO_ARMS
from models.evidence.binary import binary
from models.evidence.continuous import continuous
from models.evidence.durations import durations
from models.evidence.report import ALTERNATIVES, PRIMARY, Evidence, Reading, Unused, Used
from models.evidence.survival import survival

if TYPE_CHECKING:
    from extraction.records import Review

__all__ = [
    "ALTERNATIVES",
    "PRIMARY",
    "Evidence",
    "Reading",
    "Unused",
    "Used",
    "alternatives",
    "collect",
    "collect_all",
]

type Rule = Callable[..., Iterator[Used | Unused]]
"""(record, endpoint, contrast, reading) -> reports; survival takes the digitised curves as well."""

RULES: dict[str, Rule] = {
    "binary": binary,
    "continuous": continuous,
    "durations": durations,
    "survival": survival,
}
"""By the kind of endpoint."""


@lru_cache(maxsize=512)
def collect(review: Review, endpoint: str, reading: Reading = PRIMARY) -> Evidence:
    """Evidence of one endpoint from every included study that may enter it, computed once for a review; raise
    KeyError for an unknown endpoint.
    """
    rule = RULES[ASKED[endpoint].kind]
    if rule is survival:
        rule = partial(survival, curves=review.curves)
    found: list[Used | Unused] = []
    left_to_mates: list[tuple[Record, Registration]] = []
    for study, record in review.included().items():
        row = review.studies[study]
        if row.endpoints is None or endpoint in row.endpoints:
            told = list(rule(record, endpoint, row.contrast, reading))
            found += _apart([*told, *_untold(record, endpoint, told)], endpoint, row.contrast)
        elif mate := _mate(review, study, endpoint):
            left_to_mates.append((record, mate))
    entering = {report.study for report in found if isinstance(report, Used)}
    for record, mate in left_to_mates:
        why = "prints it by arm" if mate.id in entering else "may enter it"
        found += _left_to(record, endpoint, mate, why)
    return Evidence(
        endpoint,
        tuple(r for r in found if isinstance(r, Used)),
        tuple(r for r in found if isinstance(r, Unused)),
    )


def _apart(own: list[Used | Unused], endpoint: str, contrast: str) -> list[Used | Unused]:
    """A study's reports, all left out where it compares something else than the endpoint does: studies of two
    contrasts are never pooled, and a report beside one that does not enter is not left out for its sake.
    """
    if contrast == contrast_of(endpoint) or not any(isinstance(report, Used) for report in own):
        return own
    reason = f"another contrast, never pooled with the endpoint's: {CONTRASTS[contrast].meaning}"
    pooled = [title for name, title in ENDPOINTS.items() if contrast_of(name) == contrast]
    reason += f"; of it {' and '.join(pooled)} alone is pooled" if pooled else "; it has no pool of its own"
    return [Unused(report.study, report.entries, reason, report.stratum) for report in own]


def _mate(review: Review, study: str, endpoint: str) -> Registration | None:
    """The study that enters an endpoint for the patients of another one."""
    return next(
        (
            row
            for row in map(review.studies.__getitem__, review.included())
            if row.id != study
            and row.cohort == review.studies[study].cohort
            and (row.endpoints is None or endpoint in row.endpoints)
        ),
        None,
    )


def _left_to(record: Record, endpoint: str, mate: Registration, why: str) -> Iterator[Unused]:
    """What a study prints of an endpoint that is left to another study of the same patients."""
    for name in ASKED[endpoint].fields:
        for entry in record.find(Entry, name):
            reason = f"the same patients as {mate.label}, which {why}"
            yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _untold(record: Record, endpoint: str, told: list[Used | Unused]) -> Iterator[Unused]:
    """Entries of an arm or a comparison that no rule of the endpoint speaks of: shown as left out, never
    dropped in silence.
    """
    entries = {entry for report in told for entry in (*report.entries, *getattr(report, "bounds", ()))}
    for name in ASKED[endpoint].fields:
        for entry in record.entries:
            if entry.field != name or entry.arm == "total" or entry.id in entries:
                continue
            if reason := _why_untold(record, endpoint, entry):
                yield Unused(record.study, (entry.id,), reason, entry.stratum)


OF_TIMES = {
    "quantity": "a plain number, not a median time with its interval (`median_time`)",
    "restricted_mean_difference": (
        "a difference of restricted mean times, which gives a hazard ratio only where the shape of survival"
        " is known"
    ),
    "counts": "events without their times, which give a hazard ratio only where all are followed alike",
    "bound": "events without their times, which give a hazard ratio only where all are followed alike",
}
"""Why reports of a time of some kinds never enter."""


def _why_untold(record: Record, endpoint: str, entry: Entry) -> str | None:
    """Why no rule speaks of an entry; None where it is no result of the treatment, or was set aside."""
    if entry.id in record.set_aside():
        return None  # the record's contradictions say why
    if entry.contrast not in (TWO_ARMS, REVERSED):
        of_the_treatment = OF_THE_TREATMENT.search(entry.contrast)
        return f"compares {entry.contrast}, not the two arms" if of_the_treatment else None
    if ASKED[endpoint].kind == "binary":
        return None  # its rule goes through all of them; what is left is part of the report used
    if ASKED[endpoint].kind == "survival" and entry.kind in OF_TIMES:
        return OF_TIMES[entry.kind]
    return f"no likelihood here reads a {entry.kind.replace('_', ' ')} of it"


def collect_all(review: Review) -> dict[str, Evidence]:
    """Evidence of every endpoint, in the order of the book."""
    return {endpoint: collect(review, endpoint) for endpoint in ENDPOINTS}


def alternatives(review: Review, endpoint: str) -> dict[str, Evidence]:
    """Evidence under every other reading that changes it, by the reading's words; a reading under which
    nothing enters gives no answer, and is none.
    """
    primary = collect(review, endpoint).used_hash()
    found = {words: collect(review, endpoint, reading) for words, reading in ALTERNATIVES.items()}
    return {
        words: evidence
        for words, evidence in found.items()
        if evidence.used and evidence.used_hash() != primary
    }
