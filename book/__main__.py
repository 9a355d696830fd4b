"""`python -m book`: write the generated pages, run and render all, and say which file to open; `python -m
book bundle` packs it for others, and `python -m book pdf` prints it.

Where nothing that the book depends on has changed, nothing is done.
"""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import partial
from pathlib import Path

from extraction.commands.parser import (
    Commands,
    Parser,
    add_json,
    answer,
    counted,
    ending_the_process,
    print_json,
)
from extraction.extras import of_extra
from extraction.fault import Fault

with ending_the_process():
    from models.runs.alone import alone

PORT = 8000

type Made = tuple[str, dict]
"""What was made, in a sentence and for machines."""


def main(arguments: list[str] | None = None) -> int:
    """Build the book unless it is current, bundle it, or print it; 0 where it stands, 1 where that could not
    be done.
    """
    parser = Parser(
        prog="python -m book", description="Build the book where anything it depends on has changed."
    )
    parser.set_defaults(run=_run, extra="book")
    add_json(parser, default=False)
    _declare(parser)
    return answer(parser, arguments)


def add_commands(commands: Commands) -> None:
    """Declare what leads from posteriors to pages."""
    commands.add_parser(
        "book", _run, "run and render every page, bundle or print them", _declare, extra="book"
    )


def _declare(parser: Parser) -> None:
    parser.add_argument(
        "make",
        nargs="?",
        choices=(*MAKES, "serve"),
        default="build",
        help="bundle: pack the built book and all behind it; deposit: that of a release, with the metadata"
        " Zenodo asks for; pdf: print it; serve: show it on localhost",
    )
    parser.add_argument(
        "--port", type=counted, default=PORT, metavar="N", help="of serve; default %(default)s"
    )


def _run(given: argparse.Namespace) -> int:
    """Make one thing, or show the book; for machines what was made is all that is printed, and the steps on
    the way go where errors go.
    """
    tell = partial(_tell, given.json)
    failed, make = MAKES.get(given.make, ("The book is not shown", None))
    try:
        if make is None:
            _serve(given.port, tell)
            return 0
        with of_extra("book"), alone("book"), redirect_stdout(sys.stderr if given.json else sys.stdout):
            made = make()
        tell(made)
    except (Fault, OSError) as fault:  # OSError: a full disk, a folder that may not be written
        print(f"{failed}: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. {failed}.", file=sys.stderr)
        return 130
    return 0


def _tell(to_machines: bool, made: Made) -> None:
    said, found = made
    if to_machines:
        print_json(found)
    else:
        print(said, flush=True)


def _serve(port: int, tell: Callable[[Made], None]) -> None:
    """Show the book on localhost until Ctrl-C."""
    from book.make.serve import served

    with served(port) as server, suppress(KeyboardInterrupt):
        address = f"http://127.0.0.1:{server.server_port}/"
        tell((f"The book is at {address} until Ctrl-C.", {"address": address}))
        server.serve_forever()


def _build() -> Made:
    from book.make import build, execute, inputs

    start = time.perf_counter()
    fingerprint, index = inputs.of_book(), build.HTML / "index.html"
    if build.is_current(fingerprint):
        return f"Nothing has changed. Open {index}", {"index": index, "built": False}
    print("Building the book:", flush=True)
    execute.use_this_environment(build.BUILD)
    build.build(fingerprint)
    seconds = time.perf_counter() - start
    return f"Done in {seconds:.0f} s. Open {index}", {"index": index, "built": True, "seconds": seconds}


def _bundle() -> Made:
    from book.make.bundle import write

    print("Bundling:", flush=True)
    return _file(write())


def _deposit() -> Made:
    from book.make.deposit import write

    print("Bundling:", flush=True)
    folder = write()
    return f"Done: {folder}", {"folder": folder}


def _pdf() -> Made:
    from book.make import pdf

    print("Printing:", flush=True)
    return _file(pdf.write(pdf.PATH))


def _file(path: Path) -> Made:
    size = path.stat().st_size
    return f"Done: {path}, {size / 1e6:.1f} MB", {"file": path, "bytes": size}


MAKES: dict[str, tuple[str, Callable[[], Made]]] = {
    "build": ("The book was not built", _build),
    "bundle": ("The bundle was not written", _bundle),
    "deposit": ("The deposit was not written", _deposit),
    "pdf": ("The PDF was not written", _pdf),
}
"""What can be made: what is said where it failed, and how it is made."""


if __name__ == "__main__":
    sys.exit(main())
