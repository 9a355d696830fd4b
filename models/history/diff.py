"""What changed between two versions of the review, and which study or method moved each answer: `python -m
models diff OLD [NEW]`.

Every answer is refitted with each change alone, by one engine; what the changes do beyond their sum is told
as `together`.  Movements are differences of log ratios and of the probability that the treatment is the
better side.
"""

import json
import math
from dataclasses import dataclass

from models.endpoints import ENDPOINTS
from models.evidence.report import Evidence
from models.history import versions
from models.history.methods import changed_methods
from models.history.refit import Estimate, Setting, estimates

ADDED, REMOVED, CORRECTED, READ_ANEW, JUDGED_ANEW = (
    "added",
    "removed",
    "corrected",
    "read otherwise",
    "judged otherwise",
)
METHODS, TOGETHER, AGAIN = "changed methods", "the changes together", "another run of the same model"
ANALYSES = {"unadjusted": "not adjusted for bias", "adjusted": "adjusted for bias"}


@dataclass(frozen=True)
class Step:
    """What one change does alone: to the log ratio, and to the probability that the treatment is the better
    side.
    """

    what: str
    study: str | None
    log_ratio: float
    p_favours: float


def compare(old: dict, new: dict) -> dict:
    """Two versions as `models.history.versions` gives them: the studies and methods that changed, and each
    endpoint's answers with the steps between them.
    """
    labels = {row["id"]: row["label"] for side in (old, new) for row in side["register"]}
    keys = [key for key in ENDPOINTS if key in old["endpoints"] and key in new["endpoints"]]
    return {
        "old": old["version"],
        "new": new["version"],
        "studies": study_changes(old, new),
        "labels": labels,
        "methods": method_changes(old, new),
        "endpoints": {key: _endpoint(key, old, new) for key in keys},
    }


def changed(old: dict, new: dict) -> bool:
    """Whether any study or method changed between two versions."""
    return bool(study_changes(old, new) or method_changes(old, new))


def study_changes(old: dict, new: dict) -> list[dict]:
    """Studies whose row or record changed: id, what, and the register's reason."""
    before, after = ({row["id"]: row for row in side["register"]} for side in (old, new))
    found = []
    for study in {**before, **after}:
        if what := _what_changed(before.get(study), after.get(study)):
            row = after.get(study) or before[study]
            found.append({"study": study, "label": row["label"], "what": what, "reason": row["reason"]})
    return found


def _what_changed(before: dict | None, after: dict | None) -> str:
    """The change of one study in words; empty where nothing changed."""
    if after is None:
        return "no longer registered"
    if before is None:
        return f"registered, {_words(after['decision'])}"
    said = []
    if before["decision"] != after["decision"]:
        said.append(f"{_words(before['decision'])} before, now {_words(after['decision'])}")
    if not versions.same_numbers(before, after):
        said.append(
            "record corrected"
            if before["numbers"] and after["numbers"]
            else "record added"
            if after["numbers"]
            else "record taken out"
        )
    if before["judgements"] != after["judgements"] and before["judgements"]:
        said.append("risk of bias judged otherwise")
    if (before["endpoints"], before["cohort"]) != (after["endpoints"], after["cohort"]):
        said.append("other endpoints or overlap group")
    return ", ".join(said)


def _words(slug: str) -> str:
    return slug.replace("_", " ")


def method_changes(old: dict, new: dict) -> list[str]:
    """What changed in how answers are reached: priors, bias scales, model code, software, sampler."""
    found = []
    for key, endpoint in new["endpoints"].items():
        if before := old["endpoints"].get(key):
            found += [
                f"{endpoint['title']}: prior of {name}" for name in versions.changed_priors(before, endpoint)
            ]
            found += [f"{endpoint['title']}: scale of bias"] * bool(_rescaled(before, endpoint))
            told = changed_methods(before, endpoint)
            found += [f"{endpoint['title']}: {words}" for words in told]
            found += [f"{endpoint['title']}: code of the model"] * (
                not told and _computed_otherwise(before, endpoint)
            )
        else:
            found.append(f"{endpoint['title']}: a new endpoint")
    software = {name: (old["software"].get(name), version) for name, version in new["software"].items()}
    found += [f"{name} {before} to {after}" for name, (before, after) in software.items() if before != after]
    return found + ["settings of the sampler"] * (old["sampler"] != new["sampler"])


