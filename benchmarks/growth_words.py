"""How the time of one fit grows with the number of studies: what was measured on one machine."""

import datetime
import json

import numpy as np

from extraction.tree import ROOT

STORED = ROOT / "models" / "results" / "growth.json"
"""Written by `python -m benchmarks.growth`."""
SHOWN = ("normal–normal", "binomial–normal")
MANY = 30
"""Studies from which on the growth is judged: with fewer, what every fit costs covers it."""


def measured() -> dict:
    """The stored measurement."""
    return json.loads(STORED.read_text(encoding="utf-8"))


def power(rows: list[dict]) -> float:
    """The power of the number of studies with which time grows, by least squares on both logarithms, from
    MANY studies on; 1 is linear.
    """
    many = [row for row in rows if row["studies"] >= MANY]
    studies, seconds = ([np.log(row[name]) for row in many] for name in ("studies", "seconds"))
    return float(np.polyfit(studies, seconds, 1)[0])


def headline(found: dict) -> str:
    """How the time grows, and what the largest fit takes, in two sentences."""
    powers = " and ".join(f"{power(found['seconds'][name]):.2f} ({name})" for name in SHOWN)
    largest = max(found["seconds"]["binomial–normal"], key=lambda row: row["studies"])
    return (
        f"From {MANY} studies on the time of a fit grows with the power {powers} of their number, where 1 is"
        f" linear. {largest['studies']:,} studies with counts take {_seconds(largest['seconds'])}."
    )


def conditions(found: dict) -> str:
    """When, on what, and how busy that was."""
    date = datetime.date.fromisoformat(found["date"])
    busy = (
        f" Other work was running, with a load of {found['load']:.1f} when it began, so an idle machine is"
        " faster."
        if found["load"] > 0.5
        else ""
    )
    return (
        f"Measured on {date.day} {date:%B %Y} on one thread of: {found['machine']}. The best of"
        f" {found['repeats']} runs each. The process held at most {found['peak_gib']:.1f} GiB.{busy}"
    )


def times(found: dict) -> list[dict[str, str]]:
    """Time of a fit by number of studies, one model beside the other."""
    by_model = {name: {row["studies"]: row["seconds"] for row in found["seconds"][name]} for name in SHOWN}
    studies = sorted({count for counted in by_model.values() for count in counted})
    return [
        {"studies": f"{count:,}"}
        | {name: _seconds(counted[count]) for name, counted in by_model.items() if count in counted}
        for count in studies
    ]


def _seconds(value: float) -> str:
    """Two significant digits: `15 ms`, `3.9 s`."""
    return f"{float(f'{1000 * value:.2g}'):g} ms" if value < 0.9995 else f"{float(f'{value:.2g}'):g} s"
