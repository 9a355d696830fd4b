"""Durations: outcomes of tests within grades, and medians of arms that mix grades."""

from collections.abc import Iterator
from decimal import Decimal
from math import comb

from extraction.derived.groups import patients_by_grade
from extraction.derived.the_rest import mixes_of_the_rest, sizes_of_the_rest
from extraction.derived.whole_days import is_no_median_of_whole_days
from extraction.question import ASKED, CONDITION, GRADES, HIGHEST_GRADE, QUESTION, counted_as
from extraction.recover.ranks import judge_rank_p
from extraction.said import said
from extraction.schema import GRADE_NAMES, Bound, Entry, PValue, Record, TestOutcome
from extraction.schema import MedianQuartiles as PrintedQuartiles
from extraction.schema import MedianRange as PrintedRange
from extraction.vocabulary import HOURS
from models.evidence.foreseen import DurationsForeseen, MedianForeseen, RanksForeseen
from models.evidence.report import Reading, Unused, Used
from models.evidence.survival import overlap, rest
from models.likelihood.duration_report import ARMS, Grades
from models.likelihood.kinds.median_quartiles import MedianQuartiles
from models.likelihood.kinds.median_range import MedianRange
from models.likelihood.kinds.test_outcome import OutcomeOfTest

type Compared = PValue | TestOutcome
"""A printed comparison of the arms."""


@said("Tests within grades; medians with ranges of each arm, or of both together")
def durations(record: Record, endpoint: str, contrast: str, reading: Reading) -> Iterator[Used | Unused]:
    """Tests within grades; medians with ranges by arm, or else of both together, as mixtures of grades.

    Grades are the highest reached, which the treatment may change: patients whom it fails leave the grade at
    which they were given it for a worse one.
    """
    grades = patients_by_grade(record) if reading.grade_reached else _counted_back(record)
    strata = {s: meaning.grades for s, meaning in record.strata.items() if meaning.grades}
    tested = sorted((s for s in strata if _tests(record, endpoint, s)), key=lambda s: len(strata[s]))
    taken: set[str] = set()
    for stratum in tested:
        if any(overlap(record, stratum, other) for other in taken):
            yield from (
                Unused(record.study, (e.id,), "its patients are those of a stratum used", stratum)
                for e in _tests(record, endpoint, stratum)
            )
        else:
            taken.add(stratum)
            cells = {arm: _of_grades(_cells(grades, arm), strata[stratum]) for arm in ARMS}
            yield from _test_report(record, stratum, cells, _tests(record, endpoint, stratum), reading)
    of_all = _tests(record, endpoint, "all")
    enters = _enters_alone(record, endpoint, of_all, tested, grades)
    if enters:
        yield from _test_report(record, "all", {arm: _cells(grades, arm) for arm in ARMS}, of_all, reading)
    for test in () if enters else of_all:
        check = (
            DurationsForeseen(_significant(test), *(_cells(grades, arm) for arm in ARMS)) if grades else None
        )
        yield Unused(record.study, (test.id,), _why_not_of_all(test, tested, grades), "all", check)
    yield from _medians(record, endpoint, grades, reading)
    for entry in record.find(Entry, endpoint):
        if entry.stratum not in ("all", *strata) and entry.kind != "not_reported":
            yield _of_unknown_grades(record, entry, ASKED[endpoint].unit)
        elif entry.kind in NOT_READ:
            yield Unused(record.study, (entry.id,), NOT_READ[entry.kind], entry.stratum)
    yield from rest(record, endpoint, {"not_reported"})


SIZES_UNKNOWN = f"the {'grades by arm' if QUESTION.grades else 'sizes of the arms'} are not printed"
NOT_READ = {
    "mean_sd": "a mean and SD: durations enter by medians, their ranges or quartiles, and outcomes of tests",
    "mean_difference": "a difference of means: durations enter by medians and outcomes of tests",
    "hazard_ratio": "a hazard ratio of its end: durations are taken as log-normal, without one ratio",
    "quantity": "a number without its spread over patients",
    "counts": "patients by length, which no likelihood here reads",
    "percentage": "a share of patients by length, which no likelihood here reads",
}
"""Why reports of durations of some kinds never enter."""


def _enters_alone(
    record: Record,
    endpoint: str,
    of_all: list[Compared],
    tested: list[str],
    grades: dict[int, dict[str, int]],
) -> bool:
    """Whether a test of whole arms enters, of arms that mix grades a Mann-Whitney test: nothing else tells of
    their durations.
    """
    medians = [e for e in record.find(Entry, endpoint) if isinstance(e, PrintedRange | PrintedQuartiles)]
    named = bool(of_all) and _has_a_likelihood(of_all[0])
    return named and not tested and not medians and all(_cells(grades, arm) for arm in ARMS)


def _has_a_likelihood(of_all: Compared) -> bool:
    """Whether it is a test whose power is known for whole arms."""
    return of_all.tests == ["mann_whitney"] or len(GRADES) == 1


