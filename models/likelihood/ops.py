"""The same mathematics for arrays and for PyTensor graphs, so that each likelihood is written once."""

from types import SimpleNamespace

import numpy as np
from scipy import special

NUMPY = SimpleNamespace(
    floats=lambda values: np.asarray(values, float),
    log=np.log,
    exp=np.exp,
    sum=np.sum,
    stack=np.stack,
    ndtr=special.ndtr,
    logsumexp=special.logsumexp,
    softplus=lambda x: np.logaddexp(0.0, x),
    clip=np.clip,
    floor=np.floor,
    arcsinh=np.arcsinh,
    where=np.where,
    take=lambda values, at: values[np.asarray(at, int)],
)


def ops_for(*values: object) -> SimpleNamespace:
    """NumPy's functions for numbers and arrays, PyTensor's as soon as one value is a graph."""
    if any(hasattr(value, "owner") for value in values):
        return _pytensor()
    return NUMPY


def _pytensor() -> SimpleNamespace:
    import pytensor.tensor as pt

    return SimpleNamespace(
        floats=lambda values: values,
        log=pt.log,
        exp=pt.exp,
        sum=pt.sum,
        stack=pt.stack,
        ndtr=lambda x: pt.erfc(-x / np.sqrt(2)) / 2,
        logsumexp=pt.logsumexp,
        softplus=pt.softplus,
        clip=pt.clip,
        floor=pt.floor,
        arcsinh=pt.arcsinh,
        where=pt.where,
        take=lambda values, at: pt.as_tensor(values)[pt.cast(at, "int64")],
    )
