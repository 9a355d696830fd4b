"""`python -m extraction recover read TEXT --as ratio`: what a printed result says, number by number."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal

from extraction.recover.printed_results import READERS


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="one result as printed: '1,2 [0,3; 4,1]'")
    parser.add_argument(
        "--as",
        dest="what",
        required=True,
        choices=list(READERS),
        help="a ratio or difference with interval, a mean with SD, a median with its ends, a count, a p",
    )


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """The result as JSON, numbers as text so that their digits stay, and as a function that prints it in
    words; raise Unusable.
    """
    found = READERS[given.what](given.text)
    return _digits(asdict(found)), lambda: print(f"{found.words[0].upper()}{found.words[1:]}.")


def _digits(found: dict) -> dict:
    return {
        key: _digits(value)
        if isinstance(value, dict)
        else f"{value:f}"
        if isinstance(value, Decimal)
        else value
        for key, value in found.items()
    }
