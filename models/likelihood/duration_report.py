"""Reports of durations of the condition, whose patients are counted by grade and arm."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from models.likelihood.report import Report

if TYPE_CHECKING:
    from numpy.random import Generator

    from models.likelihood.kernels import Packed

ARMS = ("treated", "control")
type Grades = tuple[tuple[int, int], ...]
"""Patients of an arm with the condition: pairs of grade and number."""
type Patients = dict[tuple[int, str], np.ndarray]
"""Durations of the patients of one study, by grade and arm."""


@dataclass(frozen=True, kw_only=True)
class DurationReport(Report):
    """A report of durations; an arm that it does not speak of is None."""

    treated: Grades | None
    control: Grades | None

    @property
    def arms(self) -> dict[str, Grades]:
        """Patients by grade of each arm that the report speaks of."""
        return {arm: grades for arm in ARMS if (grades := getattr(self, arm)) is not None}

    @property
    def cells(self) -> list[tuple[int, str, int]]:
        """Grade, arm and number of the patients, in the order in which `packed` reads their means."""
        return [(grade, arm, n) for arm, grades in self.arms.items() for grade, n in grades]

    @property
    def sizes(self) -> list[int]:
        """Patients of each cell."""
        return [n for _, _, n in self.cells]

    @property
    def patients(self) -> int:
        return sum(self.sizes)

    @abstractmethod
    def packed(self) -> Packed:
        """The report for its kernel (models/likelihood/kernels.py); raise ValueError where no data of these
        patients give it.
        """

    @abstractmethod
    def simulate(self, patients: Patients, generator: Generator) -> Self | None:
        """What the paper would print of these patients; None where it would print no such report."""


@dataclass(frozen=True, kw_only=True)
class MedianReport(DurationReport):
    """A median, of one arm or of both together.

    unit : of its numbers, one of extraction.vocabulary.HOURS
    """

    median: float
    unit: str = "days"

    @property
    def data(self) -> dict:
        numbers = super().data
        arms = {arm: numbers.pop(arm) for arm in ARMS}
        return {"cells": {arm: arms[arm] for arm in self.arms}, "unit": numbers.pop("unit")} | numbers

    @classmethod
    def of(cls, data: dict) -> Self:
        numbers = {name: value for name, value in data.items() if name != "cells"}
        return super().of(dict.fromkeys(ARMS) | data["cells"] | numbers)

    def durations(self, patients: Patients) -> np.ndarray:
        """Those of the patients that the report counts."""
        return np.concatenate([patients[grade, arm] for grade, arm, _ in self.cells])
