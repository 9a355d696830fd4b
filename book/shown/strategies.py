"""The search strategies on their page."""

import html

from IPython.display import HTML, display


def show_strategies(strategies: list[tuple[str, str]]) -> None:
    """Each strategy under a line that opens it."""
    for title, query in strategies:
        display(
            HTML(
                f"<details><summary>{html.escape(title)}</summary><pre"
                f' class="strategy">{html.escape(query)}</pre></details>'
            )
        )
