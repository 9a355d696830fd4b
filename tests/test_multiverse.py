"""The multiverse: its engine against the other engine, its universes against the choices they claim, and the
swapped model against the fixed one.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from book.shown import specification_curve
from models.answers import bias
from models.answers.answer import answer_of
from models.answers.bias import bias_priors, through_bias
from models.endpoints import ENDPOINTS, evidence_of
from models.engines import short_chains
from models.engines.durations import layout
from models.engines.effects import quadrature, study_likelihoods
from models.engines.quadrature import normal_normal
from models.engines.quadrature_general import from_study_likelihoods
from models.evidence.collect import collect
from models.evidence.report import Evidence, Reading, Used
from models.likelihood.kernels import joint
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.table import Table
from models.priors import MU_LOG_DURATION, Prior, parse
from models.runs import heavy
from models.trust import duration_universes, multiverse, universe

CRS = "crs_duration_grade3"
KEYS = [key for key in ENDPOINTS if key != "crs_duration_grade3"]


@pytest.fixture(scope="module")
def frames(review) -> dict[str, pd.DataFrame]:
    return {key: multiverse.universes(key, review) for key in KEYS}


def limits_of(row):
    return [float(np.log(row[name])) for name in ("median", "lower", "upper")]


@pytest.mark.parametrize("key", KEYS)
def test_the_primary_universe_is_the_posterior_of_the_quadrature_engine(key, review):
    frame, endpoint = multiverse.as_computed(key, review), ENDPOINTS[key]
    (row,) = [row for _, row in frame[frame["primary"]].iterrows()]
    expected = quadrature(evidence_of(key, review), endpoint.mu_prior, endpoint.tau_prior).mu.limits()
    # a grid of 0.025, 40 nodes of tau
    assert limits_of(row) == pytest.approx(
        [expected[name] for name in ("median", "lower", "upper")], abs=0.006
    )


@pytest.mark.parametrize("key", KEYS)
def test_the_answer_stands_in_the_places_of_its_own_universes(key, frames, review):
    frame, answer = frames[key], answer_of(key, review)
    behind = bias.adjusted(key, review)
    for chosen, limits, below in (
        (frame["primary"], answer.mu.limits, answer.below),
        (universe.is_primary_through_bias(frame, key), behind.mu.limits(), behind.probability_below()),
    ):
        (row,) = [row for _, row in frame[chosen].iterrows()]
        assert limits_of(row) == pytest.approx(list(limits.values()), rel=1e-12)
        assert row["p_favours"] == ENDPOINTS[key].favours(below)


def pick(frame, **choices):
    chosen = frame
    for name, value in choices.items():
        chosen = chosen[chosen[name] == value]
    assert len(chosen) == 1, choices
    return chosen.iloc[0]


PRIMARY = {
    "reading": "as used",
    "studies": "all",
    "likelihood": "exact",
    "bias_mean": "none",
    "bias_sd": "none",
    "mu_prior": "normal(0, 1)",
    "tau_prior": "half-normal(0.5)",
}


def test_a_universe_is_what_its_choices_say(frames, review):
    """Another reading, a study left out, the bias as judged and other priors, each put together anew from the
    engine's parts.
    """
    frame = frames["severe_infection"]
    evidence = collect(review, "severe_infection", Reading(at_their_word=False))
    terms = study_likelihoods(evidence)
    judged = bias_priors("severe_infection", review, evidence)["zhang2022"]
    expected = from_study_likelihoods(
        [through_bias(terms["zhang2022"], judged)], parse("normal:0:2"), parse("half-normal:1")
    )
    row = pick(
        frame,
        reading="verbal outcomes not taken at their word",
        studies="without Zhou 2025",
        likelihood="exact",
        bias_mean="as judged",
        bias_sd="as judged",
        mu_prior="normal(0, 2)",
        tau_prior="half-normal(1)",
    )
    # wide limits on a grid
    assert limits_of(row) == pytest.approx(
        [expected.mu.limits()[name] for name in ("median", "lower", "upper")], abs=0.02
    )
    assert row["p_favours"] == pytest.approx(expected.probability_below(), abs=0.003)


def test_a_study_alone_is_its_own_posterior(frames, review):
    expected = from_study_likelihoods(
        [study_likelihoods(evidence_of("overall_survival", review))["ma2024"]],
        parse("normal:0:1"),
        parse("half-normal:0.5"),
    )
    row = pick(frames["overall_survival"], **PRIMARY | {"studies": "Ma 2024 alone"})
    assert limits_of(row) == pytest.approx(
        [expected.mu.limits()[name] for name in ("median", "lower", "upper")], abs=0.006
    )


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (2, 3), (4, 15), (6, 63), (9, 19), (31, 1)])
def test_every_subset_of_few_studies_has_a_name_of_its_own(count, expected):
    """2^n - 1 of up to six; of nine all, nine without one and nine alone; of many, all."""
    studies = [f"study{number}" for number in range(count)]
    evidence = Evidence("overall_survival", tuple(Used(study, Table(1, 1, 2, 2), ()) for study in studies))
    found = universe.subsets(evidence, {study: f"Study {study[-1]}" for study in studies})
    assert (
        len(found) == expected
        and len({tuple(subset) for subset in found.values()}) == expected
        and found["all"] == studies
    )
    if count == 4:
        assert found["Study 0 and Study 2 only"] == ["study0", "study2"] and found["without Study 1"] == [
            "study0",
            "study2",
            "study3",
        ]


def test_readings_that_change_different_reports_are_combined(review):
    found = universe.readings("complete_response", review)
    words, stand_in = (
        "verbal outcomes not taken at their word",
        "printed counts of a stand-in before recovered counts",
    )
    both = collect(review, "complete_response", Reading(at_their_word=False, endpoint_first=False))
    assert found[f"{words}; {stand_in}"].used_hash() == both.used_hash()
    assert len({evidence.used_hash() for evidence in found.values()}) == len(found)


def test_a_normal_likelihood_is_walds(frames, review):
    """9/17 v 10/28: log odds ratio log(9 * 18 / (8 * 10)), SE root of 1/9 + 1/8 + 1/10 + 1/18."""
    term = multiverse.normal_term(
        [used.report for used in evidence_of("severe_infection", review).of("zhou2025")]
    )
    estimate, se = np.log(9 * 18 / (8 * 10)), np.sqrt(1 / 9 + 1 / 8 + 1 / 10 + 1 / 18)
    theta = np.linspace(-1, 2, 7)
    assert np.diff(term(theta)) == pytest.approx(np.diff(stats.norm.logpdf(estimate, theta, se)), abs=1e-9)


@pytest.mark.parametrize("key", KEYS)
def test_every_combination_stands_once(key, frames):
    frame = frames[key]
    assert not frame.duplicated(list(universe.CHOICES)).any() and frame["primary"].sum() == 1
    for reading, group in frame.groupby("reading"):
        sizes = [group[choice].nunique() for choice in universe.CHOICES if choice != "reading"]
        assert len(group) == np.prod(sizes), reading


def test_more_bias_towards_harm_makes_the_effect_behind_it_smaller(frames):
    medians = [
        pick(frames["severe_infection"], **PRIMARY | {"bias_mean": factor})["median"]
        for factor in universe.FACTORS
    ]
    assert medians == sorted(medians, reverse=True)


def test_the_less_is_known_of_the_bias_the_wider_the_interval(frames):
    rows = [pick(frames["severe_infection"], **PRIMARY | {"bias_sd": factor}) for factor in universe.FACTORS]
    widths = [row["upper"] / row["lower"] for row in rows]
    assert widths == sorted(widths)


def test_a_known_bias_is_a_shift():
    """Seen through a bias of mean 0.7 and no SD, a likelihood is highest 0.7 lower."""
    behind = multiverse.through(stats.norm(0.2, 0.4).logpdf, 0.7, 0.0)
    theta = np.linspace(-2, 2, 9)
    assert behind(theta) == pytest.approx(stats.norm(-0.5, 0.4).logpdf(theta), abs=1e-12)


def test_a_bias_without_a_side_has_no_mean_to_vary(frames, review):
    """Severe CRS is compared with patients of another time: nobody can say on which side they differ."""
    assert {prior.parameters[0] for prior in bias_priors("severe_crs", review).values()} == {0.0}
    assert (
        set(frames["severe_crs"]["bias_mean"]) == {"none"} and len(set(frames["severe_crs"]["bias_sd"])) == 4
    )


def test_a_likelihood_through_its_table_is_the_likelihood(review):
    term = study_likelihoods(evidence_of("icans", review))["zhou2025"]
    theta = np.random.default_rng(1).uniform(-9, 9, 50)
    assert multiverse.tabulated(term)(theta) == pytest.approx(term(theta), abs=1e-4)


# CRS duration


def test_a_silent_report_adds_nothing_whatever_the_effect(review):
    evidence = evidence_of(CRS, review)
    generator = np.random.default_rng(2)
    for study in evidence.studies:
        silent = short_chains.without(evidence, lambda report, study=study: report.study == study)
        rest = [r for r in evidence.used if r.study != study]
        for _ in range(5):
            means, sigmas = (
                generator.normal(1.5, 0.6, 6 * len(evidence.studies)),
                generator.uniform(0.3, 0.9, len(evidence.studies)),
            )
            kept = sum(
                joint(
                    means, sigmas, *short_chains.without(evidence, lambda report, one=one: report is not one)
                )[0]
                for one in rest
            )
            assert joint(means, sigmas, *silent)[0] == pytest.approx(kept, rel=1e-9)
    nothing = short_chains.without(evidence, lambda report: True)
    assert joint(np.zeros(12), np.ones(2), *nothing)[0] == 0.0


def test_a_universe_is_fitted_to_the_reports_as_its_reading_reads_them(review):
    """Likelihoods of the task's arrays against those of the reading's own reports, at effects at random."""
    primary, generator = evidence_of(CRS, review), np.random.default_rng(4)
    readings = universe.readings(CRS, review)
    # a reading under which one report more enters
    fewer = replace(primary, used=primary.used[:-1])
    assert any("counted back" in words for words in readings)
    for evidence in readings.values():
        every = duration_universes.every_report([fewer, *readings.values()])
        arrays = duration_universes._task(every, evidence, primary.studies, {})["arrays"]
        task = [np.array(a, kind) for a, kind in zip(arrays, ("int64", "int64", "float64"), strict=True)]
        assert evidence.studies == primary.studies
        for _ in range(3):
            means, sigmas = (
                generator.normal(1.5, 0.6, 6 * len(evidence.studies)),
                generator.uniform(0.3, 0.9, len(evidence.studies)),
            )
            own = joint(means, sigmas, *layout(evidence))[0]
            assert joint(means, sigmas, *task)[0] == pytest.approx(own, rel=1e-9)


def test_weighting_draws_to_a_narrower_prior_gives_that_prior():
    """Draws of the wide priors themselves, weighted to N(0, 0.5): the quantiles of N(0, 0.5)."""
    generator = np.random.default_rng(3)
    draws = short_chains.Sampled(generator.normal(0, 1, 40_000), np.abs(generator.normal(0, 1, 40_000)), {})
    found = draws.under(MU_LOG_DURATION, parse("half-normal:0.35"))
    expected = stats.norm(0, 0.5).ppf([0.5, 0.025, 0.975])
    # about 10,000 effective draws
    assert [found[name] for name in ("median", "lower", "upper")] == pytest.approx(expected, abs=0.04)
    assert np.mean(np.array(found["points"]) <= np.log(0.8)) == pytest.approx(
        stats.norm(0, 0.5).cdf(np.log(0.8)), abs=0.02
    )


def test_the_points_of_the_adjusted_universe_are_those_of_its_limits(review):
    points = duration_universes.points(CRS, review)
    row = pick(
        multiverse.universes(CRS, review),
        reading="as used",
        studies="all",
        bias_sd="as judged",
        mu_prior="normal(0, 0.5)",
        tau_prior="half-normal(0.35)",
    )
    # 200 points: the next to the limits are 0.02 apart
    assert np.quantile(points, [0.5, 0.025, 0.975]) == pytest.approx(limits_of(row), abs=0.03)
    assert np.mean(points < 0) == pytest.approx(row["p_favours"], abs=0.01)


def test_a_universe_of_many_studies_is_the_posterior_of_the_normal_engine(monkeypatch, review):
    """Normal reports behind a normal bias are normal reports of both variances."""
    random = np.random.default_rng(31)
    se = random.uniform(0.1, 0.5, 31)
    ratios = np.exp(random.normal(-0.4, np.hypot(0.2, se)))
    factor = np.exp(1.959964 * se)
    used = tuple(
        Used(f"study{i}", Ratio(ratio, ratio / far, ratio * far), ())
        for i, (ratio, far) in enumerate(zip(ratios, factor, strict=True))
    )
    many = {universe.PRIMARY_READING: Evidence("overall_survival", used)}
    judged = {one.study: Prior("bias", "normal", (0.2, 0.3), "", "") for one in used}
    monkeypatch.setattr(multiverse, "readings", lambda key, review: many)
    monkeypatch.setattr(multiverse, "bias_priors", lambda key, review, evidence: judged)
    factors = {words: universe.FACTORS[words] for words in (universe.NONE, "twice")}
    monkeypatch.setattr(multiverse, "FACTORS", factors)
    chosen = dict(multiverse._by_quadrature("overall_survival", review))
    mu, tau = universe.priors("overall_survival")
    for words, factor in factors.items():
        choices = (universe.PRIMARY_READING, "all", "exact", words, words, next(iter(mu)), next(iter(tau)))
        found = chosen[universe.Universe(*choices)]
        seen = np.log(ratios) - 0.2 * factor, np.hypot(se, 0.3 * factor)
        expected = normal_normal(*seen, next(iter(mu.values())), next(iter(tau.values())))
        # a grid of 0.025, 40 nodes of tau
        assert {name: found[name] for name in expected.mu.limits()} == pytest.approx(
            expected.mu.limits(), abs=0.006
        )


def test_without_a_study_every_universe_is_its_prior(monkeypatch, review):
    nothing = Evidence("icans", (), ())
    monkeypatch.setattr(multiverse, "readings", lambda key, review: {universe.PRIMARY_READING: nothing})
    found = [
        (row["lower"], row["upper"])
        for universe, row in multiverse._by_quadrature("icans", review)
        if universe.mu_prior == "normal(0, 1)"
    ]
    assert np.array(found) == pytest.approx(np.tile([-1.96, 1.96], (len(found), 1)), abs=0.01)


def test_too_few_draws_give_no_limits():
    draws = short_chains.Sampled(np.linspace(-3, 3, 200), np.full(200, 0.3), {})
    assert draws.under(Prior("narrow", "normal", (0.0, 0.01), "", ""), parse("half-normal:0.35")) is None


def test_a_changed_record_has_another_key(review):
    record = review.records["zhou2025"]
    entries = [
        e.model_copy(update={"direction": None}) if e.id == "crs_duration.grade_3.test" else e
        for e in record.entries
    ]
    changed = replace(
        review, records=review.records | {"zhou2025": record.model_copy(update={"entries": entries})}
    )
    assert duration_universes.identity(CRS, changed) != duration_universes.identity(CRS, review)


# results kept by a key


def test_a_result_is_found_by_its_key_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(heavy, "REPOSITORY", tmp_path / "repository")
    monkeypatch.setattr(heavy, "COMPUTED", tmp_path / "computed")
    heavy.write("universes.json", "abc", {"answer": 1})
    heavy.write("universes.json", "def", {"answer": 2}, repository=True)
    assert heavy.read("universes.json", "abc") == {"answer": 1} and heavy.read("universes.json", "def") == {
        "answer": 2
    }
    assert heavy.read("universes.json", "xyz") is None
    (tmp_path / "computed" / "abc-universes.json").write_text('{"key": "abc", "resu')
    assert heavy.read("universes.json", "abc") is None  # a half file is no result


# the picture


def test_the_specification_curves_name_their_ranges_and_hold_every_universe(frames, review, monkeypatch):
    monkeypatch.setattr(specification_curve, "universes", lambda key, review: frames[key])
    monkeypatch.setattr(specification_curve, "ENDPOINTS", {key: ENDPOINTS[key] for key in frames})
    figure, alt, numbers, *_ = specification_curve.curves(review)
    figure.canvas.draw()
    assert numbers["endpoint"].value_counts().to_dict() == {key: len(frames[key]) for key in frames}
    assert all(f"{len(frame):,} universes" in alt for frame in frames.values())
    moved = specification_curve.what_moves_it("severe_infection", review).frame["choice"]
    assert {"SD of the bias", "prior of τ", "studies"} <= set(moved)


@pytest.mark.parametrize("left_out", [0, 1, 2, 3, 4])
def test_a_subset_adds_up_to_its_own_studies_however_many_are_left_out(left_out):
    rng = np.random.default_rng(left_out)
    terms = {f"s{i}": rng.normal(-50, 20, (3, 7)) for i in range(5)}
    kept = list(terms)[left_out:]
    assert multiverse._sum_of(terms, kept, sum(terms.values())) == pytest.approx(
        np.sum([terms[study] for study in kept], axis=0), abs=1e-10
    )


def test_a_likelihood_that_is_nowhere_possible_is_not_subtracted():
    terms = {study: np.array([0.0, value]) for study, value in (("a", -np.inf), ("b", -1.0), ("c", -2.0))}
    assert multiverse._sum_of(terms, ["b", "c"], sum(terms.values())).tolist() == [0.0, -3.0]
