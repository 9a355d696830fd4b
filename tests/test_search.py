"""From what databases export to candidates and the log.  Expected values are read off the invented exports of
tests/exports, whose README.md names what stands in two of them.
"""

import csv
import random
import time
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from book.shown import flow as flow_page
from book.shown import living_page
from extraction import records
from extraction.fault import Fault
from extraction.question import GROUNDS
from extraction.search import candidates, decisions, known_items, read, screened, work
from extraction.search.duplicates import Known
from extraction.search.export import Export
from extraction.search.take_in import take_in
from extraction.search.work import Work
from extraction.source import is_unseen
from models.history import flow

EXPORTS = Path(__file__).parent / "exports"
FURTHER = """- {id: embase, name: Embase, kind: database, platform: e, query: q, limits: n, every_months: 1}
  - {id: cnki, name: CNKI, kind: database, platform: c, query: q, limits: none, every_months: 3}
  - {id: ictrp, name: ICTRP, kind: registry, platform: i, query: q, limits: none, every_months: 3}
  - {id: chictr"""
DAY = "2026-11-20"


@pytest.fixture
def searched(invented):
    """The invented review with more sources; `take(source, file)` takes an export in."""
    invented.plant("living.yml", "sources", "- {id: chictr", FURTHER)

    def take(source: str, *files: str | Path, on: str = DAY) -> str:
        paths = [str(EXPORTS / file) for file in files]
        code, said = invented.run("search", "import", *paths, "--source", source, "--date", on)
        assert code == 0, said
        return said

    invented.take = take
    return invented


def rows(invented) -> list[candidates.Candidate]:
    return candidates.read(invented.root)


def exported(file: str, text: str, folder: Path) -> Export:
    (folder / file).write_text(text, encoding="utf-8")
    return read.export(folder / file)


# what a file holds


@pytest.mark.parametrize(
    ("file", "form", "works", "remarks"),
    [
        ("pubmed.nbib", "PubMed", 10, [1, 55]),
        ("embase.ris", "RIS", 7, [43, 51]),
        ("cnki.xml", "EndNote XML", 2, []),
        ("scholar.bib", "BibTeX", 3, [1, 9]),
        ("trials.csv", "CSV of ClinicalTrials.gov or ICTRP", 2, [5]),
        ("ictrp.csv", "CSV of ClinicalTrials.gov or ICTRP", 4, []),
    ],
)
def test_every_record_is_read_and_what_is_none_is_told_with_its_line(file, form, works, remarks):
    found = read.export(EXPORTS / file)
    assert (found.format, len(found.works), [remark.line for remark in found.remarks]) == (
        form,
        works,
        remarks,
    )


@pytest.mark.parametrize(
    ("file", "position", "said"),
    [
        (
            "pubmed.nbib",
            2,
            {
                "title": "Tocilizumab for cytokine release syndrome after CD19 CAR-T cells: an invented"
                " cohort of 41 children.",
                "authors": ("Müller, Änne", "García-Ñúñez, José"),
                "year": 2025,
                "pages": "101-9",
                "doi": "10.1234/inv.2025.7",
                "pmid": "39000001",
                "registrations": ("NCT99990001",),
                "abstract": "BACKGROUND: Everything here is invented. METHODS: Nobody was treated. RESULTS:"
                " Severe infection in 3 of 20 and 2 of 21 (p<0.99).",
            },
        ),
        ("pubmed.nbib", 3, {"other_title": "托珠单抗治疗细胞因子释放综合征的虚构分析"}),
        ("embase.ris", 1, {"doi": "10.1234/inv.2025.7", "pages": "101-109", "year": 2025}),
        ("embase.ris", 2, {"pmid": "39000004", "doi": ""}),
        ("embase.ris", 6, {"authors": ("Иванов, И.",), "year": 2023}),
        (
            "cnki.xml",
            1,
            {
                "title": "托珠单抗治疗细胞因子释放综合征的虚构分析",
                "authors": ("张三", "李四"),
                "abstract": "本文纯属虚构。<完>",
            },
        ),
        (
            "scholar.bib",
            1,
            {
                "title": "A naïve Bayesian look at tocilizumab, by Erdős and Čapek's invented rule",
                "authors": ("Erdős, P.", "Čapek, K."),
                "pages": "1123-30",
            },
        ),
        ("scholar.bib", 2, {"abstract": "90% of nobody"}),
        ("trials.csv", 2, {"kind": "trial", "registrations": ("NCT99990002", "NCT99990001")}),
        (
            "ictrp.csv",
            1,
            {"title": "托珠单抗预防的虚构试验", "other_title": "An invented trial of preventive tocilizumab"},
        ),
        ("ictrp.csv", 2, {"registrations": ("NCT99990001",), "year": 2025}),
    ],
)
def test_a_record_says_what_its_file_says(file, position, said):
    found = read.export(EXPORTS / file).works[position - 1]
    assert {name: getattr(found, name) for name in said} == said


