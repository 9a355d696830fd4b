"""What recovery added: the posterior without and with recovered data, and the candidates behind each
recovered report.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from book.html.style import BLUE, GREY, LIGHT, ORANGE, PLAIN, SMALL, Picture, Table, canvas
from extraction.question import TREATMENT
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
from models.words import compact, interval, part_words, percent

PRINTED_ONLY = "printed numbers only"


@dataclass(frozen=True)
class Row:
    """The mean effect under one reading: its words, posterior (log scale), limits as ratios, and the
    probability that the treatment is the better side.
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

    Raises ValueError for durations, which quadrature cannot integrate.
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


def added(key: str, review: Review) -> Table:
    """Mean effect under each reading, one below the other."""
    endpoint, rows = ENDPOINTS[key], readings(key, review)
    return Table(
        pd.DataFrame(
            [
                {
                    "reading": row.words,
                    "studies": row.studies,
                    f"mean {endpoint.scale} (95 % interval)": compact(row.limits),
                    f"{TREATMENT} the better side": percent(row.p_favours),
                }
                for row in rows
            ]
        ),
        f"{endpoint.title}: the mean effect, not adjusted for bias, by reading of the papers",
        how="The mean effect by quadrature with each reading of the papers.",
        endpoint=key,
        numbers=pd.DataFrame(
            [
                {
                    "reading": row.words,
                    "studies": row.studies,
                    "scale": endpoint.scale,
                    **row.limits,
                    "p_favours_treated": row.p_favours,
                }
                for row in rows
            ]
        ),
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
    found = log_rank_histories(histories.n_treated, histories.n_control, histories.p)
    by_side: dict[str, dict[str, int]] = {}
    for kind, rows in (("no ties", found.untied), ("with ties", found.tied)):
        sides = by_side.setdefault(kind, {"treated worse": 0, "none": 0, "treated better": 0})
        for row in rows or ():
            sides[row["direction"]] += row["histories"] if row["match"] == "rounded" else 0
    return Recovered(
        f"{label}, {histories.n_treated} v {histories.n_control} patients, p={histories.p}", histories=by_side
    )


def candidates(key: str, review: Review) -> Picture | None:
    """The tables behind each recovered report; None where none is recovered."""
    found = [report for report in recovered_reports(key, review) if report.tables]
    if not found:
        return None
    figure, axes = canvas(2.3 * len(found) + 0.4, len(found), squeeze=False)
    for report, ax in zip(found, axes[:, 0], strict=True):
        _tables(ax, report)
        ax.set_title(report.label, loc="left", fontsize=12, weight="bold")
    return Picture(
        figure,
        f"What could have been printed so, {ENDPOINTS[key].title}. " + " ".join(map(_words, found)),
        pd.DataFrame([row for report in found for row in _candidate_numbers(report)]),
        how="Every table that would have been printed as the paper prints it.",
        endpoint=key,
    )


def histories(key: str, review: Review) -> list[str]:
    """The histories behind each recovered log-rank p-value, in words."""
    return [_words(report) for report in recovered_reports(key, review) if report.histories]


def _candidate_numbers(report: Recovered) -> list[dict]:
    """A row for each table that prints so."""
    columns = ("events_treated", "n_treated", "events_control", "n_control")
    return [
        {"report": report.label, "enters": report.enters, **dict(zip(columns, table, strict=True))}
        for table in report.tables
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
    ax.set_xlabel(f"Events with {TREATMENT}, of {n}")
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


def _words(report: Recovered) -> str:
    role = "" if report.enters else " (not multiplied in)"
    if report.tables:
        return f"{report.label}: {_shown(report)}{role}."
    return f"{report.label}: {histories_in_words(report)}{role}."


def histories_in_words(report: Recovered) -> str:
    """How many histories print so, and how many of them speak against the treatment, without and
    with ties.
    """
    return "; ".join(
        f"{kind}: {sum(sides.values()):,} histories, {sides['treated worse']:,} with more events with"
        f" {TREATMENT} than expected"
        for kind, sides in report.histories.items()
    )
