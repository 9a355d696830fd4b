"""Simulated patients print as by hand, and as often as theory says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.statistics import logrank_test

from extraction.schema import PValue, TestOutcome
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence
from models.likelihood.kinds.median_quartiles import MedianQuartiles
from models.likelihood.kinds.median_range import MedianRange
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.kinds.test_outcome import OutcomeOfTest
from models.likelihood.log_rank_exact import log_probability
from models.likelihood.log_rank_exits import added, one_z
from models.likelihood.printing import print_p
from models.trust import simulate, simulate_durations, simulate_survival
from models.trust.simulate_survival import Cohort
from models.trust.simulate_tables import Cells, Comparison, Part


def rng(seed=1):
    return np.random.default_rng(seed)


def entry(kind, **fields):
    """A comparison as a record holds it, with these fields alone."""
    kinds = {"p_value": PValue, "test_outcome": TestOutcome}
    return kinds[kind].model_construct(kind=kind, printed=None, **fields)


def median_range(median, minimum, maximum, zeros=0, treated=None, control=None):
    return MedianRange(
        treated=treated, control=control, median=median, minimum=minimum, maximum=maximum, zeros=zeros
    )


def outcome(test, grade, n_treated, n_control):
    arms = {"treated": ((grade, n_treated),), "control": ((grade, n_control),)}
    return OutcomeOfTest(**arms, tests=(test,), significant=False, direction=None)


DAYS = {
    (3, "treated"): np.array([2.4, 6.13]),
    (2, "treated"): np.array([13.8]),
    (3, "control"): np.array([4.4, 5.6]),
    (2, "control"): np.array([12.2]),
}


def test_three_patients_print_their_middle_one_and_their_range():
    report = median_range(5.5, 1.0, 12.0, treated=((2, 1), (3, 2)))
    assert report.simulate(DAYS, rng()) == replace(report, median=6.1, minimum=2.0, maximum=14.0)


def test_patients_without_crs_take_the_lowest_places():
    """0, 4.4, 5.6 and 12.2 days: the median lies halfway between 4.4 and 5.6."""
    report = median_range(5.5, 0.0, 14.0, zeros=1, control=((2, 1), (3, 2)))
    assert report.simulate(DAYS, rng()) == replace(report, median=5.0, minimum=0.0, maximum=12.0)


def test_seven_patients_print_their_second_fourth_and_sixth_as_quartiles():
    """Ranks (n + 1) / 4, (n + 1) / 2 and 3 (n + 1) / 4 are whole numbers."""
    report = MedianQuartiles(
        treated=((3, 7),), control=None, median=5.5, lower_quartile=3.5, upper_quartile=9.5
    )
    days = {(3, "treated"): np.array([9.0, 1.0, 14.0, 3.0, 2.0, 7.0, 4.0])}
    assert report.simulate(days, rng()) == replace(report, median=4.0, lower_quartile=2.0, upper_quartile=9.0)


@pytest.mark.parametrize(
    ("treated", "said"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], "lower"),
        ([20, 21, 22, 23, 24, 25, 26, 27, 28], "higher"),
        ([1, 2, 3, 4, 5, 6, 7, 8, 13], None),
    ],
)
def test_nine_patients_against_two_differ_by_the_rank_test_only_where_the_arms_are_apart(treated, said):
    """Complete separation has p = 2/55 = 0.036, the next outcome 4/55 = 0.073."""
    patients = {(2, "treated"): np.array(treated, float), (2, "control"): np.array([12.0, 14.0])}
    report = outcome("mann_whitney", 2, 9, 2)
    assert report.simulate(patients, rng()) == replace(report, significant=said is not None, direction=said)


@pytest.mark.parametrize(("shift", "said"), [(3, "lower"), (2, None), (-3, "higher")])
def test_the_t_test_of_log_days_is_significant_beyond_its_tabulated_limit(shift, said):
    """Three patients each, SD 1: t is the difference over sqrt(2/3), its limit with 4 degrees of freedom
    2.776, so differences beyond 2.27.
    """
    patients = {
        (3, "treated"): np.exp([0.0, 1.0, 2.0]),
        (3, "control"): np.exp(np.array([0.0, 1.0, 2.0]) + shift),
    }
    assert outcome("t", 3, 3, 3).simulate(patients, rng()).direction == said


def test_the_patients_of_every_duration_report_are_counted_once(review):
    """The two arms of one study hold 8 + 9 and 7 + 11 + 6 patients with CRS in print; the medians over all
    grades and the tests within them must find these same patients.
    """
    evidence = evidence_of("crs_duration_grade3", review)
    _, patients = simulate_durations.population(
        evidence, ENDPOINTS["crs_duration_grade3"].mu_prior, ENDPOINTS["crs_duration_grade3"].tau_prior, rng()
    )
    assert {cell: len(days) for cell, days in patients["zhou2025"].items()} == {
        (2, "treated"): 8,
        (3, "treated"): 9,
        (1, "control"): 7,
        (2, "control"): 11,
        (3, "control"): 6,
    }
    slow = {
        cell: (100.0 if cell == (3, "treated") else 1.0) + np.linspace(0, 1, len(days))
        for cell, days in patients["zhou2025"].items()
    }
    printed = [
        used.report.simulate(slow, rng()).data
        for used in evidence.of("zhou2025")
        if used.stratum in ("grade_3", "all")
    ]
    # the nine long ones are 9 of 17: their shortest is the median
    (tested,) = [data for data in printed if "tests" in data]
    assert (tested["significant"], tested["direction"]) == (True, "higher")
    medians = [
        [data[name] for name in ("median", "minimum", "maximum")] for data in printed if "median" in data
    ]
    assert [100.0, 1.0, 101.0] in medians


def test_a_p_of_nine_against_two_patients_leaves_the_two_tables_it_is_known_to_leave():
    """p = 0.4545 by Fisher's test is 25/55: the table found and all less probable ones with its margins."""
    tested = Comparison(9, 2, entry(kind="p_value", p="0.4545", tests=["fisher"]))
    alike = tested.tables[tested.alike(5, 0, rng())]
    assert alike.tolist() == [[4, 9, 2, 2], [5, 9, 0, 2]]


