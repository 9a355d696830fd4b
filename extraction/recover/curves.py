"""Individual times behind a digitised Kaplan-Meier curve, and what they say of the hazard ratio.

The algorithm is that of Guyot 2012 (BMC Med Res Methodol 12:9, doi 10.1186/1471-2288-12-9): between two
printed numbers at risk the censored are spread evenly, and their number is raised until the steps of the
curve leave the next number at risk. Two things differ. What of the steps was clicked is recognised and
clicks that rise are levelled (curve_clicks.py), and events never take a patient whom the next number at
risk still counts, so every printed number at risk is met exactly.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from extraction.recover import Unusable
from extraction.recover.curve_clicks import steps_of
from extraction.recover.curve_types import ArmCurve, Curve, Pixel, Point
from extraction.said import said

READINGS = 200
"""Times the figure is read anew, with scattered clicks and other places of the censored, to see how far the
log hazard ratio moves.
"""
SEED = 20_120_201


@dataclass(frozen=True)
class Patients:
    """Individual data of one arm: times in the curve's unit, shape (patient,), and whether each ended in an
    event.
    """

    time: np.ndarray
    event: np.ndarray


@dataclass(frozen=True)
class Reconstruction:
    """Both arms' patients, and the log hazard ratio (treated over control) with its two standard errors.

    se_sampling : of the Cox model of these patients (Efron's ties); se_reading : root mean square change of
    the log hazard ratio when the figure is read anew; p : log-rank; p_lower, p_upper : its 95 % range over
    the readings; medians : in the curve's unit, inf if not reached
    """

    patients: dict[str, Patients]
    log_hr: float
    se_sampling: float
    se_reading: float
    p: float
    p_lower: float
    p_upper: float
    medians: dict[str, float]

    @property
    def se(self) -> float:
        """Standard error of the log hazard ratio: the sample's and the reading's, which are independent."""
        return float(np.hypot(self.se_sampling, self.se_reading))

    def interval(self, se: float | None = None) -> tuple[float, float, float]:
        """Hazard ratio with its 95 % interval, by the whole standard error unless another is given."""
        half = -special.ndtri(0.025) * (self.se if se is None else se)
        middle, low, high = (float(np.exp(self.log_hr + shift)) for shift in (0.0, -half, half))
        return middle, low, high

    def words(self) -> str:
        """`0.72 (95 % interval 0.56 to 0.93)`, by the whole standard error."""
        return "{:.2f} (95 % interval {:.2f} to {:.2f})".format(*self.interval())


@lru_cache(maxsize=256)
@said("Individual patients read off the digitised curve")
def reconstruct(curve: Curve) -> Reconstruction:
    """Read individual data off a curve; raise Unusable where it fixes no hazard ratio."""
    from lifelines import CoxPHFitter, KaplanMeierFitter  # here, as it takes a second to load
    from lifelines.statistics import logrank_test
    from pandas import DataFrame

    if len(curve.arms) < 2:
        raise Unusable("the figure has one arm alone, and a hazard ratio compares two")
    for arm, given in curve.arms.items():
        if not given.informative:
            raise Unusable(
                f"{arm}: neither numbers at risk after time 0 nor the events are given, and without either a"
                " curve fixes no hazard ratio"
            )
    patients = {arm: individual_times(given, curve.pixel) for arm, given in curve.arms.items()}
    treated, control = patients["treated"], patients["control"]
    for arm, found in patients.items():
        if not found.event.any():
            raise Unusable(f"{arm}: the curve holds no event, so its hazard ratio has no finite estimate")
    quick, readings = log_hazard_ratio(treated, control), _read_anew(curve)
    if not np.isfinite([quick, *readings[:, 0]]).all():
        raise Unusable(
            "as the figure can be read, an arm may have no event while both are at risk, so no hazard ratio"
            " is finite"
        )
    frame = DataFrame(
        {
            "time": np.concatenate([treated.time, control.time]),
            "event": np.concatenate([treated.event, control.event]),
            "treated": np.repeat([1, 0], [len(treated.time), len(control.time)]),
        }
    )
    p_lower, p_upper = np.quantile(readings[:, 1], [0.025, 0.975])
    cox = CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-9, "step_size": 0.5})
    return Reconstruction(
        patients,
        float(cox.params_["treated"]),
        float(cox.standard_errors_["treated"]),
        float(np.sqrt(np.mean((readings[:, 0] - quick) ** 2))),
        float(logrank_test(treated.time, control.time, treated.event, control.event).p_value),
        float(p_lower),
        float(p_upper),
        {
            arm: float(KaplanMeierFitter().fit(found.time, found.event).median_survival_time_)
            for arm, found in patients.items()
        },
    )


def individual_times(arm: ArmCurve, pixel: Pixel, random: np.random.Generator | None = None) -> Patients:
    """Individual data of one arm, as many patients as are at risk at first.

    random : the censored are placed at random and not at even distances, in each interval more towards its
    start or its end by chance;
        after the last number at risk their count is drawn too, where the events are not printed
    """
    times, survival, *_ = steps_of(arm, pixel)
    ends = [row.time for row in arm.at_risk[1:]] + [np.inf]
    last = max(times[-1], arm.at_risk[-1].time)
    deaths: list[tuple[float, int]] = []
    censored: list[float] = []
    share = 1.0
    for i, (start, end) in enumerate(zip(arm.at_risk, ends, strict=True)):
        inside = (times >= start.time) & (times < end)
        steps = list(zip(times[inside], survival[inside], strict=True))
        left = arm.at_risk[i + 1].n if end < np.inf else 0
        places = _places(start.n, start.time, min(end, last), random)
        if end < np.inf:
            count = _until_left(steps, share, start.n, left, places)
        else:
            count = _after_the_last(
                arm, steps, share, start.n, places, sum(d for _, d in deaths), len(censored), random
            )
        walked = _walk(steps, share, start.n, left, places(count))
        deaths, share = deaths + walked.deaths, walked.share
        censored += [*places(count), *[min(end, last)] * (walked.remaining - left)]
    event_times = np.repeat([t for t, _ in deaths], [d for _, d in deaths])
    return Patients(
        np.concatenate([event_times, censored]), np.repeat([True, False], [len(event_times), len(censored)])
    )


Places = Callable[[int], np.ndarray]
"""Gives so many times of censoring, in order."""


def _places(n: int, start: float, end: float, random: np.random.Generator | None) -> Places:
    """The function that gives so many censoring times between start and end, in order."""
    drawn = None if random is None else random.uniform(size=n) ** 2 ** random.normal()

    def places(count: int) -> np.ndarray:
        spread = (np.arange(count) + 0.5) / max(count, 1) if drawn is None else np.sort(drawn[:count])
        return start + (end - start) * spread

    return places


class _Walk(NamedTuple):
    """An interval walked through: deaths at their times, the Kaplan-Meier share after it, who remains, and
    how far the share strayed from the curve (sum of squares).
    """

    deaths: list[tuple[float, int]]
    share: float
    remaining: int
    strayed: float

    @property
    def died(self) -> int:
        return sum(d for _, d in self.deaths)


def _walk(steps: list[tuple[float, float]], share: float, n: int, left: int, censored: np.ndarray) -> _Walk:
    """Deaths at each step when some are censored at these times; at least `left` remain."""
    deaths, gone, strayed = [], 0, 0.0
    for (time, survival), passed in zip(
        steps, np.searchsorted(censored, [time for time, _ in steps]).tolist(), strict=True
    ):
        at_risk = n - gone - passed
        spare = n - gone - len(censored) - left
        died = min(int(at_risk * (1 - survival / share) + 0.5), spare) if at_risk > 0 and share > 0 else 0
        if died > 0:
            deaths.append((time, died))
            share *= 1 - died / at_risk
            gone += died
        strayed += (share - survival) ** 2
    return _Walk(deaths, share, n - gone - len(censored), strayed)


def _until_left(steps: list, share: float, n: int, left: int, places: Places) -> int:
    """Censored in an interval: each more takes at most one from those who remain, so their number rises to
    the one that leaves `left`.
    """
    count = 0
    while (excess := _walk(steps, share, n, left, places(count)).remaining - left) > 0:
        count += excess
    return count


def _after_the_last(
    arm: ArmCurve,
    steps: list,
    share: float,
    n: int,
    places: Places,
    dead: int,
    censored: int,
    random: np.random.Generator | None,
) -> int:
    """Censored after the last number at risk: the more, the fewer die, so as many as leave the printed
    events, and of those that do the one that stays closest to the curve; else at the rate seen before,
    sparing those whom the curve needs for its steps.
    """
    if (events := arm.events) is not None:

        def walked(count: int) -> _Walk:
            return _walk(steps, share, n, 0, places(count))

        ends = [
            bisect_left(range(n + 1), -wanted, key=lambda count: -walked(count).died)
            for wanted in (events - dead, events - dead - 1)
        ]
        walks = {count: walked(count) for count in range(max(ends[0] - 1, 0), min(ends[1], n) + 1)}
        return min(walks, key=lambda count: (abs(dead + walks[count].died - events), walks[count].strayed))
    most = n - _walk(steps, share, n, 0, places(0)).died
    if random is not None:
        return int(random.integers(0, most + 1))
    start, end = arm.at_risk[-1].time, steps[-1][0] if steps else arm.at_risk[-1].time
    return min(int(censored * (end - start) / start + 0.5), most) if start > 0 else 0


def _read_anew(curve: Curve) -> np.ndarray:
    """Log hazard ratio (nan where it is not finite) and log-rank p of each new reading, shape (READINGS,
    2).
    """
    random, found = np.random.default_rng(SEED), []
    for _ in range(READINGS):
        treated, control = (
            individual_times(scattered(arm, curve.pixel, random), curve.pixel, random)
            for arm in curve.arms.values()
        )
        found.append((log_hazard_ratio(treated, control), log_rank_p(treated, control)))
    return np.array(found)


def scattered(arm: ArmCurve, pixel: Pixel, random: np.random.Generator) -> ArmCurve:
    """The arm with each click moved as far as its clicks scatter."""
    scatter = steps_of(arm, pixel).scatter
    across, down = random.normal(0.0, scatter, (2, len(arm.points))) * np.reshape(pixel, (2, 1))
    return arm._replace(
        points=tuple(
            Point(max(p.time + x, 0.0), float(np.clip(p.survival + y, 0.0, 1.0)))
            for p, x, y in zip(arm.points, across, down, strict=True)
        )
    )


def _risk_sets(treated: Patients, control: Patients) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """At each time of an event: at risk in both arms, events in both arms."""
    at = np.unique(np.concatenate([treated.time[treated.event], control.time[control.event]]))
    sides = []
    for arm in (treated, control):
        dead = np.sort(arm.time[arm.event])
        sides.append(
            (
                len(arm.time) - np.searchsorted(np.sort(arm.time), at),
                np.searchsorted(dead, at, side="right") - np.searchsorted(dead, at),
            )
        )
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def log_hazard_ratio(treated: Patients, control: Patients) -> float:
    """Cox's log hazard ratio with Breslow's ties, nan where none is finite: in a millisecond, for the many
    readings; lifelines gives the one that is reported.
    """
    n_treated, n_control, d_treated, d_control = _risk_sets(treated, control)

    def score(log_hr: float) -> float:
        weighted = n_treated * np.exp(log_hr)
        return np.sum(d_treated - (d_treated + d_control) * weighted / (weighted + n_control))

    # it falls from all events minus none to none minus all: no root where one arm has no event while both are
    # at risk
    return optimize.brentq(score, -20.0, 20.0) if score(-20.0) > 0 > score(20.0) else float("nan")


def limit_without_events(treated: Patients, control: Patients) -> tuple[float, float] | None:
    """Where one arm has no event while both are at risk: the estimate, 0 or infinity, and the other limit of
    its 95 % interval by the partial likelihood; None where the ratio is finite, or anything fits.
    """
    n_treated, n_control, d_treated, d_control = _risk_sets(treated, control)
    both = (n_treated > 0) & (n_control > 0)
    n, m, events = n_treated[both], n_control[both], (d_treated[both].sum(), d_control[both].sum())
    if min(events) > 0 or max(events) == 0:
        return None
    if events[0] == 0:  # the likelihood is highest at 0: each event took a control
        d, sign = d_control[both], 1
    else:
        d, sign, n, m = d_treated[both], -1, m, n

    def lost(log_hr: float) -> float:
        return float(np.sum(d * np.log1p(n * np.exp(log_hr) / m)))

    half = special.chdtri(1, 0.05) / 2
    limit = optimize.brentq(lambda log_hr: lost(log_hr) - half, -30.0, 30.0)
    return (0.0 if sign > 0 else float("inf")), float(np.exp(sign * limit))


def log_rank_p(treated: Patients, control: Patients) -> float:
    """Two-sided log-rank p, variance hypergeometric."""
    n_treated, n_control, d_treated, d_control = _risk_sets(treated, control)
    n, d = n_treated + n_control, d_treated + d_control
    difference = np.sum(d_treated - d * n_treated / n)
    variance = np.sum(d * n_treated * n_control * (n - d) / (n**2 * np.maximum(n - 1, 1)))
    return float(special.chdtrc(1, difference**2 / variance)) if variance > 0 else 1.0
