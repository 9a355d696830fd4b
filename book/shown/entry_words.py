"""An entry of a record in words: whom it describes, what kind of report it is, and what becomes of it."""

from collections import defaultdict

from book.shown.endpoint.tables import WHOM
from extraction.checks import Finding
from extraction.question import ENDPOINTS, QUESTION
from extraction.schema import AnyEntry
from extraction.vocabulary import TWO_ARMS
from models.evidence.report import Evidence

KIND = {
    "counts": "count",
    "p_value": "p-value",
    "log_rank_p": "log-rank p-value",
    "mean_sd": "mean and SD",
    "mean_interval": "mean with its error",
    "median_range": "median and range",
    "median_quartiles": "median and quartiles",
    "median_time": "median time",
}


def whom(entry: AnyEntry) -> str:
    """Whom a number describes: arm, another contrast, stratum, category."""
    stratum = [] if entry.stratum == "all" else [words(entry.stratum)]
    contrast = [] if entry.contrast == TWO_ARMS else [entry.contrast]
    return ", ".join([WHOM[entry.arm], *contrast, *stratum, *filter(None, [entry.category])])


def report_words(entry: AnyEntry) -> str:
    """Kind of report, with its unit where it has one."""
    return KIND.get(entry.kind, words(entry.kind)) + (
        "" if entry.unit in ("none", "patients") else f", {entry.unit}"
    )


def fates(study: str, evidence: dict[str, Evidence]) -> dict[str, list[str]]:
    """Per entry: the endpoints it enters or is left out of."""
    said: dict[str, list[str]] = defaultdict(list)
    for endpoint, found in evidence.items():
        for report in found.used:
            for entry in report.entries if report.study == study else ():
                said[entry].append(f"Enters {ENDPOINTS[endpoint]}.")
        for left_out in found.unused:
            for entry in left_out.entries if left_out.study == study else ():
                said[entry].append(f"Left out of {ENDPOINTS[endpoint]}: {left_out.reason}.")
    return said


def verdicts(study: str, findings: list[Finding]) -> dict[str, list[str]]:
    """Per entry: what recalculation says of it."""
    said: dict[str, dict[str, None]] = defaultdict(dict)  # a verdict of several rules is said once
    for finding in findings:
        if finding.study == study:
            said[finding.entry][_verdict(finding)] = None
    return {entry: list(verdicts) for entry, verdicts in said.items()}


def _verdict(finding: Finding) -> str:
    if finding.verdict == "agrees":
        return "agrees."
    expected = f", expected {finding.expected}" if finding.expected else ""
    return (
        f"{'differs, ' if finding.verdict == 'differs' else 'cannot be checked, '}{finding.rule}{expected}."
    )


def words(name: str) -> str:
    """A slug as words; a range of grades keeps its dash."""
    found = " ".join(QUESTION.shown.acronyms.get(word, word) for word in name.split("_"))
    first, _, last = found.removeprefix("grade ").partition(" ")
    return f"grade {first} to {last}" if found.startswith("grade ") and last.isdigit() else found
