"""Numbers on pages as links to what is behind them: the keys of their sources, where these stand, and the
link itself.

Keys: `study#entry` for a printed number, `study` for a paper, `mean#endpoint` for a posterior,
`bias#endpoint` for one read through the likely bias.
"""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from book.html.template import filled, plain
from extraction.derived import characteristics
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of

PAGES = {key: endpoint.shown.page for key, endpoint in ENDPOINTS.items()}
"""Where each endpoint of the models stands in the book."""


def anchor(entry: str) -> str:
    """Anchor of an entry on its study's page."""
    return f"entry-{entry}"


def entry_key(study: str, entry: str) -> str:
    return f"{study}#{entry}"


def mean_key(endpoint: str) -> str:
    """Key of the posterior of an endpoint of the models."""
    return f"mean#{endpoint}"


def bias_key(endpoint: str) -> str:
    """Key of the same posterior read through the likely bias of the studies."""
    return f"bias#{endpoint}"


def address(key: str) -> str:
    """The page, seen from the folder of pages, that holds what stands behind a key: where its link leads
    without a script.
    """
    name, _, part = key.partition("#")
    if name in ("mean", "bias"):
        return f"{PAGES[part].partition('#')[0]}#figure-{figure_name('forest', part)}"
    return f"studies/{name}.html" + (f"#{anchor(part)}" if part else "")


def behind(key: str, study: str, review: Review) -> tuple[str, ...]:
    """Keys of what a study prints of an endpoint of the models."""
    return tuple(entry_key(study, entry) for entry in evidence_of(key, review).entries_behind(study))


def of_medians(review: Review) -> dict[str, list[tuple[str, ...]]]:
    """Sources of each column of `book.shown.register.medians`."""
    rows = characteristics.median_entries(review)
    return {
        column: [
            (entry_key(study, entry.id),) if (entry := entries[column]) else () for _, study, entries in rows
        ]
        for column in characteristics.MEDIANS
    }


def figure_name(part: str, endpoint: str) -> str:
    """Name of an endpoint's figure: its anchor is `#figure-` and this."""
    return f"{part}-{endpoint.replace('_', '-')}"


def marked(text: str, keys: Iterable[str], href: str = "") -> Markup:
    """Text, escaped here, as a link to its sources, which the page's script opens beside it; the text alone
    where there is no key.

    href : where the link leads without the script, if the page is not in the folder of pages
    """
    keys = tuple(keys)
    if not keys:
        return plain(text)
    return filled("source-link.html", text=text, keys=keys, href=href or address(keys[0]))


def made(how: str, endpoint: str | None) -> Markup:
    """A link that opens how the numbers of a figure or table were computed, and from which posterior; empty
    where nothing is said of it.

    Without the page's script it leads to the seeds, versions and diagnostics behind all of them.
    """
    source = mean_key(endpoint) if endpoint else None
    return filled("made.html", how=how, source=source) if how else Markup()


def with_sources(text: str, sources: Mapping[str, Iterable[str]]) -> Markup:
    """Text, escaped here, of which each part named is a link to its sources; parts share no letter."""
    found, rest = Markup(), text
    for part in sorted(sources, key=text.index):
        before, _, rest = rest.partition(part)
        found += Markup("{}{}").format(before, marked(part, sources[part]))
    return found + rest
