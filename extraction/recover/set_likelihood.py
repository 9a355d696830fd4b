"""What a set of tables, of which one was seen, says of the odds ratio."""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import gammaln, log_expit

Counts = tuple[int, int, int, int]
BASELINE_SD = 10.0
"""Prior SD of the level of risk, as the mean of both arms' log odds."""
MOST_TABLES = 2_000
"""Tables that enter; of more, as many evenly chosen ones."""
FARTHEST = 6 * BASELINE_SD
"""Log odds that are integrated over."""
POINTS = 121
SUPPORT = 1.9207
"""Half the 95 % point of chi-squared on one degree of freedom: the log likelihood below its peak at the ends
of a 95 % likelihood interval.
"""
VALLEY = 0.9
"""Share of a peak's height below which the likelihood falls between it and a higher one."""


class SetLikelihood(NamedTuple):
    """log_odds_ratio, likelihood : shape (point,), the highest 1; tables : how many entered."""

    log_odds_ratio: np.ndarray
    likelihood: np.ndarray
    tables: int

    @property
    def peaks(self) -> tuple[float, ...]:
        """Odds ratios under which the set is most probable, ascending: the highest, and what else stands out
        within 95 % likelihood, such as its mirror where the side of a p is not printed.
        """
        found: list[int] = []
        for at in np.argsort(-self.likelihood, kind="stable"):
            if self.likelihood[at] < np.exp(-SUPPORT):
                break
            if all(
                self.likelihood[min(at, other) : max(at, other)].min() < VALLEY * self.likelihood[at]
                for other in found
            ):
                found.append(int(at))
        return tuple(float(np.exp(self.log_odds_ratio[at])) for at in sorted(found))

    @property
    def interval(self) -> tuple[float, float]:
        """Odds ratios of 95 % likelihood: 0 or infinity where it does not end within what was looked at."""
        inside = np.flatnonzero(self.likelihood >= np.exp(-SUPPORT))
        low, high = np.exp(self.log_odds_ratio[inside[[0, -1]]])
        last = len(self.likelihood) - 1
        return 0.0 if inside[0] == 0 else float(low), np.inf if inside[-1] == last else float(high)


def set_likelihood(tables: list[Counts]) -> SetLikelihood:
    """Likelihood of the log odds ratio: the sum over the tables of two binomials, the level of risk midway
    between the arms integrated out under N(0, BASELINE_SD).

    By the trapezoidal rule over log odds that are a whole number of steps apart, a step being at most four
    tenths of the narrowest arm's standard error.
    """
    chosen = np.array(tables, np.int64)
    if len(chosen) > MOST_TABLES:
        chosen = chosen[np.linspace(0, len(chosen) - 1, MOST_TABLES).round().astype(int)]
    places, step = _places(chosen)
    low, high = _reach(chosen)
    logits = np.arange(round(low / step), round(high / step) + 1) * step
    treated, which_treated = np.unique(chosen[:, :2], axis=0, return_inverse=True)
    control, which_control = np.unique(chosen[:, 2:], axis=0, return_inverse=True)
    beside = sparse.csr_matrix(
        (np.ones(len(chosen)), (which_treated.ravel(), which_control.ravel())),
        shape=(len(treated), len(control)),
    )
    of_treated, of_control = _binomials(treated, logits), beside @ _binomials(control, logits)
    found = np.array([_at(shift, step, logits, of_treated, of_control) for shift in places])
    return SetLikelihood(places * step, found / found.max(), len(chosen))


def _places(tables: np.ndarray) -> tuple[np.ndarray, float]:
    """Log odds ratios to look at, as whole numbers of a step: four standard errors beyond the least and the
    largest estimate, or 10 either way at most.
    """
    a, n, c, m = tables.T
    cells = [cell + 0.5 for cell in (a, n - a, c, m - c)]
    log = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    se = np.sqrt(sum(1 / cell for cell in cells))
    narrowest = 2 / np.sqrt(max(n.max(), m.max()) + 1)
    low, high = max((log - 4 * se).min(), -10.0), min((log + 4 * se).max(), 10.0)
    step = min(0.1, 0.4 * narrowest, (high - low) / POINTS)
    return np.unique(np.round(np.linspace(low, high, POINTS) / step).astype(int)), step


def _reach(tables: np.ndarray) -> tuple[float, float]:
    """Log odds beyond which no arm's events are to be thought of: ten standard errors from their share, or
    the end of the prior where nobody in an arm had the event, or all.
    """
    arms = np.concatenate([tables[:, :2], tables[:, 2:]])
    events, others = arms[:, 0], arms[:, 1] - arms[:, 0]
    log, se = np.log((events + 0.5) / (others + 0.5)), np.sqrt(1 / (events + 0.5) + 1 / (others + 0.5))
    low = np.where(events == 0, -FARTHEST, log - 10 * se).min()
    high = np.where(others == 0, FARTHEST, log + 10 * se).max()
    return max(float(low), -FARTHEST), min(float(high), FARTHEST)


def _binomials(arms: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Probability of each arm's events at each log odds; shape (arm, point)."""
    events, n = arms[:, :1], arms[:, 1:]
    ways = gammaln(n + 1.0) - gammaln(events + 1.0) - gammaln(n - events + 1.0)
    return np.exp(ways + events * log_expit(logits) + (n - events) * log_expit(-logits))


def _at(shift: int, step: float, logits: np.ndarray, of_treated: np.ndarray, of_control: np.ndarray) -> float:
    """Likelihood where the log odds of the treated are so many steps above the control's."""
    size = len(logits) - abs(shift)
    treated, control = max(shift, 0), max(-shift, 0)
    midway = logits[control : control + size] + shift * step / 2
    both = np.einsum(
        "ui,ui->i", of_treated[:, treated : treated + size], of_control[:, control : control + size]
    )
    return float(both @ np.exp(-0.5 * (midway / BASELINE_SD) ** 2))
