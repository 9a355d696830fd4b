"""Patients with CRS only: who had it, how events may be split, and how far the answer can move."""

from itertools import combinations, product

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt

from book.shown import methods_page
from book.shown.endpoint import with_condition as shown
from models.answers.answer import answer_of
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.quadrature import from_study_likelihoods
from models.likelihood.kinds.table_set import TableSet
from models.priors import MIDWAY, parse
from models.trust.with_condition import (
    Bounds,
    answer_with_condition,
    bounds,
    had_it,
    never_had_it,
    splits,
    splits_of,
)
from models.words import compact

MU, TAU = parse("normal:0:1"), parse("half-normal:0.5")
ONE_TABLE = [[(2, 5, 0, 4), (2, 5, 1, 4), (2, 5, 2, 4)]]
THREE_TABLES = [
    [(4, 6, 1, 5), (4, 6, 3, 5)],
    [(1, 6, 1, 5), (2, 6, 1, 5), (2, 6, 0, 5)],
    [(6, 6, 2, 5), (6, 6, 0, 5)],
]
GRID_ERROR = 0.005
"""Of a log ratio: the grid of the multiverse is coarser than that of the pages' quadrature."""


def limits(studies) -> dict:
    """Of the mean log ratio by the pages' quadrature; a study is a list of tables, of which one was seen."""
    terms = [TableSet(tuple(tables)).of_effect(MIDWAY) for tables in studies]
    return from_study_likelihoods(terms, MU, TAU).mu.limits()


def test_the_bounds_are_those_of_every_split_tried_one_by_one():
    every = [
        limits([[one], three]) for one in ONE_TABLE[0] for three in product(*THREE_TABLES)
    ]  # 3 x 12 fits
    found = bounds([ONE_TABLE, THREE_TABLES], MU, TAU)
    for name in ("median", "lower", "upper"):
        tried = [fit[name] for fit in every]
        assert np.log(found.low[name]) == pytest.approx(min(tried), abs=GRID_ERROR)
        assert np.log(found.high[name]) == pytest.approx(max(tried), abs=GRID_ERROR)


def test_no_chances_of_the_splits_lead_beyond_the_bounds():
    generator, found = np.random.default_rng(1), bounds([ONE_TABLE, THREE_TABLES], MU, TAU)
    for _ in range(25):
        chances = [generator.dirichlet(np.full(len(table), 0.3)) for table in THREE_TABLES]
        of_table = [[TableSet((split,)).of_effect(MIDWAY) for split in table] for table in THREE_TABLES]

        def mixed(theta, chances=chances, of_table=of_table):
            return np.log(
                sum(
                    share * np.exp(split(theta))
                    for shares, table in zip(chances, of_table, strict=True)
                    for share, split in zip(shares, table, strict=True)
                )
            )

        one = TableSet((ONE_TABLE[0][generator.integers(3)],)).of_effect(MIDWAY)
        fit = from_study_likelihoods([one, mixed], MU, TAU).mu.limits()
        for name, value in fit.items():
            assert np.log(found.low[name]) - GRID_ERROR < value < np.log(found.high[name]) + GRID_ERROR


def test_splits_are_all_ways_in_which_patients_with_the_event_can_have_had_crs():
    """Patients named one by one: the first 3 of 4 treated and the first 2 of 5 untreated had CRS."""
    expected = {
        (len({0, 1, 2} & set(treated)), 3, len({0, 1} & set(control)), 2)
        for treated in combinations(range(4), 2)
        for control in combinations(range(5), 4)
    }
    assert set(splits((2, 4, 4, 5), (3, 2))) == expected


@pytest.mark.parametrize(
    ("study", "sizes"),
    [
        ("zhou2025", (17, 24)),  # Table 2: four untreated of grade 0
        ("zhang2022", (31, 13)),  # 17 + 9 + 5 of 27 + 11 + 6; one treated for headache
        ("wang2024", (45, 31)),  # all of the treated, 64.6 % of 48
        ("ma2024", (45, 31)),  # the same patients: 76 with CRS
    ],
)
def test_who_had_crs_follows_from_the_records(review, study, sizes):
    assert had_it(study, review) == {sizes}


def test_of_111_untreated_43_never_had_crs(review):
    """22 of 35, 4 of 28 and 17 of 48; the patients of Ma and Wang are the same."""
    assert never_had_it(review, ["zhou2025", "zhang2022", "ma2024", "wang2024"]) == (43, 111)
    assert never_had_it(review, ["kadauke2021"]) is None


