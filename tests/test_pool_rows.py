"""Rows of medians, outcomes of tests and curves, and those from folders of records, have the likelihoods that
sums and software outside give them.
"""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from example_curves import clicked, curve_of, simulated, text_of
from scipy import integrate, stats

from benchmarks.pool_calibration import median_with_limits
from models.__main__ import main
from models.likelihood.estimates import SHAPE_SD
from models.likelihood.order_density import SD_PRIOR, log_density
from models.likelihood.printed_orders import Printed
from models.pool import BadTable, outcomes, pool
from models.pool.measures import MEASURES
from models.priors import AT_CONTROL, MIDWAY

MEDIANS = "ratio-of-medians"
FOUR = {"min": 2.0, "median": 4.0, "max": 9.0}
SIX = {"min": 3.0, "median": 6.0, "max": 7.0}
QUARTILES = {"q1": 2.0, "median": 4.0, "q3": 9.0}


def row_of(measure, **columns):
    return pool(pd.DataFrame([{"study": "A"} | columns]), measure).rows[0]


def shape_of(row, measure, theta, baseline=MIDWAY):
    """Log likelihood at each theta, less that at the first."""
    found = row.log_likelihood(MEASURES[measure], baseline)(np.asarray(theta, float))
    return found - found[0]


def medians(treated, control, n_treated, n_control):
    columns = {f"{name}_treated": value for name, value in treated.items()}
    columns |= {f"{name}_control": value for name, value in control.items()}
    return row_of(MEDIANS, **columns, n_treated=n_treated, n_control=n_control)


# Medians


@pytest.mark.parametrize("names", [("min", "median", "max"), ("q1", "median", "q3")])
def test_three_patients_are_all_known_so_their_medians_have_the_likelihood_of_the_values(names):
    """Sums over the control's mean and both SDs; quartiles of three lie at the ranks 1, 2 and 3."""
    log_sd = np.linspace(SD_PRIOR[0] - 5 * SD_PRIOR[1], SD_PRIOR[0] + 5 * SD_PRIOR[1], 401)
    prior = stats.norm.logpdf(log_sd, *SD_PRIOR)
    values = {"treated": (2.0, 4.0, 9.0), "control": (3.0, 6.0, 7.0)}

    def arm(name, mean):
        log_mass = prior + sum(
            stats.norm.logpdf(np.log(value), mean[:, None], np.exp(log_sd)) for value in values[name]
        )
        return np.exp(log_mass).sum(axis=1)

    mean, theta = np.linspace(-12, 15, 1801), np.array([-2.0, -1.0, -0.4, 0.0, 0.5, 1.5])
    expected = np.log([np.sum(arm("control", mean) * arm("treated", mean + one)) for one in theta])
    row = medians(*(dict(zip(names, arm, strict=True)) for arm in values.values()), 3, 3)
    # cubics join the tabulated values
    np.testing.assert_allclose(shape_of(row, MEDIANS, theta), expected - expected[0], atol=3e-3)


def test_quartiles_of_seven_have_the_density_of_dirichlet_spacings():
    """At the ranks 2, 4 and 6 the four spacings of the distribution function are Dirichlet(2, 2, 2, 2)."""
    mean, sd = np.array([1.2, 1.6, 2.5]), np.array([0.4, 0.8, 0.6])
    found = log_density(Printed(7, QUARTILES), mean, sd)
    expected = []
    for m, s in zip(mean, sd, strict=True):
        law = stats.norm(m, s)
        logs = np.log(list(QUARTILES.values()))
        spacings = np.diff(np.concatenate([[0.0], law.cdf(logs), [1.0]]))
        expected.append(stats.dirichlet.logpdf(spacings, [2, 2, 2, 2]) + law.logpdf(logs).sum())
    np.testing.assert_allclose(found - found[0], np.array(expected) - expected[0], atol=1e-9)