def test_entities_of_xml_are_refused_before_they_grow(tmp_path):
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE xml [<!ENTITY a0 "ha">{levels}]><xml><records><record>&a11;</record></records></xml>'
    started = time.process_time()
    found = exported("bomb.xml", bomb, tmp_path)
    assert found.works == () and [remark.rule for remark in found.remarks] == ["entities are not read"]
    assert time.process_time() - started < 1


def test_xml_that_breaks_off_keeps_what_was_whole(tmp_path):
    text = (EXPORTS / "cnki.xml").read_text(encoding="utf-8")
    found = exported("cut.xml", text[: text.index("10.1234/cnki")], tmp_path)
    assert len(found.works) == 1 and "no XML from here on" in found.remarks[0].rule


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00T", b"Dear colleague,\nplease find\n", b"a,b\n1,2\n"])
def test_what_is_no_export_is_refused_in_one_line(content, searched, tmp_path):
    (tmp_path / "letter.ris").write_bytes(content)
    code, said = searched.run(
        "search", "import", str(tmp_path / "letter.ris"), "--source", "embase", "--date", DAY
    )
    assert code == 1 and len(said.splitlines()) == 1 and "letter.ris" in said
    assert not (searched.root / candidates.FILE).exists()


def test_a_field_beyond_measure_leaves_one_record_out_and_says_so(tmp_path):
    text = "PMID- 1\nTI  - One\n\nPMID- 2\nTI  - " + "x" * 100_001 + "\n\nPMID- 3\nTI  - Three\n"
    found = exported("long.nbib", text, tmp_path)
    assert [one.title for one in found.works] == ["One", "Three"]
    assert [(remark.line, "left out" in remark.rule) for remark in found.remarks] == [(4, True)]


JUNK = (
    *(
        "\x00",
        "\x1b[31m",
        '"',
        "{",
        "}",
        "\\",
        "<",
        "&",
        "\u202e",
        "\ufeff",
        "\r",
        "\n\n\n",
        "; ",
        "9" * 30,
        "𝔘",
    ),
    *(
        "TY  - ",
        "ER  - \n",
        "PMID- ",
        "@article{",
        "10.1234/",
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        "&a;",
        "\\input{/x}",
    ),
)


def mutant(text: str, dice: random.Random) -> str:
    """An export with junk put in, parts taken out or doubled, or its end cut off."""
    for _ in range(dice.randint(1, 6)):
        at, end = sorted(dice.choices(range(len(text) + 1), k=2))
        end = min(end, at + 100)
        text = dice.choice(
            (
                text[:at] + dice.choice(JUNK) + text[at:],
                text[:at] + text[end:],
                text[:end] + text[at:],
                text[:end] or text,
            )
        )
    return text


@pytest.mark.parametrize(
    "file", ["pubmed.nbib", "embase.ris", "cnki.xml", "scholar.bib", "trials.csv", "ictrp.csv"]
)
def test_mutants_are_read_or_refused_and_what_is_read_comes_back_from_its_rows(file, tmp_path):
    dice = random.Random(file)
    text = (EXPORTS / file).read_text(encoding="utf-8")
    for _ in range(100):
        try:
            found = exported(file, mutant(text, dice), tmp_path)
        except Fault as refused:
            assert file in str(refused)
            continue
        taken = take_in([], [found], "pubmed", date(2026, 11, 20))
        candidates.write(taken.rows, tmp_path)
        assert candidates.read(tmp_path) == taken.rows
        assert not take_in(taken.rows, [found], "pubmed", date(2026, 11, 20)).added
        written = (tmp_path / candidates.FILE).read_text(encoding="utf-8")
        assert not any(is_unseen(character) for character in written)


def test_windows_line_ends_and_a_mark_at_the_beginning_change_nothing(tmp_path):
    text = (EXPORTS / "embase.ris").read_text(encoding="utf-8")
    (tmp_path / "embase.ris").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read.export(tmp_path / "embase.ris") == read.export(EXPORTS / "embase.ris")


