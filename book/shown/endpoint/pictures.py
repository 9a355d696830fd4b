"""Figures of the evidence and of the models.  Each function returns a Picture."""

import textwrap
from dataclasses import asdict

import numpy as np
import pandas as pd

from book.html.style import (
    BLUE,
    GREY,
    LIGHT,
    ORANGE,
    STUDY_COLOURS,
    Picture,
    canvas,
    columns,
    ratio_axis,
    words_at_ends,
)
from extraction.derived.characteristics import imbalances
from extraction.question import TREATMENT
from extraction.records import Review
from models.answers.answer import as_ratios
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.likelihood.kinds.table import Table
from models.priors import MIDWAY
from models.words import interval, number

MOST_IN_A_LEGEND = 2 * len(STUDY_COLOURS)
"""Studies that colours and the two marks tell apart; of more, the numbers under the figure name each."""
MOST_IN_WORDS = 30
"""Differences that the words for a figure list, the largest first."""


def baseline_imbalance(review: Review) -> Picture | None:
    """Standardised differences of the variables both arms print, one colour for each study; None where no
    study prints any.
    """
    found = imbalances(review)
    if not found:
        return None
    variables, studies = (
        list(dict.fromkeys(i.variable for i in found)),
        list(dict.fromkeys(i.label for i in found)),
    )
    figure, (words, ax) = columns(0.62 * len(variables) + 1.5, 0.95, 1)
    ax.axvspan(-0.1, 0.1, color=LIGHT, alpha=0.6, lw=0)
    ax.axvline(0, color=GREY, lw=1)
    for row, variable in enumerate(variables):
        words.text(0, -row, textwrap.fill(variable, 20), va="center", fontsize=11)
        here = [i for i in found if i.variable == variable]
        for place, item in enumerate(here):
            step = min(0.32, 0.8 / len(here))
            y = -row + step * ((len(here) - 1) / 2 - place)
            colour = STUDY_COLOURS[studies.index(item.label) % len(STUDY_COLOURS)]
            ax.plot([0, item.difference], [y, y], color=colour, lw=1.5)
            ax.plot(
                item.difference, y, "os"[studies.index(item.label) % 2], color=colour, ms=8, label=item.label
            )
    for axes in (words, ax):
        axes.set_ylim(-len(variables) + 0.4, 0.6)
    far = 1.15 * max(abs(i.difference) for i in found)
    ax.set_xlim(-far, far)
    labels = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    if len(labels) <= MOST_IN_A_LEGEND:
        figure.legend(labels.values(), labels.keys(), loc="outside upper right", ncols=2)
    ax.set_xlabel("Standardised difference", labelpad=34)
    words_at_ends(ax, "◄ more\nwith none", f"more with\n{TREATMENT} ►")
    unlike = [i for i in found if abs(i.difference) > 0.1]
    largest = sorted(found, key=lambda i: -abs(i.difference))[:MOST_IN_WORDS]
    said = "; ".join(
        f"{i.label}, {i.variable}: {i.events_treated} of {i.n_treated} with {TREATMENT} and"
        f" {i.events_control} of {i.n_control} without, difference {i.difference:+.2f}"
        for i in largest
    )
    return Picture(
        figure,
        f"Differences between the arms in standard deviations: {len(unlike)} of {len(found)} exceed 0.1, the"
        f" usual limit of balance (grey band). Largest first: {said}.",
        pd.DataFrame([asdict(i) | {"standardised_difference": i.difference} for i in found]),
        how=(
            "Standardised differences between the arms, from the counts, means and medians that each "
            "paper prints of its patients."
        ),
    )


def followed_number(key: str, study: str, review: Review):
    """One table of counts: prior of the log odds ratio, likelihood of the counts, the study's posterior."""
    endpoint = ENDPOINTS[key]
    report = next(r.report for r in evidence_of(key, review).of(study) if isinstance(r.report, Table))
    grid = np.linspace(np.log(0.08), np.log(20), 400)
    likelihood = np.exp(report.of_effect(MIDWAY)(grid))
    step = grid[1] - grid[0]
    posterior = quadrature(key, review).theta[study]
    figure, ax = canvas(3.5)
    curves = {
        "prior of the mean effect": np.exp(endpoint.mu_prior.log_density(grid)),
        "likelihood of the counts": likelihood / likelihood.sum() / step,
        "posterior of this study": posterior.density(grid),
    }
    for (words, y), colour, dashes in zip(
        curves.items(), (GREY, ORANGE, BLUE), ("--", "-", "-"), strict=True
    ):
        ax.plot(np.exp(grid), y, dashes, color=colour, lw=2.2, label=words)
    ax.set_yticks([])
    ax.set_ylabel("Density of the log ratio")
    ax.set_ylim(0, 1.45 * float(np.max(posterior.density(grid))))
    ax.legend(loc="upper left")
    ratio_axis(ax, 0.08, 20, endpoint.scale.capitalize(), endpoint.sides)
    best, found = (float(np.exp(grid[np.argmax(likelihood)])), as_ratios(posterior.limits()))
    said = (
        f"{report.events_treated} of {report.n_treated} against {report.events_control} of"
        f" {report.n_control}: the likelihood of the odds ratio is largest at {number(best)};"
        f" with the prior the posterior is {interval(found)}."
    )
    return Picture(
        figure,
        said,
        pd.DataFrame({"ratio": np.exp(grid)} | curves),
        how="The likelihood of the printed counts alone, and the study's posterior with all the others.",
        endpoint=key,
    )
