"""Can a ratio, its interval and its p be correct, under any convention in use?

Only a Wald result must lie in the middle of its interval (on the log scale) and give its own p.  Where the
counts of both arms are known, every method is computed, and the one that prints the number is named.  Where
they are not, an interval that is not symmetric may be exact, profile, score or bootstrap, and a p beside it
log-rank, likelihood ratio, score, chi-squared, Fisher's or weighted: what lies within the reach of these
agrees under that condition, which is named, and what lies within that of weighted tests alone is right only
if it is of one; only what lies beyond differs.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from scipy import special

from extraction.recover import Unusable, two_by_two
from extraction.recover.estimates import Printed, RatioCoherence, ratio_coherence
from extraction.recover.printed import number
from extraction.recover.rounding import EDGE, PrintedP, decimals, printed_p, true_values
from extraction.recover.two_by_two import Counts, Limits, Told

Verdict = Literal["agrees", "agrees_if", "last_digit", "only_if", "differs", "unchecked"]
ORDER: tuple[Verdict, ...] = ("unchecked", "agrees", "agrees_if", "last_digit", "only_if", "differs")
"""From the mildest to the gravest; that of a whole is the gravest of its parts'.  `only_if` is a mild fault:
no test that is run unless it is named prints so, and none is named.
"""
Range = tuple[float, float]
COUNTED = ("odds_ratio", "risk_ratio")
"""Measures that counts of two arms give."""


class Reach(NamedTuple):
    """How far methods other than Wald's go from it, seen in random tables and survival times, with a margin.

    skew, skew_per_width : largest (upper - lower arm) / width of a log interval, and what each unit of its
    width at 95 % adds
    below : by how many z another test's is below Wald's
    above, above_per_log : by how many it is above, and what each unit of |log ratio| times Wald's z adds
    others : those tests, in words
    further : what a test that is always named goes further by on either side, in z, and under which condition
    """

    skew: float
    skew_per_width: float
    below: float
    above: float
    above_per_log: float
    others: str
    further: tuple[tuple[float, str], ...] = ()


COUNT_TESTS = "likelihood ratio, score, chi-squared or exact"
WEIGHTED = "it is of a test that weighs early events: Gehan–Breslow–Wilcoxon, Tarone–Ware or Peto–Prentice"
OF_ODDS = Reach(0.02, 0.1, 1.1, 0.5, 0.8, COUNT_TESTS)
"""Odds and rate ratios: of 990 random tables of 4 to 1,000 patients an arm none goes beyond."""
OF_HAZARDS = OF_ODDS._replace(
    others="log-rank, likelihood ratio, score or Σ(O−E)²/E",
    further=((0.9, WEIGHTED), (3.6, f"{WEIGHTED}, and the hazards are not in proportion")),
)
"""Of 5,947 random pairs of survival curves of 4 to 400 patients an arm, half with ties and a third with other
hazards early than late, none goes beyond.
"""
OF_RISKS = Reach(0.8, 0.0, math.inf, 1.0, 0.8, COUNT_TESTS)
"""Other ratios: where nearly all patients have the event, a risk ratio's Wald test can be far from an exact
one, and its score interval is far from symmetric.
"""
REACHES = {"odds_ratio": OF_ODDS, "hazard_ratio": OF_HAZARDS, "rate_ratio": OF_ODDS}
MOST_COMPARISONS = 10
"""Comparisons up to which a Bonferroni product is named."""


class Part(NamedTuple):
    """What is said of the estimate, the interval or the p.

    conditions : the conventions under which it agrees, the usual first; empty where it differs
    expected : what the usual conventions print
    reason : why it differs, where that is not plain
    """

    verdict: Verdict
    conditions: tuple[str, ...] = ()
    expected: str = ""
    reason: str = ""


UNCHECKED = Part("unchecked")


@dataclass(frozen=True)
class RatioClaim:
    """A judgement of the three numbers; the verdict of the whole is the gravest of theirs."""

    estimate: Part
    interval: Part
    p: Part

    @property
    def verdict(self) -> Verdict:
        return max((part.verdict for part in (self.estimate, self.interval, self.p)), key=ORDER.index)

    @property
    def words(self) -> str:
        """A sentence for each number that could be judged."""
        told = {"the estimate": self.estimate, "the interval": self.interval, "the p": self.p}
        return "; ".join(say(name, part) for name, part in told.items() if part.verdict != "unchecked")


@dataclass(frozen=True)
class PrintedRatio:
    """A ratio as printed, with its interval at a level in per cent, or its p, or both.

    Raises Unusable for a ratio of 0 or below, limits that do not ascend, a level or p that is none.
    """

    estimate: Printed
    lower: Printed | None = None
    upper: Printed | None = None
    level: Printed = 95
    p: str | None = None

    def __post_init__(self) -> None:
        if (self.lower is None) != (self.upper is None):
            raise Unusable("one limit alone: give both limits of the interval, or none")
        for name in ("estimate", "lower", "upper", "level"):
            value = getattr(self, name)
            if value is not None and _number(value) < 0:
                raise Unusable(f"{name} {value}: a ratio is not below 0")
        if self.lower is not None and self.upper is not None and _number(self.lower) > _number(self.upper):
            raise Unusable(f"interval from {self.lower} to {self.upper}: its limits must ascend")
        if not 0 < _number(self.level) < 100:
            raise Unusable(f"level {self.level}: an interval covers more than 0 and less than 100 %")
        if self.p is not None:
            printed_p(self.p)


def judge_ratio(printed: PrintedRatio, measure: str = "ratio", counts: Counts | None = None) -> RatioClaim:
    """Whether a ratio, its interval and its p can be correct; by the counts of both arms where known.

    measure : `odds_ratio`, `risk_ratio`, or any other ratio, which counts do not give
    """
    if counts is None or measure not in COUNTED:
        return _alone(printed, REACHES.get(measure, OF_RISKS))
    _require_counts(counts)
    return RatioClaim(
        _of_values(printed.estimate, two_by_two.estimates(measure, counts)),
        _of_intervals(printed, measure, counts),
        UNCHECKED if printed.p is None else judge_p(printed_p(printed.p), counts),
    )


def say(name: str, part: Part) -> str:
    """A sentence, without its full stop, on a part that was judged; what was expected stands apart."""
    conditions = " or ".join(part.conditions[:3])
    by = "" if name == "the estimate" else "by "
    match part.verdict:
        case "agrees":
            return f"{name} is {by}{conditions}"
        case "agrees_if":
            return f"{name} agrees if {conditions}"
        case "last_digit":
            return f"{name} is {by}{conditions} but for the last digit"
        case "only_if":
            return f"{name} is right only if {conditions}; by no other test"
    return f"{name} is by no method in use" + (f": {part.reason}" if part.reason else "")


# by counts


def _of_values(printed: Printed, told: list[Told]) -> Part:
    fits = [t for t in told if prints(t.value, printed, t.error)]
    if fits:
        return Part("agrees", tuple(t.method for t in fits), _shown(fits[0].value))
    near = next((t for t in told if prints(t.value, printed, t.error, steps=1.5)), None)
    if near:
        return Part("last_digit", (near.method,), _shown(near.value))
    return Part("differs", (), ", ".join(f"{_shown(t.value)} by {t.method}" for t in told[:2]))


def _of_intervals(printed: PrintedRatio, measure: str, counts: Counts) -> Part:
    if printed.lower is None or printed.upper is None:
        return UNCHECKED
    found, near, ends = [], None, (printed.lower, printed.upper)
    for method in two_by_two.intervals(measure, counts, float(printed.level) / 100):
        if _limits_print(method, ends):
            return Part("agrees", (f"the {method.method} method",), _interval(method.limits))
        if near is None and _limits_print(method, ends, steps=1.5):
            near = method
        found.append(method)
    if near:
        return Part("last_digit", (f"the {near.method} method",), _interval(near.limits))
    shown = [m for m in found if not math.isnan(m.limits[0])][:2]
    return Part("differs", (), ", ".join(f"{_interval(m.limits)} by the {m.method} method" for m in shown))


def _limits_print(method: Limits, ends: tuple[Printed, Printed], steps: float = 0.5) -> bool:
    return all(
        prints(value, text, error, steps)
        for value, text, error in zip(method.limits, ends, method.errors, strict=True)
    )


def judge_p(p: PrintedP, counts: Counts) -> Part:
    """Whether a p is that of two arms' counts by any test in use, two-sided or one-sided."""
    two_sided = [t for t in two_by_two.tests(counts) if not math.isnan(t.value)]
    if not two_sided:
        return UNCHECKED
    one_sided = [Told(f"{t.method}, one-sided", t.value, t.error) for t in two_by_two.one_sided(counts)]
    shown = ", ".join(f"{t.value:.4g} by {t.method}" for t in two_sided[:3:2])
    for told in (two_sided, one_sided, _unconditional_within(p, two_sided, counts)):
        fits = [t for t in told if p_prints(t.value, p, t.error)]
        if fits:
            return Part("agrees", tuple(t.method for t in fits), f"{fits[0].value:.4g}")
    if near := next((t for t in two_sided if _near(t.value, p)), None):
        return Part("last_digit", (near.method,), f"{near.value:.4g}")
    if times := _comparisons(p, [(t.value, t.value) for t in two_sided[:1]]):
        return Part("agrees_if", (f"Fisher's exact p is multiplied for {times} comparisons",), shown)
    return Part("differs", (), shown)