# which records are one


@pytest.mark.parametrize(
    ("first", "second", "by"),
    [
        (("pubmed.nbib", 2), ("embase.ris", 1), "doi"),
        (("pubmed.nbib", 5), ("embase.ris", 2), "pmid"),
        (("trials.csv", 1), ("ictrp.csv", 2), "registration"),
        (("pubmed.nbib", 7), ("embase.ris", 3), "title"),
        (("pubmed.nbib", 3), ("cnki.xml", 1), "title"),
        (("pubmed.nbib", 8), ("scholar.bib", 1), "title"),
        (("ictrp.csv", 3), ("ictrp.csv", 4), "registration"),
        (("pubmed.nbib", 2), ("embase.ris", 4), None),  # another DOI
        (("pubmed.nbib", 9), ("embase.ris", 5), None),  # both "Reply"
        (("pubmed.nbib", 2), ("trials.csv", 1), None),  # a report, and its trial
        (("trials.csv", 1), ("trials.csv", 2), None),  # a trial, and its follow-up that names it
    ],
)
def test_six_disguises_are_seen_through_and_what_is_another_stays_another(first, second, by):
    one, other = (read.export(EXPORTS / file).works[position - 1] for file, position in (first, second))
    for known, asked in ((one, other), (other, one)):
        works = Known()
        works.add(known, "first")
        assert works.find(asked) == (("first", by) if by else None)


LONG = "An invented title of more than twenty-five letters"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({"year": 2024}, {"year": 2025}, True),
        ({"year": 2024}, {"year": 2026}, False),
        ({"pages": "e12-e19"}, {"pages": "e12"}, True),
        ({"pages": "12-19"}, {"pages": "13-19"}, False),
        ({"pmid": "1000001"}, {"pmid": "1000002"}, False),
        ({"pmid": "1000001"}, {"doi": "10.1234/a"}, True),
        ({"title": "Erratum", "year": 2024, "pages": "5"}, {"title": "Erratum.", "year": 2024}, False),
        (
            {"title": "Erratum", "year": 2024, "pages": "5"},
            {"title": "Erratum.", "year": 2024, "pages": "5"},
            True,
        ),
    ],
)
def test_the_rule_of_titles(one, other, same):
    works = Known()
    works.add(Work(**{"title": LONG, **one}), "first")
    assert (works.find(Work(**{"title": LONG.upper(), **other})) is not None) == same


def test_a_third_record_is_known_by_what_the_second_added():
    works = Known()
    works.add(Work(title=LONG, pmid="1000001"), "first")
    works.add(Work(pmid="1000001", doi="10.1234/a"), "first")
    assert works.find(Work(title="Quite another title", doi="10.1234/a")) == ("first", "doi")


@pytest.mark.parametrize(
    ("written", "doi"),
    [
        ("https://doi.org/10.1234/ABC.5", "10.1234/abc.5"),
        ("doi: 10.1234/abc.5.", "10.1234/abc.5"),
        ("10.1016/S0140-6736(20)30183-5", "10.1016/s0140-6736(20)30183-5"),
        ("(10.1234/abc)", "10.1234/abc"),
        ("none", ""),
    ],
)
def test_a_doi_has_one_form(written, doi):
    assert work.doi_of(written) == doi


def test_an_identifier_inside_other_words_is_not_the_papers():
    assert work.doi_of("", "See also 10.1234/other, which we extend") == ""
    assert work.pmid_of("a comment on PMID: 12345678") == ""


# taken in


def test_a_search_becomes_rows_with_their_place_and_an_entry_of_the_log(searched):
    said = searched.take("pubmed", "pubmed.nbib")
    assert (
        "PubMed, 2026-11-20: 10 records added, 10 of them new" in said and "line 55: found 'no title'" in said
    )
    found = rows(searched)
    assert [(row.id, row.file, row.position, row.same_as) for row in found[:2]] == [
        ("pubmed.2026-11-20.00001", "pubmed.nbib", 1, ""),
        ("pubmed.2026-11-20.00002", "pubmed.nbib", 2, ""),
    ]
    last = records.load(searched.root).living.searches[-1]
    assert (last.searched, last.source, last.found, last.new) == (date(2026, 11, 20), "pubmed", 10, 10)


