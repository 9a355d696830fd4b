"""What tells others of a version: the feed, held to the rules of RFC 4287, and the deposit, held to Zenodo's
form and to cffconvert. Versions, people and addresses are invented.
"""

import hashlib
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

import pytest
import yaml
from cffconvert import Citation as Converter

from book.make import build, deposit, feed
from book.shown.citation import Citation
from book.sphinx import head
from extraction.tree import HOME

SITE = "https://review.example/book/"
ATOM = "{http://www.w3.org/2005/Atom}"
CITED = Citation(
    "A review of <b>2031</b> & more",
    ("Doe, Ada", "The invented group"),
    frozenset({"The invented group"}),
    "1.1.0",
    "0123456789abcdef",
    date(2026, 5, 2),
    True,
)
KEY = "overall_survival"


def release(version: str, day: str, trigger: str, **more) -> dict:
    answers = {"median": 0.8, "lower": 0.5, "upper": 1.25, "p_favours": 0.83}
    endpoint = {"title": "Overall survival", "scale": "hazard ratio", **more}
    endpoint["compared"] = {"unadjusted": answers, "adjusted": answers | {"median": 0.9}}
    return {
        "version": version,
        "date": day,
        "trigger": [trigger],
        "endpoints": {KEY: endpoint, "dropped": {}},
    }


RELEASES = [
    release("1.0.0", "2026-03-10", "first release"),
    release("1.1.0", "2026-05-02", "Doe 2031 <added>", headline="Very uncertain; the data do not tell"),
]


@pytest.fixture
def atom() -> ET.Element:
    return ET.fromstring(feed.atom(SITE, CITED, RELEASES))


def one(element: ET.Element, name: str) -> str:
    [found] = element.findall(ATOM + name)
    return found.text


def test_the_feed_has_what_the_standard_asks_of_it(atom):
    # RFC 4287, 4.1.1 and 4.1.2: exactly one id, title and updated each, an author, a self link; ids differ
    assert atom.tag == f"{ATOM}feed"
    entries = atom.findall(f"{ATOM}entry")
    for element in (atom, *entries):
        assert re.fullmatch(r"https://review\.example/book/\S+", one(element, "id"))
        assert one(element, "title")
        # RFC 3339, with a capital T and Z as 3.3 asks
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one(element, "updated"))
    assert [one(author, "name") for author in atom.findall(f"{ATOM}author")] == list(CITED.authors)
    links = {link.get("rel"): link.get("href") for link in atom.findall(f"{ATOM}link")}
    assert links["self"] == one(atom, "id") == "https://review.example/book/feed.xml"
    assert len({one(element, "id") for element in (atom, *entries)}) == 3
    addresses = [element.get("href") for element in atom.iter(f"{ATOM}link")]
    assert len(addresses) == 4 and all(address.startswith("https://") for address in addresses)


def test_the_newest_version_comes_first_and_dates_the_feed(atom):
    entries = atom.findall(f"{ATOM}entry")
    assert [one(entry, "title") for entry in entries] == ["Version 1.1.0", "Version 1.0.0"]
    assert one(atom, "updated") == one(entries[0], "updated") == "2026-05-02T00:00:00Z"


def test_an_entry_tells_the_trigger_and_the_answers(atom):
    newest, oldest = atom.findall(f"{ATOM}entry")
    assert one(newest, "summary") == "Doe 2031 <added>."
    assert one(newest, "content") == (
        "Overall survival: Very uncertain; the data do not tell. hazard ratio not adjusted for bias"
        " 0.80 (0.50 to 1.25), better side 83 %; adjusted 0.90 (0.50 to 1.25), better side 83 %"
    )
    assert one(oldest, "content").startswith("Overall survival: hazard ratio not adjusted")


def test_titles_are_text_and_not_mark_up(atom):
    assert one(atom, "title") == CITED.title


def test_before_the_first_release_the_feed_is_empty_and_dated():
    found = ET.fromstring(feed.atom(SITE, CITED, []))
    assert found.findall(f"{ATOM}entry") == [] and one(found, "updated") == "2026-05-02T00:00:00Z"