def _unconditional_within(p: PrintedP, two_sided: list[Told], counts: Counts) -> Iterator[Told]:
    """Barnard's and Boschloo's p, which take seconds, where those of the other tests are within a half (one
    side's is half as large, or above a half) and twice the printed one.
    """
    low, high = min(t.value for t in two_sided) / 4, 2 * max(t.value for t in two_sided)
    if p.upper >= low and (p.lower <= high or p.upper > 0.5):
        yield from two_by_two.unconditional(counts)


# without counts


def _alone(printed: PrintedRatio, reach: Reach) -> RatioClaim:
    """Judge the numbers by each other; the estimate is judged by the interval, so not again."""
    if printed.lower is None or printed.upper is None:
        return RatioClaim(UNCHECKED, UNCHECKED, UNCHECKED)
    estimate, lower, upper = (log_range(text) for text in (printed.estimate, printed.lower, printed.upper))
    if upper[0] == math.inf or lower[0] == -math.inf:
        return RatioClaim(UNCHECKED, Part("agrees_if", (NOT_WALD,)), UNCHECKED)
    if estimate[1] < lower[0] or estimate[0] > upper[1] or lower[0] >= upper[1]:
        return RatioClaim(
            UNCHECKED, Part("differs", reason="the estimate lies outside its interval"), UNCHECKED
        )
    found = ratio_coherence(
        _number(printed.estimate), _number(printed.lower), _number(printed.upper), printed.level
    )
    interval = _of_symmetry(printed, found, estimate, lower, upper, reach)
    if printed.p is None:
        return RatioClaim(UNCHECKED, interval, UNCHECKED)
    z = [-float(special.ndtri(p / 2)) for p in found.expected_p]
    if not found.estimate_fits:
        z += [abs(sum(estimate) / 2) * _z(printed) / (sum(end) - sum(estimate)) * 2 for end in (lower, upper)]
    return RatioClaim(
        UNCHECKED,
        interval,
        _of_wald(printed_p(printed.p), found, (min(map(abs, z)), max(map(abs, z))), estimate, reach),
    )


