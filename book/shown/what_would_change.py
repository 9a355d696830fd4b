"""What one more study would be expected to say, for each endpoint and three true effects: as finding, picture
and tables.
"""

from bisect import bisect_left
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from book.html.style import BLUE, GREY, INK, RC, RED, WIDTH, Picture, Table
from extraction.question import TREATMENT
from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.engines.effects import study_likelihoods
from models.runs import store
from models.trust.next_design import Design, design, has_one
from models.trust.next_study import (
    ENDLESS,
    Expected,
    Today,
    after_counts,
    after_ratios,
    from_draws,
    from_likelihoods,
    unchanged,
)
from models.words import compact, number, percent

EACH, MOST = 100, 40
"""Patients of each of several studies, and how many of them are tried."""
SIZES = (20, 40, 80, 150, 300, 600, 1000)
ANSWERED = 0.95
IMPORTANT = 0.75
"""A ratio of important benefit, on every scale (its inverse where more is better): a change by a quarter.
Choice of this review.
"""
MEDIAN, NONE, BENEFIT = "today's median", "no effect", "important benefit"


@dataclass(frozen=True)
class Outlook:
    """One endpoint and one true mean effect: the posterior today, expected by size of the new study, and
    after an endless one.
    """

    key: str
    truth: str
    log_ratio: float
    today: Expected
    by_size: dict[int, Expected]
    endless: Expected
    studies: int | None
    """Further studies of 100 patients each that are expected to answer; None for no effect."""

    def p_better(self, expected: Expected) -> float:
        """Probability that the treatment is the better side."""
        return ENDPOINTS[self.key].favours(expected.below)

    def p_true_side(self, expected: Expected) -> float:
        """Probability of the side on which the true effect lies."""
        return expected.below if self.log_ratio < 0 else 1 - expected.below

    @property
    def smallest(self) -> float | None:
        """Patients from which on the true side is expected to have more than 95 %: 0 none needed, inf more
        than the largest size, None no size.
        """
        p = np.array([self.p_true_side(e) for e in (self.today, *self.by_size.values())])
        if self.truth == NONE or self.p_true_side(self.endless) < ANSWERED:
            return None
        short = np.flatnonzero(p < ANSWERED)
        if not short.size:
            return 0
        last = short[-1]
        if last == len(p) - 1:
            return np.inf
        sizes = np.log([1, *self.by_size])
        return float(np.exp(np.interp(ANSWERED, p[last : last + 2], sizes[last : last + 2])))


def outlooks(review: Review) -> list[Outlook]:
    """Every endpoint with a study to follow, under each of three true effects; raise store.NotFitted where
    A duration has no posterior.
    """
    return [found for key in ENDPOINTS if has_one(key, review) for found in _outlooks(key, review)]


def _outlooks(key: str, review: Review) -> list[Outlook]:
    endpoint, now, plan = ENDPOINTS[key], today(key, review), design(key, review)
    order = np.argsort(now.mu)
    median = float(np.interp(0.5, np.cumsum(now.weight[order]) - now.weight[order] / 2, now.mu[order]))
    truths = {
        MEDIAN: median,
        NONE: 0.0,
        BENEFIT: np.log(IMPORTANT if endpoint.less_is_better else 1 / IMPORTANT),
    }
    by_size = {size: _after(now, plan, size, list(truths.values())) for size in SIZES}
    return [
        Outlook(
            key,
            name,
            effect,
            unchanged(now),
            {size: found[i] for size, found in by_size.items()},
            after_ratios(now, ENDLESS, effect),
            None if name == NONE else _studies(now, plan, effect),
        )
        for i, (name, effect) in enumerate(truths.items())
    ]


def _studies(now: Today, plan: Design, log_ratio: float) -> int:
    """The smallest number of studies of 100 patients expected to put 95 % on the true side; one more than
    MOST where that is too few.
    """

    def p_true_side(studies):
        below = after_ratios(now, plan.se(EACH, log_ratio), log_ratio, studies).below
        return below if log_ratio < 0 else 1 - below

    return bisect_left(range(1, MOST + 1), ANSWERED, key=p_true_side) + 1


def _after(now: Today, plan: Design, size: int, log_ratios: list[float]) -> list[Expected]:
    if plan.control_risk is None:
        return [after_ratios(now, plan.se(size, effect), effect) for effect in log_ratios]
    n_treated = int(np.clip(round(size * plan.treated_share), 1, size - 1))
    return after_counts(now, n_treated, size - n_treated, plan.control_risk, log_ratios)


def today(key: str, review: Review) -> Today:
    """The posterior as it stands: on a grid, or for durations the draws of its mean effect and tau."""
    return ENDPOINTS[key].engine.way(_on_a_grid, _of_draws)(key, review)


def _of_draws(key: str, review: Review) -> Today:
    draws = store.read(key, review).draws
    return from_draws(draws["mu"].values, draws["tau"].values)


