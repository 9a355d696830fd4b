"""The built book as a reader's browser shows it: each page opened on desktop, in the dark, on a phone and
from its folder.
"""

import html as html_module
import re
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import matplotlib.pyplot as plt
import pytest
from example_pages import toc_pages
from PIL import Image
from test_sequence import sequence

from book.html.show import LONGEST_ALT
from book.html.style import DARK, DARK_GROUND, ON_BRIGHT, ORANGE, YELLOW
from book.make import build
from book.shown import preview_picture
from book.sphinx import head
from models.answers.summary import summarise

pytestmark = pytest.mark.book

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
LEFT_BEHIND = "net::ERR_ABORTED"  # a request still open when index.html leads on
AXE = Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js"
HEAVIEST = 1_700_000  # bytes of a page once all of its figures were scrolled to
SLOWEST = 5000  # ms on a busy machine; the aim, printed beside, is 1000
JUMP = 0.1  # cumulative layout shift up to which web.dev calls a page good

WATCH = """() => {
    window.seen = {shift: 0, paint: 0};
    const shifted = entry => { if (!entry.hadRecentInput) seen.shift += entry.value; };
    new PerformanceObserver(list => list.getEntries().forEach(shifted))
        .observe({type: "layout-shift", buffered: true});
    new PerformanceObserver(list => list.getEntries().forEach(entry => { seen.paint = entry.startTime; }))
        .observe({type: "largest-contentful-paint", buffered: true});
}"""
WEIGH = """() => ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
LOOK = """async () => {
    const images = [...document.images].filter(image => getComputedStyle(image).display !== "none");
    images.forEach(image => { image.loading = "eager"; });
    await Promise.all(images.map(image => image.decode().catch(() => 0)));
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const figures = images.filter(image => image.closest(".review-figure"));
    return {
        unnamed: images.filter(image => !image.alt.trim()).length,
        undrawn: images.filter(image => !image.naturalWidth).length,
        unset: document.querySelectorAll(".math:not(:has(math))").length,
        bare: document.querySelectorAll("i[class*='fa-'], span[class*='fa-']").length
            + [...document.querySelectorAll(".admonition-title")]
                .filter(title => getComputedStyle(title, "::after").content !== "none").length,
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        height: document.documentElement.scrollHeight,
        light: figures.filter(image => image.matches(".only-light")).length,
        dark: figures.filter(image => image.matches(".only-dark")).length,
        ground: getComputedStyle(document.body).backgroundColor,
        loaded: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
        ...window.seen,
    };
}"""
"""What a page looks like once all of its images are drawn; WEIGH is what it has loaded by then, in bytes."""
CONTRAST, LINKS = "color-contrast", "link-in-text-block"
EACH_LOOK = """() => {
    const looks = new Map(), own = new Map(), found = [];
    const shows = ["color", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight",
        "textShadow", "filter", "mixBlendMode", "display", "visibility"];
    const text = node => node.nodeType === Node.TEXT_NODE && node.data.trim();
    for (const element of document.querySelectorAll("*")) {
        const style = getComputedStyle(element);
        const key = JSON.stringify([own.get(element.parentElement), ...shows.map(name => style[name])]);
        if (!looks.has(key)) looks.set(key, {number: looks.size, left: 3});
        const look = looks.get(key);
        own.set(element, look.number);
        if (look.left && element.checkVisibility() && [...element.childNodes].some(text)) {
            look.left -= 1;
            found.push(element);
        }
    }
    return found;
}"""
"""Three elements with text of each look, as one may lie where axe-core does not see it.  A look is an
element's own style, and that of all elements around it, as far as it bears on contrast.
"""
FAULTS = f"""async others => {{
    await Promise.all(document.getAnimations().map(one => one.finished.catch(() => 0)));  // as folds open
    const how = {{resultTypes: ["violations"], preload: false}};
    const found = [
        await axe.run("html", {{...others, ...how}}),
        await axe.run({{include: ({EACH_LOOK})()}}, {{runOnly: ["{CONTRAST}"], ...how}}),
    ];
    return found.flatMap(({{violations}}) => violations).flatMap(
        ({{id, nodes}}) => nodes.map(node => `${{id}}: ${{node.html.slice(0, 120)}}`)
    );
}}"""
ALL_RULES = {"rules": {CONTRAST: {"enabled": False}}}
COLOURS_ALONE = {"runOnly": [LINKS]}
"""Rules of axe-core beside contrast, which takes it longer than all others together: it is looked at once for
each look.
"""

OPENED = """() => {
    document.documentElement.classList.add("review-with-code");
    document.querySelectorAll("details").forEach(fold => { fold.open = true; });
}"""
STOPS = """() => [
    ...document.querySelectorAll("article :is(a[href], button, input, select, summary, [tabindex])"),
].filter(one => one.tabIndex >= 0 && one.checkVisibility()).length"""
"""How often the keyboard stops in the text of a page; what a closed fold hides is no stop."""
MOST_STOPS = 80


class Visit:
    """A page that is opened in a tab, and all that it complains of or asks for from elsewhere."""

    def __init__(self, tab, address: str, base: str) -> None:
        self.page, self.problems = tab, []
        self.page.on(
            "console",
            lambda message: (
                self.problems.append(f"console: {message.text}") if message.type == "error" else None
            ),
        )
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((base, "data:"))
                else self.problems.append(f"asks for {request.url}")
            ),
        )
        self.page.on(
            "requestfailed",
            lambda request: (
                None if request.failure == LEFT_BEHIND else self.problems.append(f"cannot load {request.url}")
            ),
        )
        self.page.goto(address, wait_until="load")
        self.page.wait_for_url(lambda url: not url.endswith(f"{base}/index.html"))

    def look(self) -> dict:
        """The facts of LOOK, with the problems so far."""
        opened = self.page.evaluate(WEIGH)
        seen = self.page.evaluate(LOOK) | {"opened": opened, "bytes": self.page.evaluate(WEIGH)}
        return seen | {"problems": list(self.problems)}

    def faults(self, others: dict) -> list[str]:
        """What axe-core, once it is on the page, finds by contrast and these other rules."""
        return self.page.evaluate(FAULTS, others)


def every_page() -> list[str]:
    return sorted(toc_pages() | {"index", "search"})


def searched_pages(html: Path) -> set[str]:
    """Pages that axe-core looks at: those of studies are of one template, and the longest stands for them."""
    studies = [page for page in every_page() if page.startswith("book/studies/")]
    return {*every_page()} - {*studies} | {
        max(studies, key=lambda page: (html / f"{page}.html").stat().st_size)
    }


def go_dark(page) -> None:
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")


@pytest.fixture(scope="module")
def seen(addresses, chromium, html) -> dict[str, dict[str, dict]]:
    """What every page looks like, by way of looking and by page: on a desktop from a server, there in the
    dark as well, and on a phone from its folder.
    """
    found: dict[str, dict[str, dict]] = {"desktop": {}, "dark": {}, "phone": {}}
    searched = searched_pages(html)
    for how, size, base in (
        ("desktop", DESKTOP, addresses["localhost"]),
        ("phone", PHONE, addresses["file"]),
    ):
        context = chromium.new_context(viewport=size, reduced_motion="reduce")
        context.add_init_script(f"({WATCH})()")
        tab = context.new_page()
        for page in every_page():
            tab.emulate_media(color_scheme="light", reduced_motion="reduce")
            visit = Visit(tab, f"{base}/{page}.html", base)
            found[how][page] = visit.look()
            if page in searched:
                visit.page.evaluate(AXE.read_text(encoding="utf-8"))
            if how == "phone":
                found[how][page]["stops"] = visit.page.evaluate(STOPS)
                visit.page.evaluate(OPENED)
            found[how][page]["faults"] = visit.faults(ALL_RULES) if page in searched else []
            if how == "desktop":
                go_dark(visit.page)
                colours = visit.faults(COLOURS_ALONE) if page in searched else []
                found["dark"][page] = visit.look() | {"faults": colours}
        context.close()
    return found


@pytest.mark.browser
@pytest.mark.parametrize("how", ["desktop", "dark", "phone"])
def test_pages_open_without_complaint(how, seen):
    """Nothing asked for from outside, every image drawn and with its words, every formula set, nothing wider
    than the screen.
    """
    wrong = {
        "unnamed": "images without alternative text",
        "undrawn": "images not drawn",
        "unset": "formulas not set",
        "bare": "icons left as letters of a font that is not loaded",
        "wide": "pixels beyond the screen",
    }
    problems = [
        f"{page}: {problem}"
        for page, facts in seen[how].items()
        for problem in facts["problems"]
        + [f"{facts[key]} {meaning}" for key, meaning in wrong.items() if facts[key] > 0]
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.browser
@pytest.mark.parametrize("how", ["desktop", "dark", "phone"])
def test_no_page_has_a_fault_of_accessibility(how, seen):
    """By axe-core, of any impact; on the phone with the code and all folds open, in the dark of colours."""
    faults = [f"{page}: {fault}" for page, facts in seen[how].items() for fault in facts["faults"]]
    assert not faults, "\n".join(faults)


@pytest.mark.browser
@pytest.mark.parametrize(
    "planted",
    [
        "article tr:nth-child(3) > td:nth-child(2) { color: #999; background: #fff }",
        "article tbody:last-of-type { background: #666 } article td, article td * { color: #555 }",
        "article p:nth-of-type(2) { opacity: 0.3 }",
        ".prev-next-title { color: #ccc !important }",
    ],
)
def test_a_text_that_does_not_stand_out_is_found_wherever_it_is(planted, addresses, chromium):
    context = chromium.new_context(viewport=DESKTOP, reduced_motion="reduce")
    visit = Visit(context.new_page(), f"{addresses['file']}/book/methods.html", addresses["file"])
    visit.page.evaluate(AXE.read_text(encoding="utf-8"))
    assert not visit.faults(COLOURS_ALONE)
    visit.page.add_style_tag(content=planted)
    assert any(fault.startswith(CONTRAST) for fault in visit.faults(COLOURS_ALONE))
    context.close()


@pytest.mark.browser
def test_figures_follow_the_theme(seen, html):
    for page, facts in seen["dark"].items():
        before = seen["desktop"][page]
        assert (before["dark"], facts["light"]) == (0, 0) and facts["dark"] == before["light"], page
    opened = ["book/intro" if page == "index" else page for page in seen["dark"]]
    built = [(html / f"{page}.html").read_text(encoding="utf-8") for page in opened]
    assert sum(facts["dark"] for facts in seen["dark"].values()) == sum(
        len(re.findall(r'<img[^>]*class="[^"]*only-dark', text)) for text in built
    )
    ground = "rgb({}, {}, {})".format(*channels(DARK_GROUND))
    assert {facts["ground"] for facts in seen["dark"].values()} == {ground}, (
        "figures are drawn on another ground than the theme's"
    )


@pytest.mark.browser
@pytest.mark.parametrize("how", ["desktop", "phone"])
def test_nothing_jumps_while_a_page_loads(how, seen):
    assert not {page: facts["shift"] for page, facts in seen[how].items() if facts["shift"] >= JUMP}


@pytest.mark.browser
def test_every_page_is_light_and_soon_there(seen, capsys):
    with capsys.disabled():
        print(f"\n{'page':<36}{'kB':>7}{'read':>7}{'loaded':>9}{'painted':>9}  ms (aim 1700 kB, 1000 ms)")
        for page, facts in seen["desktop"].items():
            print(
                f"{page:<36}{facts['opened'] / 1000:7.0f}{facts['bytes'] / 1000:7.0f}"
                f"{facts['loaded']:9.0f}{facts['paint']:9.0f}"
            )
    for page, facts in seen["desktop"].items():
        assert 0 < facts["opened"] <= facts["bytes"] <= HEAVIEST, page
        assert facts["loaded"] <= SLOWEST, page


@pytest.mark.browser
@pytest.mark.parametrize("place", ["file", "localhost"])
@pytest.mark.parametrize(
    ("size", "words", "page"),
    [
        (DESKTOP, "severe infection", "severe-infection"),
        (PHONE, "severe infection", "severe-infection"),
        (PHONE, "mortality", "survival"),  # words that these pages do not use
        (PHONE, "Neurotoxicity risk", "icans"),
    ],
)
def test_a_search_finds_the_page_of_an_endpoint(place, size, words, page, addresses, chromium):
    context = chromium.new_context(viewport=size)
    visit = Visit(context.new_page(), f"{addresses[place]}/search.html", addresses[place])
    box = visit.page.locator("input[name=q]:visible").first
    box.fill(words)
    box.press("Enter")
    visit.page.locator(f"#search-results a[href*='{page}.html']").first.click()
    visit.page.wait_for_url(lambda url: f"/book/{page}.html" in url)
    assert not visit.problems
    context.close()


@pytest.mark.browser
def test_the_button_turns_the_theme_and_the_next_page_keeps_it(addresses, chromium):
    context = chromium.new_context(viewport=DESKTOP, color_scheme="light")
    page = Visit(
        context.new_page(), f"{addresses['localhost']}/book/survival.html", addresses["localhost"]
    ).page
    for _ in range(3):  # light, dark, as the system says: in the order of the theme
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
        page.locator(".theme-switch-button:visible").first.click()
    page.goto(f"{addresses['localhost']}/book/response.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()


@pytest.mark.browser
def test_the_keyboard_skips_to_the_text_and_opens_the_code(addresses, chromium):
    context = chromium.new_context(viewport=DESKTOP)
    page = Visit(
        context.new_page(), f"{addresses['localhost']}/book/severe-infection.html", addresses["localhost"]
    ).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    fold = page.locator("details.above-input").first
    assert not fold.is_visible()
    page.locator(".review-code-switch").focus()
    page.keyboard.press("Enter")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.evaluate("fold => fold.open") and fold.locator(".expanded").is_visible()
    page.set_viewport_size(PHONE)  # on which a table of numbers is too wide
    scrolled = page.locator(".review-scroll[tabindex]:visible").first
    scrolled.focus()
    assert scrolled.evaluate("box => box === document.activeElement")
    context.close()


@pytest.mark.browser
def test_one_switch_shows_the_code_of_every_page_until_it_is_pressed_again(addresses, chromium):
    context = chromium.new_context(viewport=PHONE)
    page = Visit(
        context.new_page(), f"{addresses['localhost']}/book/studies.html", addresses["localhost"]
    ).page
    switch = page.get_by_role("button", name="Show the code of every page")
    assert switch.get_attribute("aria-pressed") == "false"
    switch.click()
    for name in ("studies", "explorer"):
        page.goto(f"{addresses['localhost']}/book/{name}.html")
        assert page.locator("details.above-input").first.is_visible()
    page.get_by_role("button", name="Hide the code of every page").click()
    assert not page.locator("details.above-input").first.is_visible()
    context.close()


@pytest.mark.browser
def test_without_scripts_the_code_of_a_page_is_there(addresses, chromium):
    context = chromium.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = Visit(
        context.new_page(), f"{addresses['localhost']}/book/studies.html", addresses["localhost"]
    ).page
    assert page.locator("details.above-input").first.is_visible()
    assert not page.locator(".review-code-switch").is_visible()
    context.close()


@pytest.mark.browser
def test_without_scripts_a_page_shows_its_light_figures(addresses, chromium):
    context = chromium.new_context(viewport=DESKTOP, java_script_enabled=False, color_scheme="dark")
    page = Visit(
        context.new_page(), f"{addresses['localhost']}/book/severe-infection.html", addresses["localhost"]
    ).page
    figure = page.locator(".review-figure").first
    assert figure.locator(".only-light").is_visible() and not figure.locator(".only-dark").is_visible()
    context.close()


@pytest.mark.browser
def test_the_summary_of_findings_with_its_footnotes_is_one_sheet_on_paper(addresses, chromium):
    """A4 is 210 by 297 mm, its margins 10; an inch has 96 pixels."""
    page = chromium.new_page(viewport={"width": int(190 / 25.4 * 96), "height": 1000})
    page.goto(f"{addresses['file']}/book/summary-of-findings.html")
    page.emulate_media(media="print")
    sheet = page.locator(".tag_one-sheet")
    assert sheet.locator("table").count() == 2
    assert sheet.evaluate("sheet => getComputedStyle(sheet).breakBefore") == "page"
    assert sheet.evaluate("sheet => sheet.offsetHeight") <= 277 / 25.4 * 96
    page.close()


@pytest.mark.browser
def test_paper_gets_the_text_and_light_figures_alone(addresses, chromium):
    context = chromium.new_context(viewport=DESKTOP, color_scheme="dark")
    page = Visit(
        context.new_page(), f"{addresses['localhost']}/book/severe-infection.html", addresses["localhost"]
    ).page
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.emulate_media(media="print", color_scheme="dark")
    hidden = (
        ".bd-sidebar-primary",
        ".bd-sidebar-secondary",
        ".prev-next-footer",
        ".review-numbers",
        "details.above-input",
        ".only-dark",
        ".headerlink",
    )
    assert not [
        part for part in hidden if page.locator(part).count() == 0 or page.locator(part).first.is_visible()
    ]
    assert page.locator(".review-figure .only-light").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()


# what the pages hold, read without a browser


@pytest.mark.book
def test_alternative_texts_are_heard_in_one_go(html):
    texts = [
        (page.name, html_module.unescape(alt))
        for page in html.rglob("*.html")
        for alt in re.findall(r'<img[^>]*\balt="([^"]*)"', page.read_text(encoding="utf-8"))
    ]
    assert texts and not [(page, alt) for page, alt in texts if len(alt) > LONGEST_ALT + len(" …")]


@pytest.mark.browser
def test_the_keyboard_stops_at_most_eighty_times_in_a_page_of_the_sequence(seen):
    """As it opens, its folds closed."""
    stops = {page: seen["phone"][page]["stops"] for page in sequence() if page in seen["phone"]}
    assert stops and not {page: many for page, many in stops.items() if many > MOST_STOPS}


class Head(HTMLParser):
    """Title, descriptions and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.named: dict[str, list[str]] = {}
        self.links: list[str] = []
        self.title, self.in_title = "", False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.in_title = tag == "title"
        if tag == "meta" and (name := found.get("name") or found.get("property")):
            self.named.setdefault(name, []).append(found.get("content") or "")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])

    def handle_data(self, data):
        self.title += data if self.in_title else ""

    def handle_endtag(self, tag):
        self.in_title &= tag != "title"


