"""`python -m book bundle`: one archive of a version, that can be cited, read without this software, and built
again.

It holds the tree as git knows it, that of another review its folder alone, with the posteriors its pages
show, and beside it, in `bundle/`, evidence, results, draws and figures in open formats.  The same inputs give
the same bytes: names are sorted, and no clock is read.
"""

import hashlib
import io
import json
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from book.html.numbers_csv import to_csv
from book.make import build, crate, inputs, tidy
from book.shown.citation import STEM, Citation, citation
from extraction.beside import beside
from extraction.extras import DISTRIBUTION
from extraction.extras import version as installed
from extraction.git import GitFailed, git
from extraction.records import Review, load
from extraction.tree import HOME, IS_OWN
from extraction.whole import whole
from models.answers.summary import summary
from models.endpoints import ENDPOINTS
from models.runs import store

FOLDER = build.BUILD / "bundle"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in the archive, the earliest that a zip can hold."""
README = """# {title}, version {version}

{words}

| folder | what it holds |
|---|---|
| `bundle/evidence/` | every study, extraction, printed number with its address, judgement, verdict and report; `data-dictionary.csv` gives the meaning of each column |
| `bundle/results/` | every estimate with its interval and Monte Carlo error, as JSON and CSV; ratios are the treated over the others |
| `bundle/draws/` | the draws of each posterior, as netCDF and Parquet; effects on the log scale |
| `bundle/figures/` | every figure of the book as SVG; `index.csv` gives page and alternative text |
| `bundle/numbers/` | the numbers under each figure and table of the book |
{rest}
`sha256sum --check SHA256SUMS` checks every file. `ro-crate-metadata.json` describes them for machines.
"""  # noqa: E501 (a Markdown table)
REST = """| the rest | the tree itself: records, code, pages, tests, `requirements.lock`, and in `_build/posteriors/` the posteriors its pages show |

`make book` in this folder builds the book again; it needs make, and Python 3.12, 3.13 or 3.14 or uv.
Code is under the MIT licence (LICENSE); text, records and figures are under CC BY 4.0 (LICENSE-TEXT).
"""  # noqa: E501
REST_OF_ANOTHER = """| the rest | the folder of the review: question, register, records, and in `_build/posteriors/` the posteriors its pages show |

