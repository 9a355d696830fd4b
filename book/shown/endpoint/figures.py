"""Figures of a posterior.  Each function returns a Picture; its alternative text states the finding with its
numbers.
"""

import textwrap
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from book.html.style import (
    BLUE,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    PURPLE,
    SMALL,
    Picture,
    columns,
    density,
    interval_line,
    ratio_axis,
    reach,
)
from book.shown.endpoint.lights import LIGHTS, legend_of_lights, row_of_lights
from book.shown.endpoint.printed import NOTHING, printed_result
from extraction.bias import domains_of, judgements, overall
from extraction.records import Review
from extraction.schema import Record
from models.answers.answer import answer_of, as_ratios
from models.answers.summary import summarise
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import mean_effect
from models.engines.reweight import limits_under
from models.priors import Prior
from models.runs import store
from models.trust.adjusted import read_through_bias
from models.trust.weights import weights
from models.words import digits_beside, ends, interval, number, percent

AWAITING = "awaiting data"


@dataclass(frozen=True)
class Row:
    """A row of a forest plot: limits and draws (log scale) are None where there is no result, and `gap` says
    why.
    """

    label: str
    printed: str = ""
    limits: dict | None = None
    draws: np.ndarray | None = None
    gap: str = ""
    kind: str = "study"
    record: Record | None = None
    """Of a study whose risk of bias is judged for the endpoint."""
    weight: float | None = None
    """In the mean effect, a share; beside the mean effect that of the prior."""


def forest_rows(key: str, review: Review) -> list[Row]:
    """Studies used, registered studies without a number that can be used, those awaiting data; the mean
    effect, not adjusted and adjusted for bias; the effect in a next study.
    """
    endpoint, evidence, answer = ENDPOINTS[key], evidence_of(key, review), answer_of(key, review)
    rows, weight = [], weights(key, review)
    for study in review.register.studies:
        if study.id in evidence.studies:
            theta = answer.theta[study.id]
            record = review.records[study.id]
            rows.append(
                Row(
                    study.label,
                    printed_result(record, endpoint.evidence),
                    theta.ratio,
                    theta.points,
                    record=record if judgements(record, endpoint.evidence) else None,
                    weight=weight.get(study.id),
                )
            )
        elif study.registered and study.decision == "awaiting_data":
            rows.append(Row(study.label, "no text could be read", gap=AWAITING, kind="awaiting"))
        elif study.registered and study.decision == "included":
            printed = printed_result(review.records[study.id], endpoint.evidence)
            rows.append(
                Row(
                    study.label,
                    printed,
                    gap="nothing to use" if printed == NOTHING else "printed, not used",
                    kind="unused",
                )
            )
    new, one = answer.prediction, len(evidence.studies) == 1
    pooled = "one study: pulled towards the prior" if one else f"pooled, {len(evidence.studies)} studies"
    sure = answer.mu.ratio | {"mcse": summarise(key, review)["mcse"]}
    return [
        *rows,
        Row(
            "Mean",
            f"{pooled}, not adjusted",
            sure,
            answer.mu.points,
            kind="pooled",
            weight=1 - sum(weight.values()) if weight else None,
        ),
        Row("Mean, adjusted", "for the likely bias", read_through_bias(key, review), kind="adjusted"),
        Row("Next study", "predicted, not adjusted", new.ratio, new.points, kind="prediction"),
    ]


LIGHTS_HEIGHT = 0.55
"""Of a forest row, for the risk of bias under what is printed."""
LINE = 0.44
"""Height of a line of small type in a forest row, a row being 0.42 inches to the unit."""
WRAPPED = 23
"""Characters to a line of what is printed, beside the intervals."""
COLOURS = {"study": BLUE, "pooled": BLUE, "adjusted": ORANGE, "prediction": PURPLE}
OF_ALL = ("pooled", "adjusted", "prediction")
"""Kinds of rows that stand for no study."""
MARKERS = {"pooled": "D", "adjusted": "s"}


MOST_DRAWN = 30
"""Studies that a forest plot can be read with."""


