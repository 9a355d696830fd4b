"""HTML made from the templates beside: what is put into one is escaped, unless it is `Markup`, HTML already.

Who fills a template names its file whole, as a string, and no template names another: so the key of a page
takes in the templates that it is made from.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent / "templates"


def plain(text: object) -> Markup:
    """Text of a record made harmless, whatever it holds: nothing for None, white space as one space.  Dollars
    and backticks go too: nothing becomes a formula or ends a fence.
    """
    if text is None:
        return Markup()
    escaped = str(escape(" ".join(str(text).split())))
    return Markup(escaped.replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;"))


TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["plain"] = plain


def filled(template: str, **given: object) -> Markup:
    """A template, named by its file, with its places filled; raise UndefinedError where one is left."""
    return Markup(TEMPLATES.get_template(template).render(given))
