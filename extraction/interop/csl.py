"""The studies as CSL-JSON, which reference managers and citation styles read (citeproc, schema 1.0)."""

from extraction.schema import Registration


def csl(studies: list[Registration]) -> list[dict]:
    """One item for each study, in the given order, with its decision as a note.

    Names stay whole, as printed: where the family name begins is not known.
    """
    return [_item(study) for study in studies]


def _item(study: Registration) -> dict:
    item = {
        "id": study.id,
        "type": "article-journal",
        "title": study.title,
        "author": [{"literal": name} for name in study.authors],
        "container-title": study.journal,
        "issued": {"date-parts": [[study.year]]},
        "DOI": study.doi,
        "PMID": study.pmid,
        "number": None if study.doi else study.identifier,
        "URL": study.link,
        "note": f"{study.decision}: {study.reason}",
    }
    return {key: value for key, value in item.items() if value is not None}
