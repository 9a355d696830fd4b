"""A review without studies, and an endpoint that no study enters, are reviews like others."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from book.make.build import without_empty_globs
from book.shown.citation import citation
from book.shown.endpoint import pictures
from extraction.__main__ import main
from extraction.checks import check
from extraction.records import load
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.engines.durations import layout
from models.evidence.collect import alternatives
from models.pool import BadTable
from models.pool.records import rows_of_records
from models.trust.duration_universes import all_universes
from models.trust.prior_share import shares
from models.trust.universe import priors

CRS = "crs_duration_grade3"
PAGES = Path(__file__).parent.parent / "book"


@pytest.fixture
def empty(tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "register.yml").write_text(json.dumps({"studies": []}))  # JSON is YAML
    return load(tmp_path)


def test_an_empty_register_is_a_review_without_faults(empty):
    assert not check(empty).errors and not empty.included()


@pytest.mark.parametrize("key", ENDPOINTS)
def test_an_endpoint_that_nothing_enters_says_what_its_priors_say(empty, key):
    """Half of the prior of the mean effect lies below 0, and its quartile 0.6745 SDs from there."""
    endpoint = ENDPOINTS[key]
    assert not evidence_of(key, empty).used and not alternatives(empty, endpoint.evidence)
    assert endpoint.engine.build(evidence_of(key, empty), endpoint.mu_prior, endpoint.tau_prior)
    if not endpoint.engine.no_effect_alone:
        mean, sd = endpoint.mu_prior.parameters
        found = quadrature(key, empty).mu
        assert found.quantile(0.5) == pytest.approx(mean, abs=1e-3)
        assert found.quantile(0.25) == pytest.approx(mean - 0.67449 * sd, abs=0.01 * sd)


def test_pool_says_that_a_register_includes_no_study(empty, tmp_path):
    with pytest.raises(BadTable, match="includes no study"):
        rows_of_records(str(tmp_path), "icans", None)


def test_durations_without_reports_have_an_empty_layout(empty):
    rows, integers, reals = layout(evidence_of("crs_duration_grade3", empty))
    assert len(rows) == len(integers) == len(reals) == 0
    assert np.issubdtype(rows.dtype, np.integer) and math.isclose(reals.sum(), 0)


def test_arms_that_no_paper_describes_have_no_picture(empty):
    assert pictures.baseline_imbalance(empty) is None


def test_universes_of_durations_without_reports_are_those_of_the_priors(empty):
    """Median 0 and 95 % limits at -+1.96 SDs of each prior of the mean, to the error of 1,800 draws."""
    found = list(all_universes(CRS, empty))
    assert found
    for row in found:
        prior = priors(CRS)[0][row["universe"]["mu_prior"]]
        mean, sd = prior.parameters
        summary = row["summary"]
        assert summary["median"] == pytest.approx(mean, abs=0.05 * sd)
        assert summary["upper"] == pytest.approx(mean + 1.96 * sd, abs=0.15 * sd)


def test_the_check_says_that_nothing_is_recorded(empty, tmp_path, capsys):
    assert main(["check", "--root", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "No printed number is recorded yet." in printed and "┃" not in printed


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("agreement", "No printed number is recorded yet"),
        ("methods", "so there is no example to follow"),
        ("what-would-change", "No study enters an endpoint yet"),
    ],
)
def test_a_page_without_studies_says_so(empty, monkeypatch, capsys, page, said):
    """Its code is run as it stands, and displays as text what a notebook would show."""
    monkeypatch.setattr("extraction.records.load", lambda: empty)
    shown: list[str] = []
    monkeypatch.setattr("book.shown.endpoint.chapter.display", lambda html: shown.append(html.data))
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for cell in re.findall(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(.*?)^```", text, re.M | re.S):
        exec(cell, names)
    assert said in " ".join(shown) + capsys.readouterr().out


def test_the_order_of_a_book_without_studies_names_no_page_of_one(tmp_path):
    toc = "chapters:\n  - file: book/what-changed\n  - glob: book/studies/*\n  - file: book/glossary\n"
    assert without_empty_globs(toc, tmp_path) == toc.replace("  - glob: book/studies/*\n", "")
    (tmp_path / "book/studies").mkdir(parents=True)
    (tmp_path / "book/studies/one.md").touch()
    assert without_empty_globs(toc, tmp_path) == toc


def test_a_review_without_decisions_is_cited_without_a_date(empty):
    cited = citation(empty)
    assert cited.date is None and "no study decided on yet" in cited.dated
    assert "(no date)" in cited.words and "year" not in cited.bibtex()
    assert "PY  -" not in cited.ris() and "DA  -" not in cited.ris()


def test_without_studies_every_mean_effect_has_its_prior_and_no_likelihood(empty):
    """An SD that is the prior's is a contraction of 0; no data, so no sensitivity to them."""
    for share in shares(empty):
        assert share.contraction == pytest.approx(0, abs=0.02)
        assert share.likelihood_sensitivity == pytest.approx(0, abs=1e-9)
