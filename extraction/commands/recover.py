"""`python -m extraction recover …`: what data could have printed these numbers?  For anybody's paper, not
this review's alone.
"""

import argparse
import re
from collections.abc import Callable
from functools import partial

from extraction.commands import (
    recover_claim,
    recover_curve,
    recover_logrank,
    recover_mean,
    recover_paired,
    recover_rank,
    recover_ratio,
    recover_read,
    recover_table,
)
from extraction.commands.parser import add_json, counted, print_json
from extraction.commands.recover_table import P_HELP
from extraction.commands.shown import show_rows
from extraction.recover import Unusable
from extraction.recover.rounding import CONVENTION_WORDS, CONVENTIONS, printed_p, printed_percent
from extraction.recover.wide_tables import ALL_TESTS, NAMES, recover_wide_tables
from extraction.recover.wide_tables import TESTS as WIDE_TESTS

SCHEMA = 2
"""Version of the JSON answers; it grows when a key changes its name or meaning."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare `recover` and what it recovers."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name, (words, declare) in KINDS.items():
        sub = kinds.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".")
        declare(sub)
        add_json(sub)


def run(given: argparse.Namespace) -> int:
    """Answer one question; raise Unusable or TooLarge.  That nothing fits is an answer."""
    answer, show = ANSWERS[given.kind](given)
    if given.json:
        print_json({"schema": SCHEMA} | answer)
    else:
        show()
    return 0


# tables of several categories


def _declare_categories(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--n", type=counted, nargs="+", required=True, metavar="N", help="patients of each group"
    )
    parser.add_argument(
        "--totals",
        nargs="+",
        required=True,
        metavar="T",
        help="patients of each category over all groups; ? where not printed",
    )
    parser.add_argument(
        "--cells",
        nargs="+",
        metavar="ROW",
        help='for each group its categories, quoted: "16 ? ?" or "94.1%% ? ?"; default all unknown',
    )
    parser.add_argument("--p", help="as printed")
    parser.add_argument(
        "--test",
        nargs="+",
        default=["any"],
        choices=[*ALL_TESTS, "any"],
        metavar="TEST",
        help=f"the named test or tests: {', '.join(ALL_TESTS)}; default any: the first {len(WIDE_TESTS)}, and"
        " where none fits the others, by the order in which categories are given",
    )


def _categories(given: argparse.Namespace) -> tuple[dict, Callable]:
    asked = WIDE_TESTS if "any" in given.test else tuple(given.test)
    rows = given.cells or [" ".join("?" * len(given.totals))] * len(given.n)
    cells = [[_cell(cell) for cell in row.split()] for row in rows]
    totals, p = [_cell(total) for total in given.totals], given.p and printed_p(given.p)
    found = recover_wide_tables(given.n, totals, cells, p, asked)
    if not found and "any" in given.test:
        others = tuple(test for test in ALL_TESTS if test not in WIDE_TESTS)
        found = recover_wide_tables(given.n, totals, cells, p, others)

    def show() -> None:
        show_rows(
            ["table, a row for each group", "test", "match"],
            [[str(c), NAMES.get(c.test or "", "none"), CONVENTION_WORDS[c.match]] for c in found],
        )

    return {"candidates": [c._asdict() for c in found]}, show


def _cell(text: str):
    if text == "?":
        return None
    if text.endswith("%"):
        return printed_percent(text)
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Unusable(f"{text!r}: a cell is a count, a percentage such as 94.1%, or ?")
    return int(text)


# percentages


def _declare_percent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--percent", required=True, metavar="X", help="as printed")
    parser.add_argument("--events", type=counted, metavar="E", help="patients with the event, where printed")
    parser.add_argument("--max-n", type=counted, required=True, metavar="N", help="largest group to think of")


def _percent(given: argparse.Namespace) -> tuple[dict, Callable]:
    from extraction.recover.estimates import sizes_for, sizes_for_count

    if given.events is None:
        pairs = sizes_for(given.percent, given.max_n)
    else:
        pairs = [(n, given.events) for n in sizes_for_count(given.events, given.percent, given.max_n)]
    percent = printed_percent(given.percent)
    found = [(n, events, CONVENTIONS[int(percent.convention(events, n))]) for n, events in pairs]
    groups = [dict(zip(("n", "events", "match"), row, strict=True)) for row in found]

    def show() -> None:
        show_rows(
            ["patients", "events", "match"],
            [[n, events, CONVENTION_WORDS[match]] for n, events, match in found],
        )

    return {"groups": groups}, show


KINDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "table": ("tables of two arms by an event", recover_table.declare),
    "categories": ("tables of groups by several categories", _declare_categories),
    "paired": ("tables of pairs behind a p of McNemar's test", recover_paired.declare),
    "logrank": (
        "histories, hazard ratios and tests behind a log-rank p",
        partial(recover_logrank.declare, p_help=P_HELP),
    ),
    "rank": ("whether a rank or t test can give a p", recover_rank.declare),
    "claim": ("whether a test statistic, its degrees of freedom and its p agree", recover_claim.declare),
    "ratio": ("whether a ratio, its interval and its p agree", recover_ratio.declare),
    "difference": ("whether a difference, its interval and its p agree", recover_ratio.declare_difference),
    "mean": ("whether whole numbers can have a mean, an SD and what stands beside", recover_mean.declare),
    "two-means": ("whether a p is that of two means and SDs", recover_mean.declare_two),
    "percent": ("the groups that print a percentage", _declare_percent),
    "read": ("what a printed result says, number by number", recover_read.declare),
    "curve": ("the individual times behind a digitised survival curve", recover_curve.declare),
}
ANSWERS = {
    "table": recover_table.answer,
    "categories": _categories,
    "paired": recover_paired.answer,
    "logrank": recover_logrank.answer,
    "rank": recover_rank.answer,
    "claim": recover_claim.answer,
    "ratio": recover_ratio.answer,
    "difference": recover_ratio.answer_difference,
    "mean": recover_mean.answer,
    "two-means": recover_mean.answer_two,
    "percent": _percent,
    "read": recover_read.answer,
    "curve": recover_curve.answer,
}
