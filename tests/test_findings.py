"""Summary of findings: ratings follow by rule and fit their evidence, and what is called important is what
passes the threshold.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from book.shown import findings_page
from extraction.bias import overall
from extraction.question import ENDPOINTS
from extraction.records import load
from extraction.schema import Rating
from extraction.vocabulary import LIMITATIONS
from models import words
from models.answers.absolute import Baseline, baselines
from models.answers.answer import Quantity, limits
from models.answers.bias import bias_priors
from models.endpoints import ENDPOINTS as MODELS
from models.endpoints import evidence_of, quadrature
from models.trust import findings
from models.trust.findings import Finding, effect

CRS = "crs_duration_grade3"
BY_QUADRATURE = [key for key in MODELS if key != CRS]


@pytest.fixture(scope="module")
def found(review) -> list[Finding]:
    """The findings of every endpoint but CRS duration, whose draws are not at hand in a test; in its place
    one made by hand.
    """
    made = Finding(
        CRS,
        None,
        2,
        "21 patients of grade 3 or above",
        85,
        effect(CRS, drawn(np.log([0.5, 0.7, 0.9, 1.0, 1.3]))),
        effect(CRS, drawn(np.log([0.4, 0.6, 0.7, 0.9, 1.3]))),
    )
    return [made, *(finding for key in BY_QUADRATURE for finding in findings.of_endpoint(key, review))]


def drawn(mu) -> Quantity:
    """A mean effect of which these values (log scale) are equally probable."""
    return Quantity(limits(mu, ratio=False), np.asarray(mu))


# the rating


def rated(*levels: int) -> str:
    """The certainty that these levels down give, in the order of LIMITATIONS; the rest are 0."""
    down = dict(zip(LIMITATIONS, (*levels, 0, 0, 0, 0, 0), strict=False))
    return Rating(
        studies=["a"], **{name: {"levels": n, "reason": "because"} for name, n in down.items()}
    ).certainty


def test_the_rating_starts_high_and_falls_one_step_for_each_level():
    """GRADE's four ratings; levels of different limitations add up, and nothing lies below very low."""
    assert [
        rated(),
        rated(1),
        rated(0, 0, 0, 1),
        rated(1, 0, 1),
        rated(2),
        rated(2, 0, 0, 1),
        rated(3),
        rated(3, 1, 1, 3),
    ] == ["high", "moderate", "moderate", "low", "low", "very low", "very low", "very low"]


@pytest.mark.parametrize("key", MODELS)
def test_levels_for_bias_are_those_of_the_overall_judgements(key, review):
    """Schünemann 2019: moderate risk by ROBINS-I one level, serious two, critical three.  A failure asks for
    another judgement, not another rule.
    """
    evidence = evidence_of(key, review)
    levels = {"low": 0, "moderate": 1, "serious": 2, "no_information": 2, "critical": 3}
    wanted = max(levels[overall(review.records[study], evidence.endpoint)] for study in evidence.studies)
    assert review.certainty.endpoints[evidence.endpoint].risk_of_bias.levels == wanted


@pytest.mark.parametrize("key", BY_QUADRATURE)
def test_levels_for_imprecision_count_the_thresholds_inside_the_interval(key, review):
    """In patients per 1,000 at the first baseline risk, 50 either way; else of the ratio, 0.8 and 1.25."""
    finding = findings.of_endpoint(key, review)[0]
    lower, upper = (np.exp(quadrature(key, review).mu.limits()[name]) for name in ("lower", "upper"))
    if finding.baseline:
        odds = finding.baseline.events / (finding.baseline.n - finding.baseline.events)
        low, high = (1000 * (odds * r / (1 + odds * r) - odds / (1 + odds)) for r in (lower, upper))
        edges = [low < -50 < high, low < 50 < high]
    else:
        edges = [lower < 0.8 < upper, lower < 1.25 < upper]
    inside = sum(map(int, edges))
    assert review.certainty.endpoints[MODELS[key].evidence].imprecision.levels == inside


