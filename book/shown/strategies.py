"""The search strategies on their page."""

from IPython.display import HTML, display
from markupsafe import Markup

from book.html.template import filled


def show_strategies(strategies: list[tuple[str, str]]) -> None:
    """Each strategy under a line that opens it."""
    for title, query in strategies:
        inside = Markup('<pre class="strategy">{}</pre>').format(query)
        display(HTML(filled("folded.html", summary=title, inside=inside)))
