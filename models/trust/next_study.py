"""What would change the answer: the posterior to be expected after one more study.

Today's posterior is a set of weighted points (mu, tau).  A new study with true effect theta ~ N(mu, tau)
prints a report; the points are weighted again by its likelihood, L(theta) smoothed by a normal of SD tau, and
the result is averaged over all reports that a stated mean effect would give, tau being as uncertain as it is
today.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import expit, gammaincinv, gammaln, logit

from models.engines.smoothing import Grid, log_smooth
from models.engines.tau_nodes import axis_of, node_weights, tau_places
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import MIDWAY

STEP = 0.04
GRID = Grid.even(-225 * STEP, 225 * STEP, 451)
THETA = GRID.x
"""Log ratios from -9 to 9, zero among them: a study of 1,000 patients has a standard error of three steps or
more.
"""
EVERYWHERE = slice(0, len(THETA))
TAU_NODES, DEPTH = 32, 14.0
ENDLESS = STEP
"""Standard error of a study so large that more patients add nothing to what tau allows."""
Z, Z_WEIGHT = np.polynomial.hermite_e.hermegauss(13)
Z_WEIGHT = Z_WEIGHT / Z_WEIGHT.sum()
THIRDS = np.array([1, 3, 5]) / 6


@dataclass(frozen=True)
class Today:
    """A posterior of (mu, tau) as weighted points, each array of shape (point,); scale: log ratio.

    rows : the part of THETA that carries mu, where the points are a grid (tau by mu) and not draws
    """

    mu: np.ndarray
    tau: np.ndarray
    weight: np.ndarray
    rows: slice | None = None

    @property
    def columns(self) -> np.ndarray:
        """What is summed over the points: 1, mu < 0 (a half at 0), mu and its square, times the weights;
        shape (point, 4).
        """
        below = (self.mu < 0) + 0.5 * (self.mu == 0)
        return self.weight[:, None] * np.stack([np.ones_like(self.mu), below, self.mu, self.mu**2], axis=1)

    @property
    def taus(self) -> tuple[np.ndarray, np.ndarray]:
        """About 20 values of tau and their shares, each the root mean square of a group of its quantiles."""
        order = np.argsort(self.tau, kind="stable")
        weight, squares = self.weight[order], self.tau[order] ** 2
        group = (20 * (np.cumsum(weight) - weight / 2) / weight.sum()).astype(int)
        share, total = np.bincount(group, weight), np.bincount(group, weight * squares)
        return np.sqrt(total[share > 0] / share[share > 0]), share[share > 0] / weight.sum()


@dataclass(frozen=True)
class Expected:
    """Posterior of mu averaged over reports: P(mu < 0), mean and SD; log ratio."""

    below: float
    mean: float
    sd: float


def from_likelihoods(log_likelihoods: list, mu_prior, tau_prior) -> Today:
    """Today's posterior on a grid from one log likelihood of theta per study; none gives the prior."""
    log_l = np.array([log_likelihood(THETA) for log_likelihood in log_likelihoods]).reshape(-1, len(THETA))
    likelihood = np.exp(log_l - log_l.max(axis=1, keepdims=True))

    def log_joint(tau):
        smooth = np.stack([log_smooth(likelihood, GRID, value, EVERYWHERE).sum(axis=0) for value in tau])
        return smooth + mu_prior.log_density(THETA) + tau_prior.log_density(tau)[:, None]

    places = tau_places(lambda tau: np.logaddexp.reduce(log_joint(tau), axis=1), tau_prior, TAU_NODES)
    axis = axis_of(tau_prior)
    joint = log_joint(axis.tau(places))
    by_tau = np.logaddexp.reduce(joint, axis=1)
    share = node_weights(by_tau + axis.log_slope(places), places[1] - places[0])
    weight = np.exp(joint - by_tau[:, None]) * share[:, None]
    carried = np.flatnonzero(joint.max(axis=0) > joint.max() - DEPTH)
    rows = slice(carried[0], carried[-1] + 1)
    mu, tau = np.meshgrid(THETA[rows], axis.tau(places))
    return Today(mu.ravel(), tau.ravel(), weight[:, rows].ravel() / weight[:, rows].sum(), rows)


def from_draws(mu, tau) -> Today:
    """Today's posterior as the draws of a sampler, equally weighted."""
    return Today(np.ravel(mu), np.ravel(tau), np.full(np.size(mu), 1 / np.size(mu)))


def unchanged(today: Today) -> Expected:
    """The posterior as it is, which is also what a study of no patients leaves."""
    return _expected(today.columns.sum(axis=0)[None], np.ones(1))


