"""How much longer the condition lasts at one grade than at another, from the steps between them."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from extraction.question import GRADES, REFERENCE

STEPS = tuple(f"step_{lower}_to_{upper}" for lower, upper in pairwise(GRADES))
"""Names of the steps: log ratios of the durations of a grade to those of the one below."""


def from_reference(steps: Sequence[Any]) -> list[Any]:
    """Log ratio of the durations of each of GRADES to those of REFERENCE: numbers, arrays or nodes of a
    graph, as the steps are, which stand in the order of STEPS.
    """
    here = GRADES.index(REFERENCE)
    below = accumulate(-step for step in reversed(steps[:here]))
    return [*reversed(list(below)), 0.0, *accumulate(steps[here:])]
