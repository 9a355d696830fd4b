"""What a row of a table holds, as entries of a record."""

from collections.abc import Iterator, Mapping

from extraction.question import FIELDS
from extraction.source import FILL_IN

RATIOS = {"or": "odds_ratio", "rr": "risk_ratio", "hr": "hazard_ratio", "irr": "rate_ratio"}
ARMS = ("treated", "control")
UNITS = dict.fromkeys(("counts", "group_size"), "patients") | dict.fromkeys(RATIOS.values(), "ratio")
UNITS |= dict.fromkeys(("p_value", "log_rank_p"), "probability")

type Known = dict[str, object]
"""What is known of an entry, by its fields."""


def entries_of(variable: str, cells: Mapping[str, str]) -> tuple[list[Known], set[str]]:
    """Entries of a row, and which of its cells they hold; cells by what they mean, as `columns` names it."""
    found = [*_of_arms(variable, cells), *_of_both(variable, cells)]
    return [entry for entry, _ in found], {cell for _, held in found for cell in held}


def _entry(
    variable: str, kind: str, arm: str, cells: Mapping[str, str], own: Mapping[str, str], **more: str
) -> tuple[Known, set[str]]:
    """An entry, and the cells that it holds: those of its own fields, as far as they are filled."""
    what = "group_size" if kind == "group_size" else variable
    held = {name: cell for name, cell in own.items() if cell in cells}
    entry: Known = {
        "id": f"{what}.{kind if arm == 'comparison' else arm}",
        "kind": kind,
        "field": what,
        "arm": arm,
        "unit": UNITS.get(kind) or _unit(variable),
        **{name: cells[cell] for name, cell in held.items()},
        **more,
    }
    return entry, set(held.values())


def _of_arms(variable: str, cells: Mapping[str, str]) -> Iterator[tuple[Known, set[str]]]:
    for arm in ARMS:
        forms = (form for form in _forms(arm) if set(form[1].values()) <= cells.keys())
        kind, own = next(forms, ("", {}))
        if kind in ("mean_sd", "median_quartiles", "median_range") and f"n_{arm}" in cells:
            yield _entry(variable, "group_size", arm, cells, {"n": f"n_{arm}"})
        if kind:
            yield _entry(variable, kind, arm, cells, own)


def _forms(arm: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What an arm's cells can be, the fullest first: kind, and cell of each of its fields."""
    yield "counts", {"events": f"events_{arm}", "n": f"n_{arm}"}
    yield "counts", {"events": f"events_{arm}"}
    quartiles = {"lower_quartile": f"q1_{arm}", "upper_quartile": f"q3_{arm}"}
    yield "median_quartiles", {"median": f"median_{arm}", **quartiles}
    yield "median_range", {"median": f"median_{arm}", "minimum": f"min_{arm}", "maximum": f"max_{arm}"}
    yield "mean_sd", {"mean": f"mean_{arm}", "sd": f"sd_{arm}"}
    yield "group_size", {"n": f"n_{arm}"}


def _of_both(variable: str, cells: Mapping[str, str]) -> Iterator[tuple[Known, set[str]]]:
    free = dict(cells)
    for measure, kind in RATIOS.items():
        if measure in free and ({"lower", "upper"} <= free.keys() or "p" in free):
            own = {"estimate": measure} | {name: name for name in ("lower", "upper", "level", "p")}
            yield _entry(variable, kind, "comparison", free, own, adjusted_for=FILL_IN)
            free = {name: cell for name, cell in free.items() if name not in own.values()}
    if "log_rank_p" in free:
        yield _entry(variable, "log_rank_p", "comparison", free, {"p": "log_rank_p"})
    if "p" in free:
        yield _entry(variable, "p_value", "comparison", free, {"p": "p"}, tests=FILL_IN)


def _unit(variable: str) -> str:
    """The unit of a value, where the variable has one alone."""
    units = FIELDS[variable].units
    return units[0] if len(units) == 1 and units[0] != "patients" else FILL_IN
