"""The key of a stored result changes with all the code and data that make it, and with nothing else; and a
result is read under its own key alone.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest
import xarray as xr
from example_tree import copy_syntax
from jinja2 import meta

from book.html.template import TEMPLATES
from book.make import inputs
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.sampling import fitted
from models.runs import heavy, store
from models.runs.closure import ROOT, Tree, fingerprint
from models.runs.journal import Journal
from models.runs.syntax import Module, Unforeseeable, read
from models.trust import calibration, duration_universes

DURATION = "crs_duration_grade3"
CRS, EFFECTS, UNIVERSES = "models.engines.durations", "models.engines.effects", "models.engines.short_chains"
KIND = "models.likelihood.kinds.{}"
MAKERS = {
    "CRS duration": (CRS, "models.engines.sampling", KIND.format("test_outcome")),
    "effects by study": (EFFECTS, "models.engines.sampling", KIND.format("table_set")),
    "universes": (UNIVERSES, KIND.format("test_outcome")),
    "calibration": ("models.trust.sampled_replicates", "models.trust.integrated_replicates"),
}
"""Modules in which the code stands that makes a stored result."""
PACKAGES = ("extraction", "models", "book", "benchmarks")
A_CONSTANT = "\nA_CONSTANT = {}\n"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory) -> Path:
    """A copy of the code and of what it reads, every module read once."""
    copy = tmp_path_factory.mktemp("pristine")
    for folder in (*PACKAGES, "releases"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("_config.yml", "_toc.yml", "requirements.lock", "pyproject.toml", "CITATION.cff"):
        shutil.copy(ROOT / file, copy)
    (copy / "_build").mkdir()
    copy_syntax(copy)
    inputs.of_book(copy)
    return copy


@pytest.fixture
def tree(pristine, tmp_path) -> Path:
    """A copy to change, which remembers what every module says."""
    return Path(shutil.copytree(pristine, tmp_path / "tree"))


@pytest.fixture(scope="module")
def edited(pristine) -> Callable[[str, Callable[[str], str]], Module]:
    """What a module of the copy would say with its text changed so; each is read once."""
    found = Tree(pristine)

    @cache
    def said(name: str, change: Callable[[str], str]) -> Module:
        path = found.path(name)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        return read(change(path.read_text(encoding="utf-8")), package, name)

    return said


def with_a_constant(text: str) -> str:
    return text + A_CONSTANT.format(1)


def with_another(text: str) -> str:
    return text + A_CONSTANT.format(2)


class Edited(Tree):
    """A tree some modules of which say something else than their files."""

    edits: Mapping[str, Module] = MappingProxyType({})

    def module(self, name: str) -> Module:
        return self.edits.get(name) or super().module(name)

    def key(self, makers: tuple[str, ...], edits: Mapping[str, Module]) -> str:
        self.edits = edits
        self._marks.clear()
        return self.fingerprint([(module, "") for module in makers])


def key(tree: Path, makers: tuple[str, ...]) -> str:
    return Tree(tree).fingerprint([(module, "") for module in makers])


def add(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def modules(tree: Path) -> set[str]:
    found = {
        path.relative_to(tree).with_suffix("")
        for package in PACKAGES
        for path in (tree / package).rglob("*.py")
    }
    return {".".join(path.parts).removesuffix(".__init__") for path in found}


# what changes a key


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_key_of_a_posterior_takes_in_the_kinds_of_its_reports_and_no_others(
    endpoint, review, monkeypatch
):
    found = kinds_in_key(store, lambda: store.identity(endpoint, review), monkeypatch)
    assert found == kinds_used(endpoint, review) != set()


def test_the_keys_of_calibration_and_universes_take_in_the_kinds_of_the_reports(review, monkeypatch):
    for endpoint in ENDPOINTS:
        found = kinds_in_key(calibration, lambda key=endpoint: calibration.identity(key, review), monkeypatch)
        assert kinds_used(endpoint, review) <= found
    found = kinds_in_key(
        duration_universes, lambda: duration_universes.identity(DURATION, review), monkeypatch
    )
    assert found == kinds_used(DURATION, review)


def kinds_used(endpoint: str, review: Review) -> set[str]:
    return {KIND.format(used.report.name) for used in evidence_of(endpoint, review).used}


def kinds_in_key(module, key, monkeypatch) -> set[str]:
    """The kinds of report in the closure of the code that a key takes the fingerprint of."""
    code = []
    with monkeypatch.context() as patch:
        patch.setattr(module, "fingerprint", lambda *parts: code.extend(parts) or "")
        key()
    names = {getattr(part, "__module__", None) or part.__name__ for part in code}
    return {name for name in Tree(ROOT).closure(names) if name.startswith(KIND.format(""))}


@pytest.mark.parametrize("makers", MAKERS.values(), ids=MAKERS)
def test_a_constant_changed_in_any_module_of_a_closure_changes_the_key(makers, pristine, edited):
    found = Edited(pristine)
    first = {name: edited(name, with_a_constant) for name in found.closure(makers)}
    before = found.key(makers, first)
    for name in first:
        assert found.key(makers, first | {name: edited(name, with_another)}) != before, name


@pytest.mark.parametrize("makers", MAKERS.values(), ids=MAKERS)
def test_a_constant_in_any_module_outside_a_closure_leaves_the_key(makers, tree):
    before, found = key(tree, makers), Tree(tree)
    outside = [found.path(name) for name in modules(tree) - set(found.closure(makers))]
    for path in outside:
        add(path, A_CONSTANT.format(1) if path.name != "__init__.py" else "")
    assert len(outside) > 100 and key(tree, makers) == before


def test_a_closure_holds_all_that_python_itself_imports():
    """By the modules that a fresh interpreter has loaded; imports within functions come on top."""
    wanted = [*(name for makers in MAKERS.values() for name in makers), "book.shown.endpoint.chapter"]
    listing = (
        "import sys, importlib\nfor name in sys.argv[1:]: importlib.import_module(name); print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", listing, *wanted], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = Tree(ROOT)
    for count, loaded in enumerate(ran.stdout.splitlines(), start=1):
        ours = [name for name in loaded.split() if name.partition(".")[0] in PACKAGES]
        assert {name for name in ours if found.module(name).syntax} <= set(found.closure(wanted[:count]))


def test_the_null_distribution_of_ranks_changes_the_posterior_of_crs_duration(tree):
    before = key(tree, MAKERS["CRS duration"])
    edit(
        tree / "extraction/recover/ranks.py",
        "def mann_whitney_null(",
        "def mann_whitney_null(*_): return [1.0]\n\n\ndef another(",
    )
    assert key(tree, MAKERS["CRS duration"]) != before


def test_the_smallest_probability_of_a_power_curve_changes_the_universes(tree):
    before = key(tree, MAKERS["universes"])
    [path] = [
        path
        for path in (tree / "models").rglob("*.py")
        if re.search(r"^SMALLEST_PROBABILITY = 1e-9", path.read_text(encoding="utf-8"), re.M)
    ]
    edit(path, "SMALLEST_PROBABILITY = 1e-9", "SMALLEST_PROBABILITY = 1e-6")
    assert key(tree, MAKERS["universes"]) != before


def test_what_makes_a_posterior_reads_no_file():
    """Evidence enters through its own hash, so that a changed note refits nothing; what simulates whole
    reviews reads the question, by which evidence enters.
    """
    found = Tree(ROOT)
    for name, makers in MAKERS.items():
        read = ["extraction/question.yml"] if name == "calibration" else []
        assert found.files(found.closure(makers)) == read


# what does not


class Reworded(ast.NodeTransformer):
    def visit_Expr(self, node):
        return (
            ast.Expr(ast.Constant("Other words."))
            if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            else node
        )


def reworded(text: str) -> str:
    """The text with another comment, layout and docstrings."""
    tree = ast.fix_missing_locations(Reworded().visit(ast.parse(text)))
    return f"# another comment\n{ast.unparse(tree)}"


@pytest.mark.parametrize("makers", MAKERS.values(), ids=MAKERS)
def test_other_docstrings_comments_and_layout_leave_the_key(makers, pristine, edited):
    found = Edited(pristine)
    other = {name: edited(name, reworded) for name in found.closure(makers)}
    assert found.key(makers, other) == found.key(makers, {})


def test_a_module_moved_and_renamed_leaves_the_key(tree):
    before = {name: key(tree, makers) for name, makers in MAKERS.items()}
    (tree / "models/another_room").mkdir()
    (tree / "models/another_room/__init__.py").write_text('"""A room."""\n', encoding="utf-8")
    (tree / "models/likelihood/power.py").rename(tree / "models/another_room/how_often.py")
    (tree / "models/likelihood/ops.py").rename(tree / "models/another_room/in_print.py")
    for path in (tree / "models").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        text = text.replace(
            "from models.likelihood.power import", "from models.another_room.how_often import"
        ).replace("from models.likelihood.ops import", "from models.another_room.in_print import")
        path.write_text(text, encoding="utf-8")
    assert {name: key(tree, makers) for name, makers in MAKERS.items()} == before


def test_imports_for_a_type_checker_and_annotations_of_the_future_leave_the_key():
    plain = read("x = 1\n", "", "")
    assert (
        read(
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n   "
            " from models import pool\nx = 1\n",
            "",
            "",
        ).syntax
        == plain.syntax
    )


# how code is read


def say(text: str) -> tuple:
    found = read(text, "", "")
    return found.syntax, tuple(found.meanings), tuple(found.imports)


def test_a_name_that_a_parameter_takes_is_no_module():
    """`x` of f is its argument in the first, the module in the second."""
    assert say("from models import a as x\ndef f(x): return x.g") != say(
        "from models import a as y\ndef f(x): return y.g"
    )


def test_the_same_names_of_other_modules_are_told_apart():
    assert say("from models.a import f\nf()") != say("from models.b import f\nf()")


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nimportlib.import_module(name)",
        "__import__(name)",
        "from models.likelihood.power import *",
    ],
)
def test_an_import_that_only_a_run_would_tell_is_refused(text):
    with pytest.raises(Unforeseeable, match="a_module, line"):
        read(text, "", "a_module")


def test_modules_that_import_each_other_have_a_key_that_either_changes(tmp_path):
    (tmp_path / "round").mkdir()
    for name, other in (("__init__", ""), ("one", "two"), ("two", "one")):
        (tmp_path / f"round/{name}.py").write_text(
            other and f"def f():\n    from round import {other}\n    return {other}.x\nx = 1\n",
            encoding="utf-8",
        )
    before = key(tmp_path, ("round.one",))
    edit(tmp_path / "round/two.py", "x = 1", "x = 2")
    assert key(tmp_path, ("round.one",)) != before


# pages


def pages(tree: Path, names: Iterable[str]) -> dict[str, str]:
    found = Tree(tree)
    return {
        name: inputs.of_cells((tree / f"book/{name}.md").read_text(encoding="utf-8"), found) for name in names
    }


@pytest.fixture(scope="module")
def keys_before(pristine) -> tuple[dict[str, str], str]:
    """Keys of the pages and of the book before anything changes."""
    every = [page.stem for page in (pristine / "book").glob("*.md")]
    return pages(pristine, every), inputs.of_book(pristine)


def test_a_copy_in_another_folder_has_the_keys_of_its_original(tree, keys_before):
    before, book = keys_before
    assert (pages(tree, before), inputs.of_book(tree)) == (before, book)


@pytest.mark.parametrize(
    ("file", "read_by", "not_by"),
    [
        ("book/scripts/explorer-plot.js", {"explorer"}, {"intro", "studies"}),
        ("book/scripts/explorer-form.html", {"explorer"}, {"intro", "studies"}),
        ("book/html/templates/answers.html", {"intro"}, {"explorer", "studies"}),
        ("book/html/templates/figure.html", {"intro", "trust"}, {"explorer"}),
        ("book/html/templates/entry.html", set(), {"intro", "explorer"}),
        ("book/html/templates/meta.html", set(), {"intro", "explorer", "studies"}),
        ("models/trust/checklists.yml", {"checklists"}, {"studies"}),
        ("models/results/calibration.json", {"trust"}, {"explorer"}),
        ("book/shown/prior_share.py", {"trust"}, {"explorer", "intro", "studies"}),
        ("releases/0.1.0.json", {"what-changed"}, {"studies"}),
        ("extraction/records/zhou2025.yml", {"intro", "studies", "explorer"}, set()),
        ("requirements.lock", {"intro", "studies", "explorer", "trust"}, set()),
        ("book/scripts/style.css", set(), {"intro", "explorer", "studies", "what-changed"}),
        ("book/glossary.md", set(), {"intro", "explorer", "studies"}),
    ],
)
def test_a_page_runs_again_for_what_its_cells_read_alone(file, read_by, not_by, pristine, keys_before):
    before, book = keys_before
    path = pristine / file
    text = path.read_bytes()
    add(path, A_CONSTANT.format(1) if file.endswith(".py") else "\n")
    try:
        found = pages(pristine, read_by | not_by)
        assert {name for name in found if found[name] != before[name]} == read_by
        assert inputs.of_book(pristine) != book
    finally:
        path.write_bytes(text)


def test_the_code_of_every_page_and_template_is_read_for_the_key_of_the_book():
    """What is no Python would be left out in silence."""
    ast.parse(inputs._all_cells(ROOT))


def test_every_template_is_part_of_the_key_of_the_book():
    """Named by the code that fills it, as no other template may name it: a template's words are not read."""
    names = inputs.names()
    pdf = Tree(ROOT).files(Tree(ROOT).closure(["book.make.pdf"]))
    for template in (ROOT / "book/html/templates").iterdir():
        assert template.relative_to(ROOT).as_posix() in {*names, *pdf}
        found = meta.find_referenced_templates(TEMPLATES.parse(template.read_text(encoding="utf-8")))
        assert not list(found), template.name