NOT_WALD = "the interval is exact, profile likelihood, score or bootstrap, not Wald"


def _of_symmetry(
    printed: PrintedRatio, found: RatioCoherence, estimate: Range, lower: Range, upper: Range, reach: Reach
) -> Part:
    """Whether the estimate is the middle of the interval, or as near to it as other methods have it."""
    expected = f"middle {found.expected_estimate:.3g}"
    if found.estimate_fits:
        return Part(
            "agrees", ("the Wald method, with the estimate in its middle on the log scale",), expected
        )
    own = [(math.exp(low), math.exp(high)) for low, high in (lower, estimate, upper)]
    if own[0][0] + own[2][0] <= 2 * own[1][1] and own[0][1] + own[2][1] >= 2 * own[1][0]:
        return Part("agrees_if", ("the interval is Wald's on the ratio's own scale",), expected)
    width = (sum(upper) - sum(lower)) / 2
    off = max(lower[0] + upper[0] - 2 * estimate[1], 2 * estimate[0] - lower[1] - upper[1]) / width
    if off <= reach.skew + reach.skew_per_width * width * _z_of(0.95) / _z(printed):
        return Part("agrees_if", (NOT_WALD,), expected)
    return Part(
        "differs",
        (),
        expected,
        "on the log scale the estimate is further from its middle than exact, profile or score limits are",
    )


