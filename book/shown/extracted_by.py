"""By how many each paper was extracted, in words: only what its record says."""

from extraction.records import Review
from extraction.schema import ExtractionStatus, Record
from models.words import listed

STATUS: dict[ExtractionStatus, str] = {
    "single": "extracted once, no second extraction is recorded",
    "double": "extracted by two who agreed",
    "reconciled": "extracted by two, what differed was settled",
}


def status(record: Record) -> str:
    """Who extracted a record, who did so again, and what came of it, for the page of the study."""
    first = f"{record.extracted}, {record.extractor}"
    second = record.second_extraction
    if second is None:
        return f"{first}; single: no second extraction is recorded"
    said = (
        f"{first}; again {second.extracted}, {second.extractor}; {record.extraction_status}:"
        f" {len(record.extracted_twice())} of {len(record.entries)} numbers by both,"
        f" {second.differed} of {second.compared} fields differed"
    )
    alone = len(second.first_alone) + len(second.second_alone)
    said += f", {alone} number{'' if alone == 1 else 's'} found by one alone" if alone else ""
    return said + (f"; settled {second.reconciled}, {second.reconciled_by}" if second.reconciled_by else "")


def of_all(review: Review) -> str:
    """The same of all included studies, as a sentence beside the certainty."""
    by_status: dict[ExtractionStatus, list[str]] = {}
    for study, record in review.included().items():
        by_status.setdefault(record.extraction_status, []).append(review.studies[study].label)
    if not by_status:
        return "Extraction. No study is included."
    said = [f"{listed(labels)}: {words}" for name, words in STATUS.items() if (labels := by_status.get(name))]
    return f"Extraction. {'; '.join(said)}."
