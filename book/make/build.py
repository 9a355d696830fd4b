"""From sources to `_build/html`: assemble, run, render strictly, and only then replace the old book.

Everything is made in a scratch folder.  The stamp that says what a book was made from lies inside it and is
written before it is moved into place, so an interrupted or failed build leaves the old book or none, never
half of one.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from book.html import files
from book.html.template import filled
from book.make import execute, inputs, theme
from extraction.fault import Fault
from extraction.tree import BUILD
from models.runs import kept

if TYPE_CHECKING:
    from book.shown.citation import Citation
    from extraction.records import Review

HTML = BUILD / "html"
STAMP = ".made-from"
RENDER_SECONDS = 1800  # of patience: it takes about one minute
BESIDE = ("*.svg", "*.bib")
"""Pictures and references that pages name."""
EXTRA = "vendor"
"""Folder, beside the pages' sources, of files that stand in the book as they are: `html_extra_path` of
_config.yml.
"""


class NotMade(Fault):
    """A book, bundle or PDF was not made, and what stood before still stands; the message says why."""


def is_current(fingerprint: str) -> bool:
    """Whether the book in place was made from exactly these inputs, and each of its files is as made."""
    made = kept.read(HTML / STAMP, fingerprint)
    return bool(made) and made == _contents(HTML, made)


def _contents(html: Path, names: Iterable[str]) -> dict[str, str]:
    """Checksums of files by path within the book; empty for one that is not there."""
    return {name: kept.checksum(html / name) if (html / name).is_file() else "" for name in names}


def build(fingerprint: str) -> None:
    """Build the whole book; raise a Fault, and leave the old book in place, at any error or warning."""
    # here, as a book that is current needs no records
    from book.shown.citation import citation
    from extraction.records import load

    BUILD.mkdir(exist_ok=True)
    _remove_leftovers()
    with TemporaryDirectory(prefix="building-", dir=BUILD) as scratch:
        source = Path(scratch) / "source"
        cache = execute.cache_folder(BUILD)
        with step("wrote the pages of studies and data dictionary"):
            review = load()
            config = assemble(source, cache, review)
            require_posteriors(review)
            _require_checklists(review)
            if site := config["html"].get("baseurl"):
                _write_preview(source / "_static", review)
                _write_feed(source / EXTRA, site, citation(review))
        pages = sorted((source / "book").glob("*.md"))
        extensions = config["parse"]["myst_enable_extensions"]
        execute.run(pages, extensions, cache, _say)
        files.place(execute.executed(pages, extensions, cache), source / EXTRA, citation(review).words)
        with step(f"rendered {len(list((source / 'book').rglob('*.md')))} pages"):
            html = render(source, Path(scratch))
            theme.mend(html)
            (html / "index.html").write_text(front_door(config["title"]), encoding="utf-8")
        if inputs.of_book() != fingerprint:
            shutil.rmtree(cache)
            raise NotMade("Files changed while the book was being built: please run it again.")
        _publish(html, fingerprint)


def front_door(title: str) -> str:
    """Leads to the first page, as Jupyter Book's own does; that one lacks title, link and icon."""
    return filled("front-door.html", title=title)


def _require_checklists(review: Review) -> None:
    """Cells do not run again when prose changes, so headings that the checklists lead to are looked up at
    every build.
    """
    from book.make.headings import headings
    from models.trust.checklists import complete, read

    pages = headings(review)
    complete(read(review, pages), pages)


def require_posteriors(review: Review) -> None:
    """Raise NotMade unless every endpoint is fitted as records and models stand."""
    from models import endpoints
    from models.runs import store

    if missing := [key for key in endpoints.ENDPOINTS if not store.is_fitted(key, review)]:
        raise NotMade(
            f"No posterior for the records and models as they stand: {', '.join(missing)}. Run"
            " `python -m models fit` first."
        )


