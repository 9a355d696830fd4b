"""`python -m book pdf`: the reading sequence of the built book as one PDF, printed by Chromium with
bookmarks, page numbers and links that work inside it.

The articles of its pages are put into one page in the order of the book; ids carry the name of their page, so
that links lead where they did.  What is folded away, and the appendix, stay online: the PDF says so.
"""

import posixpath
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from markupsafe import Markup

from book.html.template import filled
from book.make import build, inputs, written
from book.shown.citation import STEM, Citation, citation
from extraction.records import load
from extraction.whole import whole

PATH = build.BUILD / f"{STEM}.pdf"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 300  # of patience: it takes about ten
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
ATTRIBUTE = re.compile(r' (id|href|src)="([^"]*)"')
LEFT_OUT = (
    re.compile(r'<details class="admonition hide above-input">.*?</details>', re.S),
    re.compile(r'<aside class="review-cite".*?</aside>', re.S),
    re.compile(r'<a class="headerlink"[^>]*>.*?</a>', re.S),
    re.compile(r'<p class="review-numbers">.*?</p>', re.S),
    re.compile(r'<img [^>]*class="only-dark"[^>]*>'),
    re.compile(r"<script.*?</script>", re.S),
    re.compile(r'<div class="review-live.*?</details>\s*</div>', re.S),
)
"""Of each article: folded code, the box on citing, what needs a pointer or scripts, and dark drawings."""
EXPLORER = re.compile(r'<div class="review-explorer".*?(?=<h2>)', re.S)
APPENDIX = "Appendix"
"""Caption of the part of _toc.yml that is looked up rather than read."""
COMPUTES = "<p>This page computes in a browser; a PDF cannot.</p>"


def write(path: Path) -> Path:
    """Print the built book to `path`, and return it; raise NotMade, and write nothing, without a current
    book or without Chromium.
    """
    if not build.is_current(inputs.of_book()):
        raise build.NotMade("The book is not that of the tree as it stands. Run `python -m book` first.")
    chromium = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if chromium is None:
        raise build.NotMade(
            "Chromium or Chrome prints it, and neither is here (on Debian: apt-get install chromium)."
        )
    pages = sequence()
    with (
        TemporaryDirectory(prefix="printing-", dir=build.BUILD) as scratch,
        whole(path) as part,
        build.step(f"printed {len(pages)} pages of the book"),
    ):
        source = Path(scratch) / "book.html"
        source.write_text(whole_book(build.HTML, pages, citation(load())), encoding="utf-8")
        _print(chromium, source, part, Path(scratch) / "profile")
    return path


def _print(chromium: str, source: Path, path: Path, profile: Path) -> None:
    command = (chromium, *FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={path}", source.as_uri())
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise build.NotMade(f"Chromium took longer than {SECONDS} s.") from None
    if not path.is_file() or not path.read_bytes().startswith(b"%PDF"):
        raise build.NotMade(f"Chromium printed nothing.\n{ran.stderr.strip()[-500:]}")


def sequence() -> list[str]:
    """Pages that readers follow, without ending, in their order: those before the appendix."""
    toc = yaml.safe_load(written.order())
    parts = [part for part in toc["parts"] if part["caption"] != APPENDIX]
    return [toc["root"], *(chapter["file"] for part in parts for chapter in part["chapters"])]


def whole_book(folder: Path, pages: list[str], cited: Citation) -> str:
    """The book as one page for the printer."""
    articles = {page: article(folder, page, set(pages)) for page in pages}
    titles = {page: re.findall(r"<h1>(.*?)</h1>", text, re.S)[0] for page, text in articles.items()}
    styles = re.findall(
        r'<link [^>]*rel="stylesheet"[^>]*>', (folder / f"{pages[0]}.html").read_text(encoding="utf-8")
    )
    return filled(
        "printed-book.html",
        cited=cited,
        contents=[(_prefix(page), Markup(title)) for page, title in titles.items()],
        articles=Markup("".join(articles.values())),
        static=(folder / "_static").as_uri(),
        styles=Markup("\n".join(_attributes(style, folder, pages[0], set()) for style in styles)),
    )


def article(folder: Path, page: str, pages: set[str]) -> str:
    """The text of a page, with ids and links that are its own within the whole book."""
    text = re.findall(
        r'<article class="bd-article">(.*?)</article>',
        (folder / f"{page}.html").read_text(encoding="utf-8"),
        re.S,
    )[0]
    for part in LEFT_OUT:
        text = part.sub("", text)
    text = EXPLORER.sub(COMPUTES, text).replace(' loading="lazy"', "")
    return (
        f'<article class="bd-article" id="{_prefix(page)}">{_attributes(text, folder, page, pages)}</article>'
    )


def _attributes(text: str, folder: Path, page: str, pages: set[str]) -> str:
    return ATTRIBUTE.sub(lambda found: _attribute(found[1], found[2], folder, page, pages), text)


def _attribute(name: str, value: str, folder: Path, page: str, pages: set[str]) -> str:
    """An attribute of a page as it stands in the whole book; a link to a file that is not in it is none."""
    if name == "id":
        return f' id="{_prefix(page)}--{value}"'
    if re.match(r"[a-z]+:", value):
        return f' {name}="{value}"'
    path, _, anchor = re.sub(r"\?[^#]*", "", value).partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else f"{page}.html"
    if target.removesuffix(".html") in pages:
        return f' href="#{_prefix(target.removesuffix(".html"))}{f"--{anchor}" if anchor else ""}"'
    if name == "href" and pages:
        return ""
    return f' {name}="{(folder / target).as_uri()}"'


def _prefix(page: str) -> str:
    return page.removeprefix("book/").replace("/", "-")
