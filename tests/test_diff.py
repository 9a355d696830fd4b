"""What moved an answer: refits under other evidence, and steps that a hand calculation gives too."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from example_versions import KEY, A, B, C, conjugate, hazard_ratio, invented

from extraction.tree import ROOT
from models.answers.bias import bias_priors
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence
from models.history import changes, diff, methods, refit, release, versions
from models.priors import Prior

CRS = "crs_duration_grade3"


def steps(old: dict, new: dict, analysis: str = "unadjusted") -> dict[tuple, tuple[float, float]]:
    found = diff.compare(old, new)["endpoints"][KEY][analysis]
    together = (
        sum(step["log_ratio"] for step in found["steps"]),
        sum(step["p_favours"] for step in found["steps"]),
    )
    assert together == pytest.approx((found["log_ratio"], found["p_favours"]), abs=1e-12), (
        "steps add to the difference"
    )
    return {(step["what"], step["study"]): (step["log_ratio"], step["p_favours"]) for step in found["steps"]}


def moved(before: list[dict], after: list[dict], **biases) -> tuple:
    """The movement by hand; within 1e-3, as tau is 0.001 and not 0."""
    start, end = conjugate(before, biases.get("old")), conjugate(after, biases.get("new"))
    return pytest.approx((end[0] - start[0], end[1] - start[1]), abs=1e-3)


JUDGED = {"ada2020": "moderate", "bob2021": "moderate"}


def test_a_study_added_moves_the_answer_as_a_hand_calculation_does():
    found = steps(invented("1.0.0", [A], {"ada2020": "moderate"}), invented("2.0.0", [A, B], JUDGED))
    assert found == {("added", "bob2021"): moved([A], [A, B])}


def test_each_of_two_changes_is_told_alone_and_what_they_do_together_is_the_rest():
    corrected = hazard_ratio("ada2020", 0.5, 0.5)
    old, new = (
        invented("1.0.0", [A, B], JUDGED),
        invented(
            "2.0.0",
            [corrected, C],
            {"ada2020": "moderate", "cid2022": "moderate"},
            numbers={"ada2020": "second"},
        ),
    )
    found = steps(old, new)
    rest = found.pop((diff.TOGETHER, None))
    assert found == {
        ("corrected", "ada2020"): moved([A, B], [corrected, B]),
        ("removed", "bob2021"): moved([A, B], [A]),
        ("added", "cid2022"): moved([A, B], [A, B, C]),
    }
    assert rest[0] == pytest.approx(
        conjugate([corrected, C])[0] - conjugate([A, B])[0] - sum(step[0] for step in found.values()),
        abs=1e-3,
    )


def test_a_report_that_changes_with_no_number_of_its_record_is_read_otherwise():
    assert list(
        steps(
            invented("1.0.0", [A, B], JUDGED),
            invented("2.0.0", [hazard_ratio("ada2020", 0.4, 0.5), B], JUDGED),
        )
    ) == [("read otherwise", "ada2020")]


def test_a_new_judgement_moves_the_adjusted_answer_alone():
    old, new = invented("1.0.0", [A, B], JUDGED), invented("2.0.0", [A, B], JUDGED | {"bob2021": "serious"})
    assert steps(old, new) == {}
    moderate, serious = (
        {"ada2020": (0.1, 0.2), "bob2021": (0.1, 0.2)},
        {"ada2020": (0.1, 0.2), "bob2021": (0.3, 0.4)},
    )
    assert steps(old, new, "adjusted") == {
        ("judged otherwise", "bob2021"): moved([A, B], [A, B], old=moderate, new=serious)
    }


def test_what_the_same_evidence_gives_otherwise_is_the_methods():
    old, new = invented("1.0.0", [A, B], JUDGED), invented("2.0.0", [A, B], JUDGED)
    new["endpoints"][KEY]["compared"]["unadjusted"]["median"] *= math.exp(0.2)
    assert steps(old, new)[diff.METHODS, None][0] == pytest.approx(0.2)
    assert diff.compare(old, new)["methods"] == ["Overall survival: code of the model"]


def test_another_run_of_the_same_model_is_no_change():
    """The median is out by 3 of the fixture's standard errors, 0.001; the difference of two runs has 1.4."""
    old, new = invented("1.0.0", [A, B], JUDGED), invented("2.0.0", [A, B], JUDGED)
    new["endpoints"][KEY]["compared"]["unadjusted"]["median"] += 0.003
    assert not diff.changed(old, new)
    assert list(steps(old, new)) == [(diff.AGAIN, None)]


