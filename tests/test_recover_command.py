"""The command for anybody's numbers: its JSON is a contract, its refusals are one line."""

import json
import math
import subprocess
import sys

import pytest

from extraction.__main__ import main
from extraction.records import ROOT


@pytest.fixture
def recover(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["recover", *arguments])
        except SystemExit as stopped:
            code = stopped.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def answer(recover, *arguments: str) -> dict:
    code, out, _ = recover(*arguments, "--json")
    assert code == 0
    return json.loads(out)


KEYS = {"events_treated", "n_treated", "events_control", "n_control", "test", "match", "methods"}


def test_a_p_of_9_v_2_patients_answers_two_tables(recover):
    found = answer(
        recover, "table", "--n-treated", "9", "--n-control", "2", "--p", "0.4545", "--test", "fisher"
    )["candidates"]
    assert [(c["events_treated"], c["events_control"]) for c in found] == [(4, 2), (5, 0)]
    assert all(c.keys() == KEYS and c["test"] == "fisher" and c["match"] == "rounded" for c in found)


def test_two_percentages_and_a_p_answer_one_table(recover):
    found = answer(
        recover,
        "table",
        "--max-n-treated",
        "32",
        "--max-n-control",
        "35",
        "--percent",
        "47.8",
        "11.8",
        "--p",
        "0.0204",
        "--test",
        "fisher",
    )
    assert found["candidates"] == [
        {
            "events_treated": 11,
            "n_treated": 23,
            "events_control": 2,
            "n_control": 17,
            "test": "fisher",
            "match": "rounded",
            "methods": [],
        }
    ]


def test_a_total_and_a_p_of_1_answer_one_table_by_each_test(recover):
    found = answer(
        recover, "table", "--n-treated", "45", "--n-control", "48", "--total-events", "86", "--p", "1"
    )["candidates"]
    assert {(c["events_treated"], c["events_control"]) for c in found} == {(42, 44)}


def test_a_log_rank_p_of_5_v_1_patients_answers_histories(recover):
    """One event while all are at risk: z^2 = 1/5, p = 0.6547, if the treated patient goes first; and every
    later event of that arm alone once the untreated one has left says nothing.
    """
    found = answer(recover, "logrank", "--n-treated", "5", "--n-control", "1", "--p", "0.6547")
    assert found.keys() >= {"untied", "tied"}
    assert all(
        row.keys() >= {"events_treated", "events_control", "direction", "histories"}
        for row in (*found["untied"], *found["tied"])
    )
    assert {row["direction"] for row in found["untied"]} == {"treated worse"}
    assert {(1, 0), (1, 1)} <= {(row["events_treated"], row["events_control"]) for row in found["untied"]}


def test_groups_too_large_for_histories_answer_hazard_ratios(recover):
    """93 events in 45 v 48 have V = 93 * 45 * 48 / 93^2 = 23.2; p = 0.773 is |z| = 0.288, log HR 0.0599."""
    found = answer(recover, "logrank", "--n-treated", "45", "--n-control", "48", "--p", "0.773")
    assert found["untied"] is None and "at most" in found["note"]
    last = found["hazard_ratios"][-1]
    assert (last["direction"], last["events"]) == ("higher", 93)
    assert math.log(last["estimate"]) == pytest.approx(0.0599, abs=5e-4)


def test_events_and_direction_narrow_the_histories(recover):
    sizes = ("logrank", "--n-treated", "5", "--n-control", "1", "--p", "0.6547")
    told = ("--events-treated", "1", "--events-control", "1", "--direction", "higher")
    rows = answer(recover, *sizes, *told)["untied"]
    assert {(row["events_treated"], row["events_control"], row["direction"]) for row in rows} == {
        (1, 1, "treated worse")
    }


def test_a_log_rank_p_of_no_history_names_its_neighbours_and_other_tests(recover):
    """1 v 1: p is 0.3173 by the log-rank test, and 0.4142 by Σ(O−E)²/E where both die."""
    found = answer(recover, "logrank", "--n-treated", "1", "--n-control", "1", "--p", "0.414")
    assert found["nearest_p"] == {"below": pytest.approx(0.3173, abs=5e-5), "above": None}
    assert found["other_tests"] == [{"test": "Σ(O−E)²/E", "sides": 2}]
    code, out, _ = recover("logrank", "--n-treated", "1", "--n-control", "1", "--p", "0.5")
    assert code == 0 and "The nearest that can be printed are 0.3173." in out


