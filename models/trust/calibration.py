"""Is it calibrated?  The stored ranks of every model, and what they depend on.

A rank is where the true value of a simulated review lies in the posterior of the model fitted to it (models/trust/calibrate.py makes them).
They take minutes to half an hour, so they are kept in the repository, with hashes that tell when they are out of date.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extraction.records import Review
from extraction.whole import write_whole
from models import store
from models.endpoints import ENDPOINTS, evidence_of
from models.priors import BASELINE_LOGIT, EVENT_SHARE, LEVEL_LOG_DAYS, SIGMA_LOG_DURATION, STEP_LOG_DURATION, TREND_LOG_DURATION

RESULTS = Path(__file__).resolve().parent.parent / "results" / "calibration.json"
QUANTITIES = ("mu", "tau", "theta", "prediction")
"""What is ranked: mean effect, between-study SD, effect of the first study, effect in a next study."""
SAMPLED = "crs_duration_grade3"
"""The endpoint whose replicates are sampled; the others are fitted by quadrature."""
SOURCES = ("trust/calibrate.py", "trust/simulate.py", "endpoint.py", "reports.py", "log_rank_exact.py")
SOURCES_OF_QUADRATURE = ("trust/simulate_tables.py", "two_arms.py", "quadrature_general.py", "posterior.py", "smoothing.py", "tau_nodes.py")
SOURCES_OF_SAMPLING = ("trust/simulate_durations.py", "trust/sampled_replicates.py")
NUISANCE_OF_QUADRATURE = (BASELINE_LOGIT, EVENT_SHARE)
NUISANCE_OF_SAMPLING = (LEVEL_LOG_DAYS, STEP_LOG_DURATION, SIGMA_LOG_DURATION, TREND_LOG_DURATION)
"""Priors beside those of mu and tau, from which parameters are drawn too."""


@dataclass(frozen=True)
class Calibration:
    """Ranks of one endpoint, shape (replicate,) by quantity; how many fits broke the rule of convergence; what they depend on."""

    ranks: dict[str, np.ndarray]
    unconverged: int
    failed: int
    identity: dict

    @property
    def replicates(self) -> int:
        return len(self.ranks["mu"]) + self.failed


def identity(key: str, review: Review | None = None) -> dict[str, str]:
    """What the replicates of an endpoint depend on, each part by its hash."""
    chosen = ENDPOINTS[key]
    sources, nuisance = (SOURCES_OF_SAMPLING, NUISANCE_OF_SAMPLING) if key == SAMPLED else (SOURCES_OF_QUADRATURE, NUISANCE_OF_QUADRATURE)
    priors = [[p.family, *p.parameters] for p in (chosen.mu_prior, chosen.tau_prior, *nuisance)]
    return {"evidence": evidence_of(key, review).used_hash(), "priors": store.hash_of({"priors": priors}),
            "model": store.source_hash(SOURCES + sources + chosen.sources)}


def write(key: str, replicates: list[dict], of: dict[str, str]) -> None:
    """Keep the replicates of an endpoint in the repository, in place of its last."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    found = [r["ranks"] for r in replicates if r["ranks"]]
    kept[key] = {"identity": of, "unconverged": sum(r["ranks"] is not None and not r["converged"] for r in replicates),
                 "failed": len(replicates) - len(found), "ranks": dict(zip(QUANTITIES, map(list, zip(*found))))}
    lines = [f"{json.dumps(name)}: {json.dumps(kept[name])}" for name in ENDPOINTS if name in kept]
    write_whole(RESULTS, "{\n" + ",\n".join(lines) + "\n}\n")


def read() -> dict[str, Calibration]:
    """Every stored result, in the order of the endpoints."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return {key: Calibration({name: np.array(ranks) for name, ranks in kept[key]["ranks"].items()}, kept[key]["unconverged"], kept[key]["failed"],
                             kept[key]["identity"]) for key in ENDPOINTS if key in kept}


def changed(key: str, review: Review | None = None) -> list[str]:
    """Which of evidence, priors and model differ from those of the stored result; all of them where there is none."""
    now, stored = identity(key, review), read()
    return [part for part in now if key not in stored or stored[key].identity.get(part) != now[part]]


def is_current(key: str, review: Review | None = None) -> bool:
    """Whether the stored result of an endpoint is that of the present evidence, priors and model."""
    return not changed(key, review)
