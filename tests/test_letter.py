"""The editor's letter, of invented versions: what it tells follows from what was changed in them."""

import json
from dataclasses import replace
from datetime import date

import pytest
from example_versions import KEY, A, B, hazard_ratio, invented

from extraction.living import Living, Search, Trigger
from models import update
from models.history import letter as letters
from models.history.letter import Held, letter, said

RELEASED, TODAY = "2026-03-10", date(2026, 6, 1)
ONE, BOTH = {"ada2020": "moderate"}, {"ada2020": "moderate", "bob2021": "moderate"}
SAID = "Very uncertain; the data lean to longer survival"


ANOTHER = hazard_ratio("ada2020", 0.9, 0.5)


def kept(version: dict, headline: str | None = SAID) -> dict:
    """As a release keeps it: with its day and the sentence."""
    if headline:
        version["endpoints"][KEY]["headline"] = headline
    return version | {"date": RELEASED}


def now(*given, **more) -> dict:
    return kept(invented("now", *given, **more))


def told(review, before: dict | None, after: dict, today: date = TODAY, headline: str = SAID):
    return letter(before, after, {KEY: headline}, review, today)


def met(found) -> dict[str, bool | None]:
    """What is told of the review's own four triggers, by their rules."""
    return dict(
        zip(("studies", "corrections", "methods", "year"), (t.met for t in found.triggers), strict=True)
    )


@pytest.fixture
def same():
    return kept(invented("1.0.0", [A, B], BOTH))


def test_where_nothing_changed_nothing_is_met(review, same):
    found = told(review, same, now([A, B], BOTH))
    assert met(found) == dict.fromkeys(("studies", "corrections", "methods", "year"), False)
    assert not found.version_due and not found.moved and found.reworded == []
    assert "No answer reads otherwise." in said(found)


def test_a_study_that_enters_is_a_trigger_and_told_with_what_it_moved(review):
    found = told(review, kept(invented("1.0.0", [A], ONE)), now([A, B], BOTH))
    assert met(found) == {"studies": True, "corrections": False, "methods": False, "year": False}
    assert found.triggers[0].because == "Bob2021 added (Overall survival)"
    text = said(found)
    assert "Bob2021: registered, included. why" in text
    # by hand, precisions adding under a standard normal prior: 0.2/0.25/(1 + 4) = 0.16, and with the second
    # (0.8 − 0.6/0.16)/(1 + 4 + 6.25) = −0.262: from a ratio of 1.17 to 0.77
    assert "not adjusted for bias: 1.17 (0.10 to 10.0)" in text and "→ 0.77 (0.10 to 10.0)" in text
    assert "A new version is due" in text and update.code(found) == 3


def test_a_study_that_leaves_is_a_trigger(review, same):
    assert met(told(review, same, now([A], ONE)))["studies"] is True


def test_a_correction_is_a_trigger_only_where_an_answer_reads_otherwise(review, same):
    corrected = hazard_ratio("ada2020", 0.9, 0.5)
    found = told(review, same, now([corrected, B], BOTH, numbers={"ada2020": "second"}))
    assert met(found) == {"studies": False, "corrections": True, "methods": False, "year": False}
    # in its fifth decimal: no printed digit of the answer can change
    barely = hazard_ratio("ada2020", 0.20001, 0.5)
    found = told(review, same, now([barely, B], BOTH, numbers={"ada2020": "second"}))
    assert not found.version_due and [row["what"] for row in found.found["studies"]] == ["record corrected"]


def test_a_judgement_is_a_correction_and_moves_the_adjusted_answer(review, same):
    found = told(review, same, now([A, B], BOTH | {"bob2021": "serious"}))
    assert met(found)["corrections"] is True and "Bob2021 judged otherwise" in found.triggers[1].because


def test_a_method_is_a_trigger_where_it_moves_an_answer(review, same):
    after = now([A, B], BOTH)
    narrow = {"name": "narrow", "family": "normal", "parameters": [0.0, 0.1], "plain": "narrow"}
    after["endpoints"][KEY]["priors"] = after["endpoints"][KEY]["priors"] | {"mu": narrow}
    # under a prior of SD 0.1, by hand: −2.95/(100 + 10.25) = −0.027
    after["endpoints"][KEY]["compared"]["unadjusted"]["median"] = 0.97
    found = told(review, same, after)
    assert met(found) == {"studies": False, "corrections": False, "methods": True, "year": False}


@pytest.mark.parametrize(
    ("released", "today", "is_met"),
    [
        (date(2025, 3, 10), date(2026, 3, 9), False),
        (date(2025, 3, 10), date(2026, 3, 10), True),
        (date(2024, 2, 29), date(2025, 2, 28), False),  # the day itself has not come round
        (date(2024, 2, 29), date(2025, 3, 1), True),
        (date(2026, 12, 31), date(2027, 1, 1), False),
    ],
)
def test_a_year_is_over_on_its_day(review, released, today, is_met):
    found = {"endpoints": {}, "studies": [], "labels": {}}
    assert letters.triggers(review.living, found, released, today)[3].met is is_met


def test_a_study_that_was_awaited_and_enters_no_endpoint_is_a_trigger(review):
    row = {"label": "Cid 2031", "what": "awaiting data before, now included, record added"}
    found = {"endpoints": {}, "studies": [row], "labels": {}}
    held = letters.triggers(review.living, found, date(2026, 3, 10), TODAY)
    assert held[0].met and held[0].because.startswith("Cid 2031: awaiting data before")


def test_words_alone_are_for_the_editors(review):
    living = review.living.model_copy(update={"triggers": [Trigger(what="A guideline changes.")]})
    (held,) = letters.triggers(living, {"endpoints": {}, "studies": [], "labels": {}}, TODAY, TODAY)
    assert held == Held("A guideline changes.", None, "for the editors to judge")


