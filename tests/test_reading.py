"""Reading help: every number of a text with its place, held to a record. Texts and record are invented here;
what is to be found is counted by hand.
"""

import json
from pathlib import Path

import pytest

from extraction.__main__ import main
from extraction.reading import completeness, jats, pdf, text
from extraction.reading.command import passages
from extraction.reading.completeness import PRINTED, agrees, find
from extraction.reading.passage import Place, Unreadable
from extraction.records import load
from extraction.schema import Address

MARKDOWN = """# An invented cohort of 2031

## Methods

Thirty patients were invented.
Doses were 8 mg/kg.

## Results

There were 41.7%(n=5) of the treated and 4/18 (22.2%) of the
others with infection (p=0.418).

**TABLE 1 |** Of 30 patients.

| | Toci (N = 12) | Control (N = 18) |
|---|---|---|
| Age | 31.5 (10.2) | 29.0 (9.9) |

## References

1. Nobody A. Nothing 1999;12:34-56.
"""
JATS = """<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "JATS-journalpublishing1.dtd">
<article><front><article-meta><title-group><article-title>Of 2031</article-title></title-group>
<abstract><sec><title>Results</title><p>Response in 90%.</p></sec></abstract></article-meta></front>
<body><sec><title>Methods</title>
<p>Thirty patients<xref ref-type="bibr" rid="b1">7</xref>, 2&#215;10<sup>6</sup> cells of a CD19 CAR;
IL-6 was measured.</p></sec>
<sec><title>Results</title><sec><title>Infection</title>
<p>First.</p>
<p>There were 41.7%(n=5) of the treated and 4/18 (22.2<italic>%</italic>) of the others
(<italic>p</italic>&lt;0.5).<table-wrap><label>Table 1</label><caption><p>Of 30.</p></caption>
<table><thead><tr><th rowspan="2"/><th colspan="2">Arm</th><th>p</th></tr>
<tr><th>Toci (N = 12)</th><th>Control (N = 18)</th><th/></tr></thead>
<tbody><tr><td>Age</td><td>31.5 (10.2)</td><td>29.0 (9.9)</td><td>1.20</td></tr></tbody></table>
</table-wrap></p>
<fig><label>Figure 2</label><caption><p>Survival of 12 and 18.</p></caption></fig>
</sec></sec></body>
<back><ref-list><ref><label>1</label><mixed-citation>Nothing 1999;12.</mixed-citation></ref></ref-list></back>
</article>
"""


def printed(found: list[completeness.Found], status: str | None = None) -> list[str]:
    return [number.printed for number in found if status in (None, number.status)]


@pytest.fixture
def record(invented):
    return load(invented.root).records["example2020"]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("41.7%(n=5) of 1,234 and .04", ["41.7", "5", "1,234", ".04"]),
        ("CD19, IL-6 and T1 are names", []),
        ("Forty-five of sixty, fourfold", ["Forty-five", "sixty", "fourfold"]),
        ("no case, one could say", []),  # mostly no counts
        ("5.0 (2-11) days, 7/45", ["5.0", "2", "11", "7", "45"]),
    ],
)
def test_a_number_is_what_papers_print_as_one(words, numbers):
    assert [match.group() for match in PRINTED.finditer(words)] == numbers


def test_every_number_of_markdown_has_its_place_and_references_are_left_out(record):
    found = find(text.passages(MARKDOWN), record)
    assert printed(found) == [
        *["2031", "Thirty", "8", "41.7", "5", "4", "18", "22.2", "0.418", "1", "30"],
        *["12", "18", "31.5", "10.2", "29.0", "9.9"],
    ]
    by_number = {number.printed: number for number in found}
    assert (by_number["0.418"].line, by_number["0.418"].place.section) == (11, ("Results",))
    age = by_number["31.5"]
    assert (age.place.table, age.place.row, age.column, age.line) == ("1", "Age", "Toci (N = 12)", 17)


