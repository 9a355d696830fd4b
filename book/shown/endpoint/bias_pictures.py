"""Pictures of what bias does: unadjusted beside adjusted, and how much bias it takes to move the answer."""

import textwrap

import numpy as np
import pandas as pd

from book.html.markers import bias_key, mean_key
from book.html.style import GREEN, GREY, INK, PURPLE, SMALL, Picture, Table, canvas
from extraction.question import CONTRASTS, QUESTION, TREATMENT
from extraction.records import Review
from models.answers.bias import OF_TRIALS, bias_priors
from models.endpoints import ENDPOINTS, evidence_of
from models.trust.adjusted import MEANS, pair, tipping_grid
from models.words import compact, digits_beside, interval, number, percent

THE_OTHER = CONTRASTS[QUESTION.contrast].other
"""The arm that the treated are compared with, in the review's own contrast."""
LONGEST_LINE = 34
"""Characters of a title or legend beside another."""


def tipping(review: Review) -> Picture | None:
    """From which bias of every study on each 95 % interval leaves no difference, on either side, beside the
    bias as judged; None where no study enters any endpoint.
    """
    keys = [key for key in ENDPOINTS if evidence_of(key, review).used]
    if not keys:
        return None
    figure, ax = canvas(0.8 * len(keys) + 1.7)
    rows = [_tipping_row(ax, -i, key, review) for i, key in enumerate(keys)]
    _tipping_axis(ax, len(keys))
    said = " ".join(f"{ENDPOINTS[row['endpoint']].title}: {row.pop('words')}" for row in rows)
    return Picture(
        figure,
        f"How much bias turns each answer. {said}",
        pd.DataFrame(rows),
        how=(
            "The mean effect is read through a bias that is known and the same in every study, over a range"
            " of its size; the dots are the means of the priors of the bias as judged, the lines one SD."
        ),
    )


def _tipping_row(ax, y: int, key: str, review: Review) -> dict:
    """Draw the sides on which the interval excludes no difference, and each study's bias as judged; the same
    in numbers and words.
    """
    grid = tipping_grid(key, review)
    lower, upper = (limit[0] for limit in grid)
    sides = {"above": lower > 0, "below": upper < 0}
    for side, excluded in sides.items():
        favours = ENDPOINTS[key].less_is_better == (side == "below")
        if excluded.any():
            ends = np.exp(MEANS[np.flatnonzero(excluded)[[0, -1]]])
            colour, arm = (GREEN, TREATMENT) if favours else (PURPLE, THE_OTHER)
            ax.barh(
                y,
                ends[1] - ends[0],
                left=ends[0],
                height=0.5,
                color=colour,
                alpha=0.45,
                label=f"favours {arm}",
            )
    ax.annotate(
        textwrap.fill(ENDPOINTS[key].title.partition(",")[0], LONGEST_LINE),
        (0, y + 0.28),
        xycoords=("axes fraction", "data"),
        fontsize=SMALL,
        weight="bold",
        va="bottom",
    )
    priors = bias_priors(key, review)
    for prior in priors.values():
        mean, sd = prior.parameters[:2]
        ax.plot(np.exp([mean - sd, mean + sd]), [y, y], color=INK, lw=1.2)
        ax.plot(np.exp(mean), y, "o", color=INK, ms=6, mec="white", label="bias as judged")
    return {
        "endpoint": key,
        "excludes_no_difference_above_1_up_to_a_bias_of": _end(sides["above"], -1),
        "excludes_no_difference_below_1_from_a_bias_of": _end(sides["below"], 0),
        "bias_as_judged": "; ".join(f"{s}: {np.exp(p.parameters[0]):.2f}" for s, p in priors.items()),
        "words": tipping_words(key, *grid),
    }


def _end(excluded: np.ndarray, which: int) -> float | None:
    """The first or last bias, as a factor, at which the interval excludes no difference."""
    found = np.flatnonzero(excluded)
    return float(np.exp(MEANS[found[which]])) if len(found) else None


def _tipping_axis(ax, rows: int) -> None:
    ax.set_xscale("log")
    ax.set_xlim(float(np.exp(MEANS[0])), float(np.exp(MEANS[-1])))
    ax.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    ax.minorticks_off()
    ax.set_ylim(0.4 - rows, 0.75)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axvline(1, color=GREY, lw=1, zorder=0)
    ax.set_xlabel("Bias of every study: ratio seen over true, log scale")
    labels = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    columns = 2 if max(map(len, labels)) < LONGEST_LINE else 1
    ax.figure.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=columns)


def tipping_words(key: str, lower: np.ndarray, upper: np.ndarray) -> str:
    """At a known bias of every study (SD 0): from which factor on the interval reaches or leaves no
    difference.
    """
    endpoint, now = ENDPOINTS[key], len(MEANS) // 2
    state = np.where(upper[0] < 0, -1, np.where(lower[0] > 0, 1, 0))
    here = "excludes" if state[now] else "holds"
    leaves = [MEANS[np.flatnonzero(state == side)] for side in (1, -1)]
    parts = [f"The 95 % interval {here} no difference without bias."]
    if len(leaves[0]):
        parts.append(
            f"It lies wholly above 1 if the {endpoint.scale} seen is at most"
            f" {number(float(np.exp(leaves[0].max())))} times the true one in every study"
        )
    if len(leaves[1]):
        parts.append(
            f"{'and' if len(leaves[0]) else 'It lies'} wholly below 1 if it is at least"
            f" {number(float(np.exp(leaves[1].min())))} times the true one"
        )
    return " ".join(parts[:1] + ([", ".join(parts[1:]) + "."] if parts[1:] else []))


