"""Odds and risk ratios of a binary endpoint whose counts are not printed: every table of the arms that prints
so, else an odds ratio on the log scale.
"""

from functools import lru_cache
from math import exp, log, sqrt

import numpy as np
from scipy.stats import norm

from extraction.derived.groups import both_sizes
from extraction.recover import Unusable, two_by_two
from extraction.recover.ratio_claims import COUNTED, PrintedRatio, judge_ratio, prints
from extraction.recover.rounding import true_values
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
    """Every table of the arms that prints a ratio with its interval, tocilizumab first; none where it is
    adjusted, the arms are not known or too large, or no interval is printed.
    """
    sizes = both_sizes(record, entry.stratum)
    if entry.is_adjusted or entry.kind not in COUNTED or entry.lower is None or sizes is None:
        return ()
    total = next(
        (e.events for e in record.find(PrintedCounts, entry.field, stratum=entry.stratum, arm="total")), None
    )
    turned = entry.contrast == REVERSED
    first, second = sizes[::-1] if turned else sizes
    printed = PrintedRatio(entry.estimate, entry.lower, entry.upper, entry.level)
    found = _search(printed, entry.kind, first, second, total)
    return tuple((*table[2:], *table[:2]) for table in found) if turned else found


@lru_cache(maxsize=256)
def _search(printed: PrintedRatio, measure: str, n: int, m: int, total: int | None) -> tuple[Counts, ...]:
    """Tables of two arms that print an estimate and its interval, by any method in use.

    Where too many have such a ratio, the arms are so large that the log scale tells the same.
    """
    if (n + 1) * (m + 1) > LARGEST_SEARCH:
        return ()
    tables = np.array([(a, n, c, m) for a in range(n + 1) for c in range(m + 1) if total in (None, a + c)])
    low, high = true_values(str(printed.estimate))
    own, halved = _own(measure, tables), _own(measure, tables + np.array([0.5, 1, 0.5, 1]))
    tried = np.zeros(len(tables), bool)
    for ratio in (own, halved):
        tried |= (ratio >= low * (1 - 1e-9)) & (ratio <= high * (1 + 1e-9))
    if measure == "odds_ratio":
        if n + m <= LARGEST_FOR_CONDITIONAL:
            tried |= _may_shrink_to(log(float(printed.estimate)), own)
        tried &= _is_about_as_wide(printed, tables)
    if tried.sum() > MOST_TRIED:
        return ()
    return tuple(table for table in map(tuple, tables[tried].tolist()) if _prints(printed, measure, table))


MOST_TRIED = 200
"""Tables that are held to every method in use, which takes some milliseconds each."""
LARGEST_FOR_CONDITIONAL = 120
"""Patients up to which estimates by conditional likelihood are tried beside those of the counts."""
SHRINKS_BY, TOLERATED = 1.3, 0.15
"""How much farther from 0 the log odds ratio of the counts is than the conditional one, at most: a factor,
and what is added to it.
"""


def _may_shrink_to(log_ratio: float, own: np.ndarray) -> np.ndarray:
    """Whether an estimate by conditional likelihood, nearer 1 than that of the counts, may be this one."""
    farther = np.log(np.maximum(own, 1e-9)) * np.sign(log_ratio)
    return (farther >= abs(log_ratio) - TOLERATED) & (farther <= SHRINKS_BY * abs(log_ratio) + TOLERATED)


NARROWER, WIDER = 0.6, 1.8
"""How wide intervals of an odds ratio in use are, on the log scale, against Woolf's with half a patient added
to each cell: from 0.64 (test-based) to 1.69 (score, corrected for continuity) in 400 random tables of 5 to
120 an arm.
"""


def _is_about_as_wide(printed: PrintedRatio, tables: np.ndarray) -> np.ndarray:
    """Whether Woolf's interval of each table is not far from as wide as the printed one."""
    a, n, c, m = (tables + np.array([0.5, 1, 0.5, 1])).T
    se = np.sqrt(1 / a + 1 / (n - a) + 1 / c + 1 / (m - c))
    limits = np.log([float(limit) for limit in (printed.lower, printed.upper) if limit is not None])
    found = np.diff(limits) / (2 * norm.isf((1 - float(printed.level) / 100) / 2) * se)
    return (found > NARROWER) & (found < WIDER)


def _own(measure: str, tables: np.ndarray) -> np.ndarray:
    """The ratio of the counts themselves; nan where it has none."""
    a, n, c, m = tables.astype(float).T
    above, below = (a * (m - c), c * (n - a)) if measure == "odds_ratio" else (a * m, c * n)
    return np.divide(above, below, out=np.full(len(tables), np.nan), where=below > 0)


def _prints(printed: PrintedRatio, measure: str, table: Counts) -> bool:
    """Whether a method in use prints the estimate, and one the interval."""
    told = two_by_two.estimates(measure, table)
    if not any(prints(one.value, printed.estimate, one.error) for one in told):
        return False
    try:
        found = judge_ratio(printed, measure, table)
    except Unusable:
        return False
    return found.estimate.verdict == found.interval.verdict == "agrees"


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
