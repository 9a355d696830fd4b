"""Conventional estimates, shown beside every posterior: no priors, established libraries.

Each pooled estimate says by its `reason` why it does not exist where it does not: a single study, or no
events.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

NORMAL_95 = stats.norm.ppf(0.975)

type Column = Sequence[float] | np.ndarray
"""A number of each study."""


@dataclass(frozen=True)
class Estimate:
    """A conventional estimate with its 95 % interval, on the log scale for ratios.

    estimate is None, as is all that follows from it, when the method cannot be applied; `reason` then says
    why.
    """

    method: str
    studies: int
    estimate: float | None = None
    se: float | None = None
    lower: float | None = None
    upper: float | None = None
    tau: float | None = None
    prediction_lower: float | None = None
    prediction_upper: float | None = None
    reason: str = ""


def log_odds_ratio(
    events_treated: float, n_treated: float, events_control: float, n_control: float
) -> Estimate:
    """Log odds ratio of one study and its Wald standard error, root of the sum of 1/cell.

    With a zero cell, 0.5 is added to all four. A study with no event in either arm, or only events, says
    nothing about the odds ratio in this analysis: the estimate is then None.
    """
    method = "log odds ratio, Wald interval"
    cells = _cells(events_treated, n_treated, events_control, n_control).ravel()
    if events_treated + events_control in (0, n_treated + n_control):
        return Estimate(method, 1, reason="both arms without events, or with events only")
    if np.any(cells == 0):
        cells, method = cells + 0.5, method + ", 0.5 added to each cell"
    a, b, c, d = cells
    estimate, se = np.log(a * d / (b * c)), np.sqrt(np.sum(1 / cells))
    return Estimate(method, 1, estimate, se, *_wald(estimate, se))


def fisher_exact_p(events_treated: float, n_treated: float, events_control: float, n_control: float) -> float:
    """Two-sided p of Fisher's exact test (tables no more probable than the one found)."""
    return float(stats.fisher_exact(_cells(events_treated, n_treated, events_control, n_control)).pvalue)


def mantel_haenszel(
    events_treated: Column, n_treated: Column, events_control: Column, n_control: Column
) -> Estimate:
    """Mantel-Haenszel log odds ratio with the Robins-Breslow-Greenland standard error.

    Arrays of shape (study,). No continuity correction: studies without events add nothing. Reference: Robins
    1986, Biometrics 42:311.
    """
    from statsmodels.stats.contingency_tables import StratifiedTable

    method = "Mantel-Haenszel odds ratio"
    tables = _tables(events_treated, n_treated, events_control, n_control)
    if reason := _too_few(tables):
        return Estimate(method, len(tables), reason=reason)
    a, b, c, d = tables.reshape(-1, 4).T
    if not np.any(a * d) or not np.any(b * c):
        return Estimate(method, len(tables), reason="the pooled odds ratio is zero or infinite")
    fit = StratifiedTable(list(tables))
    return Estimate(
        method,
        len(tables),
        fit.logodds_pooled,
        fit.logodds_pooled_se,
        *_wald(fit.logodds_pooled, fit.logodds_pooled_se),
    )


def peto(events_treated: Column, n_treated: Column, events_control: Column, n_control: Column) -> Estimate:
    """Peto one-step log odds ratio: observed minus expected events over their hypergeometric variance,
    summed.

    Arrays of shape (study,). Biased when arms differ much in size or the effect is large. Reference: Yusuf
    1985, Prog Cardiovasc Dis 27:335.
    """
    method = "Peto odds ratio"
    tables = _tables(events_treated, n_treated, events_control, n_control)
    if reason := _too_few(tables):
        return Estimate(method, len(tables), reason=reason)
    a, b, c, d = tables.reshape(-1, 4).T
    treated, control, events, total = a + b, c + d, a + c, a + b + c + d
    excess = np.sum(a - treated * events / total)
    variance = np.sum(treated * control * events * (total - events) / (total**2 * (total - 1)))
    estimate, se = excess / variance, 1 / np.sqrt(variance)
    return Estimate(method, len(tables), estimate, se, *_wald(estimate, se))


def random_effects(estimate: ArrayLike, se: ArrayLike) -> Estimate:
    """Random-effects mean with Paule-Mandel tau, Hartung-Knapp interval (t, k - 1) and prediction interval.

    estimate, se: shape (study,), on one additive scale. The Hartung-Knapp standard error is used as
    published, so with estimates that agree by chance the interval can be narrower than a common-effect one.
    The prediction interval is mean +- t (k - 1) times the root of tau squared plus that standard error
    squared. References: Paule 1982, J Res Natl Bur Stand 87:377; Knapp 2003, Stat Med 22:2693; Veroniki 2016,
    Res Synth Methods 7:55.
    """
    from statsmodels.stats.meta_analysis import combine_effects

    method = "random effects, Paule-Mandel, Hartung-Knapp"
    estimate, se = np.asarray(estimate, dtype=float), np.asarray(se, dtype=float)
    if len(estimate) < 2:
        return Estimate(method, len(estimate), reason=_count(len(estimate)))
    fit = combine_effects(estimate, se**2, method_re="pm", use_t=True)
    if (
        fit.tau2 == 0 and fit.q > len(estimate) - 1 + 1e-4
    ):  # its iteration answers 0 once it steps past the root
        raise ArithmeticError(f"no Paule-Mandel tau was found for Q = {fit.q}")
    quantile = stats.t.ppf(0.975, len(estimate) - 1)
    mean, mean_se, tau = fit.mean_effect_re, np.sqrt(fit.var_hksj_re), np.sqrt(fit.tau2)
    half, reach = quantile * mean_se, quantile * np.hypot(tau, mean_se)
    return Estimate(
        method, len(estimate), mean, mean_se, mean - half, mean + half, tau, mean - reach, mean + reach
    )


def _cells(events_treated: float, n_treated: float, events_control: float, n_control: float) -> np.ndarray:
    return np.array(
        [[events_treated, n_treated - events_treated], [events_control, n_control - events_control]],
        dtype=float,
    )


def _tables(*columns: Column) -> np.ndarray:
    return np.array([_cells(*study) for study in zip(*columns, strict=True)]).reshape(-1, 2, 2)


def _too_few(tables: np.ndarray) -> str:
    if len(tables) < 2:
        return _count(len(tables))
    informative = [table for table in tables if 0 < table[:, 0].sum() < table.sum()]
    return "" if informative else "no study has both patients with and patients without an event"


def _count(studies: int) -> str:
    return f"{studies} {'study' if studies == 1 else 'studies'}: nothing to pool"


def _wald(estimate: float, se: float) -> tuple[float, float]:
    return estimate - NORMAL_95 * se, estimate + NORMAL_95 * se
