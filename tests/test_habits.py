"""Habits of the code that no linter holds."""

import ast
import re
import subprocess

import pytest
from conftest import LONGEST_FIRST

from extraction.tree import ROOT

ROOMS = ("extraction", "models", "book", "benchmarks")
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def files(*rooms):
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def nested(node: ast.AST) -> int:
    """How deep comprehensions stand in each other."""
    inner = max((nested(child) for child in ast.iter_child_nodes(node)), default=0)
    return inner + isinstance(node, COMPREHENSIONS)


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("[x for x in y]", 1),
        ("{k: [x for x in v] for k, v in z}", 2),
        ("[sum(f(w) for w in [u for u in x]) for x in y]", 3),
    ],
)
def test_nested_comprehensions_are_counted(code, depth):
    assert nested(ast.parse(code)) == depth


def test_no_three_comprehensions_stand_in_each_other():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files(*ROOMS, "tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, COMPREHENSIONS) and nested(node) > 2
    ]
    assert found == []


def test_every_file_of_tests_that_is_begun_first_is_there():
    assert all((ROOT / "tests" / f"{name}.py").is_file() for name in LONGEST_FIRST)


def test_no_file_holds_the_marks_of_a_merge_that_was_not_finished():
    marks = re.compile(rb"^(<{7} |>{7} )", re.M)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    held = [ROOT / name for name in names.decode().split("\0") if name]
    assert held and not [path for path in held if path.is_file() and marks.search(path.read_bytes())]
