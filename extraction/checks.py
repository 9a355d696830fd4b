"""Do the printed numbers agree with each other?

A rule is one function of a record and an entry that yields `Judgement`s; `RULES` lists them.  A rule about the
possible (an estimate in its interval) speaks only when it is broken; a rule that compares numbers always gives a verdict.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from extraction import structure
from extraction.groups import group_size, printed_sizes
from extraction.records import Problem, Review
from extraction.schema import AnyEntry, Counts, Entry, Record

TWO_ARMS = Entry.model_fields["contrast"].default
Verdict = Literal["agrees", "differs", "cannot_be_checked"]


@dataclass(frozen=True)
class Finding:
    """A verdict on one printed number; the severity is null unless it differs.

    An `error` stops the review; `last_digit` is off by one there; `acknowledged` is known to the record, which names it
    under its contradictions.
    """

    study: str
    field: str
    entry: str
    address: str
    verdict: Verdict
    severity: Literal["error", "last_digit", "acknowledged"] | None
    printed: str | None
    expected: str
    rule: str
    file: str
    line: int | None

    def __str__(self) -> str:
        expected = f"; expected {self.expected}" if self.expected else ""
        return (f"{self.file}:{self.line}: {self.study}: {self.field} ({self.entry}): found {self.printed!r}: "
                f"{self.rule}{expected}")

    def as_dict(self) -> dict:
        return asdict(self)


class Judgement(NamedTuple):
    """What a rule says of an entry: its verdict, what it expected, the rule in words, and whether the fault is mild."""

    verdict: Verdict
    expected: str
    rule: str
    severity: Literal["error", "last_digit", "acknowledged"] = "error"


class Checked(NamedTuple):
    """Faults of the extraction, and verdicts on the printed numbers."""

    problems: list[Problem]
    findings: list[Finding]

    @property
    def errors(self) -> list[Problem | Finding]:
        """What stops the review."""
        return [*self.problems, *(f for f in self.findings if f.severity == "error")]


def check(review: Review) -> Checked:
    """Every fault and every verdict, in the order of the records."""
    return Checked(structure.problems(review), [f for stem in review.records for f in _findings(review, stem)])


def _findings(review: Review, stem: str) -> Iterator[Finding]:
    record, source = review.records[stem], review.sources[stem]
    acknowledged = {entry for contradiction in record.contradictions for entry in contradiction.entries}
    for i, entry in enumerate(record.entries):
        for rule in RULES:
            for judgement in rule(record, entry):
                severity = None
                if judgement.verdict == "differs":
                    severity = "acknowledged" if entry.id in acknowledged else judgement.severity
                yield Finding(record.study, entry.field, entry.id, str(entry.address), judgement.verdict, severity,
                              entry.printed, judgement.expected, judgement.rule, source.file, source.line(("entries", i)))


def events_within_the_group(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    if entry.kind not in ("counts", "bound"):
        return
    events = entry.events if entry.kind == "counts" else max(entry.at_least, entry.at_most or 0)
    printed = entry.n if entry.kind == "counts" else None
    limits = [n for n in (printed, _own_group(record, entry)) if n is not None]
    if limits and events > min(limits):
        yield Judgement("differs", f"at most {min(limits)}", f"{events} events exceed the group of {min(limits)} patients")


def _own_group(record: Record, entry: AnyEntry) -> int | None:
    """The size of an entry's arm and stratum; a contrast of other groups has other sizes."""
    return group_size(record, entry.arm, entry.stratum) if entry.contrast == TWO_ARMS else None


def percentage_is_events_over_n(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Half-up and half-even rounding both count as right."""
    if not isinstance(entry, Counts) or entry.percent is None:
        return
    n = entry.n or _own_group(record, entry)
    rule = f"the percentage is {entry.events} of {n}" if n else "the percentage is events of n"
    if not n:
        yield Judgement("cannot_be_checked", "", f"{rule}, but the group's size is not printed")
        return
    exact = Fraction(100 * entry.events, n)
    digits = max(0, -entry.percent.as_tuple().exponent)
    steps = abs(exact - Fraction(entry.percent)) * 10**digits
    expected = f"{rounded(exact, digits)}%"
    if 2 * steps <= 1:
        yield Judgement("agrees", expected, rule)
    else:
        yield Judgement("differs", expected, rule, "last_digit" if 2 * steps <= 3 else "error")


def rounded(value: Fraction, digits: int) -> Decimal:
    """A value to so many decimal places, halves up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def percentage_within_100(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    values = [getattr(entry, "percent", None)]
    if entry.unit == "percent":
        values += [getattr(entry, key, None) for key in ("median", "maximum", "upper_quartile", "mean", "value", "upper")]
    if any(value is not None and value > 100 for value in values):
        yield Judgement("differs", "at most 100%", "a share of a whole is at most 100%")


ORDERED = {
    "hazard_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "odds_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "risk_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "median_range": (("minimum", "median", "maximum"), "a median lies in its range"),
    "median_quartiles": (("lower_quartile", "median", "upper_quartile"), "a median lies between its quartiles"),
    "quantity": (("lower", "value", "upper"), "a value lies in its range"),
    "bound": (("at_least", "at_most"), "at_least is not above at_most"),
}
"""Values that must ascend, by kind, and the rule in words."""


def values_ascend(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    keys, rule = ORDERED.get(entry.kind, ((), ""))
    given = [(key, value) for key in keys if (value := getattr(entry, key)) is not None]
    for (low, smaller), (high, larger) in zip(given, given[1:]):
        if smaller > larger:
            yield Judgement("differs", f"{low} ≤ {high}", f"{rule}, but {low} {smaller} is above {high} {larger}")


def p_value_within_1(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A Bonferroni product above 1 that was not cut off there is no error: the product is still what it says."""
    p = getattr(entry, "p", None)
    if p is None or Decimal(p.lstrip("<>=≤≥ ")) <= 1:
        return
    if getattr(entry, "adjustment", "none") == "bonferroni":
        rule = "an adjusted p-value ends at 1, but the product was printed whole"
        yield Judgement("differs", "at most 1", rule, "acknowledged")
    else:
        yield Judgement("differs", "at most 1", "a p-value is at most 1")


def group_sizes_agree(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """One size per arm and stratum, and the arms add to the total."""
    if entry.kind != "group_size" or entry.contrast != TWO_ARMS:
        return
    group, sizes = f"the arm {entry.arm} in stratum {entry.stratum}", printed_sizes(record, entry.stratum)
    if entry.arm not in sizes:
        yield Judgement("differs", "one size", f"{group} has several sizes")
    elif entry.n != sizes[entry.arm]:
        yield Judgement("differs", str(sizes[entry.arm]), f"{group} has one size")
    if entry.arm == "total" and {"toci", "control"} <= sizes.keys():
        both = sizes["toci"] + sizes["control"]
        yield Judgement("agrees" if both == entry.n else "differs", str(both), "the arms add to the total")


RULES: list[Callable[[Record, AnyEntry], Iterator[Judgement]]] = [
    group_sizes_agree, events_within_the_group, percentage_is_events_over_n, percentage_within_100, values_ascend,
    p_value_within_1,
]
