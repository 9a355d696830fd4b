"""Plain sentences generated from a posterior, never stronger than it or than its certainty.

Every sentence speaks of patients who were treated, not of what the treatment does: the studies cannot tell
the two apart.  At very low certainty no sentence says that something was so; the data lean, or do not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extraction.question import BY_KEY, QUESTION, THE_TREATMENT, TREATMENT
from extraction.records import Review
from extraction.schema import Record
from models.evidence.collect import collect

if TYPE_CHECKING:
    from models.endpoint import Endpoint

LEANING, STATED, MOST = 0.75, 0.9, 0.75
"""Probability from which the data are said to lean, from which without "slightly", and the share of this
review's own choices that have to lean with them.
"""
VERBS = {"high": "had", "moderate": "probably had", "low": "may have had"}
"""How a direction of a probability of STATED is told; at a lower certainty the data lean."""
UNSETTLED = "the data do not tell which side is better"

SUBJECT = f"Patients given {TREATMENT}"
"""Who is compared."""

NO_STUDY = "No study prints numbers that can be used"
NOT_RATED = "not rated"


def details(told: Told, endpoint: Endpoint) -> str:
    """What stands below a headline: both sizes, probabilities, natural frequencies where given, the single
    choices it hangs on, how much is behind it, certainty with its reason.
    """
    summary = told.unadjusted
    sentences = [f"{sizes(told, endpoint)}."]
    if summary.get("absolute"):
        sentences.append(frequencies(summary["absolute"], endpoint))
    sentences += [f"{text}." for text in [hangs_on(told)] if text]
    return " ".join([*sentences, basis(summary), certainty(told)])


def sizes(told: Told, endpoint: Endpoint) -> str:
    """Both ratios with their 95 % intervals, and how probable it is that the treatment is the better side."""
    adjusted, unadjusted = told.adjusted, told.unadjusted
    first = f"adjusted for bias {interval_through_bias(adjusted, unadjusted)}"
    second = f"not adjusted {interval(unadjusted, unadjusted['digits'])}"
    parts = [(first, adjusted), (second, unadjusted)]
    if not told.adjusted_leads:
        parts.reverse()
    said = ", ".join(text for text, _ in parts)
    chances = " and ".join(percent(answer["p_favours_treated"]) for _, answer in parts)
    return (
        f"{sentence_case(endpoint.scale)} {said}; probability that {TREATMENT} is the better side {chances}"
    )


def sentence_case(text: str) -> str:
    """With a capital at its start, and no other letter changed."""
    return text[0].upper() + text[1:]


def in_sentence(text: str) -> str:
    """The same inside a sentence."""
    return text[0].lower() + text[1:]


def short(told: Told, endpoint: Endpoint) -> str:
    """One line: title, sizes, probabilities, certainty."""
    return f"{endpoint.title}: {in_sentence(sizes(told, endpoint))}; certainty {told.certainty}."


@dataclass(frozen=True)
class Told:
    """What the words on an endpoint rest on.

    unadjusted : as of models.answers.absolute.summary_for_words; adjusted : the answer read through the
    bias, its limits, `p_favours_treated` and `draws`; favouring : share of all the review's own choices in
    which the treatment is the better side, favouring_unadjusted : of those without any bias; adjusted_leads :
    whether the bias is judged grave enough for the adjusted answer to be named first
    """

    key: str
    unadjusted: dict
    adjusted: dict
    certainty: str
    favouring: float
    favouring_unadjusted: float
    adjusted_leads: bool
    otherwise: tuple[tuple[str, float], ...] = ()
    """One choice made otherwise, in words, and the probability that the treatment is the better side then."""

    @property
    def agreeing(self) -> float:
        """Share of the choices on the side of the unadjusted answer."""
        return self.favouring if self.unadjusted["p_favours_treated"] >= 0.5 else 1 - self.favouring

    @property
    def directions(self) -> tuple[str, str]:
        """What the adjusted and the unadjusted answer allow one to say."""
        adjusted, unadjusted = cautious(self.adjusted), cautious(self.unadjusted)
        return (
            direction(adjusted, self.key, self.certainty, self.favouring),
            direction(unadjusted, self.key, self.certainty, self.favouring_unadjusted),
        )


def headline(told: Told) -> str:
    """Both answers in one sentence, for a title or a list: the certainty, then the direction."""
    if told.unadjusted["n_studies"] == 0:
        return NO_STUDY
    adjusted, unadjusted = told.directions
    if adjusted == unadjusted:
        said = f"adjusted for bias or not, {adjusted}"
    elif told.adjusted_leads:
        said = f"adjusted for bias {adjusted}; not adjusted, {_again(unadjusted)}"
    else:
        said = f"not adjusted for bias {unadjusted}; adjusted, {_again(adjusted)}"
    if told.certainty == NOT_RATED:
        return f"Certainty not rated; {said}"
    return sentence_case(said if told.certainty in VERBS else f"very uncertain; {said}")


def _again(said: str) -> str:
    return said.replace("the data", "they")


def survives(told: Told) -> str:
    """How many of the review's own choices share the direction of the answer that is not adjusted."""
    what = "The better side is the same" if told.directions[1] == UNSETTLED else "This direction survives"
    return f"{what} in {100 * told.agreeing:.0f} of 100 of our own choices"


