"""Sphinx extension: what a search engine or a shared link shows of a page: its title and its finding."""

import html
import re
from html.parser import HTMLParser

from book.html.template import filled

LONGEST = 300
"""Characters of a description; whole sentences where they fit."""
IMAGE = "_static/preview.png"
"""The picture of a shared link, where the site has an address (`html: baseurl` of _config.yml); the file is
written by book/make/build.py.
"""

FEED = "feed.xml"
"""The feed of versions, where the site has an address; book/make/feed.py writes it."""


def add(app, pagename: str, template: str, context: dict, doctree) -> None:
    """Add the description of a page and its preview; pages without text, such as search, have none."""
    if doctree is None:
        return
    title = html.unescape(re.sub(r"<[^>]*>", "", context["title"]))
    said = {
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:title": title,
        "og:site_name": app.config.html_title or app.config.project,
        "og:description": (what := description(context["body"])),
    }
    if site := app.config.html_baseurl.rstrip("/"):
        said |= {
            "og:url": f"{site}/{pagename}.html",
            "og:image": f"{site}/{IMAGE}",
            "og:image:alt": said["og:description"],
        }
    feed = f"{site}/{FEED}" if site else None
    tags = filled("meta.html", description=what, properties=said, feed=feed)
    context["metatags"] = f"{context.get('metatags', '')}\n    {tags}"


def description(body: str) -> str:
    """The finding of a page or, where it has none, its first paragraph: as many sentences as fit, or one cut
    at a word.

    The finding is a box marked important, or a paragraph of the class review-lead with the one that follows
    it.
    """
    reader = Paragraphs()
    reader.feed(body)
    text = " ".join(reader.findings[:2] or reader.paragraphs[:1])
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z])", text)
    while len(" ".join(sentences)) > LONGEST and sentences[1:]:
        sentences.pop()
    kept = " ".join(sentences)
    return kept if len(kept) <= LONGEST else kept[:LONGEST].rsplit(" ", 1)[0] + " …"


class Paragraphs(HTMLParser):
    """Paragraphs of a page, those of its findings apart; folded code, cells of tables and titles of boxes are
    none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.findings: list[str] = []
        self.paragraphs: list[str] = []
        self.folded, self.leads = 0, 0
        self.boxes: list[bool] = []
        self.reading: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        classes = (dict(attributes).get("class") or "").split()
        self.folded += tag in ("details", "table")
        if tag == "div":
            self.boxes.append("important" in classes)
        if tag == "p" and not self.folded and "admonition-title" not in classes:
            self.reading = []
            self.leads = 2 if "review-lead" in classes else self.leads - 1

    def handle_data(self, data: str) -> None:
        if self.reading is not None:
            self.reading.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.folded -= tag in ("details", "table")
        if tag == "div" and self.boxes:
            self.boxes.pop()
        if tag == "p" and self.reading is not None:
            if text := " ".join("".join(self.reading).split()):
                (self.findings if any(self.boxes) or self.leads > 0 else self.paragraphs).append(text)
            self.reading = None


def setup(app) -> dict:
    app.connect("html-page-context", add, priority=300)  # before the box on how to cite
    return {"parallel_read_safe": True, "parallel_write_safe": True}