def e_value(ratio: float, kind: str) -> float:
    """VanderWeele & Ding 2017, Ann Intern Med 167:268: the risk ratio an unmeasured confounder must have with
    both drug and outcome.

    kind : `odds ratio` of a common outcome (square root), `hazard ratio` of a common outcome, or any other
    ratio taken as a risk ratio
    """
    ratio = max(ratio, 1 / ratio)
    if kind == "odds ratio":
        ratio = np.sqrt(ratio)
    elif kind == "hazard ratio":
        ratio = (1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio))
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def e_values(review: Review) -> Table:
    """E-value of each mean effect, and of its limit nearer to no difference (1 if the interval holds it)."""
    rows = []
    for key, endpoint in ENDPOINTS.items():
        found = pair(key, review).unadjusted
        near = (
            1.0
            if found["lower"] < 1 < found["upper"]
            else min(found["lower"], found["upper"], key=lambda limit: abs(np.log(limit)))
        )
        rows.append(
            {
                "endpoint": endpoint.title,
                "mean effect, not adjusted": f"{endpoint.scale} {interval(found, digits_beside(key))}",
                "E-value of the estimate": number(e_value(found["median"], endpoint.scale)),
                "E-value of the nearer limit": number(e_value(near, endpoint.scale)),
            }
        )
    return Table(
        pd.DataFrame(rows),
        "E-values",
        how=(
            "By the formula of VanderWeele and Ding from the mean effect and the limit nearer to no "
            "difference."
        ),
        sources={"mean effect, not adjusted": [(mean_key(key),) for key in ENDPOINTS]},
        folded="E-values of every endpoint",
    )


def what_it_does(review: Review) -> str:
    """How many answers the adjustment turns, in one sentence."""
    pairs = {key: pair(key, review) for key in ENDPOINTS}
    weaker = [
        ENDPOINTS[key].title
        for key, p in pairs.items()
        if abs(p.adjusted["p_favours"] - 0.5) < abs(p.unadjusted["p_favours"] - 0.5)
    ]
    excluded = any(p.adjusted["lower"] > 1 or p.adjusted["upper"] < 1 for p in pairs.values())
    if len(pairs) == 1:
        said = f"the answer is {'less' if weaker else 'no less'} certain"
        beyond = "" if excluded else ", and its 95 % interval holds no difference"
    else:
        said = f"the answer is less certain for {len(weaker)} of {len(pairs)} endpoints"
        beyond = "" if excluded else ", and every 95 % interval holds no difference"
    return f"Read through the bias that this makes likely, {said}{beyond}."


def scales() -> Table:
    """Mean and SD of the bias by endpoint and judgement, with what they claim and where they come from."""
    rows: dict[str, dict] = {}
    for endpoint in ENDPOINTS.values():
        scale = endpoint.bias
        cells = {
            name.replace("_", " "): (
                "{:+.2f}, {:.2f}".format(*getattr(scale, name)).replace("-", "−").replace("+0.00", "0")
            )
            for name in ("low", "moderate", "serious", "critical")
        }
        rows.setdefault(
            scale.plain, {"endpoints": [], **cells, "in words": scale.plain, "source": scale.source}
        )["endpoints"].append(endpoint.title)
    return Table(
        pd.DataFrame([row | {"endpoints": ", ".join(row["endpoints"])} for row in rows.values()]),
        "Mean and SD of the bias at each judgement, log scale",
        how=f"A judgement of this review, each with its source; not estimated. {OF_TRIALS}",
        folded="The priors of the bias, in words and with their sources",
    )


def adjusted_table(review: Review) -> Table:
    """Unadjusted and adjusted mean effect of every endpoint, with the bias it was read through."""
    rows = []
    for key, endpoint in ENDPOINTS.items():
        found, biases = pair(key, review), bias_priors(key, review)
        read = "; ".join(
            f"{review.studies[s].label}: {number(float(np.exp(p.parameters[0])))} times, SD"
            f" {p.parameters[1]:.2f}"
            for s, p in biases.items()
        )
        rows.append(
            {
                "endpoint": f"{endpoint.title}, {endpoint.scale}",
                **{
                    f"{words} (95 % interval)": compact(limits, digits_beside(key))
                    for words, limits in (("not adjusted", found.unadjusted), ("adjusted", found.adjusted))
                },
                "better side, not adjusted": percent(found.unadjusted["p_favours"]),
                "better side, adjusted": percent(found.adjusted["p_favours"]),
                "bias: seen over true, and SD on the log scale": read,
            }
        )
    return Table(
        pd.DataFrame(rows),
        "Mean effect without and with the bias",
        how="The mean effect from the stored draws, and the same read through the likely bias of each study.",
        sources={
            "not adjusted (95 % interval)": [(mean_key(key),) for key in ENDPOINTS],
            "adjusted (95 % interval)": [(bias_key(key),) for key in ENDPOINTS],
        },
    )