def test_with_a_study_and_the_methods_changed_each_gets_its_own():
    old, new = invented("1.0.0", [A], {"ada2020": "moderate"}), invented("2.0.0", [A, B], JUDGED)
    # what new code gives for the same evidence
    new["endpoints"][KEY]["compared"]["unadjusted"]["median"] *= math.exp(0.2)
    found = steps(old, new)
    assert found["added", "bob2021"] == moved([A], [A, B])
    assert found[diff.METHODS, None][0] == pytest.approx(0.2, abs=1e-3)


def test_nothing_changed_is_said_so():
    same = invented("1.0.0", [A, B], JUDGED)
    found = diff.compare(same, same)
    assert (found["studies"], found["methods"], steps(same, same)) == ([], [], {})
    assert changes.headline(found).startswith("Nothing has changed since version 1.0.0.")


@pytest.mark.parametrize("key", ENDPOINTS)
def test_without_a_change_nothing_is_refitted(key):
    assert refit.estimates(key, {}) == {}


def test_a_study_that_leaves_is_told_with_the_reason_of_the_register():
    old, new = invented("1.0.0", [A, B], JUDGED), invented("2.0.0", [A], JUDGED)
    new["register"][1] |= {"decision": "excluded", "reason": "Retracted by the journal."}
    found = diff.compare(old, new)
    assert found["studies"] == [
        {
            "study": "bob2021",
            "label": "Bob2021",
            "what": "included before, now excluded",
            "reason": "Retracted by the journal.",
        }
    ]
    assert "Bob2021 (included before, now excluded)" in changes.headline(found)
    assert "Bob2021 removed: ratio × " in changes.said(found)


# the real review


@pytest.mark.parametrize("key", [key for key in ENDPOINTS if key != CRS])
def test_evidence_frozen_as_json_gives_the_same_posterior(key, review):
    evidence = evidence_of(key, review)
    frozen = json.loads(json.dumps({"evidence": {"used": [used.as_json() for used in evidence.used]}}))
    again = versions.frozen_evidence(frozen, key)
    assert again.used_hash() == evidence.used_hash()
    found = refit.estimates(
        key, {"as it is": refit.primary(key, evidence), "frozen": refit.primary(key, again)}
    )
    np.testing.assert_array_equal(found["as it is"].quantiles, found["frozen"].quantiles)


@pytest.mark.parametrize("version", versions.released())
def test_the_reports_of_a_release_are_read_whole_under_the_arms_of_today(version):
    """Nothing of a release is lost or changed but what its arm was called."""
    frozen = (ROOT / f"releases/{version}.json").read_text(encoding="utf-8")
    numbers = re.compile(r"(?<![\w.])-?[0-9.]+(?:e-?[0-9]+)?(?!\w)")
    assert numbers.findall(json.dumps(versions.read(version))) == numbers.findall(
        json.dumps(json.loads(frozen))
    )
    for key, kept in versions.read(version)["endpoints"].items():
        again = [used.as_json() for used in versions.frozen_evidence(kept, key).used]
        assert json.loads(json.dumps(again)) == kept["evidence"]["used"]
        assert "toci" not in {
            part for used in again for entry in used["entries"] for part in entry.split(".")
        }


