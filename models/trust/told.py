"""What the words on an endpoint rest on: both answers, the certainty, and the review's own choices."""

from extraction.bias import overall
from extraction.records import Review
from models.answers.absolute import summary_for_words
from models.endpoints import ENDPOINTS, evidence_of
from models.trust.adjusted import read_through_bias
from models.trust.multiverse import universes
from models.trust.universe import NONE
from models.words import Told, rating

MILD = {"low", "moderate"}


def told(key: str, review: Review) -> Told:
    """All of it for one endpoint; raise store.NotFitted where it is not fitted."""
    evidence = evidence_of(key, review)
    judged = {overall(review.records[study], evidence.endpoint) for study in evidence.studies}
    frame = universes(key, review)
    favours, plain = frame["p_favours"] > 0.5, frame["bias_mean"].eq(NONE) & frame["bias_sd"].eq(NONE)
    return Told(
        key,
        summary_for_words(key, review),
        read_through_bias(key, review),
        rating(ENDPOINTS[key].evidence, review),
        float(favours.mean()),
        float(favours[plain].mean()),
        adjusted_leads=not judged <= MILD,
    )
