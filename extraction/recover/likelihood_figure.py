"""The likelihood of an odds ratio as SVG, written without a drawing library."""

import math
from html import escape

from extraction.recover.set_likelihood import SetLikelihood

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 44, 62
"""Pixels from each side to the axes."""
COLOUR = "#1f4e79"


def likelihood_figure(found: SetLikelihood, count: int) -> str:
    """One line: how probable the printed numbers are under each odds ratio, the highest 1.

    count : tables that print so
    """
    low, high = found.log_odds_ratio[[0, -1]]
    span = max(high - low, 1e-9)

    def x(log: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (log - low) / span

    def y(likelihood: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * likelihood

    points = " ".join(
        f"{x(log):.1f},{y(value):.1f}"
        for log, value in zip(found.log_odds_ratio, found.likelihood, strict=True)
    )
    title = f"Likelihood of the odds ratio, {count:,} table{'' if count == 1 else 's'}"
    if found.tables < count:
        title += f" ({found.tables:,} of them, evenly chosen)"
    ends = [f"{end:.3g}" if 0 < end < math.inf else "beyond the axis" for end in found.interval]
    peaks = " and ".join(f"{peak:.3g}" for peak in found.peaks)
    desc = f"Highest at {peaks}; 95 % likelihood interval {ends[0]} to {ends[1]}."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" font-family="sans-serif" font-size="13">'
        f"<title>{escape(title)}</title><desc>{escape(desc)}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-weight="bold">{escape(title)}</text>',
    ]
    if low < 0 < high:
        parts.append(f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{y(1)}" y2="{y(0)}" stroke="#999"/>')
    for value in (0, 0.5, 1):
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for ratio in _ticks(low, high):
        at = x(math.log(ratio))
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y(0)}" y2="{y(0) + 5}" stroke="black"/>')
        parts.append(f'<text x="{at:.1f}" y="{y(0) + 20}" text-anchor="middle">{ratio:g}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts += [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(0)}" y2="{y(0)}" stroke="black"/>',
        f'<line x1="{LEFT}" x2="{LEFT}" y1="{y(0)}" y2="{y(1)}" stroke="black"/>',
        f'<polyline points="{points}" fill="none" stroke="{COLOUR}" stroke-width="2"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 18}" text-anchor="middle">'
        "odds ratio, treated over control (log scale)</text>",
        f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">'
        "likelihood (highest 1)</text>",
    ]
    return "\n".join([*parts, "</svg>\n"])


def _ticks(low: float, high: float) -> list[float]:
    """Up to seven round ratios on a log axis."""
    decades = range(math.floor(low / math.log(10)), math.floor(high / math.log(10)) + 1)
    for steps in ((1, 1.2, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        shown = [tick for tick in ticks if low <= math.log(tick) <= high]
        if len(shown) <= 7:
            return shown
    return [10.0**k for k in decades][:: math.ceil(len(decades) / 7)]
