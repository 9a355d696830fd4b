"""Kaplan-Meier percentages of both arms at one time, as reports of the hazard ratio."""

from collections.abc import Iterator
from dataclasses import dataclass

from extraction.schema import Percentage, Record
from extraction.vocabulary import BOTH_ARMS
from models.evidence.report import Reading, Unused, Used
from models.likelihood.kinds.survival_shares import Limits, SurvivalShares


@dataclass(frozen=True)
class Pair:
    """The percentages of the two arms at a time, in a stratum."""

    toci: Percentage
    control: Percentage

    @property
    def kind(self) -> str:
        return SurvivalShares.name

    @property
    def stratum(self) -> str:
        return self.toci.stratum

    @property
    def entries(self) -> tuple[str, str]:
        return self.toci.id, self.control.id


def pairs(record: Record, name: str) -> list[Pair]:
    """Percentages of both arms at a time, with intervals; of several times of a stratum the one that tells
    most of the hazard ratio, or the earlier.
    """
    told: dict[tuple[str, str], dict[str, Percentage]] = {}
    for entry in record.find(Percentage, name):
        if entry.arm in BOTH_ARMS and _why_not(entry) is None and entry.at:
            told.setdefault((entry.stratum, entry.at), {}).setdefault(entry.arm, entry)
    both = [Pair(**arms) for arms in told.values() if set(BOTH_ARMS) <= arms.keys()]
    found: dict[str, Pair] = {}
    for pair in sorted(both, key=lambda pair: (report_of(pair).se, _days(pair))):
        found.setdefault(pair.stratum, pair)
    return list(found.values())


def report_of(pair: Pair) -> SurvivalShares:
    return SurvivalShares(_limits(pair.toci), _limits(pair.control), float(pair.toci.level))


def used(record: Record, pair: Pair) -> Used:
    note = f"Kaplan-Meier estimates at {pair.toci.at}, not adjusted; hazards taken as proportional"
    return Used(record.study, report_of(pair), pair.entries, pair.stratum, note)


def left_out(record: Record, name: str, told: set[str], reading: Reading) -> Iterator[Unused]:
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


def _days(pair: Pair) -> float:
    number, unit = (pair.toci.at or "0 days").split()
    return float(number) * {"days": 1, "weeks": 7, "months": 30.4375, "years": 365.25}[unit]
