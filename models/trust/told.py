"""What the words on an endpoint rest on: both answers, the certainty, and the review's own choices."""

from collections.abc import Iterator

import pandas as pd

from extraction.bias import overall
from extraction.records import Review
from models.answers.absolute import summary_for_words
from models.endpoints import ENDPOINTS, evidence_of
from models.trust.adjusted import read_through_bias
from models.trust.multiverse import universes
from models.trust.one_left_out import each_report, words_of
from models.trust.universe import AND, CHOICES, MANY_STUDIES, NONE
from models.words import Told, rating

READ_OR_LEFT_OUT = ("reading", "studies")
"""Choices that say what stands in the papers or which of them count; the others are of priors."""


def _one_choice_changed(frame: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Each universe that differs from the primary one in one such choice alone, in words."""
    (primary,) = frame[frame["primary"]].to_dict("records")
    for choice in READ_OR_LEFT_OUT:
        others = [c for c in CHOICES if c != choice]
        alike = (frame[others] == pd.Series({c: primary[c] for c in others})).all(axis=1)
        for row in frame[alike & (frame[choice] != primary[choice])].to_dict("records"):
            if AND not in row[choice] and not row[choice].endswith(" alone"):
                yield row[choice], row["p_favours"]


MILD = {"low", "moderate", "some_concerns"}


def _one_report_less(key: str, review: Review) -> Iterator[tuple[str, float]]:
    """Without each report that no universe leaves out, in words: of a study that has several, or of many
    studies.
    """
    evidence = evidence_of(key, review)
    many = len(evidence.studies) > MANY_STUDIES
    apart = [study for study in evidence.studies if many or len(evidence.of(study)) > 1]
    for one in each_report(key, review) if apart else ():
        if one.used.study in apart:
            yield f"without the report of {words_of(one.used, evidence, review)}", one.p_favours


def told(key: str, review: Review) -> Told:
    """All of it for one endpoint; raise store.NotFitted where it is not fitted."""
    evidence = evidence_of(key, review)
    judged = {overall(review.records[study], evidence.endpoint) for study in evidence.studies}
    frame = universes(key, review)
    favours, plain = frame["p_favours"] > 0.5, frame["bias_mean"].eq(NONE) & frame["bias_sd"].eq(NONE)
    return Told(
        key,
        summary_for_words(key, review),
        read_through_bias(key, review),
        rating(ENDPOINTS[key].evidence, review),
        float(favours.mean()),
        float(favours[plain].mean()),
        adjusted_leads=not judged <= MILD,
        otherwise=(*_one_choice_changed(frame), *_one_report_less(key, review)),
    )
