"""The question of the review: refused where it says what cannot be; its words for readers are in no key."""

import shutil

import pytest

from extraction import question
from extraction.question import FILE, read
from extraction.source import BadRecords
from extraction.tree import ROOT
from models.endpoints import prior_of
from models.runs.closure import Tree


@pytest.fixture
def asked(tmp_path):
    """Write the question with one piece of its text replaced, and read it."""

    def changed(old: str, new: str) -> question.Question:
        text = FILE.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "question.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return read(path)

    return changed


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: survival", "kind: surviving", "must be one of binary, survival, durations"),
        ("better: above", "better: more", "must be one of below, above"),
        ("bias: hazard", "bias: hazards", "bias hazards: the question has none of that name"),
        ("contrast: early v late", "contrast: early", "contrast early: the question has none of that name"),
        ("key: icans", "key: severe_crs", "key severe_crs: stands for two endpoints"),
        ("units: [lines]", "units: [line]", "unit line: the question has none of that name"),
        ("sum_of: [complete_response,", "sum_of: [completed,", "variable completed: the question has none"),
        ("per_1000: 50", "per_1000: 5000", "must be less than or equal to 1000"),
        ("treatment:\n", "treatmint:\n", "is not a field of the schema"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_place_value_and_rule(asked, old, new, told):
    with pytest.raises(BadRecords) as refused:
        asked(old, new)
    assert "question.yml" in str(refused.value) and told in str(refused.value)


def test_a_prior_that_is_none_is_refused_with_what_is_legal():
    with pytest.raises(Exception, match=r"question.yml: icans: .*half-normals.*half_normal_0.5"):
        prior_of("icans", "half-normals:1")


def test_every_variable_that_adds_up_or_is_some_of_another_is_known():
    for name, parts in question.SUMS.items():
        assert name in question.FIELDS and set(parts) <= question.FIELDS.keys()


def test_papers_name_the_treatment_as_they_like():
    for words in (
        "tocilizumab v control",
        "TCZ vs. none",
        "with toci over without",
        "Toci versus no tocilizumab",
    ):
        assert question.as_contrast(words) == "toci v control", words
    for words in ("control / toci", "without v with tocilizumab", "no TCZ v TCZ"):
        assert question.as_contrast(words) == "control v toci", words
    assert question.as_contrast("early v late") == "early v late"


def test_words_for_readers_enter_no_key_and_all_else_does(tmp_path):
    """A page counts the whole file besides (book.make.inputs)."""
    from book.make import inputs

    copy = tmp_path / "tree"
    for room in ("extraction", "models", "book"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (inputs.PINS, inputs.CONFIGURATION, "_toc.yml"):
        shutil.copy(ROOT / name, copy / name)
    file, code = copy / "extraction/question.yml", [("models.evidence.collect", "collect")]
    text = file.read_text(encoding="utf-8")

    def keys() -> tuple[str, str]:
        tree = Tree(copy)
        return tree.fingerprint(code), inputs.of_cells("", tree)

    before = keys()
    file.write_text(text.replace("better: less ICANS", "better: ICANS less often"), encoding="utf-8")
    words_changed = keys()
    file.write_text(text.replace("bias: hazard", "bias: duration", 1), encoding="utf-8")
    assert words_changed[0] == before[0] != keys()[0]
    assert words_changed[1] != before[1]
