"""Which hazard ratios could stand behind a log-rank p, and which tests could have given it?

Two answers stand side by side.  The usual approximation, log HR = z / sqrt(V), needs the events alone:
V = D r (1 - r) with r the share of treated patients (Schoenfeld 1981, Biometrika 68:316), or D1 D0 / D where
the events of both arms are told (Parmar 1998, Stat Med 17:2815; Tierney 2007, doi 10.1186/1745-6215-8-16).
Its error is measured on simulated trials of the same sizes and events (survival_trials.py): what Cox's model
gives in those whose p prints so.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtri

from extraction.recover import Unusable
from extraction.recover.claims import holds
from extraction.recover.log_rank import check_groups, z2_ranges
from extraction.recover.printed import number
from extraction.recover.ratio_claims import log_range
from extraction.recover.rounding import printed_p
from extraction.recover.survival_tests import LOG_RANK, TESTS, p_of
from extraction.recover.survival_trials import MOST_PATIENTS, Trials, simulate, trials_of

Direction = Literal["lower", "higher"]
SIDE: dict[Direction, int] = {"lower": -1, "higher": 1}
"""Sign of z, above 0 where the treated die the sooner."""
Z_95 = 1.959964
NEAR = 0.2
"""Standard errors that a simulated trial's z or hazard ratio may lie off the printed one; it is then moved
onto it, as log HR and z go together by its standard error.
"""
FEWEST = 20
"""Simulated trials like the printed one below which nothing is said of them."""
BEYOND = 0.5
"""Extremes of a simulation are moved out by this share of their distance from its median, as more trials
would have gone further, and by TIES standard errors.
"""
TIES = 0.1
"""Standard errors between the ways to treat ties: the simulated model has Breslow's, papers often Efron's.
"""
LARGEST_LOG_HR, ANY_LOG_HR = 5.0, 1.5
"""Of simulated trials: the largest, and the SD where none is told."""
SEED = 20_071_607


@dataclass(frozen=True)
class LogRankReport:
    """What a paper tells of a comparison of two survival curves.

    p : as printed; sides : 2, or 1 where it is one-sided
    direction : of the treated arm's hazard, where it is told
    events : of both arms together; events_treated, events_control : of each
    Raises Unusable for an empty arm, what is no p, and events that do not add up or are more than patients.
    """

    n_treated: int
    n_control: int
    p: str
    sides: int = 2
    direction: Direction | None = None
    events: int | None = None
    events_treated: int | None = None
    events_control: int | None = None

    def __post_init__(self) -> None:
        check_groups(self.n_treated, self.n_control)
        printed_p(self.p)
        by_arm = (self.events_treated, self.n_treated), (self.events_control, self.n_control)
        for events, n in (*by_arm, (self.events, self.n)):
            if events is not None and events > n:
                raise Unusable(f"{events} events of {n} patients: events are at most the patients")
        if self.total == 0:
            raise Unusable("0 events: a log-rank test compares events")
        if self.events is not None and self.by_arm:
            treated, control = self.by_arm
            if treated + control != self.events:
                raise Unusable(f"{treated} and {control} events are not {self.events} together")
            for events, n in ((treated, self.n_treated), (control, self.n_control)):
                if not 0 <= events <= n:
                    raise Unusable(f"{self.events} events together leave {events} to an arm of {n} patients")

    @property
    def n(self) -> int:
        return self.n_treated + self.n_control

    @property
    def by_arm(self) -> tuple[int, int] | None:
        """Events of both arms, where they are told or follow from the total."""
        treated, control = self.events_treated, self.events_control
        if self.events is not None:
            treated = self.events - control if treated is None and control is not None else treated
            control = self.events - treated if control is None and treated is not None else control
        return None if treated is None or control is None else (treated, control)

    @property
    def total(self) -> int | None:
        return sum(self.by_arm) if self.by_arm else self.events

    @property
    def directions(self) -> tuple[Direction, ...]:
        return (self.direction,) if self.direction else ("lower", "higher")

    @cached_property
    def z(self) -> tuple[float, float]:
        """Smallest and largest |z| whose p prints so; the largest may be infinite."""
        low, high = np.sqrt(z2_ranges(self.p, self.sides)[0])
        return float(low), float(high)

    def information(self, events: int) -> float:
        """V, the information on log HR, with so many events."""
        if self.by_arm and min(self.by_arm):
            return self.by_arm[0] * self.by_arm[1] / events
        return events * self.n_treated * self.n_control / self.n**2


class HazardRatio(NamedTuple):
    """The hazard ratio behind a p by the usual approximation.

    estimate, lower, upper : with its 95 % interval; None where the p is a bound
    nearest_1, farthest : of all p that print so; `farthest` None where they have no end (`<0.05`)
    """

    direction: Direction
    events: int
    estimate: float | None
    lower: float | None
    upper: float | None
    nearest_1: float
    farthest: float | None


def hazard_ratios(report: LogRankReport) -> list[HazardRatio]:
    """The approximation for each direction and, where the events are not told, each number of them."""
    events = range(1, report.n + 1) if report.total is None else [report.total]
    return [_approximate(report, direction, d) for direction in report.directions for d in events]


def _approximate(report: LogRankReport, direction: Direction, events: int) -> HazardRatio:
    side, (low, high), se = SIDE[direction], report.z, report.information(events) ** -0.5
    near, far = math.exp(side * se * low), None if math.isinf(high) else math.exp(side * se * high)
    if (z := _z_as_printed(report)) is None:
        return HazardRatio(direction, events, None, None, None, near, far)
    estimate, lower, upper = (math.exp((side * z + shift) * se) for shift in (0.0, -Z_95, Z_95))
    return HazardRatio(direction, events, estimate, lower, upper, near, far)


def _z_as_printed(report: LogRankReport) -> float | None:
    """|z| of the p itself, none of a bound."""
    printed = printed_p(report.p)
    p = printed.lower_cut or printed.upper / 2
    return None if printed.bound else float(abs(ndtri(p / 2 if report.sides == 2 else p)))


def implied_events(report: LogRankReport, hazard_ratio: str) -> tuple[float, float] | None:
    """Fewest and most events that a p and a hazard ratio as printed imply, D = (z / log HR)^2 / (r (1 - r));
    None where the ratio may be 1 or z has no end.
    """
    low, high = _logs(hazard_ratio)
    if low <= 0 <= high or math.isinf(report.z[1]):
        return None
    logs, share = sorted([abs(low), abs(high)]), report.n**2 / (report.n_treated * report.n_control)
    return (report.z[0] / logs[1]) ** 2 * share, (report.z[1] / logs[0]) ** 2 * share


def side_of(hazard_ratio: str) -> Direction | None:
    """The hazard of the treated by a hazard ratio as printed; None where it may be 1."""
    low, high = _logs(hazard_ratio)
    return "lower" if high < 0 else "higher" if low > 0 else None


def _logs(hazard_ratio: str) -> tuple[float, float]:
    """Smallest and largest log of a hazard ratio as printed; Unusable where that is not above 0."""
    low, high = log_range(hazard_ratio)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise Unusable(f"hazard ratio {hazard_ratio}: it is above 0")
    return low, high


def ratio_of_medians(treated: str, control: str, report: LogRankReport) -> tuple[float, float, float]:
    """The hazard ratio of two median times where the hazards are constant, with its 95 % interval where
    nobody is censored before the median: log median has variance 1 / (n log(2)^2).
    """
    times = [float(number(text, "median").value) for text in (treated, control)]
    if min(times) <= 0:
        raise Unusable(f"medians {treated} and {control}: they are above 0")
    se = math.sqrt(1 / report.n_treated + 1 / report.n_control) / math.log(2)
    log_hr = math.log(times[1] / times[0])
    middle, low, high = (math.exp(log_hr + shift * se) for shift in (0.0, -Z_95, Z_95))
    return middle, low, high


class Simulated(NamedTuple):
    """Hazard ratios by Cox's model of simulated trials whose log-rank p prints so: the middle, the central
    95 %, and how far any is taken to go.

    Where the p has no end (`<0.05`, `0.000`) they are those of its nearer end, and the farther one is 0, or
    None for infinity.
    """

    direction: Direction
    middle: float
    low: float
    high: float
    least: float
    most: float | None
    trials: int


def simulated_ratios(report: LogRankReport) -> list[Simulated]:
    """One for each direction; none where fewer than FEWEST trials are like the printed one, or they would be
    too large.
    """
    found = (_simulated(report, direction) for direction in report.directions)
    return [answer for answer in found if answer]


def _simulated(report: LogRankReport, direction: Direction) -> Simulated | None:
    if report.n > MOST_PATIENTS:
        return None
    random, (low, high) = np.random.default_rng(SEED), report.z
    events = _events(report, random)
    z = SIDE[direction] * random.uniform(low, low if np.isinf(high) else high, len(events))
    trials = _trials(report, z * _se(report, events), events, random)
    off = z - trials.z[LOG_RANK]
    alike = _alike(report, trials, off)
    if alike.sum() < FEWEST:
        return None
    log_hr = (trials.log_hr + off * trials.se)[alike]
    middle, low, high = np.quantile(log_hr, [0.5, 0.025, 0.975])
    least, most = _beyond(log_hr, TIES * float(np.median(trials.se[alike])))
    if math.isinf(report.z[1]):
        least, most = (least, math.inf) if direction == "higher" else (-math.inf, most)
    middle, low, high, least = (math.exp(value) for value in (middle, low, high, least))
    end = None if math.isinf(most) else math.exp(most)
    return Simulated(direction, middle, low, high, least, end, int(alike.sum()))


class Verdict(NamedTuple):
    """Whether a printed p is that of a test, beside a printed hazard ratio.

    lower, upper : the test's p in simulated trials with this hazard ratio
    """

    test: str
    sides: int
    fits: bool
    lower: float
    upper: float


def which_tests_print(report: LogRankReport) -> list[tuple[str, int]]:
    """Tests, with their sides, that give a p printed so in some simulated trial of these sizes and events,
    whatever the hazard ratio.
    """
    random, printed = np.random.default_rng(SEED), printed_p(report.p)
    events = _events(report, random)
    log_hr = random.normal(0.0, ANY_LOG_HR, len(events))
    z = simulate(report.n_treated, report.n_control, log_hr, events, random).z
    return [(test, sides) for sides in (2, 1) for test in TESTS if printed.rounds(p_of(z[test], sides)).any()]


def judge_tests(report: LogRankReport, hazard_ratio: str) -> list[Verdict]:
    """Each test of TESTS, two-sided and one-sided, beside a hazard ratio as printed; none where too few
    simulated trials are like the printed one.
    """
    if report.n > MOST_PATIENTS:
        return []
    low, high = _logs(hazard_ratio)
    random = np.random.default_rng(SEED)
    events = _events(report, random)
    log_hr = random.uniform(low, high, len(events))
    trials = _trials(report, log_hr, events, random)
    off = (log_hr - trials.log_hr) / trials.se
    alike = _alike(report, trials, off)
    if alike.sum() < FEWEST:
        return []
    return [
        _verdict(report, test, sides, (trials.z[test] + off)[alike]) for sides in (2, 1) for test in TESTS
    ]


def _verdict(report: LogRankReport, test: str, sides: int, z: np.ndarray) -> Verdict:
    low, high = _beyond(z, TIES)
    ends = [float(p_of(end, sides)) for end in (low, high)]
    most = float(sides) / 2 if low < 0 < high else max(ends)
    printed = printed_p(report.p)
    return Verdict(test, sides, holds(printed, min(ends), most), min(ends), most)


def _trials(
    report: LogRankReport, log_hr: np.ndarray, events: np.ndarray, random: np.random.Generator
) -> Trials:
    """Trials whose estimates lie about a log hazard ratio."""
    planted = log_hr + random.normal(0.0, _se(report, events))
    planted = np.clip(planted, -LARGEST_LOG_HR, LARGEST_LOG_HR)
    return simulate(report.n_treated, report.n_control, planted, events, random)


def _se(report: LogRankReport, events: np.ndarray) -> np.ndarray:
    return np.array([report.information(d) for d in events.tolist()]) ** -0.5


def _events(report: LogRankReport, random: np.random.Generator) -> np.ndarray:
    size = trials_of(report.n_treated, report.n_control)
    if report.total is None:
        return random.integers(1, report.n + 1, size)
    return np.full(size, report.total)


def _alike(report: LogRankReport, trials: Trials, off: np.ndarray) -> np.ndarray:
    """Which trials have about the printed number and, where they are told, the events of both arms; none of
    those in which a test leaves p open.
    """
    alike = (np.abs(off) <= NEAR) & np.isfinite([trials.se, *trials.z.values()]).all(axis=0)
    if report.by_arm:
        alike &= np.abs(trials.events_treated - report.by_arm[0]) <= max(1.0, 0.05 * sum(report.by_arm))
    return alike


def _beyond(values: np.ndarray, ties: float) -> tuple[float, float]:
    """How far values are taken to go."""
    low, middle, high = np.quantile(values, [0.0, 0.5, 1.0])
    return low - BEYOND * (middle - low) - ties, high + BEYOND * (high - middle) + ties