def test_a_p_beside_a_hazard_ratio_names_the_tests_that_give_it(recover):
    """stats.stackexchange.com 141626: .1267 with a log-rank p of .03419; Wald's is .0661, the likelihood
    ratio's .03064.  The sizes are not told there: these have its number of events.
    """
    sizes = ("logrank", "--n-treated", "20", "--n-control", "20", "--events", "8", "--hazard-ratio", ".1267")
    for p, test in ((".03419", 0), (".0661", 1), (".03064", 2)):
        assert answer(recover, *sizes, "--p", p)["tests"][test]["fits"]
    large = ("logrank", "--n-treated", "100", "--n-control", "100", "--events", "190")
    code, out, _ = recover(*large, "--hazard-ratio", "0.30", "--p", "0.9")
    assert code == 0 and "by none of the tests in use" in out
    # Tierney 2007: 0.075 two-sided
    tierney = ("logrank", "--n-treated", "491", "--n-control", "485", "--events", "485")
    code, out, _ = recover(*tierney, "--hazard-ratio", "0.85", "--p", "0.0375")
    assert code == 0 and "log-rank test, one-sided" in out
    code, _, err = recover(*sizes, "--p", "0.0171", "--direction", "higher")
    assert code == 1 and "is not higher" in err


def test_an_impossible_rank_p_is_answered_with_the_smallest(recover):
    """Of 9 v 2 patients one order of 55 is the most extreme, with tied values as without; its
    mid-p is half.
    """
    asked = ("rank", "--n-treated", "9", "--n-control", "2", "--p", "0.0004", "--test", "mann-whitney")
    for ties in ((), ("--no-ties",)):
        found = answer(recover, *asked, *ties)
        assert found["possible"] is False
        assert found["smallest"] == found["nearest"] == pytest.approx(1 / 110)


EXACT = ("--events-treated", "7", "--n-treated", "18", "--events-control", "4", "--n-control", "22")


def test_a_ratio_of_known_counts_is_named_by_its_method(recover):
    """R's fisher.test of 7/18 v 4/22: 2.786 (0.5545 to 16.22), p = 0.1734."""
    numbers = ("ratio", "--estimate", "2,79", "--lower", "0,55", "--upper", "16,22", "--p", "0.173")
    found = answer(recover, *numbers, "--measure", "odds_ratio", *EXACT)
    assert found["verdict"] == "agrees"
    assert "conditional" in found["estimate"]["conditions"][0]
    assert "fisher.test" in found["interval"]["conditions"][0]
    assert found["p"]["conditions"][0] == "Fisher's exact test"


def test_a_ratio_without_an_interval_gets_walds(recover):
    """log 0.74 is -0.301, and p = 0.36 is z = 0.915: 0.301 / 0.915 * 1.96 = 0.645 either side."""
    found = answer(recover, "ratio", "--estimate", "0.74", "--p", "0.36")
    assert found["wald_interval"] == pytest.approx([0.388, 1.411], abs=1e-3)


def test_samples_behind_a_mean_and_sd_are_listed(recover):
    found = answer(
        recover, "mean", "--mean", "3.4", "--sd", "1.7", "--n", "5", "--scale", "1", "7", "--samples"
    )
    assert found["samples"] == {"count": 2, "listed": [list("13355"), list("22346")]}


