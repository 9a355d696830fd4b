"""`python -m extraction recover curve FILE.csv`: what a digitised survival curve says, as numbers and on
request as a picture.
"""

import argparse
import io
import math
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from extraction.recover import Unusable
from extraction.recover.curve_types import Curve
from extraction.recover.curves import Reconstruction, reconstruct
from extraction.whole import whole


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE.csv", type=Path, help="digitised points, numbers at risk and points of the axes"
    )
    parser.add_argument(
        "--figure", metavar="OUT.svg", type=Path, help="draw the points over the reconstructed curve"
    )


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """The reconstruction as JSON and as a function that prints it; raise BadRecords for a file at fault,
    Unusable for a curve.
    """
    from extraction.digitised.read import read

    if given.figure and given.figure.suffix != ".svg":
        raise Unusable(f"{given.figure}: the figure is an SVG, so its name ends in .svg")
    curve = read(given.file)
    with Console(stderr=True).status("Reading the figure anew"):
        found = reconstruct(curve)
    if given.figure:
        _draw(curve, given.figure)
    return as_dict(curve, found), lambda: _show(curve, found)


def as_dict(curve: Curve, found: Reconstruction) -> dict:
    """A reconstruction for machines; a median that is not reached is null."""
    estimate, lower, upper = found.interval()
    return {
        "time_unit": curve.unit,
        "arms": {
            arm: {
                "n": len(patients.time),
                "events": int(patients.event.sum()),
                "events_printed": curve.arms[arm].events,
                "median": found.medians[arm] if math.isfinite(found.medians[arm]) else None,
            }
            for arm, patients in found.patients.items()
        },
        "hazard_ratio": {
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
            "log": found.log_hr,
            "se_sampling": found.se_sampling,
            "se_reading": found.se_reading,
            "se": found.se,
        },
        "log_rank_p": {"p": found.p, "lower": found.p_lower, "upper": found.p_upper},
    }


def _show(curve: Curve, found: Reconstruction) -> None:
    table = Table("", "patients", "events", "events printed", f"median, {curve.unit}")
    for arm, row in as_dict(curve, found)["arms"].items():
        median = "not reached" if row["median"] is None else f"{row['median']:.3g}"
        table.add_row(
            arm,
            str(row["n"]),
            str(row["events"]),
            "no" if row["events_printed"] is None else str(row["events_printed"]),
            median,
        )
    Console().print(table)
    print(
        f"Hazard ratio {found.words()}, log-rank p = {found.p:.3g} ({found.p_lower:.3g} to"
        f" {found.p_upper:.3g} over the readings of the figure)."
    )
    print(
        f"Standard error of the log hazard ratio {found.se:.3f}: {found.se_sampling:.3f} of the sample,"
        f" {found.se_reading:.3f} of the reading."
    )


def _draw(curve: Curve, path: Path) -> None:
    """The overlay, whole or not at all."""
    from extraction.digitised.drawing import overlay

    figure, alt, _ = overlay(curve, path.stem)
    drawing = io.BytesIO()
    figure.savefig(
        drawing,
        format="svg",
        bbox_inches="tight",
        metadata={"Date": None, "Title": path.stem, "Description": alt},
    )
    with whole(path) as part:
        part.write_bytes(drawing.getvalue())
