"""Reports of the events of both arms: the control risk enters beside the log odds ratio."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit

from models.likelihood.binomials import table_set
from models.likelihood.report import Counts, EffectReport, LogLikelihood
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import MIDWAY

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import ArrayLike
    from pytensor.tensor.variable import TensorVariable

    from models.priors import BaselinePrior


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

    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        return table_set(needed(baseline), effect, self.tables)

    def of_effect(self, baseline: BaselinePrior) -> LogLikelihood:
        tables = [two_arm_log_likelihood(*table, baseline) for table in self.tables]
        return lambda effect: np.logaddexp.reduce([table(effect) for table in tables])


def needed[V](baseline: V | None) -> V:
    """The control risk of a report of counts; raise TypeError where it is not given."""
    if baseline is None:
        raise TypeError("counts have no likelihood without the control risk")
    return baseline


def draw_counts(log_or: float, n_treated: int, n_control: int, generator: Generator) -> tuple[int, int]:
    """Events of both arms; the study's level of risk from its prior."""
    control = MIDWAY.of_control(MIDWAY.prior.draw(generator), log_or)
    return (
        int(generator.binomial(n_treated, expit(control + log_or))),
        int(generator.binomial(n_control, expit(control))),
    )


def informative(events: ArrayLike, patients: ArrayLike) -> np.ndarray:
    """Whether some had the event and some had not, as in every study of this review; of any shape."""
    return (np.asarray(events) > 0) & (np.asarray(events) < patients)
