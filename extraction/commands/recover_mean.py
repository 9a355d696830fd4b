"""`python -m extraction recover mean`, `… two-means`: can means and SDs be those of any data, and of a p?"""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal

from extraction.commands.parser import counted
from extraction.recover.means import Group, judge_means
from extraction.recover.printed import number
from extraction.recover.samples import Described, contradiction, grain_of, samples_of

SHOWN = 20
"""Samples that the readable answer lists; `--json` gives up to a thousand."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mean", required=True, metavar="X", help="of whole numbers, as printed")
    parser.add_argument("--sd", metavar="X", help="as printed")
    parser.add_argument("--n", type=counted, required=True, metavar="N", help="patients")
    parser.add_argument(
        "--items", type=counted, default=1, metavar="K", help="whole numbers whose mean a value is; default 1"
    )
    parser.add_argument("--scale", nargs=2, metavar=("LEAST", "MOST"), help="ends of the scale")
    parser.add_argument("--median", metavar="X", help="as printed")
    parser.add_argument("--range", nargs=2, metavar=("MINIMUM", "MAXIMUM"), help="as printed")
    parser.add_argument("--quartiles", nargs=2, metavar=("Q1", "Q3"), help="as printed")
    parser.add_argument("--samples", action="store_true", help="list every sample that prints so")


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """Whether a sample can have all that is told; the nearest it could have; on request all samples."""
    told = _described(given)
    grain, why = grain_of(told), contradiction(told)
    found = samples_of(told) if given.samples and not why else None
    answer: dict = {"possible": not why, "why_not": why, "nearest": [str(value) for value in grain.nearest]}
    if found:
        answer["samples"] = {
            "count": found.count,
            "listed": [[str(value) for value in sample] for sample in found.listed],
        }

    def show() -> None:
        print(f"{given.n} values {'cannot' if why else 'can'} print so{f': {why}' if why else ''}.")
        if found:
            shown = found.listed[:SHOWN]
            print(f"Samples: {found.count:,}" + (f", of which {len(shown)}:" if found.count > SHOWN else ":"))
            print("\n".join("  " + " ".join(map(str, sample)) for sample in shown))

    return answer, show


def _described(given: argparse.Namespace) -> Described:
    least, most = given.scale or (None, None)
    minimum, maximum = given.range or (None, None)
    first, third = given.quartiles or (None, None)
    told = {
        "sd": given.sd,
        "least": least,
        "most": most,
        "median": given.median,
        "minimum": minimum,
        "maximum": maximum,
        "lower_quartile": first,
        "upper_quartile": third,
    }
    read = {name: _read(name, text) for name, text in told.items() if text is not None}
    return Described(given.n, _read("mean", given.mean), items=given.items, **read)


def _read(name: str, text: str) -> Decimal:
    return number(text, name.replace("_", " ")).value


def declare_two(parser: argparse.ArgumentParser) -> None:
    for name in ("mean", "sd"):
        parser.add_argument(
            f"--{name}", nargs=2, required=True, metavar=("TREATED", "CONTROL"), help="as printed"
        )
    parser.add_argument("--n", nargs=2, type=counted, required=True, metavar=("TREATED", "CONTROL"))
    parser.add_argument("--p", required=True, help="as printed")


def answer_two(given: argparse.Namespace) -> tuple[dict, Callable]:
    """By which tests of two means the p is theirs."""
    one, other = (
        Group(_read("mean", mean), _read("SD", sd), n)
        for mean, sd, n in zip(given.mean, given.sd, given.n, strict=True)
    )
    found = judge_means(one, other, given.p)
    words = {
        "agrees": "The p agrees by",
        "agrees_if": "The p agrees only if it is by",
        "impossible": "No t test of these means has this p; a rank test of the same values may. They give",
    }[found.verdict]
    ranges = ", ".join(f"{t.lower:.4g} to {t.upper:.4g} by {t.test}" for t in found.tests)

    def show() -> None:
        print(f"{words} {' or '.join(found.conditions) or ranges}.")

    return asdict(found) | {"tests": [t._asdict() for t in found.tests]}, show
