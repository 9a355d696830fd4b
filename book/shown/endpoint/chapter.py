"""The parts of an endpoint's page: each function shows one, for the endpoint named."""

from collections.abc import Iterable
from dataclasses import replace

from IPython.display import HTML, display
from markupsafe import Markup

from book.html.linked import linked_table, text_table
from book.html.markers import behind, bias_key, entry_key, figure_name, mean_key, with_sources
from book.html.show import show
from book.html.style import Table
from book.html.template import filled
from book.shown.endpoint import (
    confounding,
    curves,
    directions,
    figures,
    forecasts,
    one_left_out,
    recovery,
    tables,
    without_priors,
)
from book.shown.endpoint import starts as survival_starts
from book.shown.endpoint import with_condition as condition
from extraction.records import Review
from models import words
from models.answers.summary import summarise
from models.endpoints import ENDPOINTS, evidence_of
from models.trust import predictive
from models.trust.told import told

LEAD = Markup('<p class="review-lead">{}</p>')
"""What a page found, in large type below its title."""


def say(text: str) -> None:
    """A generated paragraph."""
    display(HTML(Markup("<p>{}</p>").format(text)))


def fold(summary: str, sentences: Iterable[str]) -> None:
    """Generated paragraphs that open on request; nothing where there is none."""
    if inside := Markup().join(Markup("<p>{}</p>").format(sentence) for sentence in sentences):
        display(HTML(filled("folded.html", summary=summary, inside=inside)))


def lead(text: str) -> None:
    """What a page found, in large type below its title."""
    display(HTML(LEAD.format(text)))


def finding(key: str, review: Review) -> None:
    """What the posterior allows one to say: the direction in large type, and under it how large, how probable
    and how certain.

    The ratio opens what it is computed from.
    """
    found = told(key, review)
    said = with_sources(words.details(found, ENDPOINTS[key]), sources_of(found))
    display(HTML(LEAD.format(f"{words.headline(found)}.") + Markup(" <p>{}</p>").format(said)))


def sources_of(found: words.Told) -> dict[str, list[str]]:
    """What each of the two intervals opens."""
    unadjusted = found.unadjusted
    return {
        words.interval_through_bias(found.adjusted, unadjusted): [bias_key(found.key)],
        words.interval(unadjusted, unadjusted["digits"]): [mean_key(found.key)],
    }


def forest(key: str, review: Review) -> None:
    """Posterior of each study beside its printed result.

    Then the same as a table, whose cells open their sources.
    """
    picture, summary = figures.forest(key, review), summarise(key, review)
    show(
        picture,
        figure_name("forest", key),
        f"{words.sentence_case(words.size(summary, ENDPOINTS[key]))}, not adjusted for bias.",
    )
    frame = tables.forest(picture.numbers, summary)
    papers = _papers(frame["study"], review)
    printed = [behind(key, paper[0], review) if paper else () for paper in papers]
    computed: list[tuple[str, ...]] = [
        () if row.no_result_because else (bias_key(key) if row.kind == "adjusted" else mean_key(key),)
        for row in picture.numbers.itertuples()
    ]
    sources: dict[str, list[tuple[str, ...]]] = {
        "study": [() if entries else paper for entries, paper in zip(printed, papers, strict=True)],
        "as printed": printed,
        frame.columns[2]: computed,
    }
    caption, folded = f"{ENDPOINTS[key].title}: the forest plot as a table", "The forest plot as a table"
    text_table(Table(frame, caption, picture.how, key, picture.numbers, sources, folded))


def _papers(labels, review: Review) -> list[tuple[str, ...]]:
    """Key of the paper of each label; none where it is no study's."""
    keys = {study.label: study.id for study in review.register.studies}
    return [(keys[label],) if label in keys else () for label in labels]


def printed(key: str, review: Review) -> None:
    """Every printed number with its address, linked to its record; then how the papers define what they
    measured.
    """
    title, folded = ENDPOINTS[key].title, "What each paper printed, and where"
    linked_table(tables.as_printed(key, review), f"{title}: what each paper printed", folded)
    if not (defined := tables.definitions(key, review)).empty:
        sources = {"study": _papers(defined["study"], review)}
        text_table(
            Table(defined, f"{title}: definitions", sources=sources, folded="How each paper defines it")
        )


def recovered(key: str, review: Review) -> None:
    """The mean effect without and with recovered data; then what could have been printed so."""
    if recovery.readings_differ(key, review):
        text_table(recovery.added(key, review))
    else:
        say("No other reading of the papers changes what enters here.")
    sentences = (recovery.taken_at_their_word, recovery.parts_weighted, recovery.histories)
    fold("How it was recovered", (sentence for found in sentences for sentence in found(key, review)))
    if picture := recovery.candidates(key, review):
        show(picture, figure_name("candidates", key))


def sides_open(key: str, review: Review) -> None:
    """How far the answer moves with the directions that no paper prints, in one sentence."""
    say(directions.bounds(key, review))