def test_every_endpoint_is_rated_on_the_studies_that_enter_it_with_reasons(review):
    for key, endpoint in MODELS.items():
        rating = review.certainty.endpoints[endpoint.evidence]
        assert set(rating.studies) == set(evidence_of(key, review).studies)
        assert all(
            len(row.reason.split()) > 4 and row.reason.endswith(".") for row in rating.lowerings.values()
        )


def test_a_rating_does_not_outlive_its_studies(review):
    """Without one study of severe infection the recorded rating is for another body of evidence."""
    register = review.register.model_copy(
        update={
            "studies": [
                s.model_copy(update={"decision": "excluded"}) if s.id == "zhang2022" else s
                for s in review.register.studies
            ]
        }
    )
    fewer = replace(review, register=register)
    assert words.rating("severe_infection", review) != words.NOT_RATED
    assert words.rating("severe_infection", fewer) == words.NOT_RATED
    assert words.rating("severe_crs", fewer) == words.rating("severe_crs", review)


def test_without_a_file_nothing_is_rated_and_the_words_still_stand(review):
    bare = replace(review, certainty=None)
    assert {words.rating(endpoint, bare) for endpoint in ENDPOINTS} == {"not rated"}
    assert findings_page.footnotes(bare).frame.empty


# the file


CERTAINTY = """\
judged: 2026-11-25
judge: review team
endpoints:
  severe_infection:
    studies: [example2020]
    risk_of_bias: {levels: 2, reason: The sicker were treated.}
    inconsistency: {levels: 0, reason: One study.}
    indirectness: {levels: 0, reason: As asked.}
    imprecision: {levels: 0, reason: Narrow.}
    publication_bias: {levels: 0, reason: Not to be seen.}
"""


def test_a_review_without_the_file_is_read(invented):
    assert load(invented.root).certainty is None


def test_a_review_with_the_file_is_read(invented):
    (invented.root / "certainty.yml").write_text(CERTAINTY)
    assert load(invented.root).certainty.endpoints["severe_infection"].certainty == "low"


