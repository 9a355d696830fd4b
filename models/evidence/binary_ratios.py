"""Odds and risk ratios of a binary endpoint whose counts are not printed: every table of the arms that prints
so, else an odds ratio on the log scale.
"""

from functools import lru_cache
from math import exp, sqrt

from scipy.stats import norm

from extraction.derived.groups import both_sizes
from extraction.recover.ratio_claims import COUNTED
from extraction.recover.table_search import Groups, Printed, PrintedEffect, search_tables
from extraction.recover.tables import Arm
from extraction.schema import Counts as PrintedCounts
from extraction.schema import Ratio, Record
from extraction.vocabulary import REVERSED
from models.evidence.ratios import in_order, note_of, report_of
from models.evidence.report import Reading, Used
from models.likelihood.kinds.odds_ratio import OddsRatio
from models.likelihood.kinds.ratio import Ratio as LogRatio
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.report import Counts

LARGEST_SEARCH = 40_000
"""Tables of two arms among which those are looked for that print a ratio with its interval."""
LARGEST_SET = 500
"""Tables; a report that more would print tells nothing worth their sum."""
OTHER_MEASURES = {
    "hazard_ratio": "a hazard ratio of it is another measure than the odds ratio, which it does not give",
    "rate_ratio": "a rate ratio of it is another measure than the odds ratio, which it does not give",
    "subdistribution_ratio": (
        "a ratio of subdistribution hazards is another measure than the odds ratio, which it does not give"
    ),
    "ratio_of_means": "a ratio of means is one of values, not of odds",
}


def from_ratio(record: Record, name: str, reading: Reading, adjusted: bool | None = None) -> Used | None:
    """The first odds or risk ratio of the whole cohort that can enter: one that is not adjusted as every
    table that prints so, where the arms are known; an odds ratio else on the log scale.

    adjusted : whether only ratios enter that are adjusted (True) or are not (False)
    """
    for entry in in_order(record, _of_the_cohort(record, name), reading):
        if adjusted in (None, entry.is_adjusted) and (used := _used(record, entry, reading)):
            return used
    return None


def _of_the_cohort(record: Record, name: str) -> list[Ratio]:
    return [e for e in record.find(Ratio, name, stratum="all") if e.kind in COUNTED and not e.category]


def _used(record: Record, entry: Ratio, reading: Reading) -> Used | None:
    tables = tables_behind(record, entry) if reading.recovered else ()
    if 0 < len(tables) <= LARGEST_SET:
        how = "one table prints so" if len(tables) == 1 else f"{len(tables)} tables print so"
        measure = entry.kind.replace("_", " ")
        note = f"from the {measure} and its interval, by any method in use: {how}"
        if entry.contrast == REVERSED:
            note += f"; printed as {entry.contrast}, and turned round"
        return Used(record.study, TableSet(tables), (entry.id,), note=note, recovered_by=tables_behind)
    found = report_of(entry, OddsRatio)
    if isinstance(found, str):
        return None
    note = note_of(record, entry, found)
    if entry.kind == "odds_ratio":
        return Used(record.study, found, (entry.id,), note=note)
    approximated = _as_odds_ratio(record, entry) if reading.recovered else None
    if approximated is None:
        return None
    note = f"{note}; {APPROXIMATED}"
    return Used(record.study, approximated, (entry.id,), note=note, recovered_by=_as_odds_ratio)


APPROXIMATED = (
    "an approximation: the odds ratio of the counts, not whole, that have this risk ratio and this interval"
    " on the log scale, as no whole ones do"
)


def _as_odds_ratio(record: Record, entry: Ratio) -> OddsRatio | None:
    """The odds ratio of arms with a risk ratio of this standard error; None where they are not known, it is
    adjusted, or its events exceed an arm.

    With a = rr c n / m events treated, the variance of the log risk ratio, 1/a - 1/n + 1/c - 1/m (Katz 1978,
    Biometrics 34:469), fixes c, and so both counts; Woolf's variance is then that of the log odds ratio.
    """
    sizes, found = both_sizes(record, entry.stratum), report_of(entry)
    if entry.is_adjusted or sizes is None or not isinstance(found, LogRatio):
        return None
    n, m = sizes
    c = (1 + m / (found.estimate * n)) / (found.se**2 + 1 / n + 1 / m)
    a = found.estimate * c * n / m
    if not (0 < a < n and 0 < c < m):
        return None
    estimate = a * (m - c) / (c * (n - a))
    half = sqrt(1 / a + 1 / (n - a) + 1 / c + 1 / (m - c)) * norm.isf((1 - found.level / 100) / 2)
    estimate, lower, upper = (float(f"{estimate * exp(side * half):.6g}") for side in (0, -1, 1))
    return OddsRatio(estimate, lower, upper, found.level)


def tables_behind(record: Record, entry: Ratio) -> tuple[Counts, ...]:
    """Every table of the arms that prints a ratio with its interval, the treated first; none where it is
    adjusted, the arms are not known or too large, or no interval is printed.
    """
    sizes = both_sizes(record, entry.stratum)
    if entry.is_adjusted or entry.kind not in COUNTED or sizes is None:
        return ()
    if entry.lower is None or entry.upper is None or entry.lower >= entry.upper:
        return ()
    total = next(
        (e.events for e in record.find(PrintedCounts, entry.field, stratum=entry.stratum, arm="total")), None
    )
    turned = entry.contrast == REVERSED
    first, second = sizes[::-1] if turned else sizes
    estimate, lower, upper = (f"{value:f}" for value in (entry.estimate, entry.lower, entry.upper))
    printed = PrintedEffect(entry.kind, estimate, lower, upper, float(entry.level) / 100)
    found = _search(printed, first, second, total)
    return tuple((*table[2:], *table[:2]) for table in found) if turned else found


@lru_cache(maxsize=256)
def _search(printed: PrintedEffect, n: int, m: int, total: int | None) -> tuple[Counts, ...]:
    """Tables of two arms that print an estimate and its interval, by any method in use.

    Where too many have such a ratio, the arms are so large that the log scale tells the same.
    """
    if (n + 1) * (m + 1) > LARGEST_SEARCH:
        return ()
    groups = Groups(Arm(n, n), Arm(m, m), total_events=None if total is None else (total, total))
    return tuple(search_tables(groups, Printed(printed)).tables)


def why_not(record: Record, entry: Ratio) -> str:
    """Why a ratio is not the report of an endpoint, where no other is."""
    if entry.kind in OTHER_MEASURES:
        return OTHER_MEASURES[entry.kind]
    if entry.stratum != "all":
        return "a ratio of part of the patients"
    if entry.kind == "odds_ratio":
        found = report_of(entry, OddsRatio)
        return found if isinstance(found, str) else "an odds ratio of the same patients is used"
    if entry.is_adjusted:
        return "an adjusted risk ratio gives no odds ratio: no table of the arms stands behind it"
    if both_sizes(record, entry.stratum) is None:
        return "a risk ratio gives no odds ratio unless the sizes of the arms are known"
    if entry.lower is None:
        return "a risk ratio without an interval leaves too many tables of the arms"
    return "no counts of arms of these sizes, whole or not, have this risk ratio with its interval"
