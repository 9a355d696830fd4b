"""A preview tells before and after, warns, and writes nothing."""

import hashlib
import json
import math
import re
import shutil
from functools import partial
from pathlib import Path

import pytest
from example_tree import Repository

from extraction.records import ROOT, load
from models.__main__ import main
from models.endpoints import quadrature
from models.history import preview
from models.history.what_if import what_if

NEW = "nobody2026.yml"
MA2024 = (ROOT / "records" / "ma2024.yml").read_text(encoding="utf-8")


def renamed(study: str, text: str = MA2024) -> str:
    """A stranger's record: a copy of one that holds survival and response."""
    return text.replace("study: ma2024", f"study: {study}", 1)


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Repository:
    """The records in a repository of their own."""
    folder = tmp_path_factory.mktemp("preview") / "extraction"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return Repository(folder)


@pytest.fixture
def previewed(tmp_path, capsys):
    """What the command tells of a record that lies elsewhere, given as its text."""

    def tell(study: str, text: str) -> dict:
        path = tmp_path / f"{study}.yml"
        path.write_text(text, encoding="utf-8")
        code = main(["preview", str(path), "--json"])
        found = json.loads(capsys.readouterr().out)
        assert code == bool(found["errors"])
        return found

    return tell


@pytest.fixture
def previewed_in(tree, monkeypatch, capsys):
    """The same of a record among those of the tree."""
    monkeypatch.setattr(preview, "what_if", partial(what_if, root=tree.folder))

    def tell(record: str) -> dict:
        code = main(["preview", str(tree.folder / "records" / record), "--json"])
        found = json.loads(capsys.readouterr().out)
        assert code == bool(found["errors"])
        return found

    return tell


def contents(tree: Repository) -> dict[str, str]:
    kept = [path for path in tree.folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def test_it_tells_each_answer_before_and_after_and_touches_nothing(tree, previewed_in):
    among_the_others = tree.folder / "records" / NEW
    among_the_others.write_text(renamed("nobody2026"), encoding="utf-8")
    before = contents(tree)
    found = previewed_in(NEW)
    assert contents(tree) == before
    among_the_others.unlink()
    assert {one["endpoint"] for one in found["endpoints"]} == {
        "overall_survival",
        "progression_free_survival",
        "complete_response",
    }
    for one in found["endpoints"]:
        start, end = one["before"]["unadjusted"], one["after"]["unadjusted"]
        assert end["upper"] / end["lower"] < start["upper"] / start["lower"], (
            "the same patients once more narrow the interval"
        )
    assert any("nobody2026 is not in register.yml" in words for words in found["supposed"])
    assert any("may share patients with ma2024" in words for words in found["errors"]), (
        "whose centres and months it shares"
    )


def test_the_answer_after_is_what_the_review_gives_once_the_study_is_in_it(previewed, tmp_path):
    # What `after` says is checked against the review itself, with the study registered.
    told = previewed("nobody2026", renamed("nobody2026"))["endpoints"]
    root = Path(
        shutil.copytree(ROOT, tmp_path / "extraction", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    )
    register = (root / "register.yml").read_text(encoding="utf-8")
    row = """  - id: nobody2026
    title: Invented
    authors: [Nobody N]
    journal: None
    year: 2026
    doi: 10.9999/invented.2026
    contrast: therapeutic
    decision: included
    endpoints: null
    reason: Invented for a test.
    decided: 2026-01-01
    cohort: invented
    text_held: true

"""
    assert "  - id: kadauke2021" in register
    register = register.replace("  - id: kadauke2021", f"{row}  - id: kadauke2021", 1)
    (root / "register.yml").write_text(register, encoding="utf-8")
    (root / "records" / NEW).write_text(renamed("nobody2026"), encoding="utf-8")
    review = load(root)
    assert {one["endpoint"]: one["after"]["unadjusted"]["median"] for one in told} == pytest.approx(
        {
            key: math.exp(quadrature(key, review).mu.quantile(0.5))
            for key in ("overall_survival", "progression_free_survival", "complete_response")
        },
        rel=1e-6,
    )


def test_a_study_that_may_share_patients_takes_the_place_of_the_other(previewed):
    found = previewed("wang2024", renamed("wang2024"))
    assert any("wang2024 may share patients with ma2024" in words for words in found["supposed"])
    for one in found["endpoints"]:  # the same numbers under another name: nothing moves
        assert one["after"]["unadjusted"] == pytest.approx(one["before"]["unadjusted"])


def test_an_effect_far_from_the_others_is_called_outlying(previewed):
    text = renamed("far2026")
    start = text.index("id: overall_survival.hazard_ratio")
    block = text[start : text.index("- id:", start)]
    far = block
    for key, value in (("estimate", "30.1"), ("lower", "15.2"), ("upper", "61.0")):
        far = re.sub(rf"{key}: \S+", f"{key}: {value}", far)
    assert far != block
    found = {
        one["endpoint"]: one["warnings"]
        for one in previewed("far2026", text.replace(block, far))["endpoints"]
    }
    assert any("SDs from what the other studies foresee" in words for words in found["overall_survival"])
    assert not any("SDs from" in words for words in found["complete_response"])


@pytest.mark.parametrize(
    "record, said", [("nowhere.yml", "No such file"), ("README.md", "README"), ("extraction", "plain file")]
)
def test_what_is_no_record_is_refused_in_one_line(record, said, capsys):
    assert main(["preview", str(ROOT.parent / record)]) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_a_correction_is_compared_with_the_last_commit(tree, previewed_in):
    tree.change("records/zhou2025.yml", "extractor: ", "extractor: and a second reader, ")
    found = previewed_in("zhou2025.yml")
    assert found["before"] == "as last committed" and found["endpoints"] == []
