"""The living mode: what the log of searches may say, which searches are due, and the flow from records to
studies.
"""

from dataclasses import replace
from datetime import date

import pytest
from example_review import Invented

from book.shown import flow as flow_page
from book.shown import living_page
from book.shown.strategies import show_strategies
from extraction import records
from extraction.living import Search, reminder
from models.history import flow, versions

LIVING = "living.yml"


def loaded(invented: Invented) -> records.Review:
    return records.load(invented.root)


# the log


def test_the_invented_log_is_read(invented):
    living = loaded(invented).living
    assert [(s.searched, s.found, s.new, s.registered) for s in living.searches] == [
        (date(2020, 1, 10), 12, 12, ["example2020"]),
        (date(2020, 2, 10), 13, 1, []),
    ]
    assert invented.check()[0] == 0


@pytest.mark.parametrize(
    ("after", "old", "new", "field", "rule"),
    [
        (
            "2020-02-10",
            "source: pubmed",
            "source: medline",
            "searches[1].source",
            "must be one of pubmed, chictr",
        ),
        (
            "searches",
            "2020-02-10",
            "2020-01-09",
            "searches[1].searched",
            "the log is kept in order, oldest first",
        ),
        ("searches", "2020-02-10", "10 February", "searches[1].searched", "must be a date, YYYY-MM-DD"),
        (
            "2020-02-10",
            "registered: []",
            "registered: [nobody2020]",
            "searches[1].registered[0]",
            "the study is not in register.yml",
        ),
        (
            "2020-02-10",
            "registered: []",
            "registered: [example2020]",
            "searches[1].registered[0]",
            "a study comes from one search: the first that found it",
        ),
        ("sources", "id: chictr", "id: pubmed", "sources[pubmed].id", "stands twice among the sources"),
        (
            "sources",
            "every_months: 1",
            "every_months: 0",
            "sources[pubmed].every_months",
            "must be greater than or equal to 1",
        ),
        (
            "sources",
            "kind: registry",
            "kind: website",
            "sources[chictr].kind",
            "must be one of database, registry, citations",
        ),
        (
            "doi",
            "versions: {}",
            "versions: {1.0: 10.5281/zenodo.1}",
            "doi.versions.1.0",
            "must have the form ^[0-9]+\\.[0-9]+\\.[0-9]+$",
        ),
        ("doi", "concept: null", "concept: zenodo.1", "doi.concept", "must have the form"),
        ("doi", "doi:", "typo: 1\ndoi:", "typo", "is not a field of the schema"),
    ],
)
def test_a_fault_of_the_living_mode_names_file_line_field_and_rule(after, old, new, field, rule, invented):
    line = invented.plant(LIVING, after, old, new)
    found = invented.problem()
    assert (
        found["file"].endswith(LIVING)
        and (found["line"], found["field"]) == (line, field)
        and rule in found["rule"]
    )


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("new: 1", "new: 14", "14 new records are more than the 13 found"),
        (
            "registered: []",
            "registered: [sample2021, waiting2022]",
            "2 studies registered are more than the 1 new records",
        ),
    ],
)
def test_a_search_yields_no_more_than_it_found(old, new, rule, invented):
    invented.plant(LIVING, "2020-02-10", old, new)
    found = invented.problem()
    assert (found["field"], found["rule"]) == ("searches[1]", rule)


def test_a_study_decided_before_the_search_that_found_it_is_refused(invented):
    invented.plant(LIVING, "2020-02-10", "registered: []", "registered: [sample2021]")
    invented.plant(LIVING, "searches", "2020-02-10", "2024-02-01")
    assert invented.problem()["rule"] == "was decided on 2024-01-31, before this search of 2024-02-01"


def test_a_ground_of_exclusion_needs_an_exclusion(invented):
    invented.plant(
        "register.yml",
        "waiting2022",
        "decision: awaiting_data",
        "decision: awaiting_data\n    ground: comparison",
    )
    assert "waiting2022 is not excluded" in invented.problem()["rule"]


def test_the_projects_own_log_says_that_nothing_was_searched(review):
    living = review.living
    assert living.searches == [] and living.doi.concept is None and living.doi.versions == {}
    assert "Never searched yet: the strategy is a draft." in reminder(living, date(2027, 1, 1))


# what is due


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2020, 2, 29), ["chictr"]),  # PubMed was searched in this month
        (date(2020, 3, 1), ["pubmed", "chictr"]),  # and is due in the next, whatever the day
        (date(2021, 1, 1), ["pubmed", "chictr"]),
    ],
)
def test_a_source_is_due_when_its_months_have_passed_or_it_was_never_searched(today, due, invented):
    assert [source.id for source in loaded(invented).living.due(today)] == due


def test_a_year_between_two_months_counts_as_twelve(invented):
    living = loaded(invented).living
    yearly = living.model_copy(
        update={"sources": [living.sources[0].model_copy(update={"every_months": 12})]}
    )
    assert yearly.due(date(2021, 1, 31)) == [] and yearly.due(date(2021, 2, 1))