@pytest.mark.parametrize("n", [4, 8])
def test_a_median_of_an_even_number_has_the_gap_around_it_integrated_out(n):
    low, middle, high = FOUR.values()
    mean, sd = np.array([1.2, 1.6, 2.2]), np.array([0.4, 0.8, 0.6])

    def density(m, s):
        law = stats.lognorm(s, scale=np.exp(m))

        def at(gap):
            left, right = middle - gap, middle + gap
            inside = law.cdf(left) - law.cdf(low), law.cdf(high) - law.cdf(right)
            return law.pdf(left) * law.pdf(right) * (inside[0] * inside[1]) ** (n // 2 - 2)

        return law.pdf(low) * law.pdf(high) * integrate.quad(at, 0, middle - low)[0]

    expected = np.log([density(m, s) for m, s in zip(mean, sd, strict=True)])
    found = log_density(Printed(n, FOUR), mean, sd)
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-3)  # of ten nodes


def test_medians_know_no_unit_and_exchanged_arms_give_the_inverse_ratio():
    theta = np.array([-1.0, -0.4, 0.0, 0.7])
    plain = shape_of(medians(QUARTILES, SIX, 12, 9), MEDIANS, theta)
    in_hours = [{name: 24 * value for name, value in arm.items()} for arm in (QUARTILES, SIX)]
    np.testing.assert_allclose(shape_of(medians(*in_hours, 12, 9), MEDIANS, theta), plain, atol=1e-9)
    exchanged = shape_of(medians(SIX, QUARTILES, 9, 12), MEDIANS, -theta)
    np.testing.assert_allclose(exchanged, plain, atol=5e-3)
    twice = medians({name: 2 * value for name, value in QUARTILES.items()}, SIX, 12, 9)
    np.testing.assert_allclose(shape_of(twice, MEDIANS, theta + np.log(2)), plain, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"min_treated": 0}, "must be above 0"),
        ({"min_treated": 4}, "must be below median_treated"),
        ({"n_treated": 2}, "between 3 and"),
    ],
)
def test_medians_that_have_no_density_are_refused(change, words):
    columns = {f"{name}_{arm}": value for arm in ("treated", "control") for name, value in FOUR.items()}
    with pytest.raises(BadTable, match=words):
        row_of(MEDIANS, **(columns | {"n_treated": 9, "n_control": 9} | change))


def test_medians_are_known_by_the_names_that_others_give_them():
    row = row_of(None, **{"median.e": 4, "lower quartile (exp)": 2, "upper quartile (exp)": 9, "n.e": 12,
                          "median.c": 6, "min.c": 3, "max.c": 7, "n.c": 9})  # fmt: skip
    assert row.shown == "4 (quartiles 2 to 9), n=12 v 6 (range 3 to 7), n=9"


# Medians of survival

SURVIVAL = {
    "median_treated": 24, "lower_treated": 16, "upper_treated": 45,
    "median_control": 15, "lower_control": 12, "upper_control": 20,
}  # fmt: skip


def test_medians_of_survival_give_their_ratio_the_width_of_both_intervals():
    row = row_of(MEDIANS, **SURVIVAL)
    se = np.hypot(np.log(45 / 16), np.log(20 / 12)) / (2 * 1.959964)
    assert row.normal(MEASURES[MEDIANS]) == pytest.approx((np.log(24 / 15), se), abs=1e-6)


def test_medians_of_survival_give_a_hazard_ratio_over_all_shapes_of_weibull_hazards():
    row = row_of("hr", **SURVIVAL)
    log_ratio, se = row.normal(MEASURES[MEDIANS])
    theta = np.array([-2.0, -0.5, 0.0, 0.3, 1.0])

    def density(one):
        def at(k):
            return stats.norm.pdf(log_ratio, -one / k, se) * stats.lognorm.pdf(k, SHAPE_SD)

        return integrate.quad(at, 0.05, 20, limit=200, points=[0.5, 1, 2])[0]

    expected = np.log([density(one) for one in theta])
    np.testing.assert_allclose(shape_of(row, "hr", theta), expected - expected[0], atol=1e-4)


