"""The first page says what the posterior allows, shows it, counts it in patients, and fits a phone."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from extraction.records import Review

matplotlib.use("Agg")

from book.shown import explorer_data, findings_page, landing
from book.shown.endpoint import tables
from models import words
from models.answers import bias
from models.answers.absolute import absolute_effects, for_words
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.trust import findings
from models.trust.told import told

INFECTION, RESPONSE, DURATION = "severe_infection", "complete_response", "crs_duration_grade3"
SURVIVAL = "overall_survival"


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def answer(p_favours: float, **changes) -> dict:
    return {
        "median": 0.8,
        "lower": 0.4,
        "upper": 1.6,
        "digits": 2,
        "p_favours_treated": p_favours,
        "draws": None,
        "n_studies": 2,
        "n_reports": 3,
    } | changes


def row(review: Review, key: str, p_favours: float, p_adjusted: float = 0.5, **changes) -> landing.Row:
    adjusted = answer(p_adjusted, median=0.9, lower=0.3, upper=2.7)
    side = float(p_favours > 0.5)
    said = words.Told(key, answer(p_favours, **changes), adjusted, "very low", side, side, True)
    return landing.row(said, review)


# what a row says


def test_a_row_says_both_sizes_probabilities_choices_certainty_studies_and_patients(review):
    said = row(review, INFECTION, 0.98)
    assert said.headline == (
        "Very uncertain; adjusted for bias the data do not tell which side is better; not adjusted, they lean"
        " to fewer severe infections with tocilizumab"
    )
    assert said.size == (
        "Odds ratio adjusted for bias 0.90 (95 % interval 0.30 to 2.70), not adjusted 0.80 (95 % interval"
        " 0.40 to 1.60); probability that tocilizumab is the better side 50 % and 98 %."
    )
    assert said.survives == "This direction survives in 100 of 100 of our own choices."
    # printed by Zhou 2025; 75 tables of Zhang 2022
    assert said.behind == (
        "Certainty: very low. Two studies: Zhou 2025 9/17 v 10/28; Zhang 2022 11–20/32 v 2–13/35."
    )


def test_survival_says_what_unprinted_sides_do_where_a_side_is_unprinted(review):
    """Zhou 2025 prints one p-value of overall survival, Zhang 2022 three, none with a side."""
    survives = row(review, SURVIVAL, 0.5).survives
    assert "printed without a side: with that alone the median, not adjusted for bias, goes from" in survives
    assert "without a side" not in row(review, INFECTION, 0.5).survives


def test_a_duration_counts_the_patients_of_its_own_grade_alone(review):
    """Zhou 2025 9 v 6 of grade 3, Zhang 2022 5 v 1 of grades 3 to 5."""
    assert "Two studies: 21 patients of grade 3 or above" in row(review, DURATION, 0.5).behind


def test_a_harm_is_said_as_plainly_as_a_benefit(review):
    assert "lean to more severe infections" in row(review, INFECTION, 0.01).headline
    assert "lean to fewer complete responses" in row(review, RESPONSE, 0.01).headline


def test_an_endpoint_that_lost_its_last_study_gives_no_number(review):
    said = row(review, INFECTION, 0.99, n_studies=0)
    assert said.headline == words.NO_STUDY and (said.patients, said.size) == ("", "")
    assert landing.icon_array(said, review) is None
    assert landing.common_axis([said]) == landing.common_axis([])


def test_one_study_is_counted_as_one(review):
    assert " One study: " in row(review, INFECTION, 0.5, n_studies=1).behind


def test_a_duration_ratio_is_told_in_days(review):
    said = row(review, DURATION, 0.9, digits=1).patients
    assert said == (
        "Where it lasts 10 days without tocilizumab, that is 9 days (3 to 27) with it adjusted for bias, 8"
        " days (4 to 16) not adjusted, if the difference were the drug's doing."
    )


def test_patients_are_told_only_where_there_is_a_risk_to_start_from(review):
    limits = {"median": 430.0, "lower": 220.0, "upper": 660.0}
    absolute = {"without": 225.7, "unadjusted": limits, "adjusted": limits, "source": "invented, 79/350"}
    said = row(review, INFECTION, 0.02, absolute=absolute)
    assert said.patients == words.frequencies(absolute, ENDPOINTS[INFECTION])
    assert row(review, INFECTION, 0.02).patients == ""


# the review in short


def test_in_short_counts_where_the_data_lean_adjusted_and_not(review):
    rows = [row(review, INFECTION, 0.01, 0.2), row(review, RESPONSE, 0.99, 0.5), row(review, DURATION, 0.6)]
    assert landing.in_short(rows) == (
        "Adjusted for bias the data lean one way at 1 of 3 endpoints, not adjusted at 2; at the others they"
        " do not tell."
    )


def test_in_short_of_one_endpoint_says_once_what_both_answers_say(review):
    said = landing.in_short
    assert said([row(review, INFECTION, 0.01, 0.01)]) == "Adjusted for bias or not, the data lean one way."
    assert said([row(review, INFECTION, 0.5, 0.5)]) == "Adjusted for bias or not, the data do not tell."
    both = [row(review, INFECTION, 0.01, 0.01), row(review, RESPONSE, 0.99, 0.99)]
    assert said(both) == "Adjusted for bias or not, the data lean one way at each of 2 endpoints."
    assert said([row(review, INFECTION, 0.01, 0.5)]) == (
        "Adjusted for bias the data do not tell, not adjusted they lean one way."
    )


# pictures


@pytest.mark.parametrize(
    "limits", [(0.0, 0.0, 0.0), (226, 226, 226), (217.5, 426.6, 661.0), (4.9, 5.1, 994.9), (1000, 1000, 1000)]
)
def test_icons_are_always_a_hundred_and_those_of_the_event_follow_the_limits(limits):
    lower, median, upper = limits
    counts = landing.icons({"lower": lower, "median": median, "upper": upper})
    assert sum(counts.values()) == 100 and min(counts.values()) >= 0
    assert counts["lower"] + counts["median"] == pytest.approx(median / 10, abs=0.5)
    assert 100 - counts["none"] == pytest.approx(upper / 10, abs=0.5)


def signs(ax) -> dict[str, int]:
    """How many signs of each kind are drawn: each is a square of five corners."""
    return {patch.get_label(): len(patch.get_path().to_polygons(closed_only=False)) for patch in ax.patches}


def test_the_icon_array_draws_what_its_numbers_and_words_say(review):
    key = "icans"
    said = row(review, key, 0.02, absolute=absolute_effects_for_words(key, review))
    picture = landing.icon_array(said, review)
    without, adjusted, unadjusted = map(signs, picture.figure.axes)
    assert without == {"lower": 4, "none": 96}  # 4 of 111 is 36 per 1,000
    for drawn, behind in ((unadjusted, quadrature(key, review)), (adjusted, bias.adjusted(key, review))):
        at = behind.mu.limits()
        risk = {name: 1 / (1 + (111 / 4 - 1) * np.exp(-value)) for name, value in at.items()}
        assert drawn.get("lower", 0) == round(100 * risk["lower"])
        assert drawn.get("lower", 0) + drawn["median"] == round(100 * risk["median"])
        assert drawn["half"] == drawn["median"] and 100 - drawn["none"] == round(100 * risk["upper"])
        assert f"{1000 * risk['median']:.0f}" in picture.alt


def absolute_effects_for_words(key: str, review: Review) -> dict:
    return for_words(absolute_effects(key, review)[0])


def test_every_page_starts_from_the_same_risk_without_tocilizumab(review):
    """Complete response: 27 of 28 and 44 of 48 untreated patients (the papers' counts) are 934 of 1,000."""
    key = "complete_response"
    first_page = row(review, key, 0.5, absolute=absolute_effects_for_words(key, review)).patients
    own_page = tables.absolute(key, review)
    of_findings = findings_page.findings(findings.of_endpoint(key, review), review).frame
    explorer = explorer_data.of_endpoint(key, review)["baselines"]
    assert "934 have a complete response without tocilizumab" in first_page
    assert own_page["without tocilizumab, per 1,000"].tolist() == ["934"]
    assert [said[:3] for said in of_findings["other arm, per 1,000"]] == ["934"]
    assert [(at["events"], at["n"]) for at in explorer] == [(71, 76)]


def test_every_row_has_the_same_axis_with_tocilizumab_on_the_left(invented_draws, review):
    found = [row(review, key, 0.5) for key in ENDPOINTS]
    ends = landing.common_axis(found)
    for said in found:
        figure, alt, numbers, *_ = landing.answer_picture(said, ends, review)
        figure.canvas.draw()
        reversed_axis = ENDPOINTS[said.key].benefit == "above"
        assert figure.axes[0].get_xlim() == (ends[::-1] if reversed_axis else ends)
        assert said.title in alt and words.in_sentence(said.size) in alt
        assert numbers.set_index("answer").loc["not adjusted", "median"] == said.summary["median"]
        assert min(text.get_fontsize() for text in figure.findobj(plt.Text) if text.get_text().strip()) >= 10


def test_a_caption_stands_in_its_figure_and_is_escaped(invented_draws, review):
    from book.html.show import drawn
    from book.shown.endpoint.figures import forest

    markup, _ = drawn(forest(INFECTION, review), "forest", "a < b: <script>")
    assert "<figcaption>a &lt; b: &lt;script&gt;</figcaption>" in markup and markup.index(
        "<figcaption>"
    ) < markup.index("<img")


# the page as it is built


@pytest.fixture(scope="module")
def phone(chromium, html):
    """The first page on a phone of 360 by 800 pixels."""
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.goto((html / "book" / "intro.html").as_uri())
    yield page
    page.close()


@pytest.mark.book
def test_the_first_answer_is_read_on_a_phone_without_scrolling(phone):
    lead, first = (
        phone.locator(".review-lead").bounding_box(),
        phone.locator(".review-answers .review-finding").first.bounding_box(),
    )
    assert lead["y"] + lead["height"] < 800 and first["y"] + first["height"] < 800


@pytest.mark.book
def test_the_first_page_does_not_scroll_sideways_on_a_phone(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    for box in phone.locator(".review-answers figure").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().right)"
    ):
        assert box <= 360


@pytest.mark.book
def test_every_answer_on_the_page_leads_to_its_chapter_and_has_its_picture(phone, review):
    rows = phone.locator(".review-answers > li")
    assert rows.count() == len(ENDPOINTS)
    for i in range(rows.count()):
        assert rows.nth(i).locator("h3 a").count() == 1
        assert bool(evidence_of(list(ENDPOINTS)[i], review).used) == (
            rows.nth(i).locator("[id^=figure-answer]").count() == 1
        )


@pytest.mark.book
@pytest.mark.parametrize("key", ENDPOINTS)
def test_the_chapter_of_an_endpoint_says_the_same_headline_as_the_first_page(key, html, review):
    from book.shown.intro import PAGES

    headline = words.headline(told(key, review))
    for page in ("intro.html", PAGES[key].partition("#")[0]):
        assert f">{headline}.<" in (html / "book" / page).read_text(encoding="utf-8")


@pytest.mark.book
def test_the_first_page_weighs_little(html):
    page = html / "book" / "intro.html"
    assert (
        page.stat().st_size + sum(path.stat().st_size for path in (html / "figures").glob("intro-*.svg"))
        < 400_000
    )
