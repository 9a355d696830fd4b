"""The answer as it grew: the mean effect after each study, in the order in which their papers appeared."""

from dataclasses import dataclass, replace

import numpy as np

from extraction.records import Review
from models.endpoints import ENDPOINTS, evidence_of
from models.history.refit import estimates, primary
from models.history.versions import compared
from models.trust.multiverse import universes
from models.trust.universe import is_primary

MOST_STAGES = 20
"""As many rows as a picture of one endpoint can be read with."""


@dataclass(frozen=True)
class Stage:
    """The answer once a study had appeared: limits as ratios and the probability that the treatment is the
    better side.
    """

    study: str
    label: str
    year: int
    answer: dict
    added: int = 1
    """Studies since the stage before."""


def cumulative(key: str, review: Review) -> list[Stage]:
    """A stage for each study that enters an endpoint, oldest first; studies of one year in the order of the
    register.  Of more than MOST_STAGES studies, one for every so many.
    """
    evidence = evidence_of(key, review)
    studies = sorted(evidence.studies, key=lambda study: review.studies[study].year)
    if not studies:
        return []
    step = -(-len(studies) // MOST_STAGES)
    ends = range(len(studies) - 1, -1, -step)[::-1]
    stages = {
        studies[end]: replace(evidence, used=tuple(r for r in evidence.used if r.study in studies[: end + 1]))
        for end in ends
    }
    answers = ENDPOINTS[key].engine.way(_integrated, _sampled)(key, stages, review)
    return [
        Stage(study, review.studies[study].label, review.studies[study].year, answers[study], added)
        for study, added in zip(stages, np.diff(ends, prepend=-1).tolist(), strict=True)
    ]


def _integrated(key: str, stages: dict, _: Review) -> dict[str, dict]:
    found = estimates(key, {study: primary(key, evidence) for study, evidence in stages.items()})
    return {study: estimate.as_ratio(key) for study, estimate in found.items()}


def _sampled(key: str, stages: dict, review: Review) -> dict[str, dict]:
    """The last stage is today's answer, the one before stands among the universes, where each study is left
    out; earlier ones are sampled.
    """
    *earlier, last = stages
    answers = {last: compared(key, review)["unadjusted"]}
    frame = universes(key, review)
    one_left = is_primary(frame.assign(studies="all"), key) & (
        frame["studies"] == f"without {review.studies[last].label}"
    )
    if earlier and len(stages[last].studies) - len(stages[earlier[-1]].studies) == 1 and one_left.any():
        answers[earlier.pop()] = frame.loc[one_left, list(answers[last])].iloc[0].to_dict()
    sampled = estimates(key, {study: primary(key, stages[study]) for study in earlier})
    return answers | {study: found.as_ratio(key) for study, found in sampled.items()}
