"""Do the papers agree with themselves?  Verdicts on the printed numbers as a picture and as tables."""

from collections import Counter

import pandas as pd
from matplotlib.patches import Rectangle

from book.html.style import BLUE, INK, LIGHT, ORANGE, RED, SMALL, YELLOW, Picture, canvas
from extraction.checks import Finding, check
from extraction.question import ENDPOINTS
from extraction.records import Review
from models.evidence.collect import collect_all

VERDICTS = {
    "differs": ("differs", RED),
    "other_test": ("right only by another test", ORANGE),
    "last_digit": ("off in the last digit", YELLOW),
    "agrees": ("agrees", BLUE),
    "cannot_be_checked": ("cannot be checked", LIGHT),
}
"""Classes of verdict, the gravest first, with their words and colours."""
PER_ROW = 40
"""Squares in a row of the picture."""
MOST_DRAWN = 20
"""Studies that it can be read with."""


def verdict_class(finding: Finding) -> str:
    """A key of VERDICTS."""
    mild = finding.severity and finding.severity != "error"
    return str(finding.severity) if mild else finding.verdict


def by_number(review: Review) -> dict[str, dict[str, Finding]]:
    """The gravest finding on each printed number, by study and entry."""
    gravity = list(VERDICTS)
    found: dict[str, dict[str, Finding]] = {}
    for finding in check(review).findings:
        numbers = found.setdefault(finding.study, {})
        if finding.entry not in numbers or gravity.index(verdict_class(finding)) < gravity.index(
            verdict_class(numbers[finding.entry])
        ):
            numbers[finding.entry] = finding
    return found


def counts(review: Review) -> dict[str, Counter]:
    """Printed numbers of each study by class of verdict."""
    found = by_number(review)
    return {
        study: Counter(map(verdict_class, found[study].values()))
        for study in review.studies
        if study in found
    }


