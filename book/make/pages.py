"""The pages that are written from records and schema, anew at every build."""

from functools import lru_cache
from pathlib import Path

import pandas as pd
from matplotlib.pyplot import close

from book.html import files, markup
from book.html.numbers_csv import for_readers
from book.make import tidy
from book.shown import study_page
from book.shown.citation import citation
from book.shown.endpoint import curves
from extraction import checks, dictionary, records
from models.evidence import collect

DICTIONARY = """# Data dictionary

What a record may say: each field with its meaning, its type and its legal values. This page is written from
the schema that reads the records, so it cannot differ from what is accepted; an unknown field is refused.

"""
DICTIONARY_FILES = {"data-dictionary": "every field", "vocabulary": "every word of the vocabulary"}


def write(folder: Path, review: records.Review) -> list[Path]:
    """Write the page of each registered study and the data dictionary below `folder`; their paths."""
    texts = generated(review)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


@lru_cache(maxsize=4)
def generated(review: records.Review) -> dict[str, str]:
    """Text of every generated page by its path within the book."""
    found, used = checks.check(review).findings, collect.collect_all(review)
    studies = {
        f"studies/{study.id}.md": study_page.page(study, review, used, found)
        for study in review.register.studies
    }
    whole = markup.raw(
        files.link(f"../numbers/{name}.csv", what, words=f"{what[0].upper()}{what[1:]} (CSV)")
        for name, what in DICTIONARY_FILES.items()
    )
    return studies | {"data-dictionary.md": f"{DICTIONARY}{whole}\n\n{dictionary.markdown()}"}


def write_numbers(folder: Path, review: records.Review) -> None:
    """Write the numbers of every generated page below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    version = citation(review).words
    for name, frame in numbers(review).items():
        about = (
            version,
            f"{name.replace('-', ' ')}, as recorded",
            "From the pages of studies and the data dictionary",
        )
        (folder / f"{name}.csv").write_bytes(for_readers(frame, *about).encode())


def numbers(review: records.Review) -> dict[str, pd.DataFrame]:
    """Numbers of the generated pages by the name of their file without ending."""
    tables, found, used = tidy.tables(review), checks.check(review).findings, collect.collect_all(review)
    shown = dict(zip(DICTIONARY_FILES, (tidy.dictionary(), tidy.vocabulary()), strict=True))
    for record in review.records.values():
        shown |= study_page.numbers(record, tables, used, found)
    for study, entry in curves.digitised(review):
        if picture := curves.picture(review, study, entry):
            shown[curves.anchor(study, entry)] = picture.numbers
            close(picture.figure)
    return shown
