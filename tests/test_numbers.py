"""Numbers for others: evidence as tidy tables, the frame behind each figure, CSV that harms nobody, and its
way through the page cache.
"""

import base64
import datetime
import io
import math
from dataclasses import replace

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from example_draws import invented
from hypothesis import given, settings
from hypothesis import strategies as st

from book.html import files
from book.html.numbers_csv import for_readers, to_csv
from book.html.show import show, table
from book.html.style import Picture, Table, plt
from book.make import execute, pages, tidy
from book.shown import agreement
from book.shown.endpoint import figures, lights, recovery
from extraction.records import ROOT
from extraction.schema import Distinct
from models.endpoints import ENDPOINTS, evidence_of, quadrature
from models.evidence.collect import collect_all


@pytest.fixture(scope="module")
def tables(review) -> dict[str, pd.DataFrame]:
    return tidy.tables(review)


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), float_precision="round_trip")  # the default loses the last digit


# CSV


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+3 (−2 to 8)",
        "-cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "＝1",
        "-",
        '=HYPERLINK("x")',
        "=1,2\n3",
    ],
)
def test_no_cell_and_no_heading_is_a_formula(text):
    frame = pd.DataFrame({text: [text]}, dtype=object)
    found = pd.read_csv(
        io.StringIO(to_csv(frame)), header=None, dtype=str, keep_default_na=False
    ).values.ravel()
    assert found.tolist() == [f"'{text}".replace("\r", "\n")] * 2


@pytest.mark.parametrize("value", [-0.25, "-0.25", "+5", "−0.25", "a = b", "p < 0.05"])
def test_numbers_and_plain_words_stay_as_they_are(value):
    assert to_csv(pd.DataFrame({"x": [value]}, dtype=object)) == f"x\n{value}\n"


def test_a_list_is_joined_and_what_is_missing_is_empty():
    frame = pd.DataFrame({"a": [["x", "y"], (), None, math.nan, True], "b": [1, 2, None, 3, 4]}, dtype=object)
    assert to_csv(frame) == "a,b\nx; y,1\n,2\n,\n,3\nTrue,4\n"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
@settings(deadline=None)
def test_numbers_keep_every_digit(values):
    assert read(to_csv(pd.DataFrame({"x": values})))["x"].map(float).tolist() == pytest.approx(
        values, rel=1e-15, abs=5e-324
    )


def test_what_is_computed_has_six_digits_for_readers_and_what_is_said_of_it_is_on_lines_of_its_own():
    frame = pd.DataFrame(
        {"a": [2 / 3, 1234567.8, 1e-9 / 3, math.nan], "b": [1234567, 1, 2, 3], "c": list("wxyz")}
    )
    assert for_readers(frame, "Of\ntwo lines, by hand").splitlines() == [
        "# Of two lines, by hand",
        "a,b,c",
        "0.666667,1234567,w",
        "1234570.0,1,x",
        "3.33333e-10,2,y",
        ",3,z",
    ]


def test_an_index_with_a_name_is_a_column():
    assert to_csv(pd.DataFrame({"x": [1]}, index=pd.Index(["a"], name="study"))) == "study,x\na,1\n"


# evidence


def as_written() -> dict[tuple[str, str], dict]:
    """Every entry as its file has it, read as text and without the schema."""
    return {
        (path.stem, entry["id"]): entry
        for path in sorted((ROOT / "records").glob("*.yml"))
        for entry in yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)["entries"]
    }


def test_every_printed_number_stands_once_with_all_that_its_record_says(tables):
    rows = {(row["study"], row["id"]): row for row in tables["printed_numbers"].to_dict("records")}
    written = as_written()
    assert set(rows) == set(written) and len(rows) == len(tables["printed_numbers"])
    for key, entry in written.items():
        address = {f"address_{name}": value for name, value in entry.pop("address").items()}
        for name, value in (entry | address).items():
            assert _same(rows[key][name], value), (key, name)


def _same(found: object, written: object) -> bool:
    if isinstance(written, list):
        return list(found) == written
    return found is None if written in ("null", "") else str(found).lower() == written.lower()