def test_sentences_and_ratings_that_read_otherwise_are_told(review, same):
    after = now([A, B], BOTH)
    after["endpoints"][KEY]["certainty"] = "very low"
    found = told(review, same, after, headline="Very uncertain; the data do not tell")
    assert [(row.before, row.after) for row in found.reworded] == [
        (SAID, "Very uncertain; the data do not tell"),
        ("certainty low", "certainty very low"),
    ]
    assert f"Overall survival: “{SAID}” before, now “Very uncertain; the data do not tell”" in said(found)


def test_a_release_that_kept_no_sentence_is_not_compared_in_words(review):
    before = kept(invented("1.0.0", [A, B], BOTH), headline=None)
    found = told(review, before, now([A, B], BOTH), headline="Anything")
    assert not found.worded and found.reworded == []
    assert "Version 1.0.0 kept no sentences" in said(found)


# judgements


def judged(review, day: date):
    return replace(review, certainty=review.certainty.model_copy(update={"judged": day}))


def test_a_rating_that_is_older_than_a_record_is_to_be_looked_at_again(review, same):
    newest = max(record.extracted for record in review.records.values())
    found = told(judged(review, date(2026, 1, 1)), same, now([A, B], BOTH))
    assert len(found.judgements) == 1 and "judged on 2026-01-01, before" in found.judgements[0]
    assert told(judged(review, newest), same, now([A, B], BOTH)).judgements == []


def test_a_rating_of_other_studies_is_to_be_made(review, same):
    after = now([A, B], BOTH)
    after["endpoints"][KEY]["certainty"] = "not rated"
    (line,) = told(review, same, after).judgements
    assert line.startswith("Overall survival: the certainty is not rated for ")


def test_a_rating_from_before_the_release_does_not_outlive_its_reports(review, same):
    newest = max(record.extracted for record in review.records.values())
    before = same | {"date": newest.isoformat()}
    after = now([ANOTHER, B], BOTH | {"ada2020": "serious"})
    (line,) = told(judged(review, newest), before, after).judgements
    assert line.startswith("Overall survival: its reports changed since version 1.0.0")


def test_reports_that_changed_ask_for_the_risk_of_bias(review, same):
    after = now([ANOTHER, B], BOTH, numbers={"ada2020": "second"})
    lines = told(judged(review, date(2026, 11, 29)), same, after).judgements
    assert lines == ["Ada2020: its reports changed, its risk of bias is that of version 1.0.0"]
    after = now([ANOTHER, B], BOTH | {"ada2020": "serious"}, numbers={"ada2020": "second"})
    assert told(judged(review, date(2026, 11, 29)), same, after).judgements == []
    # a study that comes has no older judgement, and one whose record alone changed enters as before
    assert (
        told(
            judged(review, date(2026, 11, 29)), kept(invented("1.0.0", [A], ONE)), now([A, B], BOTH)
        ).judgements
        == []
    )
    after = now([A, B], BOTH, numbers={"ada2020": "second"})
    assert told(judged(review, date(2026, 11, 29)), same, after).judgements == []


# searches


def searched(living: Living, *days: date) -> Living:
    searches = [
        Search(searched=day, source="pubmed", by="nobody; invented", found=7, new=2, registered=[])
        for day in days
    ]
    return living.model_copy(update={"searches": searches})


def test_searches_since_the_release_are_told_with_their_yield_and_what_is_due(review, same):
    living = searched(review.living, date(2026, 3, 9), date(2026, 5, 20))
    found = told(replace(review, living=living), same, now([A, B], BOTH))
    assert found.searches == ["2026-05-20, PubMed: 7 found, 2 new, registered: none"]
    assert "PubMed" in found.due  # monthly, and May is over
    living = searched(review.living, date(2026, 6, 1))
    found = told(replace(review, living=living), same, now([A, B], BOTH))
    assert "PubMed" not in found.due and "Embase" in found.due and update.code(found) == 4


def test_where_nothing_waits_the_code_is_0(review, same):
    quiet = replace(judged(review, date(2026, 11, 29)), living=None)
    found = told(quiet, same, now([A, B], BOTH))
    assert update.code(found) == 0 and "No new version is due." in said(found)


def test_before_the_first_release_there_is_nothing_to_compare_with(review):
    found = told(review, None, now([A, B], BOTH))
    assert (found.since, found.found, found.triggers) == (None, None, [])
    assert "No version has been released yet" in said(found) and "first version is due" in said(found)


def test_the_command_prints_the_letter_for_people_and_for_machines(review, same, monkeypatch, capsys):
    monkeypatch.setattr(update.fit, "checked_and_fitted", lambda review: None)
    monkeypatch.setattr(update.versions, "latest", lambda: kept(invented("1.0.0", [A], ONE)))
    monkeypatch.setattr(update.versions, "state", lambda review: now([A, B], BOTH))
    monkeypatch.setattr(update, "headlines", lambda review: {KEY: SAID})
    from models.__main__ import main

    assert main(["update"]) == 3
    assert capsys.readouterr().out.startswith("Update of ")
    assert main(["update", "--json"]) == 3
    held = json.loads(capsys.readouterr().out)
    assert held["version_due"] is True and held["moved"] == [KEY]
    assert held["triggers"][0]["met"] is True


def test_a_sentence_is_that_of_the_pages(review, monkeypatch):
    monkeypatch.setattr(update, "told", lambda key, review: key)
    monkeypatch.setattr(update, "headline", lambda told: f"said of {told}")
    assert update.headlines(review, ["a", "b"]) == {"a": "said of a", "b": "said of b"}
