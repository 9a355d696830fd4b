"""Commands of the models package; `python -m models --help` lists them."""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import importlib
import sys
from pathlib import Path

from extraction.commands.parser import Parser, ending_the_process
from extraction.fault import Fault

with ending_the_process():
    from models.pool import command as pool

COMMANDS = {
    "fit": "fit",
    "summary": "answers.summary",
    "answer": "trust.readme",
    "calibrate": "trust.calibrate",
    "universes": "trust.duration_universes",
    "preview": "history.preview",
    "release": "history.release",
    "diff": "history.changes",
    "parity": "trust.parity",
    "pool": "pool.command",
}
"""The module below `models` that runs each command, imported when it is asked for."""
INTERRUPTED = {
    "fit": "finished fits are kept",
    "calibrate": "finished replicates are kept",
    "universes": "finished fits are kept",
    "release": "run it again",
}
"""What is left of a long command that was interrupted."""


def main(argv=None):
    """Parse the command line and run one command, importing only what it needs. Returns the exit code:
    1 where a fault stops it, 2 where it was called wrongly, 130 where it was interrupted.
    """
    parser = Parser(prog="python -m models", description="Fit, summarise and pool.")
    commands = parser.add_subparsers(dest="command", required=True)

    fit = commands.add_parser("fit", help="sample the posteriors of the endpoints")
    fit.add_argument("endpoints", nargs="*", metavar="ENDPOINT", help="default: every endpoint")

    summary = commands.add_parser("summary", help="print the fitted posteriors")
    summary.add_argument("--json", action="store_true")

    commands.add_parser("answer", help="write today's answer into README.md")

    calibrate = commands.add_parser(
        "calibrate",
        help="fit the models to simulated reviews: a quarter of an hour, most of it for durations",
    )
    calibrate.add_argument("endpoints", nargs="*", metavar="ENDPOINT", help="default: every endpoint")
    calibrate.add_argument(
        "--replicates",
        type=int,
        metavar="N",
        help="simulated reviews of each; default 1000, for durations 200",
    )

    universes = commands.add_parser(
        "universes", help="durations under other priors, studies, readings and biases, kept in the repository"
    )

    for many_fits in (fit, calibrate, universes):
        many_fits.add_argument(
            "--scheduler",
            metavar="tcp://HOST:PORT",
            help="make its many fits on this Dask cluster, not on the cores of this machine",
        )

    preview = commands.add_parser(
        "preview", help="what a study's record would do to each answer; writes nothing"
    )
    preview.add_argument(
        "record", metavar="RECORD", type=Path, help="its file, such as extraction/records/zhou2025.yml"
    )
    preview.add_argument("--json", action="store_true")

    release = commands.add_parser("release", help="freeze the review as a version")
    release.add_argument("version", metavar="VERSION", help="three whole numbers joined by dots, as 1.0.2")

    diff = commands.add_parser("diff", help="what changed between two versions, and what moved each answer")
    diff.add_argument("old", metavar="OLD", help="a released version")
    diff.add_argument("new", metavar="NEW", nargs="?", help="another; default: the working tree")
    diff.add_argument("--json", action="store_true")

    parity = commands.add_parser(
        "parity", help="compare the pooling engine with other software on public data sets"
    )
    parity.add_argument(
        "--live",
        action="store_true",
        help="with the R packages that are installed, now, instead of their stored results",
    )
    parity.add_argument("--json", action="store_true")

    pool.add_arguments(commands.add_parser("pool", help="pool a table of studies"))

    args = parser.parse_args(argv)
    if getattr(args, "scheduler", None):
        # where models.runs.many looks, in this process and those it starts
        os.environ["DASK_SCHEDULER_ADDRESS"] = args.scheduler
    try:
        return importlib.import_module(f"models.{COMMANDS[args.command]}").command(args)
    except Fault as fault:
        print(fault, file=sys.stderr)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"models {args.command}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        left = INTERRUPTED.get(args.command, "nothing is written")
        print(f"models {args.command}: interrupted; {left}", file=sys.stderr)
        return 130
    return 1


def pool_studies() -> int:
    """`pool` under a name of its own, for whoever installs the package for that alone."""
    return main(["pool", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
