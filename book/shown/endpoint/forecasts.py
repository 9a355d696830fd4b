"""Figures of what posteriors and priors foresee.  Each function returns a Picture, or None where there is
nothing to show.
"""

import textwrap

import numpy as np
import pandas as pd

from book.html.style import BLUE, GREY, LIGHT, RED, SMALL, STUDY_COLOURS, Picture, canvas, density
from book.shown.endpoint.printed import p_words
from extraction.records import Review
from models.answers.absolute import absolute_effects
from models.endpoints import ENDPOINTS
from models.trust.predictive import checks, prior_durations, survival_curves
from models.words import part_words, percent


def left_out_reports(key: str, review: Review):
    """Where each report left out lies in its predictive distribution; None if none can be predicted."""
    found = checks(key, review)
    if not found:
        return None
    figure, axes = canvas(1.75 * len(found) + 0.5, len(found), squeeze=False)
    for check, ax in zip(found, axes[:, 0], strict=True):
        label = part_words(check.report.study, check.report.stratum, review)
        STRIPS.get(check.quantity, _outcome_strip)(ax, check, label)
    return Picture(
        figure,
        "Reports left out, and what the posterior foresees of them. "
        + " ".join(check_words(c, review) for c in found),
        pd.DataFrame(map(_check_numbers, found)),
        how="What the posterior foresees of each report left out, and where the printed one lies in it.",
        endpoint=key,
    )


def _check_numbers(check) -> dict:
    """A check in numbers: limits of the predicted |z| or days, or the share of predictions that are 1, and
    the printed report on that scale.
    """
    low, middle, high = (
        np.quantile(check.predicted, [0.025, 0.5, 0.975]) if check.quantity in STRIPS else (None,) * 3
    )
    return {
        "study": check.report.study,
        "stratum": check.report.stratum,
        "quantity": check.quantity,
        "printed": check.printed,
        "predicted_median": middle,
        "predicted_lower": low,
        "predicted_upper": high,
        "predicted_mean": float(np.mean(check.predicted)),
        "probability": check.probability,
        "verdict": check.verdict,
        "left_out_because": check.report.reason,
    }


def check_words(check, review: Review) -> str:
    """One check in a sentence."""
    where = part_words(check.report.study, check.report.stratum, review)
    if check.quantity == "|z|":
        return (
            f"{where}: {p_words(check.report.check.p)} is |z| {check.printed:.2f};"
            f" {percent(check.probability)} of the predictions are as large or larger: {check.verdict}."
        )
    if check.quantity == "p":
        return (
            f"{where}: {p_words(check.report.check.p)}; {percent(check.probability)} of the predictions"
            f" are as small or smaller{by_mix(check)}: {check.verdict}."
        )
    if check.quantity == "days":
        low, middle, high = np.quantile(check.predicted, [0.025, 0.5, 0.975])
        return (
            f"{where}: a median of {check.printed:g} days {_arm(check)} is printed, {middle:.1f}"
            f" ({low:.1f} to {high:.1f}) are foreseen; one as far out has probability"
            f" {percent(check.probability)}{by_mix(check)}: {check.verdict}."
        )
    said = "significant" if check.printed else "not significant"
    return (
        f"{where}: the test was {said}, foreseen with probability {percent(check.probability)}:"
        f" {check.verdict}."
    )


def _arm(check) -> str:
    return "with tocilizumab" if check.report.check.treated else "without tocilizumab"


def by_mix(check) -> str:
    """How far the probability moves with the grades, where these are not printed."""
    low, high = map(percent, check.over_mixes or (check.probability, check.probability))
    return f" ({low} to {high} by mix of grades)" if low != high else ""


def _days_strip(ax, check, label: str) -> None:
    """The predicted medians, and the printed one."""
    highest = max(float(np.quantile(check.predicted, 0.999)), check.printed)
    grid = np.linspace(0, 1.6 * highest, 300)  # beyond it is room for the words
    words = f"printed {check.printed:g} days\n{percent(check.probability)} as far out or farther"
    _strip(ax, grid, density(check.predicted.ravel(), grid), check.printed, words, label)
    ax.set_xlabel(f"Median duration of CRS {_arm(check)}, days")