def test_a_record_that_differs_by_renaming_alone_is_not_corrected(review):
    """Of two studies the record differs from that of version 0.2.0 (git diff v0.2.0) by the names of arms and
    of a field alone; the release kept a hash of what stood there.
    """
    released = {row["id"]: row for row in versions.read("0.2.0")["register"]}
    for study in ("kadauke2021", "wang2024"):
        record = review.records[study]
        one, *others = record.entries
        corrected = record.model_copy(
            update={"entries": [one.model_copy(update={"printed": "2031"}), *others]}
        )
        for held, same in ((record, True), (corrected, False)):
            now = {"numbers": versions.numbers_hash(held), "numbers_formerly": versions.former_hash(held)}
            assert versions.same_numbers(released[study], now) == same


def test_a_record_that_is_new_is_no_renamed_one():
    assert not versions.same_numbers({"numbers": None}, {"numbers": "a", "numbers_formerly": None})


@pytest.mark.usefixtures("fitted")
def test_reports_of_crs_duration_that_a_setting_leaves_out_are_silent_and_a_release_keeps_what_is_drawn(
    review, monkeypatch
):
    # The limiting case: with every report left out the posterior is the prior, N(0, s), whatever else is
    # compiled in.  Fitted in this process, which compiles once for both fits.
    monkeypatch.setattr(refit.many, "run", lambda draw, tasks, **_: [draw(**task) for task in tasks])
    evidence = evidence_of(CRS, review)
    mu, tau = ENDPOINTS[CRS].mu_prior, ENDPOINTS[CRS].tau_prior
    one = evidence.used[:1]
    settings = {
        "all": refit.primary(CRS, evidence, bias_priors(CRS, review, evidence)),
        "nearly none": refit.Setting(
            Evidence(evidence.endpoint, one),
            mu,
            tau,
            {one[0].study: Prior("huge", "normal", (0.0, 50.0), "", "")},
        ),
        "none": refit.primary(CRS, Evidence(evidence.endpoint, ())),
    }
    found = refit.estimates(CRS, settings)
    sd = mu.parameters[1]
    assert found["none"].lower == pytest.approx(-1.96 * sd, abs=0.001)
    # a bias of SD 50 leaves one report nothing to say; a quantile of 400 effective draws is known to 0.1 SD
    assert found["nearly none"].median == pytest.approx(0, abs=0.3 * sd)
    assert found["nearly none"].upper - found["nearly none"].lower == pytest.approx(3.92 * sd, rel=0.2)
    assert found["all"].upper - found["all"].lower < 0.8 * 3.92 * sd
    # of that a release keeps the one, and of mean effect, tau and prediction what the answer's draws have
    asked: list[dict] = []
    monkeypatch.setattr(
        release, "estimates", lambda _, given: asked.append(given) or {"adjusted": found["all"]}
    )
    kept, reported = release._quantiles(CRS, review), versions.answer(CRS, review)["reported"]
    assert asked == [{"adjusted": settings["all"]}]
    limits = [kept[name] for name in ("mu", "tau", "prediction", "mu_adjusted")]
    assert np.shape(limits) == (4, len(refit.PROBABILITIES)) and np.all(np.diff(limits) >= 0)
    np.testing.assert_allclose(
        np.interp([0.025, 0.5, 0.975], refit.PROBABILITIES, kept["mu"]),
        np.log([reported["lower"], reported["median"], reported["upper"]]),
        atol=1e-5,
    )
    # the other answer is of other draws: 400 effective ones of an SD of 0.3
    adjusted = versions.compared(CRS, review)["adjusted"]
    assert np.interp(0.5, refit.PROBABILITIES, kept["mu_adjusted"]) == pytest.approx(
        np.log(adjusted["median"]), abs=0.08
    )


def test_a_corrected_report_stands_in_both_forms_where_settings_are_sampled_together(review):
    evidence = evidence_of(CRS, review)
    first = evidence.used[0]
    other = replace(first, report=replace(first.report, alpha=0.01))
    both = refit.union([evidence, Evidence(evidence.endpoint, (other, *evidence.used[1:]))])
    assert len(both.used) == len(evidence.used) + 1


