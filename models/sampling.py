"""The only sampler: nutpie through PyMC, seeded, every fit judged before anybody sees it."""

import zlib

from models.acceptance import Rejected, accept
from models.settings import DRAWS, RETRIES, SAMPLER


def sample(model, name: str, seed: int = SAMPLER["seed"], draws: int = DRAWS):
    """Draws from a pymc model as a DataTree, with its diagnostics in `attrs`; smaller steps are tried before Rejected is raised."""
    import nutpie

    compiled = nutpie.compile_pymc_model(model)
    settings = SAMPLER | {"seed": seed + zlib.crc32(name.encode()) % 1_000_000}
    for acceptance in (SAMPLER["target_accept"], *RETRIES):
        tree = nutpie.sample(compiled, **settings | {"target_accept": acceptance}, draws=draws, progress_bar=False)
        try:
            tree.attrs["diagnostics"] = accept(name, tree)
        except Rejected as rejected:
            refusal = rejected
        else:
            tree.attrs["target_accept"] = acceptance
            return tree
    raise refusal


def monte_carlo_errors(draws) -> dict[str, float]:
    """Monte Carlo standard errors of the median and 95 % limits of mu, log scale (Vehtari 2021)."""
    import arviz as az

    at = {"lower": 0.025, "median": 0.5, "upper": 0.975}
    return {name: float(az.mcse(draws.posterior["mu"], method="quantile", prob=q)) for name, q in at.items()}
