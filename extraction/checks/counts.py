"""Rules about counts: groups, percentages, sums."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from extraction.checks.judgement import TWO_ARMS, Judgement, alike, compare, own_group, rounded
from extraction.derived.candidates import stratum_size, tables_of
from extraction.derived.groups import (
    CATEGORIES,
    TOGETHER,
    are_disjoint,
    grade_counts,
    grades_in,
    group_size,
    is_part_of_severe,
    printed_sizes,
)
from extraction.question import (
    ANY_GRADE,
    CONDITION,
    GRADES,
    HIGHEST_GRADE,
    PARTITIONED,
    QUESTION,
    SUMS,
    TREATMENT,
)
from extraction.recover.rounding import PrintedPercent, decimals, printed_percent
from extraction.schema import AnyEntry, Bound, Counts, GroupSize, Percentage, Record
from extraction.vocabulary import BOTH_ARMS


def group_sizes_agree(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """One size per arm and stratum, and the arms add to the total."""
    if not isinstance(entry, GroupSize) or entry.contrast != TWO_ARMS:
        return
    group, sizes = f"the arm {entry.arm} in stratum {entry.stratum}", printed_sizes(record, entry.stratum)
    if entry.arm not in sizes:
        yield Judgement("differs", "one size", f"{group} has several sizes")
    elif entry.n != sizes[entry.arm]:
        yield Judgement("differs", str(sizes[entry.arm]), f"{group} has one size")
    if entry.arm in BOTH_ARMS and entry.n > sizes.get("total", entry.n):
        yield Judgement(
            "differs", f"at most {sizes['total']}", f"{group} is no larger than both arms together"
        )
    if {"treated", "control", "total"} <= sizes.keys():
        both = sizes["treated"] + sizes["control"]
        if entry.arm == "total" or both == sizes["total"]:  # where they do not, the total alone is judged
            yield compare(
                both == sizes["total"], both if entry.arm == "total" else entry.n, "the arms add to the total"
            )


def treated_less_those_left_out_are_those_analysed(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A stratum before exclusions, less all that the paper leaves out of it, is the whole cohort."""
    if (
        not isinstance(entry, GroupSize)
        or entry.stratum == "all"
        or entry.arm != "total"
        or not (analysed := group_size(record, "total"))
    ):
        return
    left_out = record.find(Counts, "excluded_patients", stratum=entry.stratum)
    whole = [e for e in left_out if e.category == "all reasons"] or left_out
    if left_out:
        out = sum(e.events for e in whole)
        yield compare(
            entry.n - out == analysed,
            analysed + out,
            f"those treated, less {out} left out, are the {analysed} analysed",
        )