@pytest.mark.parametrize(
    ("old", "new", "field", "value", "rule", "line"),
    [
        (
            "levels: 2",
            "levels: two",
            "endpoints.severe_infection.risk_of_bias.levels",
            "two",
            "must be a whole number",
            6,
        ),
        (
            "levels: 2",
            "levels: 4",
            "endpoints.severe_infection.risk_of_bias.levels",
            "4",
            "less than or equal to 3",
            6,
        ),
        ("  severe_infection:", "  infection:", "endpoints.infection", "infection", "must be one of", 4),
        (
            "example2020",
            "nobody1999",
            "endpoints.severe_infection.studies[0]",
            "nobody1999",
            "the study is not in register.yml",
            5,
        ),
        (
            "    imprecision: {levels: 0, reason: Narrow.}\n",
            "",
            "endpoints.severe_infection.imprecision",
            "nothing",
            "is required",
            4,
        ),
        (
            "reason: Narrow.",
            "reason: ''",
            "endpoints.severe_infection.imprecision.reason",
            "",
            "must be words, not empty",
            9,
        ),
        ("judge: review team", "rating: low", "rating", "low", "is not a field of the schema", 2),
        ("2026-11-25", "last week", "judged", "last week", "must be a date, YYYY-MM-DD", 1),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_place(invented, old, new, field, value, rule, line):
    (invented.root / "certainty.yml").write_text(CERTAINTY.replace(old, new))
    code, printed = invented.check()
    problem = next(p for p in printed["problems"] if p["field"] == field)
    assert code == 1 and problem["value"] == value and rule in problem["rule"]
    assert problem["file"].endswith("certainty.yml") and problem["line"] == line


# what matters


def test_an_important_difference_in_1000_patients_by_hand():
    """At 100 of 400 with odds 1/3: odds of 1/9, 1/3 and 3/7 more are risks 0.1, 0.25 and 0.3, that is 150
    fewer, none, and 50 more per 1,000.
    """
    mu = np.log(np.array([1 / 9, 1 / 3, 3 / 7]) / (1 / 3))
    found = effect("severe_infection", drawn(mu - [0, 0, -1e-9]), Baseline("hand", 100, 400))
    assert (found.benefit, found.harm) == pytest.approx((1 / 3, 1 / 3))
    assert found.difference["median"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("key", "benefit", "harm"),
    [("overall_survival", 2 / 5, 1 / 5), ("icans", 2 / 5, 1 / 5), (CRS, 2 / 5, 1 / 5)],
)
def test_without_a_baseline_risk_the_ratio_decides(key, benefit, harm):
    found = effect(key, drawn(np.log([0.7, 0.79, 0.81, 1.24, 1.26])))
    assert (found.benefit, found.harm, found.difference) == (benefit, harm, None)


def test_more_responses_are_the_benefit():
    """At 1 of 2 an odds ratio of 1.5 is a risk of 0.6 (100 more per 1,000), one of 1.1 is 0.524 (24 more)."""
    found = effect("complete_response", drawn(np.log([1.5, 1.5, 1.1, 1 / 1.5])), Baseline("hand", 10, 20))
    assert (found.benefit, found.harm) == (0.5, 0.25)


def test_probabilities_are_those_of_a_normal_posterior():
    """mu ~ N(0.1, 0.4): P(ratio <= 0.8) and P(ratio >= 1.25) by the normal distribution; 4,000 even quantiles
    resolve 1/4,000.
    """
    normal = stats.norm(0.1, 0.4)
    found = effect("overall_survival", drawn(normal.ppf((np.arange(4000) + 0.5) / 4000)))
    assert found.benefit == pytest.approx(normal.cdf(np.log(0.8)), abs=1 / 4000)
    assert found.harm == pytest.approx(normal.sf(np.log(1.25)), abs=1 / 4000)


def test_a_threshold_that_the_baseline_risk_leaves_no_room_for_is_said_to_be_impossible(found, review):
    """At 97 of 100 responders 50 more per 1,000 cannot be, 50 fewer can."""
    response = next(f for f in found if f.key == "complete_response")
    full = replace(response, baseline=Baseline("hand", 97, 100))
    assert not findings.has_room(full, "benefit") and findings.has_room(full, "harm")
    table = findings_page.findings([full], review).frame
    assert table["important benefit: not adjusted; adjusted"].tolist() == ["not possible; not possible"]


def test_every_endpoint_has_a_threshold_with_its_reason():
    assert all(len(endpoint.important.reason.split()) > 4 for endpoint in MODELS.values())


# the evidence behind it


def test_the_untreated_of_the_studies_come_first_then_the_outside_number(review):
    """Zhou 2025: 10 of 28, then 79 of 350 (register), a mixed cohort; complete response: 27 of 28 and 44 of
    48 (the papers' counts); ICANS: none of 28 and 35, 4 of 48.
    """
    at = {key: [(b.events, b.n) for b in baselines(key, review)] for key in MODELS}
    assert at["severe_infection"] == [(10, 28), (79, 350)]
    assert at["complete_response"] == [(27 + 44, 28 + 48)]
    assert at["severe_crs"] == [(13, 26)] and at["icans"] == [(4, 28 + 35 + 48)]
    assert at["overall_survival"] == at[CRS] == []
    assert "some given tocilizumab" in baselines("severe_infection", review)[1].source


def test_the_table_shows_the_events_and_patients_that_inform_each_answer(found, review):
    """As the papers print them, tocilizumab first; survival has patients only."""
    shown = findings_page.findings(found, review).frame
    behind = dict(zip(shown["endpoint"], shown["studies: events/patients behind it"], strict=True))
    title = {key: endpoint.title for key, endpoint in MODELS.items()}
    assert (
        behind[title["icans"]] == "3: Zhou 2025 2/17 v 0/28; Zhang 2022 6/32 v 0/35; Wang 2024 12/45 v 4/48"
    )
    assert behind[title["severe_crs"]] == "1: Kadauke 2021 4/15 v 13/26"
    assert behind[title[CRS]] == "2: 21 patients of grade 3 or above"
    assert behind[title["overall_survival"]].endswith("events hardly printed")


def test_no_patient_is_counted_twice(review):
    """Cohorts of 45, 67 and 93; survival by grade in one of them: 27, 11 and 6; CRS duration leaves out those
    without CRS (four untreated, and 67 less 44).
    """
    count = {key: findings.patients(evidence_of(key, review), review) for key in MODELS}
    assert count["severe_infection"] == 45 + 67
    assert count["complete_response"] == count["icans"] == 45 + 67 + 93
    assert count["overall_survival"] == 45 + 27 + 11 + 6 + 93
    assert count["severe_crs"] == 15 + 26
    assert count[CRS] == 45 - 4 + 44


def test_the_bias_moves_the_answer_the_way_its_prior_says(found, review):
    """Where the drug is believed to look worse than it is, adjusting makes harm less and benefit more
    probable.
    """
    for f in found:
        if (
            f.key in BY_QUADRATURE
            and f.key != "severe_crs"
            and all(p.parameters[0] > 0 for p in bias_priors(f.key, review).values())
        ):
            assert f.adjusted.harm < f.unadjusted.harm, f.title
            if findings.has_room(f, "benefit"):
                assert f.adjusted.benefit > f.unadjusted.benefit, f.title


# words and picture


def test_the_first_two_sentences_say_what_the_numbers_say(found, review):
    said = findings_page.headline(found, review)
    sure = {f.title for f in found if f.unadjusted.harm >= 0.9}
    assert said.startswith(f"The certainty is very low for each of the {len(MODELS)} endpoints.")
    assert said.count(". ") == 1 and sure and all(title.split()[0].lower() in said.lower() for title in sure)
    assert f"any of the {len(MODELS)} endpoints" in said


def test_a_benefit_is_not_said_below_a_probability_of_0_9(found, review):
    base = found[0]
    for share, expected in ((0.89, False), (0.9, True)):
        one = replace(base, unadjusted=replace(base.unadjusted, benefit=share, harm=0.0))
        assert ("an important benefit for duration" in findings_page.headline([one], review)) == expected


def test_the_table_numbers_lead_to_the_footnotes(found, review):
    table, notes = findings_page.findings(found, review).frame, findings_page.footnotes(review).frame
    assert notes["number"].tolist() == list(range(1, len(notes) + 1))
    for title, cell in zip(table["endpoint"], table["certainty"], strict=True):
        numbers = [int(n) for n in cell[cell.index("(") + 1 : -1].split(",")]
        assert all(title in notes.set_index("number").loc[n, "endpoint"].split("; ") for n in numbers)
        assert sum(title in titles.split("; ") for titles in notes["endpoint"]) == len(numbers)


def test_what_does_not_lower_the_certainty_is_told_as_well(review):
    told = [
        *findings_page.footnotes(review).frame["endpoint"],
        *findings_page.not_lowered(review).frame["endpoint"],
    ]
    assert sum(len(titles.split("; ")) for titles in told) == len(MODELS) * len(LIMITATIONS)


def test_the_picture_shows_every_endpoint_once_and_its_text_has_the_numbers(found):
    figure, alt, *_ = findings_page.picture(found)
    heads = [text.get_text() for text in figure.axes[0].texts if text.get_weight() == "bold"]
    assert heads == [endpoint.title.partition(",")[0] for endpoint in MODELS.values()]
    infection = next(f for f in found if f.key == "severe_infection")
    assert f"harm {words.percent(infection.unadjusted.harm)}" in alt
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert sum(widths) == pytest.approx(2 * len(MODELS))  # each bar, and the empty frame, is whole
    assert min(text.get_fontsize() for text in figure.axes[0].texts) >= 10
    import matplotlib.pyplot as plt

    plt.close(figure)
