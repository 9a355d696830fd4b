"""Does each record hang together?  What it names is defined, and what it types stands in what it quotes.

These are faults of the extraction, never of the paper, so none can be acknowledged.
"""

from collections.abc import Callable, Iterator

from extraction.bias import judgements, tool_of
from extraction.derived.groups import both_sizes
from extraction.fragment import numbers
from extraction.question import FIELDS, is_about_time
from extraction.records import Problem, Review, Source
from extraction.recover.printed_results import numbers_in, p_values_in
from extraction.schema import (
    Address,
    Bound,
    Counts,
    Difference,
    GroupSize,
    LogRankP,
    MeanInterval,
    MeanSd,
    MedianQuartiles,
    MedianRange,
    MedianTime,
    NotReported,
    PValue,
    Quantity,
    Ratio,
    Record,
    Share,
    SurvivalCurve,
    TestOutcome,
    compares_incidences,
)
from extraction.vocabulary import BOTH_ARMS, REVERSED, TWO_ARMS, UNITS_OF_KIND

MAY_PRINT_WORDS = {"not_reported", "survival_curve", "test_outcome", "bound"}
"""Kinds of report that may stand in words, or nowhere."""

TYPED = {
    "group_size": ("n",),
    "counts": ("events", "n", "percent"),
    "percentage": ("percent", "n", "lower", "upper"),
    "hazard_ratio": ("estimate", "lower", "upper"),
    "odds_ratio": ("estimate", "lower", "upper"),
    "risk_ratio": ("estimate", "lower", "upper"),
    "rate_ratio": ("estimate", "lower", "upper"),
    "subdistribution_ratio": ("estimate", "lower", "upper"),
    "ratio_of_means": ("estimate", "lower", "upper"),
    "risk_difference": ("estimate", "lower", "upper"),
    "mean_difference": ("estimate", "lower", "upper"),
    "restricted_mean_difference": ("estimate", "lower", "upper"),
    "median_range": ("median", "minimum", "maximum"),
    "median_quartiles": ("median", "lower_quartile", "upper_quartile"),
    "median_time": ("median", "lower", "upper"),
    "mean_sd": ("mean", "sd"),
    "mean_interval": ("mean", "se", "lower", "upper"),
    "quantity": ("value", "lower", "upper"),
}
"""Values of each kind that are copied from the printed fragment."""


def problems(review: Review) -> list[Problem]:
    """Every fault of structure in the review."""
    return [
        problem
        for stem, record in review.records.items()
        for rule in RULES
        for problem in rule(record, review.sources[stem])
    ]


def ids_are_unique(record: Record, source: Source) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, entry in enumerate(record.entries):
        if entry.id in seen:
            yield source.problem(("entries", i, "id"), entry.id, "an entry's id stands once in a record")
        seen.add(entry.id)


def arms_are_defined(record: Record, source: Source) -> Iterator[Problem]:
    for arm in ("treated", "control"):
        if arm not in record.arms:
            yield source.problem(("arms", arm), "nothing", "a record defines both arms")


def arm_sizes_are_stated(record: Record, source: Source) -> Iterator[Problem]:
    """Two of treated, control and total are printed for all patients or follow, or the gap is stated."""
    stated = {e.arm for e in record.entries if e.field == "group_size" and e.stratum == "all"}
    if both_sizes(record):
        return
    gap = any(e.field == "group_size" and isinstance(e, NotReported) for e in record.entries)
    if len(stated & {"treated", "control", "total"}) < 2 and not gap:
        yield source.problem(
            ("entries",),
            ", ".join(sorted(stated)) or "no group size",
            "the size of two of treated, control and total is needed in stratum all, or a not_reported entry",
        )


def strata_are_defined(record: Record, source: Source) -> Iterator[Problem]:
    if "all" not in record.strata:
        yield source.problem(("strata", "all"), "nothing", "strata must define all")
    for i, entry in enumerate(record.entries):
        if entry.stratum not in record.strata | {"all": None}:
            yield source.problem(
                ("entries", i, "stratum"),
                entry.stratum,
                f"is not defined under strata ({', '.join(record.strata)})",
            )


def units_fit(record: Record, source: Source) -> Iterator[Problem]:
    for i, entry in enumerate(record.entries):
        legal = UNITS_OF_KIND.get(entry.kind, FIELDS[entry.field].units)
        if entry.unit not in legal:
            yield source.problem(
                ("entries", i, "unit"),
                entry.unit,
                f"the unit of a {entry.kind} of {entry.field} is {' or '.join(legal)}",
            )


