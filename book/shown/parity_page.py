"""Parity on its page: the mean effects of all programs side by side, and every comparison in words."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from book.html.style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    SMALL,
    Picture,
    Table,
    canvas,
    interval_line,
)
from models.engines.posterior import LIMITS
from models.trust import parity
from models.trust.parity import DATASETS, MODELS, PROGRAMS, REFERENCE, headline, ours, same_model, sd_of
from models.words import number

HOW = "Our posterior by quadrature on public data, beside stored results of other programs on the same data."


def published() -> Table:
    """Pooled odds ratios as printed in papers on the same data, beside ours; their methods have no priors, so
    not the same estimand.
    """
    rows = []
    for paper in pd.read_csv(REFERENCE / "published.csv").to_dict("records"):
        limits = np.exp(ours(paper["dataset"], paper["model"]).mu.quantile(np.array([0.5, 0.025, 0.975])))
        rows.append(
            {
                "data": DATASETS[paper["dataset"]],
                "model": MODELS[paper["model"]],
                "paper": f"{paper['source']}: {paper['where']}",
                "method": paper["method"],
                "as printed": paper["printed"],
                "ours, odds ratio": "{} ({} to {})".format(*map(number, limits)),
            }
        )
    return Table(
        pd.DataFrame(rows),
        "Results in print beside our posterior",
        how="Printed results are copied from the papers; ours are posteriors by quadrature on the same data.",
    )


def analyses(found: pd.DataFrame) -> Table:
    """The comparisons under the same model and prior."""
    return Table(
        parity.analyses(found),
        "The same model and prior",
        HOW,
        numbers=same_model(found),
        folded="Each analysis as a table",
    )


def comparators(found: pd.DataFrame) -> Table:
    """metafor, which has no priors, beside our posterior."""
    return Table(parity.comparators(found).drop(columns="verdict"), "metafor beside our posterior", HOW)


COLOURS = {"ours": RED, "bayesmeta": BLUE, "brms": ORANGE, "jags": GREEN, "pystan-ncp": PURPLE, "robma": SKY}


def picture(found: pd.DataFrame) -> Picture:
    """Mean effect of every data set and model, ours and each other program's side by side."""
    groups = [
        (str(dataset), str(model), rows)
        for (dataset, model), rows in same_model(found).groupby(["dataset", "model"], sort=False)
    ]
    groups.sort(key=lambda group: (list(DATASETS).index(group[0]), group[1]))
    figure, ax = canvas(1.12 * len(groups) + 1.1)
    numbers = [_group(ax, -i, dataset, model, rows) for i, (dataset, model, rows) in enumerate(groups)]
    ax.set_xlim(-2.7, 2.7)
    ax.set_ylim(-len(groups) + 0.3, 0.55)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("Distance from our median of the mean effect,\nin its posterior SDs")
    handles = [Line2D([], [], color=colour, marker="o", lw=2.2) for colour in COLOURS.values()]
    figure.legend(
        handles,
        ["ours", *(PROGRAMS[name] for name in COLOURS if name != "ours")],
        loc="outside lower center",
        ncols=3,
    )
    return Picture(
        figure,
        f"Mean effects by data set and program, in posterior SDs from our median. {headline(found)}",
        pd.DataFrame([row for group in numbers for row in group]),
        how=HOW,
    )


def _group(ax, top: float, dataset: str, model: str, rows: pd.DataFrame) -> list[dict]:
    """Draw one data set and model; what is drawn, on the scale of the analysis and in posterior SDs from our
    median.
    """
    mu = ours(dataset, model).mu
    centre, sd = float(mu.quantile(0.5)), sd_of(mu)
    first = rows.iloc[0]
    named = [("ours", {end: first[f"mu_{end}_ours"] for end in LIMITS})]
    named += [(row["software"], {end: row[f"mu_{end}"] for end in LIMITS}) for _, row in rows.iterrows()]
    ax.text(
        -2.7, top + 0.29, f"{DATASETS[dataset]}, {MODELS[model]}", weight="bold", fontsize=SMALL, va="bottom"
    )
    drawn = []
    for line, (name, limits) in enumerate(named):
        scaled = {end: (value - centre) / sd for end, value in limits.items()}
        interval_line(ax, top + 0.2 - 0.095 * line, scaled, -2.7, 2.7, COLOURS[name], width=1.8)
        drawn.append(
            {
                "dataset": dataset,
                "model": model,
                "software": name,
                **limits,
                **{f"{end}_in_sds": value for end, value in scaled.items()},
            }
        )
    ax.text(0, top - 0.42, _natural(named[0][1], dataset), fontsize=SMALL, ha="center", va="center")
    return drawn


def _natural(limits: dict, dataset: str) -> str:
    if dataset == "schools":
        return "ours: {median:.1f} points ({lower:.1f} to {upper:.1f})".format(**limits).replace("-", "−")
    return "ours: odds ratio {} ({} to {})".format(*(number(float(np.exp(limits[end]))) for end in LIMITS))
