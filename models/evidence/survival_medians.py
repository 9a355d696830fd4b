"""Median survival of both arms, as reports of the hazard ratio."""

from collections.abc import Iterator

from extraction.schema import MedianTime, Record
from extraction.vocabulary import BOTH_ARMS
from models.evidence.report import Unused
from models.evidence.survival_pair import Pair
from models.likelihood.kinds.survival_medians import Median, SurvivalMedians

NOTE = "medians by Kaplan and Meier, not adjusted; hazards taken as proportional"


def pairs(record: Record, name: str) -> list[Pair[MedianTime]]:
    """The medians of both arms, with intervals, in a unit; of each stratum the first."""
    told: dict[tuple[str, str], dict[str, MedianTime]] = {}
    for entry in record.find(MedianTime, name):
        if entry.arm in BOTH_ARMS and _why_not(entry) is None:
            told.setdefault((entry.stratum, entry.unit), {}).setdefault(entry.arm, entry)
    found: dict[str, Pair[MedianTime]] = {}
    for (stratum, _), arms in told.items():
        if set(BOTH_ARMS) <= arms.keys():
            found.setdefault(stratum, Pair(arms["treated"], arms["control"], _report(**arms), NOTE))
    return list(found.values())


def _report(treated: MedianTime, control: MedianTime) -> SurvivalMedians:
    return SurvivalMedians(_limits(treated), _limits(control), float(treated.level))


def left_out(record: Record, name: str, told: set[str]) -> Iterator[Unused]:
    """Medians of an arm that are in no pair, each with its reason."""
    for entry in record.find(MedianTime, name):
        if entry.id not in told and entry.arm in BOTH_ARMS:
            reason = _why_not(entry) or (
                "the other arm's median, with its interval in the same unit, is not printed"
            )
            yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _why_not(entry: MedianTime) -> str | None:
    """Why a median cannot be half of a report."""
    if entry.median is None:
        return "a median that is not reached has no normal law"
    if entry.lower is None:
        return "a median without an interval tells not how sure it is, since patients are censored"
    if not entry.lower < entry.median or (entry.upper is not None and not entry.median < entry.upper):
        return "a median at a limit of its interval has no normal law"
    return None


def _limits(entry: MedianTime) -> Median:
    assert entry.median is not None and entry.lower is not None  # _why_not
    return float(entry.median), float(entry.lower), None if entry.upper is None else float(entry.upper)
