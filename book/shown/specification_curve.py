"""The multiverse: every universe in the order of its median as a picture, and what each choice does as a
table.
"""

import numpy as np
import pandas as pd

from book.html.style import BLUE, INK, LIGHT, SMALL, Picture, Table, canvas
from extraction.question import TREATMENT
from extraction.records import Review
from models.endpoint import Scale
from models.endpoints import ENDPOINTS
from models.trust.multiverse import universes
from models.trust.universe import CHOICES
from models.words import digits_beside, listed_in_sentence, number, percent

HEADS = {
    "reading": "reading of the papers",
    "studies": "studies",
    "likelihood": "likelihood",
    "bias_mean": "mean of the bias",
    "bias_sd": "SD of the bias",
    "mu_prior": "prior of μ",
    "tau_prior": "prior of τ",
}
SHORT_SCALE = {
    Scale.ODDS_RATIO: "odds ratio",
    Scale.HAZARD_RATIO: "hazard ratio",
    Scale.RATIO_OF_DURATIONS: "ratio of\ndurations",
    Scale.RATIO_OF_MEANS: "ratio of\nmeans",
}

AS_LINES = 500
"""Universes above which their lines are drawn as a bitmap within the drawing: as many lines are too heavy for
a page.
"""


def curves(review: Review) -> Picture:
    """Each endpoint's universes in the order of their median, with their intervals; its numbers are all
    universes.
    """
    frames = {key: universes(key, review) for key in ENDPOINTS}
    figure, axes = canvas(1.25 * len(frames) + 0.5, len(frames), squeeze=False)
    for ax, (key, frame) in zip(axes[:, 0], frames.items(), strict=True):
        _panel(ax, key, frame.sort_values("median", ignore_index=True))
    axes[-1, 0].set_xlabel(
        "Universes, in the order of their median;\nblack: the answer shown,\nnot adjusted for bias"
    )
    return Picture(
        figure,
        "Specification curves. " + " ".join(span(key, frame) for key, frame in frames.items()),
        pd.concat([frame.assign(endpoint=key) for key, frame in frames.items()], ignore_index=True),
        how=(
            "The mean effect is computed again under every combination of readings, studies, likelihoods, "
            "biases and priors that could have been chosen."
        ),
    )


def _panel(ax, key: str, frame: pd.DataFrame) -> None:
    """Intervals in grey, medians as a line, no difference, and the answer not adjusted for bias."""
    endpoint, place = ENDPOINTS[key], np.linspace(0, 1, len(frame))
    ax.vlines(
        place,
        frame["lower"],
        frame["upper"],
        color=LIGHT,
        lw=max(0.3, min(3.0, 200 / len(frame))),
        rasterized=len(frame) > AS_LINES,
    )
    ax.plot(place, frame["median"], color=BLUE, lw=2)
    ax.axhline(1, color=INK, lw=1)
    primary = frame["primary"].to_numpy()
    ax.plot(place[primary], frame.loc[primary, "median"], "D", color=INK, ms=8, mec="white", zorder=5)
    title = endpoint.title.partition(",")[0]
    ax.set_title(f"{title}: {len(frame):,} universes", loc="left", fontsize=SMALL, weight="bold")
    ax.set_yscale("log")
    low, high = max(frame["lower"].quantile(0.02), 0.04), min(frame["upper"].quantile(0.98), 26)
    ax.set_ylim(low, high)
    ticks = [t for t in (0.1, 0.3, 1, 3, 10) if low <= t <= high]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xticks([])
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylabel(SHORT_SCALE[endpoint.scale], fontsize=SMALL)


def finding(key: str, frame: pd.DataFrame) -> str:
    """The range of medians and of P, and how often the interval excludes no difference, in words."""
    below, above = frame["upper"] < 1, frame["lower"] > 1
    better, worse = (below, above) if ENDPOINTS[key].less_is_better else (above, below)
    return (
        f"{span(key, frame)} The 95 % interval lies wholly on the side of {TREATMENT} in {percent_of(better)}"
        f" of them and wholly on the other in {percent_of(worse)}."
    )


def span(key: str, frame: pd.DataFrame) -> str:
    """The range of medians and of P, in one sentence."""
    ends = [number(end, digits_beside(key)) for end in (frame["median"].min(), frame["median"].max())]
    return (
        f"Over {len(frame):,} universes the median {ENDPOINTS[key].scale} runs from {ends[0]} to {ends[1]},"
        f" and the probability that {TREATMENT} is the better side from {percent(frame['p_favours'].min())}"
        f" to {percent(frame['p_favours'].max())}."
    )


def headline(review: Review) -> str:
    """Two sentences over all endpoints: how many universes, and which answers some choice can turn."""
    frames = {key: universes(key, review) for key in ENDPOINTS}
    turned = [
        ENDPOINTS[key].title
        for key, frame in frames.items()
        if frame["p_favours"].min() < 0.5 < frame["p_favours"].max()
    ]
    firm = [ENDPOINTS[key].title for key in frames if ENDPOINTS[key].title not in turned]
    said = (
        f"The side that the data favour depends on the choices for {listed_in_sentence(turned)}"
        if turned
        else "No choice changes the side that the data favour"
    )
    kept = f"; it is the same in every universe for {listed_in_sentence(firm)}" if turned and firm else ""
    return (
        f"The mean effects were computed in {sum(map(len, frames.values())):,} universes, each a combination"
        f" of choices that could have been made. {said}{kept}."
    )


def percent_of(chosen: pd.Series) -> str:
    """A share of universes, counted and so exact: `none`, `12 %`, `all`."""
    share = float(chosen.mean())
    return "none" if share == 0 else "all" if share == 1 else percent(share)


def what_moves_it(key: str, review: Review) -> Table:
    """For each choice, the median ratio and P averaged over all universes that made it: what matters, and
    what does not.
    """
    frame = universes(key, review)
    rows = []
    for choice in CHOICES:
        for value, group in frame.groupby(choice, sort=False):
            if frame[choice].nunique() > 1:
                rows.append(
                    {
                        "choice": HEADS[choice],
                        "value": value,
                        "universes": len(group),
                        "middle median": number(
                            float(np.exp(np.log(group["median"]).mean())), digits_beside(key)
                        ),
                        f"middle probability that {TREATMENT} is the better side": percent(
                            float(group["p_favours"].mean())
                        ),
                    }
                )
    return Table(
        pd.DataFrame(rows),
        f"{ENDPOINTS[key].title}: the middle of the universes that made each choice",
        how="Medians and probabilities are averaged over all universes that made a choice.",
        endpoint=key,
        folded=f"{ENDPOINTS[key].title}: choice by choice",
    )
