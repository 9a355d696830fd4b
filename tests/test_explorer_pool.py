"""A reader's own table, pooled in Chromium, against Python's `pool` for every kind of row of the page."""

import io

import numpy as np
import pandas as pd
import pytest
from example_browser import faultless
from example_explorer import write_pool

from models.pool import pool

pytestmark = pytest.mark.browser
WITHIN = 0.005  # log scale, of the mean effect
COUNTS = """study,events_treated,n_treated,events_control,n_control
A,4,123,11,139
B,6,306,29,303
C,0,31,4,29
D,62,13598,248,12867"""
TABLES = {
    "counts": ("or", COUNTS),
    "metafor's names": ("or", COUNTS.replace(COUNTS.split("\n")[0], "slab,ai,n1i,ci,n2i")),
    "decimal commas": ("hr", "study;hr;lower;upper\nA;0,8;0,5;1,28\nB;1,1;0,6;2,0"),
    "limits": ("hr", "study,hr,lower,upper\nA,0.8,0.5,1.28\nB,1.1,0.6,2.0\nC,0.50,0.10,0.90"),
    "logs with standard errors": ("rr", "study,log_rr,se\nA,-0.3,0.2\nB,0.1,0.35"),
    "variances": ("or", "study,or,variance\nA,0.6,0.09\nB,1.3,0.16"),
    "a p alone": ("hr", "study,hr,p\nA,0.62,0.03\nB,1.45,0.21"),
    "person-time": (
        "irr",
        "study,events_treated,time_treated,events_control,time_control\nA,10,100,20,110\nB,0,31.5,5,33",
    ),
    "log-rank p": (
        "hr",
        "study,log_rank_p,direction,events,n_treated,n_control\nA,.034,lower,45,40,41\nB,0.4,,60,80,40",
    ),
    "observed minus expected": ("hr", "study,o_minus_e,variance\nA,-5.2,11\nB,2.1,6.5"),
    "medians": (
        "ratio-of-medians",
        "study,median_treated,min_treated,max_treated,q1_treated,q3_treated,n_treated,"
        "median_control,min_control,max_control,q1_control,q3_control,n_control\n"
        "A,4,2,9,,,12,6,3,14,,,11\nB,5,,,3,9,17,6,1,30,,,28\nC,5,1,20,3,8,17,7,2,33,4,12,21",
    ),
    "a mixture": ("hr", "study,hr,lower,upper,o_minus_e,variance\nA,0.8,0.5,1.28,,\nB,,,,-3.1,8.2"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """The form alone on a page."""
    return write_pool(tmp_path_factory.mktemp("pool"))


def typed(page, table: str, measure: str = "") -> dict[str, np.ndarray]:
    """Rows of the answer, and of what moves it, to this table: median and limits, log scale."""
    page.evaluate("() => { document.getElementById('pool').dataset.settled = 0; }")
    page.locator("[name=table]").fill(table)
    if measure and page.locator("[name=measure]").input_value() != measure:
        page.wait_for_function("measure => [...document.querySelector('[name=measure]').options]"
                               ".some(({ value }) => value === measure)", arg=measure)  # fmt: skip
        page.locator("[name=measure]").select_option(measure)
    page.wait_for_function("Number(document.getElementById('pool').dataset.settled) > 0")
    rows = page.evaluate("""() => [...document.querySelectorAll("#pool tr")].map(row =>
        [row.cells[0].textContent, ["median", "lower", "upper"].map(name => Number(row.dataset[name]))])""")
    return {label: np.array(values) for label, values in rows}


def of(table: str, measure: str, **priors):
    text = table.replace(";", "§").replace(",", "." if ";" in table else ",").replace("§", ",")
    return pool(pd.read_csv(io.StringIO(text), dtype=str), measure, **priors).posterior


def limits(marginal) -> np.ndarray:
    return np.array(list(marginal.limits().values()))


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_row_is_pooled_as_python_does(same_page, name):
    measure, table = TABLES[name]
    found, expected = typed(same_page, table, measure), of(table, measure)
    assert np.abs(found["Mean effect"] - limits(expected.mu)).max() < WITHIN
    assert np.abs(found["In a new study"] - limits(expected.prediction)).max() < 0.05
    for study, theta in expected.theta.items():
        row = next(values for label, values in found.items() if label.startswith(f"{study}: "))
        assert np.abs(row - limits(theta)).max() < 0.02, study
    assert found["Differences between studies, τ (log scale)"][0] == pytest.approx(
        expected.tau.limits()["median"], abs=0.02
    )


def test_what_moves_the_answer_is_what_python_gives_under_that_choice(page):
    found = typed(page, COUNTS)
    without = "\n".join(line for line in COUNTS.split("\n") if not line.startswith("B,"))
    for label, expected in {
        "τ twice as wide": of(COUNTS, "or", tau="half-normal:1.0"),
        "μ half as wide": of(COUNTS, "or", mu="normal:0:0.5"),
        "Without B": of(without, "or"),
    }.items():
        assert np.abs(found[label] - limits(expected.mu)).max() < WITHIN, label


@pytest.mark.parametrize(
    "table, said",
    [
        ("study,events_treated\nA,3", "no measure in common"),
        (COUNTS.replace("4,123", "140,123"), "line 2, A, column events_treated"),
        (COUNTS.replace("4,123", "4.5,123"), "found “4.5”"),
        (COUNTS.replace("B,", "A,"), "A appears twice"),
        (COUNTS.replace("29,303", "29"), "4 cells where the first line has 5"),
        ("hr,lower,upper\n1,0.5,2", "No column names the studies"),
        ("study,hr,lower,upper\nA,0.8,0.9,1.2", "between its limits"),
        ("study,hr,hazard ratio\nA,1,1", "Two columns hold the same"),
        ("study,hr,se\nA,0.8,0.001", "too precise"),
        ("", "a line for each study"),
    ],
)
def test_what_cannot_be_pooled_is_refused_in_place_and_the_last_answer_stays(same_page, table, said):
    page = same_page
    before = page.locator("[data-part=summary]").inner_text()
    page.locator("[name=table]").fill(table)
    page.locator("[data-part=fault]", has_text=said).wait_for()
    assert page.locator("[data-part=summary]").inner_text() == before
    assert "stale" in page.locator("#pool").get_attribute("class")


def test_a_file_is_opened_and_the_numbers_are_saved(page, tmp_path):
    (tmp_path / "own.csv").write_text(TABLES["limits"][1], encoding="utf-8-sig")
    page.locator("[name=file]").set_input_files(tmp_path / "own.csv")
    page.wait_for_function(
        "document.querySelector('[data-part=summary]').textContent.includes('Hazard ratio')"
    )
    page.wait_for_function(
        "document.querySelector('[data-part=sensitivity]').textContent.includes('Without C')"
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Save these numbers").click()
    saved = pd.read_csv(download.value.path(), index_col=0)
    expected = limits(of(TABLES["limits"][1], "hr").mu)
    assert np.abs(saved.loc["Mean effect"].to_numpy() - expected).max() < WITHIN


def test_its_form_fits_a_phone_and_a_finger(chromium, address):
    """Nothing is wider than a phone, and every control is at least 24 px either way (WCAG 2.2, 2.5.8)."""
    with faultless(chromium.new_page(viewport={"width": 360, "height": 800})) as page:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        sizes = page.evaluate("""() => [...document.querySelectorAll(
            "#pool :is(input, select, textarea, button)")].map(one => {
            const { width, height } = one.getBoundingClientRect();
            return [one.name, Math.min(width, height)]; })""")
        assert not [name for name, size in sizes if size < 24]