def _z_strip(ax, check, label: str) -> None:
    grid = np.linspace(0, 4, 200)
    shape = density(np.concatenate([check.predicted, -check.predicted]), np.linspace(-5, 5, 501))
    words = f"printed {p_words(check.report.check.p)}\n{percent(check.probability)} as large or larger"
    _strip(ax, grid, np.interp(grid, np.linspace(-5, 5, 501), shape), check.printed, words, label)
    ax.set_xlabel("|z| of the log-rank test")


def _strip(ax, grid: np.ndarray, curve: np.ndarray, printed: float, words: str, label: str) -> None:
    """The density of what is predicted, the printed value as a line, and what to make of it."""
    ax.fill_between(grid, curve, color=BLUE, alpha=0.25, lw=0)
    ax.plot([printed] * 2, [0, 1.05 * curve.max()], color=RED, lw=2.5)
    ax.text(0.99, 0.92, words, transform=ax.transAxes, ha="right", va="top", fontsize=SMALL)
    ax.set_title(label, loc="left", fontsize=12, weight="bold")
    ax.set_yticks([])
    ax.set_xlim(grid[0], grid[-1])


STRIPS = {"|z|": _z_strip, "days": _days_strip}
"""How a predicted number is drawn; an outcome is drawn by _outcome_strip."""


def _outcome_strip(ax, check, label: str) -> None:
    share = float(np.mean(check.predicted))
    smaller = f"as small as the printed {p_words(check.report.check.p)}" if check.quantity == "p" else ""
    for y, words, value in (
        (1, "a larger p" if smaller else "not significant", 1 - share),
        (0, smaller or "significant", share),
    ):
        printed = bool(y) != bool(check.printed)
        ax.barh(y - 0.12, value, color=RED if printed else LIGHT, height=0.38)
        ax.text(
            0,
            y + 0.13,
            f"{words}{', as printed' if printed and not smaller else ''}: {percent(value)}",
            va="bottom",
            fontsize=SMALL,
        )
    ax.set_ylim(-0.4, 1.6)
    ax.set_title(label, loc="left", fontsize=12, weight="bold")
    ax.set_xlim(0, 1)
    ax.set_yticks([])
    ax.set_xlabel("Predictive probability of the outcome of the test")


