"""What the whole suite says at its end."""

from example_browser import NO_BROWSER


def pytest_terminal_summary(terminalreporter) -> None:
    """One line for all tests that no browser could run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests skipped: {NO_BROWSER}; .ci/run installs it on Debian.", yellow=True)
