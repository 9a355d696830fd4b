"""The question of the review, read from question.yml: what is compared, in whom, by which outcomes.

Code that serves any review knows no drug, no outcome and no study: it finds them here.
"""

import re
from collections.abc import Container, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from extraction.fault import Fault
from extraction.source import parse
from extraction.tree import REVIEW
from extraction.typed import Model, Slug, Words, validate
from extraction.vocabulary import CORE_UNITS, CORE_VARIABLES, HOURS, REVERSED, TWO_ARMS

FILE = REVIEW / "question.yml"
MOST_APART = 3
"""Grades by which durations are told apart: a study's table of four would take twenty times as long."""
NONE = "none"
"""Comparator of a contrast whose other arm was given nothing in its place."""


class Treatment(Model):
    """What is given."""

    name: Words = Field(description="Its name, as pages say it.")
    called: tuple[Words, ...] = Field(
        min_length=1, description="What papers call it, in any case of letters."
    )
    kind: Words = Field("treatment", description="What it is, as a sentence calls it: the drug.")
    use: Slug | None = Field(None, description="Variable of the patients given it.")
    arm_formerly: Slug | None = Field(
        None, description="What releases made before all reviews had the same arms call the arm given it."
    )


class Contrast(Model):
    """What a study compares: its meaning, and what the two arms were given."""

    meaning: Words = Field(description="What is compared, in words.")
    treated: Words = Field(description="What the first arm was given.")
    comparator: Words = Field(description="What the other was given; `none` for nothing in its place.")

    @property
    def with_it(self) -> str:
        """Of the first arm, in a sentence."""
        return f"with {self.treated}"

    @property
    def other(self) -> str:
        """The other arm, as a noun."""
        return f"no {self.treated}" if self.comparator == NONE else self.comparator

    @property
    def without(self) -> str:
        """Of the other arm, in a sentence."""
        return f"without {QUESTION.treatment.name}" if self.comparator == NONE else f"with {self.comparator}"


class Variable(Model):
    """What a variable means, and how values of it are printed."""

    meaning: Words = Field(description="What it means.")
    units: tuple[Slug | Words, ...] = Field(
        ("patients",), description="Units of a value; without any it is a count or share of patients."
    )
    time_to_event: Words | None = Field(
        None,
        description="Its name in words, where it is the time to an event: a share is of those without it.",
    )
    sum_of: tuple[Slug, ...] = Field((), description="Variables that add up to it.")
    some_of: Slug | None = Field(None, description="The variable some of whose patients it counts.")
    dose_of: Slug | None = Field(None, description="Of a dose: the variable that counts who was given any.")
    in_categories: Slug | None = Field(
        None,
        description="The variable that counts patients by categories of it, as `<20`, `20-50` and `>50`.",
    )
    parts_the_patients: bool = Field(
        False, description="Whether its categories are together the whole group."
    )
    not_pooled: Words | None = Field(
        None, description="Of an outcome of the arms of which no endpoint is made: why."
    )

    @property
    def counts_patients(self) -> bool:
        """Whether its values are counts or shares of patients."""
        return self.units == ("patients",)


class Detail(Model):
    """A detail of a study's design that matters to this question."""

    meaning: Words = Field(description="What it is.")
    required: bool = Field(True, description="Whether every record tells it.")
    parts: dict[Words, str] = Field(
        {}, description="Parts that it may have, each with the regular expression that finds it."
    )
    unlike: tuple[tuple[Words, ...], ...] = Field((), description="Parts of which a study has only one.")


class Bias(Model):
    """Mean and SD of the bias on the log scale at each overall judgement, with what they claim and why."""

    low: tuple[float, float] = Field(description="At low risk.")
    moderate: tuple[float, float] = Field(description="At moderate risk.")
    serious: tuple[float, float] = Field(description="At serious risk.")
    critical: tuple[float, float] = Field(description="At critical risk.")
    plain: Words = Field(description="What it claims, in words.")
    source: Words = Field(description="Where its numbers come from.")


class Important(Model):
    """From where on a difference is important: patients per 1,000 where a baseline risk is known, else a
    ratio and its inverse.
    """

    reason: Words = Field(description="Why from there on.")
    per_1000: float | None = Field(None, gt=0, le=1000, description="Patients per 1,000.")
    ratio: float = Field(0.8, gt=0, lt=1, description="The ratio below 1; its inverse on the other side.")


