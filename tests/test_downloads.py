"""What a reader takes away from the built book: numbers, citation, notebooks, and the bundle that builds the
same book again.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from example_events import kill_when
from example_pages import toc_pages
from example_tree import command_of, copy_syntax
from jupyter_cache import get_cache
from nbclient import NotebookClient

from book.make import build, bundle, execute, inputs, written
from models.answers.summary import version
from models.endpoints import ENDPOINTS
from models.runs import store

ROOT = inputs.ROOT
HEAVIEST = 1_500_000
"""Bytes of a page with its figures."""
ABOUT = 3
"""Lines of comment at the head of a file of numbers."""
REBUILD_SECONDS = 1700  # of patience, on a machine that others use as well
pytestmark = pytest.mark.book


class Shown(HTMLParser):
    """Figures and captioned tables of a page in order, each with the numbers linked before the next one;
    citation boxes and links.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.items: list[dict] = []
        self.boxes, self.links, self.images = 0, [], []
        self.caption, self.heads, self.reading = False, None, None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        classes = (named.get("class") or "").split()
        if tag == "figure" and "review-figure" in classes:
            self.items.append({"what": named["id"], "numbers": None, "heads": None})
        if tag == "caption":
            self.items.append({"what": "table", "numbers": None, "heads": []})
        if tag == "thead" and self.items and self.items[-1]["heads"] == []:
            self.heads = self.items[-1]["heads"]
        if tag == "th" and self.heads is not None:
            self.heads.append("")
        self.boxes += tag == "aside" and "review-cite" in classes
        if tag == "a" and named.get("href"):
            self.links.append(named["href"])
            if "/numbers/" in named["href"] and self.items and self.items[-1]["numbers"] is None:
                self.items[-1]["numbers"] = named["href"]
        if tag == "img":
            self.images.append(named["src"])

    def handle_data(self, data):
        if self.heads:
            self.heads[-1] += data

    def handle_endtag(self, tag):
        if tag == "thead":
            self.heads = None


@pytest.fixture(scope="module")
def shown(html) -> dict[Path, Shown]:
    return {html / f"{page}.html": Shown(html / f"{page}.html") for page in sorted(toc_pages())}


# numbers


def test_every_figure_and_every_table_has_numbers_that_open_in_pandas(shown):
    items = [(path, item) for path, page in shown.items() for item in page.items]
    assert len(items) > 200
    assert not [(path.name, item["what"]) for path, item in items if not item["numbers"]]
    for path, item in items:
        file = (path.parent / item["numbers"]).resolve()
        with file.open(encoding="utf-8", newline="") as text:
            cited, about, page = (text.readline() for _ in range(ABOUT))
            header = next(csv.reader(text))
        assert f"Version {version()}" in cited and len(about) > 4 and page.startswith("# From "), file.name
        found = pd.read_csv(file, skiprows=ABOUT)
        assert list(found.columns) == header and len(set(header)) == len(header) and len(found), file.name


def test_a_table_without_other_numbers_has_the_columns_that_it_shows(shown):
    page = shown[build.HTML / "book" / "studies.html"]
    [medians] = [
        item
        for item in page.items
        if item["numbers"] and item["numbers"].endswith("studies-medians-and-ranges-by-arm-as-printed.csv")
    ]
    held = pd.read_csv(build.HTML / "book" / medians["numbers"], skiprows=ABOUT)
    assert list(held.columns) == medians["heads"]


def test_no_file_of_numbers_and_no_figure_is_without_its_page(shown, html):
    linked = {
        (path.parent / link).resolve()
        for path, page in shown.items()
        for link in page.links + page.images
        if not link.startswith("data:")
    }
    assert (
        not {path for folder in ("numbers", "figures", "cite") for path in (html / folder).iterdir()} - linked
    )


def test_no_page_is_too_heavy(shown):
    weights = {
        path.name: (
            path.stat().st_size
            + sum((path.parent / image).stat().st_size for image in set(page.images) if "figures/" in image)
        )
        for path, page in shown.items()
    }
    assert not {name: weight for name, weight in weights.items() if weight > HEAVIEST}


# citation and notebooks


def test_every_page_has_one_box_that_says_how_to_cite(shown):
    assert not [path.name for path, page in shown.items() if page.boxes != 1]


def test_every_page_with_code_offers_its_notebook_twice_and_no_other_page_does(shown):
    """In the box, and in the theme's download menu."""
    for path, page in shown.items():
        has_code = "{code-cell}" in written.pages().get(path.stem, "")
        assert sum(link.endswith(f"/{path.stem}.ipynb") for link in page.links) == 2 * has_code, path.name


# the bundle


