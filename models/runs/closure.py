"""The fingerprint of code: functions and modules of this tree with all that they import of it, and the data
files that these read.

A module counts as its syntax, without comments, positions and docstrings; how files are named, and what
importers call a module, does not count, so a module may move.  Docstrings count where a module of the closure
reads docstrings.  Imports under `if TYPE_CHECKING:` are not executed.

A data file counts where strings of the closure name it and every folder that it lies in, but folders of the
closure's own modules: whole (`growth.json`), by a pattern or f-string (`*.yml`) in a folder named or beside
the module, or by the ending put in place of its own (`.yml`).  Of YAML, blocks under the key `shown` do not
count: they are words for readers, from which nothing is computed.
"""

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import astuple
from fnmatch import translate
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

from extraction.tree import BUILD, OWN, REVIEW, ROOT
from models.runs import kept, syntax
from models.runs.syntax import Module, Target

OURS = {"extraction", "models", "book", "review"}
"""Packages of this project, where others lie beside them."""

SHOWN = re.compile(rb"^( *)shown:\n(?:\1 .*\n)+", re.MULTILINE)
"""Words for readers in YAML."""
ROUNDS = 3
"""In each, the mark of a module takes in those of the modules it names, so that modules of the same words
differ by their neighbours.
"""


def fingerprint(*code: Callable | ModuleType) -> str:
    """Fingerprint of functions and modules of this tree, computed once in a process; raise Unforeseeable
    where a module imports by a computed name.
    """
    return _fingerprint(
        *(
            (part.__name__, "") if isinstance(part, ModuleType) else (part.__module__, part.__qualname__)
            for part in code
        )
    )


@cache
def _fingerprint(*code: Target) -> str:
    return this_tree().fingerprint(code)


@cache
def this_tree() -> "Tree":
    return Tree(ROOT, REVIEW)