def test_where_a_paper_counts_those_with_both_its_number_holds(review):
    """Of the 16 with ICANS in Ma's and Wang's cohort 15 had CRS, and all of the treated had it."""
    (wang,) = evidence_of("icans", review).of("wang2024")
    assert splits_of(wang, "icans", review) == [[(12, 45, 3, 31)]]


@pytest.mark.parametrize("key", ["severe_infection", "icans", "complete_response"])
def test_tables_of_those_with_crs_hold_to_the_printed_numbers(review, key):
    for used in evidence_of(key, review).used:
        ((treated, control),) = had_it(used.study, review)
        for (a, n, b, m), found in zip(used.report.tables, splits_of(used, key, review), strict=True):
            assert found
            for c, k, d, l in found:  # noqa: E741
                assert (k, l) == (treated, control)
                assert 0 <= c <= a and 0 <= a - c <= n - k and 0 <= d <= b and 0 <= b - d <= m - l


def test_among_patients_with_crs_infections_may_not_differ_at_all(review):
    """Zhang's untreated infections can all have been in the 13 with CRS, and none of them."""
    found, used = (
        answer_with_condition("severe_infection", review),
        answer_of("severe_infection", review).mu.ratio,
    )
    assert found.low["median"] < 1.25 < used["median"] < found.high["median"]
    assert found.low["lower"] < used["lower"] < found.high["lower"]


def test_where_nobody_tells_who_had_crs_there_is_no_answer(review):
    assert answer_with_condition("severe_crs", review) is None


def test_without_a_choice_the_bounds_are_the_answer(review):
    endpoint = ENDPOINTS["icans"]
    studies = [[[table] for table in used.report.tables] for used in evidence_of("icans", review).used]
    found, answer = (
        bounds(studies, endpoint.mu_prior, endpoint.tau_prior),
        answer_of("icans", review).mu.limits,
    )
    for name, value in answer.items():
        assert np.log([found.low[name], found.high[name]]) == pytest.approx([value, value], abs=GRID_ERROR)


# what the pages say


def test_the_methods_say_how_many_never_had_crs(review):
    assert methods_page.never_had_condition(review) == (
        "Of the 111 untreated patients of all studies of therapeutic use, 43 never had CRS."
    )


@pytest.mark.parametrize(
    ("used", "low", "high", "words"),
    [
        (4.0, 2.0, 8.0, "anything from none to 50 % of"),  # log 2 is half of log 4
        (4.0, 0.5, 2.0, "between 50 % and all of"),
        (0.25, 0.5, 0.5, "between 50 % and 50 % of"),
        (4.0, 0.5, 8.0, "anything from none to all of"),
        (4.0, 0.25, 0.5, "So all of"),
        (4.0, 4.5, 8.0, "none of the difference"),
    ],
)
def test_the_part_of_the_difference_is_counted_in_log_ratios(used, low, high, words):
    ends = [dict.fromkeys(("median", "lower", "upper"), end) for end in (low, high)]
    assert words in shown.part(used, Bounds(*ends))


@pytest.mark.parametrize("key", ["severe_infection", "icans"])
def test_the_picture_is_legible_and_its_words_hold_every_answer(key, review):
    found, picture = answer_with_condition(key, review), shown.picture(key, review)
    text = [t for t in picture.figure.findobj(plt.Text) if t.get_text().strip() and t.get_visible()]
    assert min(t.get_fontsize() for t in text) >= 10 and picture.figure.get_figwidth() <= 7
    assert ENDPOINTS[key].title in picture.alt
    for limits in (answer_of(key, review).mu.ratio, found.low, found.high):
        assert compact(limits) in picture.alt
        assert limits["median"] in list(picture.numbers["median"])
    plt.close(picture.figure)


def test_only_icans_has_events_that_began_before_the_drug(review):
    assert shown.without_early_events("severe_infection", review) is None
    assert len(shown.picture("icans", review).numbers) == 4
    assert "had it before the drug" in " ".join(shown.sentences("icans", review))


def test_a_page_without_an_answer_says_so(review):
    assert list(shown.sentences("severe_crs", review)) == [shown.CANNOT]
    assert shown.picture("severe_crs", review) is None
