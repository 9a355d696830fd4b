"""Damage to what is built is seen: outputs are made anew, and a book that was changed is not current."""

import json
import shutil

import pytest
from example_pages import answered

from book.make import build, execute

CODE = "print(6 * 7)"
RAN = ["ran book/page.md"]


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch) -> None:
    monkeypatch.setattr(execute, "_run", answered)


@pytest.fixture
def cached(run_page, tmp_path):
    """A page that ran once; the file of its outputs."""
    assert run_page(CODE) == RAN
    (path,) = (tmp_path / "cache").rglob("base.ipynb")
    return path


@pytest.mark.parametrize("damage", ["removed", "emptied", "cut short", "another number", "no folder"])
def test_outputs_that_are_not_as_they_were_kept_are_made_anew(cached, run_page, damage):
    text = cached.read_text(encoding="utf-8")
    if damage == "removed":
        cached.unlink()
    elif damage == "no folder":
        shutil.rmtree(cached.parent)
    else:
        changed = {"emptied": "", "cut short": text[:100], "another number": text.replace('"42', '"43')}
        assert changed[damage] != text
        cached.write_text(changed[damage], encoding="utf-8")
    assert run_page(CODE) == RAN
    (now,) = cached.parent.parent.rglob("base.ipynb")
    assert "42" in now.read_text(encoding="utf-8") and run_page(CODE) == []


def test_a_row_without_its_notebook_is_forgotten_when_its_page_is(cached, run_page):
    shutil.rmtree(cached.parent)
    assert run_page("print(6 * 9)") == RAN
    assert run_page("print(6 * 9)") == []


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A built book of two files."""
    made = tmp_path / "made"
    (made / "numbers").mkdir(parents=True)
    (made / "index.html").write_text("<p>Odds ratio 2.55</p>")
    (made / "numbers" / "table.csv").write_text("ratio\n2.55\n")
    monkeypatch.setattr(build, "HTML", tmp_path / "html")
    build._publish(made, "inputs")
    assert build.is_current("inputs") and not build.is_current("other inputs")
    return build.HTML


@pytest.mark.parametrize("file", ["index.html", "numbers/table.csv"])
@pytest.mark.parametrize("damage", ["removed", "emptied", "edited", "a folder"])
def test_a_book_with_a_damaged_file_is_not_current(book, file, damage):
    path = book / file
    text = path.read_text()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage != "removed":
        path.write_text("" if damage == "emptied" else text.replace("2.55", "0.55"))
    assert not build.is_current("inputs")


def test_a_stamp_that_was_edited_is_none(book):
    stamp = book / build.STAMP
    kept = json.loads(stamp.read_text())
    kept["content"].pop("index.html")
    stamp.write_text(json.dumps(kept))
    (book / "index.html").unlink()
    assert not build.is_current("inputs")


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_damaged_database_of_outputs_is_made_anew(cached, run_page, tmp_path, size):
    database = tmp_path / "cache/global.db"
    database.write_bytes(database.read_bytes()[:size])
    assert run_page(CODE) == RAN
    assert run_page(CODE) == []
