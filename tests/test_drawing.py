"""What is done to a drawing on its way to a page, to the titles of folded code, and to the theme's pages."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from book.html import drawing
from book.html.style import DARK
from book.make import theme

NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")


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


def outlines(svg: bytes) -> list[tuple[str, np.ndarray, bool]]:
    """Of each path the names of its steps, in capitals, its points before it is put in its place, and whether
    it is a letter.
    """
    found = []
    for path, scale in re.findall(
        r'<path(?: [^>]*?)? d="([^"]*)"(?: transform="scale\(([^)]*)\)")?', svg.decode()
    ):
        steps, points, start = re.findall("([MLQCz])([^MLQCz]*)", path, re.I), [np.zeros(2)], np.zeros(2)
        for name, rest in steps:
            numbers = np.array(NUMBER.findall(rest), float).reshape(-1, 2)
            points += list(numbers + (points[-1] if name.islower() else 0)) if name not in "zZ" else [start]
            start = points[-1] if name in "mM" else start
        found.append(
            ("".join(name for name, _ in steps).upper(), np.array(points) * float(scale or 1), bool(scale))
        )
    return found


# drawings


def test_a_slim_drawing_has_the_same_outlines_to_a_hundredth(drawn):
    """Letters are drawn at about a ninth of their outlines' size, which hold to 4 of 64 units."""
    slim = drawing.slim(drawn)
    assert len(slim) < 0.7 * len(drawn)
    for (steps, before, is_letter), (same, after, _) in zip(outlines(drawn), outlines(slim), strict=True):
        assert steps == same
        assert np.allclose(before, after, rtol=0, atol=4 / 64 + 1e-6 if is_letter else 0.0051)


@pytest.mark.browser
def test_a_slim_drawing_looks_the_same(drawn, chromium):
    """Twice as large as on a page no pixel differs by more than one of the four samples that the browser
    takes of it.
    """
    page = chromium.new_page(viewport={"width": 700, "height": 520}, device_scale_factor=2)
    shots = []
    for svg in (drawn, drawing.slim(drawn)):
        page.set_content(
            f'<body style="margin: 0"><img src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}">'
        )
        page.wait_for_function("document.images[0].complete && document.images[0].naturalWidth > 0")
        shots.append(np.array(Image.open(io.BytesIO(page.screenshot())).convert("L"), float))
    page.close()
    before, after = shots
    assert before.min() < 40 < 250 < before.max(), "something is drawn"
    assert np.abs(before - after).max() <= 64 and np.abs(before - after).mean() < 0.05


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


# pages of the theme


def test_a_page_loads_what_it_holds_something_for_and_nothing_else():
    files = (
        '<script src="../_static/searchtools.js"></script><link rel="stylesheet"'
        ' href="../_static/sphinx-design.min.css?v=1" /><script'
        ' src="../_static/clipboard.min.js?v=2"></script><script src="../_static/own.js"></script>'
    )
    assert (
        theme._mended(f"<head>{files}</head><p>Text</p>")
        == '<head><script src="../_static/own.js"></script></head><p>Text</p>'
    )
    held = (
        '<div class="highlight-python"></div><div class="docutils sd-card"></div><div'
        ' id="search-results"></div>'
    )
    assert theme._mended(f"<head>{files}</head>{held}") == f"<head>{files}</head>{held}"


def test_icons_that_no_page_shows_are_taken_out(tmp_path):
    icons, styles = tmp_path / theme.ICONS, tmp_path / theme.STYLES
    for path, text in (
        (
            icons,
            (
                'x={bars:[448,512,["navicon"],"f0c9","M0'
                ' 96"],"arrow-up":[384,512,[8593],"f062",["M1","M2"]],tv:[1,2,[],"f26c","M3"]}'
            ),
        ),
        (
            styles,
            (
                "@font-face{font-family:Font Awesome\\ 6"
                ' Free}.fa-tv:before{content:"\\f26c"}.own{color:red}:root{--pst-icon-x:"y"}'
            ),
        ),
        (tmp_path / "a.html", '<i class="fa-solid fa-bars"></i>'),
        (tmp_path / "b.js.map", "{}"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    theme.mend(tmp_path)
    assert icons.read_text() == 'x={bars:[448,512,["navicon"],"f0c9","M0 96"],}'
    assert styles.read_text() == ".own{color:red}:root{--pst-icon-x:none}"
    assert not (tmp_path / "b.js.map").exists()