class Shown(Model):
    """What is said and drawn of an endpoint; no fit hangs on it."""

    better: Words = Field(description="What the treated had if the treatment is the better side.")
    worse: Words = Field(description="What they had if it is the worse side.")
    event: Words | None = Field(None, description="The event of one patient, with its article.")
    short: Words | None = Field(None, description="A title that fits a small panel; else the title.")
    uncertain_since: Words | None = Field(
        None, description="First reason for its certainty; else that of the review."
    )
    leads: bool = Field(False, description="Whether it is among the lines of the README.")
    page: Words = Field(description="Its page, and the anchor there if it shares one.")


class Level(Model):
    """What is believed, before the data, of how long it lasts in a study, midway between the arms and, where
    there are grades, in patients of one of them.
    """

    log: tuple[float, Annotated[float, Field(gt=0)]] = Field(
        description="Mean and SD of the natural log of the median, in the endpoint's unit."
    )
    plain: Words = Field(description="What it claims, in words.")
    source: Words = Field(description="Where its numbers come from.")


class Lasting(Model):
    """How durations are measured, and how long they are believed to be."""

    unit: Literal[*HOURS] = Field(  # type: ignore[valid-type]  # words of a table
        description="Unit in which they are modelled and told; printed ones of another are turned into it."
    )
    level: Level = Field(description="The prior of a study's level.")


class Asked(Model):
    """An endpoint of the review."""

    key: Slug = Field(description="Its name in results.")
    variable: Slug = Field(description="Its name in register and ratings, and the variable it is about.")
    name: Words = Field(description="Its name inside a sentence.")
    title: Words = Field(description="Its title.")
    kind: Literal["binary", "survival", "durations", "continuous"] = Field(
        description=(
            "Counts of patients, time to an event, durations, by grade where there are grades, or values"
            " above 0 that are measured in each patient, compared by the ratio of their means."
        )
    )
    better: Literal["below", "above"] = Field(description="Side of 1 on which the treatment is better.")
    role: Literal["primary", "secondary"] = Field(description="How much of the review it carries.")
    contrast: Words | None = Field(None, description="What is compared; else the review's own contrast.")
    carried_by: tuple[Slug, ...] = Field(
        (), description="Variables that can carry it, the preferred first; else its own."
    )
    overlaps: dict[Slug, Words] = Field(
        {}, description="Variables of endpoints whose events count in this one again, with how they do."
    )
    mu_prior: Words = Field(description="Prior of the mean log ratio: a name, or as `normal:0:1`.")
    mu_alternatives: tuple[Words, ...] = Field((), description="The same in the sensitivity analysis.")
    tau_prior: Words = Field(description="Prior of the SD of log ratios between studies.")
    tau_alternatives: tuple[Words, ...] = Field((), description="The same in the sensitivity analysis.")
    lasting: Lasting | None = Field(
        None, description="Of durations, and of these alone: their unit and how long they are believed to be."
    )
    bias: Slug = Field(description="Scale of its bias.")
    no_effect: dict[str, Words] = Field({}, description="Contrasts under which it is no effect, with why.")
    important: Important = Field(description="From where on a difference is important.")
    baseline_risks: tuple[Slug, ...] = Field(
        (), description="Numbers of the register that are a baseline risk of it."
    )
    shown: Shown = Field(description="What is said and drawn of it.")

    @property
    def fields(self) -> tuple[str, ...]:
        """Variables that can carry it, the preferred first."""
        return self.carried_by or (self.variable,)

    @property
    def unit(self) -> str:
        """The unit that it is told in; empty for an endpoint that has none."""
        return self.lasting.unit if self.lasting else ""

    @model_validator(mode="after")
    def durations_say_how_long(self) -> Self:
        if (self.kind == "durations") != (self.lasting is not None):
            raise ValueError(
                f"{self.key}: lasting stands with an endpoint of kind durations, and with no other"
            )
        return self


class Categories(Model):
    """Categories of entries that mean something to a rule."""

    given_it: Words = Field(
        "given it", description="A share of those with the event: those of them who were treated."
    )
    before_it: Words = Field(
        "before it", description="Events of the treated that began before the treatment."
    )
    with_condition: Words = Field(
        "with the condition", description="Events of patients who had what the treatment is given for."
    )