# what is stored


@pytest.fixture
def two(tmp_path, monkeypatch, review) -> list[str]:
    """Two endpoints with posteriors of one number each."""
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    keys = ["icans", "severe_infection"]
    for number, name in enumerate(keys):
        info = {
            "endpoint": name,
            "verdict": "accepted",
            "diagnostics": {"r_hat": 1.001},
            "mcse": {"median": 0.004},
        }
        store.write(name, store.identity(name, review), xr.Dataset({"mu": float(number)}), info)
        assert store.is_fitted(name, review)
    return keys


def test_a_posterior_under_anothers_name_is_not_read(two, review):
    (draws, info), (other_draws, other_info) = (store.paths(name, review) for name in two)
    for one, other in ((draws, other_draws), (info, other_info)):
        kept, swapped = one.read_bytes(), other.read_bytes()
        one.write_bytes(swapped)
        other.write_bytes(kept)
    for name in two:
        assert not store.is_fitted(name, review)
        with pytest.raises(store.NotFitted):
            store.read(name, review)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"verdict": "accepted"', '"verdict": "rejected"'),
        ("1.001", "1.2"),
        ("0.004", "0.0"),
        ('"icans"', '"severe_crs"'),
    ],
)
def test_an_edited_info_file_is_not_read(old, new, two, review):
    edit(store.paths("icans", review)[1], old, new)
    assert not store.is_fitted("icans", review) and store.is_fitted("severe_infection", review)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, '{"a":' * 100_000, '"\ud800"'])