def test_an_outcome_in_words_tells_the_side_only_where_it_is_significant():
    """Of 5 v 5 patients, 5 v 0 events have p = 2/252 and 4 v 1 p = 0.206: the first is one of six significant
    tables, three on each side.
    """
    tested = Comparison(5, 5, entry(kind="test_outcome", alpha="0.05", tests=["fisher"]))
    assert tested.tables[tested.alike(5, 0, rng())][:, [0, 2]].tolist() == [[4, 0], [5, 0], [5, 1]]
    assert tested.alike(4, 1, rng()).sum() == 36 - 6


def test_numbers_of_a_part_bound_the_cohort():
    """All 10 patients of the arms have the event, so all of any part have: at least 3 and 2 with, none
    without.
    """
    part = object.__new__(Part)
    part.sizes, part.tested = (3, 2), None
    assert part.least((6, 4), (6, 4), rng()) == ([3, 2], [0, 0])


@pytest.mark.parametrize("key", ["severe_infection", "complete_response"])
def test_the_tables_that_print_so_hold_the_table_behind_the_print(key, review):
    evidence, generator, tried = evidence_of(key, review), rng(), 0
    for report in evidence.used:
        if isinstance(report.report, TableSet) and not report.report.only_table:
            cells = Cells(report, review.records[report.study])
            for _ in range(200):
                a, b = (int(generator.integers(1, n)) for n in cells.sizes)
                found = cells.holding(a, b, generator)
                tried += len(found) > 0
                assert len(found) == 0 or [a, cells.sizes[0], b, cells.sizes[1]] in found.tolist()
    assert tried > 50


def test_a_total_and_a_p_of_1_leave_the_one_table_they_are_known_to_leave(review):
    """86 of 45 + 48 patients with p = 1: 42/45 v 44/48, as the recovery command answers for the printed
    numbers.
    """
    report = next(r for r in evidence_of("complete_response", review).used if r.study == "ma2024")
    assert Cells(report, review.records["ma2024"]).holding(42, 44, rng()).tolist() == [[42, 45, 44, 48]]


def test_one_event_of_six_patients_adds_what_is_computed_by_hand():
    """5 v 1 at risk, the event in the larger arm: O - E = 1/6, V = 5/36, z squared 1/5, p = 0.6547 (a
    chi-squared table).
    """
    difference, variance = added(1, 1, 5, 1)
    assert (difference, variance) == (pytest.approx(1 / 6), pytest.approx(5 / 36))
    assert print_p(0.654721, "0.6547") == "0.6547"


@pytest.mark.parametrize(
    ("p", "like", "printed"),
    [
        (0.2731, "0.273", "0.273"),
        (0.00004, "0.1893", "<0.0001"),
        (0.99996, "0.1893", "1.0000"),
        (0.616, "1", "0.616"),
    ],
)
def test_a_p_is_printed_to_the_digits_of_its_model(p, like, printed):
    assert print_p(p, like) == printed


def test_simulated_histories_print_a_p_as_often_as_their_enumeration_says():
    """4 v 2 patients at a hazard ratio of 2; three standard errors of 20,000 histories are 0.01 or less."""
    generator, n = rng(), 20_000
    z2 = np.array([one_z(np.log(2), 4, 2, generator) for _ in range(n)]) ** 2
    # one event of the larger arm, one of the smaller, or one of each at one time, all at the first exit: z
    # squared 1/2, 2 and (1/9) / (64/180)
    for p, at in (("0.4795", 1 / 2), ("0.1573", 2.0), ("0.5762", 0.3125)):
        share = np.mean(np.isclose(z2, at))
        assert share > 0.001
        assert share == pytest.approx(
            np.exp(log_probability(np.log(2), 4, 2, p)), abs=3 * np.sqrt(share * (1 - share) / n)
        )