class Grades(Model):
    """Grades of the condition that the treatment is given for; a grade is its place among their names."""

    condition: Words = Field(description="The condition, inside a sentence.")
    variable: Slug = Field(description="Variable of the highest grade; the category names it.")
    severe: Slug = Field(description="Variable of the severe grades together.")
    any: Slug = Field(description="Variable of all grades but the first together.")
    names: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+$")], ...] = Field(
        min_length=2,
        description="Names of the grades as categories have them, in order; the first is to be without it.",
    )
    severe_from: int = Field(
        ge=1,
        description="The first severe grade; from it on grades are taken together, as papers print them.",
    )
    estimand: int = Field(
        ge=1,
        description="Of durations: the grade, with those taken together with it, whose ratio is the answer.",
    )
    reference: int = Field(
        ge=1,
        description="Of durations: the grade whose level has a prior, from which steps lead to the others.",
    )

    @model_validator(mode="after")
    def each_is_a_grade(self) -> Self:
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"names {', '.join(self.names)}: one stands twice")
        if self.severe_from > self.highest:
            raise ValueError(f"severe_from {self.severe_from}: the highest grade is {self.highest}")
        for name in ("estimand", "reference"):
            if (grade := getattr(self, name)) > self.severe_from:
                raise ValueError(f"{name} {grade}: grades from {self.severe_from} on are taken together")
        return self

    @property
    def highest(self) -> int:
        """The highest grade."""
        return len(self.names) - 1

    @property
    def apart(self) -> tuple[int, ...]:
        """Grades of those with the condition; the last stands for it and all above."""
        return tuple(range(1, self.severe_from + 1))

    def category(self, grade: int) -> str:
        """The category that counts patients of a grade, the severe ones together: `2`, `3-5`."""
        name = self.names[grade]
        return name if grade < self.severe_from or grade == self.highest else f"{name}-{self.names[-1]}"


class Characteristic(Model):
    """What the arms are compared by, beside the outcomes."""

    variable: Slug = Field(description="Its variable.")
    category: Words | None = Field(
        None, description="The category whose patients are counted; else all with it."
    )
    name: Words = Field(description="Its name in tables and pictures.")


PageName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]


class Display(Model):
    """What is said and drawn of the whole review; no fit hangs on it."""

    acronyms: dict[Slug, Words] = Field(
        {}, description="Words in names of entries that are written otherwise."
    )
    topics: dict[Words, tuple[Slug, ...]] = Field(
        {}, description="Topics of a study's page with their variables; what has none stands under `Other`."
    )
    reported: dict[Words, tuple[Slug, ...]] = Field(
        {}, description="What clinicians ask after and no model reads, with the variables that tell of it."
    )
    characteristics: tuple[Characteristic, ...] = Field(
        (), description="What the arms are compared by: counted, or measured where the variable has a unit."
    )
    stem: PageName | None = Field(
        None, description="Name of the files of citation, archive and PDF; else made from the title."
    )
    confounded: Words | None = Field(
        None, description="Who was treated where no chance decided, as a clause; null where nobody knows."
    )
    instead: dict[Slug, Words] = Field(
        {}, description="Variables that stand in for an endpoint, each in a word."
    )
    pages: tuple[PageName, ...] = Field(
        (),
        description=(
            "Pages written by hand for this review, without ending, each in the place of one made from a"
            " template; further ones stand after those of the endpoints, in this order."
        ),
    )
    synonyms: dict[Words, tuple[Words, ...]] = Field(
        {}, description="Words that a search of the book reads as one that its pages use."
    )


