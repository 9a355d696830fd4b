"""What the book is made from, and the fingerprints that keep a page from going stale.

A page's outputs depend on its code cells and on all that these import and read; the book depends on that, on
the code that renders it, and on its prose.
"""

import hashlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from book.make import written
from extraction.beside import beside
from extraction.question import FILE
from extraction.tree import HOME, IS_OWN, OWN, REVIEW, ROOT
from models.runs.closure import Tree

PINS = "requirements.lock"
QUESTION = "extraction/question.yml"
STORED = ("_build/posteriors/*.json", "_build/results/*.json")
"""Posteriors and heavy results, known by their names alone, which hold the keys of everything they come from.
"""
CONFIGURATION = "_config.yml"
PROSE = (
    CONFIGURATION,
    "_toc.yml",
    "book/**/*.md",
    "book/**/*.bib",
    "book/**/*.css",
    "book/**/*.svg",
    "extraction/pages/**/*.md",
)
"""What is rendered as it stands, so that no code names it."""
CELL = re.compile(r"^```\{code-cell\}.*\n((?:.*\n)*?)```$", re.M)
FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
"""What a template is filled with, without which its cells are Python."""
OPTION = re.compile(r"^:.*\n", re.M)


def cells(page: str) -> str:
    """The code of a page's cells."""
    return "\n".join(OPTION.sub("", cell) for cell in CELL.findall(page))


def of_cells(page: str, tree: Tree) -> str:
    """Fingerprint of all that the cells of a page can read: their imports, records, posteriors, pins and the
    Python itself.
    """
    return _hash([tree.fingerprint((), cells(page)), *_around(tree.root)])


def of_book(root: Path = ROOT) -> str:
    """Fingerprint of everything the rendered book depends on."""
    tree = _tree(root)
    prose = [f"{name} {hashlib.sha256((root / name).read_bytes()).hexdigest()}" for name in _prose(root)]
    if _is_of_another_review(root):
        prose += [written.order(), *map(str, sorted(written.pages().items()))]
    return _hash([tree.fingerprint(_renderers(root), _all_cells(root)), *prose, *_around(root)])


def names(root: Path = ROOT) -> list[str]:
    """Every file that the rendered book depends on, sorted, by its path in the tree; of another review those
    of its folder.  Posteriors are not among them.
    """
    tree = _tree(root)
    modules = tree.closure([name for name, _ in _renderers(root)], tree.page(_all_cells(root)))
    if _is_of_another_review(root):
        read = {path.removeprefix(f"{OWN.name}/") for path in tree.files(modules)}
        found = {path for path in REVIEW.glob("pages/**/*.md")} | {REVIEW / path for path in read}
        return sorted(path.relative_to(REVIEW).as_posix() for path in found if path.is_file())
    code = (path.relative_to(root).as_posix() for name in modules if (path := tree.path(name)))
    return sorted({*code, *tree.files(modules), *_prose(root), PINS})


def _tree(root: Path) -> Tree:
    return Tree(root, REVIEW if _is_of_another_review(root) else None)


def _renderers(root: Path) -> list[tuple[str, str]]:
    """The build, and the extensions that the configuration names."""
    return [
        (name, "")
        for name in (
            "book.make.build",
            *re.findall(r"\bbook(?:\.\w+)+", beside(CONFIGURATION, root=root).read_text(encoding="utf-8")),
        )
    ]


def _all_cells(root: Path) -> str:
    if _is_of_another_review(root):
        return "\n".join(cells(page) for _, page in sorted(written.pages().items()))
    return "\n".join(
        cells(FILLED.sub("", page.read_text(encoding="utf-8")))
        for page in sorted((root / "book").rglob("*.md"))
    )


def _prose(root: Path) -> list[str]:
    found = (path for pattern in PROSE for path in root.glob(pattern) if path.is_file())
    return sorted({path.relative_to(root).as_posix() for path in found})


def _is_of_another_review(root: Path) -> bool:
    return root == ROOT and not IS_OWN


def _around(root: Path) -> list[str]:
    is_other = _is_of_another_review(root)
    stored = sorted(path.name for pattern in STORED for path in (HOME if is_other else root).glob(pattern))
    question = FILE if is_other else root / QUESTION  # its words count here alone
    words = [question.read_text(encoding="utf-8")] if question.exists() else []
    return [sys.version, beside(PINS, root=root).read_text(encoding="utf-8"), *words, *stored]


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
