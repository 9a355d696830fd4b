"""Does every printed fragment stand in the text it was copied from?"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from extraction.fragment import fold, stands_in
from extraction.records import Review


@dataclass(frozen=True)
class Fragment:
    """A printed fragment, the text it is said to stand in (null: none is held), and its place in the
    record.
    """

    study: str
    entry: str
    printed: str
    source: str | None
    file: str
    line: int | None

    def __str__(self) -> str:
        source = self.source or "no text held"
        return f"{self.file}:{self.line}: {self.study}: {self.entry}: “{self.printed}” in {source}"

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Verification:
    """How many fragments stand in their text; which do not; and which no text at hand can tell of."""

    confirmed: int
    missing: list[Fragment]
    unchecked: list[Fragment]


def verify(review: Review, folder: Path) -> Verification:
    """Look up each fragment in its source text under `folder`; raise NotADirectoryError where that is no
    folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder {folder}")
    texts: dict[str | None, str | None] = {None: None}
    confirmed, missing, unchecked = 0, [], []
    for fragment in _fragments(review):
        if fragment.source and fragment.source not in texts:
            texts[fragment.source] = _text(folder / fragment.source)
        text = texts[fragment.source]
        if text is None:
            unchecked.append(fragment)
        elif stands_in(fragment.printed, text):
            confirmed += 1
        else:
            missing.append(fragment)
    return Verification(confirmed, missing, unchecked)


def _fragments(review: Review) -> Iterator[Fragment]:
    for stem, record in review.records.items():
        source = review.sources[stem]
        for i, entry in enumerate(record.entries):
            if entry.printed is not None:
                yield Fragment(
                    record.study,
                    entry.id,
                    entry.printed,
                    entry.address.source,
                    source.file,
                    source.line(("entries", i, "printed")),
                )


def _text(path: Path) -> str | None:
    """A source text, folded; None where the folder does not hold it."""
    return fold(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
