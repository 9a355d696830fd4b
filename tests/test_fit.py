"""Sampling, judging, storing: NUTS agrees with quadrature, a bad fit is refused, a stale posterior cannot be
met.
"""

import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pymc as pm
import pytest

from extraction.records import load
from extraction.tree import ROOT
from models.answers import summary
from models.endpoints import ENDPOINTS, evidence_of
from models.endpoints import quadrature as endpoint_quadrature
from models.engines import acceptance, effects, hierarchy, sampling
from models.engines.posterior import LIMITS
from models.evidence.report import Evidence, Used
from models.likelihood.kinds.table_set import TableSet
from models.priors import AT_CONTROL, MU_LOG_RATIO, TAU_PRIMARY, TAU_WIDE
from models.runs import store
from models.trust import readme

SAMPLED_AND_INTEGRATED = [key for key in ENDPOINTS if key != "crs_duration_grade3"]


@pytest.mark.parametrize("key", SAMPLED_AND_INTEGRATED)
def test_sampling_agrees_with_quadrature_within_monte_carlo_error(key, fitted, review):
    exact = endpoint_quadrature(key, review).summary()
    draws, mcse = fitted[key].draws, fitted[key].info["mcse"]
    for limit, q in LIMITS.items():
        # four standard errors: one chance in 16,000 for each of the numbers compared
        assert np.quantile(draws["mu"], q) == pytest.approx(exact["mu"][limit], abs=4 * mcse[limit] + 1e-3)
    # no stored error for tau and theta: the largest of mu's, which moves as they do, doubled
    slack = 8 * max(mcse.values())
    assert np.median(draws["tau"]) == pytest.approx(exact["tau"]["median"], abs=slack)
    for study in exact["studies"]:
        assert np.median(draws["theta"].sel(study=study)) == pytest.approx(
            exact["studies"][study]["median"], abs=slack
        )


def digest_of_draws() -> str:
    key = "severe_crs"  # the quickest to compile
    draws, _ = sampling.fitted(ENDPOINTS[key], evidence_of(key, load()))
    return hashlib.sha256(draws["mu"].values.tobytes()).hexdigest()


