"""What is printed of pooled studies: text, JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from math import exp
from typing import Any

from models.pool.fit import Limits, Pooled
from models.pool.measures import LOG, LOGIT
from models.pool.moderators import Covariate, Subgroups

SCHEMA = 1
"""Of the JSON: goes up where a key changes its meaning or goes away."""


DIGITS = 9
"""Significant digits of numbers in the JSON."""


@dataclass(frozen=True)
class Asked:
    """What is to be told beside the answer."""

    beyond: float | None = None
    leave_one_out: bool = False
    sensitivity: bool = False


@dataclass
class Told:
    """The answer with all that was asked for, on the scale of the measure."""

    pooled: Pooled
    summary: dict
    beyond: dict[str, float] = field(default_factory=dict)
    leave_one_out: dict[str, Limits] = field(default_factory=dict)
    sensitivity: dict[str, dict[str, Limits]] = field(default_factory=dict)
    at: float | None = None


def told(pooled: Pooled, asked: Asked) -> Told:
    """Everything that is printed, computed."""
    return Told(
        pooled,
        pooled.summary,
        {} if asked.beyond is None else pooled.below(asked.beyond),
        pooled.leave_one_out() if asked.leave_one_out else {},
        pooled.sensitivity() if asked.sensitivity else {},
        asked.beyond,
    )


def as_json(told: Told) -> str:
    """Every number on the scale of the likelihood, and effects as the measure itself under `natural`."""
    pooled, summary = told.pooled, told.summary
    priors = {"mu": pooled.priors.mu, "tau": pooled.priors.tau}
    if pooled.priors.slope:
        priors["slope"] = pooled.priors.slope
    named = {name: {"prior": prior.name, "plain": prior.plain} for name, prior in priors.items()}
    if pooled.measure.key in ("or", "rr", "rd"):
        baseline = pooled.priors.baseline
        named["baseline"] = {"prior": baseline.name, "plain": baseline.plain}
    studies = [
        {"study": row.study, "data": row.shown, **summary["studies"][row.study]} for row in pooled.rows
    ]
    content = {
        "schema": SCHEMA,
        "measure": pooled.measure.key,
        "scale": pooled.measure.scale_words,
        "interval": 0.95,
        "engine": pooled.engine,
        "effects": "normal" if pooled.df is None else f"t:{pooled.df:g}",
        "tau": summary["tau"],
        **_means(pooled, summary),
        "studies": studies,
        "priors": named,
        "notes": pooled.notes,
    }
    if "monte_carlo_error_of_mu" in summary:
        content["monte_carlo_error_of_mu"] = summary["monte_carlo_error_of_mu"]
    if told.beyond:
        content["beyond"] = {
            "effect": told.at,
            "probability_below": told.beyond,
            "probability_above": {name: 1 - value for name, value in told.beyond.items()},
        }
    if told.leave_one_out:
        content["leave_one_out"] = told.leave_one_out
    if told.sensitivity:
        content["sensitivity"] = told.sensitivity
    return json.dumps(_rounded(content), indent=2)


def _rounded(value: Any) -> Any:
    """Numbers to DIGITS: further ones depend on the processor, and mean nothing."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value


def _means(pooled: Pooled, summary: dict) -> dict:
    """Mean effects with their predictions, of each group where there are some; a regression with them."""
    if "groups" in summary:
        groups = {name: _mean(pooled, one) for name, one in summary["groups"].items()}
        return {"groups": groups, "differences": summary["differences"]}
    regression = {"regression": summary["regression"]} if "regression" in summary else {}
    return _mean(pooled, summary) | regression


def _mean(pooled: Pooled, found: dict) -> dict:
    both = {name: found[name] for name in ("mu", "prediction")}
    content = {**both, "natural": {name: pooled.natural(limits) for name, limits in both.items()}}
    if found["probability_mu_below_none"] is not None:
        # where none is 0 on the scale, as of every measure that compares
        content["probability_mu_below_zero"] = found["probability_mu_below_none"]
    return content


def means(pooled: Pooled) -> list[tuple[str, str, Limits]]:
    """Every mean effect and effect in a new study: mu or prediction, in words, limits."""
    summary, moderator = pooled.summary, pooled.moderator
    if "groups" in summary:
        parts = [(f" in {name}", found) for name, found in summary["groups"].items()]
    else:
        at = f" at {moderator.column} {moderator.centre:.3g}" if isinstance(moderator, Covariate) else ""
        parts = [(at, summary)]
    words = {"mu": "mean effect", "prediction": "effect in a new study"}
    return [(what, words[what] + where, found[what]) for where, found in parts for what in words]


def contrasts(pooled: Pooled) -> list[tuple[str, Limits, float]]:
    """What a moderator changes: in words, limits as a ratio or a difference, and the probability that it is
    below 1 or 0.
    """
    summary, moderator = pooled.summary, pooled.moderator
    ratio = pooled.measure.scale in (LOG, LOGIT)

    def natural(limits: Limits) -> Limits:
        return {end: exp(limits[end]) if ratio else limits[end] for end in ("median", "lower", "upper")}

    if isinstance(moderator, Covariate):
        found, words = summary["regression"], "ratio" if ratio else "change"
        below = found["probability_slope_below_zero"]
        return [(f"{words} by a unit of {moderator.column}", natural(found["slope"]), below)]
    if isinstance(moderator, Subgroups):
        words = "ratio" if ratio else "difference"
        first = moderator.names[0]
        return [
            (f"{words}, {name} to {first}", natural(limits), limits["probability_below_zero"])
            for name, limits in summary["differences"].items()
        ]
    return []


