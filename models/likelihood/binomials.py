"""The probability of counts: binomials without continuity corrections."""

import numpy as np
from scipy.special import gammaln

from models.likelihood.ops import NUMPY, ops_for


def counts(logit_risk, events, n):
    """Log probability of `events` among `n` patients; logit_risk on the log-odds scale."""
    ways = gammaln(n + 1.0) - gammaln(events + 1.0) - gammaln(n - events + 1.0)
    return ways + events * logit_risk - n * ops_for(logit_risk).softplus(logit_risk)


def table(logit_control, log_or, events_toci, n_toci, events_control, n_control):
    """Log probability of a 2x2 table: two binomials, the control risk on the logit scale and the log odds
    ratio.
    """
    return counts(logit_control + log_or, events_toci, n_toci) + counts(
        logit_control, events_control, n_control
    )


def table_set(logit_control, log_or, tables):
    """Log probability that any one of the tables a paper could have seen occurred.

    tables : shape (table, 4), integers: events_toci, n_toci, events_control, n_control
    """
    ops, columns = ops_for(logit_control, log_or), np.atleast_2d(tables).T
    if ops is NUMPY:
        logit_control, log_or = np.asarray(logit_control, float), np.asarray(log_or, float)
    return ops.logsumexp(table(logit_control[..., None], log_or[..., None], *columns), axis=-1)
