"""Plain sentences generated from a posterior, never stronger than it.

Every sentence speaks of patients who were given the drug, not of what the drug does: the studies cannot tell
the two apart.  A direction is stated from 90 % probability on, without "may" from 97.5 % on.
"""

from extraction.records import Review
from models.evidence.collect import collect

STATED, FIRM, LEANING = 0.9, 0.975, 0.75
"""Probabilities from which a direction is stated with "may", stated without, and called a lean."""

OUTCOMES = {
    "crs_duration_grade3": ("shorter CRS of grade 3 or above", "longer CRS of grade 3 or above"),
    "severe_infection": ("fewer severe infections", "more severe infections"),
    "overall_survival": ("a lower rate of death", "a higher rate of death"),
    "progression_free_survival": (
        "a lower rate of relapse, progression or death",
        "a higher rate of relapse, progression or death",
    ),
    "complete_response": ("more complete responses", "fewer complete responses"),
    "icans": ("less ICANS", "more ICANS"),
    "severe_crs": ("less severe CRS", "more severe CRS"),
}
"""What patients given tocilizumab had, if it is better and if it is worse."""

NOUNS = {
    "severe_infection": "a severe infection",
    "complete_response": "a complete response",
    "icans": "ICANS",
    "severe_crs": "severe CRS",
}
"""The event in natural frequencies."""

SUBJECT = "Patients given tocilizumab"
SUBJECTS = {"severe_crs": "Patients given tocilizumab before severe CRS (pre-emptively)"}
"""Who is compared, where it is not patients treated for CRS."""

NO_STUDY = "No study prints numbers that can be used"
NOT_RATED = "not rated"
CONFOUNDED = "the studies are retrospective and the sicker patients got the drug"
REASONS = {"severe_crs": "the comparison is with a historical control"}
"""The first reason for the certainty, where it is not confounding by indication."""


def details(summary: dict, endpoint, review: Review) -> str:
    """What stands below a headline: size, probability, natural frequencies where given, how much is behind
    it, certainty with its reason.

    summary : as of models.answers.summary.summarise; an optional "absolute" holds without, with, lower and
    upper, each per 1,000 patients, and the source of the baseline risk
    """
    sentences = [f"{sentence_case(size(summary, endpoint))}; {better_side(summary['p_favours_toci'])}."]
    if summary.get("absolute"):
        sentences.append(frequencies(summary["absolute"], endpoint))
    return " ".join([*sentences, basis(summary), certainty(summary, endpoint, review)])


def sentence_case(text: str) -> str:
    """With a capital at its start, and no other letter changed."""
    return text[0].upper() + text[1:]


def in_sentence(text: str) -> str:
    """The same inside a sentence."""
    return text[0].lower() + text[1:]


def better_side(p_favours: float) -> str:
    """The probability of a direction, said of tocilizumab."""
    return f"tocilizumab is the better side with a probability of {percent(p_favours)}"


def short(summary: dict, endpoint, review: Review) -> str:
    """One line: title, size, probability, certainty."""
    return (
        f"{endpoint.title}: {size(summary, endpoint)}; probability that tocilizumab is the better side "
        f"{percent(summary['p_favours_toci'])}; certainty {rating(endpoint.evidence, review)}."
    )


def headline(summary: dict, endpoint) -> str:
    """The direction alone, for a title or a list."""
    if summary["n_studies"] == 0:
        return NO_STUDY
    better, worse = OUTCOMES[endpoint.key]
    return direction(cautious(summary), better, worse, subject(endpoint.key))


def through_bias(adjusted: dict, unadjusted: dict, endpoint) -> str:
    """The answer read through the likely bias, and what becomes of the direction; both as a summary, the
    unadjusted with its `digits`.
    """
    before, after = headline(unadjusted, endpoint), headline(adjusted, endpoint)
    stated = [abs(cautious(summary) - 0.5) >= STATED - 0.5 for summary in (unadjusted, adjusted)]
    then = (
        "that direction is no longer stated"
        if stated == [True, False]
        else (
            "no direction either"
            if not stated[1]
            else "the same direction"
            if before == after
            else in_sentence(after)
        )
    )
    return (
        f"Read through the likely bias of the studies: {interval_through_bias(adjusted, unadjusted)}, {then}."
    )


def interval_through_bias(adjusted: dict, unadjusted: dict) -> str:
    """The same answer's size, with as many decimals as the unadjusted has, and one at least."""
    return interval(adjusted, max(unadjusted["digits"], 1))


