"""Which reports enter which endpoint: rules, shown on an invented review and held against the real one."""

import json
import shutil
from dataclasses import replace
from itertools import combinations
from typing import get_args

import pytest
import yaml
from example_review import EXAMPLE
from scipy import stats

from extraction.derived.groups import grade_counts, group_size
from extraction.question import ASKED, ENDPOINTS, contrast_of
from extraction.records import Review, load
from extraction.schema import Bound, Entry
from extraction.vocabulary import Start
from models.evidence.collect import alternatives, collect, collect_all
from models.evidence.foreseen import CountsPForeseen, LogRankForeseen
from models.evidence.report import PRIMARY, Reading, Unused, Used
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.median_quartiles import MedianQuartiles
from models.likelihood.kinds.median_range import MedianRange
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.table import Table
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.kinds.test_outcome import OutcomeOfTest

FIELDS_OF = {name: (name,) if asked.kind == "survival" else asked.fields for name, asked in ASKED.items()}
PLACE = {"source": "example2020.xml", "section": "Results"}


@pytest.fixture
def invented_with(tmp_path):
    """Load the invented review after `change` has edited its first record and its register, as data."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)

    def changed(*more: dict, edit=None, drop=(), strata=None, register=None) -> Review:
        record, studies = (
            yaml.safe_load((EXAMPLE / file).read_text())
            for file in ("records/example2020.yml", "register.yml")
        )
        record["entries"] = [e for e in record["entries"] if e["id"] not in drop] + list(more)
        record["strata"] |= {
            name: {"definition": name, "grades": grades} for name, grades in (strata or {}).items()
        }
        for entry in record["entries"]:
            entry |= (edit or {}).get(entry["id"], {})
        for study in studies["studies"]:
            study |= (register or {}).get(study["id"], {})
        (tmp_path / "records/example2020.yml").write_text(json.dumps(record, default=str))  # JSON is YAML
        (tmp_path / "register.yml").write_text(json.dumps(studies, default=str))
        return load(tmp_path)

    return changed


def grade(category, arm, events):
    return {
        "id": f"crs_grade.{category.replace('-', '_')}.{arm}",
        "kind": "counts",
        "field": "crs_grade",
        "category": category,
        "arm": arm,
        "unit": "patients",
        "events": events,
        "printed": str(events),
        "address": PLACE,
    }


def comparison(name, kind, field="crs_duration", stratum="all", **values):
    unit = {"test_outcome": "none", "hazard_ratio": "ratio"}.get(kind, "probability")
    return {
        "id": name,
        "kind": kind,
        "field": field,
        "arm": "comparison",
        "stratum": stratum,
        "unit": unit,
        "printed": "x",
        "address": PLACE,
        **values,
    }


GRADES = [
    grade("1", "treated", 3),
    grade("1", "control", 9),
    grade("2", "total", 10),
    grade("2", "control", 4),
    grade("3-5", "treated", 3),
    grade("3-5", "total", 8),
]
"""Grades 1 by arm, 2 and 3 by arm or total, so that one arm of each follows by subtraction: 6 and 5."""


def by_arm(record) -> dict[int, tuple[int, int]]:
    """Patients by grade: with tocilizumab, without."""
    return {grade: (sizes["treated"], sizes["control"]) for grade, sizes in grade_counts(record).items()}


def entries_of(reports) -> set[str]:
    return {entry for report in reports for entry in report.entries}


def used_from(evidence, name):
    return [report for report in evidence.used if name in report.entries]


def reason(evidence, name):
    (report,) = [r for r in evidence.unused if name in r.entries]
    return report.reason


# grades and group sizes


def test_the_missing_arm_of_a_grade_is_the_total_less_the_other(invented_with):
    record = invented_with(*GRADES).records["example2020"]
    assert by_arm(record) == {1: (3, 9), 2: (6, 4), 3: (3, 5)}
    assert (group_size(record, "treated", "grade_3"), group_size(record, "control", "grade_3")) == (3, 5)
    assert (group_size(record, "treated"), group_size(record, "control")) == (12, 18)


def test_grades_3_to_5_are_summed_unless_they_are_printed_together(invented_with):
    apart = [
        grade(c, arm, n)
        for c, arm, n in [
            ("3", "treated", 2),
            ("4", "treated", 1),
            ("5", "treated", 1),
            ("3", "control", 4),
            ("4", "control", 1),
        ]
    ]
    assert by_arm(invented_with(*apart).records["example2020"]) == {3: (4, 5)}
    together = [*apart, grade("3-5", "treated", 4), grade("3-5", "control", 5)]
    assert by_arm(invented_with(*together).records["example2020"]) == {3: (4, 5)}


def test_a_grade_of_one_arm_alone_is_no_comparison(invented_with):
    record = invented_with(grade("2", "control", 4)).records["example2020"]
    assert grade_counts(record) == {}
    assert group_size(record, "treated", "grade_3") is None


def test_grades_of_the_real_studies_are_those_of_their_tables(review):
    """Zhou 2025, Table 2; Zhang 2022, section Patients: 31 v 13 with CRS, of grade 1 17 v 10, 2 9 v 2, 3 or
    more 5 v 1.
    """
    found = {study: by_arm(review.records[study]) for study in ("zhou2025", "zhang2022")}
    assert found["zhou2025"] == {0: (0, 4), 1: (0, 7), 2: (8, 11), 3: (9, 6)}
    assert found["zhang2022"] == {1: (17, 10), 2: (9, 2), 3: (5, 1)}
    assert [sum(n[i] for n in found["zhou2025"].values()) for i in (0, 1)] == [17, 28]


# who may enter


@pytest.mark.parametrize("decision", ["awaiting_data", "excluded"])
def test_a_study_that_is_not_included_contributes_nothing(invented_with, decision):
    before, after = (
        collect_all(invented_with()),
        collect_all(invented_with(register={"example2020": {"decision": decision}})),
    )
    assert any("example2020" in e.studies for e in before.values())
    for evidence in after.values():
        assert "example2020" not in {r.study for r in (*evidence.used, *evidence.unused)}


def test_only_included_studies_of_the_real_register_contribute(review):
    allowed = {s.id for s in review.register.studies if s.decision == "included"}
    for endpoint, evidence in collect_all(review).items():
        assert {r.study for r in (*evidence.used, *evidence.unused)} <= allowed
        for study in evidence.studies:
            assert review.studies[study].endpoints is None or endpoint in review.studies[study].endpoints


def test_a_study_enters_only_the_endpoints_its_registration_names(invented_with):
    found = collect_all(invented_with(register={"example2020": {"endpoints": ["overall_survival"]}}))
    assert [
        endpoint
        for endpoint, evidence in found.items()
        if "example2020" in {r.study for r in (*evidence.used, *evidence.unused)}
    ] == ["overall_survival"]


def test_a_study_left_to_its_cohort_mate_says_so(invented_with):
    """Both studies hold the same patients, and one of them may enter ICANS."""
    found = collect(
        invented_with(
            register={
                "example2020": {"cohort": "shared", "endpoints": ["icans"]},
                "sample2021": {"cohort": "shared", "endpoints": ["severe_infection"]},
            }
        ),
        "icans",
    )
    left = [r for r in found.unused if r.study == "sample2021"]
    assert left and {r.reason for r in left} == {"the same patients as Example 2020, which may enter it"}
    assert not found.studies


def test_ma_says_why_it_is_not_used_for_icans(review):
    reasons = {r.reason for r in collect(review, "icans").unused if r.study == "ma2024"}
    assert reasons == {"the same patients as Wang 2024, which prints it by arm"}


@pytest.mark.parametrize("contrast", ["pre-emptive", "prophylactic", "early v late"])
def test_studies_of_two_contrasts_are_never_pooled(invented_with, contrast):
    before = collect_all(invented_with())
    after = collect_all(invented_with(register={"example2020": {"contrast": contrast}}))
    entered = [e for e in before if e != "severe_crs" and "example2020" in before[e].studies]
    assert "severe_infection" in entered
    for endpoint in entered:
        assert "example2020" not in after[endpoint].studies
        reasons = {r.reason for r in after[endpoint].unused if r.study == "example2020"}
        assert reasons and all("another contrast, never pooled" in reason for reason in reasons)


def test_each_endpoint_of_the_review_pools_one_contrast(review):
    for endpoint, evidence in collect_all(review).items():
        assert {review.studies[s].contrast for s in evidence.studies} == {contrast_of(endpoint)}


def test_no_two_studies_of_one_cohort_meet_in_an_endpoint(review):
    for evidence in collect_all(review).values():
        cohorts = [review.studies[study].cohort for study in evidence.studies]
        assert len(cohorts) == len(set(cohorts))


def test_an_unknown_endpoint_is_refused(review):
    with pytest.raises(KeyError):
        collect(review, "survival")


# nothing twice, nothing lost


@pytest.fixture
def both_reviews(invented_with, review) -> list[Review]:
    return [review, invented_with(*GRADES)]


def test_no_entry_is_used_twice_or_both_used_and_left_out(both_reviews):
    for read in both_reviews:
        for evidence in collect_all(read).values():
            for one, other in combinations((*evidence.used, *evidence.unused), 2):
                if one.study == other.study:
                    assert not set(one.entries) & set(other.entries), (evidence.endpoint, one, other)


def patients(review, report):
    """Cells of patients that a report of a test, curve or ratio compares: grades, or the whole cohort."""
    grades = review.records[report.study].strata[report.stratum].grades
    return {(report.study, g) for g in (grades if grades else range(6))}


def overlapping(review, evidence):
    """Pairs of used reports of one term that share patients; medians by arm are told apart by their arms."""
    for one, other in combinations(evidence.used, 2):
        if one.report.name == other.report.name and one.study == other.study:
            arms = [set(getattr(r.report, "arms", ("treated", "control"))) for r in (one, other)]
            if arms[0] & arms[1] and patients(review, one) & patients(review, other):
                yield one, other


def test_no_patients_stand_twice_behind_one_kind_of_term(both_reviews):
    for read in both_reviews:
        for evidence in collect_all(read).values():
            assert not list(overlapping(read, evidence))


def test_a_log_rank_p_of_the_whole_cohort_sets_its_strata_aside(invented_with):
    part = comparison(
        "progression_free_survival.grade_3.p", "log_rank_p", "progression_free_survival", "grade_3", p="0.4"
    )
    found = collect(invented_with(*GRADES, part), "progression_free_survival")
    assert entries_of(found.used) == {"progression_free_survival.p"}
    assert (
        reason(found, "progression_free_survival.grade_3.p") == "part of the patients whose p-value is used"
    )


def test_log_rank_p_values_of_strata_that_share_patients_do_not_both_enter(invented_with):
    endpoint = "progression_free_survival"
    parts = [
        comparison(f"{endpoint}.{s}.p", "log_rank_p", endpoint, s, p="0.4") for s in ("grade_2", "grade_2_3")
    ]
    many = [grade(c, arm, 10) for c in ("1", "2", "3-5") for arm in ("treated", "control")]
    review = invented_with(
        *many, *parts, drop=[f"{endpoint}.p"], strata={"grade_2": [2], "grade_2_3": [2, 3]}
    )
    found = collect(review, endpoint)
    assert found.used
    assert not list(overlapping(review, found))


@pytest.mark.parametrize(
    ("printed", "read"), [("0.000", "<0.0005"), ("=0.00", "<0.005"), ("0.001", "0.001"), ("<0.001", "<0.001")]
)
def test_a_log_rank_p_of_zeros_is_less_than_half_its_last_digit(invented_with, printed, read):
    whole = comparison("overall_survival.p", "log_rank_p", "overall_survival", p=printed)
    (used,) = used_from(
        collect(invented_with(whole, drop=("overall_survival.ratio",)), "overall_survival"),
        "overall_survival.p",
    )
    assert used.report.p == read


def test_a_log_rank_p_beside_the_hazard_ratio_is_left_out_and_checked(invented_with):
    found = collect(
        invented_with(comparison("overall_survival.p", "log_rank_p", "overall_survival", p="0.6")),
        "overall_survival",
    )
    assert [type(r.report) for r in found.used] == [Ratio]
    (left_out,) = [r for r in found.unused if "overall_survival.p" in r.entries]
    assert left_out.reason == "the same patients as the hazard ratio used"
    assert left_out.check == LogRankForeseen("0.6", None, 12, 18)


def test_tests_of_strata_that_share_patients_do_not_both_enter(invented_with):
    both = [
        comparison(
            f"crs_duration.{s}.test", "test_outcome", stratum=s, significant=False, tests=["mann_whitney"]
        )
        for s in ("grade_2", "grade_2_3")
    ]
    review = invented_with(*GRADES, *both, strata={"grade_2": [2], "grade_2_3": [2, 3]})
    assert not list(overlapping(review, collect(review, "crs_duration")))


@pytest.mark.parametrize("which", ["real", "invented"])
def test_every_comparison_printed_for_an_endpoint_is_used_or_left_out_with_a_reason(
    which, invented_with, review
):
    read = (
        review
        if which == "real"
        else invented_with(
            *GRADES,
            comparison(
                "overall_survival.unadjusted",
                "hazard_ratio",
                "overall_survival",
                estimate=0.7,
                lower=0.3,
                upper=1.6,
                adjusted_for=[],
            ),
            comparison("overall_survival.cox.p", "p_value", "overall_survival", p="0.5", tests=["cox"]),
        )
    )
    lost = []
    for endpoint, evidence in collect_all(read).items():
        listed = {(r.study, entry) for r in (*evidence.used, *evidence.unused) for entry in r.entries}
        for study, record in read.included().items():
            if read.studies[study].endpoints is None or endpoint in read.studies[study].endpoints:
                if endpoint == "severe_crs" and read.studies[study].contrast == "therapeutic":
                    continue  # left out as a whole, counts only: the grade led to the drug
                for name in FIELDS_OF[endpoint]:
                    for entry in record.find(Entry, name, arm="comparison"):
                        if (study, entry.id) not in listed:
                            lost.append((endpoint, study, entry.id))
    assert lost == []


def test_every_report_left_out_has_a_reason(both_reviews):
    for read in both_reviews:
        for evidence in collect_all(read).values():
            assert all(report.reason.strip() for report in evidence.unused)


# binary endpoints


def test_counts_enter_with_the_printed_denominator_or_the_group_size(invented_with):
    (found,) = collect(invented_with(), "severe_infection").used
    assert found.report == Table(events_treated=5, n_treated=12, events_control=4, n_control=18)


def test_counts_without_a_denominator_do_not_enter(invented_with):
    icans = [
        {
            "id": f"icans.{arm}",
            "kind": "counts",
            "field": "icans",
            "arm": arm,
            "unit": "patients",
            "events": 1,
            "printed": "1",
            "address": PLACE,
        }
        for arm in ("treated", "control")
    ]
    # the entry of the total goes too: with it the other arm's size would follow by subtraction
    review = invented_with(*icans, drop=["group_size.control", "group_size.total", "icans.total"])
    for report in collect(review, "icans").used:
        assert None not in report.report.data.values()


def test_a_p_value_beside_counts_is_left_out(invented_with):
    assert (
        reason(collect(invented_with(), "severe_infection"), "severe_infection.p")
        == "the same patients as the counts used"
    )


def test_severe_crs_of_patients_treated_for_their_grade_is_never_an_effect(invented_with):
    found = collect(invented_with(*GRADES), "severe_crs")
    assert not found.used
    assert "crs_grade.3_5.treated" in entries_of(found.unused)


# survival


def test_a_hazard_ratio_says_what_it_is_adjusted_for(invented_with):
    (found,) = collect(invented_with(), "overall_survival").used
    assert found.report == Ratio(0.8, 0.35, 1.83, 95.0)
    assert found.note == "adjusted for age"


UNADJUSTED = comparison(
    "overall_survival.unadjusted",
    "hazard_ratio",
    "overall_survival",
    estimate=0.7,
    lower=0.3,
    upper=1.6,
    adjusted_for=[],
)


@pytest.mark.parametrize(
    ("beside", "enters"),
    [
        (UNADJUSTED, Ratio(0.7, 0.3, 1.6, 95.0)),
        (
            comparison("overall_survival.p", "log_rank_p", "overall_survival", p="0.4"),
            LogRank("0.4", None, 12, 18),
        ),
    ],
)
def test_a_result_that_is_not_adjusted_can_enter_before_the_adjusted_ratio(invented_with, beside, enters):
    review, unadjusted = invented_with(beside), Reading(adjusted_first=False)
    found = collect(review, "overall_survival", unadjusted)
    assert [used.report for used in found.used] == [enters]
    assert reason(found, "overall_survival.ratio").startswith("adjusted: ")
    assert [used.report for used in collect(review, "overall_survival").used] == [
        Ratio(0.8, 0.35, 1.83, 95.0)
    ]


def test_an_adjusted_ratio_stays_where_nothing_else_is_printed(invented_with):
    review = invented_with()
    unadjusted = collect(review, "overall_survival", Reading(adjusted_first=False))
    assert unadjusted.used == collect(review, "overall_survival").used


def test_survival_of_each_start_can_be_kept_apart(review):
    """Zhang 2022 and Ma 2024 print that survival without relapse runs from complete response; Zhou 2025
    prints no start, for which infusion is taken.
    """
    endpoint = "progression_free_survival"
    studies = {
        start: collect(review, endpoint, Reading(runs_from=start)).studies for start in get_args(Start)
    }
    assert studies == {"baseline": ["zhou2025"], "response": ["zhang2022", "ma2024"]}
    from_response = collect(review, endpoint, Reading(runs_from="response"))
    (zhou,) = {r.reason for r in from_response.unused if r.study == "zhou2025"}
    assert zhou.startswith("from when its time runs is not printed")
    as_used = collect(review, endpoint)
    assert from_response.used == tuple(used for used in as_used.used if used.study != "zhou2025")


def test_a_reading_under_which_nothing_enters_is_no_alternative(review):
    """Overall survival runs from infusion wherever a paper says from when."""
    assert not collect(review, "overall_survival", Reading(runs_from="response")).used
    for endpoint in ENDPOINTS:
        assert all(found.used for found in alternatives(review, endpoint).values())
    assert "only survival that runs from response" in alternatives(review, "progression_free_survival")


HANDFUL = comparison(
    "progression_free_survival.grade_3.p", "log_rank_p", "progression_free_survival", "grade_3", p="0.4"
)


def test_a_log_rank_p_of_a_handful_of_patients_enters_by_its_histories(invented_with):
    (found,) = collect(
        invented_with(*GRADES, HANDFUL, drop=["progression_free_survival.p"]), "progression_free_survival"
    ).used
    assert found.report == LogRankHistories("0.4", None, n_treated=3, n_control=5, counted=None)


def test_a_log_rank_p_that_no_history_gives_is_left_out_with_that_reason(invented_with):
    """Of 3 v 5 patients the smallest p is that of the 3 leaving first: 3 events where 3/8 + 2/7 + 1/6 = 0.83
    are expected, with variance 0.58, so z 2.86 and p 0.004.
    """
    impossible = HANDFUL | {"p": "0.0001"}
    review = invented_with(*GRADES, impossible, drop=["progression_free_survival.p"])
    found = collect(review, "progression_free_survival")
    assert not found.used
    (left_out,) = (report for report in found.unused if report.entries == (impossible["id"],))
    assert left_out.reason == "no history of 3 v 5 patients has a log-rank p of 0.0001"
    assert left_out.check is None


def test_with_printed_numbers_only_it_is_left_out(invented_with):
    review = invented_with(*GRADES, HANDFUL, drop=["progression_free_survival.p"])
    found = collect(review, "progression_free_survival", Reading(recovered=False))
    assert not found.used
    assert reason(found, "progression_free_survival.grade_3.p").startswith("3 v 5 patients are too few")


# recovered tables


def recovered(review, endpoint, study, reading=PRIMARY):
    (report,) = [r for r in collect(review, endpoint, reading).used if r.study == study]
    return report


def test_zhangs_severe_infections_are_bounded_by_the_stratum_and_the_words(review):
    """CRP-high 11/23 v 2/17: the cohort has 11 to 20 of 32 (12 of the 23 had none) v 2 to 20 of 35, more with
    the drug, p < 0.05 by a named test.
    """
    report = recovered(review, "severe_infection", "zhang2022")
    tables = set(report.report.tables)
    expected = set()
    for a in range(11, 21):
        for c in range(2, 21):
            table = [[a, 32 - a], [c, 35 - c]]
            p = min(stats.fisher_exact(table).pvalue, stats.chi2_contingency(table, correction=False).pvalue)
            if p < 0.05 and a / 32 > c / 35:
                expected.add((a, 32, c, 35))
    assert tables == expected
    assert set(report.bounds) == {
        "severe_infection.crp_high.treated",
        "severe_infection.crp_high.control",
        "severe_infection.crp_high.p",
        "severe_infection.grade_2.p",
    }


def test_without_the_word_significant_only_the_stratum_bounds_them(review):
    report = recovered(review, "severe_infection", "zhang2022", Reading(at_their_word=False))
    assert set(report.report.tables) == {(a, 32, c, 35) for a in range(11, 21) for c in range(2, 21)}


def test_a_part_can_stand_for_the_cohort(review):
    report = recovered(review, "severe_infection", "zhang2022", Reading(whole_cohort=False))
    assert (report.stratum, report.report.tables) == ("crp_high", ((11, 23, 2, 17),))


@pytest.mark.parametrize(
    ("endpoint", "study", "table"),
    [
        (
            "complete_response",
            "zhou2025",
            (17, 17, 27, 28),
        ),  # 40 + 4 of 45, the one partial response in the arm without the drug: p = 0.616
        ("complete_response", "ma2024", (42, 45, 44, 48)),  # 86 of 93, p = 1
        ("icans", "zhang2022", (6, 32, 0, 35)),
    ],
)  # "50% (n=3)" of those with ICANS, none of them untreated
def test_a_table_that_alone_prints_so_is_recovered(review, endpoint, study, table):
    report = recovered(review, endpoint, study)
    assert report.report == TableSet((table,))


def test_patients_with_events_before_the_drug_can_be_left_out(review):
    """Zhang 2022: 3 of the 6 with ICANS had it before the drug, so 3 of the other 29 treated had it after."""
    assert recovered(review, "icans", "zhang2022", Reading(before_treatment=False)).report.tables == (
        (3, 29, 0, 35),
    )


def test_so_can_they_where_both_arms_are_printed(invented_with):
    """Of 12 treated 5 had a severe infection, 2 of them before the drug: 3 of 10."""
    before = {
        "id": "severe_infection.treated.before",
        "kind": "counts",
        "field": "severe_infection",
        "category": "symptoms before tocilizumab",
        "arm": "treated",
        "unit": "patients",
        "events": 2,
        "printed": "2",
        "address": PLACE,
    }
    invented = invented_with(before)
    (used,) = collect(invented, "severe_infection").of("example2020")
    (without,) = collect(invented, "severe_infection", Reading(before_treatment=False)).of("example2020")
    (a, n, *control), (c, k, *same) = used.report.only_table, without.report.only_table
    assert ((a, n), (c, k), control) == ((5, 12), (3, 10), same)


def test_a_total_without_a_comparison_enters_nothing(review):
    """Ma 2024 counts 16 with ICANS and says nothing of the arms."""
    assert "ma2024" not in collect(review, "icans").studies


def test_zhangs_severe_crs_by_il6_is_recovered_and_pooled_nowhere(review):
    found = collect(review, "severe_crs")
    (report,) = [r for r in found.unused if r.study == "zhang2022" and r.stratum == "il6_low"]
    assert report.candidates == ((3, 8, 0, 23),) and "zhang2022" not in found.studies


def test_survival_of_responders_sums_over_how_many_there_are(review):
    found = {r.stratum: r.report for r in collect(review, "progression_free_survival").used}
    handfuls = {s: r for s, r in found.items() if isinstance(r, LogRankHistories)}
    assert {s: (r.n_treated, r.n_control, r.counted) for s, r in handfuls.items()} == {
        "grade_2": (9, 2, (57, 67)),
        "grade_3_5": (5, 1, (57, 67)),
    }


def test_patients_who_got_worse_can_count_in_the_grade_at_which_they_were_given_the_drug(review):
    """Zhang 2022: A and B, given it in grade 2, reached 4 and 5: 9 + 2 v 2 of grade 2, 5 - 2 v 1 of 3-5."""
    found = collect(review, "crs_duration", Reading(grade_reached=False))
    (grade_2,), (median,) = (
        used_from(found, "crs_duration.grade_2.test"),
        [used for used in found.of("zhang2022") if isinstance(used.report, MedianRange)],
    )
    assert (grade_2.report.treated, grade_2.report.control) == (((2, 11),), ((2, 2),))
    assert median.report.treated == ((1, 17), (2, 11), (3, 3))
    assert median.report.control == ((1, 10), (2, 2), (3, 1))
    assert "3 v 1 patients" in reason(found, "crs_duration.grade_3_5.test")
    as_used = collect(review, "crs_duration")
    assert as_used.of("zhou2025") == found.of("zhou2025")
    assert by_arm(review.records["zhang2022"]) == {1: (17, 10), 2: (9, 2), 3: (5, 1)}  # as printed


@pytest.mark.parametrize(
    "fault", [{"category": "2"}, {"category": "3-5"}, {"arm": "control"}, {"field": "icans"}]
)
def test_the_grade_of_the_drug_stands_below_one_grade_reached_with_it(fault):
    entry = {
        "id": "crs_grade.4.treated",
        "kind": "bound",
        "field": "crs_grade",
        "category": "4",
        "arm": "treated",
        "unit": "patients",
        "at_least": 1,
        "given_at_grade": 2,
        "printed": "1",
        "address": PLACE,
    }
    assert Bound(**entry).given_at_grade == 2
    with pytest.raises(ValueError, match="given_at_grade stands with"):
        Bound(**entry | fault)


def test_a_p_that_its_test_cannot_give_enters_by_its_words(review):
    found = collect(review, "crs_duration")
    (used,) = used_from(found, "crs_duration.grade_2.test")
    assert (used.report.significant, used.report.direction, used.report.alpha) == (True, "lower", 0.05)
    assert "cannot give it (smallest p 0.0364)" in reason(found, "crs_duration.grade_2.p")
    assert not used_from(
        collect(review, "crs_duration", Reading(impossible_as_outcome=False)), "crs_duration.grade_2.test"
    )


def test_only_readings_that_change_the_evidence_are_alternatives(review):
    for endpoint in ENDPOINTS:
        primary = collect(review, endpoint).used_hash()
        assert all(found.used_hash() != primary for found in alternatives(review, endpoint).values())
    assert set(alternatives(review, "severe_infection")) == {
        "printed numbers only",
        "verbal outcomes not taken at their word",
        "a recovered part in place of the whole cohort",
    }


def test_parts_that_only_bound_a_used_report_become_checks(review):
    checks = {e: r.check for r in collect(review, "severe_infection").unused for e in r.entries}
    assert checks["severe_infection.crp_high.p"] == CountsPForeseen(23, 17, "0.0204")
    assert checks["severe_infection.grade_2.p"] == CountsPForeseen(9, 2, "0.4545")
    assert checks["severe_infection.grade_3_5.test"] is None  # 5 v 1: no table is significant


# duration of CRS


def test_a_test_within_a_grade_enters_with_that_grades_patients(invented_with):
    (found,) = used_from(collect(invented_with(*GRADES), "crs_duration"), "crs_duration.grade_3.test")
    assert found.report == OutcomeOfTest(
        treated=((3, 3),),
        control=((3, 5),),
        tests=("mann_whitney",),
        significant=True,
        direction="lower",
        alpha=0.05,
    )


def test_a_test_that_could_not_be_significant_is_not_used_and_says_so(invented_with):
    lone = [grade("3-5", "treated", 5), grade("3-5", "control", 1)]
    found = collect(
        invented_with(*lone, edit={"crs_duration.grade_3.test": {"significant": False, "direction": None}}),
        "crs_duration",
    )
    assert not used_from(found, "crs_duration.grade_3.test")
    assert (
        reason(found, "crs_duration.grade_3.test")
        == "no outcome of the test is significant with 5 v 1 patients, so the report says nothing of the"
        " effect"
    )
    found = collect(invented_with(*lone), "crs_duration")
    assert (
        reason(found, "crs_duration.grade_3.test")
        == "no outcome of the test is significant with 5 v 1 patients, so the report is not one of this test"
    )


def test_the_real_test_of_5_v_1_is_not_used_and_says_so(review):
    """Zhang 2022, Figure 1A: no significant difference in grade 3 or above, 5 v 1 patients: the smallest
    two-sided p is 1/3.
    """
    assert "5 v 1" in reason(collect(review, "crs_duration"), "crs_duration.grade_3_5.test")


@pytest.mark.parametrize(
    ("printed", "significant"),
    [("<0.05", True), ("<0.01", True), ("0.0204", True), (">0.05", False), ("0.31", False), ("≥0.05", False)],
)
def test_a_p_value_without_words_is_significant_as_printed(invented_with, printed, significant):
    alone = comparison(
        "crs_duration.grade_3.p", "p_value", stratum="grade_3", p=printed, tests=["mann_whitney"]
    )
    found = collect(invented_with(*GRADES, alone, drop=["crs_duration.grade_3.test"]), "crs_duration")
    (report,) = used_from(found, "crs_duration.grade_3.p")
    assert report.report.significant is significant


def test_not_significant_at_1_per_cent_is_not_taken_for_5(invented_with):
    strict = {"crs_duration.grade_3.test": {"alpha": 0.01, "significant": False, "direction": None}}
    for report in used_from(
        collect(invented_with(*GRADES, edit=strict), "crs_duration"), "crs_duration.grade_3.test"
    ):
        assert report.report.alpha == 0.01


def test_an_outcome_of_a_test_without_a_power_curve_is_not_used(invented_with):
    found = collect(
        invented_with(*GRADES, edit={"crs_duration.grade_3.test": {"tests": ["unnamed"]}}), "crs_duration"
    )
    assert not used_from(found, "crs_duration.grade_3.test")
    assert reason(found, "crs_duration.grade_3.test")


def test_medians_by_arm_enter_as_mixtures_of_their_grades(invented_with):
    found = collect(invented_with(*GRADES), "crs_duration")
    (treated,), (others,) = used_from(found, "crs_duration.treated"), used_from(found, "crs_duration.control")
    assert treated.report.arms == {"treated": ((1, 3), (2, 6), (3, 3))}
    assert others.report.arms == {"control": ((1, 9), (2, 4), (3, 5))}
    assert (type(treated.report), type(others.report)) == (MedianRange, MedianQuartiles)


def test_a_median_without_grades_by_arm_waits(invented_with):
    found = collect(invented_with(), "crs_duration")
    assert not found.used
    assert reason(found, "crs_duration.treated") == "the grades by arm are not printed"


def test_a_median_of_all_patients_gives_way_to_the_medians_by_arm(invented_with):
    whole = {
        "id": "crs_duration.total",
        "kind": "median_range",
        "field": "crs_duration",
        "arm": "total",
        "unit": "days",
        "median": 5,
        "minimum": 2,
        "maximum": 12,
        "printed": "5",
        "address": PLACE,
    }
    found = collect(invented_with(*GRADES, whole), "crs_duration")
    assert reason(found, "crs_duration.total") == "the same patients as the medians by arm"


def test_patients_without_crs_count_as_0_days_only_where_the_range_starts_there(invented_with):
    none = [grade("0", "treated", 2), grade("0", "control", 0)]
    starts_at = {
        value: used_from(
            collect(
                invented_with(*GRADES, *none, edit={"crs_duration.treated": {"minimum": value}}),
                "crs_duration",
            ),
            "crs_duration.treated",
        )[0]
        for value in (0, 2)
    }
    assert starts_at[0].report.zeros == 2 and starts_at[0].note
    assert starts_at[2].report.zeros == 0 and not starts_at[2].note
    assert all(g > 0 for g, _ in starts_at[0].report.treated)


# fingerprints


CHANGES = {
    "severe_infection": {"severe_infection.treated": {"events": 6, "percent": 50.0}},
    "crs_duration": {"crs_duration.treated": {"median": 5.5}},
    "overall_survival": {"overall_survival.ratio": {"lower": 0.36}},
    "progression_free_survival": {"progression_free_survival.p": {"p": "0.9999"}},
}


@pytest.mark.parametrize("endpoint", CHANGES)
def test_a_changed_number_changes_the_fingerprint_of_its_endpoint_alone(invented_with, endpoint):
    before, after = (
        collect_all(invented_with(*GRADES)),
        collect_all(invented_with(*GRADES, edit=CHANGES[endpoint])),
    )
    for name in ENDPOINTS:
        assert (before[name].hash() != after[name].hash()) == (name == endpoint)
        assert (before[name].used_hash() != after[name].used_hash()) == (name == endpoint)


def test_a_changed_group_size_reaches_every_report_that_reads_it(invented_with):
    before = collect_all(invented_with(*GRADES))
    after = collect_all(
        invented_with(*GRADES, edit={"group_size.treated": {"n": 13}, "group_size.total": {"n": 31}})
    )
    changed = {name for name in ENDPOINTS if before[name].used_hash() != after[name].used_hash()}
    assert changed == {"severe_infection", "progression_free_survival"}


def test_a_note_an_address_or_the_printed_fragment_changes_no_fingerprint(invented_with):
    words = {
        "note": "Read twice.",
        "printed": "as printed",
        "address": {"source": "example2020.xml", "table": "9"},
    }
    edit = dict.fromkeys(
        ("severe_infection.treated", "crs_duration.treated", "overall_survival.ratio"), words
    )
    before, after = collect_all(invented_with(*GRADES)), collect_all(invented_with(*GRADES, edit=edit))
    assert {n: e.hash() for n, e in before.items()} == {n: e.hash() for n, e in after.items()}


def test_a_report_left_out_changes_what_is_listed_and_not_what_a_posterior_depends_on(invented_with):
    before = collect(invented_with(*GRADES), "severe_infection")
    after = collect(invented_with(*GRADES, drop=["severe_infection.p"]), "severe_infection")
    assert before.hash() != after.hash()
    assert before.used_hash() == after.used_hash()


def test_fingerprints_are_the_same_each_time_and_depend_on_each_used_report(review):
    for evidence in collect_all(review).values():
        assert evidence.hash() == collect(review, evidence.endpoint).hash()
        for i in range(len(evidence.used)):
            fewer = replace(evidence, used=evidence.used[:i] + evidence.used[i + 1 :])
            assert fewer.used_hash() != evidence.used_hash()
        assert all(isinstance(r, Used) for r in evidence.used) and all(
            isinstance(r, Unused) for r in evidence.unused
        )