class Tree:
    """The modules and data files below a folder, each read once.

    review : folder of another review, whose files count in the place of those of the folder's own
    """

    def __init__(self, root: Path, review: Path | None = None):
        self.root, self._own = root, root / OWN.name
        self.review = review or self._own
        self._modules: dict[str, Module] = {}
        self._memory = Memory((BUILD if _is_shared(root) else root / "_build") / "syntax.json")
        self._contents: dict[str, str] = {}
        self._marks: dict[tuple, str] = {}
        self._meanings: dict[Target, Target] = {}

    def fingerprint(self, code: Iterable[Target], cells: str = "") -> str:
        """Fingerprint of functions (module and name) and whole modules (name empty), and of the code cells of
        a page.
        """
        page = self.page(cells)
        names = self.closure({name for name, _ in code}, page)
        documented = any(self.module(name).reads_docstrings for name in names)
        self._memory.keep()
        marks = sorted(self._mark(name, documented) for name in names)
        return _hash(
            repr(
                [
                    sorted((self._mark(name, documented), function) for name, function in code),
                    marks,
                    self._mark_of(page, documented),
                    self._contents_of(self.files(names)),
                ]
            )
        )

    def page(self, cells: str) -> Module:
        """What the cells of a page say; nothing of what is no Python, which fails as it runs."""
        try:
            return syntax.read(cells, "", "a page")
        except SyntaxError:
            return Module()

    def closure(self, names: Iterable[str], importer: Module | None = None) -> list[str]:
        """These modules and all of this tree that they import, with the packages around them; what says
        nothing is left aside.
        """
        waiting, found = [*names, *self._imported(importer or Module())], set()
        while waiting:
            name = waiting.pop()
            if name and name not in found:
                found.add(name)
                waiting += [name.rpartition(".")[0], *self._imported(self.module(name))]
        return sorted(name for name in found if self.module(name).syntax)

    def files(self, modules: Iterable[str]) -> list[str]:
        """Paths of the data files that modules name, sorted."""
        strings: dict[str, set[str]] = {}  # by the folder of the module
        beside = set()
        for name in modules:
            own = self._path(name).relative_to(self.root)
            strings.setdefault(own.parent.as_posix(), set()).update(self.module(name).strings)
            beside |= {
                own.with_suffix(ending).as_posix()
                for ending in self.module(name).strings
                if re.fullmatch(r"\.[a-z]+", ending)
            }
        said = set().union(*strings.values())
        words = {word for string in said for word in string.split("/")}
        folders = {".", *(above for folder in strings for above in _up(folder))}
        found = []
        for folder, files in self._data:
            if folder in folders or _are_named(folder, folders, words):
                matches = _any_of(said if folder.rpartition("/")[2] in words else strings.get(folder, ()))
                found += [
                    path
                    for path in files
                    if path in beside or path.rpartition("/")[2] in words or matches(path)
                ]
        return sorted(found)

    def module(self, name: str) -> Module:
        """A module by its dotted name; raise ModuleNotFoundError for one that is not of this tree."""
        if name not in self._modules:
            path = self._path(name)
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            self._modules[name] = self._memory.read(path.read_text(encoding="utf-8"), package, name)
        return self._modules[name]

    def _path(self, name: str) -> Path:
        if not (path := self.path(name)):
            raise ModuleNotFoundError(f"no module {name} in {self.root}")
        return path

    def path(self, name: str) -> Path | None:
        """File of a module by its dotted name; None where this tree has none."""
        base = self.root.joinpath(*name.split("."))
        return next(
            (path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None
        )

    @cached_property
    def packages(self) -> set[str]:
        found = {path.parent.name for path in self.root.glob("*/__init__.py")}
        return found & OURS if _is_shared(self.root) else found

    def _imported(self, module: Module) -> Iterator[str]:
        """Modules of this tree that a module imports."""
        return (self._meant(target)[0] for target in module.imports if self._is_here(target))

    def _is_here(self, target: Target) -> bool:
        return target[0].partition(".")[0] in self.packages

    def _meant(self, target: Target) -> Target:
        """What is imported from a package may be a module in it."""
        if target not in self._meanings:
            module, name = target
            is_module = name and self.path(f"{module}.{name}")
            self._meanings[target] = (f"{module}.{name}", "") if is_module else target
        return self._meanings[target]

    def _mark(self, name: str, documented: bool, rounds: int = ROUNDS) -> str:
        """A mark of a module that tells what it says and whom it names, but not how files are called."""
        if rounds and (name, documented, rounds) not in self._marks:
            self._marks[name, documented, rounds] = self._mark_of(self.module(name), documented, rounds)
        return self._marks[name, documented, rounds] if rounds else ""

    def _mark_of(self, module: Module, documented: bool, rounds: int = ROUNDS) -> str:
        def meaning(target: Target) -> str:
            if not self._is_here(target):
                return " ".join(target)
            name, attribute = self._meant(target)
            return f"{self._mark(name, documented, rounds - 1)} {attribute}"

        return _hash(
            repr(
                [
                    module.syntax,
                    [meaning(t) for t in module.meanings],
                    sorted(meaning(t) for t in module.imports),
                    documented and module.docstrings,
                ]
            )
        )

    @cached_property
    def _data(self) -> list[tuple[str, list[str]]]:
        """Each folder of the tree with the paths of its files that are not code."""
        by_folder: dict[str, list[str]] = {}
        for path in self._places:
            by_folder.setdefault(path.rpartition("/")[0] or ".", []).append(path)
        return list(by_folder.items())

    @cached_property
    def _places(self) -> dict[str, Path]:
        """Where the file of each path lies: those of another review have the paths that the tree's own, which
        then are left aside, would have.
        """
        if self.review == self._own:
            return _below(self.root)
        others = {path: place for path, place in _below(self.root).items() if not self._is_of_the_own(path)}
        return others | {f"{self._own.name}/{path}": place for path, place in _below(self.review).items()}

    def _is_of_the_own(self, path: str) -> bool:
        """Whether a path is that of a data file of the tree's own review: those beside the code that reads
        them, and folders of data alone.
        """
        top, *inside = path.split("/")
        if top != self._own.name:
            return False
        return (
            path.endswith(".yml")
            if len(inside) == 1
            else not (self._own / inside[0] / "__init__.py").exists()
        )

    def _contents_of(self, files: Iterable[str]) -> list[str]:
        for path in files:
            if path not in self._contents:
                content = self._places[path].read_bytes().replace(b"\r\n", b"\n")
                if path.endswith(".yml"):
                    content = SHOWN.sub(b"", content)
                self._contents[path] = hashlib.sha256(content).hexdigest()
        return sorted(self._contents[path] for path in files)


def _is_shared(root: Path) -> bool:
    """Whether other packages lie in the folder as well: that of an installed package."""
    return root.name in ("site-packages", "dist-packages")


def _below(root: Path) -> dict[str, Path]:
    """Files that are not code, by their path below a folder; what is hidden or built is left aside."""
    found: dict[str, Path] = {}
    tops = sorted(root / name for name in OURS) if _is_shared(root) else [root]
    for folder, below, files in (step for top in tops for step in os.walk(top)):
        below[:] = [name for name in below if name[0] not in "._"]
        places = (Path(folder, name) for name in files if not name.endswith((".py", ".partial")))
        found |= {place.relative_to(root).as_posix(): place for place in places}
    return found


def _are_named(folder: str, folders: set[str], words: set[str]) -> bool:
    """Whether a folder, and each around it, is among `folders` or has its name among `words`."""
    return all(path in folders or path.rpartition("/")[2] in words for path in _up(folder))


def _any_of(strings: Iterable[str]) -> Callable:
    """Whether a path, below the root, fits one of the patterns among these strings."""
    patterns = [
        translate(f"*/{string}") for string in sorted(strings) if re.search(r"\*.*\.[a-z0-9]+$", string)
    ]
    return re.compile("|".join(patterns) or "(?!)").match


def _up(folder: str) -> list[str]:
    """Paths of a folder and of all around it."""
    parts = folder.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


class Memory:
    """What modules said when they were read last: reading takes time, and few of them change."""

    def __init__(self, path: Path):
        self.path, self.is_new = path, False
        self.key = _hash(sys.version + Path(syntax.__file__).read_text(encoding="utf-8"))
        self.known: dict[str, list] = kept.read(path, self.key) or {}

    def read(self, text: str, package: str, name: str) -> Module:
        """What a module says; from memory where its text is the same."""
        content = _hash(f"{package} {text}")
        if self.known.get(name, [None])[0] != content:
            self.known[name], self.is_new = [content, *astuple(syntax.read(text, package, name))], True
        _, code, meanings, imports, *rest = self.known[name]  # JSON has lists for tuples
        return Module(code, [*map(tuple, meanings)], [*map(tuple, imports)], *rest)

    def keep(self) -> None:
        if self.is_new:
            with suppress(OSError):  # a folder that may not be written is no hindrance
                kept.write_on_one_line(self.path, self.key, self.known)
            self.is_new = False


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