def _why_not_of_all(test: Compared, tested: list[str], grades: dict[int, dict[str, int]]) -> str:
    if tested:
        return "the patients of its grades, whose tests are used"
    if not grades:
        return SIZES_UNKNOWN
    if not _has_a_likelihood(test):
        return "a test other than Mann-Whitney's of arms that mix grades has no likelihood here"
    return "the same patients as the medians used"


def _counted_back(record: Record) -> dict[int, dict[str, int]]:
    """Patients by grade and arm; who got worse once treated counts in the grade at which that was."""
    grades = {grade: dict(sizes) for grade, sizes in patients_by_grade(record).items()}
    for entry in record.find(Bound, HIGHEST_GRADE, stratum="all"):
        if entry.given_at_grade is None or entry.category is None:
            continue
        reached, given = map(counted_as, (GRADE_NAMES.index(entry.category), entry.given_at_grade))
        if {reached, given} <= grades.keys():
            for arm in (entry.arm, "total"):
                grades[reached][arm] -= entry.at_least
                grades[given][arm] += entry.at_least
    return grades


def _tests(record: Record, endpoint: str, stratum: str) -> list[Compared]:
    """Comparisons of durations in a stratum: an outcome at the 5 % level first, then p-values, then other
    levels.
    """
    found = [e for e in record.find(Entry, endpoint, stratum=stratum) if isinstance(e, PValue | TestOutcome)]
    return sorted(
        found,
        key=lambda e: (
            not (isinstance(e, TestOutcome) and float(e.alpha) == 0.05),
            not isinstance(e, PValue),
        ),
    )


def _test_report(
    record: Record, stratum: str, cells: dict[str, Grades], entries: list[Compared], reading: Reading
) -> Iterator[Used | Unused]:
    first, *others = entries
    sizes = {arm: sum(n for _, n in cells[arm]) for arm in cells}
    report = OutcomeOfTest(
        **cells,
        tests=tuple(t for t in first.tests if t in ("mann_whitney", "t")),
        significant=_significant(first),
        direction=first.direction,
        alpha=float(first.alpha) if isinstance(first, TestOutcome) else 0.05,
    )
    impossible = {e.id: fault for e in entries if (fault := _impossible(e, sizes))}
    if not all(sizes.values()):
        yield Unused(record.study, (first.id,), SIZES_UNKNOWN, stratum)
    elif impossible and not reading.impossible_as_outcome:
        yield Unused(
            record.study, (first.id,), "a p of this comparison is one that its test cannot give", stratum
        )
    elif not report.tests:
        yield Unused(record.study, (first.id,), "the test is not named", stratum)
    elif report.tests == ("mann_whitney",) and not _can_be_significant(**sizes, alpha=report.alpha):
        means = (
            "the report is not one of this test"
            if report.significant
            else "the report says nothing of the effect"
        )
        yield Unused(
            record.study,
            (first.id,),
            f"no outcome of the test is significant with {sizes['treated']} v {sizes['control']} patients, "
            f"so {means}",
            stratum,
        )
    else:
        yield Used(record.study, report, (first.id,), stratum)
    for entry in others:
        yield Unused(
            record.study,
            (entry.id,),
            impossible.get(entry.id, "the same comparison as the outcome used"),
            stratum,
        )


def _impossible(entry: Compared, sizes: dict[str, int]) -> str:
    """Why a printed p cannot be that of its only named test, a Mann-Whitney test; empty where it can."""
    if not isinstance(entry, PValue) or entry.tests != ["mann_whitney"] or not all(sizes.values()):
        return ""
    found = judge_rank_p(sizes["treated"], sizes["control"], entry.p)
    if found["possible"]:
        return ""
    return (
        f"a Mann-Whitney test of {sizes['treated']} v {sizes['control']} patients cannot give it (smallest p "
        f"{found['smallest_attainable_p']:.4f}): the comparison enters by its outcome in words"
    )


def _of_unknown_grades(record: Record, entry: Entry, unit: str) -> Unused:
    """A report of part of the patients that is not defined by grade.  They enter by grade, and the posterior
    must foresee it, in a unit, under every mix of grades that they can have.

    No reading puts it in their place: a likelihood would need the grades of its patients, and how many had
    the condition at all.
    """
    reason = f"its patients enter {'by grade' if QUESTION.grades else 'with all'}"
    reason += _at_the_sizes_found(record, entry, unit)
    mixes = mixes_of_the_rest(record, entry.stratum)
    check: RanksForeseen | MedianForeseen | None = None
    if mixes and QUESTION.grades:
        reason += (
            "; no reading puts it in their place, since neither the grades of its patients are printed nor"
            f" how many had {CONDITION}; it is foreseen as if all had it"
        )
    if mixes:
        by_arm = dict(zip(ARMS, map(tuple, mixes), strict=True))
        if isinstance(entry, PValue) and entry.tests == ["mann_whitney"]:
            check = RanksForeseen(entry.p, **by_arm)
        elif isinstance(entry, PrintedRange | PrintedQuartiles) and entry.arm in by_arm:
            median = _in(unit, entry, entry.median)
            check = MedianForeseen(median, entry.arm == "treated", by_arm[entry.arm])
    return Unused(record.study, (entry.id,), reason, entry.stratum, check)