def test_a_median_that_a_mean_contradicts_is_said(recover):
    found = answer(recover, "mean", "--mean", "5.00", "--sd", "3.01", "--n", "20", "--median", "10")
    assert found["possible"] is True  # nothing bounds the values below
    found = answer(recover, "mean", "--mean", "5.00", "--n", "20", "--median", "10", "--range", "2", "12")
    # ten at 1.5 or more, nine at 9.5 or more, one at 11.5 or more: 112 / 20
    assert "the mean is from 5.6 to" in found["why_not"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("rank", "--n-treated", "9", "--n-control", "6", "--p", "0.03", "--test", "t"),
        ("ratio", "--estimate", "1.031", "--lower", "0.512", "--upper", "2.076"),
        ("ratio", "--estimate", "0.74", "--p", "0.36", "--measure", "hazard_ratio"),
        ("difference", "--estimate", "-.15", "--lower", "-.37", "--upper", ".07", "--p", "0.18"),
        ("claim", "t(18) = −1.861, p = .96", "r(97)=.17, p=.084", "F(1, 30) = 4.17, p < .05"),
        ("claim", "z = 2.576, p = .03", "--comparisons", "3"),
        ("two-means", "--mean", "5.1", "6,9", "--sd", "2.0", "1.1", "--n", "8", "9", "--p", ".04"),
        ("mean", "--mean", "3.4", "--sd", "1.7", "--n", "5", "--scale", "1", "7", "--samples"),
        ("mean", "--mean", "5.00", "--n", "20", "--median", "4", "--range", "2", "12"),
        ("mean", "--mean", "5.00", "--n", "20", "--quartiles", "4", "6", "--items", "3"),
        ("ratio", "--estimate", "1·031", "--lower", ",512", "--upper", "2.076", "--p", "P = .93"),
        ("mean", "--mean", "3.47", "--n", "20"),
        ("mean", "--mean", "3.45", "--sd", "1.2", "--n", "20"),
        ("percent", "--percent", "5.3", "--max-n", "40"),
        ("percent", "--percent", "5.3", "--events", "16", "--max-n", "400"),
        ("categories", "--n", "17", "28", "--totals", "40", "4", "1", "--p", "0.616"),
        ("table", "--n-treated", "3", "--n-control", "3"),
        ("logrank", "--n-treated", "3", "--n-control", "2", "--p", "ns", "--no-ties"),
        (
            "logrank",
            "--n-treated",
            "30",
            "--n-control",
            "20",
            "--p",
            "<.05",
            "--sides",
            "1",
            "--medians",
            "9",
            "7",
        ),
        ("logrank", "--n-treated", "30", "--n-control", "20", "--p", ".04", "--hazard-ratio", "0.5"),
        ("read", "5 (12,5 %)", "--as", "count"),
    ],
)
def test_every_question_is_answered_for_people_and_for_machines(recover, arguments):
    assert isinstance(answer(recover, *arguments), dict)
    code, out, err = recover(*arguments)
    assert code == 0 and out.strip() and not err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("table", "--n-treated", "0", "--n-control", "2", "--p", "0.5"), "n_treated is 0"),
        (("table", "--n-treated", "9", "--n-control", "2", "--p", "1.3"), "at most 1"),
        (("table", "--n-treated", "9", "--n-control", "2", "--p", "0"), "no test gives 0"),
        (("table", "--n-treated", "9", "--n-control", "2", "--percent", "120", "3"), "at most 100 %"),
        (("table", "--n-treated", "9", "--estimate", "0.5"), "--measure says"),
        (("table", "--allocation", "1/2", "--p", "0.5"), "allocation"),
        (("table", "--max-n-treated", "100", "--max-n-control", "100", "--p", "0.5"), "26,522,500 tables"),
        (("categories", "--n", "5", "5", "--totals", "3", "3"), "a table has one total"),
        (("logrank", "--n-treated", "5", "--n-control", "0", "--p", "0.5"), "compares two groups"),
        (("rank", "--n-treated", "0", "--n-control", "5", "--p", "0.5"), "0"),
        (("percent", "--percent", "x", "--max-n", "9"), "percentage"),
        (("ratio", "--estimate", "0.8"), "an estimate alone"),
        (("ratio", "--estimate", "0.8", "--lower", "0.5"), "one limit alone"),
        (("ratio", "--estimate", "0.8", "--p", "0.5", "--n-treated", "9"), "or none of them"),
        (("ratio", "--estimate", "0.8", "--p", "0.5", *EXACT), "say which by --measure"),
        (("ratio", "--estimate", "2", "--lower", "3", "--upper", "1"), "must ascend"),
        (("difference", "--estimate", "2", "--lower", "3", "--upper", "1"), "must ascend"),
        (("claim", "mean 3, p = .04"), "a result reads"),
        (("mean", "--mean", "1,234", "--n", "9"), "thousands separator"),
        (("mean", "--mean", "3.40", "--n", "5", "--samples"), "give both"),
    ],
)
def test_unusable_numbers_get_one_line_and_exit_code_1(recover, arguments, message):
    for asked in (arguments, (*arguments, "--json")):
        code, out, err = recover(*asked)
        assert code == 1 and not out and len(err.splitlines()) == 1 and message in err


