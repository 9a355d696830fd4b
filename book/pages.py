"""The pages that are written from records and schema, anew at every build."""

from pathlib import Path

from book import study_page
from extraction import checks, dictionary, evidence, records

DICTIONARY = """# Data dictionary

What a record may say: each field with its meaning, its type and its legal values. This page is written from the schema that
reads the records, so it cannot differ from what is accepted; an unknown field is refused.

"""


def write(folder: Path, review: records.Review | None = None) -> list[Path]:
    """Write the page of each registered study and the data dictionary below `folder`; their paths."""
    texts = generated(review or records.load())
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def generated(review: records.Review) -> dict[str, str]:
    """Text of every generated page by its path within the book."""
    found, used = checks.check(review).findings, evidence.collect_all(review)
    studies = {f"studies/{study.id}.md": study_page.page(study, review, used, found)
               for study in review.register.studies}
    return studies | {"data-dictionary.md": DICTIONARY + dictionary.markdown()}
