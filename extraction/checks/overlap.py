"""Which papers may describe the same patients?  Pairs of the register are scored, and a high score must be
answered there.

The score counts powers of ten: by how much likelier what two papers share is where they share patients than
where they do not. The weights are judgements, each with its reason in WEIGHTS; the authors' is a probability
of chance.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from extraction.checks.authors import Name, chance_of, names_of, shared_authors
from extraction.limits import MOST_PROBLEMS
from extraction.question import QUESTION, Detail
from extraction.records import Problem, Review
from extraction.schema import Record, Registration
from extraction.search.work import registration

THRESHOLD = 3.0
"""A thousand to one: of a hundred papers, which make five thousand pairs, about five unrelated pairs would
reach it by chance.
"""

WEIGHTS = {
    "trial registration": (3.0, "A trial's number stands for one set of patients."),
    "centre": (
        3.0,
        (
            "A hospital that gives one treatment to people with one disease has few of them, and reports them"
            " again and again."
        ),
    ),
    "authors": (
        3.0,
        (
            "At most this much: the tenfold logarithm of one over the chance that as many names agree between"
            " unrelated papers, given how many names each prints; common surnames with an initial agree"
            " often."
        ),
    ),
    "number of patients": (
        1.0,
        "Sizes run from about ten to two hundred: two unrelated papers seldom print the same.",
    ),
    "detail": (0.25, "Most designs share such details, so agreement tells little."),
    "dates": (0.25, "Most papers of the field overlap in time, so agreement tells little."),
    "other detail": (
        -0.5,
        "Another detail of its design makes other patients likelier; a hospital may use both.",
    ),
    "dates apart": (
        -6.0,
        (
            "Nobody treated after one paper's last patient is in it: whatever else agrees, the patients are"
            " others."
        ),
    ),
}
"""Points of each feature, and why."""

COMMON_WORDS = {"the", "of", "and", "at", "in", "for", "a"}
ORDINALS = set(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
)
SAME_CENTRE = 0.7
"""Words that two names of one hospital share, of all their words: a city or `university` may be missing, an
ordinal may not.
"""


@dataclass(frozen=True)
class Pair:
    """Two papers, what they share with its points, and what the register says of them."""

    first: Registration
    second: Registration
    features: tuple[tuple[str, str, float], ...]

    @property
    def score(self) -> float:
        return sum(points for _, _, points in self.features)

    @property
    def evidence(self) -> str:
        """What is shared, each with its points."""
        return "; ".join(f"{words} ({points:+.2g})" for _, words, points in self.features)

    @property
    def stated(self) -> str:
        """The overlap group the register puts both in, why it holds them distinct, or nothing."""
        if self.first.cohort == self.second.cohort:
            return f"shared: {self.first.cohort}"
        return next(
            (
                f"distinct: {d.reason}"
                for one, other in ((self.first, self.second), (self.second, self.first))
                for d in one.distinct_from
                if d.study == other.id
            ),
            "",
        )


def pairs(review: Review) -> list[Pair]:
    """Pairs that reach the threshold or of which the register says something, the highest score first."""
    papers = [_Paper.of(study, review.records.get(study.id)) for study in review.register.studies]
    found = (
        Pair(one.study, other.study, tuple(_features(one, other))) for one, other in combinations(papers, 2)
    )
    return sorted(
        (pair for pair in found if pair.score >= THRESHOLD or pair.stated), key=lambda pair: -pair.score
    )


def problems(review: Review) -> Iterator[Problem]:
    """Pairs that may share patients and of which the register says nothing; and statements of distinctness
    that are none.
    """
    rows, place = review.sources["register"], {study.id: i for i, study in enumerate(review.register.studies)}
    unsaid = [pair for pair in pairs(review) if not pair.stated]
    if len(unsaid) > MOST_PROBLEMS:
        yield rows.problem(("studies",), f"{len(unsaid)} pairs", f"the first {MOST_PROBLEMS} are told")
    for pair in unsaid[:MOST_PROBLEMS]:
        yield rows.problem(
            ("studies", place[pair.second.id], "cohort"),
            pair.second.cohort,
            f"may share patients with {pair.first.id}: {pair.evidence}; score {pair.score:.1f}, from"
            f" {THRESHOLD:g} on both carry one cohort, or one says under distinct_from why no patient is"
            " in both",
        )
    for i, study in enumerate(review.register.studies):
        for k, other in enumerate(study.distinct_from):
            at = ("studies", i, "distinct_from", k, "study")
            if other.study not in place or other.study == study.id:
                yield rows.problem(at, other.study, "is not another study of the register")
            elif review.studies[other.study].cohort == study.cohort:
                yield rows.problem(
                    at, other.study, f"is in the same overlap group, {study.cohort}, so it is not distinct"
                )


@dataclass(frozen=True)
class _Paper:
    """What is compared of a paper."""

    study: Registration
    authors: dict[str, Name]
    registrations: frozenset[str]
    centres: tuple[tuple[str, frozenset[str]], ...]
    details: dict[str, frozenset[str]]
    dates: tuple[str, str] | None

    @classmethod
    def of(cls, study: Registration, record: Record | None) -> "_Paper":
        design = record and record.design
        centres = [*study.centres, *(design.centres if design else ())]
        first, last = (design.first_patient or "", design.last_patient or "") if design else ("", "")
        known = all(re.match(r"\d{4}-\d{2}", end) for end in (first, last))
        return cls(
            study,
            names_of(study.authors),
            frozenset(map(registration, study.registrations)),
            tuple((name, _words(name)) for name in centres if not name.startswith("not known")),
            {name: _parts(detail, design.detail(name)) for name, detail in QUESTION.design.items() if design},
            (first, last) if known else None,
        )


def _parts(detail: Detail, told: str) -> frozenset[str]:
    """Parts of a detail of the design that its words name."""
    return frozenset(part for part, form in detail.parts.items() if re.search(form, told, re.IGNORECASE))


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.lower())) - COMMON_WORDS


def _features(one: _Paper, other: _Paper) -> Iterator[tuple[str, str, float]]:
    """Feature, in words, and points, of what two papers share or hold against it."""

    def found(feature: str, words: str) -> tuple[str, str, float]:
        return feature, words, WEIGHTS[feature][0]

    if numbers := one.registrations & other.registrations:
        yield found("trial registration", f"registration {', '.join(sorted(numbers))}")
    if centres := [
        name for name, words in one.centres for _, others in other.centres if _same_centre(words, others)
    ]:
        yield found("centre", f"centre {', '.join(dict.fromkeys(centres))}")
    if names := shared_authors(one.authors, other.authors):
        points = min(-math.log10(chance_of(names, one.authors, other.authors)), WEIGHTS["authors"][0])
        yield (
            "authors",
            f"{len(names)} author{'s' if len(names) > 1 else ''} ({', '.join(name for name, _ in names)})",
            round(points, 1),
        )
    if one.study.patients and one.study.patients == other.study.patients:
        yield found("number of patients", f"{one.study.patients} patients each")
    for name in one.details.keys() & other.details.keys():
        own, others = one.details[name], other.details[name]
        if any(
            own & {*only} and others & {*only} and not own & others & {*only}
            for only in QUESTION.design[name].unlike
        ):
            yield found("other detail", f"{name}s {', '.join(sorted(own))} and {', '.join(sorted(others))}")
        elif parts := own & others:
            yield found("detail", f"{name} {', '.join(sorted(parts))}")
    if one.dates and other.dates:
        apart = one.dates[1] < other.dates[0] or other.dates[1] < one.dates[0]
        words = " and ".join(" to ".join(dates) for dates in (one.dates, other.dates))
        yield found("dates apart" if apart else "dates", f"enrolment {words}")


def _same_centre(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and not (one ^ other) & ORDINALS and len(one & other) >= SAME_CENTRE * len(one | other)