@pytest.mark.parametrize("seed", range(6))
def test_log_rank_and_cox_of_simulated_patients_are_those_of_lifelines(seed):
    """Of 150 patients many share a day; lifelines takes such events by Efron's method too."""
    patients = simulate_survival.cohort(-0.8, 50, 100, 0.7, rng(seed))
    data = pd.DataFrame(
        {"days": patients.days, "observed": patients.observed, "treated": patients.treated * 1.0}
    )
    assert data.days[data.observed].duplicated().any()
    treated, control = data[data.treated == 1], data[data.treated == 0]
    tested = logrank_test(treated.days, control.days, treated.observed, control.observed)
    assert simulate_survival.log_rank(patients) ** 2 == pytest.approx(tested.test_statistic, rel=1e-9)
    fitted = CoxPHFitter().fit(data, "days", "observed").summary.loc["treated"]
    # where lifelines stops its own Newton steps; events of one day by Breslow's method are out by 1e-3
    assert simulate_survival.cox(patients) == pytest.approx((fitted["coef"], fitted["se(coef)"]), abs=1e-4)


@pytest.mark.parametrize("log_hr", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_as_many_simulated_patients_have_the_event_as_the_share_says(log_hr, share):
    generator = rng()
    observed = [simulate_survival.cohort(log_hr, 60, 40, share, generator).observed for _ in range(100)]
    # four standard errors of 10,000 patients
    assert np.mean(observed) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 10_000))


def test_hazards_of_simulated_patients_are_proportional():
    """Of 40,000 patients without censoring to speak of, mean survival is the inverse of the hazard."""
    patients = simulate_survival.cohort(1.2, 20_000, 20_000, 0.999, rng())
    means = [patients.days[arm & patients.observed].mean() for arm in (patients.treated, ~patients.treated)]
    assert np.log(means[1] / means[0]) == pytest.approx(1.2, abs=0.04)  # four standard errors


def test_patients_who_cannot_be_compared_print_nothing():
    treated = np.array([True, False])
    censored_first = Cohort(np.array([1.0, 2.0]), np.array([False, True]), treated)
    all_of_one_arm = Cohort(np.array([1.0, 2.0]), np.array([True, False]), treated)
    nobody = Cohort(np.array([1.0, 2.0]), np.array([False, False]), treated)
    for patients in (censored_first, nobody):
        assert simulate_survival.log_rank(patients) is None and simulate_survival.cox(patients) is None
    # a p, by hand: O - E = 1/2, V = 1/4; but no finite hazard ratio
    assert simulate_survival.log_rank(all_of_one_arm) == pytest.approx(1.0)
    assert simulate_survival.cox(all_of_one_arm) is None


@pytest.mark.parametrize("key", ["overall_survival", "progression_free_survival"])
def test_no_survival_report_is_drawn_from_its_likelihood(key, review, monkeypatch):
    evidence, generator = evidence_of(key, review), rng()
    for kind in {type(used.report) for used in evidence.used}:
        monkeypatch.delattr(kind, "simulate")
    for used, say in zip(evidence.used, simulate.printers(evidence, review), strict=True):
        printed = [say(0.3, generator) for _ in range(20)]
        assert len({report for report in printed if report}) > 3
        assert {type(report) for report in printed if report} == {type(used.report)}


def test_a_simulated_ratio_scatters_around_the_effect_as_its_interval_says(review):
    """0.512 to 2.076 at 95 % is a standard error of ln(2.076/0.512) / 3.92 = 0.357, of some 31 events; a Cox
    model of so few is out by a few per cent.
    """
    report = next(r for r in evidence_of("overall_survival", review).used if isinstance(r.report, Ratio))
    say, generator = simulate.printers(Evidence("", (report,)), review)[0], rng()
    printed = [say(-0.3, generator) for _ in range(1000)]
    logs = np.log([ratio.estimate for ratio in printed])
    assert logs.mean() == pytest.approx(-0.3, abs=0.02 + 4 * 0.357 / np.sqrt(1000))
    assert logs.std() == pytest.approx(0.357, rel=0.05 + 4 / np.sqrt(2000))
    assert np.median([ratio.se for ratio in printed]) == pytest.approx(0.357, rel=0.05)


@pytest.mark.parametrize(
    "printed", [{"kind": "p_value", "p": "0.4545"}, {"kind": "test_outcome", "alpha": "0.05"}]
)
def test_a_table_without_events_has_no_chi_squared_to_print(printed):
    compared = Comparison(5, 5, entry(tests=["chi_squared"], **printed))
    assert not compared.alike(0, 0, rng()).any() and compared.alike(2, 3, rng()).any()
