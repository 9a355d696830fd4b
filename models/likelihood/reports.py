"""The likelihood of a report: one log-likelihood term for each way a paper prints a result.

L(theta; r) = sum over all data that would have been printed as r of p(data | theta).  Each function returns
the log of that, up to a constant that no parameter enters, and accepts numbers, arrays or PyTensor
variables.  Direction everywhere: tocilizumab over none, so a log ratio below 0 favours tocilizumab.
"""

from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.special import betaln, gammaln

from models.likelihood.kernels import Report, pack
from models.likelihood.log_rank_exact import log_probability
from models.likelihood.ops import NUMPY, ops_for
from models.likelihood.power import GRID, mann_whitney_critical, outcome_curve
from models.priors import EVENT_SHARE

LOG_HR = np.linspace(-8.0, 8.0, 161)
"""Log hazard ratios at which the probability of histories is tabulated."""
# quadrature of a power curve is exact to about this; beyond it the log curve is extended in a line
SMALLEST_PROBABILITY = 1e-9


def counts(logit_risk, events, n):
    """Log probability of `events` among `n` patients (binomial, no continuity correction); logit_risk on the
    log-odds scale.
    """
    ways = gammaln(n + 1.0) - gammaln(events + 1.0) - gammaln(n - events + 1.0)
    return ways + events * logit_risk - n * ops_for(logit_risk).softplus(logit_risk)


def table(logit_control, log_or, events_toci, n_toci, events_control, n_control):
    """Log probability of a 2x2 table: two binomials, the control risk on the logit scale and the log odds
    ratio.
    """
    return counts(logit_control + log_or, events_toci, n_toci) + counts(
        logit_control, events_control, n_control
    )


def table_set(logit_control, log_or, candidates: np.ndarray):
    """Log probability that any one of the tables a paper could have seen occurred.

    candidates : shape (table, 4), integers: events_toci, n_toci, events_control, n_control
    """
    ops, columns = ops_for(logit_control, log_or), np.atleast_2d(candidates).T
    if ops is NUMPY:
        logit_control, log_or = np.asarray(logit_control, float), np.asarray(log_or, float)
    return ops.logsumexp(table(logit_control[..., None], log_or[..., None], *columns), axis=-1)


def se_from_interval(lower: float, upper: float, level: float = 95.0) -> float:
    """Standard error on the log scale of a ratio whose interval is symmetric there; level in per cent."""
    return float(np.log(upper / lower) / (2 * stats.norm.isf((1 - level / 100) / 2)))


def ratio(log_ratio, estimate: float, lower: float, upper: float, level: float = 95.0):
    """Log density of a printed hazard, odds or risk ratio, normal on the log scale with the interval's
    standard error.
    """
    se = se_from_interval(lower, upper, level)
    return -(((np.log(estimate) - log_ratio) / se) ** 2) / 2 - np.log(se) - np.log(2 * np.pi) / 2


def log_rank(
    log_hr,
    p: str,
    n_toci: int,
    n_control: int,
    event_shape: tuple[float, float] = EVENT_SHARE.parameters,
    direction: str | None = None,
):
    """Log density of the |z| behind a log-rank p, with the number of events not printed.

    z ~ N(log_hr * sqrt(V), 1) with V = D r (1 - r), r the share of tocilizumab patients and D events
    (Schoenfeld 1981, Biometrika 68:316).  D is summed out under a beta-binomial with shapes `event_shape`, at
    least one event. Without a printed direction both signs are summed.  `p` as printed: `0.273`; `<0.05` and
    `>0.9999` give the probability of the region instead of a density.
    """
    ops = ops_for(log_hr)
    sign, z = z_from_p(p)
    total = n_toci + n_control
    events = np.arange(1, total + 1)
    a, b = event_shape
    log_events = (
        gammaln(total + 1.0)
        - gammaln(events + 1.0)
        - gammaln(total - events + 1.0)
        + betaln(events + a, total - events + b)
        - betaln(a, b)
    )
    log_events -= np.logaddexp.reduce(log_events)
    root_v = np.sqrt(events * n_toci * n_control) / total
    mean = (np.asarray(log_hr, float) if ops is NUMPY else log_hr)[..., None] * root_v  # ..., event
    by_side = []
    for side in {"lower": [-1], "higher": [1], None: [-1, 1]}[direction]:
        if sign == "=":
            by_side.append(ops.exp(-((z - side * mean) ** 2) / 2) / np.sqrt(2 * np.pi))
        elif sign == "<":
            by_side.append(ops.ndtr(side * mean - z))
        else:
            by_side.append(ops.ndtr(z - side * mean) - ops.ndtr(-side * mean))
    return ops.log(ops.sum(np.exp(log_events) * sum(by_side), axis=-1) + 1e-300)


