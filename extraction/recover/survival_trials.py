"""Simulated trials of two arms: what their tests and hazard ratios are where sizes and events are told.

Patients leave one by one, in an event or a censoring, as every test of two survival curves depends on their
order alone.  An event takes a patient in proportion to the hazards (Cox 1975, Biometrika 62:269).  What no
paper prints differs from trial to trial: whether the censored leave early, late or all at the end, whether
one arm is lost to follow-up faster, and whether neighbouring events share a time.
"""

from typing import NamedTuple

import numpy as np

from extraction.recover.survival_tests import RiskSets, cox, z_of_every_test

EXITS = 2_000_000
"""Exits of all trials together: the fewer patients, the more trials; about a second."""
MOST_TRIALS = 20_000
MOST_PATIENTS = 4_000
"""Beyond it the trials would be fewer than 500."""
EARLY, LOST, AT_THE_END = 0.7, 0.5, 0.3
"""SD of the log exponents that move events and censorings to early or late exits, and of the log ratio of the
arms' rates of censoring; share of trials without a censoring before the last event.
"""
TIED, MOST_TIED = 0.3, 0.8
"""Share of trials with ties; in them neighbouring events share a time with a probability up to MOST_TIED,
which makes five events a time.
"""


class Trials(NamedTuple):
    """Cox's log hazard ratio and its standard error (nan where not finite), z by test, events by arm; each of
    shape (trial,).
    """

    log_hr: np.ndarray
    se: np.ndarray
    z: dict[str, np.ndarray]
    events_treated: np.ndarray
    events: np.ndarray


def trials_of(n_treated: int, n_control: int) -> int:
    """How many trials of these sizes are simulated."""
    return min(EXITS // (n_treated + n_control), MOST_TRIALS)


def simulate(
    n_treated: int, n_control: int, log_hr: np.ndarray, events: np.ndarray, random: np.random.Generator
) -> Trials:
    """A trial for each log hazard ratio and number of events, shape (trial,)."""
    sets = exits(n_treated, n_control, log_hr, events, random)
    fitted = cox(sets)
    return Trials(fitted.log_hr, fitted.se, z_of_every_test(sets, fitted), sets.d_treated.sum(axis=0), events)


def exits(
    n_treated: int, n_control: int, log_hr: np.ndarray, events: np.ndarray, random: np.random.Generator
) -> RiskSets:
    """Risk sets of simulated trials, a row for each exit; a time's events stand in the row of its first."""
    total, trials = n_treated + n_control, len(log_hr)
    is_event = _event_exits(total, events, random)
    hazard, lost = np.exp(log_hr), np.exp(random.normal(0.0, LOST, trials))
    tie_share = np.where(random.random(trials) < TIED, random.uniform(0, MOST_TIED, trials), 0.0)
    found = RiskSets(*(np.zeros((total, trials)) for _ in range(4)))
    at_risk = np.full(trials, n_treated, float), np.full(trials, n_control, float)
    opened, after_event, columns = np.zeros(trials, int), np.zeros(trials, bool), np.arange(trials)
    for i in range(total):
        event = is_event[i]
        joins = event & after_event & (random.random(trials) < tie_share)
        opened = np.where(joins, opened, i)
        weight = at_risk[0] * np.where(event, hazard, lost)
        treated = random.random(trials) * (weight + at_risk[1]) < weight
        starts = event & ~joins
        found.n_treated[i], found.n_control[i] = at_risk[0] * starts, at_risk[1] * starts
        found.d_treated[opened, columns] += event & treated
        found.d_control[opened, columns] += event & ~treated
        at_risk = at_risk[0] - treated, at_risk[1] - ~treated
        after_event = event
    return found


def _event_exits(total: int, events: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Which exits are events, shape (exit, trial)."""
    trials = len(events)
    is_event = np.arange(total)[:, None] < events
    power = np.exp(random.normal(0.0, EARLY, (2, trials)))
    keys = random.random((total, trials)) ** np.where(is_event, power[0], power[1])
    keys += ~is_event & (random.random(trials) < AT_THE_END)
    return np.take_along_axis(is_event, np.argsort(keys, axis=0), axis=0)
