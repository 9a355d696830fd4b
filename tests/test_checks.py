"""Printed numbers against each other: each rule finds its planted fault and leaves correct numbers alone."""

from decimal import Decimal
from fractions import Fraction

import pytest
from example_review import RECORD, REGISTER, Invented

from extraction.checks import check
from extraction.checks.judgement import rounded
from extraction.derived.groups import group_size
from extraction.fragment import numbers
from extraction.records import load
from extraction.recover.printed_results import p_values_in

TOCI = "id: severe_infection.treated"


def plant_all(invented: Invented, after: str, *changes: tuple[str, str]) -> int:
    """Several replacements in one entry, for a fault that a paper printed; the line the entry starts on."""
    for old, new in changes:
        invented.plant(RECORD, after, old, new)
    return invented.plant(RECORD, after, after, after)


PRINTED_FAULTS = {
    "events beyond the arm": (
        TOCI,
        [("events: 5", "events: 13"), ("\n    percent: 41.7", ""), ("41.7%(n=5)", "n=13")],
        "13 events exceed the group of 12 patients",
        "at most 12",
    ),
    "events beyond their denominator": (
        "id: severe_infection.control",
        [("events: 4", "events: 5"), ("n: 18", "n: 4"), ("\n    percent: 22.2", ""), ("4/18 (22.2%)", "5/4")],
        "5 events exceed the group of 4 patients",
        "at most 4",
    ),
    "a bound beyond the arm": (
        "id: icans.treated.severe",
        [("at_most: 2", "at_most: 20")],
        "20 events exceed the group of 12 patients",
        "at most 12",
    ),
    "a percentage of another group": (
        TOCI,
        [("percent: 41.7", "percent: 27.8"), ("41.7%", "27.8%")],
        "the percentage is 5 of 12",
        "41.7%",
    ),
    "a percentage of another denominator": (
        "id: severe_infection.control",
        [("percent: 22.2", "percent: 33.3"), ("22.2%", "33.3%")],
        "the percentage is 4 of 18",
        "22.2%",
    ),
    "a share beyond the whole": (
        "id: complete_response.total",
        [("percent: 90", "percent: 190"), ("90%", "190%")],
        "a share of a whole is at most 100%",
        "at most 100%",
    ),
    "an interval without its estimate": (
        "id: overall_survival.ratio",
        [("0.80\n", "1.90\n"), ('"0.80', '"1.90')],
        "an estimate lies in its interval, but estimate 1.90 is above upper 1.83",
        "estimate ≤ upper",
    ),
    "an estimate below its interval": (
        "id: overall_survival.ratio",
        [("0.80\n", "0.30\n"), ('"0.80', '"0.30')],
        "an estimate lies in its interval, but lower 0.35 is above estimate 0.30",
        "lower ≤ estimate",
    ),
    "a range without its median": (
        "id: crs_duration.treated",
        [("maximum: 11", "maximum: 4"), ("2–11", "2–4")],
        "a median lies in its range, but median 5.0 is above maximum 4",
        "median ≤ maximum",
    ),
    "quartiles without their median": (
        "id: crs_duration.control",
        [("lower_quartile: 4", "lower_quartile: 7"), ("4 to", "7 to")],
        "a median lies between its quartiles, but lower_quartile 7 is above median 6",
        "lower_quartile ≤ median",
    ),
    "a range upside down": (
        "id: toci_courses.treated",
        [("lower: 1", "lower: 5"), ("One", "Five")],
        "a value lies in its range, but lower 5 is above upper 4",
        "lower ≤ upper",
    ),
    "bounds upside down": (
        "id: icans.treated.severe",
        [("at_least: 1", "at_least: 3")],
        "at_least is not above at_most, but at_least 3 is above at_most 2",
        "at_least ≤ at_most",
    ),
    "a p-value above 1": (
        "id: severe_infection.p",
        [("p: 0.418", "p: 4.18"), ("p=0.418", "p=4.18")],
        "a p-value is at most 1",
        "at most 1",
    ),
    "arms that miss the total": (
        "id: group_size.total",
        [("n: 30", "n: 31"), ("Thirty", "Thirty-one")],
        "the arms add to the total",
        "30",
    ),
}


