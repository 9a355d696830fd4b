"""The review as FHIR R5 (hl7.org/fhir/R5): each study a Citation with its risk of bias as ArtifactAssessment,
each endpoint an Evidence about EvidenceVariables, with its numbers and the certainty of GRADE.

Where FHIR's own code systems have a word it is used; what they do not have is said in words alone.
"""

from collections.abc import Mapping

from extraction.bias import judgements, overall, tool_of
from extraction.question import QUESTION
from extraction.records import Review
from extraction.schema import Rating, Registration
from extraction.vocabulary import JUDGED, LIMITATIONS
from models.endpoint import Endpoint, Scale
from models.endpoints import ENDPOINTS

TERMS = "http://terminology.hl7.org/CodeSystem"
STATISTICS = {Scale.HAZARD_RATIO: ("C93150", "Hazard Ratio"), Scale.ODDS_RATIO: ("C16932", "Odds Ratio")}
"""Of the code system statistic-type."""
LIMITED = {
    "risk_of_bias": "RiskOfBias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "PublicationBias",
}
"""Limitations of GRADE by their code in certainty-type."""
CONCERNS = ("no-concern", "serious-concern", "very-serious-concern", "extremely-serious-concern")
"""Levels down by their code in certainty-rating."""


def bundle(review: Review, summary: Mapping) -> dict:
    """A Bundle of all resources; it holds the numbers of `summary`, as models.answers.summary gives it,
    unrounded.
    """
    resources = [
        *(_citation(study) for study in review.register.studies),
        *(
            _risk_of_bias(review, study, key)
            for key in summary["endpoints"]
            for study in review.included()
            if judgements(review.records[study], ENDPOINTS[key].evidence)
        ),
    ]
    for key, found in summary["endpoints"].items():
        variables = _variables(ENDPOINTS[key])
        resources += [*variables.values(), _evidence(ENDPOINTS[key], found, variables, review)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:review:{_reference(r)}", "resource": r} for r in resources],
    }


def _id(*parts: str) -> str:
    """An id of the form that FHIR allows."""
    return "-".join(parts).replace("_", "-")[:64]


def _reference(resource: Mapping) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _coded(system: str, code: str, words: str) -> dict:
    return {"coding": [{"system": f"{TERMS}/{system}", "code": code}], "text": words}


def _citation(study: Registration) -> dict:
    names = [
        ("https://doi.org", study.doi),
        ("https://pubmed.ncbi.nlm.nih.gov", study.pmid),
        (None, study.identifier),
    ]
    return {
        "resourceType": "Citation",
        "id": _id(study.id),
        "status": "active",
        "title": study.label,
        "note": [{"text": f"{study.decision}: {study.reason}"}],
        "citedArtifact": {
            "identifier": [
                {"value": value} | ({"system": system} if system else {}) for system, value in names if value
            ],
            "title": [{"text": study.title}],
            "contributorship": {"summary": [{"value": ", ".join(study.authors)}]},
            "publicationForm": [{"publishedIn": {"title": study.journal}, "articleDate": str(study.year)}],
        },
    }


def _risk_of_bias(review: Review, study: str, key: str) -> dict:
    record, endpoint = review.records[study], ENDPOINTS[key]
    made = judgements(record, endpoint.evidence)
    domains = [
        {
            "informationType": "rating",
            "type": {"text": JUDGED[domain]},
            "classifier": [{"text": judged.judgement.replace("_", " ")}],
            "summary": judged.reason,
        }
        for domain, judged in made.items()
    ]
    return {
        "resourceType": "ArtifactAssessment",
        "id": _id("risk-of-bias", study, key),
        "title": f"Risk of bias of {review.studies[study].label} for {endpoint.title}",
        "artifactReference": {"reference": f"Citation/{_id(study)}"},
        "content": [
            {
                "informationType": "rating",
                "type": {"text": f"{tool_of(record).name}, all domains together"},
                "classifier": [{"text": (overall(record, endpoint.evidence) or "").replace("_", " ")}],
                "component": domains,
            }
        ],
    }


