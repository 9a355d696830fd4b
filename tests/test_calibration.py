"""Ranks and bands behave as theory says, and a wrong model is found out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from book.shown import calibration_page
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.durations import layout
from models.engines.effects import quadrature
from models.evidence import collect as review_evidence
from models.evidence.report import Evidence
from models.likelihood import kernels
from models.likelihood.kinds.table import Table
from models.trust import calibrate, calibration, simulate, simulate_durations
from models.trust.calibration import QUANTITIES
from models.trust.ranks import band, coverage, curve, falls_short, within_band
from models.trust.sampled_replicates import filled, with_reports_as_data


def rng(seed=1):
    return np.random.default_rng(seed)


# ranks


def test_uniform_ranks_stay_in_the_band_as_often_as_it_says():
    """Binomial error of 2,000 curves, four times, and the band's own of 0.002."""
    kept = np.mean([within_band(ranks) for ranks in rng(7).uniform(size=(2000, 200))])
    assert kept == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000) + 0.002)


def test_the_band_is_wider_than_for_one_place_and_narrower_than_for_all_as_if_independent():
    """At the middle of 1,000 ranks, whose share has a standard error of sqrt(1/4000): 1.96 of them for one
    place, 3.29 by Bonferroni for 49. Half a rank is allowed for whole numbers.
    """
    upper = band(1000)[1][24]
    assert 1.96 * np.sqrt(1 / 4000) < upper < 3.29 * np.sqrt(1 / 4000) + 0.0005


def test_a_curve_counts_ranks_by_hand():
    places, excess = curve([0.1, 0.1, 0.9, 0.9])
    assert [float(excess[places == at][0]) for at in (0.5, 0.2, 0.8)] == pytest.approx([0.0, 0.3, -0.3])


def test_coverage_counts_intervals_with_equal_tails():
    """Ranks 0.3 and 0.6 lie in the central half, 0.2 and 0.11 in the central 80 % as well, 0.01 in none."""
    ranks = [0.3, 0.6, 0.2, 0.11, 0.01]
    assert [coverage(ranks, level)[0] for level in (50, 80, 95)] == [0.4, 0.8, 0.8]
    assert falls_short([0.01] * 30 + [0.5] * 70, 95) and not falls_short([0.01] * 5 + [0.5] * 95, 95)


# whole replicates


def ranks_of(
    key: str, review: Review, count: int, changed=lambda evidence: evidence
) -> dict[str, np.ndarray]:
    """Ranks where the model is given `changed` evidence in place of what was printed."""
    chosen, real, generator = ENDPOINTS[key], evidence_of(key, review), rng()
    say = simulate.printers(real, review)
    found: dict[str, list] = {name: [] for name in ("mu", "theta")}
    for _ in range(count):
        truth, printed = simulate.draw(real, say, chosen.mu_prior, chosen.tau_prior, generator)
        posterior = quadrature(changed(printed), chosen.mu_prior, chosen.tau_prior)
        found["mu"].append(posterior.mu.cdf(truth["mu"]))
        found["theta"].append(posterior.theta[real.studies[0]].cdf(truth["theta"]))
    return {name: np.array(ranks) for name, ranks in found.items()}


def with_tables(printed: Evidence, change) -> Evidence:
    return Evidence(printed.endpoint, tuple(replace(r, report=change(r.report)) for r in printed.used))


def test_a_model_that_takes_one_arm_for_the_other_leaves_the_band(review):
    swapped = ranks_of(
        "severe_crs",
        review,
        60,
        lambda printed: with_tables(
            printed, lambda t: Table(t.events_control, t.events_treated, t.n_control, t.n_treated)
        ),
    )
    assert not within_band(swapped["theta"])


def test_a_model_that_counts_its_patients_four_times_has_intervals_that_are_too_narrow(review):
    often = ranks_of(
        "severe_crs",
        review,
        60,
        lambda printed: with_tables(printed, lambda t: Table(*(4 * number for number in t.data.values()))),
    )
    assert falls_short(often["theta"], 95) and not within_band(often["theta"])


@pytest.mark.parametrize("key", ["icans", "complete_response"])
def test_sixty_replicates_lie_within_their_wide_band(key):
    found = calibrate.replicate(key, 1, 60)
    ranks = np.array([one["ranks"] for one in found])
    assert len({one["mu"] for one in found}) == 60
    assert all(one["converged"] for one in found) and ranks.shape == (60, len(QUANTITIES))
    assert all(within_band(column) for column in ranks.T)


def test_survival_reports_are_simulated_and_fitted():
    (found,) = calibrate.replicate("overall_survival", 1, 1)
    assert len(found["ranks"]) == len(QUANTITIES) and all(0 < rank < 1 for rank in found["ranks"])


def test_a_replicate_depends_on_its_seed_alone():
    assert (
        calibrate.replicate("severe_crs", 5, 2)
        == calibrate.replicate("severe_crs", 5, 2)
        != calibrate.replicate("severe_crs", 6, 2)
    )


def test_the_pieces_of_a_run_have_seeds_of_their_own_and_add_up():
    pieces = calibrate.tasks("icans", 120)
    assert [p["count"] for p in pieces] == [50, 50, 20] and len({p["seed"] for p in pieces}) == 3


