"""A file that a database exported, as it was read."""

from dataclasses import dataclass

from extraction.search.work import Remark, Work


@dataclass(frozen=True)
class Export:
    """What a file holds: its format, each work in the order of the file, and what is to be told."""

    file: str
    format: str
    works: tuple[Work, ...]
    remarks: tuple[Remark, ...]