def as_csv(told: Told) -> str:
    """One row for each number: what, name, median, lower, upper; effects as the measure itself."""
    pooled, summary = told.pooled, told.summary
    rows = [("study", row.study, pooled.natural(summary["studies"][row.study])) for row in pooled.rows]
    one = "groups" not in summary
    rows += [(what, "" if one else words, pooled.natural(limits)) for what, words, limits in means(pooled)]
    rows.append(("tau", "", summary["tau"]))
    rows += [("contrast", words, limits) for words, limits, _ in contrasts(pooled)]
    rows += [("mu_without", name, pooled.natural(limits)) for name, limits in told.leave_one_out.items()]
    for name, found in told.sensitivity.items():
        rows.append(("mu_under_prior", name, pooled.natural(found["mu"])))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["what", "name", "median", "lower", "upper"])
    for what, name, limits in rows:
        writer.writerow([what, name, *(f"{limits[limit]:.6g}" for limit in ("median", "lower", "upper"))])
    return file.getvalue().rstrip("\n")


def print_text(told: Told) -> None:
    """Tables for people, effects as the measure itself."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    pooled, summary, measure = told.pooled, told.summary, told.pooled.measure
    console = Console(highlight=False)
    table = Table("", "as given", "median", "95 % interval", title=measure.words)
    for row in pooled.rows:
        table.add_row(escape(row.study), escape(row.shown), *cells(pooled, summary["studies"][row.study]))
    table.add_section()
    for _, words, limits in means(pooled):
        mu = " (mu)" if words == "mean effect" else ""
        table.add_row(escape(words) + mu, "", *cells(pooled, limits))
    for words, limits, _ in contrasts(pooled):
        table.add_row(escape(words), "", *_cells_of(limits))
    tau = summary["tau"]
    unit = "" if measure.scale_words == "points" else f", {measure.scale_words}"
    table.add_row(
        f"between-study SD (tau{unit})",
        "",
        f"{tau['median']:.3g}",
        f"{tau['lower']:.3g} to {tau['upper']:.3g}",
    )
    console.print(table)
    for line in _sentences(told):
        console.print(escape(line))
    for title, found in (
        ("mean effect without", told.leave_one_out),
        ("mean effect under the prior of tau", {name: both["mu"] for name, both in told.sensitivity.items()}),
    ):
        if found:
            more = Table(title, "median", "95 % interval")
            for name, limits in found.items():
                more.add_row(escape(name), *cells(pooled, limits))
            console.print(more)


def _sentences(told: Told) -> list[str]:
    pooled, summary, measure = told.pooled, told.summary, told.pooled.measure
    lines = []
    if measure.none is not None:
        for name, found in summary.get("groups", {"": summary}).items():
            where = f" in {name}" if name else ""
            below = found["probability_mu_below_none"]
            lines.append(f"P(mean effect{where} < {measure.none:g}) {_probability(below)}")
    for words, _, below in contrasts(pooled):
        none = 1 if measure.scale in (LOG, LOGIT) else 0
        lines.append(f"P({words} < {none}) {_probability(below)}")
    if told.beyond:
        names = [words for _, words, _ in means(pooled)]
        for words, below in zip(names, told.beyond.values(), strict=True):
            lines.append(
                f"P({words} < {told.at:g}) {_probability(below)}, P({words} > {told.at:g})"
                f" {_probability(1 - below)}"
            )
    priors = pooled.priors
    lines += [f"prior of mu: {priors.mu.plain}", f"prior of tau: {priors.tau.plain}"]
    if priors.slope:
        lines.append(f"prior of the slope: {priors.slope.plain}")
    if pooled.df is not None:
        lines.append(f"effects scatter as a t with {pooled.df:g} degrees of freedom and scale tau")
    if measure.key in ("or", "rr", "rd"):
        lines.append(f"prior of baseline: {priors.baseline.plain}")
    lines += dict.fromkeys(row.words for row in pooled.rows)
    if error := summary.get("monte_carlo_error_of_mu"):
        lines.append(
            f"Monte Carlo errors of mu, {measure.scale_words}: median {error['median']:.2g}, lower limit"
            f" {error['lower']:.2g}, upper limit {error['upper']:.2g}; quadrature, the default, has none"
        )
    return [*lines, *pooled.notes]


def _probability(probability: float) -> str:
    if 0.001 <= probability <= 0.999:
        return f"= {probability:.3f}"
    return "< 0.001" if probability < 0.5 else "> 0.999"


def cells(pooled: Pooled, limits: Limits) -> tuple[str, str]:
    """Median and interval as the measure itself."""
    return _cells_of(pooled.natural(limits))


def _cells_of(natural: Limits) -> tuple[str, str]:
    return f"{natural['median']:.3g}", f"{natural['lower']:.3g} to {natural['upper']:.3g}"