def in_days(summary: dict) -> str:
    """A ratio of durations on ten days, which nobody has to multiply."""
    digits = max(summary["digits"] - 1, 0)
    median, lower, upper = (f"{10 * summary[name]:.{digits}f}" for name in ("median", "lower", "upper"))
    return (
        f"Where it lasts 10 days without tocilizumab, that is {median} days with it (95 % interval {lower} to"
        f" {upper}), if the difference were the drug's doing."
    )


def subject(key: str) -> str:
    """Who is spoken of at an endpoint."""
    return SUBJECTS.get(key, SUBJECT)


def cautious(summary: dict) -> float:
    """The probability less two of its Monte Carlo standard errors (towards one half), so that no other seed
    would say more.
    """
    p, draws = summary["p_favours_toci"], summary["draws"]
    error = 2 * (p * (1 - p) / draws) ** 0.5 if draws else 0.0
    return max(p - error, 0.5) if p > 0.5 else min(p + error, 0.5)


def direction(p_favours: float, better: str, worse: str, subject: str = SUBJECT) -> str:
    """What the posterior allows one to say of the direction, given the probability that tocilizumab is the
    better side.
    """
    if p_favours >= FIRM:
        return f"{subject} had {better}"
    if p_favours >= STATED:
        return f"{subject} may have had {better}"
    if p_favours <= 1 - FIRM:
        return f"{subject} had {worse}"
    if p_favours <= 1 - STATED:
        return f"{subject} may have had {worse}"
    if p_favours >= LEANING:
        return "The data lean towards tocilizumab, too weakly to state a direction"
    if p_favours <= 1 - LEANING:
        return "The data lean against tocilizumab, too weakly to state a direction"
    return "The data do not tell which side is better"


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
    the short chains of CRS duration one.
    """
    return 1 if key == "crs_duration_grade3" else 2


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
    """Natural frequencies in 1,000 patients; absolute: without, with, lower and upper, each per 1,000, and
    source.
    """
    return (
        f"Of 1,000 patients of whom {absolute['without']:.0f} have {NOUNS[endpoint.key]} without tocilizumab"
        f" ({absolute['source']}), {absolute['with']:.0f} would have it with tocilizumab (95 % interval"
        f" {absolute['lower']:.0f} to {absolute['upper']:.0f}), if the difference were the drug's doing."
    )


def basis(summary: dict) -> str:
    """How many studies and reports stand behind the number."""
    studies, reports = summary["n_studies"], summary["n_reports"]
    if studies == 0:
        return f"{NO_STUDY}, so this is the prior alone."
    return f"This rests on {count(studies, 'study', 'studies')} and {count(reports, 'printed report')}."


def rating(endpoint: str, review: Review) -> str:
    """The certainty that people gave an endpoint (a key of extraction.vocabulary.ENDPOINTS), if they judged
    the studies that enter it now.
    """
    rated = (
        {str(name): rating for name, rating in review.certainty.endpoints.items()} if review.certainty else {}
    )
    stands = endpoint in rated and set(rated[endpoint].studies) == set(collect(review, endpoint).studies)
    return rated[endpoint].certainty if stands else NOT_RATED


def certainty(summary: dict, endpoint, review: Review) -> str:
    """Certainty and why."""
    rated = rating(endpoint.evidence, review)
    reasons = [REASONS.get(endpoint.key, CONFOUNDED)]
    if summary["n_studies"] == 1:
        reasons.append("one small study is all there is")
    return f"The certainty is {rated}{', and' if rated == NOT_RATED else ':'} {', and '.join(reasons)}."


def count(n: int, one: str, many: str | None = None) -> str:
    """`two studies`, `12 reports`: small numbers in words."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{words[n] if n < len(words) else n} {one if n == 1 else many or one + 's'}"


FAMILIES = {
    "half_normal": "half-normal",
    "log_normal": "log-normal",
    "inverse_gamma": "inverse gamma",
    "normal": "normal",
    "beta": "beta",
}


def prior_words(prior) -> str:
    """`half-normal(0.5)`; an empirical prior by its source's first author: `Turner: infection`."""
    if prior.name.startswith("turner_"):
        return "Turner, " + prior.name.removeprefix("turner_").replace("_", " ")
    if prior.name.startswith("bartos_"):
        return "Bartoš, log HR"
    return f"{FAMILIES[prior.family]}({', '.join(f'{value:g}' for value in prior.parameters)})"