def test_every_report_stands_with_what_becomes_of_it(review, tables):
    reports = tables["reports"]
    for endpoint, evidence in collect_all(review).items():
        here = reports[reports["endpoint"] == endpoint]
        assert (here["used"].sum(), len(here)) == (
            len(evidence.used),
            len(evidence.used) + len(evidence.unused),
        )
    assert (
        reports.loc[reports["used"].map(bool), "term"].notna().all()
        and reports.loc[~reports["used"].map(bool), "reason"].notna().all()
    )
    known = set(zip(tables["printed_numbers"]["study"], tables["printed_numbers"]["id"], strict=True))
    assert {(row.study, entry) for row in reports.itertuples() for entry in row.entries} <= known


def test_every_column_has_a_meaning_and_every_cell_is_a_number_a_text_or_a_list_of_texts(tables):
    assert all(meaning.strip() for columns in tidy.COLUMNS.values() for meaning in columns.values())
    plain = (str, bool, int, float, datetime.date, type(None))
    for name, frame in tables.items():
        for cell in frame.values.ravel():
            assert all(
                isinstance(part, plain) for part in (cell if isinstance(cell, (list, tuple)) else [cell])
            ), (name, cell)


def test_every_study_stands_with_all_that_its_row_of_the_register_says(tables):
    written = yaml.load((ROOT / "register.yml").read_text(encoding="utf-8"), yaml.BaseLoader)["studies"]
    assert list(tables["studies"]["id"]) == [row["id"] for row in written]
    for row, found in zip(written, tables["studies"].to_dict("records"), strict=True):
        others = tables["distinct_studies"][tables["distinct_studies"]["study"] == row["id"]]
        assert list(others["other"]) == [other["study"] for other in row.pop("distinct_from", [])]
        assert not [name for name, value in row.items() if not _same(found[name], value)]


def test_studies_that_only_look_alike_are_told_apart_with_the_reason(review):
    study, other = review.register.studies[:2]
    apart = study.model_copy(update={"distinct_from": [Distinct(study=other.id, reason="Other centres.")]})
    register = review.register.model_copy(update={"studies": [apart, *review.register.studies[1:]]})
    found = tidy.tables(replace(review, register=register))["distinct_studies"]
    assert found.values.tolist() == [[study.id, other.id, "Other centres."]]


def test_tables_open_in_pandas_with_the_columns_of_the_dictionary(tables):
    for name, frame in tables.items():
        found = read(to_csv(frame))
        assert (list(found.columns), len(found)) == (list(tidy.COLUMNS[name]), len(frame))


def test_a_study_page_links_to_the_rows_of_its_study_alone(review):
    found = pages.numbers(review)
    for study, record in review.records.items():
        frame = found[f"{study}-printed-numbers"]
        assert set(frame["id"]) == {entry.id for entry in record.entries} and set(frame["study"]) == {study}
        text = pages.generated(review)[f"studies/{study}.md"]
        linked = {name for name in found if f"../../numbers/{name}.csv" in text}
        assert linked == {name for name in found if name.startswith(f"{study}-")}


# numbers behind figures


@pytest.mark.usefixtures("invented_draws")
@pytest.mark.parametrize("key", ENDPOINTS)
def test_the_numbers_of_a_forest_are_those_of_the_answer(key, review):
    numbers = figures.forest(key, review).numbers.set_index("kind")
    expected = np.exp(
        list(quadrature(key, review).mu.limits().values())
        if key != "crs_duration_grade3"
        else np.quantile(invented(key, review).draws["mu"].values, [0.5, 0.025, 0.975])
    )
    assert numbers.loc["pooled", ["median", "lower", "upper"]].astype(float).tolist() == pytest.approx(
        expected.tolist()
    )
    assert len(numbers) == len(figures.forest_rows(key, review))


