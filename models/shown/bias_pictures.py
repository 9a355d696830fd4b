"""Pictures of what bias does: unadjusted beside adjusted, and how much bias it takes to move the answer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from extraction.records import Review, load
from models import store
from models.bias import SCALES, bias_priors
from models.endpoint import study_likelihoods
from models.endpoints import ENDPOINTS, evidence_of
from models.shown.derivation import derives
from models.shown.style import BLUE, GREY, INK, LIGHT, ORANGE, RED, SMALL, Picture, canvas, interval_line, ratio_axis, reach
from models.shown.words import answer, compact, digits_beside, interval, number, percent
from models.trust.multiverse import JUDGED, NONE, THETA, behind_bias, is_primary_through_bias, log_prior, smooth, summary, tabulated, through, universes

PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
CRS = "crs_duration_grade3"


@dataclass(frozen=True)
class Pair:
    """The mean effect without and with the bias: limits as ratios, and the probability that tocilizumab is the better side."""

    unadjusted: dict
    adjusted: dict


def pair(key: str, review: Review | None = None) -> Pair:
    """Both from the multiverse, so by the same engine: as used, all studies, exact, primary priors."""
    review = review or load()
    if key != CRS:
        return Pair(*(behind_bias(key, review, factor) for factor in (NONE, JUDGED)))
    frame = universes(key, review)
    found = (frame[chosen].iloc[0] for chosen in (frame["primary"], is_primary_through_bias(frame, key)))
    return Pair(*({name: float(row[name]) for name in ("median", "lower", "upper", "p_favours")} for row in found))


@derives
def side_by_side(key: str, review: Review | None = None):
    """Unadjusted above adjusted."""
    endpoint, found = ENDPOINTS[key], pair(key, review)
    rows = [("not adjusted for bias", found.unadjusted, RED), ("adjusted for the bias as judged", found.adjusted, BLUE)]
    low, high = reach([limits for _, limits, _ in rows])
    figure, ax = canvas(3.0)
    for i, (words, limits, colour) in enumerate(rows):
        interval_line(ax, -i, limits, low, high, colour, "D")
        ax.text(np.sqrt(low * high), -i + 0.3, words, ha="center", va="center", fontsize=SMALL, weight="bold", bbox=PLAIN)
        ax.text(np.sqrt(low * high), -i - 0.14, answer(key, limits), ha="center", va="top", fontsize=SMALL, bbox=PLAIN)
    ax.set_ylim(-1.6, 0.6)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ratio_axis(ax, low, high, "Mean " + endpoint.scale, endpoint.benefit)
    ax.set_title(endpoint.title, loc="left", fontsize=12, weight="bold")
    said = "; ".join(f"{words}: {interval(limits, digits_beside(key))}, tocilizumab the better side with probability {percent(limits['p_favours'])}" for words, limits, _ in rows)
    return Picture(figure, f"{endpoint.title}, mean {endpoint.scale}. {said}.",
                   pd.DataFrame([{"answer": words, "scale": endpoint.scale, **limits} for words, limits, _ in rows]))


MEANS = np.linspace(-2.2, 2.2, 45)
SDS = np.linspace(0.0, 1.2, 7)


def tipping_grid(key: str, review: Review | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper 95 % limit of mu (log scale) when every study has the same bias, shape (sd, mean) over SDS and MEANS."""
    if key == CRS:
        return _normal_grid(key, review)
    evidence, endpoint = evidence_of(key, review or load()), ENDPOINTS[key]
    terms = {study: tabulated(term) for study, term in study_likelihoods(evidence).items()}
    limits = np.empty((2, len(SDS), len(MEANS)))
    for i, sd in enumerate(SDS):
        likelihood = sum(smooth({study: through(term, 0.0, sd) for study, term in terms.items()}).values())
        for j, mean in enumerate(MEANS):
            found = summary(_shifted(likelihood, mean) + log_prior(endpoint.mu_prior, endpoint.tau_prior))
            limits[:, i, j] = found["lower"], found["upper"]
    return limits[0], limits[1]


