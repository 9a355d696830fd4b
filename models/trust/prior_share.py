"""How much of each posterior is the prior's doing: contraction, and sensitivity to raising prior or likelihood to a power.

Sensitivity follows Kallioinen 2023 (Stat Comput 34:57, doi 10.1007/s11222-023-10366-5): the cumulative Jensen-Shannon distance of the
posterior from itself once the prior, or the likelihood, counts 0.8 or 1.25 times, per doubling of that power.  Where quadrature
serves, the scaled posteriors are computed and not reweighted; baseline risks are integrated out first.
"""

from dataclasses import asdict, dataclass, replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from extraction.records import Review, load
from models import store
from models.endpoint import study_likelihoods
from models.endpoints import ENDPOINTS, evidence_of
from models.posterior import Marginal
from models.priors import Prior
from models.quadrature_general import from_study_likelihoods
from models.shown.derivation import derives
from models.shown.style import BLUE, GREY, INK, LIGHT, RC, RED, SMALL, WIDTH, Picture

ALPHAS = (0.8, 1.25)
SENSITIVE = 0.05
"""Sensitivity from which the prior, or the likelihood, is said to matter (Kallioinen 2023)."""
MOSTLY, NEARLY_ALL = 0.5, 0.9
"""Contraction below which most of the weight is the prior's, and from which nearly all is the data's: in a normal model contraction
is the data's share of the precision, and so their weight in the posterior mean."""
SPAN = 1 / 4000
"""Tail probability at which distances end, as 4,000 draws would: the distance is relative to the range it is taken over."""
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
        """What the posterior rests on: by contraction, and by Kallioinen's sign of a strong prior, sensitivity to it but not to the likelihood."""
        if self.contraction < MOSTLY or self.likelihood_sensitivity < SENSITIVE <= self.prior_sensitivity:
            return PRIOR
        return DATA if self.contraction >= NEARLY_ALL and self.prior_sensitivity < SENSITIVE else BOTH


def shares(review: Review | None = None) -> list[Share]:
    """mu and tau of every endpoint; raise store.NotFitted where CRS duration has no posterior."""
    review = review or load()
    return [share for key, endpoint in ENDPOINTS.items()
            for share in (_by_draws if endpoint.effect == "log_duration_ratio" else _by_quadrature)(key, review)]


def _by_quadrature(key: str, review: Review) -> list[Share]:
    endpoint = ENDPOINTS[key]
    posteriors = power_scaled(list(study_likelihoods(evidence_of(key, review)).values()), endpoint.mu_prior, endpoint.tau_prior)
    return [Share(key, name, _prior_sd(prior), _sd(getattr(posteriors["base"], name)), *(
                sensitivity(getattr(posteriors["base"], name), *(getattr(p, name) for p in posteriors[part])) for part in ("prior", "likelihood")))
            for name, prior in (("mu", endpoint.mu_prior), ("tau", endpoint.tau_prior))]


def power_scaled(log_likelihoods: list, mu_prior: Prior, tau_prior: Prior) -> dict:
    """The posterior ("base"), and a pair with the prior, and with the likelihood, raised to each of ALPHAS."""
    def fit(prior=1.0, likelihood=1.0):
        raised = [lambda theta, one=one: likelihood * one(theta) for one in log_likelihoods]
        return from_study_likelihoods(raised, scaled(mu_prior, prior), scaled(tau_prior, prior))

    return {"base": fit(), "prior": [fit(prior=a) for a in ALPHAS], "likelihood": [fit(likelihood=a) for a in ALPHAS]}


def scaled(prior: Prior, alpha: float) -> Prior:
    """The prior whose density is that of a (half-)normal one to the power alpha; raise ValueError for another family."""
    if prior.family not in ("normal", "half_normal"):
        raise ValueError(f"prior {prior.name}: only normal and half-normal priors are raised to a power here, not {prior.family}")
    return replace(prior, parameters=(*prior.parameters[:-1], prior.parameters[-1] / np.sqrt(alpha)))


def sensitivity(base: Marginal, lower: Marginal, upper: Marginal) -> float:
    """Distance of the base from the two scaled posteriors per unit of log2 of the power, averaged."""
    x = np.linspace(*base.quantile(np.array([SPAN, 1 - SPAN])), 2001)
    distances = [cumulative_jensen_shannon(base.cdf(x), other.cdf(x)) for other in (lower, upper)]
    return float(np.mean(distances / np.abs(np.log2(ALPHAS))))


