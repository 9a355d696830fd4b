"""Any number to its source: what stands behind it is what the record says, and every reader can open it."""

import json
import re
import shutil
from html import unescape

import pytest
from example_browser import faultless
from example_markup import MARKUP, plant_markup
from example_review import Invented

from book.html import linked, markers
from book.make import build, inputs, notebooks, pages, provenance, written
from book.shown import agreement, register
from book.shown.endpoint import curves, tables, without_priors
from book.sphinx import beside
from extraction.question import ENDPOINTS as REPORTED
from extraction.records import load
from extraction.schema import Entry
from models.endpoints import ENDPOINTS, evidence_of
from models.evidence.collect import ALTERNATIVES, PRIMARY, RULES, collect
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.registry import KINDS
from models.trust.told import told


@pytest.fixture(scope="module")
def sources(review) -> dict[str, dict]:
    return provenance.sources(review)


def lines_of(source: dict) -> list[list[str]]:
    """All that a source says, reports included."""
    return [line for part in (source["lines"], *source["reports"]) for line in part]


# what is behind a number


def linked_tables(review: Invented):
    """Every frame that pages show as a linked table."""
    for key, endpoint in ENDPOINTS.items():
        yield from (tables.as_printed(key, review), tables.used(key, review), tables.not_used(key, review))
        yield curves.beside_print(review, endpoint.evidence)
    yield from (
        tables.by_contrast("severe_crs", review),
        register.decisions(review),
        register.overlaps(review),
        register.contradictions(review),
    )
    yield agreement.with_another_test(review)
    yield from agreement.differing(review).values()
    yield from agreement.everything(review).values()


def test_every_row_of_every_linked_table_has_its_sources(review, sources):
    shown = [frame for frame in linked_tables(review) if not frame.empty]
    assert len(shown) > 3 * len(ENDPOINTS)
    for frame in shown:
        assert {"study"} & set(frame.columns) or {*linked.PRINTED} & set(frame.columns), (
            "no cell of a row opens anything"
        )
        for study, entries in zip(frame["study_id"], frame["entries"], strict=True):
            assert study in sources
            assert {markers.entry_key(study, entry) for entry in entries} <= sources.keys()


def test_a_number_says_what_is_printed_and_where_and_leads_to_record_and_paper(review, sources):
    for study, entry in (
        (study, entry) for study, record in review.records.items() for entry in record.entries
    ):
        found = sources[markers.entry_key(study, entry.id)]
        lines, links = dict(found["lines"]), [address for _, address in found["links"]]
        assert lines["As printed"] == (entry.printed or "not printed")
        assert lines["Where"] == str(entry.address)
        assert links == [
            f"studies/{study}.html#entry-{entry.id}",
            f"https://doi.org/{review.studies[study].doi}",
        ]
        for name in type(entry).model_fields:
            value = getattr(entry, name)
            if name not in Entry.model_fields and isinstance(value, int) and not isinstance(value, bool):
                assert re.search(rf"\b{value}\b", lines["Read as"]), f"{entry.id}: {name} is not said"


@pytest.mark.parametrize("key", ENDPOINTS)
def test_a_report_that_enters_says_so_with_its_likelihood_and_one_left_out_its_reason(key, review, sources):
    evidence = evidence_of(key, review)
    title = REPORTED[evidence.endpoint]
    for report in evidence.used:
        for entry in report.entries:
            lines = lines_of(sources[markers.entry_key(report.study, entry)])
            assert ["Enters", f"{title}: {report.report.words}"] in lines
            assert any(name == "Likelihood" and type(report.report).__name__ in text for name, text in lines)
    for report in evidence.unused:
        for entry in report.entries:
            assert ["Left out", f"{title}: {report.reason}"] in lines_of(
                sources[markers.entry_key(report.study, entry)]
            )


def test_every_verdict_stands_with_its_number(review, sources):
    for study, found in agreement.by_number(review).items():
        for entry, finding in found.items():
            lines = sources[markers.entry_key(study, entry)]["lines"]
            assert any(
                name == "Recalculated" and text.startswith(finding.verdict.replace("_", " "))
                for name, text in lines
            )


def test_every_row_of_a_study_page_opens_its_own_source(review):
    written = pages.generated(review)
    for study, record in review.records.items():
        rows = {
            entry: row
            for entry, row in re.findall(
                r'<tr id="entry-([^"]+)"[^>]*>(.*)</tr>', written[f"studies/{study}.md"]
            )
        }
        assert sorted(rows) == sorted(entry.id for entry in record.entries)
        for entry, row in rows.items():
            assert f'href="#entry-{entry}" data-source="{markers.entry_key(study, entry)}"' in row