def _on_a_grid(key: str, review: Review) -> Today:
    endpoint = ENDPOINTS[key]
    return from_likelihoods(
        list(study_likelihoods(evidence_of(key, review)).values()), endpoint.mu_prior, endpoint.tau_prior
    )


def finding(found: list[Outlook]) -> str:
    """Two sentences: what one more study would be expected to settle, and how many it takes otherwise."""
    if not found:
        return "No study enters an endpoint yet, so there is none that a further one could be like."
    by_truth = {truth: [o for o in found if o.truth == truth] for truth in (MEDIAN, BENEFIT)}
    settled = {truth: [o for o in rows if o.smallest is not None] for truth, rows in by_truth.items()}
    said = [
        f"in {len(settled[truth])} of {len(rows)} endpoints if the truth is"
        f" {TRUTHS[truth]}{_names(settled[truth])}"
        for truth, rows in by_truth.items()
    ]
    first = (
        "A single further study, of whatever size, is expected to put more than 95 % on the true side"
        f" {', and '.join(said)}."
    )
    left = {
        truth: [o.studies for o in rows if o.smallest is None and o.studies is not None]
        for truth, rows in by_truth.items()
    }
    takes = [
        f"{count_words(studies)} {case}"
        for studies, case in zip(left.values(), ("in the first case", "in the second"), strict=True)
        if studies
    ]
    return first + (
        f" Otherwise studies differ too much for one to be enough: it takes {', and '.join(takes)}."
        if takes
        else ""
    )


def _names(settled: list[Outlook]) -> str:
    """Endpoints that are settled, in brackets."""
    return (
        f" ({'; '.join(_title(o) + (', already today' if o.smallest == 0 else '') for o in settled)})"
        if settled
        else ""
    )


TRUTHS = {
    MEDIAN: "today's median",
    BENEFIT: (
        f"an important benefit (a ratio of {IMPORTANT}, or {number(1 / IMPORTANT)} where more is better)"
    ),
}


def _title(o: Outlook) -> str:
    """A title within a sentence."""
    title = ENDPOINTS[o.key].title
    return title if title[1].isupper() else title[0].lower() + title[1:]


def count_words(studies: list[int]) -> str:
    """`4 to more than 40 studies of 100 patients each`."""
    return (
        " to ".join(dict.fromkeys(_count(n) for n in (min(studies), max(studies))))
        + f" studies of {EACH} patients each"
    )


def _count(studies: int) -> str:
    return f"more than {MOST}" if studies > MOST else str(studies)


def size_words(outlook: Outlook) -> str:
    """The smallest size in words, with the reason where there is none; two digits, rounded up."""
    size = outlook.smallest
    if outlook.truth == NONE:
        return "no direction to find"
    if size is None:
        return f"no size: an endless study reaches {percent(outlook.p_true_side(outlook.endless))}"
    if size == 0:
        return "none needed: beyond 95 % already"
    if size == np.inf:
        return f"more than {SIZES[-1]:,} patients"
    unit = 10 ** max(int(np.floor(np.log10(size))) - 1, 0)
    return f"{int(np.ceil(size / unit)) * unit:,} patients"


HOW = (
    "The posterior after one more study, expected over what a study of each size would print under each "
    "true effect."
)


def sizes_table(found: list[Outlook]) -> Table:
    """Expected probability that the treatment is better, by size, and the smallest size that answers."""
    return Table(
        pd.DataFrame(
            [
                {
                    "endpoint": ENDPOINTS[o.key].title,
                    "if the truth is": f"{o.truth} ({number(np.exp(o.log_ratio))})",
                    "today": percent(o.p_better(o.today)),
                    **{f"after {size:,}": percent(o.p_better(o.by_size[size])) for size in (40, 150, 1000)},
                    "after an endless study": percent(o.p_better(o.endless)),
                    "one study for 95 % on the true side": size_words(o),
                    f"studies of {EACH} for the same": (
                        "" if o.studies is None else "none needed" if o.smallest == 0 else _count(o.studies)
                    ),
                }
                for o in found
            ]
        ),
        f"Probability that {TREATMENT} is the better side, and the smallest study that answers",
        how=HOW,
        numbers=numbers(found),
    )


def posterior_table(found: list[Outlook]) -> Table:
    """Expected posterior of the mean ratio with its 95 % interval, taken as normal on the log scale."""
    return Table(
        pd.DataFrame(
            [
                {
                    "endpoint": ENDPOINTS[o.key].title,
                    "if the truth is": f"{o.truth} ({number(np.exp(o.log_ratio))})",
                    "today": _ratio(o.today),
                    **{f"after {size:,}": _ratio(o.by_size[size]) for size in (150, 1000)},
                    "after an endless study": _ratio(o.endless),
                }
                for o in found
            ]
        ),
        "Expected posterior of the mean ratio after one more study",
        how=HOW,
        folded="The expected posterior after one more study",
        numbers=numbers(found),
    )


