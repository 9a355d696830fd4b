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
from pathlib import Path

from extraction.commands.parser import Commands, Parser, answer, counted, ending_the_process
from extraction.extras import of_extra
from extraction.fault import Fault

with ending_the_process():
    from models.runs.alone import alone

PORT = 8000


def main(arguments: list[str] | None = None) -> int:
    """Build the book unless it is current, bundle it, or print it; 0 where it stands, 1 where that could not
    be done.
    """
    parser = Parser(
        prog="python -m book", description="Build the book where anything it depends on has changed."
    )
    _add_arguments(parser)
    return answer(parser, arguments)


def add_commands(commands: Commands) -> None:
    """Declare what leads from posteriors to pages."""
    _add_arguments(
        commands.add_parser("book", run=_run, help="run and render every page, bundle or print them")
    )


def _add_arguments(parser: Parser) -> None:
    parser.set_defaults(run=_run, extra="book")
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
    return served(given.port) if given.make == "serve" else MAKES[given.make]()


def built() -> int:
    """Build the book unless it is current."""
    return _alone("The book was not built", _build_unless_current)


def bundle() -> int:
    """Write the archive of this version."""
    print("Bundling:", flush=True)
    return _alone("The bundle was not written", _write_bundle)


def deposited() -> int:
    """Write the folder of this version that Zenodo takes."""
    print("Bundling:", flush=True)
    return _alone("The deposit was not written", _write_deposit)


def printed() -> int:
    """Write the book as one PDF."""
    print("Printing:", flush=True)
    return _alone("The PDF was not written", _write_pdf)


def served(port: int) -> int:
    """Show the book on localhost until Ctrl-C."""
    from book.make.serve import serve

    try:
        serve(port)
    except Fault as fault:
        print(f"The book is not shown: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


def _alone(failed: str, make: Callable[[], None]) -> int:
    """Make something while no other process builds; what stopped it is told after `failed`."""
    try:
        with of_extra("book"), alone("book"):
            make()
    except (Fault, OSError) as fault:  # OSError: a full disk, a folder that may not be written
        print(f"{failed}: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. {failed}.", file=sys.stderr)
        return 130
    return 0


def _tell(path: Path) -> None:
    print(f"Done: {path}, {path.stat().st_size / 1e6:.1f} MB")


def _write_bundle() -> None:
    from book.make.bundle import write

    _tell(write())


def _write_deposit() -> None:
    from book.make.deposit import write

    print(f"Done: {write()}")


def _write_pdf() -> None:
    from book.make import pdf

    _tell(pdf.write(pdf.PATH))


def _build_unless_current() -> None:
    from book.make import build, execute, inputs

    start = time.perf_counter()
    fingerprint = inputs.of_book()
    if build.is_current(fingerprint):
        print(f"Nothing has changed. Open {build.HTML / 'index.html'}")
        return
    print("Building the book:", flush=True)
    execute.use_this_environment(build.BUILD)
    build.build(fingerprint)
    print(f"Done in {time.perf_counter() - start:.0f} s. Open {build.HTML / 'index.html'}")


MAKES = {"build": built, "bundle": bundle, "deposit": deposited, "pdf": printed}


if __name__ == "__main__":
    sys.exit(main())