def test_every_rule_engine_recovery_and_kind_of_report_says_what_it_does(review):
    readings = [PRIMARY, *ALTERNATIVES.values()]
    recovered = {
        report.recovered_by
        for endpoint in REPORTED
        for reading in readings
        for report in collect(review, endpoint, reading).used
        if report.recovered_by
    }
    assert len(recovered) > 1
    models = {endpoint.engine.build for endpoint in ENDPOINTS.values()}
    for rule in (*RULES.values(), *recovered, *models, *KINDS.values()):
        assert re.fullmatch(r"[^.`]{20,}", getattr(rule, "words", "")), f"{rule.__module__} has no words"


def test_candidates_are_counted_with_their_range():
    assert (
        provenance.candidates([(3, 5, 0, 4), (4, 5, 2, 4), (3, 5, 1, 4)])
        == "3 tables print so: 3 to 4 of 5 with tocilizumab, 0 to 2 of 4 without"
    )
    assert (
        provenance.candidates([(3, 5, 0, 4)])
        == "one table prints so: 3 of 5 with tocilizumab, 0 of 4 without"
    )
    assert provenance.candidates([]) == ""


def test_histories_are_counted_as_the_search_finds_them(review, sources):
    from extraction.recover.log_rank import log_rank_histories

    told = [
        (report, lines)
        for key in ENDPOINTS
        for report in evidence_of(key, review).used
        if isinstance(report.report, LogRankHistories)
        for lines in [lines_of(sources[markers.entry_key(report.study, report.entries[0])])]
    ]
    assert told
    for report, lines in told:
        d = report.report
        untied = sum(
            row["histories"]
            for row in log_rank_histories(d.n_treated, d.n_control, d.p).untied or ()
            if row["match"] == "rounded"
        )
        assert any(
            name == "Candidates" and text.startswith(f"no ties: {untied:,} histories") for name, text in lines
        )


def test_every_endpoint_is_known():
    assert markers.PAGES.keys() == ENDPOINTS.keys()
    for key, address in markers.PAGES.items():
        page, _, section = address.partition("#")
        text = written.pages()[page.removesuffix(".html")]
        assert f'chapter.forest("{key}", REVIEW)' in text
        assert not section or section in {
            line[3:].lower().replace(",", "").replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("## ")
        }


def test_a_mean_names_every_report_it_is_computed_from(review, sources):
    for key in ENDPOINTS:
        lines = sources[markers.mean_key(key)]["lines"]
        assert [text.partition(":")[0] for name, text in lines if name == "Computed from"] == [
            review.studies[report.study].label for report in evidence_of(key, review).used
        ]


# what a record holds stays text


def told_by(script: str) -> dict[str, dict]:
    return json.loads(script.removeprefix('"use strict";\nwindow.PROVENANCE = ').rstrip(";\n"))


def test_markup_of_a_record_is_text_in_script_and_link(invented):
    assert plant_markup(invented.root) > 40
    hostile = load(invented.root)
    said = provenance.script(hostile)
    assert "<" not in said and ">" not in said and "&" not in said
    found = told_by(said)
    assert found == json.loads(json.dumps(provenance.sources(hostile)))
    assert sum(MARKUP in text for source in found.values() for _, text in source["lines"]) > 20
    link = markers.marked(MARKUP, ["example2020#severe_infection.treated"])
    assert link.count("<") == 2 and "`" not in link


def test_the_script_makes_no_markup_of_a_text():
    script = (inputs.ROOT / "book" / "scripts" / beside.SCRIPT).read_text(encoding="utf-8")
    assert not re.search("innerHTML|outerHTML|insertAdjacentHTML|document.write|eval", script)


@pytest.mark.usefixtures("fitted")
@pytest.mark.parametrize("key", ENDPOINTS)
def test_each_ratio_of_a_finding_opens_what_it_is_computed_from(key, monkeypatch, review):
    from book.shown.endpoint import chapter
    from models import words

    shown = []
    monkeypatch.setattr(chapter, "display", lambda made: shown.append(made.data))
    chapter.finding(key, review)
    found = told(key, review)
    said = f"{words.headline(found)}. {words.details(found, ENDPOINTS[key])}"
    assert unescape(re.sub("<[^>]*>", "", shown[0])) == said
    for interval, (source,) in chapter.sources_of(found).items():
        assert f">{interval}</a>" in shown[0] and f'data-source="{source}"' in shown[0]


