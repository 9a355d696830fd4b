"""Pictures of what bias does: unadjusted beside adjusted, and how much bias it takes to move the answer."""

import numpy as np
import pandas as pd

from book.html.markers import bias_key, mean_key
from book.html.style import (
    BLUE,
    GREY,
    INK,
    LIGHT,
    ORANGE,
    PLAIN,
    RED,
    SMALL,
    Picture,
    Table,
    canvas,
    interval_line,
    ratio_axis,
    reach,
)
from extraction.records import Review
from models.answers.bias import SCALES, bias_priors
from models.endpoints import ENDPOINTS
from models.trust.adjusted import MEANS, SDS, pair, tipping_grid
from models.words import answer, compact, digits_beside, interval, number, percent


def side_by_side(key: str, review: Review):
    """Unadjusted above adjusted."""
    endpoint, found = ENDPOINTS[key], pair(key, review)
    rows = [
        ("not adjusted for bias", found.unadjusted, RED),
        ("adjusted for the bias as judged", found.adjusted, BLUE),
    ]
    low, high = reach([limits for _, limits, _ in rows])
    figure, ax = canvas(3.0)
    for i, (words, limits, colour) in enumerate(rows):
        interval_line(ax, -i, limits, low, high, colour, "D")
        ax.text(
            np.sqrt(low * high),
            -i + 0.3,
            words,
            ha="center",
            va="center",
            fontsize=SMALL,
            weight="bold",
            bbox=PLAIN,
        )
        ax.text(
            np.sqrt(low * high),
            -i - 0.14,
            answer(key, limits),
            ha="center",
            va="top",
            fontsize=SMALL,
            bbox=PLAIN,
        )
    ax.set_ylim(-1.6, 0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ratio_axis(ax, low, high, "Mean " + endpoint.scale, endpoint.sides)
    ax.set_title(endpoint.title, loc="left", fontsize=12, weight="bold")
    said = "; ".join(
        f"{words}: {interval(limits, digits_beside(key))}, tocilizumab the better side with probability"
        f" {percent(limits['p_favours'])}"
        for words, limits, _ in rows
    )
    return Picture(
        figure,
        f"{endpoint.title}, mean {endpoint.scale}. {said}.",
        pd.DataFrame([{"answer": words, "scale": endpoint.scale, **limits} for words, limits, _ in rows]),
        how="The mean effect from the stored draws, and the same read through the likely bias of each study.",
        endpoint=key,
    )


def tipping(key: str, review: Review):
    """Which biases make the 95 % interval exclude no difference, on either side."""
    endpoint = ENDPOINTS[key]
    lower, upper = tipping_grid(key, review)
    below, above = endpoint.sides
    figure, ax = canvas(3.9)
    for level, beyond, colour in ((lower, [0.0, np.inf], ORANGE), (upper, [-np.inf, 0.0], BLUE)):
        if level.min() < 0 < level.max():
            ax.contourf(
                np.exp(MEANS),
                SDS,
                level,
                levels=np.nan_to_num(beyond, posinf=99, neginf=-99),
                colors=[colour],
                alpha=0.35,
            )
            ax.contour(np.exp(MEANS), SDS, level, levels=[0.0], colors=[INK], linewidths=1.2)
    for prior in bias_priors(key, review).values():
        ax.plot(np.exp(prior.parameters[0]), prior.parameters[1], "o", color=RED, ms=8, mec="white")
    ax.annotate(
        "as judged",
        (np.exp(prior.parameters[0]), prior.parameters[1]),
        xytext=(6, 6),
        textcoords="offset points",
        fontsize=SMALL,
        color=RED,
    )
    for place, words, reached in (
        (0.02, f"interval\nfavours {above}", (lower > 0).any()),
        (0.98, f"interval\nfavours {below}", (upper < 0).any()),
    ):
        if reached:
            ax.text(
                place,
                0.96,
                words,
                transform=ax.transAxes,
                ha="left" if place < 0.5 else "right",
                va="top",
                fontsize=SMALL,
                bbox=PLAIN,
            )
    ax.text(
        0.5,
        0.02,
        "between: no difference is inside the interval",
        transform=ax.transAxes,
        ha="center",
        va="bottom",
        fontsize=SMALL,
        color=GREY,
    )
    ax.axvline(1, color=LIGHT, lw=1, zorder=0)
    ax.set_xscale("log")
    ax.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    ax.minorticks_off()
    ax.set_xlabel(f"Mean bias of every study:\n{endpoint.scale} seen over true, log scale")
    ax.set_ylabel("SD of the bias, log scale")
    ax.set_title(endpoint.title, loc="left", fontsize=12, weight="bold")
    sd, mean = np.meshgrid(SDS, MEANS, indexing="ij")
    return Picture(
        figure,
        f"Tipping point, {endpoint.title}. {tipping_words(key, lower, upper)}",
        pd.DataFrame(
            {
                "bias_seen_over_true": np.exp(mean).ravel(),
                "sd_of_log_bias": sd.ravel(),
                "lower": np.exp(lower).ravel(),
                "upper": np.exp(upper).ravel(),
            }
        ),
        how=(
            "The mean effect is read through a bias that is the same in every study, over a range of its "
            "size."
        ),
        endpoint=key,
    )


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
    return (
        f"Read through the bias that this makes likely, the answer is less certain for {len(weaker)} of"
        f" {len(pairs)} endpoints" + ("." if excluded else ", and every 95 % interval holds no difference.")
    )


def scales() -> Table:
    """Mean and SD of the bias by endpoint and judgement, with what they claim and where they come from."""
    rows: dict[str, dict] = {}
    for key, scale in SCALES.items():
        cells = {
            name.replace("_", " "): (
                "{:+.2f}, {:.2f}".format(*getattr(scale, name)).replace("-", "−").replace("+0.00", "0")
            )
            for name in ("low", "moderate", "serious", "critical")
        }
        rows.setdefault(
            scale.plain, {"endpoints": [], **cells, "in words": scale.plain, "source": scale.source}
        )["endpoints"].append(ENDPOINTS[key].title)
    return Table(
        pd.DataFrame([row | {"endpoints": ", ".join(row["endpoints"])} for row in rows.values()]),
        "Mean and SD of the bias at each judgement, log scale",
        how="A judgement of this review, each with its source; not estimated.",
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
