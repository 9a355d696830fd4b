"""How much of each posterior is the prior's doing: contraction, and sensitivity to raising prior or
likelihood to a power.

Sensitivity follows Kallioinen 2023 (Stat Comput 34:57, doi 10.1007/s11222-023-10366-5): the cumulative
Jensen-Shannon distance of the posterior from itself once the prior, or the likelihood, counts 0.8 or 1.25
times, per doubling of that power.  Where quadrature serves, the scaled posteriors are computed and not
reweighted; baseline risks are integrated out first.
"""

from dataclasses import dataclass, replace

import numpy as np

from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.posterior import Marginal
from models.engines.quadrature_general import from_study_likelihoods
from models.priors import Prior
from models.runs import store

ALPHAS = (0.8, 1.25)
SENSITIVE = 0.05
"""Sensitivity from which the prior, or the likelihood, is said to matter (Kallioinen 2023)."""
MOSTLY, NEARLY_ALL = 0.5, 0.9
"""Contraction below which most of the weight is the prior's, and from which nearly all is the data's: in a
normal model contraction is the data's share of the precision, and so their weight in the posterior mean.
"""
SPAN = 1 / 4000
"""Tail probability at which distances end, as 4,000 draws would: the distance is relative to the range it is
taken over.
"""
PARAMETERS = {"mu": "mean effect, μ", "tau": "between-study SD, τ"}
DATA, BOTH, PRIOR = "the data", "both", "mostly the prior"


@dataclass(frozen=True)
class Share:
    """One parameter of one endpoint; SDs on the scale of the log ratio."""

    key: str
    parameter: str
    prior_sd: float
    posterior_sd: float
    prior_sensitivity: float
    likelihood_sensitivity: float

    @property
    def contraction(self) -> float:
        """1 - posterior variance / prior variance; below 0 where the data widen the prior."""
        return 1 - (self.posterior_sd / self.prior_sd) ** 2

    @property
    def verdict(self) -> str:
        """What the posterior rests on: by contraction, and by Kallioinen's sign of a strong prior,
        sensitivity to it but not to the likelihood.
        """
        if self.contraction < MOSTLY or self.likelihood_sensitivity < SENSITIVE <= self.prior_sensitivity:
            return PRIOR
        return DATA if self.contraction >= NEARLY_ALL and self.prior_sensitivity < SENSITIVE else BOTH


def shares(review: Review) -> list[Share]:
    """mu and tau of every endpoint; raise store.NotFitted where durations have no posterior."""
    return [
        share
        for key, endpoint in ENDPOINTS.items()
        for share in endpoint.engine.way(_by_quadrature, _by_draws)(key, review)
    ]


def _by_quadrature(key: str, review: Review) -> list[Share]:
    endpoint = ENDPOINTS[key]
    posteriors = power_scaled(
        list(study_likelihoods(evidence_of(key, review)).values()), endpoint.mu_prior, endpoint.tau_prior
    )
    return [
        _share(key, name, prior, posteriors)
        for name, prior in (("mu", endpoint.mu_prior), ("tau", endpoint.tau_prior))
    ]


def _share(key: str, name: str, prior: Prior, posteriors: dict) -> Share:
    """The share of one parameter, `mu` or `tau`, in what `power_scaled` gives."""
    base = getattr(posteriors["base"], name)
    by_prior, by_likelihood = (
        sensitivity(base, *(getattr(raised, name) for raised in posteriors[part]))
        for part in ("prior", "likelihood")
    )
    return Share(key, name, _prior_sd(prior), _sd(base), by_prior, by_likelihood)


def power_scaled(log_likelihoods: list, mu_prior: Prior, tau_prior: Prior) -> dict:
    """The posterior ("base"), and a pair with the prior, and with the likelihood, raised to each of
    ALPHAS.
    """

    def fit(prior=1.0, likelihood=1.0):
        raised = [lambda theta, one=one: likelihood * one(theta) for one in log_likelihoods]
        return from_study_likelihoods(raised, scaled(mu_prior, prior), scaled(tau_prior, prior))

    return {
        "base": fit(),
        "prior": [fit(prior=a) for a in ALPHAS],
        "likelihood": [fit(likelihood=a) for a in ALPHAS],
    }


