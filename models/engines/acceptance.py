"""When a posterior may be shown: the one rule of convergence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extraction.fault import Fault

if TYPE_CHECKING:
    from xarray import DataArray, Dataset, DataTree

type Measures = dict[str, Dataset]
"""By name, the measure of every scalar of a posterior."""

R_HAT_BELOW = 1.01
ESS_ABOVE = 400
E_BFMI_ABOVE = 0.3


class Rejected(Fault):
    """A fit that breaks the rule; the message names the fit, each measure and its limit."""


def diagnose(draws: DataTree, measured: Measures | None = None) -> dict:
    """Worst diagnostics over every scalar of a sampled DataTree (groups posterior and sample_stats), derived
    ones included; measured: what `measures` gives of its posterior, where that is known.

    Rank-normalised R-hat, bulk and tail effective sample size (Vehtari 2021, Bayesian Anal 16:667),
    divergences, and the lowest energy fraction of missing information of a chain (Betancourt 2016).
    """
    import arviz as az

    measured = measured or measures(draws.posterior.to_dataset())
    worst = {
        "r_hat": max(_values(measured["r_hat"]), default=1.0),
        "ess_bulk": min(_values(measured["ess_bulk"]), default=np.inf),
        "ess_tail": min(_values(measured["ess_tail"]), default=np.inf),
        "divergences": int(draws.sample_stats.diverging.sum()),
        "e_bfmi": min(_values(az.bfmi(draws)), default=1.0),
    }
    return {name: float(value) if name != "divergences" else value for name, value in worst.items()}


def verdict(diagnostics: dict) -> list[str]:
    """Each limit the diagnostics break, in words; an empty list accepts the fit."""
    rules = [
        (diagnostics["r_hat"] < R_HAT_BELOW, f"R-hat {diagnostics['r_hat']:.3f} is not below {R_HAT_BELOW}"),
        (
            diagnostics["ess_bulk"] > ESS_ABOVE,
            f"bulk effective sample size {diagnostics['ess_bulk']:.0f} is not above {ESS_ABOVE}",
        ),
        (
            diagnostics["ess_tail"] > ESS_ABOVE,
            f"tail effective sample size {diagnostics['ess_tail']:.0f} is not above {ESS_ABOVE}",
        ),
        (diagnostics["divergences"] == 0, f"{diagnostics['divergences']} divergent transitions"),
        (
            diagnostics["e_bfmi"] > E_BFMI_ABOVE,
            f"E-BFMI {diagnostics['e_bfmi']:.2f} is not above {E_BFMI_ABOVE}",
        ),
    ]
    return [broken for kept, broken in rules if not kept]


def accept(name: str, draws: DataTree, measured: Measures | None = None) -> dict:
    """Diagnostics, as `diagnose` gives them, of a fit that keeps the rule; raise Rejected for one that does
    not.
    """
    diagnostics = diagnose(draws, measured)
    if broken := verdict(diagnostics):
        raise Rejected(f"{name}: the fit is rejected and not stored: " + "; ".join(broken))
    return diagnostics


def by_element(posterior: Dataset, measured: Measures | None = None) -> list[dict]:
    """Diagnostics of every scalar of a posterior (xarray Dataset over chain and draw), each by its name:
    `tau`, `delta[smith2025, 3]`; measured: what `measures` gives of it and of more, where that is known.

    Beside R-hat and the effective sample sizes `mcse`, the Monte Carlo standard error of the mean on the
    scale of the variable (Vehtari 2021).  ArviZ's own summary mislabels the elements of variables with unlike
    dimensions, so they are named here.
    """
    import arviz as az

    measured = (measured or measures(posterior)) | {"mcse": az.mcse(posterior, method="mean")}
    return [
        {"name": name}
        | {measure: float(found[variable].values[place]) for measure, found in measured.items()}
        for variable, place, name in elements(posterior)
    ]


def elements(posterior: Dataset) -> list[tuple[str, tuple[int, ...], str]]:
    """Variable, place within it and name of every scalar of a posterior, chain and draw left aside."""
    found = []
    for variable, draws in posterior.data_vars.items():
        dims = [dim for dim in draws.dims if dim not in ("chain", "draw")]
        for place in np.ndindex(*[draws.sizes[dim] for dim in dims]):
            labels = ", ".join(str(draws[dim].values[i]) for dim, i in zip(dims, place, strict=True))
            found.append((str(variable), place, f"{variable}[{labels}]" if labels else str(variable)))
    return found


def measures(posterior: Dataset) -> Measures:
    """Rank-normalised R-hat, bulk and tail effective sample size of every scalar of a Dataset, as
    Datasets.
    """
    import arviz as az

    return {
        "r_hat": az.rhat(posterior),
        "ess_bulk": az.ess(posterior, method="bulk"),
        "ess_tail": az.ess(posterior, method="tail"),
    }


def _values(result: Dataset | DataArray) -> list[float]:
    """Every finite number in a dataset or array of diagnostics; constants have none."""
    arrays = (
        [v.values for v in result.data_vars.values()]
        if hasattr(result, "data_vars")
        else [np.asarray(result)]
    )
    return [float(x) for a in arrays for x in np.ravel(a) if np.isfinite(x)]
