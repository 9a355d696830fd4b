"""What the book is made from, and the two fingerprints that keep a page from going stale.

A page's outputs depend on its code cells and on all that a cell can read; the book depends on that and on its prose.
"""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READ_BY_CELLS = (
    "extraction/**/*", "models/**/*", "book/**/*.py", "book/**/*.csv", "book/*.js", "book/*.html", "benchmarks/**/*.py", "tests/reference/*", "releases/*.json",
    "pyproject.toml", "requirements.lock", "README.md", "CHANGELOG.md", "CITATION.cff",
)
POSTERIORS = "_build/posteriors/*.json"
"""Known by their names alone, which hold the keys of everything they come from."""

PROSE = ("_config.yml", "_toc.yml", "book/**/*.md", "book/**/*.bib", "book/**/*.css", "book/**/*.svg")


def of_cells(root: Path = ROOT) -> str:
    """Fingerprint of everything a page's code can read: records, posteriors, code, pins and the Python itself."""
    return _fingerprint(root, READ_BY_CELLS)


def of_book(root: Path = ROOT) -> str:
    """Fingerprint of everything the rendered book depends on."""
    return _fingerprint(root, READ_BY_CELLS + PROSE)


def names(root: Path = ROOT, patterns: tuple[str, ...] = READ_BY_CELLS + PROSE) -> list[str]:
    """Every file of the tree that the rendered book depends on, sorted; posteriors are not among them."""
    return sorted({path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern) if _is_input(path)})


def _fingerprint(root: Path, patterns: tuple[str, ...]) -> str:
    whole = hashlib.sha256(sys.version.encode())
    for name in names(root, patterns):
        content = hashlib.sha256((root / name).read_bytes()).hexdigest()
        whole.update(f"{name}\0{content}\0".encode())
    for path in sorted(root.glob(POSTERIORS)):
        whole.update(f"{path.name}\0".encode())
    return whole.hexdigest()[:16]


def _is_input(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts
