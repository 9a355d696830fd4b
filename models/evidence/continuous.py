"""Measured values of patients: the ratio of means where it is printed, else the means of both arms, else
their medians, of the cohort, else of its strata.

The ratio is pooled, not the difference: it has no unit, so that studies in days and in hours, of long stays
and of short ones, can be alike (Friedrich 2008, BMC Med Res Methodol 8:32).
"""

from collections.abc import Iterator

from extraction.question import ASKED
from extraction.said import said
from extraction.schema import Entry, Ratio, Record
from models.evidence.arm_pairs import left_out, pairs
from models.evidence.ratios import in_order, the_first
from models.evidence.report import Reading, Unused, Used
from models.evidence.survival import overlap, rest
from models.likelihood.kinds.mean_ratio import MeanRatio

NOT_READ = {
    "mean_difference": "a difference of means, which gives no ratio without the mean of an arm",
    "quantity": "a number without its spread over patients",
    "p_value": "a p of a test tells how sure a difference is, not how large",
    "test_outcome": "the outcome of a test tells how sure a difference is, not how large",
}
"""Why reports of measured values of some kinds never enter."""


@said("The ratio of means where it is printed, else the means of both arms, else their medians")
def continuous(record: Record, endpoint: str, contrast: str, reading: Reading) -> Iterator[Used | Unused]:
    """Of a variable that papers name differently the first name that gives a report; the others stand
    beside.
    """
    taken: str | None = None
    for name in ASKED[endpoint].fields:
        found = list(_of_one_name(record, name, reading))
        if name != endpoint and not reading.other_names:
            found = [_aside(report, "another name than the endpoint's") for report in found]
        elif taken:
            found = [_aside(report, f"of the same patients {taken} is used") for report in found]
        elif any(isinstance(report, Used) for report in found):
            taken = name.replace("_", " ")
        yield from found


def _aside(report: Used | Unused, reason: str) -> Unused:
    return Unused(report.study, report.entries, reason, report.stratum)


def _of_one_name(record: Record, name: str, reading: Reading) -> Iterator[Used | Unused]:
    """Of each stratum an adjusted ratio, else means, else medians, else a ratio that is not adjusted."""
    by_arm = list(pairs(record, name))
    printed = [e for e in record.find(Ratio, name) if e.kind == "ratio_of_means"]
    adjusted: list[Used | Unused] = []
    plain: list[Used | Unused] = []
    for entry in in_order(record, printed, reading):
        (adjusted if entry.is_adjusted else plain).extend(the_first(record, [entry], MeanRatio))
    ordered = [*adjusted, *by_arm, *plain] if reading.adjusted_first else [*by_arm, *plain, *adjusted]
    taken: dict[str, str] = {}
    for report in sorted(ordered, key=lambda one: _whom(record, one.stratum, reading)):
        if isinstance(report, Used) and (reason := _barred(record, report.stratum, taken)):
            report = _aside(report, reason)
        elif isinstance(report, Used):
            taken[report.stratum] = report.report.short
        yield report
    yield from left_out(record, name, {entry for used in by_arm for entry in used.entries})
    for other in record.find(Entry, name):
        if why := NOT_READ.get(other.kind):
            yield Unused(record.study, (other.id,), why, other.stratum)
    yield from rest(record, name, {"not_reported"})


def _whom(record: Record, stratum: str, reading: Reading) -> tuple[int, int]:
    """Order of strata: a landmark or matched patients where a reading asks for them, all, then parts as the
    record has them.
    """
    part = record.strata[stratum]
    asked = (part.landmark and reading.landmark_first) or (part.matched and reading.matched_first)
    return 0 if asked else 1 if stratum == "all" else 2, list(record.strata).index(stratum)


def _barred(record: Record, stratum: str, taken: dict[str, str]) -> str | None:
    """Why the patients of a report already count, if they do; taken: what is used, by stratum."""
    if stratum in taken:
        return f"the same patients as the {taken[stratum]} used"
    if "all" in taken:
        return f"part of the patients of the {taken['all']} used"
    if taken and (stratum == "all" or any(overlap(record, stratum, other) for other in taken)):
        return "its patients may be those of a stratum used"
    return None
