"""What no model reads is shown as printed, by study; a silence is shown too."""

from book.shown import reported
from extraction.question import FIELDS, QUESTION


def test_every_topic_has_a_row_for_every_registered_study(review):
    frame = reported.not_pooled(review)
    registered = {review.studies[s].label for s in review.included() if review.studies[s].registered}
    for topic in QUESTION.shown.reported:
        assert set(frame.loc[frame["reported"] == topic, "study"]) == registered
    assert all(field in FIELDS for fields in QUESTION.shown.reported.values() for field in fields)


def test_each_row_opens_the_entries_that_it_prints(review):
    for row in reported.not_pooled(review).to_dict("records"):
        record = review.records[row["study_id"]]
        found = {entry.id: entry for entry in record.entries}
        assert bool(row["entries"]) == (row["as printed"] not in ("not reported", "not in what was seen"))
        assert all(found[entry].field in QUESTION.shown.reported[row["reported"]] for entry in row["entries"])


def test_what_no_paper_prints_by_arm_has_no_variable(review):
    """Persistence, length of stay and cost: a record that gains one has to be shown instead."""
    fields = {entry.field for record in review.records.values() for entry in record.entries}
    assert not any(word in field for field in fields for word in ("persistence", "stay", "cost"))
