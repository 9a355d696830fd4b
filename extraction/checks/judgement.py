"""What a rule says of an entry, and what rules share."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from operator import attrgetter
from typing import Literal, NamedTuple

from extraction.derived.groups import group_size
from extraction.schema import Counts, Entry, Record
from extraction.vocabulary import BOTH_ARMS, TWO_ARMS

Verdict = Literal["agrees", "differs", "cannot_be_checked"]
Severity = Literal["error", "last_digit", "other_test"]
"""Of what differs.  Mild are `last_digit`, where a rounding slip explains it, and `other_test`, where a test
would give it that is always named, and is not.
"""


class Judgement(NamedTuple):
    """A verdict, what was expected, the rule in words, and of a fault whether it is mild and whether nothing
    depends on it.
    """

    verdict: Verdict
    expected: str
    rule: str
    severity: Severity = "error"
    acknowledged: bool = False


NOTHING_TO_CHECK = Judgement("cannot_be_checked", "", "nothing else in the paper fixes this number")


def compare(same: bool, expected: object, rule: str) -> Judgement:
    """Agrees or differs."""
    return Judgement("agrees" if same else "differs", str(expected), rule)


OF_PATIENTS = ("field", "arm", "stratum", "category", "contrast", "unit")
described = attrgetter(*OF_PATIENTS)
"""Which patients an entry describes, and what of them."""


def own_group(record: Record, entry: Entry) -> int | None:
    """The size of an entry's arm and stratum; a contrast of other groups has other sizes."""
    return group_size(record, entry.arm, entry.stratum) if entry.contrast == TWO_ARMS else None


def alike[E: Entry](kind: type[E], record: Record, entry: Entry, **changed: object) -> list[E]:
    """Entries in use of a kind that describe the same patients as an entry, but for what is changed: arm,
    stratum, category, field, unit.
    """
    wanted = tuple(changed.get(key, getattr(entry, key)) for key in OF_PATIENTS)
    aside = record.set_aside()
    return [
        e
        for e in record.entries
        if isinstance(e, kind) and described(e) == wanted and e.id not in aside and e.id != entry.id
    ]


def counts_of_both(record: Record, entry: Entry) -> tuple[int, int, int, int] | None:
    """Events and patients of both arms, as printed for the same patients."""
    found: list[tuple[int, int]] = []
    for arm in BOTH_ARMS:
        for count in alike(Counts, record, entry, arm=arm, unit="patients")[:1]:
            n = count.n or group_size(record, arm, entry.stratum)
            if n and count.events <= n:
                found.append((count.events, n))
    return (*found[0], *found[1]) if len(found) == 2 else None


def rounded(value: Fraction, digits: int) -> Decimal:
    """A value to so many decimal places, halves up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
