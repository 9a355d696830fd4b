"""Risk of bias as lights: one colour and one shape for each judgement, so that neither is needed alone."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.lines import Line2D

from book.html.style import GREEN, GREY, INK, RED, SMALL, YELLOW, Picture, Table, canvas
from extraction.bias import ROBINS_I, domains_of, judgements, overall, tool_of
from extraction.question import ENDPOINTS
from extraction.records import Review
from extraction.schema import Record
from extraction.vocabulary import JUDGED
from models.endpoints import ENDPOINTS as MODELS
from models.endpoints import evidence_of

LIGHTS = {
    "low": ("low", GREEN, "o"),
    "moderate": ("moderate", YELLOW, "^"),
    "serious": ("serious", RED, "s"),
    "critical": ("critical", "#8B0000", "X"),
    "no_information": ("no information", "white", "o"),
    "some_concerns": ("some concerns", YELLOW, "^"),
    "high": ("high", RED, "s"),
}
"""Words, colour and shape of each judgement."""

MOST_DRAWN = 20
"""Studies of an endpoint that a picture can be read with."""


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
    ax, record: Record, endpoint: str, domains: list[str], x: float, y: float, step: float, size: float = 8
) -> bool:
    """The domains and, after a gap, the overall judgement; whether the study is judged for the endpoint.

    domains : those of all studies of the figure; one that this study's tool does not have stays empty
    """
    made = judgements(record, endpoint)
    for domain, row in made.items():
        light(ax, x + domains.index(domain) * step, y, row.judgement, size)
    if made and (whole := overall(record, endpoint)):
        light(ax, x + (len(domains) + 0.6) * step, y, whole, size + 2)
    return bool(made)


def legend_of_lights(figure, records: Iterable[Record]) -> None:
    """Every judgement of the tools that some studies are judged by; of ROBINS-I where there are none."""
    used = {name for record in records for name in tool_of(record).gravity} or set(ROBINS_I.gravity)
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
        if name in used
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=SMALL)


def grid(review: Review) -> Picture | None:
    """Every result, a study and an endpoint, by the domains and overall; None where none enters."""
    results = [(key, study) for key in MODELS for study in evidence_of(key, review).studies]
    if not results:
        return None
    drawn = {key: _drawn(key, review) for key in dict.fromkeys(key for key, _ in results)}
    records = [review.records[study] for _, study in results]
    domains = domains_of(records)
    further = {key: len(evidence_of(key, review).studies) - len(studies) for key, studies in drawn.items()}
    lines = sum(1 + len(studies) + (further[key] > 0) for key, studies in drawn.items())
    figure, ax = canvas(0.31 * lines + 3.3)
    y = 0.0
    for key, studies in drawn.items():
        ax.text(-5.4, y, MODELS[key].title.partition(",")[0], va="center", fontsize=SMALL, weight="bold")
        for study in studies:
            y -= 1
            ax.text(-5.1, y, review.studies[study].label, va="center", fontsize=SMALL)
            endpoint = evidence_of(key, review).endpoint
            if not row_of_lights(ax, review.records[study], endpoint, domains, 0.5, y, 1.0):
                ax.text(0.5, y, "not judged: the widest prior is taken", va="center", fontsize=SMALL)
        if further[key]:
            y -= 1
            ax.text(-5.1, y, f"{further[key]} further studies, at no lower risk", va="center", fontsize=SMALL)
        y -= 1
    for j, words in enumerate([*(JUDGED[domain] for domain in domains), "overall"]):
        ax.text(
            j + 0.5 + (0.6 if words == "overall" else 0),
            0.75,
            words,
            rotation=55,
            va="bottom",
            rotation_mode="anchor",
            fontsize=SMALL,
        )
    ax.set_xlim(-5.4, len(domains) + 5.2)
    ax.set_ylim(y + 0.5, 8.4)  # as high as the longest words, else these squeeze the rows
    ax.axis("off")
    legend_of_lights(figure, records)
    tools = " and ".join(sorted({tool_of(record).name for record in records}))
    rows = [
        {"endpoint": key} | row
        for key, study in results
        for row in _numbers(study, review.records[study], evidence_of(key, review).endpoint)
    ]
    return Picture(
        figure,
        f"Risk of bias ({tools}) by domain. {overall_in_words(review)}",
        pd.DataFrame(rows),
        how="Judged by the reviewers and kept in the records with their reasons; nothing is computed.",
    )


def _drawn(key: str, review: Review) -> list[str]:
    """Studies of an endpoint; of many, those at the lowest risk."""
    evidence = evidence_of(key, review)

    def risk(study: str) -> int:
        record = review.records[study]
        judged = overall(record, evidence.endpoint)
        return tool_of(record).gravity[::-1].index(judged) if judged else len(LIGHTS)

    lowest = sorted(evidence.studies, key=risk)[:MOST_DRAWN]
    return [study for study in evidence.studies if study in lowest]


def _numbers(study: str, record: Record, endpoint: str) -> list[dict]:
    """A row for each domain and one for the overall judgement; not judged where no judgement is made."""
    made = {domain: row.judgement for domain, row in judgements(record, endpoint).items()}
    return [
        {"study": study, "domain": domain, "judgement": made.get(domain, "not judged")}
        for domain in tool_of(record).domains
    ] + [{"study": study, "domain": "overall", "judgement": overall(record, endpoint) or "not judged"}]


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
    counts = [
        f"{found.count(name)} at {words} risk"
        for name, (words, _, _) in reversed(LIGHTS.items())
        if name in found
    ]
    counts += [f"{found.count('not judged')} not judged"] if "not judged" in found else []
    if len(found) == 1:
        return f"Of the one result that enters a model, {counts[0].removeprefix('1 ')}."
    return f"Of {len(found)} results that enter a model, each a study and an endpoint, {', '.join(counts)}."
