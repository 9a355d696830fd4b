"""Individual times behind a curve: exact where the curve is, and as wrong as they say where it is not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_curves import PIXEL, clicked, curve_of, example, simulated
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test

from extraction.digitised.rules import contradictions
from extraction.recover import Unusable, curves
from extraction.recover.curve_bounds import event_bounds
from extraction.recover.curve_clicks import steps_of
from extraction.recover.curve_types import ArmCurve, AtRisk, Curve, Pixel, Point
from extraction.recover.curves import Patients, individual_times, log_hazard_ratio, log_rank_p, reconstruct

REFERENCE = Path(__file__).parent / "reference" / "curves"
TINY = Pixel(1e-6, 1e-6)


def published(name: str, pixel: Pixel, unit: str, swapped: bool = False) -> Curve:
    """A published digitisation; `swapped` gives each arm the other's numbers at risk."""
    rows, arms = pd.read_csv(REFERENCE / f"{name}.csv"), {}
    for arm, other in (("treated", "control"), ("control", "treated")):
        points = rows[(rows.arm == arm) & (rows.kind == "point")]
        at_risk = rows[(rows.arm == (other if swapped else arm)) & (rows.kind == "at_risk")]
        arms[arm] = ArmCurve(
            tuple(Point(t, s) for t, s in points[["time", "survival"]].values.tolist()),
            tuple(AtRisk(t, int(n)) for t, n in at_risk[["time", "n"]].values.tolist()),
        )
    end = float(rows.time.max())
    return Curve(unit, pixel, ((0.0, 0.0, 0.0, 0.0), (end, 1.0, 1.0, 1.0)), arms["treated"], arms["control"])


def bonner(swapped: bool = False) -> Curve:
    """Points are at best a pixel apart: 0.166 months and 0.35 %, the smallest published steps."""
    return published("bonner", Pixel(0.166, 0.0035), "months", swapped)


# exact curves


def test_without_censoring_an_exact_curve_gives_back_every_time():
    patients = Patients(np.arange(1.0, 21.0), np.ones(20, bool))
    found = individual_times(clicked(patients, (0,), events=True), TINY)
    assert np.sort(found.time).tolist() == patients.time.tolist() and found.event.all()


def test_events_and_censored_of_ten_patients_by_hand():
    """Ten at risk; one dies at 1, two are lost, and of the seven left at 2.5 one dies at 3: survival 9/10,
    then 9/10 times 6/7.
    """
    arm = ArmCurve(
        (
            Point(0, 1),
            Point(1, 1),
            Point(1, 0.9),
            Point(3, 0.9),
            Point(3, 0.9 * 6 / 7),
            Point(5, 0.9 * 6 / 7),
        ),
        (AtRisk(0, 10), AtRisk(2.5, 7)),
        2,
    )
    found = individual_times(arm, TINY)
    assert np.sort(found.time[found.event]).tolist() == [1, 3]
    assert np.sum(found.time >= 2.5) == 7 and len(found.time) == 10
    assert np.sum(~found.event & (found.time < 2.5)) == 2


@pytest.mark.parametrize("seed", range(20))
def test_printed_numbers_at_risk_are_met_exactly_and_events_nearly(seed):
    """Where the censored lie within an interval is not printed, so a death may be moved to a neighbouring
    step: at most one of forty here.
    """
    patients = simulated(np.random.default_rng(seed), 40, 3.0)
    arm = clicked(patients, events=True)
    found = individual_times(arm, TINY)
    assert [int(np.sum(found.time >= row.time)) for row in arm.at_risk] == [row.n for row in arm.at_risk]
    assert len(found.time) == 40 and abs(found.event.sum() - patients.event.sum()) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_printed_events_are_met_where_no_number_at_risk_is(seed):
    patients = simulated(np.random.default_rng(seed), 60, 3.0)
    assert individual_times(clicked(patients, (0,), events=True), TINY).event.sum() == patients.event.sum()


def test_the_true_events_lie_within_the_bounds_of_every_curve():
    """Bounds hold whatever the pattern of censoring, from one number at risk or from five."""
    for seed in range(40):
        random = np.random.default_rng(seed)
        patients = simulated(random, 30, 3.0, first_censored=random.uniform(0.1, 4.5))
        for times in ((0,), (0, 1, 2, 3, 4)):
            arm = clicked(patients, times)
            low, high = event_bounds(arm, TINY)
            assert low <= patients.event.sum() <= high


def test_a_foot_clicked_before_its_top_is_the_same_step():
    points = Point(0, 1), Point(1.01, 1), Point(1.0, 0.8), Point(2, 0.8)
    steps = steps_of(ArmCurve(points, ()), PIXEL)
    assert steps.survival.tolist() == [1, 1, 0.8, 0.8] and steps.time.tolist() == [0, 1.0, 1.01, 2]


