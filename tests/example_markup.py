"""Mark-up planted in every free text of the records, and what a page makes of it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

MARKUP = (
    """</script></td><script>window.owned=1</script><img src=x onerror="window.owned=1"> """
    """[a](javascript:window.owned=1) {{ x }} ```{raw} html"""
)


class Tags(HTMLParser):
    """Tags, and the values of attributes that run or load something."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.loads, self.runs = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.runs += [name for name, _ in attributes if name.startswith("on")]
        self.loads += [value for name, value in attributes if name in ("src", "href")]


def article(html: Path, page: str) -> str:
    """What a page of a book says, without what stands around it."""
    text = (html / f"book/{page}.html").read_text(encoding="utf-8")
    return re.search(r"<article.*?</article>", text, re.S).group()


def nothing_planted_stands(html: Path) -> None:
    """No page of a book has an element or attribute of the planted texts."""
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found = Tags(text)
        assert "onerror" not in found.runs, path.name
        assert not {"x", "javascript:window.owned=1"} & set(found.loads), path.name
        assert not re.search(r"<script[^>]*>[^<]*window\.owned=1", text), path.name


def nothing_planted_runs(html: Path, chromium) -> None:
    """No page of a book runs the planted texts, which it shows."""
    page, pages = chromium.new_page(), sorted((html / "book").rglob("*.html"))
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("typeof window.owned") == "undefined", path.name
    shown = page.goto((html / "book/studies.html").as_uri()) and page.inner_text("main")
    page.close()
    assert "<script>window.owned=1</script>" in shown and len(pages) > 20


def plant_markup(root: Path) -> int:
    """Put mark-up behind every free text of register and records; how many."""
    free = re.compile(
        r"^( *(?:-"
        r" )?(?:title|journal|reason|definition|about|note|type|product|lymphodepletion|extractor|"
        r"licence|section|printed):"
        r" )(.*)$",
        re.M,
    )
    planted = 0
    for path in (root / "register.yml", *(root / "records").glob("*.yml")):

        def dirty(found: re.Match) -> str:
            held = found[2].strip()
            if not held or held[0] in ">|[{" or held == "null":
                return found[0]
            held = json.loads(held) if held[0] == '"' else held.strip("'")
            return found[1] + json.dumps(f"{held} {MARKUP}", ensure_ascii=False)

        text, n = free.subn(dirty, path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
        planted += n
    return planted