def log_rank_histories(
    log_hr,
    p: str,
    n_toci: int,
    n_control: int,
    direction: str | None = None,
    counted: list[int] | None = None,
):
    """Log probability of all event and censoring histories of a handful of patients whose log-rank p prints
    so.

    counted : of the whole cohort, how many have what the endpoint asks for, and how many there are; each
    patient of the arms is then
        taken to count with that share, independently, and the groups are smaller than n_toci and n_control by
        chance
    Tabulated at LOG_HR and joined by a cubic; beyond, continued in a line.
    """
    curve = _history_curve(p, n_toci, n_control, direction, counted and tuple(counted))
    return between(log_hr, LOG_HR[0], LOG_HR[1] - LOG_HR[0], curve)


@lru_cache
def _history_curve(
    p: str, n_toci: int, n_control: int, direction: str | None, counted: tuple[int, int] | None
) -> np.ndarray:
    """Log probability at each LOG_HR; raise ValueError where no history prints so."""
    share = counted[0] / counted[1] if counted else 1.0
    total = np.zeros_like(LOG_HR)
    for toci in range(1, n_toci + 1):
        for control in range(1, n_control + 1):
            weight = stats.binom.pmf(toci, n_toci, share) * stats.binom.pmf(control, n_control, share)
            if weight > 0:
                total += weight * np.exp(log_probability(LOG_HR, toci, control, p, direction))
    if not (total > 0).all():
        raise ValueError(f"no history of {n_toci} v {n_control} patients has a log-rank p of {p}")
    return np.log(total)


def between(x, start: float, step: float, values: np.ndarray):
    """Catmull-Rom cubic through `values` on an even grid; beyond its ends a line."""
    ops = ops_for(x)
    position = ((np.asarray(x, float) if ops is NUMPY else x) - start) / step
    inside = ops.clip(position, 0.0, len(values) - 1.0)
    left = ops.clip(ops.floor(inside), 0.0, len(values) - 2.0)
    t = inside - left
    padded = np.concatenate([[2 * values[0] - values[1]], values, [2 * values[-1] - values[-2]]])
    a, b, c, d = (ops.take(padded, left + offset) for offset in range(4))
    cubic = b + t * ((c - a) / 2 + t * (a - 2.5 * b + 2 * c - d / 2 + t * ((d - a) / 2 + 1.5 * (b - c))))
    slope = ops.where(position > inside, values[-1] - values[-2], values[1] - values[0])
    return cubic + (position - inside) * slope


def z_from_p(p: str) -> tuple[str, float]:
    """Sign (`=`, `<`, `>`) and |z| of a printed two-sided p-value."""
    sign = {"<": "<", "≤": "<", ">": ">", "≥": ">"}.get(p[0], "=")
    value = float(p.lstrip("<>=≤≥ "))
    if not 0 < value <= 1:
        raise ValueError(f"a p-value of {p} has no z")
    return sign, float(stats.norm.isf(value / 2))


def test_outcome(
    tests: tuple[str, ...],
    n_toci: int,
    n_control: int,
    significant: bool,
    direction: str | None = None,
    alpha: float = 0.05,
) -> Report:
    """Outcome of a named test at the real group sizes; its likelihood is the test's power at (difference of
    means) / sigma.

    tests : names as in `models.likelihood.power.CURVES`; alternatives are averaged
    Raises ValueError where no data of these sizes give the outcome.
    """
    probability = outcome_curve(tests, n_toci, n_control, significant, direction, alpha)
    if not (probability > SMALLEST_PROBABILITY).any():
        raise ValueError(
            f"{' or '.join(tests)} with {n_toci} v {n_control} patients cannot give the printed outcome"
        )
    return pack("curve", [0], np.concatenate([[GRID[0], GRID[1] - GRID[0]], _log_curve(probability)]))


test_outcome.__test__ = False  # a likelihood, not a pytest test


def mixed_test_outcome(
    sizes_toci: list[int],
    sizes_control: list[int],
    significant: bool,
    direction: str | None = None,
    alpha: float = 0.05,
) -> Report:
    """Outcome of a Mann-Whitney test of two arms of mixed grades; groups are those of tocilizumab, then those
    of control.

    U is taken as normal with its exact mean and variance for these numbers of each grade (Lehmann 1975,
    Nonparametrics, section 2.3), its rejection region as the exact test's.  Within 0.03 of simulation at 8 v
    18 patients.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    critical = mann_whitney_critical(sum(sizes_toci), sum(sizes_control), alpha)
    outcome = {"lower": 1, "higher": 2, None: 3}[direction] if significant else 0
    integers = [critical, outcome, len(sizes_toci), *sizes_toci, *sizes_control]
    return pack("mixed_test", integers, np.concatenate([nodes, weights / weights.sum()]))


def _log_curve(probability: np.ndarray) -> np.ndarray:
    """Log of a power curve; where it underflows, continued in a line from the last two exact points."""
    exact = np.flatnonzero(probability > SMALLEST_PROBABILITY)
    first, last = exact[0], exact[-1]
    curve = np.log(np.maximum(probability, SMALLEST_PROBABILITY))
    curve[:first] = curve[first] + (curve[first] - curve[first + 1]) * np.arange(first, 0, -1)
    curve[last + 1 :] = curve[last] + (curve[last] - curve[last - 1]) * np.arange(1, len(curve) - last)
    return curve
