"""Rules about estimates and adjusted p-values."""

from collections.abc import Iterator

from extraction.checks.judgement import TWO_ARMS, Judgement, compare, counts_of_both
from extraction.recover import Unusable
from extraction.recover.estimates import multiple_of, ratio_coherence
from extraction.recover.rounding import p_as_written, true_values
from extraction.schema import AnyEntry, PValue, Ratio, Record


def a_ratio_fits_its_interval_and_p(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """On the log scale an estimate is the middle of its interval, and its p that of estimate over standard
    error.
    """
    if (
        not isinstance(entry, Ratio)
        or not entry.lower <= entry.estimate <= entry.upper
        or (entry.p is not None and p_as_written(entry.p)[1] > 1)
    ):
        return
    try:
        found = ratio_coherence(entry.estimate, entry.lower, entry.upper, entry.level, entry.p)
    except Unusable:
        return  # limits that print alike tell nothing
    if not found.estimate_fits:
        yield Judgement(
            "differs",
            f"{found.expected_estimate:.3g}",
            "on the log scale an estimate is the middle of its interval",
        )
    elif entry.p is None:
        yield Judgement(
            "agrees",
            f"{found.expected_estimate:.3g}",
            "on the log scale the estimate is the middle of its interval",
        )
    else:
        low, high = found.expected_p
        yield compare(
            bool(found.p_fits),
            f"p from {low:.3f} to {high:.3f}",
            "the estimate is the middle of its interval, and its p is that of a Wald test",
        )


def a_ratio_is_that_of_the_counts(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """An unadjusted risk or odds ratio follows from the counts of both arms."""
    if not isinstance(entry, Ratio) or entry.kind == "hazard_ratio":
        return
    if entry.adjusted_for or entry.contrast != TWO_ARMS or not (counts := counts_of_both(record, entry)):
        return
    a, n, c, m = counts
    parts = (a * m, c * n) if entry.kind == "risk_ratio" else (a * (m - c), c * (n - a))
    if parts[1] == 0:
        return
    low, high = true_values(entry.estimate)
    exact = parts[0] / parts[1]
    yield compare(low <= exact <= high, f"{exact:.3f}", f"the ratio of {a}/{n} to {c}/{m}")


def p_value_within_1(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A Bonferroni product above 1 that was not cut off is still what it says; no choice depends on it."""
    p = getattr(entry, "p", None)
    if p is None or p_as_written(p)[1] <= 1:
        return
    if getattr(entry, "adjustment", "none") == "bonferroni":
        yield Judgement(
            "differs",
            "at most 1",
            "an adjusted p-value ends at 1, but the product was printed whole",
            acknowledged=True,
        )
    else:
        yield Judgement("differs", "at most 1", "a p-value is at most 1")


def p_value_above_0(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """`0.000` stands for less than 0.0005; a bare 0, or below 0, is no p-value."""
    p = getattr(entry, "p", None)
    if p is not None and not p_as_written(p)[1] and (p[0] in "<≤" or "." not in p):
        yield Judgement("differs", "above 0", "no test gives a p of 0")


def an_adjusted_p_is_a_multiple(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A Bonferroni adjustment multiplies every plain p of the paper by the same whole number."""
    if not isinstance(entry, PValue) or entry.adjustment != "bonferroni":
        return
    factors = [set(multiple_of(plain.p, adjusted.p)) for plain, adjusted in _pairs(record)]
    common = set.intersection(*factors) if factors else set()
    own = next(
        (set(multiple_of(plain.p, entry.p)) for plain, adjusted in _pairs(record) if adjusted.id == entry.id),
        None,
    )
    if own is None:
        return
    if common & own:
        yield Judgement(
            "agrees",
            f"{min(common)} times the plain p",
            "every adjusted p of the paper is the same multiple of its plain p",
        )
    elif not own:
        yield Judgement(
            "differs",
            "a whole multiple of the plain p",
            "a Bonferroni-adjusted p is a whole multiple of the plain p",
        )
    else:
        yield Judgement(
            "differs",
            f"the multiple that fits most, not {min(own)} times",
            "the adjusted p-values of the paper have no common multiple",
        )


def _pairs(record: Record) -> Iterator[tuple[PValue, PValue]]:
    """Plain and adjusted p of one comparison."""
    p_values = [e for e in record.entries if isinstance(e, PValue)]
    for adjusted in p_values:
        for plain in p_values:
            same = (plain.field, plain.stratum, plain.contrast, plain.category) == (
                adjusted.field,
                adjusted.stratum,
                adjusted.contrast,
                adjusted.category,
            )
            if adjusted.adjustment == "bonferroni" and plain.adjustment == "none" and same:
                yield plain, adjusted


RULES = [
    a_ratio_fits_its_interval_and_p,
    a_ratio_is_that_of_the_counts,
    p_value_within_1,
    p_value_above_0,
    an_adjusted_p_is_a_multiple,
]
