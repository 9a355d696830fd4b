"""Do the printed numbers agree with each other?

A rule is one function of a record and an entry that yields `Judgement`s; the lists of rules stand in
counts.py, ranges.py, means.py, comparisons.py and ratios.py; those of digitised curves in curves.py.  A rule
about the possible (an estimate in its interval) speaks only when it is broken; a rule that compares numbers
always gives a verdict; a number that no rule speaks of cannot be checked.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

from extraction.checks import structure
from extraction.checks.judgement import NOTHING_TO_CHECK, Judgement, Severity, Verdict
from extraction.records import Problem, Review
from extraction.recover import TooLarge, Unusable
from extraction.schema import AnyEntry, Record, SurvivalCurve

WITHOUT_NUMBERS = ("not_reported", "survival_curve")


@dataclass(frozen=True)
class Finding:
    """A verdict on one printed number; the severity is null unless it differs.

    acknowledged : a contradiction of the record excuses the entry from this check, or the rule itself says
        that nothing depends on it; an `error` that is not acknowledged stops the review
    check : name of the rule, by which a contradiction excuses an entry from it
    """

    study: str
    field: str
    entry: str
    address: str
    verdict: Verdict
    severity: Severity | None
    acknowledged: bool
    check: str
    printed: str | None
    expected: str
    rule: str
    file: str
    line: int | None

    @property
    def stops(self) -> bool:
        return self.severity == "error" and not self.acknowledged

    def __str__(self) -> str:
        expected = f"; expected {self.expected}" if self.expected else ""
        return (
            f"{self.file}:{self.line}: {self.study}: {self.field} ({self.entry}): found {self.printed!r}: "
            f"{self.rule}{expected}" + (f" (check {self.check})" if self.stops else "")
        )

    def as_dict(self) -> dict:
        return asdict(self)


class Checked(NamedTuple):
    """Faults of the extraction, and verdicts on the printed numbers."""

    problems: list[Problem]
    findings: list[Finding]

    @property
    def errors(self) -> list[Problem | Finding]:
        """What stops the review."""
        return [*self.problems, *(f for f in self.findings if f.stops)]


@lru_cache(maxsize=4)
def check(review: Review) -> Checked:
    """Every fault and every verdict, in the order of the records."""
    from extraction.checks import overlap

    return Checked(
        [*structure.problems(review), *overlap.problems(review), *_excuses_name_checks(review)],
        [f for stem in review.records for f in _findings(review, stem)],
    )


def _excuses_name_checks(review: Review) -> Iterator[Problem]:
    """Checks that contradictions excuse from are checks."""
    known = {"curves"} | {rule.__name__ for module in _modules() for rule in module.RULES}
    for stem, record in review.records.items():
        for i, told in enumerate(record.contradictions):
            for k, name in enumerate(told.excuses):
                if name not in known:
                    near = get_close_matches(name, known, n=1)
                    meant = f"; nearest: {near[0]}" if near else ""
                    yield review.sources[stem].problem(
                        ("contradictions", i, "excuses", k), name, f"is not the name of a check{meant}"
                    )


def _modules() -> tuple[ModuleType, ...]:
    """Modules of rules, imported when they are needed."""
    from extraction.checks import comparisons, counts, means, ranges, ratios

    return counts, ranges, means, comparisons, ratios


def _findings(review: Review, stem: str) -> Iterator[Finding]:
    record, source = review.records[stem], review.sources[stem]
    excused = {
        (entry, rule) for told in record.contradictions for entry in told.entries for rule in told.excuses
    }
    for i, entry in enumerate(record.entries):
        for name, judgement in _judgements(record, entry, review):
            differs = judgement.verdict == "differs"
            yield Finding(
                record.study,
                entry.field,
                entry.id,
                str(entry.address),
                judgement.verdict,
                judgement.severity if differs else None,
                differs and (judgement.acknowledged or (entry.id, name) in excused),
                name,
                entry.printed,
                judgement.expected,
                judgement.rule,
                source.file,
                source.line(("entries", i)),
            )


def _judged(
    rule: Callable[[Record, AnyEntry], Iterator[Judgement]], record: Record, entry: AnyEntry
) -> Iterator[Judgement]:
    """What one rule says; numbers that no search can start from, or that leave one without end, cannot be
    checked by it.
    """
    try:
        yield from rule(record, entry)
    except (TooLarge, Unusable) as reason:
        yield Judgement("cannot_be_checked", "", str(reason))


def _judgements(record: Record, entry: AnyEntry, review: Review) -> list[tuple[str, Judgement]]:
    """What the rules, by name, say of an entry; where none of them could tell, one sentence that it cannot be
    checked.
    """
    from extraction.checks import curves

    if isinstance(entry, SurvivalCurve) and entry.curve:
        return [("curves", j) for j in curves.judge(record, entry, review.curves[entry.curve])]
    found = [
        (rule.__name__, judgement)
        for module in _modules()
        for rule in module.RULES
        for judgement in _judged(rule, record, entry)
    ]
    told = [(rule, j) for rule, j in found if j.verdict != "cannot_be_checked"]
    if told or entry.kind in WITHOUT_NUMBERS:
        return told
    return found[:1] or [("", NOTHING_TO_CHECK)]