@pytest.mark.parametrize("name", PRINTED_FAULTS)
def test_a_printed_fault_is_an_error_with_its_place(invented, name):
    entry, changes, rule, expected = PRINTED_FAULTS[name]
    line = plant_all(invented, entry, *changes)
    code, printed = invented.check()
    assert code == 1 and not printed["problems"], printed["problems"]
    found = [f for f in printed["findings"] if f["severity"] == "error" and not f["acknowledged"]]
    assert [f["rule"].split(";")[0] for f in found] == [rule]
    assert found[0]["expected"] == expected and found[0]["verdict"] == "differs"
    assert (found[0]["study"], found[0]["entry"], found[0]["line"]) == (
        "example2020",
        entry.removeprefix("id: "),
        line,
    )
    assert found[0]["file"].endswith(RECORD) and found[0]["address"]


def test_two_printed_sizes_of_one_arm_are_an_error(invented):
    invented.plant(RECORD, "id: group_size.control", "arm: control", "arm: treated")
    assert {f["rule"] for f in invented.findings("group_size.treated")} == {
        "the arm treated in stratum all has several sizes"
    }
    assert invented.check()[0] == 1


def test_a_contradiction_that_the_record_acknowledges_is_no_error(invented):
    plant_all(invented, TOCI, ("percent: 41.7", "percent: 27.8"), ("41.7%", "27.8%"))
    assert invented.check()[0] == 1
    invented.plant(
        RECORD,
        "contradictions:",
        "entries: [icans.total]",
        "entries: [icans.total, severe_infection.treated]",
    )
    invented.plant(RECORD, "contradictions:", "used: events", "used: all")
    assert [(f["severity"], f["acknowledged"]) for f in invented.findings("severe_infection.treated")] == [
        ("error", True)
    ]
    assert invented.check()[0] == 0


def test_an_acknowledged_percentage_is_reported_and_passes(invented):
    (found,) = invented.findings("icans.total")
    assert (found["severity"], found["acknowledged"], found["printed"], found["expected"]) == (
        "error",
        True,
        "3 (12.0%)",
        "10.0%",
    )


def test_a_slip_of_the_extractor_cannot_be_acknowledged(invented):
    invented.plant(RECORD, "id: icans.total", "events: 3", "events: 4")
    assert invented.problem()["field"] == "entries[icans.total].events"


def test_a_percentage_off_in_the_last_digit_is_mild(invented):
    plant_all(invented, TOCI, ("percent: 41.7", "percent: 41.6"), ("41.7%", "41.6%"))
    assert [f["severity"] for f in invented.findings("severe_infection.treated")] == ["last_digit"]
    assert invented.check()[0] == 0


INFECTION_P = "id: severe_infection.p"


@pytest.mark.parametrize(
    ("p", "by"),
    [
        ('"P = .418"', "Fisher's exact test"),
        ('"0,418"', "Fisher's exact test"),
        ("0.231", "one-sided Fisher's exact test, treated arm higher only"),
        ("0.258", "likelihood-ratio chi-squared test only"),
        ("0.263", "chi-squared test with N − 1 only"),
    ],
)
def test_a_p_agrees_under_the_test_that_is_named(invented, p, by):
    """5/12 v 4/18: fisher_exact (two-sided 0.4181, greater 0.2312), chi2_contingency with
    lambda_="log-likelihood" 0.2576, and Pearson's 1.2963 times 29/30, p 0.2630, by SciPy.
    """
    plant_all(invented, INFECTION_P, ("p: 0.418", f"p: {p}"), ('"p=0.418"', p if '"' in p else f'"p={p}"'))
    _, printed = invented.check()
    found = [f for f in printed["findings"] if f["entry"] == "severe_infection.p"]
    assert [f["verdict"] for f in found] == ["agrees"] and f"by {by}" in found[0]["rule"]


def test_a_p_that_is_cut_off_is_mild_beside_percentages_alone(invented):
    """Chi-squared of 5/12 v 4/18 has p 0.25489; the percentages leave that table alone."""
    for arm, events in (("treated", "    events: 5\n"), ("control", "    events: 4\n    n: 18\n")):
        plant_all(invented, f"id: severe_infection.{arm}", ("kind: counts", "kind: percentage"), (events, ""))
    plant_all(
        invented,
        INFECTION_P,
        ("p: 0.418", "p: 0.254"),
        ('"p=0.418"', '"p=0.254"'),
        ("[fisher, chi_squared]", "[chi_squared]"),
    )
    found = invented.findings("severe_infection.p")
    assert [(f["severity"], f["expected"]) for f in found] == [("last_digit", "5/12 v 4/18")]
    assert "cut off" in found[0]["rule"] and invented.check()[0] == 0


