"""What every engine does: evidence becomes a model and, where it can, a posterior without sampling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pymc import Model

    from models.engines.posterior import Posterior
    from models.evidence.report import Evidence
    from models.priors import Prior


class Engine(ABC):
    """How the posterior of an endpoint comes from its evidence."""

    integrates: ClassVar[bool]
    """Whether quadrature gives the posterior; else it is sampled."""

    @staticmethod
    @abstractmethod
    def build(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Model:
        """The pymc model with mu, tau, theta[study] and prediction on the log scale."""

    @staticmethod
    @abstractmethod
    def quadrature(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Posterior:
        """The same posterior by deterministic quadrature; raise ValueError where it has to be sampled."""