# the forest plot as a table


def test_the_table_of_a_forest_plot_says_what_the_plot_shows(review):
    from book.shown.endpoint import figures
    from models import words
    from models.answers.summary import summarise

    for key in ENDPOINTS:
        picture = figures.forest(key, review)
        shown = tables.forest(picture.numbers, summarise(key, review) | {"digits": 2})
        rows = figures.forest_rows(key, review)
        assert list(shown["study"]) == [row.label for row in rows]
        for said, row in zip(shown.iloc[:, 2], rows, strict=True):
            assert said == (
                words.interval(row.limits, 2).replace("95 % interval ", "") if row.limits else row.gap
            )
        assert all(
            said == row.printed
            for said, row in zip(shown["as printed"], rows, strict=True)
            if row.kind in ("study", "unused", "awaiting")
        )


# terms

GLOSSARY = written.pages()["glossary"]
DEFINED = [
    term
    for block in re.findall(r"^```\{glossary\}\n(.*?)^```", GLOSSARY, re.M | re.S)
    for term in re.findall(r"^(?! )(.+)$", block, re.M)
]


def used_terms() -> set[str]:
    return {
        named or said
        for page in written.pages().values()
        for said, named in re.findall(r"\{term\}`([^`<]+?)(?: <([^`>]+)>)?`", page)
    }


def test_every_term_is_defined_once_and_used_and_every_used_one_is_defined():
    assert len(DEFINED) == len(set(DEFINED)) > 20
    assert used_terms() == set(DEFINED)


