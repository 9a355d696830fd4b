"""How software computes the p of a rank-sum test (Wilcoxon, Mann-Whitney), and which of its p-values a report
can be.

One notion for `recover rank` and for the checks: every two-sided and one-sided p by every convention in use,
tied values allowed unless they are excluded.  Of few patients all patterns of ties are listed; of more, a
sample is built that gives the p by a normal approximation.  Where none is found and the p is not below all
that are possible, nothing is decided.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from extraction.recover import TooLarge, Unusable
from extraction.recover.printed import number
from extraction.recover.rank_samples import Sample, sample_with, statistics
from extraction.recover.ranks import LARGEST_EXACT, mann_whitney_null, require_sizes, tied_ways
from extraction.recover.rounding import PrintedP, printed_p

Verdict = Literal["attainable", "cut_off", "undecided", "impossible"]
LARGEST_TIED_PATIENTS = 16
"""Patients in all of whom every pattern of ties is listed; of 16 that takes a second or so."""
BEYOND_UNTIED = 3.0
"""How many times the largest untied p of a given U an exact p of tied values is taken not to exceed."""


class Approximation(NamedTuple):
    """A normal approximation: the continuity correction, whether ties lessen the variance, whether the
    statistic is referred to t on N - 1 degrees of freedom.
    """

    words: str
    correction: float
    ties: bool
    student: bool = False

    def other_side(self, away: np.ndarray, tie_sum: np.ndarray | float, sizes: tuple[int, int]) -> np.ndarray:
        """One-sided p of the alternative that the ranks speak against, whose correction goes the other
        way.
        """
        return 1 - self.p(away + 2 * self.correction, tie_sum, sizes) / 2

    def p(self, away: np.ndarray, tie_sum: np.ndarray | float, sizes: tuple[int, int]) -> np.ndarray:
        """Two-sided p of |U - its mean| and the sum of t^3 - t over groups of t tied values; nan where all
        are tied.
        """
        n = sum(sizes)
        variance = sizes[0] * sizes[1] / 12 * (n + 1 - (tie_sum / (n * (n - 1)) if self.ties else 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(variance > 0, np.maximum(away - self.correction, 0.0) / np.sqrt(variance), np.nan)
        return 2 * (special.stdtr(n - 1, -z) if self.student else special.ndtr(-z))

    def z(self, p: float, sizes: tuple[int, int]) -> float:
        """The statistic whose two-sided p this is."""
        if p >= 1:
            return 0.0
        if p <= 0:
            return math.inf
        return float(-special.stdtrit(sum(sizes) - 1, p / 2) if self.student else -special.ndtri(p / 2))


APPROXIMATIONS = {
    "normal_corrected": Approximation("the normal approximation with continuity correction", 0.5, True),
    "normal": Approximation("the normal approximation without continuity correction", 0.0, True),
    "t": Approximation("the t approximation of SAS's NPAR1WAY", 0.5, True, student=True),
    "normal_corrected_ties_ignored": Approximation(
        "the normal approximation with continuity correction, ties not corrected for", 0.5, False
    ),
    "normal_ties_ignored": Approximation("the normal approximation without any correction", 0.0, False),
}
EXACT = {
    "exact": "the exact test, the smaller tail doubled",
    "exact_distance": "the exact test, rank sums as far from their mean on either side",
    "mid_p": "the exact test by its mid-p",
}
CONVENTIONS = {**EXACT, **{name: way.words for name, way in APPROXIMATIONS.items()}}
"""Every way in use to compute the p, in words; the usual ones first."""
SOFTWARE = {
    "R": ("exact", "normal_corrected"),
    "SPSS": ("normal", "exact", "exact_distance"),
    "SAS": ("normal_corrected", "t", "exact", "exact_distance", "mid_p"),
    "Stata": ("normal", "exact", "exact_distance"),
    "scipy": ("exact", "normal_corrected"),
    "Prism": ("exact", "exact_distance", "normal", "normal_corrected"),
}
"""What each program prints by default, or beside it.

