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

    no_effect_alone: ClassVar[str] = ""
    """Why the reports of a study have no likelihood of one effect alone, in words; empty where they have."""

    @staticmethod
    @abstractmethod
    def way[T](by_quadrature: T, by_draws: T) -> T:
        """Which of two ways to the same numbers this engine goes: its caller has both, and need not ask."""

    @staticmethod
    @abstractmethod
    def build(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Model:
        """The pymc model with mu, tau, theta[study] and prediction on the log scale."""

    @staticmethod
    @abstractmethod
    def quadrature(evidence: Evidence, mu_prior: Prior, tau_prior: Prior) -> Posterior:
        """The same posterior by deterministic quadrature; raise ValueError where it has to be sampled."""
