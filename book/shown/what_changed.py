"""What changed between versions, and how each answer grew, study by study: as tables and pictures."""

import pandas as pd

from book.html.style import BLUE, ORANGE, Picture, Table, canvas, interval_line, ratio_axis, reach
from extraction.question import TREATMENT
from models.endpoints import ENDPOINTS
from models.history import versions
from models.history.changes import movement, step_words
from models.history.cumulative import Stage
from models.history.diff import ANALYSES
from models.words import answer

COMPARED = "The register and the methods of today are compared with those of the preceding version."
CUMULATIVE = (
    "The mean effect is computed again after every further study, in the order of publication, not "
    "adjusted for bias."
)


def studies_table(found: dict) -> Table:
    """A row for each study and method that changed, with the register's reason."""
    rows = [
        {"what": row["label"], "change": row["what"], "reason": row["reason"]} for row in found["studies"]
    ]
    rows += [{"what": "method", "change": words, "reason": ""} for words in found["methods"]]
    return Table(pd.DataFrame(rows), "Studies and methods that changed", how=COMPARED)


def summary_table(found: dict) -> Table:
    """Each endpoint's answers before and after, and what moved them."""
    rows = []
    for key, endpoint in found["endpoints"].items():
        for analysis, words in ANALYSES.items():
            change = endpoint[analysis]
            rows.append(
                {
                    "endpoint": endpoint["title"],
                    "analysis": words,
                    found["old"]: answer(key, change["old"]),
                    found["new"]: answer(key, change["new"]),
                    "what moved it": (
                        "; ".join(
                            f"{step_words(step, found['labels'])}: {movement(step)}"
                            for step in change["steps"]
                        )
                        or "nothing"
                    ),
                }
            )
    return Table(
        pd.DataFrame(rows),
        "Each answer before and after, and what moved it",
        how=(
            "The answer is computed again with one change after the other, each from the stored draws, by "
            "quadrature, or by new draws."
        ),
    )


VERSIONS_SHOWN = 8
"""The newest; the table holds them all."""


def by_version(frame: pd.DataFrame):
    """Every answer over the versions; its numbers are those of all versions."""
    shown = list(dict.fromkeys(frame["version"]))[-VERSIONS_SHOWN:]
    keys = [key for key in ENDPOINTS if key in set(frame["endpoint"])]
    figure, axes = canvas(sum(_height(len(shown)) for _ in keys), len(keys), squeeze=False)
    said = []
    for key, ax in zip(keys, axes[:, 0], strict=True):
        rows = [
            (
                version,
                frame[(frame["endpoint"] == key) & (frame["version"] == version)]
                .set_index("analysis")
                .to_dict("index"),
            )
            for version in shown
        ]
        said.append(_panel(ax, key, [(version, list(found.values())) for version, found in rows if found]))
    figure.legend(*_analyses_legend(axes[0, 0]), loc="outside upper left", ncols=2)
    return Picture(
        figure,
        "Every answer over the versions. " + " ".join(said),
        frame,
        how="Each released version kept its answers; today's are those of the stored draws.",
    )


def _height(rows: int) -> float:
    return 0.62 * rows + 1.45


def _panel(ax, key: str, rows: list[tuple[str, list[dict]]]) -> str:
    """One endpoint: a line for each row's unadjusted answer, and below it the adjusted one; its words."""
    endpoint = ENDPOINTS[key]
    low, high = reach([limits for _, answers in rows for limits in answers])
    for i, (_, answers) in enumerate(rows):
        for limits, shift, colour, marker in zip(answers, (0.13, -0.13), (BLUE, ORANGE), "os", strict=False):
            interval_line(ax, -i + shift, limits, low, high, colour, marker)
    ax.set_yticks([-i for i in range(len(rows))], [name for name, _ in rows])
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ratio_axis(ax, low, high, f"Mean {endpoint.scale}", endpoint.sides)
    ax.set_title(endpoint.title.partition(",")[0], loc="left", fontsize=12, weight="bold")
    return (
        f"{endpoint.title}, {endpoint.scale}: "
        + "; ".join(
            f"{name}: " + ", ".join(answer(key, limits) for limits in answers) for name, answers in rows
        )
        + "."
    )


def _analyses_legend(ax):
    handles = [
        ax.plot([], [], colour, marker=marker, lw=2.2)[0] for colour, marker in ((BLUE, "o"), (ORANGE, "s"))
    ]
    return handles, list(ANALYSES.values())


def by_study(found: dict[str, list[Stage]]):
    """Cumulative meta-analysis: each answer after every further study, by year of publication."""
    heights = [_height(len(stages)) for stages in found.values()]
    figure, axes = canvas(sum(heights), len(found), squeeze=False, height_ratios=heights)
    said = []
    for (key, stages), ax in zip(found.items(), axes[:, 0], strict=True):
        rows = [(("+ " if i else "") + _after(stage), [stage.answer]) for i, stage in enumerate(stages)]
        said.append(_panel(ax, key, rows))
    return Picture(
        figure,
        "Cumulative meta-analysis by year of publication, not adjusted for bias. " + " ".join(said),
        _cumulative(found),
        how=CUMULATIVE,
    )


def _after(stage: Stage) -> str:
    """The study that a stage adds; of several, how many to which."""
    return stage.label if stage.added == 1 else f"{stage.added} to {stage.label}"


def _cumulative(found: dict[str, list[Stage]]) -> pd.DataFrame:
    """Every answer after every further study, with full precision."""
    return pd.DataFrame(
        [
            {
                "endpoint": key,
                "after": stage.study,
                "published": stage.year,
                "scale": ENDPOINTS[key].scale,
                **stage.answer,
            }
            for key, stages in found.items()
            for stage in stages
        ]
    )


def cumulative_table(found: dict[str, list[Stage]]) -> Table:
    """The same in words."""
    return Table(
        pd.DataFrame(
            [
                {
                    "endpoint": ENDPOINTS[key].title,
                    "after": _after(stage),
                    "published": stage.year,
                    f"mean ratio with 95 % interval, and how likely {TREATMENT} is the better side": answer(
                        key, stage.answer
                    ),
                }
                for key, stages in found.items()
                for stage in stages
            ]
        ),
        "The answer after each study, in the order of publication",
        how=CUMULATIVE,
        folded="The same as a table",
        numbers=_cumulative(found),
    )


def releases_table() -> Table:
    """Version, date, preceding version, what triggered it, fingerprint of its evidence."""
    rows = [
        {
            "version": r["version"],
            "date": r["date"],
            "preceding version": r["preceding"] or "none",
            "trigger": "; ".join(r["trigger"]),
            "evidence": r["evidence_hash"],
        }
        for r in map(versions.read, reversed(versions.released()))
    ]
    return Table(
        pd.DataFrame(rows or [{"version": "none released yet"}]),
        "Versions released, newest first",
        how="Read from the file in which each version was frozen.",
    )