def test_a_file_that_holds_something_else_is_not_fitted(content, two, review):
    store.paths("icans", review)[1].write_bytes(content.encode(errors="surrogatepass"))
    assert not store.is_fitted("icans", review)


def test_the_key_of_a_posterior_is_that_of_the_code_that_makes_it(review):
    for name, endpoint in ENDPOINTS.items():
        kinds = evidence_of(name, review).kinds
        assert store.identity(name, review)["model"] == fingerprint(endpoint.engine.build, fitted, *kinds)


def test_an_edited_heavy_result_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(heavy, "COMPUTED", tmp_path)
    path = heavy.write("universes.json", "abc", {"median": 0.25})
    assert heavy.read("universes.json", "abc") == {"median": 0.25}
    shutil.copy(path, tmp_path / "def-universes.json")
    assert heavy.read("universes.json", "def") is None
    edit(path, "0.25", "0.35")
    assert heavy.read("universes.json", "abc") is None


def test_a_finished_fit_is_not_read_as_another_codes(tmp_path):
    with Journal(tmp_path / "one") as journal:
        journal.add("task", "1.5")
        assert journal.read() == {"task": "1.5"}
    (tmp_path / "one").rename(tmp_path / "two")
    assert Journal(tmp_path / "two").read() == {}


def test_an_edited_rank_is_not_read(tmp_path, monkeypatch, review):
    monkeypatch.setattr(calibration, "RESULTS", tmp_path / "calibration.json")
    for name in ("icans", "severe_crs"):
        calibration.write(
            name,
            [{"mu": 0.2, "ranks": [0.125, 0.5, 0.5, 0.5], "converged": True}],
            calibration.identity(name, review),
        )
    assert list(calibration.read()) == ["icans", "severe_crs"]
    held = json.loads(calibration.RESULTS.read_text(encoding="utf-8"))
    held["icans"]["content"]["ranks"]["mu"] = [0.5]
    calibration.RESULTS.write_text(json.dumps(held), encoding="utf-8")
    assert list(calibration.read()) == ["severe_crs"]


def test_every_library_that_makes_a_posterior_is_named_in_its_key(review):
    """All but llvmlite, with which numba compiles and of which each numba takes one version alone."""
    tree = Tree(ROOT)
    code = {
        function.__module__
        for endpoint in ENDPOINTS.values()
        for function in (endpoint.engine.build, fitted, *evidence_of(endpoint.key, review).kinds)
    }
    imported = {
        target.partition(".")[0]
        for name in tree.closure(code)
        for target, _ in tree.module(name).imports
        if target.partition(".")[0] not in tree.packages
    }
    assert imported - set(sys.stdlib_module_names) - {"llvmlite"} <= set(store.SOFTWARE)


def test_an_installed_package_has_the_keys_of_the_tree_whatever_lies_beside_it(tmp_path):
    site = tmp_path / "site-packages"
    for package in ("extraction", "models", "book", "review"):
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    (site / "pymc").mkdir()
    (site / "pymc" / "__init__.py").write_text("from elsewhere import *\n")  # which no key can follow
    (site / "pymc" / "data.csv").write_text("of others\n")
    for code in ((CRS, ""), (EFFECTS, "")):
        assert Tree(site).fingerprint([code]) == Tree(ROOT).fingerprint([code])
