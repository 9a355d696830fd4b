"""Arms of survival curves as somebody would click them: none is refused, and their error is told."""

import numpy as np
import pytest
from example_curves import AXES, corners, simulated
from lifelines import KaplanMeierFitter

from extraction.digitised.rules import contradictions
from extraction.recover import arm_readings
from extraction.recover.arm_readings import read_arm, share_surviving
from extraction.recover.curve_clicks import steps_of
from extraction.recover.curve_types import ArmCurve, AtRisk, Curve, Pixel, Point
from extraction.recover.curves import Patients

TINY = Pixel(1e-6, 1e-6)
STYLES = {
    "tops and feet": lambda points: points,
    "feet": lambda points: [points[0], *points[2:-1:2], points[-1]],
    "tops": lambda points: [points[0], *points[1:-1:2], points[-1]],
}
"""What of the corners of an exact curve somebody clicks."""


def figure(random, style, scatter=1.0, n=None, pixel=None, at_risk_times=(0, 1, 2, 3, 4)):
    """An arm as clicked, its patients, and the size of a pixel: an image of 200 to 1,200 pixels a side."""
    pixel = pixel or Pixel(*(random.uniform(0.5, 3.0, 2) * (0.01, 0.0025)))
    patients = simulated(random, n or int(random.integers(10, 200)), random.uniform(0.8, 12.0))
    moved = [
        Point(t + scatter * pixel.time * random.normal(), s + scatter * pixel.survival * random.normal())
        for t, s in STYLES[style](corners(patients))
    ]
    at_risk = tuple(AtRisk(float(t), int(np.sum(patients.time >= t))) for t in at_risk_times)
    return ArmCurve(tuple(moved), at_risk), patients, pixel


def refused(arm, pixel):
    return list(contradictions(Curve("years", pixel, AXES, arm)))


@pytest.mark.parametrize("scatter", [1.0, 2.0])
def test_no_valid_figure_is_refused(scatter):
    """300 figures of one arm: of 10 to 200 patients, tops, feet or both clicked with a scatter of 1 or 2
    pixels, beyond the ends of the axes too.
    """
    random = np.random.default_rng(21)
    for i in range(300):
        arm, _, pixel = figure(random, list(STYLES)[i % 3], scatter)
        assert not refused(arm, pixel)


def test_a_curve_that_clearly_rises_is_refused_whatever_the_scatter():
    random = np.random.default_rng(22)
    for i in range(30):
        arm, _, pixel = figure(random, list(STYLES)[i % 3], 2.0)
        lowest = min(p.survival for p in arm.points)
        late = Point(5.9, lowest + 0.4)
        assert refused(arm._replace(points=(*arm.points, late)), pixel)


@pytest.mark.parametrize("style", STYLES)
def test_what_of_the_steps_was_clicked_is_recognised(style):
    """Of exact clicks always; a careful scatter misleads one in twenty, of steps that can be seen."""
    random = np.random.default_rng(23)
    for n in (8, 21, 60):
        arm, _, _ = figure(random, style, 0.0, n, TINY)
        assert steps_of(arm, TINY).clicked == style
    found = []
    for _ in range(60):
        arm, _, pixel = figure(random, style, 1.0, int(random.integers(10, 30)), Pixel(0.005, 0.00125))
        found.append(steps_of(arm, pixel).clicked == style)
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize("style", STYLES)
def test_exact_clicks_of_any_style_give_every_step_and_no_event_is_lost(style):
    """Nobody is censored: 21 events at their times, from 21 steps."""
    patients = Patients(np.arange(1.0, 22.0) / 5, np.ones(21, bool))
    points = tuple(Point(*p) for p in STYLES[style](corners(patients)))
    found = read_arm(ArmCurve(points, (AtRisk(0, 21), AtRisk(2, 12))), TINY)
    assert np.sort(found.patients.time).tolist() == pytest.approx(patients.time.tolist())
    assert found.patients.event.all() and found.off == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("style", STYLES)
def test_the_range_of_events_holds_the_true_number(style, monkeypatch):
    """Of 60 arms of 10 to 60 patients the central range holds it in 95 %, within what a binomial allows, and
    what is possible at all always.
    """
    monkeypatch.setattr(arm_readings, "READINGS", 30)
    random, inside = np.random.default_rng(24), []
    for _ in range(60):
        arm, patients, pixel = figure(random, style, 1.0, int(random.integers(10, 60)))
        found, true = read_arm(arm, pixel), int(patients.event.sum())
        assert found.fewest <= true <= found.most
        inside.append(found.events_low <= true <= found.events_high)
    assert sum(inside) >= 52  # 95 % of 60 is 57; 51 or fewer come once in 200


def test_printed_events_that_are_not_met_are_said():
    """Thirteen of 21 die at steps that the curve shows; 17 events are printed, and four have no step."""
    patients = Patients(np.arange(1.0, 22.0) / 5, np.arange(21) < 13)
    arm = ArmCurve(tuple(Point(*p) for p in corners(patients)), (AtRisk(0, 21), AtRisk(2, 12)), 17)
    found = read_arm(arm, TINY)
    assert "17 events are printed and 13 are reconstructed: 4 lost." in found.notes


def test_the_share_surviving_is_that_of_lifelines():
    patients = simulated(np.random.default_rng(26), 40, 3.0)
    tied = Patients(np.ceil(4 * patients.time), patients.event)
    times, shares = share_surviving(tied)
    fitted = KaplanMeierFitter().fit(tied.time, tied.event)
    assert shares == pytest.approx(fitted.predict(times).to_numpy())
    median = read_arm(ArmCurve(tuple(Point(*p) for p in corners(tied)), (AtRisk(0, 40),), 25), TINY).median
    assert median == pytest.approx(fitted.median_survival_time_)


def test_a_curve_at_odds_with_its_numbers_at_risk_is_said():
    """Half die at once, but nearly all are still at risk: whoever died cannot be counted there."""
    points = Point(0, 1), Point(1, 1), Point(1, 0.5), Point(4, 0.5)
    found = read_arm(ArmCurve(points, (AtRisk(0, 20), AtRisk(2, 18))), Pixel(0.01, 0.0025))
    assert any("do not go together" in note for note in found.notes)
