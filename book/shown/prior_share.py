"""The prior's share on its page: as finding, picture and table."""

from dataclasses import asdict

import matplotlib.pyplot as plt
import pandas as pd

from book.html.style import BLUE, GREY, INK, LIGHT, RC, RED, SMALL, WIDTH, Picture, Table
from extraction.records import Review
from models.answers.answer import of_posterior
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.quadrature_general import from_study_likelihoods
from models.likelihood.risk_report import RiskReport
from models.priors import AT_CONTROL, MIDWAY, NARROW, BaselinePrior, parse
from models.trust.prior_share import BOTH, DATA, MOSTLY, PARAMETERS, PRIOR, SENSITIVE, Share
from models.words import compact


def finding(found: list[Share]) -> str:
    """Two sentences: how many mean effects, and how many between-study SDs, are mostly the prior's."""
    by_parameter = {name: [s for s in found if s.parameter == name] for name in PARAMETERS}
    mu, tau = by_parameter["mu"], by_parameter["tau"]
    if len(mu) == len(tau) == 1:
        return _of_one(*mu, *tau)
    mostly = [_title(s.key) for s in mu if s.verdict == PRIOR]
    first = (
        f"Of {len(mu)} mean effects, {len(mostly)} rest mostly on the prior"
        + (f" ({', '.join(mostly)})" if mostly else "")
        + f", {sum(s.verdict == BOTH for s in mu)} on prior and data both, and"
        f" {sum(s.verdict == DATA for s in mu)} on the data alone."
    )
    low, high = (f"{100 * f((s.posterior_sd / s.prior_sd) ** 2 for s in tau):.0f} %" for f in (min, max))
    second = (
        f"How much studies differ (τ) is mostly the prior's in {sum(s.verdict == PRIOR for s in tau)} of"
        f" {len(tau)} endpoints: after the data its variance is {low} to {high} of the prior's."
    )
    return f"{first} {second}"


def _of_one(mu: Share, tau: Share) -> str:
    """The same of a review with one endpoint."""
    rests = {PRIOR: "mostly on the prior", BOTH: "on prior and data both", DATA: "on the data alone"}
    left = f"{100 * (tau.posterior_sd / tau.prior_sd) ** 2:.0f} %"
    mostly = "mostly the prior's" if tau.verdict == PRIOR else "not mostly the prior's"
    return (
        f"The mean effect rests {rests[mu.verdict]}. How much studies differ (τ) is {mostly}: after the data"
        f" its variance is {left} of the prior's."
    )


def _title(key: str) -> str:
    """A title within a sentence."""
    title = ENDPOINTS[key].title
    return title if title[1].isupper() else title[0].lower() + title[1:]


HOW = "The posterior is computed again with each prior, and with the likelihood, raised to a power near one."


def table(found: list[Share]) -> Table:
    """Prior and posterior SD, contraction, both sensitivities and the verdict."""
    return Table(
        pd.DataFrame(
            [
                {
                    "endpoint": ENDPOINTS[s.key].title,
                    "parameter": PARAMETERS[s.parameter],
                    "SD before the data": f"{s.prior_sd:.2f}",
                    "SD after": f"{s.posterior_sd:.2f}",
                    "contraction": f"{s.contraction:.2f}".replace("-", "−"),
                    "sensitivity to the prior": f"{s.prior_sensitivity:.2f}",
                    "sensitivity to the likelihood": f"{s.likelihood_sensitivity:.2f}",
                    "rests on": s.verdict,
                }
                for s in found
            ]
        ),
        "What each posterior rests on",
        how=HOW,
        numbers=numbers(found),
        folded="Every number as a table",
    )