def test_what_another_source_brought_the_same_day_stands_under_its_first_row(searched):
    searched.take("pubmed", "pubmed.nbib")
    said = searched.take("embase", "embase.ris")
    assert "7 records added, 4 of them new; 0 known from an earlier search, 3 found twice" in said
    assert "1 by DOI" in said and "1 by PubMed identifier" in said and "1 by title, year and page" in said
    assert [(row.position, row.same_as[-5:], row.by) for row in rows(searched) if row.same_as] == [
        (1, "00002", "doi"),
        (2, "00005", "pmid"),
        (3, "00007", "title"),
    ]


def test_what_an_earlier_search_brought_is_kept_apart(searched):
    searched.take("pubmed", "pubmed.nbib", on="2026-10-20")
    assert "7 records added, 4 of them new; 3 known from an earlier search, 0 found twice" in searched.take(
        "embase", "embase.ris"
    )


def test_taking_in_twice_changes_nothing(searched, tmp_path):
    searched.take("pubmed", "pubmed.nbib")
    before = {path: path.read_bytes() for path in searched.root.rglob("*") if path.is_file()}
    (tmp_path / "renamed.nbib").write_bytes((EXPORTS / "pubmed.nbib").read_bytes())
    for file in ("pubmed.nbib", tmp_path / "renamed.nbib"):
        assert "taken in before, so nothing changes" in searched.take("pubmed", file)
    assert {path: path.read_bytes() for path in searched.root.rglob("*") if path.is_file()} == before


def test_a_second_file_of_a_search_adds_to_its_rows_and_to_its_entry(searched):
    searched.take("cnki", "cnki.xml")
    searched.take("cnki", "scholar.bib")
    assert [row.id[-5:] for row in rows(searched)] == ["00001", "00002", "00003", "00004", "00005"]
    log = records.load(searched.root).living.searches
    assert [(search.found, search.new) for search in log if search.source == "cnki"] == [(5, 5)]


def test_another_content_under_the_same_name_is_refused(searched, tmp_path):
    searched.take("pubmed", "pubmed.nbib")
    (tmp_path / "pubmed.nbib").write_text("PMID- 1234567\nTI  - Another\n")
    code, said = searched.run(
        "search", "import", str(tmp_path / "pubmed.nbib"), "--source", "pubmed", "--date", DAY
    )
    assert code == 1 and "with other content" in said and len(rows(searched)) == 10


def test_a_run_that_ended_before_the_log_was_written_is_made_good(searched):
    log = (searched.root / "living.yml").read_text()
    searched.take("pubmed", "pubmed.nbib")
    whole = (searched.root / "living.yml").read_text()
    (searched.root / "living.yml").write_text(log)
    searched.take("pubmed", "pubmed.nbib")
    assert (searched.root / "living.yml").read_text() == whole


def test_comments_of_the_log_and_its_order_stay(searched):
    searched.plant("living.yml", "searches", "found: 12", "found: 12  # a remark")
    before = (searched.root / "living.yml").read_text().splitlines()
    searched.take("cnki", "cnki.xml", on="2020-01-20")
    after = (searched.root / "living.yml").read_text().splitlines()
    at = after.index("  - searched: 2020-01-20")
    assert after[:at] + after[at + 6 :] == before
    assert [search.searched.isoformat() for search in records.load(searched.root).living.searches] == [
        "2020-01-10",
        "2020-01-20",
        "2020-02-10",
    ]


def test_the_first_search_of_a_review_is_logged_where_nothing_stood(searched):
    path = searched.root / "living.yml"
    text = path.read_text()
    path.write_text(text[: text.index("searches:")] + "searches: []\n\n" + text[text.index("doi:") :])
    searched.take("cnki", "cnki.xml")
    assert [search.found for search in records.load(searched.root).living.searches] == [2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--source", "medline", "--date", DAY), "must be one of pubmed, embase"),
        (("--source", "pubmed", "--date", "9999-12-31"), "not to come"),
        (("--source", "pubmed", "--date", "20 November"), "YYYY-MM-DD"),
    ],
)
def test_a_wrong_source_or_day_is_one_line_and_changes_nothing(arguments, said, searched):
    code, printed = searched.run("search", "import", str(EXPORTS / "cnki.xml"), *arguments)
    assert code in (1, 2) and said in printed and len(printed.splitlines()) == 1
    assert not (searched.root / candidates.FILE).exists()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("id", "cnki.2026-11-20.00002", "stands twice"),
        ("same_as", "cnki.2026-11-20.99999", "is not the row of a new work"),
        ("searched", "9999-01-01", "not to come"),
        ("position", "first", "integer"),
    ],
)
def test_a_damaged_row_is_told_with_its_line(column, value, rule, searched):
    searched.take("cnki", "cnki.xml")
    path = searched.root / candidates.FILE
    held = list(csv.DictReader(StringIO(path.read_text(encoding="utf-8"), newline="")))
    held[0][column] = value
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, held[0])
        out.writeheader()
        out.writerows(held)
    with pytest.raises(records.BadRecords, match=rule):
        rows(searched)


