"""How far many fits scale: what was measured on one machine, and what would bound a cluster, on paper."""

import json
from dataclasses import dataclass

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


def on_paper(found: dict) -> list[dict[str, str]]:
    """Each bound for the measured fits and for slow ones, with the workers it keeps busy."""
    return [
        {
            "bound": bound.what[0].upper() + bound.what[1:],
            "a fit takes": f"{_two(1000 * seconds)} ms" if seconds < 1 else f"{seconds:g} s",
            "cost": bound.why,
            "fits per second": _two(bound.fits_per_second),
            "workers kept busy": _two(bound.workers(seconds)),
        }
        for seconds in (1 / found["loop"], SLOW_FIT_SECONDS)
        for bound in bounds(found, seconds)
    ]


def rates(found: dict) -> list[dict[str, str]]:
    """Fits per second by number of workers."""
    dask = found["cluster"]
    rows = [("local processes", row["workers"], row["fits_per_second"]) for row in found["local"]]
    rows += [("Dask cluster", dask["workers"], dask["fits_per_second"]), ("a plain loop", 1, found["loop"])]
    return [{"how": how, "workers": str(n), "fits per second": _two(rate)} for how, n, rate in rows]


def keeping(found: dict) -> str:
    """Why results are lines of one file."""
    return (
        f"{found['kept']:,} results are kept in {found['kept_in_one_file_seconds']:.1f} s as lines of one"
        f" file; as a file each they took {found['kept_in_a_file_each_seconds']:.1f} s."
    )


def _two(value: float) -> str:
    """Two significant digits, which is what such a measurement is worth."""
    return f"{float(f'{value:.2g}'):,g}" if value < 1e6 else f"{float(f'{value:.2g}') / 1e6:,g} million"