def _normal_grid(key: str, review: Review | None) -> tuple[np.ndarray, np.ndarray]:
    """The same from draws: the likelihood of mu is taken as the normal that turns its prior into a normal posterior of the draws' mean and SD."""
    mu, (prior_mean, prior_sd) = store.read(key, review).draws["mu"].values, ENDPOINTS[key].mu_prior.parameters
    precision = 1 / mu.var() - 1 / prior_sd**2
    estimate = (mu.mean() / mu.var() - prior_mean / prior_sd**2) / precision
    share = 1 / (1 / precision + SDS[:, None] ** 2)  # precision of the estimate behind a bias of that SD
    variance = 1 / (share + 1 / prior_sd**2)
    centre = variance * (share * (estimate - MEANS) + prior_mean / prior_sd**2)
    return centre - 1.96 * np.sqrt(variance), centre + 1.96 * np.sqrt(variance)


def _shifted(likelihood: np.ndarray, mean: float) -> np.ndarray:
    """The log likelihood of (tau, mu) when every observed effect is `mean` above the true one."""
    return np.array([np.interp(THETA + mean, THETA, row) for row in likelihood])


@derives
def tipping(key: str, review: Review | None = None):
    """Which biases make the 95 % interval exclude no difference, on either side."""
    review, endpoint = review or load(), ENDPOINTS[key]
    lower, upper = tipping_grid(key, review)
    better, worse = ("favours tocilizumab", "favours none") if endpoint.benefit == "below" else ("favours none", "favours tocilizumab")
    figure, ax = canvas(3.9)
    for level, beyond, colour in ((lower, [0.0, np.inf], ORANGE), (upper, [-np.inf, 0.0], BLUE)):
        if level.min() < 0 < level.max():
            ax.contourf(np.exp(MEANS), SDS, level, levels=np.nan_to_num(beyond, posinf=99, neginf=-99), colors=[colour], alpha=0.35)
            ax.contour(np.exp(MEANS), SDS, level, levels=[0.0], colors=[INK], linewidths=1.2)
    for study, prior in bias_priors(key, review).items():
        ax.plot(np.exp(prior.parameters[0]), prior.parameters[1], "o", color=RED, ms=8, mec="white")
    ax.annotate("as judged", (np.exp(prior.parameters[0]), prior.parameters[1]), xytext=(6, 6), textcoords="offset points", fontsize=SMALL, color=RED)
    for place, words, reached in ((0.02, f"interval\n{worse}", (lower > 0).any()), (0.98, f"interval\n{better}", (upper < 0).any())):
        if reached:
            ax.text(place, 0.96, words, transform=ax.transAxes, ha="left" if place < 0.5 else "right", va="top", fontsize=SMALL, bbox=PLAIN)
    ax.text(0.5, 0.02, "between: no difference is inside the interval", transform=ax.transAxes, ha="center", va="bottom", fontsize=SMALL, color=GREY)
    ax.axvline(1, color=LIGHT, lw=1, zorder=0)
    ax.set_xscale("log")
    ax.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    ax.minorticks_off()
    ax.set_xlabel(f"Mean bias of every study:\n{endpoint.scale} seen over true, log scale")
    ax.set_ylabel("SD of the bias, log scale")
    ax.set_title(endpoint.title, loc="left", fontsize=12, weight="bold")
    sd, mean = np.meshgrid(SDS, MEANS, indexing="ij")
    return Picture(figure, f"Tipping point, {endpoint.title}. {tipping_words(key, lower, upper)}", pd.DataFrame({
        "bias_seen_over_true": np.exp(mean).ravel(), "sd_of_log_bias": sd.ravel(), "lower": np.exp(lower).ravel(), "upper": np.exp(upper).ravel()}))


def tipping_words(key: str, lower: np.ndarray, upper: np.ndarray) -> str:
    """At a known bias of every study (SD 0): from which factor on the interval reaches or leaves no difference."""
    endpoint, now = ENDPOINTS[key], len(MEANS) // 2
    state = np.where(upper[0] < 0, -1, np.where(lower[0] > 0, 1, 0))
    here = "excludes" if state[now] else "holds"
    leaves = [MEANS[np.flatnonzero(state == side)] for side in (1, -1)]
    parts = [f"The 95 % interval {here} no difference without bias."]
    if len(leaves[0]):
        parts.append(f"It lies wholly above 1 if the {endpoint.scale} seen is at most {number(float(np.exp(leaves[0].max())))} times the true one in every study")
    if len(leaves[1]):
        parts.append(f"{'and' if len(leaves[0]) else 'It lies'} wholly below 1 if it is at least {number(float(np.exp(leaves[1].min())))} times the true one")
    return " ".join(parts[:1] + ([", ".join(parts[1:]) + "."] if parts[1:] else []))