def test_a_number_is_recorded_inside_a_fragment_at_its_address_and_nowhere_else(record):
    found = find(text.passages(MARKDOWN), record)
    assert printed(found, "recorded") == ["41.7", "5", "4", "18", "22.2", "0.418", "12", "18", "31.5", "10.2"]
    # `Thirty patients` is addressed to the results, and stands here under the methods; 1, 30 and 12 have the
    # digits of others; 2031, 8, 29.0 and 9.9 are in no entry
    assert printed(found, "elsewhere") == ["Thirty", "1", "30"]
    assert printed(found, "not_yet") == ["2031", "8", "29.0", "9.9"]
    fifth = next(number for number in found if number.printed == "5")
    assert fifth.entries == ("severe_infection.treated",)


def test_without_a_record_nothing_is_recorded():
    found = find(text.passages(MARKDOWN), None)
    assert len(found) == 17 and set(printed(found, "not_yet")) == set(printed(found))


def test_jats_has_sections_tables_and_captions_and_no_references(record):
    found = find(jats.passages(JATS.encode()), record)
    assert printed(found) == [
        *["90", "Thirty", "2", "10", "6", "41.7", "5", "4", "18", "22.2", "0.5", "30"],
        *["12", "18", "31.5", "10.2", "29.0", "9.9", "1.20", "12", "18"],
    ]
    by_number = {number.printed: number for number in found}
    assert by_number["90"].place.section == ("Abstract", "Results")
    assert by_number["0.5"].place == Place(("Results", "Infection"), paragraph=2)
    assert (by_number["9.9"].place.table, by_number["9.9"].place.row) == ("1", "Age")
    assert by_number["9.9"].column == "Control (N = 18)"  # the lower line of the head
    assert by_number["1.20"].column == "p"
    assert found[-1].place.figure == "2"
    # in the record under `Results, paragraph 3`: the abstract's results are another section
    assert by_number["90"].status == "recorded" and by_number["41.7"].status == "recorded"


@pytest.mark.parametrize("content", [b"<article><body>", b"no XML", b"<a>&undeclared;</a>"])
def test_what_is_no_xml_is_refused(content):
    with pytest.raises(Unreadable, match="not readable as XML"):
        list(jats.passages(content))


def test_entities_that_grow_without_end_are_refused():
    grown = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 1000}">' for i in range(9))
    with pytest.raises(Unreadable):
        list(jats.passages(f"<!DOCTYPE a [{grown}]><a>&e8;</a>".encode()))


@pytest.mark.parametrize(
    ("address", "place", "same"),
    [
        ({"section": "Results"}, Place(("Results",)), True),
        ({"section": "results"}, Place(("Results", "Infection")), True),
        ({"section": "Abstract, Results"}, Place(("Abstract", "Results")), True),
        ({"section": "Methods"}, Place(("Results",)), False),
        ({"section": "Results"}, Place(("Results",), table="1"), False),
        ({"table": "1", "row": "Age"}, Place(table="1", row="Age, years"), True),
        ({"table": "1", "row": "Sex"}, Place(table="1", row="Age"), False),
        ({"table": "2"}, Place(table="1"), False),
        ({"figure": "2B, with the caption"}, Place(("Results",), figure="2"), True),
        ({"section": "Legend of Figure 2"}, Place(figure="2"), True),
        ({"figure": "Supplementary 2"}, Place(figure="2"), False),
        ({"section": "Results"}, Place(page=3), True),  # a page tells no heading
    ],
)
def test_a_place_agrees_with_an_address(address, place, same):
    assert agrees(Address(source=None, **address), place) is same


# a PDF


