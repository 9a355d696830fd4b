"""Every form in which papers print their results enters an endpoint, or is left out with the right reason.

The papers are invented.  Each test is a kind of printing, and what should come of it by hand.
"""

import json
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import simpson
from statsmodels.stats.contingency_tables import Table2x2

from extraction.checks import check
from extraction.derived.groups import both_sizes
from extraction.question import ENDPOINTS as ENDPOINT_NAMES
from extraction.question import FIELDS
from extraction.records import Review, load
from extraction.schema import Percentage
from extraction.vocabulary import ROB_2_DOMAINS, UNITS_OF_KIND
from models.answers.bias import is_adjusted
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.collect import alternatives, collect
from models.evidence.report import PRIMARY, Reading
from models.history.beside import in_no_pool
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.kinds.odds_ratio import OddsRatio
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.ratio_with_p import RatioWithP
from models.likelihood.kinds.survival_medians import SurvivalMedians
from models.likelihood.kinds.survival_shares import SurvivalShares
from models.likelihood.kinds.table import Table
from models.likelihood.kinds.test_outcome import OutcomeOfTest
from models.likelihood.kinds.uneven_ratio import UnevenRatio

STUDY = "example2031"
PLACE = {"source": "example2031.txt", "section": "Results"}
WALD = 1.959964


@pytest.fixture
def paper(tmp_path):
    """The review of one invented paper, which prints the entries given."""

    def printed(
        *entries: dict,
        strata: dict | None = None,
        randomised: bool = False,
        risk_of_bias: tuple[dict, ...] = (),
        **row: object,
    ) -> Review:
        (tmp_path / "records").mkdir(exist_ok=True)
        registered = {
            "id": STUDY,
            "title": "An invented cohort",
            "authors": ["Ada Example"],
            "journal": "Journal of Invented Results",
            "year": 2031,
            "doi": "10.1234/example.2031",
            "contrast": "therapeutic",
            "decision": "included",
            "reason": "Invented.",
            "decided": "2026-05-01",
            "cohort": STUDY,
            "text_held": True,
        }
        record = {
            "study": STUDY,
            "extracted": "2026-05-01",
            "extractor": "nobody",
            "texts": [{"file": "example2031.txt", "licence": "none, invented"}],
            "design": {
                "type": "cohort",
                "centres": ["An invented hospital"],
                "first_patient": "2018-01",
                "last_patient": "2022-06",
                "product": "invented",
                "lymphodepletion": None,
                "address": PLACE,
                "randomised": randomised,
            },
            "risk_of_bias": list(risk_of_bias),
            "arms": {arm: {"definition": arm} for arm in ("treated", "control")},
            "strata": {"all": {"definition": "All patients."}} | (strata or {}),
            "entries": list(entries),
        }
        (tmp_path / "register.yml").write_text(json.dumps({"studies": [registered | row]}))  # JSON is YAML
        (tmp_path / f"records/{STUDY}.yml").write_text(json.dumps(record))
        return load(tmp_path)

    return printed


def entry(kind: str, field: str, arm: str = "comparison", printed: str = "as printed", **more) -> dict:
    parts = (
        field,
        more.get("stratum"),
        more.get("at", "").replace(" ", "_"),
        arm,
        kind,
        more.pop("part", ""),
    )
    units = UNITS_OF_KIND.get(kind) or FIELDS[field].units
    return {
        "id": ".".join(part for part in parts if part),
        "kind": kind,
        "field": field,
        "arm": arm,
        "unit": units[0],
        "printed": printed,
        "address": PLACE,
    } | more


def arms(treated: int, control: int) -> list[dict]:
    return [
        entry("group_size", "group_size", arm, str(n), n=n)
        for arm, n in (("treated", treated), ("control", control))
    ]


def ratio(kind: str, field: str, estimate: str, lower: str | None = None, upper: str | None = None, **more):
    limits = {} if lower is None else {"lower": lower, "upper": upper}
    text = " ".join(filter(None, (estimate, lower, upper, more.get("p"))))
    return entry(
        kind,
        field,
        printed=text,
        estimate=estimate,
        adjusted_for=more.pop("adjusted_for", []),
        **limits,
        **more,
    )


def the_only(review: Review, endpoint: str, reading: Reading = PRIMARY):
    (used,) = collect(review, endpoint, reading).used
    return used


def reasons(review: Review, endpoint: str, reading: Reading = PRIMARY) -> dict[str, str]:
    return {e: left.reason for left in collect(review, endpoint, reading).unused for e in left.entries}


# contrasts


def test_a_prophylactic_study_enters_no_endpoint_and_each_number_says_why(paper):
    review = paper(
        *arms(30, 30),
        *(
            entry("counts", field, arm, str(n), events=n)
            for field, both in (("severe_crs", (1, 6)), ("severe_infection", (9, 2)))
            for arm, n in zip(("treated", "control"), both, strict=True)
        ),
        ratio("hazard_ratio", "overall_survival", "0.60", "0.30", "1.20"),
        contrast="prophylactic",
    )
    for endpoint in ("severe_crs", "severe_infection", "overall_survival"):
        assert not collect(review, endpoint).used
        told = reasons(review, endpoint).values()
        assert told and all(
            "another contrast, never pooled" in reason and "it has no pool of its own" in reason
            for reason in told
        )


def test_a_contrast_that_is_pooled_elsewhere_says_where(paper):
    review = paper(
        *arms(30, 30),
        ratio("hazard_ratio", "overall_survival", "0.60", "0.30", "1.20"),
        contrast="early v late",
    )
    (reason,) = reasons(review, "overall_survival").values()
    assert reason.endswith("of it severe CRS alone is pooled")


def test_a_comparison_of_doses_is_listed_though_it_is_not_of_the_arms(paper):
    review = paper(
        *arms(60, 40),
        entry(
            "p_value",
            "severe_infection",
            p="0.075",
            tests=["chi_squared"],
            printed="0.075",
            contrast="none v one v two doses",
        ),
    )
    assert list(reasons(review, "severe_infection").values()) == [
        "compares none v one v two doses, not the two arms"
    ]