def directions_unprinted(key: str, review: Review) -> None:
    """The answer under each side on which the p-values without a direction may have been."""
    _, *others = directions.sentences(key, review)
    for sentence in others:
        say(sentence)
    if picture := directions.picture(key, review):
        show(picture, figure_name("directions", key))
    if combined := directions.table(key, review):
        text_table(combined)


def starts(key: str, review: Review) -> None:
    """From when survival runs in each study, and the answer for each start alone."""
    say(" ".join(survival_starts.sentences(key, review)))


def with_condition(key: str, review: Review) -> None:
    """How much of the difference could come from patients who never had the condition."""
    say(" ".join(condition.sentences(key, review)))
    if picture := condition.picture(key, review):
        show(picture, figure_name("with-condition", key))


def confounding_bounds(key: str, review: Review, drawn: bool = True) -> None:
    """The odds ratios that confounding of each strength leaves possible, in a sentence and, if `drawn`, as a
    picture.
    """
    said = confounding.sentence(key, review)
    if drawn and (picture := confounding.picture(key, review)):
        show(picture, figure_name("confounding", key), said)
    else:
        say(said)


def digitised_curves(key: str, review: Review) -> None:
    """Each digitised curve over the one reconstructed from it, and beside what its paper prints."""
    field = ENDPOINTS[key].evidence
    found = curves.digitised(review, field)
    if not found:
        return
    for study, entry in found:
        if picture := curves.picture(review, study, entry):
            show(picture, curves.anchor(study, entry))
    caption, folded = f"{ENDPOINTS[key].title}: curves beside what is printed", "Beside what is printed"
    linked_table(curves.beside_print(review, field), caption, folded)


def conventional(key: str, review: Review) -> None:
    """Results without priors."""
    shown, studies = without_priors.results(key, review), evidence_of(key, review).studies
    printed = [behind(key, study, review) for study in studies]
    together = tuple(entry for entries in printed for entry in entries)
    pooled = len(shown.frame) - len(studies)
    sources = {"as printed": [*printed, *[()] * pooled], "recomputed": [*printed, *[together] * pooled]}
    text_table(replace(shown, sources=sources, folded="Results without priors"))


def priors(key: str, review: Review) -> None:
    """The priors with their sources, and what they foresee of the reports used."""
    text_table(tables.priors(key))
    if not (foreseen := tables.foreseen(key, review)).frame.empty:
        text_table(foreseen)


def absolute(key: str, review: Review) -> None:
    """Patients per 1,000 at each baseline risk; says so where none exists."""
    frame = tables.absolute(key, review)
    if frame.empty:
        say("No absolute effect is given: there is no baseline risk to start from.")
        return
    sources = dict.fromkeys(
        (f"{ENDPOINTS[key].contrast.with_it}, per 1,000", "difference", "difference in a next study"),
        [(mean_key(key),)] * len(frame),
    )
    text_table(
        Table(
            frame,
            f"{ENDPOINTS[key].title}: patients per 1,000, not adjusted for bias, median and 95 % interval",
            "The mean effect, and that in a next study, applied to each baseline risk.",
            key,
            forecasts.absolute_numbers(key, review),
            sources,
        )
    )


def in_its_unit(key: str, review: Review) -> None:
    """The mean in its unit without and with the treatment; says so where no means enter."""
    if shown := tables.in_its_unit(key, review):
        computed = {name: [(mean_key(key),)] for name in shown.frame.columns[1:]}
        text_table(replace(shown, sources=computed))
    else:
        say("No difference in its unit is given: no study prints the mean of its other arm.")


def left_out(key: str, review: Review) -> None:
    """Reports left out beside their predictions; says so where none can be predicted."""
    checks = predictive.checks(key, review)
    if not checks:
        say("No report left out can be predicted from this posterior, so this check is empty here.")
        return
    printed = [
        tuple(entry_key(check.report.study, entry) for entry in check.report.entries) for check in checks
    ]
    shown, numbers = tables.predictive_checks(key, checks, review), forecasts.check_numbers(key, checks)
    folded = "Reports left out, beside their predictions"
    text_table(replace(shown, sources={"printed": printed}, numbers=numbers, folded=folded))


def each_left_out(key: str, review: Review, drawn: bool = True) -> None:
    """On which report the answer hangs most and, if `drawn`, the answer without each in turn."""
    say(one_left_out.hinges(key, review))
    if drawn and (picture := one_left_out.picture(key, review)):
        show(picture, figure_name("one-left-out", key))


def tau(key: str, review: Review) -> None:
    """Mean effect under each prior of the between-study SD."""
    say(figures.over_each_tau(key, review))
    text_table(replace(tables.tau_sensitivity(key, review), folded="Under each prior of τ"))


def evidence(key: str, review: Review) -> None:
    """Reports used, then those left out with their reasons."""
    title = ENDPOINTS[key].title
    linked_table(tables.used(key, review), f"{title}: reports used", "Reports used")
    not_used = f"{title}: reports not used, and why"
    linked_table(tables.not_used(key, review), not_used, "Reports not used, and why")
