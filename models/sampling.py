"""The only sampler: nutpie through PyMC, seeded, every fit judged before anybody sees it."""

import zlib

from models.acceptance import accept
from models.settings import DRAWS, SAMPLER


def sample(model, name: str, seed: int = SAMPLER["seed"], draws: int = DRAWS):
    """Draws from a pymc model as a DataTree, with its diagnostics in `attrs`; raise Rejected where the rule is broken."""
    import nutpie

    compiled = nutpie.compile_pymc_model(model)
    settings = SAMPLER | {"seed": seed + zlib.crc32(name.encode()) % 1_000_000}
    tree = nutpie.sample(compiled, **settings, draws=draws, progress_bar=False)
    tree.attrs["diagnostics"] = accept(name, tree)
    return tree


def monte_carlo_errors(draws) -> dict[str, float]:
    """Monte Carlo standard errors of the median and 95 % limits of mu, log scale (Vehtari 2021)."""
    import arviz as az

    at = {"lower": 0.025, "median": 0.5, "upper": 0.975}
    return {name: float(az.mcse(draws.posterior["mu"], method="quantile", prob=q)) for name, q in at.items()}
