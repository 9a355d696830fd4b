"""`python -m models preview RECORD`: what a study would do to each answer, in the terminal, with nothing in
place touched.
"""

import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from extraction.checks import check
from extraction.commands.parser import print_json
from models.answers.bias import bias_priors
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import quadrature
from models.evidence.report import Evidence
from models.history.beside import in_no_pool
from models.history.refit import Setting, estimates, primary
from models.history.what_if import WhatIf, what_if
from models.priors import parse
from models.words import answer

ALONE = parse("normal:0:2"), parse("half-normal:0.01")
"""Priors under which a study's own effect is read: nearly flat, and no differences between studies to pull
it.
"""
OUTLYING = 2.0
"""SDs from what the other studies foresee, beyond which an effect is called outlying."""


@dataclass(frozen=True)
class Entered:
    """One endpoint that the study enters: answers before and after, unadjusted and adjusted for bias, its
    reports, and what to look at.
    """

    endpoint: str
    before: dict[str, dict]
    after: dict[str, dict]
    reports: list[str]
    definition: str | None
    others: dict[str, str]
    warnings: list[str]


def preview(path: Path) -> dict:
    """What the record at `path` would do: verdicts on its numbers, where they enter, each answer before and
    after, and warnings.

    Raises BadRecords where a record breaks a rule, OSError where the file cannot be read.
    """
    case = what_if(path)
    verdicts = check(case.after)
    own = [finding for finding in verdicts.findings if finding.study == case.study]
    evidence = {key: (evidence_of(key, case.before), evidence_of(key, case.after)) for key in ENDPOINTS}
    with TemporaryDirectory() as folder:
        entered = [
            _entered(key, case, *sides, Path(folder))
            for key, sides in evidence.items()
            if sides[0].used_hash() != sides[1].used_hash()
        ]
    return {
        "study": case.study,
        "before": case.without,
        "supposed": case.supposed,
        "verdicts": dict(Counter(finding.verdict for finding in own)),
        "differs": [str(finding) for finding in own if finding.verdict == "differs"],
        "errors": [str(error) for error in verdicts.errors],
        "left_out": {
            ENDPOINTS[key].title: _left_out(after, case.study) for key, (_, after) in evidence.items()
        },
        "in_no_pool": in_no_pool(case.after.records[case.study], [after for _, after in evidence.values()]),
        "endpoints": [asdict(one) for one in entered],
    }


def _left_out(evidence: Evidence, study: str) -> list[str]:
    """What of a study does not enter, and why."""
    return [
        f"{', '.join(report.entries)}: {report.reason}" for report in evidence.unused if report.study == study
    ]


def _entered(key: str, case: WhatIf, before: Evidence, after: Evidence, folder: Path) -> Entered:
    """Refit one endpoint before and after; durations are sampled in short chains, some seconds of compiling
    included.
    """
    sides = {"before": (case.before, before), "after": (case.after, after)}
    settings: dict[tuple[str, str], Setting] = {}
    for side, (review, evidence) in sides.items():
        settings[side, "unadjusted"] = primary(key, evidence)
        settings[side, "adjusted"] = primary(key, evidence, bias_priors(key, review, evidence))
    found = estimates(key, settings, folder)
    answers = {
        side: {analysis: found[side, analysis].as_ratio(key) for analysis in ("unadjusted", "adjusted")}
        for side in sides
    }
    return Entered(
        key,
        answers["before"],
        answers["after"],
        [
            f"{used.report.name.replace('_', ' ')} from {', '.join(used.entries)}"
            for used in after.of(case.study)
        ],
        *_definitions(key, case, after.studies),
        list(_warnings(key, case, after)),
    )


def _definitions(key: str, case: WhatIf, studies: list[str]) -> tuple[str | None, dict[str, str]]:
    """How this study and the others of the endpoint define it, where they say."""
    defined = {
        study: record.definitions[field].definition
        for study in studies
        if (field := ENDPOINTS[key].evidence) in (record := case.after.records[study]).definitions
    }
    return defined.pop(case.study, None), {
        case.after.studies[study].label: words for study, words in defined.items()
    }


