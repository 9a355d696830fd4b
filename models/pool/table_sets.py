"""The likelihood of a set of tables of which one was seen: the sum of theirs."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import gammaln

from models.likelihood.report import Counts, LogLikelihood
from models.likelihood.tabulated import TABLE, tabulated
from models.likelihood.two_arms import two_arm_log_likelihood
from models.pool import two_risks
from models.priors import BaselinePrior


def log_likelihood(measure: str, tables: Sequence[Counts], baseline: BaselinePrior) -> LogLikelihood:
    """Log probability of any one of the tables, a function of log or, log rr or atanh(rd), of any shape.

    Binomial coefficients included, as the probabilities of different counts are added. Tabulated once; the
    finer, the narrower its tables are beside the whole set.
    """
    places = np.array([two_risks.rough(measure, counts) for counts in tables])
    centre, narrowest = places[:, 0].mean(), places[:, 1].min()
    scale = float(np.sqrt(places[:, 0].var() + (places[:, 1] ** 2).mean()))
    each = [_of_one(measure, counts, baseline) for counts in tables]

    def of(theta: np.ndarray) -> np.ndarray:
        return np.logaddexp.reduce([one(theta) for one in each])

    finer = 1 + round(scale / narrowest)
    return tabulated(float(centre), scale, of, two_risks.LARGEST_EFFECT, finer * (TABLE - 1) + 1)


def _of_one(measure: str, counts: Counts, baseline: BaselinePrior) -> Callable[[np.ndarray], np.ndarray]:
    if measure == "or":
        return two_arm_log_likelihood(*counts, baseline)
    a, n, c, m = counts
    ways = sum(gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0) for k, n in ((a, n), (c, m)))
    of_risks = two_risks.log_likelihood(measure, counts, baseline)
    return lambda theta: of_risks(theta) + ways
