"""`review`: every command of the three packages under one name.

A command is found where its package declares it; only packages up to that one are imported.
"""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import importlib
import sys
from collections.abc import Sequence

from extraction.commands.parser import Commands, Parser, answer, ending_the_process, print_json

PACKAGES = {"extraction": "Papers → records", "models": "Records → posteriors", "book": "Posteriors → pages"}
"""The packages in their order, and what their commands do."""
SHELLS = ("bash", "zsh", "fish")
WIDTH = 16
"""Of the column of commands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code, as `answer` gives it."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = parser_of(given[0] if given else None)
    if "_ARGCOMPLETE" in os.environ:  # set by the shell, for an answer and no more
        import argcomplete

        argcomplete.autocomplete(parser)
    return answer(parser, given)


def parser_of(command: str | None) -> Parser:
    """A parser of the commands up to the one that is asked for; of all, where it is none."""
    parser = Parser(
        prog="review",
        usage="review [-h] COMMAND ...",
        description="A living systematic review: its records, posteriors and pages.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = Commands(parser, help=argparse.SUPPRESS)
    for package, commands.heading in PACKAGES.items():
        if any(command in names for names in commands.helps.values()):
            break
        with ending_the_process():
            importlib.import_module(f"{package}.__main__").add_commands(commands)
    commands.heading = "This console"
    completion = commands.add_parser(
        "completion", print_completion, "print what a shell reads to complete all this"
    )
    completion.add_argument("shell", choices=SHELLS)
    parser.epilog = "\n\n".join(
        "\n".join([heading, *(f"  {name:<{WIDTH}}{help}" for name, help in names.items())])
        for heading, names in commands.helps.items()
    )
    return parser


def print_completion(given: argparse.Namespace) -> int:
    """What `source <(review completion bash)` reads."""
    import argcomplete

    script = argcomplete.shellcode(["review"], shell=given.shell)
    if given.json:
        print_json({"shell": given.shell, "script": script})
    else:
        print(script)
    return 0


if __name__ == "__main__":
    sys.exit(main())
