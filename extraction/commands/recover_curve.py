"""`python -m extraction recover curve FILE.csv`: what a digitised survival curve says, as numbers and on
request as a picture; `--svg` and `--pdf` read a vector figure instead.
"""

import argparse
import io
import math
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from extraction.commands import recover_svg
from extraction.commands.shown import show_rows
from extraction.recover import Unusable
from extraction.recover.arm_readings import ArmReading, read_arm
from extraction.recover.curve_types import Curve
from extraction.recover.curves import Reconstruction, limit_without_events, log_rank_p, reconstruct
from extraction.whole import whole


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE.csv",
        type=Path,
        nargs="?",
        help="digitised points, numbers at risk and points of the axes; or a vector figure by --svg or --pdf",
    )
    recover_svg.declare(parser)
    parser.add_argument(
        "--figure", metavar="OUT.svg", type=Path, help="draw the points over the reconstructed curve"
    )


def answer(given: argparse.Namespace) -> tuple[dict, Callable]:
    """The reading as JSON and as a function that prints it; raise BadRecords for a file at fault, Unusable
    for a figure that would be no SVG.
    """
    from extraction.digitised.read import read

    if given.figure and given.figure.suffix != ".svg":
        raise Unusable(f"{given.figure}: the figure is an SVG, so its name ends in .svg")
    if sum(source is not None for source in (given.file, given.svg, given.pdf)) != 1:
        raise Unusable("give either FILE.csv or a vector figure by --svg or --pdf")
    if not given.file and not given.out:
        return recover_svg.listing(given)
    curve = read(given.file or recover_svg.write_curve(given))
    with Console(stderr=True).status("Reading the figure anew"):
        arms = {name: read_arm(arm, curve.pixel) for name, arm in curve.arms.items()}
        found, why_not = _compared(curve)
    if given.figure:
        _draw(curve, given.figure)
    told = _as_dict(curve, arms) | ({"no_hazard_ratio": why_not} if found is None else _ratio_dict(found))
    limit = _limit(arms) if found is None else None
    if limit:
        told["hazard_ratio_limit"] = limit

    def show() -> None:
        _show_arms(curve, arms)
        if found:
            _show_ratio(found)
        else:
            print(f"No hazard ratio: {why_not}.")
        if limit:
            interval = (
                f"infinite (95 % interval {limit['limit']:.3g} to infinity)"
                if limit["estimate"] is None
                else f"0 (95 % interval 0 to {limit['limit']:.3g})"
            )
            print(f"By the partial likelihood it is {interval}; log-rank p = {limit['log_rank_p']:.3g}.")

    return told, show


def _compared(curve: Curve) -> tuple[Reconstruction | None, str]:
    """The comparison of two arms, or why there is none."""
    try:
        return reconstruct(curve), ""
    except Unusable as error:
        return None, str(error)


def _limit(arms: dict[str, ArmReading]) -> dict | None:
    """Where one of two arms has no event while both are at risk: what the figure tells all the same."""
    patients = [reading.patients for reading in arms.values() if reading.patients]
    if len(patients) < 2 or not (limit := limit_without_events(*patients)):
        return None
    return {
        "estimate": limit[0] if math.isfinite(limit[0]) else None,
        "limit": limit[1],
        "log_rank_p": log_rank_p(*patients),
    }


def _as_dict(curve: Curve, arms: dict[str, ArmReading]) -> dict:
    """Readings for machines; a median that is not reached and patients that are not known are null."""
    return {
        "time_unit": curve.unit,
        "arms": {
            name: {
                "n": found.patients and len(found.patients.time),
                "events": found.patients and int(found.patients.event.sum()),
                "events_range": found.patients and [found.events_low, found.events_high],
                "events_possible": found.patients and [found.fewest, found.most],
                "events_printed": curve.arms[name].events,
                "median": found.median if math.isfinite(found.median) else None,
                "clicked": found.steps.clicked,
                "click_scatter": found.steps.scatter,
                "largest_difference": found.off,
                "notes": list(found.notes),
                "patients": found.patients
                and [
                    {"time": time, "event": event}
                    for time, event in zip(
                        found.patients.time.tolist(), found.patients.event.tolist(), strict=True
                    )
                ],
            }
            for name, found in arms.items()
        },
    }


def _ratio_dict(found: Reconstruction) -> dict:
    estimate, lower, upper = found.interval()
    return {
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


def _show_arms(curve: Curve, arms: dict[str, ArmReading]) -> None:
    show_rows(
        [
            "",
            "patients",
            "events",
            "as it can be read",
            "possible at all",
            "printed",
            f"median, {curve.unit}",
        ],
        [
            [
                name,
                *(
                    (len(found.patients.time), int(found.patients.event.sum()))
                    if found.patients
                    else ("not known", "")
                ),
                f"{found.events_low} to {found.events_high}" if found.patients else "",
                f"{found.fewest} to {found.most}" if found.patients else "",
                "no" if curve.arms[name].events is None else curve.arms[name].events,
                f"{found.median:.3g}" if math.isfinite(found.median) else "not reached",
            ]
            for name, found in arms.items()
        ],
    )
    for name, found in arms.items():
        off = f"within {found.off:.3f} of the clicks; " if found.patients else ""
        print(f"{name}: {off}clicked: {found.steps.clicked}.", *found.notes)


def _show_ratio(found: Reconstruction) -> None:
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
    from matplotlib import rc_context

    from extraction.digitised.drawing import overlay

    figure, alt, _ = overlay(curve, path.stem)
    drawing = io.BytesIO()
    with rc_context({"svg.hashsalt": path.stem}):  # the same figure has the same bytes
        figure.savefig(
            drawing,
            format="svg",
            bbox_inches="tight",
            metadata={"Date": None, "Title": path.stem, "Description": alt},
        )
    with whole(path) as part:
        part.write_bytes(drawing.getvalue())
