"""A set of tables in a few numbers, and as one line of text that `pool` reads."""

import math
import re
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from extraction.recover import Unusable
from extraction.recover.set_likelihood import Counts, set_likelihood

Range = tuple[float, float]
LARGEST_CELL = 120_000
"""Characters of a set as one cell of a CSV file, which readers limit to 131,072."""
ITEM = re.compile(r"(\d+)/(\d+) v (\d+)(?:-(\d+))?/(\d+)")


@dataclass(frozen=True)
class Summary:
    """How many tables there are, and between which values each quantity lies in them.

    likeliest, likelihood_interval : odds ratios under which the set is most probable, two where a p without
    its side allows either, and those of 95 % likelihood, the level of risk integrated out; None where all
    patients or none had the event in every table
    entered : tables that the likelihood is of, where there are too many evenly chosen ones
    """

    tables: int
    n_treated: tuple[int, int]
    n_control: tuple[int, int]
    events_treated: tuple[int, int]
    events_control: tuple[int, int]
    odds_ratio: Range
    risk_treated: Range
    risk_control: Range
    likeliest: tuple[float, ...] | None
    likelihood_interval: Range | None
    entered: int


def summary(tables: list[Counts]) -> Summary:
    """Of at least one table."""
    a, n, c, m = np.array(tables, np.int64).T
    some = (a + c > 0) & (a + c < n + m)
    informative = [table for table, one in zip(tables, some.tolist(), strict=True) if one]
    likelihood = set_likelihood(informative) if informative else None
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (a * (m - c)) / (c * (n - a))
    return Summary(
        len(tables),
        _ends(n),
        _ends(m),
        _ends(a),
        _ends(c),
        _ends(ratios[~np.isnan(ratios)]) if not np.isnan(ratios).all() else (math.nan, math.nan),
        _ends(a / n),
        _ends(c / m),
        likelihood and likelihood.peaks,
        likelihood and likelihood.interval,
        likelihood.tables if likelihood else 0,
    )


def _ends(values: np.ndarray) -> tuple:
    return values.min().item(), values.max().item()


def as_text(tables: list[Counts]) -> str:
    """`45/248 v 32/195; 46/248 v 30-33/195`: events of the control that follow each other are joined.

    Raises Unusable for a set that is too long for a cell.
    """
    items = []
    for (n, a, m), some in groupby(sorted((n, a, m, c) for a, n, c, m in tables), key=lambda row: row[:3]):
        events = [row[3] for row in some]
        for _, run in groupby(enumerate(events), key=lambda place: place[1] - place[0]):
            joined = [c for _, c in run]
            last = f"-{joined[-1]}" if len(joined) > 1 else ""
            items.append(f"{a}/{n} v {joined[0]}{last}/{m}")
    text = "; ".join(items)
    if len(text) > LARGEST_CELL:
        raise Unusable(f"{len(tables):,} tables are too many for one row: give more of what is printed")
    return text


def from_text(text: str) -> list[Counts]:
    """The tables of such a text; raise Unusable for what is none."""
    found: list[Counts] = []
    for item in filter(None, (part.strip() for part in text.split(";"))):
        read = ITEM.fullmatch(item)
        if not read:
            raise Unusable(f"{item!r}: a table reads 45/248 v 32/195, several 45/248 v 30-33/195")
        a, n, first, last, m = (int(part or -1) for part in read.groups())
        for c in range(first, max(first, last) + 1):
            if n < 1 or m < 1 or a > n or c > m:
                raise Unusable(f"{item!r}: events are at most the patients of an arm, and these at least one")
            found.append((a, n, c, m))
    if not found:
        raise Unusable("no table: a set reads 45/248 v 32/195; 44/248 v 33/195")
    return found
