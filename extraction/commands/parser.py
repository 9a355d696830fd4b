"""How the command lines of all packages are read, and how a command ends."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from extraction.extras import of_extra
from extraction.fault import Fault
from extraction.recover import Unusable
from extraction.recover.printed import whole


class Parser(argparse.ArgumentParser):
    """Wrong usage gets one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


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
        *,
        run: Callable[[argparse.Namespace], int],
        help: str,
        parents: Sequence[Parser] = (),
        left: str = "nothing is written",
        extra: str = "fit",
    ) -> Parser:
        """A further command, which `run` answers with an exit code.

        left : what is kept of it where it is interrupted
        extra : of the package, which brings those libraries that a plain installation may lack for it
        """
        self.helps.setdefault(self.heading, {})[name] = help
        command: Parser = self._commands.add_parser(name, help=help, parents=list(parents))
        command.set_defaults(run=run, left=left, extra=extra)
        return command


def answer(parser: Parser, arguments: Sequence[str] | None = None) -> int:
    """Run the command that is asked for; its exit code, 1 where a fault stops it, 130 where it was
    interrupted.  Called wrongly, the process ends with 2.
    """
    given = parser.parse_args(arguments)
    name = f"{parser.prog} {given.command}"
    try:
        with of_extra(given.extra):
            return given.run(given)
    except Fault as fault:
        print(fault, file=sys.stderr)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"{name}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{name}: interrupted; {given.left}", file=sys.stderr)
        return 130
    return 1


@contextmanager
def ending_the_process() -> Iterator[None]:
    """A fault that imports meet, as one in question.yml, ends the process with its message and code 1."""
    try:
        yield
    except Fault as fault:
        sys.exit(str(fault))


def counted(text: str) -> int:
    """A count as printed, `1,234`, from a command line."""
    try:
        return whole(text)
    except Unusable as error:
        raise argparse.ArgumentTypeError(str(error)) from error
