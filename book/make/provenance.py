"""Where every number comes from: what a page opens beside a number, from the records, the checks and the
rules.

A source has a key (book/html/markers.py), a title, lines of name and text, links, and the reports that a
number is part of, each as such lines.  All of it is text: nothing here is HTML.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from book.html.markers import address, bias_key, entry_key, mean_key
from book.shown.endpoint.recovery import histories_in_words, of_used
from book.shown.entry_words import report_words, verdicts, whom, words
from book.sphinx.beside import DATA, SCRIPT, TABLES
from extraction.bias import overall
from extraction.checks import check
from extraction.question import ASKED, ENDPOINTS, FIELDS, TREATMENT, grade_words
from extraction.records import Review
from extraction.schema import AnyEntry, Entry, Record, Registration
from extraction.tree import ROOT
from models import endpoints
from models.answers import bias
from models.engines.sampling import sample
from models.evidence.collect import RULES, collect_all
from models.evidence.report import Unused, Used
from models.likelihood.kinds.log_rank_histories import LogRankHistories
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.report import Report
from models.trust import duration_universes
from models.words import number, prior_words

FOLDER = ROOT / "book" / "scripts"
type Lines = list[tuple[str, str | None]]
"""Names and what stands behind them."""


def _place(function: Callable) -> str:
    """Where a function stands in the code."""
    return f"{function.__module__}.{function.__qualname__}"


def _said(function: Callable) -> str:
    """What a function behind a number does, and where it stands."""
    return f"{vars(function)['words']} ({_place(function)})"


def sources(review: Review) -> dict[str, dict]:
    """Every source of the review by its key."""
    reports, findings = _reports(review), check(review).findings
    found = {study.id: _paper(study) for study in review.register.studies}
    for study, record in review.records.items():
        judged = verdicts(study, findings)
        found |= {
            key: _entry(entry, record, review, reports.get(key, []), judged.get(entry.id, []))
            for entry in record.entries
            for key in [entry_key(study, entry.id)]
        }
    for key in endpoints.ENDPOINTS:
        found |= {mean_key(key): _mean(key, review), bias_key(key): _through_bias(key, review)}
    return found


def script(review: Review) -> str:
    """The sources as a script: a page opened as a file may not fetch.  Characters that could end a script or
    a line are escaped.
    """
    data = json.dumps(sources(review), ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return f'"use strict";\nwindow.PROVENANCE = {data};\n'


def write(folder: Path, review: Review) -> None:
    """Write the script of the pages and the sources below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DATA).write_text(script(review), encoding="utf-8")
    for name in (SCRIPT, TABLES):
        (folder / name).write_bytes((FOLDER / name).read_bytes())


def _source(title: str, lines: Lines, links: list[tuple[str, str]], reports: Iterable[Lines] = ()) -> dict:
    """Lines without a text are left out; reports stand apart, so that one of several entries is told once
    where all are opened together.
    """
    told, *apart = ([[name, text] for name, text in part if text] for part in (lines, *reports))
    return {"title": title, "lines": told, "links": links, "reports": apart}


def _paper(study: Registration) -> dict:
    return _source(
        study.label,
        [
            ("Title", study.title),
            ("Published", f"{study.journal}, {study.year}"),
            ("Decision", study.decision.replace("_", " ")),
            ("Reason", study.reason),
        ],
        _links(study, address(study.id)),
    )


def _links(study: Registration, page: str) -> list[tuple[str, str]]:
    paper = f"The paper: {'doi ' if study.doi else ''}{study.named_by}"
    return [(f"{study.label} in this book", page), *([(paper, study.link)] if study.link else [])]


def _entry(
    entry: AnyEntry,
    record: Record,
    review: Review,
    reports: list[tuple[str, Used | Unused]],
    judged: list[str],
) -> dict:
    """One printed number, from the page of its paper to the posterior."""
    study = review.studies[record.study]
    set_aside = (
        [c.reason for c in record.contradictions if entry.id in c.entries]
        if entry.id in record.set_aside()
        else []
    )
    lines = [
        ("Whom", whom(entry)),
        ("As printed", entry.printed or "not printed"),
        ("Where", str(entry.address)),
        ("Kind", report_words(entry)),
        ("Read as", _values(entry)),
        ("Note", entry.note),
        *(("Set aside", reason) for reason in set_aside),
        *(("Recalculated", said) for said in judged),
    ]
    told = [
        _entering(endpoint, report, review) if isinstance(report, Used) else _left_out(endpoint, report)
        for endpoint, report in reports
    ]
    return _source(
        f"{study.label}. {FIELDS[entry.field].meaning}",
        lines,
        _links(study, address(entry_key(record.study, entry.id))),
        told,
    )


def _reports(review: Review) -> dict[str, list[tuple[str, Used | Unused]]]:
    """By the key of an entry the reports that hold it, with their endpoint: used, then left out."""
    found, collected = defaultdict(list), collect_all(review)
    for side in ("used", "unused"):
        for endpoint, evidence in collected.items():
            for report in getattr(evidence, side):
                for entry in report.entries:
                    found[entry_key(report.study, entry)].append((endpoint, report))
    return found


