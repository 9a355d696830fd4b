"""A log-rank p of arms large enough for a normal statistic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.special import betaln, gammaln

from models.likelihood.log_rank import LogRankReport, log_rank_z, z_from_p
from models.likelihood.ops import ops_for
from models.priors import EVENT_SHARE

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable


@dataclass(frozen=True)
class LogRank(LogRankReport):
    """The |z| behind a log-rank p, with the number of events not printed.

    z ~ N(log_hr * sqrt(V), 1) with V = D r (1 - r), r the share of tocilizumab patients and D events
    (Schoenfeld 1981, Biometrika 68:316).
    """

    name = "log_rank"
    words = "log-rank p: density of |z|, events summed out"
    short = "log-rank p"

    def log_likelihood[V: (np.ndarray, TensorVariable)](
        self, effect: V, baseline: V | None = None, event_shape: tuple[float, ...] = EVENT_SHARE.parameters
    ) -> V:
        """D is summed out under a beta-binomial with shapes `event_shape`, at least one event. Without a
        printed direction both signs are summed; a bound as p gives the probability of the region instead of
        a density.
        """
        ops = ops_for(effect)
        sign, z = z_from_p(self.p)
        events = np.arange(1, self.patients + 1)
        root_v = np.sqrt(events * self.n_toci * self.n_control) / self.patients
        mean = ops.floats(effect)[..., None] * root_v  # ..., event
        by_side = []
        for side in {"lower": [-1], "higher": [1], None: [-1, 1]}[self.direction]:
            if sign == "=":
                by_side.append(ops.exp(-((z - side * mean) ** 2) / 2) / np.sqrt(2 * np.pi))
            elif sign == "<":
                by_side.append(ops.ndtr(side * mean - z))
            else:
                by_side.append(ops.ndtr(z - side * mean) - ops.ndtr(-side * mean))
        weights = np.exp(_log_events(events, self.patients, *event_shape))
        return ops.log(ops.sum(weights * sum(by_side), axis=-1) + 1e-300)

    def simulate(self, effect: float, generator: np.random.Generator) -> Self:
        return self.printed(float(log_rank_z(effect, self.n_toci, self.n_control, generator)))


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
