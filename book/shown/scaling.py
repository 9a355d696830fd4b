"""How far many fits scale: what was measured on one machine, and what would bound a cluster, on paper."""

import json
from dataclasses import dataclass

import pandas as pd

from book.html.style import BLUE, GREY, ORANGE, SMALL, Picture, Table, canvas
from extraction.tree import ROOT
from models.runs.cluster import PIECE_SECONDS
from models.runs.one_fit import LARGEST_PIECE

STORED = ROOT / "models" / "results" / "scaling.json"
"""Written by `python -m benchmarks.scaling`."""
NETWORK_BYTES_PER_SECOND = 125e6
"""One gigabit per second."""
SLOW_FIT_SECONDS = 10.0
"""A fit that samples and compiles its model, in round numbers."""


def measured() -> dict:
    """The stored measurement."""
    return json.loads(STORED.read_text(encoding="utf-8"))


def headline(found: dict) -> str:
    """What was measured, and what is foreseen, in two sentences."""
    best = max(found["local"], key=lambda row: row["fits_per_second"])
    gain = best["fits_per_second"] / found["local"][0]["fits_per_second"]
    first = min(bounds(found), key=lambda bound: bound.fits_per_second)
    return (
        f"On one machine with {cores(found)}, the most was {_two(best['fits_per_second'])} fits per second,"
        f" by {best['workers']} worker process{'es' if best['workers'] > 1 else ''}: {gain:.1f} times as many"
        f" as by one. Beyond one machine, on paper, {first.what} would be the first bound: at about"
        f" {_two(first.workers(1 / found['loop']))} workers for these fits of"
        f" {_two(1000 / found['loop'])} ms."
    )


def cores(found: dict) -> str:
    """`2 cores`."""
    return found["machine"].split(",")[0]


def conditions(found: dict) -> str:
    """On what it was measured, and how busy that was."""
    busy = (
        f" Other work was running, with a load of {found['load']:.1f} when it began, so an idle machine makes"
        " more."
        if found["load"] > 0.5
        else ""
    )
    return f"Measured on: {found['machine']}. The best of {found['repeats']} runs each, taken in turn.{busy}"


def picture(found: dict):
    """Fits per second by number of workers."""
    local, dask, loop = found["local"], found["cluster"], found["loop"]
    figure, ax = canvas(3.6)
    ax.axhline(loop, color=GREY, lw=1.5, ls="--", zorder=0)
    ax.plot(
        [row["workers"] for row in local],
        [row["fits_per_second"] for row in local],
        "o-",
        color=BLUE,
        ms=8,
        lw=2,
        label="local processes",
    )
    ax.plot(
        dask["workers"],
        dask["fits_per_second"],
        "D",
        color=ORANGE,
        ms=13,
        mfc="none",
        mew=2.5,
        label="Dask cluster on the same machine",
    )
    highest = max(loop, dask["fits_per_second"], *(row["fits_per_second"] for row in local))
    ax.text(
        local[-1]["workers"] + 0.3,
        0.97 * loop,
        "a plain loop",
        ha="right",
        va="top",
        fontsize=SMALL,
        color=GREY,
    )
    ax.set_xlim(0.7, local[-1]["workers"] + 0.3)
    ax.set_ylim(0, 1.45 * highest)
    ax.set_xticks([row["workers"] for row in local])
    ax.set_xlabel(f"Workers, on {cores(found)}")
    ax.set_ylabel("Fits per second")
    ax.legend(loc="upper left")
    said = ", ".join(f"{_two(row['fits_per_second'])} with {row['workers']}" for row in local)
    numbers = [{"how": "local processes", **row} for row in local]
    numbers += [
        {"how": "Dask cluster", **{name: dask[name] for name in ("workers", "fits_per_second")}},
        {"how": "a plain loop", "fits_per_second": loop},
    ]
    return Picture(
        figure,
        f"Fits per second by number of workers. Local processes: {said}. A Dask cluster of {dask['workers']}"
        f" workers on the same machine: {_two(dask['fits_per_second'])}. A plain loop: {_two(loop)}.",
        pd.DataFrame(numbers),
        how="Timed on one machine by the benchmarks of this repository; the result is stored.",
    )


@dataclass(frozen=True)
class Bound:
    """Fits per second of `seconds` each that one part of a cluster can serve, and how many workers that keeps
    busy.
    """

    what: str
    why: str
    fits_per_second: float

    def workers(self, seconds: float) -> float:
        return self.fits_per_second * seconds


def bounds(found: dict, seconds: float | None = None) -> list[Bound]:
    """What would bound a cluster, for fits of `seconds` (by default the measured ones)."""
    seconds = seconds or 1 / found["loop"]
    piece = min(LARGEST_PIECE, max(1, int(PIECE_SECONDS / seconds)))
    size = found["task_bytes"] + found["result_bytes"]
    keeping = found["kept_in_one_file_seconds"] / found["kept"]
    return [
        Bound(
            "Dask's scheduler",
            (
                f"{1000 * found['cluster']['piece_seconds']:.1f} ms per piece of {piece} fits"
                if piece > 1
                else f"{1000 * found['cluster']['piece_seconds']:.1f} ms per fit"
            ),
            piece / found["cluster"]["piece_seconds"],
        ),
        Bound("the disk of the caller", f"{1e6 * keeping:.0f} µs to keep a result", 1 / keeping),
        Bound(
            "the network of the caller",
            f"{size:,} bytes per fit, there and back, at one gigabit per second",
            NETWORK_BYTES_PER_SECOND / size,
        ),
    ]


def on_paper(found: dict) -> Table:
    """Each bound for the measured fits and for slow ones, with the workers it keeps busy."""
    rows = [
        (
            bound.what[0].upper() + bound.what[1:],
            f"{_two(1000 * seconds)} ms" if seconds < 1 else f"{seconds:g} s",
            bound.why,
            _two(bound.fits_per_second),
            _two(bound.workers(seconds)),
        )
        for seconds in (1 / found["loop"], SLOW_FIT_SECONDS)
        for bound in bounds(found, seconds)
    ]
    return Table(
        pd.DataFrame(rows, columns=["bound", "a fit takes", "cost", "fits per second", "workers kept busy"]),
        "What would bound a cluster: the smallest of each three is reached first",
        how=(
            "Calculated from the measured time and memory of one fit and of one message; no such cluster "
            "was run."
        ),
    )


def keeping(found: dict) -> str:
    """Why results are lines of one file."""
    return (
        f"{found['kept']:,} results are kept in {found['kept_in_one_file_seconds']:.1f} s as lines of one"
        f" file; as a file each they took {found['kept_in_a_file_each_seconds']:.1f} s."
    )


def _two(value: float) -> str:
    """Two significant digits, which is what such a measurement is worth."""
    return f"{float(f'{value:.2g}'):,g}" if value < 1e6 else f"{float(f'{value:.2g}') / 1e6:,g} million"
