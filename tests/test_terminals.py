"""Whatever a terminal is or sends: an answer, or one line that says why there is none."""

import argparse
import io
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from example_review import EXAMPLE

from book.make import build, serve
from extraction.commands.parser import LEAST, MOST, SEEDS, counted, measured, seeded
from models.history import what_if
from models.pool.fit import priors_of
from models.pool.measures import MEASURES
from review.__main__ import main, parser_of

COUNTS = "study,events_treated,n_treated,events_control,n_control\nAda,3,20,5,22\nBen,4,30,2,28\n"
COMMANDS = {
    "check": ["check", "--root", str(EXAMPLE)],
    "check --json": ["check", "--root", str(EXAMPLE), "--json"],
    "due": ["due", "--root", str(EXAMPLE)],
    "a table": ["recover", "table", "--n-treated", "9", "--n-control", "2", "--p", "0.4545"],
    "a line": ["recover", "read", "--as", "p", "P ≤ .04"],
    "pool": ["pool", "{counts}", "--measure", "or"],
}


@pytest.fixture(params=COMMANDS)
def command(request, tmp_path) -> list[str]:
    """A command that prints something, here of invented studies."""
    (tmp_path / "counts.csv").write_text(COUNTS)
    return [word.format(counts=tmp_path / "counts.csv") for word in COMMANDS[request.param]]


def one_line(capsys) -> str:
    """What was said of the error, which is a line."""
    error = capsys.readouterr().err
    assert error.endswith("\n") and error.count("\n") == 1 and "Traceback" not in error, error
    return error


# where output goes


def test_a_full_device_is_told_in_one_line(command, monkeypatch, capsys):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(command) == 1
    assert "No space left on device" in one_line(capsys)


def test_so_is_output_that_is_closed(command, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(command) == 1
    assert "standard output is closed" in one_line(capsys)


def test_help_for_a_full_device_is_told_as_well(monkeypatch, capsys):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["pool", "--help"]) == 1
    assert "No space left on device" in one_line(capsys)


def test_a_terminal_of_ascii_gets_the_answer_without_the_letters_that_it_lacks(command, monkeypatch):
    shown = {}
    for encoding in ("ascii", "utf-8"):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        assert main(command) == 0
        shown[encoding] = written.getvalue().decode(encoding)
    words = [[word for word in text.split() if word.isascii() and word.isalnum()] for text in shown.values()]
    assert words[0] == words[1] and words[0]


@pytest.mark.parametrize("columns", ["0", "1", "-1", "wide", ""])
def test_a_terminal_that_claims_no_width_gets_whole_tables(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(COMMANDS["a table"]) == 0
    table = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", columns)
    assert main(COMMANDS["a table"]) == 0
    assert capsys.readouterr().out == table


# numbers


def actions(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Every option of a parser and of its commands, with the command's name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from actions(below)
        else:
            yield parser.prog, action


NUMBERS = [
    (f"{command} {action.option_strings or action.dest}", action.type)
    for command, action in actions(parser_of(None))
    if action.type in (int, float, counted, measured, seeded)
]


def test_every_number_of_a_command_line_is_read_as_papers_print_it():
    assert len(NUMBERS) > 20
    assert [name for name, read in NUMBERS if read in (int, float)] == []


@pytest.mark.parametrize("read", [counted, measured, seeded])
@pytest.mark.parametrize(
    "typed", ["٣", "1_0", "1e400", "9" * 23, "nan", "inf", "0x5", "", " ", "５", "1e-300"]
)
def test_what_is_no_number_to_a_reader_is_none(read, typed):
    with pytest.raises(argparse.ArgumentTypeError):
        read(typed)


def test_what_is_a_number_is_read():
    assert [counted(typed) for typed in ("40", "1,234", "0")] == [40, 1234, 0]
    assert [measured(typed) for typed in ("-0.15", "0", "0·5")] == [-0.15, 0.0, 0.5]
    assert measured(f"{LEAST:g}") == LEAST and measured(f"{MOST:g}") == MOST
    assert seeded(str(SEEDS - 1)) == SEEDS - 1
    with pytest.raises(argparse.ArgumentTypeError):
        seeded(str(SEEDS))


@pytest.mark.parametrize(
    "options",
    [
        ["--mu-sd", "1e-300"],
        ["--mu-sd", "1e400"],
        ["--baseline-sd", "1e-300"],
        ["--seed", "9" * 23],
        ["--beyond", "1e400"],
        ["--mu", "normal:0:1e-300"],
        ["--mu", "normal:1e300:1"],
        ["--mu", "normal:0:1_0"],
        ["--tau", "half-normal:٣"],
        ["--tau", "uniform:0:1e300"],
        ["--effects", "t:٣"],
    ],
)
def test_a_number_that_no_effect_has_is_wrong_usage(options, tmp_path, capsys):
    (tmp_path / "counts.csv").write_text(COUNTS)
    try:
        code = main(["pool", str(tmp_path / "counts.csv"), "--measure", "or", *options])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert one_line(capsys)


@pytest.mark.parametrize("size", ["1e-9", "1", "1e9"])
def test_priors_of_every_size_that_an_effect_has_are_taken(size):
    assert priors_of(MEASURES["or"], f"normal:0:{size}").mu.parameters == (0.0, float(size))


@pytest.mark.parametrize("count", ["٣", "1_0", "0x5"])
def test_a_cell_that_is_no_number_to_a_reader_is_named(count, tmp_path, capsys):
    (tmp_path / "counts.csv").write_text(COUNTS.replace("Ada,3", f"Ada,{count}"))
    assert main(["pool", str(tmp_path / "counts.csv"), "--measure", "or"]) == 1
    assert f"line 2, column events_treated: '{count}' must be a number" in one_line(capsys)


# places


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "HTML", tmp_path)
    (tmp_path / "index.html").write_text("<p>The book</p>")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["book", "serve", "--port", port]) == 1
    assert f"Port {port}: " in (said := one_line(capsys)) and "in use" in said
    assert main(["book", "serve", "--port", "99999"]) == 1
    assert "port must be 0-65535" in one_line(capsys)


def test_no_book_is_shown_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "HTML", tmp_path)
    with pytest.raises(build.NotMade, match="run `python -m book` first"):
        serve.served(0)


def test_what_if_is_asked_in_a_copy_that_may_be_changed_though_the_tree_may_not(tmp_path):
    tree = tmp_path / "tree"
    (tree / "records").mkdir(parents=True)
    (tree / "records/one2031.yml").write_text("study: one2031\n")
    (tree / "records.py").write_text("")
    (tree / "records/one2031.yml").chmod(0o400)
    (tree / "records").chmod(0o500)
    try:
        with what_if._copy(tree) as folder:
            assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.*")] == [
                "records/one2031.yml"
            ]
            assert all(path.stat().st_mode & 0o200 for path in folder.rglob("*"))
    finally:
        (tree / "records").chmod(0o700)