def picture(review: Review) -> Picture | None:
    """One square for each printed number, coloured by its verdict; None where none is recorded."""
    every = [(review.studies[study].label, found) for study, found in counts(review).items()]
    if not every:
        return None
    drawn = sorted(every, key=lambda row: -row[1]["differs"])[:MOST_DRAWN]
    rows = [row for row in every if row in drawn]
    heights = [2.1 + -(-sum(found.values()) // PER_ROW) for _, found in rows]
    figure, ax = canvas(0.17 * sum(heights) + 0.75)
    top = 0.0
    for (label, found), height in zip(rows, heights, strict=True):
        ax.text(0, -top - 0.3, label, weight="bold", va="center", fontsize=12)
        ax.text(
            PER_ROW,
            -top - 0.3,
            f"{sum(found.values())} numbers, {found['differs']} differ",
            va="center",
            ha="right",
            fontsize=SMALL,
        )
        squares = [name for name in VERDICTS for _ in range(found[name])]
        for i, name in enumerate(squares):
            ax.add_patch(_square(i % PER_ROW, -top - 2 - i // PER_ROW, VERDICTS[name][1]))
        top += height
    ax.set_xlim(-0.2, PER_ROW + 0.2)
    ax.set_ylim(-top, 0.8)
    ax.set_aspect("auto")
    ax.axis("off")
    handles = [_square(0, 0, colour) for _, colour in VERDICTS.values()]
    figure.legend(
        handles,
        [words for words, _ in VERDICTS.values()],
        loc="outside lower center",
        ncols=2,
        fontsize=SMALL,
    )
    said = ". ".join(
        f"{label}: " + ", ".join(f"{found[name]} {words}" for name, (words, _) in VERDICTS.items())
        for label, found in rows
    )
    return Picture(
        figure,
        f"{'Every printed number' if rows == every else f'The printed numbers of {MOST_DRAWN} studies'} as a"
        f" square, coloured by its verdict. {said}.",
        pd.DataFrame(
            [
                {"study": label, "verdict": words, "numbers": found[name]}
                for label, found in every
                for name, (words, _) in VERDICTS.items()
            ]
        ),
        how=(
            "Each printed number is recalculated from the other numbers of its paper, and counted by the "
            "verdict."
            + (
                f" Of {len(every)} studies the {len(rows)} with most that differs are drawn."
                if len(every) > len(rows)
                else ""
            )
        ),
    )


def _square(x: float, y: float, colour: str):
    return Rectangle(
        (x, y), 0.84, 0.84, facecolor=colour, edgecolor=INK if colour == YELLOW else "none", linewidth=0.3
    )


def differing(review: Review) -> dict[str, pd.DataFrame]:
    """Numbers of each study that differ: as printed and where, the verdict, what it changes in the review;
    with columns for links.

    By the study's id, in the order of the register, studies without any left out.  Findings alike in verdict
    and consequence share a row.
    """
    enters = _enters(review)
    rows: dict[str, dict[tuple[str, str], list[Finding]]] = {study: {} for study in review.studies}
    for f in sorted(
        (f for f in check(review).findings if f.verdict == "differs"), key=lambda f: f.severity != "error"
    ):
        expected = f"; expected {f.expected}" if f.expected else ""
        rows[f.study].setdefault((f"{f.rule}{expected}", _change(review, f, enters)), []).append(f)
    return {
        study: pd.DataFrame([_alike(study, *row, findings) for row, findings in found.items()])
        for study, found in rows.items()
        if found
    }


def _alike(study: str, verdict: str, change: str, findings: list[Finding]) -> dict:
    """A row of findings alike in verdict and consequence."""
    return {
        "as printed, and where": "; ".join(f"{f.printed}: {f.address}" for f in findings),
        "verdict": verdict,
        "what it changes": change,
        "study_id": study,
        "entries": tuple(dict.fromkeys(f.entry for f in findings)),
    }


def _enters(review: Review) -> dict[tuple[str, str], list[str]]:
    """Endpoints that each entry enters or limits."""
    enters: dict[tuple[str, str], list[str]] = {}
    for endpoint, evidence in collect_all(review).items():
        for report in evidence.used:
            for entry in (*report.entries, *report.bounds):
                enters.setdefault((report.study, entry), []).append(ENDPOINTS[endpoint])
    return enters


def _change(review: Review, finding: Finding, enters: dict[tuple[str, str], list[str]]) -> str:
    """The choice the record makes of a contradiction, and what rests on it."""
    choices = [c.reason for c in review.records[finding.study].contradictions if finding.entry in c.entries]
    endpoints = enters.get((finding.study, finding.entry), [])
    rests = f"It enters {', '.join(endpoints)}." if endpoints else "Nothing that is pooled rests on it."
    return " ".join([*choices, rests])


def with_another_test(review: Review) -> pd.DataFrame:
    """p-values that agree, but only with another test than the paper names, or with a comparison of more than
    it says.
    """
    rows = [
        {
            "study": review.studies[f.study].label,
            "as printed, and where": f"{f.printed}: {f.address}",
            "verdict": f"{f.rule}: {f.expected}",
            "study_id": f.study,
            "entries": (f.entry,),
        }
        for f in check(review).findings
        if f.verdict == "agrees" and ("; the paper names" in f.rule or "at once" in f.rule)
    ]
    return pd.DataFrame(rows)


def everything(review: Review) -> dict[str, pd.DataFrame]:
    """The verdict on each printed number with its address, by study id, in the order of the register."""
    found = by_number(review)
    return {
        study: pd.DataFrame(
            [
                {
                    "as printed": f.printed or "in words",
                    "where": f.address,
                    "verdict": VERDICTS[verdict_class(f)][0],
                    "why": f.rule + (f": {f.expected}" if f.expected else ""),
                    "study_id": f.study,
                    "entries": (entry,),
                }
                for entry, f in found[study].items()
            ]
        )
        for study in review.studies
        if study in found
    }


def headline(review: Review) -> str:
    """How many numbers there are and how they fare, in two sentences."""
    total = sum(counts(review).values(), Counter())
    if not total:
        return "No printed number is recorded yet, so there is none to check."
    checked = total.total() - total["cannot_be_checked"]
    another = f"{total['other_test']} right only by another test, " if total["other_test"] else ""
    return (
        f"Of {sum(total.values())} printed numbers, {checked} can be checked against others of the same "
        f"paper: {total['agrees']} agree, {total['last_digit']} are off in the last digit and "
        f"{another}{total['differs']} differ. "
        "No choice among the differing ones is hidden: each stands below with what it changes."
    )
