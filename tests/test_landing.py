"""The first page says what the posterior allows, shows it, counts it in patients, and fits a phone."""

import matplotlib
import numpy as np
import pytest
from example_draws import invented
from matplotlib import pyplot as plt

from extraction.records import Review

matplotlib.use("Agg")

from book.shown import explorer_data, findings_page, landing
from book.shown.endpoint import tables
from models import words
from models.answers.absolute import AbsoluteEffect, Baseline, for_words, summary_for_words
from models.endpoints import ENDPOINTS, evidence_of
from models.trust import findings

INFECTION, RESPONSE, DURATION = "severe_infection", "complete_response", "crs_duration_grade3"


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def summary(p_favours: float, **changes) -> dict:
    return {
        "median": 0.8,
        "lower": 0.4,
        "upper": 1.6,
        "digits": 2,
        "p_favours_toci": p_favours,
        "n_studies": 2,
        "n_reports": 3,
    } | changes


def row(review: Review, key: str, p_favours: float, p_adjusted: float = 0.5, **changes) -> landing.Row:
    adjusted = summary(p_adjusted, median=0.9, lower=0.3, upper=2.7) | {
        "n_studies": changes.get("n_studies", 2)
    }
    return landing.row(key, summary(p_favours, **changes), adjusted, review)


# what a row says


def test_a_row_says_size_probability_bias_certainty_studies_and_patients(review):
    said = row(review, INFECTION, 0.98)
    assert said.headline == "Patients given tocilizumab had fewer severe infections"
    assert (
        said.size
        == "Odds ratio 0.80 (95 % interval 0.40 to 1.60); tocilizumab is the better side with a probability"
        " of 98 %."
    )
    assert (
        said.bias
        == "Read through the likely bias of the studies: 0.90 (95 % interval 0.30 to 2.70), that direction is"
        " no longer stated."
    )
    # 45 patients of Zhou 2025 and 67 of Zhang 2022, the sums of their printed arms
    assert said.behind == "Certainty: very low. Two studies, at most 112 patients."


@pytest.mark.parametrize(
    ("before", "after", "then"),
    [
        (0.98, 0.99, "the same direction."),
        (0.98, 0.92, "patients given tocilizumab may have had fewer severe infections."),
        (0.98, 0.02, "patients given tocilizumab had more severe infections."),
        (0.5, 0.5, "no direction either."),
        (0.8, 0.3, "no direction either."),
        (0.02, 0.2, "that direction is no longer stated."),
        (0.5, 0.02, "patients given tocilizumab had more severe infections."),
    ],
)
def test_what_bias_leaves_of_a_direction(before, after, then, review):
    assert row(review, INFECTION, before, after).bias.endswith(f", {then}")


def test_a_harm_is_said_as_plainly_as_a_benefit(review):
    assert row(review, INFECTION, 0.01).headline == "Patients given tocilizumab had more severe infections"
    assert row(review, RESPONSE, 0.01).headline == "Patients given tocilizumab had fewer complete responses"


@pytest.mark.parametrize("p_favours", [0.11, 0.3, 0.5, 0.7, 0.89])
@pytest.mark.parametrize("key", ENDPOINTS)
def test_no_direction_is_stated_that_is_not_nine_in_ten_probable(key, p_favours, review):
    said = row(review, key, p_favours)
    assert not any(outcome in said.headline for outcome in words.OUTCOMES[key])
    assert not landing.is_stated(said.summary)


def test_an_endpoint_that_lost_its_last_study_gives_no_number(review):
    said = row(review, INFECTION, 0.99, n_studies=0)
    assert said.headline == words.NO_STUDY and (said.patients, said.size, said.bias) == ("", "", "")
    assert words.NO_STUDY in words.details(summary(0.99, n_studies=0), ENDPOINTS[INFECTION], review)
    assert landing.icon_array(said, review) is None
    assert landing.common_axis([said]) == landing.common_axis([])


def test_one_study_is_counted_as_one(review):
    assert " One study, at most " in row(review, INFECTION, 0.5, n_studies=1).behind


def test_a_duration_ratio_is_told_in_days(review):
    said = row(review, DURATION, 0.9, digits=1).patients
    assert said.startswith(
        "Where it lasts 10 days without tocilizumab, that is 8 days with it (95 % interval 4 to 16), if the"
        " difference"
    )


def test_patients_are_told_only_where_there_is_a_risk_to_start_from(review):
    absolute = {
        "without": 225.7,
        "with": 430.0,
        "lower": 220.0,
        "upper": 660.0,
        "source": "outside cohort, 79/350",
    }
    said = row(review, INFECTION, 0.02, absolute=absolute)
    assert (
        said.patients
        == "Of 1,000 patients, 226 without tocilizumab and 430 with it (95 % interval 220 to 660) would have"
        " a severe infection, if the difference were the drug's doing."
    )
    assert said.behind.endswith("Risk without tocilizumab: outside cohort, 79/350.")
    assert row(review, INFECTION, 0.02).patients == ""


@pytest.mark.parametrize(("mcse", "shown"), [(0.0001, 512), (0.02, 510)])
def test_patients_are_rounded_to_tens_where_another_seed_would_change_the_last_digit(mcse, shown):
    limits = {"median": 512.3, "lower": 201.7, "upper": 803.2}
    effect = AbsoluteEffect(Baseline("invented", 1, 2), limits, limits, limits)
    # at a risk of one half, an error of 0.02 in the log odds is 0.5 x 0.5 x 0.02, five patients in 1,000
    found = {"median": 1.0, "lower": 1.0, "upper": 1.0, "mcse": dict.fromkeys(limits, mcse)}
    assert for_words(effect, found)["with"] == shown


