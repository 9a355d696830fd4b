"""What does the p of a t test say of the difference between the arms?"""

import math
from itertools import pairwise

import numpy as np
from scipy import integrate, optimize, special

from extraction.recover import Unusable
from extraction.recover.ranks import require_sizes
from extraction.recover.rounding import printed_p

CONFIDENCE = 0.95


def t_from_p(n_treated: int, n_control: int, p: str, direction: str | None = None) -> dict:
    """What a two-sided p of Student's t test (one pooled SD) says of the difference between the arms.

    direction : of the mean of the treated arm, `higher` or `lower`; without it the sign is unknown, and that
    of `higher` is given
    Returns for the printed p, and again under `weakest` and `strongest` for the ends of what prints so:
    t, df : the statistic and its degrees of freedom
    d : standardised difference, mean of the treated arm less mean of the control over the pooled SD
    g : d without its small-sample bias (Hedges 1981, J Educ Stat 6:107); None at one degree of freedom, where
    d has no mean
    d_lower, d_upper : 95 % limits of d by the noncentral t distribution
    Raises Unusable for an empty group, two patients in all, and a p that is a bound or prints as 0.
    """
    require_sizes(n_treated, n_control, "t test")
    if n_treated + n_control < 3:
        raise Unusable(
            f"{n_treated} v {n_control} patients: a t test needs three patients to estimate a standard"
            " deviation"
        )
    if direction not in (None, "higher", "lower"):
        raise Unusable(f"direction {direction!r}: the mean of the treated arm is higher or lower")
    printed = printed_p(p)
    if printed.bound:
        raise Unusable(f"p = {printed.text}: a bound gives no t")
    if printed.lower == 0:
        raise Unusable(
            f"p = {printed.text}: every p up to {printed.upper:g} prints so, and t has no upper end"
        )
    ends = printed.lower_cut, printed.upper, printed.lower
    found, weakest, strongest = (_difference(n_treated, n_control, end, direction) for end in ends)
    return found | {"weakest": weakest, "strongest": strongest}


def _difference(n_treated: int, n_control: int, p: float, direction: str | None) -> dict:
    df, per_t = n_treated + n_control - 2, math.sqrt(1 / n_treated + 1 / n_control)
    t = float(-special.stdtrit(df, p / 2))
    low, high = _noncentrality_limits(t, df)
    if direction == "lower":
        t, low, high = -t, -high, -low
    unbiased = (
        math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2) if df > 1 else None
    )
    return {
        "p": p,
        "t": t,
        "df": df,
        "d": t * per_t,
        "g": unbiased and unbiased * t * per_t,
        "d_lower": low * per_t,
        "d_upper": high * per_t,
    }


def _noncentrality_limits(t: float, df: int) -> tuple[float, float]:
    """Noncentralities at which t, 0 or more, is an upper and a lower 2.5 % point."""
    tail = (1 - CONFIDENCE) / 2
    # a noncentral t is below t in fewer than 1 in 100,000 there
    highest = 6 + t * math.sqrt(special.chdtri(df, 1e-6) / df)

    def limit(share: float) -> float:
        return optimize.brentq(
            lambda noncentrality: _noncentral_t(t, df, noncentrality) - share, -6.0, highest
        )

    return limit(1 - tail), limit(tail)


def _noncentral_t(t: float, df: int, noncentrality: float) -> float:
    """P(noncentral t <= t): the normal numerator averaged over the estimated SD; SciPy's noncentral t has
    gaps in its tails.
    """
    if t == 0:
        return float(special.ndtr(-noncentrality))
    constant = (df / 2 - 1) * math.log(2) + math.lgamma(df / 2)

    def given(chi: float) -> float:
        return math.exp((df - 1) * math.log(chi) - chi * chi / 2 - constant) * special.ndtr(
            t * chi / math.sqrt(df) - noncentrality
        )

    low, high = math.sqrt(2 * special.gammaincinv(df / 2, 1e-16)), math.sqrt(special.chdtri(df, 1e-16))
    # of the step of the numerator from 0 to 1, which quadrature would miss if it were not told
    width = math.sqrt(df) / t
    edges = np.clip([low, *((noncentrality + z) * width for z in (-9, 0, 9)), high], low, high)
    return sum(integrate.quad(given, a, b)[0] for a, b in pairwise(edges) if a < b)