def cumulative_jensen_shannon(p: np.ndarray, q: np.ndarray) -> float:
    """Distance between two cumulative distributions at even places, from 0 to 1, the larger of both directions of the axis.

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

    endpoint, draws = ENDPOINTS[key], store.read(key, review).draws
    priors = {"mu": endpoint.mu_prior, "tau": endpoint.tau_prior}
    tree = az.from_dict({
        "posterior": {name: draws[name].values for name in priors},
        "log_prior": {name: prior.log_density(draws[name].values) for name, prior in priors.items()},
        "log_likelihood": {"reports": duration_log_likelihood(draws, evidence_of(key, review))}})
    found = {group: az.psense(tree, var_names=list(priors), group=group, alphas=ALPHAS) for group in ("prior", "likelihood")}
    return [Share(key, name, _prior_sd(prior), float(draws[name].values.std()), *(float(found[group][name]) for group in found))
            for name, prior in priors.items()]


def duration_log_likelihood(draws, evidence) -> np.ndarray:
    """Log likelihood of all duration reports at each draw, shape (chain, draw)."""
    from models.crs_duration import layout
    from models.kernels import joint

    zero = np.zeros_like(draws["mu"].values)
    step = np.stack([-draws["step_1_to_2"].values, zero, draws["step_2_to_3"].values], axis=-1)[:, :, None, :]
    without = draws["level"].values[..., None] + step  # chain, draw, study, grade
    means = np.stack([without, without + draws["delta"].values], axis=-1).reshape(*zero.shape, -1)
    reports, sigma = layout(evidence), draws["sigma"].values
    return np.array([[joint(m, s, *reports)[0] for m, s in zip(*chain)] for chain in zip(means, sigma)])


def _sd(marginal: Marginal) -> float:
    mean = marginal.expectation(lambda x: x)
    return float(np.sqrt(marginal.expectation(lambda x: (x - mean) ** 2)))


def _prior_sd(prior: Prior) -> float:
    return float(prior.distribution().std())


def finding(found: list[Share]) -> str:
    """Two sentences: how many mean effects, and how many between-study SDs, are mostly the prior's."""
    by_parameter = {name: [s for s in found if s.parameter == name] for name in PARAMETERS}
    mu, tau = by_parameter["mu"], by_parameter["tau"]
    mostly = [_title(s.key) for s in mu if s.verdict == PRIOR]
    first = (f"Of {len(mu)} mean effects, {len(mostly)} rest mostly on the prior" + (f" ({', '.join(mostly)})" if mostly else "")
             + f", {sum(s.verdict == BOTH for s in mu)} on prior and data both, and {sum(s.verdict == DATA for s in mu)} on the data alone.")
    low, high = (f"{100 * f((s.posterior_sd / s.prior_sd) ** 2 for s in tau):.0f} %" for f in (min, max))
    second = (f"How much studies differ (τ) is mostly the prior's in {sum(s.verdict == PRIOR for s in tau)} of {len(tau)} endpoints: after the data its "
              f"variance is {low} to {high} of the prior's.")
    return f"{first} {second}"


def _title(key: str) -> str:
    """A title within a sentence."""
    title = ENDPOINTS[key].title
    return title if title[1].isupper() else title[0].lower() + title[1:]


def table(found: list[Share]) -> pd.DataFrame:
    """Prior and posterior SD, contraction, both sensitivities and the verdict."""
    return pd.DataFrame([{
        "endpoint": ENDPOINTS[s.key].title, "parameter": PARAMETERS[s.parameter], "SD before the data": f"{s.prior_sd:.2f}",
        "SD after": f"{s.posterior_sd:.2f}", "contraction": f"{s.contraction:.2f}".replace("-", "−"), "sensitivity to the prior": f"{s.prior_sensitivity:.2f}",
        "sensitivity to the likelihood": f"{s.likelihood_sensitivity:.2f}", "rests on": s.verdict} for s in found])


@derives
def picture(found: list[Share]):
    """Contraction and sensitivity side by side, mu and tau of every endpoint."""
    keys = list(dict.fromkeys(s.key for s in found))
    with plt.rc_context(RC):
        figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 0.78 * len(keys) + 1.5), layout="constrained", sharey=True)
    places = {(key, name): -1.5 * i - drop for i, key in enumerate(keys) for name, drop in (("mu", 0.42), ("tau", 0.9))}
    for s in found:
        y = places[s.key, s.parameter]
        left.barh(y, s.contraction, height=0.3, color=BLUE if s.contraction >= MOSTLY else GREY)
        right.plot([s.prior_sensitivity, s.likelihood_sensitivity], [y, y], color=LIGHT, lw=2, zorder=1)
        right.plot(s.prior_sensitivity, y, "D", color=RED, ms=7, label="to the prior", zorder=3)
        right.plot(s.likelihood_sensitivity, y, "o", color=BLUE, ms=7, mfc="white", mew=1.8, label="to the likelihood", zorder=2)
    lowest = min(-0.05, *(s.contraction for s in found))
    for i, key in enumerate(keys):
        left.text(lowest, -1.5 * i, ENDPOINTS[key].title, fontsize=11, weight="bold", va="center")
    left.set_yticks(list(places.values()), ["μ" if name == "mu" else "τ" for _, name in places])
    left.tick_params(axis="y", length=0)
    left.set_xlim(lowest, 1)
    left.axvline(0, color=GREY, lw=0.8)
    left.set_xlabel("Contraction\n(0: as the prior, 1: all data)")
    left.set_ylim(-1.5 * len(keys) + 0.2, 0.4)
    right.axvline(SENSITIVE, color=INK, lw=0.8, ls=(0, (1, 2)))
    right.set_xlim(0, 1.1 * max(max(s.prior_sensitivity, s.likelihood_sensitivity) for s in found))
    right.set_xlabel("Sensitivity\n(from 0.05, dotted: it matters)")
    right.tick_params(axis="y", length=0)
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles[:2], labels[:2], loc="outside upper right", ncols=2, fontsize=SMALL)
    return Picture(figure, _alternative(found), numbers(found))


@derives
def numbers(found: list[Share]) -> pd.DataFrame:
    """Every share with full precision."""
    return pd.DataFrame([asdict(s) | {"contraction": s.contraction, "rests_on": s.verdict} for s in found])


def _alternative(found: list[Share]) -> str:
    said = "; ".join(f"{ENDPOINTS[s.key].title}, {PARAMETERS[s.parameter]}: contraction {s.contraction:.2f}, sensitivity to the prior {s.prior_sensitivity:.2f}, "
                     f"to the likelihood {s.likelihood_sensitivity:.2f}, rests on {s.verdict}" for s in found)
    return f"How much of each posterior is the prior's. {said}."