@pytest.fixture(scope="module")
def archive(html, tmp_path_factory) -> Path:
    try:
        return bundle.write(tmp_path_factory.mktemp("bundle"))
    except build.NotMade as fault:
        pytest.skip(str(fault)) if "git" in str(fault) else pytest.fail(str(fault))


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory) -> Path:
    """The bundle in a folder of its own, with this environment in place of the one that `make env` would
    make.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(archive) as held:
        held.extractall(folder)
    [tree] = folder.iterdir()
    (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
    return tree


def test_another_process_gives_it_the_same_bytes(archive):
    """At another time, with another order of whatever has none; what killed runs left is cleared away."""
    again = bundle.FOLDER / archive.name
    bundle.FOLDER.mkdir(parents=True, exist_ok=True)
    again.unlink(missing_ok=True)
    again.with_name(f"{archive.name}.2031.partial").touch()
    ran = command_of("book", "bundle")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert again.read_bytes() == archive.read_bytes()
    assert [path.name for path in bundle.FOLDER.iterdir() if again.stem in path.name] == [again.name]


def test_checksums_hold_for_every_file(archive):
    with zipfile.ZipFile(archive) as held:
        contents = {name.split("/", 1)[1]: held.read(name) for name in held.namelist()}
    listed = dict(reversed(line.split("  ", 1)) for line in contents.pop("SHA256SUMS").decode().splitlines())
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def test_the_ro_crate_names_every_file_with_format_size_and_hash(unpacked):
    crate = json.loads((unpacked / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert crate["@context"][0] == f"{descriptor['conformsTo']['@id']}/context" and descriptor["about"] == {
        "@id": "./"
    }
    assert root["@type"] == "Dataset" and all(
        root[name] for name in ("name", "description", "datePublished", "license")
    )
    on_disk = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.rglob("*")
        if path.is_file() and ".venv" not in path.parts
    }
    assert {part["@id"] for part in root["hasPart"]} == on_disk - {"ro-crate-metadata.json"}
    for part in root["hasPart"]:
        entity, content = entities[part["@id"]], (unpacked / part["@id"]).read_bytes()
        assert entity["@type"] == "File" and "/" in entity["encodingFormat"]
        if entity["@id"] != "SHA256SUMS":  # which holds the hash of the crate
            assert (entity["contentSize"], entity["sha256"]) == (
                str(len(content)),
                hashlib.sha256(content).hexdigest(),
            )
    references = [
        value["@id"]
        for entity in crate["@graph"]
        for values in entity.values()
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, dict)
    ]
    assert {name for name in references if not name.startswith("https:")} <= set(entities)


@pytest.mark.parametrize("key", ENDPOINTS)
def test_parquet_and_netcdf_hold_the_same_draws(key, unpacked, review):
    draws = xr.load_dataset(unpacked / "bundle" / "draws" / f"{key}.nc", engine="h5netcdf")
    table = pd.read_parquet(unpacked / "bundle" / "draws" / f"{key}.parquet")
    xr.testing.assert_equal(draws, store.read(key, review).draws)
    assert len(table) == draws.sizes["chain"] * draws.sizes["draw"]
    assert len(table.columns) == 2 + sum(values.size // len(table) for values in draws.data_vars.values())
    for row in table.sample(20, random_state=1).to_dict("records"):
        here = draws.sel(chain=row["chain"], draw=row["draw"])
        assert row["mu"] == float(here["mu"])
        for study in draws["study"].values:
            assert row[f"theta[{study}]"] == float(here["theta"].sel(study=study))


def test_estimates_are_quantiles_of_the_draws_within_their_error(unpacked):
    """The draws are the check of an answer by quadrature: their limits lie within some Monte Carlo errors."""
    found = pd.read_csv(unpacked / "bundle" / "results" / "estimates.csv")
    for key in ENDPOINTS:
        mu = pd.read_parquet(unpacked / "bundle" / "draws" / f"{key}.parquet")["mu"]
        [row] = found[(found["endpoint"] == key) & (found["quantity"] == "mean effect")].to_dict("records")
        expected = np.quantile(mu, [0.5, 0.025, 0.975])
        found_now = np.log([row["median"], row["lower"], row["upper"]])
        np.testing.assert_allclose(found_now, expected, atol=0.2 * mu.std())


def test_every_figure_is_a_drawing_with_alternative_text(unpacked, shown):
    index = pd.read_csv(unpacked / "bundle" / "figures" / "index.csv")
    assert len(index) == sum(item["what"] != "table" for page in shown.values() for item in page.items)
    assert index["alt"].str.len().min() > 20
    assert all(
        "<svg" in (unpacked / "bundle" / "figures" / name).read_text(encoding="utf-8")[:500]
        for name in index["file"]
    )


def test_the_data_package_describes_the_tables_beside_it(unpacked):
    folder = unpacked / "bundle" / "evidence"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    meanings = pd.read_csv(folder / "data-dictionary.csv")
    for resource in package["resources"]:
        columns = list(pd.read_csv(folder / resource["path"]).columns)
        assert (
            columns
            == [field["name"] for field in resource["schema"]["fields"]]
            == meanings.loc[meanings["table"] == Path(resource["path"]).stem, "column"].tolist()
        )
    assert {Path(resource["path"]).stem for resource in package["resources"]} == set(meanings["table"])


RUN_AGAIN = {"methods", "studies"}
"""Pages that the bundle runs again, quick ones; two more run as notebooks, below.  It is given the outputs of
the others, which it takes only where all that their cells read, code, records, posteriors and pins, is what
the tree has.
"""


def take_along_outputs(tree: Path) -> None:
    """Give a tree the outputs of all pages but those of RUN_AGAIN, the short chains that `make fit` keeps for
    them, and what is left here of earlier records: the key of a page names all that is stored.
    """
    for path in (path for pattern in inputs.STORED for path in ROOT.glob(pattern)):
        place = tree / path.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            shutil.copy(path, place)
    for kept in ("many", "shared"):
        if (build.BUILD / kept).is_dir():
            shutil.copytree(build.BUILD / kept, tree / "_build" / kept)
    copy_syntax(tree)
    cache = get_cache(str(shutil.copytree(build.BUILD / "executed", tree / "_build/executed")))
    again = [record for record in cache.list_cache_records() if Path(record.uri).stem in RUN_AGAIN]
    assert len(again) == len(RUN_AGAIN)
    for record in again:
        cache.remove_cache(record.pk)


def begin(tree: Path, *command: str) -> subprocess.Popen:
    """A command in a tree, as a reader begins it."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST"))
    }
    return subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_an_unpacked_bundle_builds_the_same_book_also_killed_on_its_way_and_twice_at_once(unpacked, html):
    """Before each file that it changes it is killed in the tests of kills; here once, with all it started."""
    take_along_outputs(unpacked)
    made = unpacked / "_build/html"
    kill_when(
        lambda: list((unpacked / "_build").glob("building-*/source/_config.yml")),
        [sys.executable, "-m", "book"],
        unpacked,
        REBUILD_SECONDS,
    )
    assert not made.exists()
    both = begin(unpacked, "make", "book"), begin(unpacked, sys.executable, "-m", "book")
    said = [process.communicate(timeout=REBUILD_SECONDS) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    [out] = [out for out, _ in said if "Nothing has changed" not in out]
    assert set(re.findall(r"ran book/([\w-]+)\.md", out)) <= RUN_AGAIN
    assert not [out for out, error in said if "sampling" in out or "fitting" in error]
    assert not list((unpacked / "_build").glob("building-*"))
    assert contents(made) == contents(html)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_notebooks_run_from_first_cell_to_last_wherever_they_were_saved(
    unpacked, html, tmp_path, monkeypatch
):
    """Two, one after the other in one kernel, which forgets the first before the second."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    execute.use_this_environment(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(unpacked))  # as the file review.pth in .venv has it for a clone
    first, second = (
        nbformat.read(html / "_sources" / "book" / f"{page}.ipynb", as_version=4)
        for page in ("crs-duration", "editing")
    )
    nbformat.validate(first)
    nbformat.validate(second)
    both = deepcopy(first)
    both.cells += [nbformat.v4.new_code_cell("%reset -f"), *second.cells]
    NotebookClient(
        both, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}, timeout=300
    ).execute()
    for cells in (both.cells[: len(first.cells)], both.cells[len(first.cells) + 1 :]):
        run = [cell for cell in cells if cell.cell_type == "code"]
        assert run and all(cell.execution_count for cell in run)
        assert any("<figure" in str(output) for cell in run for output in cell.outputs)


# what a bundle refuses


@pytest.mark.parametrize(
    ("module", "name", "value", "said"),
    [
        (
            store,
            "is_fitted",
            lambda key, review: key != "icans",
            r"^No posterior .*: icans\. Run `python -m models fit` first\.$",
        ),
        (
            build,
            "is_current",
            lambda fingerprint: False,
            r"^The book is not that of the tree as it stands\. Run `python -m book` first\.$",
        ),
        (
            bundle,
            "_tracked",
            lambda: ["README.md"],
            r"^Not in git, so not in the bundle: .*extraction/register\.yml",
        ),
    ],
)
def test_what_is_not_whole_is_refused_in_one_line_and_nothing_is_written(
    module, name, value, said, html, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, name, value)
    with pytest.raises(build.NotMade, match=said):
        bundle.write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_git_is_refused(html, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(bundle, "HOME", tmp_path)
    with pytest.raises(build.NotMade, match=r"^A bundle is made from a git checkout: .*not a git repository"):
        bundle._tracked()


def test_a_full_disk_leaves_the_old_bundle_and_no_half_one(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    (tmp_path / "a.zip").write_bytes(b"old")
    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space left"):
        bundle._pack({"file": b"x"}, "a", tmp_path / "a.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"] and (
        tmp_path / "a.zip"
    ).read_bytes() == b"old"
