"""The probability of counts: binomials without continuity corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from models.likelihood.ops import ops_for

if TYPE_CHECKING:
    from pytensor.tensor.variable import TensorVariable

    from models.likelihood.report import Counts

type Numbers = float | np.ndarray
"""A number, or one for each table."""


def counts[V: (np.ndarray, TensorVariable)](logit_risk: V, events: Numbers, n: Numbers) -> V:
    """Log probability of `events` among `n` patients; logit_risk on the log-odds scale."""
    ways = gammaln(n + 1.0) - gammaln(events + 1.0) - gammaln(n - events + 1.0)
    return ways + events * logit_risk - n * ops_for(logit_risk).softplus(logit_risk)


def table[V: (np.ndarray, TensorVariable)](
    logit_control: V,
    log_or: V,
    events_treated: Numbers,
    n_treated: Numbers,
    events_control: Numbers,
    n_control: Numbers,
) -> V:
    """Log probability of a 2x2 table: two binomials, the control risk on the logit scale and the log odds
    ratio.
    """
    return counts(logit_control + log_or, events_treated, n_treated) + counts(
        logit_control, events_control, n_control
    )


def table_set[V: (np.ndarray, TensorVariable)](
    logit_control: V, log_or: V, tables: Sequence[Counts] | np.ndarray
) -> V:
    """Log probability that any one of the tables a paper could have seen occurred.

    tables : shape (table, 4), integers: events_treated, n_treated, events_control, n_control
    """
    ops, columns = ops_for(logit_control, log_or), np.atleast_2d(tables).T
    logit_control, log_or = ops.floats(logit_control), ops.floats(log_or)
    return ops.logsumexp(table(logit_control[..., None], log_or[..., None], *columns), axis=-1)