def one_page(drawn: str) -> bytes:
    """A PDF of one page, written by hand (ISO 32000-1): what is drawn, in Helvetica."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents 4 0 R"
        " /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, at = "%PDF-1.4\n", []
    for i, held in enumerate(objects, start=1):
        at.append(len(out))
        out += f"{i} 0 obj\n{held}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in at)
    return (
        f"{out}xref\n0 6\n0000000000 65535 f \n{table}trailer << /Size 6 /Root 1 0 R >>\n"
        f"startxref\n{len(out)}\n%%EOF\n"
    ).encode()


def word(x: int, y: int, said: str) -> str:
    return f"BT /F 10 Tf {x} {y} Td ({said}) Tj ET\n".replace("(10.2)", "\\(10.2\\)").replace("(N", "\\(N")


RULED = "".join(f"{x} 200 m {x} 240 l S\n" for x in (50, 120, 240, 360)) + "".join(
    f"50 {y} m 360 {y} l S\n" for y in (200, 220, 240)
)
PAGE = (
    word(50, 350, "Thirty patients were invented, 5.0 days")
    + word(50, 330, "and p=0.418 of the test.")
    + RULED
    + word(130, 226, "Toci")
    + word(250, 226, "Control")
    + word(55, 206, "Age")
    + word(130, 206, "31.5 (10.2)")
    + word(250, 206, "29.0")
)


def test_a_pdf_tells_pages_lines_and_ruled_tables(record):
    found = find(pdf.passages(one_page(PAGE)), record)
    assert printed(found) == ["Thirty", "5.0", "0.418", "31.5", "10.2", "29.0"]
    assert [(n.place.page, n.line) for n in found[:3]] == [(1, 1), (1, 1), (1, 2)]
    assert [(n.place.row, n.column) for n in found[3:]] == [("Age", "Toci")] * 2 + [("Age", "Control")]
    # `5.0 (2–11) days` does not stand there whole
    assert printed(found, "recorded") == ["Thirty", "0.418", "31.5", "10.2"]
    assert printed(found, "elsewhere") == ["5.0"] and printed(found, "not_yet") == ["29.0"]


@pytest.mark.parametrize(
    ("content", "said"), [(b"%PDF-1.4 nothing", "not readable"), (one_page(RULED[:0]), "holds no text")]
)
def test_a_pdf_that_holds_no_text_is_refused(content, said):
    with pytest.raises(Unreadable, match=said):
        list(pdf.passages(content))


# the command


def test_the_command_finds_the_record_of_a_file_and_tells_the_share(invented, tmp_path):
    source = tmp_path / "example2020.xml"  # the name the record gives its text
    source.write_text(JATS, encoding="utf-8")
    code, said = invented.run("read", str(source), "--json")
    told = json.loads(said)
    assert code == 0 and told["study"] == "example2020" and told["numbers"] == 21
    assert told["recorded"] + told["elsewhere"] + told["not_yet"] == 21
    assert told["share_recorded"] == pytest.approx(told["recorded"] / 21)
    not_yet = [n["printed"] for n in told["found"] if n["status"] == "not_yet"]
    assert not_yet == ["10", "0.5", "29.0", "9.9"]
    code, said = invented.run("read", str(source))
    assert (
        code == 0 and f"example2020.xml: 21 numbers, {told['recorded']} in the record of example2020." in said
    )


def test_the_study_may_be_named_and_must_be_known(invented, tmp_path):
    source = tmp_path / "draft.txt"
    source.write_text("There were 4/18 (22.2%) and 77.\n", encoding="utf-8")
    assert "no record names this file" in invented.run("read", str(source))[1]
    code, said = invented.run("read", str(source), "--study", "example2020", "--json")
    assert code == 0 and [n["status"] for n in json.loads(said)["found"]] == ["recorded"] * 3 + ["not_yet"]
    code, said = invented.run("read", str(source), "--study", "nobody2031")
    assert code == 1 and "not in register.yml" in said


@pytest.mark.parametrize("name", ["absent.txt", "."])
def test_what_is_no_file_is_refused_in_one_line(invented, tmp_path, name):
    code, said = invented.run("read", str(tmp_path / name))
    assert code == 1 and said.count("\n") == 1 and "no file" in said


def test_a_file_is_read_by_what_it_is(tmp_path):
    for name, content, page in (("a.txt", one_page(PAGE), 1), ("b.xml", JATS.encode(), None)):
        Path(tmp_path / name).write_bytes(content)
        assert next(iter(passages(tmp_path / name))).place.page == page


def test_main_passes_the_options_on(invented, tmp_path, capsys):
    source = tmp_path / "a.md"
    source.write_text(MARKDOWN, encoding="utf-8")
    assert main(["read", str(source), "--study", "example2020", "--root", str(invented.root)]) == 0
    assert "= 41.7" in capsys.readouterr().out
