"""What is printed of a measured value in each arm, and tells their ratio only together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import sqrt

from scipy import stats

from extraction.derived.groups import group_size
from extraction.recover.rounding import true_values
from extraction.schema import Entry, MeanInterval, MeanSd, MedianQuartiles, MedianRange, Record
from extraction.vocabulary import BOTH_ARMS, REVERSED
from models.evidence.report import Unused, Used
from models.likelihood.kinds.means import Arm, Means
from models.likelihood.kinds.medians import Five, Medians
from models.likelihood.printed_orders import FEWEST
from models.likelihood.report import EffectReport

type Mean = MeanSd | MeanInterval
type Median = MedianQuartiles | MedianRange
type Told = tuple[EffectReport, Sequence[Entry], str]
"""A report of both arms, the entries that it is made of, and how, for readers."""
DIGITS = 6
"""Significant digits of an SD that follows from a standard error."""
FEWEST_OF_FIVE = 5
"""Patients of an arm that has quartiles and a range."""


def pairs(record: Record, name: str) -> Iterator[Used]:
    """Reports of both arms in one unit: the means of each stratum with their SDs, then its medians."""
    yield from _paired(record, _means(record, name), _of_means)
    yield from _paired(record, _medians(record, name), _of_medians)


def _paired[E: (Mean, Median)](
    record: Record, entries: list[E], report_of: Callable[[Record, Mapping[str, list[E]]], Told]
) -> Iterator[Used]:
    told: dict[tuple[str, str], dict[str, list[E]]] = {}
    for entry in entries:
        if _why_not(record, entry) is None:
            told.setdefault((entry.stratum, entry.unit), {}).setdefault(entry.arm, []).append(entry)
    for (stratum, _), arms in told.items():
        if set(BOTH_ARMS) <= arms.keys():
            report, used, note = report_of(record, arms)
            yield Used(record.study, report, tuple(entry.id for entry in used), stratum, note)


def left_out(record: Record, name: str, told: set[str]) -> Iterator[Unused]:
    """Means and medians of an arm that are in no report, each with its reason."""
    for entry in (*_means(record, name), *_medians(record, name)):
        if entry.id not in told:
            reason = _why_not(record, entry) or "not printed so of the other arm, or beside what is used"
            yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _means(record: Record, name: str) -> list[Mean]:
    """Those with an SD before those with an error of the mean."""
    found: list[Mean] = [*record.find(MeanSd, name), *record.find(MeanInterval, name)]
    return [entry for entry in found if _is_of_an_arm(entry)]


def _medians(record: Record, name: str) -> list[Median]:
    """Those with quartiles before those with a range."""
    found: list[Median] = [*record.find(MedianQuartiles, name), *record.find(MedianRange, name)]
    return [entry for entry in found if _is_of_an_arm(entry)]


def _is_of_an_arm(entry: Entry) -> bool:
    return entry.arm in BOTH_ARMS and entry.contrast != REVERSED


def _why_not(record: Record, entry: Mean | Median) -> str | None:
    """Why a mean or median cannot be half of a report."""
    what = "median" if isinstance(entry, MedianQuartiles | MedianRange) else "mean"
    if entry.category:
        return f"a {what} of one category alone: {entry.category}"
    if (n := group_size(record, entry.arm, entry.stratum)) is None:
        return f"how many patients the {what} is of is not printed"
    if isinstance(entry, MedianQuartiles | MedianRange):
        return _why_no_law(_five(entry), n)
    if entry.mean <= 0:
        return "a mean that is not above 0 has no ratio"
    if n < 2:
        return "one patient has no SD"
    if isinstance(entry, MeanSd):
        return None if entry.sd else "an SD of 0 tells not how sure the mean is"
    return (
        None if entry.se or _is_even(entry) else "its interval is not symmetric, and so none by Student's t"
    )


def _is_even(entry: MeanInterval) -> bool:
    """Whether the mean is midway between its limits, as far as rounding tells."""
    if entry.lower is None or entry.upper is None:
        return False
    mean, lower, upper = map(true_values, (entry.mean, entry.lower, entry.upper))
    return lower[0] + upper[0] <= 2 * mean[1] and 2 * mean[0] <= lower[1] + upper[1]


def _of_means(record: Record, arms: Mapping[str, list[Mean]]) -> Told:
    treated, control = (arms[arm][0] for arm in BOTH_ARMS)
    from_error = any(isinstance(entry, MeanInterval) for entry in (treated, control))
    note = "not adjusted" + ("; the SD follows from the error of the mean" if from_error else "")
    return Means(_numbers(record, treated), _numbers(record, control)), (treated, control), note


def _numbers(record: Record, entry: Mean) -> Arm:
    n = _size(record, entry)
    if isinstance(entry, MeanSd):
        return float(entry.mean), float(entry.sd), n
    return float(entry.mean), float(f"{_se(entry, n) * sqrt(n):.{DIGITS}g}"), n


def _size(record: Record, entry: Mean | Median) -> int:
    n = group_size(record, entry.arm, entry.stratum)
    assert n is not None  # _why_not
    return n


def _se(entry: MeanInterval, n: int) -> float:
    """The standard error that is printed, or behind its interval by Student's t."""
    if entry.se is not None or entry.lower is None or entry.upper is None:
        return float(entry.se or 0)
    half = float(entry.upper - entry.lower) / 2
    return half / float(stats.t.isf((1 - float(entry.level) / 100) / 2, n - 1))


def _of_medians(record: Record, arms: Mapping[str, list[Median]]) -> Told:
    (treated, of_treated), (control, of_control) = (_together(record, arms[arm]) for arm in BOTH_ARMS)
    sizes = (_size(record, of_both[0]) for of_both in (of_treated, of_control))
    note = "not adjusted; values taken to be log-normal"
    return Medians(treated, control, *sizes), (*of_treated, *of_control), note


def _together(record: Record, entries: list[Median]) -> tuple[Five, list[Median]]:
    """Quartiles with the range of the same patients, where both can hold; else what is printed first."""
    quartiles = next((e for e in entries if isinstance(e, MedianQuartiles)), None)
    spread = next((e for e in entries if isinstance(e, MedianRange)), None)
    if quartiles and spread and quartiles.median == spread.median:
        (least, *_, largest), (_, lower, median, upper, _) = _five(spread), _five(quartiles)
        five = (least, lower, median, upper, largest)
        if not _why_no_law(five, _size(record, quartiles)):
            return five, [quartiles, spread]
    return _five(entries[0]), entries[:1]


def _five(entry: Median) -> Five:
    median = float(entry.median)
    if isinstance(entry, MedianQuartiles):
        return None, float(entry.lower_quartile), median, float(entry.upper_quartile), None
    return float(entry.minimum), None, median, None, float(entry.maximum)


def _why_no_law(five: Sequence[float | None], n: int) -> str | None:
    """Why order statistics of so many log-normal values have no density."""
    told = [value for value in five if value is not None]
    if n < (FEWEST_OF_FIVE if len(told) == len(five) else FEWEST):
        return f"{n} patients are too few for these numbers"
    if told[0] <= 0:
        return "values are taken to be log-normal, and one is not above 0"
    if any(one >= two for one, two in pairwise(told)):
        return "rounding made two of its numbers equal, and their density is not defined"
    return None