# which of several ratios

CRUDE = ratio("hazard_ratio", "overall_survival", "1.60", "0.90", "2.84", part="a_crude")
ADJUSTED = ratio(
    "hazard_ratio",
    "overall_survival",
    "0.95",
    "0.50",
    "1.81",
    part="adjusted",
    adjusted_for=["age", "blasts"],
)
FEWER = ratio(
    "hazard_ratio", "overall_survival", "1.05", "0.60", "1.84", part="a_fewer", adjusted_for=["age"]
)
WEIGHTED = ratio(
    "hazard_ratio", "overall_survival", "1.10", "0.62", "1.95", part="weighted", estimator="weighted"
)
LANDMARK = ratio(
    "hazard_ratio", "overall_survival", "1.22", "0.70", "2.13", part="landmark", stratum="landmark"
)
AT_28_DAYS = {"landmark": {"definition": "Alive at day 28.", "landmark": "28 days"}}
RANKED = [ADJUSTED, FEWER, WEIGHTED, CRUDE, LANDMARK]
"""In the order of preference."""


@pytest.mark.parametrize("skipped", range(len(RANKED)))
@pytest.mark.parametrize("turned", [False, True])
def test_the_ratio_that_enters_is_the_preferred_one_however_they_are_typed(paper, skipped, turned):
    left = RANKED[skipped:]
    typed = left[::-1] if turned else left
    used = the_only(paper(*arms(40, 50), *typed, strata=AT_28_DAYS), "overall_survival")
    assert used.entries == (left[0]["id"],)


@pytest.mark.parametrize(
    "reading, entry_used",
    [
        (Reading(adjusted_first=False), CRUDE),
        (Reading(weighted_first=True), WEIGHTED),
        (Reading(landmark_first=True), LANDMARK),
    ],
)
def test_the_others_are_readings_of_the_multiverse(paper, reading, entry_used):
    review = paper(*arms(40, 50), *RANKED, strata=AT_28_DAYS)
    assert the_only(review, "overall_survival", reading).entries == (entry_used["id"],)
    used = {one.entries for e in alternatives(review, "overall_survival").values() for one in e.used}
    assert (entry_used["id"],) in used


def test_a_hazard_ratio_of_a_stratum_gives_way_to_what_is_printed_of_all(paper):
    young = ratio("hazard_ratio", "overall_survival", "0.80", "0.40", "1.60", stratum="young")
    strata = {"young": {"definition": "Under 18."}}
    whole = entry("log_rank_p", "overall_survival", p="0.61", printed="0.61")
    review = paper(*arms(40, 50), young, whole, strata=strata)
    assert the_only(review, "overall_survival").entries == (whole["id"],)
    assert reasons(review, "overall_survival")[young["id"]] == "part of the patients whose p-value is used"
    alone = the_only(paper(*arms(40, 50), young, strata=strata), "overall_survival")
    assert (alone.stratum, alone.report) == ("young", Ratio(0.8, 0.4, 1.6))


@pytest.mark.parametrize(
    "typed, held",
    [
        ("tocilizumab vs. none", "treated v control"),
        ("TCZ v non-TCZ", "treated v control"),
        ("with v without tocilizumab", "treated v control"),
        ("no tocilizumab versus tocilizumab", "control v treated"),
        ("none v treated", "control v treated"),
        ("none v one v two doses", "none v one v two doses"),
        ("CRS v no CRS", "CRS v no CRS"),
        ("early v late", "early v late"),
    ],
)
def test_a_contrast_of_the_arms_is_held_in_one_form(paper, typed, held):
    review = paper(*arms(40, 50), CRUDE | {"contrast": typed})
    assert review.records[STUDY].entries[-1].contrast == held


# binary endpoints by ratios


TABLE = (12, 41, 8, 49)


def as_statsmodels(measure: str, turned: bool = False) -> tuple[str, str, str]:
    """Estimate and Wald limits of TABLE by statsmodels, to three decimals."""
    a, n, c, m = TABLE
    rows = [[a, n - a], [c, m - c]]
    found = Table2x2(rows[::-1] if turned else rows)
    estimate = found.oddsratio if measure == "odds_ratio" else found.riskratio
    limits = found.oddsratio_confint() if measure == "odds_ratio" else found.riskratio_confint()
    lower, upper = (f"{limit:.3f}" for limit in limits)
    return f"{estimate:.3f}", lower, upper


