"""Reports of the events of both arms: the control risk enters beside the log odds ratio."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit

from models.likelihood.binomials import table_set
from models.likelihood.report import Counts, EffectReport
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import BASELINE_LOGIT

if TYPE_CHECKING:
    from numpy.random import Generator

    from models.priors import Prior


class RiskReport(EffectReport):
    """A report that any one of some tables of counts would print."""

    needs_baseline: ClassVar[bool] = True

    @property
    @abstractmethod
    def tables(self) -> tuple[Counts, ...]:
        """Every table that prints so."""

    @property
    def only_table(self) -> Counts | None:
        return self.tables[0] if len(self.tables) == 1 else None

    @property
    def patients(self) -> int:
        return sum(self.tables[0][1::2])

    def log_likelihood(self, effect, baseline=None):
        return table_set(baseline, effect, self.tables)

    def of_effect(self, baseline_prior: Prior) -> Callable:
        tables = [two_arm_log_likelihood(*table, baseline_prior) for table in self.tables]
        return lambda effect: np.logaddexp.reduce([table(effect) for table in tables])


def draw_counts(log_or: float, n_toci: int, n_control: int, generator: Generator) -> tuple[int, int]:
    """Events of both arms; the control risk from its prior."""
    baseline = BASELINE_LOGIT.draw(generator)
    return (
        int(generator.binomial(n_toci, expit(baseline + log_or))),
        int(generator.binomial(n_control, expit(baseline))),
    )


def informative(events, patients):
    """Whether some had the event and some had not, as in every study of this review; of any shape."""
    return (np.asarray(events) > 0) & (np.asarray(events) < patients)