def test_the_reminder_holds_date_query_and_limits_of_what_is_due(invented):
    said = reminder(loaded(invented).living, date(2020, 2, 29))
    assert said.startswith("Due on 2020-02-29: ChiCTR.") and "PubMed" not in said
    assert "Last searched on 2020-02-10." in reminder(loaded(invented).living, date(2020, 3, 1))
    nothing = loaded(invented).living.model_copy(update={"sources": loaded(invented).living.sources[:1]})
    assert reminder(nothing, date(2020, 2, 29)) == "No search is due on 2020-02-29.\n"


def test_a_query_cannot_end_the_block_that_it_stands_in(invented):
    living = loaded(invented).living
    hostile = living.sources[0].model_copy(update={"query": "a\n```\n# Not a heading\n````"})
    said = reminder(living.model_copy(update={"sources": [hostile]}), date(2027, 1, 1))
    assert "\n`````\na\n```\n# Not a heading\n````\n`````\n" in said


def test_the_command_prints_what_is_due_or_the_fault_in_one_line(invented):
    code, said = invented.run("due")
    assert code == 0 and "## ChiCTR, chictr\n\nNever searched yet" in said
    invented.plant(LIVING, "2020-02-10", "new: 1", "new: 14")
    code, said = invented.run("due")
    assert code == 1 and len(said.splitlines()) == 1 and "living.yml" in said
    (invented.root / LIVING).unlink()
    code, said = invented.run("due")
    assert code == 1 and len(said.splitlines()) == 1 and "living.yml" in said


# the flow


def numbers(review: records.Review, before: dict | None = None) -> dict[tuple[str, str], tuple[int, int]]:
    return {(count.box, count.what): (count.total, count.new) for count in flow.counts(review, before)}


def frozen(review: records.Review, day: str, *studies: str) -> dict:
    """A release of these studies, as they stand now."""
    return {
        "version": "0.1.0",
        "date": day,
        "preceding": None,
        "register": [
            {
                "id": study,
                "decision": review.studies[study].decision,
                "decided": review.studies[study].decided.isoformat(),
            }
            for study in studies
        ],
    }


def test_the_flow_counts_the_invented_review_by_hand(invented):
    # By hand: 12 + 13 records found, 12 + 1 new, one of these registered; three papers, two of one cohort,
    # one of which waits.
    assert numbers(loaded(invented)) == {
        ("Identified", "registered with the review"): (0, 0),
        ("Identified", "known without a search"): (2, 2),
        ("Identified", "records found in PubMed"): (25, 25),
        ("Removed before screening", "records known already"): (12, 12),
        ("Screened", "records, by title and abstract"): (13, 13),
        ("Left out at screening", "records"): (12, 12),
        ("Considered", "papers in the register"): (3, 3),
        ("Awaiting data", "papers"): (1, 1),
        ("Included", "papers"): (2, 2),
        ("Included", "studies: papers that may share patients count as one"): (2, 2),
    }


def test_only_what_came_after_the_preceding_release_is_new(invented):
    read = loaded(invented)
    found = numbers(read, frozen(read, "2020-01-10", "example2020", "waiting2022"))
    assert found["Identified", "records found in PubMed"] == (25, 13)  # that of the day of the release is not
    assert found["Screened", "records, by title and abstract"] == (13, 1)
    assert found["Considered", "papers in the register"] == (3, 1)
    assert found["Awaiting data", "papers"] == (1, 0) and found["Included", "papers"] == (2, 1)


def test_a_study_that_waited_and_is_now_included_is_new_but_its_cohort_may_not_be(invented):
    read = loaded(invented)
    before = frozen(read, "2024-02-01", "example2020", "sample2021", "waiting2022")
    studies = [
        (
            row.model_copy(update={"decision": "included", "decided": date(2024, 3, 1)})
            if row.id == "waiting2022"
            else row
        )
        for row in read.register.studies
    ]
    found = numbers(replace(read, register=read.register.model_copy(update={"studies": studies})), before)
    assert found["Included", "papers"] == (3, 1)
    # it shares that of the first
    assert found["Included", "studies: papers that may share patients count as one"] == (2, 0)


def test_papers_are_excluded_by_ground_and_none_is_lost(invented):
    read = loaded(invented)
    excluded = [
        row.model_copy(update={"decision": "excluded", "ground": ground})
        for row, ground in zip(read.register.studies, ("retracted", "retracted", None), strict=True)
    ]
    found = numbers(replace(read, register=read.register.model_copy(update={"studies": excluded})))
    assert found["Excluded", "retracted"] == (2, 2) and found["Excluded", flow.UNGROUNDED] == (1, 1)
    assert found["Included", "papers"] == (0, 0)


def test_every_paper_of_the_register_ends_in_one_box(review):
    found = numbers(review)
    ends = sum(
        total
        for (box, what), (total, _) in found.items()
        if box in ("Awaiting data", "Excluded") or (box, what) == ("Included", "papers")
    )
    assert ends == len(review.register.studies) == found["Considered", "papers in the register"][0]
    assert found["Identified", "records found by searches, as none was run"] == (0, 0) and "Screened" not in {
        box for box, _ in found
    }


