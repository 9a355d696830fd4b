"""Simulated patients of a survival endpoint, and what a paper would print of them.

Survival is exponential in each arm, censoring exponential and alike in both, times are recorded in whole
days.  The tests are those of the papers, on the patients: nothing is drawn from a likelihood that is fitted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.log_rank import LogRankReport
from models.likelihood.log_rank_exits import added
from models.priors import EVENT_SHARE

MEDIAN_DAYS = 180.0
"""Median survival between the arms: of a hundred patients some share a day, as they do in papers."""
LARGEST_SHARE = 0.95
"""Of patients with an event, where the limits of a hazard ratio seem to tell of more."""


@dataclass(frozen=True)
class Cohort:
    """Patients, each with the days to the event or to censoring, whether it was the event, and the arm."""

    days: np.ndarray
    observed: np.ndarray
    treated: np.ndarray

    def event_times(self) -> np.ndarray:
        """A row for each day with an event: events of the treated and of all, at risk treated and not."""
        days = np.unique(self.days[self.observed])[:, None]
        at_risk, event = self.days >= days, (self.days == days) & self.observed
        of_treated, of_all = (event & self.treated).sum(axis=1), event.sum(axis=1)
        return np.stack(
            [of_treated, of_all, (at_risk & self.treated).sum(axis=1), (at_risk & ~self.treated).sum(axis=1)],
            axis=1,
        )


def cohort(log_hr: float, n_treated: int, n_control: int, share: float, generator: Generator) -> Cohort:
    """New patients, of whom a share has the event on average before being censored."""
    treated = np.arange(n_treated + n_control) < n_treated
    hazard = np.log(2) / MEDIAN_DAYS * np.exp(log_hr * (treated - 0.5))
    life = generator.exponential(1 / hazard)
    censored = generator.exponential(1 / censoring_rate(hazard, share), len(treated))
    return Cohort(np.ceil(np.minimum(life, censored)), life <= censored, treated)


def censoring_rate(hazard: np.ndarray, share: float) -> float:
    """The rate at which the mean of hazard / (hazard + rate) over patients is the share; by bisection of its
    logarithm, as the mean falls from 1 to 0.
    """
    low, high = np.log(hazard.min()) - 40.0, np.log(hazard.max()) + 40.0
    for _ in range(60):
        middle = (low + high) / 2
        if (hazard / (hazard + np.exp(middle))).mean() > share:
            low = middle
        else:
            high = middle
    return float(np.exp(low))


def log_rank(patients: Cohort) -> float | None:
    """z of the log-rank test, below 0 where fewer with the treatment had an event; None where no event was a
    comparison.
    """
    difference, variance = np.sum([added(*row) for row in patients.event_times()] or [(0.0, 0.0)], axis=0)
    return float(difference / np.sqrt(variance)) if variance > 1e-12 else None


def cox(patients: Cohort) -> tuple[float, float] | None:
    """Log hazard ratio of a Cox model with the arm alone, and its standard error; None where it is infinite.

    Newton's method on the partial likelihood, events of one day by Efron (1977, JASA 72:557): of d events the
    k-th meets a risk set that has lost k / d of each of them.
    """
    rows = patients.event_times()
    of_treated, events, treated, control = np.repeat(rows, rows[:, 1], axis=0).T
    gone = np.concatenate([np.arange(d) / d for d in rows[:, 1]]) if len(rows) else np.zeros(0)
    treated, control = treated - gone * of_treated, control - gone * (events - of_treated)
    total, log_hr = rows[:, 0].sum(), 0.0
    if not ((treated > 0) & (control > 0)).any():
        return None
    for _ in range(50):
        share = treated * np.exp(log_hr) / (treated * np.exp(log_hr) + control)
        score, information = total - share.sum(), (share * (1 - share)).sum()
        if information < 1e-6:
            return None
        step = np.clip(score / information, -1.0, 1.0)
        log_hr += step
        if abs(step) < 1e-10:
            return float(log_hr), float(1 / np.sqrt(information))
    return None


def print_log_rank[R: LogRankReport](report: R, effect: float, generator: Generator) -> R | None:
    """The p of new patients in arms of the same sizes; of a handful of whom only some count, some by
    chance.
    """
    sizes = report.n_treated, report.n_control
    if isinstance(report, LogRankHistories):
        sizes = (
            generator.binomial(report.n_treated, report.share),
            generator.binomial(report.n_control, report.share),
        )
    z = log_rank(cohort(effect, *sizes, EVENT_SHARE.draw(generator), generator)) if all(sizes) else None
    return None if z is None else report.printed(z)


def print_ratio(report: Ratio, sizes: tuple[int, int], effect: float, generator: Generator) -> Ratio | None:
    """The hazard ratio and limits of new patients, as many with an event as the printed limits tell of."""
    share = min(report.events(*sizes) / sum(sizes), LARGEST_SHARE)
    found = cox(cohort(effect, *sizes, share, generator))
    return found and report.printed(*found)
