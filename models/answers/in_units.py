"""A ratio of means in the unit of what is measured, at the mean of the arms without the treatment."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10

from extraction.question import FIELDS
from extraction.records import Review
from models.answers.absolute import named
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Used
from models.likelihood.kinds.means import Means

LIMITS = ("median", "lower", "upper")
type Limits = Mapping[str, float]
"""By the names of LIMITS; others beside them are not read."""


@dataclass(frozen=True)
class InUnits:
    """The mean of the other arms together, which is taken as known, in a unit, and in which studies."""

    source: str
    unit: str
    mean: float

    @property
    def digits(self) -> int:
        """Decimals that give the mean three digits."""
        return max(2 - floor(log10(self.mean)), 0)

    def with_treated(self, ratio: Limits) -> dict[str, float]:
        """The mean with the treatment, at each limit of a ratio."""
        return {name: self.mean * ratio[name] for name in LIMITS}

    def difference(self, ratio: Limits) -> dict[str, float]:
        """The same less the mean of the other arms."""
        return {name: self.mean * (ratio[name] - 1) for name in LIMITS}

    def in_words(self, limits: Limits, signed: bool = False) -> str:
        """Limits to as many decimals; a minus sign, not a hyphen."""
        form = f"{'+' if signed else ''}.{self.digits}f"
        middle, low, high = (format(limits[name], form).replace("-", "−") for name in LIMITS)
        return f"{middle} ({low} to {high})"


def in_units(key: str, review: Review) -> InUnits | None:
    """Each study counting as it has patients in its other arm; None where no means enter, in the first of the
    variable's units.
    """
    unit = FIELDS[ENDPOINTS[key].evidence].units[0]
    others = [
        (used.study, used.report.control)
        for used in evidence_of(key, review).used
        if isinstance(used.report, Means) and unit in _units(used, review)
    ]
    if not others:
        return None
    mean = sum(mean * n for _, (mean, _, n) in others) / sum(n for _, (_, _, n) in others)
    return InUnits(named(list(dict.fromkeys(study for study, _ in others)), review), unit, mean)


def _units(used: Used, review: Review) -> set[str]:
    return {entry.unit for entry in review.records[used.study].entries if entry.id in used.entries}