@pytest.mark.parametrize(
    ("percent", "verdict"),
    [
        ("12.5", "agrees"),
        ("12", "agrees"),
        ("13", "agrees"),
        ("12.50", "agrees"),
        ("11", "differs"),
        ("14", "differs"),
        ("12.4", "differs"),
    ],
)
def test_a_half_may_be_rounded_up_or_to_even(invented, percent, verdict):
    """1 of 8 is 12.5 %: papers print 13 (half up) or 12 (half even)."""
    invented.plant(
        RECORD, TOCI, "events: 5\n    percent: 41.7", f"events: 1\n    n: 8\n    percent: {percent}"
    )
    invented.plant(RECORD, TOCI, '"41.7%(n=5)"', f'"1/8 ({percent}%)"')
    _, printed = invented.check()
    assert [f["verdict"] for f in printed["findings"] if f["entry"] == "severe_infection.treated"] == [
        verdict
    ]


def test_a_percentage_of_an_unprinted_group_cannot_be_checked(invented):
    _, printed = invented.check()
    assert {(f["verdict"], f["severity"]) for f in printed["findings"] if f["study"] == "sample2021"} == {
        ("cannot_be_checked", None)
    }


def test_an_adjusted_p_value_above_1_is_told_but_no_error(invented):
    (found,) = invented.findings("age.p")
    assert (found["severity"], found["acknowledged"], found["expected"]) == ("error", True, "at most 1")


def test_an_arm_without_a_printed_size_is_the_total_less_the_other(invented):
    record = load(invented.root).records["example2020"]
    assert group_size(record, "control") == 18
    left = record.model_copy(update={"entries": [e for e in record.entries if e.id != "group_size.control"]})
    assert (group_size(left, "control"), group_size(left, "total"), group_size(left, "treated")) == (
        18,
        30,
        12,
    )
    alone = record.model_copy(update={"entries": [e for e in record.entries if e.id == "group_size.treated"]})
    assert group_size(alone, "control") is None and group_size(alone, "total") is None
    assert group_size(record, "treated", "grade_3") is None and group_size(record, "comparison") is None


def test_a_reading_set_aside_gives_no_group_size(invented):
    invented.plant(RECORD, "id: group_size.control", "id: group_size.control", "id: group_size.treated.text")
    invented.plant(RECORD, "id: group_size.treated.text", "arm: control", "arm: treated")
    invented.plant(
        RECORD,
        "contradictions:",
        "contradictions:",
        "contradictions:\n  - about: Two sizes.\n    entries: [group_size.treated, group_size.treated.text]\n"
        "    excuses: [group_sizes_agree]\n"
        "    used: group_size.treated\n    reason: The table's head.",
    )
    checked = check(load(invented.root))
    assert not checked.errors
    assert [
        (f.severity, f.acknowledged)
        for f in checked.findings
        if f.entry == "group_size.treated.text" and f.verdict == "differs"
    ] == [("error", True)]


def test_a_finding_reads_as_one_line(invented):
    line = plant_all(invented, TOCI, ("percent: 41.7", "percent: 27.8"), ("41.7%", "27.8%"))
    (error,) = check(load(invented.root)).errors
    assert (
        str(error)
        == f"review/records/example2020.yml:{line}: example2020: severe_infection (severe_infection.treated):"
        " found '27.8%(n=5)': the percentage is 5 of 12; it is that of a group of 18; expected 41.7%"
        " (check percentage_is_events_over_n)"
    )


def test_the_readable_report_names_counts_contradictions_and_errors(invented):
    code, printed = invented.run("check")
    assert code == 0 and "0 errors" in printed and "Contradictions acknowledged (2)" in printed
    assert "Without a record: waiting2022 (awaiting_data)." in printed
    line = invented.plant(REGISTER, "id: example2020", "included", "perhaps")
    code, printed = invented.run("check")
    assert code == 1 and f"register.yml:{line}: example2020" in printed and "1 error." in printed


def test_the_json_counts_entries_by_kind_for_each_study(invented):
    studies = invented.check()[1]["studies"]
    assert studies["example2020"]["entries"]["counts"] == 3
    assert studies["waiting2022"] == {
        "decision": "awaiting_data",
        "entries": {},
        "verdicts": {},
        "problems": 0,
    }


@pytest.mark.parametrize(
    ("fragment", "held"),
    [
        ("52.9%(n=9)", {"52.9", "9"}),
        ("Forty-five (48.3%)", {"45", "48.3"}),
        ("80–1,280 mg", {"80", "1280"}),
        ("less than fourfold", {"4"}),
        ("no cases", {"0"}),
        ("42 (14-67)", {"42", "14", "67"}),
    ],
)
def test_numbers_of_a_fragment_include_those_in_words(fragment, held):
    assert numbers(fragment) == held


