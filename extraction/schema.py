"""The data dictionary: what a record may say, in which unit, and what each word means.

Every model here refuses unknown keys.  Numbers are kept as printed: `Decimal` keeps the digits of a
percentage or a p-value, so that later checks know how far it was rounded.
"""

import re
import unicodedata
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    create_model,
    field_validator,
    model_serializer,
    model_validator,
)

from extraction.limits import MOST_ENTRIES, MOST_PATIENTS, MOST_STUDIES
from extraction.question import (
    HIGHEST_GRADE,
    QUESTION,
    ContrastName,
    EndpointName,
    FieldName,
    Ground,
    Unit,
    as_contrast,
    is_about_time,
)
from extraction.recover.printed import number, written_p
from extraction.typed import Day, Model, Month, Slug, Words
from extraction.vocabulary import (
    CERTAINTIES,
    GRAY,
    LIMITATIONS,
    REVERSED,
    TWO_ARMS,
    WORDS_OF_ESTIMATES,
    Arm,
    Direction,
    Domain,
    Estimator,
    RiskOfBias,
    Start,
    Test,
    TextPart,
)

GRADE_NAMES: tuple[str, ...] = QUESTION.grades.names if QUESTION.grades else ()
HIGHEST = QUESTION.grades.highest if QUESTION.grades else 0
"""Names of the grades, each at its place, and the highest of them."""
StudyId = Annotated[str, StringConstraints(pattern=r"^[a-z]+[12][0-9]{3}[a-z]?$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
DOI_RESOLVER = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


def without_accents(name: str) -> str:
    """A name in small letters without accents, as an id has them: `ø` is o, `ß` is s."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ø", "o").replace("ß", "ss"))
    return "".join(c for c in letters if not unicodedata.combining(c))


def without_resolver(doi: str) -> str:
    """A DOI that is typed as a link, without the address of its resolver."""
    return DOI_RESOLVER.sub("", doi.strip())


Doi = Annotated[
    str,
    StringConstraints(pattern=r"^10\.[0-9]{4,9}/[^\s\"<>]+[^\s\"<>.,;]$"),
    BeforeValidator(lambda doi: without_resolver(doi) if isinstance(doi, str) else doi),
]


DECIMALS = (
    "percent",
    "estimate",
    "lower",
    "upper",
    "level",
    "median",
    "minimum",
    "maximum",
    "lower_quartile",
    "upper_quartile",
    "mean",
    "sd",
    "se",
    "value",
    "alpha",
)
"""Fields of entries that hold a number with its digits."""
ExtractionStatus = Literal["single", "double", "reconciled"]
"""Extracted by one person; by two who agreed; by two, and what differed settled."""
OTHER_MARKS = set(",·∙−")
"""Signs that YAML's own numbers do not have."""


def _normal_p(printed: str) -> str:
    """A p-value as printed, `P = .04` or `0·04`, in one form, `0.04`; raise ValueError for what is none."""
    written = written_p(printed)
    if written.value is None:
        raise ValueError("an outcome in words is an entry of kind test_outcome, not a p-value")
    return written.normal


PrintedP = Annotated[
    str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True), AfterValidator(_normal_p)
]
Count = Annotated[int, Field(ge=0, le=MOST_PATIENTS)]
Time = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)? (days|weeks|months|years)$")]
"""A time after the start, e.g. `12 months`."""
Number = Annotated[Decimal, Field(max_digits=18, decimal_places=12)]
Percent = Annotated[Number, Field(ge=0)]
CurveFile = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*\.csv$", max_length=100)]