def test_a_median_whose_upper_limit_is_not_reached_is_as_wide_as_its_lower_side():
    row = row_of("hr", **(SURVIVAL | {"upper_treated": "NR"}))
    assert row.treated.se == pytest.approx(np.log(24 / 16) / 1.959964, abs=1e-6)
    assert row.shown == "24 (16 to not reached) v 15 (12 to 20)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lower_control": 0}, "must be a time above 0"),
        ({"median_control": 30}, "must lie between its limits, 12 and 20"),
        ({"median_treated": "NR"}, "must be a number"),
    ],
)
def test_medians_of_survival_that_say_nothing_are_refused(change, words):
    with pytest.raises(BadTable, match=words):
        row_of("hr", **(SURVIVAL | change))


def test_limits_of_a_simulated_median_are_those_of_r():
    """`survfit(Surv(time, status) ~ x, aml)` of R 4.2, survival 3.5."""
    aml = {
        (31, 18, np.nan): [9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161],
        (23, 8, np.nan): [5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45],
    }
    for expected, signed in aml.items():
        time = np.array(signed, float)
        np.testing.assert_array_equal(median_with_limits(abs(time), time > 0), expected)


# Outcomes of tests


@pytest.mark.parametrize(
    ("test", "measure", "n", "possible"),
    [
        ("Mann-Whitney", "smd", (3, 3), False),  # the smallest two-sided p is 2 of 20 orders
        ("Mann-Whitney", "smd", (4, 4), True),  # 2 of 70
        ("Fisher", "or", (3, 3), False),  # 3/3 v 0/3: 2 of 20 tables with three events
        ("Fisher", "or", (4, 4), True),
    ],
)
def test_what_a_test_of_so_few_cannot_give_is_refused(test, measure, n, possible):
    told = {"significant": "yes", "direction": "lower", "test": test, "n_treated": n[0], "n_control": n[1]}
    if possible:
        row_of(measure, **told)
    else:
        with pytest.raises(BadTable, match=f"of {n[0]} v {n[1]} patients gives no p below 0.05"):
            row_of(measure, **told)


def test_a_p_of_1_and_one_of_zeros_are_read():
    """1.00 is a z of 0; 0.000 is less than half of its last digit."""
    told = {"n_treated": 30, "n_control": 32, "events": 21}
    assert row_of("hr", log_rank_p="1.00", **told).z == ("=", pytest.approx(0))
    assert row_of("hr", log_rank_p="0.000", **told).p == "<0.0005"


def test_the_outcome_of_a_rank_test_is_a_probability_however_large_the_effect():
    row = row_of("smd", significant="yes", direction="lower", n_treated=9, n_control=10, test="Mann-Whitney")
    log_p = row.log_likelihood(MEASURES["smd"], MIDWAY)(np.array([-50.0, -7.0, 0.0]))
    np.testing.assert_allclose(log_p[:2], 0.0, atol=1e-3)
    assert np.all(log_p <= 0)


@pytest.mark.parametrize(
    ("p", "direction"),
    [("<0.05", "higher"), ("<.001", None), ("ns", None), ("ns", "lower"), ("0.03", "lower"), (">0.2", None)],
)
def test_the_outcome_of_a_t_test_has_the_probability_of_the_noncentral_t(p, direction):
    n, m, theta = 17, 28, np.array([-1.5, -0.5, 0.0, 0.3, 1.2])
    told = {"direction": direction} if direction else {}
    row = row_of("smd", p=p, n_treated=n, n_control=m, **told)
    df, shift = n + m - 2, theta * np.sqrt(n * m / (n + m))
    critical = stats.t.isf(row.p / 2, df)
    law = stats.nct(df, shift)
    expected = {
        ("<", "higher"): lambda: law.sf(critical),
        ("<", None): lambda: law.sf(critical) + law.cdf(-critical),
        (">", None): lambda: law.cdf(critical) - law.cdf(-critical),
        (">", "lower"): lambda: law.cdf(0) - law.cdf(-critical),
        ("=", "lower"): lambda: law.pdf(-critical),
    }[row.sign, direction]()
    # cubics join the tabulated values
    np.testing.assert_allclose(shape_of(row, "smd", theta), np.log(expected / expected[0]), atol=1e-4)


