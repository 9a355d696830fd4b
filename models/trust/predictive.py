"""Does the posterior foresee the reports that were left out?  And what survival curves does it imply?

Every check simulates the report from the draws, as its paper would have printed it, and says where the
printed one lies. Patients of a left-out report are often those of a report used, so a check that passes is
weak evidence; one that fails is a warning.
"""

from dataclasses import dataclass

import numpy as np

from extraction.question import TREATMENT
from extraction.records import Review
from models.answers.absolute import risk_with
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Unused
from models.likelihood.kinds.log_rank import LogRank
from models.likelihood.log_rank import z_from_p
from models.likelihood.log_rank_exits import log_rank_z
from models.runs import store
from models.words import percent

SEED = 20_261_121
SURPRISING = 0.05
"""A report is called surprising if results as far out, or its outcome, have a smaller predictive probability
than this.
"""


@dataclass(frozen=True)
class Check:
    """A left-out report and its prediction (models/evidence/foreseen.py).

    predicted : simulated, on the scale of `printed`, in a row for each mix of grades where these are not
    printed; probability : of something as far out as what is printed
    """

    report: Unused
    predicted: np.ndarray
    probability: float

    @property
    def quantity(self) -> str:
        """What is predicted: `|z|`, `p`, `duration` or `significant`."""
        return self.report.foreseen.quantity

    @property
    def printed(self) -> float:
        """Where the printed report stands."""
        return self.report.foreseen.printed

    @property
    def over_mixes(self) -> tuple[float, float] | None:
        """The smallest and the largest probability under one mix of grades; None where the grades are printed
        or there are none.
        """
        if self.predicted.ndim == 1:
            return None
        found = [self.report.foreseen.probability(of_mix) for of_mix in self.predicted]
        return min(found), max(found)

    @property
    def verdict(self) -> str:
        """A small |z| is never surprising, as its density is largest near zero; a large one can be."""
        return "surprising" if self.probability < SURPRISING else "as foreseen"


def checks(key: str, review: Review) -> list[Check]:
    """A check of every unused report that the posterior can predict."""
    draws, generator = store.read(key, review).draws, np.random.default_rng(SEED)
    return [foreseen(report, draws, generator) for report in evidence_of(key, review).unused if report.check]


def foreseen(report: Unused, draws, generator) -> Check:
    """The check of a report left out, from the draws of its endpoint's posterior."""
    predicted = report.foreseen.predicted(draws, report.study, generator)
    return Check(report, predicted, report.foreseen.probability(predicted))


def prior_effects(key: str, samples: int = 20_000) -> np.ndarray:
    """Log ratios of single studies that the priors of mean and between-study SD foresee."""
    endpoint, generator = ENDPOINTS[key], np.random.default_rng(SEED)
    mu, tau = (
        prior.quantile(generator.uniform(size=samples)) for prior in (endpoint.mu_prior, endpoint.tau_prior)
    )
    return mu + tau * generator.standard_normal(samples)


def foreseen_before(key: str, review: Review) -> list[str]:
    """What the priors foresee of each report used, as sentences: the risk with the treatment, or how often a
    log-rank p is below 0.05.
    """
    theta, generator, said = prior_effects(key), np.random.default_rng(SEED), []
    for used in evidence_of(key, review).used:
        label, report = review.studies[used.study].label, used.report
        if report.only_table and report.only_table[2]:
            risk = report.only_table[2] / report.only_table[3]
            low, middle, high = 1000 * np.quantile(risk_with(risk, theta), [0.025, 0.5, 0.975])
            said.append(
                f"{label}: where {1000 * risk:.0f} in 1,000 have the event without {TREATMENT}, the priors"
                f" foresee {middle:.0f} with it (95 % interval {low:.0f} to {high:.0f})."
            )
        elif isinstance(report, LogRank):
            z = log_rank_z(theta, report.n_treated, report.n_control, generator)
            said.append(
                f"{label}: with {report.n_treated} v {report.n_control} patients the priors foresee a"
                f" log-rank p below 0.05 in {percent(float(np.mean(np.abs(z) > z_from_p('0.05')[1])))} of"
                f" such studies; printed is p={report.p}."
            )
    return said
