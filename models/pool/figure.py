"""A forest plot as SVG, written without a drawing library: the same to the last byte everywhere."""

from __future__ import annotations

from html import escape
from math import exp, floor, log, log10

from models.pool.fit import Limits, Pooled
from models.pool.output import cells, means

ROW, TOP, LEFT, DATA, PLOT, RIGHT = 22, 40, 170, 210, 320, 190
"""Heights and widths in pixels: of a row, above the rows, of names, numbers as given, axis, and intervals."""
MEAN = "Mean effect"


def forest(pooled: Pooled) -> str:
    """Each study as it is pooled, the mean effect, and the effect in a new study; ratios on a log axis."""
    summary, measure = pooled.summary, pooled.measure
    rows = [(row.study, row.shown, summary["studies"][row.study]) for row in pooled.rows]
    total = [(words[0].upper() + words[1:], "", limits) for _, words, limits in means(pooled)]
    axis = _Axis(pooled, [limits for *_, limits in [*rows, *total]])
    height = TOP + ROW * (len(rows) + 1 + len(total)) + 44
    width = LEFT + DATA + PLOT + RIGHT
    bottom = TOP + ROW * (len(rows) + 0.5 + len(total))
    title = f"{measure.words}, median and 95 % interval of each study as pooled, of the mean and a new study"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img"'
        f' font-family="sans-serif" font-size="13"><title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{LEFT + DATA}" y="22" font-weight="bold">{escape(measure.words.capitalize())}</text>',
    ]
    if measure.none is not None and axis.shows(measure.none):
        x = axis.x(measure.none)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom}" stroke="#999"/>')
    for i, (name, given, limits) in enumerate(rows):
        parts += _row(pooled, axis, TOP + ROW * (i + 0.5), name, given, limits, bold=False)
    for i, (name, given, limits) in enumerate(total):
        parts += _row(pooled, axis, TOP + ROW * (len(rows) + 1 + i), name, given, limits, bold=True)
    parts.append(
        f'<line x1="{LEFT + DATA}" x2="{LEFT + DATA + PLOT}" y1="{bottom}" y2="{bottom}" stroke="black"/>'
    )
    for tick in axis.ticks:
        x = axis.x(tick)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}" stroke="black"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{tick:g}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _row(
    pooled: Pooled, axis: _Axis, y: float, name: str, given: str, limits: Limits, bold: bool
) -> list[str]:
    natural = pooled.natural(limits)
    low, middle, high = (axis.x(natural[limit]) for limit in ("lower", "median", "upper"))
    median, interval = cells(pooled, limits)
    weight, colour = ' font-weight="bold"' if bold else "", "#1f4e79"
    if name.startswith(MEAN) and bold:
        corners = (
            f"M{low:.1f} {y:.1f} L{middle:.1f} {y - 6:.1f} L{high:.1f} {y:.1f} L{middle:.1f} {y + 6:.1f} Z"
        )
        shape = f'<path d="{corners}" fill="{colour}"/>'
    else:
        shape = (
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>'
            f'<rect x="{middle - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{colour}"/>'
        )
    return [
        f'<text x="8" y="{y + 4:.1f}"{weight}>{escape(_short(name, 24))}</text>',
        f'<text x="{LEFT}" y="{y + 4:.1f}">{escape(_short(given, 30))}</text>',
        shape,
        f'<text x="{LEFT + DATA + PLOT + 12}" y="{y + 4:.1f}"{weight}>{median} ({interval})</text>',
    ]


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


class _Axis:
    """From the measure to pixels; ends at the outermost limits, a hundredfold at most beyond the medians."""

    def __init__(self, pooled: Pooled, all_limits: list[Limits]):
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
        return LEFT + DATA + PLOT * min(max(share, 0.0), 1.0)

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
