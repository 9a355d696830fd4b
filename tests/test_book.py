"""The whole book, built strictly once: its links, its version, and what a failed build leaves."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from example_pages import toc_pages
from example_tree import command_of

from book.make import build, execute
from models.answers.summary import version
from models.runs import store

pytestmark = pytest.mark.book


# the build


def test_every_page_of_the_toc_is_rendered(html):
    assert not [page for page in toc_pages() if not (html / f"{page}.html").is_file()]


def test_an_unchanged_book_is_not_built_again(html):
    ran = command_of("book")
    assert ran.returncode == 0
    assert ran.stdout.startswith("Nothing has changed.")


def test_every_link_within_the_book_leads_somewhere(html):
    read = {path.resolve(): Links.of(path) for path in html.rglob("*.html")}
    broken = []
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if parts.scheme or parts.netloc:
                continue
            if not target.exists() or (
                parts.fragment and target in read and unquote(parts.fragment) not in read[target].anchors
            ):
                broken.append(f"{path.name}: {link}")
    assert not broken


class Links(HTMLParser):
    """Links and anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {"", "top"}

    @classmethod
    def of(cls, path: Path) -> "Links":
        found = cls()
        found.feed(path.read_text(encoding="utf-8"))
        return found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value)
            if tag == "a" and name == "href" and value:
                self.links.append(value)


def test_the_book_shows_its_version_at_the_foot_and_in_its_title(html):
    page = (html / "book" / "intro.html").read_text(encoding="utf-8")
    assert f"Version {version()}" in page
    assert f"a living meta-analysis, version {version()}</title>" in page


@pytest.fixture
def old_book(tmp_path, monkeypatch) -> Path:
    """The first page of a book that stands elsewhere."""
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "HTML", tmp_path / "html")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("old")
    return tmp_path / "html" / "index.html"


def test_a_failed_build_leaves_the_old_book(old_book, monkeypatch):
    def fail(*_):
        raise execute.PageFailed("book/x.md failed:\n  ZeroDivisionError")

    monkeypatch.setattr(execute, "run", fail)
    monkeypatch.setattr(store, "is_fitted", lambda key, review: True)
    with pytest.raises(execute.PageFailed, match=r"book/x\.md failed"):
        build.build("anything")
    assert old_book.read_text() == "old"
    assert not list(build.BUILD.glob("building-*"))


def test_a_missing_posterior_stops_the_build_in_one_line(old_book, monkeypatch):
    monkeypatch.setattr(store, "is_fitted", lambda key, review: key != "overall_survival")
    said = r"^No posterior .*: overall_survival\. Run `python -m models fit` first\.$"
    with pytest.raises(build.NotMade, match=said):
        build.build("anything")
    assert old_book.read_text() == "old"


def test_each_warning_is_fatal_and_names_its_line(tmp_path):
    faults = ["[nowhere](#nowhere)", "{unknown}`role`", "[a page](not-there.md)"]
    source = tmp_path / "source"
    (source / "book").mkdir(parents=True)
    (source / "book" / "intro.md").write_text("\n\n".join(["# Page", *faults]))
    (source / "_toc.yml").write_text("format: jb-book\nroot: book/intro\n")
    (source / "_config.yml").write_text(
        "title: A book\nonly_build_toc_files: true\nexecute: {execute_notebooks: 'off'}\n"
    )
    with pytest.raises(build.NotMade) as stopped:
        build.render(source, tmp_path)
    told = re.findall(r"^book/intro\.md:(\d+): (?:WARNING|ERROR)", str(stopped.value), re.M)
    assert {int(line) for line in told} == {3, 5, 7}
