"""The reading sequence as one PDF: its pages in order, with bookmarks, links within it, and nothing
half-written where it cannot be printed.
"""

import html as html_module
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from example_browser import NO_BROWSER
from example_pages import toc_pages

from book.__main__ import main
from book.make import build, inputs, pdf
from models.answers.summary import version

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def printed(html, tmp_path_factory) -> bytes:
    if not any(map(shutil.which, pdf.PROGRAMS)):
        pytest.skip(NO_BROWSER)
    return pdf.write(tmp_path_factory.mktemp("pdf") / "book.make.pdf").read_bytes()


def headings(printed: bytes) -> list[tuple[str, int]]:
    """Bookmarks of the first level as (text, number of the object of their page); Skia writes them as plain
    objects.
    """
    whole = re.search(rb"/Type /Outlines\n/First (\d+) 0 R", printed)[1]
    place, found = int(whole), []
    while place:
        item = re.search(rb"\n%d 0 obj\n<</Title (.*?)\n/Dest \[(\d+) 0 R(.*?)endobj" % place, printed, re.S)
        found.append((text_of(item[1]), int(item[2])))
        onward = re.search(rb"/Next (\d+) 0 R", item[3])
        place = int(onward[1]) if onward else 0
    return found


def text_of(string: bytes) -> str:
    """A string of PDF as text: in brackets as bytes, in angles as UTF-16."""
    if string.startswith(b"<"):
        return bytes.fromhex(string[1:-1].decode()).decode("utf-16")
    return re.sub(rb"\\(.)", rb"\1", string[1:-1]).decode("latin-1")


def title_of(html: Path, page: str) -> str:
    heading = re.search(
        r'<article.*?<h1>(.*?)<a class="headerlink"',
        (html / f"{page}.html").read_text(encoding="utf-8"),
        re.S,
    )[1]
    return html_module.unescape(re.sub("<[^>]*>", "", heading)).strip()


def test_the_pages_are_those_that_readers_follow(html):
    """As each page leads to the next in the built book, up to the appendix."""
    found = pdf.sequence()
    assert found[0] == "book/intro" and len(found) == len(set(found)) < len(toc_pages())
    for page, following in pairwise(found):
        onward = re.search(
            r'<link rel="next" title="[^"]*" href="([^"]*)\.html" />',
            (html / f"{page}.html").read_text(encoding="utf-8"),
        )
        assert f"book/{onward[1]}" == following


def test_it_is_no_longer_than_a_reader_would_print(printed):
    assert len(re.findall(rb"/Type /Page\n", printed)) <= 90


def test_what_is_left_online_is_named(html, review):
    text = pdf.whole_book(html, pdf.sequence(), pdf.citation(review))
    assert "are in the online book" in text and "<details open" not in text


def test_every_chapter_is_bookmarked_and_starts_a_page(html, printed):
    marked = headings(printed)
    assert [text for text, _ in marked] == [title_of(html, page) for page in pdf.sequence()]
    starts = [page for _, page in marked]
    assert len(set(starts)) == len(starts)
    assert len(re.findall(rb"/Type /Page\n", printed)) > len(starts)


def test_no_link_of_the_pdf_leads_to_a_file_of_this_machine(printed):
    links = re.findall(rb"/URI \((.*?)\)", printed)
    assert b"/Subtype /Link" in printed and not [link for link in links if not link.startswith(b"https://")]


def test_every_link_within_the_printed_book_leads_somewhere(html, review):
    text = pdf.whole_book(html, pdf.sequence(), pdf.citation(review))
    ids = re.findall(r' id="([^"]*)"', text)
    wanted = set(re.findall(r' href="#([^"]*)"', text))
    assert len(wanted) > 20 and not wanted - set(ids)
    assert len(ids) == len(set(ids))
    assert "<script" not in text and "only-dark" not in text


def test_the_title_page_names_version_and_date(html, review):
    text, cited = pdf.whole_book(html, ["book/intro"], pdf.citation(review)), pdf.citation(review)
    assert f"Version {version()}, {cited.dated}" in text and cited.date.isoformat() in text


@pytest.fixture
def elsewhere(html, tmp_path, monkeypatch) -> Path:
    """Where a PDF would be written."""
    monkeypatch.setattr(pdf, "PATH", tmp_path / "book.make.pdf")
    return tmp_path


def test_without_chromium_one_line_says_so_and_nothing_is_written(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(pdf.shutil, "which", lambda program: None)
    assert main(["pdf"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The PDF was not written: Chromium or Chrome prints it") and said.count("\n") == 1
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize(
    "does",
    [
        "exit 1",
        "echo no > book.make.pdf",
        "for a in $*; do case $a in --print-to-pdf=*) echo half > ${a#*=};; esac; done",
    ],
)
def test_a_chromium_that_fails_leaves_nothing(does, elsewhere, monkeypatch, capsys):
    program = elsewhere / "bin" / "chromium"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setattr(pdf.shutil, "which", lambda _: str(program))
    monkeypatch.chdir(program.parent)
    assert main(["pdf"]) == 1
    assert "Chromium printed nothing" in capsys.readouterr().err
    assert [path.name for path in elsewhere.iterdir()] == ["bin"]


def test_a_book_that_is_not_current_is_not_printed(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(build, "is_current", lambda fingerprint: False)
    assert main(["pdf"]) == 1
    assert "Run `python -m book` first." in capsys.readouterr().err


def test_the_command_is_named_in_the_help():
    said = subprocess.run(
        (sys.executable, "-m", "book", "--help"), cwd=inputs.ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "pdf" in said