def per_1000(key: str, review: Review):
    """Patients per 1,000 with the event, without tocilizumab and with it; None where there is no baseline
    risk.
    """
    found = absolute_effects(key, review)
    if not found:
        return None
    contrast = ENDPOINTS[key].contrast
    figure, ax = canvas(1.15 * len(found) + 1.1)
    for i, effect in enumerate(found):
        at, with_toci, without = effect.baseline, effect.with_toci, 1000 * effect.baseline.risk
        ax.plot([with_toci["lower"], with_toci["upper"]], [-i, -i], color=BLUE, lw=2.4)
        ax.plot(with_toci["median"], -i, "o", color=BLUE, ms=9, label=f"{contrast.with_it}, 95 % interval")
        ax.plot(without, -i, "|", color=RED, ms=22, mew=3, label=contrast.without)
        ax.text(
            0,
            -i + 0.22,
            textwrap.fill(f"{at.source} ({at.events}/{at.n})", 52),
            fontsize=SMALL,
            va="bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        )
    ax.set_xlim(0, 1000)
    ax.set_ylim(-len(found) + 0.4, 1.0)
    ax.set_yticks([])
    labels = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    figure.legend(labels.values(), labels.keys(), loc="outside upper right", ncols=2)
    ax.set_xlabel("Patients with the event per 1,000")
    said = "; ".join(
        f"{e.baseline.source}: {1000 * e.baseline.risk:.0f} {contrast.without}, {e.with_toci['median']:.0f}"
        f" {contrast.with_it} (95 % interval {e.with_toci['lower']:.0f} to {e.with_toci['upper']:.0f})"
        for e in found
    )
    return Picture(
        figure,
        f"{ENDPOINTS[key].title}, patients per 1,000. {said}.",
        pd.DataFrame(map(_per_1000_numbers, found)),
        how=(
            "The mean effect, and that in a next study, from the stored draws are applied to each "
            "baseline risk."
        ),
        endpoint=key,
    )


def _per_1000_numbers(effect) -> dict:
    """Patients per 1,000 without and with tocilizumab, and the difference for the mean effect and in a next
    study.
    """
    return {
        "baseline": effect.baseline.source,
        "events": effect.baseline.events,
        "n": effect.baseline.n,
        "without": 1000 * effect.baseline.risk,
        **{
            f"{part}_{name}": value
            for part in ("with_toci", "difference", "next_study")
            for name, value in getattr(effect, part).items()
        },
    }


def durations_foreseen():
    """Days of CRS in one patient, midway between the arms, that the priors foresee, by grade."""
    found = prior_durations()
    figure, ax = canvas(3.0)
    grid, said, curves = np.linspace(np.log(0.8), np.log(60), 300), [], []
    for (grade, days), colour in zip(found.items(), STUDY_COLOURS, strict=False):
        curves.append(
            pd.DataFrame(
                {"grade": grade, "days": np.exp(grid), "density_of_log_days": density(np.log(days), grid)}
            )
        )
        ax.plot(
            "days",
            "density_of_log_days",
            data=curves[-1],
            color=colour,
            lw=2,
            label=f"grade {grade}" + (" or above" if grade == max(found) else ""),
        )
        low, middle, high = np.quantile(days, [0.025, 0.5, 0.975])
        said.append(f"grade {grade}: median {middle:.1f} days, 95 % between {low:.1f} and {high:.0f}")
    ax.set_xscale("log")
    ax.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.set_yticks([])
    ax.set_ylabel("Prior predictive density")
    ax.set_xlabel("Days of CRS in one patient, midway between the arms, log scale")
    ax.legend(loc="upper right")
    return Picture(
        figure,
        "What the priors foresee before any data. " + "; ".join(said) + ".",
        pd.concat(curves, ignore_index=True),
        how="Draws from the priors alone, before any data.",
    )


def simulated_survival(key: str, review: Review):
    """Kaplan-Meier curves of simulated cohorts; an illustration, no patient of a study is in it."""
    times, curves = survival_curves(key, review)
    figure, ax = canvas(3.6)
    said, bands = [], []
    for (arm, found), colour in zip(curves.items(), (GREY, BLUE), strict=True):
        low, middle, high = np.quantile(found, [0.025, 0.5, 0.975], axis=0)
        words = "no tocilizumab" if arm == "none" else arm
        ax.fill_between(times, low, high, step="post", color=colour, alpha=0.2, lw=0)
        ax.step(times, middle, where="post", color=colour, lw=2.2, label=words)
        bands.append(
            pd.DataFrame(
                {"arm": words, "time_in_medians": times, "median": middle, "lower": low, "upper": high}
            )
        )
        at = int(np.argmin(np.abs(times - 1)))
        said.append(
            f"{words}: {100 * middle[at]:.0f} % (95 % of cohorts {100 * low[at]:.0f} to"
            f" {100 * high[at]:.0f} %)"
        )
    ax.set_ylim(0, 1)
    ax.set_xlim(0, times[-1])
    ax.set_ylabel("Share without the event")
    ax.set_xlabel("Time, in multiples of the median without tocilizumab")
    ax.legend(loc="upper right", title="Simulated, not observed")
    return Picture(
        figure,
        f"Simulated curves, {ENDPOINTS[key].title}. Share without the event at the median time of patients"
        " without tocilizumab: " + "; ".join(said) + ".",
        pd.concat(bands, ignore_index=True),
        how=(
            "Cohorts are simulated with the mean effect of the stored draws; no patient of a study is in "
            "them."
        ),
        endpoint=key,
    )
