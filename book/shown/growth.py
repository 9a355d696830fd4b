"""How the time of one fit grows with the number of studies: what was measured on one machine."""

import datetime
import json

import numpy as np
import pandas as pd

from book.html.style import BLUE, GREY, ORANGE, Picture, canvas
from extraction.tree import ROOT

STORED = ROOT / "models" / "results" / "growth.json"
"""Written by `python -m benchmarks.growth`."""
SHOWN = {"normal–normal": (BLUE, "o"), "binomial–normal": (ORANGE, "s")}
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


def picture(found: dict):
    """Time of a fit by number of studies, both axes logarithmic, with lines of slope one."""
    figure, ax = canvas(4.2)
    said = []
    for name, (colour, marker) in SHOWN.items():
        studies, seconds = zip(
            *((row["studies"], row["seconds"]) for row in found["seconds"][name]), strict=True
        )
        ax.plot(studies, seconds, marker + "-", color=colour, ms=8, lw=2, label=f"{name}, every marginal")
        last = np.array([MANY, studies[-1]])
        (line,) = ax.plot(last, seconds[-1] * last / studies[-1], color=GREY, lw=1.5, ls="--", zorder=0)
        said.append(
            f"{name}: "
            + ", ".join(
                f"{_seconds(took)} with {count:,}" for count, took in zip(studies, seconds, strict=True)
            )
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ticks = [row["studies"] for row in found["seconds"]["binomial–normal"]]
    ax.set_xticks(ticks, [f"{count:,}" for count in ticks])
    times = [0.001, 0.01, 0.1, 1, 10]
    ax.set_yticks(times, [_seconds(time) for time in times])
    ax.minorticks_off()
    ax.set_xlabel("Studies, log scale")
    ax.set_ylabel("Time of one fit, log scale")
    line.set_label("slope 1, linear")
    ax.legend(loc="upper left")
    numbers = pd.DataFrame([{"model": name, **row} for name in SHOWN for row in found["seconds"][name]])
    return Picture(
        figure,
        f"Time of one fit by number of studies. {'; '.join(said)}. Dashed lines show linear growth.",
        numbers,
        how="Timed on one machine by the benchmarks of this repository; the result is stored.",
    )


def _seconds(value: float) -> str:
    """Two significant digits: `15 ms`, `3.9 s`."""
    return f"{float(f'{1000 * value:.2g}'):g} ms" if value < 0.9995 else f"{float(f'{value:.2g}'):g} s"