class Question(Model):
    """The question of a review."""

    title: Words = Field(description="Title of the review.")
    population: Words = Field(description="In whom.")
    uncertain_since: Words = Field(
        description="First reason for the certainty of an endpoint that has none of its own."
    )
    treatment: Treatment = Field(description="What is given.")
    contrasts: dict[str, Contrast] = Field(
        min_length=1, description="What is compared; the first is the review's own."
    )
    grounds: dict[Slug, Words] = Field(min_length=1, description="Why a paper is excluded.")
    units: dict[str, Words] = Field({}, description="Units beside those of any review.")
    counted_units: tuple[str, ...] = Field((), description="Units of which no patient has half of one.")
    baseline: Words = Field("baseline", description="From when the time of all patients runs.")
    categories: Categories = Field(Categories(), description="Categories that rules know.")
    grades: Grades | None = Field(
        None, description="Grades of the condition that the treatment is given for, where it has grades."
    )
    exclusive: tuple[Slug, ...] = Field(
        (), description="Variables that are classes of one outcome; who is in none did not have it."
    )
    design: dict[Slug, Detail] = Field(
        {}, description="Details of a study's design beside those of any review."
    )
    variables: dict[Slug, Variable] = Field(description="Variables beside those of any review.")
    biases: dict[Slug, Bias] = Field(description="Scales of bias.")
    endpoints: tuple[Asked, ...] = Field(min_length=1, description="Endpoints, in the order of the book.")
    dropped: tuple[Slug, ...] = Field(
        (), description="Variables that had an endpoint once, of which records and ratings may speak."
    )
    shown: Display = Field(Display(), description="What is said and drawn of the whole review.")

    @property
    def contrast(self) -> str:
        """The review's own contrast."""
        return next(iter(self.contrasts))

    @model_validator(mode="after")
    def names_are_its_own(self) -> Self:
        for what, known, names in self._named():
            if unknown := [name for name in names if name not in known]:
                raise ValueError(f"{what} {', '.join(unknown)}: the question has none of that name")
        for name in ("key", "variable"):
            held = [getattr(endpoint, name) for endpoint in self.endpoints]
            if twice := {found for found in held if held.count(found) > 1}:
                raise ValueError(f"{name} {', '.join(sorted(twice))}: stands for two endpoints")
        return self

    @model_validator(mode="after")
    def measured_values_have_a_unit(self) -> Self:
        for asked in self.endpoints:
            for name in asked.fields if asked.kind == "continuous" else ():
                known = self.variables.get(name)
                if (known.units if known else CORE_VARIABLES[name][1]) == ("patients",):
                    raise ValueError(
                        f"endpoints: {asked.key}: {name} counts patients: an endpoint of kind continuous is"
                        " about a variable with units"
                    )
        return self

    @model_validator(mode="after")
    def durations_can_be_read(self) -> Self:
        """Their units are lengths of time, and no more grades are apart than a table of them holds."""
        lasting = [asked for asked in self.endpoints if asked.lasting]
        if lasting and self.grades and self.grades.severe_from > MOST_APART:
            raise ValueError(
                f"grades: severe_from {self.grades.severe_from}: durations are told apart by at most"
                f" {MOST_APART} grades"
            )
        for asked in lasting:
            known = self.variables.get(asked.variable)
            if known and (other := [unit for unit in known.units if unit not in HOURS]):
                raise ValueError(
                    f"variables: {asked.variable}: unit {other[0]}: a duration is in {', '.join(HOURS)}"
                )
        return self

    def _named(self) -> Iterator[tuple[str, Container[str], tuple[str, ...]]]:
        """What one part of the question names of another: what it is, where it must stand, the names."""
        variables = CORE_VARIABLES.keys() | self.variables.keys()
        for name, variable in self.variables.items():
            named = (variable.some_of, variable.dose_of, variable.in_categories)
            parts = (*variable.sum_of, *filter(None, named))
            yield f"variables: {name}: variable", variables, parts
            yield f"variables: {name}: unit", CORE_UNITS | self.units, variable.units
        yield "counted_units: unit", CORE_UNITS | self.units, self.counted_units
        yield "exclusive: variable", variables, self.exclusive
        yield "dropped: variable", variables, self.dropped
        for name, fields in (self.shown.topics | self.shown.reported).items():
            yield f"shown: {name}: variable", variables, fields
        compared = tuple(one.variable for one in self.shown.characteristics)
        yield "shown: characteristics: variable", variables, compared
        for name, detail in self.design.items():
            yield f"design: {name}: part", detail.parts, tuple(chain(*detail.unlike))
        yield "treatment: variable", variables, tuple(filter(None, (self.treatment.use,)))
        if self.grades:
            graded = (self.grades.variable, self.grades.severe, self.grades.any)
            yield "grades: variable", variables, graded
        for asked in self.endpoints:
            at = f"endpoints: {asked.key}:"
            yield f"{at} variable", variables, (asked.variable, *asked.carried_by)
            others = {other.variable for other in self.endpoints if other is not asked}
            yield f"{at} overlaps: endpoint", others, tuple(asked.overlaps)
            yield f"{at} bias", self.biases, (asked.bias,)
            yield f"{at} contrast", self.contrasts, (*filter(None, (asked.contrast,)), *asked.no_effect)


def read(path: Path) -> Question:
    """The question in a file; raise Fault where there is none, BadRecords with every rule that it breaks."""
    if not path.is_file():
        raise Fault(f"{path.parent} is no folder of a review: it holds no {path.name}")
    return validate(parse(path), Question)


QUESTION = read(FILE)

