"""One compiled model of durations, fitted to any number of simulated reports: only the arrays of the
reports change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.engines.acceptance import E_BFMI_ABOVE, diagnose
from models.engines.durations import build, layout
from models.engines.sampling import compile_model
from models.trust import simulate_durations
from models.trust.simulate import QUANTITIES

if TYPE_CHECKING:
    from models.endpoint import Endpoint
    from models.evidence.report import Evidence

SETTINGS = {"chains": 2, "tune": 350, "draws": 450, "target_accept": 0.95}
"""Shorter than a posterior that is shown: a rank needs few independent draws, and hundreds of fits are made.
"""
ARRAYS = ("layout", "integers", "reals")
THIN = 3
"""Every third draw enters a rank, so that draws are nearly independent."""
R_HAT_BELOW, ESS_ABOVE = 1.05, 100
"""Limits for these shorter chains, in place of those of models.engines.acceptance; its others hold as they
are.
"""


def with_reports_as_data(evidence: Evidence):
    """The pymc model of durations in which the arrays of the reports are data, named layout, integers and
    reals.
    """
    import pymc as pm
    import pytensor.tensor as pt
    from pytensor.graph.traversal import ancestors

    from models.likelihood.graph_op import DurationReports

    model = build(evidence)
    node = next(
        v.owner for v in ancestors(model.potentials) if v.owner and isinstance(v.owner.op, DurationReports)
    )
    with model:
        for place, (name, array) in enumerate(zip(ARRAYS, layout(evidence), strict=True), start=-3):
            # whole numbers travel as reals, which PyMC leaves 64 bits wide
            data = pm.Data(name, array.astype(float))
            # data are read-only, for which the kernels would be compiled anew
            node.inputs[place] = pt.cast(data, str(array.dtype)) + 0
    return model


def replicate(endpoint: Endpoint, evidence: Evidence, compiled: Duration, generator) -> dict:
    """The true mean effect; ranks in the order of QUANTITIES among thinned draws; and whether the fit
    converged.  A place at random among the equally likely ones makes ranks continuous.
    """
    truth, printed = simulate_durations.draw(evidence, endpoint.mu_prior, endpoint.tau_prior, generator)
    draws, well = compiled.fit(printed, int(generator.integers(2**31)))
    ranks = [
        (np.sum(draws[name] < truth[name]) + generator.uniform()) / (len(draws[name]) + 1)
        for name in QUANTITIES
    ]
    return {"mu": float(truth["mu"]), "ranks": [round(float(rank), 4) for rank in ranks], "converged": well}


class Duration:
    """The sampled model of durations for evidence of one shape: the same reports of the same patients,
    with other results.
    """

    def __init__(self, evidence: Evidence):
        self.shapes = [array.shape for array in layout(evidence)]
        self.compiled = compile_model(with_reports_as_data(evidence))

    def fit(self, evidence: Evidence, seed: int) -> tuple[dict[str, np.ndarray], bool]:
        """Thinned draws of mu, tau, theta of the first study and prediction, shape (draw,); and whether the
        chains converged.

        Raises ValueError for evidence of another shape than the model was compiled for.
        """
        import nutpie

        tree = nutpie.sample(
            self.compiled.with_data(**filled(evidence, self.shapes)),
            seed=seed,
            progress_bar=False,
            cores=1,
            **SETTINGS,
        )
        posterior = tree.posterior
        chains = {name: posterior[name].values for name in ("mu", "tau", "prediction")}
        chains["theta"] = posterior["theta"].values[:, :, 0]
        return {name: values[:, ::THIN].ravel() for name, values in chains.items()}, converged(diagnose(tree))


def filled(evidence: Evidence, shapes: list[tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The arrays of the reports, filled up to the shapes compiled for: a minimum printed as 0 leaves
    them shorter.

    Nothing reads beyond the ends that the layout gives.  Raises ValueError where a shape is too small.
    """
    found = {}
    for name, shape, array in zip(ARRAYS, shapes, layout(evidence), strict=True):
        if array.ndim != len(shape) or any(a > b for a, b in zip(array.shape, shape, strict=True)):
            raise ValueError(f"{name} of shape {array.shape} does not fit a model compiled for {shape}")
        found[name] = np.pad(
            array.astype(float), [(0, b - a) for a, b in zip(array.shape, shape, strict=True)]
        )
    return found


def converged(worst: dict) -> bool:
    """Whether the worst diagnostics keep the rule for these shorter chains."""
    return (
        worst["r_hat"] < R_HAT_BELOW
        and min(worst["ess_bulk"], worst["ess_tail"]) > ESS_ABOVE
        and worst["divergences"] == 0
        and worst["e_bfmi"] > E_BFMI_ABOVE
    )
