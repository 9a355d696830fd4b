"""The layer above the reports: studies exchangeable around a mean effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pymc as pm

from models.likelihood.report import EffectReport
from models.priors import BaselinePrior, Prior

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from pytensor.tensor.variable import TensorVariable

    from models.evidence.report import Evidence

MANY = 20
"""Reports of a kind from which on they are one term of the graph: each costs the compiler half a second."""


def exchangeable(studies: Sequence[str], mu_prior: Prior, tau_prior: Prior) -> TensorVariable | None:
    """Add mu, tau, theta[study] and the effect in a new study (`prediction`) to the open model; return theta.

    theta[study] ~ N(mu, tau), written as mu + tau * z so that few studies sample well (Betancourt & Girolami
    2013). Scale: log ratio.
    """
    mu = mu_prior.to_pymc("mu")
    tau = tau_prior.to_pymc("tau")
    new = pm.Normal("z_new")
    pm.Deterministic("prediction", mu + tau * new)
    if not studies:
        return None
    z = pm.Normal("z", dims="study")
    return pm.Deterministic("theta", mu + tau * z, dims="study")


def normal_normal(
    estimate: ArrayLike, se: ArrayLike, study_names: Iterable[str], mu_prior: Prior, tau_prior: Prior
) -> pm.Model:
    """Normal reports of exchangeable effects; estimate and se on the log scale, shape (study,)."""
    with pm.Model(coords={"study": list(study_names)}) as model:
        theta = exchangeable(model.coords["study"], mu_prior, tau_prior)
        pm.Normal(
            "reported", theta, np.asarray(se, float), observed=np.asarray(estimate, float), dims="study"
        )
    return model


def binomial_normal(
    events_treated: ArrayLike,
    n_treated: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    study_names: Iterable[str],
    mu_prior: Prior,
    tau_prior: Prior,
    baseline: BaselinePrior,
) -> pm.Model:
    """Exact binomials in both arms, exchangeable log odds ratios; counts of shape (study,)."""
    with pm.Model(coords={"study": list(study_names)}) as model:
        theta = exchangeable(model.coords["study"], mu_prior, tau_prior)
        alpha = baseline.prior.to_pymc("alpha", dims="study")
        control = baseline.of_control(alpha, theta)
        pm.Binomial(
            "events_control",
            np.asarray(n_control),
            logit_p=control,
            observed=np.asarray(events_control),
            dims="study",
        )
        pm.Binomial(
            "events_treated",
            np.asarray(n_treated),
            logit_p=control + theta,
            observed=np.asarray(events_treated),
            dims="study",
        )
    return model


def from_reports(evidence: Evidence, mu_prior: Prior, tau_prior: Prior, baseline: BaselinePrior) -> pm.Model:
    """A model of one effect per study from any mix of reports of it.

    Strata of one study share its theta.  alpha[table] is the log odds of the event in a
    study, midway between its arms or where `baseline` puts them.
    """
    reports = [EffectReport.expected(used.report) for used in evidence.used]
    tables = [i for i, report in enumerate(reports) if report.needs_baseline]
    studies = evidence.studies
    with pm.Model(coords={"study": studies, "table": [evidence.used[i].label for i in tables]}) as model:
        theta = exchangeable(studies, mu_prior, tau_prior)
        if theta is None:
            return model
        alpha = baseline.prior.to_pymc("alpha", dims="table") if tables else None
        study = np.array([studies.index(used.study) for used in evidence.used])
        table = np.cumsum([report.needs_baseline for report in reports]) - 1
        for report, at in _terms(reports):
            effect, control = theta[study[at]], None
            if alpha is not None and report.needs_baseline:
                control = baseline.of_control(alpha[table[at]], effect)
            label = "each" if isinstance(at, list) else evidence.used[at].label
            pm.Potential(f"{report.name}[{label}]", report.log_likelihood(effect, control))
    return model


def _terms(reports: Sequence[EffectReport]) -> list[tuple[EffectReport, int | list[int]]]:
    """What makes up the log likelihood, each with its place or places among the reports: every one alone, but
    MANY of one kind as one where their arithmetic allows it.
    """
    kinds = Counter(type(report) for report in reports if report.elementwise)
    many = [kind for kind, count in kinds.items() if count >= MANY]
    places = [[i for i, report in enumerate(reports) if type(report) is kind] for kind in many]
    return [
        *((report, i) for i, report in enumerate(reports) if type(report) not in many),
        *((kind.stacked([reports[i] for i in at]), at) for kind, at in zip(many, places, strict=True)),
    ]
