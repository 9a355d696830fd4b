"""`python -m extraction recover table`: every 2x2 table that would print what is given."""

import argparse
import csv
import math
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from extraction.commands.parser import counted
from extraction.commands.shown import SHOWN, say, show_rows
from extraction.recover import Unusable
from extraction.recover.effects import METHODS
from extraction.recover.p_values import ALL_TESTS, NAMES, TESTS
from extraction.recover.printed import number
from extraction.recover.rounding import CONVENTION_WORDS, CONVENTIONS, printed_p, printed_percent
from extraction.recover.table_search import Found, Groups, Printed, PrintedEffect, search_tables
from extraction.recover.table_summary import Summary, as_text, summary
from extraction.recover.tables import Arm
from extraction.whole import whole, write_whole

ARMS = ("treated", "control")
LARGEST_UNKNOWN = 500
"""Patients of an arm that are thought of where neither its size nor the largest is given."""
P_HELP = "as printed: 0.0204, .02, P = .04, 0·04, <0.05, >0.9999, ns"
EVERY_METHOD = sorted({name for methods in METHODS.values() for name in methods})


def declare(parser: argparse.ArgumentParser) -> None:
    for arm in ARMS:
        _declare_arm(parser, arm)
    parser.add_argument(
        "--percent", nargs=2, metavar=("TREATED", "CONTROL"), help="both percentages; - for none"
    )
    parser.add_argument("--total-events", type=counted, metavar="E", help="events of both arms together")
    parser.add_argument("--total-n", type=counted, metavar="N", help="patients of both arms together")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--equal-arms", action="store_true", help="as many patients in either arm")
    shape.add_argument(
        "--allocation", metavar="A:B", help="treated to control, such as 1:2, to within one patient"
    )
    parser.add_argument("--measure", choices=list(METHODS), help="what --estimate and the limits are of")
    parser.add_argument(
        "--estimate", metavar="X", help="as printed; a difference as a share, or with %% in points"
    )
    for name in ("lower", "upper"):
        parser.add_argument(f"--{name}", metavar="X", help=f"{name} limit, as printed")
    parser.add_argument("--level", default="95", help="of the interval, per cent; default 95")
    parser.add_argument(
        "--method", nargs="+", choices=EVERY_METHOD, metavar="METHOD",
        help=f"of the interval: {', '.join(EVERY_METHOD)}; default all that there are of the measure",
    )  # fmt: skip
    parser.add_argument("--chi-squared", metavar="X", help="value of a χ² test, with or without correction")
    parser.add_argument("--phi", metavar="X", help="φ or Cramér's V, of either sign")
    parser.add_argument("--p", help=P_HELP)
    parser.add_argument(
        "--direction", choices=("higher", "lower"), help="share with event in the treated arm, if printed"
    )
    parser.add_argument(
        "--test", nargs="+", default=["any"], choices=[*ALL_TESTS, "any"], metavar="TEST",
        help=f"the named test or tests: {', '.join(ALL_TESTS)}; default any: the first {len(TESTS)}, and"
        " where none fits the others, and of few tables Wald's, one-sided, Barnard's and Boschloo's",
    )  # fmt: skip
    parser.add_argument(
        "--figure", type=Path, metavar="FILE.svg", help="draw the likelihood of the odds ratio"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE.csv", help="write the set as one row for `pool`")
    parser.add_argument("--study", default="study", metavar="NAME", help="of that row")


def _declare_arm(parser: argparse.ArgumentParser, arm: str) -> None:
    parser.add_argument(f"--n-{arm}", type=counted, metavar="N", help="patients of the arm, where known")
    parser.add_argument(
        f"--max-n-{arm}", type=counted, metavar="N",
        help=f"at most so many, where not known; default {LARGEST_UNKNOWN}, or less by --total-n",
    )  # fmt: skip
    parser.add_argument(
        f"--min-n-{arm}", type=counted, metavar="N", default=1, help="at least so many; default 1"
    )
    parser.add_argument(f"--events-{arm}", type=counted, metavar="E", help="events of the arm, where known")
    parser.add_argument(f"--min-events-{arm}", type=counted, metavar="E", default=0)
    parser.add_argument(f"--max-events-{arm}", type=counted, metavar="E")
    parser.add_argument(f"--percent-{arm}", metavar="X", help="with event, as printed")


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """The tables, what each constraint leaves, and the set in a few numbers."""
    notes: list[str] = []
    groups = _groups(given, notes)
    printed = Printed(_effect(given), given.p and printed_p(given.p), given.chi_squared, given.phi)
    tests = None if "any" in given.test else tuple(given.test)
    found = search_tables(groups, printed, tests, given.method and tuple(given.method))
    notes += found.notes
    candidates = found.candidates if given.json else []  # a million of them take seconds to write
    told: dict[str, object] = {
        "candidates": [c._asdict() | {"methods": found.methods[c.table]} for c in candidates],
        "constraints": [step._asdict() for step in found.trace],
        "notes": notes,
    }
    if not found.candidates:
        told["why_none"] = found.why_none()
    in_short = summary(found.tables) if found.tables else None
    if in_short:
        told["summary"] = _finite(asdict(in_short))
    _write(given, found)

    def show() -> None:
        _show(found, in_short)
        for note in notes:
            say(note)

    return told, show


def _groups(given: argparse.Namespace, notes: list[str]) -> Groups:
    pair = given.percent or ("-", "-")
    treated, control = (
        _arm(given, arm, both if both != "-" else getattr(given, f"percent_{arm}"), notes)
        for arm, both in zip(ARMS, pair, strict=True)
    )
    total = None if given.total_events is None else (given.total_events, given.total_events)
    return Groups(
        treated,
        control,
        total,
        given.total_n,
        (1, 1) if given.equal_arms else given.allocation and _allocation(given.allocation),
        given.equal_arms,
        given.direction,
    )


def _arm(given: argparse.Namespace, arm: str, percent: str | None, notes: list[str]) -> Arm:
    n, most, least = (getattr(given, f"{what}_{arm}") for what in ("n", "max_n", "min_n"))
    events = getattr(given, f"events_{arm}")
    if n is None and most is None:
        most = LARGEST_UNKNOWN if given.total_n is None else given.total_n - 1
        if given.total_n is None:
            notes.append(
                f"No size of the {arm} arm is given: up to {most} patients are tried (--max-n-{arm} changes"
                " it)."
            )
    low, high = (
        (getattr(given, f"{end}_events_{arm}") for end in ("min", "max"))
        if events is None
        else (events, events)
    )
    return Arm(
        most if n is None else n,
        least if n is None else n,
        low,
        high,
        None if percent is None else printed_percent(percent.strip().removesuffix("%").strip()),
    )


def _allocation(text: str) -> tuple[int, int]:
    parts = text.split(":")
    if len(parts) != 2 or not all(re.fullmatch(r" *0*[1-9][0-9]{0,8} *", part) for part in parts):
        raise Unusable(f"allocation {text!r}: give treated to control in whole numbers, such as 1:2")
    return int(parts[0]), int(parts[1])


def _effect(given: argparse.Namespace) -> PrintedEffect | None:
    parts = (given.estimate, given.lower, given.upper)
    if given.measure is None:
        if any(part is not None for part in parts) or given.method:
            raise Unusable(f"--measure says what the estimate is of: {', '.join(METHODS)}")
        return None
    level = float(number(given.level.strip().removesuffix("%"), "level").value) / 100
    return PrintedEffect(given.measure, *parts, level)


def _write(given: argparse.Namespace, found: Found) -> None:
    if not (given.figure or given.csv):
        return
    if not found.tables:
        raise Unusable(f"no table to write. {found.why_none()}")
    if given.csv:
        with whole(given.csv) as part, part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("study", "tables"), (given.study, as_text(found.tables))])
    if given.figure:
        from extraction.recover.likelihood_figure import likelihood_figure
        from extraction.recover.set_likelihood import set_likelihood

        informative = [t for t in found.tables if 0 < t[0] + t[2] < t[1] + t[3]]
        if not informative:
            raise Unusable("in every table all patients or none had the event: no odds ratio is more likely")
        write_whole(given.figure, likelihood_figure(set_likelihood(informative), len(informative)))