def test_the_same_seed_gives_the_same_draws_from_cold_and_warm_caches_of_compiled_code(tmp_path, fitted):
    """Warm are those of this process, as every endpoint is fitted; the cold have a C compiler that fails."""
    caches = {
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTENSOR_FLAGS": f"base_compiledir={tmp_path},cxx=/bin/false",
    }
    paths = os.pathsep.join((str(ROOT), str(Path(__file__).parent)))
    cold = subprocess.run(
        [sys.executable, "-c", "from test_fit import digest_of_draws; print(digest_of_draws())"],
        env=os.environ | caches | {"PYTHONHASHSEED": "1", "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    ).stdout
    assert cold.strip() == digest_of_draws()


def test_a_set_of_tables_is_sampled_as_it_is_integrated():
    tables = TableSet(((5, 9, 0, 2), (4, 9, 2, 2)))
    evidence = Evidence("severe_infection", (Used("example2020", tables, ("a",)),))
    draws = sampling.sample(
        hierarchy.from_reports(evidence, MU_LOG_RATIO, TAU_PRIMARY, AT_CONTROL), "a set of tables"
    )
    exact = effects.quadrature(evidence, MU_LOG_RATIO, TAU_PRIMARY)
    error = sampling.monte_carlo_errors(draws)["median"]
    assert float(draws.posterior["mu"].median()) == pytest.approx(
        exact.summary()["mu"]["median"], abs=4 * error
    )


def test_without_reports_the_posterior_is_the_prior():
    nothing = Evidence("severe_infection", ())
    draws = sampling.sample(
        hierarchy.from_reports(nothing, MU_LOG_RATIO, TAU_PRIMARY, AT_CONTROL), "no reports"
    ).posterior
    # 97.5 % points of N(0, 1) and of a half-normal with scale 0.5, from any table
    assert float(draws["mu"].quantile(0.975)) == pytest.approx(1.96, abs=0.15)
    assert float(draws["tau"].quantile(0.975)) == pytest.approx(0.5 * 2.2414, abs=0.1)


def test_crs_duration_without_reports_is_its_prior():
    crs = ENDPOINTS["crs_duration_grade3"]
    with crs.engine.build(Evidence("crs_duration", ())):
        prior = pm.sample_prior_predictive(4000, random_seed=1).prior
    # 5 standard errors of an SD from 4,000 draws
    assert float(prior["mu"].std()) == pytest.approx(0.5, abs=0.03)


def test_a_funnel_that_cannot_be_sampled_is_rejected_with_its_measures(monkeypatch):
    monkeypatch.setattr(sampling, "RETRIES", sampling.RETRIES[:1])  # the next is the slowest
    with pm.Model() as funnel:
        width = pm.Normal("width", 0, 6)
        pm.Normal("x", 0, pm.math.exp(width / 2), shape=8)
    with pytest.raises(
        acceptance.Rejected,
        match=r"the funnel: the fit is rejected and not stored: .*(R-hat|effective|divergent|E-BFMI)",
    ):
        sampling.sample(funnel, "the funnel")


@pytest.mark.parametrize(
    ("measure", "value", "words"),
    [
        ("r_hat", 1.02, "R-hat"),
        ("ess_bulk", 399, "bulk"),
        ("ess_tail", 12, "tail"),
        ("divergences", 1, "divergent"),
        ("e_bfmi", 0.2, "E-BFMI"),
    ],
)
def test_each_limit_of_the_rule_rejects_alone(measure, value, words):
    good = {"r_hat": 1.001, "ess_bulk": 2000, "ess_tail": 1500, "divergences": 0, "e_bfmi": 0.9}
    assert acceptance.verdict(good) == []
    (broken,) = acceptance.verdict(good | {measure: value})
    assert words in broken


def test_diagnostics_find_chains_that_disagree():
    import arviz as az

    rng = np.random.default_rng(0)
    apart = rng.normal(size=(4, 500)) + np.array([[0], [0], [0], [3]])
    tree = az.from_dict(
        {
            "posterior": {"x": apart},
            "sample_stats": {"diverging": np.zeros((4, 500), bool), "energy": rng.normal(size=(4, 500))},
        }
    )
    assert acceptance.diagnose(tree)["r_hat"] > 1.1


def changed(review, study, entry_id, **values):
    """The review with one entry of one record altered."""
    record = review.records[study]
    entries = [e.model_copy(update=values) if e.id == entry_id else e for e in record.entries]
    records = review.records | {study: record.model_copy(update={"entries": entries})}
    return dataclasses.replace(review, records=records)


def test_a_changed_number_has_no_posterior(review, fitted):
    altered = changed(review, "zhou2025", "severe_infection.treated", events=8)
    assert not store.is_fitted("severe_infection", altered)
    with pytest.raises(store.NotFitted, match="severe_infection"):
        store.read("severe_infection", altered)
    assert store.is_fitted("overall_survival", altered), (
        "an endpoint that does not read the number keeps its posterior"
    )


def test_a_changed_note_refits_nothing(review, fitted):
    assert store.is_fitted(
        "severe_infection", changed(review, "zhou2025", "severe_infection.treated", note="another note")
    )


def test_a_changed_prior_has_no_posterior(review, fitted, monkeypatch):
    wide = dataclasses.replace(ENDPOINTS["severe_infection"], tau_prior=TAU_WIDE)
    monkeypatch.setitem(ENDPOINTS, "severe_infection", wide)
    assert not store.is_fitted("severe_infection", review)


def test_changed_model_code_or_software_has_no_posterior(review, fitted, monkeypatch):
    monkeypatch.setattr(store, "fingerprint", lambda *code: "another model")
    assert not store.is_fitted("severe_infection", review)
    monkeypatch.undo()
    monkeypatch.setattr(store, "software", lambda: {"pymc": "0"})
    assert not store.is_fitted("severe_infection", review)


def test_summary_has_the_shape_machines_rely_on(fitted, capsys):
    from models.__main__ import main

    assert main(["summary", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {"version", "evidence_hash", "endpoints"} <= result.keys()
    assert {
        "severe_infection",
        "crs_duration_grade3",
        "overall_survival",
        "progression_free_survival",
    } <= result["endpoints"].keys()
    for found in result["endpoints"].values():
        assert {
            "scale",
            "median",
            "lower",
            "upper",
            "p_favours_treated",
            "tau",
            "prediction",
            "studies",
            "diagnostics",
        } <= found.keys()
        assert 0 < found["lower"] < found["median"] < found["upper"]
        assert (
            found["prediction"]["lower"] <= found["lower"] and found["prediction"]["upper"] >= found["upper"]
        )


def test_fits_are_told_to_machines_as_they_are_stored(fitted, review, capsys):
    from models.__main__ import main

    assert main(["fit", "icans", "severe_infection", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == {"icans", "severe_infection"}
    assert told["icans"] == json.loads(json.dumps(store.read("icans", review).info))


def test_a_study_that_is_not_included_is_in_no_summary(fitted, review):
    waiting = [s.id for s in review.register.studies if s.decision != "included"]
    assert waiting
    for key in ENDPOINTS:
        assert not set(waiting) & set(summary.summarise(key, review)["studies"])
        assert not set(waiting) & set(evidence_of(key, review).studies)


def test_an_unknown_endpoint_is_refused_by_name(capsys):
    from models.__main__ import main

    assert main(["fit", "quality_of_life"]) == 2
    assert "quality_of_life" in capsys.readouterr().err


def test_the_last_digit_shown_is_sure():
    """Half a unit of it is four standard errors: 0.005 of 0.00125, 0.05 of 0.0125."""
    assert [summary.digits(mcse) for mcse in (0.0, 0.0012, 0.0013, 0.012, 0.013, 0.12)] == [2, 2, 1, 1, 0, 0]


def test_the_readme_gives_todays_answer(fitted, review):
    """Word for word, and number for number up to Monte Carlo error, which differs between machines."""
    text = readme.README.read_text(encoding="utf-8")
    printed = text.split(readme.START)[1].split(readme.END)[0].strip().splitlines()
    number = re.compile(r"\d+(?:\.\d+)?")
    leading = [key for key, endpoint in ENDPOINTS.items() if endpoint.shown.leads]
    for key, line, wanted in zip(leading, printed, readme.answer(review).splitlines(), strict=True):
        assert number.sub("#", line) == number.sub("#", wanted), "run `make answer`"
        scale = 4 * max(summary.summarise(key, review)["mcse"].values()) + 0.05  # and one rounding
        for found, now in zip(number.findall(line), number.findall(wanted), strict=True):
            assert float(found) == pytest.approx(float(now), abs=max(scale, 3 if float(now) > 10 else 0)), (
                "run `make answer`"
            )
