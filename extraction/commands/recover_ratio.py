"""`python -m extraction recover ratio`, `… difference`: can an estimate, its interval and its p be right?"""

import argparse
import math
from collections.abc import Callable
from dataclasses import asdict

from scipy import special

from extraction.commands.parser import counted
from extraction.recover import Unusable
from extraction.recover.means import judge_difference
from extraction.recover.printed import number
from extraction.recover.ratio_claims import Part, PrintedRatio, RatioClaim, judge_ratio
from extraction.recover.rounding import printed_p

MEASURES = ("odds_ratio", "risk_ratio", "hazard_ratio", "rate_ratio", "ratio")
COUNTS = ("events_treated", "n_treated", "events_control", "n_control")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--estimate", required=True, metavar="X", help="as printed")
    for name in ("lower", "upper"):
        parser.add_argument(f"--{name}", metavar="X", help=f"{name} limit, as printed")
    parser.add_argument("--level", default="95", help="of the interval, per cent; default 95")
    parser.add_argument("--p", help="as printed")
    parser.add_argument("--measure", choices=MEASURES, default="ratio", help="what the ratio is of")
    for name in COUNTS:
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=counted,
            metavar="N",
            help="for an unadjusted odds or risk ratio",
        )


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """The verdict on each number, with the conventions under which it agrees."""
    printed = PrintedRatio(given.estimate, given.lower, given.upper, given.level, given.p)
    if given.lower is None and given.p is None:
        raise Unusable("an estimate alone: give its interval, or its p")
    found = judge_ratio(printed, given.measure, _counts(given))
    told: dict = {"verdict": found.verdict} | {
        name: part._asdict() for name, part in _parts(found).items() if part.verdict != "unchecked"
    }
    words = [f"{found.words[:1].upper()}{found.words[1:]}."] if found.words else []
    words += [
        f"The usual methods give {part.expected}."
        for part in _parts(found).values()
        if part.verdict in ("differs", "only_if", "last_digit") and part.expected
    ]
    if given.lower is None and given.p is not None and (wald := _implied(printed)):
        told["wald_interval"] = wald
        low, high = wald
        words.append(f"If the p is Wald's, the {given.level} % interval is {low:.3g} to {high:.3g}.")
    return told, lambda: print("\n".join(words))


def _parts(found: RatioClaim) -> dict[str, Part]:
    return {"estimate": found.estimate, "interval": found.interval, "p": found.p}


def _counts(given: argparse.Namespace) -> tuple[int, int, int, int] | None:
    told = [getattr(given, name) for name in COUNTS]
    if all(count is None for count in told):
        return None
    if any(count is None for count in told):
        raise Unusable("counts: give events and patients of both arms, or none of them")
    if given.measure not in ("odds_ratio", "risk_ratio"):
        raise Unusable("counts give an odds or a risk ratio: say which by --measure odds_ratio or risk_ratio")
    return (told[0], told[1], told[2], told[3])


def _implied(printed: PrintedRatio) -> tuple[float, float] | None:
    """Wald's interval of a ratio whose p alone is printed; none where the p is a bound or may be 0 or 1."""
    p, log = printed_p(str(printed.p)), math.log(float(number(str(printed.estimate)).value))
    if p.bound or not 0 < p.lower_cut < 1 or not log:
        return None
    z, level = -special.ndtri(p.lower_cut / 2), float(printed.level) / 100
    half = abs(log) / z * -special.ndtri((1 - level) / 2)
    return float(math.exp(log - half)), float(math.exp(log + half))


# differences


def declare_difference(parser: argparse.ArgumentParser) -> None:
    for name in ("estimate", "lower", "upper"):
        parser.add_argument(f"--{name}", required=True, metavar="X", help="as printed, of either sign")
    parser.add_argument("--level", default="95", help="of the interval, per cent; default 95")
    parser.add_argument("--p", help="as printed")


def answer_difference(given: argparse.Namespace) -> tuple[dict, Callable]:
    """Whether a difference is the middle of its interval, and its p that of it."""
    found = judge_difference(given.estimate, given.lower, given.upper, given.level, given.p)
    verb = {"agrees": "agree", "agrees_if": "agree only if", "impossible": "do not agree"}[found.verdict]
    conditions = " and ".join(found.conditions)

    def show() -> None:
        print(
            f"The numbers {verb}{f' {conditions}' if conditions else ''}: the middle of the interval is"
            f" {found.middle:.4g}, its p by the normal law {found.lower_p:.4g} to {found.upper_p:.4g}."
        )

    return asdict(found), show
