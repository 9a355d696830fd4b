"""The small figures beside findings, in Chromium: they move as the explorer does, and are not there without
scripts.
"""

import pytest
from example_browser import faultless
from example_explorer import at, write_live

pytestmark = pytest.mark.browser
KEYS = ("overall_survival", "progression_free_survival")


@pytest.fixture(scope="module")
def live(tmp_path_factory, review) -> str:
    """The small figures of two endpoints on a page."""
    return write_live(tmp_path_factory.mktemp("live"), KEYS, review)


def test_each_figure_moves_as_the_explorer_does(chromium, live, page):
    """Without bias under another prior of tau, and with the bias as judged."""
    with faultless(chromium.new_page(viewport={"width": 360, "height": 800})) as opened:
        opened.goto(live)
        opened.locator(".review-live summary").click()
        for key in KEYS:
            figure = opened.locator(f"[data-endpoint={key}]")
            said = figure.locator("[data-part=summary]")
            for slider, value, choices in [
                ("tau", "1.2", {"tau": "half_normal:1.2"}),
                ("share", "100", {"tau": "half_normal:1.2", "bias": "judged"}),
            ]:
                before = said.inner_text()
                figure.locator(f"[name={slider}]").fill(value)
                said.filter(has_not_text=before).wait_for()
                at(page, endpoint=key, **choices)
                now = page.locator("[data-part=summary]").inner_text()
                # one writes `0.80 (95 % interval 0.42 to 1.49)`, the other without the words
                assert said.inner_text() == now.replace("95 % interval ", "")
        assert opened.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        sizes = opened.evaluate("""() => [...document.querySelectorAll(".review-live :is(input, summary)")]
            .map(one => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))""")
        assert len(sizes) == 5 and min(sizes) >= 24


def test_without_scripts_nothing_of_them_is_seen(chromium, live):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live)
    assert not page.locator(".review-live").first.is_visible()
    context.close()
