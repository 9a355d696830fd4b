"""A book from other evidence: the worked example is added, the only study of an endpoint is retracted, and
every text holds mark-up that wants to run.
"""

import re
import shutil
from pathlib import Path

import pytest
from example_draws import invented
from example_markup import Tags, plant_markup
from example_tree import ROOT, clone, fill_in, run, walkthrough

from extraction.records import Review, load
from models.engines.acceptance import by_element
from models.evidence.collect import collect
from models.runs import store

pytestmark = pytest.mark.book
ALONE, ITS_ENDPOINT = "kadauke2021", "severe_crs"
BOOK_IN_ONE_KERNEL = """
import sys
from book.__main__ import main
from book.make import execute

execute.AT_ONCE = 1
sys.exit(main([]))
"""
"""A second would import and read everything again, for a core that other tests use."""


def retract(register: Path, study: str) -> None:
    """Exclude a study as retracted."""
    before, after = register.read_text(encoding="utf-8").split(f"  - id: {study}\n")
    register.write_text(
        f"{before}  - id: {study}\n"
        + after.replace("decision: included", "decision: excluded\n    retracted: 2026-02-03", 1),
        encoding="utf-8",
    )


def hand_over_draws(tree: Path, keys: tuple[str, ...], review: Review) -> None:
    """Store invented draws of effects, with what is told of the real ones, where the example changed the
    evidence: a refit for other evidence is held in the tests of releases.
    """
    changed = load(tree / "extraction")
    told = {key: store.read(key, review).info for key in keys}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "FOLDER", tree / "_build/posteriors")
        for key in keys:
            assert not store.is_fitted(key, changed), key
            draws = invented(key, changed).draws[["mu", "tau", "prediction", "theta"]]
            draws["alpha"] = draws["theta"].rename(study="table")
            info = told[key] | {"parameters": by_element(draws)}
            store.write(key, store.identity(key, changed), draws, info)


@pytest.fixture(scope="module")
def html(tmp_path_factory, fitted, review) -> Path:
    """The pages of the clone's book; fits that still hold are taken along."""
    tree = clone(tmp_path_factory.mktemp("other") / "tree")
    begun = run(walkthrough("sh")[0].split("check")[0] + "check || true", tree)
    assert begun.returncode == 0, begun.stderr
    fill_in(tree, "example2031", *walkthrough("yaml"))
    retract(tree / "extraction/register.yml", ALONE)
    assert plant_markup(tree / "extraction") > 300
    for kept in ("posteriors", "results", "many", "shared"):
        if (ROOT / "_build" / kept).is_dir():
            shutil.copytree(ROOT / "_build" / kept, tree / "_build" / kept)
    hand_over_draws(tree, ("severe_infection", "overall_survival", ITS_ENDPOINT), review)
    built = run(f".venv/bin/python -m models fit && .venv/bin/python -c '{BOOK_IN_ONE_KERNEL}'", tree)
    assert built.returncode == 0, built.stdout + built.stderr
    return tree / "_build/html"


def test_a_study_added_stands_on_every_page_that_tells_of_its_endpoints(html):
    for page in ("studies", "severe-infection", "survival", "trust", "studies/example2031"):
        text = (html / f"book/{page}.html").read_text(encoding="utf-8")
        assert "Example 2031" in re.search(r"<article.*?</article>", text, re.S).group(), page


def test_an_endpoint_that_lost_its_only_study_is_left_without_an_answer(html, review):
    assert collect(review, ITS_ENDPOINT).studies == [ALONE]
    assert "retracted on 2026-02-03" in (html / f"book/studies/{ALONE}.html").read_text(encoding="utf-8")
    article = re.search(
        r"<article.*?</article>", (html / "book/response.html").read_text(encoding="utf-8"), re.S
    ).group()
    assert "reports used: none." in article and f"studies/{ALONE}.html#" not in article


def test_no_page_has_an_element_or_attribute_of_the_planted_texts(html):
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found = Tags(text)
        assert not [name for name in found.runs if name == "onerror"], path.name
        assert not [value for value in found.loads if value in ("x", "javascript:window.owned=1")], path.name
        assert not re.findall(r"<script[^>]*>[^<]*window\.owned=1", text), path.name


@pytest.mark.browser
def test_nothing_planted_runs_in_a_browser(html, chromium):
    page, pages = chromium.new_page(), sorted((html / "book").rglob("*.html"))
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("typeof window.owned") == "undefined", path.name
    shown = page.goto((html / "book/studies.html").as_uri()) and page.inner_text("main")
    page.close()
    assert "<script>window.owned=1</script>" in shown and len(pages) > 20
