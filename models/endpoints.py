"""The endpoints of the review, in the order of the book: those that its question asks for."""

from typing import Literal, NamedTuple

from extraction.fault import Fault
from extraction.question import FILE, QUESTION, Asked
from extraction.records import Review
from extraction.source import short_name
from models.endpoint import Endpoint, Role, Scale, Side
from models.engines.durations import Durations
from models.engines.effects import EffectsByStudy
from models.engines.engine import Engine
from models.engines.posterior import Posterior
from models.engines.settings import DRAWS
from models.evidence.collect import collect
from models.evidence.report import Evidence
from models.priors import NAMED, Prior, parse


class Kind(NamedTuple):
    """What endpoints of one kind share: the ratio they are read on, their engine, draws of a chain."""

    scale: Scale
    engine: Engine
    draws: int = DRAWS


DURATIONS, EFFECTS = Durations(), EffectsByStudy()
KINDS: dict[Literal["binary", "survival", "durations", "continuous"], Kind] = {
    "binary": Kind(Scale.ODDS_RATIO, EFFECTS),
    "survival": Kind(Scale.HAZARD_RATIO, EFFECTS),
    "durations": Kind(Scale.RATIO_OF_DURATIONS, DURATIONS, 1000),
    "continuous": Kind(Scale.RATIO_OF_MEANS, EFFECTS),
}


def prior_of(key: str, words: str) -> Prior:
    """The prior that a question names, or as `parse` reads it; raise Fault saying what is legal."""
    try:
        return NAMED.get(words) or parse(words)
    except ValueError as error:
        raise Fault(f"{short_name(FILE)}: {key}: {error}, or one of {', '.join(NAMED)}") from None


def _of(asked: Asked) -> Endpoint:
    kind = KINDS[asked.kind]
    return Endpoint(
        key=asked.key,
        evidence=asked.variable,
        title=asked.title,
        scale=kind.scale,
        benefit=Side(asked.better),
        role=Role(asked.role),
        mu_prior=prior_of(asked.key, asked.mu_prior),
        mu_alternatives=tuple(prior_of(asked.key, words) for words in asked.mu_alternatives),
        tau_prior=prior_of(asked.key, asked.tau_prior),
        tau_alternatives=tuple(prior_of(asked.key, words) for words in asked.tau_alternatives),
        important=asked.important,
        baseline_risks=asked.baseline_risks,
        bias=QUESTION.biases[asked.bias],
        engine=kind.engine,
        shown=asked.shown,
        draws=kind.draws,
    )


ENDPOINTS: dict[str, Endpoint] = {asked.key: _of(asked) for asked in QUESTION.endpoints}
OF_DURATIONS = tuple(key for key, endpoint in ENDPOINTS.items() if endpoint.engine is DURATIONS)
"""Endpoints that are durations, whose posteriors are sampled alone."""


def evidence_of(key: str, review: Review) -> Evidence:
    """What enters an endpoint."""
    return collect(review, ENDPOINTS[key].evidence)


def quadrature(
    key: str, review: Review, mu_prior: Prior | None = None, tau_prior: Prior | None = None
) -> Posterior:
    """Posterior of an endpoint without sampling, under its own priors unless others are given.

    Raises ValueError for one that has to be sampled.
    """
    chosen = ENDPOINTS[key]
    return chosen.engine.quadrature(
        evidence_of(key, review), mu_prior or chosen.mu_prior, tau_prior or chosen.tau_prior
    )