def _warnings(key: str, case: WhatIf, evidence: Evidence):
    if case.study not in evidence.studies:
        return
    record = case.after.records[case.study]
    if ENDPOINTS[key].evidence not in record.definitions:
        yield "the record does not say how the paper defines this endpoint"
    if not any(ENDPOINTS[key].evidence in row.endpoints for row in record.risk_of_bias):
        widest = "high risk in a trial" if record.design.randomised else "critical risk"
        yield f"its risk of bias is not judged: until it is, it has the widest prior, that of {widest}"
    others = Evidence(
        evidence.endpoint, tuple(report for report in evidence.used if report.study != case.study)
    )
    if not ENDPOINTS[key].engine.no_effect_alone and others.used:
        yield from _outlying(key, evidence, others, case.study)


def _outlying(key: str, evidence: Evidence, others: Evidence, study: str):
    """A warning where the study's own effect lies far from what the other studies foresee of a new one."""
    alone = quadrature(Evidence(evidence.endpoint, tuple(evidence.of(study))), *ALONE).mu.points()
    foreseen = quadrature(others, ENDPOINTS[key].mu_prior, ENDPOINTS[key].tau_prior).prediction.points()
    distance = abs(alone.mean() - foreseen.mean()) / np.hypot(alone.std(), foreseen.std())
    if distance > OUTLYING:
        yield f"its own effect lies {distance:.1f} SDs from what the other studies foresee"


def command(args) -> int:
    """`python -m models preview RECORD [--json]`; 1 where a number in the record stops the review."""
    try:
        found = preview(args.record)
    except OSError as error:
        print(f"models preview: {args.record}: {error.strerror}", file=sys.stderr)
        return 1
    if args.json:
        print_json(found)
    else:
        print(said(found))
    return 1 if found["errors"] else 0


def said(found: dict) -> str:
    """The preview as text for a terminal."""
    verdicts = (
        ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in found["verdicts"].items()) or "none"
    )
    lines = [
        f"{found['study']}: what it would do. Nothing is written. Before: {found['before']}.",
        "",
        f"Printed numbers: {verdicts}.",
    ]
    lines += [f"  ! {error}" for error in found["errors"]] + [
        f"  {line}" for line in found["differs"] if line not in found["errors"]
    ]
    lines += [f"Supposed: {words}." for words in found["supposed"]]
    for one in found["endpoints"]:
        lines += ["", *_endpoint_said(one)]
    if not found["endpoints"]:
        lines += ["", "It enters no endpoint anew: no answer would change."]
    for title, reasons in found["left_out"].items():
        lines += ["", f"{title}, left out:", *(f"  {reason}" for reason in reasons)] if reasons else []
    if found["in_no_pool"]:
        lines += ["", "Shown, in no pool:"]
        lines += [f"  {', '.join(entries)}: {why}" for why, entries in found["in_no_pool"].items()]
    return "\n".join(lines)


def _endpoint_said(one: dict) -> list[str]:
    key = one["endpoint"]
    lines = [f"{ENDPOINTS[key].title} ({ENDPOINTS[key].scale})"]
    lines += [f"  enters: {report}" for report in one["reports"]] or ["  no report of it enters any more"]
    for analysis, words in (("unadjusted", "not adjusted for bias"), ("adjusted", "adjusted for bias")):
        lines.append(
            f"  {words}: {answer(key, one['before'][analysis])} → {answer(key, one['after'][analysis])}"
        )
    if one["definition"]:
        lines.append(f"  defined as: {one['definition']}")
    lines += [
        f"  {study} defines it as: {words}"
        for study, words in one["others"].items()
        if words != one["definition"]
    ]
    return lines + [f"  ! {warning}" for warning in one["warnings"]]
