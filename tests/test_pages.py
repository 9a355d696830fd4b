"""What the book is made of: pages written from records, pages run once, and fingerprints that leave nothing
stale.
"""

import re
import shutil
import sys
from pathlib import Path

import pytest
from example_pages import page_of
from example_review import with_one_awaiting
from example_tree import copy_syntax

from book.html import markup
from book.html.template import plain
from book.make import execute, inputs, pages, written
from book.shown import study_page
from extraction import records
from extraction.fault import Fault
from extraction.question import FIELDS, QUESTION

HOSTILE = "<script>alert(1)</script> | {{ x }} {cite}`y` $z$ ``` <!-- \\"


@pytest.fixture
def tree(tmp_path) -> Path:
    """A copy of everything the book is made from."""
    for folder in ("extraction", "models", "book"):
        shutil.copytree(inputs.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("_config.yml", "_toc.yml", "requirements.lock"):
        shutil.copy(inputs.ROOT / file, tmp_path)
    (tmp_path / "_build" / "posteriors").mkdir(parents=True)
    copy_syntax(tmp_path)
    return tmp_path


# running pages


def test_a_page_runs_once_until_its_code_changes(run_page):
    code = "import sys, extraction.fault; assert sys.prefix == " + repr(sys.prefix)
    assert run_page(code) == ["ran book/page.md"]
    assert run_page(code, title="Other prose") == []
    assert run_page(code + "\n1") == ["ran book/page.md"]


def test_a_failing_cell_names_page_and_error(run_page):
    with pytest.raises(execute.PageFailed, match=r"(?s)book/page.md failed:.*ZeroDivisionError"):
        run_page("1 / 0")


def test_pages_that_share_a_kernel_share_no_name_and_one_that_fails_stops_no_other(
    run_page, tmp_path, monkeypatch
):
    monkeypatch.setattr(execute, "AT_ONCE", 1)
    run_page("1")
    codes = {
        "one": "import os; mine = os.getpid(); 1 / 0  # the longest is run first: " + "long " * 10,
        "two": "import os; assert 'mine' not in dir(); mine = os.environ['REVIEW_PAGE']; print(mine)",
        "three": "assert 'mine' not in dir() and 'os' not in dir()",
    }
    pages, ran = [tmp_path / f"{name}.md" for name in codes], []
    for page, code in zip(pages, codes.values(), strict=True):
        page.write_text(page_of(page.stem, code))
    with pytest.raises(execute.PageFailed, match=r"book/one\.md failed") as failed:
        execute.run(pages, [], tmp_path / "cache", lambda what, seconds: ran.append(what))
    assert ran == ["ran book/two.md", "ran book/three.md"] and "book/two.md" not in str(failed.value)
    [output] = [
        output.text
        for cell in next(execute.executed(pages[1:], [], tmp_path / "cache")).cells
        for output in cell.get("outputs", ())
    ]
    assert output == "two\n"


# staleness


@pytest.mark.parametrize(
    "file", ["models/__pycache__/priors.pyc", "_build/posteriors/severe_infection.77.partial"]
)
def test_by_products_change_nothing(file, tree):
    book = inputs.of_book(tree)
    (tree / file).parent.mkdir(exist_ok=True)
    (tree / file).write_text("x")
    assert inputs.of_book(tree) == book


def test_a_changed_record_changes_its_page_alone(tree, review):
    record = tree / "extraction" / "records" / "zhou2025.yml"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace("note: ", "note: Again and again, ", 1), encoding="utf-8")
    before, after = pages.generated(review), pages.generated(records.load(tree / "extraction"))
    assert [name for name in after if after[name] != before[name]] == ["studies/zhou2025.md"]


# studies' pages


def test_every_entry_stands_once_on_its_page_with_value_and_address(review):
    written = pages.generated(review)
    for study, record in review.records.items():
        page = written[f"studies/{study}.md"]
        for entry in record.entries:
            [line] = [line for line in page.splitlines() if f'id="{study_page.anchor(entry.id)}"' in line]
            assert plain(entry.printed or "not printed") in line
            assert plain(entry.address) in line
            assert plain(entry.note) in line


def test_every_contradiction_gives_its_reason(review):
    written = pages.generated(review)
    for study, record in review.records.items():
        for contradiction in record.contradictions:
            assert plain(contradiction.reason) in written[f"studies/{study}.md"]


def test_every_registered_study_has_a_page(review):
    assert {f"studies/{study}.md" for study in review.studies} < set(pages.generated(review))


def test_a_study_awaiting_data_says_so_and_enters_nothing(review):
    page = pages.generated(with_one_awaiting(review))["studies/waiting2022.md"]
    assert "{admonition} Awaiting data" in page
    assert "Enters " not in page
    assert 'id="entry-' not in page


def test_code_of_the_pages_is_folded():
    cells = [
        (page.name, cell)
        for page in (inputs.ROOT / "book").rglob("*.md")
        for cell in re.findall(r"^```\{code-cell\}.*\n((?::.*\n)*)", page.read_text(encoding="utf-8"), re.M)
    ]
    assert cells
    assert not [
        page for page, options in cells if not re.search(r"hide-input|remove-input|remove-cell", options)
    ]


def test_every_variable_has_one_topic():
    placed = [field for fields in QUESTION.shown.topics.values() for field in fields]
    assert sorted(placed) == sorted(FIELDS)


def test_text_of_a_record_cannot_become_markup():
    assert not set("<>`$\\") & set(plain(HOSTILE))
    page = markup.table(HOSTILE, [HOSTILE], [markup.row([HOSTILE])])
    assert "<script" not in page and page.count("```") == 2
    assert "`" not in markup.markdown(HOSTILE).replace("\\`", "") and "\\{" in markup.markdown(HOSTILE)


# pages written by hand


def test_pages_by_hand_are_those_that_the_question_lists(tmp_path, monkeypatch):
    listed = QUESTION.shown.pages
    folder = tmp_path / "pages"
    folder.mkdir()
    monkeypatch.setattr(written, "BY_HAND", folder)
    for name in listed[:-1]:
        (folder / f"{name}.md").write_text("# A page\n")
    with pytest.raises(
        Fault, match=rf"question.yml: shown: pages: {listed[-1]}: there is no pages/{listed[-1]}"
    ):
        written.order()
    for name in (listed[-1], "more"):
        (folder / f"{name}.md").write_text("# A page\n")
    with pytest.raises(
        Fault, match=r"pages/more.md: extraction/question.yml does not list it under shown: pages"
    ):
        written.order()
    display = QUESTION.shown.model_copy(update={"pages": (*listed, "more")})
    monkeypatch.setattr(written, "QUESTION", QUESTION.model_copy(update={"shown": display}))
    files = [line.strip(" -") for line in written.order().splitlines()]
    assert files.index("file: book/more") == files.index("file: book/explorer") - 1
    assert files.count("file: book/methods") == 1
