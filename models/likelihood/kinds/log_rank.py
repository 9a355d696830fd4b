"""A log-rank p of arms whose histories are too many to list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.special import betaln, gammaln

from models.likelihood.interpolation import between
from models.likelihood.log_rank import LogRankReport, z_from_p
from models.likelihood.log_rank_exits import LARGEST, LOG_HR, Z, law, log_rank_z
from models.likelihood.ops import ops_for
from models.priors import EVENT_SHARE

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

SPREAD = 0.1
"""SD of the normal kernel around each simulated z, which makes a density of them: a tenth of the SD of z."""


@dataclass(frozen=True)
class LogRank(LogRankReport):
    """The |z| behind a log-rank p, with the number of events not printed.

    Its law is simulated at the sizes of the arms (`models.likelihood.log_rank_exits`).  Of more patients than
    LARGEST, z ~ N(log_hr * sqrt(V), 1) with V = D r (1 - r), r the share of the treated and D events
    (Schoenfeld 1981, Biometrika 68:316).
    """

    name = "log_rank"
    words = (
        "log-rank p: density of |z|, simulated at the sizes of the arms; events, censoring, ties summed out"
    )
    short = "log-rank p"

    def log_likelihood[V: (np.ndarray, TensorVariable)](
        self, effect: V, baseline: V | None = None, event_shape: tuple[float, ...] = EVENT_SHARE.parameters
    ) -> V:
        """Events are summed out under a beta-binomial with shapes `event_shape`, at least one event.

        Without a printed direction both signs are summed; a bound as p gives the probability of the region
        instead of a density.
        """
        if self.patients > LARGEST:
            return schoenfeld(self, effect, event_shape)
        return between(effect, LOG_HR[0], LOG_HR[1] - LOG_HR[0], _curve(self, event_shape))

    def simulate(self, effect: float, generator: np.random.Generator) -> Self:
        return self.printed(float(log_rank_z(effect, self.n_treated, self.n_control, generator)))


@lru_cache
def _curve(report: LogRank, event_shape: tuple[float, ...]) -> np.ndarray:
    """Log likelihood at each LOG_HR."""
    return _of_normals(report, Z, SPREAD, law(report.n_treated, report.n_control, event_shape))


def schoenfeld[V: (np.ndarray, TensorVariable)](
    report: LogRank, effect: V, event_shape: tuple[float, ...] = EVENT_SHARE.parameters
) -> V:
    """Log likelihood under Schoenfeld's law of z, which holds for small effects in many patients."""
    events = np.arange(1, report.patients + 1)
    root_v = np.sqrt(events * report.n_treated * report.n_control) / report.patients
    mean = ops_for(effect).floats(effect)[..., None] * root_v  # ..., event
    return _of_normals(report, mean, 1.0, np.exp(_log_events(events, report.patients, *event_shape)))


def _of_normals[V: (np.ndarray, TensorVariable)](
    report: LogRank, mean: V, sd: float, weights: np.ndarray
) -> V:
    """Log likelihood where z is a mixture of normals, over the last axis of mean and weights."""
    ops = ops_for(mean)
    sign, z = z_from_p(report.p)
    by_side = []
    for side in {"lower": [-1], "higher": [1], None: [-1, 1]}[report.direction]:
        if sign == "=":
            by_side.append(ops.exp(-(((z - side * mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi)))
        elif sign == "<":
            by_side.append(ops.ndtr((side * mean - z) / sd))
        else:
            by_side.append(ops.ndtr((z - side * mean) / sd) - ops.ndtr(-side * mean / sd))
    return ops.log(ops.sum(weights * sum(by_side), axis=-1) + 1e-300)


def _log_events(events: np.ndarray, total: int, a: float, b: float) -> np.ndarray:
    """Log probability of each number of events, beta-binomial without none."""
    log_events = (
        gammaln(total + 1.0)
        - gammaln(events + 1.0)
        - gammaln(total - events + 1.0)
        + betaln(events + a, total - events + b)
        - betaln(a, b)
    )
    return log_events - np.logaddexp.reduce(log_events)
