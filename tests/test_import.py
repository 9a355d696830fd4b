"""Tables of other programs become drafts of records, and what has no place in one is told.

The files in tests/interop are invented and have the columns of their programs: those of RevMan 5 are as R's
meta reads them (read.rm5), those of RevMan Web as its archives of data have them, those of Covidence as its
exports have them that reviews published (named beside READER in extraction/interop/drafts.py).
"""

import json
from pathlib import Path

import pytest

from extraction.__main__ import main
from extraction.interop.drafts import read
from extraction.interop.robvis import tables
from extraction.interop.rows import NoTable, stem
from extraction.schema import Record
from extraction.source import BadRecords, parse
from extraction.typed import validate

FILES = Path(__file__).parent / "interop"
REVMAN_WEB, REVMAN_5, METAFOR, META, COVIDENCE, ROBVIS = (
    (FILES / f"{name}.csv").read_text(encoding="utf-8")
    for name in ("revman_web", "revman_5", "metafor", "meta", "covidence", "robvis")
)
ENDPOINT = "severe_infection"
VARIABLES = {"Infections": ENDPOINT, "Deaths": "deaths", "Stay": "hospital_stay", "": ENDPOINT}
COUNTS = {"treated": ("7", "18"), "control": ("4", "22")}
"""Of the invented study: events and patients of each arm."""


@pytest.fixture
def table(tmp_path):
    def written(text: str):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def counts(found, study="example2031", field="severe_infection") -> dict[str, tuple]:
    entries = found.studies[study].reported
    return {e["arm"]: (e["events"], e["n"]) for e in entries if e["kind"] == "counts" and e["field"] == field}


@pytest.mark.parametrize("text", [REVMAN_WEB, REVMAN_5, METAFOR, META, COVIDENCE])
def test_counts_of_every_program_are_those_of_the_table(text, table):
    assert counts(read(table(text), VARIABLES)) == COUNTS


@pytest.mark.parametrize("text", [REVMAN_WEB, REVMAN_5, METAFOR, META, COVIDENCE, ROBVIS])
def test_a_draft_is_a_record_but_for_what_is_left_to_fill_in(text, table, tmp_path):
    found = read(table(text), {"": ENDPOINT} if text == ROBVIS else VARIABLES)
    assert found.studies
    for study, words in found.texts().items():
        path = tmp_path / f"{study}.yml"
        path.write_text(words, encoding="utf-8")
        with pytest.raises(BadRecords) as refused:
            validate(parse(path), Record)
        assert {problem.rule for problem in refused.value.problems} == {"is left to fill in"}


def test_each_outcome_has_its_variable_and_one_without_is_told(table):
    found = read(table(REVMAN_WEB), {"Deaths": "deaths"})
    assert counts(found, field="deaths") == {"treated": ("3", "18"), "control": ("5", "22")}
    assert {"severe_infection"}.isdisjoint(e["field"] for e in found.studies["example2031"].reported)
    told = [str(left) for left in found.left]
    assert "line 2, Example 2031, Infections: no variable is given for its outcome" in told
    assert any(t.startswith("line 4, No Year, Deaths: a study needs") for t in told)


def test_headings_and_totals_of_revman_5_are_no_studies_and_its_zeros_no_means(table):
    found = read(table(REVMAN_5), VARIABLES)
    assert found.studies.keys() == {"example2031", "sample2030"}
    assert counts(found, "sample2030") == {"treated": ("30", "1025"), "control": ("25", "900")}
    stay = [e for e in found.studies["example2031"].reported if e["field"] == "hospital_stay"]
    assert [(e["kind"], e.get("mean"), e.get("sd"), e["unit"]) for e in stay] == [
        ("mean_sd", "4.10", "1.50", "days"),
        ("mean_sd", "5.25", "2.00", "days"),
    ]


def test_what_follows_from_the_counts_is_not_taken_and_told(table):
    told = {left.found for left in read(table(META), VARIABLES).left}
    assert told == {"estimate (1 cells)", "se (1 cells)"}
    web = {left.found for left in read(table(REVMAN_WEB), VARIABLES).left if left.line is None}
    assert {"column Weight (3 cells)", "column Mean (3 cells)", "lower (2 cells)", "upper (2 cells)"} <= web