It was made with {distribution} {installed}; `{lock}` pins that version's libraries. Where these are installed, on Python 3.12, 3.13 or 3.14, `review book` in this
folder builds the book again. Its text, records and figures are under {licences}.
"""  # noqa: E501
LOCK = "bundle/requirements.lock"
"""The pins of the program that made another review: its own tree has them."""


def write(folder: Path = FOLDER) -> Path:
    """Write the archive and return its path; raise NotMade, and write nothing, where book or posteriors are
    not current.
    """
    review = load()
    require(review)
    cited = citation(review)
    with build.step("gathered the tree"):
        files = _tree() | _posteriors(review)
    with build.step("wrote evidence and results as tables"):
        files |= _evidence(review, cited) | _results(review)
    with build.step("wrote the draws"):
        files |= _draws(review)
    with build.step("gathered figures and their numbers"):
        files |= _figures() | _numbers()
    files |= {f"bundle/{name}": text.encode() for name, text in cited.files().items()}
    if not IS_OWN:
        files[LOCK] = beside(inputs.PINS).read_bytes()
    files["bundle/README.md"] = _readme(cited).encode()
    files[crate.NAME] = crate.metadata(cited, files).encode()
    files["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)
    ).encode()
    name = f"{STEM}-{cited.version}"
    with build.step(f"packed {len(files)} files"):
        return _pack(files, name, folder / f"{name}.zip")


def _readme(cited: Citation) -> str:
    rest = (
        REST
        if IS_OWN
        else REST_OF_ANOTHER.format(
            distribution=DISTRIBUTION,
            installed=installed(),
            lock=LOCK,
            licences=", ".join(licence.words for licence in cited.licences) or "no licence that is named",
        )
    )
    return README.format(title=cited.title, version=cited.version, words=cited.words, rest=rest)


def require(review: Review) -> None:
    """Raise NotMade unless posteriors and book answer to the tree as it stands, and git knows all that they
    read.
    """
    build.require_posteriors(review)
    if not build.is_current(inputs.of_book()):
        raise build.NotMade("The book is not that of the tree as it stands. Run `python -m book` first.")
    if unknown := sorted(set(inputs.names()).difference(_tracked())):
        raise build.NotMade(
            f"Not in git, so not in the bundle: {', '.join(unknown)}. Add it with `git add`, or remove it."
        )


def _tracked() -> list[str]:
    """Every file that git tracks and that is there."""
    try:
        listed = git("-c", "safe.directory=*", "ls-files", "-z", folder=HOME)
    except GitFailed as failed:
        raise build.NotMade(f"A bundle is made from a git checkout: {failed}.") from None
    return [name for name in listed.split("\0") if name and (HOME / name).is_file()]


def _tree() -> dict[str, bytes]:
    return {name: (HOME / name).read_bytes() for name in _tracked()}


def _posteriors(review: Review) -> dict[str, bytes]:
    """The stored posterior of each endpoint where `python -m book` looks for it."""
    return {
        path.relative_to(HOME).as_posix(): path.read_bytes()
        for key in ENDPOINTS
        for path in store.paths(key, review)
    }


def _evidence(review: Review, cited: Citation) -> dict[str, bytes]:
    tables = tidy.tables(review)
    columns = [
        {"table": name, "column": column, "meaning": meaning}
        for name, known in tidy.COLUMNS.items()
        for column, meaning in known.items()
    ]
    frames = tables | {"data-dictionary": pd.DataFrame(columns), "vocabulary": tidy.vocabulary()}
    written = {f"bundle/evidence/{name}.csv": to_csv(frame).encode() for name, frame in frames.items()}
    return written | {"bundle/evidence/datapackage.json": crate.datapackage(cited, tidy.COLUMNS).encode()}


def _results(review: Review) -> dict[str, bytes]:
    found = summary(review)
    return {
        "bundle/results/summary.json": (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode(),
        "bundle/results/estimates.csv": to_csv(estimates(found)).encode(),
    }


def estimates(found: dict) -> pd.DataFrame:
    """A row for the mean effect, the effect in a next study, the between-study SD (log scale) and each
    study's effect, of every endpoint.
    """
    limits = ("median", "lower", "upper")
    rows = []
    for key, e in found["endpoints"].items():
        same = {"endpoint": key, "scale": e["scale"]}
        rows.append(
            same
            | {"quantity": "mean effect"}
            | {name: e[name] for name in limits}
            | {f"mcse_{name}": e["mcse"][name] for name in limits}
            | {"p_favours_treated": e["p_favours_treated"]}
        )
        rows.append(same | {"quantity": "next study"} | e["prediction"])
        rows.append(
            {"endpoint": key, "scale": "SD of the log ratio", "quantity": "between-study SD"} | e["tau"]
        )
        rows += [
            same | {"quantity": "effect in a study", "study": study} | limits_of
            for study, limits_of in e["studies"].items()
        ]
    return pd.DataFrame(
        rows,
        columns=[
            "endpoint",
            "quantity",
            "study",
            "scale",
            *limits,
            *(f"mcse_{name}" for name in limits),
            "p_favours_treated",
        ],
    )


def _draws(review: Review) -> dict[str, bytes]:
    found = {}
    for key in ENDPOINTS:
        netcdf, _ = store.paths(key, review)
        found[f"bundle/draws/{key}.nc"] = netcdf.read_bytes()
        found[f"bundle/draws/{key}.parquet"] = _parquet(store.read(key, review).draws)
    return found


def _parquet(draws) -> bytes:
    """Draws as a table: chain, draw, and a column for each scalar, `theta[study]` for an element of an
    array.
    """
    import pyarrow as pa
    from pyarrow import parquet

    chains, steps = draws.sizes["chain"], draws.sizes["draw"]
    columns = {"chain": pd.Series(range(chains)).repeat(steps), "draw": pd.Series([*range(steps)] * chains)}
    for name, values in draws.data_vars.items():
        flat = values.transpose("chain", "draw", ...).stack(sample=("chain", "draw"))
        others = [dim for dim in flat.dims if dim != "sample"]
        if not others:
            columns[name] = flat.values
            continue
        for where in pd.MultiIndex.from_product([flat[dim].values for dim in others]):
            columns[f"{name}[{', '.join(map(str, where))}]"] = flat.sel(
                dict(zip(others, where, strict=True))
            ).values
    out = io.BytesIO()
    parquet.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), out)
    return out.getvalue()


def _figures() -> dict[str, bytes]:
    """Every figure of the built book, and an index with the page it stands on and its alternative text."""
    rows = [
        {"file": Path(source).name, "page": page.relative_to(build.HTML).as_posix(), "alt": alt}
        for page in sorted(build.HTML.glob("book/*.html"))
        for source, alt in Images.of(page)
    ]
    files = {
        f"bundle/figures/{row['file']}": (build.HTML / "figures" / row["file"]).read_bytes() for row in rows
    }
    return files | {
        "bundle/figures/index.csv": to_csv(pd.DataFrame(rows, columns=["file", "page", "alt"])).encode()
    }


class Images(HTMLParser):
    """Source and alternative text of each figure of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    @classmethod
    def of(cls, page: Path) -> list[tuple[str, str]]:
        parser = cls()
        parser.feed(page.read_text(encoding="utf-8"))
        return parser.found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        source = named.get("src") or ""
        if tag == "img" and source.startswith("../figures/"):
            self.found.append((source, named.get("alt") or ""))


def _numbers() -> dict[str, bytes]:
    return {
        f"bundle/numbers/{path.name}": path.read_bytes()
        for path in sorted((build.HTML / "numbers").glob("*.csv"))
    }


def _pack(files: dict[str, bytes], name: str, path: Path) -> Path:
    """Write the archive, whole or not at all, and clear away what killed runs left."""
    for left in path.parent.glob(f"{path.name}.*.partial"):
        left.unlink()
    with whole(path) as part, zipfile.ZipFile(part, "w") as archive:
        for file, content in sorted(files.items()):
            info = zipfile.ZipInfo(f"{name}/{file}", EPOCH)
            # as on Unix, wherever it is made
            info.create_system, info.compress_type = (3, zipfile.ZIP_DEFLATED)
            info.external_attr = (0o100755 if _is_program(content) else 0o100644) << 16
            archive.writestr(info, content)
    return path


def _is_program(content: bytes) -> bool:
    return content.startswith(b"#!")
