"""`python -m extraction recover rank`: can a rank-sum test, or a t test, have this p?"""

import argparse
from collections.abc import Callable
from dataclasses import asdict

from extraction.commands.parser import counted
from extraction.commands.recover_table import P_HELP
from extraction.commands.shown import say
from extraction.recover import Unusable
from extraction.recover.rank_conventions import (
    APPROXIMATIONS,
    CONVENTIONS,
    EXACT,
    SOFTWARE,
    RankReport,
    RankVerdict,
    judge_ranks,
)

TESTS = {
    "any": tuple(CONVENTIONS),
    "mann-whitney": tuple(EXACT),
    "mann-whitney-normal": tuple(name for name, way in APPROXIMATIONS.items() if not way.correction),
    "mann-whitney-normal-corrected": tuple(name for name, way in APPROXIMATIONS.items() if way.correction),
}
"""The conventions that a test named on the command line may mean: `mann-whitney` is the exact test."""
WORDS = {
    "attainable": "can give",
    "cut_off": "can give, if its digits are cut off and not rounded,",
    "undecided": "is not known to be able to give",
    "impossible": "cannot give",
}
SHOWN_SAMPLE = 60
"""Patients up to which a sample is printed for people; `--json` gives any."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n-treated", type=counted, required=True, metavar="N", help="patients treated")
    parser.add_argument(
        "--n-control", type=counted, required=True, metavar="N", help="patients of the control"
    )
    parser.add_argument("--p", required=True, help=P_HELP)
    statistic = parser.add_mutually_exclusive_group()
    statistic.add_argument("--u", metavar="U", help="Mann–Whitney's U (R's W) of either arm, where printed")
    statistic.add_argument("--rank-sum", metavar="W", help="the rank sum of either arm, where printed")
    parser.add_argument("--no-ties", action="store_true", help="no two values are the same")
    by = parser.add_mutually_exclusive_group()
    by.add_argument(
        "--test", default="any", choices=[*TESTS, "t"],
        help="default any: every way in use to compute the p of a rank-sum test; mann-whitney is exact",
    )  # fmt: skip
    by.add_argument("--software", choices=list(SOFTWARE), help="what this program prints, by its defaults")


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """The verdict with the conventions that give the p; of a t test what its p tells."""
    if given.test == "t":
        if given.u or given.rank_sum:
            raise Unusable("--test t: a t test has no U and no rank sum")
        return _t(given)
    statistic = given.u if given.rank_sum is None else given.rank_sum
    report = RankReport(
        given.n_treated,
        given.n_control,
        given.p,
        statistic,
        given.rank_sum is not None,
        not given.no_ties,
        SOFTWARE[given.software] if given.software else TESTS[given.test],
    )
    found = judge_ranks(report)
    possible = {"attainable": True, "impossible": False}.get(found.verdict)
    told = {"possible": possible, "ties": report.ties} | asdict(found)
    told["sample"] = None if found.sample is None else found.sample._asdict()
    return told, lambda: say(_words(report, found))


def _words(report: RankReport, found: RankVerdict) -> str:
    among = f"{report.n_treated} v {report.n_control} patients"
    by = f": by {'; '.join(found.by[:4])}" if found.by else ""
    more = f"; and {len(found.by) - 4} more" if len(found.by) > 4 else ""
    lines = [f"A rank-sum test of {among} {WORDS[found.verdict]} p {report.p}{by}{more}."]
    if found.note:
        lines.append(f"{found.note[0].upper()}{found.note[1:]}.")
    if found.verdict == "impossible":
        ties = "ties included" if report.ties else "without ties"
        near = "" if found.nearest is None else f"; nearest: {found.nearest:.4g}"
        lines.append(
            f"Smallest p by any of these conventions, {ties}, one-sided: {found.smallest:.4g}{near}."
        )
    if found.sample and sum(report.sizes) <= SHOWN_SAMPLE:
        treated, control = (" ".join(map(str, arm)) for arm in found.sample)
        lines.append(f"For example from these values: treated {treated}; control {control}.")
    return "\n".join(lines)


def _t(given: argparse.Namespace) -> tuple[dict, Callable]:
    from extraction.recover.t_test import t_from_p

    found = t_from_p(given.n_treated, given.n_control, given.p)
    ends = {
        "as printed": found,
        "weakest that prints so": found["weakest"],
        "strongest that prints so": found["strongest"],
    }
    return {"possible": True, **found}, lambda: say(
        "\n".join(f"{name}: {_difference(row)}" for name, row in ends.items())
    )


def _difference(row: dict) -> str:
    return (
        f"p = {row['p']:.4g}, |t| = {row['t']:.3f} on {row['df']} degrees of freedom, standardised difference"
        f" {row['d']:.2f} (95 % interval {row['d_lower']:.2f} to {row['d_upper']:.2f}), its sign not known"
    )
