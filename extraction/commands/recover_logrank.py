"""`python -m extraction recover logrank`: what histories, hazard ratios and tests are behind a log-rank p?"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from extraction.commands.parser import counted
from extraction.commands.shown import say, show_rows
from extraction.recover import Unusable
from extraction.recover.rounding import CONVENTION_WORDS

if TYPE_CHECKING:  # NumPy and Numba are loaded where they are used
    from extraction.recover.log_rank_ratios import Direction, HazardRatio, LogRankReport, Simulated, Verdict

DIRECTIONS = {"lower": "treated better", "higher": "treated worse"}
"""The hazard of the treated, in the words of histories."""
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Events that the readable answer shows where none are told, as shares of all patients."""


def declare(parser: argparse.ArgumentParser, p_help: str) -> None:
    for arm, words in (("treated", "patients treated"), ("control", "patients of the control")):
        parser.add_argument(f"--n-{arm}", type=counted, required=True, metavar="N", help=words)
    parser.add_argument("--p", required=True, help=p_help)
    parser.add_argument("--sides", type=counted, choices=(1, 2), default=2, help="of the test; default 2")
    parser.add_argument("--direction", choices=tuple(DIRECTIONS), help="hazard of the treated, if told")
    parser.add_argument("--events", type=counted, metavar="E", help="events of both arms together")
    for arm in ("treated", "control"):
        parser.add_argument(f"--events-{arm}", type=counted, metavar="E", help="events of the arm")
    parser.add_argument(
        "--hazard-ratio", metavar="X", help="as printed: which tests could have given the p beside it?"
    )
    parser.add_argument("--medians", nargs=2, metavar=("TREATED", "CONTROL"), help="median times, if printed")
    parser.add_argument(
        "--no-ties", action="store_true", help="leave out histories in which events share a time"
    )


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """Histories of small arms, hazard ratios of any, and tests beside a hazard ratio."""
    from extraction.recover import log_rank_ratios as ratios

    report = ratios.LogRankReport(
        given.n_treated,
        given.n_control,
        given.p,
        given.sides,
        _direction(given),
        given.events,
        given.events_treated,
        given.events_control,
    )
    told, words = _histories(report, ties=not given.no_ties)
    approximate, simulated = ratios.hazard_ratios(report), ratios.simulated_ratios(report)
    told["hazard_ratios"] = [ratio._asdict() for ratio in approximate]
    told["simulated"] = [ratio._asdict() for ratio in simulated]
    words.append(_error_words(report, simulated))
    if given.medians:
        middle, low, high = ratios.ratio_of_medians(given.medians[0], given.medians[1], report)
        told["hazard_ratio_of_medians"] = {"estimate": middle, "lower": low, "upper": high}
        words.append(
            f"The medians alone give {middle:.3g} ({low:.3g} to {high:.3g}), if hazards are constant and"
            " nobody is censored before the median."
        )
    if given.hazard_ratio:
        verdicts = ratios.judge_tests(report, given.hazard_ratio)
        implied = ratios.implied_events(report, given.hazard_ratio)
        told["tests"], told["implied_events"] = [verdict._asdict() for verdict in verdicts], implied
        words.append(_test_words(report, given.hazard_ratio, verdicts))
        if implied and report.total is None:
            words.append(f"With the p they are {implied[0]:.0f} to {implied[1]:.0f} events of {report.n}.")

    def show() -> None:
        for name in ("untied", "tied"):
            _show_histories(name, told[name])
        _show_ratios(report, approximate, simulated)
        for line in words:
            say(line)

    return told, show


def _direction(given: argparse.Namespace) -> Direction | None:
    """As told, or that of the hazard ratio."""
    if not given.hazard_ratio:
        return given.direction
    from extraction.recover.log_rank_ratios import side_of

    side = side_of(given.hazard_ratio)
    if side and given.direction and side != given.direction:
        raise Unusable(
            f"hazard ratio {given.hazard_ratio}: the hazard of the treated is not {given.direction}"
        )
    return side or given.direction


def _histories(report: LogRankReport, ties: bool) -> tuple[dict, list[str]]:
    """Histories of the events and direction that are told; null: not searched.  Where none gives the p, what
    p are near, and which other tests give it.
    """
    from extraction.recover.log_rank import log_rank_histories, nearest_p
    from extraction.recover.log_rank_ratios import which_tests_print

    found = log_rank_histories(report.n_treated, report.n_control, report.p, ties, sides=report.sides)
    told: dict = asdict(found)
    for name in ("untied", "tied"):
        told[name] = told[name] and [row for row in told[name] if _is_told(row, report)]
    words = [f"{found.note}."] if found.note else []
    if found.untied is None or told["untied"] or told["tied"]:
        return told, words
    others = [(test, sides) for test, sides in which_tests_print(report) if test != "log-rank test"]
    told["other_tests"] = [{"test": test, "sides": sides} for test, sides in others]
    searched = "No history" if found.tied is not None else "No history without ties"
    words.append(f"{searched} of these groups gives this p by the log-rank test.")
    if report.sides == 2 and not (found.untied or found.tied):
        near = nearest_p(report.n_treated, report.n_control, report.p, ties=found.tied is not None)
        told["nearest_p"] = dict(zip(("below", "above"), near, strict=True))
        words.append(f"The nearest that can be printed are {_nearest(near)}.")
    words.append(
        f"Simulated trials print it by {', '.join(map(_named, others))}."
        if others
        else "Nor does any other test in use print it in simulated trials of these sizes."
    )
    return told, words


