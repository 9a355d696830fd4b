"""How long the condition lasts at grade 2, the reference of the model of durations: the question has it."""

from dataclasses import replace
from functools import cache

from extraction.fault import Fault
from extraction.question import FILE, QUESTION
from extraction.source import short_name
from models.priors import Prior, parse


@cache
def level_log_days() -> Prior:
    """Prior of the log median days of a study at grade 2, midway between the arms; raise Fault where the
    question tells none, or what is no prior.
    """
    days = QUESTION.grades and QUESTION.grades.days
    if not days:
        raise Fault(f"{short_name(FILE)}: an endpoint of durations needs `grades` with their `days`")
    try:
        return replace(parse(days.prior), name="level", plain=days.plain, source=days.source)
    except ValueError as error:
        raise Fault(f"{short_name(FILE)}: grades: days: {error}") from None
