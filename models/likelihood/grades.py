"""How durations are told apart by grade, and how much longer they last at one than at another."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Self

from models.priors import Prior


@dataclass(frozen=True)
class Graded:
    """Grades by which patients are counted, the one whose ratio is the answer, and the one whose level has a
    prior: of its log, in the endpoint's unit.
    """

    grades: tuple[int, ...]
    estimand: int
    reference: int
    level: Prior

    @property
    def data(self) -> dict:
        """What a fit depends on, as JSON holds it."""
        level = [self.level.family, *self.level.parameters]
        return {"grades": self.grades, "estimand": self.estimand, "reference": self.reference, "level": level}

    @classmethod
    def of(cls, data: dict) -> Self:
        """Back from `data`, the prior without its words."""
        family, *parameters = data["level"]
        level = Prior("level", family, tuple(parameters), "", "")
        return cls(tuple(data["grades"]), data["estimand"], data["reference"], level)

    @property
    def distances(self) -> list[int]:
        """From the estimand to each grade: so many times the trend is taken off the mean effect."""
        return [self.estimand - grade for grade in self.grades]

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the steps: log ratios of the durations of a grade to those of the one below."""
        return steps_between(self.grades)

    def from_reference(self, steps: Sequence[Any]) -> list[Any]:
        """Log ratio of the durations of each grade to those of the reference: numbers, arrays or nodes of a
        graph, as the steps are.
        """
        return from_reference(self.grades.index(self.reference), steps)


def steps_between(grades: Sequence[int]) -> tuple[str, ...]:
    """Names of the steps between neighbouring grades."""
    return tuple(f"step_{lower}_to_{upper}" for lower, upper in pairwise(grades))


def from_reference(place: int, steps: Sequence[Any]) -> list[Any]:
    """Sums of the steps from the grade at a place to each."""
    below = accumulate(-step for step in reversed(steps[:place]))
    return [*reversed(list(below)), 0.0, *accumulate(steps[place:])]