@pytest.mark.parametrize(
    ("fragment", "p", "stated"),
    [
        ("p=0.353", "0.353", True),
        ("$p=0.0125$", "0.0125", True),
        ("p > 0.9999", ">0.9999", True),
        ("p<0.05", "<0.05", True),
        ("P = .019", "0.019", True),
        ("p<0·05", "<0.05", True),
        ("P = 1.2 × 10⁻⁵", "0.000012", True),
        ("$P = 1.2\\times 10^{-5}$", "0.000012", True),
        ("P = .019", "0.19", False),
        ("P = 0,019", "0.019", True),
        ("p<0.05", "0.05", False),
        ("p=0.353", "0.35", False),
        ("p=0.353", "353", False),
        ("p=10.35", "0.35", False),
        ("0.350", "0.35", False),
        ("1", "1", True),
        ("(p=0.35).", "0.35", True),
    ],
)
def test_a_p_value_stands_with_its_digits_and_sign(fragment, p, stated):
    assert (p in p_values_in(fragment)) is stated


def test_rounding_keeps_the_printed_digits():
    assert rounded(Fraction(25, 2), 0) == Decimal(13) and str(rounded(Fraction(20), 1)) == "20.0"


# every printed number gets a verdict


@pytest.fixture(scope="module")
def checked(review):
    return check(review)


DIFFER = {
    "zhou2025": {
        "crs_duration.treated": "error",
        "high_risk_genetics.total.text": "error",  # 38/45 printed 84.8 %; 84.4
        "icans.total.text": "last_digit",  # 2/45 printed 4.5 %; 4.4
        "previous_lines.control": "error",  # 1.5 lines, and beyond the range of all
        "steroid_dose.total": "error",  # maximum 800; 201 and 80 in the arms
        "steroid_dose.treated": "error",  # minimum 30; 25 - 10 = 15 of 17 patients were given any
        "steroid_dose.users.text": "error",  # maximum 302.5
        **{
            f"{name}.p_adjusted": "error"
            for name in (
                "male_sex",
                "high_risk_genetics",
                "previous_lines",
                "prior_transplant",
                "cart_dose",
                "icans",
            )
        },
    },
    "zhang2022": {
        "toci_use.total.abstract": "error",
        "toci_use.total.text": "error",  # 33; 32 in table 1
        "age.total": "error",  # minimum 13; 14 and 18 in the arms
        "male_sex.p": "last_digit",  # 0.0688, cut off
        "prior_transplant.total": "error",  # 12/67 printed 18.9 %; 17.9
        "primary_refractory.control": "last_digit",  # 17/35 = 48.57 printed 48.5
        "humanised_product.total.text": "error",  # 50.3 %; 34/67 = 50.7
        "crs_any.total": "error",  # 43; the grades add to 44
        "crs_duration.grade_2.p": "error",
        "crs_duration.grade_2.stars": "error",  # 9 v 2: no p below 1/55
        "steroid_use.control": "error",  # 6/35 printed 17.4 %; 17.1
    },
    "ma2024": {
        "toci_use.total": "last_digit",  # 45/93 = 48.39 printed 48.3
        "icans.total": "error",  # 16/93 printed 5.3 %; 17.2
        "severe_icans.total": "error",  # 8/93 printed 2.65 %; 8.6
    },
    "kadauke2021": {},
}
"""What the papers print that cannot be, each worked out by hand from the printed numbers beside it."""


@pytest.mark.parametrize("study", DIFFER)
def test_every_contradiction_of_a_paper_is_found_and_no_correct_number_accused(study, checked):
    gravest: dict[str, str] = {}
    for f in checked.findings:
        if f.study == study and f.verdict == "differs":
            gravest[f.entry] = min(f.severity, gravest.get(f.entry, "last_digit"))
    assert gravest == DIFFER[study]


def test_every_contradiction_of_the_papers_is_acknowledged_in_its_record(checked):
    assert checked.errors == []


def test_every_printed_number_has_a_verdict(checked, review):
    judged = {(f.study, f.entry) for f in checked.findings}
    for study, record in review.records.items():
        for entry in record.entries:
            assert ((study, entry.id) in judged) is (entry.kind not in ("not_reported", "survival_curve"))