def test_each_number_stands_in_the_figures_words_and_in_the_table(invented):
    found = flow.counts(loaded(invented), None)
    figure, alt, *_ = flow_page.picture(found)
    drawn = " ".join(" ".join(text.get_text().split()) for text in figure.axes[0].texts)
    for count in found:
        assert f"{count.total} ({count.new}) {count.what}" in drawn
        assert f"{count.what} {count.total}, of these {count.new} new" in alt
    assert flow_page.table(found).frame["in all"].tolist() == [count.total for count in found]


@pytest.fixture
def releases(monkeypatch, review):
    """Two releases, the newest of the register as it stands unless `newest` is changed."""
    kept = {
        "0.1.0": frozen(review, "2026-11-21", "zhou2025"),
        "0.2.0": frozen(review, "2026-12-21", *review.studies) | {"version": "0.2.0", "preceding": "0.1.0"},
    }
    monkeypatch.setattr(versions, "read", lambda version: kept[version])
    monkeypatch.setattr(versions, "latest", lambda: kept["0.2.0"])
    return kept


def test_this_version_is_the_work_since_the_newest_release_or_that_release_itself(releases, review):
    assert flow.preceding(review)["version"] == "0.1.0"
    releases["0.2.0"]["register"].pop()
    assert flow.preceding(review)["version"] == "0.2.0"


def test_before_the_first_release_everything_is_new(releases, monkeypatch, review):
    releases["0.2.0"]["preceding"] = None
    assert flow.preceding(review) is None
    monkeypatch.setattr(versions, "latest", lambda: None)
    assert flow.preceding(review) is None and all(
        count.total == count.new for count in flow.counts(review, None)
    )


def test_a_search_is_written_down_whole():
    with pytest.raises(ValueError, match="found"):
        Search(searched=date(2020, 1, 1), source="pubmed", by="searcher", new=1, registered=[])


# the page


def test_the_page_says_that_nothing_was_searched(review):
    assert living_page.headline(review).startswith("No search has been run by this project yet.")
    assert living_page.searches(review).frame.values.tolist() == [["none has been run", *[""] * 7]]
    assert all(title.endswith(": draft, not yet run") for title, _ in living_page.strategies(review))
    assert living_page.dois(review).frame.empty


def test_the_page_says_what_was_searched_when_and_what_never(invented):
    read = loaded(invented)
    assert (
        living_page.headline(read)
        == "Last searched: PubMed on 2020-02-10. Never searched: ChiCTR. The register holds 3 papers."
    )
    assert [title for title, _ in living_page.strategies(read)] == [
        "PubMed, database, every month: last searched on 2020-02-10",
        "ChiCTR, registry of trials, every 3 months: draft, not yet run",
    ]


def test_the_log_counts_as_included_what_the_register_includes_today(invented):
    log = living_page.searches(loaded(invented)).frame.set_index("date")
    assert log.index.tolist() == ["2020-02-10", "2020-01-10"]
    assert log.loc[
        "2020-01-10", ["records found", "new", "taken into the register", "included"]
    ].tolist() == [12, 12, 1, 1]
    invented.plant("register.yml", "example2020", "decision: included", "decision: excluded")
    assert living_page.searches(loaded(invented)).frame.set_index("date").loc["2020-01-10", "included"] == 0


def test_the_preceding_version_is_cited_with_its_doi_once_it_has_one(releases, review):
    releases["0.1.0"]["evidence_hash"], releases["0.2.0"]["trigger"] = "abc123", ["Example 2020 added"]
    said = living_page.lineage(review)
    assert (
        "preceding version is 0.1.0 of 2026-11-21, evidence abc123;" in said
        and "What triggered version 0.2.0 of 2026-12-21 stands on What changed." in said
    )
    doi = review.living.doi.model_copy(
        update={"concept": "10.1234/all", "versions": {"0.1.0": "10.1234/first"}}
    )
    cited = replace(review, living=review.living.model_copy(update={"doi": doi}))
    assert "evidence abc123, doi:10.1234/first;" in living_page.lineage(cited)
    assert living_page.dois(cited).frame.values.tolist() == [
        ["all versions", "10.1234/all"],
        ["0.1.0", "10.1234/first"],
    ]


def test_before_the_first_release_no_version_is_cited(monkeypatch, review):
    monkeypatch.setattr(versions, "latest", lambda: None)
    assert living_page.lineage(review).startswith("No version has been released yet")


def test_a_strategy_is_shown_as_text_whatever_it_holds(monkeypatch):
    shown = []
    monkeypatch.setattr("book.shown.strategies.display", lambda cell: shown.append(cell.data))
    show_strategies([("<b>PubMed</b>", "<script>alert(1)</script> & more")])
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in shown[0] and "<b>" not in shown[0]