def _expected(sums: np.ndarray, share: np.ndarray) -> Expected:
    """Average over reports; sums : (report, 4), the columns of a Today under each report's likelihood; share
    : of each report.
    """
    below, mean, square = (sums[:, 1:] / sums[:, :1]).T
    sd = np.sqrt(np.maximum(square - mean**2, 0.0))
    return Expected(*(float(share @ value) for value in (below, mean, sd)))


def after_ratios(today: Today, se: float, log_ratio: float, studies: int = 1) -> Expected:
    """After studies that each print a ratio with standard error `se` (log scale); the mean effect is
    `log_ratio`.

    The likelihood needs only the mean of the printed log ratios, normal, and their sum of squares about it,
    which is independent of the mean and chi-squared.
    """
    tau, tau_share = (values[:, None, None] for values in today.taus)  # true tau, mean, sum of squares
    spread = tau**2 + se**2
    chi_squared = 2 * gammaincinv((studies - 1) / 2, THIRDS) if studies > 1 else np.zeros(1)
    mean, squares, share = np.broadcast_arrays(
        log_ratio + np.sqrt(spread / studies) * Z[:, None],
        spread * chi_squared,
        tau_share * Z_WEIGHT[:, None],
    )
    variance = today.tau**2 + se**2
    log_l = np.stack(
        [(studies * mean**2 + squares).ravel(), mean.ravel(), np.ones(mean.size)], axis=1
    ) @ np.stack(
        [
            -0.5 / variance,
            studies * today.mu / variance,
            -0.5 * studies * (today.mu**2 / variance + np.log(variance)),
        ]
    )
    log_l -= log_l.max(axis=1, keepdims=True)
    return _expected(np.exp(log_l, out=log_l) @ today.columns, share.ravel() / share.sum())


def after_counts(
    today: Today, n_treated: int, n_control: int, control_risk: float, log_ratios: list[float]
) -> list[Expected]:
    """After a study that prints counts of both arms, for each mean log odds ratio.

    Computed exactly at some counts and by cubics in between, summed over all with their probabilities.  Needs
    a grid, not draws.
    """
    tau, tau_share = today.taus
    risks = [expit(logit(control_risk) + log_ratio + tau[:, None] * Z) for log_ratio in log_ratios]
    p_treated = [np.tensordot(np.outer(tau_share, Z_WEIGHT), _binomial(n_treated, risk), 2) for risk in risks]
    p_control = _binomial(n_control, np.array(control_risk))
    nodes = _nodes(np.mean(p_treated, axis=0), 13), _nodes(p_control, 5)
    sums = _likelihood(today, list(product(*nodes)), n_treated, n_control) @ today.columns
    share_control = _onto(nodes[1], p_control)
    return [_expected(sums, np.outer(_onto(nodes[0], p), share_control).ravel()) for p in p_treated]


def _likelihood(today: Today, counts: list, n_treated: int, n_control: int) -> np.ndarray:
    """Likelihood of pairs of counts at the points of a grid, shape (pair, point), each up to a constant."""
    rows = today.rows
    if rows is None:
        raise ValueError("the likelihood of counts needs today's posterior on a grid, not as draws")
    log_l = np.array(
        [
            two_arm_log_likelihood(treated, n_treated, control, n_control, MIDWAY)(THETA)
            for treated, control in counts
        ]
    )
    likelihood = np.exp(log_l - log_l.max(axis=1, keepdims=True))
    smooth = [log_smooth(likelihood, GRID, tau, rows) for tau in np.unique(today.tau)]
    return np.exp(np.concatenate(smooth, axis=1))


def _binomial(n: int, risk: np.ndarray) -> np.ndarray:
    """Binomial probabilities of 0 to n, shape (*risk, n + 1)."""
    events = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    return np.exp(ways + events * np.log(risk[..., None]) + (n - events) * np.log1p(-risk[..., None]))


def _nodes(probability: np.ndarray, count: int) -> np.ndarray:
    """At most `count` counts over the range that matters, even in the angle whose SD is the same at every
    risk; dense near 0 and n.
    """
    n, total = len(probability) - 1, np.cumsum(probability)
    ends = np.searchsorted(total, [5e-4, 1 - 5e-4])
    angle = np.arcsin(np.sqrt(np.minimum(ends, n) / n))
    return np.unique(np.rint(n * np.sin(np.linspace(angle[0], angle[1], count)) ** 2).astype(int))


def _onto(nodes: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Shares of the nodes that give a cubic spline through them its average over all counts; counts beyond
    the ends lie at the ends.
    """
    if len(nodes) == 1:
        return np.ones(1)
    counts = np.clip(np.arange(len(probability)), nodes[0], nodes[-1])
    return probability @ CubicSpline(nodes, np.eye(len(nodes)))(counts)