def test_points_that_scatter_on_a_level_are_averaged():
    points = Point(0, 1), Point(1, 0.5), Point(1.5, 0.501), Point(2, 0.499)
    assert steps_of(ArmCurve(points, ()), PIXEL).survival[1:3].tolist() == pytest.approx([0.5005, 0.5005])


# fast estimates


def test_the_fast_hazard_ratio_and_p_are_those_of_lifelines():
    random = np.random.default_rng(3)
    treated, control = simulated(random, 40, 4.0), simulated(random, 60, 2.5)
    frame = pd.DataFrame(
        {
            "time": np.r_[treated.time, control.time],
            "event": np.r_[treated.event, control.event],
            "treated": np.repeat([1, 0], [40, 60]),
        }
    )
    cox = CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-12})
    assert log_hazard_ratio(treated, control) == pytest.approx(cox.params_["treated"], abs=1e-6)
    tied = [Patients(np.ceil(4 * arm.time), arm.event) for arm in (treated, control)]
    assert log_rank_p(*tied) == pytest.approx(
        logrank_test(tied[0].time, tied[1].time, tied[0].event, tied[1].event).p_value, rel=1e-9
    )


# the error of the reading


def readings_of(arms: list[Patients], random, **options) -> tuple[float, float]:
    """Error of the log hazard ratio of a digitised curve, and the standard error of the reading that it
    states.
    """
    curve = curve_of(*(clicked(arm, random=random, **options) for arm in arms))
    assert not list(contradictions(curve))
    found = log_hazard_ratio(*(individual_times(arm, curve.pixel) for arm in curve.arms.values()))
    return found - log_hazard_ratio(*arms), float(
        np.sqrt(np.mean((curves._read_anew(curve)[:, 0] - found) ** 2))
    )


@pytest.mark.parametrize(
    ("n", "options", "least"),
    [
        (15, {}, 22),
        (60, {}, 22),
        (60, {"at_risk_times": (0, 2.5), "events": True}, 22),
        (60, {"at_risk_times": (0,), "events": True}, 20),
    ],
)
def test_the_stated_error_of_the_reading_covers_the_true_one(n, options, least, monkeypatch):
    """Of 25 simulated trials at least as many lie within 1.96 stated errors of the hazard ratio of their true
    patients as a binomial with 95 % leaves with 97 % probability (22), or with 99.9 % (20) where the events
    alone say how many were censored; of errors stated half as large 22 would with 2 %.
    """
    monkeypatch.setattr(curves, "READINGS", 15)
    random = np.random.default_rng(20_120_209)
    found = [
        readings_of([simulated(random, n, 4.0), simulated(random, n, 2.5)], random, **options)
        for _ in range(25)
    ]
    assert sum(abs(error) <= 1.96 * max(stated, 1e-3) for error, stated in found) >= least
    assert abs(np.mean([error for error, _ in found])) < 0.1


def test_both_errors_add_in_squares_and_the_interval_holds_both():
    found = reconstruct(example())
    assert (
        found.se == pytest.approx(np.sqrt(found.se_sampling**2 + found.se_reading**2))
        and found.se_reading > 0
    )
    estimate, lower, upper = found.interval()
    assert np.log(upper / lower) / (2 * 1.959964) == pytest.approx(found.se) and estimate == pytest.approx(
        np.exp(found.log_hr)
    )


def test_the_same_curve_is_read_the_same_way_twice():
    first = reconstruct(example())
    reconstruct.cache_clear()
    assert reconstruct(example()).se_reading == first.se_reading


# published examples


def test_a_published_digitisation_gives_the_hazard_ratio_of_its_known_patients():
    """reconstructKM's vignette simulates 200 patients, prints numbers at risk and gives what was clicked: the
    patients are known.
    """
    truth = pd.read_csv(REFERENCE / "vignette_patients.csv")
    truth["treated"] = (truth.arm == "treated").astype(int)
    cox = CoxPHFitter().fit(truth[["time", "event", "treated"]], "time", "event")
    found = reconstruct(published("vignette", Pixel(0.0097, 0.0011), "years"))
    assert abs(found.log_hr - cox.params_["treated"]) < 1.96 * found.se_reading
    assert found.se_sampling == pytest.approx(cox.standard_errors_["treated"], rel=0.03)
    arms = [truth[truth.treated == side] for side in (1, 0)]
    p = logrank_test(arms[0].time, arms[1].time, arms[0].event, arms[1].event).p_value
    assert found.p_lower <= p <= found.p_upper
    for name, arm in zip(("treated", "control"), arms, strict=True):
        median = KaplanMeierFitter().fit(arm.time, arm.event).median_survival_time_
        assert found.medians[name] == pytest.approx(median, abs=3 * 0.0097)
        assert abs(found.patients[name].event.sum() - arm.event.sum()) <= 2  # of 53 and 70


