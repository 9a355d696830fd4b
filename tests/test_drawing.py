"""What is done to a drawing on its way to a page, to the titles of folded code, and to the theme's pages."""

import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from book import drawing, prompts, theme
from models.style import DARK

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@pytest.fixture
def drawn() -> bytes:
    """A line, words, a marker, and points as a raster."""
    figure, ax = plt.subplots()
    ax.plot(np.linspace(0, 1, 7) ** 2, np.linspace(0, 1, 7) ** 3, "-o", color="#0072B2", label="a line")
    ax.vlines([0.1, 0.2], 0, 1, color="#222222", rasterized=True)
    ax.set_xlabel("words, and numbers")
    out = io.BytesIO()
    figure.savefig(out, format="svg")
    plt.close(figure)
    return out.getvalue()


def outlines(svg: bytes) -> list[str]:
    return re.findall(r' d="([^"]*)"', svg.decode())


# drawings


def test_a_slim_drawing_has_the_same_outlines_to_a_hundredth(drawn):
    slim = drawing.slim(drawn)
    assert len(slim) < 0.8 * len(drawn)
    for before, after in zip(outlines(drawn), outlines(slim), strict=True):
        assert re.findall("[A-Za-z]", before) == re.findall("[A-Za-z]", after)
        assert np.allclose([float(n) for n in NUMBER.findall(before)], [float(n) for n in NUMBER.findall(after)], rtol=0, atol=0.0051)


def test_every_reference_of_a_slim_drawing_has_its_target(drawn):
    slim = drawing.slim(drawn).decode()
    wanted = set(re.findall(r'xlink:href="#([^"]*)"|url\(#([^)]*)\)', slim))
    assert len(wanted) > 10
    assert {one or other for one, other in wanted} <= set(re.findall(r' id="([^"]*)"', slim))


def test_a_dark_drawing_has_no_light_colour_left_and_its_raster_is_turned(drawn):
    dark = drawing.dark(drawing.slim(drawn)).decode()
    left = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", dark))
    assert left and left <= set(DARK.values())
    assert '<image filter="url(#turned)"' in dark and dark.count('<filter id="turned"') == 1
    assert re.search(rf'<svg [^>]* fill="{DARK["#000000"]}">', dark), "black fills are not written out"


# titles of folded code

CELL = "```{{code-cell}} ipython3\n:tags: [hide-input]\n{options}\n{code}\n```\n"


@pytest.mark.parametrize("code, title", [
    ('from book.show import table\ntable(frame, "A caption")', "A caption"),
    ("from book import chapter\nchapter.graph('icans')", "The model as a graph"),
    ("from book.show import show\nfrom book import chapter\nshow(*chapter.graph('icans'), 'x')", "The model as a graph"),
    ("from book import chapter\nchapter.graph('icans')\nchapter.forest('icans')", "The model as a graph, and more"),
    ("from book import chapter\nfor x in chapter.graph('y'):\n    found = chapter.forest(x)", "Posterior of each study beside its printed result"),
])
def test_a_fold_is_titled_by_a_caption_or_by_the_function_called(code, title):
    assert f'\n:mystnb: {{code_prompt_show: "Code: {title}"}}\n' in prompts.with_titles(CELL.format(options="", code=code))


@pytest.mark.parametrize("cell", [CELL.format(options=":mystnb: {code_prompt_show: Mine}\n", code="from book import chapter\nchapter.graph('x')"),
                                  CELL.format(options="", code="print(1)"), "Text with `{code-cell}`.\n"])
def test_a_title_of_its_own_and_what_cannot_be_told_stay(cell):
    assert prompts.with_titles(cell) == cell


# pages of the theme


def test_a_page_loads_what_it_holds_something_for_and_nothing_else():
    files = ('<script src="../_static/searchtools.js"></script><link rel="stylesheet" href="../_static/sphinx-design.min.css?v=1" />'
             '<script src="../_static/clipboard.min.js?v=2"></script><script src="../_static/own.js"></script>')
    assert theme._mended(f"<head>{files}</head><p>Text</p>") == '<head><script src="../_static/own.js"></script></head><p>Text</p>'
    held = '<div class="highlight-python"></div><div class="docutils sd-card"></div><div id="search-results"></div>'
    assert theme._mended(f"<head>{files}</head>{held}") == f"<head>{files}</head>{held}"


def test_icons_that_no_page_shows_are_taken_out(tmp_path):
    icons, styles = tmp_path / theme.ICONS, tmp_path / theme.STYLES
    for path, text in ((icons, 'x={bars:[448,512,["navicon"],"f0c9","M0 96"],"arrow-up":[384,512,[8593],"f062",["M1","M2"]],tv:[1,2,[],"f26c","M3"]}'),
                       (styles, '@font-face{font-family:Font Awesome\\ 6 Free}.fa-tv:before{content:"\\f26c"}.own{color:red}:root{--pst-icon-x:"y"}'),
                       (tmp_path / "a.html", '<i class="fa-solid fa-bars"></i>'), (tmp_path / "b.js.map", "{}")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    theme.mend(tmp_path)
    assert icons.read_text() == 'x={bars:[448,512,["navicon"],"f0c9","M0 96"],}'
    assert styles.read_text() == ".own{color:red}:root{--pst-icon-x:none}"
    assert not (tmp_path / "b.js.map").exists()
