"""What changed between versions, as sentences and pictures; and how each answer grew, study by study."""

import math

import pandas as pd

from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.history import versions
from models.history.cumulative import Stage, cumulative
from models.history.diff import ANALYSES, changed, compare
from models.shown.derivation import derives
from models.shown.style import BLUE, ORANGE, Picture, canvas, interval_line, ratio_axis, reach
from models.shown.words import answer, listed_in_sentence
from models.trust.crs_universes import CRS


def since_last(now: dict) -> dict | None:
    """The review as it stands, `versions.state`, against the newest release or, where it is that release, that release against the one before; None before the first."""
    if (last := versions.latest()) is None:
        return None
    if changed(last, now) or not last["preceding"]:
        return compare(last, now)
    return compare(versions.read(last["preceding"]), last)


def ensure(review: Review) -> None:
    """Sample what this page asks of CRS duration and is not kept yet: the changes since the newest release, and early stages of its growth."""
    last = versions.latest()
    if last:
        frozen = last["endpoints"][CRS]
        if (frozen["evidence"]["used_hash"], frozen["biases"]) != (evidence_of(CRS, review).used_hash(), versions.judged_biases(CRS, review)):
            since_last(versions.state(review))
    if len(evidence_of(CRS, review).studies) > 2:
        cumulative(CRS, review)


def said(found: dict) -> str:
    """The comparison as text for a terminal."""
    lines = [f"From {_name(found['old'])} to {_name(found['new'])}", ""]
    lines += ["Studies: " + ("none changed." if not found["studies"] else "")] + [f"  {row['label']}: {row['what']}. {row['reason']}" for row in found["studies"]]
    lines += [f"Methods: {'; '.join(found['methods']) or 'unchanged'}.", ""]
    for key, endpoint in found["endpoints"].items():
        lines += _endpoint_said(key, endpoint, found["labels"])
    return "\n".join(lines)


def _name(version: str) -> str:
    return "what is here now" if version == versions.NOW else f"version {version}"


def _endpoint_said(key: str, endpoint: dict, labels: dict[str, str]) -> list[str]:
    lines = [f"{endpoint['title']} ({endpoint['scale']}), certainty {' → '.join(dict.fromkeys(endpoint['certainty']))}"]
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
        return "No version has been released yet. Once one is, this page tells what has changed since, and which study moved which answer."
    if not is_change(found):
        return f"Nothing has changed since version {found['old']}. Every answer is the one it gave."
    changed = [f"{row['label']} ({row['what']})" for row in found["studies"]]
    first = f"Since version {found['old']} {'these studies changed: ' + '; '.join(changed) if changed else 'no study changed'}" \
            f"{', and ' if changed else ', but '}{'the methods did' if found['methods'] else 'the methods did not'}."
    moved = [endpoint["title"] for key, endpoint in found["endpoints"].items() if has_moved(key, endpoint)]
    return first + (f" Answers that moved: {listed_in_sentence(moved)}." if moved else " No answer moved by as much as its last printed digit.")


def is_change(found: dict) -> bool:
    """Whether a comparison holds any change of a study or a method."""
    return bool(found["studies"] or found["methods"])


def has_moved(key: str, endpoint: dict) -> bool:
    """Whether an answer, adjusted or not, reads differently."""
    return any(answer(key, endpoint[analysis]["old"]) != answer(key, endpoint[analysis]["new"]) for analysis in ANALYSES)


@derives
def studies_table(found: dict) -> pd.DataFrame:
    """A row for each study and method that changed, with the register's reason."""
    rows = [{"what": row["label"], "change": row["what"], "reason": row["reason"]} for row in found["studies"]]
    rows += [{"what": "method", "change": words, "reason": ""} for words in found["methods"]]
    return pd.DataFrame(rows)


@derives
def summary_table(found: dict) -> pd.DataFrame:
    """Each endpoint's answers before and after, and what moved them."""
    rows = []
    for key, endpoint in found["endpoints"].items():
        for analysis, words in ANALYSES.items():
            change = endpoint[analysis]
            rows.append({"endpoint": endpoint["title"], "analysis": words, found["old"]: answer(key, change["old"]), found["new"]: answer(key, change["new"]),
                         "what moved it": "; ".join(f"{step_words(step, found['labels'])}: {movement(step)}" for step in change["steps"]) or "nothing"})
    return pd.DataFrame(rows)


