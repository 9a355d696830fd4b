"""Random-effects meta-analysis of studies whose likelihoods have any shape.

Each study gives log L_s(theta). Its likelihood of (mu, tau) is L_s smoothed by a normal of SD tau, a
convolution on one grid of effects that all studies share, finer where the posterior of mu lies. Nothing is
assumed of L_s but that the grid resolves it and that it levels off (or vanishes) beyond all effects that the
posterior supports. Sums have positive terms only, so small likelihoods keep their relative precision when
studies conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from models.engines.posterior import Marginal, Posterior, tau_marginal
from models.engines.smoothing import Grid, between, log_smooth, spread
from models.engines.tau_nodes import (
    DEPTH,
    PositiveAxis,
    axis_of,
    bracketed,
    node_weights,
    region,
    scan_places,
)
from models.likelihood.report import LogLikelihood
from models.priors import Prior

type Ends = tuple[float, float]

TAU_NODES = 64
SCAN_GRID, SCAN_TAU = 129, 16
# a coarse grid with mu in fewer of its steps is refined, up to so many points
NARROW_MU, LARGEST_SCAN = (8, 1000)
# with fewer nodes of a scan within the posterior of tau, it is scanned again more closely
FEW, FEW_SCANS = (3, 4)
TAIL = 18.0  # log density below the peak at which the grid of mu ends
# the grid of effects covers mu within BULK +- REACH that quantile of tau
BULK, LARGE_TAU, REACH = (6.0, 0.995, 5.0)
# beyond the grid, log likelihoods lie below the first or change less than the second
VANISHED, LEVEL = (-6.0, 0.2)
LARGEST_GRID = 20_000  # a second or two
# log likelihood below a study's own best (20 SDs) beyond which smoothing is no longer exact
CONFLICT = -200.0
# log density below the peak, over tau and over mu, at which the ends of the nodes hold another posterior
HELD = (7.0, 12.0)


def from_study_likelihoods(
    log_likelihoods: Sequence[LogLikelihood],
    mu_prior: Prior,
    tau_prior: Prior,
    study_names: Sequence[str] | None = None,
) -> Posterior:
    """Posterior given one log-likelihood function of theta per study.

    log_likelihoods: functions, array in and array of the same shape out, each up to a constant; bimodal or
    flat ones are welcome under a proper prior of mu. mu_prior, tau_prior: any Prior on the line and on the
    positive numbers. No studies returns the prior. Raises ValueError for a likelihood that is not a number
    somewhere, for studies that lie 20 SDs apart under every tau that the prior allows, and for a prior of tau
    with so heavy a tail that no grid can cover the effects it supports, and for a flat prior of mu that the
    studies do not bound on both sides.
    """
    return Joint.of(log_likelihoods, mu_prior, tau_prior, study_names).posterior()


@dataclass(frozen=True)
class Joint:
    """The posterior of tau and mu on nodes: places of tau on its axis, and rows of the grid of effects.

    log_l: log likelihoods on the grid, shape (study, theta). log_joint: log density of (place, mu), up to a
    constant; log_m: the log likelihood of (tau, mu) of each study, shape (tau, study, mu).
    """

    names: Sequence[str]
    grid: Grid
    log_l: np.ndarray
    axis: PositiveAxis
    places: np.ndarray
    rows: slice
    log_joint: np.ndarray
    log_m: np.ndarray

    @classmethod
    def of(
        cls,
        log_likelihoods: Sequence[LogLikelihood],
        mu_prior: Prior,
        tau_prior: Prior,
        study_names: Sequence[str] | None = None,
    ) -> Joint:
        """What `from_study_likelihoods` integrates, of the same and with the same errors."""
        numbered = [str(study + 1) for study in range(len(log_likelihoods))]
        names = study_names if study_names is not None else numbered
        grid, log_l, rows = resolved_grid(log_likelihoods, names, mu_prior, tau_prior)
        places, rows = _places(grid, log_l, rows, mu_prior, tau_prior, TAU_NODES)
        log_joint, log_m = _log_joint(grid, log_l, places, rows, mu_prior, tau_prior)
        if np.any(log_m.min(axis=1, initial=0.0)[log_joint > log_joint.max() - TAIL] < CONFLICT):
            raise ValueError(
                "the studies and the priors conflict too far to compute: no tau allowed reconciles them"
            )
        return cls(names, grid, log_l, axis_of(tau_prior), places, rows, log_joint, log_m)

    @property
    def mu(self) -> np.ndarray:
        """Its nodes."""
        return self.grid.x[self.rows]

    def posterior(self) -> Posterior:
        """Every marginal."""
        return _marginals(
            self.grid, self.log_l, self.names, self.axis, self.places, self.rows, self.log_joint, self.log_m
        )

    def of_mu(self) -> Marginal:
        """Marginal of mu alone, which costs little where there are many studies."""
        return self._marginal(self.log_joint)

    def without(self, study: int) -> Marginal | None:
        """Marginal of mu without a study; None where the nodes do not hold it."""
        return self._held(self.log_joint - self.log_m[:, study])

    def had_seen(self, study: int, more: float) -> Marginal:
        """Marginal of mu had a study seen an effect higher by so much, which is less than its standard
        error.
        """
        seen = self.log_m[:, study]
        return self._marginal(self.log_joint - seen + between(self.mu, seen, self.mu - more))

    def behind(self, bias: float, mu_prior: Prior) -> Marginal | None:
        """Marginal of mu, whose prior is given, where every effect seen is the true one plus a known bias;
        None where the nodes do not hold it.
        """
        moved = mu_prior.log_density(self.mu - bias) - mu_prior.log_density(self.mu)
        seen = self._held(self.log_joint + moved)
        return seen and replace(seen, x=seen.x - bias)

    def _held(self, log_joint: np.ndarray) -> Marginal | None:
        of_tau, of_mu = log_joint.max(axis=1), log_joint.max(axis=0)
        depth = [of.max() - max(of[0], of[-1]) for of in (of_tau, of_mu)]
        return self._marginal(log_joint) if depth[0] > HELD[0] and depth[1] > HELD[1] else None

    def _marginal(self, log_joint: np.ndarray) -> Marginal:
        """Of mu, from another log density of the nodes."""
        spacing = self.grid.spacing[self.rows]
        weight = _weights(log_joint + np.log(spacing), self.places)
        return Marginal.from_density(self.mu, weight.sum(axis=0) / spacing, spacing)


def resolved_grid(
    log_likelihoods: Sequence[LogLikelihood], names: Sequence[str], mu_prior: Prior, tau_prior: Prior
) -> tuple[Grid, np.ndarray, slice]:
    """Grid of effects, log likelihoods on it (study, theta), and the rows of it that carry mu.

    Starts from what the priors allow and closes in: a coarse grid finds where the posterior lies, to within
    one of its steps, and how sharply the likelihoods curve, since second differences of a log likelihood tell
    its width even on a grid coarser than that. The last grid resolves each likelihood everywhere, and all of
    them combined where mu lies. What the coarse grid cannot see is a second mode many times narrower than its
    step and more than two steps away from the first.
    """
    grid, log_l = _first_grid(log_likelihoods, names, mu_prior, tau_prior)
    spread = np.inf if mu_prior.is_flat else _spread(mu_prior)
    ends, mu_ends = _supported(grid, log_l, mu_prior, tau_prior)
    while (wide := np.ptp(ends) < 0.7 * np.ptp(grid.x)) or _too_coarse(grid, log_l, mu_ends):
        grid = Grid.even(ends[0], ends[1], SCAN_GRID if wide else 2 * len(grid.x) - 1)
        log_l = _tabulate(log_likelihoods, names, grid.x)
        ends, mu_ends = _supported(grid, log_l, mu_prior, tau_prior)
    steps = np.full(2, np.ptp(ends) / SCAN_GRID)
    while True:
        steps = np.minimum(steps, _needed_steps(grid, log_l, spread))
        grid = _graded(ends, mu_ends, *steps)
        log_l = _tabulate(log_likelihoods, names, grid.x)
        if np.all(_needed_steps(grid, log_l, spread) >= steps / 1.3):
            first, last = np.searchsorted(grid.x, mu_ends)
            return grid, log_l, slice(max(first - 1, 0), min(last + 1, len(grid.x)))


def _graded(ends: Ends, mu_ends: Ends, step: float, step_of_mu: float) -> Grid:
    """The last grid; raise ValueError where it takes too many points."""
    grid = Grid.graded(ends[0], ends[1], step, step_of_mu, mu_ends, LARGEST_GRID)
    if grid is None:
        raise ValueError(
            f"effects between {ends[0]:.3g} and {ends[1]:.3g} are supported, too wide a range for a"
            f" likelihood or prior of SD {4 * step:.2g}: choose a prior of tau with a lighter tail"
        )
    return grid


def _first_grid(
    log_likelihoods: Sequence[LogLikelihood], names: Sequence[str], mu_prior: Prior, tau_prior: Prior
) -> tuple[Grid, np.ndarray]:
    """All effects that the priors make plausible, or that a likelihood points to from there, and log
    likelihoods. Under a flat prior of mu, all effects until the posterior of mu has fallen on both sides.
    """
    centre = 0.0 if mu_prior.is_flat else mu_prior.quantile(0.5)
    reach = 8 * tau_prior.quantile(0.999) + (0.0 if mu_prior.is_flat else 8 * _spread(mu_prior))
    for doubling in 2.0 ** np.arange(10):
        grid = Grid.even(centre - doubling * reach, centre + doubling * reach, SCAN_GRID)
        log_l = _tabulate(log_likelihoods, names, grid.x)
        if np.any(log_l[:, [0, -1]] - log_l[:, [1, -2]] > 1.0):  # something still rises at an end
            continue
        if not mu_prior.is_flat or _falls(grid, log_l, mu_prior, tau_prior):
            return grid, log_l
    if mu_prior.is_flat:
        raise ValueError(
            "a flat prior of the mean effect needs studies that bound it on both sides, and these leave it"
            f" open between {grid.x[0]:.3g} and {grid.x[-1]:.3g}: choose a normal or t prior"
        )
    raise ValueError(f"a likelihood still rises at an effect of {grid.x[0]:.3g} or {grid.x[-1]:.3g}")


def _spread(mu_prior: Prior) -> float:
    """About the SD of the prior of mu."""
    return (mu_prior.quantile(0.975) - mu_prior.quantile(0.025)) / 4


def _falls(grid: Grid, log_l: np.ndarray, mu_prior: Prior, tau_prior: Prior) -> bool:
    """Whether the posterior of mu has fallen by TAIL at both ends of the grid."""
    every = slice(0, len(grid.x))
    places, _ = _places(grid, log_l, every, mu_prior, tau_prior, SCAN_TAU)
    log_joint, _ = _log_joint(grid, log_l, places, every, mu_prior, tau_prior)
    return bool(log_joint[:, [0, -1]].max() < log_joint.max() - TAIL)


def _tabulate(
    log_likelihoods: Sequence[LogLikelihood], names: Sequence[str], theta: np.ndarray
) -> np.ndarray:
    """Log likelihoods on the grid, each with maximum zero: shape (study, theta)."""
    log_l = np.zeros((len(names), len(theta)))
    for study, (name, log_likelihood) in enumerate(zip(names, log_likelihoods, strict=True)):
        values = np.asarray(log_likelihood(theta), dtype=float)
        if values.shape != theta.shape or np.any(np.isnan(values)) or not np.isfinite(values.max()):
            raise ValueError(f"study {name}: the log likelihood must give one number for each theta")
        log_l[study] = np.maximum(values - values.max(), -1e4)
    return log_l


def _needed_steps(grid: Grid, log_l: np.ndarray, spread: float) -> np.ndarray:
    """Steps that resolve each study and the prior of mu (a quarter of the narrowest SD), and all of them
    together (a third of it).
    """
    information = _information(grid, log_l)
    step = 1 / max(4 * np.sqrt(information.max(initial=0.0)), 4 / spread)
    return np.array([step, 1 / max(3 * np.sqrt(information.sum()), 1 / step)])


def _information(grid: Grid, log_l: np.ndarray) -> np.ndarray:
    """The sharpest curvature of each log likelihood, shape (study,)."""
    return np.where(log_l[:, 1:-1] > -12.0, -grid.second_derivative(log_l), 0.0).max(axis=1, initial=0.0)


def _sds(grid: Grid, log_l: np.ndarray) -> float:
    """How many SDs of the narrowest likelihood a step of the even grid is long."""
    return grid.spacing[0] * np.sqrt(_information(grid, log_l).max(initial=0.0))


def _too_coarse(grid: Grid, log_l: np.ndarray, mu_ends: Ends) -> bool:
    """Whether many studies together leave mu so narrow that this grid cannot find its ends, and one of
    LARGEST_SCAN points can.
    """
    return np.ptp(mu_ends) < NARROW_MU * grid.spacing[0] and 1 <= _sds(grid, log_l) < LARGEST_SCAN / len(
        grid.x
    )


def _supported(grid: Grid, log_l: np.ndarray, mu_prior: Prior, tau_prior: Prior) -> tuple[Ends, Ends]:
    """Ends of the effects, and of mu, that the posterior supports, judged on a coarse, even grid."""
    places, rows = _places(grid, log_l, slice(0, len(grid.x)), mu_prior, tau_prior, SCAN_TAU)
    rows = slice(max(rows.start - 3, 0), min(rows.stop + 3, len(grid.x)))
    log_joint, _ = _log_joint(grid, log_l, places, rows, mu_prior, tau_prior)
    theta, margin = grid.x[rows], 2 * grid.spacing[0]
    depth = log_joint.max(axis=0) - log_joint.max()
    mu, bulk = theta[depth > -TAIL], theta[depth > -BULK]
    share = np.cumsum(node_weights(np.logaddexp.reduce(log_joint, axis=1), places[1] - places[0]))
    reach = REACH * axis_of(tau_prior).tau(places[np.searchsorted(share, LARGE_TAU)])
    low, high = min(mu[0], bulk[0] - reach) - margin, max(mu[-1], bulk[-1] + reach) + margin
    seen = np.maximum(log_l, VANISHED)
    ends = _level_end(grid.x, seen, low), -_level_end(-grid.x[::-1], seen[:, ::-1], -high)
    mu_ends = mu[0] - margin, mu[-1] + margin
    if _sds(grid, log_l) < 1:
        mu_ends = _between_points(theta, log_joint, mu_ends)
    return ends, mu_ends


def _between_points(theta: np.ndarray, log_joint: np.ndarray, mu_ends: Ends) -> Ends:
    """Closer ends of mu where many studies leave it less than a step: their sum is smooth, so cubics join it
    between the points.
    """
    mu = np.linspace(mu_ends[0], mu_ends[1], 1000)
    joined = between(theta, log_joint, mu)
    inside = mu[(joined > joined.max() - TAIL).any(axis=0)]
    margin = 0.1 * np.ptp(inside) + mu[1] - mu[0]
    return max(mu_ends[0], inside[0] - margin), min(mu_ends[1], inside[-1] + margin)


def _level_end(theta: np.ndarray, log_l: np.ndarray, low: float) -> float:
    """The nearest grid point at or below `low` beyond which no log likelihood changes by more than LEVEL."""
    rise = np.maximum.accumulate(log_l, axis=1) - log_l
    fall = log_l - np.minimum.accumulate(log_l, axis=1)
    level = np.flatnonzero(np.all(np.maximum(rise, fall) <= LEVEL, axis=0) & (theta <= low))
    return theta[level[-1]] if level.size else theta[0]


def _places(
    grid: Grid, log_l: np.ndarray, rows: slice, mu_prior: Prior, tau_prior: Prior, count: int
) -> tuple[np.ndarray, slice]:
    """Even places on the axis of tau where the posterior lies on this grid, and those of the rows that carry
    mu there.
    """
    log_joint = np.empty(0)

    def log_density(places: np.ndarray) -> np.ndarray:
        nonlocal log_joint  # of the places last asked for, so that it is not computed again
        log_joint, _ = _log_joint(grid, log_l, places, rows, mu_prior, tau_prior)
        return np.logaddexp.reduce(log_joint, axis=1)

    scan, found = bracketed(scan_places(tau_prior, SCAN_TAU), log_density)
    for _ in range(FEW_SCANS - 1):
        if np.sum(found > found.max() - DEPTH) >= FEW:
            break
        scan = np.linspace(*region(scan, found), SCAN_TAU)
        found = log_density(scan)
    ends = region(scan, found)
    carrying = np.flatnonzero((log_joint > log_joint.max() - TAIL).any(axis=0)) + rows.start
    return np.linspace(ends[0], ends[1], count), slice(
        max(carrying[0] - 1, rows.start), min(carrying[-1] + 2, rows.stop)
    )


def _log_joint(
    grid: Grid, log_l: np.ndarray, places: np.ndarray, rows: slice, mu_prior: Prior, tau_prior: Prior
) -> tuple[np.ndarray, np.ndarray]:
    """Log posterior density of (log tau, mu), shape (tau, mu), and log L_s(mu, tau), shape (tau, study,
    mu).
    """
    axis, likelihood = axis_of(tau_prior), np.exp(log_l)
    tau = axis.tau(places)
    log_m = np.stack([log_smooth(likelihood, grid, value, rows) for value in tau])
    prior = (tau_prior.log_density(tau) + axis.log_slope(places))[:, None] + mu_prior.log_density(
        grid.x[rows]
    )
    return log_m.sum(axis=1) + prior, log_m


def _marginals(
    grid: Grid,
    log_l: np.ndarray,
    names: Sequence[str],
    axis: PositiveAxis,
    places: np.ndarray,
    rows: slice,
    log_joint: np.ndarray,
    log_m: np.ndarray,
) -> Posterior:
    """Integrate the joint posterior, shape (tau, mu), to every marginal.

    p(theta_s) is L_s(theta) times the normal of (mu, tau), averaged over the posterior with L_s(mu, tau)
    divided out; the prediction is the same with no likelihood, and rides along as one more row.
    """
    theta, mu, spacing = grid.x, grid.x[rows], grid.spacing[rows]
    log_mass = log_joint + np.log(spacing)
    weight = _weights(log_mass, places)
    divided = np.where(log_m > CONFLICT, weight[:, None] * np.exp(-np.maximum(log_m, CONFLICT)), 0.0)
    divided = np.concatenate([divided, weight[:, None]], axis=1)
    tau = axis.tau(places)
    mixed = spread(divided, grid, tau, rows)
    low, high = (
        (theta[0] - grid.spacing[0] / 2 - mu) / tau[:, None],
        (mu - theta[-1] - grid.spacing[-1] / 2) / tau[:, None],
    )
    below, above = (np.einsum("tsm,tm->s", divided, ndtr(beyond)) for beyond in (low, high))
    likelihood = np.exp(np.concatenate([log_l, np.zeros((1, len(theta)))]))
    effects = [
        Marginal.from_density(theta, density, grid.spacing, under, over)
        for density, under, over in zip(
            mixed * likelihood, below * likelihood[:, 0], above * likelihood[:, -1], strict=True
        )
    ]
    return Posterior(
        mu=Marginal.from_density(mu, weight.sum(axis=0) / spacing, spacing),
        tau=tau_marginal(places, np.logaddexp.reduce(log_mass, axis=1), axis),
        prediction=effects[-1],
        theta=dict(zip(names, effects[:-1], strict=True)),
    )


def _weights(log_mass: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Share of the posterior of each node, shape (tau, mu), from the log mass of mu at each place of tau."""
    log_density = np.logaddexp.reduce(log_mass, axis=1)
    share = node_weights(log_density, places[1] - places[0])
    return np.exp(log_mass - log_density[:, None]) * share[:, None]
