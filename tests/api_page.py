"""The public names as a page, from their docstrings: `python tests/api_page.py` writes docs/api.md."""

import inspect
import re
from textwrap import dedent

from extraction.tree import ROOT
from extraction.whole import write_whole
from review import api

FILE = ROOT / "docs" / "api.md"
HEAD = """# What others may build upon

`from review.api import …`: these names keep their meaning from one version to the next, or the changelog
says so; all others may change. This page is written from their docstrings by `python tests/api_page.py`.

"""


def page() -> str:
    return HEAD + "\n\n".join([*map(_entry, api.__all__), "## By example", _examples()]) + "\n"


def _entry(name: str) -> str:
    what = getattr(api, name)
    if not callable(what):
        return f"## `{name}`\n\nA {type(what).__name__} of the review's endpoints, by key."
    return f"## `{name}`\n\n```python\n{_signature(name, what)}\n```\n\n{_words(what)}"


def _signature(name: str, what: object) -> str:
    """As it is called; types by their own names."""
    if inspect.isclass(what) and issubclass(what, Exception):
        return f"class {name}({what.__bases__[0].__name__})"
    said = re.sub(r"\b(?:[a-z_]+\.)+([A-Za-z]\w*)", r"\1", str(inspect.signature(what)))
    said = re.sub(r"""(: |-> )(?:"([^"]*)"|'([^']*)')""", lambda m: m[1] + (m[2] or m[3]), said)
    said = re.sub(r"Optional\[(\w+\[[^]]*\])\]", r"\1 | None", said)  # as Python 3.14 says it
    said = re.sub(r"= \w*Path\('[^']*'\)", "= REVIEW", said)  # a folder of one machine
    return f"{'class ' if inspect.isclass(what) else ''}{name}{said.removesuffix(' -> None')}"


def _words(what: object) -> str:
    """Its docstring, but for examples, which stand together below."""
    return (inspect.getdoc(what) or "").partition("\n>>>")[0].strip()


def _examples() -> str:
    """The docstring of the module: words as they are, examples in blocks."""
    parts = dedent(api.__doc__ or "").strip().split("\n\n")[1:]
    return "\n\n".join(f"```python\n{part}\n```" if part.startswith(">>>") else part for part in parts)


if __name__ == "__main__":
    write_whole(FILE, page())