def scaled(prior: Prior, alpha: float) -> Prior:
    """The prior whose density is that of a (half-)normal one to the power alpha; raise ValueError for another
    family.
    """
    if prior.family not in ("normal", "half_normal"):
        raise ValueError(
            f"prior {prior.name}: only normal and half-normal priors are raised to a power here, not"
            f" {prior.family}"
        )
    return replace(prior, parameters=(*prior.parameters[:-1], prior.parameters[-1] / np.sqrt(alpha)))


def sensitivity(base: Marginal, lower: Marginal, upper: Marginal) -> float:
    """Distance of the base from the two scaled posteriors per unit of log2 of the power, averaged."""
    first, last = base.quantile(np.array([SPAN, 1 - SPAN]))
    x = np.linspace(first, last, 2001)
    distances = [cumulative_jensen_shannon(base.cdf(x), other.cdf(x)) for other in (lower, upper)]
    return float(np.mean(distances / np.abs(np.log2(ALPHAS))))


def cumulative_jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """Distance between two cumulative distributions at even places, from 0 to 1, the larger of both
    directions of the axis.

    Reference: Nguyen & Vreeken 2015 (doi 10.1007/978-3-319-23525-7_11), normalised as by Kallioinen 2023.
    """
    return float(max(_one_way(p, q), _one_way(1 - p, 1 - q)))


def _one_way(p, q):
    middle = np.maximum((p + q) / 2, 1e-300)
    # the correction terms of the two directions cancel in their sum
    divergence = sum(np.sum(f * np.log2(np.maximum(f, 1e-300) / middle)) for f in (p, q))
    return np.sqrt(max(divergence, 0.0) / np.sum(p + q))


def _by_draws(key: str, review: Review) -> list[Share]:
    """From stored draws, by ArviZ's importance sampling; the priors of mu and tau alone are raised."""
    import arviz as az

    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    if not evidence.used:  # where nothing enters, mu and tau have their priors, and no draws are needed
        return _by_quadrature(key, review)
    draws = store.read(key, review).draws
    priors = {"mu": endpoint.mu_prior, "tau": endpoint.tau_prior}
    tree = az.from_dict(
        {
            "posterior": {name: draws[name].values for name in priors},
            "log_prior": {name: prior.log_density(draws[name].values) for name, prior in priors.items()},
            "log_likelihood": {"reports": duration_log_likelihood(draws, evidence)},
        }
    )
    found = {
        group: az.psense(tree, var_names=list(priors), group=group, alphas=ALPHAS)
        for group in ("prior", "likelihood")
    }
    return [
        Share(
            key,
            name,
            _prior_sd(prior),
            float(draws[name].values.std()),
            *(float(found[group][name]) for group in found),
        )
        for name, prior in priors.items()
    ]


def duration_log_likelihood(draws, evidence) -> np.ndarray:
    """Log likelihood of all duration reports at each draw, shape (chain, draw)."""
    from models.engines.durations import layout
    from models.likelihood.kernels import joint

    zero = np.zeros_like(draws["mu"].values)
    graded = evidence.graded
    by_grade = graded.from_reference([draws[name].values for name in graded.steps])
    step = np.stack([zero + of_grade for of_grade in by_grade], axis=-1)[:, :, None, :]
    midway, half = (
        draws["level"].values[..., None] + step,
        draws["delta"].values / 2,
    )  # chain, draw, study, grade
    means = np.stack([midway - half, midway + half], axis=-1).reshape(*zero.shape, -1)
    reports, sigma = layout(evidence), draws["sigma"].values
    return np.array(
        [
            [joint(m, s, *reports)[0] for m, s in zip(*chain, strict=True)]
            for chain in zip(means, sigma, strict=True)
        ]
    )


def _sd(marginal: Marginal) -> float:
    mean = marginal.expectation(lambda x: x)
    return float(np.sqrt(marginal.expectation(lambda x: (x - mean) ** 2)))


def _prior_sd(prior: Prior) -> float:
    return float(prior.distribution().std())