def picture(found: list[Share]):
    """Contraction and sensitivity side by side, mu and tau of every endpoint."""
    keys = list(dict.fromkeys(s.key for s in found))
    with plt.rc_context(RC):
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(WIDTH, 0.78 * len(keys) + 1.5), layout="constrained", sharey=True
        )
    places = {
        (key, name): -1.5 * i - drop
        for i, key in enumerate(keys)
        for name, drop in (("mu", 0.42), ("tau", 0.9))
    }
    for s in found:
        y = places[s.key, s.parameter]
        left.barh(y, s.contraction, height=0.3, color=BLUE if s.contraction >= MOSTLY else GREY)
        right.plot([s.prior_sensitivity, s.likelihood_sensitivity], [y, y], color=LIGHT, lw=2, zorder=1)
        right.plot(s.prior_sensitivity, y, "D", color=RED, ms=7, label="to the prior", zorder=3)
        right.plot(
            s.likelihood_sensitivity,
            y,
            "o",
            color=BLUE,
            ms=7,
            mfc="white",
            mew=1.8,
            label="to the likelihood",
            zorder=2,
        )
    lowest = min(-0.05, *(s.contraction for s in found))
    for i, key in enumerate(keys):
        title = ENDPOINTS[key].title.partition(",")[0]
        left.text(lowest, -1.5 * i, title, fontsize=11, weight="bold", va="center").set_in_layout(False)
    left.set_yticks(list(places.values()), ["μ" if name == "mu" else "τ" for _, name in places])
    left.tick_params(axis="y", length=0)
    left.set_xlim(lowest, 1)
    left.axvline(0, color=GREY, lw=0.8)
    left.set_xlabel("Contraction\n(0: as the prior,\n1: all data)")
    left.set_ylim(-1.5 * len(keys) + 0.2, 0.4)
    right.axvline(SENSITIVE, color=INK, lw=0.8, ls=(0, (1, 2)))
    right.set_xlim(0, 1.1 * max(max(s.prior_sensitivity, s.likelihood_sensitivity) for s in found))
    right.set_xlabel("Sensitivity\n(from 0.05, dotted:\nit matters)")
    right.tick_params(axis="y", length=0)
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles[:2], labels[:2], loc="outside upper right", ncols=2, fontsize=SMALL)
    return Picture(figure, _alternative(found), numbers(found), how=HOW)


def numbers(found: list[Share]) -> pd.DataFrame:
    """Every share with full precision."""
    return pd.DataFrame([asdict(s) | {"contraction": s.contraction, "rests_on": s.verdict} for s in found])


def _alternative(found: list[Share]) -> str:
    said = "; ".join(
        f"{ENDPOINTS[s.key].title}, {PARAMETERS[s.parameter]}: contraction {s.contraction:.2f}, sensitivity"
        f" to the prior {s.prior_sensitivity:.2f}, to the likelihood {s.likelihood_sensitivity:.2f}, rests on"
        f" {s.verdict}"
        for s in found
    )
    return f"How much of each posterior is the prior's. {said}."


BASELINES = {
    "as used: midway, SD 10": MIDWAY,
    "of the untreated, SD 10": AT_CONTROL,
    "midway, SD 2.5": NARROW,
    "midway, SD 1.5": BaselinePrior(parse("normal:0:1.5")),
}
"""Where each study's own log odds lie, and how wide their prior is."""


def baseline_priors(review: Review) -> Table:
    """The mean effect of each endpoint of counts under other priors of the studies' own level of risk."""
    rows = [_under_baselines(key, review) for key in ENDPOINTS if _has_levels(key, review)]
    return Table(
        pd.DataFrame(rows),
        "Mean effect under other priors of the level of risk",
        how="Quadrature under each prior; nothing else differs.",
        folded="Counts under other priors of the level of risk",
    )


def _has_levels(key: str, review: Review) -> bool:
    reports = [used.report for used in evidence_of(key, review).used]
    return any(isinstance(report, RiskReport) for report in reports)


def _under_baselines(key: str, review: Review) -> dict[str, str]:
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    row = {"endpoint": endpoint.title}
    for words, baseline in BASELINES.items():
        terms = list(study_likelihoods(evidence, baseline).values())
        found = from_study_likelihoods(terms, endpoint.mu_prior, endpoint.tau_prior)
        row[words] = compact(of_posterior(found.mu).ratio)
    return row