def test_of_two_readers_and_their_consensus_the_consensus_is_taken(table):
    found = read(table(COVIDENCE), VARIABLES)
    told = [str(left) for left in found.left]
    assert "line 2, Example 2031: read by Ada Invented; the consensus is taken" in told
    # two readers of another study have not come to one: the first is taken, and the second told
    assert counts(found, "otherinvented2029")["treated"] == ("1", "9")
    assert "line 5, OtherInvented 2029: read by Ben Invented as well, without a consensus" in told
    assert any("Sponsorship" in line for line in told)
    assert any(line.startswith("column Title again, column 5 (4 cells)") for line in told)


def test_ratios_keep_their_limits_and_a_p_without_a_ratio_its_own_entry(table):
    text = "study,hr,lower,upper,p\nExample 2031,0.86,0.41,1.80,\nSample 2030,,,,0.173\n"
    found = read(table(text), {"": "overall_survival"})
    [ratio], [p] = (found.studies[study].reported for study in ("example2031", "sample2030"))
    assert (ratio["kind"], ratio["estimate"], ratio["lower"], ratio["upper"]) == (
        "hazard_ratio", "0.86", "0.41", "1.80",
    )  # fmt: skip
    assert (p["kind"], p["p"]) == ("p_value", "0.173")


def test_judgements_of_robvis_are_those_of_its_tool(table):
    found = read(table(ROBVIS), VARIABLES)
    judged = {s: {j["domain"]: j["judgement"] for j in d.judged} for s, d in found.studies.items()}
    assert judged["example2031"] == {
        "randomisation": "low",
        "deviations": "some_concerns",
        "missing_data": "low",
        "measurement": "high",
        "reporting": "low",
    }
    # all together are graver than the gravest domain, which a record says
    assert judged["sample2030"]["overall"] == "high"
    assert "measurement" not in judged["other2029"]
    assert "line 4, Other 2029: D4 Perhaps is no judgement of RoB 2" in map(str, found.left)


def test_what_is_written_for_robvis_is_read_back(review, table):
    [text] = tables(review, "severe_infection").values()
    found = read(table(text), {"": "severe_infection"})
    for study, draft in found.studies.items():
        rows = [r for r in review.records[study].risk_of_bias if "severe_infection" in r.endpoints]
        assert {j["domain"]: j["judgement"] for j in draft.judged} == {r.domain: r.judgement for r in rows}
    assert len(found.studies) == 2 and found.left == []


@pytest.mark.parametrize(
    ("name", "year", "found"),
    [
        ("Zhou 2025", "", "zhou2025"),
        ("Müller-Lüdenscheidt et al., 2019b", "", "mullerludenscheidt2019b"),
        ("O'Brien", "2001", "obrien2001"),
        ("Øvrebø 1999", "2001", "ovrebo1999"),
        ("TRIAL-3", "", None),
        ("2025", "", None),
    ],
)
def test_the_stem_of_a_study_is_surname_and_year(name, year, found):
    assert stem(name, year) == found


def test_a_file_that_is_no_table_of_studies_is_told(table, tmp_path):
    with pytest.raises(NoTable, match="no column names the studies; the columns found are a, b"):
        read(table("a,b\n1,2\n"), VARIABLES)
    with pytest.raises(NoTable, match="No such file"):
        read(tmp_path / "nowhere.csv", VARIABLES)


def test_the_command_writes_drafts_once_and_tells_what_it_left(table, tmp_path, capsys):
    asked = ["import", str(table(META)), "--variable", "severe_infection", "--out", str(tmp_path / "drafts")]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["drafts"] == [str(tmp_path / "drafts" / "example2031.yml")] and len(told["left"]) == 2
    assert main(asked) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*asked[:3], "invented", *asked[4:]]) == 1
    assert "invented is no variable" in capsys.readouterr().err
