"""Duration reports as one node of a PyTensor graph, compiled by numba like the rest of the model."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from models.likelihood import kernels

SOURCE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
kernels.name_joint()
joint = kernels.named_joint


@numba.njit(cache=True)
def durations(
    mean_by_grade: np.ndarray,
    tau: np.ndarray,
    z: np.ndarray,
    bias: np.ndarray,
    level: np.ndarray,
    step: np.ndarray,
    sigma: np.ndarray,
    layout: np.ndarray,
    integers: np.ndarray,
    reals: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Log likelihood of all reports at the parameters of `models.engines.durations`, then each derivative.

    mean_by_grade and step, shape (grade,); z, shape (study, grade); bias, level and sigma, shape (study,);
    tau, shape ().  Layout, integers and reals as `kernels.joint` reads them.
    """
    n_studies, n_grades = z.shape
    means = np.empty((n_studies, n_grades, 2))
    for s in range(n_studies):
        for g in range(n_grades):
            half = (mean_by_grade[g] + tau.item() * z[s, g] + bias[s]) / 2
            means[s, g, 0] = level[s] + step[g] - half
            means[s, g, 1] = level[s] + step[g] + half
    value, slopes = joint(means.ravel(), sigma, layout, integers, reals)
    by_mean_by_grade, by_tau, by_z, by_bias = np.zeros(n_grades), 0.0, np.empty(z.shape), np.zeros(n_studies)
    by_level, by_step = np.zeros(n_studies), np.zeros(n_grades)
    for s in range(n_studies):
        for g in range(n_grades):
            cell = 2 * (s * n_grades + g)
            by_effect, by_both = (slopes[cell + 1] - slopes[cell]) / 2, slopes[cell] + slopes[cell + 1]
            by_mean_by_grade[g] += by_effect
            by_tau += by_effect * z[s, g]
            by_z[s, g] = by_effect * tau.item()
            by_bias[s] += by_effect
            by_level[s] += by_both
            by_step[g] += by_both
    return (
        np.asarray(value),
        by_mean_by_grade,
        np.asarray(by_tau),
        by_z,
        by_bias,
        by_level,
        by_step,
        slopes[means.size :],
    )


class DurationReports(Op):
    """Inputs and outputs: those of `durations`."""

    __props__ = ("source",)

    def __init__(self, source: str = SOURCE) -> None:
        self.source = source  # keys PyTensor's cache of compiled code

    def make_node(self, *inputs: Variable | np.ndarray) -> Apply:
        tensors = [pt.as_tensor(i) for i in inputs]
        return Apply(self, tensors, [pt.dscalar(), *(parameter.type() for parameter in tensors[:-3])])

    def perform(self, node: Apply, inputs: Sequence[np.ndarray], outputs: list[list]) -> None:
        for storage, found in zip(outputs, durations(*inputs), strict=True):
            storage[0] = found

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Variable]
    ) -> list[Variable]:
        return [
            *(pt.as_tensor(slope) * cotangents[0] for slope in outputs[1:]),
            *(DisconnectedType()() for _ in range(3)),
        ]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        n_parameters = len(node.inputs) - 3
        return [[i < n_parameters, *[False] * n_parameters] for i in range(len(node.inputs))]


def _compile(op: DurationReports, **_: object) -> Callable:
    return durations


register_funcify_default_op_cache_key(DurationReports)(_compile)
