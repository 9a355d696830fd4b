"""A ratio of means in the unit of what is measured, at the mean of the arms without the treatment."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10

from extraction.question import FIELDS, THE_TREATMENT
from extraction.records import Review
from models.answers.absolute import named
from models.answers.answer import answer_of, as_ratios
from models.answers.bias import adjusted
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Used
from models.likelihood.kinds.means import Means

type Limits = dict[str, float]


@dataclass(frozen=True)
class InUnits:
    """Means in a unit: of the other arms together, which is taken as known, and the limits of those with the
    treatment; `adjusted` for the bias of the studies.
    """

    source: str
    unit: str
    mean: float
    with_treated: Limits
    adjusted: Limits
    difference: Limits
    next_study: Limits
    """As `difference`."""

    @property
    def digits(self) -> int:
        """Decimals that give the mean three digits."""
        return max(2 - floor(log10(self.mean)), 0)

    def in_words(self, limits: Limits, signed: bool = False) -> str:
        """Limits to as many decimals; a minus sign, not a hyphen."""
        form = f"{'+' if signed else ''}.{self.digits}f"
        middle, low, high = (
            format(limits[name], form).replace("-", "−") for name in ("median", "lower", "upper")
        )
        return f"{middle} ({low} to {high})"


def in_units(key: str, review: Review) -> InUnits | None:
    """At the mean of the other arms, each study counting as it has patients; None where no means enter, in
    the first of the variable's units.
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
    answer = answer_of(key, review)

    def times(limits: Mapping[str, float], less: float = 0.0) -> Limits:
        return {name: mean * (ratio - less) for name, ratio in as_ratios(limits).items()}

    return InUnits(
        named(list(dict.fromkeys(study for study, _ in others)), review),
        unit,
        mean,
        times(answer.mu.limits),
        times(adjusted(key, review).mu.limits()),
        times(answer.mu.limits, less=1),
        times(answer.prediction.limits, less=1),
    )


def _units(used: Used, review: Review) -> set[str]:
    return {entry.unit for entry in review.records[used.study].entries if entry.id in used.entries}


def sentence(found: InUnits, endpoint: Endpoint) -> str:
    """The size in the unit, adjusted for bias and not."""
    return (
        f"Where the mean is {found.mean:.{found.digits}f} {found.unit} {endpoint.contrast.without}, as in"
        f" {found.source}, adjusted for bias it would be {found.in_words(found.adjusted)}"
        f" {endpoint.contrast.with_it}, not adjusted {found.in_words(found.with_treated)}, if the difference"
        f" were {THE_TREATMENT}'s doing."
    )