def _finite(told: dict) -> dict:
    """Infinite and missing numbers as text, which JSON has no form for."""

    def one(value: object) -> object:
        if isinstance(value, tuple):
            return [one(part) for part in value]
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value

    return {name: one(value) for name, value in told.items()}


def _show(found: Found, in_short: Summary | None) -> None:
    if not found.candidates:
        say(found.why_none())
        return
    by = any(found.methods.values())
    show_rows(
        ["treated", "control", "test", "match", *(["by"] if by else [])],
        [
            [
                f"{c.events_treated}/{c.n_treated}",
                f"{c.events_control}/{c.n_control}",
                NAMES.get(c.test, c.test) if c.test else "none",
                CONVENTION_WORDS[c.match],
                *(["; ".join(found.methods[c.table])] if by else []),
            ]
            for c in sorted(found.candidates, key=lambda c: CONVENTIONS.index(c.match))[:SHOWN]
        ],
        of=len(found.candidates),
    )
    say(_words(in_short) if in_short else "No table prints so unless digits are cut off, not rounded.")


def _words(found: Summary) -> str:
    if found.tables == 1:
        first = "One table."
    else:
        first = (
            f"{found.tables:,} tables: odds ratio {_span(found.odds_ratio)}; patients"
            f" {_span(found.n_treated)} v {_span(found.n_control)}, risks {_span(found.risk_treated)} v"
            f" {_span(found.risk_control)}."
        )
    if found.likeliest is None or found.likelihood_interval is None:
        return first
    of = f" (of {found.entered:,} evenly chosen)" if found.entered < found.tables else ""
    return (
        f"{first} Likeliest odds ratio{of} {' or '.join(f'{ratio:.2g}' for ratio in found.likeliest)}, 95 %"
        f" likelihood interval {_span(found.likelihood_interval)}."
    )


def _span(ends: tuple[float, float]) -> str:
    low, high = (f"{end}" if isinstance(end, int) else f"{end:.3g}" for end in ends)
    return low if low == high else f"{low} to {high}"