def test_the_patients_of_the_vignette_have_its_numbers_at_risk():
    """They were drawn again from its seed; the numbers at risk of 22 times in the vignette confirm them."""
    truth, rows = pd.read_csv(REFERENCE / "vignette_patients.csv"), pd.read_csv(REFERENCE / "vignette.csv")
    for arm, at_risk in rows[rows.kind == "at_risk"].groupby("arm"):
        times = truth[truth.arm == arm].time.to_numpy()
        assert [int(np.sum(times >= t)) for t in at_risk.time] == at_risk.n.tolist()


def test_the_trial_of_bonner_gives_what_other_software_gives():
    """IPDfromKM, from another digitisation of the figure: hazard ratio 0.72, and in the radiotherapy arm 134
    events, 115 of them before month 20.  The paper prints 0.68 (0.52 to 0.89), p = 0.005.
    """
    found = reconstruct(bonner())
    assert np.exp(found.log_hr) == pytest.approx(0.72, abs=0.02)
    _, lower, upper = found.interval()
    assert lower < 0.68 < upper and found.p < 0.02
    control = found.patients["control"]
    assert control.event.sum() == pytest.approx(134, abs=3)
    assert np.sum(control.event & (control.time < 20)) == pytest.approx(115, abs=3)


@pytest.mark.parametrize(
    ("month", "survival", "error"),
    [(24, 0.4151, 0.0350), (32, 0.3611, 0.0353), (40, 0.3356, 0.0358), (48, 0.2964, 0.0382)],
)
def test_radiotherapy_in_the_trial_of_bonner_survives_as_in_other_software(month, survival, error):
    """Survival and standard error by IPDfromKM; two digitisations of one figure differ by a few pixels of
    0.35 %.  Earlier months are steep: there a pixel of time moves survival by more.
    """
    control = reconstruct(bonner()).patients["control"]
    fitted = KaplanMeierFitter().fit(control.time, control.event)
    assert fitted.predict(month) == pytest.approx(survival, abs=4 * 0.0035)
    lower, upper = fitted.confidence_interval_.loc[:month].iloc[-1]
    assert (upper - lower) / (2 * 1.96) == pytest.approx(error, rel=0.1)


def test_numbers_at_risk_of_the_wrong_arm_are_found_out():
    """A public copy of this digitisation has the two lines of numbers at risk exchanged: 143 of 211 at month
    10, where the curve is at 0.615.
    """
    assert not list(contradictions(bonner()))
    [(_, field, value, rule)] = contradictions(bonner(swapped=True))
    assert (field, value) == ("at_risk.n (control)", 143) and "at most 13" in rule


# what no curve can tell


def test_a_curve_without_numbers_at_risk_and_events_fixes_no_hazard_ratio():
    with pytest.raises(Unusable, match="treated: neither numbers at risk after time 0 nor the events"):
        reconstruct(example(at_risk_times=(0,)))


def test_an_arm_without_events_has_no_finite_hazard_ratio():
    flat = ArmCurve((Point(0, 1), Point(4, 1)), (AtRisk(0, 9), AtRisk(2, 6)))
    with pytest.raises(Unusable, match="control: the curve holds no event"):
        reconstruct(example()._replace(control=flat))


def test_arms_whose_events_part_have_no_finite_hazard_ratio():
    """All of one arm die before anyone of the other does, and the other's events come when nobody of the
    first is left.
    """
    early, late = (
        Patients(np.linspace(0.1, 0.5, 9), np.ones(9, bool)),
        Patients(np.linspace(1.0, 3.0, 9), np.ones(9, bool)),
    )
    assert np.isnan(log_hazard_ratio(early, late)) and np.isnan(log_hazard_ratio(late, early))
    with pytest.raises(Unusable, match="no hazard ratio is finite"):
        reconstruct(curve_of(clicked(early, (0,), events=True), clicked(late, (0,), events=True)))


def test_an_event_after_the_last_number_at_risk_is_kept():
    """Ten are left at 50, one dies at 51 and the curve ends at 58: lost at the rate before, 90 in 50, all ten
    would have been censored.
    """
    arm = ArmCurve(
        (Point(0, 1), Point(51, 1), Point(51, 0.9), Point(58, 0.9)), (AtRisk(0, 100), AtRisk(50, 10))
    )
    found = individual_times(arm, TINY)
    assert found.time[found.event].tolist() == [51.0] and len(found.time) == 100


def test_a_median_that_is_not_reached_is_infinite():
    assert reconstruct(example(seed=4, n=(40, 40), means=(30.0, 2.0))).medians["treated"] == np.inf
