"""Printed ratios as reports: which of several enters, the way round it is printed, its interval or its p."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import log

from extraction.recover.rounding import true_values
from extraction.schema import Ratio as PrintedRatio
from extraction.schema import Record
from extraction.vocabulary import REVERSED
from models.evidence.report import Reading, Unused, Used
from models.likelihood.kinds.odds_ratio import OddsRatio
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.ratio_with_p import RatioWithP, why_it_tells_too_little
from models.likelihood.kinds.uneven_ratio import UnevenRatio
from models.likelihood.report import EffectReport

DIGITS = 6
"""Significant digits of a ratio that is turned round."""


def in_order(record: Record, printed: Sequence[PrintedRatio], reading: Reading) -> list[PrintedRatio]:
    """Ratios of one effect, the preferred first: of the whole cohort before those at a landmark or of a
    matched part; adjusted for covariates before weighted or matched before neither; the more covariates, then
    the wider interval, first.

    How they are typed never matters: a tie of all these is broken by name.
    """

    def rank(entry: PrintedRatio) -> tuple:
        part = record.strata[entry.stratum]
        asked = (part.landmark and reading.landmark_first) or (part.matched and reading.matched_first)
        whom = 0 if asked else 1 if entry.stratum == "all" else 3 if part.matched else 2
        model, weights, plain = (0, 1, 2) if not reading.weighted_first else (1, 0, 2)
        how = weights if entry.estimator else model if entry.adjusted_for else plain
        how = how if reading.adjusted_first else -how
        return (whom, how, -len(entry.adjusted_for), -_width(entry), entry.id)

    return sorted(printed, key=rank)


def _width(entry: PrintedRatio) -> float:
    """Of the interval, on the log scale; none where only a p is printed, so that an interval goes first."""
    return log(entry.upper / entry.lower) if entry.lower and entry.upper else 0.0


def the_first(
    record: Record, ordered: Sequence[PrintedRatio], kind: type[Ratio] = Ratio
) -> Iterator[Used | Unused]:
    """The first of some ratios that can enter, and why the others do not."""
    entered = False
    for entry in ordered:
        found = report_of(entry, kind)
        if isinstance(found, str):
            yield Unused(record.study, (entry.id,), found, entry.stratum)
        elif entered:
            reason = f"the same patients as the {_measure(entry)} used"
            yield Unused(record.study, (entry.id,), reason, entry.stratum)
        else:
            entered = True
            yield Used(record.study, found, (entry.id,), entry.stratum, note_of(record, entry, found))


def report_of(entry: PrintedRatio, kind: type[Ratio] = Ratio) -> EffectReport | str:
    """The report of a ratio with its interval, or with its p alone; or why neither tells how sure it is.

    An interval that is not symmetric on the log scale beyond what rounding allows keeps its shape.
    """
    if entry.lower is None or entry.upper is None:
        least, most = true_values(entry.estimate)
        if reason := why_it_tells_too_little(least, most, entry.p or "ns"):
            return reason
        estimate, least, most = _turned(entry, float(entry.estimate), least, most)
        return RatioWithP(estimate, least, most, entry.p or "")
    if not entry.lower <= entry.estimate <= entry.upper:
        return "its estimate lies outside its interval"
    if entry.lower == entry.upper:
        return "its interval has no width"
    numbers = _turned(entry, float(entry.estimate), float(entry.lower), float(entry.upper))
    if _is_uneven(entry.estimate, entry.lower, entry.upper):
        if entry.estimate in (entry.lower, entry.upper):
            return "its estimate is a limit of its interval"
        return UnevenRatio(*numbers, float(entry.level))
    return kind(*numbers, float(entry.level))


def _turned(entry: PrintedRatio, estimate: float, lower: float, upper: float) -> tuple[float, float, float]:
    """The numbers as treated over control."""
    if entry.contrast != REVERSED:
        return estimate, lower, upper
    estimate, lower, upper = (float(f"{1 / number:.{DIGITS}g}") for number in (estimate, upper, lower))
    return estimate, lower, upper


def _is_uneven(estimate: Decimal, lower: Decimal, upper: Decimal) -> bool:
    """Whether no numbers that print so have the estimate midway between its limits, on the log scale."""
    edges = [true_values(number) for number in (estimate, lower, upper)]
    if min(edge for pair in edges for edge in pair) <= 0:
        return False  # a limit that is printed as next to nothing may be anything
    (low, high), *limits = ([log(edge) for edge in pair] for pair in edges)
    middle = [sum(side) / 2 for side in zip(*limits, strict=True)]
    return high < middle[0] or low > middle[1]


def _measure(entry: PrintedRatio) -> str:
    return entry.kind.replace("_", " ")


def note_of(record: Record, entry: PrintedRatio, report: EffectReport) -> str:
    """How a ratio was made, for readers."""
    parts = [f"adjusted for {', '.join(entry.adjusted_for)}" if entry.adjusted_for else "not adjusted"]
    if entry.estimator:
        how = "weighted by" if entry.estimator == "weighted" else "of patients matched on"
        parts = [*(parts if entry.adjusted_for else []), f"{how} the propensity of treatment"]
    if landmark := record.strata[entry.stratum].landmark:
        parts.append(f"of patients without the event until {landmark}")
    if record.strata[entry.stratum].matched:
        parts.append("of the matched patients alone")
    if entry.contrast == REVERSED:
        parts.append(f"printed as {entry.contrast}, and turned round")
    if isinstance(report, UnevenRatio):
        parts.append("its interval is not symmetric on the log scale, and keeps its shape")
    if isinstance(report, RatioWithP):
        parts.append("no interval is printed: its standard error is that of Wald's test with the printed p")
    if report.name == OddsRatio.name:
        parts.append("the counts of the arms are not printed")
    return "; ".join(parts)