def test_the_book_writes_its_own_releases(tmp_path):
    build._write_feed(tmp_path, SITE, CITED)
    found = ET.parse(tmp_path / head.FEED).getroot()
    versions = [one(entry, "title").removeprefix("Version ") for entry in found.findall(f"{ATOM}entry")]
    frozen = [path.stem for path in (HOME / "releases").glob("*.json")]
    assert sorted(versions) == sorted(frozen) and len(versions) > 1


# the deposit

HELD = {
    "cff-version": "1.2.0",
    "message": "Cite it.",
    "type": "software",
    "title": CITED.title,
    "version": "1.1.0",
    "date-released": "2026-05-02",
    "license": "MIT",
    "abstract": "What is known of p < 0.05,\nby hand.",
    "keywords": ["invented", "review"],
    "authors": [
        {
            "family-names": "Doe",
            "given-names": "Ada",
            "affiliation": "Nowhere",
            "orcid": "https://orcid.org/0000-0002-1825-0097",
        },
        {"name": "The invented group"},
    ],
}


def test_the_deposit_says_what_another_converter_says(review):
    found = deposit.metadata(HELD, CITED, review)["metadata"]
    theirs = json.loads(Converter(yaml.safe_dump(HELD)).as_zenodo())
    for name in ("title", "creators", "keywords", "publication_date", "version"):
        assert found[name] == theirs[name], name
    assert found["license"] == theirs["license"]["id"].lower()
    assert found["description"] == "<p>What is known of p &lt; 0.05, by hand.</p>"  # HTML there


def test_the_deposit_has_what_the_form_requires_and_nothing_empty(review):
    found = deposit.metadata({**HELD, "keywords": []}, CITED, review)["metadata"]
    # developers.zenodo.org, Deposit metadata: required, and license where access is open
    assert {"upload_type", "publication_date", "title", "creators", "description", "access_right"} <= set(
        found
    )
    assert found["access_right"] == "open" and "license" in found
    assert "keywords" not in found and "doi" not in found and all(found.values())
    included = [study.doi for study in review.register.studies if study.decision == "included" and study.doi]
    assert [row["identifier"] for row in found["related_identifiers"]] == included
    assert {row["relation"] for row in found["related_identifiers"]} == {"isDerivedFrom"}
    doi = replace(CITED, doi="10.5281/zenodo.1234567")
    assert deposit.metadata(HELD, doi, review)["metadata"]["doi"] == "10.5281/zenodo.1234567"


def test_a_review_without_an_abstract_is_deposited_under_its_title(review):
    """As `review start` writes CITATION.cff: the schema of that file requires neither abstract nor type."""
    bare = {name: value for name, value in HELD.items() if name not in ("abstract", "type")}
    found = deposit.metadata(bare, CITED, review)["metadata"]
    assert found["description"] == "<p>A review of &lt;b&gt;2031&lt;/b&gt; &amp; more</p>"
    assert found["upload_type"] == "software"


@pytest.fixture
def archive(monkeypatch):
    """An invented bundle in place of the whole book's."""

    def written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "invented-1.1.0.zip").write_bytes(b"invented")
        return folder / "invented-1.1.0.zip"

    monkeypatch.setattr(deposit.bundle, "write", written)


def test_the_folder_holds_bundle_metadata_and_checksums_that_hold(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(deposit, "citation", lambda review: CITED)
    place = deposit.write(tmp_path)
    assert place == tmp_path / "1.1.0"
    assert sorted(path.name for path in place.iterdir()) == [
        "SHA256SUMS",
        "invented-1.1.0.zip",
        "zenodo.json",
    ]
    held = json.loads((place / "zenodo.json").read_text(encoding="utf-8"))["metadata"]
    assert held["version"] == "1.1.0"
    sums = (place / "SHA256SUMS").read_text(encoding="utf-8")
    assert f"{hashlib.sha256(b'invented').hexdigest()}  invented-1.1.0.zip\n" in sums
    checked = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=place, capture_output=True, text=True
    )
    assert checked.returncode == 0 and checked.stdout.count("OK") == 2


def test_a_tree_that_is_no_release_is_not_deposited(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(deposit, "citation", lambda review: replace(CITED, released=False))
    with pytest.raises(build.NotMade, match="A deposit is of a released version"):
        deposit.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_second_source_of_the_metadata_is_kept():
    assert not (HOME / ".zenodo.json").exists()
