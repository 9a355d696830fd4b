"""The summary of findings on its page: two sentences, the table with its footnotes, the thresholds, and the
picture of what matters.
"""

import pandas as pd
from matplotlib.patches import Patch

from book.html.markers import bias_key, mean_key
from book.html.style import BLUE, INK, LIGHT, ON_BRIGHT, ORANGE, SMALL, Picture, Table, canvas
from book.shown.endpoint.tables import whole
from extraction.question import CONTRASTS, QUESTION, TREATMENT
from extraction.records import Review
from extraction.vocabulary import LIMITATIONS
from models.endpoints import ENDPOINTS
from models.trust.findings import Effect, Finding, at_first_baseline, has_room
from models.words import NOT_RATED, STATED, compact, listed_in_sentence, percent, rating, sentence_case

SIDES = {"benefit": ("important benefit", BLUE), "harm": ("important harm", ORANGE)}
ANSWERS = {"unadjusted": "not adjusted", "adjusted": "adjusted for bias"}
NARROWEST_LABEL = 0.13
"""Share of the bar from which a per cent stands inside."""
LEFT = -0.42
"""Where the headings start, on the axis of probability: above the words beside the bars."""


def headline(found: list[Finding], review: Review) -> str:
    """How certain the answers are, and which differences matter with a high probability, in two sentences."""
    return (
        f"{certainties(review)}. Not adjusted for bias, {_reached(found, 'unadjusted')}; "
        f"adjusted for the bias as judged, {_reached(found, 'adjusted')}."
    )


def certainties(review: Review) -> str:
    """The ratings of all endpoints, as a sentence without its stop."""
    titles: dict[str, list[str]] = {}
    for endpoint in ENDPOINTS.values():
        titles.setdefault(rating(endpoint.evidence, review), []).append(endpoint.title)
    every = f"each of the {len(ENDPOINTS)} endpoints" if len(ENDPOINTS) > 1 else "the one endpoint"
    ratings = [
        f"{rated} for {every if len(titles) == 1 else listed_in_sentence(of)}" for rated, of in titles.items()
    ]
    return f"The certainty is {' and '.join(ratings)}"


def _reached(found: list[Finding], answer: str) -> str:
    """The endpoints whose important benefit or harm has a probability from which a direction is stated, at
    any of their baseline risks.
    """
    titles = {
        side: list(dict.fromkeys(f.title for f in found if getattr(getattr(f, answer), side) >= STATED))
        for side in SIDES
    }
    said = [f"an {SIDES[side][0]} for {listed_in_sentence(of)}" for side, of in titles.items() if of]
    asked = len({f.key for f in found})
    where = f", at any of the {asked} endpoints" if asked > 1 and not said else ""
    return (
        f"{' and '.join(said) or 'no important benefit or harm'} has a probability of {percent(STATED)} or"
        f" more{where}"
    )


def _compared() -> str:
    """What the table compares, at the beginning of a sentence."""
    others = len({endpoint.contrast.meaning for endpoint in ENDPOINTS.values()}) > 1
    said = f"{TREATMENT} against {CONTRASTS[QUESTION.contrast].comparator}"
    return f"{sentence_case(said)}{', but where a title says otherwise' if others else ''}"


HOW = (
    "Medians, intervals and probabilities from the stored draws, not adjusted and read through the likely "
    "bias, at each baseline risk."
)


def findings(found: list[Finding], review: Review) -> Table:
    """The table: one row for each endpoint and baseline risk; numbers in brackets after the certainty are
    those of `footnotes`.
    """
    notes = {
        key: [str(i) for i, note in enumerate(_notes(review), 1) if key in note["keys"]] for key in ENDPOINTS
    }
    return Table(
        pd.DataFrame([_row(f, _rated(f.key, notes[f.key], review)) for f in found]),
        f"{_compared()}: median, 95 % interval, and probability of a difference that matters",
        how=HOW,
        numbers=numbers(found),
        sources={
            f"{words}, with 95 % interval": [(of(f.key),) for f in found]
            for words, of in zip(ANSWERS.values(), (mean_key, bias_key), strict=True)
        },
    )