def _computed_otherwise(before: dict, after: dict) -> bool:
    """Whether the same reports under the same priors have another answer: the text of code may change without
    that, and files may move.
    """
    same = (
        by_study(before) == by_study(after)
        and before["biases"] == after["biases"]
        and not versions.changed_priors(before, after)
    )
    errors = [side["reported"]["mcse"] for side in (before, after)]
    return same and not all(
        versions.agree(before["compared"][analysis], after["compared"][analysis], *errors)
        for analysis in ANALYSES
    )


def _rescaled(before: dict, after: dict) -> list[str]:
    """Studies of which the judgement stayed and its prior did not."""
    both = before["biases"].keys() & after["biases"].keys()
    return [
        s
        for s in both
        if before["biases"][s]["judgement"] == after["biases"][s]["judgement"]
        and versions.numbers(before["biases"][s]["prior"]) != versions.numbers(after["biases"][s]["prior"])
    ]


def _endpoint(key: str, old: dict, new: dict) -> dict:
    before, after = old["endpoints"][key], new["endpoints"][key]
    corrected = _numbers_changed(old, new)
    changes = {analysis: _changes(analysis, before, after, corrected) for analysis in ANALYSES}
    settings = {
        (analysis, name): setting
        for analysis in ANALYSES
        for name, setting in _settings(key, analysis, before, after, changes[analysis]).items()
    }
    found = estimates(key, settings)
    same_methods = not method_changes({**old, "endpoints": {key: before}}, {**new, "endpoints": {key: after}})
    movements = {}
    for analysis in ANALYSES:
        same = same_methods and (not changes[analysis] or _as_refitted(key, analysis, before, after, found))
        movements[analysis] = _movement(key, analysis, before, after, changes[analysis], found, same)
    return {
        "title": after["title"],
        "scale": after["scale"],
        "old": before["reported"],
        "new": after["reported"],
        "certainty": [before["certainty"], after["certainty"]],
        **movements,
    }


def _as_refitted(key: str, analysis: str, before: dict, after: dict, found: dict) -> bool:
    """Whether both answers are those that today's code gives for the same evidence, as far as that can be
    told: not from short chains.
    """
    ends = ((before, found[analysis, "nothing"]), (after, found[analysis, "everything"]))
    return all(
        refit.drawn
        or versions.agree(
            side["compared"][analysis],
            refit.as_ratio(key),
            side["reported"]["mcse"],
            side["reported"]["mcse"],
            names=("median",),
        )
        for side, refit in ends
    )


def _numbers_changed(old: dict, new: dict) -> set[str]:
    """Studies of which the record holds other numbers than before, or did not exist."""
    before = {row["id"]: row for row in old["register"]}
    return {
        row["id"]
        for row in new["register"]
        if row["id"] not in before or not versions.same_numbers(before[row["id"]], row)
    }


def _changes(analysis: str, before: dict, after: dict, corrected: set[str]) -> dict[str, str]:
    """Per study what happened to its reports or, where the answer is adjusted, to its judgement."""
    old, new = by_study(before), by_study(after)
    found = {}
    for study in {**old, **new}:
        if study not in old:
            found[study] = ADDED
        elif study not in new:
            found[study] = REMOVED
        elif old[study] != new[study]:
            found[study] = CORRECTED if study in corrected else READ_ANEW
        elif (
            analysis == "adjusted"
            and before["biases"][study]["judgement"] != after["biases"][study]["judgement"]
        ):
            found[study] = JUDGED_ANEW
    return found


