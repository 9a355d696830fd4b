"""Kaplan-Meier percentages of both arms at one time, as reports of the hazard ratio."""

from collections.abc import Iterator

from extraction.schema import Percentage, Record
from extraction.vocabulary import BOTH_ARMS
from models.evidence.report import Unused
from models.evidence.survival_pair import Pair
from models.likelihood.kinds.survival_shares import Limits, SurvivalShares


def pairs(record: Record, name: str) -> list[Pair[Percentage]]:
    """Percentages of both arms at a time, with intervals; of several times of a stratum the one that tells
    most of the hazard ratio, or the earlier.
    """
    told: dict[tuple[str, str], dict[str, Percentage]] = {}
    for entry in record.find(Percentage, name):
        if entry.arm in BOTH_ARMS and _why_not(entry) is None and entry.at:
            told.setdefault((entry.stratum, entry.at), {}).setdefault(entry.arm, entry)
    both = [_pair(**arms) for arms in told.values() if set(BOTH_ARMS) <= arms.keys()]
    found: dict[str, Pair[Percentage]] = {}
    for pair in sorted(both, key=_how_sure):
        found.setdefault(pair.stratum, pair)
    return list(found.values())


def _how_sure(pair: Pair[Percentage]) -> tuple[float, float]:
    return SurvivalShares.expected(pair.report).se, _days(pair.treated)


def _pair(treated: Percentage, control: Percentage) -> Pair[Percentage]:
    note = f"Kaplan-Meier estimates at {treated.at}, not adjusted; hazards taken as proportional"
    return Pair(
        treated, control, SurvivalShares(_limits(treated), _limits(control), float(treated.level)), note
    )


def left_out(record: Record, name: str, told: set[str]) -> Iterator[Unused]:
    """Percentages of an arm that are in no pair, each with its reason."""
    for entry in record.find(Percentage, name):
        if entry.id in told or entry.arm not in BOTH_ARMS:
            continue
        reason = _why_not(entry) or (
            "of several times the one that tells most of the hazard ratio is taken"
            if _has_partner(record, entry)
            else "the other arm's estimate at that time, with its interval, is not printed"
        )
        yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _has_partner(record: Record, entry: Percentage) -> bool:
    return any(
        other.arm != entry.arm
        and (other.stratum, other.at) == (entry.stratum, entry.at)
        and _why_not(other) is None
        for other in record.find(Percentage, entry.field)
        if other.arm in BOTH_ARMS
    )


def _why_not(entry: Percentage) -> str | None:
    """Why a percentage cannot be half of a report."""
    if entry.estimated_by != "kaplan_meier":
        return f"estimated as {entry.estimated_by.replace('_', ' ')}, not by Kaplan and Meier"
    if entry.at is None:
        return "an estimate whose time is not recorded (`at`)"
    if entry.lower is None or entry.upper is None:
        return "an estimate without an interval tells not how sure it is, since patients are censored"
    if not 0 < entry.lower < entry.percent < entry.upper < 100:
        return "an estimate of all or none, or at a limit of its interval, has no normal law"
    return None


def _limits(entry: Percentage) -> Limits:
    assert entry.lower is not None and entry.upper is not None  # _why_not
    share, lower, upper = (float(f"{float(n) / 100:.9g}") for n in (entry.percent, entry.lower, entry.upper))
    return share, lower, upper


def _days(entry: Percentage) -> float:
    number, unit = (entry.at or "0 days").split()
    return float(number) * {"days": 1, "weeks": 7, "months": 30.4375, "years": 365.25}[unit]