def _at_the_sizes_found(record: Record, entry: Entry, unit: str) -> str:
    """What a Mann-Whitney test gives for a p of part of the patients, at sizes that follow from the rest of
    them; empty where none follow.
    """
    sizes = sizes_of_the_rest(record, entry.stratum)
    if not isinstance(entry, PValue) or entry.tests != ["mann_whitney"] or not sizes:
        return ""
    at = f"; at {sizes[0]} v {sizes[1]} patients, those whom the stratum beside it leaves, "
    if judge_rank_p(*sizes, entry.p)["possible"]:
        return f"{at}a Mann-Whitney test can give this p"
    return (
        f"{at}a Mann-Whitney test without ties does not print this p, but {unit} have ties, and some of"
        f" these patients may have had no {CONDITION}, so that nothing speaks against it"
    )


def _significant(entry: Compared) -> bool:
    """Whether the paper's test came out significant at the 5 % level; `<0.05` says so."""
    if isinstance(entry, TestOutcome):
        return entry.significant
    value = float(entry.p.lstrip("<>=≤≥ "))
    return value < 0.05 or (entry.p.startswith("<") and value <= 0.05)


def _can_be_significant(treated: int, control: int, alpha: float) -> bool:
    """Whether complete separation of the arms has a two-sided exact Mann-Whitney p below alpha."""
    return 2 / comb(treated + control, treated) < alpha


def _cells(grades: dict[int, dict[str, int]], arm: str) -> Grades:
    """Patients of an arm with the condition as pairs of grade and number."""
    return tuple((grade, sizes[arm]) for grade, sizes in grades.items() if grade > 0 and sizes[arm] > 0)


def _of_grades(cells: Grades, grades: list[int]) -> Grades:
    """Those of the cells whose grade is one of a stratum's."""
    wanted = set(map(counted_as, grades))
    return tuple(cell for cell in cells if cell[0] in wanted)


def _medians(
    record: Record, endpoint: str, grades: dict[int, dict[str, int]], reading: Reading
) -> Iterator[Used | Unused]:
    found = {
        e.arm: e
        for e in record.find(Entry, endpoint, stratum="all")
        if isinstance(e, PrintedRange | PrintedQuartiles)
    }
    by_arm = {"treated", "control"} <= found.keys()
    means = not reading.medians_at_their_word and any(
        is_no_median_of_whole_days(record, entry) for entry in found.values()
    )
    for arm, entry in found.items():
        if not grades:
            yield Unused(record.study, (entry.id,), SIZES_UNKNOWN)
        elif means:
            yield Unused(record.study, (entry.id,), "read as a mean: no whole days have such medians")
        elif by_arm and arm == "total":
            yield Unused(record.study, (entry.id,), "the same patients as the medians by arm")
        else:
            yield _median(record, ASKED[endpoint].unit, grades, arm, entry)


def _median(
    record: Record,
    unit: str,
    grades: dict[int, dict[str, int]],
    arm: str,
    entry: PrintedRange | PrintedQuartiles,
) -> Used:
    """A median of an arm, or of both together, in a unit."""
    arms = ARMS if arm == "total" else (arm,)
    treated, control = (_cells(grades, a) if a in arms else None for a in ARMS)
    if isinstance(entry, PrintedQuartiles):
        quartiles = MedianQuartiles(
            treated=treated,
            control=control,
            unit=unit,
            median=_in(unit, entry, entry.median),
            lower_quartile=_in(unit, entry, entry.lower_quartile),
            upper_quartile=_in(unit, entry, entry.upper_quartile),
        )
        return Used(record.study, quartiles, (entry.id,))
    zeros = grades.get(0, {}).get(arm, 0) if entry.minimum == 0 else 0
    note = f"{zeros} patients without {CONDITION} counted as 0 {unit}" if zeros else ""
    limits = MedianRange(
        treated=treated,
        control=control,
        unit=unit,
        median=_in(unit, entry, entry.median),
        minimum=_in(unit, entry, entry.minimum),
        maximum=_in(unit, entry, entry.maximum),
        zeros=zeros,
    )
    return Used(record.study, limits, (entry.id,), note=note)


def _in(unit: str, entry: Entry, printed: Decimal) -> float:
    """A printed duration in a unit."""
    if entry.unit == unit:
        return float(printed)
    return float(f"{float(printed) * HOURS[entry.unit] / HOURS[unit]:.6g}")
