"""Can the p of a test be that of two means and SDs, or of a difference with its interval?

Every printed number stands for the true values that round to it, both ends included.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scipy import special

from extraction.recover import Unusable
from extraction.recover.claims import holds
from extraction.recover.estimates import Printed
from extraction.recover.rounding import PrintedP, printed_p
from extraction.recover.samples import edges

# two groups


@dataclass(frozen=True)
class Group:
    """Mean, SD and size of a group as printed."""

    mean: Printed
    sd: Printed
    n: int


class MeansP(NamedTuple):
    """A test of two means, and its p at the ends of what prints so."""

    test: str
    lower: float
    upper: float


def p_of_means(one: Group, other: Group) -> list[MeansP]:
    """Two-sided p of Student's, Welch's and the normal test of two groups, over all means and SDs that print
    so.  Raises Unusable for groups of one patient and for two SDs that may be 0.
    """
    if min(one.n, other.n) < 2:
        raise Unusable(f"{one.n} v {other.n} patients: each group needs two for an SD")
    means, sds = [edges(g.mean) for g in (one, other)], [edges(g.sd, least=0) for g in (one, other)]
    if sds[0][0] <= 0 and sds[1][0] <= 0:
        raise Unusable(f"SDs {one.sd} and {other.sd}: where both may be 0, no test of means has a bound")
    far = max(abs(means[0][1] - means[1][0]), abs(means[0][0] - means[1][1]))
    near = max(means[0][0] - means[1][1], means[1][0] - means[0][1], 0.0)
    # the SDs enter the degrees of freedom of Welch's test too, which have no corner: a grid finds its range
    grid = [(a, b) for a in _spread(sds[0]) for b in _spread(sds[1]) if a or b]
    found = []
    for name, law in (("Student's t test", _student), ("Welch's t test", _welch), ("normal test", _normal)):
        ps = [law(gap, *pair, one.n, other.n) for pair in grid for gap in (far, near)]
        found.append(MeansP(name, min(ps), max(ps)))
    return found


@dataclass(frozen=True)
class MeansVerdict:
    """Whether a p is that of two means: `agrees` by a t test, `agrees_if` under the conditions, else
    `impossible` as a test of these means; a rank test of the same values may give it.
    """

    verdict: Literal["agrees", "agrees_if", "impossible"]
    conditions: tuple[str, ...]
    tests: list[MeansP]


def judge_means(one: Group, other: Group, p: str) -> MeansVerdict:
    """By which tests of two means a p can be theirs: two-sided, then one-sided."""
    printed, tests = printed_p(p), p_of_means(one, other)
    two_sided = tuple(t.test for t in tests if holds(printed, t.lower, t.upper))
    if two_sided:
        return MeansVerdict("agrees" if "t test" in two_sided[0] else "agrees_if", two_sided, tests)
    one_sided = tuple(
        f"{t.test}, one-sided"
        for t in tests
        for low, high in _one_sided(t.lower, t.upper)
        if holds(printed, low, high)
    )
    return MeansVerdict("agrees_if" if one_sided else "impossible", one_sided, tests)


def _student(gap: float, sd: float, other_sd: float, n: int, m: int) -> float:
    df = n + m - 2
    pooled = ((n - 1) * sd**2 + (m - 1) * other_sd**2) / df
    return 2 * float(special.stdtr(df, -gap / math.sqrt(pooled * (1 / n + 1 / m))))


def _welch(gap: float, sd: float, other_sd: float, n: int, m: int) -> float:
    one, other = sd**2 / n, other_sd**2 / m
    df = (one + other) ** 2 / (one**2 / (n - 1) + other**2 / (m - 1))
    return 2 * float(special.stdtr(df, -gap / math.sqrt(one + other)))


def _normal(gap: float, sd: float, other_sd: float, n: int, m: int) -> float:
    return 2 * float(special.ndtr(-gap / math.sqrt(sd**2 / n + other_sd**2 / m)))


def _spread(ends: tuple[float, float]) -> list[float]:
    return [max(ends[0] + i * (ends[1] - ends[0]) / 8, 0.0) for i in range(9)]


# a difference


@dataclass(frozen=True)
class DifferenceVerdict:
    """Whether a difference is the middle of its interval, and its p that of the interval.

    verdict : `agrees` where both are so by the normal law; `agrees_if` under the conditions; `impossible`
    where the estimate lies outside, or no condition gives the p
    middle : of the interval; lower_p, upper_p : by the normal law
    """

    verdict: Literal["agrees", "agrees_if", "impossible"]
    conditions: tuple[str, ...]
    middle: float
    lower_p: float
    upper_p: float


FEWEST_DF = 3
"""Degrees of freedom from which a t interval is thought of: five patients in two groups."""
NOT_SYMMETRIC = "the interval is score (Newcombe), profile likelihood or bootstrap, not Wald"


def judge_difference(
    estimate: Printed, lower: Printed, upper: Printed, level: Printed = 95, p: str | None = None
) -> DifferenceVerdict:
    """Whether a difference, which may be of either sign, its interval and its p agree on the additive scale.

    Raises Unusable for limits that do not ascend in the digits printed, and for what is no level.
    """
    middle, low, high = edges(estimate), edges(lower), edges(upper)
    if low[1] >= high[0]:
        raise Unusable(f"interval from {lower} to {upper}: its limits must ascend and differ as printed")
    share = float(level) / 100
    if not 0 < share < 1:
        raise Unusable(f"level {level}: an interval covers more than 0 and less than 100 %")
    half = (high[0] - low[1]) / 2, (high[1] - low[0]) / 2
    near = 0.0 if middle[0] <= 0 <= middle[1] else min(map(abs, middle))
    ratios = near / half[1], max(map(abs, middle)) / half[0]  # of estimate to half the width
    z = -float(special.ndtri((1 - share) / 2))
    normal = [2 * float(special.ndtr(-ratio * z)) for ratio in reversed(ratios)]
    told = (float(low[0] + high[1]) / 2, normal[0], normal[1])
    if middle[1] < low[0] or middle[0] > high[1]:
        return DifferenceVerdict("impossible", ("the estimate lies outside its interval",), *told)
    symmetric = low[0] + high[0] <= 2 * middle[1] and low[1] + high[1] >= 2 * middle[0]
    conditions = () if symmetric else (NOT_SYMMETRIC,)
    if p is None:
        return DifferenceVerdict("agrees" if symmetric else "agrees_if", conditions, *told)
    by = _law_of_p(printed_p(p), normal, ratios, share, symmetric)
    if by is None:
        return DifferenceVerdict("impossible", (), *told)
    conditions = (*conditions, *by)
    return DifferenceVerdict("agrees_if" if conditions else "agrees", conditions, *told)


def _law_of_p(
    p: PrintedP, normal: list[float], ratios: tuple[float, float], share: float, symmetric: bool
) -> tuple[str, ...] | None:
    """Conditions under which a p is that of the interval: none for the normal law; None where it is not."""
    if holds(p, *normal):
        return ()
    if any(holds(p, a, b) for a, b in _one_sided(*normal)):
        return ("the p is one-sided",)
    fits = [df for df in range(FEWEST_DF, 1001) if holds(p, *_t_range(df, ratios, share))]
    if fits:
        return (f"it is by t on {fits[0]} to {fits[-1]} degrees of freedom",)
    return None if symmetric else ("the p is of another test than the interval",)


def _t_range(df: int, ratios: tuple[float, float], share: float) -> tuple[float, float]:
    quantile = -float(special.stdtrit(df, (1 - share) / 2))
    low, high = (2 * float(special.stdtr(df, -ratio * quantile)) for ratio in reversed(ratios))
    return low, high


def _one_sided(low: float, high: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The same range of a two-sided p, one-sided on either side."""
    return (low / 2, high / 2), (1 - high / 2, 1 - low / 2)
