"""What changed since the newest release, in words and numbers, and how each answer grew, study by study."""

import math

import pandas as pd

from extraction.commands.parser import print_json
from extraction.records import Review, load
from models.endpoints import ENDPOINTS, OF_DURATIONS, evidence_of
from models.history import versions
from models.history.cumulative import Stage, cumulative
from models.history.diff import ANALYSES, changed, compare
from models.words import answer, listed_in_sentence


def since_last(now: dict) -> dict | None:
    """The review as it stands, `versions.state`, against the newest release or, where it is that release,
    that release against the one before; None before the first.
    """
    if (last := versions.latest()) is None:
        return None
    if changed(last, now) or not last["preceding"]:
        return compare(last, now)
    return compare(versions.read(last["preceding"]), last)


def ensure(review: Review) -> None:
    """Sample what this page asks of endpoints of durations and is not kept yet: the changes since the newest
    release, and early stages of their growth.
    """
    for key in OF_DURATIONS:
        _ensure(key, versions.latest(), review)


def _ensure(key: str, last: dict | None, review: Review) -> None:
    if last and key in last["endpoints"]:
        now = versions.state(review, [key])
        if changed(_of_one(key, last), now):
            compare(last, now)
        elif last["preceding"]:
            compare(*(_of_one(key, version) for version in (versions.read(last["preceding"]), last)))
    if len(evidence_of(key, review).studies) > 2:
        cumulative(key, review)


def _of_one(key: str, version: dict) -> dict:
    return version | {"endpoints": {key: version["endpoints"][key]}}


def said(found: dict) -> str:
    """The comparison as text for a terminal."""
    lines = [f"From {_name(found['old'])} to {_name(found['new'])}", ""]
    lines += ["Studies: " + ("none changed." if not found["studies"] else "")] + [
        f"  {row['label']}: {row['what']}. {row['reason']}" for row in found["studies"]
    ]
    lines += [f"Methods: {'; '.join(found['methods']) or 'unchanged'}.", ""]
    for key, endpoint in found["endpoints"].items():
        lines += endpoint_said(key, endpoint, found["labels"])
    return "\n".join(lines)


def _name(version: str) -> str:
    return "what is here now" if version == versions.NOW else f"version {version}"


def endpoint_said(key: str, endpoint: dict, labels: dict[str, str]) -> list[str]:
    """Both answers of an endpoint before and after, and the steps between them, a line each."""
    lines = [
        f"{endpoint['title']} ({endpoint['scale']}), certainty"
        f" {' → '.join(dict.fromkeys(endpoint['certainty']))}"
    ]
    for analysis, words in ANALYSES.items():
        found = endpoint[analysis]
        lines.append(f"  {words}: {answer(key, found['old'])} → {answer(key, found['new'])}")
        lines += [f"    {step_words(step, labels)}: {movement(step)}" for step in found["steps"]]
    return [*lines, ""]


def points(change: float) -> str:
    """A change of a probability: `+5 points`."""
    return f"{round(100 * change):+d} point{'' if abs(round(100 * change)) == 1 else 's'}"


def movement(step: dict) -> str:
    """How far a step moved an answer."""
    return f"ratio × {math.exp(step['log_ratio']):.2f}, better side {points(step['p_favours'])}"


def step_words(step: dict, labels: dict[str, str]) -> str:
    """A step as a reader knows it: the study and what happened to it, or the methods."""
    return f"{labels[step['study']]} {step['what']}" if step["study"] else step["what"]


def headline(found: dict | None) -> str:
    """Two sentences: what changed in studies and methods, and which answers moved."""
    if found is None:
        return (
            "No version has been released yet. Once one is, this page tells what has changed since, and which"
            " study moved which answer."
        )
    if not is_change(found):
        return f"Nothing has changed since version {found['old']}. Every answer is the one it gave."
    changed = [f"{row['label']} ({row['what']})" for row in found["studies"]]
    first = (
        f"Since version {found['old']}"
        f" {'these studies changed: ' + '; '.join(changed) if changed else 'no study changed'}"
        f", {'and' if changed else 'but'} the methods {'did' if found['methods'] else 'did not'}."
    )
    moved = [endpoint["title"] for key, endpoint in found["endpoints"].items() if has_moved(key, endpoint)]
    return first + (
        f" Answers that moved: {listed_in_sentence(moved)}."
        if moved
        else " No answer moved by as much as its last printed digit."
    )


def is_change(found: dict) -> bool:
    """Whether a comparison holds any change of a study or a method."""
    return bool(found["studies"] or found["methods"])


def has_moved(key: str, endpoint: dict) -> bool:
    """Whether an answer, adjusted or not, reads differently."""
    return any(
        answer(key, endpoint[analysis]["old"]) != answer(key, endpoint[analysis]["new"])
        for analysis in ANALYSES
    )


def history(now: dict) -> pd.DataFrame:
    """Every answer of every release, oldest first, and of the review as it stands where that is no release:
    version, date, endpoint, analysis, limits as ratios, probability.
    """
    rows, states = [], [versions.read(version) for version in versions.released()]
    if not states or changed(states[-1], now):
        states.append(now)
    for state in states:
        for key, endpoint in state["endpoints"].items():
            for analysis, words in ANALYSES.items():
                rows.append(
                    {
                        "version": state["version"],
                        "date": state.get("date"),
                        "endpoint": key,
                        "analysis": words,
                    }
                    | endpoint["compared"][analysis]
                )
    return pd.DataFrame(rows)


def growth(review: Review) -> dict[str, list[Stage]]:
    """The stages of each endpoint that has a study."""
    return {key: stages for key in ENDPOINTS if (stages := cumulative(key, review))}


def command(args) -> int:
    """`python -m models diff OLD [NEW] [--json]`."""
    found = compare(versions.read(args.old), versions.read(args.new) if args.new else versions.state(load()))
    if args.json:
        print_json(found)
    else:
        print(said(found))
    return 0
