"""Where posteriors are kept, and the key that makes a stale one impossible to find.

The key of a posterior hashes its evidence, the code of its model, its priors, the sampler's settings and the versions of
the software: change one and the old file is never met again; change none and nothing is refitted.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from extraction.records import Review, load
from extraction.whole import whole, write_whole
from models.endpoints import ENDPOINTS, evidence_of
from models.settings import SAMPLER

FOLDER = Path(__file__).resolve().parent.parent / "_build" / "posteriors"
SHARED_SOURCES = ("endpoint.py", "hierarchy.py", "reports.py", "ops.py", "priors.py", "sampling.py", "acceptance.py", "settings.py",
                  "log_rank_exact.py", "../extraction/recover/log_rank.py", "../extraction/recover/rounding.py")
SOFTWARE = ("pymc", "pytensor", "nutpie", "numpy", "scipy", "numba", "arviz")


class NotFitted(Exception):
    """No posterior answers to the present evidence, model, priors and software."""


@dataclass(frozen=True)
class Stored:
    """An accepted posterior: draws (xarray Dataset over chain and draw, log scale) and its info file."""

    draws: object
    info: dict


def identity(key: str, review: Review | None = None) -> dict:
    """All that the posterior of an endpoint depends on, by name."""
    endpoint = ENDPOINTS[key]
    return {
        "endpoint": key,
        "evidence": evidence_of(key, review).used_hash(),
        "model": source_hash(SHARED_SOURCES + endpoint.sources),
        "priors": [[p.family, *p.parameters] for p in (endpoint.mu_prior, endpoint.tau_prior)],
        "sampler": SAMPLER | {"draws": endpoint.draws},
        "software": software(),
    }


def hash_of(identity: dict) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def is_fitted(key: str, review: Review | None = None) -> bool:
    """Whether an undamaged posterior answers to the evidence, model, priors and software as they stand."""
    return _undamaged(*paths(key, review)) is not None


def _undamaged(draws: Path, info: Path) -> dict | None:
    """The info file, where it and the draws it speaks of are whole."""
    try:
        found = json.loads(info.read_text(encoding="utf-8"))
        return found if found["draws"] == checksum(draws) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def paths(key: str, review: Review | None = None) -> tuple[Path, Path]:
    """Where the posterior of an endpoint for the evidence as it stands is kept: its draws (netCDF) and its info file (JSON)."""
    return _paths(key, hash_of(identity(key, review)))


def read(key: str, review: Review | None = None) -> Stored:
    """The posterior of an endpoint for the evidence as it stands; raise NotFitted where there is none."""
    review = review or load()
    fingerprint = hash_of(identity(key, review))
    return _read(key, *_paths(key, fingerprint))


@cache
def _read(key: str, draws: Path, info: Path) -> Stored:
    import xarray as xr

    if (found := _undamaged(draws, info)) is None:
        raise NotFitted(f"{key}: no posterior for the present records, model and software; run `make fit`")
    return Stored(xr.load_dataset(draws, engine="h5netcdf"), found)


def write(key: str, identity: dict, posterior, info: dict) -> None:
    """Store an accepted posterior; the info file, which makes it visible, is put in place last."""
    draws_path, info_path = _paths(key, hash_of(identity))
    with whole(draws_path) as part:
        part.write_bytes(posterior.to_netcdf(engine="h5netcdf"))  # by way of memory: HDF5 itself crashes where a disk is full
    write_whole(info_path, json.dumps(info | {"draws": checksum(draws_path)}, indent=1, sort_keys=True))


@cache
def software() -> dict[str, str]:
    return {name: version(name) for name in SOFTWARE}


def _paths(key: str, fingerprint: str) -> tuple[Path, Path]:
    return FOLDER / f"{key}-{fingerprint}.nc", FOLDER / f"{key}-{fingerprint}.json"


def source_hash(files: tuple[str, ...]) -> str:
    """Fingerprint of the code, whatever its line endings."""
    here = Path(__file__).resolve().parent
    text = "".join((here / name).read_text(encoding="utf-8") for name in files)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