def test_a_log_that_says_other_numbers_than_the_rows_is_refused(searched):
    searched.take("cnki", "cnki.xml")
    assert searched.check()[0] == 0
    searched.plant("living.yml", "source: cnki", "found: 2", "found: 3")
    assert searched.problem()["rule"] == "candidates.csv has 2 records of this search, 2 of them new"
    log = (searched.root / "living.yml").read_text()
    entry = log.index(f"  - searched: {DAY}")
    (searched.root / "living.yml").write_text(log[:entry] + log[log.index("doi:") :])
    assert "is not in the log" in searched.problem()["rule"]


def test_twenty_thousand_records_take_less_than_twenty_seconds(searched, tmp_path):
    path = tmp_path / "many.nbib"
    path.write_text(
        "".join(
            f"PMID- {30_000_000 + i}\nDP  - 2025\nTI  - Invented title number {i} about nothing at all\n"
            f"LID - 10.1234/many.{i} [doi]\nPG  - {i}-{i + 9}\nAB  - {'Invented words. ' * 100}\n\n"
            for i in range(20_000)
        )
    )
    started = time.process_time()
    assert "20,000 records added, 20,000 of them new" in searched.take("pubmed", path)
    assert time.process_time() - started < 20


# what a search should have found, and what it says of registered papers


def test_an_included_study_that_a_strategy_misses_is_named(searched):
    said = searched.take("pubmed", "pubmed.nbib")
    missed = said[said.index("Included studies that PubMed did not bring") :].splitlines()
    assert missed[1] == "  sample2021: Another invented cohort (10.1234/invented.2021.2)"
    assert "example2020: An invented" not in said  # found by its DOI; waiting2022 is not included


def test_a_study_is_known_by_title_where_the_source_gives_no_identifier(searched):
    (study,) = [row for row in records.load(searched.root).register.studies if row.id == "example2020"]
    row = {"id": "a", "source": "cnki", "searched": DAY, "file": "f", "position": 1, "year": 2020}
    found = candidates.Candidate(title="AN INVENTED COHORT, for tests", **row)
    other = candidates.Candidate(title="An invented cohort for tests of another kind", **row)
    assert known_items.missed([study], [found]) == [study]  # so short a title, without a page
    long = study.model_copy(update={"title": LONG})
    assert known_items.missed([long], [found.model_copy(update={"title": LONG.upper()})]) == []
    assert known_items.missed([long], [other]) == [long]


def test_a_registry_is_asked_for_the_trials_that_studies_name(searched):
    studies = records.load(searched.root).register.studies
    named = [studies[0].model_copy(update={"registrations": ["NCT 99990001"]}), studies[1]]
    other = [studies[0].model_copy(update={"registrations": ["NCT99999999"]})]
    searched.take("ictrp", "ictrp.csv")
    assert known_items.missed(named, rows(searched)) == []  # the second names no trial
    assert known_items.missed(other, rows(searched)) == other


def test_notices_of_registered_papers_are_told_once(searched):
    said = searched.take("pubmed", "pubmed.nbib")
    assert "example2020: correction: pubmed.2026-11-20.00004" in said
    assert "sample2021: retraction: pubmed.2026-11-20.00010" in said
    assert "Notices about" not in searched.take("pubmed", "pubmed.nbib", on="2026-11-21")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"title": "RETRACTED: An invented cohort"}, "retraction"),
        ({"title": "撤稿：虚构"}, "retraction"),
        ({"title": "Corrigendum to: An invented cohort"}, "correction"),
        ({"title": "Author Correction: An invented cohort"}, "correction"),
        ({"title": "Expression of Concern: An invented cohort"}, "expression of concern"),
        ({"title": "An invented cohort", "notice": "Retracted Publication"}, "retraction"),
        ({"title": "An invented cohort"}, None),
    ],
)
def test_a_notice_is_known_by_its_title_or_by_what_the_database_says(fields, kind):
    assert known_items.kind_of(Work(**fields)) == kind


