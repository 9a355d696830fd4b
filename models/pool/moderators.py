"""What may explain why effects differ between studies: a number or a group, told by a column of the table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from models.pool.study_table import BadTable, Cells

if TYPE_CHECKING:
    import numpy as np

MOST_GROUPS = 8


@dataclass(frozen=True)
class Covariate:
    """A number of each study; the mean effect changes with it in a line, and is told at its `centre`."""

    column: str
    values: tuple[float, ...]
    centre: float

    @property
    def sd(self) -> float:
        """Of the studies' values."""
        from statistics import stdev

        return stdev(self.values)

    @property
    def columns(self) -> np.ndarray:
        """One, and the value less the centre, for each study: shape (study, 2)."""
        import numpy as np

        values = np.array(self.values)
        return np.stack([np.ones(len(values)), values - self.centre], axis=1)

    def without(self, study: int) -> Self:
        return replace(self, values=self.values[:study] + self.values[study + 1 :])


@dataclass(frozen=True)
class Subgroups:
    """A group of each study; each has a mean effect of its own, and tau is common to all."""

    column: str
    labels: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Groups in the order in which the table has them."""
        return list(dict.fromkeys(self.labels))

    @property
    def columns(self) -> np.ndarray:
        """Which group each study is of: shape (study, group)."""
        import numpy as np

        return np.array([[float(label == name) for name in self.names] for label in self.labels])


type Moderator = Covariate | Subgroups


def df_of(effects: str) -> float | None:
    """Degrees of freedom of the t that `t:4` names, None for `normal`; anything else raises ValueError."""
    if effects == "normal":
        return None
    family, _, number = effects.partition(":")
    df = float(number) if re.fullmatch(r"[0-9]{1,3}(\.[0-9]*)?", number) else 0.0
    if family != "t" or not 1 <= df <= 200:
        raise ValueError(
            f"effects scatter as normal or as t:DF with 1 to 200 degrees of freedom, not {effects!r}"
        )
    return df


def moderator_of(cells: Sequence[Cells], covariate: str | None, subgroups: str | None) -> Moderator | None:
    """What one of the two columns tells. Raises BadTable, and ValueError where both are asked for."""
    if covariate and subgroups:
        raise ValueError("either a covariate or subgroups, not both")
    if covariate:
        return covariate_of(cells, covariate)
    return subgroups_of(cells, subgroups) if subgroups else None


def covariate_of(cells: Sequence[Cells], column: str) -> Covariate:
    """The number of each study in a column. Raises BadTable naming every cell that is none."""
    texts = _texts(cells, column)
    values, faults = [], []
    for row, text in zip(cells, texts, strict=True):
        try:
            values.append(float(text.replace(",", ".") if row.decimal_comma else text))
        except ValueError:
            faults.append(f"{row.path}, line {row.line}, column {column}: {text!r} must be a number")
    if faults:
        raise BadTable("\n".join(faults))
    if len(values) < 3 or min(values) == max(values):
        raise BadTable(f"{cells[0].path}, column {column}: a line needs 3 studies, and values that differ")
    return Covariate(column, tuple(values), sum(values) / len(values))


def subgroups_of(cells: Sequence[Cells], column: str) -> Subgroups:
    """The group of each study in a column. Raises BadTable where one has none, or there are not 2 to 8."""
    texts = _texts(cells, column)
    faults = [
        f"{row.path}, line {row.line}, column {column}: the study must be of a group"
        for row, text in zip(cells, texts, strict=True)
        if not text
    ]
    if faults:
        raise BadTable("\n".join(faults))
    found = Subgroups(column, tuple(texts))
    if not 2 <= len(found.names) <= MOST_GROUPS:
        raise BadTable(
            f"{cells[0].path}, column {column}: 2 to {MOST_GROUPS} groups are compared, not"
            f" {len(found.names)}"
        )
    return found


def _texts(cells: Sequence[Cells], column: str) -> list[str]:
    if column not in cells[0].columns:
        known = ", ".join(cells[0].columns)
        raise BadTable(f"{cells[0].path}, line 1: column {column} is missing; the columns found are {known}")
    return [row.columns[column].strip() for row in cells]