def _row(f: Finding, certainty: str) -> dict[str, str]:
    """A row of the table."""
    effects = {
        f"{words}, with 95 % interval": _effect(f, getattr(f, answer)) for answer, words in ANSWERS.items()
    }
    shares = {
        f"{words}: not adjusted; adjusted": f"{_share(f, side, 'unadjusted')}; {_share(f, side, 'adjusted')}"
        for side, (words, _) in SIDES.items()
    }
    return {
        "endpoint": f.title,
        "studies: events/patients behind it": f"{f.studies}: {f.informing}" if f.studies else "none",
        **effects,
        "other arm, per 1,000": _without(f),
        **shares,
        "certainty": certainty,
    }


def _without(f: Finding) -> str:
    """The other arm's risk, or its mean."""
    if f.units:
        return f"mean {f.units.mean:.{f.units.digits}f} {f.units.unit} ({f.units.source})"
    if (baseline := f.baseline) is None:
        return "no baseline risk"
    return f"{1000 * baseline.risk:.0f} ({baseline.source}, {baseline.events}/{baseline.n})"


def _effect(f: Finding, effect: Effect) -> str:
    """The ratio and, where the other arm's risk or mean is known, the difference in patients or its unit."""
    difference = f"; {whole(effect.difference, signed=True)} per 1,000" if effect.difference else ""
    if f.units:
        difference = f"; {f.units.in_words(f.units.difference(effect.ratio), signed=True)} {f.units.unit}"
    return f"{ENDPOINTS[f.key].scale} {compact(effect.ratio, effect.digits)}{difference}"


def _share(finding: Finding, side: str, answer: str) -> str:
    """A probability in words; where the baseline risk leaves no room for the difference, that."""
    value = getattr(getattr(finding, answer), side)
    return percent(value) if has_room(finding, side) else "not possible"


def _rated(key: str, numbers: list[str], review: Review) -> str:
    rated = rating(ENDPOINTS[key].evidence, review)
    return rated if rated == NOT_RATED else f"{rated} ({', '.join(numbers)})" if numbers else rated


def _notes(review: Review, lowered: bool = True) -> list[dict]:
    """Each limitation with its reason and the endpoints it holds for, one reason once: those that lower the
    certainty, or those that do not.
    """
    ratings = review.certainty.endpoints if review.certainty else {}
    rated = {str(name): made for name, made in ratings.items()}
    notes: dict[tuple, dict] = {}
    for key, endpoint in ENDPOINTS.items():
        if rating(endpoint.evidence, review) != NOT_RATED:
            for name, row in rated[endpoint.evidence].lowerings.items():
                if (row.levels > 0) == lowered:
                    notes.setdefault(
                        (name, row.levels, row.reason),
                        {"name": name, "levels": row.levels, "reason": row.reason, "keys": []},
                    )["keys"].append(key)
    return list(notes.values())


def footnotes(review: Review) -> Table:
    """Why the certainty of each endpoint is lowered, numbered as in the table."""
    return Table(
        pd.DataFrame(
            [
                {"number": i, **_note(note), "levels down": note["levels"], "why": note["reason"]}
                for i, note in enumerate(_notes(review), 1)
            ]
        ),
        "What lowers the certainty; numbers as in the table",
        how="Judged by the reviewers and kept with their reasons; nothing is computed.",
    )


def not_lowered(review: Review) -> Table:
    """What was looked at and did not lower the certainty."""
    return Table(
        pd.DataFrame([_note(note) | {"why not": note["reason"]} for note in _notes(review, lowered=False)]),
        "What was looked at and did not lower it",
        how="Judged by the reviewers and kept with their reasons; nothing is computed.",
        folded="What did not lower it, and why",
    )


def _note(note: dict) -> dict:
    return {
        "endpoint": "; ".join(ENDPOINTS[key].title for key in note["keys"]),
        "limitation": LIMITATIONS[note["name"]],
    }


def thresholds(found: list[Finding]) -> Table:
    """From where on a difference counts as important, endpoint by endpoint, and why."""
    return Table(
        pd.DataFrame(
            [
                {
                    "endpoint": f.title,
                    "important from": important(f),
                    "why": ENDPOINTS[f.key].important.reason,
                }
                for f in at_first_baseline(found)
            ]
        ),
        "From where on a difference is called important",
        how="A judgement of this review, each with its reason; not estimated.",
    )