FIELDS: dict[str, Variable] = {
    **{name: Variable(meaning=meaning, units=units) for name, (meaning, units) in CORE_VARIABLES.items()},
    **QUESTION.variables,
}
"""Variables a record may hold."""
UNITS: dict[str, str] = CORE_UNITS | QUESTION.units
"""Legal units, each in words."""
TREATMENT = QUESTION.treatment.name
"""Its name, inside a sentence."""
THE_TREATMENT = f"the {QUESTION.treatment.kind}"
CONDITION = QUESTION.grades.condition if QUESTION.grades else "the condition"
"""What the treatment is given for, inside a sentence."""
ARM_NAMES = {"treated": TREATMENT, "control": "control"}
"""The two arms in pictures and tables."""
CONTRASTS = QUESTION.contrasts
"""What the treatment is given for, and against what; contrasts are never pooled with each other."""
GROUNDS = QUESTION.grounds
"""Why a paper is excluded, as a flow diagram counts it."""
ASKED: dict[str, Asked] = {asked.variable: asked for asked in QUESTION.endpoints}
BY_KEY: dict[str, Asked] = {asked.key: asked for asked in QUESTION.endpoints}
ENDPOINTS: dict[str, str] = {name: asked.name for name, asked in ASKED.items()}
"""Endpoints of the review that a study may enter, in the order of the book."""
SUMS = {name: variable.sum_of for name, variable in FIELDS.items() if variable.sum_of}
"""Variables that are the sum of others."""
PARTITIONED = tuple(name for name, variable in FIELDS.items() if variable.parts_the_patients)
"""Variables whose categories part the patients: together they are the group."""
SOME_OF = {name: variable.some_of for name, variable in FIELDS.items() if variable.some_of}
"""Variables that count some of the patients of another."""
DOSE_OF = {name: variable.dose_of for name, variable in FIELDS.items() if variable.dose_of}
"""Doses, and the variable that counts who was given any."""
IN_CATEGORIES = {name: variable.in_categories for name, variable in FIELDS.items() if variable.in_categories}
"""Measured variables, and the one that counts patients by categories of them."""
HIGHEST_GRADE = QUESTION.grades.variable if QUESTION.grades else None
SEVERE_GRADES = QUESTION.grades.severe if QUESTION.grades else None
ANY_GRADE = QUESTION.grades.any if QUESTION.grades else None
"""Variables of the condition's highest grade, of its severe grades and of all; None without grades."""
GRADES = QUESTION.grades.apart if QUESTION.grades else (1,)
"""Grades by which patients with the condition are counted; the last stands for all from it on.  Without
grades all patients are of the one.
"""
ESTIMAND = QUESTION.grades.estimand if QUESTION.grades else 1
REFERENCE = QUESTION.grades.reference if QUESTION.grades else 1
"""Of durations: the grade whose ratio is the answer, and the one whose level the prior is about."""
TIMES = {name: variable.time_to_event for name, variable in FIELDS.items() if variable.time_to_event}
"""Variables that are the time to an event, in words; a percentage of one is of those without it."""
WHOLE_NUMBERS = QUESTION.counted_units
"""Units that are counted: no patient has half of one."""

if TYPE_CHECKING:  # words of a file: the schema holds a record to them, a checker does not
    FieldName = str
    Unit = str
    ContrastName = str
    EndpointName = str
    Ground = str
else:
    FieldName = Literal[*FIELDS]
    Unit = Literal[*UNITS]
    ContrastName = Literal[*CONTRASTS]
    EndpointName = Literal[*ENDPOINTS, *QUESTION.dropped]
    Ground = Literal[*GROUNDS]


def counted_as(grade: int) -> int:
    """The one of GRADES, or 0, as which a grade is counted."""
    return min(grade, GRADES[-1])


def grade_words(grade: int) -> str:
    """One of GRADES in words: `grade 2`, `grade 3 or above`."""
    grades = QUESTION.grades
    if not grades:
        return "any grade"
    above = " or above" if grade == GRADES[-1] < grades.highest else ""
    return f"grade {grades.names[grade]}{above}"


def is_about_time(field: str) -> bool:
    """Whether a variable is the time to an event."""
    return field in TIMES


_DRUG = "|".join(map(re.escape, QUESTION.treatment.called))
_ONE = rf"(with )?({_DRUG})|with|treated"
_OTHER = rf"controls?|none|(no|non|without)([- ]({_DRUG}))?"
OF_THE_TREATMENT = re.compile(rf"\b({_DRUG})|\bdos(e|es|ing)\b|\bearly\b", re.IGNORECASE)
"""Words of a contrast that compares uses of the treatment, though not the two arms."""


def as_contrast(words: str) -> str:
    """What a contrast of the two arms is called here, whichever way round and in whose words; another
    contrast as it is.
    """
    for name, one, other in ((TWO_ARMS, _ONE, _OTHER), (REVERSED, _OTHER, _ONE)):
        if re.fullmatch(rf"({one})\s*(v|vs|versus|over|/)\.?\s*({other})", words.strip(), re.IGNORECASE):
            return name
    return words


def contrast_of(endpoint: str) -> str:
    """The contrast under which an endpoint is estimated; studies of another never enter it."""
    return ASKED[endpoint].contrast or QUESTION.contrast
