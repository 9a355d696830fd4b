"""What data could have printed these numbers?

Pure functions from printed numbers to every data set that prints so: tables of counts (tables.py,
wide_tables.py, ordered_tests.py; of pairs paired.py), log-rank histories (log_rank.py) and hazard ratios
(log_rank_ratios.py), rank and t tests (ranks.py, rank_conventions.py, t_test.py), estimates that must fit
each other (estimates.py; ratios by every method in use: ratio_claims.py, two_by_two.py), statistics with
their p (claims.py), samples behind a mean and SD (samples.py), tests of two means (means.py), and the
individual times behind a survival curve (curves.py).
`extraction/commands/` offers them to anybody's numbers:
`python -m extraction recover --help`.
"""

from extraction.fault import Fault


class Unusable(Fault, ValueError):
    """Numbers no search can start from; the message names the number found and the rule."""


class TooLarge(Fault, ValueError):
    """The search would be larger than the limit; the message gives its estimated size.  Raised before it
    starts.
    """