@pytest.fixture(scope="module")
def heads(html) -> dict[str, Head]:
    return {page: Head((html / f"{page}.html").read_text(encoding="utf-8")) for page in sorted(toc_pages())}


def test_every_page_has_a_title_of_its_own_and_says_what_it_holds(heads):
    titles = [page.title for page in heads.values()]
    assert len(set(titles)) == len(titles)
    for name, page in heads.items():
        [said], [title] = page.named["description"], page.named["og:title"]
        assert 20 < len(said) <= head.LONGEST + 2, name
        assert page.named["og:description"] == [said] and title and page.title.startswith(title), name
        assert len(page.named["og:type"]) == 1 and "og:image" not in page.named, name


@pytest.mark.parametrize(
    ("site", "address"), [("", None), ("https://review.example/book/", "https://review.example/book/")]
)
def test_a_shared_link_has_a_picture_once_the_site_has_an_address(site, address):
    app = SimpleNamespace(
        config=SimpleNamespace(root_doc="index", html_title="A review", project="", html_baseurl=site)
    )
    context = {"title": "Page", "body": "<p>It is so.</p>"}
    head.add(app, "book/page", "", context, doctree=True)
    said = Head(f"<head>{context['metatags']}</head>").named
    assert said["og:description"] == ["It is so."]
    assert said.get("og:image") == (address and [f"{address}_static/preview.png"]) and said.get("og:url") == (
        address and [f"{address}book/page.html"]
    )
    feed = f'<link rel="alternate" type="application/atom+xml" title="Versions" href="{address}feed.xml">'
    assert (feed in context["metatags"]) is bool(address) is ("atom+xml" in context["metatags"])