def _drawn(rows: list[Row]) -> list[Row]:
    """All rows; of many studies those with the narrowest intervals, and a row that counts the others."""
    studies = [row for row in rows if row.kind not in OF_ALL]
    if len(studies) <= MOST_DRAWN:
        return rows
    width = {id(row): row.limits["upper"] / row.limits["lower"] if row.limits else np.inf for row in studies}
    kept = {id(row) for row in sorted(studies, key=lambda row: width[id(row)])[:MOST_DRAWN]}
    told = f"{len(studies) - MOST_DRAWN} further studies"
    others = Row(told, "with wider intervals, or none", gap="among the numbers", kind="others")
    return [
        *(row for row in studies if id(row) in kept),
        others,
        *(row for row in rows if row.kind in OF_ALL),
    ]


def forest(key: str, review: Review):
    """Posterior of each study between what its paper printed and its numbers, with the mean and the effect in
    a next study.
    """
    endpoint = ENDPOINTS[key]
    every, digits = forest_rows(key, review), summarise(key, review)["digits"]
    rows = _drawn(every)
    judged = [row.record for row in rows if row.record]
    domains = domains_of(judged)
    printed = [textwrap.wrap(row.printed, WRAPPED) for row in rows]
    heights = [
        max(
            0.8 + LINE * len(lines) + (LIGHTS_HEIGHT if row.record else 0),
            0.3 + LINE * len(_told(row, digits)),
        )
        for row, lines in zip(rows, printed, strict=True)
    ]
    tops = np.concatenate([[0], -np.cumsum(heights)])
    low, high = reach([row.limits for row in rows if row.limits and row.kind in ("study", "pooled")])
    figure, (words, ax, told) = columns(-tops[-1] * 0.42 + 1.4, 1.95, 1.6, 1.1)
    for row, lines, top, height in zip(rows, printed, tops[:-1], heights, strict=True):
        words.text(0, top - 0.15, row.label, va="top", weight="bold", fontsize=11.5)
        words.text(
            0, top - 0.65, "\n".join(lines), va="top", fontsize=SMALL, color="#444444", linespacing=1.15
        )
        if row.record:
            row_of_lights(words, row.record, endpoint.evidence, domains, 0.03, top - height + 0.3, 0.09)
        _forest_row(ax, told, row, top - height / 2, (low, high), digits)
    for axes in (words, ax, told):
        axes.set_ylim(tops[-1], 0)
        axes.axhline(tops[-4], color=LIGHT, lw=1)
    heads = ["median", "95 % interval", *(["weight"] if any(row.weight for row in rows) else [])]
    beside = ["study", "as printed", *(["risk of bias"] if judged else [])]
    for column, head in ((words, beside), (told, heads)):
        column.set_title("\n".join(head), loc="left", fontsize=SMALL, color="#444444")
    ratio_axis(ax, low, high, endpoint.scale.capitalize(), endpoint.sides)
    if judged:
        legend_of_lights(figure, judged)
    return Picture(
        figure,
        _forest_alt(endpoint, rows, digits),
        pd.DataFrame([_forest_numbers(row, endpoint, domains) for row in every]),
        how=(
            "Median and 95 % interval of each study, of the mean effect (also read through the likely bias) "
            "and of a next study; beside them what each paper printed. The weight of a study is how far the "
            "mean moves when what it saw moves, by quadrature; what is missing to 100 % is the prior's."
        ),
        endpoint=key,
    )


def _told(row: Row, digits: int) -> list[str]:
    """Lines of numbers at the end of a row, or why there are none."""
    if row.limits is None:
        return textwrap.wrap(row.gap, 11)
    weight = f"{'prior ' if row.kind == 'pooled' else ''}{percent(row.weight)}" if row.weight else ""
    return list(filter(None, (number(row.limits["median"], digits), ends(row.limits, digits), weight)))