@pytest.mark.usefixtures("invented_draws")
def test_every_candidate_every_square_and_every_light_is_counted(review):
    reports = recovery.recovered_reports("complete_response", review)
    assert len(recovery.candidates("complete_response", review).numbers) == sum(
        len(report.tables) for report in reports
    )
    assert agreement.picture(review).numbers["numbers"].sum() == len(
        {(f.study, f.entry) for f in agreement.check(review).findings}
    )
    results = sum(len(evidence_of(key, review).studies) for key in ENDPOINTS)
    assert len(lights.grid(review).numbers) == 8 * results


# handing files to the book

SHOWS = """import pandas as pd
from book.html.show import table
from book.html.style import Table
table(Table(pd.DataFrame({"x": [1, %s]}), "A caption", "By hand."))"""


def placed(folder, page) -> dict[str, str]:
    files.place(execute.executed([page], [], page.parent / "cache"), folder, "Version 1")
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.csv")}


def test_a_page_that_is_not_run_again_has_the_same_files(run_page, tmp_path):
    page = tmp_path / "page.md"
    assert run_page(SHOWS % 2) == ["ran book/page.md"]
    first = placed(tmp_path / "first", page)
    assert run_page(SHOWS % 2, title="Other prose") == []
    about = "# Version 1\n# A caption. By hand.\n# From book/page.html\n"
    assert placed(tmp_path / "second", page) == first == {"numbers/page-a-caption.csv": f"{about}x\n1\n2\n"}


def test_two_tables_of_one_name_are_refused(run_page, tmp_path):
    run_page(SHOWS % 2 + "\n" + SHOWS.splitlines()[-1] % 3)
    with pytest.raises(
        files.SameName, match=r"^numbers/page-a-caption\.csv: two figures or tables have this name"
    ):
        placed(tmp_path / "out", tmp_path / "page.md")


@pytest.fixture
def shown(monkeypatch):
    """What `book.html.show` displays: HTML, then metadata."""
    found = []
    monkeypatch.setattr(
        files, "display", lambda data, raw, metadata: found.append((data["text/html"], metadata))
    )
    return found


def test_a_figure_on_a_page_is_a_file_with_its_numbers_and_in_a_notebook_is_whole(shown, monkeypatch):
    for page in ("survival", None):
        monkeypatch.setenv(files.PAGE, page) if page else monkeypatch.delenv(files.PAGE)
        show(Picture(plt.figure(), "Words.", pd.DataFrame({"x": [1]}), "By hand."), "curve")
    (on_page, handed), (in_notebook, nothing) = shown
    assert set(handed[files.FILES]) == {
        "figures/survival-curve.svg",
        "figures-dark/survival-curve.svg",
        "numbers/survival-curve.csv",
    }
    assert base64.b64decode(handed[files.FILES]["numbers/survival-curve.csv"]) == (
        b"# Figure curve. By hand.\n# From book/survival.html\nx\n1\n"
    )
    assert (
        'src="../figures/survival-curve.svg"' in on_page and 'href="../numbers/survival-curve.csv"' in on_page
    )
    assert 'src="data:image/svg+xml' in in_notebook and "numbers/" not in in_notebook and nothing is None


def test_a_figure_without_numbers_is_refused():
    with pytest.raises(ValueError, match="'curve' has no numbers"):
        show(Picture(plt.figure(), "Words.", pd.DataFrame(), "By hand."), "curve")


def test_a_table_hands_over_the_numbers_behind_its_words(shown, monkeypatch):
    monkeypatch.setenv(files.PAGE, "survival")
    table(Table(pd.DataFrame({"ratio": ["0.33"]}), "Ratios", numbers=pd.DataFrame({"ratio": [1 / 3]})))
    held = base64.b64decode(shown[0][1][files.FILES]["numbers/survival-ratios.csv"]).decode()
    assert held.splitlines()[2:] == ["ratio", "0.333333"]


def test_only_pages_that_hold_files_have_them():
    assert (
        list(
            files._handed(
                nbformat.v4.new_notebook(
                    cells=[nbformat.v4.new_code_cell("1"), nbformat.v4.new_markdown_cell("x")]
                )
            )
        )
        == []
    )