R's wilcox.test is exact below 50 patients an arm without ties, else normal with correction; scipy's
mannwhitneyu is exact up to 8 patients in the smaller arm without ties, else the same.  SPSS prints the normal
approximation without correction and, of small arms, an exact p in which ties are not corrected for; its exact
module and SAS's EXACT statement permute tied ranks.  SAS's NPAR1WAY corrects, and prints a t approximation.
Stata's ranksum does not correct, and is exact up to 25 patients in newer releases.  Which normal
approximation Prism takes beyond its exact range is not documented: both are allowed.
"""


@dataclass(frozen=True)
class RankReport:
    """A printed p of a rank-sum test, with its U or rank sum where printed.

    statistic : U of either arm; or its rank sum where `rank_sum`
    ties : whether values may be tied
    conventions : names in CONVENTIONS that are tried
    Raises Unusable for empty groups, another convention, or a statistic that these groups cannot have.
    """

    n_treated: int
    n_control: int
    p: str
    statistic: str | None = None
    rank_sum: bool = False
    ties: bool = True
    conventions: tuple[str, ...] = tuple(CONVENTIONS)

    def __post_init__(self) -> None:
        require_sizes(self.n_treated, self.n_control, "rank test")
        printed_p(self.p)
        if unknown := [name for name in self.conventions if name not in CONVENTIONS]:
            raise Unusable(f"convention {unknown[0]!r}: those in use are {', '.join(CONVENTIONS)}")
        if self.statistic is not None and not self.away:
            what = "rank sum" if self.rank_sum else "U"
            raise Unusable(
                f"{what} {self.statistic}: {self.n_treated} v {self.n_control} patients have none such (U is"
                f" from 0 to {self.n_treated * self.n_control} by halves)"
            )

    @property
    def sizes(self) -> tuple[int, int]:
        return self.n_treated, self.n_control

    @property
    def away(self) -> tuple[float, ...] | None:
        """How far from its mean U can be; None where it is not printed."""
        if self.statistic is None:
            return None
        value, pairs = float(number(self.statistic, "statistic").value), self.n_treated * self.n_control
        least = [n * (n + 1) / 2 for n in self.sizes] if self.rank_sum else [0.0]
        u = {value - low for low in least}
        fits = {x for x in u if 0 <= x <= pairs and 2 * x == int(2 * x) and (self.ties or x == int(x))}
        return tuple(sorted({abs(x - pairs / 2) for x in fits}))


@dataclass(frozen=True)
class RankVerdict:
    """Whether the p can be one of this test.

    by : the conventions that give it, in words; of a p that is `cut_off`, those that give more digits of it
    smallest : the smallest p by any of them, one-sided
    p : one that prints so, None where there is none
    nearest : where none does, the nearest of those that were listed; None where not all could be
    sample : values that give it, of groups too large to list every pattern of ties
    note : what was assumed
    """

    verdict: Verdict
    by: tuple[str, ...]
    smallest: float
    p: float | None = None
    sample: Sample | None = None
    note: str = ""
    nearest: float | None = None


class Attained(NamedTuple):
    """p-values of one convention: `sides` in words, empty for two."""

    words: str
    sides: str
    p: np.ndarray

    @property
    def usual(self) -> bool:
        """Whether it is one that a paper need not name."""
        return not self.sides and self.words in USUAL


ONE_SIDED = ", one-sided"
USUAL = {CONVENTIONS[name] for name in ("exact", "exact_distance", "normal", "normal_corrected")}


def judge_ranks(report: RankReport) -> RankVerdict:
    """Whether a report's p is one that its test gives by some convention, ties included unless excluded."""
    printed = printed_p(report.p)
    found = list(_untied(report))
    if not report.ties or any(a.usual and printed.rounds(a.p).any() for a in found):
        return _verdict(report, printed, found, "impossible", _size_note(report))
    if built := _built(report, printed):
        words, p, sample = built
        smallest = min(_smallest(found), _smallest_tied(report))
        return RankVerdict("attainable", (words,), smallest, p, sample, "with tied values")
    if sum(report.sizes) <= LARGEST_TIED_PATIENTS:
        return _verdict(report, printed, [*_tied(report), *found], "impossible", "with tied values")
    least = min(_smallest(found), _smallest_tied(report))
    decided = printed.upper < least * (1 - 1e-9) or _too_large(report, printed, found)
    note = "" if decided else TOO_MANY
    return _verdict(report, printed, found, "impossible" if decided else "undecided", note, least)


TOO_MANY = "there are too many patterns of tied values to list, and a sample that gives this p was not found"


