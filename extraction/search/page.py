"""A page to screen on: one file that asks nobody for anything and saves the decisions as a file."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from extraction.question import GROUNDS, QUESTION
from extraction.search import question_words
from extraction.search.decisions import COLUMNS, Decisions, file_of
from extraction.search.order import Placed
from extraction.search.work import clean

BESIDE = Path(__file__).parent


def html(waiting: Sequence[Placed], done: Decisions, by: str) -> str:
    """The page with these candidates in their order, and the decisions that its file begins with."""
    script = (BESIDE / "page.js").read_text(encoding="utf-8")
    style = (BESIDE / "page.css").read_text(encoding="utf-8")
    given = {
        "by": by,
        "file": file_of(by).name,
        "columns": COLUMNS,
        "grounds": GROUNDS,
        "words": question_words.pattern(question_words.words_of()),
        "done": [decision.model_dump(mode="json") for decision in done.values()],
        "candidates": [_shown(placed) for placed in waiting],
    }
    parts = {
        "title": escape(f"Screening: {QUESTION.title}"),
        "policy": f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}",
        "made": date.today().isoformat(),
        "style": style,
        "given": json.dumps(given, ensure_ascii=True).replace("<", "\\u003c"),
        "script": script,
    }
    text = (BESIDE / "page.html").read_text(encoding="utf-8")
    before, *rest = text.split("{{ ")
    # each place is filled once, and nothing that was put in is looked at again
    return before + "".join(parts[piece.partition(" }}")[0]] + piece.partition(" }}")[2] for piece in rest)


def _shown(placed: Placed) -> dict[str, object]:
    one = placed.candidate
    return {
        "id": one.id,
        "title": clean(one.title),
        "other": clean(one.other_title),
        "cited": clean(
            ". ".join(filter(None, (", ".join(one.authors), one.journal, str(one.year or ""), one.pages)))
        ),
        "named": " ".join(filter(None, (one.doi, one.pmid and f"PMID {one.pmid}", *one.registrations))),
        "abstract": clean(one.abstract),
        "why": [f"{word} {weight:+.2f}" for word, weight in placed.words],
    }


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
