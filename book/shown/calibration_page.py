"""Calibration on its page: rank curves in their bands, coverage of intervals, what may be said of both."""

from math import exp, isfinite

import pandas as pd
from matplotlib.ticker import MaxNLocator
from scipy import stats

from book.html.style import BLUE, GREEN, LIGHT, ORANGE, RED, SMALL, Picture, Table, canvas
from extraction.records import Review
from models.endpoints import ENDPOINTS, OF_DURATIONS
from models.trust.calibration import QUANTITIES, Calibration, changed
from models.trust.ranks import BAND, LEVELS, band, coverage, curve, falls_short, within_band
from models.trust.sampled_replicates import ESS_ABOVE, R_HAT_BELOW
from models.words import listed

WORDS = {
    "mu": "mean effect",
    "tau": "between-study SD, τ",
    "theta": "effect in the first study",
    "prediction": "effect in a next study",
}
LINES = {
    "mu": (RED, "-", 2.4),
    "tau": (BLUE, "--", 1.5),
    "theta": (GREEN, "-.", 1.5),
    "prediction": (ORANGE, ":", 2.0),
}
"""Colour, dashes and width of each quantity's curve."""
UNUSUAL = 0.05
"""As many curves out of their bands, or more, are called too many where chance gives them less often than
this.
"""
PARTS = {
    "evidence": "the evidence",
    "priors": "the priors",
    "model": "the code of the model or of the simulation",
}


def finding(results: dict[str, Calibration]) -> str:
    """Coverage of the mean effect, then how many rank curves leave their bands; two sentences."""
    if not results:
        return "No model has been calibrated yet. This page fills once python -m models calibrate has run."
    shares = {key: coverage(result.ranks["mu"], 95)[0] for key, result in results.items()}
    short = [key for key, result in results.items() if falls_short(result.ranks["mu"], 95)]
    beyond = (
        f"too few for {_titles(short)}"
        if short
        else "for none of them too few beyond the error of the simulation"
    )
    low, high = (f"{100 * end(shares.values()):.0f}" for end in (min, max))
    range_ = low if low == high else f"{low} to {high}"
    return (
        "In simulated reviews of the real size, the 95 % interval of the mean effect held the true value in"
        f" {range_} % of cases, by endpoint: {beyond}. {curves_said(results)}"
    )


def curves_said(results: dict[str, Calibration]) -> str:
    """How many curves leave their bands, beside what chance would give."""
    total, out = len(results) * len(QUANTITIES), outside(results)
    expected = total * (1 - BAND)
    titles = [f"{ENDPOINTS[key].title}: {WORDS[name]}" for key, name in out]
    named = f" ({listed(titles)})" if out else ""
    many = bool(out) and stats.binom.sf(len(out) - 1, total, 1 - BAND) < UNUSUAL
    return (
        f"Of {total} rank curves, {len(out) or 'none'} left the band of a calibrated model{named}; "
        f"chance alone would take out about {expected:.1f}" + (", so these are too many." if many else ".")
    )


def outside(results: dict[str, Calibration]) -> list[tuple[str, str]]:
    """Endpoint and quantity of every curve that leaves its band."""
    return [
        (key, name)
        for key, result in results.items()
        for name in QUANTITIES
        if not within_band(result.ranks[name])
    ]


def age(results: dict[str, Calibration], review: Review) -> list[str]:
    """What is out of date or missing, with the command that renews it; empty where all is current."""
    found: dict[str, list[str]] = {}
    for key in ENDPOINTS:
        if key not in results:
            found.setdefault("There is no result yet for", []).append(key)
        elif parts := changed(key, review):
            found.setdefault(
                f"Since these results were made, {listed([PARTS[part] for part in parts])} changed for", []
            ).append(key)
    return [
        f"{words} {_titles(keys)}: python -m models calibrate {' '.join(keys)} renews them."
        for words, keys in found.items()
    ]


def convergence(results: dict[str, Calibration]) -> str:
    """Fits behind the curves, and those that broke the rule of convergence or gave no posterior."""
    total, failed = (sum(getattr(r, name) for r in results.values()) for name in ("replicates", "failed"))
    said = [
        f"Behind the curves stand {total:,} fits.",
        f"{failed} gave no posterior and have no rank." if failed else "Every one gave a posterior.",
    ]
    for sampled in (results[key] for key in OF_DURATIONS if key in results):
        said.append(
            f"Of the {sampled.replicates} sampled ones, {sampled.unconverged or 'none'} broke the rule for"
            f" their short chains (R-hat below {R_HAT_BELOW}, effective sample sizes above {ESS_ABOVE}, no"
            " divergent step). Their ranks are kept, because what makes a fit hard may also make it wrong."
        )
    return " ".join(said)