# the flow of papers, dates and what is due


def flow_of(invented, before: dict | None = None) -> dict[tuple[str, str], tuple[int, int]]:
    counts = flow.counts(records.load(invented.root), before, screened.read(invented.root))
    return {(count.box, count.what): (count.total, count.new) for count in counts}


@pytest.fixture
def agreed(searched):
    """PubMed and Embase searched on a day, and three works screened on the next: one kept, one left out, one
    unsure.
    """
    searched.take("pubmed", "pubmed.nbib")
    searched.take("embase", "embase.ris")
    works = [row.id for row in rows(searched) if row.source == "pubmed"]
    ground = next(iter(GROUNDS))
    made = [
        decisions.Decision(
            candidate=name, decision=answer, ground=why, decided=date(2026, 11, 21), by="ada; ben"
        )
        for name, answer, why in zip(works, ("include", "exclude", "unsure"), ("", ground, ""), strict=False)
    ]
    decisions.write(searched.root / decisions.AGREED, made)
    return searched


def test_the_flow_follows_from_the_files_by_hand(agreed):
    # Of the log alone, as before: 25 found, 13 new, one registered.  Of the files: 10 and 7 found, 3 of these
    # twice, so 14 works, of which three are screened.
    found = flow_of(agreed)
    assert {what: count for (box, what), (count, _) in found.items() if box == "Identified"} == {
        "registered with the review": 0,
        "known without a search": 2,
        "records found in PubMed": 35,
        "records found in Embase": 7,
    }
    assert [(*place, count) for place, (count, _) in found.items() if place[0] in flow.BOXES] == [
        ("Removed before screening", "records known already", 12),
        ("Removed before screening", "records known from an earlier search", 0),
        ("Removed before screening", "records found twice", 3),
        ("Screened", "records, by title and abstract", 13),
        ("Screened", "candidates, by title and abstract", 3),
        ("Awaiting screening", "candidates", 11),
        ("Left out at screening", "records", 12),
        ("Left out at screening", next(iter(GROUNDS.values())), 1),
        ("To be read in full", "candidates", 2),
    ]


def test_of_a_version_only_later_searches_and_decisions_are_new(agreed):
    found = flow_of(agreed, {"version": "0.1.0", "date": DAY, "preceding": None, "register": []})
    assert found["Identified", "records found in PubMed"] == (35, 0)
    assert found["Screened", "candidates, by title and abstract"] == (3, 3)
    assert found["Awaiting screening", "candidates"] == (11, 0)


def test_every_record_found_ends_in_one_box(agreed):
    of_files = screened.read(agreed.root)
    ends = (
        of_files.known(),
        of_files.twice(),
        of_files.waiting(),
        of_files.kept(),
        *of_files.left_out().values(),
    )
    assert sum(map(len, ends)) == len(rows(agreed)) == 17


def test_the_figure_shows_each_number_of_the_flow(agreed):
    counts = flow.counts(records.load(agreed.root), None, screened.read(agreed.root))
    figure, *_ = flow_page.picture(counts)
    drawn = " ".join(" ".join(text.get_text().split()) for text in figure.axes[0].texts)
    assert all(f"{count.total} ({count.new}) {count.what}" in drawn for count in counts)


def test_what_waits_is_told_on_the_first_page_and_by_due(agreed):
    review, of_files = records.load(agreed.root), screened.read(agreed.root)
    assert "Last searched: PubMed on 2026-11-20" in living_page.searched(review, of_files)
    assert "11 records found await screening" in living_page.searched(review, of_files)
    assert "11 candidates to screen: `python -m extraction screen --by NAME`." in agreed.run("due")[1]


def test_what_is_due_names_the_page_and_the_command(searched):
    searched.plant(
        "living.yml", "id: cnki", "platform: c,", "platform: c, page: 'https://example.org/search',"
    )
    said = searched.run("due")[1]
    assert "Paste it into https://example.org/search." in said
    assert "search import FILE --source cnki --date" in said


def test_while_no_candidates_exist_the_flow_is_that_of_the_log(invented):
    assert screened.read(invented.root) is None
    review = records.load(invented.root)
    assert flow.counts(review, None, None) == flow.counts(review, None)


def test_the_project_holds_no_candidates_as_it_ran_no_search(review):
    assert review.living.searches == [] and screened.read() is None
