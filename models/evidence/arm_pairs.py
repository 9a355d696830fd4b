"""What is printed of a measured value in each arm, and tells their ratio only together."""

from collections.abc import Iterator
from math import sqrt

from scipy import stats

from extraction.derived.groups import group_size
from extraction.recover.rounding import true_values
from extraction.schema import MeanInterval, MeanSd, Record
from extraction.vocabulary import BOTH_ARMS, REVERSED
from models.evidence.report import Unused, Used
from models.likelihood.kinds.means import Arm, Means

type Mean = MeanSd | MeanInterval
DIGITS = 6
"""Significant digits of an SD that follows from a standard error."""


def pairs(record: Record, name: str) -> Iterator[Used]:
    """The means of both arms, with their SDs, in one unit; of each stratum the first, as reports."""
    told: dict[tuple[str, str], dict[str, Mean]] = {}
    for entry in _means(record, name):
        if _why_not(record, entry) is None:
            told.setdefault((entry.stratum, entry.unit), {}).setdefault(entry.arm, entry)
    strata: set[str] = set()
    for (stratum, _), arms in told.items():
        if set(BOTH_ARMS) <= arms.keys() and stratum not in strata:
            strata.add(stratum)
            both = [arms[arm] for arm in BOTH_ARMS]
            report = Means(*(_numbers(record, entry) for entry in both))
            yield Used(record.study, report, tuple(entry.id for entry in both), stratum, _note(both))


def left_out(record: Record, name: str, told: set[str]) -> Iterator[Unused]:
    """Means of an arm that are in no pair, each with its reason."""
    for entry in _means(record, name):
        if entry.id not in told:
            reason = _why_not(record, entry) or "the other arm's mean and SD are not printed in the same unit"
            yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _means(record: Record, name: str) -> list[Mean]:
    """Those with an SD before those with an error of the mean."""
    every: list[Mean] = [*record.find(MeanSd, name), *record.find(MeanInterval, name)]
    return [entry for entry in every if entry.arm in BOTH_ARMS and entry.contrast != REVERSED]


def _why_not(record: Record, entry: Mean) -> str | None:
    """Why a mean cannot be half of a report."""
    if entry.category:
        return f"a mean of one category alone: {entry.category}"
    if entry.mean <= 0:
        return "a mean that is not above 0 has no ratio"
    if (n := group_size(record, entry.arm, entry.stratum)) is None:
        return "how many patients the mean is of is not printed"
    if n < 2:
        return "one patient has no SD"
    if isinstance(entry, MeanSd):
        return None if entry.sd else "an SD of 0 tells not how sure the mean is"
    return (
        None if entry.se or _is_even(entry) else "its interval is not symmetric, and so none by Student's t"
    )


def _is_even(entry: MeanInterval) -> bool:
    """Whether the mean is midway between its limits, as far as rounding tells."""
    (low, high), lower, upper = (
        true_values(x) for x in (entry.mean, entry.lower, entry.upper) if x is not None
    )
    return lower[0] + upper[0] <= 2 * high and 2 * low <= lower[1] + upper[1]


def _numbers(record: Record, entry: Mean) -> Arm:
    n = group_size(record, entry.arm, entry.stratum)
    assert n is not None  # _why_not
    if isinstance(entry, MeanSd):
        return float(entry.mean), float(entry.sd), n
    return float(entry.mean), float(f"{_se(entry, n) * sqrt(n):.{DIGITS}g}"), n


def _se(entry: MeanInterval, n: int) -> float:
    """The standard error that is printed, or behind its interval by Student's t."""
    if entry.se is not None or entry.lower is None or entry.upper is None:
        return float(entry.se or 0)
    half = float(entry.upper - entry.lower) / 2
    return half / float(stats.t.isf((1 - float(entry.level) / 100) / 2, n - 1))


def _note(both: list[Mean]) -> str:
    from_error = any(isinstance(entry, MeanInterval) for entry in both)
    return "not adjusted" + ("; the SD follows from the error of the mean" if from_error else "")
