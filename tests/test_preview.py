"""A preview tells before and after, warns, and writes nothing."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from example_tree import Tree

NEW = "nobody2026.yml"


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Tree:
    """The review with a stranger's record, a copy of one that holds survival and response."""
    tree = Tree(tmp_path_factory.mktemp("preview") / "review")
    text = (tree.folder / "extraction/records/ma2024.yml").read_text(encoding="utf-8")
    (tree.folder / NEW).write_text(text.replace("study: ma2024", "study: nobody2026", 1), encoding="utf-8")
    return tree


def contents(tree: Tree) -> dict[str, str]:
    kept = [
        path
        for path in tree.folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".git"} & set(path.parts)
    ]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def previewed(tree: Tree, record: str = NEW) -> dict:
    done = tree.run("models", "preview", record, "--json")
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == bool(found["errors"])
    return found


def test_it_tells_each_answer_before_and_after_and_touches_nothing(tree):
    among_the_others = shutil.copy(tree.folder / NEW, tree.folder / "extraction" / "records")
    before = contents(tree)
    found = previewed(tree, f"extraction/records/{NEW}")
    assert contents(tree) == before
    Path(among_the_others).unlink()
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


def test_the_answer_after_is_what_the_review_gives_once_the_study_is_in_it(tree):
    # What `after` says is checked against the review itself, with the study registered.
    found = {one["endpoint"]: one["after"]["unadjusted"]["median"] for one in previewed(tree)["endpoints"]}
    tree.change(
        "extraction/register.yml",
        "  - id: kadauke2021",
        """  - id: nobody2026
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

  - id: kadauke2021""",
    )
    script = (
        "from extraction.records import load; from models.endpoints import quadrature; import math, json;"
        " review = load(); keys = 'overall_survival', 'progression_free_survival', 'complete_response';"
        " print(json.dumps({k: math.exp(quadrature(k, review).mu.quantile(0.5)) for k in keys}))"
    )
    record = shutil.copy(tree.folder / NEW, tree.folder / "extraction" / "records")
    done = tree.python(script)
    Path(record).unlink()
    tree.git("checkout", "-q", "extraction/register.yml")
    assert done.returncode == 0, done.stderr
    assert found == pytest.approx(json.loads(done.stdout), rel=1e-6)


def test_a_study_that_may_share_patients_takes_the_place_of_the_other(tree):
    text = (tree.folder / "extraction/records/ma2024.yml").read_text(encoding="utf-8")
    record = tree.folder / "wang2024.yml"
    record.write_text(text.replace("study: ma2024", "study: wang2024", 1), encoding="utf-8")
    found = previewed(tree, "wang2024.yml")
    assert any("wang2024 may share patients with ma2024" in words for words in found["supposed"])
    for one in found["endpoints"]:  # the same numbers under another name: nothing moves
        assert one["after"]["unadjusted"] == pytest.approx(one["before"]["unadjusted"])


def test_an_effect_far_from_the_others_is_called_outlying(tree):
    text = (tree.folder / NEW).read_text(encoding="utf-8")
    start = text.index("id: overall_survival.hazard_ratio")
    block = text[start : text.index("- id:", start)]
    far = block
    for key, value in (("estimate", "30.1"), ("lower", "15.2"), ("upper", "61.0")):
        far = re.sub(rf"{key}: \S+", f"{key}: {value}", far)
    assert far != block
    (tree.folder / "far2026.yml").write_text(
        text.replace(block, far).replace("study: nobody2026", "study: far2026", 1), encoding="utf-8"
    )
    done = tree.run("models", "preview", "far2026.yml", "--json")
    found = {one["endpoint"]: one["warnings"] for one in json.loads(done.stdout)["endpoints"]}
    assert any("SDs from what the other studies foresee" in words for words in found["overall_survival"])
    assert not any("SDs from" in words for words in found["complete_response"])


@pytest.mark.parametrize(
    "record, said", [("nowhere.yml", "No such file"), ("README.md", "README"), ("extraction", "plain file")]
)
def test_what_is_no_record_is_refused_in_one_line(tree, record, said):
    done = tree.run("models", "preview", record)
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr


def test_a_correction_is_compared_with_the_last_commit(tree):
    path = "extraction/records/zhou2025.yml"
    text = (tree.folder / path).read_text(encoding="utf-8")
    tree.change(path, "extractor: ", "extractor: and a second reader, ")
    found = previewed(tree, path)
    (tree.folder / path).write_text(text, encoding="utf-8")
    assert found["before"] == "as last committed" and found["endpoints"] == []
