"""Descriptions of a bundle for machines: RO-Crate 1.1 of all its files, and a Frictionless data package of
its evidence.
"""

import hashlib
import json
from pathlib import PurePosixPath

from book.shown.citation import STEM, Citation, Licence

NAME = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://schema.org/sha256"}]
"""RO-Crate 1.1, https://w3id.org/ro/crate/1.1, whose context lacks this word of schema.org."""
FORMATS = {
    ".bib": "application/x-bibtex",
    ".cff": "application/yaml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".lock": "text/plain",
    ".md": "text/markdown",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".R": "text/x-r",
    ".ris": "application/x-research-info-systems",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    "": "text/plain",
}
CODE = {".py", ".toml", ".lock", ".R", ".css", ""}
"""Endings of files under the licence of the code."""


def metadata(cited: Citation, files: dict[str, bytes]) -> str:
    """The RO-Crate of files by path; SHA256SUMS is listed too, though it is written last."""
    parts = [_file(path, content, cited) for path, content in sorted(files.items())] + [
        {"@id": "SHA256SUMS", "@type": "File", "name": "SHA256SUMS", "encodingFormat": "text/plain"}
    ]
    authors = [
        {"@id": f"#author-{i}", "@type": "Organization" if name in cited.entities else "Person", "name": name}
        for i, name in enumerate(cited.authors, 1)
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": cited.title,
        "description": f"{cited.note}.",
        "version": cited.version,
        **({"datePublished": cited.date.isoformat()} if cited.date else {}),
        "license": [{"@id": _id(licence)} for licence in cited.licences],
        "author": [{"@id": author["@id"]} for author in authors],
        "identifier": f"https://doi.org/{cited.doi}" if cited.doi else cited.evidence,
        "hasPart": [{"@id": part["@id"]} for part in parts],
    }
    licences = [
        {
            "@id": _id(licence),
            "@type": "CreativeWork",
            "name": licence.words,
            "identifier": licence.spdx,
            "url": licence.address,
        }
        for licence in cited.licences
    ]
    descriptor = {
        "@id": NAME,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    return _json({"@context": CONTEXT, "@graph": [descriptor, root, *authors, *licences, *parts]})


def _id(licence: Licence) -> str:
    return f"#{licence.spdx.lower()}"


def _file(path: str, content: bytes, cited: Citation) -> dict:
    ending = PurePosixPath(path).suffix
    found = {
        "@id": path,
        "@type": "File",
        "name": PurePosixPath(path).name,
        "encodingFormat": FORMATS.get(ending, "text/plain"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if not cited.licences:
        return found
    return found | {"license": {"@id": _id(cited.licences[0 if ending in CODE else -1])}}


def datapackage(cited: Citation, columns: dict[str, dict[str, str]]) -> str:
    """Frictionless description of the tables of evidence: meaning of each column, by table."""
    resources = [
        {
            "name": name.replace("_", "-"),
            "path": f"{name}.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {
                "fields": [
                    {"name": column, "type": "any", "description": meaning}
                    for column, meaning in known.items()
                ],
                "missingValues": [""],
            },
        }
        for name, known in columns.items()
    ]
    return _json(
        {
            "name": f"{STEM}-evidence",
            "title": cited.title,
            "version": cited.version,
            "description": f"{cited.note}.",
            "licenses": [{"name": licence.spdx, "path": licence.address} for licence in cited.licences[-1:]],
            "resources": resources,
        }
    )


def _json(content: dict) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