def _limits(e: Expected) -> dict[str, float]:
    """Median and 95 % interval of the mean ratio, taken as normal on the log scale."""
    return {
        name: float(np.exp(e.mean + z * e.sd))
        for name, z in (("median", 0.0), ("lower", -1.96), ("upper", 1.96))
    }


def _ratio(e: Expected) -> str:
    return compact(_limits(e))


def designs_table(review: Review) -> Table:
    """What the new study is taken to be, by endpoint."""
    return Table(
        pd.DataFrame(
            [
                {"endpoint": endpoint.title, "a new study prints": design(key, review).words}
                for key, endpoint in ENDPOINTS.items()
                if has_one(key, review)
            ]
        ),
        "The new study, by endpoint",
        how="The size and kind of the new study follow from the reports that enter the endpoint today.",
        folded="The new study, by endpoint",
    )


STYLES = {BENEFIT: (BLUE, "-", "o"), NONE: (GREY, "--", "s"), MEDIAN: (RED, "-.", "D")}
AT_ENDLESS = 2600.0


def picture(found: list[Outlook]):
    """Expected probability that the treatment is the better side against size, a panel per endpoint."""
    keys = list(dict.fromkeys(o.key for o in found))
    rows = len(keys) // 2 + 1
    with plt.rc_context(RC):
        figure, axes = plt.subplots(
            rows, 2, figsize=(WIDTH, 2.1 * rows + 0.6), layout="constrained", sharex=True, sharey=True
        )
    for ax, key in zip(axes.flat, keys, strict=False):
        _panel(ax, [o for o in found if o.key == key])
    for ax in axes.flat[len(keys) :]:
        ax.axis("off")
    for ax in axes.flat[len(keys) - 2 : len(keys)]:
        ax.tick_params(labelbottom=True)
    names = {
        BENEFIT: f"important benefit\n({IMPORTANT} or {number(1 / IMPORTANT)})",
        NONE: "no effect (1)",
        MEDIAN: "today's median",
    }
    handles = [
        plt.Line2D([], [], color=c, ls=line, marker=m, label=names[truth])
        for truth, (c, line, m) in STYLES.items()
    ]
    axes.flat[len(keys)].legend(
        handles=handles, loc="center", title="If the truth is", fontsize=11, title_fontsize=11
    )
    figure.supxlabel("Patients in the new study (∞: endless)", fontsize=12)
    figure.supylabel(
        f"Expected probability that\n{TREATMENT} is the better side",
        fontsize=12,
        ha="center",
        multialignment="center",
    )
    return Picture(figure, _alternative(found), numbers(found), how=HOW)


def numbers(found: list[Outlook]) -> pd.DataFrame:
    """The expected posterior by size of the new study, 0 for today's and inf for an endless study; limits as
    ratios.
    """
    return pd.DataFrame(
        [
            {
                "endpoint": o.key,
                "truth": o.truth,
                "true_ratio": float(np.exp(o.log_ratio)),
                "patients": size,
                "p_favours_treated": o.p_better(expected),
                **_limits(expected),
            }
            for o in found
            for size, expected in ((0, o.today), *o.by_size.items(), (np.inf, o.endless))
        ]
    )


def _panel(ax, found: list[Outlook]) -> None:
    for o in found:
        colour, line, marker = STYLES[o.truth]
        p = [o.p_better(e) for e in o.by_size.values()]
        ax.plot(list(o.by_size), p, color=colour, ls=line, lw=1.8)
        ax.plot([SIZES[-1], AT_ENDLESS], [p[-1], o.p_better(o.endless)], color=colour, ls=":", lw=1.2)
        ax.plot(AT_ENDLESS, o.p_better(o.endless), marker, color=colour, ms=6, clip_on=False)
    for answered in (ANSWERED, 1 - ANSWERED):
        ax.axhline(answered, color=INK, lw=0.8, ls=(0, (1, 2)))
    ax.set_xscale("log")
    ax.set_xlim(SIZES[0], AT_ENDLESS * 1.15)
    ax.set_ylim(0, 1)
    ax.set_xticks([20, 100, 1000, AT_ENDLESS], ["20", "100", "1,000", "∞"])
    ax.minorticks_off()
    ax.set_yticks([0.05, 0.5, 0.95], ["5 %", "50 %", "95 %"])
    key = found[0].key
    ax.set_title(ENDPOINTS[key].shown.short or ENDPOINTS[key].title, fontsize=11, weight="bold", loc="left")


def _alternative(found: list[Outlook]) -> str:
    said = ". ".join(
        f"{ENDPOINTS[o.key].title}, today {percent(o.p_better(o.today))}, if the truth is {o.truth}"
        f" ({number(np.exp(o.log_ratio))}): {percent(o.p_better(o.by_size[150]))} after 150 patients,"
        f" {percent(o.p_better(o.by_size[1000]))} after 1,000, {percent(o.p_better(o.endless))} after an"
        " endless study"
        for o in found
    )
    return (
        f"Expected probability that {TREATMENT} is the better side after one more study, against its size, by"
        f" endpoint. {said}."
    )
