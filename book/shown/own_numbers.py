"""Worked commands on anybody's numbers: each runs as the page is built, and is shown with what it prints."""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import chdir, redirect_stdout
from functools import cache
from pathlib import Path
from typing import NamedTuple

from extraction.commands import recover
from extraction.commands.parser import add_json
from models.pool import command as pool_command

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "own-numbers"
WIDTH = 76
"""Letters of a line."""


class Command(NamedTuple):
    """What is typed, and the file of `book/own-numbers` that is shown before it."""

    typed: str
    file: str | None = None


COMMANDS = {
    "read": Command('review-extraction recover read "1,2 [0,3; 4,1]" --as ratio'),
    "table": Command("review-extraction recover table --n-treated 9 --n-control 2 --p 0.4545 --test fisher"),
    "claim": Command('review-extraction recover claim "t(18) = -1.861, p = .96"'),
    "ranks": Command(
        "review-extraction recover rank --n-treated 9 --n-control 2 --p 0.0004 --test mann-whitney"
    ),
    "mean": Command("review-extraction recover mean --mean 3.4 --sd 1.7 --n 5 --scale 1 7 --samples"),
    "ratio": Command(
        "review-extraction recover ratio --estimate 2.79 --lower 0.55 --upper 16.22 --p 0.173"
        " --measure odds_ratio --events-treated 7 --n-treated 18 --events-control 4 --n-control 22"
    ),
    "curve": Command("review-extraction recover curve curve.csv", "curve.csv"),
    "logrank": Command(
        "review-extraction recover logrank --n-treated 491 --n-control 485 --events 485 --p .075"
    ),
    "counts": Command("pool-studies trials.csv --measure rr", "trials.csv"),
    "mixture": Command("pool-studies mixture.csv --leave-one-out", "mixture.csv"),
}
PLAIN = {"COLUMNS": str(WIDTH), "TERM": "dumb", "NO_COLOR": "1"}
"""Of the process that runs them: no colours, which a notebook's own environment asks for."""
PATIENCE = 600.0
"""Seconds, for all of them together; they take some five."""
LINES = 8
"""Of a file that are shown."""


def printed(name: str) -> str:
    """The file, the command, and what it prints."""
    command = COMMANDS[name]
    file = _shown(command.file) if command.file else ""
    typed = " \\\n    ".join(textwrap.wrap(f"$ {command.typed}", WIDTH - 4, break_on_hyphens=False))
    return f"{file}{typed}\n{_outputs()[name]}"


@cache
def _outputs() -> dict[str, str]:
    """What each command prints, all of them in one process: a notebook would show tables as its own."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
        cwd=ROOT.parent,
        env={name: value for name, value in os.environ.items() if "COLOR" not in name} | PLAIN,
    )
    return json.loads(done.stdout)


def _output(command: Command) -> str:
    """Of a command, its sentences wrapped as a terminal would; one that fails ends the process."""
    with chdir(FILES), redirect_stdout(io.StringIO()) as output:
        if code := run(shlex.split(command.typed)):
            sys.exit(code)
    lines = output.getvalue().rstrip().splitlines()
    return "\n".join("\n".join(textwrap.wrap(line, WIDTH)) if len(line) > WIDTH else line for line in lines)


def run(words: list[str]) -> int:
    """A command as its console script runs it. Returns its exit code."""
    program, *arguments = words
    if program == "pool-studies":
        return _parsed(pool_command.declare, arguments, pool_command.command)
    return _parsed(recover.declare, arguments[1:], recover.run)


def _parsed(declare: Callable, arguments: list[str], execute: Callable[[argparse.Namespace], int]) -> int:
    parser = argparse.ArgumentParser()
    add_json(parser, default=False)
    declare(parser)
    return execute(parser.parse_args(arguments))


def _shown(file: str) -> str:
    """The beginning of a file, as `head` prints it."""
    lines = (FILES / file).read_text(encoding="utf-8").splitlines()
    more = f"… and {len(lines) - LINES} lines more\n" if len(lines) > LINES else ""
    return f"$ cat {file}\n" + "".join(f"{line}\n" for line in lines[:LINES]) + more + "\n"


if __name__ == "__main__":
    print(json.dumps({name: _output(command) for name, command in COMMANDS.items()}))
