"""Figures and tables say what the evidence and the draws say; the draws here are invented, the evidence is
the review's.
"""

import matplotlib

matplotlib.use("Agg")

import pytest
from example_review import with_one_awaiting
from matplotlib import pyplot as plt

from book.shown import agreement
from book.shown.endpoint import figures, recovery, tables
from book.shown.endpoint.printed import printed_result
from extraction.checks import check
from models.answers.summary import summarise
from models.endpoints import ENDPOINTS, evidence_of
from models.trust import predictive
from models.words import ends

COUNTS = [key for key, endpoint in ENDPOINTS.items() if endpoint.scale == "odds ratio"]


pytestmark = pytest.mark.usefixtures("invented_draws")


def words_in(figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts]


# what papers printed


@pytest.mark.parametrize(
    ("study", "endpoint", "printed"),
    [
        ("zhou2025", "severe_infection", "9/17 v 10/28 (p=0.353, by Fisher)"),
        ("zhou2025", "icans", "2/17 v 0/28 (p=0.267, by χ² with Yates’s correction)"),
        ("zhou2025", "overall_survival", "log-rank p=0.273, no direction"),
        (
            "zhou2025",
            "crs_duration",
            "grade 3: shorter, p<0.05 (9 v 6 patients); grade 1–2: “ns, no significance, P>0.05” (8 v 18"
            " patients); all grades: 6.1 (2–14) v 5.5 (0–12) days",
        ),
        (
            "ma2024",
            "overall_survival",
            "HR 1.031 (0.512–2.076), p=0.932, adjusted; log-rank p=0.773, no direction",
        ),
        ("ma2024", "severe_infection", "not reported"),
        ("kadauke2021", "severe_crs", "4/15 v 13/26 (p=0.18)"),
    ],
)
def test_a_printed_result_is_in_the_papers_words(study, endpoint, printed, review):
    assert printed_result(review.records[study], endpoint) == printed


def test_a_hazard_ratio_keeps_its_printed_digits(review):
    assert printed_result(review.records["ma2024"], "overall_survival").startswith("HR 1.031 (0.512–2.076)")


# forest plots


@pytest.mark.parametrize("key", ENDPOINTS)
def test_a_forest_has_a_row_for_each_study_used_and_each_registered_study(key, review):
    rows = {row.label: row for row in figures.forest_rows(key, review)}
    used = evidence_of(key, review).studies
    registered = [s.id for s in review.register.studies if s.registered]
    assert set(rows) == {review.studies[study].label for study in {*used, *registered}} | {
        "Mean",
        "Mean, adjusted",
        "Next study",
    }
    assert all(rows[review.studies[study].label].limits for study in used)
    assert not any(rows[review.studies[study].label].limits for study in set(registered) - set(used))


@pytest.mark.parametrize("key", ENDPOINTS)
def test_a_study_that_awaits_data_says_so_and_has_no_interval(key, review):
    rows = [row for row in figures.forest_rows(key, with_one_awaiting(review)) if row.label == "Waiting 2022"]
    assert rows and all(row.gap == "awaiting data" and row.limits is None for row in rows)


@pytest.mark.parametrize("key", ENDPOINTS)
def test_a_forest_shows_each_label_and_its_words_stand_in_the_alternative_text(key, review):
    figure, alt, *_ = figures.forest(key, review)
    for row in figures.forest_rows(key, review):
        assert row.label in words_in(figure)
        assert row.label in alt and (row.kind != "study" or row.printed in alt)


@pytest.mark.parametrize("key", ENDPOINTS)
def test_a_forest_has_its_numbers_beside_the_intervals_and_no_word_on_them(key, review):
    figure, _, numbers, *_ = figures.forest(key, review)
    _, plot, told = figure.axes
    beside = [text.get_text() for text in told.texts]
    assert not [text for text in plot.texts if "favours" not in text.get_text()], "which stand below"
    for row in numbers.itertuples():
        limits = {"lower": row.lower, "upper": row.upper}
        assert row.no_result_because or ends(limits, summarise(key, review)["digits"]) in beside


@pytest.mark.parametrize(
    "key", [key for key, endpoint in ENDPOINTS.items() if not endpoint.engine.no_effect_alone]
)
def test_the_weights_of_a_forest_add_to_one_with_that_of_the_prior(key, review):
    assert figures.forest(key, review).numbers["weight"].sum() == pytest.approx(1)


