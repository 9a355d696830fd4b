"""Log-rank p-values whose direction no paper prints: the answer under each combination of their sides.

The likelihood of such a p sums both sides, so the answer used is a mixture of those here, each weighed by how
well its sides agree with each other and with the priors.  Nothing weighs them here: what is asked is how far
the answers lie apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from extraction.records import Review
from models.answers.answer import as_ratios
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import quadrature
from models.evidence.report import Evidence, Used
from models.likelihood.log_rank import LogRankReport
from models.likelihood.report import Direction
from models.runs.shared import shared

SIDES: tuple[Direction, ...] = ("lower", "higher")
MOST = 6
"""Reports whose sides are combined, those that move the answer most; the others keep both sides."""


@dataclass(frozen=True)
class Signed:
    """The answer with each report of `Directions.unsigned` on one side, or on both where None stands: limits
    of the mean ratio, and the probability that the treatment is the better side.
    """

    sides: tuple[Direction | None, ...]
    limits: dict[str, float]
    p_favours: float


@dataclass(frozen=True)
class Directions:
    """What the sides that no paper prints do to an answer.

    unsigned : reports that can be on either side, first the one that moves the median most
    settled : reports of no printed side whose p only one side can give
    every : each combination of sides; of_two : those of the first two reports, the others on both sides
    """

    unsigned: tuple[Used, ...]
    settled: tuple[tuple[Used, Direction], ...]
    as_used: Signed
    every: tuple[Signed, ...]
    of_two: tuple[Signed, ...]

    @property
    def medians(self) -> tuple[float, float]:
        """The lowest and the highest."""
        return _ends(one.limits["median"] for one in self.every)

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest lower limit and the highest upper one."""
        return min(one.limits["lower"] for one in self.every), max(one.limits["upper"] for one in self.every)

    @property
    def chances(self) -> tuple[float, float]:
        """The lowest and the highest probability that the treatment is the better side."""
        return _ends(one.p_favours for one in self.every)


@lru_cache
def directions(key: str, review: Review) -> Directions | None:
    """What unprinted sides do to the answer of an endpoint; None where every report has one side only."""
    used = evidence_of(key, review).used
    if (found := _as_numbers(key, review)) is None:
        return None
    return Directions(
        tuple(used[i] for i in found["unsigned"]),
        tuple((used[i], side) for i, side in found["settled"]),
        _of_json(found["as_used"]),
        tuple(map(_of_json, found["every"])),
        tuple(map(_of_json, found["of_two"])),
    )


@shared
def _as_numbers(key: str, review: Review) -> dict | None:
    """The same as JSON, with the places of reports among those used."""
    evidence = evidence_of(key, review)
    if (found := of_evidence(evidence, ENDPOINTS[key])) is None:
        return None
    return {
        "unsigned": [evidence.used.index(used) for used in found.unsigned],
        "settled": [[evidence.used.index(used), side] for used, side in found.settled],
        "as_used": asdict(found.as_used),
        "every": [asdict(one) for one in found.every],
        "of_two": [asdict(one) for one in found.of_two],
    }


def _of_json(one: dict) -> Signed:
    return Signed(tuple(one["sides"]), one["limits"], one["p_favours"])


def of_evidence(evidence: Evidence, endpoint: Endpoint) -> Directions | None:
    """The same of any evidence of an endpoint with one effect per study."""
    possible = [(used, sides) for used in evidence.used if (sides := possible_sides(used))]
    unsigned = [used for used, sides in possible if len(sides) > 1]
    if not unsigned:
        return None
    unsigned.sort(key=lambda used: -_moved(evidence, endpoint, used))
    return Directions(
        tuple(unsigned),
        tuple((used, sides[0]) for used, sides in possible if len(sides) == 1),
        signed(evidence, endpoint, unsigned, [None] * len(unsigned)),
        _combined(evidence, endpoint, unsigned, MOST),
        _combined(evidence, endpoint, unsigned, 2),
    )


def possible_sides(used: Used) -> tuple[Direction, ...]:
    """The sides that a log-rank p without a direction can be on; none of any other report."""
    if not isinstance(used.report, LogRankReport) or used.report.direction:
        return ()
    return tuple(side for side in SIDES if _is_possible(replace(used.report, direction=side)))


def _is_possible(report: LogRankReport) -> bool:
    try:
        report.log_likelihood(np.zeros(1))
    except ValueError:  # no history of a handful of patients prints so
        return False
    return True


def signed(
    evidence: Evidence, endpoint: Endpoint, unsigned: Sequence[Used], sides: Sequence[Direction | None]
) -> Signed:
    """The answer by quadrature with these sides of these reports."""
    chosen = dict(zip(unsigned, sides, strict=True))
    used = tuple(_on_side(one, chosen[one]) if one in chosen else one for one in evidence.used)
    found = quadrature(replace(evidence, used=used), endpoint.mu_prior, endpoint.tau_prior)
    limits = as_ratios(found.mu.limits())
    return Signed(tuple(sides), limits, endpoint.favours(found.probability_below()))


def _on_side(used: Used, side: Direction | None) -> Used:
    return replace(used, report=replace(LogRankReport.expected(used.report), direction=side))


def _moved(evidence: Evidence, endpoint: Endpoint, used: Used) -> float:
    """How far the side of one report moves the median, on the log scale, the others on both sides."""
    low, high = (signed(evidence, endpoint, [used], [side]).limits["median"] for side in SIDES)
    return abs(float(np.log(high / low)))


def _combined(
    evidence: Evidence, endpoint: Endpoint, unsigned: Sequence[Used], most: int
) -> tuple[Signed, ...]:
    """Every combination of the sides of the first reports, at most so many; the others on both sides."""
    both: list[Direction | None] = [None] * len(unsigned[most:])
    return tuple(
        signed(evidence, endpoint, unsigned, [*sides, *both])
        for sides in product(SIDES, repeat=len(unsigned[:most]))
    )


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = sorted(values)
    return found[0], found[-1]
