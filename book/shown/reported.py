"""What the papers report and no model reads, for clinicians who look for it."""

import pandas as pd

from book.shown.endpoint.printed import NOTHING, printed_words
from extraction.question import QUESTION
from extraction.records import Review
from extraction.schema import AnyEntry, NotReported, Record
from extraction.vocabulary import ARMS, BOTH_ARMS, TWO_ARMS
from models.words import stratum_words


def not_pooled(review: Review) -> pd.DataFrame:
    """A row for each topic, study and arm with all that is printed of it, and what opens its sources."""
    return pd.DataFrame(
        [
            row
            for topic in QUESTION.shown.reported
            for study, record in review.included().items()
            if review.studies[study].registered
            for row in _rows(topic, study, record, review)
        ]
    )


def _rows(topic: str, study: str, record: Record, review: Review) -> list[dict]:
    told = [e for field in QUESTION.shown.reported[topic] for e in _told(record, field)]
    by_arm = [e for e in told if e.arm in (*BOTH_ARMS, "comparison")] or told
    label = review.studies[study].label
    if not by_arm:
        seen = {text.part for text in record.texts}
        return [_row(topic, label, "", NOTHING if "full text" in seen else "not in what was seen", study, [])]
    arms = dict.fromkeys(e.arm for e in by_arm)
    return [
        _row(topic, label, ARMS[arm], _words(record, own), study, own)
        for arm in arms
        for own in [[e for e in by_arm if e.arm == arm]]
    ]


def _told(record: Record, field: str) -> list[AnyEntry]:
    return [e for e in record.entries if e.field == field and not isinstance(e, NotReported)]


def _words(record: Record, entries: list[AnyEntry]) -> str:
    return "; ".join(dict.fromkeys(f"{printed_words(e)}{_of(record, e)}" for e in entries))


def _of(record: Record, entry: AnyEntry) -> str:
    """Whom or what an entry compares, where it is not the two arms of all patients."""
    of = [] if entry.contrast == TWO_ARMS else [entry.contrast]
    of += [] if entry.stratum == "all" else [stratum_words(record, entry.stratum)]
    return f" ({', '.join(of)})" if of else ""


def _row(topic: str, label: str, arm: str, said: str, study: str, entries: list[AnyEntry]) -> dict:
    return {
        "reported": topic,
        "study": label,
        "arm": arm,
        "as printed": said,
        "study_id": study,
        "entries": tuple(e.id for e in entries),
    }
