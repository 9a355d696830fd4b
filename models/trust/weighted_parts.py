"""The answer if each table behind a report also had to make its printed part of the patients probable.

A recovered set keeps every table that its part allows, and counts each alike.  The probability of all that is
printed would weight a table by that of its part; but then the part has to be a random share of each arm.
"""

import numpy as np
from scipy import stats

from extraction.derived.candidates import tables_of
from extraction.records import Review
from models.answers.answer import Quantity, of_posterior
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.engines.quadrature_general import from_study_likelihoods
from models.evidence.report import Used
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.report import Counts, LogLikelihood
from models.likelihood.risk_report import RiskReport
from models.likelihood.two_arms import two_arm_log_likelihood
from models.priors import MIDWAY


def weighted(key: str, review: Review) -> Quantity | None:
    """The mean effect (log scale) with every set weighted by its printed part; None where no set has one."""
    evidence, endpoint = evidence_of(key, review), ENDPOINTS[key]
    sets = {
        used.study: _weighted(RiskReport.expected(used.report).tables, parts)
        for used in evidence.used
        if (parts := printed_parts(used, key, review))
    }
    if not sets:
        return None
    terms = study_likelihoods(evidence) | sets
    posterior = from_study_likelihoods(
        list(terms.values()), endpoint.mu_prior, endpoint.tau_prior, list(terms)
    )
    return of_posterior(posterior.mu)


def printed_parts(used: Used, key: str, review: Review) -> list[Counts]:
    """The tables of the parts of the patients that bound a set, where one table alone prints so."""
    record, field = review.records[used.study], ENDPOINTS[key].evidence
    if not isinstance(used.report, TableSet) or len(used.report.tables) == 1:
        return []
    strata = {entry.stratum for entry in record.entries if entry.id in used.bounds}
    found = [tables_of(record, field, stratum, verbal=False) for stratum in sorted(strata)]
    return [part.tables[0] for part in found if part and len(part.tables) == 1]


def chance(table: Counts, part: Counts) -> float:
    """Probability that a random share of each arm, as large as the part, holds the part's events."""
    events, n, events_control, n_control = table
    own, size, own_control, size_control = part
    return float(
        stats.hypergeom.pmf(own, n, events, size)
        * stats.hypergeom.pmf(own_control, n_control, events_control, size_control)
    )


def _weighted(tables: tuple[Counts, ...], parts: list[Counts]) -> LogLikelihood:
    weights = [np.prod([chance(table, part) for part in parts]) for table in tables]
    terms = [
        (np.log(w), two_arm_log_likelihood(*t, MIDWAY)) for t, w in zip(tables, weights, strict=True) if w
    ]
    return lambda theta: np.logaddexp.reduce([log_weight + term(theta) for log_weight, term in terms])
