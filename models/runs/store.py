"""Where posteriors are kept, and the key that makes a stale one impossible to find.

The key of a posterior hashes its evidence, the code that makes it, its priors, the sampler's settings and the
versions of the software: change one and the old file is never met again; change none and nothing is refitted.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from extraction.fault import Fault
from extraction.records import Review
from extraction.tree import BUILD
from extraction.whole import whole
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.sampling import fitted
from models.engines.settings import SAMPLER
from models.runs import kept
from models.runs.closure import fingerprint
from models.runs.kept import checksum, hash_of

if TYPE_CHECKING:
    import xarray

FOLDER = BUILD / "posteriors"
SOFTWARE = ("pymc", "pytensor", "nutpie", "numpy", "scipy", "numba", "arviz")


class NotFitted(Fault):
    """No posterior answers to the present evidence, model, priors and software."""


@dataclass(frozen=True)
class Stored:
    """An accepted posterior: draws (xarray Dataset over chain and draw, log scale) and its info file."""

    draws: "xarray.Dataset"
    info: dict


def identity(key: str, review: Review) -> dict:
    """All that the posterior of an endpoint depends on, by name."""
    endpoint, evidence = ENDPOINTS[key], evidence_of(key, review)
    return {
        "endpoint": key,
        "evidence": evidence.used_hash(),
        "shape": evidence.shape,
        "model": fingerprint(endpoint.engine.build, fitted, *evidence.kinds),
        "priors": [[p.family, *p.parameters] for p in (endpoint.mu_prior, endpoint.tau_prior)],
        "sampler": SAMPLER | {"draws": endpoint.draws},
        "software": software(),
    }


def is_fitted(key: str, review: Review) -> bool:
    """Whether an undamaged posterior answers to the evidence, model, priors and software as they stand."""
    return _undamaged(*_place(key, hash_of(identity(key, review)))) is not None


def _undamaged(fingerprint: str, draws: Path, info: Path) -> dict | None:
    """The info file, where it is that of this fingerprint and the draws it speaks of are whole."""
    found = kept.read(info, fingerprint)
    try:
        return found if found and found["draws"] == checksum(draws) else None
    except OSError:
        return None


def paths(key: str, review: Review) -> tuple[Path, Path]:
    """Where the posterior of an endpoint for the evidence as it stands is kept: its draws (netCDF) and its
    info file (JSON).
    """
    return _place(key, hash_of(identity(key, review)))[1:]


def read(key: str, review: Review) -> Stored:
    """The posterior of an endpoint for the evidence as it stands; raise NotFitted where there is none."""
    return _read(key, *_place(key, hash_of(identity(key, review))))


@cache
def _read(key: str, fingerprint: str, draws: Path, info: Path) -> Stored:
    import xarray as xr

    if (found := _undamaged(fingerprint, draws, info)) is None:
        raise NotFitted(
            f"{key}: no posterior for the present records, model and software; run `python -m models fit`"
        )
    return Stored(xr.load_dataset(draws, engine="h5netcdf"), found)


def write(key: str, identity: dict, posterior, info: dict) -> None:
    """Store an accepted posterior; the info file, which makes it visible, is put in place last."""
    fingerprint, draws_path, info_path = _place(key, hash_of(identity))
    with whole(draws_path) as part:
        # by way of memory: HDF5 itself crashes where a disk is full
        part.write_bytes(posterior.to_netcdf(engine="h5netcdf"))
    kept.write(info_path, fingerprint, info | {"draws": checksum(draws_path)})


@cache
def software() -> dict[str, str]:
    return {name: version(name) for name in SOFTWARE}


def _place(key: str, fingerprint: str) -> tuple[str, Path, Path]:
    """A fingerprint, and the files of draws and info that are kept under it."""
    return fingerprint, FOLDER / f"{key}-{fingerprint}.nc", FOLDER / f"{key}-{fingerprint}.json"