@pytest.mark.usefixtures("fitted")
def test_what_is_sampled_before_the_page_of_changes_is_what_that_page_asks(review, monkeypatch):
    """Of a release without the last report of CRS duration, whose study has been corrected since."""
    key, last, asked = CRS, versions.latest(), []
    gone = last["endpoints"][key]["evidence"]["used"].pop()
    last["endpoints"][key]["evidence"]["used_hash"] = "another"
    next(row for row in last["register"] if row["id"] == gone["study"])["numbers"] = "others"

    def estimates(endpoint, settings, folder=None):
        if endpoint == key:
            asked.append(settings)
        return {name: refit.Estimate(0.0, -1.0, 1.0, 0.5, np.zeros(1)) for name in settings}

    monkeypatch.setattr(diff, "estimates", estimates)
    monkeypatch.setattr(versions, "compared", lambda *_: last["endpoints"][key]["compared"])
    monkeypatch.setattr(versions, "latest", lambda: last)
    monkeypatch.setattr(changes, "cumulative", lambda *_: [])
    changes.since_last(versions.state(review))
    by_the_page = asked.copy()
    asked.clear()
    changes.ensure(review)
    assert asked == by_the_page and any(asked)


@pytest.mark.usefixtures("fitted")
def test_what_is_sampled_before_the_page_of_a_release_is_what_that_page_asks(review, monkeypatch):
    """Of a tree that is the newest release, which the page holds against the one before."""
    key, asked = CRS, []
    first = versions.read("0.1.0")
    now = versions.state(review, [key])
    last = now | {
        "version": "9.0.0",
        "preceding": "0.1.0",
        "endpoints": first["endpoints"] | now["endpoints"],
    }

    def estimates(endpoint, settings, folder=None):
        if endpoint == key:
            asked.append(settings)
        return {name: refit.Estimate(0.0, -1.0, 1.0, 0.5, np.zeros(1)) for name in settings}

    monkeypatch.setattr(diff, "estimates", estimates)
    monkeypatch.setattr(versions, "latest", lambda: last)
    monkeypatch.setattr(versions, "read", lambda version: {"0.1.0": first}[version])
    monkeypatch.setattr(changes, "cumulative", lambda *_: [])
    diff.compare(first, last)
    by_the_page = asked.copy()
    asked.clear()
    changes.ensure(review)
    assert asked == by_the_page and any(asked)


# methods that a release tells


def test_a_release_that_tells_no_methods_is_held_against_what_it_did(review):
    """0.1.0 had its prior of the level on the control, and took a log-rank p as normal."""
    first, key = versions.read("0.1.0"), "overall_survival"
    told = methods.methods(key, review)
    assert told == {methods.LAW: "simulated at the sizes of the arms"}
    found = methods.changed_methods(first["endpoints"][key], {"methods": told})
    assert found == [f"{methods.LAW} {told[methods.LAW]}, before {methods.UNTOLD[methods.LAW]}"]
    assert methods.changed_methods({"methods": told}, {"methods": told}) == []


def test_where_a_method_changed_no_step_is_another_run_of_the_same_model(review):
    first, key = versions.read("0.1.0"), "severe_infection"
    old = first["endpoints"][key]
    new = old | {"methods": methods.methods(key, review)}
    before, after = (first | {"endpoints": {key: one}} for one in (old, new))
    steps = diff.compare(before, after)["endpoints"][key]["unadjusted"]["steps"]
    assert diff.AGAIN not in {step["what"] for step in steps}
    assert f"{old['title']}: {methods.LEVEL} midway between the arms" in " ".join(
        diff.method_changes(before, after)
    )


def test_a_prior_written_with_fewer_digits_is_the_same_and_a_changed_one_is_not():
    kept = {"family": "normal", "parameters": [1.3109449238781037, 0.0]}
    assert versions.numbers(kept) == versions.numbers(kept | {"parameters": [1.31094492, 0.0]})
    assert versions.numbers(kept) != versions.numbers(kept | {"parameters": [1.3110, 0.0]})