def important(finding: Finding) -> str:
    """The threshold that a finding is held to."""
    threshold = ENDPOINTS[finding.key].important
    if finding.baseline and threshold.per_1000:
        return f"{threshold.per_1000:.0f} per 1,000 more or fewer"
    return f"{ENDPOINTS[finding.key].scale} {threshold.ratio:g} or less, {1 / threshold.ratio:g} or more"


def picture(found: list[Finding]):
    """How probable an important benefit and an important harm are, not adjusted and adjusted for bias."""
    shown = at_first_baseline(found)
    figure, ax = canvas(1.22 * len(shown) + 1.1)
    for i, finding in enumerate(shown):
        title = finding.title.partition(",")[0]
        heads = (
            ax.text(LEFT, -i + 0.23, title, va="bottom", fontsize=12, weight="bold"),
            ax.text(LEFT, -i + 0.19, _under(finding), va="top", fontsize=SMALL, color="#444444"),
        )
        for head in heads:
            head.set_in_layout(False)  # above the bars there is room
        for y, (answer, words) in zip((-i - 0.13, -i - 0.38), ANSWERS.items(), strict=True):
            ax.text(-0.02, y, words, ha="right", va="center", fontsize=SMALL)
            _bar(ax, y, getattr(finding, answer))
    ax.set_xlim(0, 1)
    ax.set_ylim(-len(shown) + 0.45, 0.45)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    ax.set_xlabel("Probability")
    handles = [
        Patch(color=BLUE, label="important benefit"),
        Patch(color=LIGHT, label="in between"),
        Patch(color=ORANGE, label="important harm"),
    ]
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=3,
        handlelength=1,
        columnspacing=1,
        handletextpad=0.4,
    )
    return Picture(
        figure,
        "Probability of an important benefit and of an important harm. " + " ".join(map(_said, shown)),
        numbers(shown),
        how=HOW,
    )


def numbers(found: list[Finding]) -> pd.DataFrame:
    """Every finding with full precision: a row for the answer not adjusted and one for the adjusted; a cell
    is empty where nothing is computed.
    """
    return pd.DataFrame(
        [
            {
                "endpoint": f.key,
                "baseline": f.baseline and f.baseline.source,
                "events": f.baseline and f.baseline.events,
                "n": f.baseline and f.baseline.n,
                "studies": f.studies,
                "patients": f.patients,
                "answer": words,
                "important_from": important(f),
                "scale": ENDPOINTS[f.key].scale,
                **effect.ratio,
                **{
                    f"difference_per_1000_{name}": (effect.difference or {}).get(name)
                    for name in ("median", "lower", "upper")
                },
                "p_important_benefit": effect.benefit,
                "p_important_harm": effect.harm,
            }
            for f in found
            for answer, words in ANSWERS.items()
            for effect in [getattr(f, answer)]
        ]
    )


def _under(finding: Finding) -> str:
    """The threshold, and the baseline risk it is counted from."""
    if not finding.baseline:
        return important(finding)
    without = ENDPOINTS[finding.key].contrast.without
    return f"{important(finding)}, at {1000 * finding.baseline.risk:.0f} {without}"


def _bar(ax, y: float, effect: Effect) -> None:
    """Benefit from the left, harm to the right end, the rest between."""
    between, left = 1 - effect.benefit - effect.harm, 0.0
    for share, colour, ink in (
        (effect.benefit, BLUE, "white"),
        (between, LIGHT, INK),
        (effect.harm, ORANGE, ON_BRIGHT),
    ):
        ax.barh(y, share, left=left, height=0.21, color=colour)
        if share >= NARROWEST_LABEL:
            ax.text(left + share / 2, y, percent(share), ha="center", va="center", fontsize=SMALL, color=ink)
        left += share


def _said(finding: Finding) -> str:
    parts = [
        f"{words}: benefit {_share(finding, 'benefit', answer)}, harm {_share(finding, 'harm', answer)}"
        for answer, words in ANSWERS.items()
    ]
    return f"{finding.title} ({_under(finding)}): {'; '.join(parts)}."
