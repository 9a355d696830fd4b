"""What every kind of report can do; each kind is a class in a file of its own in `models/likelihood/kinds`.

L(theta; r) = sum over all data that would have been printed as r of p(data | theta).  Each kind gives the log
of that, up to a constant that no parameter enters.  Direction everywhere: treated over control, so a log
ratio below 0 favours the treatment.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from pytensor.tensor.variable import TensorVariable

    from models.priors import BaselinePrior

type Direction = Literal["lower", "higher"]
"""Treated against control; None in its place where a paper does not print it."""
type Counts = tuple[int, int, int, int]
"""Events and patients with the treatment, then without."""

type LogLikelihood = Callable[[np.ndarray], np.ndarray]
"""Of a log ratio: array in, array of the same shape out."""


class Origin(StrEnum):
    """How the numbers of a report came from the page of a paper."""

    PRINTED = "printed"
    RECOVERED = "recovered"
    DIGITISED = "digitised"


@dataclass(frozen=True)
class Report(ABC):
    """One report of a paper, with the numbers that its likelihood needs.

    name : how results name the kind; words : what is printed and how likely it is, for readers
    short : the same in a word or two, for a picture
    """

    name: ClassVar[str]
    words: ClassVar[str]
    short: ClassVar[str]
    origin: ClassVar[Origin] = Origin.PRINTED

    @property
    def data(self) -> dict:
        """The fields as JSON holds them: what is hashed, released and shown."""
        return {field.name: _as_lists(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def of(cls, data: dict) -> Self:
        """The report whose `data` these are; raise TypeError where fields are missing or unknown."""
        return cls(**{name: _as_tuples(value) for name, value in data.items()})

    @classmethod
    def expected(cls, report: Report) -> Self:
        """A report where its reader needs one of this class; raise TypeError for any other."""
        if not isinstance(report, cls):
            raise TypeError(f"a {report.name} is no {cls.__name__}")
        return report

    @property
    @abstractmethod
    def patients(self) -> int | None:
        """Patients of both arms; None where they are not part of the report."""

    @property
    def only_table(self) -> Counts | None:
        """The counts of both arms, where they are printed or one table alone prints so."""
        return None


class EffectReport(Report):
    """A report of one log ratio."""

    needs_baseline: ClassVar[bool] = False
    """Whether the risk without the treatment enters as well."""
    elementwise: ClassVar[bool] = False
    """Whether its arithmetic takes an array for each of its fields, and so many reports at once."""

    @classmethod
    def stacked(cls, reports: Sequence[EffectReport]) -> Self:
        """Many reports of an elementwise kind as one, whose likelihood takes an effect for each of them."""
        return cls(
            **{
                field.name: np.array([getattr(report, field.name) for report in reports])
                for field in fields(cls)
            }
        )

    @abstractmethod
    def log_likelihood[V: (np.ndarray, TensorVariable)](self, effect: V, baseline: V | None = None) -> V:
        """Log likelihood at a log ratio, and a control risk on the logit scale where one is needed: numbers,
        arrays or PyTensor variables.
        """

    def of_effect(self, baseline: BaselinePrior) -> LogLikelihood:
        """Log likelihood of the log ratio alone, a baseline risk integrated out under its prior."""
        return self.log_likelihood

    @abstractmethod
    def simulate(self, effect: float, generator: Generator) -> Self | None:
        """New patients at this log ratio, printed as the paper would; None where it would print no such
        report.
        """


def _as_lists(value: object) -> object:
    return [_as_lists(part) for part in value] if isinstance(value, tuple) else value


def _as_tuples(value: object) -> object:
    return tuple(_as_tuples(part) for part in value) if isinstance(value, list | tuple) else value
