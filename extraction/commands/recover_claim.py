"""`python -m extraction recover claim "t(18) = -1.861, p = .96"`: can a test statistic have its p?"""

import argparse
from collections.abc import Callable
from dataclasses import asdict

from extraction.commands.parser import counted
from extraction.recover.claims import ClaimVerdict, judge_claim, read_claim


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULT",
        help="quoted: 't(18) = -1.861, p = .96'; or F(1, 30), r(97), z, χ2(1) or chi2(1, N = 90)",
    )
    parser.add_argument(
        "--comparisons",
        type=counted,
        metavar="K",
        help="that each p was multiplied for (Bonferroni), if known",
    )


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """Each result with its verdict; raise Unusable for what is no result."""
    found = {text: judge_claim(read_claim(text), given.comparisons) for text in given.results}

    def show() -> None:
        for text, verdict in found.items():
            print(f"{text}: {_words(verdict)}")

    return {"results": [{"result": text} | asdict(verdict) for text, verdict in found.items()]}, show


def _words(found: ClaimVerdict) -> str:
    conditions = " or ".join(found.conditions[:3])
    said = {
        "agrees": f"the p agrees: {conditions}",
        "agrees_if": f"the p agrees only if it is {conditions}",
        "last_digit": f"the p is {conditions}, but for the last digit",
        "impossible": "the p is impossible by every convention in use",
    }[found.verdict]
    if found.verdict != "agrees":
        said += f"; by the usual one it is {_range(found.lower, found.upper)}"
    if found.decision is False:
        said += "; p and statistic are on different sides of 0.05"
    return f"{said}."


def _range(low: float, high: float) -> str:
    return f"{low:.4g}" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g}"
