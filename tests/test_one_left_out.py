"""The answer without each report in turn: against reports that tell nothing, closed forms, and the page."""

from dataclasses import replace

import numpy as np
import pytest

from book.shown.endpoint import one_left_out as shown
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence, Used
from models.likelihood.kinds.ratio import Ratio
from models.priors import parse
from models.trust import one_left_out

CRS = "crs_duration_grade3"
OVERALL = ENDPOINTS["overall_survival"]


def of_ratio(study: str, median: float, factor: float) -> Used:
    """A printed ratio with 95 % limits this factor away."""
    report = Ratio.of({"estimate": median, "lower": median / factor, "upper": median * factor})
    return Used(study, report, (f"{study}.ratio",))


def test_without_one_of_two_ratios_the_answer_is_that_of_the_other_in_closed_form():
    """Normal prior of SD 1 and a tau near 0: precisions add."""
    used = of_ratio("ada2020", 0.5, 2.0), of_ratio("bob2021", 3.0, 1.5)
    endpoint = replace(OVERALL, mu_prior=parse("normal:0:1"), tau_prior=parse("half-normal:0.001"))
    found = list(one_left_out.by_quadrature(Evidence("overall_survival", used), endpoint))
    for (limits, below), (value, factor) in zip(found, [(3.0, 1.5), (0.5, 2.0)], strict=True):
        precision = (1.959964 / np.log(factor)) ** 2
        mean, sd = np.log(value) * precision / (precision + 1), (precision + 1) ** -0.5
        assert limits["median"] == pytest.approx(mean, abs=2e-3)
        assert limits["upper"] - limits["lower"] == pytest.approx(2 * 1.959964 * sd, abs=4e-3)
        assert (below > 0.5) == (value < 1)


def test_a_single_report_is_not_left_out(review):
    assert one_left_out.each_report("severe_crs", review) == []
    assert shown.hinges("severe_crs", review) == shown.SINGLE and shown.picture("severe_crs", review) is None


@pytest.mark.parametrize("key", [key for key in ENDPOINTS if key != "severe_crs"])
def test_every_report_is_left_out_once_under_words_of_its_own(key, review):
    evidence = evidence_of(key, review)
    found = one_left_out.each_report(key, review)
    assert [one.used for one in found] == list(evidence.used)
    words = [one_left_out.words_of(one.used, evidence, review) for one in found]
    assert len(set(words)) == len(words)


def test_leaving_out_the_test_that_favours_the_drug_most_makes_it_less_probable(review, fitted):
    """Of the reports of duration two name a side, shorter with the drug: each carries part of the answer."""
    evidence = evidence_of(CRS, review)
    found = {one.used.entries: one.p_favours for one in one_left_out.each_report(CRS, review)}
    one_sided = [u.entries for u in evidence.used if u.report.data.get("direction") == "lower"]
    as_used = float(np.mean(fitted[CRS].draws["mu"].values < 0))
    assert one_sided and all(found[entries] < as_used for entries in one_sided)


def test_the_sentence_names_the_report_that_moves_the_answer_most(monkeypatch, review):
    used = evidence_of("overall_survival", review).used[:2]
    limits = {"median": 1.0, "lower": 0.5, "upper": 2.0}
    invented = [one_left_out.LeftOut(one, limits, p) for one, p in zip(used, (0.31, 0.88), strict=True)]
    monkeypatch.setattr(shown, "each_report", lambda key, review: invented)
    said = shown.hinges("overall_survival", review)
    assert one_left_out.words_of(used[1], evidence_of("overall_survival", review), review) in said
    assert "88 %" in said
