"""What a user can mend has one base class, and every command ends by it in the same way."""

import ast
from pathlib import Path

import pytest

import book.__main__ as books
import extraction.__main__ as records
from book.make import inputs
from extraction.fault import Fault
from extraction.tree import ROOT
from models import __main__ as numbers
from models import fit

MESSAGE = "invented2031: percent: found 'many': it must be a number"
INTERNAL = {"Exception", "ValueError", "RuntimeError", "OSError"}


def exceptions(path: Path) -> list[tuple[str, list[str]]]:
    """Public classes of a module with the names of their bases."""
    return [
        (node.name, [ast.unparse(base) for base in node.bases])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def test_every_public_error_of_the_packages_is_a_fault():
    found = [
        (path.name, name, bases)
        for package in ("extraction", "models", "book")
        for path in (ROOT / package).rglob("*.py")
        for name, bases in exceptions(path)
        if INTERNAL.intersection(bases) and "Fault" not in bases
    ]
    assert found == [("fault.py", "Fault", ["Exception"])]


def of_records(stop, monkeypatch) -> int:
    monkeypatch.setattr(records, "say_due", stop)
    return records.main(["due"])


def of_numbers(stop, monkeypatch) -> int:
    monkeypatch.setattr(fit, "load", stop)
    return numbers.main(["fit"])


def of_the_book(stop, monkeypatch) -> int:
    monkeypatch.setattr(inputs, "of_book", stop)
    return books.main([])


@pytest.mark.parametrize("command", [of_records, of_numbers, of_the_book])
@pytest.mark.parametrize(
    "stopped, code, words", [(Fault(MESSAGE), 1, MESSAGE), (KeyboardInterrupt(), 130, "nterrupted")]
)
def test_what_stops_a_command_is_one_line_and_an_exit_code(
    command, stopped, code, words, monkeypatch, capsys
):
    def stop(*_):
        raise stopped

    assert command(stop, monkeypatch) == code
    printed = capsys.readouterr()
    assert words in printed.err and printed.err.count("\n") == 1 and not printed.out
