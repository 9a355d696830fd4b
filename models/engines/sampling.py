"""The only sampler: nutpie through PyMC, seeded, every fit judged before anybody sees it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING
from unittest.mock import patch

from extraction.said import said
from models.engines.acceptance import Rejected, accept, by_element, measures
from models.engines.settings import DRAWS, RETRIES, SAMPLER, SEED

if TYPE_CHECKING:
    from nutpie.compile_pymc import CompiledPyMCModel
    from pymc import Model
    from xarray import Dataset, DataTree

    from models.endpoint import Endpoint
    from models.evidence.report import Evidence


MOST_FUSED = 1024
"""Arrays that become one loop, PyTensor's own number where it has a C compiler."""


def fitted(endpoint: Endpoint, evidence: Evidence) -> tuple[Dataset, dict]:
    """Draws of an endpoint's model (xarray Dataset over chain and draw), and what is told of them; raise
    Rejected where no run converges.
    """
    model = endpoint.engine.build(evidence, endpoint.mu_prior, endpoint.tau_prior)
    draws = sample(model, endpoint.key, draws=endpoint.draws)
    posterior = draws.posterior.to_dataset()
    posterior.attrs.clear()  # of which one is the time: the same draws are the same file
    posterior = posterior.drop_vars([v for v in posterior if v.startswith("z") or v.endswith("__")])
    return posterior, {
        "diagnostics": draws.attrs["diagnostics"],
        "target_accept": draws.attrs["target_accept"],
        "verdict": "accepted",
        "mcse": monte_carlo_errors(draws),
        "parameters": by_element(posterior, draws.attrs["measures"]),
        "graph": graph(model),
    }


def compile_model(model: Model) -> CompiledPyMCModel:
    """A pymc model compiled for nutpie: the same seed gives the same draws, whatever was compiled before.

    PyTensor would let the compiler reorder arithmetic (fastmath).  What becomes of it then depends on what is
    compiled as a part of what, and so on Python's version and on what the cache of an earlier run holds.
    Nothing is left to a C compiler, which may lack Python's headers and then stops the fit; without one,
    PyTensor would join no more arrays than NumPy takes at once, though numba takes any number.
    """
    import nutpie
    import pytensor
    from pytensor.tensor.rewriting import elemwise

    fused = patch.object(elemwise, "elemwise_max_operands_fct", lambda node: MOST_FUSED)
    with pytensor.config.change_flags(numba__fastmath=False, cxx=""), fused:
        return nutpie.compile_pymc_model(model)


@said("Draws from the model, kept where they converge")
def sample(model: Model, name: str, seed: int = SEED, draws: int = DRAWS) -> DataTree:
    """Draws from a pymc model as a DataTree, with its diagnostics and the measures behind them in `attrs`;
    smaller steps are tried before Rejected is raised.
    """
    import nutpie

    compiled = compile_model(model)
    settings = SAMPLER | {"seed": seed + zlib.crc32(name.encode()) % 1_000_000}
    for acceptance in (SAMPLER["target_accept"], *RETRIES):
        tree = nutpie.sample(
            compiled, **settings | {"target_accept": acceptance}, draws=draws, progress_bar=False
        )
        tree.attrs["measures"] = measures(tree.posterior.to_dataset())
        try:
            tree.attrs["diagnostics"] = accept(name, tree, tree.attrs["measures"])
        except Rejected as rejected:
            refusal = rejected
        else:
            tree.attrs["target_accept"] = acceptance
            return tree
    raise refusal


def monte_carlo_errors(draws: DataTree) -> dict[str, float]:
    """Monte Carlo standard errors of the median and 95 % limits of mu, log scale (Vehtari 2021)."""
    import arviz as az

    at = {"lower": 0.025, "median": 0.5, "upper": 0.975}
    return {name: float(az.mcse(draws.posterior["mu"], method="quantile", prob=q)) for name, q in at.items()}


def graph(model: Model) -> dict:
    """Nodes and edges of a pymc model, for its picture in the book."""
    from pymc.model_graph import ModelGraph

    parents = ModelGraph(model).make_compute_graph()
    return {
        "nodes": sorted(parents),
        "edges": sorted([parent, child] for child, all_parents in parents.items() for parent in all_parents),
    }
