"""Commands of the models package: `python -m models fit | summary | answer | pool`."""

import argparse
import importlib
import sys

from models import pool


def main(argv=None):
    """Parse the command line and run one command, importing only what it needs. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m models", description="Fit, summarise and pool.")
    commands = parser.add_subparsers(dest="command", required=True)

    fit = commands.add_parser("fit", help="sample the posteriors of the endpoints")
    fit.add_argument("endpoints", nargs="*", metavar="ENDPOINT", help="default: every endpoint")

    summary = commands.add_parser("summary", help="print the fitted posteriors")
    summary.add_argument("--json", action="store_true")

    commands.add_parser("answer", help="write today's answer into README.md")

    pool.add_arguments(commands.add_parser("pool", help="pool a table of studies"))

    args = parser.parse_args(argv)
    return importlib.import_module(f"models.{args.command}").command(args)


if __name__ == "__main__":
    sys.exit(main())
