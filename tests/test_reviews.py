"""Another review than the project's own: its folder is named, and all that is read and kept follows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from extraction.fault import Fault
from extraction.tree import OWN, ROOT, folder_of_review
from models.runs.closure import Tree

EVIDENCE = [("models.evidence.collect", "collect")]
"""Code whose key counts the question."""


def told_of(command: tuple[str, ...], folder: Path | str) -> subprocess.CompletedProcess:
    return subprocess.run(
        (sys.executable, *command),
        cwd=ROOT,
        env=os.environ | {"REVIEW": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_name_it_is_the_own_review():
    assert folder_of_review(None, ROOT) == folder_of_review("", ROOT) == OWN


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(Fault, match="there is no folder"):
        folder_of_review(str(tmp_path / "nowhere"), ROOT)


@pytest.mark.parametrize("room", ["extraction", "models", "book"])
def test_a_folder_without_a_question_is_told_in_one_sentence(tmp_path, room):
    ran = told_of(("-m", room, *{"extraction": ["check"], "models": ["fit"], "book": []}[room]), tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.endswith(f"{tmp_path} is no folder of a review: it holds no question.yml\n")
    assert ran.stderr.count("\n") == 1


def test_keys_count_the_question_of_the_other_review_in_the_place_of_the_own(tmp_path):
    question = tmp_path / "question.yml"

    def key(text: str) -> str:
        question.write_text(text, encoding="utf-8")
        return Tree(ROOT, tmp_path).fingerprint(EVIDENCE)

    own = Tree(ROOT).fingerprint(EVIDENCE)
    assert Tree(ROOT, OWN).fingerprint(EVIDENCE) == own
    assert key((OWN / "question.yml").read_text(encoding="utf-8")) == own
    assert len({own, key("title: one\n"), key("title: another\n")}) == 3
    assert key("title: one\nshown:\n  of: a\n") == key("title: one\nshown:\n  of: b\n")
