"""`python -m book`: write the generated pages, run and render all, and say which file to open; `python -m book bundle` packs it for others, and
`python -m book pdf` prints it.

Where nothing that the book depends on has changed, nothing is done.
"""

import argparse
import sys
import time

from book import build, execute, inputs
from models.alone import alone


class Parser(argparse.ArgumentParser):
    """Wrong usage gets one line."""

    def error(self, message: str) -> None:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Build the book unless it is current, bundle it, or print it; 0 where it stands, 1 where that could not be done."""
    parser = Parser(prog="python -m book", description="Build the book where anything it depends on has changed.")
    parser.add_argument("command", nargs="?", choices=tuple(COMMANDS), default="build",
                        help="bundle: pack the built book and all behind it; pdf: print it")
    return COMMANDS[parser.parse_args(arguments).command]()


def bundle() -> int:
    """Write the archive of this version."""
    from book.bundle import NotReady, write

    print("Bundling:", flush=True)
    try:
        with alone("book"):
            path = write()
    except (NotReady, OSError) as fault:
        print(f"The bundle was not written: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: the bundle was not written.", file=sys.stderr)
        return 130
    print(f"Done: {path}, {path.stat().st_size / 1e6:.0f} MB")
    return 0


def printed() -> int:
    """Write the book as one PDF."""
    from book import pdf

    print("Printing:", flush=True)
    try:
        with alone("book"):
            path = pdf.write(pdf.PATH)
    except (pdf.NotPrinted, OSError) as fault:
        print(f"The PDF was not written: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: the PDF was not written.", file=sys.stderr)
        return 130
    print(f"Done: {path}, {path.stat().st_size / 1e6:.1f} MB")
    return 0


def built() -> int:
    """Build the book unless it is current."""
    try:
        with alone("book"):
            _build_unless_current()
    except (build.BuildFailed, OSError) as failed:  # OSError: a full disk, a folder that may not be written
        print(f"The book was not built.\n{failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: the book was not built.", file=sys.stderr)
        return 130
    return 0


def _build_unless_current() -> None:
    start = time.perf_counter()
    fingerprint = inputs.of_book()
    if build.is_current(fingerprint):
        print(f"Nothing has changed. Open {build.HTML / 'index.html'}")
        return
    print("Building the book:", flush=True)
    execute.use_this_environment(build.BUILD)
    build.build(fingerprint)
    print(f"Done in {time.perf_counter() - start:.0f} s. Open {build.HTML / 'index.html'}")


COMMANDS = {"build": built, "bundle": bundle, "pdf": printed}


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
