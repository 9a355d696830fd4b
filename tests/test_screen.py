"""Screening: what is decided and kept, in which order candidates come, how two people agree, and the page.
All candidates are invented.
"""

import csv
import json
import re
import warnings
from datetime import date
from io import StringIO
from math import log

import pytest
from example_browser import faultless
from sklearn.metrics import cohen_kappa_score

from extraction.question import GROUNDS
from extraction.records import BadRecords
from extraction.search import agreement, candidates, decisions, order, page, question_words
from extraction.search.candidates import Candidate
from extraction.search.decisions import Decision

EXCLUDE = next(iter(GROUNDS))
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & \u2028 \"'"


def candidate(number: int, title: str = "An invented paper", **fields) -> Candidate:
    return Candidate(
        id=f"pubmed.2026-11-20.{number:05d}",
        title=title,
        source="pubmed",
        searched=date(2026, 11, 20),
        file="f.nbib",
        position=number,
        **fields,
    )


def decided(*answers: str, by: str = "ada") -> decisions.Decisions:
    """Decisions about the first candidates, a letter each: i, e, u, or a space for none."""
    words = {"i": "include", "e": "exclude", "u": "unsure"}
    return {
        (name := candidate(n).id): Decision(
            candidate=name,
            decision=words[answer],
            ground=EXCLUDE if answer == "e" else "",
            decided=date(2026, 11, 21),
            by=by,
        )
        for n, answer in enumerate(answers, 1)
        if answer != " "
    }


@pytest.fixture
def screened(invented, monkeypatch):
    """The invented review with three candidates and a repetition; `answer(keys)` screens with these."""
    again = candidate(4).model_copy(update={"same_as": candidate(1).id, "by": "doi"})
    rows = [candidate(1, "First"), candidate(2, "Second [bold]"), candidate(3, "Third"), again]
    candidates.write(rows, invented.root)

    def answer(*keys: str, by: str = "ada") -> str:
        typed = iter(keys)

        def from_keys(prompt):
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("builtins.input", from_keys)
        code, said = invented.run("screen", "--by", by)
        assert code == 0, said
        return said

    invented.answer = answer
    invented.kept = lambda by="ada": [
        (row["candidate"][-1], row["decision"], row["ground"])
        for row in csv.DictReader(StringIO((invented.root / f"screening/{by}.csv").read_text()))
    ]
    return invented


# in the terminal


def test_each_new_work_is_shown_once_and_each_decision_is_kept(screened):
    said = screened.answer("i", "e", "1", "u")
    assert screened.kept() == [("1", "include", ""), ("2", "exclude", EXCLUDE), ("3", "unsure", "")]
    assert "Second [bold]" in said and "Nothing waits" in said


def test_who_leaves_goes_on_where_they_left(screened):
    screened.answer("i", "q")
    screened.answer("u")
    assert screened.kept() == [("1", "include", ""), ("2", "unsure", "")]


def test_going_back_changes_the_last_decision_in_its_place(screened):
    screened.answer("i", "i", "b", "b", "e", "2", "u", "q")
    assert screened.kept() == [("1", "exclude", list(GROUNDS)[1]), ("2", "unsure", "")]


def test_what_is_no_answer_decides_nothing(screened):
    said = screened.answer("", "x", "٣", "e", "99", "e", "", "b", "q")
    assert not (screened.root / "screening").exists() and "One of" in said


