"""Hazard ratios and tests behind a log-rank p: against R, lifelines, statsmodels, published reviews, and
trials whose patients are known.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from example_curves import risk_sets
from lifelines import CoxPHFitter
from lifelines.statistics import logrank_test
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import survdiff

from extraction.recover import Unusable, survival_trials
from extraction.recover.claims import holds
from extraction.recover.log_rank_ratios import (
    LogRankReport,
    hazard_ratios,
    implied_events,
    judge_tests,
    ratio_of_medians,
    side_of,
    simulated_ratios,
    which_tests_print,
)
from extraction.recover.rounding import printed_p
from extraction.recover.survival_tests import (
    GEHAN,
    LIKELIHOOD_RATIO,
    LOG_RANK,
    O_MINUS_E,
    PETO,
    SCORE,
    TARONE_WARE,
    TESTS,
    WALD,
    cox,
    p_of,
    z_of_every_test,
)

LEUKAEMIA = """9 13 13+ 18 23 28+ 31 34 45+ 48 161+
5 5 8 8 12 16+ 23 27 30 33 43 45"""
"""Weeks in remission with and without maintenance (Miller 1997, Survival Analysis; `aml` of R's survival)."""


def leukaemia():
    arms = [line.split() for line in LEUKAEMIA.splitlines()]
    time = np.array([float(text.rstrip("+")) for arm in arms for text in arm])
    event = np.array([not text.endswith("+") for arm in arms for text in arm])
    return time, event, np.repeat([True, False], [len(arm) for arm in arms])


def trial(random, n_treated, n_control, log_hr, ties=False):
    """Times, events and who was treated: Weibull hazards in proportion, and censored at random."""
    treated = np.repeat([True, False], [n_treated, n_control])
    shape = random.uniform(0.7, 1.5)
    time = random.weibull(shape, len(treated)) * np.where(treated, np.exp(-log_hr / shape), 1.0)
    last = random.uniform(*np.sort(random.uniform(0.2, 4.0, 2)), len(treated))
    seen = np.minimum(time, last)
    return np.ceil(12 * seen) if ties else seen, time <= last, treated


# every test, held to other software


def test_each_test_is_that_of_r():
    """R 4.2, survival: survdiff with rho 0 and 1, and coxph with ties = "breslow", of these patients;
    Σ(O−E)²/E from survdiff's own columns.
    """
    sets = risk_sets(*leukaemia())
    fitted = cox(sets)
    z = z_of_every_test(sets, fitted)
    expected = {
        LOG_RANK: 3.3963887,
        PETO: 2.77927954,
        O_MINUS_E: 3.13517199,
        WALD: 1.76519945**2,
        LIKELIHOOD_RATIO: 3.2960190942,
        SCORE: 3.3225614163,
    }
    for name, chi_squared in expected.items():
        assert z[name][0] ** 2 == pytest.approx(chi_squared, rel=1e-7), name
        assert z[name][0] < 0  # the maintained fare better
    assert fitted.log_hr[0] == pytest.approx(-0.904219724, abs=1e-8)
    assert fitted.se[0] == pytest.approx(0.512247907, abs=1e-8)


@pytest.mark.parametrize("ties", [False, True])
def test_each_test_is_that_of_lifelines_and_statsmodels(ties):
    random = np.random.default_rng(3)
    for _ in range(10):
        time, event, treated = trial(random, 25, 40, -0.4, ties)
        sets = risk_sets(time, event, treated)
        fitted = cox(sets)
        z = z_of_every_test(sets, fitted)
        for name, weights, weight_type in (
            (LOG_RANK, None, None),
            (GEHAN, "wilcoxon", "gb"),
            (TARONE_WARE, "tarone-ware", "tw"),
        ):
            one = logrank_test(
                time[treated], time[~treated], event[treated], event[~treated], weightings=weights
            )
            assert p_of(z[name])[0] == pytest.approx(one.p_value, rel=1e-7)
            assert p_of(z[name])[0] == pytest.approx(
                survdiff(time, event, treated, weight_type=weight_type)[1], rel=1e-7
            )
        found = PHReg(time, treated.astype(float)[:, None], event, ties="breslow").fit()
        assert fitted.log_hr[0] == pytest.approx(found.params[0], abs=1e-5)
        assert fitted.se[0] == pytest.approx(found.bse[0], rel=1e-4)


def test_two_patients_by_hand():
    """The treated dies first: O - E = 1/2, V = 1/4, so z = 1; the likelihood is HR / (HR + 1), whose maximum
    is at infinity; by Σ(O−E)²/E z^2 = 1/4 (1 / 0.5 + 1 / E) with E = 1/2 at the first time and none of the
    treated at the second, where the control dies alone: E = 1/2 and 3/2, z^2 = 1/4 (2 + 2/3) = 2/3.
    """
    sets = risk_sets(np.array([1.0, 2.0]), np.array([True, True]), np.array([True, False]))
    z = z_of_every_test(sets, cox(sets))
    assert z[LOG_RANK][0] == pytest.approx(1.0)
    assert z[O_MINUS_E][0] ** 2 == pytest.approx(2 / 3)
    assert np.isnan(z[WALD][0]) and np.isnan(cox(sets).log_hr[0])


# the approximation


def test_a_p_with_all_deaths_gives_the_hazard_ratio_of_tierney():
    """491 v 485 patients, 485 deaths, p = 0.075: hazard ratio 0.85 (0.71 to 1.02) (Tierney 2007,
    10.1186/1745-6215-8-16).
    """
    [found] = hazard_ratios(LogRankReport(491, 485, "P=.075", direction="lower", events=485))
    assert [f"{value:.2f}" for value in (found.estimate, found.lower, found.upper)] == [
        "0.85",
        "0.71",
        "1.02",
    ]
    [simulated] = simulated_ratios(LogRankReport(491, 485, ".075", direction="lower", events=485))
    assert simulated.least < 0.85 < simulated.most and simulated.most / simulated.least < 1.05


def test_the_approximation_by_hand():
    """p = 0.05 is |z| = 1.960; 30 and 60 events have V = 30 * 60 / 90 = 20, and 90 events of 100 v 200
    patients 90 * 2 / 9 = 20 as well: log HR = 0.4383, its standard error 0.2236.
    """
    for told in (
        {"events_treated": 30, "events_control": 60},
        {"events": 90},
        {"events": 90, "events_treated": 30},
    ):
        lower, higher = hazard_ratios(LogRankReport(100, 200, "0.05", **told))
        assert (lower.direction, higher.direction) == ("lower", "higher")
        assert np.log(higher.estimate) == pytest.approx(0.43826, abs=5e-5)
        assert np.log(higher.lower) == pytest.approx(0, abs=5e-5)
        assert lower.estimate == pytest.approx(1 / higher.estimate)
        assert np.log(higher.nearest_1) == pytest.approx(stats.norm.isf(0.055 / 2) / 20**0.5)
        assert np.log(higher.farthest) == pytest.approx(stats.norm.isf(0.045 / 2) / 20**0.5)


def test_a_one_sided_p_is_half_of_the_two_sided():
    """And one above a half is that of the other side."""
    one, other, two = (
        hazard_ratios(LogRankReport(50, 50, p, sides, "lower", 40))[0].estimate
        for p, sides in (("0.040", 1), ("0.960", 1), ("0.080", 2))
    )
    assert one == pytest.approx(two) and other == pytest.approx(two)


def test_a_bound_has_an_end_alone():
    [found] = hazard_ratios(LogRankReport(50, 50, "<0.05", direction="lower", events=40))
    assert found.estimate is found.farthest is None
    assert np.log(found.nearest_1) == pytest.approx(-1.959964 / 10**0.5, abs=1e-6)
    [low], [high] = (
        simulated_ratios(LogRankReport(50, 50, "<0.05", 2, side, 40)) for side in ("lower", "higher")
    )
    assert low.least == 0 and high.most is None
    [found] = hazard_ratios(LogRankReport(50, 50, "ns", direction="lower", events=40))
    assert found.nearest_1 == 1 and np.log(found.farthest) == pytest.approx(-1.959964 / 10**0.5, abs=1e-6)


def test_events_not_told_are_each_thought_of():
    """17 v 28: r (1 - r) = 17 * 28 / 45^2 = 0.235062; ten events have V = 2.35062, all 45 10.5778."""
    found = {row.events: row for row in hazard_ratios(LogRankReport(17, 28, "0.0500", direction="higher"))}
    assert sorted(found) == list(range(1, 46))
    for events, information in ((10, 2.35062), (45, 10.5778)):
        assert np.log(found[events].estimate) == pytest.approx(1.959964 / information**0.5, rel=1e-5)


def test_a_p_and_a_ratio_imply_events():
    """z = 1.960 and HR 0.50: D = 4 (1.960 / 0.6931)^2 = 32.0 in equal arms; the digits leave a range."""
    low, high = implied_events(LogRankReport(100, 100, "0.050"), "0.50")
    assert low < 32.0 < high and high - low < 3
    assert implied_events(LogRankReport(100, 100, "<0.05"), "0.50") is None
    assert implied_events(LogRankReport(100, 100, "0.9"), "1.00") is None
    assert (side_of("0.50"), side_of("1.00"), side_of("1.3")) == ("lower", None, "higher")


def test_medians_give_the_ratio_of_constant_hazards():
    """12 v 8 months: 8 / 12.  Its standard error is that of medians of uncensored exponential samples,
    simulated.
    """
    middle, low, high = ratio_of_medians("12", "8", LogRankReport(50, 80, "0.1"))
    assert middle == pytest.approx(2 / 3)
    random = np.random.default_rng(5)
    logs = np.log(
        np.median(random.exponential(1, (4000, 80)), 1) / np.median(random.exponential(1, (4000, 50)), 1)
    )
    assert np.log(high / low) / (2 * 1.96) == pytest.approx(logs.std(), rel=0.05)


# simulated trials, held to trials whose patients are known


@pytest.fixture
def few(monkeypatch):
    """A fifth of the simulated trials, for the many planted ones."""
    monkeypatch.setattr(survival_trials, "EXITS", 400_000)


def planted(random):
    """Two arms, their events, Efron's hazard ratio by lifelines and z by test."""
    n = random.integers(10, 70, 2).tolist()
    time, event, treated = trial(random, *n, random.normal(0, 0.6), ties=random.random() < 0.3)
    events = int(event[treated].sum()), int(event[~treated].sum())
    sets = risk_sets(time, event, treated)
    z = z_of_every_test(sets, cox(sets))
    frame = pd.DataFrame({"time": time, "event": event, "treated": treated.astype(float)})
    if min(events) == 0 or np.isnan(z[WALD][0]):
        return None
    log_hr = CoxPHFitter().fit(frame, "time", "event").params_["treated"]
    return n, events, log_hr, {test: float(value[0]) for test, value in z.items()}


def test_the_hazard_ratio_of_known_patients_is_never_missed(few):
    """40 trials of 10 to 70 patients an arm, a third with ties: Efron's ratio lies within the widest range
    told beside the log-rank p; in the central 95 % as often as its name says, or more.
    """
    random, central = np.random.default_rng(11), []
    while len(central) < 40:
        found = planted(random)
        if not found:
            continue
        (n, m), events, log_hr, z = found
        told = (
            {"events": sum(events)}
            if random.random() < 0.5
            else dict(zip(("events_treated", "events_control"), events, strict=True))
        )
        side = "lower" if z[LOG_RANK] < 0 else "higher"
        [answer] = simulated_ratios(LogRankReport(n, m, f"{p_of(z[LOG_RANK]):.4f}", 2, side, **told))
        assert answer.least <= np.exp(log_hr) <= (answer.most or np.inf), (n, m, events)
        central.append(answer.low <= np.exp(log_hr) <= answer.high)
    assert np.mean(central) > stats.binom.ppf(0.005, 40, 0.95) / 40


def test_the_p_of_every_test_agrees_beside_its_hazard_ratio(few):
    """25 trials, eight tests of each, one- and two-sided; a p ten times too small does not pass beside the
    ratio.
    """
    random, caught = np.random.default_rng(12), []
    for found in filter(None, (planted(random) for _ in range(25))):
        (n, m), events, log_hr, z = found
        report = LogRankReport(n, m, "0.5", events=sum(events))
        verdicts = judge_tests(report, f"{np.exp(log_hr):.2f}")
        assert {(v.test, v.sides) for v in verdicts} == set(product(TESTS, (1, 2)))
        for verdict in verdicts:
            p = printed_p(f"{p_of(z[verdict.test], verdict.sides):.4f}")
            assert holds(p, verdict.lower, verdict.upper), (verdict, p, n, m, events)
        usual = p_of(z[LOG_RANK])
        if 0.05 < usual < 0.5:
            wrong = printed_p(f"{usual / 100:.5f}")
            caught.append(not holds(wrong, verdicts[0].lower, verdicts[0].upper))
    assert len(caught) > 5 and np.mean(caught) > 0.9


def test_trials_in_which_a_test_gives_no_p_are_left_out():
    """Of 9 v 12 patients with 11 events some trials have all events at one last time: no variance."""
    verdicts = judge_tests(LogRankReport(9, 12, "0.958", events=11), "1.03")
    assert np.isfinite([(v.lower, v.upper) for v in verdicts]).all() and verdicts[0].fits


def test_nothing_is_said_where_no_trial_is_like_the_printed_one():
    """30 of 40 v 5 of 40 events, of patients who differ as clearly as p = 0.9 says they do not."""
    report = LogRankReport(40, 40, "0.90", events_treated=38, events_control=2)
    assert simulated_ratios(report) == []
    assert simulated_ratios(LogRankReport(3000, 3000, "0.90", events=400)) == []  # too large


def test_other_which_tests_print_a_p_are_named():
    """1 v 1: z^2 of the log-rank test is 1, p 0.3173; of Σ(O−E)²/E 2/3 where both die, p 0.4142 (by hand
    above).
    """
    assert which_tests_print(LogRankReport(1, 1, "0.414", events=2)) == [(O_MINUS_E, 2)]
    assert (LOG_RANK, 2) in which_tests_print(LogRankReport(1, 1, "0.317", events=2))
    assert which_tests_print(LogRankReport(1, 1, "0.6", events=2)) == []


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"events": 0}, "compares events"),
        ({"events": 21}, "21 events of 20 patients"),
        ({"events_treated": 11}, "11 events of 10 patients"),
        ({"events": 9, "events_treated": 4, "events_control": 4}, "4 and 4 events are not 9 together"),
        ({"events": 4, "events_treated": 6}, "4 events together leave -2 to an arm of 10 patients"),
    ],
)
def test_events_that_cannot_be_are_refused(told, message):
    with pytest.raises(Unusable, match=message):
        LogRankReport(10, 10, "0.3", **told)
