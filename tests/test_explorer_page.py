"""The explorer's page: its address, what it refuses, keyboard and speech, and the record it writes."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from example_explorer import GO, at, settled, text

from book.html import files
from book.shown import explorer
from extraction.__main__ import main as extraction_main
from extraction.records import ROOT
from models.__main__ import main as models_main
from models.endpoints import quadrature

browser = pytest.mark.browser


# the address


@browser
def test_a_shared_address_restores_every_choice(page, chromium):
    page.select_option("[name=endpoint]", "complete_response")
    page.select_option("[name=family]", "log_normal")
    page.locator("[name=mu]").fill("0.7")
    page.select_option("[name=bias]", "same")
    page.locator("[name=bias-sd]").fill("0.45")
    page.locator("[name=study-in][value=ma2024]").uncheck()
    for name, value in zip(
        ("events-treated", "n-treated", "events-control", "n-control"), ("30", "40", "22", "38"), strict=True
    ):
        page.locator(f"[name={name}]").fill(value)
    settled(page)
    other = chromium.new_page(viewport={"width": 360, "height": 800})
    other.goto(page.url)
    assert text(other, "table") == text(page, "table") and "Your study" in text(other, "table")
    assert (
        other.locator("[name=n-control]").input_value() == "38"
        and not other.locator("[value=ma2024]").is_checked()
    )
    assert other.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    other.close()


@browser
@pytest.mark.parametrize(
    "bad, said",
    [
        ("endpoint=wings", "endpoint: found “wings”"),
        ("mu=0", "a number from 0.1 to 2"),
        ("mu=", "a number from 0.1 to 2"),
        ("tau=uniform:1", "tau: found"),
        ("tau=half_normal:9", "a number from 0.1 to 1.5"),
        ("without=nobody2020", "the studies are"),
        ("without=x&data=y", "the studies are"),
        ("bias=-3:1", "bias: found"),
        ("bias=much", "bias: found"),
        ("counts=9:5:1:10", "9 events in 5 patients"),
        ("counts=1:2", "4 numbers are wanted"),
        ("ratio=2:3:4", "both sides"),
        ("baseline=77", "baseline: found"),
        ("risk=1000", "risk: found"),
        ("colour=red", "no such choice"),
        ("data=constructor", "data: found"),
        ("endpoint=overall_survival&counts=1:9:2:9", "reads ratio, withp, logrank, time"),
        ("judgement=low", "judgement: found"),
        ("endpoint=overall_survival&logrank=0.03:lower:99:40:41", "99 events in 81 patients"),
        ("endpoint=overall_survival&logrank=0.03:sideways:9:40:41", "lower, higher or untold"),
        ("endpoint=overall_survival&withp=1.01:0.9", "too near 1"),
        ("endpoint=overall_survival&time=0:10:0:10", "no event in either arm"),
        ("endpoint=crs_duration_grade3&medians=4:5:9:12:6:3:14:11", "between shortest and longest"),
        ("counts=%3Cimg%20src=x%3E:1:1:1", "a count is a whole number"),
    ],
)
def test_an_address_that_says_nothing_sensible_is_refused_in_words(same_page, bad, said, review):
    page = same_page
    at(page, mu=0.5)
    found = {label: np.array(values) for label, values in page.evaluate(GO, f"#{bad}")}
    assert said in text(page, "link-fault") and "book's answer is shown instead" in text(page, "link-fault")
    assert found["Mean effect"] == pytest.approx(
        list(quadrature("severe_infection", review).mu.limits().values()), abs=0.005
    )


@browser
def test_the_link_is_copied_and_reset_returns_to_the_book(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    book = text(page, "table")
    page.locator("[name=mu]").fill("0.4")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('[data-part=told]').textContent")
    assert page.url.endswith("#endpoint=severe_infection&mu=0.4")
    page.get_by_role("button", name="Reset").click()
    settled(page)
    assert text(page, "table") == book and "#" not in page.url


# input


@browser
@pytest.mark.parametrize(
    "values, said",
    [
        (("9", "5", "1", "10"), "9 events in 5 patients"),
        (("x", "5", "1", "10"), "whole number"),
        (("-1", "5", "1", "10"), "whole number"),
        (("1.5", "5", "1", "10"), "whole number"),
        (("1", "0", "1", "10"), "Found 0 patients"),
        (("1", "5", "", ""), "four numbers are needed"),
        (("10000", "20000", "9999", "20000"), "too precise"),
        (("1", "99999", "1", "2"), "from 1 to 20,000"),
        (("4999", "5000", "1", "5000"), "beyond this page"),
    ],
)
def test_counts_that_cannot_be_are_refused_in_place_and_the_last_answer_stays_dimmed(same_page, values, said):
    page = same_page
    at(page, endpoint="severe_infection")
    before, inputs_of = text(page, "table"), ("events-treated", "n-treated", "events-control", "n-control")
    for name, value in zip(inputs_of, values, strict=True):
        page.locator(f"[name={name}]").fill(value)
    settled(page)
    assert said in text(page, "own-fault")
    assert text(page, "table") == before and "stale" in page.locator("#explorer").get_attribute("class")
    assert text(page, "summary").startswith("The last valid answer")
    marked = page.locator("[aria-invalid=true]")
    assert marked.count() and marked.first.get_attribute("aria-describedby") == "own-fault"
    page.get_by_role("button", name="Take it out").click()
    assert (
        "stale" not in page.locator("#explorer").get_attribute("class")
        and page.locator("[aria-invalid=true]").count() == 0
    )


@browser
@pytest.mark.parametrize(
    "values, said",
    [
        (("0.8", "0.9", "1.2"), "both sides"),
        (("0", "0.5", "1"), "above 0"),
        (("1e1", "0.5", "1"), "a number above 0"),
        (("1", "0.99", "1.01"), "too precise"),
        (("51", "45", "60"), "between 0.02 and 50"),
        (("0.8", "", "1"), "three numbers"),
    ],
)
def test_ratios_that_cannot_be_are_refused_in_place(same_page, values, said):
    page = same_page
    page.select_option("[name=endpoint]", "overall_survival")
    for name, value in zip(("estimate", "lower", "upper"), values, strict=True):
        page.locator(f"[name={name}]").fill(value)
    settled(page)
    assert said in text(page, "own-fault")


@browser
@pytest.mark.parametrize(
    "choices, said",
    [
        ({"ratio": "0.5:0.1:0.9"}, "1.61 below and 0.59 above 0.500"),
        ({"ratio": "0.8:0.5:1.28"}, ""),
        ({"logrank": "0.03:untold:40:30:31"}, "Which arm did better is not told"),
    ],
)
def test_what_a_reader_should_know_of_a_study_as_typed_is_said(same_page, choices, said):
    """1.61 = log 0.5 / 0.1, and 0.59 = log 0.9 / 0.5; 0.8 (0.5 to 1.28) is symmetric."""
    at(same_page, endpoint="overall_survival", **choices)
    found = text(same_page, "own-note")
    assert said in found if said else not found


@browser
def test_one_sentence_says_what_moved_and_why(page):
    book = np.exp(at(page, endpoint="severe_infection")["Mean effect"][0])
    settled(page)
    assert not text(page, "moved")
    now = np.exp(at(page, endpoint="severe_infection", counts="4:60:20:60", mu=0.95)["Mean effect"][0])
    settled(page)
    assert text(page, "moved").startswith(f"The median moved from {book:.2f} to {now:.2f}")
    assert "most by your study" in text(page, "moved") and "less by the prior of μ" in text(page, "moved")


@browser
def test_every_control_is_large_enough_for_a_finger(page):
    """24 CSS pixels either way (WCAG 2.2, 2.5.8); a label is part of what can be hit."""
    page.get_by_text("Make your study a contribution").click()
    small = page.evaluate("""() => [...document.querySelectorAll(
        "#explorer :is(input, select, button, summary)")].filter(one => one.offsetParent).map(control =>
        [control.name || control.textContent, control.getBoundingClientRect()]).filter(([, box]) =>
        Math.min(box.width, box.height) < 24).map(([name]) => name)""")
    assert not small


@browser
def test_the_keyboard_moves_a_slider_and_the_answer_is_spoken(page):
    page.locator("[name=mu]").focus()
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert page.url.endswith("mu=0.95")
    spoken = page.locator("[role=status][aria-live=polite]").first.inner_text()
    assert spoken == f"{text(page, 'summary')} {text(page, 'moved')}"
    unnamed = page.evaluate(
        "[...document.querySelectorAll('#explorer input, #explorer select')].filter(control =>"
        " !control.labels.length).length"
    )
    assert unnamed == 0 and "Mean effect: " in page.locator("svg").get_attribute("aria-label")


@browser
def test_the_numbers_shown_can_be_saved(page, tmp_path):
    found = at(page, endpoint="icans", mu=0.8)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save these numbers").click()
    assert download.value.suggested_filename == "explorer-icans.csv"
    saved = pd.read_csv(download.value.path(), index_col=0)
    for label, values in found.items():
        assert saved.loc[label, ["median", "lower", "upper"]].dropna().tolist() == pytest.approx(
            [value for value in values if value], rel=1e-12
        ), label


# a contribution


@browser
@pytest.mark.parametrize(
    "endpoint, own",
    [
        ("severe_infection", {"counts": "7:18:4:22"}),
        ("overall_survival", {"ratio": "0.86:0.41:1.80"}),
        ("icans", {"ratio": "1.10:0.50:2.42"}),
    ],
)
def test_the_record_it_writes_passes_the_check_once_its_row_is_filled_in_and_enters(
    page, tmp_path, capsys, endpoint, own
):
    root = tmp_path / "extraction"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    at(page, endpoint=endpoint, **own)
    page.get_by_text("Make your study a contribution").click()
    for name, value in {"study": "lee2031", "where": "Table 2", "doi": "10.1234/example.2031"}.items():
        page.locator(f"[name={name}]").fill(value)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the record").click()
    assert download.value.suggested_filename == "lee2031.yml"
    path = text(page, "path")
    download.value.save_as(tmp_path / path)
    python, _, models, *words, named = text(page, "command").split()
    assert (python, models, named) == ("python", "models", path)
    assert models_main([*words, str(tmp_path / path), "--json"]) == 0
    previewed = json.loads(capsys.readouterr().out)
    assert [one["endpoint"] for one in previewed["endpoints"]] == [endpoint]
    row = text(page, "row").replace("[FILL_IN]", "[Lee A]").replace("FILL_IN", "Invented for a test.")
    register = (root / "register.yml").read_text(encoding="utf-8")
    assert "\nexternal:" in register
    register = register.replace("\nexternal:", f"\n{row.rstrip()}\n\nexternal:", 1)
    (root / "register.yml").write_text(register, encoding="utf-8")
    assert extraction_main(["check", "--root", str(root)]) == 0, capsys.readouterr()


@browser
@pytest.mark.parametrize(
    "names, said",
    [
        (("Lee 2031", "Table 2", "10.1234/x1"), "surname in small letters"),
        (("lee2031", " ", "10.1234/x1"), "where the numbers stand"),
        (("lee2031", "Table 2", "doi.org/x"), "begins with 10."),
    ],
)
def test_a_record_without_proper_names_is_not_written(page, names, said):
    at(page, endpoint="severe_infection", counts="7:18:4:22")
    page.get_by_text("Make your study a contribution").click()
    for name, value in zip(("study", "where", "doi"), names, strict=True):
        page.locator(f"[name={name}]").fill(value)
    page.wait_for_function(
        "said => document.querySelector('[data-part=record-fault]').innerText.includes(said)", arg=said
    )
    assert not page.get_by_role("button", name="Save the record").is_visible()


def test_a_notebook_without_a_book_says_where_the_explorer_works(monkeypatch, review):
    shown = []
    monkeypatch.delenv(files.PAGE, raising=False)
    monkeypatch.setattr(files, "display", lambda content, **_: shown.append(content["text/html"]))
    explorer.show(review)
    assert "python -m book" in shown[0] and "<script" not in shown[0]