def test_the_picture_of_a_shared_link_is_as_large_as_sites_ask_and_turns_response_round(tmp_path, review):
    build._write_preview(tmp_path, review)
    with Image.open(tmp_path / "preview.png") as picture:
        assert picture.size == (1200, 630)
    numbers = preview_picture.picture(review).numbers.set_index("endpoint")
    response = summarise("complete_response", review)
    assert numbers.loc["complete_response", "lower"] == pytest.approx(1 / response["upper"])
    assert numbers.loc["icans", "upper"] == summarise("icans", review)["upper"]
    plt.close("all")


def test_the_description_of_an_endpoint_is_its_finding(html, heads):
    text = (html / "book" / "severe-infection.html").read_text(encoding="utf-8")
    finding = html_module.unescape(
        re.search(r'<p class="(?:admonition-title">Finding</p><p|review-lead")>(.*?)</p>', text)[1]
    )
    [said] = heads["book/severe-infection"].named["description"]
    assert said.startswith(finding.split(": ")[0]) and said.endswith(".")


@pytest.mark.parametrize(
    "body, said",
    [
        ("<details><p>print(1)</p></details><p></p><p>First. Second.</p><p>Third.</p>", "First. Second."),
        (
            (
                '<p>Before.</p><div class="admonition important"><p'
                ' class="admonition-title">Finding</p><p>Found <b>2</b>.</p></div>'
            ),
            "Found 2.",
        ),
        (
            '<p>Before.</p><p class="review-lead">Found.</p> <p>How large.</p><p>More.</p>',
            "Found. How large.",
        ),
        ("<table><tr><td><p>cell</p></td></tr></table><p>Text.</p>", "Text."),
        (f"<p>Short. {'Long ' * 100}end.</p>", "Short."),
        ("", ""),
    ],
)
def test_a_description_is_the_finding_or_else_the_first_paragraph(body, said):
    assert head.description(body) == said


