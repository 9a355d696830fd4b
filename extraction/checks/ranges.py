"""Rules about measured values: order, limits, ranges of parts and wholes, doses and their users."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil

from extraction.checks.judgement import TWO_ARMS, Judgement, alike, compare, own_group
from extraction.derived.whole_days import is_no_median_of_whole_days, sums_of_such_a_mean
from extraction.question import DOSE_OF, IN_CATEGORIES, WHOLE_NUMBERS
from extraction.recover.estimates import grim, grimmer, median_range_possible, range_of_parts
from extraction.recover.rounding import decimals
from extraction.schema import AnyEntry, Counts, MeanSd, MedianRange, Quantity, Record
from extraction.vocabulary import BOTH_ARMS

ORDERED = {
    "hazard_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "odds_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "risk_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "rate_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "subdistribution_ratio": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "ratio_of_means": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "risk_difference": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "mean_difference": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "restricted_mean_difference": (("lower", "estimate", "upper"), "an estimate lies in its interval"),
    "percentage": (("lower", "percent", "upper"), "a percentage lies in its interval"),
    "mean_interval": (("lower", "mean", "upper"), "a mean lies in its interval"),
    "median_range": (("minimum", "median", "maximum"), "a median lies in its range"),
    "median_quartiles": (
        ("lower_quartile", "median", "upper_quartile"),
        "a median lies between its quartiles",
    ),
    "median_time": (("lower", "median", "upper"), "a median lies in its interval"),
    "quantity": (("lower", "value", "upper"), "a value lies in its range"),
    "bound": (("at_least", "at_most"), "at_least is not above at_most"),
}
"""Values that must ascend, by kind, and the rule in words."""


def values_ascend(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    keys, rule = ORDERED.get(entry.kind, ((), ""))
    given = [(key, value) for key in keys if (value := getattr(entry, key)) is not None]
    for (low, smaller), (high, larger) in pairwise(given):
        if smaller > larger:
            yield Judgement(
                "differs", f"{low} ≤ {high}", f"{rule}, but {low} {smaller} is above {high} {larger}"
            )


def percentage_within_100(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    values = [getattr(entry, "percent", None)]
    if entry.unit == "percent":
        values += [
            getattr(entry, key, None)
            for key in ("median", "maximum", "upper_quartile", "mean", "value", "upper")
        ]
    if any(value is not None and value > 100 for value in values):
        yield Judgement("differs", "at most 100%", "a share of a whole is at most 100%")


def counted_things_are_whole(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Lines of therapy and doses: no patient has half of one, and a median has half only between two
    patients.
    """
    if (
        not isinstance(entry, MedianRange)
        or entry.unit not in WHOLE_NUMBERS
        or not (n := own_group(record, entry))
    ):
        return
    verdict = median_range_possible(entry.median, entry.minimum, entry.maximum, n, 1)
    if verdict:
        yield Judgement(
            "differs",
            f"whole {entry.unit}",
            f"{n} patients cannot have these numbers of {entry.unit}: {verdict}",
        )