@pytest.mark.parametrize(
    ("study", "entry", "expected", "by"),
    [
        ("zhou2025", "severe_infection.p", "0.3532", "Fisher's exact test"),
        ("zhou2025", "icans.p", "0.2667", "Yates"),
        ("zhou2025", "crs_grade.p", "0.0187", "chi-squared"),
        ("zhou2025", "mrd_negative_response.p", "16/1/0/0 v 24/3/1/0", "all classes of response at once"),
        ("zhang2022", "severe_infection.crp_high.p", "11/23 v 2/17", "the only table"),
        ("zhang2022", "severe_crs.il6_low.p", "3/8 v 0/23", "the only table"),
        ("ma2024", "complete_response.p", "42/45 v 44/48", "the only table"),
        ("ma2024", "complete_response.crs.p", "69/76 v 17/17", "the only table"),
        ("zhang2022", "icans.test", "significant", "6/32 v 0/35"),
        ("kadauke2021", "severe_crs.risk_ratio", "0.5333", "4/15 to 13/26"),
        ("zhou2025", "age.p_adjusted", "10 times the plain p", "same multiple"),
    ],
)
def test_a_number_agrees_with_its_test_by_name(study, entry, expected, by, checked):
    found = [f for f in checked.findings if (f.study, f.entry, f.verdict) == (study, entry, "agrees")]
    assert any(f.expected == expected and by in f.rule for f in found), found


def verdicts(invented, entry):
    return {(f["verdict"], f["severity"]) for f in invented.check()[1]["findings"] if f["entry"] == entry}


P = "id: severe_infection.p"


@pytest.mark.parametrize(
    ("p", "verdict"),
    [
        ("0.418", ("agrees", None)),
        ("0.255", ("agrees", None)),
        ("0.464", ("agrees", None)),  # 5/12 v 4/18 by SciPy: Fisher, chi-squared, Yates
        ("0.254", ("differs", "last_digit")),
        ("0.419", ("differs", "last_digit")),
        ("0.410", ("differs", "error")),
    ],
)
def test_a_p_value_is_judged_by_the_tests_the_paper_names(invented, p, verdict):
    plant_all(invented, P, ("p: 0.418", f"p: {p}"), ("p=0.418", f"p={p}"))
    assert verdicts(invented, "severe_infection.p") == {verdict}


def test_a_p_value_of_another_test_agrees_and_says_so(invented):
    # twice the smaller tail, by SciPy's hypergeom 0.4624
    plant_all(invented, P, ("p: 0.418", "p: 0.462"), ("p=0.418", "p=0.462"))
    (found,) = [f for f in invented.check()[1]["findings"] if f["entry"] == "severe_infection.p"]
    assert found["verdict"] == "agrees" and "one tail doubled only; the paper names" in found["rule"]


def test_a_ratio_far_from_the_middle_of_its_interval_differs(invented):
    """0.35 to 1.83 has its middle at the root of 0.64, 0.80; on the log scale 0.60 is 0.29 below, of 1.65."""
    plant_all(invented, "id: overall_survival.ratio", ("0.80\n", "0.60\n"), ('"0.80', '"0.60'))
    assert ("differs", "error") in verdicts(invented, "overall_survival.ratio")


def test_a_ratio_near_the_middle_agrees_if_its_interval_is_not_walds(invented):
    plant_all(invented, "id: overall_survival.ratio", ("0.80\n", "0.90\n"), ('"0.80', '"0.90'))
    (found,) = [f for f in invented.check()[1]["findings"] if f["entry"] == "overall_survival.ratio"]
    assert found["verdict"] == "agrees" and "agrees if the interval is exact" in found["rule"]


@pytest.mark.parametrize(
    ("p", "verdict", "words"),
    [
        ("0.597", ("agrees", None), "by Wald's test"),
        ("0.577", ("agrees", None), "if it is of another test than Wald's: log-rank, likelihood ratio"),
        ("0.299", ("agrees", None), "if it is Wald's, one-sided"),  # half of 0.597, and it may round to 0.299
        ("0.097", ("differs", "other_test"), "if it is of a test that weighs early events"),
        ("0.0000004", ("differs", "error"), "by no method in use"),
    ],
)
def test_a_p_beside_a_ratio_is_walds_or_of_a_test_that_is_named(invented, p, verdict, words):
    """log 0.8 over log(1.83 / 0.35) / 3.92 is -0.529: p = 0.597; 0.097 and 0.0000004 are 1.66 and 5.07."""
    plant_all(invented, "id: overall_survival.ratio", ("p: 0.597", f"p: {p}"), ("p = 0.597", f"p = {p}"))
    assert verdicts(invented, "overall_survival.ratio") == {verdict}
    (found,) = [f for f in invented.check()[1]["findings"] if f["entry"] == "overall_survival.ratio"]
    assert words in found["rule"]


