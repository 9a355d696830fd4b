"""The console command `review`: one help page for the commands of all packages, completed by the shell."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from extraction.commands.parser import Commands, Parser, answer
from extraction.extras import NotInstalled, of_extra
from review.__main__ import PACKAGES, SHELLS, main, parser_of

ROOT = Path(__file__).resolve().parent.parent


def commands_of(package: str) -> dict[str, str]:
    """Commands that a package declares, with their lines of help."""
    commands = Commands(Parser())
    import_module(f"{package}.__main__").add_commands(commands)
    return commands.helps[""]


def helped(capsys) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def test_one_page_of_help_shows_every_command_under_the_step_that_it_belongs_to(capsys):
    page = helped(capsys)
    starts = [page.index(f"\n{heading}\n") for heading in PACKAGES.values()]
    assert starts == sorted(starts), "papers come before records, records before posteriors"
    parts = [page[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    for package, part in zip(PACKAGES, parts, strict=True):
        for name, words in commands_of(package).items():
            assert re.search(rf"^  {name} +{re.escape(words)}$", part, re.M), name


def test_no_command_has_the_name_of_another():
    names = [name for package in PACKAGES for name in commands_of(package)]
    assert sorted(set(names)) == sorted(names)


def test_a_command_runs_as_it_does_under_its_package(capsys):
    table = ["recover", "table", "--n-treated", "9", "--n-control", "2", "--p", "0.4545", "--json"]
    assert main(table) == 0
    here = capsys.readouterr().out
    assert import_module("extraction.__main__").main(table) == 0
    assert capsys.readouterr().out == here


def test_checking_loads_nothing_of_the_models():
    """Nobody waits for numba where records are looked at."""
    code = (
        "import sys; from review.__main__ import main; main(['due']);"
        "sys.exit(any(m.partition('.')[0] in ('models', 'book') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert done.returncode == 0


@pytest.mark.parametrize("wrong", [[], ["nonsense"], ["book", "nonsense"]])
def test_what_is_no_command_is_told_in_one_line(wrong, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(wrong)
    told = capsys.readouterr()
    assert stopped.value.code == 2 and told.err.count("\n") == 1 and not told.out


def completed(line: str, tmp_path: Path) -> set[str]:
    """What a shell is offered after a line, by the protocol of argcomplete."""
    offered = tmp_path / "offered"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(offered),
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run([sys.executable, "-m", "review"], cwd=ROOT, env=os.environ | asked, check=True)
    return set(offered.read_text(encoding="utf-8").split("\n"))


def test_a_shell_completes_commands_and_what_stands_below_them(tmp_path):
    # which commands begin so is read off the help pages, not off the parser
    assert completed("review rec", tmp_path) == {"recover"}
    assert {"build", "bundle", "pdf"} <= completed("review book ", tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_is_to_read_is_in_its_language(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "review" in script
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=script, text=True, check=True)


def test_a_library_that_is_left_out_is_named_with_what_brings_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "xarray", None)  # as Python finds no such module
    parser = Parser(prog="review")

    def run(_):
        import xarray

        return bool(xarray)

    Commands(parser).add_parser("invented", run, "", extra="book")
    assert answer(parser, ["invented"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "xarray" in told and "[book]'" in told


def test_a_missing_module_of_our_own_is_no_library_to_install():
    with pytest.raises(ModuleNotFoundError), of_extra("fit"):
        import models.invented  # noqa: F401
    with pytest.raises(NotInstalled), of_extra("fit"):
        import invented_library  # noqa: F401


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers at which a command line can end."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not (below and below[0].required):
        yield parser
    for action in below:
        for step in action.choices.values():
            yield from leaves(step)


def test_every_command_answers_machines():
    deaf = [p.prog for p in leaves(parser_of(None)) if "--json" not in p._option_string_actions]
    assert deaf == []


def told(capsys, *words: str) -> dict:
    """What a command tells machines."""
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_machines_are_told_which_searches_are_due_and_what_was_written(tmp_path, capsys):
    new = str(tmp_path / "new")
    started = told(capsys, "start", new, "--question", "Invented")
    assert started == {"folder": new, "invented": "example2031"}
    due = told(capsys, "due")["due"]
    sources = yaml.safe_load((ROOT / "extraction" / "living.yml").read_text(encoding="utf-8"))["sources"]
    # none of the review's sources has been searched yet
    assert [(place["id"], place["last"]) for place in due] == [(s["id"], None) for s in sources]
    begun = told(capsys, "new", "sample2030", "--doi", "10.1234/sample.2030", "--root", new)
    assert [Path(path).name for path in begun["written"]] == ["sample2030.yml", "register.yml"]
    assert begun["replaced"] == "example2031"
    [exported] = told(capsys, "export", str(tmp_path / "out"), "--form", "csl")["written"]
    assert Path(exported).name == "studies.csl.json"
    assert "review" in told(capsys, "completion", "bash")["script"]
