"""Rules about digitised curves: they describe the patients their record says, and tell what the paper prints
of the same comparison.
"""

from collections.abc import Iterator

import numpy as np

from extraction.checks.judgement import Judgement, compare
from extraction.derived.groups import group_size
from extraction.recover import Unusable
from extraction.recover.curve_types import Curve
from extraction.recover.curves import Reconstruction, reconstruct
from extraction.recover.rounding import printed_p, true_values
from extraction.schema import Entry, LogRankP, Ratio, Record, SurvivalCurve
from extraction.vocabulary import BOTH_ARMS

READING = 2.0
"""Standard errors of the reading that a curve may lie off a printed estimate: they are the same patients, so
only the reading differs.
"""
TIES_AND_TAILS = 0.05
"""Log hazard ratio that other ways with ties or another end of follow-up may add, whatever the reading;
choice of this review.
"""


def judge(record: Record, entry: SurvivalCurve, curve: Curve) -> Iterator[Judgement]:
    """Every verdict on a digitised curve."""
    yield from _starts_with_its_groups(record, entry, curve)
    try:
        found = reconstruct(curve)
        for printed in record.find(Entry, entry.field, stratum=entry.stratum):
            if isinstance(printed, Ratio) and printed.kind == "hazard_ratio":
                yield _printed_ratio(printed, found)
            elif isinstance(printed, LogRankP):
                yield _printed_p(printed, found)
    except Unusable as error:
        yield Judgement("cannot_be_checked", "", str(error))


def _starts_with_its_groups(record: Record, entry: SurvivalCurve, curve: Curve) -> Iterator[Judgement]:
    """At time 0 a curve holds its arm; fewer where the endpoint counts some of its patients alone."""
    definition = record.definitions.get(entry.field)
    some = bool(definition and definition.among)
    for arm, printed in zip(BOTH_ARMS, curve.arms.values(), strict=True):
        size, at_start = group_size(record, arm, entry.stratum), printed.at_risk[0].n
        if size is not None:
            fits = at_start <= size if some else at_start == size
            yield compare(
                fits,
                f"{'at most ' if some else ''}{size} at risk at time 0 with {arm}, where the curve has"
                f" {at_start}",
                "at time 0 a curve holds the patients of its arm",
            )


def _printed_ratio(printed: Ratio, found: Reconstruction) -> Judgement:
    """An unadjusted hazard ratio is that of the curve of the same patients."""
    rule = f"the hazard ratio of the curve beside the printed {printed.estimate}"
    if printed.adjusted_for:
        return Judgement("cannot_be_checked", "", "an adjusted hazard ratio is not that of the curves")
    low, high = np.log([max(float(end), 1e-9) for end in true_values(printed.estimate)])
    room = READING * found.se_reading + TIES_AND_TAILS
    return compare(
        low - room <= found.log_hr <= high + room,
        f"{np.exp(found.log_hr):.3f} ({np.exp(found.log_hr - room):.3f} to "
        f"{np.exp(found.log_hr + room):.3f} as the figure can be read)",
        rule,
    )


def _printed_p(printed: LogRankP, found: Reconstruction) -> Judgement:
    """A log-rank p is that of the curve of the same patients, in some reading of the figure."""
    p = printed_p(printed.p)
    least, most = min(p.lower, p.lower_cut), max(p.upper, p.upper_cut)
    return compare(
        least <= found.p_upper and found.p_lower <= most,
        f"p = {found.p:.3g} ({found.p_lower:.3g} to {found.p_upper:.3g} as the figure can be read)",
        f"the log-rank p of the curve beside the printed {printed.p}",
    )