MOVED, MENTIONED = 0.05, 2
"""By how much a choice has to move a probability to be mentioned, and how many are, the farthest first."""


def hangs_on(told: Told) -> str:
    """Which single choices the unadjusted probability hangs on most; empty where none moves it."""
    now = told.unadjusted["p_favours_treated"]
    far = sorted(told.otherwise, key=lambda one: -abs(one[1] - now))[:MENTIONED]
    said = [f"{percent(p)} ({choice})" for choice, p in far if abs(p - now) >= MOVED]
    if not said:
        return ""
    return f"Of single choices made otherwise, the {percent(now)} not adjusted would be {' or '.join(said)}"


def interval_through_bias(adjusted: dict, unadjusted: dict) -> str:
    """The same answer's size, with as many decimals as the unadjusted has, and one at least."""
    return interval(adjusted, max(unadjusted["digits"], 1))


def on_ten(unit: str, told: Told) -> str:
    """A ratio of durations on ten of a unit, which nobody has to multiply."""
    digits = max(told.unadjusted["digits"] - 1, 0)
    adjusted, unadjusted = (
        f"{10 * limits['median']:.{digits}f} {unit} ({10 * limits['lower']:.{digits}f} to"
        f" {10 * limits['upper']:.{digits}f})"
        for limits in (told.adjusted, told.unadjusted)
    )
    return (
        f"Where it lasts 10 {unit} without {TREATMENT}, that is {adjusted} with it adjusted for bias,"
        f" {unadjusted} not adjusted, if the difference were {THE_TREATMENT}'s doing."
    )


def cautious(summary: dict) -> float:
    """The probability less two of its Monte Carlo standard errors (towards one half), so that no other seed
    would say more.
    """
    p, draws = summary["p_favours_treated"], summary["draws"]
    error = 2 * (p * (1 - p) / draws) ** 0.5 if draws else 0.0
    return max(p - error, 0.5) if p > 0.5 else min(p + error, 0.5)


def direction(p_favours: float, key: str, certainty: str, favouring: float) -> str:
    """What may be said of a direction: by its probability, its certainty and the share of the review's own
    choices that favour the treatment, all of which have to bear it.
    """
    shown = BY_KEY[key].shown
    p, outcome, agree = (
        (p_favours, shown.better, favouring)
        if p_favours >= 0.5
        else (1 - p_favours, shown.worse, 1 - favouring)
    )
    if p < LEANING or agree < MOST:
        return UNSETTLED
    if certainty in VERBS and p >= STATED:
        return f"{in_sentence(SUBJECT)} {VERBS[certainty]} {outcome}"
    return f"the data lean {'' if p >= STATED else 'slightly '}to {outcome} with {TREATMENT}"


def size(summary: dict, endpoint) -> str:
    """Ratio with its 95 % interval."""
    return f"{endpoint.scale} {interval(summary, summary.get('digits', 2))}"


def interval(limits: dict, digits: int | None = 2) -> str:
    """`0.71 (95 % interval 0.48 to 1.04)`."""
    return f"{number(limits['median'], digits)} (95 % interval {ends(limits, digits)})"


def compact(limits: dict, digits: int | None = 2) -> str:
    """`0.71 (0.48 to 1.04)`."""
    return f"{number(limits['median'], digits)} ({ends(limits, digits)})"


def ends(limits: dict, digits: int | None = 2) -> str:
    """`0.48 to 1.04`.

    A limit that rounding would put at no difference shows its side, where it is sure: more than two of its
    Monte Carlo errors, `mcse`, away.
    """
    return f"{_limit(limits, 'lower', digits)} to {_limit(limits, 'upper', digits)}"


def digits_beside(key: str) -> int:
    """Decimals of an endpoint's ratio under other choices than the published ones: quadrature supports two,
    the short chains of durations one.
    """
    return 1 if BY_KEY[key].kind == "durations" else 2


def answer(key: str, found: dict) -> str:
    """`0.7 (0.5 to 1.1), better side 91 %`, of an endpoint under other choices: its limits, and
    `p_favours`.
    """
    return f"{compact(found, digits_beside(key))}, better side {percent(found['p_favours'])}"