# the review in short


def test_in_short_states_each_direction_once_and_names_the_endpoints_without_one(review):
    said = landing.in_short(
        [row(review, INFECTION, 0.01, 0.2), row(review, RESPONSE, 0.99, 0.99), row(review, DURATION, 0.6)]
    )
    assert (
        said
        == "Patients given tocilizumab had more severe infections and had more complete responses. For the"
        " other endpoint the data do not settle which side is better. Read through the likely bias of the"
        " studies, a direction is left for complete response only."
    )


def test_in_short_names_other_patients_where_they_are_others(review):
    said = landing.in_short([row(review, "severe_crs", 0.99), row(review, INFECTION, 0.01)])
    assert said.startswith(
        "Patients given tocilizumab before severe CRS (pre-emptively) had less severe CRS and patients given"
        " tocilizumab had more severe "
    )


def test_in_short_says_that_bias_leaves_nothing(review):
    assert landing.in_short([row(review, INFECTION, 0.01, 0.2)]).endswith(
        "Read through the likely bias of the studies, no direction is left to state."
    )


def test_in_short_without_a_direction_speaks_of_none(review):
    said = landing.in_short([row(review, key, 0.6) for key in (INFECTION, DURATION)])
    assert said == "At no endpoint do the data settle which side is better."


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


def test_the_icon_array_draws_what_its_numbers_and_words_say(invented_draws, review):
    said = landing.row(INFECTION, summary_for_words(INFECTION, review), summary(0.5), review)
    picture = landing.icon_array(said, review)
    without, with_toci = map(signs, picture.figure.axes)
    assert without == {"lower": 23, "none": 77}  # 79 of 350 is 226 per 1,000
    risk = {
        name: 1 / (1 + (350 / 79 - 1) * np.exp(-np.quantile(invented(INFECTION, review).draws["mu"], p)))
        for name, p in (("lower", 0.025), ("median", 0.5), ("upper", 0.975))
    }
    assert with_toci["lower"] == round(100 * risk["lower"])
    assert (
        with_toci["lower"] + with_toci["median"] == round(100 * risk["median"])
        and with_toci["half"] == with_toci["median"]
    )
    assert 100 - with_toci["none"] == round(100 * risk["upper"])
    assert said.patients in picture.alt and picture.numbers.loc[1, "median"] == pytest.approx(
        1000 * risk["median"]
    )


def test_every_page_starts_from_the_same_risk_without_tocilizumab(invented_draws, review):
    """Complete response: 27 of 28 and 44 of 48 untreated patients (the papers' counts) are 934 of 1,000."""
    key = "complete_response"
    first_page = landing.row(key, summary_for_words(key, review), summary(0.5), review).patients
    own_page = tables.absolute(key, review)
    of_findings = findings_page.findings(findings.of_endpoint(key, review), review).frame
    explorer = explorer_data.data(review)["endpoints"][key]["baselines"]
    assert "934 without tocilizumab" in first_page
    assert own_page["without, per 1,000"].tolist() == ["934"]
    assert [said[:3] for said in of_findings["without tocilizumab, per 1,000"]] == ["934"]
    assert [(at["events"], at["n"]) for at in explorer] == [(71, 76)]


def test_every_row_has_the_same_axis_with_tocilizumab_on_the_left(invented_draws, review):
    found = [landing.row(key, summary_for_words(key, review), summary(0.5), review) for key in ENDPOINTS]
    ends = landing.common_axis(found)
    for said in found:
        figure, alt, numbers, *_ = landing.answer_picture(said, ends, review)
        figure.canvas.draw()
        reversed_axis = ENDPOINTS[said.key].benefit == "above"
        assert figure.axes[0].get_xlim() == (ends[::-1] if reversed_axis else ends)
        assert said.title in alt and said.headline in alt
        assert numbers.set_index("answer").loc["not adjusted", "median"] == said.summary["median"]
        assert min(text.get_fontsize() for text in figure.findobj(plt.Text) if text.get_text().strip()) >= 10


def test_a_caption_stands_in_its_figure_and_is_escaped(invented_draws, review):
    from book.html.show import drawn
    from book.shown.endpoint.figures import forest

    markup, _ = drawn(forest(INFECTION, review), "forest", "a < b: <script>")
    assert "<figcaption>a &lt; b: &lt;script&gt;</figcaption>" in markup and markup.index(
        "<figcaption>"
    ) < markup.index("<img")


def test_what_is_not_known_names_the_study_that_awaits_data(review):
    said = " ".join(landing.unknown(review))
    assert all(study.label in said for study in review.register.studies if study.decision == "awaiting_data")


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

    headline = words.headline(summary_for_words(key, review), ENDPOINTS[key])
    for page in ("intro.html", PAGES[key].partition("#")[0]):
        assert f">{headline}.<" in (html / "book" / page).read_text(encoding="utf-8")


@pytest.mark.book
def test_the_first_page_weighs_little(html):
    page = html / "book" / "intro.html"
    assert (
        page.stat().st_size + sum(path.stat().st_size for path in (html / "figures").glob("intro-*.svg"))
        < 400_000
    )