def whole_days_have_such_a_median(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A median of durations, where the paper records them in whole days."""
    if not is_no_median_of_whole_days(record, entry) or not isinstance(entry, MedianRange):
        return
    n = own_group(record, entry)
    sums = sums_of_such_a_mean(entry.median, n) if n else []
    mean = f"; as a mean it could be {' or '.join(f'{total}/{n}' for total in sums)}" if sums else ""
    yield Judgement(
        "differs",
        "a whole or a half day",
        "taken as whole days, of which every range in days here is, durations have no such median, however"
        f" many they are{mean}",
    )


def whole_numbers_have_such_a_mean(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Mean and SD of counted things in a group of known size (GRIM and GRIMMER)."""
    if (
        not isinstance(entry, MeanSd)
        or entry.unit not in WHOLE_NUMBERS
        or not (n := own_group(record, entry))
        or n < 2
    ):
        return
    mean = grim(entry.mean, n)
    found = grimmer(entry.mean, entry.sd, n) if mean.possible else mean
    expected = " or ".join(map(str, found.nearest))
    rule = f"whole {entry.unit} of {n} patients can have this {'SD' if mean.possible else 'mean'}"
    if not mean.possible and _is_cut_off(entry.mean, n):
        yield Judgement("differs", expected, f"{rule} if it is cut off rather than rounded", "last_digit")
    else:
        yield compare(found.possible, expected, rule)


def _is_cut_off(mean: Decimal, n: int) -> bool:
    """Whether a sum of whole numbers has a mean over n that begins with the printed digits."""
    unit = Fraction(10) ** -decimals(mean)
    return ceil(Fraction(mean) * n) / Fraction(n) < Fraction(mean) + unit


def range_holds_those_of_its_arms(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """All patients: the least of the arms' minima, the largest of their maxima, a median between theirs."""
    if not isinstance(entry, MedianRange) or entry.arm != "total" or entry.contrast != TWO_ARMS:
        return
    arms = [alike(MedianRange, record, entry, arm=arm) for arm in BOTH_ARMS]
    if all(arms):
        yield _as_parts(
            entry, [found[0] for found in arms], "the range of all patients is that of the arms together"
        )


def range_of_an_arm_fits_all(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """The same seen from an arm: not beyond all patients, and in agreement where all three fit."""
    if not isinstance(entry, MedianRange) or entry.arm not in BOTH_ARMS or entry.contrast != TWO_ARMS:
        return
    total, other = (
        alike(MedianRange, record, entry, arm="total"),
        alike(MedianRange, record, entry, arm=BOTH_ARMS[1 - BOTH_ARMS.index(entry.arm)]),
    )
    if not total:
        return
    beyond = entry.minimum < total[0].minimum or entry.maximum > total[0].maximum
    if beyond:
        yield Judgement(
            "differs",
            f"{total[0].minimum} to {total[0].maximum}",
            "the range of an arm lies within that of all patients",
        )
    elif other and not range_of_parts(_range(total[0]), [_range(entry), _range(other[0])]):
        yield Judgement(
            "agrees", str(total[0].printed), "the range of all patients is that of the arms together"
        )


def range_of_a_stratum_fits_the_arms(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Some patients of both arms are not beyond the arms."""
    if (
        not isinstance(entry, MedianRange)
        or entry.arm != "total"
        or entry.stratum == "all"
        or entry.contrast != TWO_ARMS
    ):
        return
    arms = [
        e
        for e in record.entries
        if e.field == entry.field
        and isinstance(e, MedianRange)
        and e.arm in BOTH_ARMS
        and e.stratum == "all"
        and e.unit == entry.unit
    ]
    if {e.arm for e in arms} == set(BOTH_ARMS):
        low, high = min(e.minimum for e in arms), max(e.maximum for e in arms)
        yield compare(
            low <= entry.minimum and entry.maximum <= high,
            f"{low} to {high}",
            "the range of some patients lies within that of the arms",
        )


def _as_parts(entry: MedianRange, arms: list[MedianRange], rule: str) -> Judgement:
    fault = range_of_parts(_range(entry), [_range(arm) for arm in arms])
    expected = f"{min(a.minimum for a in arms)} to {max(a.maximum for a in arms)}"
    return compare(not fault, expected, rule)


def _range(entry: MedianRange) -> tuple[Decimal, Decimal, Decimal]:
    return entry.median, entry.minimum, entry.maximum


def printed_range_is_printed_again(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A range within a stratum or time that the text repeats for all."""
    if not isinstance(entry, Quantity) or entry.lower is None or entry.upper is None:
        return
    for other in alike(Quantity, record, entry):
        if other.lower is not None and other.upper is not None:
            yield compare(
                (other.lower, other.upper) == (entry.lower, entry.upper),
                other.printed,
                f"printed again: {other.printed} ({other.address})",
            )


def a_dose_fits_its_users(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A dose whose minimum is above 0 was given to all it describes; a median of 0 to no more than half."""
    if (
        not isinstance(entry, MedianRange)
        or entry.field not in DOSE_OF
        or entry.stratum != "all"
        or entry.arm == "total"
    ):
        return
    n, users = own_group(record, entry), _users(record, DOSE_OF[entry.field], entry.arm)
    if n is None or users is None:
        return
    if entry.minimum > 0 and users < n:
        yield Judgement(
            "differs",
            "a minimum of 0",
            f"only {users} of these {n} patients were given any, yet no dose is 0",
        )
    elif entry.median == 0 or entry.minimum == 0:
        fits = users < n and (2 * users <= n if entry.median == 0 else 2 * users >= n)
        yield compare(fits, f"{users} of {n} given any", "the median and minimum fit the number given any")


def _users(record: Record, field: str, arm: str) -> int | None:
    """Patients of an arm given any, counted or by subtraction from all."""
    found: dict[str, int] = {
        e.arm: e.events for e in record.find(Counts, field, stratum="all") if not e.category
    }
    other = BOTH_ARMS[1 - BOTH_ARMS.index(arm)]
    if arm not in found and {"total", other} <= found.keys():
        return found["total"] - found[other]
    return found.get(arm)


CATEGORY = re.compile(r"(?P<below><\d+)|(?P<above>>\d+)|(?P<low>\d+)-(?P<high>\d+)")


def a_median_lies_in_the_middle_category(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """The middle patient is in one of the printed categories, and the median with it."""
    if (
        not isinstance(entry, MedianRange)
        or entry.field not in IN_CATEGORIES
        or entry.contrast != TWO_ARMS
        or not (n := own_group(record, entry))
    ):
        return
    counts = sorted(
        (*_limits(e.category), e.events)
        for e in record.find(Counts, IN_CATEGORIES[entry.field], arm=entry.arm, stratum=entry.stratum)
        if e.category and CATEGORY.fullmatch(e.category)
    )
    if sum(events for _, _, events in counts) != n:
        return
    low, high = _at_rank(counts, (n + 1) // 2)[0], _at_rank(counts, n // 2 + 1)[1]
    yield compare(
        low <= entry.median <= high,
        f"{low:g} to {high:g}",
        "the median lies in the category of the middle patient",
    )


def _limits(category: str) -> tuple[float, float]:
    form = CATEGORY.fullmatch(category)
    assert form  # callers look at such categories alone
    if form["below"]:
        return 0.0, float(form["below"][1:])
    if form["above"]:
        return float(form["above"][1:]), 100.0
    return float(form["low"]), float(form["high"])


def _at_rank(counts: list[tuple[float, float, int]], rank: int) -> tuple[float, float]:
    """Limits of the category that holds the patient of this rank, from the lowest."""
    for low, high, events in counts:
        if rank <= events:
            return low, high
        rank -= events
    raise ValueError(f"no patient has rank {rank}")


RULES = [
    values_ascend,
    percentage_within_100,
    counted_things_are_whole,
    whole_days_have_such_a_median,
    whole_numbers_have_such_a_mean,
    range_holds_those_of_its_arms,
    range_of_an_arm_fits_all,
    range_of_a_stratum_fits_the_arms,
    printed_range_is_printed_again,
    a_dose_fits_its_users,
    a_median_lies_in_the_middle_category,
]
