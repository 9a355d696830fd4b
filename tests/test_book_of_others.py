"""A book from other evidence: the worked example is added, the only study of an endpoint is retracted, and
every text holds mark-up that wants to run.
"""

import shutil
from pathlib import Path

import pytest
from example_markup import article, nothing_planted_runs, nothing_planted_stands, plant_markup
from example_tree import ROOT, clone, run, walkthrough

from models.evidence.collect import collect

pytestmark = pytest.mark.book
ALONE, ITS_ENDPOINT = "kadauke2021", "severe_crs"
RUN = ("crs-duration", "response", "severe-infection", "studies", "survival")
"""Pages that run their code: those of endpoints, which no other review has, and of its studies.  The code of
the others runs in the book of another review (`test_reviews`), of which every text holds mark-up as well.
"""
BUILD = """
import sys
sys.path.append("tests")
from book.__main__ import main
from book.make import execute, inputs, written
from example_draws import hand_over
from extraction.records import load
from models.endpoints import ENDPOINTS
from models.fit import checked_and_fitted
from models.runs import store

review, every = load(), written.pages()
for key in ENDPOINTS:
    if not store.is_fitted(key, review):
        hand_over(key, review)
checked_and_fitted(review)
written.pages = lambda: {
    name: text if name in sys.argv else inputs.CELL.sub("", text) for name, text in every.items()
}
execute.AT_ONCE = 1
sys.exit(main([]))
"""
"""Invented draws stand where the evidence has changed: that it is fitted anew is held by others.  A second
kernel would import and read everything again, for a core that other tests use.
"""


def retract(register: Path, study: str) -> None:
    """Exclude a study as retracted."""
    before, after = register.read_text(encoding="utf-8").split(f"  - id: {study}\n")
    register.write_text(
        f"{before}  - id: {study}\n"
        + after.replace("decision: included", "decision: excluded\n    retracted: 2026-02-03", 1),
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def html(tmp_path_factory, fitted) -> Path:
    """The pages of the clone's book; fits that still hold are taken along."""
    tree = clone(tmp_path_factory.mktemp("other") / "tree")
    row, record = walkthrough("yaml")
    register = tree / "extraction/register.yml"
    text = register.read_text(encoding="utf-8")
    register.write_text(text.replace("\nstudies:\n", f"\nstudies:\n{row}\n"), encoding="utf-8")
    (tree / "extraction/records/example2031.yml").write_text(record, encoding="utf-8")
    retract(register, ALONE)
    assert plant_markup(tree / "extraction") > 300
    for kept in ("posteriors", "results", "many", "shared"):
        if (ROOT / "_build" / kept).is_dir():
            shutil.copytree(ROOT / "_build" / kept, tree / "_build" / kept)
    built = run(f".venv/bin/python -c '{BUILD}' {' '.join(RUN)}", tree)
    assert built.returncode == 0, built.stdout + built.stderr
    return tree / "_build/html"


def test_a_study_added_stands_on_every_page_that_tells_of_its_endpoints(html):
    for page in ("studies", "severe-infection", "survival", "studies/example2031"):
        assert "Example 2031" in article(html, page), page


def test_an_endpoint_that_lost_its_only_study_is_left_without_an_answer(html, review):
    assert collect(review, ITS_ENDPOINT).studies == [ALONE]
    assert "retracted on 2026-02-03" in article(html, f"studies/{ALONE}")
    response = article(html, "response")
    assert "reports used: none." in response and f"studies/{ALONE}.html#" not in response


def test_no_page_has_an_element_or_attribute_of_the_planted_texts(html):
    nothing_planted_stands(html)


@pytest.mark.browser
def test_nothing_planted_runs_in_a_browser(html, chromium):
    nothing_planted_runs(html, chromium)
