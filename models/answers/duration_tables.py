"""An endpoint of durations tabulated by study, kept under the key of what it comes from."""

import base64
import json
from contextlib import closing
from functools import partial

import numpy as np

from models.engines import duration_tables
from models.evidence.report import Evidence
from models.runs import heavy, store
from models.runs.closure import fingerprint
from models.runs.one_fit import failure
from models.runs.processes import cores, in_processes

MU = np.linspace(-5.0, 5.0, 41)
TAU = 0.05 * 1.6 ** np.arange(12)
"""Even on the log scale; below the first a likelihood hardly changes."""
UNITS = {"log_likelihood": 0.002, "shift": 0.002, "ratio": 0.0001}
"""Of the whole numbers of 16 bits as which the tables are kept: what lies beyond them is cut."""


def file(key: str) -> str:
    """Name of the file of an endpoint's tables."""
    return f"{key}.duration_tables.json"


def identity(evidence: Evidence) -> str:
    """Fingerprint of the evidence and of the code that tabulates it."""
    code = fingerprint(duration_tables, *evidence.kinds)
    axes = [MU.tolist(), TAU.tolist(), UNITS]
    return store.hash_of(
        {"evidence": evidence.used_hash(), "shape": evidence.shape, "axes": axes, "code": code}
    )


def tables(key: str, evidence: Evidence) -> dict[str, dict[str, str]]:
    """What each study says, as `models.engines.duration_tables.Table` has it: each array in the order node,
    tau, mu as 16-bit whole numbers of its unit, in base64; computed where it is not stored, which takes a
    minute.
    """
    return heavy.read(file(key), identity(evidence)) or _computed(evidence)


def ensure(key: str, evidence: Evidence, repository: bool = False) -> bool:
    """Compute and store the tables unless they are stored, and keep them in the repository where that is
    asked for; whether anything had to be computed.
    """
    known = identity(evidence)
    stored = heavy.read(file(key), known)
    if stored is None or repository:
        heavy.write(file(key), known, stored or _computed(evidence), repository)
    return stored is None


def _computed(evidence: Evidence) -> dict[str, dict[str, str]]:
    """Several studies side by side, one a core."""
    tasks, found = {study: {"study": study} for study in evidence.studies}, {}
    with closing(in_processes(partial(_of_study, evidence), tasks, cores())) as arriving:
        for study, finished, text in arriving:
            if not finished:
                raise failure("tables of durations", tasks[study], text)
            found[study] = json.loads(text)
    return {study: found[study] for study in evidence.studies}


def _of_study(evidence: Evidence, study: str) -> dict[str, str]:
    table = duration_tables.table(evidence, study, MU, TAU)
    return {name: _base64(getattr(table, name) / unit) for name, unit in UNITS.items()}


def _base64(values: np.ndarray) -> str:
    least, most = np.iinfo(np.int16).min, np.iinfo(np.int16).max
    return base64.b64encode(values.round().clip(least, most).astype("<i2").tobytes()).decode()
