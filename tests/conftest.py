"""What the tests share: the review read once, the invented review to plant faults in, browser, book; and what
the whole suite does before its first test, and says at its end.
"""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# the tests start some hundred processes: what these import is compiled once, and not by each of them
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from example_browser import FLAGS, NO_BROWSER, Quiet, heard
from example_explorer import write_page
from example_installed import Installed, install
from example_pages import page_of
from example_review import Invented

from extraction.records import Review, load

BUILDING_SECONDS = 1800
"""For a test that builds the book, and for what the whole suite shares."""


# the review


@pytest.fixture(scope="session")
def review() -> Review:
    """The review as it stands, read once; it is never changed."""
    return load()


@pytest.fixture(scope="session")
def fitted(review) -> dict:
    """Every endpoint fitted for the records as they stand; posteriors already stored are reused."""
    from models import fit
    from models.endpoints import ENDPOINTS
    from models.runs import store

    fit.fit(ENDPOINTS, review)
    return {key: store.read(key, review) for key in ENDPOINTS}


@pytest.fixture
def invented(tmp_path, capsys) -> Invented:
    """A small invented review on disk."""
    return Invented(tmp_path / "review", capsys)


@pytest.fixture
def invented_draws(monkeypatch):
    """Invented draws in place of every endpoint's posterior."""
    from example_draws import invented
    from matplotlib import pyplot as plt

    from models.runs import store

    monkeypatch.setattr(store, "read", invented)
    yield
    plt.close("all")


# the package


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Installed:
    """The package as its wheel installs it, made once."""
    return install(tmp_path_factory.mktemp("installed"))


# the book


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the rendered book; whatever is not current is fitted and built."""
    from book.make import build, inputs

    for command in () if build.is_current(inputs.of_book()) else ("models fit", "book"):
        ran = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=inputs.ROOT,
            capture_output=True,
            text=True,
            timeout=BUILDING_SECONDS,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return build.HTML


@pytest.fixture
def run_page(tmp_path, monkeypatch):
    """Run a page of one cell; what was run."""
    from book.make import execute

    monkeypatch.setattr(os, "environ", os.environ.copy())
    execute.use_this_environment(tmp_path)

    def run(code: str, title: str = "A page") -> list[str]:
        ran: list[str] = []
        page = tmp_path / "page.md"
        page.write_text(page_of(title, code))
        (tmp_path / "cache").mkdir(exist_ok=True)
        execute.run([page], [], tmp_path / "cache", lambda what, seconds: ran.append(what))
        return ran

    return run


# a browser


@pytest.fixture(scope="module")
def chromium():
    """A browser with a fresh profile."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def addresses(html):
    """Where the pages are: in their folder, and on localhost."""
    handler = partial(Quiet, directory=str(html))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"file": html.resolve().as_uri(), "localhost": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()


@pytest.fixture(scope="module")
def address(tmp_path_factory, review) -> str:
    """The explorer alone on a page."""
    return write_page(tmp_path_factory.mktemp("explorer"), review)


@pytest.fixture(scope="module")
def tab(chromium):
    """Where a module's pages are opened one after another: a new one takes as long as the page itself."""
    opened = chromium.new_page()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def same_page(chromium, address):
    """The page at `address`, opened once for all tests of a module that say themselves where they begin."""
    opened = chromium.new_page()
    with heard(opened):
        opened.goto(address)
        yield opened
    opened.close()


@pytest.fixture
def page(tab, address):
    """The page at `address` as it opens; at the end, nothing was complained of and nothing asked for from
    outside its folder.
    """
    with heard(tab):
        tab.goto("about:blank")  # an address that differs in its fragment alone would not be opened anew
        tab.goto(address)
        yield tab


# the whole suite


LONGEST_FIRST = (
    "test_book_of_others",
    "test_site",
    "test_downloads",
    "test_reviews",
    "test_many",
    "test_fit",
    "test_keys",
    "test_explorer",
    "test_explorer_page",
    "test_recover_ratio_claims",
    "test_provenance",
    "test_pages",
    "test_pool_moderators",
    "test_pool_mixture",
    "test_confounding_bounds",
    "test_recover_curves",
    "test_diff",
    "test_own_numbers",
    "test_calibration",
)
"""Files that take longest, which are begun before all others, so that no core is left with one at the end."""


def pytest_collection_modifyitems(items) -> None:
    """The longest files first; and a test that builds the book may take longer than others."""
    items.sort(key=lambda item: _rank(item.path.stem))
    for item in items:
        if item.get_closest_marker("book"):
            item.add_marker(pytest.mark.timeout(BUILDING_SECONDS))


def _rank(file: str) -> int:
    return LONGEST_FIRST.index(file) if file in LONGEST_FIRST else len(LONGEST_FIRST)


def pytest_sessionstart(session) -> None:
    """Make what the tests of the whole suite share before its workers start, so that none makes it while
    another reads it.
    """
    config = session.config
    whole_suite = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not (
        config.option.markexpr or config.option.keyword
    )
    if whole_suite and not hasattr(config, "workerinput"):
        for command in ("models fit", "book"):  # what fails here fails in its tests, in more words
            subprocess.run(
                (sys.executable, "-m", *command.split()), cwd=config.rootpath, timeout=BUILDING_SECONDS
            )


def pytest_terminal_summary(terminalreporter) -> None:
    """One line for all tests that no browser could run."""
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} browser tests skipped: {NO_BROWSER}; .ci/run installs it on Debian.", yellow=True
        )
