"""Titles of the folded code: each says what its cell shows, in the caption of its table or the words of the
function that it calls.
"""

import ast
import json
import re
from pathlib import Path

from book.make.inputs import ROOT

CELL = re.compile(r"^```\{code-cell\} ipython3\n((?::[^\n]*\n)*)(.*?)^```$", re.M | re.S)
TABLES = ("table", "text_table", "linked_table")
"""Their second argument is a caption."""
SHOWN_ONLY = (
    "book.html.show.",
    "book.html.linked.",
    "book.shown.endpoint.chapter.say",
    "extraction.records.",
)
"""Functions that show or read what others made, and so tell nothing of it."""


def write(pages: list[Path]) -> None:
    """Give each cell of the pages its title, in place; one that has its own, or calls nothing described,
    stays as it is.
    """
    for page in pages:
        page.write_text(with_titles(page.read_text(encoding="utf-8")), encoding="utf-8")


def with_titles(text: str) -> str:
    """The text of a page with the titles of its cells."""
    imported: dict[str, str] = {}

    def titled(cell: re.Match) -> str:
        options, code = cell.groups()
        tree = ast.parse(code)
        imported.update(_imports(tree))
        said = _said(tree, imported)
        if not said or ":mystnb:" in options:
            return cell[0]
        title = json.dumps(f"Code: {said[0]}{', and more' if said[1:] else ''}", ensure_ascii=False)
        return cell[0].replace(options, f"{options}:mystnb: {{code_prompt_show: {title}}}\n", 1)

    return CELL.sub(titled, text)


def _imports(tree: ast.Module) -> dict[str, str]:
    """Where each imported name of a cell comes from, as `package.module.name`."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _said(tree: ast.Module, imported: dict[str, str]) -> list[str]:
    """What each line that shows something says it shows, in the order of the cell; else what the last call
    says.
    """
    shown = [
        said
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        for said in _of_line(node.value, imported)
    ]
    return shown or _described(tree, imported)[-1:]


def _of_line(line: ast.expr, imported: dict[str, str]) -> list[str]:
    match line:
        case ast.Call(func=ast.Name(id=name), args=[_, ast.Constant(value=str(caption)), *_]) if (
            name in TABLES
        ):
            return [caption]
    return _described(line, imported)


def _described(code: ast.AST, imported: dict[str, str]) -> list[str]:
    calls = [node for node in ast.walk(code) if isinstance(node, ast.Call)]
    return list(filter(None, (_first_line(ast.unparse(call.func), imported) for call in calls)))


def _first_line(called: str, imported: dict[str, str]) -> str:
    """First line of the docstring of a function of this review; empty for any other."""
    first, *rest = called.split(".")
    path = ".".join((imported.get(first, ""), *rest))
    *module, function = path.split(".")
    file = ROOT.joinpath(*module).with_suffix(".py")
    if not module or path.startswith(SHOWN_ONLY) or not file.is_file():
        return ""
    described = [
        ast.get_docstring(node)
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    return (described[0] or "").split("\n")[0].removesuffix(".") if described else ""