def _forest_row(ax, told, row: Row, middle: float, reached: tuple[float, float], digits: int) -> None:
    """The interval with its density, and beside it the numbers; words alone where there is no result."""
    lines = _told(row, digits)
    for i, line in enumerate(lines):
        told.text(
            0,
            middle + LINE * ((len(lines) - 1) / 2 - i),
            line,
            va="center",
            fontsize=SMALL,
            weight="bold" if row.limits and i == 0 else "normal",
            style="normal" if row.limits else "italic",
            color=INK if row.limits else GREY,
        )
    if row.limits is None:
        return
    (low, high), colour = reached, COLOURS[row.kind]
    if row.draws is not None:
        grid = np.linspace(np.log(low), np.log(high), 200)
        shape = density(row.draws, grid)
        ax.fill_between(
            np.exp(grid), middle, middle + 0.5 * shape / shape.max(), color=colour, alpha=0.18, lw=0, zorder=1
        )
    interval_line(ax, middle, row.limits, low, high, colour, MARKERS.get(row.kind, "o"))


def _forest_numbers(row: Row, endpoint: Endpoint, domains: list[str]) -> dict:
    """Limits as ratios, missing where there is no result; judgements missing where there are none."""
    lights: dict[str, str | None] = {}
    if row.record and (judged := judgements(row.record, endpoint.evidence)):
        lights = {domain: made.judgement for domain, made in judged.items()}
        lights["overall"] = overall(row.record, endpoint.evidence)
    return {
        "row": row.label,
        "kind": row.kind,
        "printed": row.printed,
        "no_result_because": row.gap,
        "scale": endpoint.scale,
        **{name: row.limits[name] if row.limits else None for name in ("median", "lower", "upper")},
        "weight": row.weight,
        **{f"risk_of_bias_{domain}": lights.get(domain) for domain in (*domains, "overall")},
    }


def _forest_alt(endpoint: Endpoint, rows: list[Row], digits: int) -> str:
    parts = []
    for row in rows:
        if row.limits is None:
            parts.append(f"{row.label}: printed {row.printed}; {row.gap}")
        else:
            said = f", printed {row.printed}" if row.kind == "study" else ""
            risk = overall(row.record, endpoint.evidence) if row.record else None
            said += f", risk of bias {LIGHTS[risk][0]}" if risk else ""
            said += (
                f", weight{' of the prior' if row.kind == 'pooled' else ''} {percent(row.weight)}"
                if row.weight
                else ""
            )
            parts.append(f"{row.label}: {interval(row.limits, digits)}{said}")
    return (
        f"Forest plot, {endpoint.title}: {endpoint.scale}, {endpoint.contrast.treated} over"
        f" {endpoint.contrast.comparator}. " + ". ".join(parts) + "."
    )


@lru_cache
def under_each_tau(key: str, review: Review) -> list[tuple]:
    """(prior of tau, limits of the mean effect under it), the primary prior first; limits None where draws
    are too few.
    """
    endpoint = ENDPOINTS[key]
    under = endpoint.engine.way(_integrated_under, _reweighted_to)
    others = [(prior, under(prior, key, review)) for prior in endpoint.tau_alternatives]
    return [(endpoint.tau_prior, answer_of(key, review).mu.ratio), *others]


def _integrated_under(prior: Prior, key: str, review: Review) -> dict[str, float]:
    return as_ratios(mean_effect(evidence_of(key, review), ENDPOINTS[key].mu_prior, prior).limits())


def _reweighted_to(prior: Prior, key: str, review: Review) -> dict[str, float] | None:
    return limits_under(store.read(key, review).draws, ENDPOINTS[key].tau_prior, prior)


def over_each_tau(key: str, review: Review) -> str:
    """How far the median of the mean effect depends on the prior of tau, in one sentence."""
    medians = [found["median"] for _, found in under_each_tau(key, review) if found]
    low, high = (number(end(medians), digits_beside(key)) for end in (min, max))
    said = f"is {low}" if low == high else f"runs from {low} to {high}"
    return f"Over the {len(medians)} priors of τ the median {ENDPOINTS[key].scale} {said}."