OF_PATIENTS = GroupSize | Share | Bound | MedianRange | MedianQuartiles | MedianTime | MeanSd | MeanInterval
OF_A_CONTRAST = PValue | LogRankP | TestOutcome | Ratio | Difference
OF_EITHER = Quantity | SurvivalCurve | NotReported


def kinds_fit_whom_they_describe(record: Record, source: Source) -> Iterator[Problem]:
    """Patients are those of an arm or of both; a test or ratio of the two arms is of their comparison."""
    for i, entry in enumerate(record.entries):
        kind = entry.kind.replace("_", " ")
        if isinstance(entry, OF_PATIENTS) and entry.arm == "comparison":
            yield source.problem(
                ("entries", i, "arm"), entry.arm, f"a {kind} is of patients: {', '.join(BOTH_ARMS)} or total"
            )
        of_the_two = entry.contrast in (TWO_ARMS, REVERSED)
        if isinstance(entry, OF_A_CONTRAST) and entry.arm in BOTH_ARMS and of_the_two:
            yield source.problem(
                ("entries", i, "arm"),
                entry.arm,
                f"a {kind} of the two arms is of their comparison, not of one arm",
            )


def sources_are_listed(record: Record, source: Source) -> Iterator[Problem]:
    """An address names one of the texts read; it names none only where none is held."""
    texts: set[str | None] = {text.file for text in record.texts} or {None}
    for path, address in _addresses(record):
        if address.source not in texts:
            held = ", ".join(sorted(filter(None, texts))) or "none, so the source is null"
            yield source.problem(
                (*path, "source"), address.source or "nothing", f"is not listed under texts ({held})"
            )


def _addresses(record: Record) -> Iterator[tuple[tuple, Address]]:
    yield ("design", "address"), record.design.address
    for block in ("arms", "strata", "definitions"):
        for name, definition in getattr(record, block).items():
            if definition.address:
                yield (block, name, "address"), definition.address
    for i, row in enumerate(record.risk_of_bias):
        if row.address:
            yield ("risk_of_bias", i, "address"), row.address
    for i, entry in enumerate(record.entries):
        yield ("entries", i, "address"), entry.address


def fragments_are_given(record: Record, source: Source) -> Iterator[Problem]:
    for i, entry in enumerate(record.entries):
        if entry.printed is None and entry.kind not in MAY_PRINT_WORDS:
            yield source.problem(
                ("entries", i, "printed"),
                "nothing",
                f"an entry of kind {entry.kind} needs its fragment as printed",
            )


def values_stand_in_their_fragment(record: Record, source: Source) -> Iterator[Problem]:
    """A slip of typing shows as a number that its own quotation does not hold, or with other digits."""
    for i, entry in enumerate(record.entries):
        if entry.printed is None:
            continue
        held = numbers(entry.printed) | numbers_in(entry.printed)
        for key in TYPED.get(entry.kind, ()):
            value = getattr(entry, key)
            if value is not None and str(value) not in held:
                yield source.problem(
                    ("entries", i, key), value, f"does not stand so in its fragment “{entry.printed}”"
                )
        p = getattr(entry, "p", None)
        if p and p not in p_values_in(entry.printed):
            yield source.problem(
                ("entries", i, "p"), p, f"does not stand so in its fragment “{entry.printed}”"
            )


def estimators_are_named(record: Record, source: Source) -> Iterator[Problem]:
    """A share whose words tell of an estimate says which it is, so that it is not taken for a count; one at a
    time says at which.
    """
    for i, entry in enumerate(record.entries):
        if not isinstance(entry, Share) or entry.arm == "comparison":
            continue
        told, by_variable = entry.told_estimator, is_about_time(entry.field)
        if told and entry.estimator is None and not (by_variable and told == "kaplan_meier"):
            yield source.problem(
                ("entries", i, "estimator"),
                "nothing",
                f"its words tell of an estimate: give `estimator`, as {told}, or crude where it is a count",
            )
        elif entry.estimated_by in ("kaplan_meier", "cumulative_incidence") and not entry.at:
            yield source.problem(
                ("entries", i, "at"),
                "nothing",
                f"is estimated as {entry.estimated_by}: give its time, as `at: 12 months`",
            )


def tests_are_those_of_their_words(record: Record, source: Source) -> Iterator[Problem]:
    """Gray's test is named as such: it compares cumulative incidences, and no counts."""
    for i, entry in enumerate(record.entries):
        if not isinstance(entry, PValue | TestOutcome) or {"gray", "fine_gray"} & set(entry.tests):
            continue
        if compares_incidences(entry):
            yield source.problem(
                ("entries", i, "tests"), ", ".join(entry.tests), "its words tell of Gray: gray or fine_gray"
            )


