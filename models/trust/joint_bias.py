"""Endpoints together: the same patients carry several answers, so one confounding may stand behind them all.

    effect seen[e, c] = effect[e, c] + b[e, c],   effect[e, c] ~ N(mu[e], tau[e])
    b[e, c] = m + s * side[e] * (sqrt(rho) * f[c] + sqrt(1 - rho) * own[e, c]),   f, own ~ N(0, 1)

e: endpoint; c: cohort, studies that may share patients; m, s: mean and SD of the bias as judged
(models.answers.bias); side: +1 where a larger ratio is worse, -1 where it is better.  The common bias f[c]
thus counts by how many SDs the treated of a cohort were worse off than judged, for all its endpoints at once,
and rho is the correlation of the biases of any two of them (but for their sides).  At rho 0 each endpoint
stands alone and has its adjusted answer.

Given f, endpoints are independent.  Outcomes of the same patients are not, above all where one counts events
of the other, as progression-free survival does with deaths: what they tell of f then counts twice.

Everything is integrated on grids: f at even nodes, mu and tau on those of the multiverse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

from models.engines.posterior import Marginal
from models.engines.smoothing import between
from models.likelihood.report import LogLikelihood
from models.priors import Prior
from models.trust.multiverse import THETA, log_prior, smooth, tabulated, through

type Values = NDArray[np.float64]

STEP = 0.5
NODES = STEP * np.arange(-8, 9)
"""Common biases, in SDs, at which everything is computed.  Even, not of Gauss and Hermite, whose rule is made
for the prior: where the data tell much of f its posterior is narrower, which even steps take better.
"""
MASS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()
SDS = np.linspace(NODES[0], NODES[-1], 401)
"""Common biases at which its posterior is drawn."""
MU = THETA[::2]
"""Each second effect of the grid, 0.05 apart."""


@dataclass(frozen=True)
class CommonBias:
    """How far the biases of all answers that the same patients give go together."""

    correlation: float
    source: str

    @property
    def name(self) -> str:
        return f"common_bias_{self.correlation:g}"

    @property
    def plain(self) -> str:
        """What it says, in words."""
        return (
            f"Of the variance of each bias {100 * self.correlation:.0f} % are common to all answers of the"
            " same patients, the rest is each answer's own."
        )


COMMON_BIAS = tuple(
    CommonBias(correlation, "choice of this review: no paper tells, so from none to nearly all")
    for correlation in (0.0, 0.3, 0.6, 0.9)
)
"""All are shown beside each other; with none in common each endpoint is adjusted alone."""


@dataclass(frozen=True)
class Part:
    """What one cohort tells of one endpoint: log likelihood of the log ratio seen, and prior of its bias."""

    seen: LogLikelihood
    bias: Prior


@dataclass(frozen=True)
class Carried:
    """One endpoint as its cohorts carry it; side: +1 where a larger ratio is worse, -1 where it is better."""

    parts: Mapping[str, Part]
    side: int
    mu_prior: Prior
    tau_prior: Prior

    def seen_over_true(self, cohort: str, common: float, correlation: float) -> float:
        """The ratio seen in a cohort over its true one, to be expected at a common bias."""
        mean, sd = self.parts[cohort].bias.parameters
        return float(np.exp(mean + self.side * sd * np.sqrt(correlation) * common))


@dataclass(frozen=True)
class Joint:
    """The joint posterior at one correlation.

    mu : mean log ratio of each endpoint
    common : common bias of each cohort, in SDs from what is judged
    log_evidence : log probability of the data, up to a constant that is the same at every correlation
    """

    mu: Mapping[str, Marginal]
    common: Mapping[str, Marginal]
    log_evidence: float


def tell(endpoint: Carried, correlation: float) -> dict[str, Values]:
    """What each cohort tells of an endpoint: log likelihood of (common bias, tau, mu), shape (node, tau,
    mu); correlation: from 0 to below 1.
    """
    terms = {}
    for cohort, part in endpoint.parts.items():
        mean, sd = part.bias.parameters
        behind_own = tabulated(through(part.seen, mean, sd * np.sqrt(1 - correlation)))
        for node, moved in enumerate(endpoint.side * sd * np.sqrt(correlation) * NODES):
            terms[cohort, node] = through(behind_own, moved, 0.0)
    smoothed = smooth(terms)  # each less its own maximum, which differs between nodes
    whole = {name: log_m[:, ::2] + terms[name](THETA).max() for name, log_m in smoothed.items()}
    return {
        cohort: np.stack([whole[cohort, node] for node in range(len(NODES))]) for cohort in endpoint.parts
    }


def joint(endpoints: Mapping[str, Carried], told: Mapping[str, Mapping[str, Values]]) -> Joint:
    """The joint posterior from what `tell` gives of each endpoint, all at one correlation.

    The likelihood of an endpoint at the common biases of all cohorts is a sum over (tau, mu) of a product
    over cohorts.  These are parted in two groups, so that the sum is a product of matrices.
    """
    cohorts = sorted({cohort for endpoint in endpoints.values() for cohort in endpoint.parts})
    likelihood, log_scale = {}, 0.0
    for key, endpoint in endpoints.items():
        left, right = _halves(endpoint, told[key], cohorts)
        likelihood[key] = (found := left @ right.T) / found.max()
        log_scale += np.log(found.max()) + sum(log_m.max() for log_m in told[key].values())
    prior = _by_half(reduce(np.multiply.outer, [MASS] * len(cohorts)))
    mu = {}
    for key, endpoint in endpoints.items():
        others = prior * prod(likelihood[other] for other in endpoints if other != key)
        left, right = _halves(endpoint, told[key], cohorts)
        density = np.einsum("ij,ij->j", left, others @ right).reshape(-1, len(MU)).sum(axis=0)
        mu[key] = Marginal.from_density(MU, density, MU[1] - MU[0])
    posterior = prior * prod(likelihood.values())
    by_cohort = posterior.reshape([len(NODES)] * len(cohorts))
    common = {cohort: _of_one(by_cohort, axis) for axis, cohort in enumerate(cohorts)}
    return Joint(mu, common, float(np.log(posterior.sum()) + log_scale))


def _by_half(values: Values) -> Values:
    """An axis for each cohort becomes one for the first half of them and one for the others."""
    return values.reshape(len(NODES) ** (values.ndim // 2), -1)


def _of_one(masses: Values, axis: int) -> Marginal:
    """The common bias of one cohort: between its nodes the log likelihood is a cubic."""
    of_node = masses.sum(axis=tuple(other for other in range(masses.ndim) if other != axis))
    log_likelihood = between(NODES, np.log(of_node / MASS)[None], SDS)[0]
    density = np.exp(log_likelihood - log_likelihood.max() - SDS**2 / 2)
    return Marginal.from_density(SDS, density, SDS[1] - SDS[0])


def _halves(endpoint: Carried, told: Mapping[str, Values], cohorts: Sequence[str]) -> tuple[Values, Values]:
    """Likelihood at every combination of the common biases of the first half of the cohorts, times the prior
    of (tau, mu), and at every one of the others': each of shape (combination, tau and mu).
    """
    prior = np.exp(log_prior(endpoint.mu_prior, endpoint.tau_prior))[:, ::2].ravel()
    nothing = np.ones((len(NODES), len(prior)))
    factors = [
        np.exp(told[cohort] - told[cohort].max()).reshape(nothing.shape) if cohort in told else nothing
        for cohort in cohorts
    ]
    half = len(cohorts) // 2
    return reduce(_each_with_each, factors[:half], prior[None]), reduce(_each_with_each, factors[half:])


def _each_with_each(one: Values, other: Values) -> Values:
    """Products of each row of one with each of the other."""
    return (one[:, None] * other).reshape(-1, one.shape[1])