@pytest.mark.parametrize(
    ("mean", "sd", "verdict"),
    [("2.50", "1.24", "agrees"), ("2.53", "1.24", "differs"), ("2.50", "1.20", "differs")],
)
def test_a_mean_of_whole_numbers_is_a_sum_over_patients(invented, mean, sd, verdict):
    """12 patients: 30/12 = 2.50; 2.53 lies between 30/12 and 31/12.  Squares add to an even number, as the
    sum is even: 92 gives SD root of 17/11 = 1.24, while 1.20 asks for 75 + 11 * 1.4294 to 1.4520, that is
    90.7 to 91.0, and 91 is odd.
    """
    invented.plant(RECORD, "id: toci_courses.treated", "kind: quantity", "kind: mean_sd")
    invented.plant(
        RECORD, "id: toci_courses.treated", "lower: 1\n    upper: 4", f"mean: {mean}\n    sd: {sd}"
    )
    invented.plant(RECORD, "id: toci_courses.treated", '"One to four doses"', f'"{mean} ({sd}) doses"')
    assert {v for v, _ in verdicts(invented, "toci_courses.treated")} == {verdict}


def insert(invented, *entries):
    """New entries before that of the courses, each a line of YAML without its address."""
    lines = "".join(
        f"  - {{{entry}, address: {{source: example2020.xml, section: Results, paragraph: 3}}}}\n"
        for entry in entries
    )
    before = "  - id: toci_courses.treated"
    invented.plant(RECORD, before, before, lines + before)


MEAN = "kind: mean_sd, field: crs_duration, unit: days"


@pytest.mark.parametrize(
    ("mean", "sd", "verdict"),
    [
        # 12 patients, the median 5, from 2 to 11: at least (6 * 1.5 + 5 * 4.95 + 10.5) / 12 = 3.69
        ("5.6", "2.7", "agrees"),
        ("3.5", "2.7", "differs"),
        # at a mean of 5 or so none is further than 6 from it
        ("5.6", "5.9", "differs"),
    ],
)
def test_a_mean_is_one_that_range_and_median_leave(invented, mean, sd, verdict):
    insert(invented, f'id: mean, {MEAN}, arm: treated, mean: {mean}, sd: {sd}, printed: "{mean} ({sd})"')
    assert verdicts(invented, "mean") == {(verdict, "error" if verdict == "differs" else None)}


@pytest.mark.parametrize(
    ("p", "tests", "verdict", "words"),
    [
        # by SciPy's ttest_ind_from_stats 0.0468 (Student) and 0.0407 (Welch)
        ("0.047", "[t]", "agrees", "Student's t test"),
        ("0.0407", "[t]", "agrees", "Welch's t test"),
        ("0.024", "[t]", "agrees", "one-sided"),
        ("0.3", "[t]", "differs", "no t test of 7.10 ± 2.20 v 5.20 ± 2.60"),
        ("0.3", "[t, mann_whitney]", "cannot_be_checked", "the paper names others"),
    ],
)
def test_a_p_of_a_t_test_is_that_of_the_means(invented, p, tests, verdict, words):
    insert(
        invented,
        f'id: mean.treated, {MEAN}, arm: treated, mean: 7.10, sd: 2.20, printed: "7.10 (2.20)"',
        f'id: mean.control, {MEAN}, arm: control, mean: 5.20, sd: 2.60, printed: "5.20 (2.60)"',
        f'id: mean.p, kind: p_value, field: crs_duration, unit: probability, arm: comparison, p: "{p}",'
        f' tests: {tests}, printed: "p={p}"',
    )
    (found,) = [f for f in invented.check()[1]["findings"] if f["entry"] == "mean.p"]
    assert found["verdict"] == verdict and words in found["rule"]


def test_a_verdict_names_what_the_schema_of_the_command_promises(invented):
    for finding in invented.check()[1]["findings"]:
        assert {
            "study",
            "field",
            "address",
            "verdict",
            "severity",
            "printed",
            "expected",
            "rule",
        } <= finding.keys()
        assert finding["verdict"] in ("agrees", "differs", "cannot_be_checked")
        assert (
            finding["severity"] in ("error", "last_digit")
            if finding["verdict"] == "differs"
            else finding["severity"] is None
        )