# CRS duration: data swapped in one model


def test_swapped_reports_have_the_density_that_the_kernels_give(review):
    import pymc as pm
    from pytensor.compile.mode import Mode

    real, chosen = review_evidence.collect(review, "crs_duration"), ENDPOINTS["crs_duration_grade3"]
    _, simulated = simulate_durations.draw(real, chosen.mu_prior, chosen.tau_prior, rng(2))
    model = with_reports_as_data(real)
    density = model.compile_logp(vars=model.potentials, sum=True, mode=Mode(linker="py", optimizer=None))
    at = model.initial_point()
    step = np.stack([-at["step_1_to_2"], 0.0, at["step_2_to_3"]])
    # no effect at the starting point
    means = np.broadcast_to((at["level"][:, None] + step)[:, :, None], (len(real.studies), 3, 2)).ravel()
    with model:
        for evidence in (real, simulated):
            pm.set_data(filled(evidence, [array.shape for array in layout(real)]))
            assert density(at) == pytest.approx(
                kernels.joint(means, np.exp(at["sigma_log__"]), *layout(evidence))[0], rel=1e-9
            )


def test_reports_of_another_shape_are_refused(review):
    real = review_evidence.collect(review, "crs_duration")
    with pytest.raises(ValueError, match="does not fit"):
        filled(real, [(1, 12), (4,), (3,)])


# stored results


@pytest.fixture
def stored(tmp_path, monkeypatch, review):
    monkeypatch.setattr(calibration, "RESULTS", tmp_path / "results" / "calibration.json")
    generator = rng()
    rows = [
        {"mu": 0.01 * i, "ranks": generator.uniform(size=4).round(4).tolist(), "converged": i > 0}
        for i in range(300)
    ]
    failed = {"mu": 0.3, "ranks": None, "converged": False}
    calibration.write("icans", [failed, *rows], calibration.identity("icans", review))
    return rows


def test_what_is_stored_is_read_back_whole(stored):
    found = calibration.read()["icans"]
    assert found.ranks["tau"].tolist() == [row["ranks"][1] for row in stored]
    assert (found.replicates, found.failed, found.unconverged) == (301, 1, 1)


def test_coverage_is_counted_by_the_true_size_of_the_effect(stored, review):
    """Effects 0, 0.01, ... 2.99 of either sign; the intervals of the largest are all made to miss."""
    rows = [
        row | {"mu": (-1) ** i * row["mu"], "ranks": [0.999 if i >= 200 else 0.5, *row["ranks"][1:]]}
        for i, row in enumerate(stored)
    ]
    calibration.write("icans", rows, calibration.identity("icans", review))
    found = calibration.read()
    sizes = {ends: (len(r), coverage(r, 95)[0]) for ends, r in found["icans"].by_size().items()}
    assert sizes == {(0, 0.5): (50, 1.0), (0.5, 1): (50, 1.0), (1, 2): (100, 1.0), (2, np.inf): (100, 0.0)}
    shown = calibration_page.by_size(found).frame
    assert shown["true ratio, or its inverse"].tolist() == [
        "1.0 to 1.6",
        "1.6 to 2.7",
        "2.7 to 7.4",
        "above 7.4",
    ]
    assert shown["95 %"].iloc[-1].startswith("0.0 %") and shown["95 %"].iloc[0].startswith("100")


def test_a_result_stored_without_effects_has_no_sizes(stored, monkeypatch):
    (one,) = calibration.read().values()
    assert replace(one, effects=np.array([])).by_size() == {}


def test_a_result_of_other_evidence_is_called_so_with_the_command_that_renews_it(stored, review):
    assert calibration.is_current("icans", review)
    calibration.write("icans", stored, calibration.identity("icans", review) | {"evidence": "another"})
    assert calibration.changed("icans", review) == ["evidence"] and not calibration.is_current(
        "icans", review
    )
    said = calibration_page.age(calibration.read(), review)
    assert any(
        "the evidence changed for ICANS" in s and "python -m models calibrate icans" in s for s in said
    )


def test_the_page_names_an_endpoint_whose_intervals_fall_short(stored, review):
    assert "for none of them too few" in calibration_page.finding(calibration.read())
    narrow = [
        row | {"ranks": [0.001 if i % 5 == 0 else row["ranks"][0], *row["ranks"][1:]]}
        for i, row in enumerate(stored)
    ]
    calibration.write("icans", narrow, calibration.identity("icans", review))
    said = calibration_page.finding(calibration.read())
    assert "too few for ICANS" in said and "ICANS: mean effect" in said


def test_unknown_endpoints_and_impossible_numbers_are_refused(capsys):
    assert calibrate.command(SimpleNamespace(endpoints=["nonsense"], replicates=None)) == 2
    assert calibrate.command(SimpleNamespace(endpoints=["icans"], replicates=0)) == 2
    assert "no endpoint nonsense" in capsys.readouterr().err


def test_the_repository_holds_as_many_simulated_reviews_of_every_endpoint_as_the_book_promises():
    found = calibration.read()
    assert list(found) == list(ENDPOINTS)
    assert all(result.replicates >= 1000 for result in found.values())
