"""Which reports enter which endpoint, and why the others do not.

Rules, not names: a study is never mentioned here.  Each used report carries the numbers its likelihood needs and the
ids of the entries they come from; each unused one its reason, and whether the posterior is checked against it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from math import comb

from extraction.groups import grade_counts, group_size
from extraction.records import Review
from extraction.schema import AnyEntry, Record
from extraction.vocabulary import ENDPOINTS

SMALLEST_ARM_FOR_NORMAL_LOG_RANK = 5
"""Below this many patients in an arm a log-rank z is not near normal; its histories have to be enumerated."""

BINARY_FIELDS = {
    "severe_infection": ("severe_infection",),
    "complete_response": ("complete_response", "mrd_negative_response"),
    "icans": ("icans",),
    "severe_crs": ("severe_crs",),
}
"""Fields that can carry a binary endpoint, the preferred first."""


@dataclass(frozen=True)
class Used:
    """A report that enters the likelihood: `term` names the function of models.reports, `data` its arguments."""

    study: str
    term: str
    data: dict
    entries: tuple[str, ...]
    stratum: str = "all"
    note: str = ""


@dataclass(frozen=True)
class Unused:
    """A report left out: why, and with which arguments the posterior predicts it (None: it cannot)."""

    study: str
    entries: tuple[str, ...]
    reason: str
    stratum: str = "all"
    check: dict | None = None


@dataclass(frozen=True)
class Evidence:
    """What enters one endpoint."""

    endpoint: str
    used: tuple[Used, ...]
    unused: tuple[Unused, ...] = field(default=())

    @property
    def studies(self) -> list[str]:
        return list(dict.fromkeys(report.study for report in self.used))

    def hash(self) -> str:
        """Fingerprint of all that enters, and of all that is left out with its reason."""
        return _fingerprint(asdict(self))

    def used_hash(self) -> str:
        """Fingerprint of the numbers a posterior depends on: unchanged by a note, or by a report that is not used."""
        return _fingerprint([[r.study, r.stratum, r.term, r.data] for r in self.used])


def _fingerprint(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def collect(review: Review, endpoint: str) -> Evidence:
    """Evidence of one endpoint from every included study that may enter it; raise KeyError for an unknown endpoint."""
    rule = {**dict.fromkeys(BINARY_FIELDS, _binary), "crs_duration": _crs_duration,
            **dict.fromkeys(("overall_survival", "progression_free_survival"), _survival)}[endpoint]
    found: list[Used | Unused] = []
    for study, record in review.included().items():
        row = review.studies[study]
        if row.endpoints is None or endpoint in row.endpoints:
            found += rule(record, endpoint, row.contrast)
    return Evidence(endpoint, tuple(r for r in found if isinstance(r, Used)), tuple(r for r in found if isinstance(r, Unused)))


def collect_all(review: Review) -> dict[str, Evidence]:
    """Evidence of every endpoint, in the order of the book."""
    return {endpoint: collect(review, endpoint) for endpoint in ENDPOINTS}


# binary endpoints


def _binary(record: Record, endpoint: str, contrast: str) -> Iterator[Used | Unused]:
    if endpoint == "severe_crs" and contrast == "therapeutic":
        yield from _severe_crs_is_no_effect(record)
        return
    used: set[str] = set()
    for name in BINARY_FIELDS[endpoint]:
        arms = {e.arm: e for e in record.find(name, stratum="all", kind="counts") if e.category is None and e.arm != "total"}
        if {"toci", "control"} <= arms.keys():
            data = {f"events_{a}": arms[a].events for a in ("toci", "control")}
            data |= {f"n_{a}": arms[a].n or group_size(record, a) for a in ("toci", "control")}
            if None in data.values():
                yield Unused(record.study, (arms["toci"].id, arms["control"].id), "group sizes are not printed")
                return
            note = "" if name == endpoint else f"counts are those of {name}"
            yield Used(record.study, "table", data, (arms["toci"].id, arms["control"].id), note=note)
            used = {arms["toci"].id, arms["control"].id}
            break
    for name in BINARY_FIELDS[endpoint]:
        yield from _set_aside_reports(record, name, used)


def _set_aside_reports(record: Record, name: str, used: set[str]) -> Iterator[Unused]:
    """Reports of the two arms beside the counts used, or without any counts."""
    for entry in record.find(name):
        if entry.id in used or entry.arm == "total" or entry.kind == "counts" and used:
            continue
        if entry.kind == "not_reported":
            reason = f"not reported: {entry.reason}"
        elif used:
            reason = "the same patients as the counts used"
        else:
            reason = "no counts by arm: it enters once the tables that print so are recovered"
        yield Unused(record.study, (entry.id,), reason, entry.stratum)


def _severe_crs_is_no_effect(record: Record) -> Iterator[Unused]:
    entries = tuple(e.id for e in record.find("crs_grade", kind="counts", stratum="all") if e.category == "3-5" and e.arm != "total")
    entries += tuple(e.id for e in record.find("severe_crs") if e.arm != "total")
    if entries:
        yield Unused(record.study, entries, "the grade led to the drug, so a higher share of severe CRS among the treated is not its effect")


# survival


def _survival(record: Record, endpoint: str, contrast: str) -> Iterator[Used | Unused]:
    """The hazard ratio where one is printed, else log-rank p-values: of the whole cohort, else of its strata."""
    ratios = record.find(endpoint, stratum="all", kind="hazard_ratio")
    p_values = sorted(record.find(endpoint, kind="log_rank_p"), key=lambda e: e.stratum != "all")
    for entry in ratios[:1]:
        data = {k: float(getattr(entry, k)) for k in ("estimate", "lower", "upper", "level")}
        note = f"adjusted for {', '.join(entry.adjusted_for)}" if entry.adjusted_for else "not adjusted"
        yield Used(record.study, "ratio", data, (entry.id,), note=note)
    for entry in ratios[1:]:
        yield Unused(record.study, (entry.id,), "the same patients as the hazard ratio used")
    whole = any(e.stratum == "all" for e in p_values)
    taken: set[str] = set()
    for entry in p_values:
        data = {"p": entry.p, "direction": entry.direction} | {f"n_{a}": group_size(record, a, entry.stratum) for a in ("toci", "control")}
        if None in (data["n_toci"], data["n_control"]):
            yield Unused(record.study, (entry.id,), "group sizes of this stratum are not printed", entry.stratum)
        elif ratios:
            yield Unused(record.study, (entry.id,), "the same patients as the hazard ratio used", entry.stratum, data)
        elif whole and entry.stratum != "all":
            yield Unused(record.study, (entry.id,), "part of the patients whose p-value is used", entry.stratum, data)
        elif any(_overlap(record, entry.stratum, other) for other in taken):
            yield Unused(record.study, (entry.id,), "its patients may be those of a stratum used", entry.stratum, data)
        elif min(data["n_toci"], data["n_control"]) < SMALLEST_ARM_FOR_NORMAL_LOG_RANK:
            yield Unused(record.study, (entry.id,), f"{data['n_toci']} v {data['n_control']} patients are too few for a normal log-rank "
                         "statistic; it enters once the histories that print so are enumerated", entry.stratum, data)
        else:
            taken.add(entry.stratum)
            yield Used(record.study, "log_rank", data, (entry.id,), entry.stratum, "" if entry.direction else "direction not printed")
    yield from _rest(record, endpoint, {"test_outcome", "p_value", "survival_curve", "not_reported"})


def _overlap(record: Record, one: str, other: str) -> bool:
    """Whether two strata may share patients: only strata of different CRS grades surely do not."""
    grades = [record.strata[stratum].crs_grades for stratum in (one, other)]
    return not all(grades) or bool(set(grades[0]) & set(grades[1]))


def _rest(record: Record, name: str, kinds: set[str]) -> Iterator[Unused]:
    """Printed silences and reports that no likelihood here reads."""
    reasons = {
        "survival_curve": "the curve is not digitised",
        "test_outcome": "a verbal outcome beside the reports used",
        "p_value": "the same comparison as a report used, or group sizes not printed",
    }
    for entry in record.find(name):
        if entry.kind in kinds and entry.arm == "comparison":
            reason = f"not reported: {entry.reason}" if entry.kind == "not_reported" else reasons[entry.kind]
            yield Unused(record.study, (entry.id,), reason, entry.stratum)


# duration of CRS


def _crs_duration(record: Record, endpoint: str, contrast: str) -> Iterator[Used | Unused]:
    """Tests within grades; medians with ranges by arm, or else of both arms together, as mixtures of grades."""
    grades = grade_counts(record)
    strata = [s for s, meaning in record.strata.items() if meaning.crs_grades]
    tested = sorted((s for s in strata if _tests(record, s)), key=lambda s: len(record.strata[s].crs_grades))
    taken: set[str] = set()
    for stratum in tested:
        if any(_overlap(record, stratum, other) for other in taken):
            yield from (Unused(record.study, (e.id,), "its patients are those of a stratum used", stratum) for e in _tests(record, stratum))
        else:
            taken.add(stratum)
            yield from _test_report(record, stratum, grades, _tests(record, stratum))
    for entry in _tests(record, "all"):
        reason = "the patients of its grades, whose tests are used" if tested else "no grades by arm are printed"
        check = {"outcome": _significant(entry), "toci": _cells(grades, "toci"), "control": _cells(grades, "control")} if grades else None
        yield Unused(record.study, (entry.id,), reason, "all", check)
    yield from _medians(record, grades)
    for entry in record.find("crs_duration"):
        if entry.stratum not in ("all", *strata) and entry.kind != "not_reported":
            yield Unused(record.study, (entry.id,), "group sizes of this stratum are not printed, and its patients enter by grade", entry.stratum)
    yield from _rest(record, "crs_duration", {"not_reported"})


def _tests(record: Record, stratum: str) -> list[AnyEntry]:
    """Comparisons of durations in a stratum: an outcome at the 5 % level first, then p-values, then other levels."""
    found = [e for e in record.find("crs_duration", stratum=stratum) if e.kind in ("test_outcome", "p_value")]
    return sorted(found, key=lambda e: (e.kind != "test_outcome" or float(e.alpha) != 0.05, e.kind != "p_value"))


def _test_report(record: Record, stratum: str, grades: dict, entries: list[AnyEntry]) -> Iterator[Used | Unused]:
    first, *others = entries
    wanted = {min(g, 3) for g in record.strata[stratum].crs_grades}
    cells = {arm: [c for c in _cells(grades, arm) if c[0] in wanted] for arm in ("toci", "control")}
    sizes = {arm: sum(n for _, n in cells[arm]) for arm in cells}
    outcome = {"significant": _significant(first), "direction": first.direction}
    tests = [t for t in first.tests if t in ("mann_whitney", "t")]
    data = {**cells, "tests": tests, **outcome, "alpha": float(getattr(first, "alpha", 0.05))}
    if not all(sizes.values()):
        yield Unused(record.study, (first.id,), "the grades by arm are not printed", stratum)
    elif not tests:
        yield Unused(record.study, (first.id,), "the test is not named", stratum)
    elif not outcome["significant"] and data["tests"] == ["mann_whitney"] and not _can_be_significant(**sizes, alpha=data["alpha"]):
        yield Unused(record.study, (first.id,), f"no outcome of the test is significant with {sizes['toci']} v {sizes['control']} patients, "
                     "so the report says nothing of the effect", stratum)
    else:
        yield Used(record.study, "test_outcome", data, (first.id,), stratum)
    for entry in others:
        yield Unused(record.study, (entry.id,), "the same comparison as the outcome used", stratum)


def _significant(entry: AnyEntry) -> bool:
    """Whether the paper's test came out significant at the 5 % level; `<0.05` says so."""
    if entry.kind == "test_outcome":
        return entry.significant
    value = float(entry.p.lstrip("<>=≤≥ "))
    return value < 0.05 or entry.p.startswith("<") and value <= 0.05