def _verdict(
    report: RankReport,
    printed: PrintedP,
    found: list[Attained],
    otherwise: Verdict,
    note: str,
    unlisted: float | None = None,
) -> RankVerdict:
    """By what was listed: the conventions that give the p, else those that give it cut off.

    unlisted : the smallest p of samples that were not listed, None where all were
    """
    smallest = min(1.0 if unlisted is None else unlisted, _smallest(found))
    fits = sorted((a for a in found if printed.rounds(a.p).any()), key=lambda a: not a.usual)
    if fits:
        value = float(fits[0].p[printed.rounds(fits[0].p)][0])
        return RankVerdict("attainable", _names(fits), smallest, value, note=note)
    cut = [a for a in found if printed.cut_off(a.p).any()]
    if cut and otherwise == "impossible":
        return RankVerdict("cut_off", _names(cut), smallest, note=note)
    nearest = _nearest(found, printed) if unlisted is None else None
    return RankVerdict(otherwise, (), smallest, note=note, nearest=nearest)


def _nearest(found: list[Attained], printed: PrintedP) -> float:
    every = np.concatenate([a.p for a in found])
    return float(every[np.argmin(np.maximum(printed.lower - every, every - printed.upper))])


def _smallest(found: list[Attained]) -> float:
    return min((float(a.p.min()) for a in found if a.p.size), default=1.0)