def _variables(endpoint: Endpoint) -> dict[str, dict]:
    """Population, treatment, comparator and outcome of an endpoint, by their role."""
    said = {
        "population": QUESTION.population,
        "exposure": endpoint.contrast.treated,
        "referenceExposure": endpoint.other_arm,
        "measuredVariable": endpoint.title,
    }
    return {
        role: {
            "resourceType": "EvidenceVariable",
            "id": _id(endpoint.key, role),
            "status": "active",
            "title": words,
        }
        for role, words in said.items()
    }


def _evidence(endpoint: Endpoint, found: Mapping, variables: Mapping[str, Mapping], review: Review) -> dict:
    rating = review.certainty.endpoints.get(endpoint.evidence) if review.certainty else None
    evidence = {
        "resourceType": "Evidence",
        "id": _id(endpoint.key),
        "status": "active",
        "title": f"{endpoint.title}: {endpoint.contrast.treated} against {endpoint.other_arm}",
        "synthesisType": {"text": "Bayesian random-effects meta-analysis"},
        "variableDefinition": [
            {
                "variableRole": _coded("variable-role", role, role),
                "observed": {"reference": _reference(variable), "display": variable["title"]},
            }
            for role, variable in variables.items()
        ],
        "statistic": [_effect(endpoint, found), _between(found), *_of_studies(endpoint, found)],
    }
    return evidence | ({"certainty": [_certainty(rating)]} if rating else {})


def _effect(endpoint: Endpoint, found: Mapping) -> dict:
    better = f"posterior probability that {endpoint.contrast.treated} is the better side"
    return _ratio(endpoint, "mean effect of the studies", found) | {
        "sampleSize": {"numberOfStudies": found["n_studies"]},
        "attributeEstimate": [
            _interval("95 % credible interval", found),
            _interval("95 % prediction interval of a further study", found["prediction"]),
            {"type": {"text": better}, "quantity": {"value": found["p_favours_treated"]}},
        ],
    }


def _of_studies(endpoint: Endpoint, found: Mapping) -> list[dict]:
    return [
        _ratio(endpoint, f"effect of {study} in the model", limits)
        | {"attributeEstimate": [_interval("95 % credible interval", limits)]}
        for study, limits in found["studies"].items()
    ]


def _ratio(endpoint: Endpoint, of: str, limits: Mapping) -> dict:
    scale = endpoint.scale
    kind = _coded("statistic-type", *STATISTICS[scale]) if scale in STATISTICS else {"text": str(scale)}
    return {"description": of, "statisticType": kind, "quantity": {"value": limits["median"]}}


def _between(found: Mapping) -> dict:
    return {
        "description": "SD of the log ratios between studies, tau",
        "statisticType": {"text": "between-study standard deviation"},
        "quantity": {"value": found["tau"]["median"]},
        "attributeEstimate": [_interval("95 % credible interval", found["tau"])],
    }


def _interval(words: str, limits: Mapping) -> dict:
    return {
        "type": {"text": words},
        "level": 0.95,
        "quantity": {"value": limits["median"]},
        "range": {"low": {"value": limits["lower"]}, "high": {"value": limits["upper"]}},
    }


def _certainty(rating: Rating) -> dict:
    return {
        "type": _coded("certainty-type", "Overall", "overall certainty by GRADE"),
        "rating": _coded("certainty-rating", rating.certainty.replace(" ", "-"), rating.certainty),
        "subcomponent": [
            {
                "type": _coded("certainty-type", LIMITED[name], LIMITATIONS[name]),
                "rating": _coded("certainty-rating", CONCERNS[lowering.levels], CONCERNS[lowering.levels]),
                "description": lowering.reason,
            }
            for name, lowering in rating.lowerings.items()
        ],
    }


assert LIMITED.keys() == LIMITATIONS.keys()
