"""A sample of two arms whose rank-sum test has a given statistic: proof that a p is possible.

All patients of an arm who stand next to each other in the order can be tied with each other without moving U,
so U and the sum of t^3 - t over groups of t tied values can be chosen nearly freely.
"""

import math
from typing import NamedTuple

import numpy as np

MOST_TRIED = 400
"""Values of U that are tried, those that need the fewest ties first."""


class Sample(NamedTuple):
    """Values of both arms; only their order and their ties count."""

    treated: tuple[int, ...]
    control: tuple[int, ...]


def statistics(sample: Sample) -> tuple[np.ndarray, float]:
    """|U - its mean|, and the sum of t^3 - t over groups of t tied values."""
    treated, control = np.array(sample.treated), np.array(sample.control)
    u = np.sum((treated[:, None] > control) + (treated[:, None] == control) / 2)
    _, ties = np.unique(np.concatenate([treated, control]), return_counts=True)
    return np.abs(u - len(treated) * len(control) / 2), float(np.sum(ties**3 - ties))


def sample_with(
    sizes: tuple[int, int],
    z: tuple[float, float],
    correction: float,
    corrected_for_ties: bool,
    away: tuple[float, ...] | None = None,
) -> Sample | None:
    """A sample whose |U - its mean|, less the correction, is between two multiples of its SD; None where none
    is found.

    corrected_for_ties : whether the SD takes ties into account; away : what |U - its mean| is, where known
    """
    n, m = sizes
    total = n + m
    each = np.arange(n * m + 1) / 2 if away is None else np.array(away)
    effect = np.maximum(each - correction, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = (effect / z[0]) ** 2 if z[0] > 0 else np.full(each.shape, math.inf)  # of the variance
        least = (effect / z[1]) ** 2 if z[1] < math.inf else np.zeros(each.shape)

    def tie_sum(variance: np.ndarray) -> np.ndarray:
        return total * (total - 1) * (total + 1 - 12 * variance / (n * m))

    if corrected_for_ties:
        low, high = tie_sum(most), tie_sum(least)
    else:
        plain = n * m * (total + 1) / 12
        fits = (plain <= most * (1 + 1e-12)) & (plain >= least * (1 - 1e-12))
        low, high = np.where(fits, 0.0, math.inf), np.where(fits, math.inf, -math.inf)
    low = np.maximum(low - 1e-6, 0.0)
    possible = np.flatnonzero(high + 1e-6 >= low)
    for at in possible[np.argsort(low[possible], kind="stable")][:MOST_TRIED]:
        sample = _with(n, m, round(n * m - 2 * float(each[at])), float(low[at]), float(high[at]) + 1e-6)
        if sample:
            return sample
    return None


def _with(n: int, m: int, twice_u: int, low: float, high: float) -> Sample | None:
    """A sample with U of the treated and a sum of t^3 - t between two bounds; not all may be tied."""
    whole, half = divmod(twice_u, 2)
    highest, above = divmod(whole, m)  # treated above every control, and controls below one more
    if highest == n:
        blocks = [("control", m), ("treated", n)]
        tied = None
    else:
        blocks = [("treated", n - highest - 1), ("control", above)]
        tied = len(blocks) if half else None
        blocks += [("both" if half else "treated", 1), ("control", m - above - half), ("treated", highest)]
    sums = 6 if tied is not None else 0
    groups = []
    for arm, size in blocks:
        if arm == "both":
            groups.append((arm, 1))
            continue
        while size:
            fits = min(size, _largest_tie(high - sums)) if sums < low else 1
            groups.append((arm, fits))
            sums += fits**3 - fits
            size -= fits
    if not low <= sums <= high or sums == (n + m) ** 3 - (n + m):
        return None
    treated, control = [], []
    for value, (arm, size) in enumerate(groups):
        if arm in ("treated", "both"):
            treated += [value] * size
        if arm in ("control", "both"):
            control += [value] * size
    return Sample(tuple(treated), tuple(control))


def _largest_tie(room: float) -> int:
    """Largest t, 1 or more, with t^3 - t within a sum."""
    if room < 6:
        return 1
    if math.isinf(room):
        return 10**9
    t = max(round(room ** (1 / 3)) + 2, 2)
    while t**3 - t > room:
        t -= 1
    return t
