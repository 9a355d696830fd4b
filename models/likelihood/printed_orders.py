"""What papers print of the order of an arm's values: median, quartiles, least and largest."""

from typing import NamedTuple

SPREADS = {"quartiles": ("q1", "q3"), "range": ("min", "max")}
"""What may stand beside a median, by the two numbers that tell it."""
SHARES = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}
FEWEST = 3
"""Patients of an arm."""


class Printed(NamedTuple):
    """What is printed of one arm: its patients, and order statistics by name in increasing order."""

    n: int
    values: dict[str, float]

    @property
    def words(self) -> str:
        """`5 (quartiles 3 to 8; range 1 to 20), n=17`."""
        values = self.values
        told = [
            f"{name} {values[low]:g} to {values[high]:g}"
            for name, (low, high) in SPREADS.items()
            if low in values
        ]
        return f"{values['median']:g} ({'; '.join(told)}), n={self.n}"