def _limit(limits: dict, name: str, digits: int | None) -> str:
    value, is_sure = limits[name], "mcse" in limits and abs(limits[name] - 1) > 2 * limits["mcse"][name]
    tried = [number(value, digits), number(value, 1), number(value)] if is_sure else [number(value, digits)]
    return next((text for text in tried if float(text.replace(",", "")) != 1), tried[0])


def number(value: float, digits: int | None = 2) -> str:
    """A ratio with at most two decimals, and fewer where it is large: nobody reads 31.47 as more than 31."""
    digits = min(2 if digits is None else digits, 2 if value < 10 else 1 if value < 100 else 0)
    return f"{value:,.{digits}f}"


def percent(probability: float) -> str:
    """A probability in per cent, never 0 or 100."""
    if probability > 0.99:
        return "more than 99 %"
    return "less than 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


def listed(items: list[str]) -> str:
    """One or more items as prose: `a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def listed_in_sentence(titles: list[str]) -> str:
    """The same of titles inside a sentence: capitals stay where they are those of an abbreviation."""
    return listed([title[0].lower() + title[1:] if title[1:2].islower() else title for title in titles])


def frequencies(absolute: dict, endpoint) -> str:
    """Natural frequencies in 1,000 patients; absolute: those without, the limits with the treatment
    `adjusted` and `unadjusted`, each per 1,000, and source.
    """
    adjusted, unadjusted = (
        f"{limits['median']:.0f} ({limits['lower']:.0f} to {limits['upper']:.0f})"
        for limits in (absolute["adjusted"], absolute["unadjusted"])
    )
    return (
        f"Of 1,000 patients of whom {absolute['without']:.0f} have {endpoint.shown.event}"
        f" {endpoint.contrast.without} ({absolute['source']}), adjusted for bias {adjusted} would have it"
        f" {endpoint.contrast.with_it}, not adjusted {unadjusted}, if the difference were"
        f" {THE_TREATMENT}'s doing."
    )


def basis(summary: dict) -> str:
    """How many studies and reports stand behind the number."""
    studies, reports = summary["n_studies"], summary["n_reports"]
    if studies == 0:
        return f"{NO_STUDY}, so this is the prior alone."
    return f"This rests on {count(studies, 'study', 'studies')} and {count(reports, 'printed report')}."


def rating(endpoint: str, review: Review) -> str:
    """The certainty that people gave an endpoint (a key of extraction.question.ENDPOINTS), if they judged
    the studies that enter it now.
    """
    rated = (
        {str(name): rating for name, rating in review.certainty.endpoints.items()} if review.certainty else {}
    )
    stands = endpoint in rated and set(rated[endpoint].studies) == set(collect(review, endpoint).studies)
    return rated[endpoint].certainty if stands else NOT_RATED


def certainty(told: Told) -> str:
    """Certainty and why."""
    rated = told.certainty
    reasons = [BY_KEY[told.key].shown.uncertain_since or QUESTION.uncertain_since]
    if told.unadjusted["n_studies"] == 1:
        reasons.append("one small study is all there is")
    return f"The certainty is {rated}{', and' if rated == NOT_RATED else ':'} {', and '.join(reasons)}."


def count(n: int, one: str, many: str | None = None) -> str:
    """`two studies`, `12 reports`: small numbers in words."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{words[n] if n < len(words) else n} {one if n == 1 else many or one + 's'}"


FAMILIES = {
    "half_normal": "half-normal",
    "half_t": "half-t",
    "half_cauchy": "half-Cauchy",
    "uniform": "uniform",
    "exponential": "exponential",
    "log_normal": "log-normal",
    "log_t": "log-t",
    "inverse_gamma": "inverse gamma",
    "normal": "normal",
    "t": "t",
    "flat": "flat",
    "beta": "beta",
}


def prior_words(prior) -> str:
    """`half-normal(0.5)`; an empirical prior by its source's first author: `Turner: infection`."""
    if prior.name.startswith("turner_"):
        return "Turner, " + prior.name.removeprefix("turner_").replace("_", " ")
    if prior.name.startswith("bartos_"):
        return "Bartoš, log HR"
    return f"{FAMILIES[prior.family]}({', '.join(f'{value:g}' for value in prior.parameters)})"


def part_words(study: str, stratum: str, review: Review) -> str:
    """A study and, of a part of its patients, which: `Zhang 2022, grade 1`."""
    label = review.studies[study].label
    return label if stratum == "all" else f"{label}, {stratum_words(review.records[study], stratum)}"


def stratum_words(record: Record, stratum: str) -> str:
    """A stratum in words: `grade 3-5`, `CRP high`."""
    known, acronyms = record.strata[stratum], QUESTION.shown.acronyms
    words = " ".join(acronyms.get(word, word) for word in stratum.split("_"))
    words = f"with {words}" if known.patients_with else words
    grades = known.grades
    return f"grade {grades[0]}–{grades[-1]}" if grades and len(grades) > 1 else words
