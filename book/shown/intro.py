"""The first page's cells: the answer in short, then a row for each endpoint, as HTML that is one column on a
phone.
"""

from markupsafe import Markup

from book.html import files
from book.html.markers import PAGES, figure_name, with_sources
from book.html.show import drawn
from book.html.style import Picture
from book.html.template import filled
from book.shown import findings_page, landing, living_page, methods_page, people_page, register
from book.shown.citation import newest
from book.shown.endpoint import chapter
from extraction import people
from extraction.question import QUESTION, THE_TREATMENT
from extraction.records import Review
from extraction.search import screened
from models import words
from models.answers.summary import version
from models.endpoints import ENDPOINTS

SIGNS = {"high": "⊕⊕⊕⊕", "moderate": "⊕⊕⊕◯", "low": "⊕⊕◯◯", "very low": "⊕◯◯◯"}
"""GRADE's signs of certainty."""


def in_short(found: list[landing.Row], review: Review) -> None:
    """The review in a few sentences."""
    chapter.lead(f"{landing.in_short(found)} {findings_page.certainties(review)}.")


def caution(review: Review) -> None:
    """What kind of studies these are, and how they were found, in small type."""
    checked = f"; last checked {newest(review)}" if newest(review) else ""
    searched = f"{living_page.searched(review, screened.read())}{checked}"
    told = f"{searched}. {kinds_of_study(review)} Research, not advice for the treatment of any patient."
    files.display_with(Markup('<p class="review-quiet">{}</p>').format(told), {})


def kinds_of_study(review: Review) -> str:
    """How many of the studies are randomised, and who was treated in the others, in a sentence."""
    studies = review.included().values()
    randomised, confounded = sum(record.design.randomised for record in studies), QUESTION.shown.confounded
    if not studies:
        return "No study is included yet."
    if not randomised:
        counted = words.count(len(studies), "small non-randomised study", "small non-randomised studies")
        return f"{words.sentence_case(counted)}{f': {confounded}' if confounded else ''}."
    of = f"{randomised} of {len(studies)} studies {'is' if randomised == 1 else 'are'} randomised"
    return f"{of}; in the others {confounded}." if confounded and randomised < len(studies) else f"{of}."


def made(review: Review) -> None:
    """Version, what changed last, and who made the review; its date and evidence are in the box below."""
    files.display_with(
        Markup(
            '<p class="review-quiet">Version {}: <a href="what-changed.html">what changed</a>.'
            ' {} <a href="editing.html#who-does-what-and-when">More</a></p>'
        ).format(version(), people_page.in_short(people.read(), review)),
        {},
    )


def answers(found: list[landing.Row], role: str, review: Review) -> None:
    """The rows of the endpoints of one role, `primary` or `secondary`."""
    rows: list[dict] = []
    handed: dict[str, bytes] = {}
    for row in found:
        if ENDPOINTS[row.key].role == role:
            told, own = _row(row, landing.common_axis(found), review)
            rows.append(told)
            handed |= own
    files.display_with(filled("answers.html", rows=rows), handed)


def _row(row: landing.Row, ends: tuple[float, float], review: Review) -> tuple[dict, dict[str, bytes]]:
    """What answers.html tells of an endpoint, and the files to hand over."""
    pictures: dict[str, Picture | None] = {}
    if row.size:
        pictures["answer"] = landing.answer_picture(row, ends, review)
    if row.size and ENDPOINTS[row.key].role == "primary":
        pictures["patients"] = landing.icon_array(row, review)
    figures = {
        part: drawn(picture, figure_name(part, row.key)) for part, picture in pictures.items() if picture
    }
    drawings = {part: figure for part, (figure, _) in figures.items()}
    told = {
        "page": PAGES[row.key],
        "title": row.title,
        "headline": row.headline,
        "answer": drawings.get("answer", ""),
        "signs": SIGNS.get(row.told.certainty, ""),
        "behind": row.behind,
        "icons": drawings.get("patients", ""),
        "details": [
            with_sources(row.size, chapter.sources_of(row.told)),
            *filter(None, (row.patients, row.survives)),
        ]
        if row.size
        else [],
    }
    return told, {path: content for _, handed in figures.values() for path, content in handed.items()}


def unknown(review: Review) -> None:
    """What is not known, as a list, and on request which data are missing."""
    missing = filled(
        "folded.html", summary="The data that are missing", inside=_list(register.missing(review))
    )
    compared = [_compared(review)] if QUESTION.grades else []
    files.display_with(_list([*landing.unknown(review), *compared]) + missing, {})


def _compared(review: Review) -> str:
    """Whom the answer compares, and what that leaves open."""
    told = words.in_sentence(methods_page.never_had_condition(review))
    return (
        f"Whether like was compared with like: {told} They could not have been given {THE_TREATMENT}, so part"
        " of any difference may be theirs."
    )


def _list(texts: list[str]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup().join(Markup("<li>{}</li>").format(text) for text in texts))