def reasons_add_to_all_left_out(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Judged at the sum; each reason agrees with it where the sum does."""
    if entry.field != "excluded_patients" or not isinstance(entry, Counts):
        return
    found = record.find(Counts, "excluded_patients")
    reasons, sums = (
        [e.events for e in found if (e.category == "all reasons") is total] for total in (False, True)
    )
    if reasons and sums and (entry.category == "all reasons" or sum(reasons) == sums[0]):
        yield compare(
            sum(reasons) == sums[0],
            sum(reasons),
            f"the reasons add to all left out: {' + '.join(map(str, reasons))}",
        )


def size_is_that_of_its_percentages(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """The percentages of an arm have its size below the line; those that do not are judged at themselves."""
    if not isinstance(entry, GroupSize) or entry.contrast != TWO_ARMS or entry.n < 1:
        return
    shares = [
        e
        for e in record.entries
        if isinstance(e, Counts)
        and e.percent is not None
        and e.n is None
        and e.percent <= 100
        and (e.arm, e.stratum, e.contrast) == (entry.arm, entry.stratum, entry.contrast)
    ]
    fit = sum(bool(printed_percent(e.percent).rounds(e.events, entry.n)) for e in shares if e.percent)
    if fit and 2 * fit > len(shares):
        yield Judgement(
            "agrees",
            str(entry.n),
            f"{fit} of {len(shares)} percentages of this group are those of {entry.n} patients",
        )


def events_within_the_group(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    if not isinstance(entry, Counts | Bound):
        return
    events = entry.events if isinstance(entry, Counts) else max(entry.at_least, entry.at_most or 0)
    printed = entry.n if isinstance(entry, Counts) else None
    limits = [n for n in (printed, own_group(record, entry)) if n is not None]
    if limits and events > min(limits):
        yield Judgement(
            "differs", f"at most {min(limits)}", f"{events} events exceed the group of {min(limits)} patients"
        )


def percentage_is_events_over_n(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Half-up and half-even rounding both count as right; digits merely cut off are off in the last digit."""
    if not isinstance(entry, Counts) or entry.percent is None or entry.percent > 100 or not entry.is_crude:
        return
    n = entry.n or own_group(record, entry)
    if not n:
        size = stratum_size(record, entry.stratum)
        if size and size[1] == entry.id:
            yield Judgement(
                "agrees",
                f"{entry.events}/{size[0]}",
                f"the percentage is {entry.events} of {size[0]}, the only group that prints so",
            )
        else:
            yield Judgement(
                "cannot_be_checked", "", "the percentage is events of n, but the group's size is not printed"
            )
        return
    percent = printed_percent(entry.percent)
    expected = f"{rounded(Fraction(100 * entry.events, n), max(0, decimals(entry.percent)))}%"
    rule = f"the percentage is {entry.events} of {n}"
    if percent.rounds(entry.events, n):
        yield Judgement("agrees", expected, rule)
    elif percent.steps_off(entry.events, n) <= 1.5:
        cut = percent.cut_off(entry.events, n)
        yield Judgement(
            "differs",
            expected,
            rule + (", cut off rather than rounded" if cut else ", off in the last digit"),
            "last_digit",
        )
    else:
        yield Judgement("differs", expected, rule + _which_group_would(percent, entry.events))


def _which_group_would(percent: PrintedPercent, events: int) -> str:
    """The groups that would give a percentage, where there are any of a size a paper may have."""
    sizes = [n for n in range(max(events, 1), 1000) if percent.rounds(events, n)]
    if not sizes:
        return "; no group of up to 999 patients gives it"
    return f"; it is that of a group of {sizes[0]}" + (f" to {sizes[-1]}" if len(sizes) > 1 else "")


def percentage_is_possible(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A percentage without its count is that of some whole number of patients."""
    if (
        not isinstance(entry, Percentage)
        or entry.percent > 100
        or entry.category == QUESTION.categories.given_it
    ):
        return
    if not entry.is_crude:
        return  # no number of patients stands behind it
    n = entry.n or own_group(record, entry)
    if not n:
        yield Judgement("cannot_be_checked", "", "the group's size is not printed")
        return
    percent = printed_percent(entry.percent)
    fits = [events for events in range(n + 1) if percent.rounds(events, n)]
    nearest = min(range(n + 1), key=lambda events: percent.steps_off(events, n))
    digits = max(0, decimals(entry.percent))
    expected = f"{rounded(Fraction(100 * nearest, n), digits)}% ({nearest}/{n})"
    if fits:
        yield Judgement("agrees", expected, f"{fits[0]} of {n} patients print so")
    else:
        mild = percent.steps_off(nearest, n) <= 1.5
        cut = bool(percent.cut_off(np.arange(n + 1), n).any())
        fewer = None if mild or entry.n else _fewer_patients(percent, n)
        yield Judgement(
            "differs",
            expected,
            f"no count of {n} patients has this percentage"
            + (" unless it is cut off" if cut else "")
            + (f"; {fewer[0]}/{fewer[1]} has it: give `n` where it is of fewer patients" if fewer else ""),
            "last_digit" if mild else "error",
            acknowledged=fewer is not None,  # no table of the arms has it, so that it enters nothing
        )


SMALLEST_SHARE_OF_A_GROUP = 0.5
"""Of a group, whom a percentage of those evaluable is still of."""


def _fewer_patients(percent: PrintedPercent, n: int) -> tuple[int, int] | None:
    """Events and patients of the largest part of a group, at least half of it, that print so."""
    for size in range(n - 1, int(SMALLEST_SHARE_OF_A_GROUP * n), -1):
        events = round(percent.units * size / percent.per_whole)
        if percent.rounds(events, size):
            return events, size
    return None


def arms_add_to_the_total(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Counts of the two arms and of all patients; judged at the total, where the sum can be seen."""
    if not isinstance(entry, Counts) or entry.arm != "total" or entry.contrast != TWO_ARMS:
        return
    arms = [alike(Counts, record, entry, arm=arm) for arm in BOTH_ARMS]
    if all(arms):
        events = [found[0].events for found in arms]
        yield compare(
            sum(events) == entry.events, sum(events), f"the arms add to the total: {events[0]} + {events[1]}"
        )


def parts_of_an_arm_agree(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """An arm's count follows the rule too: it is the total less the other arm."""
    if not isinstance(entry, Counts) or entry.arm not in BOTH_ARMS or entry.contrast != TWO_ARMS:
        return
    other = alike(Counts, record, entry, arm=BOTH_ARMS[1 - BOTH_ARMS.index(entry.arm)])
    total = alike(Counts, record, entry, arm="total")
    if other and total and total[0].events - other[0].events == entry.events:
        yield Judgement(
            "agrees",
            str(entry.events),
            f"the arms add to the total: {entry.events} + {other[0].events} = {total[0].events}",
        )


def printed_twice_alike(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Text and table print the same number of the same patients; a percentage beside a count has a rule of
    its own.
    """
    keys = {
        "counts": ("events",),
        "percentage": ("percent",),
        "median_range": ("median", "minimum", "maximum"),
    }.get(entry.kind)
    if not keys:
        return
    for other in alike(type(entry), record, entry):
        pairs = [(getattr(entry, key), getattr(other, key)) for key in keys]
        pairs = [(a, b) for a, b in pairs if a is not None and b is not None]
        if pairs:
            differing = [str(b) for a, b in pairs if a != b]
            yield compare(
                not differing,
                ", ".join(differing) or other.printed,
                f"printed again: {other.printed} ({other.address})",
            )


def share_given_it_is_possible(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Of those with an event, the share who were treated is that of some table of the two arms."""
    if not isinstance(entry, Percentage) or entry.category != QUESTION.categories.given_it:
        return
    found = tables_of(record, entry.field, verbal=False)
    if found is None:
        yield Judgement("cannot_be_checked", "", "the arms are not printed")
    elif not found.tables:
        yield Judgement("differs", "some table", "no table of the arms has this share of its events")
    elif len(found.tables) == 1:
        treated, _, control, _ = found.tables[0]
        yield Judgement("agrees", f"{treated} of {treated + control}", "one table of the arms prints so")
    else:
        yield Judgement("agrees", "", f"{len(found.tables)} tables of the arms print so")


def a_count_printed_both_ways(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """A percentage in the text and a count in the table, of the same patients."""
    if not isinstance(entry, Percentage) or entry.percent > 100:
        return
    for other in record.find(Counts, entry.field, stratum=entry.stratum, arm=entry.arm):
        n = other.n or own_group(record, other)
        if other.category == entry.category and n:
            percent = printed_percent(entry.percent)
            expected = rounded(Fraction(100 * other.events, n), max(0, decimals(entry.percent)))
            same = bool(percent.rounds(other.events, n))
            mild = percent.steps_off(other.events, n) <= 1.5
            yield Judgement(
                "agrees" if same else "differs",
                f"{expected}%",
                f"printed again as {other.printed} ({other.address})",
                "last_digit" if mild and not same else "error",
            )


def categories_add_to_the_group(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Categories that part the patients add to them; fewer tell nothing, since a category may be left
    unprinted.
    """
    if (
        not isinstance(entry, Counts)
        or entry.field not in PARTITIONED
        or entry.contrast != TWO_ARMS
        or not (n := own_group(record, entry))
    ):
        return
    found = {
        e.category: e.events for e in record.find(Counts, entry.field, stratum=entry.stratum, arm=entry.arm)
    }
    if TOGETHER in found:
        found = {category: events for category, events in found.items() if not is_part_of_severe(category)}
    total = sum(found.values())
    if total >= n:
        yield compare(
            total == n, n, f"the categories add to the {n} patients: {' + '.join(map(str, found.values()))}"
        )


def grades_add_to_those_with_the_condition(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    if (
        not isinstance(entry, Counts)
        or entry.field != ANY_GRADE
        or entry.contrast != TWO_ARMS
        or entry.category
    ):
        return
    grades = {
        c: e.events
        for e in record.find(Counts, HIGHEST_GRADE, stratum=entry.stratum, arm=entry.arm)
        if (c := e.category) and c != CATEGORIES.get(0)
    }
    if TOGETHER in grades:
        grades = {c: events for c, events in grades.items() if not is_part_of_severe(c)}
    held = list(map(grades_in, grades))
    if not (frozenset(GRADES) <= frozenset().union(*held) and are_disjoint(held)):
        return
    yield compare(
        sum(grades.values()) == entry.events,
        sum(grades.values()),
        f"the grades add to those with {CONDITION}: {' + '.join(map(str, grades.values()))}",
    )


def treated_are_the_arm(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Patients treated are the arm, or the arm within a stratum of grades."""
    if not isinstance(entry, Counts) or entry.arm not in ("treated", "total"):
        return
    if entry.field != QUESTION.treatment.use:
        return
    if n := group_size(record, "treated", entry.stratum):
        yield compare(
            entry.events == n,
            n,
            f"{n} patients are in the arm given {TREATMENT}"
            + ("" if entry.stratum == "all" else " in this stratum"),
        )


def grades_by_arm_are_within_all(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """An arm's patients of a grade, where only that arm and the total are printed."""
    if (
        not isinstance(entry, Counts)
        or entry.field != HIGHEST_GRADE
        or entry.arm not in BOTH_ARMS
        or entry.contrast != TWO_ARMS
    ):
        return
    counts = grade_counts(record)
    sizes = next((counts[g] for g in counts if CATEGORIES[g] == entry.category), {})
    if "total" in sizes and sizes["control"] < 0:
        yield Judgement(
            "differs",
            f"at most {sizes['total']}",
            f"{entry.events} of grade {entry.category} exceed the {sizes['total']} of both arms",
        )


def grade_strata_add_to_the_arm(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Counts within the strata of grades add to that of the arm."""
    if (
        not isinstance(entry, Counts)
        or entry.stratum != "all"
        or entry.category
        or entry.contrast != TWO_ARMS
    ):
        return
    parts = {
        s: e.events
        for s, meaning in record.strata.items()
        if meaning.grades and len(meaning.grades) == 1
        for e in record.find(Counts, entry.field, stratum=s, arm=entry.arm)
        if not e.category
    }
    if (
        len(parts)
        == sum(1 for meaning in record.strata.values() if meaning.grades and len(meaning.grades) == 1)
        > 1
    ):
        yield compare(
            sum(parts.values()) == entry.events,
            sum(parts.values()),
            f"the grades add to it: {' + '.join(map(str, parts.values()))}",
        )


def a_sum_holds_its_parts(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """Complete response is response with and without residual disease; a part is never more than its sum."""
    if (
        not isinstance(entry, Counts)
        or entry.contrast != TWO_ARMS
        or entry.category
        or entry.field not in SUMS
    ):
        return
    parts = [
        found[0].events for part in SUMS[entry.field] if (found := alike(Counts, record, entry, field=part))
    ]
    if len(parts) == len(SUMS[entry.field]):
        yield compare(
            sum(parts) == entry.events,
            sum(parts),
            f"it is the sum of its parts: {' + '.join(map(str, parts))}",
        )
    elif sum(parts) > entry.events:
        yield Judgement("differs", f"at least {sum(parts)}", "a part is more than the whole")


def counts_keep_to_what_words_say(record: Record, entry: AnyEntry) -> Iterator[Judgement]:
    """`No grade 4` and the like, against the counts of the same patients or of those that include them."""
    if not isinstance(entry, Bound) or entry.contrast != TWO_ARMS:
        return
    for other in record.find(Counts, entry.field, stratum="all", arm=entry.arm):
        if other.category != entry.category or (entry.stratum != "all" and entry.at_least == 0):
            continue
        within = entry.at_least <= other.events and (
            entry.stratum != "all" or entry.at_most is None or other.events <= entry.at_most
        )
        yield compare(within, other.events, f"counted as {other.printed} ({other.address})")


RULES = [
    group_sizes_agree,
    treated_less_those_left_out_are_those_analysed,
    reasons_add_to_all_left_out,
    size_is_that_of_its_percentages,
    events_within_the_group,
    percentage_is_events_over_n,
    percentage_is_possible,
    share_given_it_is_possible,
    arms_add_to_the_total,
    parts_of_an_arm_agree,
    printed_twice_alike,
    a_count_printed_both_ways,
    categories_add_to_the_group,
    grades_add_to_those_with_the_condition,
    treated_are_the_arm,
    grades_by_arm_are_within_all,
    grade_strata_add_to_the_arm,
    a_sum_holds_its_parts,
    counts_keep_to_what_words_say,
]
