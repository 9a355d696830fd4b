"""From when survival runs in each study that enters, and the answer for each start alone."""

from collections.abc import Iterator

from book.shown.endpoint.recovery import readings
from extraction.question import QUESTION
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.collect import alternatives
from models.evidence.report import ALTERNATIVES
from models.evidence.survival import runs_from
from models.words import interval, listed, sentence_case

WORDS = {
    "baseline": f"time runs from {QUESTION.baseline} in",
    "response": "time runs from response, and so in responders alone, in",
    None: "from when it runs is not printed in",
}


def sentences(key: str, review: Review) -> Iterator[str]:
    """Which study counts from when; then the mean ratio of each start alone, where they differ."""
    if not (told := list(_by_start(key, review))):
        return
    yield f"{sentence_case('; '.join(told))}."
    endpoint, others = ENDPOINTS[key], alternatives(review, ENDPOINTS[key].evidence)
    mean = f"the mean {endpoint.scale}, not adjusted for bias, is"
    for row in readings(key, review):
        if row.words in ALTERNATIVES and ALTERNATIVES[row.words].runs_from:
            studies = _labels(others[row.words].studies, review)
            yield f"With {row.words} ({studies}), {mean} {interval(row.limits)}."


def _by_start(key: str, review: Review) -> Iterator[str]:
    field, studies = ENDPOINTS[key].evidence, evidence_of(key, review).studies
    starts = {study: runs_from(review.records[study], field) for study in studies}
    for start, words in WORDS.items():
        if alike := [study for study in studies if starts[study] == start]:
            yield f"{words} {_labels(alike, review)}"


def _labels(studies: list[str], review: Review) -> str:
    return listed([review.studies[study].label for study in studies])
