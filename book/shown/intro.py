"""The first page's cells: the answer in short, then a row for each endpoint, as HTML that is one column on a
phone.
"""

import html

from book.html import files
from book.html.markers import PAGES, bias_key, figure_name, mean_key, with_source
from book.html.show import drawn
from book.shown import findings_page, landing
from book.shown.citation import citation
from book.shown.endpoint import chapter
from extraction.records import Review
from models import words
from models.endpoints import ENDPOINTS
from models.history import versions


def in_short(found: list[landing.Row], review: Review) -> None:
    """The review in a few sentences."""
    chapter.lead(f"{landing.in_short(found)} {findings_page.certainties(review)}.")


def version(review: Review) -> None:
    """Version and date, and what changed last."""
    cited, last = citation(review), versions.latest()
    changed = (
        f"Changed last, in version {last['version']}: {'; '.join(last['trigger'])}."
        if last
        else "No version has been released yet."
    )
    files.display_with(
        f"<p>Version {html.escape(cited.version)}, {html.escape(cited.dated)}. {html.escape(changed)} "
        '<a href="what-changed.html">What changed</a></p>',
        {},
    )


def answers(found: list[landing.Row], role: str, review: Review) -> None:
    """The rows of the endpoints of one role, `primary` or `secondary`."""
    shown, handed = "", {}
    for row in found:
        if ENDPOINTS[row.key].role == role:
            item, own = _row(row, landing.common_axis(found), review)
            shown, handed = shown + item, handed | own
    files.display_with(f'<ul class="review-answers">{shown}</ul>', handed)


def _row(row: landing.Row, ends: tuple[float, float], review: Review) -> tuple[str, dict[str, bytes]]:
    pictures = (
        {"answer": landing.answer_picture(row, ends, review), "patients": landing.icon_array(row, review)}
        if row.size
        else {}
    )
    figures = {
        part: drawn(picture, figure_name(part, row.key)) for part, picture in pictures.items() if picture
    }
    drawings = {part: figure for part, (figure, _) in figures.items()}
    ratio, adjusted = (
        row.size.partition(";")[0],
        words.interval_through_bias(row.adjusted, row.summary) if row.bias else "",
    )
    said = [
        _paragraph("review-finding", html.escape(f"{row.headline}.")),
        drawings.get("answer", ""),
        _paragraph("", html.escape(row.patients)),
        drawings.get("patients", ""),
        _paragraph("review-detail", with_source(row.size, ratio, [mean_key(row.key)]) if ratio else ""),
        _paragraph("review-detail", with_source(row.bias, adjusted, [bias_key(row.key)]) if row.bias else ""),
        _paragraph("review-detail", html.escape(row.behind)),
    ]
    link = f'<h3><a href="{PAGES[row.key]}">{html.escape(row.title)}</a></h3>'
    return f"<li>{link}{''.join(said)}</li>", {
        path: content for _, handed in figures.values() for path, content in handed.items()
    }


def _paragraph(kind: str, said: str) -> str:
    """A paragraph of HTML; none where there is nothing to say."""
    return f'<p class="{kind}">{said}</p>' if said else ""


def unknown(review: Review) -> None:
    """What is not known, as a list."""
    items = "".join(f"<li>{html.escape(text)}</li>" for text in landing.unknown(review))
    files.display_with(f"<ul>{items}</ul>", {})