def integrity_names_entries(record: Record, source: Source) -> Iterator[Problem]:
    known = {entry.id for entry in record.entries}
    for i, name in enumerate(record.integrity.entries if record.integrity else ()):
        if name not in known:
            yield source.problem(("integrity", "entries", i), name, "is not an entry of this record")


def strata_beside_are_known(record: Record, source: Source) -> Iterator[Problem]:
    for name, stratum in record.strata.items():
        if stratum.rest_of and stratum.rest_of not in record.strata:
            path = ("strata", name, "rest_of")
            yield source.problem(path, stratum.rest_of, "is not a stratum of this record")


def contradictions_name_entries(record: Record, source: Source) -> Iterator[Problem]:
    entries = {entry.id: entry for entry in record.entries}
    for i, contradiction in enumerate(record.contradictions):
        for k, name in enumerate(contradiction.entries):
            if name not in entries:
                yield source.problem(
                    ("contradictions", i, "entries", k), name, "is not an entry of this record"
                )
        legal = [*contradiction.entries, "all", "neither"]
        if len(contradiction.entries) == 1 and isinstance(entries.get(contradiction.entries[0]), Counts):
            legal += ["events", "percent"]
        if contradiction.used not in legal:
            yield source.problem(
                ("contradictions", i, "used"), contradiction.used, f"must be one of {', '.join(legal)}"
            )


def contrasts_name_entries(record: Record, source: Source) -> Iterator[Problem]:
    """The first group of a contrast is the patients of a counted entry."""
    counted = {entry.id for entry in record.entries if isinstance(entry, Counts)}
    for i, entry in enumerate(record.entries):
        if entry.contrast_of and entry.contrast_of not in counted:
            yield source.problem(
                ("entries", i, "contrast_of"),
                entry.contrast_of,
                "is not an entry of kind counts of this record",
            )
        if entry.contrast_of and entry.contrast == TWO_ARMS:
            yield source.problem(
                ("entries", i, "contrast_of"),
                entry.contrast_of,
                "belongs to another contrast than the two arms: name it in `contrast`",
            )


def bias_is_judged_in_every_domain(record: Record, source: Source) -> Iterator[Problem]:
    """An endpoint that is judged at all is judged once in each domain of the tool for its study's design."""
    tool, seen = tool_of(record), dict[str, list[str]]()
    kind = "a randomised trial" if record.design.randomised else "a study that is not randomised"
    for i, row in enumerate(record.risk_of_bias):
        for key, value, known in (
            ("domain", row.domain, (*tool.domains, "overall")),
            ("judgement", row.judgement, tool.gravity),
        ):
            if value not in known:
                rule = f"{kind} is judged by {tool.name}: {', '.join(known)}"
                yield source.problem(("risk_of_bias", i, key), value, rule)
        if row.judgement not in tool.gravity:
            continue
        for endpoint in row.endpoints:
            if row.domain in seen.setdefault(endpoint, []):
                yield source.problem(
                    ("risk_of_bias", i, "endpoints"),
                    endpoint,
                    f"{row.domain} is judged twice for this endpoint",
                )
            seen[endpoint].append(row.domain)
            made = [
                tool.gravity.index(one.judgement)
                for one in judgements(record, endpoint).values()
                if one.judgement in tool.gravity
            ]
            if row.domain == "overall" and tool.gravity.index(row.judgement) >= min(made, default=0):
                yield source.problem(
                    ("risk_of_bias", i, "judgement"),
                    row.judgement,
                    "the overall risk follows from the domains; where it is judged, it is graver than each",
                )
    for judged, domains in seen.items():
        if missing := [domain for domain in tool.domains if domain not in domains]:
            yield source.problem(
                ("risk_of_bias",),
                judged,
                f"an endpoint is judged in every domain; missing: {', '.join(missing)}",
            )


RULES: list[Callable[[Record, Source], Iterator[Problem]]] = [
    ids_are_unique,
    arms_are_defined,
    arm_sizes_are_stated,
    strata_are_defined,
    units_fit,
    sources_are_listed,
    fragments_are_given,
    values_stand_in_their_fragment,
    estimators_are_named,
    tests_are_those_of_their_words,
    contradictions_name_entries,
    kinds_fit_whom_they_describe,
    integrity_names_entries,
    strata_beside_are_known,
    contrasts_name_entries,
    bias_is_judged_in_every_domain,
]
