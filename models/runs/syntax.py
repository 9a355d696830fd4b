"""What the text of a module says, whatever its layout: its syntax, what its names mean, and the strings that
could name a file.
"""

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from extraction.fault import Fault

READ_DOCSTRINGS = {"__doc__", "getdoc", "get_docstring"}
"""Names by which code reads docstrings."""
IMPORT_BY_NAME = {"import_module", "__import__"}
SILENT = {"ctx", "type_comment", "kind", "type_ignores"}
"""Fields of the syntax that change nothing."""
LONGEST_NAME = 120  # of a file, in characters

Target = tuple[str, str]
"""What an imported name means: a module, and a name in it or nothing."""


class Unforeseeable(Fault):
    """A module imports what only its run would tell, so no fingerprint covers it."""


@dataclass
class Module:
    """What a module says.

    syntax : fingerprint of its syntax, each imported name as its place among `meanings`; empty where it holds
    no code
    imports : all that it imports, wherever; strings : those that could name a file, with `*` for what an
    f-string computes
    """

    syntax: str = ""
    meanings: list[Target] = field(default_factory=list)
    imports: list[Target] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    docstrings: str = ""
    reads_docstrings: bool = False


def read(text: str, package: str, name: str) -> Module:
    """What a text says; `package` is the one around it, `name` stands in messages.  Raises Unforeseeable for
    a computed import.
    """
    tree = ast.parse(text)
    meanings: dict[str, set[Target]] = defaultdict(set)
    bound: set[str] = set()
    for node in _executed(tree):
        for local, target in _imports(node, package, name):
            meanings[local].add(target)
        bound.update(_bound(node))
    # a name that is bound otherwise too, or has two meanings, stays as it is spelt
    writer = _Writer(
        {
            local: next(iter(found))
            for local, found in meanings.items()
            if len(found) == 1 and local not in bound
        },
        package,
        name,
    )
    writer.statements(tree.body)
    imports = set().union(*meanings.values()) - {("__future__", "annotations")}
    return Module(
        _digest(writer.words),
        list(writer.places),
        sorted(imports),
        sorted(writer.strings),
        _digest(writer.docstrings),
        writer.reads_docstrings,
    )


def _digest(words: list[str]) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16] if words else ""


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that only a type checker reads."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.orelse if _is_for_checkers(node) else ast.iter_child_nodes(node)


def _is_for_checkers(node: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING"


def _last_name(node: ast.AST) -> str | None:
    return getattr(node, "attr", None) or getattr(node, "id", None)


def _imports(node: ast.AST, package: str, name: str) -> Iterator[tuple[str, Target]]:
    """The name bound, and its meaning, of each import in a statement or call."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            whole, first = (alias.name, ""), (alias.name.partition(".")[0], "")
            yield from (
                [(alias.asname, whole)]
                if alias.asname
                else [(first[0], first), (f"import {alias.name}", whole)]
            )
    elif isinstance(node, ast.ImportFrom):
        around = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
        module = ".".join([*around, *filter(None, [node.module])])
        for alias in node.names:
            if alias.name == "*":
                raise Unforeseeable(f"{name}, line {node.lineno}: `import *` does not say what it imports")
            yield alias.asname or alias.name, (module, alias.name)
    elif isinstance(node, ast.Call) and _last_name(node.func) in IMPORT_BY_NAME:
        named = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if not isinstance(named, str):
            raise Unforeseeable(f"{name}, line {node.lineno}: what it imports is known at run time alone")
        yield f"import {named}", (named, "")


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a node binds otherwise than by an import."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    elif isinstance(node, ast.MatchMapping):
        yield node.rest or ""
    elif not isinstance(node, ast.alias) and isinstance(bound := getattr(node, "name", None), str):
        yield bound


class _Writer:
    """Writes a syntax tree as words, with meanings in the place of imported names."""

    def __init__(self, meanings: dict[str, Target], package: str, name: str):
        self.meanings, self.around = meanings, (package, name)
        self.words: list[str] = []
        self.places: dict[Target, int] = {}
        self.strings: set[str] = set()
        self.docstrings: list[str] = []
        self.reads_docstrings = False

    def statements(self, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                if isinstance(node.value.value, str):
                    self.docstrings.append(node.value.value)
            elif _is_for_checkers(node):
                self.statements(node.orelse)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self._spelt_imports(node)
            elif not isinstance(node, ast.Pass):
                self._node(node)

    def _spelt_imports(self, node: ast.stmt) -> None:
        """An import of which the name is kept as spelt stays in its place; the others are told apart from
        their place, in `imports`.
        """
        for local, target in _imports(node, *self.around):
            if local not in self.meanings:
                self.words += ["import", local, self._place(target)]

    def _place(self, target: Target) -> str:
        return f"<{self.places.setdefault(target, len(self.places))}>"

    def _node(self, node: ast.AST) -> None:
        words = self.words
        if isinstance(node, ast.Name):
            words.append(self._place(self.meanings[node.id]) if node.id in self.meanings else node.id)
            self.reads_docstrings |= node.id in READ_DOCSTRINGS
            return
        if isinstance(node, ast.Constant):
            words.append(f"{type(node.value).__name__} {node.value!r}")
            self._could_name_a_file(node.value)
            return
        words.append(type(node).__name__)
        if isinstance(node, ast.JoinedStr):
            self._could_name_a_file(
                "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
            )
        elif isinstance(node, ast.Attribute):
            self.reads_docstrings |= node.attr in READ_DOCSTRINGS
        for name in node._fields:
            if name not in SILENT and (value := getattr(node, name)) not in (None, []):
                words.append(name)
                self._value(name, value, node)
        words.append(".")

    def _value(self, name: str, value: object, node: ast.AST) -> None:
        if isinstance(value, ast.AST):
            self._node(value)
        elif not isinstance(value, list):
            self.words.append(str(value))
        elif isinstance(value[0], ast.stmt):
            self.statements(value)
        else:
            for part in value:
                self._value(name, part, node)

    def _could_name_a_file(self, value: object) -> None:
        if (
            isinstance(value, str)
            and len(value) <= LONGEST_NAME
            and not any(letter.isspace() for letter in value)
        ):
            self.strings.add(value)