def test_of_many_studies_a_forest_draws_the_narrowest_and_counts_the_others():
    rows = [
        figures.Row(f"Study {i}", limits={"median": 1.0, "lower": 1 / width, "upper": width})
        for i, width in enumerate([9.0] * 4 + [2.0] * 30)
    ]
    mean = figures.Row("Mean", kind="pooled")
    drawn = figures._drawn([*rows, figures.Row("Unused", gap="nothing to use", kind="unused"), mean])
    assert drawn[:30] == rows[4:] and drawn[-1] is mean and len(drawn) == 32
    assert drawn[30].label == "5 further studies"


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow():
    _, ax = plt.subplots()
    figures.interval_line(ax, 0, {"median": 1.0, "lower": 0.01, "upper": 2.0}, 0.1, 10)
    arrows = [line for line in ax.lines if line.get_marker() in "<>"]
    assert [(line.get_marker(), line.get_xdata()[0]) for line in arrows] == [("<", 0.1)]


def test_the_side_that_favours_tocilizumab_follows_the_endpoint(review):
    def under(key):
        return [words for words in words_in(figures.forest(key, review).figure) if "favours" in words]

    assert under("severe_infection") == ["◄ favours\ntocilizumab", "favours no\ntocilizumab ►"]
    assert under("complete_response") == ["◄ favours no\ntocilizumab", "favours\ntocilizumab ►"]


# every figure


@pytest.mark.parametrize("key", ENDPOINTS)
def test_every_forest_plot_has_type_of_10_points_or_more_and_alternative_text(key, review):
    figure, alt, *_ = figures.forest(key, review)
    figure.canvas.draw()
    shown = [text for text in figure.findobj(plt.Text) if text.get_text().strip() and text.get_visible()]
    assert min(text.get_fontsize() for text in shown) >= 10
    assert figure.get_figwidth() <= 7
    assert ENDPOINTS[key].title in alt


def test_a_picture_that_has_nothing_to_show_is_none(review):
    assert recovery.candidates("crs_duration_grade3", review) is None
    assert recovery.candidates("overall_survival", review) is None  # histories, which are told
    assert recovery.histories("overall_survival", review)


def test_each_check_stands_in_the_table_of_the_left_out_reports(review):
    key = "overall_survival"
    shown = tables.predictive_checks(key, predictive.checks(key, review), review).frame["printed"].tolist()
    for report in evidence_of("overall_survival", review).unused:
        assert report.check is None or f"p={report.check.p}" in shown


@pytest.fixture(scope="module")
def recovered(review) -> list[str]:
    """Endpoints of which not every number is printed."""
    found = [key for key in ENDPOINTS if key != "crs_duration_grade3" and recovery.recovers(key, review)]
    assert found
    return found


def test_pictures_of_recovery_are_legible_and_say_what_they_show(recovered, review):
    for key in (key for key in recovered if recovery.candidates(key, review)):
        figure, alt, *_ = recovery.candidates(key, review)
        figure.canvas.draw()
        shown = [text for text in figure.findobj(plt.Text) if text.get_text().strip() and text.get_visible()]
        assert min(text.get_fontsize() for text in shown) >= 10 and ENDPOINTS[key].title in alt, key


def test_printed_numbers_only_stand_beside_what_was_recovered(recovered, review):
    for key in recovered:
        assert recovery.PRINTED_ONLY in [row.words for row in recovery.readings(key, review)]


def test_a_picture_of_candidates_names_the_only_table(review):
    _, alt, *_ = recovery.candidates("complete_response", review)
    assert "Ma 2024: 42/45 v 44/48" in alt and "Zhou 2025: 17/17 v 27/28" in alt


# verdicts


def test_every_number_is_one_square_of_one_colour(review):
    figure, alt, *_ = agreement.picture(review)
    total = sum(sum(found.values()) for found in agreement.counts(review).values())
    squares = [patch for patch in figure.axes[0].patches]
    assert (
        len(squares)
        == total
        == sum(
            e.kind not in ("not_reported", "survival_curve")
            for r in review.records.values()
            for e in r.entries
        )
    )
    assert all(row.label in alt for row in review.studies.values() if row.id in review.records)


def test_every_number_that_differs_stands_in_its_table_with_what_it_changes(review):
    found = agreement.differing(review)
    shown = {
        (study, entry) for study, frame in found.items() for entries in frame["entries"] for entry in entries
    }
    assert shown == {(f.study, f.entry) for f in check(review).findings if f.verdict == "differs"}
    assert all(frame["what it changes"].str.len().min() > 0 for frame in found.values())


def test_a_p_of_another_comparison_is_told(review):
    assert "p=0.616" in agreement.with_another_test(review)["as printed, and where"].iloc[0]
