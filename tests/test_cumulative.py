"""The answer as it grew: a stage for each study, and of many studies one for every few."""

from book.shown.what_changed import _after
from models.endpoints import evidence_of
from models.history import cumulative


def test_a_stage_for_every_few_studies_is_that_of_the_study_it_ends_with(monkeypatch, review):
    key = "overall_survival"
    each = cumulative.cumulative(key, review)
    assert [stage.added for stage in each] == [1] * len(evidence_of(key, review).studies) == [1, 1, 1]
    monkeypatch.setattr(cumulative, "MOST_STAGES", 2)
    few = cumulative.cumulative(key, review)
    assert [(stage.study, stage.answer) for stage in few] == [
        (stage.study, stage.answer) for stage in (each[0], each[2])
    ]
    assert [_after(stage) for stage in few] == [each[0].label, f"2 to {each[2].label}"]
