"""Can a test statistic, its degrees of freedom and its p stand beside each other?

As statcheck asks (Nuijten 2016, doi 10.3758/s13428-015-0664-2), for t, F, r, z and chi-squared.  A printed
statistic stands for all values that print so, hence for a range of p; one- and two-sided tests, the normal
approximation and Bonferroni's multiples are tried before a p is called impossible.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from scipy import special

from extraction.recover import Unusable
from extraction.recover.printed import number, tidy
from extraction.recover.rounding import EDGE, PrintedP, decimals, printed_p

Kind = Literal["t", "F", "r", "z", "chi2"]
MOST_COMPARISONS = 10
"""Comparisons up to which a Bonferroni product is named."""
ALPHA = 0.05


@dataclass(frozen=True)
class Claim:
    """A printed result of a test.

    df : degrees of freedom: none for z, two for F, else one
    statistic : as printed; sign : empty, `<` or `>` where only a bound of it is printed
    p : as printed
    """

    kind: Kind
    df: tuple[float, ...]
    statistic: str
    p: str
    sign: str = ""

    def __post_init__(self) -> None:
        wanted = {"z": 0, "F": 2}.get(self.kind, 1)
        if len(self.df) != wanted:
            raise Unusable(f"{self.kind} has {wanted} degrees of freedom, not {len(self.df)}")
        if any(not 0 < df < math.inf for df in self.df):
            raise Unusable(f"degrees of freedom {self.df}: they are above 0")
        value = Decimal(self.statistic)
        if self.kind in ("F", "chi2") and value < 0:
            raise Unusable(f"{self.kind} = {self.statistic}: it is not below 0")
        if self.kind == "r" and abs(value) > 1:
            raise Unusable(f"r = {self.statistic}: a correlation lies from -1 to 1")
        printed_p(self.p)

    def __str__(self) -> str:
        df = f"({', '.join(f'{df:g}' for df in self.df)})" if self.df else ""
        return f"{self.kind}{df} {self.sign or '='} {self.statistic}"


class Convention(NamedTuple):
    """A way to have a p from a statistic, and the p at the ends of what prints so."""

    words: str
    lower: float
    upper: float


@dataclass(frozen=True)
class ClaimVerdict:
    """Whether a p is that of its statistic.

    verdict : `agrees` for a two-sided test (of F and chi-squared: the upper tail), `agrees_if` under the
    `conditions` alone, `last_digit` where a digit was cut off or is off by one, else `impossible`
    lower, upper : the two-sided p of all statistics that print so
    decision : whether p and statistic are on one side of 0.05; None where the digits leave it open
    """

    verdict: Literal["agrees", "agrees_if", "last_digit", "impossible"]
    conditions: tuple[str, ...]
    lower: float
    upper: float
    decision: bool | None


FORM = re.compile(
    r"(?P<kind>t|F|r|z|(?:χ|chi|x|X)\s*(?:\^?2|-?squared?)?)\s*"
    r"(?:\(\s*(?P<df1>[\d.]+)\s*(?:,\s*(?:[Nn]\s*=\s*[\d,]+|(?P<df2>[\d.]+))\s*)?\))?\s*"
    r"(?P<sign>[<>=])\s*(?P<statistic>-?\s?[\d.,·]*\d)\s*[,;]?\s+(?P<p>.*[\dsS.])"
)


def read_claim(text: str) -> Claim:
    """Read `t(18) = -1.861, p = .96`, `F(1, 30) = 4.17, p < .05`, `χ2(1, N = 90) = 3.84, p = .05`; raise
    Unusable for another form.
    """
    form = FORM.fullmatch(tidy(text))
    if not form:
        raise Unusable(f"{text!r}: a result reads t(18) = -1.861, p = .96; or F(1, 30), r(97), z, χ2(1)")
    kind = form["kind"] if form["kind"] in ("t", "F", "r", "z") else "chi2"
    df = tuple(float(form[name]) for name in ("df1", "df2") if form[name])
    statistic = f"{number(form['statistic'], kind).value:f}"
    return Claim(kind, df, statistic, form["p"], "" if form["sign"] == "=" else form["sign"])  # type: ignore[arg-type]


def judge_claim(claim: Claim, comparisons: int | None = None) -> ClaimVerdict:
    """Under which conventions a p is that of its statistic; `comparisons`: as many as Bonferroni multiplied
    it for, where that is known.
    """
    printed = printed_p(claim.p)
    usual, *others = _conventions(claim, 0.5)
    if comparisons is not None:
        if comparisons < 1:
            raise Unusable(f"comparisons = {comparisons}: there is at least one")
        usual = Convention(f"multiplied for {comparisons} comparisons", *(_times(usual, comparisons)))
    decision = _decision(printed, usual)
    if holds(printed, usual.lower, usual.upper):
        return ClaimVerdict("agrees", (usual.words,), usual.lower, usual.upper, decision)
    if comparisons is None:
        others += [
            Convention(f"{usual.words}, multiplied for {times} comparisons", *_times(usual, times))
            for times in range(2, MOST_COMPARISONS + 1)
            if times * usual.lower < 1 and printed.lower_cut < printed.upper_cut
        ]
    conditions = tuple(c.words for c in others if holds(printed, c.lower, c.upper))
    if conditions:
        return ClaimVerdict("agrees_if", conditions, usual.lower, usual.upper, decision)
    wider = next(_conventions(claim, 1.5))
    if holds(printed, wider.lower, wider.upper) or _nearly(printed, usual):
        return ClaimVerdict("last_digit", (usual.words,), usual.lower, usual.upper, decision)
    return ClaimVerdict("impossible", (), usual.lower, usual.upper, decision)


def _conventions(claim: Claim, steps: float) -> Iterator[Convention]:
    """The usual p first; `steps`: units of the last digit by which the statistic may be off."""
    low, high = _range_of(claim, steps)
    one_tailed = claim.kind in ("F", "chi2")

    def of(words: str, p: Callable[[float], float], ends: tuple[float, float] = (low, high)) -> Convention:
        values = [p(x) for x in (*ends, *([0.0] if ends[0] < 0 < ends[1] else []))]
        return Convention(words, min(values), max(values))

    if one_tailed:
        yield of("the upper tail", lambda x: _upper_tail(claim, x))
        if claim.df[0] == 1:  # the square of a t or z, whose sign is not printed
            yield of("one-sided, half of the upper tail", lambda x: _upper_tail(claim, x) / 2)
            yield of("one-sided, on the other side", lambda x: 1 - _upper_tail(claim, x) / 2)
        return
    side = "the side of the statistic", "the side that the statistic is not on"
    yield of("two-sided", lambda x: 2 * _upper_tail(claim, abs(x)))
    yield of(f"one-sided, on {side[0]}", lambda x: _upper_tail(claim, abs(x)))
    yield of(f"one-sided, on {side[1]}", lambda x: 1 - _upper_tail(claim, abs(x)))
    if claim.kind == "t":
        yield of("two-sided, from the normal distribution", lambda x: 2 * float(special.ndtr(-abs(x))))
    if claim.kind == "r" and claim.df[0] > 1:
        yield of("two-sided, by Fisher's z", lambda x: _fisher_z(x, claim.df[0] + 2))


def _range_of(claim: Claim, steps: float) -> tuple[float, float]:
    """Smallest and largest statistic that prints so."""
    value, unit = float(claim.statistic), 10.0 ** -decimals(Decimal(claim.statistic))
    least, most = {"F": (0.0, math.inf), "chi2": (0.0, math.inf), "r": (-1.0, 1.0)}.get(
        claim.kind, (-math.inf, math.inf)
    )
    if claim.sign == "<":
        return max(least, -abs(value)), value
    if claim.sign == ">":
        return value, most
    return max(least, value - steps * unit), min(most, value + steps * unit)


def _upper_tail(claim: Claim, x: float) -> float:
    """P of a statistic above x where the hypothesis is true."""
    match claim.kind:
        case "t":
            return float(special.stdtr(claim.df[0], -x))
        case "r":
            t = math.inf if abs(x) == 1 else x * math.sqrt(claim.df[0] / (1 - x * x))
            return float(special.stdtr(claim.df[0], -t))
        case "z":
            return float(special.ndtr(-x))
        case "F":
            return float(special.fdtrc(*claim.df, x))
    return float(special.chdtrc(claim.df[0], x))


def _fisher_z(r: float, n: float) -> float:
    return 0.0 if abs(r) == 1 else 2 * float(special.ndtr(-abs(math.atanh(r)) * math.sqrt(n - 3)))


def _times(usual: Convention, times: int) -> tuple[float, float]:
    return min(times * usual.lower, 1.0), min(times * usual.upper, 1.0)


def holds(printed: PrintedP, low: float, high: float) -> bool:
    """Whether a p between two values rounds to the printed one or lies within its bound."""
    return low * (1 - EDGE) <= printed.upper and high * (1 + EDGE) >= printed.lower


def _nearly(printed: PrintedP, usual: Convention) -> bool:
    """Whether the digits of the p were cut off, or the last is off by one."""
    unit = printed.upper_cut - printed.lower_cut
    return (
        unit > 0
        and printed.lower_cut - 1.5 * unit <= usual.upper
        and usual.lower <= printed.lower_cut + 1.5 * unit
    )


def _decision(printed: PrintedP, usual: Convention) -> bool | None:
    """Whether both are below ALPHA or both above; None where either may be on both sides."""
    sides = [
        "below" if upper < ALPHA else "above" if lower >= ALPHA else None
        for lower, upper in ((printed.lower, printed.upper), (usual.lower, usual.upper))
    ]
    return None if None in sides else sides[0] == sides[1]
