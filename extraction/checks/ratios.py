"""Rules about estimates and adjusted p-values."""

from collections.abc import Iterator

from extraction.checks.judgement import TWO_ARMS, Judgement, Severity, compare, counts_of_both
from extraction.recover import Unusable
from extraction.recover.estimates import multiple_of
from extraction.recover.printed import written_p
from extraction.recover.ratio_claims import COUNTED, ORDER, Part, PrintedRatio, judge_ratio, say
from extraction.recover.ratio_claims import Verdict as ClaimVerdict
from extraction.recover.rounding import printed_p
from extraction.schema import AnyEntry, PValue, Ratio, Record
from extraction.vocabulary import REVERSED


def a_ratio_can_be_printed(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """An estimate, its interval and its p are those of a method in use, which is named: of the counts of both
    arms where they are printed and nothing is adjusted for, else by each other.
    """
    if not isinstance(entry, Ratio):
        return
    if (
        entry.lower is not None
        and entry.upper is not None
        and not entry.lower <= entry.estimate <= entry.upper
    ):
        return  # a rule of its own
    counts = _counts_behind(record, entry)
    printed = PrintedRatio(entry.estimate, entry.lower, entry.upper, entry.level, _p_beside(entry))
    found = judge_ratio(printed, entry.kind, counts)
    of = "{}/{} to {}/{}: ".format(*counts) if counts else ""
    for parts in ({"the estimate": found.estimate}, {"the interval": found.interval, "the p": found.p}):
        told = {name: part for name, part in parts.items() if part.verdict != "unchecked"}
        if told:
            yield _of_parts(told, of)


def _counts_behind(record: Record, entry: Ratio) -> tuple[int, int, int, int] | None:
    """Events and patients of the arms, the one above the line first, where the ratio is that of counts."""
    turned = entry.contrast == REVERSED
    if entry.is_adjusted or entry.kind not in COUNTED or not (turned or entry.contrast == TWO_ARMS):
        return None
    counts = counts_of_both(record, entry.model_copy(update={"contrast": TWO_ARMS}))
    return (*counts[2:], *counts[:2]) if counts and turned else counts


def _p_beside(entry: Ratio) -> str | None:
    """The p printed with a ratio, unless it is none, which other rules say."""
    try:
        return entry.p and printed_p(entry.p).text
    except Unusable:
        return None


MILD: dict[ClaimVerdict, Severity] = {"last_digit": "last_digit", "only_if": "other_test"}


def _of_parts(told: dict[str, Part], of: str) -> Judgement:
    """One judgement of several parts: as grave as the gravest, of which alone it then speaks."""
    grave = max((part.verdict for part in told.values()), key=ORDER.index)
    if grave in ("last_digit", "only_if", "differs"):
        told = {name: part for name, part in told.items() if part.verdict == grave}
    rule = of + "; ".join(say(name, part) for name, part in told.items())
    expected = "; ".join(part.expected for part in told.values())
    if grave in MILD:
        return Judgement("differs", expected, rule, MILD[grave])
    return compare(grave != "differs", expected, rule)


def p_value_within_1(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A Bonferroni product above 1 that was not cut off is still what it says; no choice depends on it."""
    p = getattr(entry, "p", None)
    if p is None or (written_p(p).value or 0) <= 1:
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
    if p is not None and not written_p(p).value and (p[0] in "<≤" or "." not in p):
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


RULES = [a_ratio_can_be_printed, p_value_within_1, p_value_above_0, an_adjusted_p_is_a_multiple]