@pytest.mark.parametrize("measure", ["odds_ratio", "risk_ratio"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_ratio_of_known_arms_is_the_tables_that_print_it(paper, measure, turned):
    way = {"contrast": "control v treated"} if turned else {}
    review = paper(*arms(41, 49), ratio(measure, "icans", *as_statsmodels(measure, turned), **way))
    used = the_only(review, "icans")
    assert TABLE in used.report.tables and len(used.report.tables) < 5
    assert ("turned round" in used.note) == turned
    assert not check(review).errors


def test_the_conditional_odds_ratio_of_large_arms_is_the_tables_that_print_it(paper):
    """61/74 v 44/76 as R's fisher.test prints them, here by scipy."""
    found = stats.contingency.odds_ratio([[61, 13], [44, 32]], kind="conditional")
    limits = (f"{limit:.2f}" for limit in found.confidence_interval())
    review = paper(*arms(74, 76), ratio("odds_ratio", "icans", f"{found.statistic:.2f}", *limits))
    used = the_only(review, "icans")
    assert (61, 74, 44, 76) in used.report.tables and len(used.report.tables) < 5


def test_a_hazard_ratio_of_control_over_treated_is_turned_round(paper):
    survival = paper(
        *arms(41, 49),
        ratio("hazard_ratio", "overall_survival", "1.25", "0.80", "2.00", contrast="control v treated"),
    )
    used = the_only(survival, "overall_survival")
    assert (used.report.estimate, used.report.lower, used.report.upper) == pytest.approx((0.8, 0.5, 1.25))
    assert "printed as control v treated, and turned round" in used.note
    assert not check(survival).errors


def test_a_risk_ratio_that_no_counts_print_gives_the_odds_ratio_of_counts_that_are_not_whole(paper):
    """Counts 11.4/41 v 7.6/49 have no place in a table; the odds ratio of theirs is found again."""
    a, n, c, m = 11.4, 41, 7.6, 49
    se = sqrt(1 / a - 1 / n + 1 / c - 1 / m)
    estimate, lower, upper = (f"{a * m / (c * n) * exp(side * WALD * se):.4f}" for side in (0, -1, 1))
    review = paper(*arms(n, m), ratio("risk_ratio", "severe_infection", estimate, lower, upper))
    used = the_only(review, "severe_infection")
    assert isinstance(used.report, OddsRatio) and "an approximation" in used.note
    assert used.report.estimate == pytest.approx(a * (m - c) / (c * (n - a)), rel=1e-3)
    assert used.report.se == pytest.approx(sqrt(1 / a + 1 / (n - a) + 1 / c + 1 / (m - c)), rel=1e-3)


def test_an_odds_ratio_of_unknown_arms_or_adjusted_enters_on_the_log_scale(paper):
    total = entry("group_size", "group_size", "total", "90", n=90)
    gap = entry("not_reported", "group_size", reason="sizes of the arms", printed=None)
    unknown = paper(total, gap, ratio("odds_ratio", "icans", "1.40", "0.52", "3.77"))
    assert the_only(unknown, "icans").report == OddsRatio(1.4, 0.52, 3.77)
    adjusted = ratio("odds_ratio", "icans", "1.40", "0.52", "3.77", adjusted_for=["age"])
    assert the_only(paper(*arms(41, 49), adjusted), "icans").report == OddsRatio(1.4, 0.52, 3.77)


def test_counts_go_before_an_adjusted_odds_ratio_unless_a_reading_asks_for_it(paper):
    counts = [entry("counts", "icans", arm, str(n), events=n) for arm, n in (("treated", 12), ("control", 8))]
    adjusted = ratio("odds_ratio", "icans", "1.40", "0.52", "3.77", adjusted_for=["age"])
    review = paper(*arms(41, 49), *counts, adjusted)
    assert the_only(review, "icans").report == Table(12, 8, 41, 49)
    assert the_only(review, "icans", Reading(adjusted_odds_first=True)).report == OddsRatio(1.4, 0.52, 3.77)


@pytest.mark.parametrize(
    "kind, words",
    [
        ("hazard_ratio", "a hazard ratio of it is another measure"),
        ("rate_ratio", "a rate ratio of it is another measure"),
        ("subdistribution_ratio", "a ratio of subdistribution hazards is another measure"),
    ],
)
def test_ratios_of_hazards_and_rates_of_a_binary_endpoint_are_left_out_as_what_they_are(paper, kind, words):
    review = paper(*arms(41, 49), ratio(kind, "severe_infection", "1.40", "0.52", "3.77"))
    assert not collect(review, "severe_infection").used
    assert all(reason.startswith(words) for reason in reasons(review, "severe_infection").values())


# estimators


def share(field: str, arm: str, percent: str, **more) -> dict:
    limits = [more[key] for key in ("lower", "upper") if key in more]
    return entry("percentage", field, arm, " ".join((percent, *limits)), percent=percent, **more)


@pytest.mark.parametrize("estimator", ["cumulative_incidence", "weighted", "matched"])
def test_an_estimate_is_never_taken_for_counts_nor_the_p_beside_it_for_theirs(paper, estimator):
    """21 % of 61 and 12 % of 110 would be 13 v 13 with p = 0.11 as counts."""
    how = {"estimator": estimator} | ({"at": "90 days"} if estimator == "cumulative_incidence" else {})
    shares = [share("severe_infection", a, p, **how) for a, p in (("treated", "21"), ("control", "12"))]
    p = entry("p_value", "severe_infection", p="0.11", tests=["unnamed"], printed="0.11")
    review = paper(*arms(61, 110), *shares, p)
    assert not collect(review, "severe_infection").used
    told = reasons(review, "severe_infection")
    assert told[p["id"]] == "a test of the estimates beside it, which are no counts"
    assert all("no count over a number of patients" in told[one["id"]] for one in shares)
    assert not check(review).errors
    crude = [{**one, "estimator": "crude", "at": None} for one in shares]
    assert (13, 61, 13, 110) in the_only(paper(*arms(61, 110), *crude, p), "severe_infection").report.tables


@pytest.mark.parametrize(
    "note", ["cumulative incidence at day 90, death as competing event", "after IPTW", "of matched patients"]
)
def test_a_share_whose_words_tell_of_an_estimate_has_to_say_which(paper, note):
    review = paper(*arms(61, 110), share("icans", "treated", "31.1", note=note))
    (problem,) = check(review).problems
    assert problem.field.endswith(".estimator") and "give `estimator`" in problem.rule
    said = paper(*arms(61, 110), share("icans", "treated", "31.1", note=note, estimator="crude"))
    assert not check(said).errors


@pytest.mark.parametrize("word", ["cumulative incidence at day 90", "after IPTW", "of matched patients"])
def test_what_the_check_asks_to_be_named_is_nowhere_taken_for_counts(paper, word):
    """A preview reads evidence of a record whose check still fails: both go by the same words."""
    shares = [share("severe_infection", a, p, note=word) for a, p in (("treated", "21"), ("control", "12"))]
    grays = entry("p_value", "severe_infection", p="0.11", tests=["unnamed"], printed="Gray's test P = 0.11")
    review = paper(*arms(61, 110), *shares, grays)
    assert len(check(review).errors) == 3 and not collect(review, "severe_infection").used
    told = reasons(review, "severe_infection")
    assert all("no count over a number of patients" in told[one["id"]] for one in shares)
    assert told[grays["id"]].startswith("a test of cumulative incidences")


def test_grays_test_is_named(paper):
    p = entry("p_value", "severe_infection", p="0.11", tests=["unnamed"], printed="Gray's test P = 0.11")
    (problem,) = check(paper(*arms(61, 110), p)).problems
    assert "gray" in problem.rule
    named = paper(*arms(61, 110), p | {"tests": ["gray"]})
    assert not check(named).errors
    assert "a test of cumulative incidences" in reasons(named, "severe_infection")[p["id"]]


def kaplan_meier(arm: str, percent: str, lower: str, upper: str, at: str = "12 months") -> dict:
    return share("overall_survival", arm, percent, lower=lower, upper=upper, at=at)


def test_survival_at_a_time_gives_the_hazard_ratio_of_its_cumulative_hazards(paper):
    """log HR = log(log 0.61 / log 0.66) = 0.1735; each SE is the width on the scale of log(-log S) over
    2 x 1.96: treated (log log 1/0.47 - log log 1/0.74) / 3.92 = 0.2346, control 0.2393 alike.
    """
    review = paper(
        *arms(52, 58), kaplan_meier("treated", "61", "47", "74"), kaplan_meier("control", "66", "53", "78")
    )
    report = the_only(review, "overall_survival").report
    assert isinstance(report, SurvivalShares)
    assert report.log_hr == pytest.approx(log(log(0.61) / log(0.66)))
    se = [log(log(low) / log(high)) / (2 * WALD) for low, high in ((0.47, 0.74), (0.53, 0.78))]
    assert report.se == pytest.approx(sqrt(se[0] ** 2 + se[1] ** 2), rel=1e-6)
    assert not check(review).errors


def test_survival_at_a_time_agrees_with_the_model_that_made_the_patients():
    """Exponential lives without censoring: at one time the hazard ratio is that of the shares, and
    Greenwood's variance is binomial.  The mean over 400 invented trials lies within 3 of its standard errors.
    """
    generator, found = np.random.default_rng(7), []
    for _ in range(400):
        limits = []
        for hazard in (0.8, 0.5):
            alive = generator.binomial(150, exp(-hazard)) / 150
            se = sqrt(alive * (1 - alive) / 150) / (alive * abs(log(alive)))
            limits.append((alive, alive ** exp(WALD * se), alive ** exp(-WALD * se)))
        report = SurvivalShares(*limits)
        found.append((report.log_hr - log(1.6)) / report.se)
    assert np.mean(found) == pytest.approx(0, abs=3 / sqrt(400))
    assert np.std(found) == pytest.approx(1, abs=3 / sqrt(800))


def test_of_several_times_that_which_tells_most_is_taken_and_one_without_interval_says_so(paper):
    early = [
        kaplan_meier("treated", "90", "75", "97", "3 months"),
        kaplan_meier("control", "92", "78", "98", "3 months"),
    ]
    late = [kaplan_meier("treated", "61", "47", "74"), kaplan_meier("control", "66", "53", "78")]
    bare = share("overall_survival", "treated", "55", at="24 months")
    review = paper(*arms(52, 58), *early, *late, bare)
    assert the_only(review, "overall_survival").entries == tuple(one["id"] for one in late)
    told = reasons(review, "overall_survival")
    assert all("tells most" in told[one["id"]] for one in early)
    assert "without an interval" in told[bare["id"]]


def median_time(arm: str, median: str | None, lower: str | None, upper: str | None, **more) -> dict:
    text = f"{median or 'NR'} ({lower or 'NR'}-{upper or 'NR'})"
    numbers = {"median": median, "lower": lower, "upper": upper}
    return entry("median_time", "overall_survival", arm, text, unit="months", **numbers, **more)


def test_medians_of_survival_give_the_hazard_ratio_of_weibull_lives(paper):
    """Of one known shape k the effect is normal about -k log(24 / 15); each SE is the log width over
    2 x 1.96, where the upper limit is not reached twice the lower side's.  The shape is integrated here by
    Simpson's rule over its density.
    """
    review = paper(
        *arms(52, 58), median_time("treated", "24", "16", "45"), median_time("control", "15", "12", None)
    )
    report = the_only(review, "overall_survival").report
    assert isinstance(report, SurvivalMedians)
    se = sqrt((log(45 / 16) / (2 * WALD)) ** 2 + (log(15 / 12) / WALD) ** 2)
    assert report.se == pytest.approx(se, rel=1e-6)
    k = np.exp(np.linspace(-2, 2, 801))
    for effect in (-1.5, -0.5, 0.0, 0.8):
        inside = stats.norm.pdf(log(24 / 15), -effect / k, se) * stats.lognorm.pdf(k, 0.25)
        ratio_to_0 = report.log_likelihood(effect) - report.log_likelihood(0.0)
        at_0 = stats.norm.pdf(log(24 / 15), 0, se)
        assert ratio_to_0 == pytest.approx(log(simpson(inside, x=k) / at_0), abs=1e-4)
    assert not check(review).errors


def test_medians_come_after_survival_at_a_time_and_a_lone_one_says_why(paper):
    medians = [median_time("treated", "24", "16", "45"), median_time("control", "15", "12", None)]
    shares = [kaplan_meier("treated", "61", "47", "74"), kaplan_meier("control", "66", "53", "78")]
    both = paper(*arms(52, 58), *medians, *shares)
    assert the_only(both, "overall_survival").entries == tuple(one["id"] for one in shares)
    assert "survival at a time used" in reasons(both, "overall_survival")[medians[0]["id"]]
    for other, words in (
        (median_time("control", None, "12", None), "not reached"),
        (median_time("control", "15", None, None), "without an interval"),
        (median_time("control", "15", "12", "31", stratum="early"), "the other arm's median"),
    ):
        strata = {"early": {"definition": "Early."}}
        review = paper(*arms(52, 58), medians[0], other, strata=strata)
        told = reasons(review, "overall_survival")
        assert not collect(review, "overall_survival").used
        assert words in told[other["id"]] and "the other arm's median" in told[medians[0]["id"]]


def test_a_p_that_a_weighted_test_alone_gives_beside_a_hazard_ratio_is_a_mild_fault(paper):
    """Wald's z of 0.60 (0.42 to 0.86) is 2.79, p 0.005; 0.30 is further than a log-rank test goes."""
    told = ratio("hazard_ratio", "overall_survival", "0.60", "0.42", "0.86", p="0.30")
    (fault,) = (f for f in check(paper(*arms(52, 58), told)).findings if f.verdict == "differs")
    assert fault.severity == "other_test" and "right only if it is of a test that weighs early" in fault.rule
    assert not fault.stops


def test_a_median_outside_its_interval_is_an_error(paper):
    review = paper(*arms(52, 58), median_time("treated", "24", "16", "21"))
    assert [fault.rule for fault in check(review).errors] == [
        "a median lies in its interval, but median 24 is above upper 21"
    ]


# ratios with a p, uneven intervals


def test_a_ratio_with_p_has_the_standard_error_of_walds_test(paper):
    """HR 0.74, P = 0.36: z = 0.9154, se = 0.3011 / 0.9154 = 0.329."""
    review = paper(*arms(40, 50), ratio("hazard_ratio", "overall_survival", "0.74", p="0.36"))
    report = the_only(review, "overall_survival").report
    assert isinstance(report, RatioWithP)
    assert report.se == pytest.approx(0.3011 / 0.9154, abs=1e-3)
    grid = np.linspace(-3, 3, 2001)
    weight = np.exp(report.log_likelihood(grid))
    mean = (weight * grid).sum() / weight.sum()
    assert mean == pytest.approx(log(0.74), abs=0.002)
    assert sqrt((weight * (grid - mean) ** 2).sum() / weight.sum()) == pytest.approx(0.329, rel=0.01)


@pytest.mark.parametrize(
    "estimate, p, words",
    [
        ("0.74", "<0.05", "a bound"),
        ("1.00", "0.97", "too near 1"),
        ("1.1", "0.9", "rounded too far"),
        ("0.5", "0.00", "too near 1, or its p"),
    ],
)
def test_a_p_that_tells_too_little_leaves_its_ratio_out(paper, estimate, p, words):
    review = paper(*arms(40, 50), ratio("hazard_ratio", "overall_survival", estimate, p=p))
    assert not collect(review, "overall_survival").used
    (reason,) = reasons(review, "overall_survival").values()
    assert words in reason and "no interval is printed" in reason


def test_an_uneven_interval_keeps_its_shape(paper):
    """HR 3.69 (1.18 to 16.5): on each side the log likelihood has fallen by 1.96 squared / 2 at the limit."""
    review = paper(*arms(40, 50), ratio("hazard_ratio", "overall_survival", "3.69", "1.18", "16.5"))
    report = the_only(review, "overall_survival").report
    assert isinstance(report, UnevenRatio)
    fallen = report.log_likelihood(np.log([1.18, 3.69, 16.5]))
    assert fallen == pytest.approx([-(WALD**2) / 2, 0, -(WALD**2) / 2], abs=1e-6)


@pytest.mark.parametrize(
    "numbers", [("1.031", "0.512", "2.076"), ("0.8", "0.5", "1.28"), ("0.1", "0.02", "0.6")]
)
def test_rounding_alone_makes_no_interval_uneven(paper, numbers):
    review = paper(*arms(40, 50), ratio("hazard_ratio", "overall_survival", *numbers))
    assert type(the_only(review, "overall_survival").report) is Ratio


# durations


def durations(unit: str, factor: int) -> list[dict]:
    grades = [
        entry("counts", "crs_grade", arm, str(n), category=category, events=n, part=f"g{category[0]}")
        for category, both in (("1", (10, 12)), ("2", (12, 10)), ("3-5", (8, 6)))
        for arm, n in zip(("treated", "control"), both, strict=True)
    ]
    medians = [
        entry(
            "median_quartiles",
            "crs_duration",
            arm,
            unit=unit,
            printed=" ".join(str(factor * n) for n in numbers),
            **{
                k: factor * n
                for k, n in zip(("median", "lower_quartile", "upper_quartile"), numbers, strict=True)
            },
        )
        for arm, numbers in (("treated", (5, 3, 8)), ("control", (4, 2, 6)))
    ]
    return [*arms(30, 28), *grades, *medians]


def test_hours_are_days_times_24(paper):
    in_days, in_hours = (
        [used.report for used in collect(paper(*durations(*how)), "crs_duration").used]
        for how in (("days", 1), ("hours", 24))
    )
    assert len(in_days) == 2 and in_days == in_hours


def test_durations_that_no_likelihood_reads_say_why(paper):
    review = paper(
        *arms(38, 32),
        entry("mean_sd", "crs_duration", "treated", "5.9 3.8", mean="5.9", sd="3.8"),
        entry("p_value", "crs_duration", p="0.12", tests=["t"], printed="0.12"),
        ratio("hazard_ratio", "crs_duration", "0.75", "0.47", "1.20"),
    )
    told = reasons(review, "crs_duration")
    assert told["crs_duration.treated.mean_sd"].startswith("a mean and SD")
    assert told["crs_duration.comparison.p_value"] == "the grades by arm are not printed"
    assert told["crs_duration.comparison.hazard_ratio"].startswith("a hazard ratio of its end")


@pytest.mark.parametrize("test, enters", [("mann_whitney", True), ("t", False)])
def test_a_test_of_whole_arms_enters_where_grades_are_printed_and_nothing_else_is(paper, test, enters):
    grades = [one for one in durations("days", 1) if one["field"] != "crs_duration"]
    p = entry("p_value", "crs_duration", p="0.12", tests=[test], printed="0.12")
    review = paper(*grades, p)
    used = collect(review, "crs_duration").used
    assert bool(used) == enters
    if enters:
        assert isinstance(used[0].report, OutcomeOfTest) and not used[0].report.significant
        assert used[0].report.treated == ((1, 10), (2, 12), (3, 8))
    else:
        assert "other than Mann-Whitney's" in reasons(review, "crs_duration")[p["id"]]


# parts of an arm, sizes


def doses(partition: bool = False) -> tuple[list[dict], dict]:
    """None 5/40, one dose 7/35, two or more 9/25: with the drug 16/60."""
    sizes = [
        entry("group_size", "group_size", "control", "40", n=40),
        entry("group_size", "group_size", "total", "100", n=100),
    ]
    told = [
        one
        for stratum, n, events in (("one_dose", 35, 7), ("two_doses", 25, 9))
        for one in (
            entry("group_size", "group_size", "treated", str(n), n=n, stratum=stratum),
            entry("counts", "severe_infection", "treated", str(events), events=events, stratum=stratum),
        )
    ]
    control = entry("counts", "severe_infection", "control", "5", events=5)
    name = {"partition": "doses"} if partition else {}
    return [*sizes, *told, control], {s: {"definition": s} | name for s in ("one_dose", "two_doses")}


@pytest.mark.parametrize("partition", [True, False])
def test_dose_groups_that_make_up_the_arm_are_added(paper, partition):
    entries, strata = doses(partition)
    used = the_only(paper(*entries, strata=strata), "severe_infection")
    assert used.report == Table(16, 5, 60, 40)
    assert "one_dose and two_doses added up" in used.note


def test_percentages_of_dose_groups_are_added_as_the_counts_they_are(paper):
    """20 % of 35 are 7, 36 % of 25 are 9, 12.5 % of 40 are 5."""
    entries, strata = doses()
    percent = {"one_dose": "20", "two_doses": "36", None: "12.5"}
    shares = [
        share("severe_infection", one["arm"], percent[one.get("stratum")], stratum=one.get("stratum", "all"))
        for one in entries
        if one["kind"] == "counts"
    ]
    sizes = [one for one in entries if one["kind"] == "group_size"]
    used = the_only(paper(*sizes, *shares, strata=strata), "severe_infection")
    assert used.report.tables == ((16, 60, 5, 40),)


def test_strata_that_may_share_patients_are_not_added(paper):
    """36 + 25 patients are not the 60 of the arm, so the strata overlap, or others are missing."""
    entries, strata = doses()
    for one in entries:
        if one["kind"] == "group_size" and one.get("stratum") == "one_dose":
            one |= {"n": 36, "printed": "36"}
    found = collect(paper(*entries, strata=strata), "severe_infection").used
    assert all(used.report != Table(16, 5, 60, 40) for used in found)


def test_a_percentage_given_the_drug_fixes_the_arms(paper):
    """70.83 % of 120 are 85: no other count prints so."""
    review = paper(
        entry("group_size", "group_size", "total", "120", n=120),
        share("toci_use", "total", "70.83"),
        entry("test_outcome", "overall_survival", significant=False, tests=["log_rank"]),
    )
    assert both_sizes(review.records[STUDY]) == (85, 35)
    assert the_only(review, "overall_survival").report == LogRank("≥0.05", None, 85, 35)
    assert not collect(review, "overall_survival", Reading(at_their_word=False)).used
    assert not check(review).errors


def test_a_percentage_of_fewer_patients_names_them_and_stops_nothing(paper):
    """92.08 % is no share of 120, but 93 of 101."""
    whole = entry("group_size", "group_size", "total", "120", n=120)
    response = share("complete_response", "total", "92.08")
    treated = entry("group_size", "group_size", "treated", "85", n=85)
    found = check(paper(whole, treated, response))
    assert not found.errors
    (finding,) = [f for f in found.findings if f.entry == response["id"]]
    assert finding.verdict == "differs" and "93/101" in finding.rule
    told = response | {"n": 101, "printed": "92.08% of 101"}
    (finding,) = [f for f in check(paper(whole, treated, told)).findings if f.entry == response["id"]]
    assert finding.verdict == "agrees"


def test_a_percentage_of_all_patients_is_their_number_of_events(paper):
    """14/40 v 6/50: 20 of 90 are 22.2 %, and Fisher's p is 0.0114."""
    assert f"{stats.fisher_exact([[14, 26], [6, 44]]).pvalue:.4f}" == "0.0114"
    p = entry("p_value", "icans", p="0.0114", tests=["fisher"], printed="0.0114")
    review = paper(*arms(40, 50), share("icans", "total", "22.2"), p)
    tables = the_only(review, "icans").report.tables
    assert (14, 40, 6, 50) in tables and {a + c for a, _, c, _ in tables} == {20}


# digits


def test_a_p_cut_off_is_mild_beside_percentages_and_the_tables_enter(paper):
    """12/40 v 7/50: chi-squared p = 0.06457..., printed 0.064."""
    assert f"{stats.chi2_contingency([[12, 28], [7, 43]], correction=False).pvalue:.4f}" == "0.0646"
    shares = [share("severe_infection", arm, p) for arm, p in (("treated", "30"), ("control", "14"))]
    p = entry("p_value", "severe_infection", p="0.064", tests=["chi_squared"], printed="0.064")
    review = paper(*arms(40, 50), *shares, p)
    assert not check(review).errors
    used = the_only(review, "severe_infection")
    assert used.report.tables == ((12, 40, 7, 50),) and "cut off" in used.note


def test_a_p_without_its_zero_enters(paper):
    p = entry("log_rank_p", "overall_survival", p=".019", printed="P = .019")
    assert the_only(paper(*arms(40, 50), p), "overall_survival").report == LogRank("0.019", None, 40, 50)


def test_a_log_rank_p_enters_under_either_kind_of_entry(paper):
    p = entry("p_value", "overall_survival", p="0.61", tests=["log_rank"], printed="0.61")
    assert the_only(paper(*arms(52, 58), p), "overall_survival").report == LogRank("0.61", None, 52, 58)


# names of a paper, names of a time


@pytest.mark.parametrize(
    "typed",
    [
        "https://doi.org/10.1234/example.2031",
        "http://dx.doi.org/10.1234/example.2031",
        "doi:10.1234/example.2031",
    ],
)
def test_a_doi_typed_as_a_link_is_that_doi(paper, typed):
    review = paper(*arms(40, 50), doi=typed)
    assert review.studies[STUDY].doi == "10.1234/example.2031"


@pytest.mark.parametrize(
    "identifier, link",
    [
        ("https://clinicaltrials.gov/study/NCT00000000", "https://clinicaltrials.gov/study/NCT00000000"),
        ("Blood 146 Suppl 1: 712", None),
        ("ISBN 978-3-16-148410-0", None),
    ],
)
def test_a_paper_without_doi_has_another_name(paper, identifier, link):
    row = paper(*arms(40, 50), doi=None, identifier=identifier).studies[STUDY]
    assert (row.named_by, row.link) == (identifier, link)


def test_a_paper_needs_some_name(paper):
    with pytest.raises(Exception, match="needs a doi, a pmid or another identifier"):
        paper(*arms(40, 50), doi=None)


@pytest.mark.parametrize("name", ["event_free_survival", "leukaemia_free_survival"])
def test_survival_of_another_name_stands_in_where_none_of_the_endpoints_is_printed(paper, name):
    other = ratio("hazard_ratio", name, "0.80", "0.50", "1.28")
    used = the_only(paper(*arms(40, 50), other), "progression_free_survival")
    assert used.entries == (other["id"],) and "printed as" in used.note
    own = ratio("hazard_ratio", "progression_free_survival", "0.90", "0.50", "1.62")
    both = paper(*arms(40, 50), other, own)
    assert the_only(both, "progression_free_survival").entries == (own["id"],)
    assert reasons(both, "progression_free_survival")[other["id"]].startswith("of the same patients")
    alone = Reading(other_names=False)
    assert not collect(paper(*arms(40, 50), other), "progression_free_survival", alone).used


def test_survival_free_of_relapse_counts_responders_and_stays_apart(paper):
    review = paper(*arms(40, 50), ratio("hazard_ratio", "relapse_free_survival", "0.80", "0.50", "1.28"))
    assert not collect(review, "progression_free_survival").used


# nothing dropped


def test_no_entry_of_an_arm_or_a_comparison_is_dropped_in_silence(paper):
    kinds = [
        CRUDE,
        ratio("rate_ratio", "severe_infection", "1.40", "0.52", "3.77"),
        entry("risk_difference", "severe_infection", printed="5 -3 13", estimate="5", lower="-3", upper="13"),
        entry("mean_difference", "crs_duration", printed="1.3", estimate="1.3", unit="days"),
        entry("quantity", "overall_survival", "treated", "17.2", value="17.2", unit="months"),
        entry("p_value", "overall_survival", p="0.11", tests=["cox"], printed="0.11"),
        share("icans", "treated", "31.7", estimator="weighted"),
    ]
    review = paper(*arms(40, 50), *kinds)
    told = {
        name
        for key in ENDPOINTS
        for report in (*evidence_of(key, review).used, *evidence_of(key, review).unused)
        for name in report.entries
    }
    assert told == {one["id"] for one in kinds}


def test_a_share_knows_how_it_is_estimated():
    common = {
        "id": "x",
        "kind": "percentage",
        "arm": "treated",
        "unit": "patients",
        "printed": "61",
        "address": PLACE,
        "percent": 61,
    }
    assert Percentage(field="icans", **common).estimated_by == "crude"
    assert Percentage(field="overall_survival", **common).estimated_by == "kaplan_meier"


# risk of bias


def judged(*domains: str, judgement: str = "low") -> tuple[dict, ...]:
    return tuple(
        {"domain": domain, "judgement": judgement, "endpoints": ["icans"], "reason": "Invented."}
        for domain in domains
    )


def test_a_trial_is_judged_in_the_five_domains_of_rob_2_and_no_other_study_is(paper):
    trial = paper(*arms(20, 20), randomised=True, risk_of_bias=judged(*ROB_2_DOMAINS))
    assert len(ROB_2_DOMAINS) == 5 and not check(trial).errors
    cohort = paper(*arms(20, 20), risk_of_bias=judged(*ROB_2_DOMAINS))
    foreign, missing = check(cohort).problems
    assert foreign.value == "randomisation" and "is judged by ROBINS-I" in foreign.rule
    assert "missing: confounding, selection, classification" in missing.rule


def test_the_words_of_one_tool_are_no_judgement_of_the_other(paper):
    serious = judged(*ROB_2_DOMAINS, judgement="serious")
    problems = check(paper(*arms(20, 20), randomised=True, risk_of_bias=serious)).problems
    assert [p.value for p in problems if p.field.endswith("judgement")] == ["serious"] * 5
    assert all("is judged by RoB 2: high, some_concerns, low" in p.rule for p in problems[:5])


# matched patients


MATCHED = {"matched": {"definition": "Matched 1:1 on the propensity of treatment.", "matched": True}}


def of_matched(kind: str, field: str, arm: str, text: str, **more) -> dict:
    return entry(kind, field, arm, text, stratum="matched", **more)


def matched_counts() -> list[dict]:
    """6 of 25 v 10 of 25."""
    sizes = [of_matched("group_size", "group_size", a, "25", n=25) for a in ("treated", "control")]
    events = [
        of_matched("counts", "icans", a, str(n), events=n, estimator="crude")
        for a, n in (("treated", 6), ("control", 10))
    ]
    return [*sizes, *events]


def test_matched_patients_are_a_cohort_reading_beside_the_whole(paper):
    whole = [entry("counts", "icans", a, str(n), events=n) for a, n in (("treated", 12), ("control", 14))]
    review = paper(*arms(40, 60), *whole, *matched_counts(), strata=MATCHED)
    assert not check(review).errors
    assert the_only(review, "icans").report == Table(12, 14, 40, 60)
    other = alternatives(review, "icans")["matched patients in place of the whole cohort"]
    assert [used.report for used in other.used] == [Table(6, 10, 25, 25)]
    assert is_adjusted(other, STUDY, review) and not is_adjusted(collect(review, "icans"), STUDY, review)


def test_matched_patients_alone_enter_where_nothing_else_is_printed(paper):
    used = the_only(paper(*arms(400, 600), *matched_counts(), strata=MATCHED), "icans")
    assert used.report == Table(6, 10, 25, 25) and "matched patients alone" in used.note


def test_a_hazard_ratio_of_matched_patients_comes_after_that_of_all(paper):
    of_all = ratio("hazard_ratio", "overall_survival", "1.20", "0.70", "2.06")
    of_them = ratio("hazard_ratio", "overall_survival", "0.90", "0.45", "1.80", stratum="matched")
    review = paper(*arms(40, 60), of_them, of_all, strata=MATCHED)
    assert the_only(review, "overall_survival").entries == (of_all["id"],)
    other = alternatives(review, "overall_survival")["matched patients in place of the whole cohort"]
    assert [used.entries for used in other.used] == [(of_them["id"],)]
    alone = the_only(paper(*arms(40, 60), of_them, strata=MATCHED), "overall_survival")
    assert alone.entries == (of_them["id"],) and "matched" in alone.note


# sizes behind percentages


def with_share(field: str, arm: str, events: int, percent: str) -> dict:
    return entry("counts", field, arm, f"{events} ({percent}%)", events=events, percent=percent)


def test_counts_with_percentages_tell_the_arms_where_one_number_gives_them_all(paper):
    """17 of 24 is 70.83 % and 9 of 24 is 37.5 %; 5 and 4 of 13 are 38.5 and 30.8 %."""
    told = [
        with_share("severe_infection", "treated", 17, "70.83"),
        with_share("icans", "treated", 9, "37.5"),
        with_share("severe_infection", "control", 5, "38.5"),
        with_share("icans", "control", 4, "30.8"),
    ]
    review = paper(*told)
    assert both_sizes(review.records[STUDY]) == (24, 13)
    assert the_only(review, "severe_infection").report == Table(17, 5, 24, 13)


@pytest.mark.parametrize(
    "told",
    [
        [("severe_infection", 17, "70.83")],  # one alone
        [("severe_infection", 50, "10"), ("icans", 5, "1.0")],  # of 477 to 526
        [("severe_infection", 17, "70.83"), ("icans", 5, "38.5")],  # of 24, and of 13
    ],
)
def test_percentages_of_several_or_of_no_common_number_tell_no_size(paper, told):
    counts = [with_share(field, "treated", events, percent) for field, events, percent in told]
    sizes = entry("not_reported", "group_size", printed=None, reason="Not printed.")
    review = paper(*counts, sizes)
    assert both_sizes(review.records[STUDY]) is None


# reasons


def each(kind: str, field: str, **more) -> list[dict]:
    return [entry(kind, field, arm, **more) for arm in ("treated", "control")]


@pytest.mark.parametrize(
    ("endpoint", "told", "why"),
    [
        (
            "severe_infection",
            each("quantity", "severe_infection", printed="1.2", value="1.2"),
            "no count of patients",
        ),
        (
            "icans",
            each("counts", "icans", printed="7", events=7, category="1-2"),
            "of one category alone: 1-2",
        ),
        (
            "overall_survival",
            each("counts", "overall_survival", printed="9", events=9, estimator="crude"),
            "events without their times",
        ),
        (
            "overall_survival",
            [
                entry(
                    "restricted_mean_difference",
                    "overall_survival",
                    printed="-1.2 (-3.0 to 0.6)",
                    estimate="-1.2",
                    lower="-3.0",
                    upper="0.6",
                    unit="months",
                )
            ],
            "a difference of restricted mean times",
        ),
    ],
)
def test_what_does_not_enter_has_a_reason_of_its_own_kind(paper, endpoint, told, why):
    review = paper(*arms(40, 60), *told)
    assert not check(review).errors and not collect(review, endpoint).used
    found = reasons(review, endpoint)
    assert all(why in found[one["id"]] for one in told)


def test_outcomes_that_no_endpoint_is_made_of_are_listed_with_why(paper):
    """What an endpoint speaks of, used or not, is not listed again; nor are patients' traits."""
    told = [
        *each("counts", "relapse", printed="9", events=9),
        ratio("hazard_ratio", "relapse_free_survival", "1.10", "0.60", "2.02"),
        entry("mean_sd", "icu_stay", "treated", "3 (1)", mean="3", sd="1"),
        *each("counts", "severe_infection", printed="9", events=9),
        entry("counts", "male_sex", "treated", "9", events=9),
    ]
    review = paper(*arms(40, 60), *told)
    shown = in_no_pool(review.records[STUDY], [collect(review, name) for name in ENDPOINT_NAMES])
    listed = {name: why for why, names in shown.items() for name in names}
    assert set(listed) == {one["id"] for one in told[:4]}
    assert "of those who responded alone" in listed[told[2]["id"]]


# contradictions


def mean_of_lines(mean: str) -> dict:
    return entry("mean_sd", "previous_lines", "treated", f"{mean} (2.1)", mean=mean, sd="2.1")


@pytest.mark.parametrize(
    ("mean", "severity"), [("5.64", None), ("5.63", "last_digit"), ("5.62", "error"), ("5.65", "error")]
)
def test_a_mean_that_is_cut_off_is_a_mild_fault(paper, mean, severity):
    """62 lines of 11 patients are 5.636 each; 61 and 63 are 5.545 and 5.727."""
    found = [
        f.severity
        for f in check(paper(*arms(11, 20), mean_of_lines(mean))).findings
        if f.entry.startswith("previous_lines") and f.verdict == "differs"
    ]
    assert found == ([severity] if severity else [])


def test_a_log_rank_p_that_no_history_gives_names_the_nearest_that_one_does(paper):
    """Of one patient an arm one dies first, z = 1 or -1, p = 0.3173; both on one day, p = 1."""
    p = entry("log_rank_p", "overall_survival", printed="0.0500", p="0.0500")
    (found,) = [f for f in check(paper(*arms(1, 1), p)).findings if f.verdict == "differs"]
    assert found.expected == "0.3173"
