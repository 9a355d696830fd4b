"""`python -m book deposit`: a released version as a folder that Zenodo takes: the bundle, the metadata of its
deposit form, and checksums.

The metadata have the form of Zenodo's REST API (developers.zenodo.org, *Deposit metadata*); CITATION.cff is
their one source, so that there is no `.zenodo.json` to go stale.  Nothing is sent anywhere.
"""

import hashlib
import html
import json
from pathlib import Path

from book.make import build, bundle
from book.shown.citation import Citation, citation
from extraction import cff
from extraction.records import Review, load
from extraction.whole import write_whole

FOLDER = build.BUILD / "deposit"
METADATA = "zenodo.json"


def write(folder: Path = FOLDER) -> Path:
    """Write the folder of this version and return its path; raise NotMade, and write nothing, where the tree
    is not a released version or the book is not current.
    """
    review = load()
    cited = citation(review)
    if not cited.released:
        raise build.NotMade(
            f"A deposit is of a released version, and this tree is {cited.dated}. Make the release first:"
            " python -m models release VERSION."
        )
    place = folder / cited.version
    archive = bundle.write(place)
    text = json.dumps(metadata(cff.read(), cited, review), indent=1, ensure_ascii=False) + "\n"
    write_whole(place / METADATA, text)
    named = {archive.name: archive.read_bytes(), METADATA: text.encode()}
    write_whole(
        place / "SHA256SUMS",
        "".join(
            f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(named.items())
        ),
    )
    return place


def metadata(held: dict, cited: Citation, review: Review) -> dict:
    """The deposit form of a version.

    held : CITATION.cff as read, whose types are Zenodo's too; a field that it leaves out is left out, but
    without an abstract the title describes the review, and without a type it is software
    """
    found = {
        "title": cited.title,
        "upload_type": held.get("type", "software"),
        "description": f"<p>{html.escape(' '.join(held.get('abstract', cited.title).split()))}</p>",
        "creators": [_creator(author) for author in held["authors"]],
        "publication_date": str(cited.date),
        "access_right": "open",
        "license": next((named.lower() for named in cff.licences(held)), None),
        "keywords": held.get("keywords"),
        "version": cited.version,
        "language": "eng",
        "notes": cited.note,
        "doi": cited.doi,
        "related_identifiers": [
            {"identifier": study.doi, "relation": "isDerivedFrom", "scheme": "doi"}
            for study in review.register.studies
            if study.decision == "included" and study.doi
        ],
    }
    return {"metadata": {name: value for name, value in found.items() if value}}


def _creator(author: dict) -> dict:
    """An author of CITATION.cff: `Family, Given`, or the name of a group; ORCID without its resolver."""
    name = author.get("name") or ", ".join(filter(None, (author["family-names"], author.get("given-names"))))
    found = {
        "name": name,
        "affiliation": author.get("affiliation"),
        "orcid": author.get("orcid", "").removeprefix("https://orcid.org/"),
    }
    return {key: value for key, value in found.items() if value}