def history(now: dict) -> pd.DataFrame:
    """Every answer of every release, oldest first, and of the review as it stands where that is no release: version, date, endpoint, analysis, limits as ratios, probability."""
    rows, states = [], [versions.read(version) for version in versions.released()]
    if not states or changed(states[-1], now):
        states.append(now)
    for state in states:
        for key, endpoint in state["endpoints"].items():
            for analysis, words in ANALYSES.items():
                rows.append({"version": state["version"], "date": state.get("date"), "endpoint": key, "analysis": words} | endpoint["compared"][analysis])
    return pd.DataFrame(rows)


VERSIONS_SHOWN = 8
"""The newest; the table holds them all."""


@derives
def by_version(frame: pd.DataFrame):
    """Every answer over the versions; its numbers are those of all versions."""
    shown = list(dict.fromkeys(frame["version"]))[-VERSIONS_SHOWN:]
    keys = [key for key in ENDPOINTS if key in set(frame["endpoint"])]
    figure, axes = canvas(sum(_height(len(shown)) for _ in keys), len(keys), squeeze=False)
    said = []
    for key, ax in zip(keys, axes[:, 0]):
        rows = [(version, frame[(frame["endpoint"] == key) & (frame["version"] == version)].set_index("analysis").to_dict("index")) for version in shown]
        said.append(_panel(ax, key, [(version, list(found.values())) for version, found in rows if found]))
    figure.legend(*_analyses_legend(axes[0, 0]), loc="outside upper left", ncols=2)
    return Picture(figure, "Every answer over the versions. " + " ".join(said), frame)


def _height(rows: int) -> float:
    return 0.62 * rows + 1.45


def _panel(ax, key: str, rows: list[tuple[str, list[dict]]]) -> str:
    """One endpoint: a line for each row's unadjusted answer, and below it the adjusted one; its words."""
    endpoint = ENDPOINTS[key]
    low, high = reach([limits for _, answers in rows for limits in answers])
    for i, (name, answers) in enumerate(rows):
        for limits, shift, colour, marker in zip(answers, (0.13, -0.13), (BLUE, ORANGE), "os"):
            interval_line(ax, -i + shift, limits, low, high, colour, marker)
    ax.set_yticks([-i for i in range(len(rows))], [name for name, _ in rows])
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ratio_axis(ax, low, high, f"Mean {endpoint.scale}", endpoint.benefit)
    ax.set_title(endpoint.title, loc="left", fontsize=12, weight="bold")
    return f"{endpoint.title}, {endpoint.scale}: " + "; ".join(f"{name}: " + ", ".join(answer(key, limits) for limits in answers) for name, answers in rows) + "."


def _analyses_legend(ax):
    handles = [ax.plot([], [], colour, marker=marker, lw=2.2)[0] for colour, marker in ((BLUE, "o"), (ORANGE, "s"))]
    return handles, list(ANALYSES.values())


def growth(review: Review) -> dict[str, list[Stage]]:
    """The stages of each endpoint that has a study."""
    return {key: stages for key in ENDPOINTS if (stages := cumulative(key, review))}


@derives
def by_study(found: dict[str, list[Stage]]):
    """Cumulative meta-analysis: each answer after every further study, by year of publication."""
    heights = [_height(len(stages)) for stages in found.values()]
    figure, axes = canvas(sum(heights), len(found), squeeze=False, height_ratios=heights)
    said = []
    for (key, stages), ax in zip(found.items(), axes[:, 0]):
        rows = [(("" if i == 0 else "+ ") + stage.label, [stage.answer]) for i, stage in enumerate(stages)]
        said.append(_panel(ax, key, rows))
    return Picture(figure, "Cumulative meta-analysis by year of publication, not adjusted for bias. " + " ".join(said), pd.DataFrame([
        {"endpoint": key, "after": stage.study, "published": stage.year, "scale": ENDPOINTS[key].scale, **stage.answer}
        for key, stages in found.items() for stage in stages]))


def cumulative_table(found: dict[str, list[Stage]]) -> pd.DataFrame:
    """The same in words."""
    return pd.DataFrame([{"endpoint": ENDPOINTS[key].title, "after": stage.label, "published": stage.year,
                          "mean ratio with 95 % interval, and how likely tocilizumab is the better side": answer(key, stage.answer)}
                         for key, stages in found.items() for stage in stages])


@derives
def releases_table() -> pd.DataFrame:
    """Version, date, preceding version, what triggered it, fingerprint of its evidence."""
    found = [versions.read(version) for version in reversed(versions.released())]
    if not found:
        return pd.DataFrame([{"version": "none released yet"}])
    return pd.DataFrame([{"version": r["version"], "date": r["date"], "preceding version": r["preceding"] or "none", "trigger": "; ".join(r["trigger"]),
                          "evidence": r["evidence_hash"]} for r in found])