def test_that_nothing_fits_is_an_answer_that_says_what_excludes_it(recover):
    found = answer(
        recover, "table", "--n-treated", "9", "--n-control", "2", "--p", "0.123", "--test", "fisher"
    )
    assert found["candidates"] == [] and "p = 0.123 by Fisher's exact test: 0 left" in found["why_none"]
    code, out, _ = recover(
        "table", "--n-treated", "9", "--n-control", "2", "--p", "0.123", "--test", "fisher"
    )
    assert code == 0 and "Nearest" in out


def test_a_known_table_of_thousands_is_checked(recover):
    """6/891 v 6/3206, p 0.02865: public question, answered there by R's fisher.test."""
    sizes = ("--n-treated", "891", "--events-treated", "6", "--n-control", "3206", "--events-control", "6")
    found = answer(recover, "table", *sizes, "--p", ".02865")
    assert "fisher" in {c["test"] for c in found["candidates"]} and found["schema"] == 2


def test_a_one_sided_p_is_told_where_no_two_sided_test_gives_it(recover):
    """10/12 v 2/6: SAS prints p 0.0573 for the right side and 0.1070 for both."""
    sizes = ("--n-treated", "12", "--events-treated", "10", "--n-control", "6", "--events-control", "2")
    assert {c["test"] for c in answer(recover, "table", *sizes, "--p", ".0573")["candidates"]} == {
        "fisher_higher"
    }
    two_sided = {c["test"] for c in answer(recover, "table", *sizes, "--p", "0·1070")["candidates"]}
    assert two_sided == {"fisher"}


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("percent", "--percent", "48,3", "--events", "45", "--max-n", "93"), "truncated"),
        (("percent", "--percent", "12", "--events", "1", "--max-n", "8"), "half_even"),
        (("percent", "--percent", "28.7", "--events", "23", "--max-n", "80"), "binary"),
    ],
)
def test_a_percentage_names_how_it_was_rounded(recover, arguments, match):
    assert answer(recover, *arguments)["groups"][-1]["match"] == match


def test_what_a_printed_result_says_is_told_with_its_digits(recover):
    assert answer(recover, "read", "HR 0·74 (95% CI ·40–1·20; p<0·001)", "--as", "ratio") == {
        "schema": 2,
        "text": "HR 0·74 (95% CI ·40–1·20; p<0·001)",
        "measure": "hazard ratio",
        "value": "0.74",
        "lower": "0.40",
        "upper": "1.20",
        "level": "95",
        "p": {"text": "p<0·001", "sign": "<", "value": "0.001"},
    }
    code, out, _ = recover("read", "12 (IQR 5–30)", "--as", "median")
    assert code == 0 and out == "Median 12, quartiles 5 to 30.\n"
    code, out, err = recover("read", "1,234 (1,100–1,400)", "--as", "ratio")
    assert code == 1 and not out and "decimal comma" in err


def test_counts_are_given_as_printed(recover):
    sizes = (
        "--n-treated",
        "1,234",
        "--events-treated",
        "12",
        "--n-control",
        "1\u2009200",
        "--events-control",
        "3",
    )
    found = answer(recover, "table", *sizes)["candidates"]
    assert [(c["n_treated"], c["n_control"]) for c in found] == [(1234, 1200)]
    code, _, err = recover("table", "--n-treated", "1.234", "--n-control", "5", "--p", "0.5")
    assert code == 2 and "a thousand or a decimal" in err


def test_a_truncated_rank_p_is_not_called_impossible(recover):
    """2/55 = 0.03636 is the smallest p of 9 v 2 patients."""
    code, out, _ = recover("rank", "--n-treated", "9", "--n-control", "2", "--p", ".0363")
    assert code == 0 and "cannot" not in out and "cut off and not rounded" in out


def test_the_whole_command_runs_as_a_process():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "extraction",
            "recover",
            "table",
            "--n-treated",
            "9",
            "--n-control",
            "2",
            "--p",
            "0.4545",
        ],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "5/9" in done.stdout and "0/2" in done.stdout
