"""What the page on bias says of endpoints together: every sentence is made from the result."""

from collections.abc import Iterator

import numpy as np

from extraction.question import BY_KEY, TREATMENT
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.trust.shared_bias import MOST, SharedBias, shared_bias, why_apart
from models.words import LEANING, STATED, listed, listed_in_sentence, number, percent

BARELY = 3.0
"""How many times as probable the data have to be before that is more than barely worth mentioning: Kass and
Raftery 1995, J Am Stat Assoc 90:773.
"""
NOT_COMPUTED = (
    "Nothing is computed here: it takes a cohort with at least two of the answers, and at most"
    f" {MOST} cohorts."
)


def finding(review: Review) -> str:
    """Whether any answer turns, and which answers this book keeps."""
    found = shared_bias(review)
    if found is None:
        return NOT_COMPUTED
    if turned := found.turned():
        return (
            "A bias that is common to all answers of the same patients changes what may be said of"
            f" {_turns(turned)}: both are to be read beside each other."
        )
    return (
        "A bias that is common to all answers of the same patients turns none of them, so those adjusted one"
        " by one stay: however far the biases go together, no 95 % interval comes to hold or to exclude no"
        f" difference, and no probability crosses the {percent(LEANING)} or {percent(STATED)} from which a"
        " side is told."
    )


def _turns(turned: dict[str, float]) -> str:
    return listed([f"{_title(key)} (from a correlation of {least:g} on)" for key, least in turned.items()])


def farthest(found: SharedBias) -> str:
    """The endpoint whose median moves most at the highest correlation, in a sentence."""
    at = found.strongest
    rows = {key: found.row(key, at) for key in found.endpoints}
    key = max(rows, key=lambda key: abs(np.log(rows[key]["median"] / found.alone[key]["median"])))
    alone, joint = found.alone[key], rows[key]
    crosses = (alone["median"] - 1) * (joint["median"] - 1) < 0
    return (
        f"The median that moves farthest is that of {_title(key)}: {ENDPOINTS[key].scale}"
        f" {number(alone['median'])} alone, {number(joint['median'])} at a correlation of {at:g}"
        f"{', on the other side of no difference' if crosses else ''}; the probability that {TREATMENT} is"
        f" the better side goes from {percent(alone['p_favours'])} to {percent(joint['p_favours'])}."
    )


def sentences(review: Review) -> Iterator[str]:
    """What moves farthest, what each cohort's common bias would have to be, what the data say of the
    correlation, what changes without the overlapping endpoint, and which endpoints stand apart.
    """
    if found := shared_bias(review):
        yield farthest(found)
        yield " ".join(common(found, review))
        yield correlation(found)
        if found.overlapping:
            yield without_overlap(found)
    yield apart(review)


def without_overlap(found: SharedBias) -> str:
    """What changes where endpoints that hold another are left out."""
    turned = found.turned(fewer=True)
    said = f"other things may be said of {_turns(turned)}" if turned else "no answer turns"
    gone = [
        f"{_title(key)}, in which {how},"
        for key in found.overlapping
        for how in BY_KEY[key].overlaps.values()
    ]
    return (
        "Given the biases, the answers of the same patients are taken as independent, which they are not."
        f" Without {' and '.join(gone)} {said}."
    )


def _title(key: str) -> str:
    """The title of an endpoint inside a sentence."""
    return _titles([key])


def _titles(keys: list[str]) -> str:
    return listed_in_sentence([ENDPOINTS[key].title for key in keys])


def common(found: SharedBias, review: Review) -> Iterator[str]:
    """What the common bias of each cohort would have to be at the highest correlation, then the largest of
    them as a ratio seen over the true one.
    """
    biases = found.together[found.strongest].common
    limits = {cohort: one.limits() for cohort, one in biases.items()}
    said = [f"{_sds(limits[cohort])} in {_who(cohort, found, review)}" for cohort in limits]
    yield (
        f"At a correlation of {found.strongest:g} the common bias would have to lie {listed(said)}, counted"
        " in SDs from what is judged; above it, the treated were worse off than judged."
    )
    beyond = [cohort for cohort, one in limits.items() if one["lower"] > 0 or one["upper"] < 0]
    if beyond:
        who = listed([_who(cohort, found, review) for cohort in beyond])
        yield f"In {who} it lies beyond what is judged: one confounding may explain several answers there."
    else:
        yield (
            "Each of these intervals holds what is judged: in no cohort do the data show one confounding"
            " behind several answers."
        )
    yield _as_ratio(found, review, max(limits, key=lambda cohort: abs(limits[cohort]["median"])))


def _sds(limits: dict[str, float]) -> str:
    low, high = (f"{limits[name]:+.1f}".replace("-", "−") for name in ("lower", "upper"))
    where = "above" if limits["median"] >= 0 else "below"
    return f"{abs(limits['median']):.1f} {where} (95 % interval {low} to {high})"


def _as_ratio(found: SharedBias, review: Review, cohort: str) -> str:
    """What the common bias of a cohort would make of the answer that it moves most."""
    at, median = found.strongest, found.together[found.strongest].common[cohort].limits()["median"]
    moved = {
        key: [one.seen_over_true(cohort, common, at) for common in (0.0, median)]
        for key, one in found.endpoints.items()
        if cohort in one.parts
    }
    key = max(moved, key=lambda key: abs(np.log(moved[key][1] / moved[key][0])))
    judged, joint = (number(ratio, 1) for ratio in moved[key])
    return (
        f"For {_who(cohort, found, review)} that is, in {_title(key)}, {_article(key)} seen"
        f" {joint} times the true one, where {judged} times is judged."
    )


def _article(key: str) -> str:
    scale = ENDPOINTS[key].scale
    return f"{'an' if scale[0] in 'aeiou' else 'a'} {scale}"


def correlation(found: SharedBias) -> str:
    """What the data say of the correlation itself."""
    times, fewer = found.times_as_probable(), found.times_as_probable(fewer=True)
    without = f" ({number(fewer, 1)} without {_titles(gone)})" if (gone := found.overlapping) else ""
    tells = "too little to tell" if 1 / BARELY < times < BARELY else "which says something of"
    return (
        f"The data are {number(times, 1)} times as probable at a correlation of {found.strongest:g} as at"
        f" none{without}: {tells} how far the biases go together."
    )


def apart(review: Review) -> str:
    """Which endpoints are not among them, and why."""
    reasons = {key: why for key in ENDPOINTS if (why := why_apart(key, review))}
    return " ".join(f"{ENDPOINTS[key].title} stands apart: {why}." for key, why in reasons.items())


def _who(cohort: str, found: SharedBias, review: Review) -> str:
    """The studies of a cohort that enter any of the endpoints."""
    entering = [study for key in found.endpoints for study in evidence_of(key, review).studies]
    return listed(
        [study.label for study in review.register.studies if study.cohort == cohort and study.id in entering]
    )
