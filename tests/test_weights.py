"""Weights of studies in the mean effect, against those of normal models by hand."""

import numpy as np
import pytest

from models.priors import Prior
from models.trust.weights import of_likelihoods

SE = {"a": 0.2, "b": 0.4, "c": 0.8}
SEEN = {"a": 0.3, "b": -0.5, "c": 1.0}


def normal(seen: float, se: float):
    return lambda theta: -0.5 * ((theta - seen) / se) ** 2


LIKELIHOODS = {name: normal(SEEN[name], se) for name, se in SE.items()}


def prior(family: str, *parameters: float) -> Prior:
    return Prior("a prior", family, parameters, "It is made for a test.", "Nobody.")


@pytest.mark.parametrize("sd", [0.3, 1.0])
def test_with_hardly_any_tau_weights_are_shares_of_the_precision(sd):
    """Precisions 25, 6.25 and 1.5625, and 1/sd² of the prior of the mean."""
    found = of_likelihoods(LIKELIHOODS, prior("normal", 0.0, sd), prior("half_normal", 1e-3))
    total = 25 + 6.25 + 1.5625 + 1 / sd**2
    assert found == pytest.approx({"a": 25 / total, "b": 6.25 / total, "c": 1.5625 / total}, abs=1e-4)


def test_with_a_large_known_tau_studies_weigh_nearly_alike():
    """Precisions 1/(se² + tau²), tau being held at 2 by a narrow prior."""
    found = of_likelihoods(LIKELIHOODS, prior("normal", 0.0, 5.0), prior("log_normal", np.log(2.0), 1e-3))
    precision = {name: 1 / (se**2 + 4) for name, se in SE.items()}
    total = sum(precision.values()) + 1 / 25
    assert found == pytest.approx({name: one / total for name, one in precision.items()}, abs=1e-3)


def test_a_study_that_saw_nothing_weighs_nothing():
    found = of_likelihoods(
        LIKELIHOODS | {"flat": lambda theta: 0 * theta}, prior("normal", 0.0, 1.0), prior("half_normal", 0.5)
    )
    assert found["flat"] == pytest.approx(0, abs=1e-6) and min(found[name] for name in SE) > 0.05