def test_the_words_of_the_question_are_marked_in_either_spelling():
    words = question_words.words_of()
    assert {"tocilizumab", "leukaemia", "car-t", "severe infection"} <= set(words) and "with" not in words
    found = re.findall(
        f"(?i){question_words.pattern(words)}", "Leukemia after CAR T, severe  infections; carbon"
    )
    assert found == ["Leukemia", "CAR T", "severe  infections"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("pubmed.2026-11-20.00001,exclude,,2026-11-21,ada", "an exclusion has a ground"),
        (f"pubmed.2026-11-20.00001,include,{EXCLUDE},2026-11-21,ada", "an exclusion has a ground"),
        ("pubmed.2026-11-20.00001,exclude,taste,2026-11-21,ada", "must be one of"),
        ("pubmed.2026-11-20.00001,maybe,,2026-11-21,ada", "include"),
        ("pubmed.2026-11-20.00001,include,,9999-11-21,ada", "not to come"),
        ("pubmed.2026-11-20.00004,include,,2026-11-21,ada", "is no new work"),
        ("pubmed.2026-11-20.00003,include,,2026-11-21,ada", "is decided twice"),
        ("pubmed.2026-11-20.00001,include", "must have 5 values"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_with_its_line(row, rule, tmp_path):
    path = tmp_path / "ada.csv"
    path.write_text(decisions.written(decided(" ", " ", "i").values()) + row + "\n")
    with pytest.raises(BadRecords, match=rule) as refused:
        decisions.read(path, [candidate(n).id for n in (1, 2, 3)])
    assert refused.value.problems[0].line == 3


@pytest.mark.parametrize(
    "arguments", [("screen",), ("screen", "--by", "…"), ("screen", "merge", "nobody.csv")]
)
def test_a_call_that_cannot_be_met_is_one_line(arguments, screened):
    code, said = screened.run(*arguments)
    assert code == 1 and len(said.splitlines()) == 1


def test_without_candidates_nothing_is_screened(invented):
    code, said = invented.run("screen", "--by", "ada")
    assert code == 1 and "search import" in said and len(said.splitlines()) == 1


# in which order


def library(kept: int = 40, others: int = 160) -> list[Candidate]:
    """Invented papers of which some have a word that the others lack."""
    about = [f"Tocilizumab in invented patients, number {n}" for n in range(kept)]
    aside = [f"Soil chemistry of invented fields, number {n}" for n in range(others)]
    every = [title for pair in zip(aside, about, strict=False) for title in pair] + aside[kept:]
    return [candidate(n, title) for n, title in enumerate(every, 1)]


def by_title(papers: list[Candidate], count: int) -> decisions.Decisions:
    answers = ["i" if "Tocilizumab" in paper.title else "e" for paper in papers[:count]]
    return decided(*answers)


def test_before_ten_decisions_candidates_come_as_the_sources_gave_them():
    papers = library()
    waiting = order.Order(papers).waiting(by_title(papers, 9))
    assert [one.candidate for one in waiting] == papers[9:] and waiting[0].chance is None


def test_from_ten_decisions_on_the_likeliest_come_first_with_their_words_and_none_is_lost():
    papers = library()
    done = by_title(papers, 10)
    waiting = order.Order(papers).waiting(done)
    assert all("Tocilizumab" in one.candidate.title for one in waiting[:35])  # the 40 less the 5 decided
    assert not any("Tocilizumab" in one.candidate.title for one in waiting[35:])
    assert {one.candidate.id for one in waiting} | set(done) == {paper.id for paper in papers}
    weights = dict(waiting[0].words)
    assert weights["tocilizumab"] > 0 and dict(waiting[-1].words)["soil"] < 0


def test_words_are_parts_of_the_log_odds():
    # Titles of six words or fewer are told whole: their parts differ as the logits of their chances do.
    papers = library(10, 10)
    first, *_, last = order.Order(papers).waiting(by_title(papers, 12))
    (logit, parts), (other_logit, other_parts) = (
        (log(one.chance / (1 - one.chance)), sum(weight for _, weight in one.words)) for one in (first, last)
    )
    assert logit - other_logit == pytest.approx(parts - other_parts, abs=1e-9)  # rounding of floats
    assert logit > 0 > other_logit


def test_ten_decisions_of_one_kind_bring_no_order():
    papers = library()
    waiting = order.Order(papers).waiting(decided(*"e" * 12))
    assert [one.candidate for one in waiting] == papers[12:]


def test_chinese_titles_are_ordered_by_their_signs():
    papers = [candidate(n, "托珠单抗治疗的虚构研究" if n % 2 else "土壤化学的虚构研究") for n in range(1, 31)]
    done = decided(*("i" if n % 2 else "e" for n in range(1, 13)))
    waiting = order.Order(papers).waiting(done)
    assert [one.candidate.title[0] for one in waiting] == ["托"] * 9 + ["土"] * 9


def test_the_recall_of_stops_by_hand():
    # Twenty decisions, kept are the 1st, 2nd, 5th and 19th: after 2 (10 %) 2 of 4, after 5 (25 %) 3,
    # after 10, 15 and 18 (90 %) 3.
    answers = ["e"] * 20
    for n in (1, 2, 5, 19):
        answers[n - 1] = "i"
    found = order.stops(decided(*answers).values())
    assert [(stop.after, stop.found, stop.recall) for stop in found] == [
        (2, 2, 0.5),
        (5, 3, 0.75),
        (10, 3, 0.75),
        (15, 3, 0.75),
        (18, 3, 0.75),
    ]


def test_fifty_exclusions_in_a_row_are_a_stop_whose_recall_is_told():
    answers = ["i", *["e"] * 50, "u", *["e"] * 10]
    (stop,) = [stop for stop in order.stops(decided(*answers).values()) if "in a row" in stop.why]
    assert (stop.after, stop.found, stop.kept, stop.recall) == (51, 1, 2, 0.5)


def test_nothing_kept_has_no_recall():
    assert order.stops(decided("e", "e").values()) == []


def test_the_command_says_what_a_stop_would_have_found(screened):
    screened.answer("i", "e", "1", "q")
    code, said = screened.run("screen", "--by", "ada", "--recall")
    assert code == 0 and "what the 1 undecided hold is not known" in said and "1 of 1" in said


# two people


def test_kappa_by_hand():
    # 50 papers, both include 20, both exclude 15, 5 include/exclude, 10 exclude/include: seen 35/50 = 0.7; by
    # chance 25/50 * 30/50 + 25/50 * 20/50 = 0.5; kappa (0.7 - 0.5) / (1 - 0.5) = 0.4.
    pairs = ["ii"] * 20 + ["ee"] * 15 + ["ie"] * 5 + ["ei"] * 10
    first, second = decided(*(p[0] for p in pairs)), decided(*(p[1] for p in pairs), by="ben")
    found = agreement.compare(first, second, {})
    assert found.kappa == pytest.approx(0.4, abs=1e-12)  # rounding of floats
    assert (found.both, found.alike, len(found.conflicts), len(found.agreed)) == (50, 35, 15, 35)


def test_kappa_of_three_answers_is_that_of_scikit_learn():
    one, other = "iieeueiuueieiieeu", "iieeeeiuiuieiueeu"
    found = agreement.compare(decided(*one), decided(*other), {})
    assert found.kappa == pytest.approx(
        cohen_kappa_score(list(one), list(other)), abs=1e-12
    )  # rounding of floats


def test_kappa_has_no_value_where_chance_agrees_on_all():
    with warnings.catch_warnings(action="error"):
        assert agreement.compare(decided("e", "e"), decided("e", "e"), {}).kappa is None
        assert agreement.compare(decided("e", " "), decided(" ", "e"), {}).kappa is None


def test_conflicts_wait_for_a_third_and_single_decisions_for_a_second():
    first, second = decided("i", "i", "u", "e", " "), decided("i", "e", "e", " ", "i", by="ben")
    found = agreement.compare(first, second, {})
    assert [one.candidate[-1] for one, _ in found.conflicts] == ["2", "3"] and found.alone == (1, 1)
    settled = agreement.compare(first, second, decided(" ", "e", by="eve"))
    assert [one.candidate[-1] for one, _ in settled.conflicts] == ["3"]
    assert [(d.candidate[-1], d.decision, d.by) for d in settled.agreed] == [
        ("1", "include", "ada; ben"),
        ("2", "exclude", "eve"),
    ]


def test_two_grounds_of_one_exclusion_are_told():
    second = {
        name: decision.model_copy(update={"ground": list(GROUNDS)[1]})
        for name, decision in decided("e").items()
    }
    found = agreement.compare(decided("e"), second, {})
    assert len(found.grounds) == 1 and found.agreed[0].ground == EXCLUDE and not found.conflicts


def test_the_command_merges_what_two_decided(screened):
    screened.answer("i", "e", "1", "u")
    screened.answer("i", "i", by="Ben")
    files = [str(screened.root / f"screening/{name}.csv") for name in ("ada", "ben")]
    code, said = screened.run("screen", "merge", *files)
    assert code == 0 and "Cohen's kappa 0.00" in said  # seen 1/2; by chance 1/2 * 1 + 1/2 * 0
    assert "pubmed.2026-11-20.00002: exclude / include: Second [bold]" in said
    works = [candidate(n).id for n in (1, 2, 3)]
    merged = decisions.read(screened.root / decisions.AGREED, works)
    assert [(name[-1], decision.by) for name, decision in merged.items()] == [("1", "ada; Ben")]


# the page


def test_the_page_holds_its_candidates_as_data_and_nothing_else(tmp_path):
    placed = [order.Placed(candidate(1, HOSTILE, abstract=HOSTILE))]
    text = page.html(placed, {}, "ada")
    assert text.count("<script") == 2 and "onerror" not in re.sub(r'(?s)id="given">.*?</script>', "", text)
    given = json.loads(re.search(r'(?s)id="given">(.*?)</script>', text)[1])
    assert given["candidates"][0]["title"].startswith("alert(1)")  # tags are no part of a title


@pytest.mark.browser
def test_decisions_made_on_the_page_are_saved_as_a_file_that_is_read_back(chromium, tmp_path):
    papers = [candidate(1, f"Tocilizumab {HOSTILE}"), candidate(2, "x < y &lt;b&gt;"), candidate(3, "Third")]
    before = decided(" ", " ", " ", "u")
    waiting = order.Order([*papers, candidate(4)]).waiting(before)
    (tmp_path / "page.html").write_text(page.html(waiting, before, "ada"), encoding="utf-8")
    with faultless(chromium.new_page()) as opened:
        asked = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto((tmp_path / "page.html").as_uri())
        assert opened.locator("mark").first.inner_text() == "Tocilizumab"
        opened.keyboard.press("i")
        assert opened.locator("#candidate-title").inner_text() == "x < y <b>"
        opened.keyboard.press("e")
        opened.get_by_role("button", name=re.compile(f"^{EXCLUDE}: ")).click()
        opened.keyboard.press("u")
        opened.keyboard.press("b")
        opened.keyboard.press("i")
        with opened.expect_download() as saving:
            opened.get_by_role("button", name="Save decisions").click()
        saving.value.save_as(tmp_path / saving.value.suggested_filename)
        assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    found = decisions.read(tmp_path / "ada.csv", [candidate(n).id for n in (1, 2, 3, 4)])
    assert [(name[-1], decision.decision, decision.ground) for name, decision in found.items()] == [
        ("4", "unsure", ""),
        ("1", "include", ""),
        ("2", "exclude", EXCLUDE),
        ("3", "include", ""),
    ]


def test_the_command_writes_the_page(screened, tmp_path):
    code, said = screened.run("screen", "--by", "Ada", "--page", str(tmp_path / "page.html"))
    assert code == 0 and "3 candidates" in said and "ada.csv" in said
    assert (tmp_path / "page.html").read_text().count('"id":') == 3
