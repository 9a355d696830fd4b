"""Topics under which a study's page gathers the variables of the vocabulary."""

from extraction.question import FIELDS, QUESTION


def topics() -> dict[str, tuple[str, ...]]:
    """Every variable of the vocabulary under one topic; one that has no topic yet stands under `Other`."""
    placed = {field for fields in QUESTION.shown.topics.values() for field in fields}
    other = tuple(field for field in FIELDS if field not in placed)
    return QUESTION.shown.topics | ({"Other": other} if other else {})
