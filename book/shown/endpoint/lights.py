"""Risk of bias as lights: one colour and one shape for each judgement, so that neither is needed alone."""

import pandas as pd
from matplotlib.lines import Line2D

from book.html.style import GREEN, GREY, INK, RED, SMALL, YELLOW, Picture, Table, canvas
from extraction.bias import judgements, overall
from extraction.records import Review
from extraction.schema import Record
from extraction.vocabulary import DOMAINS, ENDPOINTS, JUDGED
from models.endpoints import ENDPOINTS as MODELS
from models.endpoints import evidence_of

LIGHTS = {
    "low": ("low", GREEN, "o"),
    "moderate": ("moderate", YELLOW, "^"),
    "serious": ("serious", RED, "s"),
    "critical": ("critical", "#8B0000", "X"),
    "no_information": ("no information", "white", "o"),
}
"""Words, colour and shape of each judgement."""


def light(ax, x: float, y: float, judgement: str, size: float = 9) -> None:
    """One light in data coordinates."""
    _, colour, shape = LIGHTS[judgement]
    ax.plot(
        x,
        y,
        shape,
        color=colour,
        ms=size,
        mec=GREY if judgement == "no_information" else INK,
        mew=0.7,
        clip_on=False,
        zorder=6,
    )


def row_of_lights(
    ax, record: Record, endpoint: str, x: float, y: float, step: float, size: float = 8
) -> bool:
    """The seven domains and, after a gap, the overall judgement; whether the study is judged for the
    endpoint.
    """
    made = judgements(record, endpoint)
    for i, row in enumerate(made.values()):
        light(ax, x + i * step, y, row.judgement, size)
    if made and (whole := overall(record, endpoint)):
        light(ax, x + (len(DOMAINS) + 0.6) * step, y, whole, size + 2)
    return bool(made)


def legend_of_lights(figure) -> None:
    handles = [
        Line2D(
            [],
            [],
            ls="",
            marker=shape,
            color=colour,
            mec=GREY if name == "no_information" else INK,
            mew=0.7,
            ms=9,
            label=words,
        )
        for name, (words, colour, shape) in LIGHTS.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=SMALL)


def traffic_lights(key: str, review: Review):
    """Every study that enters an endpoint by the seven domains and overall."""
    evidence = evidence_of(key, review)
    figure, ax = canvas(0.42 * len(evidence.studies) + 3.7)
    for i, study in enumerate(evidence.studies):
        ax.text(-0.4, -i, review.studies[study].label, ha="right", va="center", fontsize=11)
        if not row_of_lights(ax, review.records[study], evidence.endpoint, 0.5, -i, 1.0, 11):
            ax.text(
                0.5,
                -i,
                "not judged: the widest prior, that of critical risk, is taken",
                va="center",
                fontsize=SMALL,
            )
    for j, words in enumerate([*DOMAINS.values(), "overall"]):
        ax.text(
            j + 0.5 + (0.6 if words == "overall" else 0),
            0.55,
            words,
            rotation=60,
            ha="left",
            va="bottom",
            rotation_mode="anchor",
            fontsize=SMALL,
        )
    ax.set_xlim(-2.6, 12.0)
    ax.set_ylim(-len(evidence.studies) + 0.4, 6.4)
    ax.axis("off")
    figure.suptitle(MODELS[key].title, x=0.02, ha="left", fontsize=12, weight="bold")
    legend_of_lights(figure)
    said = ". ".join(
        f"{review.studies[s].label}: " + _words(review.records[s], evidence.endpoint)
        for s in evidence.studies
    )
    return Picture(
        figure,
        f"Risk of bias (ROBINS-I), {MODELS[key].title}. {said}.",
        pd.DataFrame(
            [
                row
                for study in evidence.studies
                for row in _numbers(study, review.records[study], evidence.endpoint)
            ]
        ),
        how="Judged by the reviewers and kept in the records with their reasons; nothing is computed.",
    )


def _numbers(study: str, record: Record, endpoint: str) -> list[dict]:
    """A row for each domain and one for the overall judgement; not judged where no judgement is made."""
    made = {domain: row.judgement for domain, row in judgements(record, endpoint).items()}
    return [
        {"study": study, "domain": domain, "judgement": made.get(domain, "not judged")} for domain in DOMAINS
    ] + [{"study": study, "domain": "overall", "judgement": overall(record, endpoint) or "not judged"}]


def _words(record: Record, endpoint: str) -> str:
    made, whole = judgements(record, endpoint), overall(record, endpoint)
    if not made or not whole:
        return "not judged"
    domains = ", ".join(f"{DOMAINS[domain]} {LIGHTS[row.judgement][0]}" for domain, row in made.items())
    return f"overall {LIGHTS[whole][0]} ({domains})"


def reasons(study: str, review: Review) -> Table:
    """Every judgement of a study with its endpoints, reason and address."""
    return Table(
        pd.DataFrame(
            [
                {
                    "domain": JUDGED[row.domain],
                    "endpoints": ", ".join(ENDPOINTS[e] for e in row.endpoints),
                    "risk of bias": LIGHTS[row.judgement][0],
                    "reason": row.reason,
                    "where": str(row.address) if row.address else "a silence of the paper",
                }
                for domain in JUDGED
                for row in review.records[study].risk_of_bias
                if row.domain == domain
            ]
        ),
        f"{review.studies[study].label}: risk of bias and reasons",
        how="Judged by the reviewers and kept in the records with their reasons; nothing is computed.",
        folded=review.studies[study].label,
    )


def overall_in_words(review: Review) -> str:
    """How many studies of how many endpoints are at which overall risk, in one sentence."""
    found = [
        overall(review.records[study], evidence_of(key, review).endpoint) or "not judged"
        for key in MODELS
        for study in evidence_of(key, review).studies
    ]
    counts = ", ".join(
        f"{found.count(name)} at {words} risk"
        for name, (words, _, _) in reversed(LIGHTS.items())
        if name in found
    )
    return f"Of {len(found)} results that enter a model, each a study and an endpoint, {counts}."