def test_links_to_elsewhere_are_secure_and_name_a_host(heads):
    outside = {link for page in heads.values() for link in page.links if urlsplit(link).scheme}
    assert outside and not [
        link for link in outside if urlsplit(link).scheme != "https" or "." not in urlsplit(link).netloc
    ]


def test_every_fold_says_what_its_code_shows(html):
    titles = [
        (page, title)
        for page in toc_pages()
        for title in re.findall(
            r'<p class="collapsed admonition-title">(.*?)</p>',
            (html / f"{page}.html").read_text(encoding="utf-8"),
            re.S,
        )
    ]
    assert len(titles) > 100
    assert not [(page, title) for page, title in titles if not title.startswith("Code: ")]


# colours of the dark drawings


def channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21, after WCAG 2.2."""

    def luminance(colour: str) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (value / 255 for value in channels(colour))
        ]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's contrast checker


def test_every_colour_of_a_figure_has_its_dark_one(html):
    drawn = {
        colour
        for path in (html / "figures").glob("*.svg")
        for colour in re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})\b", path.read_text(encoding="utf-8"))
    }
    assert len(drawn) > 8 and drawn <= set(DARK)


@pytest.mark.parametrize("light", sorted(set(DARK) - {"#ffffff", ON_BRIGHT.lower()}))
def test_a_dark_colour_stands_out_by_3_to_1_or_as_on_white(light):
    assert contrast(DARK[light], DARK_GROUND) >= min(3, contrast(light, "#ffffff"))


@pytest.mark.parametrize("ground", [ORANGE, YELLOW])
def test_words_on_bright_colours_are_read_on_either_theme(ground):
    for light, dark in ((ON_BRIGHT, ground), (DARK[ON_BRIGHT.lower()], DARK[ground.lower()])):
        assert contrast(light, dark) >= 4.5


def test_no_two_colours_become_one_in_the_dark():
    assert len(set(DARK.values())) == len(DARK)


def test_a_dark_drawing_keeps_everything_but_colours(html):
    for path in (html / "figures").glob("*.svg"):
        light, dark = (
            path.read_text(encoding="utf-8"),
            (html / "figures-dark" / path.name).read_text(encoding="utf-8"),
        )
        shapes = [re.findall(r' d="([^"]*)"', text) for text in (light, dark)]
        assert shapes[0] == shapes[1] and light != dark, path.name
