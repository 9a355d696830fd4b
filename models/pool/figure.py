"""A forest plot as SVG, written without a drawing library: the same to the last byte everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import exp, floor, log, log10

from models.pool.fit import Limits, Pooled
from models.pool.output import cells, means

ROW, TOP, PLOT, GAP, MARGIN = 22, 44, 320, 16, 8
"""Heights and widths in pixels: of a row, above the rows, of the axis, between columns, and at the sides."""
LETTER = {False: 7.7, True: 8.6}
"""Width of a letter that few fonts of 13 pixels exceed on average, of bold ones as well."""
LONGEST = {"study": 44, "given": 64}
"""Letters of a name, and of the numbers as given, beyond which they are cut; a title holds them whole."""
COLOUR = "#1f4e79"


@dataclass(frozen=True)
class _Line:
    """A row of the picture; `what` is study, mu or prediction."""

    what: str
    name: str
    given: str
    limits: Limits
    told: str

    @property
    def bold(self) -> bool:
        return self.what != "study"


def forest(pooled: Pooled) -> str:
    """Each study as it is pooled, mean effects, and effects in a new study; ratios on a log axis."""
    summary, measure = pooled.summary, pooled.measure
    studies = [
        _line(pooled, "study", row.study, row.shown, summary["studies"][row.study]) for row in pooled.rows
    ]
    total = [
        _line(pooled, what, words[0].upper() + words[1:], "", limits) for what, words, limits in means(pooled)
    ]
    columns = _Columns([*studies, *total])
    axis = _Axis(pooled, [line.limits for line in [*studies, *total]], columns.axis)
    places = [TOP + ROW * (i + 0.5) for i in range(len(studies))]
    places += [TOP + ROW * (len(studies) + 1 + i) for i in range(len(total))]
    bottom = TOP + ROW * (len(studies) + 0.5 + len(total))
    middle = columns.axis + PLOT / 2
    label = measure.words + (", log scale" if measure.is_ratio else "")
    parts = [
        *_opening(pooled, columns.width, bottom + 52, total),
        _text(MARGIN, 24, "Study", bold=True),
        _text(columns.given, 24, "As given", bold=True),
        _text(middle, 24, measure.words.capitalize(), bold=True, anchor="middle"),
        _text(columns.told, 24, "Median (95 % interval)", bold=True),
    ]
    if measure.none is not None and axis.shows(measure.none):
        x = axis.x(measure.none)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom}" stroke="#767676"/>')
    for line, y in zip([*studies, *total], places, strict=True):
        parts += _row(pooled, axis, columns, y, line)
    return "\n".join(
        [*parts, *_scale(axis, bottom), _text(middle, bottom + 40, label, anchor="middle"), "</svg>\n"]
    )


def _line(pooled: Pooled, what: str, name: str, given: str, limits: Limits) -> _Line:
    median, interval = cells(pooled, limits)
    return _Line(what, name, given, limits, f"{median} ({interval})")


class _Columns:
    """Where columns begin, as wide as their longest text asks for."""

    def __init__(self, lines: list[_Line]):
        studies = [line for line in lines if not line.bold]
        names = [len(_short(line.name, LONGEST["study"])) * LETTER[False] for line in studies]
        given = [len(_short(line.given, LONGEST["given"])) * LETTER[False] for line in studies]
        heading = len("As given") * LETTER[True]
        whole = max(len(line.name) * LETTER[True] for line in lines if line.bold)
        self.given = MARGIN + max(names) + GAP
        self.axis = max(self.given + max(*given, heading) + GAP, MARGIN + whole + GAP)
        self.told = self.axis + PLOT + GAP
        told = [len(line.told) * LETTER[line.bold] for line in lines]
        self.width = self.told + max(*told, len("Median (95 % interval)") * LETTER[True]) + MARGIN


def _opening(pooled: Pooled, width: float, height: float, total: list[_Line]) -> list[str]:
    """The picture with its title and description, which stand for it where it is not seen."""
    measure = pooled.measure
    title = f"{measure.words}, median and 95 % interval of each study as pooled, of the mean and a new study"
    told = "; ".join(f"{line.name}: {line.told}" for line in total)
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="title description"'
        f' font-family="sans-serif" font-size="13"><title id="title">{escape(title)}</title>',
        f'<desc id="description">Forest plot of {len(pooled.rows)} studies. {escape(told)}.</desc>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
    ]


def _scale(axis: _Axis, bottom: float) -> list[str]:
    parts = [
        f'<line x1="{axis.left:.1f}" x2="{axis.left + PLOT:.1f}" y1="{bottom}" y2="{bottom}" stroke="black"/>'
    ]
    for tick in axis.ticks:
        x = axis.x(tick)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}" stroke="black"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{tick:g}</text>')
    return parts


def _row(pooled: Pooled, axis: _Axis, columns: _Columns, y: float, line: _Line) -> list[str]:
    """Name, numbers as given, interval and its numbers; the mean is a diamond, a new study hollow."""
    natural = pooled.natural(line.limits)
    low, middle, high = (axis.x(natural[limit]) for limit in ("lower", "median", "upper"))
    if line.what == "mu":
        corners = (
            f"M{low:.1f} {y:.1f} L{middle:.1f} {y - 6:.1f} L{high:.1f} {y:.1f} L{middle:.1f} {y + 6:.1f} Z"
        )
        shape = f'<path d="{corners}" fill="{COLOUR}"/>'
    else:
        fill = COLOUR if line.what == "study" else "white"
        ends = _arrows(axis, natural, y)
        shape = (
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{COLOUR}"/>{ends}'
            f'<rect x="{middle - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{fill}"'
            f' stroke="{COLOUR}"/>'
        )
    name = line.name if line.bold else _short(line.name, LONGEST["study"])
    return [
        _text(MARGIN, y + 4, name, line.bold, whole=line.name),
        _text(columns.given, y + 4, _short(line.given, LONGEST["given"]), whole=line.given),
        shape,
        _text(columns.told, y + 4, line.told, line.bold),
    ]


def _arrows(axis: _Axis, natural: Limits, y: float) -> str:
    """Where an interval goes on beyond the axis."""
    parts = ""
    for limit, way in (("lower", -1), ("upper", 1)):
        if not axis.shows(natural[limit]):
            x = axis.x(natural[limit])
            parts += (
                f'<path d="M{x - 6 * way:.1f} {y - 4:.1f} L{x:.1f} {y:.1f} L{x - 6 * way:.1f} {y + 4:.1f}"'
            )
            parts += f' fill="none" stroke="{COLOUR}"/>'
    return parts


def _text(
    x: float, y: float, text: str, bold: bool = False, anchor: str = "", whole: str | None = None
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    to = f' text-anchor="{anchor}"' if anchor else ""
    title = f"<title>{escape(whole)}</title>" if whole is not None and whole != text else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{weight}{to}>{escape(text)}{title}</text>'


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _Axis:
    """From the measure to pixels; ends at the outermost limits, a hundredfold at most beyond the medians."""

    def __init__(self, pooled: Pooled, all_limits: list[Limits], left: float):
        self.left = left
        self.ratio = pooled.measure.is_ratio
        natural = [pooled.natural(limits) for limits in all_limits]
        low, high = min(one["lower"] for one in natural), max(one["upper"] for one in natural)
        if self.ratio:
            medians = [one["median"] for one in natural]
            low, high = max(low, min(medians) / 100), min(high, max(medians) * 100)
        self.low, self.high = self._place(low), self._place(high)
        room = 0.04 * (self.high - self.low) or 1.0
        self.low, self.high = self.low - room, self.high + room
        self.ticks = self._ticks()

    def _place(self, effect: float) -> float:
        return log(max(effect, 1e-300)) if self.ratio else effect

    def shows(self, effect: float) -> bool:
        return self.low <= self._place(effect) <= self.high

    def x(self, effect: float) -> float:
        share = (self._place(effect) - self.low) / (self.high - self.low)
        return self.left + PLOT * min(max(share, 0.0), 1.0)

    def _ticks(self) -> list[float]:
        if self.ratio:
            decades = range(floor(self.low / log(10)), floor(self.high / log(10)) + 1)
            fine = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
            shown = [tick for tick in fine if self.shows(tick)]
            whole = [10.0**decade for decade in decades if self.shows(10.0**decade)]
            return (
                shown if 2 <= len(shown) <= 7 else whole or [float(f"{exp((self.low + self.high) / 2):.2g}")]
            )
        span = self.high - self.low
        power = 10.0 ** floor(log10(span / 4))
        step = next(step * power for step in (1, 2, 5, 10) if span / (step * power) <= 6)
        first = floor(self.low / step) + 1
        return [round(k * step, 10) for k in range(first, first + 12) if self.shows(k * step)]