class Strict(Model):
    """A part of the data dictionary.

    LATER : fields that came to the schema later; where they say nothing they are not written, so that what
    does not use them keeps its fingerprint
    """

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def without_later_silences(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        written = write(self)
        silent = {name for name in self.LATER if getattr(self, name) == type(self).model_fields[name].default}
        return {name: value for name, value in written.items() if name not in silent}

    @field_validator(*DECIMALS, mode="before", check_fields=False)
    @classmethod
    def numbers_as_printed(cls, value: object) -> object:
        """A number typed as printed, `0,84` or `0·84`, with a point; raise ValueError for two meanings."""
        return number(value).value if isinstance(value, str) and OTHER_MARKS & set(value) else value


class Address(Strict):
    """Where in the paper a number stands."""

    source: Words | None = Field(description="File name of the text read; null where no text is held.")
    section: Words | None = Field(None, description="Heading of the section.")
    paragraph: int | None = Field(None, ge=1, le=10_000, description="Paragraph under that heading, from 1.")
    table: Words | None = Field(None, description="Table, as numbered by the paper.")
    row: Words | None = Field(None, description="Row of the table.")
    column: Words | None = Field(None, description="Column of the table.")
    figure: Words | None = Field(None, description="Figure and panel, as numbered by the paper.")

    @model_validator(mode="after")
    def stands_somewhere(self) -> Self:
        if not (self.section or self.table or self.figure):
            raise ValueError("an address names a section, a table or a figure")
        return self

    def __str__(self) -> str:
        place = [
            self.section
            and f"section “{self.section}”" + (f", paragraph {self.paragraph}" if self.paragraph else ""),
            self.table
            and f"table {self.table}"
            + (f", row “{self.row}”" if self.row else "")
            + (f", column “{self.column}”" if self.column else ""),
            self.figure and f"figure {self.figure}",
        ]
        return "; ".join(part for part in place if part)


class Entry(Strict):
    """One printed number (or printed silence) with its meaning and its address."""

    id: EntryId = Field(description="Name of the entry, unique within the study, e.g. relapse.treated.")
    kind: str = Field(description="Kind of report; it says which further fields the entry has.")
    field: FieldName = Field(description="Variable measured.")
    arm: Arm = Field(description="Whom the number describes.")
    stratum: Slug = Field("all", description="Stratum of patients, defined under `strata`.")
    category: Words | None = Field(
        None, description="Level of a categorical variable, e.g. a grade 3-5 or age >50."
    )
    unit: Unit = Field(description="Unit of the number.")
    printed: Words | None = Field(
        description="The numeric fragment exactly as printed; null only where nothing is printed."
    )
    address: Address = Field(description="Where the fragment stands.")
    contrast: Annotated[Words, AfterValidator(as_contrast)] = Field(
        TWO_ARMS,
        description=(
            "What is compared, where it is not the two arms or is printed the other way round, control v"
            " treated."
        ),
    )
    contrast_of: EntryId | None = Field(
        None,
        description=(
            "Entry whose patients are the first group of another contrast; the second is the rest of its"
            " stratum."
        ),
    )
    note: Words | None = Field(None, description="What a reader of the number must know.")


class GroupSize(Entry):
    """The number of patients in an arm or stratum."""

    kind: Literal["group_size"]
    n: Count = Field(description="Patients.")


class Share(Entry):
    """A share of patients, and how the paper estimates it."""

    LATER = frozenset({"estimator", "at"})
    estimator: Estimator | None = Field(
        None,
        description=(
            "How the share is estimated; null means crude, patients with the event of all, or Kaplan-Meier"
            " where the variable is the time to an event. Only crude ones are counts."
        ),
    )
    at: Time | None = Field(
        None, description="Time at which it is estimated, e.g. 12 months; null for a crude share."
    )

    @property
    def is_crude(self) -> bool:
        """Whether it is patients with the event over all patients."""
        return self.estimated_by == "crude"

    @property
    def estimated_by(self) -> Estimator:
        """How it is estimated: as the entry says, else by its variable, else as the words beside it tell, so
        that what the check asks for is nowhere taken for a count.
        """
        if is_about_time(self.field) and not self.estimator:
            return "kaplan_meier"
        return self.estimator or self.told_estimator or "crude"

    @property
    def told_estimator(self) -> Estimator | None:
        """The estimator that its words tell of; None where they tell of none."""
        words = " ".join(filter(None, (self.note, self.printed, self.category)))
        return next((name for name, form in WORDS_OF_ESTIMATES.items() if form.search(words)), None)


class Counts(Share):
    """Patients with an event; the denominator is the stratum's group size unless printed."""

    kind: Literal["counts"]
    events: Count = Field(description="Patients with the event.")
    n: Annotated[Count, Field(ge=1)] | None = Field(
        None, description="Denominator, where it is printed with the count."
    )
    percent: Percent | None = Field(None, description="Percentage printed with the count, all digits kept.")


class Percentage(Share):
    """A percentage printed without its count."""

    LATER = frozenset({"estimator", "at", "n", "lower", "upper", "level"})
    kind: Literal["percentage"]
    percent: Percent = Field(description="Per cent, all digits kept.")
    n: Annotated[Count, Field(ge=1)] | None = Field(
        None,
        description="Denominator, where it is printed and is not the group's size, e.g. those evaluable.",
    )
    lower: Percent | None = Field(None, description="Lower limit of its interval, per cent.")
    upper: Percent | None = Field(None, description="Upper limit of its interval, per cent.")
    level: Number = Field(Decimal(95), gt=0, lt=100, description="Confidence level, per cent.")

    @model_validator(mode="after")
    def has_both_limits_or_none(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval has both limits")
        return self


class Bound(Entry):
    """A verbal statement that fixes or bounds a count, e.g. `all who had it were treated`."""

    kind: Literal["bound"]
    at_least: Count = Field(0, description="Fewest patients the statement allows.")
    at_most: Count | None = Field(
        None, description="Most patients the statement allows; null where unbounded."
    )
    given_at_grade: Annotated[int, Field(ge=1, le=HIGHEST - 1)] | None = Field(
        None,
        description=(
            "Of a grade: the lower grade at which these patients were treated; null where it is"
            " the same or not printed."
        ),
    )

    @model_validator(mode="after")
    def bounds_something(self) -> Self:
        if not self.at_least and self.at_most is None:
            raise ValueError("a bound says how many at least, or how many at most")
        return self

    @model_validator(mode="after")
    def given_before_the_grade_was_reached(self) -> Self:
        if self.given_at_grade is not None and not (
            self.field == HIGHEST_GRADE
            and self.arm == "treated"
            and self.category in GRADE_NAMES
            and self.given_at_grade < GRADE_NAMES.index(self.category)
        ):
            raise ValueError("given_at_grade stands with treated patients of one grade, and is below it")
        return self


class PValue(Entry):
    """A p-value with the test that gave it."""

    kind: Literal["p_value"]
    p: PrintedP = Field(
        description="As printed, with its digits and sign: 0.0204, .02, 0·04, <0.05, >0.9999, 1.2e-5."
    )
    tests: list[Test] = Field(min_length=1, description="The named test, or the tests named as alternatives.")
    direction: Direction | None = Field(None, description="Printed direction: the treated lower or higher.")
    adjustment: Literal["none", "bonferroni"] = Field("none", description="Adjustment for multiple testing.")


class LogRankP(Entry):
    """A log-rank p-value; papers often leave the direction unsaid."""

    kind: Literal["log_rank_p"]
    p: PrintedP = Field(description="As printed.")
    direction: Direction | None = Field(None, description="Which hazard the treated arm has, if printed.")


def _has_width(lower: Decimal | None, upper: Decimal | None) -> None:
    """Raise ValueError for limits that are one number: so rounded, they tell no error."""
    if lower is not None and lower == upper:
        raise ValueError(f"an interval from {lower} to {upper} has no width: give its p, or more digits")


class Ratio(Entry):
    """A ratio of the arms with its interval or its p, treated over control; `contrast: control v treated`
    where it is printed the other way round.
    """

    LATER = frozenset({"estimator"})
    kind: Literal[
        "hazard_ratio", "odds_ratio", "risk_ratio", "rate_ratio", "subdistribution_ratio", "ratio_of_means"
    ]
    estimate: Number = Field(gt=0, description="Ratio.")
    lower: Number | None = Field(None, gt=0, description="Lower limit of the interval.")
    upper: Number | None = Field(None, gt=0, description="Upper limit of the interval.")
    level: Number = Field(Decimal(95), gt=0, lt=100, description="Confidence level, per cent.")
    p: PrintedP | None = Field(None, description="p-value printed with it.")
    adjusted_for: list[Words] = Field(description="Covariates in the model; an empty list means unadjusted.")
    estimator: Literal["weighted", "matched"] | None = Field(
        None, description="Weighted by, or of patients matched on, the propensity of treatment; else null."
    )

    @model_validator(mode="after")
    def says_how_sure_it_is(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval has both limits")
        if self.lower is None and self.p is None:
            raise ValueError("a ratio has its interval, or its p where none is printed")
        _has_width(self.lower, self.upper)
        return self

    @property
    def is_adjusted(self) -> bool:
        """Whether anything is done for the arms to be alike: covariates, weights or matching."""
        return bool(self.adjusted_for or self.estimator)


class Difference(Entry):
    """A difference of the arms with its interval, treated minus control."""

    kind: Literal["risk_difference", "mean_difference", "restricted_mean_difference"]
    estimate: Number = Field(description="Difference; of risks in percentage points.")
    lower: Number | None = Field(None, description="Lower limit of the interval.")
    upper: Number | None = Field(None, description="Upper limit of the interval.")
    level: Number = Field(Decimal(95), gt=0, lt=100, description="Confidence level, per cent.")
    p: PrintedP | None = Field(None, description="p-value printed with it.")
    adjusted_for: list[Words] = Field([], description="Covariates in the model; an empty list means none.")

    @model_validator(mode="after")
    def has_width(self) -> Self:
        _has_width(self.lower, self.upper)
        return self


class MedianRange(Entry):
    """A median with minimum and maximum."""

    kind: Literal["median_range"]
    median: Number = Field(description="Median.")
    minimum: Number = Field(description="Smallest value.")
    maximum: Number = Field(description="Largest value.")


class MedianQuartiles(Entry):
    """A median with first and third quartile."""

    kind: Literal["median_quartiles"]
    median: Number = Field(description="Median.")
    lower_quartile: Number = Field(description="First quartile.")
    upper_quartile: Number = Field(description="Third quartile.")


class MedianTime(Entry):
    """A median time to an event, as Kaplan and Meier estimate it, with its interval."""

    kind: Literal["median_time"]
    median: Number | None = Field(None, gt=0, description="Median; null where it is not reached.")
    lower: Number | None = Field(
        None, gt=0, description="Lower limit of its interval; null where not printed."
    )
    upper: Number | None = Field(
        None, gt=0, description="Upper limit of its interval; null where not reached."
    )
    level: Number = Field(Decimal(95), gt=0, lt=100, description="Confidence level, per cent.")


class MeanSd(Entry):
    """A mean with its standard deviation."""

    kind: Literal["mean_sd"]
    mean: Number = Field(description="Mean.")
    sd: Number = Field(ge=0, description="Standard deviation.")


class MeanInterval(Entry):
    """A mean with its standard error, or with its interval by Student's t."""

    kind: Literal["mean_interval"]
    mean: Number = Field(description="Mean.")
    se: Number | None = Field(None, gt=0, description="Its standard error; null where not printed.")
    lower: Number | None = Field(None, description="Lower limit of its interval.")
    upper: Number | None = Field(None, description="Upper limit of its interval.")
    level: Number = Field(Decimal(95), gt=0, lt=100, description="Confidence level, per cent.")

    @model_validator(mode="after")
    def says_how_sure_it_is(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval has both limits")
        if self.se is None and self.lower is None:
            raise ValueError("a mean has its standard error, or its interval")
        _has_width(self.lower, self.upper)
        return self


class Quantity(Entry):
    """A plain number, with the range or interval printed beside it."""

    kind: Literal["quantity"]
    value: Number | None = Field(None, description="The number; null where only a range is printed.")
    lower: Number | None = Field(None, description="Lower end of the printed range or interval.")
    upper: Number | None = Field(None, description="Upper end of the printed range or interval.")

    @model_validator(mode="after")
    def has_a_number(self) -> Self:
        if self.value is None and self.lower is None and self.upper is None:
            raise ValueError("a quantity has its value, or an end of its range")
        return self


class TestOutcome(Entry):
    """The outcome of a test in words: `significantly shorter`, `ns`, `similar`."""

    __test__ = False  # not a pytest class
    kind: Literal["test_outcome"]
    significant: bool = Field(description="Whether the paper calls the difference significant.")
    direction: Direction | None = Field(None, description="Printed direction: the treated lower or higher.")
    tests: list[Test] = Field(min_length=1, description="The named test, or the tests named as alternatives.")
    alpha: Number = Field(Decimal("0.05"), gt=0, lt=1, description="Two-sided level of the test.")


def compares_incidences(entry: PValue | TestOutcome) -> bool:
    """Whether a test is one of cumulative incidences, by its name or by the words beside it."""
    words = " ".join(filter(None, (entry.note, entry.printed)))
    return bool({"gray", "fine_gray"} & set(entry.tests) or GRAY.search(words))


class SurvivalCurve(Entry):
    """A printed survival curve, digitised or waiting to be."""

    kind: Literal["survival_curve"]
    curve: CurveFile | None = Field(
        None,
        description=(
            "Name of a file in extraction/curves, after study, variable and stratum; null while not"
            " digitised."
        ),
    )


class NotReported(Entry):
    """Looked for and not printed: the gap stays visible."""

    kind: Literal["not_reported"]
    reason: Words = Field(description="What was looked for, and where.")


AnyEntry = Annotated[
    GroupSize
    | Counts
    | Percentage
    | Bound
    | PValue
    | LogRankP
    | Ratio
    | Difference
    | MedianRange
    | MedianQuartiles
    | MedianTime
    | MeanSd
    | MeanInterval
    | Quantity
    | TestOutcome
    | SurvivalCurve
    | NotReported,
    Field(discriminator="kind"),
]


class Text(Strict):
    """A text of the paper that the extraction was made from."""

    file: Annotated[Words, StringConstraints(pattern=r"^[^/\\.][^/\\]*$")] = Field(
        description="Plain file name of the text, without a folder."
    )
    part: TextPart = Field("full text", description="How much of the paper it holds.")
    licence: Words = Field(description="Licence of the text.")
    note: Words | None = Field(None, description="Flaws of the text, e.g. of its character recognition.")


class Definition(Strict):
    """How the paper defines an arm, stratum or endpoint, in the extractor's words."""

    definition: Words = Field(description="The definition.")
    address: Address | None = Field(None, description="Where it stands; null where the paper gives none.")


class VariableDefinition(Definition):
    """How the paper defines a variable, and whom it counts."""

    among: FieldName | None = Field(
        None,
        description=(
            "Variable whose patients alone count, e.g. response where survival runs from it; null"
            " where all do."
        ),
    )
    runs_from: Start | None = Field(
        None,
        description=(
            "From when the time runs, where the variable is survival, as the definition has it; null where"
            " that is not printed."
        ),
    )


class Stratum(Definition):
    """A set of patients that entries refer to."""

    LATER = frozenset({"partition", "landmark", "matched"})
    grades: list[Annotated[int, Field(ge=0, le=HIGHEST)]] | None = Field(
        None, description="Grades the stratum holds, where it is defined by grade."
    )
    rest_of: Slug | None = Field(
        None, description="Stratum beside it, where the two together are all patients, e.g. marker_low."
    )
    patients_with: FieldName | None = Field(
        None, description="Variable, where the stratum is the patients who have it, e.g. relapse."
    )
    partition: Slug | None = Field(
        None,
        description=(
            "Name that strata share which have no patient in common and are together all of an arm, e.g."
            " doses."
        ),
    )
    landmark: Time | None = Field(
        None, description="Time, where the stratum is the patients without the event until then."
    )
    matched: bool = Field(
        False, description="Whether the stratum is the patients matched on their propensity of treatment."
    )

    @model_validator(mode="after")
    def has_grades_of_the_question(self) -> Self:
        if self.grades and not QUESTION.grades:
            raise ValueError("grades: the question has none")
        return self


class DesignOfAny(Strict):
    """What is told of the design of a study in any review."""

    LATER = frozenset({"randomised"})
    type: Words = Field(description="Design, e.g. single-centre retrospective cohort.")
    randomised: bool = Field(
        False, description="Whether chance decided who was treated; its risk of bias is that of RoB 2."
    )
    centres: list[Words] = Field(description="Treating centres.")
    first_patient: Month | None = Field(description="Start of enrolment, as YYYY-MM.")
    last_patient: Month | None = Field(description="End of enrolment, as YYYY-MM.")
    address: Address = Field(description="Where the design is described.")

    @model_validator(mode="after")
    def enrolment_begins_before_it_ends(self) -> Self:
        if self.first_patient and self.last_patient and self.first_patient > self.last_patient:
            raise ValueError(
                f"enrolment from {self.first_patient} ends before it begins, {self.last_patient}"
            )
        return self

    def detail(self, name: str) -> str:
        """A detail that the question asks of every design; empty where it is not told."""
        return getattr(self, name) or ""


if TYPE_CHECKING:
    Design = DesignOfAny
else:
    Design = create_model(
        "Design",
        __base__=DesignOfAny,
        __doc__="How the study was done.",
        **{
            name: (Words if detail.required else Words | None, Field(description=detail.meaning))
            for name, detail in QUESTION.design.items()
        },
    )


KEPT = ("events", "percent", "all")
"""Decisions on a contradiction that leave every entry in use."""


class Contradiction(Strict):
    """Two printed readings that cannot both hold; both are kept and one is used."""

    LATER = frozenset({"excuses"})
    about: Words = Field(description="What disagrees, in one sentence.")
    entries: list[EntryId] = Field(
        min_length=1, description="Entries concerned; one, where count and percentage disagree."
    )
    used: Words = Field(
        description=(
            "Entry used; `events` or `percent` of the single entry; `all`, where each is used for what it "
            "measures; or `neither`."
        )
    )
    excuses: list[Slug] = Field(
        [], description="Checks that the entries need not pass, by the names that `check` prints."
    )
    reason: Words = Field(description="Why.")


class Integrity(Strict):
    """What a reader should know of how the paper's numbers agree, with other papers' and with each other."""

    said: Words = Field(description="What agrees or disagrees, and what that changes here.")
    entries: list[EntryId] = Field(min_length=1, description="Entries it speaks of.")


class BiasJudgement(Strict):
    """One domain of RoB 2, of a randomised trial, or of ROBINS-I, of any other study, judged for one or more
    endpoints.
    """

    domain: Domain = Field(
        description=(
            "Domain of RoB 2 where the design is randomised, else of ROBINS-I; `overall` where all together"
            " are judged graver than the gravest of them."
        )
    )
    endpoints: list[EndpointName] = Field(min_length=1, description="Endpoints it is judged for.")
    judgement: RiskOfBias = Field(
        description=(
            "Risk of bias: by RoB 2 low, some_concerns or high; by ROBINS-I low, moderate, serious, critical"
            " or no_information."
        )
    )
    reason: Words = Field(description="Why, from what the paper prints or leaves out.")
    address: Address | None = Field(
        None, description="Where that stands; null where the reason is a silence of the whole paper."
    )


class SecondExtraction(Strict):
    """The same paper extracted again by another person, and how the two extractions became one record:
    written by `extraction compare --merged`.
    """

    extractor: Words = Field(description="Who extracted it the second time.")
    extracted: Day = Field(description="Date of that extraction.")
    compared: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="Fields that were compared: those that at least one of the two filled in."
    )
    differed: Annotated[int, Field(ge=0, le=100_000)] = Field(
        description="Those of them in which the two differed."
    )
    not_read: list[FieldName] = Field(
        [], description="Variables of which the second extraction holds no number at all."
    )
    first_alone: list[EntryId] = Field(
        [], description="Entries that only the first extraction holds, of variables that both read."
    )
    second_alone: list[EntryId] = Field([], description="Entries that only the second extraction holds.")
    reconciled_by: Words | None = Field(
        None, description="Who settled what differed; null where nothing did."
    )
    reconciled: Day | None = Field(None, description="Date of that.")

    @property
    def agrees(self) -> bool:
        """Whether nothing was left to settle."""
        return not (self.differed or self.first_alone or self.second_alone)

    @model_validator(mode="after")
    def is_settled(self) -> Self:
        if self.differed > self.compared:
            raise ValueError(f"{self.differed} fields cannot differ of {self.compared} compared")
        if (self.reconciled_by is None) != (self.reconciled is None):
            raise ValueError("reconciled_by and reconciled stand together")
        if not self.agrees and self.reconciled_by is None:
            raise ValueError("where two extractions differ, reconciled_by says who settled it")
        if self.reconciled and self.reconciled < self.extracted:
            raise ValueError(f"was reconciled on {self.reconciled}, before it was extracted")
        return self


class Record(Strict):
    """One study, as printed."""

    LATER = frozenset({"second_extraction"})
    study: StudyId = Field(description="Stem of the study: surname and year; also the file name.")
    extracted: Day = Field(description="Date of extraction.")
    extractor: Words = Field(description="Who extracted it.")
    second_extraction: SecondExtraction | None = Field(
        None, description="A second extraction, by another person; null where there was none."
    )
    texts: list[Text] = Field(description="Texts read; empty where none is held.")
    design: Design = Field(description="How the study was done.")
    arms: dict[Literal["treated", "control"], Definition] = Field(description="The two arms.")
    strata: dict[Slug, Stratum] = Field(description="Strata that entries refer to; `all` is required.")
    definitions: dict[FieldName, VariableDefinition] = Field(
        {}, description="The paper's endpoint definitions."
    )
    contradictions: list[Contradiction] = Field(
        [], description="Printed contradictions and the reading used."
    )
    integrity: Integrity | None = Field(
        None, description="What agrees across papers to the digit, or contradicts itself; null where nothing."
    )
    risk_of_bias: list[BiasJudgement] = Field(
        [], description="Risk of bias by RoB 2 or ROBINS-I, per domain and endpoint."
    )
    entries: list[AnyEntry] = Field(
        min_length=1, max_length=MOST_ENTRIES, description="One per printed number."
    )

    @model_validator(mode="after")
    def is_extracted_by_two(self) -> Self:
        second = self.second_extraction
        if second is None:
            return self
        if second.extractor == self.extractor:
            raise ValueError(
                f"{self.extractor} is named for both extractions: the second is another person's"
            )
        held = {entry.id for entry in self.entries}
        if unknown := [name for name in (*second.first_alone, *second.second_alone) if name not in held]:
            raise ValueError(f"second_extraction names no entry of this record: {', '.join(unknown)}")
        return self

    @property
    def extraction_status(self) -> ExtractionStatus:
        """By how many the paper was extracted, as the record tells."""
        second = self.second_extraction
        if second is None:
            return "single"
        return "reconciled" if second.reconciled_by else "double"

    def extracted_twice(self) -> list[AnyEntry]:
        """Entries that both extractions hold."""
        second = self.second_extraction
        if second is None:
            return []
        alone = {*second.first_alone, *second.second_alone}
        return [e for e in self.entries if e.id not in alone and e.field not in second.not_read]

    def find[E: Entry](
        self,
        kind: type[E],
        field: str | None,
        *,
        stratum: str | None = None,
        arm: str | None = None,
        contrast: str = TWO_ARMS,
    ) -> list[E]:
        """Entries of a kind (all, where it is `Entry`) and field, narrowed by stratum and arm; the two arms
        are compared either way round.  Those a contradiction set aside are left out.
        """
        return [
            e
            for e in self.entries
            if e.field == field
            and isinstance(e, kind)
            and (e.contrast == contrast or (contrast == TWO_ARMS and e.contrast == REVERSED))
            and e.id not in self.set_aside()
            and (stratum is None or e.stratum == stratum)
            and (arm is None or e.arm == arm)
        ]

    def set_aside(self) -> set[str]:
        """Ids of entries that a contradiction keeps but does not use."""
        return {
            entry for c in self.contradictions if c.used not in KEPT for entry in c.entries if entry != c.used
        }


class Lowering(Strict):
    """By how much one limitation lowers the certainty, and why."""

    levels: Annotated[int, Field(ge=0, le=3)] = Field(
        description="Levels down: 0 not serious, 1 serious, 2 very serious, 3 extremely serious."
    )
    reason: Words = Field(description="Why, in one plain sentence.")


class Rating(Strict):
    """Certainty of one endpoint by GRADE.

    With RoB 2 or ROBINS-I behind it a body of evidence starts high, randomised or not (Schünemann 2019, J
    Clin Epidemiol 111:105).
    """

    studies: list[Words] = Field(
        min_length=1,
        description="Studies it was made on; once others enter the endpoint, it no longer stands.",
    )
    risk_of_bias: Lowering = Field(description="Risk of bias of the studies, by RoB 2 or ROBINS-I.")
    inconsistency: Lowering = Field(description="Whether the studies differ more than chance explains.")
    indirectness: Lowering = Field(
        description="Whether patients, drug, comparison and outcome are those of the question."
    )
    imprecision: Lowering = Field(
        description="Whether the interval, not adjusted for bias, allows unlike decisions."
    )
    publication_bias: Lowering = Field(description="Whether results are likely to be missing.")

    @property
    def lowerings(self) -> dict[str, Lowering]:
        """Each limitation with its levels, in the order of GRADE."""
        return {name: getattr(self, name) for name in LIMITATIONS}

    @property
    def certainty(self) -> str:
        """High, less one step for each level down, to no lower than very low."""
        down = sum(lowering.levels for lowering in self.lowerings.values())
        return CERTAINTIES[min(down, len(CERTAINTIES) - 1)]


class Certainty(Strict):
    """How certain the answer of each endpoint is: a judgement, made by people."""

    judged: Day = Field(description="Date of the judgement.")
    judge: Words = Field(description="Who judged.")
    endpoints: dict[EndpointName, Rating] = Field(
        description="Rating of each endpoint; one without is not rated."
    )


class Distinct(Strict):
    """A study that looks as if it shared patients, and why it does not."""

    study: StudyId = Field(description="The other study of the register.")
    reason: Words = Field(description="Why no patient is in both.")


class Registration(Strict):
    """One paper that was considered, and what was decided."""

    LATER = frozenset({"identifier"})
    id: StudyId = Field(description="Stem of the study.")
    title: Words = Field(description="Title of the paper.")
    authors: list[Words] = Field(
        min_length=1, description="Authors as known; `and others` closes a shortened list."
    )
    journal: Words = Field(description="Journal.")
    year: Annotated[int, Field(ge=1900, le=2100)] = Field(description="Year of publication.")
    doi: Doi | None = Field(
        None, description="DOI, e.g. 10.3389/fimmu.2025.1530623; null where the paper has none."
    )
    identifier: Words | None = Field(
        None,
        description=(
            "What else names the paper, where it has no DOI: its address, a trial's registration, an ISBN,"
            " the number of an abstract."
        ),
    )
    pmid: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,9}$")] | None = Field(
        None, description="PubMed identifier."
    )
    registrations: list[Words] = Field([], description="Trial registrations.")
    centres: list[Words] = Field([], description="Treating centres, where no record holds them.")
    patients: Count | None = Field(None, description="Patients in the paper; null where not known.")
    contrast: ContrastName = Field(
        description="What is compared: one of the question's contrasts, never pooled with each other."
    )
    decision: Literal["included", "awaiting_data", "excluded"] = Field(description="What was decided.")
    endpoints: list[EndpointName] | None = Field(
        None, description="Endpoints it may enter; null means every endpoint its record supports."
    )
    reason: Words = Field(description="Why, in a sentence or two.")
    ground: Ground | None = Field(
        None, description="Why it is excluded, in the word under which the flow diagram counts it."
    )
    decided: Day = Field(description="Date of the decision.")
    retracted: Day | None = Field(
        None, description="Date of the paper's retraction; it is then excluded, and its record is kept."
    )
    cohort: Slug = Field(description="Overlap group: studies that may share patients carry the same name.")
    distinct_from: list[Distinct] = Field(
        [], description="Studies that look as if they shared patients with this one and do not."
    )
    text_held: bool = Field(description="Whether a readable text was at hand.")
    registered: bool = Field(False, description="Whether the review was registered with it.")

    @model_validator(mode="after")
    def grounds_are_for_exclusions(self) -> Self:
        if self.ground and self.decision != "excluded":
            raise ValueError(f"{self.id} is not excluded, so it has no ground of exclusion")
        return self

    @model_validator(mode="after")
    def can_be_found(self) -> Self:
        if not (self.doi or self.pmid or self.identifier):
            raise ValueError(f"{self.id} needs a doi, a pmid or another identifier")
        return self

    @property
    def link(self) -> str | None:
        """Address of the paper; None where its identifier is none."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.identifier and re.match(r"https?://\S+$", self.identifier):
            return self.identifier
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else None

    @property
    def named_by(self) -> str:
        """What names the paper to others: its DOI, else its other identifier, else that of PubMed."""
        return self.doi or self.identifier or f"PMID {self.pmid}"

    @property
    def label(self) -> str:
        """Surname and year, e.g. `Zhou 2025`: the surname of the id, spelt as the first author's where that
        is the same but for capitals, accents, spaces and hyphens.
        """
        stem = self.id.rstrip("abcdefghijklmnopqrstuvwxyz").rstrip("0123456789")
        words = self.authors[0].replace(",", " ").split()
        parts = (" ".join(words[i:j]) for i, j in combinations(range(len(words) + 1), 2))
        same = (part for part in parts if re.sub(r"[^a-z]", "", without_accents(part)) == stem)
        spelt = (part for part in same if part.lower() != part != part.upper())
        return f"{next(spelt, stem.capitalize())} {self.year}"


class ExternalNumber(Strict):
    """A number from outside the included studies, e.g. a baseline risk."""

    id: Slug = Field(description="Name of the number.")
    meaning: Words = Field(description="What it is.")
    events: Count | None = Field(None, description="Patients with the event.")
    n: Annotated[Count, Field(ge=1)] | None = Field(None, description="Patients.")
    printed: Words = Field(description="As printed.")
    source: Words = Field(description="Where it was read.")


class Register(Strict):
    """Every paper considered, and the outside numbers the review leans on."""

    studies: list[Registration] = Field(max_length=MOST_STUDIES, description="One row per paper.")
    external: list[ExternalNumber] = Field([], description="Numbers from outside the included studies.")
