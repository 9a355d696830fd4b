"""The mean effect without and with the bias as judged, and how much bias it takes to move the answer."""

from dataclasses import dataclass

import numpy as np

from extraction.records import Review
from models.answers.answer import answer_of, as_row
from models.answers.bias import adjusted
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.reweight import SMALLEST_SAMPLE
from models.runs import store
from models.runs.shared import shared
from models.trust.multiverse import (
    TAU,
    THETA,
    WIDE,
    log_prior,
    smooth,
    smooth_at_once,
    summary,
    tabulated,
    through,
    universes,
)
from models.trust.universe import MANY_STUDIES, is_primary_through_bias


@dataclass(frozen=True)
class Pair:
    """The mean effect without and with the bias: limits as ratios, and the probability that the treatment is
    the better side.
    """

    unadjusted: dict
    adjusted: dict


def pair(key: str, review: Review) -> Pair:
    """Both as shown: by quadrature, or for durations from the draws and the universe of the bias."""
    return Pair(*ENDPOINTS[key].engine.way(_integrated_pair, _sampled_pair)(key, review))


def _sampled_pair(key: str, review: Review) -> list[dict]:
    frame = universes(key, review)
    found = (frame[chosen].iloc[0] for chosen in (frame["primary"], is_primary_through_bias(frame, key)))
    return [{name: float(row[name]) for name in ("median", "lower", "upper", "p_favours")} for row in found]


@shared
def _integrated_pair(key: str, review: Review) -> list[dict]:
    answer, behind = answer_of(key, review), adjusted(key, review)
    return [
        as_row(key, answer.mu.limits, answer.below),
        as_row(key, behind.mu.limits(), behind.probability_below()),
    ]


MEANS = np.linspace(-2.2, 2.2, 45)


SDS = np.linspace(0.0, 1.2, 7)


def tipping_grid(key: str, review: Review) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper 95 % limit of mu (log scale) when every study has the same bias, shape (sd, mean) over
    SDS and MEANS.
    """
    lower, upper = ENDPOINTS[key].engine.way(_integrated_grid, _normal_grid)(key, review)
    return np.array(lower), np.array(upper)


@shared
def _integrated_grid(key: str, review: Review) -> list:
    evidence, endpoint = evidence_of(key, review), ENDPOINTS[key]
    terms = {study: tabulated(term) for study, term in study_likelihoods(evidence).items()}
    limits = np.empty((2, len(SDS), len(MEANS)))
    for i, sd in enumerate(SDS):
        if len(terms) > MANY_STUDIES:
            values = {study: term(WIDE) for study, term in terms.items()}
            behind = smooth_at_once(values, dict.fromkeys(terms, (0.0, sd)), TAU, THETA)
        else:
            behind = smooth({study: through(term, 0.0, sd) for study, term in terms.items()})
        likelihood = sum(behind.values(), np.zeros((len(TAU), len(THETA))))
        for j, mean in enumerate(MEANS):
            found = summary(_shifted(likelihood, mean) + log_prior(endpoint.mu_prior, endpoint.tau_prior))
            limits[:, i, j] = found["lower"], found["upper"]
    return limits.tolist()


def _normal_grid(key: str, review: Review) -> list:
    """The same from draws: the likelihood of mu is taken as the normal that turns its prior into a normal
    posterior of the draws' mean and SD.
    """
    mu, (prior_mean, prior_sd) = (
        store.read(key, review).draws["mu"].values,
        ENDPOINTS[key].mu_prior.parameters,
    )
    precision = 1 / mu.var() - 1 / prior_sd**2
    estimate = (mu.mean() / mu.var() - prior_mean / prior_sd**2) / precision
    share = 1 / (1 / precision + SDS[:, None] ** 2)  # precision of the estimate behind a bias of that SD
    variance = 1 / (share + 1 / prior_sd**2)
    centre = variance * (share * (estimate - MEANS) + prior_mean / prior_sd**2)
    return [centre - 1.96 * np.sqrt(variance), centre + 1.96 * np.sqrt(variance)]


def _shifted(likelihood: np.ndarray, mean: float) -> np.ndarray:
    """The log likelihood of (tau, mu) when every observed effect is `mean` above the true one."""
    return np.array([np.interp(THETA + mean, THETA, row) for row in likelihood])


def read_through_bias(key: str, review: Review) -> dict:
    """The answer adjusted for bias, as a summary that `models.words` reads; that of durations rests on few
    draws, so words are more careful of it.
    """
    through = pair(key, review).adjusted
    return through | {
        "p_favours_treated": through["p_favours"],
        "n_studies": len(evidence_of(key, review).studies),
        "draws": ENDPOINTS[key].engine.way(None, SMALLEST_SAMPLE),
    }
