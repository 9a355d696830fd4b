"""Text of a file that a user names: never more than a limit, whatever the file is."""

import codecs
import csv
import io
from pathlib import Path

from extraction.fault import Fault
from extraction.limits import LARGEST_TABLE


class Unreadable(Fault):
    """A file is no text that can be read, or has no end; the message says which, without the file's name."""


def text_of(path: str | Path, largest: int = LARGEST_TABLE) -> str:
    """Text in UTF-8, with or without BOM, or in UTF-16 with one, as Excel writes `Unicode text`; line ends as
    they stand.  Raises Unreadable for any other file, and for one of more than `largest` bytes.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    if len(content) > largest:
        raise Unreadable(f"larger than {largest:,} bytes")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"not UTF-{16 if wide else 8} text (byte {error.start}): save it as UTF-8, in Excel as CSV UTF-8;"
            " one of an older Windows becomes it by: iconv -f cp1252 -t utf-8"
        ) from None


def rows_of(text: str, separator: str = ",") -> list[tuple[int, list[str]]]:
    """Rows of a CSV table, each with the number of its last line; raise Unreadable for what is none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise Unreadable(f"not a CSV table: {error}") from None
