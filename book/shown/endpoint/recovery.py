"""What recovery added: the posterior without and with recovered data, and the candidates behind each
recovered report.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from book.html.style import (
    BLUE,
    GREY,
    LIGHT,
    ORANGE,
    PLAIN,
    RED,
    SMALL,
    Picture,
    canvas,
    interval_line,
    reach,
)
from book.shown.endpoint.rows import caption, frame
from extraction.records import Review
from extraction.recover.log_rank import log_rank_histories
from models.answers.answer import as_ratios
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import quadrature
from models.engines.posterior import Posterior
from models.evidence.collect import alternatives, collect
from models.evidence.report import ALTERNATIVES, Evidence, Used
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.report import Origin
from models.trust import weighted_parts
from models.words import answer, interval, part_words, percent

PRINTED_ONLY = "printed numbers only"


@dataclass(frozen=True)
class Row:
    """The mean effect under one reading: its words, posterior (log scale), limits as ratios, and the
    probability that tocilizumab is the better side.
    """

    words: str
    posterior: Posterior
    limits: dict
    p_favours: float
    studies: int


def recovers(key: str, review: Review) -> bool:
    """Whether anything recovered enters an endpoint."""
    return any(_is_recovered(used) for used in evidence_of(key, review).used)


def readings_differ(key: str, review: Review) -> bool:
    """Whether another reading of the papers would change what enters an endpoint."""
    return bool(alternatives(review, ENDPOINTS[key].evidence))


def readings(key: str, review: Review) -> list[Row]:
    """Primary reading, printed numbers only, then every other reading that changes the evidence; by
    quadrature, so without sampling error.

    Raises ValueError for CRS duration, which quadrature cannot integrate.
    """
    endpoint = ENDPOINTS[key]
    primary = collect(review, endpoint.evidence)
    others = alternatives(review, endpoint.evidence)
    ordered = {words: others[words] for words in ALTERNATIVES if words in others}
    return [
        _row("as used: printed and recovered" if recovers(key, review) else "as used", primary, key),
        *(_row(words, evidence, key) for words, evidence in ordered.items()),
    ]


def _row(words: str, evidence: Evidence, key: str) -> Row:
    endpoint = ENDPOINTS[key]
    posterior = quadrature(evidence, endpoint.mu_prior, endpoint.tau_prior)
    below = posterior.probability_below()
    limits = as_ratios(posterior.mu.limits())
    return Row(words, posterior, limits, endpoint.favours(below), len(evidence.studies))


def added(key: str, review: Review):
    """Mean effect under each reading, side by side."""
    endpoint, rows = ENDPOINTS[key], readings(key, review)
    low, high = reach([row.limits for row in rows])
    figure, ax = canvas(0.95 * len(rows) + 1.0)
    grid = np.linspace(np.log(low), np.log(high), 200)
    tallest = max(row.posterior.mu.density(grid).max() for row in rows)
    for i, row in enumerate(rows):
        colour = RED if i == 0 else GREY if row.words == PRINTED_ONLY else ORANGE
        ax.fill_between(
            np.exp(grid),
            -i - 0.1,
            -i - 0.1 + 0.42 * row.posterior.mu.density(grid) / tallest,
            color=colour,
            alpha=0.2,
            lw=0,
        )
        interval_line(ax, -i - 0.1, row.limits, low, high, colour, "D" if i == 0 else "o")
        words = row.words + (f" ({row.studies} studies)" if row.studies != 1 else " (1 study)")
        told = answer(key, row.limits | {"p_favours": row.p_favours})
        caption(ax, (0.42 - i, words), (-0.22 - i, told), (low, high), bold=i == 0)
    frame(ax, key, len(rows), (low, high))
    said = "; ".join(
        f"{row.words}: {interval(row.limits)}, tocilizumab the better side with probability"
        f" {percent(row.p_favours)}"
        for row in rows
    )
    return Picture(
        figure,
        f"{endpoint.title}, mean {endpoint.scale} by reading of the papers. {said}.",
        pd.DataFrame(
            [
                {
                    "reading": row.words,
                    "studies": row.studies,
                    "scale": endpoint.scale,
                    **row.limits,
                    "p_favours_toci": row.p_favours,
                }
                for row in rows
            ]
        ),
        how="The mean effect by quadrature or by new draws with each reading of the papers.",
        endpoint=key,
    )


def parts_weighted(key: str, review: Review) -> Iterator[str]:
    """What the printed part of a set would make of the answer, and why it only bounds the set."""
    if found := weighted_parts.weighted(key, review):
        yield (
            "A printed part of the patients only bounds the set: which tables hold it. Weighted by the chance"
            " of that part, were it a random share of each arm, the answer would be"
            f" {interval(found.ratio)}. It is no random share: patients are in it for a marker that goes with"
            " the outcome, and it was chosen for its result; so every table that holds it counts alike."
        )


def taken_at_their_word(key: str, review: Review) -> list[str]:
    """Why each verbal outcome that narrows a recovered report is taken at its word, in the words of its
    record.
    """
    said = []
    for report in evidence_of(key, review).used:
        notes = {e.id: e.note for e in review.records[report.study].entries if e.kind == "test_outcome"}
        said += [
            f"{part_words(report.study, report.stratum, review)}: {notes[entry]}"
            for entry in report.entries
            if isinstance(report.report, TableSet) and notes.get(entry)
        ]
    return said


@dataclass(frozen=True)
class Recovered:
    """A recovered report: where it stands, and its candidate tables or its histories."""

    label: str
    tables: tuple[tuple[int, int, int, int], ...] = ()
    histories: dict[str, dict[str, int]] = field(default_factory=dict)
    enters: bool = True


def recovered_reports(key: str, review: Review) -> list[Recovered]:
    """Every recovered report of an endpoint: those that enter, then those that only limit or check."""
    evidence = evidence_of(key, review)
    found = [of_used(used, review) for used in evidence.used if _is_recovered(used)]
    return found + [
        Recovered(part_words(report.study, report.stratum, review), report.candidates, enters=False)
        for report in evidence.unused
        if report.candidates
    ]


def _is_recovered(used: Used) -> bool:
    return used.report.origin is Origin.RECOVERED


def of_used(used: Used, review: Review) -> Recovered:
    """What stands behind a recovered report."""
    label, report = part_words(used.study, used.stratum, review), used.report
    if isinstance(report, TableSet):
        return Recovered(label, report.tables)
    histories = LogRankHistories.expected(report)
    found = log_rank_histories(histories.n_toci, histories.n_control, histories.p)
    by_side: dict[str, dict[str, int]] = {}
    for kind, rows in (("no ties", found.untied), ("with ties", found.tied)):
        sides = by_side.setdefault(kind, {"treated worse": 0, "none": 0, "treated better": 0})
        for row in rows or ():
            sides[row["direction"]] += row["histories"] if row["match"] == "rounded" else 0
    return Recovered(
        f"{label}, {histories.n_toci} v {histories.n_control} patients, p={histories.p}", histories=by_side
    )


def candidates(key: str, review: Review):
    """The tables or histories behind each recovered report; None where nothing is recovered."""
    found = recovered_reports(key, review)
    if not found:
        return None
    heights = [2.3 if report.tables else 1.35 for report in found]
    figure, axes = canvas(sum(heights) + 0.4, len(found), squeeze=False, height_ratios=heights)
    for report, ax in zip(found, axes[:, 0], strict=True):
        (_tables if report.tables else _histories)(ax, report)
        ax.set_title(report.label, loc="left", fontsize=12, weight="bold")
    if any(report.histories for report in found):
        handles = [
            Rectangle((0, 0), 1, 1, color=SIDES[side][1]) for side in ("treated worse", "treated better")
        ]
        figure.legend(
            handles,
            [SIDES[side][0] for side in ("treated worse", "treated better")],
            loc="outside lower center",
            ncols=2,
        )
    return Picture(
        figure,
        f"What could have been printed so, {ENDPOINTS[key].title}. " + " ".join(map(_words, found)),
        pd.DataFrame([row for report in found for row in _candidate_numbers(report)]),
        how=(
            "Every table or history that would have been printed as the paper prints it, each with its "
            "probability."
        ),
        endpoint=key,
    )


def _candidate_numbers(report: Recovered) -> list[dict]:
    """A row for each table that prints so, or for each class of histories with their number."""
    same = {"report": report.label, "enters": report.enters}
    columns = ("events_toci", "n_toci", "events_control", "n_control")
    tables = [same | dict(zip(columns, table, strict=True)) for table in report.tables]
    return tables + [
        same | {"ties": kind, "direction": side, "histories": count}
        for kind, sides in report.histories.items()
        for side, count in sides.items()
    ]


def _tables(ax, report: Recovered) -> None:
    """Candidates among all tables of the largest group sizes they have, with the line of equal shares."""
    n, m = max(t[1] for t in report.tables), max(t[3] for t in report.tables)
    ax.plot([0, n], [0, m], color=LIGHT, lw=1.5, zorder=0)
    ax.text(0.27 * n, 0.2 * m, "equal shares", ha="left", va="top", fontsize=SMALL, color=GREY)
    ax.scatter(
        [t[0] for t in report.tables],
        [t[2] for t in report.tables],
        s=42 if len(report.tables) < 20 else 14,
        color=BLUE if report.enters else ORANGE,
    )
    ax.set_xlim(-0.5, n + 0.5)
    ax.set_ylim(-0.06 * m - 0.2, m + 0.06 * m + 0.2)
    ax.set_xlabel(f"Events with tocilizumab, of {n}")
    ax.set_ylabel(f"Without, of {m}")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.text(
        0.02, 0.96, _shown(report), transform=ax.transAxes, ha="left", va="top", fontsize=SMALL, bbox=PLAIN
    )


def _shown(report: Recovered) -> str:
    if len(report.tables) <= 2:
        return " or ".join(f"{a}/{n} v {b}/{m}" for a, n, b, m in report.tables)
    return f"{len(report.tables)} tables"


SIDES = {
    "treated worse": ("more events with tocilizumab than expected", RED),
    "none": ("as expected", LIGHT),
    "treated better": ("fewer", BLUE),
}


def _histories(ax, report: Recovered) -> None:
    """Shares of histories by direction, for those without and with events on one day."""
    for y, (kind, sides) in zip((1, 0), report.histories.items(), strict=True):
        total, left = sum(sides.values()), 0.0
        for side, count in sides.items():
            if total:
                ax.barh(y - 0.14, count / total, left=left, height=0.36, color=SIDES[side][1])
                left += count / total
        ax.text(
            0,
            y + 0.12,
            f"{kind}: {total:,} histories" + (f", {_share(sides)} with more events" if total else ""),
            va="bottom",
            fontsize=SMALL,
        )
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.4, 1.65)
    ax.axis("off")


def _share(sides: dict[str, int]) -> str:
    worse, total = sides["treated worse"], sum(sides.values())
    return "all" if worse == total else percent(worse / total)


def _words(report: Recovered) -> str:
    role = "" if report.enters else " (not multiplied in)"
    if report.tables:
        return f"{report.label}: {_shown(report)}{role}."
    return f"{report.label}: {histories_in_words(report)}{role}."


def histories_in_words(report: Recovered) -> str:
    """How many histories print so, and how many of them speak against tocilizumab, without and with ties."""
    return "; ".join(
        f"{kind}: {sum(sides.values()):,} histories, {sides['treated worse']:,} with more events with"
        " tocilizumab than expected"
        for kind, sides in report.histories.items()
    )
