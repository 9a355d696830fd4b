"""Whether one confounding, common to all answers of the same patients, changes any of them: the endpoints of
the review together, by the model of models.trust.joint_bias.

It stands beside the adjusted answers, which come from each endpoint alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from extraction.question import BY_KEY, CONTRASTS, QUESTION
from extraction.records import Review
from models.answers.answer import as_row
from models.answers.bias import adjusted, bias_priors
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.trust.joint_bias import COMMON_BIAS, Carried, Joint, Part, joint, tell
from models.trust.multiverse import tabulated
from models.words import LEANING, STATED

type Row = dict[str, float]
"""Median and limits as ratios, and `p_favours`, as of models.answers.answer.as_row."""

MOST = 4
"""Cohorts that are computed, in some seconds; one more takes as many times longer as there are nodes."""


@dataclass(frozen=True)
class SharedBias:
    """The answers adjusted for bias, each endpoint alone, and together at each correlation: with all
    endpoints, and without the overlapping ones.
    """

    endpoints: Mapping[str, Carried]
    alone: Mapping[str, Row]
    together: Mapping[float, Joint]
    fewer: Mapping[float, Joint]

    @property
    def overlapping(self) -> list[str]:
        """Those of its endpoints in which events of another count again."""
        return [key for key in self.endpoints if BY_KEY[key].overlaps]

    @property
    def none(self) -> float:
        """The correlation at which each endpoint stands alone."""
        return min(self.together)

    @property
    def strongest(self) -> float:
        """The highest correlation."""
        return max(self.together)

    def row(self, key: str, correlation: float, fewer: bool = False) -> Row:
        """The answer of an endpoint together with others."""
        mu = (self.fewer if fewer else self.together)[correlation].mu[key]
        return as_row(key, mu.limits(), float(mu.cdf(0.0)))

    def turned(self, fewer: bool = False) -> dict[str, float]:
        """The endpoints of which something else may be said than alone, each with the least correlation at
        which it is so.
        """
        found: dict[str, float] = {}
        # as the same grid has them, not `alone`: no error of a grid may turn an answer
        said = {key: may_be_said(self.row(key, self.none)) for key in self.endpoints}
        for correlation, one in sorted((self.fewer if fewer else self.together).items()):
            for key in one.mu:
                if may_be_said(self.row(key, correlation, fewer)) != said[key]:
                    found.setdefault(key, correlation)
        return found

    def times_as_probable(self, fewer: bool = False) -> float:
        """How many times as probable the data are at the highest correlation as at none."""
        found = self.fewer if fewer else self.together
        return float(np.exp(found[self.strongest].log_evidence - found[self.none].log_evidence))


def may_be_said(row: Row) -> tuple[int, int, bool]:
    """On which side of no difference the interval lies, to which side the answer leans (0: neither), and
    whether without "slightly".
    """
    interval = (row["lower"] > 1) - (row["upper"] < 1)
    p = row["p_favours"]
    leans = (p >= LEANING) - (p <= 1 - LEANING)
    return interval, leans, max(p, 1 - p) >= STATED


@lru_cache
def shared_bias(review: Review) -> SharedBias | None:
    """All endpoints together; None where no cohort carries two of them, and where there are more than MOST
    cohorts.
    """
    endpoints = {key: _carried(key, review) for key in ENDPOINTS if why_apart(key, review) is None}
    carried = [cohort for endpoint in endpoints.values() for cohort in endpoint.parts]
    if len(set(carried)) == len(carried) or len(set(carried)) > MOST:
        return None
    found, fewer = {}, {}
    for correlation in (choice.correlation for choice in COMMON_BIAS):
        told = {key: tell(endpoint, correlation) for key, endpoint in endpoints.items()}
        found[correlation] = joint(endpoints, told)
        kept = {key: endpoint for key, endpoint in endpoints.items() if not BY_KEY[key].overlaps}
        fewer[correlation] = joint(kept, told)
    alone = {key: _alone(key, review) for key in endpoints}
    return SharedBias(endpoints, alone, found, fewer)


def why_apart(key: str, review: Review) -> str | None:
    """Why an endpoint is not answered together with the others; None where it is."""
    endpoint = ENDPOINTS[key]
    if endpoint.engine.no_effect_alone:
        return endpoint.engine.no_effect_alone
    if endpoint.contrast is not CONTRASTS[QUESTION.contrast]:
        return (
            f"it compares {endpoint.contrast.treated} with {endpoint.contrast.comparator} in other patients"
        )
    return None if evidence_of(key, review).used else "no study enters"


def _carried(key: str, review: Review) -> Carried:
    endpoint, biases = ENDPOINTS[key], bias_priors(key, review)
    parts = {
        review.studies[study].cohort: Part(tabulated(term), biases[study])
        for study, term in study_likelihoods(evidence_of(key, review)).items()
    }
    return Carried(parts, 1 if endpoint.less_is_better else -1, endpoint.mu_prior, endpoint.tau_prior)


def _alone(key: str, review: Review) -> Row:
    found = adjusted(key, review)
    return as_row(key, found.mu.limits(), found.probability_below())
