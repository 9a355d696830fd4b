"""The mean effect of an endpoint under evidence, biases or priors that are not today's: what diff, preview
and the cumulative analysis ask.

Endpoints with one effect per study are integrated.  Durations are sampled in short chains: every report of
all settings stands in one compiled model, and those that a setting leaves out are made silent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from extraction.fault import Fault
from models.answers.bias import adjusted_quadrature
from models.endpoints import ENDPOINTS
from models.engines import reweight, short_chains
from models.engines.effects import mean_effect
from models.evidence.report import Evidence, Used
from models.priors import Prior
from models.runs import many, store
from models.runs.closure import fingerprint

PROBABILITIES = np.concatenate([[0.001], np.arange(1, 200) / 200, [0.999]])
"""At which a posterior is kept: enough to draw its density again."""


class TooFewDraws(Fault):
    """The priors asked for lie too far from those sampled under."""


@dataclass(frozen=True)
class Setting:
    """What a mean effect rests on; `biases` by study, empty where the effect is not adjusted for bias."""

    evidence: Evidence
    mu_prior: Prior
    tau_prior: Prior
    biases: dict[str, Prior] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """A mean effect on the log scale: median, 95 % limits, P(mu < 0), and its quantiles at PROBABILITIES."""

    median: float
    lower: float
    upper: float
    below: float
    quantiles: np.ndarray
    drawn: bool = False
    """Whether from short chains, whose Monte Carlo error hides a small change."""

    def p_favours(self, key: str) -> float:
        """Probability that the treatment is the better side."""
        return ENDPOINTS[key].favours(self.below)

    def as_ratio(self, key: str) -> dict[str, float]:
        """Median and limits as ratios, and the probability that the treatment is the better side."""
        limits = {name: float(np.exp(getattr(self, name))) for name in ("median", "lower", "upper")}
        return limits | {"p_favours": self.p_favours(key)}


def primary(key: str, evidence: Evidence, biases: dict[str, Prior] | None = None) -> Setting:
    """A setting under today's priors."""
    return Setting(evidence, ENDPOINTS[key].mu_prior, ENDPOINTS[key].tau_prior, biases or {})


def estimates[K](key: str, settings: dict[K, Setting], folder: Path | None = None) -> dict[K, Estimate]:
    """The estimate of each setting by its name; sampled ones are kept below `folder`, by default with other
    finished fits.

    Raises TooFewDraws where the priors of a sampled setting are wider than those sampled under.
    """
    return ENDPOINTS[key].engine.way(_all_integrated, _sampled)(settings, folder) if settings else {}


def _all_integrated[K](settings: dict[K, Setting], _: Path | None) -> dict[K, Estimate]:
    return {name: _integrated(setting) for name, setting in settings.items()}


def _integrated(setting: Setting) -> Estimate:
    priors = setting.mu_prior, setting.tau_prior
    mu = (
        adjusted_quadrature(setting.evidence, *priors, setting.biases).mu
        if setting.biases
        else mean_effect(setting.evidence, *priors)
    )
    median, lower, upper = (float(mu.quantile(q)) for q in (0.5, 0.025, 0.975))
    return Estimate(median, lower, upper, float(mu.cdf(0.0)), mu.quantile(PROBABILITIES))


def _sampled[K](settings: dict[K, Setting], folder: Path | None) -> dict[K, Estimate]:
    together = union([setting.evidence for setting in settings.values()])
    wanted = {name: setting for name, setting in settings.items() if setting.evidence.used}
    tasks = [_task(together, setting) for setting in wanted.values()]
    code = store.hash_of({"code": fingerprint(short_chains, *together.kinds), "software": store.software()})
    found = (
        dict(
            zip(
                wanted,
                many.run(short_chains.draw, tasks, name="refit", code=code, folder=folder),
                strict=True,
            )
        )
        if tasks
        else {}
    )
    return {
        name: _weighted(found[name], setting) if name in found else _of_prior(setting.mu_prior)
        for name, setting in settings.items()
    }


def union(several: Sequence[Evidence]) -> Evidence:
    """Every report of several sets of evidence once; a report that was corrected stands in it in both
    forms.
    """
    reports = {_form(report): report for evidence in several for report in evidence.used}
    return Evidence(several[0].endpoint, tuple(reports.values()))


def _form(used: Used) -> str:
    return json.dumps(used.enters, sort_keys=True)


def _task(together: Evidence, setting: Setting) -> dict:
    """The fit of one setting, as `short_chains.draw` takes it."""
    kept = {_form(report) for report in setting.evidence.used}
    biases = {study: prior.parameters for study, prior in setting.biases.items()}
    return short_chains.task(together, lambda report: _form(report) not in kept, biases)


def _weighted(drawn: dict, setting: Setting) -> Estimate:
    """Draws under the wide priors, weighted to those of the setting."""
    mu = np.array(drawn["mu"])
    weight = short_chains.weights(mu, np.array(drawn["tau"]), setting.mu_prior, setting.tau_prior)
    if weight is None:
        raise TooFewDraws(
            f"durations: no answer under {setting.mu_prior.plain} and {setting.tau_prior.plain}, too far"
            " from the priors sampled under"
        )
    at = reweight.quantiles(mu, weight, np.concatenate([[0.5, 0.025, 0.975], PROBABILITIES]))
    median, lower, upper = map(float, at[:3])
    return Estimate(median, lower, upper, float(weight[mu < 0].sum()), at[3:], drawn=True)


def _of_prior(prior: Prior) -> Estimate:
    """Without a report the posterior is the prior."""
    median, lower, upper = (float(prior.quantile(q)) for q in (0.5, 0.025, 0.975))
    return Estimate(median, lower, upper, 0.5, prior.quantile(PROBABILITIES))
