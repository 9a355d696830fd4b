"""Rules about means: beside the range and quartiles of the same patients, and the t test of both arms."""

from collections.abc import Iterator

from extraction.checks.judgement import TWO_ARMS, Judgement, alike, own_group
from extraction.derived.groups import group_size
from extraction.recover import Unusable
from extraction.recover.means import Group, judge_means
from extraction.recover.rounding import printed_p
from extraction.recover.samples import Described, bounds_of, outside
from extraction.schema import AnyEntry, MeanSd, MedianQuartiles, MedianRange, PValue, Record
from extraction.vocabulary import BOTH_ARMS


def a_mean_fits_its_range(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Mean and SD of the patients whose median is printed with a range or quartiles."""
    if not isinstance(entry, MeanSd) or not (n := own_group(record, entry)):
        return
    ranges = alike(MedianRange, record, entry)[:1]
    quartiles = alike(MedianQuartiles, record, entry)[:1]
    if not ranges and not quartiles:
        return
    told = Described(
        n,
        entry.mean,
        entry.sd,
        median=(ranges or quartiles)[0].median,
        minimum=ranges[0].minimum if ranges else None,
        maximum=ranges[0].maximum if ranges else None,
        lower_quartile=quartiles[0].lower_quartile if quartiles else None,
        upper_quartile=quartiles[0].upper_quartile if quartiles else None,
    )
    beside = " and ".join(str(e.printed) for e in (*ranges, *quartiles))
    bounds, why = bounds_of(told), outside(told)
    expected = f"a mean from {bounds.mean[0]:.4g} to {bounds.mean[1]:.4g}"
    yield Judgement(
        "differs" if why else "agrees",
        expected,
        f"{n} patients with {beside}: {why or 'they can have this mean and SD'}",
    )


def p_is_that_of_the_means(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Means and SDs of both arms are printed: the p of a t test, where the paper names it."""
    if (
        not isinstance(entry, PValue)
        or "t" not in entry.tests
        or entry.adjustment != "none"
        or entry.contrast != TWO_ARMS
    ):
        return
    groups = [_group(record, entry, arm) for arm in BOTH_ARMS]
    try:
        printed = printed_p(entry.p).text
    except Unusable:
        return  # other rules say that it is no p-value
    if groups[0] is None or groups[1] is None:
        return
    found = judge_means(groups[0], groups[1], printed)
    expected = ", ".join(f"{t.lower:.4f} to {t.upper:.4f} by {t.test}" for t in found.tests[:2])
    of = " v ".join(f"{g.mean} ± {g.sd}" for g in groups if g)
    if found.verdict != "impossible":
        yield Judgement("agrees", expected, f"p of {of} by {' or '.join(found.conditions)}")
    elif entry.tests == ["t"]:
        yield Judgement("differs", expected, f"no t test of {of} gives this p")
    else:
        yield Judgement(
            "cannot_be_checked", expected, f"no t test of {of} gives this p; the paper names others"
        )


def _group(record: Record, entry: PValue, arm: str) -> Group | None:
    found = [
        e
        for e in record.find(MeanSd, entry.field, stratum=entry.stratum, arm=arm)
        if e.category == entry.category and e.contrast == entry.contrast
    ]
    n = group_size(record, arm, entry.stratum)
    return Group(found[0].mean, found[0].sd, n) if len(found) == 1 and n else None


RULES = [a_mean_fits_its_range, p_is_that_of_the_means]