def assemble(source: Path, cache: Path, review: Review) -> dict:
    """Gather all that Jupyter Book reads in one folder; the configuration it will use."""
    from book.make import notebooks, pages, written
    from book.shown.citation import citation
    from book.sphinx import foot
    from models.answers.summary import version

    (source / "_static").mkdir(parents=True)
    (source / "book").mkdir()
    for name, text in written.pages().items():
        (source / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    for place in (inputs.ROOT / "book", inputs.REVIEW):
        for path in (path for pattern in BESIDE for path in place.glob(pattern)):
            shutil.copy(path, source / "book")
    shutil.copy(inputs.ROOT / "book" / "scripts" / "style.css", source / "_static")
    pages.write(source / "book", review)
    (source / "_toc.yml").write_text(without_empty_globs(written.order(), source), encoding="utf-8")
    pages.write_numbers(source / EXTRA / "numbers", review)
    _write_sources(source / EXTRA, review)
    notebooks.write(sorted((source / "book").glob("*.md")), source / EXTRA / foot.NOTEBOOKS / "book")
    cited = citation(review)
    _write_citation(source / EXTRA / foot.DOWNLOADS, cited)
    (source / EXTRA / "_static").mkdir()
    # of the whole book alone: no page asks for it
    shutil.copy(inputs.ROOT / "book" / "scripts" / "print.css", source / EXTRA / "_static")
    config = _configured()
    config["title"] += f", version {version()}"
    config["execute"]["cache"] = str(cache)
    config["sphinx"]["config"] |= {
        "version": version(),
        "release": version(),
        "citation_words": cited.words,
        "citation_files": list(cited.files()),
    }
    if bibliographies := sorted((source / "book").glob("*.bib")):
        config["sphinx"]["config"]["extensions"].append("sphinxcontrib.bibtex")
        config["bibtex_bibfiles"] = [f"book/{path.name}" for path in bibliographies]
        config["sphinx"]["config"]["bibtex_reference_style"] = "author_year"
    (source / "_config.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return config


def without_empty_globs(toc: str, source: Path) -> str:
    """The order of the book, less those globs that match no page: a review may have no study yet."""
    lines = toc.splitlines(keepends=True)
    globs = [re.match(r"\s*- glob: (.+?)\s*$", line) for line in lines]
    kept = [not glob or any(source.glob(f"{glob[1]}.md")) for glob in globs]
    return "".join(itertools.compress(lines, kept))


def _configured() -> dict:
    """What _config.yml says."""
    from book.make import written

    try:
        return written.configuration()
    except yaml.YAMLError as fault:
        raise NotMade(f"_config.yml: {' '.join(str(fault).split())}") from None


def _write_preview(folder: Path, review: Review) -> None:
    """The picture that a shared link shows, which needs an absolute address."""
    import matplotlib.pyplot as plt

    from book.shown import preview_picture
    from book.sphinx.head import IMAGE

    figure = preview_picture.picture(review).figure
    figure.savefig(folder / Path(IMAGE).name, dpi=preview_picture.DPI, metadata={"Software": None})
    plt.close(figure)


def _write_feed(folder: Path, site: str, cited: Citation) -> None:
    """The feed of versions, which needs absolute addresses."""
    from book.make import feed
    from models.history import versions

    text = feed.atom(site, cited, map(versions.read, versions.released()))
    (folder / feed.FEED).write_text(text, encoding="utf-8")


def _write_sources(folder: Path, review: Review) -> None:
    from book.make import provenance
    from book.sphinx import beside

    provenance.write(folder / beside.PLACE, review)


def _write_citation(folder: Path, cited: Citation) -> None:
    folder.mkdir(parents=True)
    for name, text in cited.files().items():
        (folder / name).write_bytes(text.encode())


def render(source: Path, scratch: Path) -> Path:
    """Run `jupyter-book build` with warnings fatal; the folder of pages."""
    command = (
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        str(source),
        "--path-output",
        str(scratch),
        "--all",
        "-W",
        "-n",
        "--keep-going",
        "-q",
    )
    try:
        ran = subprocess.run(
            command,
            cwd=source,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=RENDER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotMade(f"Rendering the pages took longer than {RENDER_SECONDS} s, and was stopped.") from None
    if ran.returncode:
        raise NotMade(_complaints(ran.stderr + ran.stdout, source))
    return scratch / "_build" / "html"


def _complaints(said: str, source: Path) -> str:
    """The warnings and errors of a rendering, with pages named as they stand in the tree."""
    lines = (
        re.sub(r"\x1b\[[0-9;]*m", "", said)
        .replace(f"{source.resolve()}/", "")
        .replace(f"{source}/", "")
        .splitlines()
    )
    telling = [line for line in lines if re.search(r"WARNING|ERROR|CRITICAL|Error:|Exception", line)]
    return "\n".join(dict.fromkeys(telling)) or "\n".join(lines[-15:])


def _publish(html: Path, fingerprint: str) -> None:
    names = sorted(path.relative_to(html).as_posix() for path in html.rglob("*") if path.is_file())
    kept.write_on_one_line(html / STAMP, fingerprint, _contents(html, names))
    old = html.parent / "old"
    if HTML.exists():
        HTML.rename(old)
    html.rename(HTML)


def _remove_leftovers() -> None:
    """Remove the scratch folders of builds that were killed: no other is at work, as only one at a time
    builds.
    """
    for folder in BUILD.glob("building-*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def step(what: str):
    """Say what was done and how long it took, once it is."""
    start = time.perf_counter()
    yield
    _say(what, time.perf_counter() - start)


def _say(what: str, seconds: float) -> None:
    print(f"  {what:<56} {seconds:5.1f} s", flush=True)