def by_study(endpoint: dict) -> dict[str, str]:
    """The reports of each study that enter, as text that tells whether they are the same."""
    found: dict[str, list] = {}
    for report in endpoint["evidence"]["used"]:
        found.setdefault(report["study"], []).append([report[name] for name in ("stratum", "term", "data")])
    return {study: json.dumps(reports, sort_keys=True) for study, reports in found.items()}


def _settings(
    key: str, analysis: str, before: dict, after: dict, changes: dict[str, str]
) -> dict[str, Setting]:
    """What is refitted: nothing changed, everything changed, and each study alone; empty where no study
    changed.
    """
    if not changes:
        return {}
    sets = {"nothing": set(), "everything": set(changes)} | {study: {study} for study in changes}
    return {name: _setting(key, analysis, before, after, changed) for name, changed in sets.items()}


def _movement(
    key: str,
    analysis: str,
    before: dict,
    after: dict,
    changes: dict[str, str],
    found: dict,
    same_methods: bool,
) -> dict:
    """Both answers of one analysis, and the steps from one to the other, which add to the difference."""
    ends = {"old": before["compared"][analysis], "new": after["compared"][analysis]}
    total = (
        math.log(ends["new"]["median"] / ends["old"]["median"]),
        ends["new"]["p_favours"] - ends["old"]["p_favours"],
    )
    if changes:
        start = found[analysis, "nothing"]
        evidence = total if same_methods else _moved(key, start, found[analysis, "everything"])
        steps = _of_studies(
            [
                Step(what, study, *_moved(key, start, found[analysis, study]))
                for study, what in changes.items()
            ],
            evidence,
        )
    else:
        evidence, steps = (0.0, 0.0), []
        if same_methods and any(total):
            steps.append(Step(AGAIN, None, *total))
    if not same_methods:
        steps.append(
            Step(METHODS, None, *(whole - part for whole, part in zip(total, evidence, strict=True)))
        )
    return ends | {"log_ratio": total[0], "p_favours": total[1], "steps": [vars(step) for step in steps]}


def _of_studies(alone: list[Step], evidence: tuple[float, float]) -> list[Step]:
    """Each study's step alone, then what they do beyond their sum; a single one is all there is."""
    if len(alone) == 1:
        return [Step(alone[0].what, alone[0].study, *evidence)]
    return [
        *alone,
        Step(
            TOGETHER,
            None,
            evidence[0] - sum(s.log_ratio for s in alone),
            evidence[1] - sum(s.p_favours for s in alone),
        ),
    ]


def _moved(key: str, start: Estimate, end: Estimate) -> tuple[float, float]:
    return end.median - start.median, end.p_favours(key) - start.p_favours(key)


def _setting(key: str, analysis: str, before: dict, after: dict, changed: set[str]) -> Setting:
    """The old evidence with the reports and judgements of the changed studies as they are now, under the new
    priors.
    """
    old, new = (versions.frozen_evidence(side, key) for side in (before, after))
    studies = list(dict.fromkeys([*old.studies, *new.studies]))
    used = [report for study in studies for report in (new if study in changed else old).of(study)]
    biases = {}
    if analysis == "adjusted":
        biases = {
            study: versions.frozen_prior(_bias(study, before, after, study in changed))
            for study in dict.fromkeys(r.study for r in used)
        }
    return Setting(
        Evidence(new.endpoint, tuple(used)),
        versions.frozen_prior(after["priors"]["mu"]),
        versions.frozen_prior(after["priors"]["tau"]),
        biases,
    )


def _bias(study: str, before: dict, after: dict, changed: bool) -> dict:
    """The prior of a study's bias: by its old judgement unless it changed, on the new scale where the
    judgement is the same.
    """
    old, new = before["biases"].get(study), after["biases"].get(study)
    return (new if new and (changed or old is None or old["judgement"] == new["judgement"]) else old)["prior"]


def triggers(old: dict, new: dict) -> list[str]:
    """What led from one version to the next, a line each."""
    return [f"{row['label']}: {row['what']}" for row in study_changes(old, new)] + method_changes(
        old, new
    ) or ["no change of studies or methods"]