def test_without_an_effect_a_mann_whitney_test_is_as_often_significant_as_orders_are():
    """Of the 35 orders of 3 v 4 patients, those whose exact p (scipy) lies below 0.2."""
    orders = [np.array(ranks) for ranks in itertools.combinations(range(7), 3)]
    p = [stats.mannwhitneyu(order, np.setdiff1d(range(7), order), method="exact").pvalue for order in orders]
    row = row_of("smd", p="<0.2", n_treated=3, n_control=4, test="Mann-Whitney")
    found = row.log_likelihood(MEASURES["smd"], MIDWAY)(np.array([0.0]))
    assert np.exp(found[0]) == pytest.approx(np.mean(np.array(p) < 0.2), abs=1e-6)


@pytest.mark.parametrize("baseline", [MIDWAY, AT_CONTROL])
@pytest.mark.parametrize(("p", "direction"), [("<0.2", "lower"), ("ns", None), ("<0.2", None)])
def test_the_outcome_of_fishers_test_is_summed_over_all_tables(p, direction, baseline):
    n, m, theta = 7, 6, [-2.0, -0.5, 0.0, 1.0]
    told = {"direction": direction} if direction else {}
    row = row_of("or", p=p, n_treated=n, n_control=m, test="Fisher", **told)
    tables = [
        (a, c)
        for a, c in itertools.product(range(n + 1), range(m + 1))
        if (stats.fisher_exact([[a, n - a], [c, m - c]])[1] < row.p) == (row.sign == "<")
        and (direction is None or a / n < c / m)
    ]
    treated, none = np.array(tables).T

    def brute(log_or):
        def mass(level):
            control = level - baseline.share * log_or
            risks = 1 / (1 + np.exp(-np.array([control + log_or, control])))
            total = stats.binom.pmf(treated, n, risks[0]) @ stats.binom.pmf(none, m, risks[1])
            return total * stats.norm.pdf(level, 0, outcomes.LEVEL_SD)

        return np.log(integrate.quad(mass, -8, 8, limit=200)[0])

    expected = np.array([brute(one) for one in theta])
    np.testing.assert_allclose(shape_of(row, "or", theta, baseline), expected - expected[0], atol=2e-3)


@pytest.mark.parametrize("measure", ["or", "rr", "rd", "smd"])
def test_no_difference_is_most_likely_where_none_was_found_and_exchanged_arms_mirror(measure):
    theta = np.array([0.0, -0.8, 0.8])
    found = shape_of(row_of(measure, significant="no", n_treated=20, n_control=20), measure, theta)
    assert np.all(found[1:] < 0) and found[1] == pytest.approx(found[2], abs=2e-3)
    higher, lower = (
        shape_of(row_of(measure, significant="yes", direction=side, n_treated=n, n_control=m), measure, at)
        for side, n, m, at in (("higher", 12, 20, theta), ("lower", 20, 12, -theta))
    )
    np.testing.assert_allclose(higher, lower, atol=3e-3)
    assert higher[2] > 0 > higher[1]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"p": "0.03", "n_treated": 9, "n_control": 9}, "is exact"),
        ({"p": "ns", "n_treated": 900, "n_control": 9}, "between 2 and 200"),
        ({"significant": "maybe", "n_treated": 9, "n_control": 9}, "must be yes or no"),
        ({"p": "ns", "n_treated": 9, "n_control": 9, "direction": "up"}, "must be lower or higher"),
        ({"p": "ns", "n_treated": 9, "n_control": 9, "test": "t"}, "give smd, not or"),
    ],
)
def test_outcomes_that_cannot_be_used_are_refused_with_the_reason(columns, words):
    with pytest.raises(BadTable, match=words):
        row_of("or", **columns)


def test_a_test_that_is_not_named_and_a_direction_that_is_not_told_are_noted():
    pooled = pool(pd.DataFrame([{"study": "A", "p": "<.05", "n_treated": 9, "n_control": 9}]), "or")
    assert "no test is named" in pooled.notes[0] and "no direction" in pooled.notes[1]


# Curves