def _nearest(near: tuple[float | None, float | None]) -> str:
    return " and ".join(f"{p:.4g}" for p in near if p is not None) or "none"


def _is_told(row: dict, report: LogRankReport) -> bool:
    """Whether a history has the events and direction that the paper tells."""
    pairs = (
        (row["events_treated"], report.events_treated),
        (row["events_control"], report.events_control),
        (row["events_treated"] + row["events_control"], report.events),
        (row["direction"], report.direction and DIRECTIONS[report.direction]),
    )
    return all(wanted is None or found == wanted for found, wanted in pairs)


def _show_histories(name: str, rows: list[dict] | None) -> None:
    if rows:
        show_rows(
            ["events, treated", "events, control", "direction", "histories", "match"],
            [
                [
                    row["events_treated"],
                    row["events_control"],
                    row["direction"],
                    f"{row['histories']:,}",
                    CONVENTION_WORDS[row["match"]],
                ]
                for row in rows
            ],
            {"untied": "No two events at one time", "tied": "Some events at one time"}[name],
        )


def _show_ratios(report: LogRankReport, approximate: list[HazardRatio], simulated: list[Simulated]) -> None:
    shown = {max(round(share * report.n), 1) for share in SHARES} if report.total is None else {report.total}
    show_rows(
        ["hazard of the treated", "events", "hazard ratio", "95 % interval", "of all p that print so"],
        [
            [
                row.direction,
                row.events,
                "a bound" if row.estimate is None else f"{row.estimate:.3g}",
                "" if row.estimate is None else f"{row.lower:.3g} to {row.upper:.3g}",
                f"{row.nearest_1:.3g} {'and beyond' if row.farthest is None else f'to {row.farthest:.3g}'}",
            ]
            for row in approximate
            if row.events in shown
        ],
        "Hazard ratios by z / √V (Schoenfeld, Tierney)",
    )
    show_rows(
        ["hazard of the treated", "middle", "central 95 %", "at the widest", "trials"],
        [
            [
                row.direction,
                f"{row.middle:.3g}",
                f"{row.low:.3g} to {row.high:.3g}",
                f"{row.least:.3g} to {'any' if row.most is None else f'{row.most:.3g}'}",
                row.trials,
            ]
            for row in simulated
        ],
        "Cox's hazard ratio in simulated trials that print this p",
    )


def _error_words(report: LogRankReport, simulated: list[Simulated]) -> str:
    """How far to trust the approximation."""
    if not simulated:
        return (
            "The hazard ratios are an approximation whose error was not measured: too few simulated trials of"
            " these sizes and events print this p, or the groups are too large to simulate."
        )
    unknown = " The number of events is not told: with it the ratio would be told closely."
    return (
        "The interval is by the approximation; the simulated trials say what Cox's model may print instead,"
        " whatever the follow-up and ties." + (unknown if report.total is None else "")
    )


def _test_words(report: LogRankReport, hazard_ratio: str, found: list[Verdict]) -> str:
    """Which tests could have given the p beside a hazard ratio."""
    beside = f"Beside a hazard ratio of {hazard_ratio} the p"
    if not found:
        return f"{beside} was not judged: too few simulated trials have these sizes, events and ratio."
    asked_first = sorted((v for v in found if v.fits), key=lambda v: v.sides == report.sides)
    fitting = {v.test: v.sides for v in asked_first}  # of a test on both sides the one that is asked for
    usual = found[0]
    if not fitting:
        return (
            f"{beside} is by none of the tests in use, one- or two-sided: by the log-rank test it is"
            f" {usual.lower:.3g} to {usual.upper:.3g}. A p that is adjusted, stratified or multiplied for"
            " several comparisons is to be told as one."
        )
    if usual.fits and report.sides == 2:
        unlike = ", ".join(v.test for v in found if v.sides == 2 and not v.fits)
        return f"{beside} agrees, by the log-rank test" + (
            f"; it would not be by {unlike}." if unlike else "."
        )
    names = [_named(test) for test in sorted(fitting.items(), key=lambda test: test[1] != report.sides)]
    return (
        f"{beside} agrees if it is of the {' or '.join(names)}; by the two-sided log-rank test"
        f" it is {usual.lower:.3g} to {usual.upper:.3g}."
    )


def _named(test: tuple[str, int]) -> str:
    return test[0] if test[1] == 2 else f"{test[0]}, one-sided"
