"""One arm of a survival curve as read, and how wrong the reading may be."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from extraction.recover.curve_bounds import FUZZ, event_bounds
from extraction.recover.curve_clicks import CLICK, LAPSE, Steps, steps_of
from extraction.recover.curve_types import ArmCurve, Pixel
from extraction.recover.curves import READINGS, SEED, Patients, individual_times, scattered

NO_NUMBERS = "No number at risk is given, so how many patients there were is not known."


@dataclass(frozen=True)
class ArmReading:
    """An arm of a figure.

    steps : what the clicks say; patients : None where no number at risk tells how many there were
    events_low, events_high : events in the central 95 % of readings, with scattered clicks and
    the censored in other places
    fewest, most : events that the curve with its numbers at risk allows at all
    off : largest difference in share surviving between the curve of these patients and the clicks
    median : time at which half survive, infinite where they do throughout
    notes : what a reader of the numbers must know, each a sentence
    """

    steps: Steps
    patients: Patients | None
    events_low: int
    events_high: int
    fewest: int
    most: int
    off: float
    median: float
    notes: tuple[str, ...]


@lru_cache(maxsize=256)
def read_arm(arm: ArmCurve, pixel: Pixel) -> ArmReading:
    """The patients behind an arm's curve, or its steps alone; an arm that never falls has patients without an
    event.
    """
    steps = steps_of(arm, pixel)
    if not arm.at_risk:
        notes = (*_click_notes(steps), NO_NUMBERS)
        return ArmReading(steps, None, 0, 0, 0, 0, 0.0, _median(steps.time, steps.survival), notes)
    patients = individual_times(arm, pixel)
    random = np.random.default_rng(SEED)
    events = [
        individual_times(scattered(arm, pixel, random), pixel, random).event.sum() for _ in range(READINGS)
    ]
    found = int(patients.event.sum())
    low, high = np.quantile([*events, found], [0.025, 0.975], method="closest_observation")
    fewest, most = event_bounds(arm, pixel)
    curve = share_surviving(patients)
    off = np.abs(_at(*curve, steps.time) - steps.survival).max()
    reading = ArmReading(
        steps,
        patients,
        min(int(low), found),
        max(int(high), found),
        min(fewest, found),
        max(most, found),
        float(off),
        _median(*curve),
        _click_notes(steps),
    )
    return replace(reading, notes=(*reading.notes, *_event_notes(arm, pixel, reading)))


def share_surviving(patients: Patients) -> tuple[np.ndarray, np.ndarray]:
    """Times of events and the share surviving after each."""
    times, deaths = np.unique(patients.time[patients.event], return_counts=True)
    at_risk = len(patients.time) - np.searchsorted(np.sort(patients.time), times)
    return times, np.cumprod(1 - deaths / at_risk)


def _at(times: np.ndarray, survival: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.concatenate([[1.0], survival])[np.searchsorted(times, at, side="right")]


def _median(times: np.ndarray, survival: np.ndarray) -> float:
    """The first time at which at most half survive."""
    below = np.flatnonzero(survival <= 0.5 + 1e-12)
    return float(times[below[0]]) if len(below) else float("inf")


def _click_notes(steps: Steps) -> tuple[str, ...]:
    notes = []
    if steps.clicked == "tops":
        notes.append("Its clicks read as the tops of steps alone; a step after the last click is not seen.")
    if steps.scatter > CLICK:
        notes.append(
            f"Its clicks scatter by {steps.scatter:.1f} pixels; rises of up to {steps.levelled:.0f} were"
            " levelled."
        )
    return tuple(notes)


def _event_notes(arm: ArmCurve, pixel: Pixel, reading: ArmReading) -> list[str]:
    """Events that are lost, and steps that the patients do not have."""
    notes, events = [], int(reading.patients.event.sum()) if reading.patients else 0
    if not events:
        notes.append("It never falls: no event was seen.")
    if arm.events is not None and arm.events != events:
        notes.append(
            f"{arm.events} events are printed and {events} are reconstructed: {abs(arm.events - events)}"
            f" {'lost' if events < arm.events else 'too many'}."
        )
    if not arm.informative:
        notes.append(
            "Neither later numbers at risk nor the events are given: nobody is taken to be censored before"
            " the end, and fewer events would do."
        )
    if reading.patients and _steps_off(reading.patients, reading.steps, pixel) > 1:
        notes.append(
            f"The curve of the reconstructed patients lies up to {reading.off:.3f} off the clicks, by more"
            " than one event: numbers at risk and curve do not go together, or steps were clicked late."
        )
    return notes


def _steps_off(patients: Patients, steps: Steps, pixel: Pixel) -> float:
    """Events by which the curve of the patients lies off the clicks at most, beyond the clicks' scatter."""
    times, survival = share_surviving(patients)
    late = LAPSE * steps.scatter * pixel.time
    above = _at(times, survival, steps.time - late) - steps.survival
    below = steps.survival - _at(times, survival, steps.time + late)
    beyond = np.maximum(-above, -below) - FUZZ / 2 * steps.scatter * pixel.survival
    left = len(patients.time) - np.searchsorted(np.sort(patients.time), steps.time)
    return float((beyond * np.maximum(left, 1) / np.maximum(steps.survival, 0.01)).max())
