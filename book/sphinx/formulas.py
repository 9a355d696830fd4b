"""Sphinx extension: formulas as MathML, which browsers set themselves: no script, no font, nothing that moves
when it comes late.
"""

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def inline(self, node: nodes.math) -> None:
    """A formula within a line."""
    self.body.append(f'<span class="math">{_mathml(node, as_block=False)}</span>')
    raise nodes.SkipNode


def display(self, node: nodes.math_block) -> None:
    """A formula of its own; where it is wider than the page, it is scrolled, also by keyboard."""
    self.body.append(
        '<div class="math" role="group" aria-label="Formula"'
        f' tabindex="0">{_mathml(node, as_block=True)}</div>'
    )
    raise nodes.SkipNode


def _mathml(node: nodes.Node, as_block: bool) -> str:
    """The formula; one that cannot be read is a warning, and so ends the build."""
    try:
        return latex2mathml.tex2mathml(node.astext(), as_block=as_block)
    except MathError as fault:
        LOG.warning("formula not understood: %s", fault, location=node)
        return ""


def setup(app) -> dict:
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
