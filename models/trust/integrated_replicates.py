"""One replicate of an endpoint with one effect per study: simulated reports, the posterior of them by
quadrature, and the ranks of the truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.engines.effects import quadrature
from models.trust import simulate

if TYPE_CHECKING:
    from models.endpoint import Endpoint
    from models.evidence.report import Evidence


def replicate(endpoint: Endpoint, evidence: Evidence, printers: list[simulate.Printer], generator) -> dict:
    """The true mean effect; ranks in the order of QUANTITIES, None where the fit gave no posterior; and
    whether it converged.  Printers as `simulate.printers` makes them.
    """
    truth, printed = simulate.draw(evidence, printers, endpoint.mu_prior, endpoint.tau_prior, generator)
    try:
        posterior = quadrature(printed, endpoint.mu_prior, endpoint.tau_prior)
    except ValueError:  # the engine's word for studies and priors in a conflict that it cannot compute
        return {"mu": float(truth["mu"]), "ranks": None, "converged": False}
    marginals = {
        "mu": posterior.mu,
        "tau": posterior.tau,
        "theta": posterior.theta[evidence.studies[0]],
        "prediction": posterior.prediction,
    }
    return {
        "mu": float(truth["mu"]),
        "ranks": [round(float(marginals[name].cdf(truth[name])), 4) for name in simulate.QUANTITIES],
        "converged": True,
    }
