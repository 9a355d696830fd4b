"""Commands of the models package; `python -m models --help` lists them."""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import importlib
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from extraction.commands.parser import Commands, Parser, answer, counted, ending_the_process

with ending_the_process():
    from models.pool import command as pool

FORMS = ("csl", "robvis", "grade", "fhir")
"""Of an export."""


def main(argv=None):
    """Run one command; its exit code, as `answer` gives it."""
    parser = Parser(prog="python -m models", description="Fit, summarise and pool.")
    add_commands(Commands(parser))
    return answer(parser, argv)


def add_commands(commands: Commands) -> None:
    """Declare what leads from records to posteriors."""
    add, finished = commands.add_parser, "finished fits are kept"
    fit = add("fit", _by("fit"), "sample the posteriors of the endpoints", left=finished)
    add("summary", _by("answers.summary"), "print the fitted posteriors")
    add("answer", _by("trust.readme"), "write today's answer into README.md")
    calibrate = add(
        "calibrate",
        _by("trust.calibrate"),
        "fit the models to simulated reviews: a quarter of an hour, most of it for durations",
        left="finished replicates are kept",
    )
    for of_endpoints in (fit, calibrate):
        of_endpoints.add_argument("endpoints", nargs="*", metavar="ENDPOINT", help="default: every endpoint")
    calibrate.add_argument(
        "--replicates",
        type=counted,
        metavar="N",
        help="simulated reviews of each; default 1000, for durations 200",
    )
    universes = add(
        "universes",
        _by("trust.duration_universes"),
        "durations under other priors, studies, readings and biases, kept in the repository",
        left=finished,
    )
    for many_fits in (fit, calibrate, universes):
        many_fits.add_argument(
            "--scheduler",
            metavar="tcp://HOST:PORT",
            help="make its many fits on this Dask cluster, not on the cores of this machine",
        )

    what = "what a study's record would do to each answer; writes nothing"
    add("preview", _by("history.preview"), what).add_argument(
        "record", metavar="RECORD", type=Path, help="its file, such as extraction/records/smith2025.yml"
    )
    add(
        "release", _by("history.release"), "freeze the review as a version", left="run it again"
    ).add_argument("version", metavar="VERSION", help="three whole numbers joined by dots, as 1.0.2")
    diff = add(
        "diff", _by("history.changes"), "what changed between two versions, and what moved each answer"
    )
    diff.add_argument("old", metavar="OLD", help="a released version")
    diff.add_argument("new", metavar="NEW", nargs="?", help="another; default: the working tree")
    add(
        "update",
        _by("update"),
        "check, fit, compare with the newest release: the editor's letter. Ends with 3 where a new"
        " version is due, 4 where a search or a judgement is, 0 where nothing is",
        left=finished,
    )

    what = "write the review for other programs: CSL-JSON, robvis, GRADEpro, FHIR"
    export = add("export", _by("answers.export"), what)
    export.add_argument("folder", metavar="FOLDER", type=Path, help="where the files are written")
    export.add_argument(
        "--form",
        dest="forms",
        action="append",
        choices=FORMS,
        help="this form alone, or several; default all",
    )
    what = "compare the pooling engine with other software on public data sets"
    add("parity", _by("trust.parity"), what).add_argument(
        "--live",
        action="store_true",
        help="with the R packages that are installed, now, instead of their stored results",
    )
    add("pool", _by("pool.command"), "pool a table of studies", pool.declare)


def _by(module: str) -> Callable[[Namespace], int]:
    """The command of a module below `models`, which is imported once it is asked for."""

    def run(given: Namespace) -> int:
        if getattr(given, "scheduler", None):
            # where models.runs.many looks, in this process and those it starts
            os.environ["DASK_SCHEDULER_ADDRESS"] = given.scheduler
        return importlib.import_module(f"models.{module}").command(given)

    return run


def pool_studies() -> int:
    """`pool` under a name of its own, for whoever installs the package for that alone."""
    return main(["pool", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
