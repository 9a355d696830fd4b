"""How the command lines of all packages are read, and how a command ends."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from extraction.extras import of_extra
from extraction.fault import Fault
from extraction.recover import Unusable
from extraction.recover.printed import number, whole

NARROWEST = 20
"""Columns of a terminal in which a table can still be read; one that claims fewer has not said its width."""
LEAST, MOST = 1e-12, 1e12
"""Between these lie the sizes of all numbers but 0 that a command is given."""
SEEDS = 2**32
"""Seeds of every sampler lie below this."""


class Parser(argparse.ArgumentParser):
    """Wrong usage gets one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")

    def print_help(self, file: object = None) -> None:
        """Print the help; raise OSError where it cannot be written, which argparse keeps to itself."""
        print(self.format_help(), end="", flush=True)


class Commands:
    """The commands of a parser, each with the line that says what it does.

    heading : above the commands that are added from now on
    helps : those lines, by heading and command
    """

    def __init__(self, parser: Parser, heading: str = "", help: str | None = None):
        self._commands = parser.add_subparsers(dest="command", required=True, help=help)
        self.heading = heading
        self.helps: dict[str, dict[str, str]] = {}

    def add_parser(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int],
        help: str,
        declare: Callable[[Parser], None] | None = None,
        *,
        root: Path | None = None,
        left: str = "nothing is written",
        extra: str = "fit",
    ) -> Parser:
        """A further command, which `run` answers with an exit code, and for machines where it is told so.

        declare : adds its own arguments
        root : of the review that it reads unless it is told another
        left : what is kept of it where it is interrupted
        extra : of the package, which brings those libraries that a plain installation may lack for it
        """
        self.helps.setdefault(self.heading, {})[name] = help
        command: Parser = self._commands.add_parser(name, help=help)
        command.set_defaults(run=run, left=left, extra=extra)
        add_json(command, default=False)
        if root:
            add_root(command, default=root)
        if declare:
            declare(command)
        return command


def add_json(parser: argparse.ArgumentParser, default: bool | str = argparse.SUPPRESS) -> None:
    """Declare `--json`; of a step of a command without default, which would undo what stands before it."""
    parser.add_argument("--json", action="store_true", default=default, help="print for machines")


def add_root(parser: argparse.ArgumentParser, default: Path | str = argparse.SUPPRESS) -> None:
    """Declare `--root`, likewise."""
    parser.add_argument("--root", type=folder, default=default, help="folder of register.yml and records/")


def print_json(found: object) -> None:
    """An answer for machines."""
    print(json.dumps(found, indent=1, default=str), flush=True)


def tell_files(given: argparse.Namespace, written: Iterable[Path]) -> None:
    """Where a command has written."""
    if given.json:
        print_json({"written": list(written)})
    else:
        print(*written, sep="\n")


def answer(parser: Parser, arguments: Sequence[str] | None = None) -> int:
    """Run the command that is asked for; its exit code, 1 where a fault stops it, 130 where it was
    interrupted.  Called wrongly, the process ends with 2.
    """
    given = argparse.Namespace(command="", left="")
    try:
        _use_terminal()
        parser.parse_args(arguments, given)
        with of_extra(given.extra):
            code = given.run(given)
        sys.stdout.flush()  # here, where a full disk can still be told
        return code
    except Fault as fault:
        print(fault, file=sys.stderr)
    except BrokenPipeError:  # `| head` has seen enough
        pass
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"{parser.prog} {given.command}".strip() + f": {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{parser.prog} {given.command}: interrupted; {given.left}", file=sys.stderr)
        return 130
    _let_go()
    return 1


def _use_terminal() -> None:
    """Write what a terminal can show, `?` for other letters, at a width that can be read; raise OSError where
    standard output is closed.
    """
    if sys.stdout is None or sys.stdout.closed:
        raise OSError("standard output is closed")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if (columns := os.environ.get("COLUMNS", "")).isdecimal() and int(columns) < NARROWEST:
        del os.environ["COLUMNS"]


def _let_go() -> None:
    """Write what is left of the output; where it cannot be written it is dropped, so that the end of the
    process does not complain of it again.
    """
    if sys.stdout is not None and not sys.stdout.closed:
        try:
            sys.stdout.flush()
        except OSError:
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def ending_the_process() -> Iterator[None]:
    """A fault that imports meet, as one in question.yml, ends the process with its message and code 1."""
    try:
        yield
    except Fault as fault:
        sys.exit(str(fault))


def folder(name: str) -> Path:
    """A folder that is there, from a command line."""
    if not (path := Path(name)).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {name}")
    return path


def counted(text: str) -> int:
    """A count as printed, `1,234`, from a command line."""
    try:
        return whole(text)
    except Unusable as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def measured(text: str) -> float:
    """A number as printed, `-0.15`, from a command line: 0, or of a size between LEAST and MOST."""
    try:
        found = float(number(text).value)
    except Unusable as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if found and not LEAST <= abs(found) <= MOST:
        raise argparse.ArgumentTypeError(f"{text}: it must be 0 or between {LEAST:g} and {MOST:g} in size")
    return found


def seeded(text: str) -> int:
    """The seed of a sampler, from a command line."""
    if (seed := counted(text)) >= SEEDS:
        raise argparse.ArgumentTypeError(f"{text} is no seed: it is a whole number below {SEEDS:,}")
    return seed