def _of_wald(p: PrintedP, found: RatioCoherence, z: Range, estimate: Range, reach: Reach) -> Part:
    low, high = found.expected_p
    expected = f"{low:.4g} to {high:.4g} by Wald's test"
    if p.upper * (1 + EDGE) >= low and p.lower * (1 - EDGE) <= high:
        return Part("agrees", ("Wald's test",), expected)
    if any(p.upper >= a and p.lower <= b for a, b in ((low / 2, high / 2), (1 - high / 2, 1 - low / 2))):
        return Part("agrees_if", ("it is Wald's, one-sided",), expected)
    most = z[1] + reach.above + reach.above_per_log * max(map(abs, estimate)) * z[1]
    within = z[0] - reach.below, most
    other = f"it is of another test than Wald's: {reach.others}"
    if _overlap(_z_of_p(p, sides=2), within):
        return Part("agrees_if", (other,), expected)
    conditions = [f"{other}, one-sided"] if _one_sided(p, within) else []
    if times := _comparisons(p, [(low, high)]):
        conditions.append(f"Wald's p is multiplied for {times} comparisons")
    further = _further(p, within, reach)
    if conditions:
        return Part("agrees_if", (*conditions, *further), expected)
    return Part("only_if", further, expected) if further else Part("differs", (), expected, NO_TEST)


def _further(p: PrintedP, within: Range, reach: Reach) -> tuple[str, ...]:
    """The least under which a test that goes further would give a p, two-sided before one-sided."""
    for sides, words in ((2, ""), (1, " (one-sided)")):
        for further, condition in reach.further:
            if _overlap(_z_of_p(p, sides), (within[0] - further, within[1] + further)):
                return (condition + words,)
    return ()


NO_TEST = (
    "no likelihood ratio, score, log-rank, chi-squared or exact test of the same comparison is so far from"
    " Wald's; a p of another model or a weighted test is to be told as one"
)


def _one_sided(p: PrintedP, within: Range) -> bool:
    """Whether a one-sided p, of either side, has its z within a range of two-sided ones."""
    return any(_overlap(_z_of_p(p, sides=1), side) for side in (within, (-within[1], -within[0])))


def _overlap(one: Range, other: Range) -> bool:
    return one[0] <= other[1] and one[1] >= other[0]


def _z_of_p(p: PrintedP, sides: int) -> Range:
    return -float(special.ndtri(p.upper / sides)), -float(special.ndtri(p.lower / sides))


# printed numbers


def prints(value: float, printed: Printed, error: float = 0.0, steps: float = 0.5) -> bool:
    """Whether a value, known up to a relative error, is within so many units of the last printed digit."""
    if math.isinf(_number(printed)) or not math.isfinite(value):
        return value == float(_number(printed))
    unit = float(Decimal(1).scaleb(-decimals(_number(printed))))
    return abs(value - float(_number(printed))) <= unit * steps * (1 + EDGE) + error * value


def p_prints(value: float, p: PrintedP, error: float = 0.0) -> bool:
    """Whether a p, known up to a relative error, rounds to the printed one or lies within its bound."""
    value = min(value, 1.0)
    return value * (1 + error) >= p.lower * (1 - EDGE) and value * (1 - error) <= p.upper * (1 + EDGE)


def _near(value: float, p: PrintedP) -> bool:
    """Whether a p prints so with its digits cut off, or off by one in the last."""
    unit = p.upper_cut - p.lower_cut
    return bool(p.cut_off(value)) or (unit > 0 and abs(value - p.lower_cut) <= 1.5 * unit)


def _comparisons(p: PrintedP, told: list[Range]) -> int | None:
    """The fewest comparisons, 2 or more, that a p was multiplied for if it is a Bonferroni product."""
    fits = (
        times
        for times in range(2, MOST_COMPARISONS + 1)
        for low, high in told
        if times * low <= p.upper
        and times * high >= p.lower
        and times * low < 1
        and p.lower_cut < p.upper_cut
    )
    return next(fits, None)


def _number(printed: Printed) -> Decimal:
    text = str(printed)
    return Decimal("inf") if text.strip().lower() in ("inf", "∞") else number(text, "ratio").value


def log_range(printed: Printed) -> Range:
    """Smallest and largest log of what prints so; minus infinity twice for 0, infinity twice for infinity."""
    value = _number(printed)
    if value.is_infinite():
        return math.inf, math.inf
    low, high = true_values(value)
    return (math.log(low), math.log(high)) if low > 0 and value > 0 else (-math.inf, -math.inf)


def _z(printed: PrintedRatio) -> float:
    return _z_of(float(printed.level) / 100)


def _z_of(level: float) -> float:
    return float(-special.ndtri((1 - level) / 2))


def _shown(value: float) -> str:
    return f"{value:.4g}"


def _interval(limits: Range) -> str:
    return f"{_shown(limits[0])} to {_shown(limits[1])}"


def _require_counts(counts: Counts) -> None:
    a, n, c, m = counts
    if not (0 <= a <= n and 0 <= c <= m and n > 0 and m > 0):
        raise Unusable(
            f"{a}/{n} v {c}/{m}: events are at most the patients of an arm, and these at least one"
        )
