"""Is it calibrated?  The stored ranks of every model, and what they depend on.

A rank is where the true value of a simulated review lies in the posterior of the model fitted to it
(models/trust/calibrate.py makes them). They take minutes to half an hour, so they are kept in the repository,
with hashes that tell when they are out of date.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extraction.records import Review
from extraction.whole import write_whole
from models.endpoints import ENDPOINTS, evidence_of
from models.runs import heavy, kept, store
from models.runs.closure import fingerprint
from models.trust import integrated_replicates, sampled_replicates
from models.trust.simulate import QUANTITIES

SIZES = (0.0, 0.5, 1.0, 2.0, np.inf)
"""Ends of the sizes of true mean effects, absolute on the log scale, whose intervals are counted apart."""
RESULTS = heavy.REPOSITORY / "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Ranks of one endpoint, shape (replicate,) by quantity; the true mean effect behind each; how many fits
    broke the rule of convergence; what they depend on.

    effects : log ratios, empty where the result was stored without them
    """

    ranks: dict[str, np.ndarray]
    effects: np.ndarray
    unconverged: int
    failed: int
    identity: dict

    @property
    def replicates(self) -> int:
        return len(self.ranks["mu"]) + self.failed

    def by_size(self) -> dict[tuple[float, float], np.ndarray]:
        """Ranks of the mean effect, by the ends between which its true size lies; sizes without any are left
        out.
        """
        size = np.abs(self.effects)
        return {
            (low, high): self.ranks["mu"][here]
            for low, high in pairwise(SIZES)
            if len(size) and (here := (low <= size) & (size < high)).any()
        }


def identity(key: str, review: Review) -> dict[str, str]:
    """What the replicates of an endpoint depend on, each part by its hash."""
    chosen, evidence = ENDPOINTS[key], evidence_of(key, review)
    replicates: tuple[Callable, Callable] = integrated_replicates.replicate, sampled_replicates.replicate
    priors = [[p.family, *p.parameters] for p in (chosen.mu_prior, chosen.tau_prior)]
    return {
        "evidence": evidence.used_hash(),
        "priors": store.hash_of({"priors": priors}),
        "model": fingerprint(chosen.engine.way(*replicates), *evidence.kinds),
    }


def write(key: str, replicates: list[dict], of: dict[str, str]) -> None:
    """Keep the replicates of an endpoint in the repository, in place of its last."""
    with_ranks = [r for r in replicates if r["ranks"]]
    found = [r["ranks"] for r in with_ranks]
    result = {
        "identity": of,
        "unconverged": sum(r["ranks"] is not None and not r["converged"] for r in replicates),
        "failed": len(replicates) - len(found),
        "ranks": {name: [ranks[i] for ranks in found] for i, name in enumerate(QUANTITIES)} if found else {},
        "effects": [round(float(r["mu"]), 4) for r in with_ranks],
    }
    stored = _sealed() | {key: kept.sealed(key, result)}
    lines = [f"{json.dumps(name)}: {json.dumps(stored[name])}" for name in ENDPOINTS if name in stored]
    write_whole(RESULTS, "{\n" + ",\n".join(lines) + "\n}\n")


def read() -> dict[str, Calibration]:
    """Every stored result that is as it was written, in the order of the endpoints."""
    stored = _sealed()
    found = {key: kept.opened(stored.get(key), key) for key in ENDPOINTS}
    return {
        key: Calibration(
            {name: np.array(ranks) for name, ranks in one["ranks"].items()},
            np.array(one.get("effects", [])),
            one["unconverged"],
            one["failed"],
            one["identity"],
        )
        for key, one in found.items()
        if one
    }


def _sealed() -> dict[str, dict]:
    """What the repository holds, by endpoint; nothing where the file is damaged."""
    try:
        found = json.loads(RESULTS.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def changed(key: str, review: Review) -> list[str]:
    """Which of evidence, priors and model differ from those of the stored result; all of them where there is
    none.
    """
    now, stored = identity(key, review), read()
    return [part for part in now if key not in stored or stored[key].identity.get(part) != now[part]]


def is_current(key: str, review: Review) -> bool:
    """Whether the stored result of an endpoint is that of the present evidence, priors and model."""
    return not changed(key, review)