def test_a_digitised_curve_enters_with_the_cox_hazard_ratio_of_the_patients_behind_it(tmp_path, capsys):
    random = np.random.default_rng(20310601)
    arms = [simulated(random, 80, mean) for mean in (4.0, 2.5)]
    (tmp_path / "os.csv").write_text(text_of(curve_of(*(clicked(arm, events=True) for arm in arms))))
    (tmp_path / "table.csv").write_text("study,curve\nA,os.csv\n")
    assert main(["pool", str(tmp_path / "table.csv"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["measure"] == "hr" and result["studies"][0]["data"] == "curve of 80 v 80"
    # Cox's partial likelihood of the true times, maximised here; clicks round them to a thousandth
    from lifelines import CoxPHFitter

    frame = pd.DataFrame(
        {
            "time": np.concatenate([arm.time for arm in arms]),
            "event": np.concatenate([arm.event for arm in arms]),
            "treated": np.repeat([1, 0], 80),
        }
    )
    cox = CoxPHFitter().fit(frame, "time", "event")
    expected = pool(
        pd.DataFrame(
            {"study": ["A"], "log_hr": [cox.params_["treated"]], "se": cox.standard_errors_["treated"]}
        )
    ).summary["mu"]
    for end in ("lower", "median", "upper"):
        # the reading of the figure adds a little to the standard error of 0.2
        assert result["mu"][end] == pytest.approx(expected[end], abs=0.06)


def test_a_curve_that_is_no_file_or_no_curve_is_refused(tmp_path, capsys):
    (tmp_path / "bad.csv").write_text("kind,arm\n")
    (tmp_path / "table.csv").write_text("study,curve\nA,none.csv\nB,bad.csv\n")
    assert main(["pool", str(tmp_path / "table.csv")]) == 1
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert "line 2, column curve: 'none.csv' must name a file" in first
    assert "line 3, column curve: 'bad.csv' cannot be used" in second


# Folders of records


EXAMPLE = Path(__file__).parent / "example"


def test_a_folder_of_records_is_pooled_by_what_it_prints_of_a_variable(capsys):
    assert main(["pool", str(EXAMPLE), "--field", "severe_infection", "--measure", "or", "--json"]) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert [study["data"] for study in result["studies"]] == ["5/12 v 4/18"]
    table = pd.DataFrame([{"study": "A", "ai": 5, "n1i": 12, "ci": 4, "n2i": 18}])
    assert pool(table, "or").summary["mu"] == pytest.approx(result["mu"], rel=1e-8)  # of nine digits
    assert "sample2021 is left out: it prints nothing of severe_infection by arm" in printed.err
    assert main(["pool", str(EXAMPLE), "--field", "overall_survival", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["studies"][0]["data"] == "0.80 (0.35 to 1.83)"


def test_medians_of_a_record_are_read_with_the_sizes_of_its_arms(capsys):
    assert main(["pool", str(EXAMPLE), "--field", "crs_duration", "--json"]) == 0
    (study,) = json.loads(capsys.readouterr().out)["studies"]
    assert study["data"] == "5 (range 2 to 11), n=12 v 6 (quartiles 4 to 9), n=18"


def test_a_folder_without_the_variable_or_of_two_contrasts_is_refused(tmp_path, capsys):
    assert main(["pool", str(EXAMPLE)]) == 1
    assert "needs --field" in capsys.readouterr().err
    assert main(["pool", str(EXAMPLE), "--field", "height"]) == 1
    assert "variables are" in capsys.readouterr().err
    shutil.copytree(EXAMPLE, tmp_path / "two")
    register = tmp_path / "two" / "register.yml"
    text = register.read_text()
    second = text.index("sample2021")
    register.write_text(text[:second] + text[second:].replace("therapeutic", "prophylactic", 1))
    record = (EXAMPLE / "records" / "example2020.yml").read_text().replace("example2020", "sample2021")
    (tmp_path / "two" / "records" / "sample2021.yml").write_text(record)
    arguments = ["pool", str(tmp_path / "two"), "--field", "overall_survival"]
    assert main(arguments) == 1
    assert "name one with --contrast" in capsys.readouterr().err
    assert main([*arguments, "--contrast", "prophylactic", "--json"]) == 0
    assert [study["study"] for study in json.loads(capsys.readouterr().out)["studies"]] == ["sample2021"]