def dependent_reports(key: str, results: dict[str, Calibration]) -> str:
    """What calibration says of multiplying reports that share patients, as those of durations do."""
    if key not in results:
        return f"{ENDPOINTS[key].title} has not been calibrated yet."
    ranks = results[key].ranks["mu"]
    held = "; ".join(f"{level} % interval, {_share(ranks, level)}" for level in LEVELS)
    unseen = (
        f"With {len(ranks)} simulated reviews, a 95 % interval that holds less than"
        f" {200 * (0.05 * 0.95 / len(ranks)) ** 0.5:.1f} points too seldom would not be noticed."
    )
    short = [f"{level} %" for level in LEVELS if falls_short(ranks, level)]
    verdict = (
        f"The {listed(short)} {'intervals' if len(short) > 1 else 'interval'} shown may be read as somewhat"
        " wider: reports of the same patients are multiplied as if they were independent."
        if short
        else (
            "No interval falls short by more than two standard errors, so the reports are multiplied as they"
            " are."
        )
    )
    return (
        f"How often the intervals of the mean effect held the true value, with standard error: {held}."
        f" {verdict} {unseen}"
    )


HOW = (
    "Reviews of the real size are simulated with known effects and fitted; the ranks of the true values "
    "are counted."
)


def table(results: dict[str, Calibration]) -> Table:
    """Coverage of each interval in per cent, with its standard error."""
    return Table(
        pd.DataFrame(
            [
                {"endpoint": ENDPOINTS[key].title, "interval of": WORDS[name]}
                | {f"{level} %": _share(result.ranks[name], level) for level in LEVELS}
                | {"simulated reviews": len(result.ranks[name])}
                for key, result in results.items()
                for name in QUANTITIES
            ]
        ),
        "Share of intervals that held the true value",
        how=HOW,
        folded="How often each interval held the true value",
    )


def by_size(results: dict[str, Calibration]) -> Table:
    """Coverage of the mean effect's interval, by the true size of the effect."""
    return Table(
        pd.DataFrame(
            [
                {"endpoint": ENDPOINTS[key].title, "true ratio, or its inverse": _between(*ends)}
                | {f"{level} %": _share(ranks, level) for level in LEVELS}
                | {"simulated reviews": len(ranks)}
                for key, result in results.items()
                for ends, ranks in result.by_size().items()
            ]
        ),
        "Share of intervals of the mean effect that held the true value, by its size",
        how=HOW,
        folded="The same by the true size of the effect",
    )


def _between(low: float, high: float) -> str:
    """`1.6 to 2.7` or `above 7.4`, as ratios, of log ratios."""
    return f"{exp(low):.1f} to {exp(high):.1f}" if isfinite(high) else f"above {exp(low):.1f}"


def _share(ranks, level: int) -> str:
    """`94.8 % (0.7)`; a decimal only where the standard error is below one point."""
    share, se = (100 * value for value in coverage(ranks, level))
    return f"{share:.{int(se < 1)}f} % ({se:.1f})"


def curves(results: dict[str, Calibration]):
    """Share of ranks up to each place minus the share expected, one panel per endpoint."""
    figure, axes = canvas(1.5 * len(results) + 1.2, len(results), squeeze=False, sharex=True)
    for ax, (key, result) in zip(axes[:, 0], results.items(), strict=True):
        _panel(ax, result)
        ax.set_title(ENDPOINTS[key].title.partition(",")[0], loc="left", fontsize=12, weight="bold")
    axes[-1, 0].set_xlabel("Rank: posterior probability below the true value")
    figure.supylabel("Share of ranks up to here minus expected, percentage points", fontsize=12)
    handles = [
        axes[0, 0].plot([], [], color=colour, ls=dashes, lw=width, label=WORDS[name])[0]
        for name, (colour, dashes, width) in LINES.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=SMALL)
    far = "; ".join(f"{ENDPOINTS[key].title}, {_farthest(result)}" for key, result in results.items())
    said = (
        f"Rank curves of {len(results)} models, four quantities each. The curve of the mean effect departs"
        f" from 0 by at most: {far}. {curves_said(results)}"
    )
    return Picture(
        figure,
        said,
        pd.concat(
            [_curve_numbers(key, name, result) for key, result in results.items() for name in QUANTITIES],
            ignore_index=True,
        ),
        how=HOW,
    )


def _curve_numbers(key: str, name: str, result: Calibration) -> pd.DataFrame:
    """One curve and its band, as shares."""
    (places, difference), (lower, upper) = curve(result.ranks[name]), band(len(result.ranks[name]))
    return pd.DataFrame(
        {
            "endpoint": key,
            "quantity": name,
            "rank": places,
            "share_minus_expected": difference,
            "band_lower": lower,
            "band_upper": upper,
        }
    )


def _farthest(result: Calibration) -> str:
    """`2.1 points where the band reaches 4.3`, of the mean effect's curve."""
    difference, (lower, upper) = curve(result.ranks["mu"])[1], band(len(result.ranks["mu"]))
    at = int(abs(difference).argmax())
    reach = upper[at] if difference[at] > 0 else -lower[at]
    return f"{100 * abs(difference[at]):.1f} points where the band reaches {100 * reach:.1f}"


def _panel(ax, result: Calibration) -> None:
    lower, upper = band(len(result.ranks["mu"]))
    places, _ = curve(result.ranks["mu"])
    ax.fill_between(places, 100 * lower, 100 * upper, color=LIGHT, lw=0, zorder=0)
    for name, (colour, dashes, width) in LINES.items():
        ax.plot(places, 100 * curve(result.ranks[name])[1], color=colour, ls=dashes, lw=width)
    ax.set_xlim(0, 1)
    ax.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))


def _titles(keys: list[str]) -> str:
    return listed([ENDPOINTS[key].title for key in keys])