def _names(found: list[Attained]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{a.words}{a.sides}" for a in found))


def _size_note(report: RankReport) -> str:
    if sum(report.sizes) <= LARGEST_EXACT or not set(report.conventions) & set(EXACT):
        return ""
    return (
        f"the exact test of more than {LARGEST_EXACT} patients is taken to be the normal approximation with"
        " continuity correction, from which it differs by less than 0.001"
    )


# without ties


def _untied(report: RankReport) -> Iterator[Attained]:
    pairs = report.n_treated * report.n_control
    away = np.arange(pairs % 2, pairs + 1, 2) / 2
    if report.away is not None:  # U and its mean are whole or half numbers together
        away = np.array(report.away)
    if sum(report.sizes) <= LARGEST_EXACT:
        yield from _untied_exact(report)
    for name, way in APPROXIMATIONS.items():
        if name in report.conventions:
            yield from _sides(way, away, 0.0, report.sizes)


def _untied_exact(report: RankReport) -> Iterator[Attained]:
    null = mann_whitney_null(*report.sizes)
    lower = np.cumsum(null)
    middle = (len(null) - 1) / 2
    at = np.arange(math.floor(middle) + 1)
    if report.away is not None:  # software takes U of tied values down to a whole number, or up
        u = {rounds(middle - away) for away in report.away for rounds in (math.floor, math.ceil)}
        at = np.array(sorted(x for x in u if x <= middle))
    tail, own = lower[at], null[at]
    if {"exact", "exact_distance"} & set(report.conventions):
        # the null is symmetric: both conventions are one
        yield Attained(EXACT["exact"], "", np.minimum(2 * tail, 1.0))
        yield Attained(EXACT["exact"], ONE_SIDED, np.concatenate([tail, 1 - tail + own]))
    if "mid_p" in report.conventions:
        yield Attained(EXACT["mid_p"], "", np.minimum(2 * tail - own, 1.0))
        yield Attained(EXACT["mid_p"], ONE_SIDED, np.concatenate([tail - own / 2, 1 - tail + own / 2]))


def _sides(
    way: Approximation, away: np.ndarray, tie_sum: np.ndarray | float, sizes: tuple[int, int]
) -> Iterator[Attained]:
    two_sided, other = way.p(away, tie_sum, sizes), way.other_side(away, tie_sum, sizes)
    two_sided, other = two_sided[np.isfinite(two_sided)], other[np.isfinite(other)]
    yield Attained(way.words, "", two_sided)
    yield Attained(way.words, ONE_SIDED, np.concatenate([two_sided / 2, other]))


# with ties


def _tied(report: RankReport) -> Iterator[Attained]:
    """Of every pattern of tied values."""
    try:
        ways, tie_sums = tied_ways(*report.sizes)
    except TooLarge:
        return
    twice, pairs = np.arange(ways.shape[1]), report.n_treated * report.n_control
    away = np.abs(twice - pairs) / 2
    wanted = np.ones(len(twice), bool) if report.away is None else np.isin(away, report.away)
    pattern, at = np.nonzero((ways > 0) & wanted)
    pairs_of = np.unique(np.stack([away[at], tie_sums[pattern]]), axis=1)
    distinct = pairs_of[0], pairs_of[1]
    for name, way in APPROXIMATIONS.items():
        if name in report.conventions:
            yield from _sides(way, *distinct, report.sizes)
    total = int(ways[0].sum())
    cumulated = np.cumsum(ways, axis=1, dtype=np.int32)
    lower = cumulated[pattern, at]
    own = ways[pattern, at]
    upper = total - lower + own
    smaller = np.minimum(lower, upper)
    if "exact" in report.conventions:
        yield Attained(EXACT["exact"], "", np.unique(np.minimum(2 * smaller, total)) / total)
        yield Attained(EXACT["exact"], ONE_SIDED, np.unique(np.r_[lower, upper]) / total)
    if "exact_distance" in report.conventions:
        far = np.abs(twice[at] - pairs)
        below = np.where(pairs - far >= 0, cumulated[pattern, np.maximum(pairs - far, 0)], 0)
        above = total - np.where(pairs + far > 0, cumulated[pattern, np.maximum(pairs + far - 1, 0)], 0)
        yield Attained(
            EXACT["exact_distance"], "", np.unique(np.where(far > 0, below + above, total)) / total
        )
    if "mid_p" in report.conventions:
        yield Attained(EXACT["mid_p"], "", np.minimum(np.unique(2 * smaller - own) / total, 1.0))


def smallest_two_sided(sizes: tuple[int, int]) -> float:
    """The smallest two-sided p of any sample by any convention."""
    one_sided = _smallest_tied(RankReport(*sizes, "ns", conventions=tuple(APPROXIMATIONS)))
    return min(2 * one_sided, 1 / math.comb(sum(sizes), sizes[0]))


def _smallest_tied(report: RankReport) -> float:
    """Smallest one-sided p of any sample: each arm at one value of its own, where the correlation of ranks
    and arms is 1; of the exact test, one order of all.
    """
    n, m = report.sizes
    tie_sum = float(n**3 - n + m**3 - m)
    found = [1 / math.comb(n + m, n)] if set(EXACT) & set(report.conventions) else []
    for name, way in APPROXIMATIONS.items():
        if name in report.conventions:
            found.append(float(way.p(np.array(n * m / 2), tie_sum, report.sizes)) / 2)
    return min(found)


def _built(report: RankReport, printed: PrintedP) -> tuple[str, float, Sample] | None:
    """A sample that gives the p by an approximation: which, the p, and the sample."""
    for name, way in APPROXIMATIONS.items():
        if name not in report.conventions:
            continue
        for side in _two_sided(printed):
            correction = -way.correction if side.against else way.correction
            z = way.z(side.high, report.sizes), way.z(side.low, report.sizes)
            sample = sample_with(report.sizes, z, correction, way.ties, report.away)
            if sample:
                given = statistics(sample)
                p = way.p(*given, report.sizes) / (2 if side.words else 1)
                p = way.other_side(*given, report.sizes) if side.against else p
                return f"{way.words}{side.words}", float(p), sample
    return None


class Side(NamedTuple):
    """Two-sided p, from `low` to `high`, that a printed one stands for; `against` : one-sided, of the
    alternative that the ranks speak against.
    """

    words: str
    against: bool
    low: float
    high: float


def _two_sided(printed: PrintedP) -> Iterator[Side]:
    yield Side("", False, printed.lower, printed.upper)
    if printed.lower <= 0.5:
        yield Side(ONE_SIDED, False, 2 * printed.lower, min(2 * printed.upper, 1.0))
    if printed.upper >= 0.5:
        yield Side(ONE_SIDED, True, 2 * (1 - printed.upper), min(2 * (1 - printed.lower), 1.0))


def _too_large(report: RankReport, printed: PrintedP, untied: list[Attained]) -> bool:
    """Whether a p is far above that of its U without ties: ties lessen the variance, and so the p."""
    if report.away is None:
        return False
    largest = max((float(a.p.max()) for a in untied if not a.sides and a.p.size), default=1.0)
    return printed.lower > BEYOND_UNTIED * largest and printed.upper < 0.5
