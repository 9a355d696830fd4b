"""What every kind of row can do: read itself from cells, and say how likely it is under an effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from models.likelihood.report import LogLikelihood
    from models.pool.measures import Measure
    from models.pool.study_table import Cells
    from models.priors import BaselinePrior

type Normal = tuple[float, float]
"""Estimate and standard error on the scale of the measure."""


@dataclass(frozen=True)
class Row(ABC):
    """One study's result. `words` says for readers what enters, and by which likelihood."""

    words: ClassVar[str]
    study: str

    @classmethod
    @abstractmethod
    def needs(cls, cells: Cells, measure: str | None) -> tuple[str, ...]:
        """Cells that this kind needs, given which are filled in; for any measure where None is asked."""

    @classmethod
    @abstractmethod
    def gives(cls, cells: Cells) -> frozenset[str]:
        """Measures that such a row can give."""

    @classmethod
    @abstractmethod
    def read(cls, cells: Cells, measure: Measure) -> Self | None:
        """The row; None, with the faults noted in the cells, where a number breaks a rule."""

    @abstractmethod
    def log_likelihood(self, measure: Measure, baseline: BaselinePrior) -> LogLikelihood:
        """Of the effect on the scale of the measure, up to a constant."""

    def normal(self, measure: Measure) -> Normal | None:
        """Estimate and standard error, where the likelihood is normal to the last digit shown."""
        return None

    @property
    @abstractmethod
    def shown(self) -> str:
        """The numbers as a forest plot prints them."""

    def notes(self, measure: Measure) -> list[str]:
        """What a reader should know of these numbers."""
        return []
