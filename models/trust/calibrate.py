"""Every model fitted to simulated reviews of the real size, whose true values are known: `python -m models
calibrate`.

One replicate: parameters from the endpoint's priors, patients of the same studies and groups, the same kinds
of report printed of them, and the model of the review fitted to these.  Where a true value lies in its
posterior is its rank.
"""

import sys
import zlib
from functools import cache

import numpy as np

from extraction.commands.parser import print_json
from extraction.records import Review, load
from models.endpoint import Endpoint
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.report import Evidence
from models.runs import many, store
from models.trust import integrated_replicates, sampled_replicates, simulate
from models.trust.calibration import identity, read, write

REPLICATES = 1000
PIECE, PIECE_SAMPLED = 50, 8
"""Replicates of one task."""


def replicate(endpoint: str, seed: int, count: int) -> list[dict]:
    """`count` replicates: the true mean effect, ranks in the order of QUANTITIES, and whether the fit
    converged; ranks None where the fit gave no posterior.
    """
    generator = np.random.default_rng([seed, zlib.crc32(endpoint.encode())])
    return [_once(ENDPOINTS[endpoint], generator) for _ in range(count)]


def _once(endpoint: Endpoint, generator) -> dict:
    return endpoint.engine.way(_integrated, _sampled)(
        endpoint, evidence_of(endpoint.key, _review()), generator
    )


def _integrated(endpoint: Endpoint, evidence: Evidence, generator) -> dict:
    return integrated_replicates.replicate(endpoint, evidence, _printers(endpoint.key), generator)


def _sampled(endpoint: Endpoint, evidence: Evidence, generator) -> dict:
    return sampled_replicates.replicate(endpoint, evidence, _compiled(endpoint.key), generator)


@cache
def _review() -> Review:
    """The records as a worker reads them, once."""
    return load()


@cache
def _printers(key: str):
    return simulate.printers(evidence_of(key, _review()), _review())


@cache
def _compiled(key: str):
    return sampled_replicates.Duration(evidence_of(key, _review()))


def tasks(key: str, replicates: int | None = None) -> list[dict]:
    """The work in pieces, each with its own seed."""
    total = replicates or REPLICATES
    piece = ENDPOINTS[key].engine.way(PIECE, PIECE_SAMPLED)
    return [
        {"endpoint": key, "seed": simulate.SEED + i, "count": min(piece, total - i * piece)}
        for i in range(-(-total // piece))
    ]


def calibrate(key: str, review: Review, replicates: int | None = None) -> list[dict]:
    """All replicates of an endpoint; those of an interrupted run are kept."""
    code = store.hash_of(identity(key, review) | {"software": store.software()})
    pieces = many.run(replicate, tasks(key, replicates), name="calibration", code=code)
    return [one for piece in pieces for one in piece]


def command(args) -> int:
    """`python -m models calibrate [ENDPOINT ...] [--replicates N]`; 2 for an unknown endpoint or a number
    that is none.
    """
    if unknown := [key for key in args.endpoints if key not in ENDPOINTS]:
        print(
            f"models calibrate: no endpoint {', '.join(unknown)}; there are {', '.join(ENDPOINTS)}",
            file=sys.stderr,
        )
        return 2
    if args.replicates is not None and args.replicates < 1:
        print(f"models calibrate: {args.replicates} replicates; at least one is needed", file=sys.stderr)
        return 2
    review, made = load(), {}
    for key in args.endpoints or ENDPOINTS:
        write(key, calibrate(key, review, args.replicates), identity(key, review))
        made[key] = read()[key].replicates
        if not args.json:
            print(f"  {key}: {made[key]} simulated reviews")
    if args.json:
        print_json({"replicates": made})
    return 0
