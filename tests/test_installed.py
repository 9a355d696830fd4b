"""The package as others install it: a wheel, in an environment of its own, working from any folder."""

import json
import shutil
from pathlib import Path

import pytest
from example_installed import AROUND

from extraction.tree import OWN, folder_of_review

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """A folder of a review, with a folder below it."""
    shutil.copytree(OWN, tmp_path / "mine", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "mine" / "papers").mkdir()
    return tmp_path / "mine"


def test_every_file_of_the_packages_is_in_the_wheel(installed):
    [site] = installed.environment.glob("lib/python3*/site-packages")
    for package in ("review", "extraction", "models", "book"):
        here = {
            p.relative_to(ROOT)
            for p in (ROOT / package).rglob("*")
            if p.is_file() and "__pycache__" not in p.parts
        }
        there = {
            p.relative_to(site)
            for p in (site / package).rglob("*")
            if p.is_file() and "__pycache__" not in p.parts
        }
        around = {Path("extraction", "around", file) for file in AROUND if package == "extraction"}
        assert there == here | around


def test_the_review_that_is_checked_is_that_of_the_folder_one_works_in(installed, elsewhere):
    due = installed.review("due", here=elsewhere / "papers")
    assert due.returncode == 0 and "PubMed" in due.stdout, due.stderr
    register = elsewhere / "register.yml"
    text = register.read_text(encoding="utf-8")
    register.write_text(text.replace("decision: included", "decision: perhaps", 1), encoding="utf-8")
    done = installed.review("check", here=elsewhere / "papers")
    assert done.returncode == 1 and "perhaps" in done.stdout


def test_numbers_of_any_paper_are_recovered_and_pooled_from_anywhere(installed, tmp_path):
    # Fisher's exact test of 1 of 9 against 1 of 2 is 0.4545 (2 * 9 of the 55 tables of 2 events among 11)
    asked = ["recover", "table", "--n-treated", "9", "--n-control", "2", "--p", "0.4545", "--json"]
    assert json.loads(installed.review(*asked, here=tmp_path).stdout)["candidates"]
    (tmp_path / "two.csv").write_text("study,hr,lower,upper\nA,0.8,0.5,1.28\nB,1.1,0.6,2.0\n")
    pooled = json.loads(installed.review("pool", "two.csv", "--json", here=tmp_path).stdout)
    assert pooled["schema"]


# which review


def test_a_review_is_found_from_below_and_the_named_one_comes_first(tmp_path):
    (tmp_path / "mine" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "mine" / "question.yml").touch()
    (tmp_path / "other").mkdir()
    deep = tmp_path / "mine" / "deep" / "er"
    assert folder_of_review(None, deep) == tmp_path / "mine"
    assert folder_of_review(str(tmp_path / "other"), deep) == tmp_path / "other"
    assert folder_of_review(None, tmp_path / "other") == OWN