def e_value(ratio: float, kind: str) -> float:
    """VanderWeele & Ding 2017, Ann Intern Med 167:268: the risk ratio an unmeasured confounder must have with both drug and outcome.

    kind : `odds ratio` of a common outcome (square root), `hazard ratio` of a common outcome, or any other ratio taken as a risk ratio
    """
    ratio = max(ratio, 1 / ratio)
    if kind == "odds ratio":
        ratio = np.sqrt(ratio)
    elif kind == "hazard ratio":
        ratio = (1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio))
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


@derives
def e_values(review: Review | None = None) -> pd.DataFrame:
    """E-value of each mean effect, and of the limit nearer to no difference (1 where the interval holds it)."""
    rows = []
    for key, endpoint in ENDPOINTS.items():
        found = pair(key, review).unadjusted
        near = 1.0 if found["lower"] < 1 < found["upper"] else min(found["lower"], found["upper"], key=lambda limit: abs(np.log(limit)))
        rows.append({"endpoint": endpoint.title, "mean effect, not adjusted": f"{endpoint.scale} {interval(found, digits_beside(key))}", "E-value of the estimate": number(e_value(found["median"], endpoint.scale)),
                     "E-value of the nearer limit": number(e_value(near, endpoint.scale))})
    return pd.DataFrame(rows)


def what_it_does(review: Review | None = None) -> str:
    """How many answers the adjustment turns, in one sentence."""
    pairs = {key: pair(key, review) for key in ENDPOINTS}
    weaker = [ENDPOINTS[key].title for key, p in pairs.items() if abs(p.adjusted["p_favours"] - 0.5) < abs(p.unadjusted["p_favours"] - 0.5)]
    excluded = any(p.adjusted["lower"] > 1 or p.adjusted["upper"] < 1 for p in pairs.values())
    return (f"Read through the bias that this makes likely, the answer is less certain for {len(weaker)} of {len(pairs)} endpoints"
            + ("." if excluded else ", and every 95 % interval holds no difference."))


@derives
def scales() -> pd.DataFrame:
    """Mean and SD of the bias by endpoint and judgement, with what they claim and where they come from."""
    rows = {}
    for key, scale in SCALES.items():
        cells = {name.replace("_", " "): "{:+.2f}, {:.2f}".format(*getattr(scale, name)).replace("-", "−").replace("+0.00", "0") for name in ("low", "moderate", "serious", "critical")}
        rows.setdefault(scale.plain, {"endpoints": [], **cells, "in words": scale.plain, "source": scale.source})["endpoints"].append(ENDPOINTS[key].title)
    return pd.DataFrame([row | {"endpoints": ", ".join(row["endpoints"])} for row in rows.values()])


@derives
def adjusted_table(review: Review | None = None) -> pd.DataFrame:
    """Unadjusted and adjusted mean effect of every endpoint, with the bias it was read through."""
    review, rows = review or load(), []
    for key, endpoint in ENDPOINTS.items():
        found, biases = pair(key, review), bias_priors(key, review)
        read = "; ".join(f"{review.studies[s].label}: {number(float(np.exp(p.parameters[0])))} times, SD {p.parameters[1]:.2f}" for s, p in biases.items())
        rows.append({"endpoint": f"{endpoint.title}, {endpoint.scale}", **{f"{words} (95 % interval)": compact(limits, digits_beside(key)) for words, limits in (
                         ("not adjusted", found.unadjusted), ("adjusted", found.adjusted))},
                     "better side, not adjusted": percent(found.unadjusted["p_favours"]), "better side, adjusted": percent(found.adjusted["p_favours"]),
                     "bias: seen over true, and SD on the log scale": read})
    return pd.DataFrame(rows)
