"""`python -m models` with draws at hand in place of a sampler's and posteriors below the working folder, for
tests of how they are kept: that a fit gives the same draws again is held in the tests of fits.
"""

import sys
from pathlib import Path

import numpy as np
import xarray as xr

from models import fit
from models.runs import alone, store


def fitted(*_) -> tuple[xr.Dataset, dict]:
    """The same draws for any model."""
    draws = np.random.default_rng(1).normal(size=(4, 10_000))
    diagnostics = {"r_hat": 1.0, "ess_bulk": 10_000, "ess_tail": 10_000, "divergences": 0}
    return xr.Dataset({"mu": (("chain", "draw"), draws)}), {"diagnostics": diagnostics}


if __name__ == "__main__":
    from models.__main__ import main

    fit.fitted = fitted
    alone.FOLDER = Path.cwd() / "_build"
    store.FOLDER = alone.FOLDER / "posteriors"
    sys.exit(main())
