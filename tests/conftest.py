"""What the whole suite does before its first test, and says at its end."""

import os

# before numpy: the matrices here are small, and threads only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import subprocess
import sys

import pytest
from example_browser import NO_BROWSER

from extraction.records import Review, load

BUILDING_SECONDS = 1800
"""For a test that builds the book, and for what the whole suite shares."""


@pytest.fixture(scope="session")
def review() -> Review:
    """The review as it stands, read once; it is never changed."""
    return load()


def pytest_collection_modifyitems(items) -> None:
    """A test that builds the book may take longer than others."""
    for item in items:
        if item.get_closest_marker("book"):
            item.add_marker(pytest.mark.timeout(BUILDING_SECONDS))


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
