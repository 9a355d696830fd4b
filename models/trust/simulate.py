"""Simulated patients, printed as the papers printed theirs, for endpoints with one log ratio per study.

Each used report becomes a printer, built once: (theta, generator) -> the report as the paper would have
printed it of new patients, or None where it would have printed no such report, as of a table without events.
Then everything is drawn anew: a choice by the printed numbers alone, under which the ranks of a calibrated
model stay uniform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from extraction.derived.groups import both_sizes
from extraction.schema import PValue, TestOutcome
from extraction.vocabulary import BOTH_ARMS
from models.likelihood.kinds.ratio import Ratio
from models.likelihood.kinds.table_set import TableSet
from models.likelihood.log_rank import LogRankReport
from models.likelihood.report import EffectReport
from models.priors import Prior
from models.trust import simulate_survival
from models.trust.simulate_tables import Cells

if TYPE_CHECKING:
    from extraction.records import Review
    from models.evidence.report import Evidence, Used

Printer = Callable[[float, np.random.Generator], EffectReport | None]
SEED = 20_261_121
QUANTITIES = ("mu", "tau", "theta", "prediction")
"""What is ranked: mean effect, between-study SD, effect of the first study, effect in a next study."""


def printers(evidence: Evidence, review: Review) -> list[Printer]:
    """One printer for each used report, in their order."""
    return [_printer(used, review) for used in evidence.used]


def _printer(used: Used, review: Review) -> Printer:
    """A test of tables tells which others would print alike, unless an arm's own counts are printed; survival
    is that of patients, but for what is read off a curve or at a time, and for arms of unknown sizes: these
    are drawn as they are read.
    """
    record = review.records[used.study]
    behind = [e for e in record.entries if e.id in used.entries]
    by_arm = {e.arm for e in behind} & set(BOTH_ARMS)
    tested = any(isinstance(e, PValue | TestOutcome) for e in behind)
    if isinstance(used.report, TableSet) and tested and not by_arm:
        return partial(used.report.simulate, alike=Cells(used, record).holding)
    if isinstance(used.report, LogRankReport):
        return partial(simulate_survival.print_log_rank, used.report)
    sizes = both_sizes(record, used.stratum)
    if type(used.report) is Ratio and sizes:
        return partial(simulate_survival.print_ratio, used.report, sizes)
    if isinstance(used.report, EffectReport):
        return used.report.simulate
    raise TypeError(f"{used.study}: a {used.report.name} is no report of one log ratio")


def draw(
    evidence: Evidence, say: list[Printer], mu_prior: Prior, tau_prior: Prior, generator
) -> tuple[dict[str, float], Evidence]:
    """Effects from the priors (mu, tau, theta of the first study, prediction; log scale), and what patients
    under them leave in print.
    """
    while True:
        mu, tau = mu_prior.draw(generator), tau_prior.draw(generator)
        effects = mu + tau * generator.standard_normal(len(evidence.studies))
        theta = dict(zip(evidence.studies, effects, strict=True))
        printed = [one(theta[used.study], generator) for used, one in zip(evidence.used, say, strict=True)]
        if all(printed):
            truth = {
                "mu": mu,
                "tau": tau,
                "theta": theta[evidence.studies[0]],
                "prediction": mu + tau * generator.standard_normal(),
            }
            return truth, in_print(evidence, printed)


def in_print(evidence: Evidence, printed: list) -> Evidence:
    """The evidence with these reports in place of its own, and nothing left out."""
    used = (replace(one, report=report) for one, report in zip(evidence.used, printed, strict=True))
    return replace(evidence, used=tuple(used), unused=())
