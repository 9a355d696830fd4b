"""The answer without each report in turn: on which single one it hangs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from extraction.question import CONTRASTS, contrast_of
from extraction.records import Review
from models.answers.answer import as_row
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import mean_effect, study_likelihoods
from models.engines.posterior import LIMITS
from models.engines.quadrature_general import Joint
from models.evidence.report import Evidence, Used
from models.runs.shared import shared
from models.trust import duration_universes
from models.words import stratum_words


@dataclass(frozen=True)
class LeftOut:
    """The answer without one report: limits of the mean ratio, not adjusted for bias, and the probability
    that the treatment is the better side.
    """

    used: Used
    limits: dict[str, float]
    p_favours: float


def each_report(key: str, review: Review) -> list[LeftOut]:
    """Without each report in turn, in the order of the evidence; none where a single one is used.  Durations
    in the short chains of their universes: raise store.NotFitted where they are not sampled.
    """
    evidence = evidence_of(key, review)
    if len(evidence.used) < 2:
        return []
    rows = ENDPOINTS[key].engine.way(_integrated, _sampled)(key, review)
    return [
        LeftOut(used, row, row.pop("p_favours"))
        for used, row in zip(evidence.used, map(dict, rows), strict=True)
    ]


@shared
def _integrated(key: str, review: Review) -> list[dict]:
    return [as_row(key, *found) for found in by_quadrature(evidence_of(key, review), ENDPOINTS[key])]


def by_quadrature(evidence: Evidence, endpoint: Endpoint) -> Iterator[tuple[dict[str, float], float]]:
    """Limits of mu (log scale) and P(mu < 0) without each report, of an endpoint with one effect per
    study: of a study's only report from the posterior with it, where that reaches far enough.
    """
    priors, likelihoods = (endpoint.mu_prior, endpoint.tau_prior), study_likelihoods(evidence)
    joint, studies = Joint.of(list(likelihoods.values()), *priors), list(likelihoods)
    for left_out in evidence.used:
        with_it = evidence.of(left_out.study)
        mu = joint.without(studies.index(left_out.study)) if len(with_it) == 1 else None
        if mu is None:
            others = tuple(used for used in evidence.used if used is not left_out)
            mu = mean_effect(replace(evidence, used=others), *priors)
        yield mu.limits(), float(mu.cdf(0.0))


def words_of(used: Used, evidence: Evidence, review: Review) -> str:
    """A report among those of its study: `grade 3 in Zhou 2025`; where a study reports the same patients by
    arm, whose.
    """
    record, contrast = review.records[used.study], CONTRASTS[contrast_of(evidence.endpoint)]
    alike = [one for one in evidence.of(used.study) if one.stratum == used.stratum]
    arms = {entry.arm for entry in record.entries if entry.id in used.entries}
    whom = "all patients" if used.stratum == "all" else stratum_words(record, used.stratum)
    if len(alike) > 1 and arms in ({"treated"}, {"control"}):
        whom = f"patients {contrast.with_it if arms == {'treated'} else contrast.without}"
    return f"{whom} in {review.studies[used.study].label}"


def _sampled(key: str, review: Review) -> list[dict]:
    rows = duration_universes.without_each_report(key, review)
    return [as_row(key, {name: row[name] for name in LIMITS}, row["below"]) for row in rows]
