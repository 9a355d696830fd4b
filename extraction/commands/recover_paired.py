"""`python -m extraction recover paired`: which tables of pairs give a p of McNemar's test."""

import argparse
from collections.abc import Callable

from extraction.commands.parser import counted
from extraction.commands.recover_table import P_HELP
from extraction.commands.shown import show_rows
from extraction.recover.paired import TESTS, recover_pairs
from extraction.recover.rounding import CONVENTION_WORDS, printed_p


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pairs", type=counted, required=True, metavar="N", help="pairs, or patients seen twice"
    )
    parser.add_argument("--p", required=True, help=P_HELP)
    parser.add_argument(
        "--events", nargs=2, default=("-", "-"), metavar=("FIRST", "SECOND"),
        help="with the event, of the first and of the second of each pair; - for none",
    )  # fmt: skip
    parser.add_argument(
        "--discordant", nargs=2, default=("-", "-"), metavar=("B", "C"),
        help="pairs in which only the first, and only the second, had the event; - for none",
    )  # fmt: skip
    parser.add_argument(
        "--test", nargs="+", default=["any"], choices=[*TESTS, "any"], metavar="TEST",
        help=f"the named test or tests: {', '.join(TESTS)}; default any",
    )  # fmt: skip


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """Tables by the discordant pairs; raise Unusable for numbers that are none."""
    tests = tuple(TESTS) if "any" in given.test else tuple(given.test)
    found = recover_pairs(given.pairs, printed_p(given.p), _two(given.events), _two(given.discordant), tests)

    def show() -> None:
        show_rows(
            ["only first", "only second", "test", "match"],
            [[c.only_first, c.only_second, c.test, CONVENTION_WORDS[c.match]] for c in found],
        )

    return {"candidates": [c._asdict() for c in found]}, show


def _two(texts: tuple[str, str]) -> tuple[int | None, int | None]:
    first, second = (None if text == "-" else counted(text) for text in texts)
    return first, second
