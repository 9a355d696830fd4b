"""The versions as an Atom feed (RFC 4287), the newest first, for whoever wants to be told of the next one.

Its addresses are absolute, so there is one only where the site has an address (`html: baseurl` of
_config.yml).  No clock is read: a version carries the day of its release.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from book.shown.citation import Citation
from book.sphinx.head import FEED
from models.endpoints import ENDPOINTS
from models.words import answer

NAMESPACE = "http://www.w3.org/2005/Atom"
PAGE = "book/what-changed.html"
"""The page that a version leads to."""


def atom(site: str, cited: Citation, releases: Iterable[dict]) -> str:
    """The feed of a site.

    releases : as `models.history.versions.read` gives them, oldest first
    """
    site, newest_first = site.rstrip("/"), list(releases)[::-1]
    feed = ET.Element("feed", xmlns=NAMESPACE)
    _add(feed, "id", f"{site}/{FEED}")
    _add(feed, "title", cited.title)
    _add(feed, "updated", _time(newest_first[0]["date"] if newest_first else str(cited.date)))
    ET.SubElement(feed, "link", rel="self", type="application/atom+xml", href=f"{site}/{FEED}")
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=f"{site}/index.html")
    for name in cited.authors:
        _add(ET.SubElement(feed, "author"), "name", name)
    for release in newest_first:
        _entry(feed, site, release)
    ET.indent(feed)
    return ET.tostring(feed, encoding="unicode", xml_declaration=False) + "\n"


def _entry(feed: ET.Element, site: str, release: dict) -> None:
    version = release["version"]
    entry = ET.SubElement(feed, "entry")
    _add(entry, "id", f"{site}/{PAGE}#version-{version}")
    _add(entry, "title", f"Version {version}")
    _add(entry, "updated", _time(release["date"]))
    ET.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{site}/{PAGE}")
    _add(entry, "summary", f"{'; '.join(release['trigger'])}.")
    _add(entry, "content", "\n".join(_answers(release))).set("type", "text")


def _answers(release: dict) -> list[str]:
    """A line for each endpoint: its sentence where the release kept it, and both answers."""
    lines = []
    for key, endpoint in release["endpoints"].items():
        if key in ENDPOINTS:
            plain, adjusted = (answer(key, endpoint["compared"][way]) for way in ("unadjusted", "adjusted"))
            said = f"{endpoint['headline']}. " if "headline" in endpoint else ""
            both = f"{endpoint['scale']} not adjusted for bias {plain}; adjusted {adjusted}"
            lines.append(f"{endpoint['title']}: {said}{both}")
    return lines


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _time(day: str) -> str:
    """The first moment of a day: releases are dated, not timed."""
    return f"{day}T00:00:00Z"