def _left_out(endpoint: str, report: Unused) -> Lines:
    return [
        ("Left out", f"{ENDPOINTS[endpoint]}: {report.reason}"),
        ("Candidates", candidates(report.candidates)),
    ]


def _entering(endpoint: str, report: Used, review: Review) -> Lines:
    """What a report enters, with which numbers, and the functions that chose, recovered and weigh it."""
    is_histories = isinstance(report.report, LogRankHistories)
    histories = histories_in_words(of_used(report, review)) if is_histories else ""
    return [
        ("Enters", f"{ENDPOINTS[endpoint]}: {report.report.words}"),
        ("With", _data(report.report)),
        ("Candidates", histories),
        ("How", report.note),
        ("Chosen by", _said(RULES[ASKED[endpoint].kind])),
        ("Recovered by", _said(report.recovered_by) if report.recovered_by else ""),
        ("Likelihood", _place(type(report.report))),
    ]


def _data(report: Report) -> str:
    """The numbers that a likelihood gets."""
    data = report.data
    if report.only_table:
        return "{}/{} with {treatment} v {}/{} without".format(*report.only_table, treatment=TREATMENT)
    if isinstance(report, TableSet):
        return candidates(report.tables)
    if "cells" in data:
        data = data | data["cells"]
    if data.get("counted"):
        data = data | {"counted": "{} of {} in the whole cohort".format(*data["counted"])}
    return "; ".join(
        f"{_word(name)} {_value(value)}"
        for name, value in data.items()
        if name != "cells" and value is not None
    )


def _word(name: str) -> str:
    return (
        words(name)
        .replace(f"n {TREATMENT}", f"patients with {TREATMENT}")
        .replace("n control", "patients without")
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(
            f"{part[1]} of {grade_words(part[0])}" if isinstance(part, list) else _in_list(part)
            for part in value
            if part is not None
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_list(part: object) -> str:
    return words(part) if isinstance(part, str) else _value(part)


def candidates(tables: Iterable[tuple[int, int, int, int]]) -> str:
    """How many tables print so, and between which counts of events; empty where there is none."""
    tables = list(tables)
    if not tables:
        return ""
    treated, n, control, m = zip(*tables, strict=True)
    how_many = "one table prints so" if len(tables) == 1 else f"{len(tables)} tables print so"
    return (
        f"{how_many}: {_range(treated)} of {_range(n)} with {TREATMENT}, {_range(control)} of {_range(m)}"
        " without"
    )


def _range(values: Iterable[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def _values(entry: AnyEntry) -> str:
    """What is read from a fragment: the fields of its kind of report, with their values."""
    own = {name: getattr(entry, name) for name in type(entry).model_fields if name not in Entry.model_fields}
    return "; ".join(
        f"{words(name)} {_value(value)}" for name, value in own.items() if value not in (None, [])
    )


def _mean(key: str, review: Review) -> dict:
    """The posterior of an endpoint: the reports it is computed from, and by what."""
    endpoint, evidence = endpoints.ENDPOINTS[key], endpoints.evidence_of(key, review)
    lines: Lines = [
        (
            "Computed from",
            f"{review.studies[report.study].label}: {_data(report.report)} ({report.report.words})",
        )
        for report in evidence.used
    ]
    lines += [
        ("Prior of μ", prior_words(endpoint.mu_prior)),
        ("Prior of τ", prior_words(endpoint.tau_prior)),
        ("Model", _said(endpoint.engine.build)),
        ("Computed by", _said(sample)),
    ]
    links = [
        ("Forest plot", address(mean_key(key))),
        ("Seed, versions and diagnostics", "editing.html#status"),
    ]
    return _source(f"{endpoint.title}, {endpoint.scale}: posterior", lines, links)


def _through_bias(key: str, review: Review) -> dict:
    """The same posterior behind the likely bias of each study: how much of it, by which judgement, and by
    what it is computed.
    """
    endpoint, evidence = endpoints.ENDPOINTS[key], endpoints.evidence_of(key, review)
    lines: Lines = []
    for study, prior in bias.bias_priors(key, review, evidence).items():
        judged = (overall(review.records[study], evidence.endpoint) or "not judged").replace("_", " ")
        seen, sd = number(float(np.exp(prior.parameters[0]))), number(prior.parameters[1])
        lines.append(
            (
                "Read through",
                (
                    f"{review.studies[study].label}, risk of bias {judged}: {endpoint.scale} seen {seen}"
                    f" times the true one, SD {sd} on the log scale"
                ),
            )
        )
    scale = endpoint.bias
    engines: tuple[Callable, Callable] = bias.through_bias, duration_universes.draw
    lines += [
        ("Why so much", scale.plain),
        ("From", scale.source),
        ("Computed by", _said(endpoint.engine.way(*engines))),
    ]
    links = [
        ("Beside the unadjusted answer", address(bias_key(key))),
        ("Risk of bias", "studies.html#risk-of-bias"),
    ]
    return _source(f"{endpoint.title}, {endpoint.scale}: read through the likely bias", lines, links)