def test_a_notebook_shows_terms_as_plain_words(tmp_path):
    [made] = notebooks.write([inputs.ROOT / "book" / "methods.md"], tmp_path)
    text = made.read_text(encoding="utf-8")
    assert "{term}" not in text and "therapeutic use" in text and "CRS>" not in text


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A book of three pages with the extension: one with terms, one without any, and the glossary."""
    folder = tmp_path_factory.mktemp("glossary")
    (folder / "source" / "book").mkdir(parents=True)
    pages = {
        "intro": '# Page\n\nThe {term}`mean <μ>` "and" {term}`CRS`.\n',
        "bare": "# Bare\n\nNothing.\n",
        "glossary": (
            "# Words\n\n```{glossary}\nCRS\n  A *syndrome* if 1 < 2 & 3.\n\n  More.\n\nμ\n  The mean.\n```\n"
        ),
    }
    for name, text in pages.items():
        (folder / "source" / "book" / f"{name}.md").write_text(text)
    (folder / "source" / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nchapters: [{file: book/bare}, {file: book/glossary}]\n"
    )
    (folder / "source" / "_config.yml").write_text(
        "title: A book\nonly_build_toc_files: true\nexecute: {execute_notebooks: 'off'}\n"
        "sphinx: {extra_extensions: [book.sphinx.beside]}\n"
    )
    return build.render(folder / "source", folder) / "book"


@pytest.mark.book
def test_a_term_carries_the_first_paragraph_of_its_definition_and_only_its_page_the_script(rendered):
    page = (rendered / "intro.html").read_text(encoding="utf-8")
    assert page.count(' title="The mean."') == 1
    assert page.count(' title="A syndrome if 1 &lt; 2 &amp; 3."') == 1
    assert page.count(beside.SCRIPT) == 1
    assert beside.SCRIPT not in (rendered / "bare.html").read_text(encoding="utf-8")


@pytest.mark.book
def test_whatever_a_page_opens_is_there_and_only_pages_that_open_something_load_the_script(html, review):
    known = told_by((html / beside.PLACE / beside.DATA).read_text(encoding="utf-8")).keys()
    opened = set()
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        keys = {key for keys in re.findall(r'data-source="([^"]+)"', text) for key in keys.split()}
        terms = re.findall(r'<a class="reference internal"([^>]*)><span class="xref std std-term">', text)
        assert keys <= known, path.name
        assert all(' title="' in attributes for attributes in terms), path.name
        assert (f'{beside.PLACE}/{beside.SCRIPT}"' in text) == bool(
            keys or terms or 'class="source"' in text
        ), path.name
        opened |= keys
    assert opened >= {
        markers.entry_key(study, entry.id)
        for study, record in review.records.items()
        for entry in record.entries
    }
    assert opened >= {markers.mean_key(key) for key in ENDPOINTS}


@pytest.mark.book
def test_every_figure_and_table_of_an_executed_page_opens_its_rows_or_how_it_was_computed(html):
    opens = set()
    for page in set((html / "book").glob("*.html")) - {html / "book" / "data-dictionary.html"}:
        before, *rest = page.read_text(encoding="utf-8").split('<p class="review-numbers">')
        for link, _, after in (part.partition("</p>") for part in rest):
            shown = before.rpartition("<table" if before.rstrip().endswith("</div>") else "<figure")[2]
            assert 'data-made="' in link or "<a " in shown, f"{page.name}: {link}"
            opens |= set(re.findall(r'data-made="([^"]*)"', link))
            before = after
    assert len(opens) > 30 and all(re.fullmatch(r"[A-Z].{20,}\.", said) for said in opens), opens


def test_a_table_and_a_picture_carry_how_they_were_computed_and_from_which_posterior(monkeypatch, review):
    from book.html import files, linked
    from book.html.show import drawn
    from book.shown.endpoint import bias_pictures, figures

    shown = []
    monkeypatch.setenv(files.PAGE, "page")
    monkeypatch.setattr(files, "display", lambda data, **_: shown.append(data["text/html"]))
    linked.text_table(without_priors.results("icans", review))
    shown.append(drawn(figures.forest("icans", review), "forest")[0])
    linked.text_table(bias_pictures.scales())
    of_one = f'data-source="{markers.mean_key("icans")}">How computed</a>'
    assert [of_one in html for html in shown] == [True, True, False]
    assert all(re.search(r'data-made="[A-Z][^"]{20,}\."', html) for html in shown)


def test_nothing_shown_to_readers_is_read_from_a_docstring():
    """`models/runs/syntax.py` names what reads them, to strip them from keys."""
    reads = re.compile(r"__doc__|getdoc|get_docstring")
    modules = [path for folder in ("book", "models") for path in (inputs.ROOT / folder).rglob("*.py")]
    found = [path.name for path in modules if reads.search(path.read_text(encoding="utf-8"))]
    assert found == ["syntax.py"]


@pytest.mark.parametrize("key", ENDPOINTS)
def test_an_answer_read_through_bias_names_every_study_with_its_judgement(key, review, sources):
    from extraction.bias import overall

    lines, evidence = sources[markers.bias_key(key)]["lines"], evidence_of(key, review)
    read = [text for name, text in lines if name == "Read through"]
    assert len(read) == len(evidence.studies)
    for study, text in zip(evidence.studies, read, strict=True):
        assert text.startswith(
            f"{review.studies[study].label}, risk of bias"
            f" {overall(review.records[study], evidence.endpoint)}: "
        )
    assert any(name == "Computed by" and "models." in text for name, text in lines)


# in a browser

BOX = "#source-box"
TERM = (
    '<a class="reference internal" href="glossary.html#term-CRS" title="A syndrome."><span class="xref std'
    ' std-term">CRS</span></a>'
)


@pytest.fixture(scope="module")
def linked_entry(review) -> tuple[str, str]:
    """Study and entry behind the first row of the first linked table."""
    return next(
        (study, entries[0])
        for frame in linked_tables(review)
        for study, entries in zip(frame["study_id"], frame["entries"], strict=True)
    )


@pytest.fixture(scope="module")
def of_many_entries(review):
    return max(
        (report for key in ENDPOINTS for report in evidence_of(key, review).used),
        key=lambda report: len(report.entries),
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory, review, linked_entry, of_many_entries) -> str:
    """A page with a number, a paper at the right edge, a number of many entries at the foot, and a term."""
    folder = tmp_path_factory.mktemp("sources")
    provenance.write(folder / beside.PLACE, review)
    (folder / "book").mkdir()
    shutil.copy(inputs.ROOT / "book" / "scripts" / "style.css", folder)
    number = markers.marked("the number", [markers.entry_key(*linked_entry)])
    paper = markers.marked("the paper", [linked_entry[0]])
    many = markers.marked(
        "many", [markers.entry_key(of_many_entries.study, entry) for entry in of_many_entries.entries]
    )
    (folder / "book" / "page.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport"'
        ' content="width=device-width"><link rel="stylesheet" href="../style.css"><title>Page</title><p><a'
        f' href="#">before</a> {number} <button type="button">after</button></p><p style="text-align:'
        f' right">{paper}</p><p>{TERM}</p><div class="review-scroll" style="height: 8rem; margin-top:'
        f' 60vh"><table class="review-table"><tr><td>{many}</td><td>beside it</td></tr></table></div><div'
        ' class="review-scroll"><table class="review-table"><tr><td>0.74</td></tr></table></div><p'
        f' class="review-numbers">{markers.made(without_priors.HOW, "icans")}</p><script'
        f' src="../{beside.PLACE}/{beside.SCRIPT}"></script>',
        encoding="utf-8",
    )
    return (folder / "book" / "page.html").as_uri()


@pytest.fixture(params=[{"viewport": {"width": 1280, "height": 800}}], ids=["desktop"])
def page(request, chromium, address):
    """The page as it opens, with a clock that tests can stop; at its end neither complaints nor requests."""
    context = chromium.new_context(**request.param)
    with faultless(context.new_page()) as opened:
        opened.clock.install(time=0)
        opened.goto(address)
        yield opened
    context.close()


PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}


def stop_the_clock(page) -> None:
    """From here on no time passes in the page but by `page.clock.run_for`: how long a pointer rests does not
    depend on how busy the machine is.
    """
    page.clock.pause_at(3600)


def number(page):
    return page.get_by_text("the number", exact=True)


def closed(page) -> None:
    page.wait_for_selector(BOX, state="detached")


def shown(page) -> str:
    return page.wait_for_selector(BOX).inner_text()


@pytest.mark.browser
def test_the_pointer_opens_what_the_record_says_and_leaving_closes_it(page, review, linked_entry):
    assert not page.locator(BOX).count()
    number(page).hover()
    text = shown(page)
    entry = next(e for e in review.records[linked_entry[0]].entries if e.id == linked_entry[1])
    assert (
        entry.printed in text and str(entry.address) in text and review.studies[linked_entry[0]].doi in text
    )
    assert number(page).get_attribute("aria-expanded") == "true"
    stop_the_clock(page)
    page.locator(BOX).hover()  # on its way to a link the pointer leaves the number
    page.clock.run_for(500)
    assert page.locator(BOX).is_visible()
    page.mouse.move(1200, 700)
    page.clock.run_for(500)
    closed(page)
    assert number(page).get_attribute("aria-expanded") == "false"


@pytest.mark.browser
def test_a_report_of_several_numbers_is_told_once(page, sources, of_many_entries):
    page.get_by_role("button", name="many", exact=True).click()
    names = [line.strip() for line in shown(page).splitlines()]
    assert names.count("As printed") == len(of_many_entries.entries) > 1
    enters = [
        json.dumps(report)
        for entry in of_many_entries.entries
        for report in sources[markers.entry_key(of_many_entries.study, entry)]["reports"]
        if report[0][0] == "Enters"
    ]
    assert names.count("Enters") == len(set(enters)) < len(enters)


@pytest.mark.browser
def test_a_page_that_scrolls_under_a_resting_pointer_opens_nothing(page):
    page.set_viewport_size({"width": 1280, "height": 300})
    at = page.get_by_role("button", name="many", exact=True).bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, 250)
    page.mouse.wheel(0, at["y"] + at["height"] / 2 - 250)
    # the pointer rests on it
    page.wait_for_function("document.querySelector('a:hover')?.textContent === 'many'")
    page.clock.run_for(600)
    assert not page.locator(BOX).count()
    page.mouse.move(at["x"] + at["width"] / 2 + 2, 250)
    shown(page)


@pytest.mark.browser
def test_a_click_keeps_it_open_a_second_closes_it_and_so_does_one_elsewhere(page):
    number(page).click()
    shown(page)
    page.mouse.move(1200, 700)
    page.clock.run_for(500)
    assert page.locator(BOX).is_visible()
    number(page).click()
    closed(page)
    number(page).click()
    shown(page)
    page.mouse.click(1200, 700)
    closed(page)
    assert page.url.endswith("page.html"), "the link itself was not followed"


@pytest.mark.browser
def test_the_keyboard_opens_reaches_the_paper_and_comes_back(page, review, linked_entry):
    page.get_by_text("before").focus()
    page.keyboard.press("Tab")
    page.clock.run_for(500)
    assert not page.locator(BOX).count(), "the focus alone opens nothing"
    page.keyboard.press("Enter")
    shown(page)
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.href ?? document.activeElement.textContent"))
    study, entry = linked_entry
    assert stops[0] == "Close" and stops[1].endswith(f"/book/studies/{study}.html#entry-{entry}")
    assert stops[2:] == [f"https://doi.org/{review.studies[study].doi}", "after"]
    closed(page)
    page.keyboard.press("Shift+Tab")
    for leaves in ("Escape", "Enter"):  # the second on Close
        page.keyboard.press("Enter")
        shown(page)
        page.keyboard.press("Tab")
        page.keyboard.press(leaves)
        closed(page)
        assert page.evaluate("document.activeElement.textContent") == "the number"
    page.keyboard.press("Space")
    shown(page)
    page.keyboard.press("Space")
    closed(page)


@pytest.mark.browser
@pytest.mark.parametrize("page", [PHONE], indirect=True, ids=["phone"])
@pytest.mark.parametrize("text", ["the number", "the paper", "many", "CRS"])
def test_a_tap_toggles_and_the_box_stays_on_a_small_screen(page, text):
    marker = page.get_by_role("button", name=text, exact=True)
    marker.tap()
    shown(page)
    box = page.locator(BOX).bounding_box()
    assert (
        box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] >= 0 and box["y"] + box["height"] <= 640
    )
    assert box["height"] <= 0.4 * 640
    at = marker.bounding_box()
    assert box["y"] >= at["y"] + at["height"] or box["y"] + box["height"] <= at["y"], (
        "it hides what it explains"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    marker.tap()
    closed(page)


@pytest.mark.browser
@pytest.mark.parametrize(
    "page", [{"viewport": {"width": 1280, "height": 800}}, PHONE], indirect=True, ids=["desktop", "phone"]
)
def test_a_cell_opens_the_source_of_its_row_or_how_its_table_was_computed(page):
    touch = page.evaluate("navigator.maxTouchPoints > 0")
    for text, words in (("beside it", "As printed"), ("0.74", without_priors.HOW)):
        cell = page.get_by_role("cell", name=text, exact=True)
        press = cell.tap if touch else cell.click
        press()
        assert words in shown(page)
        box, at = page.locator(BOX).bounding_box(), cell.bounding_box()
        assert box["y"] >= at["y"] + at["height"] or box["y"] + box["height"] <= at["y"], (
            "it hides what it explains"
        )
        press()
        closed(page)


@pytest.mark.browser
def test_a_pointer_that_rests_on_a_cell_opens_it_and_one_that_passes_does_not(page):
    at = page.get_by_role("cell", name="0.74", exact=True).bounding_box()
    stop_the_clock(page)
    page.mouse.move(at["x"] + 5, at["y"] + 5)
    page.clock.run_for(300)
    assert not page.locator(BOX).count()
    page.mouse.move(900, 5)
    page.clock.run_for(1000)
    assert not page.locator(BOX).count()
    page.mouse.move(at["x"] + 5, at["y"] + 5)
    page.clock.run_for(1000)
    assert without_priors.HOW in shown(page)
    page.mouse.move(900, 5)
    page.clock.run_for(500)
    closed(page)


@pytest.mark.browser
def test_a_box_that_opened_at_a_marker_in_a_cell_stays_where_the_pointer_reads_it(page):
    page.get_by_role("button", name="many", exact=True).hover()
    shown(page)
    before = page.locator(BOX).bounding_box()
    page.mouse.move(before["x"] + 20, before["y"] + 20)
    page.mouse.move(before["x"] + 25, before["y"] + 20)
    page.clock.run_for(1200)
    assert page.locator(BOX).bounding_box() == before
    page.mouse.click(before["x"] + 25, before["y"] + 20)
    assert page.locator(BOX).bounding_box() == before


@pytest.mark.browser
def test_the_keyboard_reaches_how_a_table_was_computed_and_the_posterior_behind_it(page):
    marker = page.get_by_role("button", name="How computed")
    marker.focus()
    page.keyboard.press("Enter")
    text = shown(page)
    assert without_priors.HOW in text and "Prior of μ" in text
    assert marker.get_attribute("href") == "editing.html#status"


@pytest.mark.browser
def test_a_term_opens_its_definition_and_shows_no_second_one(page):
    page.get_by_text("CRS", exact=True).hover()
    assert "A syndrome." in shown(page)
    link = page.locator("a:has(.std-term)")
    assert link.get_attribute("title") is None and link.get_attribute("aria-description") == "A syndrome."


@pytest.mark.browser
def test_without_a_script_a_number_leads_to_its_record(chromium, address, linked_entry):
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(address)
    assert (
        opened.locator("a.source").first.get_attribute("href")
        == f"studies/{linked_entry[0]}.html#entry-{linked_entry[1]}"
    )
    assert opened.locator("a:has(.std-term)").get_attribute("title") == "A syndrome."
    context.close()