def _can_be_significant(toci: int, control: int, alpha: float) -> bool:
    """Whether complete separation of the arms has a two-sided exact Mann-Whitney p below alpha."""
    return 2 / comb(toci + control, toci) < alpha


def _cells(grades: dict[int, dict[str, int]], arm: str) -> list[list[int]]:
    """Patients of an arm with CRS as pairs of grade and number."""
    return [[grade, sizes[arm]] for grade, sizes in grades.items() if grade > 0 and sizes[arm] > 0]


def _medians(record: Record, grades: dict) -> Iterator[Used | Unused]:
    found = {e.arm: e for e in record.find("crs_duration", stratum="all") if e.kind in ("median_range", "median_quartiles")}
    by_arm = {"toci", "control"} <= found.keys()
    for arm, entry in found.items():
        if not grades:
            yield Unused(record.study, (entry.id,), "the grades by arm are not printed")
        elif by_arm and arm == "total":
            yield Unused(record.study, (entry.id,), "the same patients as the medians by arm")
        else:
            arms = ("toci", "control") if arm == "total" else (arm,)
            data = {"cells": {a: _cells(grades, a) for a in arms}, "unit": "days",
                    **{k: float(v) for k, v in entry.model_dump(include={"median", "minimum", "maximum", "lower_quartile", "upper_quartile"}).items()}}
            data["zeros"] = grades.get(0, {}).get(arm, 0) if data.get("minimum") == 0 else 0
            note = f"{data['zeros']} patients without CRS counted as 0 days" if data["zeros"] else ""
            yield Used(record.study, entry.kind, data, (entry.id,), note=note)
