"""P-values without a printed direction: what each side of them does to an answer, and what the pages say."""

from dataclasses import replace
from itertools import product

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from book.shown.endpoint import directions as shown
from models.answers.answer import answer_of
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence, Used
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.ratio import Ratio
from models.trust import directions as module
from models.trust.directions import SIDES, directions, of_evidence, possible_sides, signed
from models.words import number

SURVIVAL = ["overall_survival", "progression_free_survival"]
OS = ENDPOINTS["overall_survival"]
EFFECTS = np.linspace(-2.0, 2.0, 41)


def evidence(*reports) -> Evidence:
    return Evidence(OS.evidence, tuple(Used(f"study{i}", report, ()) for i, report in enumerate(reports)))


def likelihood(report, effects=EFFECTS) -> np.ndarray:
    return np.exp(report.log_likelihood(effects))


@pytest.mark.parametrize(
    "report",
    [
        LogRank("0.273", None, 17, 28),
        LogRank("<0.05", None, 17, 28),
        LogRank("0.2", None, 150, 120),
        LogRankHistories("0.3977", None, 9, 2),
    ],
)
def test_the_unsigned_likelihood_is_the_mean_of_the_signed(report):
    """Up to the factor 2, in which nothing enters."""
    lower, higher = (likelihood(replace(report, direction=side)) for side in SIDES)
    assert likelihood(report) / 2 == pytest.approx((lower + higher) / 2, rel=1e-9)


@pytest.mark.parametrize("p", ["0.273", "<0.05"])
def test_the_sides_of_equal_arms_mirror_each_other(p):
    lower, higher = (LogRank(p, side, 20, 20) for side in SIDES)
    assert likelihood(lower) == pytest.approx(likelihood(higher, -EFFECTS), rel=0.08)  # one is simulated


def test_with_arms_swapped_the_other_side_is_the_mirror():
    lower, higher = LogRankHistories("0.3977", "lower", 9, 2), LogRankHistories("0.3977", "higher", 2, 9)
    assert likelihood(lower) == pytest.approx(likelihood(higher, -EFFECTS), rel=1e-6)


@pytest.mark.parametrize("side", SIDES)
def test_one_report_by_brute_force(side):
    """Sums over an even grid of mu, tau and theta, priors as they are."""
    found = of_evidence(evidence(LogRank("0.2", None, 17, 28)), OS)
    step, (one,) = 0.02, [one for one in found.every if one.sides == (side,)]
    theta = np.arange(-7, 7 + step / 2, step)
    of_theta = likelihood(LogRank("0.2", side, 17, 28), theta)
    of_mu = np.zeros_like(theta)
    for tau in np.arange(0.005, 3, 0.01):
        between = stats.norm.pdf(theta[:, None], theta, max(tau, step / 2)) * step
        of_mu += between @ of_theta * np.exp(OS.tau_prior.log_density(tau))
    of_mu *= np.exp(OS.mu_prior.log_density(theta))
    cdf = np.cumsum(of_mu) / of_mu.sum()
    for name, q in (("lower", 0.025), ("median", 0.5), ("upper", 0.975)):
        assert np.log(one.limits[name]) == pytest.approx(np.interp(q, cdf, theta + step / 2), abs=0.02)
    assert one.p_favours == pytest.approx(np.interp(0, theta + step / 2, cdf), abs=0.01)


@pytest.mark.parametrize("key", SURVIVAL)
def test_the_answer_used_lies_between_those_of_the_sides(key, review):
    found, used = directions(key, review), answer_of(key, review)
    assert found.as_used.limits == pytest.approx(used.mu.ratio)
    assert found.as_used.p_favours == pytest.approx(used.below)
    for bounds, value in ((found.medians, used.mu.ratio["median"]), (found.chances, used.below)):
        assert bounds[0] < value < bounds[1]
    assert found.limits[0] < used.mu.ratio["lower"] and used.mu.ratio["upper"] < found.limits[1]


def test_survival_hangs_on_the_sides_of_two_reports(review):
    found = directions("overall_survival", review)
    assert [used.label for used in found.unsigned[:2]] == ["zhang2022 grade_1", "zhou2025"]
    assert len(found.every) == 16 and not found.settled
    assert [one.limits["median"] for one in found.of_two] == pytest.approx([0.81, 1.07, 1.06, 1.39], abs=0.04)
    assert [one.p_favours for one in found.of_two] == pytest.approx([0.77, 0.42, 0.43, 0.14], abs=0.04)


def test_a_p_that_one_side_alone_gives_is_settled(review):
    found = directions("progression_free_survival", review)
    assert [(used.label, side) for used, side in found.settled] == [("zhang2022 grade_3_5", "higher")]
    assert len(found.every) == 8
    assert possible_sides(found.settled[0][0]) == ("higher",)


def test_where_there_are_many_only_those_that_move_most_are_combined(monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    reports = [LogRank(p, None, 17, 28) for p in ("0.9", "0.1", "0.3")]
    found = of_evidence(evidence(*reports), OS)
    assert [used.report.p for used in found.unsigned] == ["0.1", "0.3", "0.9"]
    assert [one.sides for one in found.every] == [(*sides, None) for sides in product(SIDES, repeat=2)]
    assert found.every == found.of_two


def test_a_printed_direction_and_a_ratio_leave_nothing_open():
    assert of_evidence(evidence(LogRank("0.2", "lower", 17, 28), Ratio(1.0, 0.5, 2.0, 95.0)), OS) is None


def test_other_reports_stay_as_they_are():
    given = evidence(Ratio(1.0, 0.5, 2.0, 95.0), LogRank("0.2", None, 17, 28))
    one = signed(given, OS, [given.used[1]], ["lower"])
    told = evidence(given.used[0].report, LogRank("0.2", "lower", 17, 28))
    assert one.limits == signed(told, OS, [], []).limits


# what the pages say


@pytest.mark.parametrize("key", SURVIVAL)
def test_the_words_come_from_the_numbers(key, review):
    found, said = directions(key, review), shown.bounds(key, review)
    low, high = map(number, found.medians)
    assert said.startswith("Whichever side each unsigned p-value was on,")
    assert f"between {low} and {high}; the papers do not say" in said
    assert said == next(shown.sentences(key, review))


@pytest.mark.parametrize("key", SURVIVAL)
def test_the_picture_is_legible_and_its_words_hold_every_answer(key, review):
    found, picture = directions(key, review), shown.picture(key, review)
    text = [t for t in picture.figure.findobj(plt.Text) if t.get_text().strip() and t.get_visible()]
    assert min(t.get_fontsize() for t in text) >= 10 and picture.figure.get_figwidth() <= 7
    assert picture.endpoint == key and picture.how
    for one in (found.as_used, *found.of_two):
        assert shown._told(key, one) in picture.alt
        assert one.limits["median"] in list(picture.numbers["median"])
    plt.close(picture.figure)
    assert len(shown.table(key, review).frame) == len(found.every) + 1


def test_an_endpoint_without_such_p_values_says_so(review):
    assert list(shown.sentences("icans", review)) == [shown.NONE_OPEN]
    assert shown.picture("icans", review) is None and shown.table("icans", review) is None


@pytest.mark.parametrize("key", SURVIVAL)
def test_what_pages_share_is_what_is_computed(review, key):
    """Read back as it was kept, and computed from the evidence."""
    directions.cache_clear()
    assert directions(key, review) == of_evidence(evidence_of(key, review), ENDPOINTS[key])
