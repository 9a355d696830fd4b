"""What the explorer page computes from: the log likelihood of each study on a grid of effects, and the
choices around it.

The page adds bias, differences between studies and priors itself, by quadrature.  Effects are log ratios,
the treated over the others. Reports of durations say nothing of one effect alone, but of grades, trend and
spread together: of a study of these the page has the likelihood of (mu, tau) at nodes of what studies share.
"""

import numpy as np

from extraction.question import THE_TREATMENT, TREATMENT, contrast_of
from extraction.records import Review
from extraction.tree import IS_OWN
from models.answers import duration_tables
from models.answers.absolute import baselines
from models.answers.bias import bias_prior, bias_priors
from models.endpoint import Endpoint, Scale
from models.endpoints import ENDPOINTS
from models.engines.duration_tables import shared
from models.engines.effects import study_likelihoods
from models.evidence.collect import collect
from models.evidence.report import Evidence, Reading, graded_of
from models.likelihood.grades import Graded
from models.priors import Prior

GRID = np.linspace(-20.0, 20.0, 801)
"""Effects at which a log likelihood is shipped: as far as a bias can carry it; cubics join them."""
DEEPEST = -700.0
"""Log likelihood below a study's own best at which it is cut: no smaller number survives its exponential."""
DECIMALS = 4
EFFECTS = {key: endpoint for key, endpoint in ENDPOINTS.items() if not endpoint.engine.no_effect_alone}
"""Endpoints with one effect per study."""
EXPLORED = list(EFFECTS | ENDPOINTS)
"""All endpoints, those of effects first: the page opens with the first."""
KINDS = {
    Scale.ODDS_RATIO: ["counts", "ratio", "withp"],
    Scale.HAZARD_RATIO: ["ratio", "withp", "logrank", "time"],
    Scale.RATIO_OF_DURATIONS: ["ratio", "withp", "medians"],
    Scale.RATIO_OF_MEANS: ["ratio", "withp"],
}
"""Forms in which a reader's own study may print its result, as book/scripts/explorer-kinds.js names them."""
JUDGEMENTS = (
    ("unjudged", "not judged: as wide as critical", "unjudged", False),
    ("moderate", "not randomised, moderate", "moderate", False),
    ("serious", "not randomised, serious", "serious", False),
    ("critical", "not randomised, critical", "critical", False),
    ("trial", "randomised, not judged", "unjudged", True),
    ("trial-low", "randomised, low", "low", True),
    ("trial-some", "randomised, some concerns", "some_concerns", True),
    ("trial-high", "randomised, high", "high", True),
)
"""Of a reader's own study: name in an address, words, and the judgement whose bias it has."""
READINGS = {"used": Reading(), "printed": Reading(recovered=False)}
"""Data with what is recovered, as the book's answers, and printed numbers alone."""


def shared_by_all() -> dict:
    """What the page needs of no one endpoint, as JSON: the grid, and the place of the endpoints."""
    return {
        "grid": _axis(GRID),
        "treatment": TREATMENT,
        "the_treatment": THE_TREATMENT,
        "records": "extraction/records" if IS_OWN else "records",
        "endpoints": {},
    }


def _axis(values: np.ndarray) -> dict:
    return {"low": float(values[0]), "high": float(values[-1]), "size": len(values)}


def of_endpoint(key: str, review: Review) -> dict:
    """An endpoint with its words, priors, baseline risks and likelihoods, as JSON."""
    endpoint = ENDPOINTS[key]
    evidence = {name: collect(review, endpoint.evidence, reading) for name, reading in READINGS.items()}
    return {
        "title": endpoint.title,
        "scale": endpoint.scale,
        "benefit": endpoint.benefit,
        "noun": endpoint.shown.event,
        "field": endpoint.evidence,
        "kind": endpoint.scale.replace(" ", "_"),
        "counts": endpoint.scale is Scale.ODDS_RATIO,
        "contrast": contrast_of(endpoint.evidence),
        "treated": endpoint.contrast.treated,
        "comparator": endpoint.contrast.comparator,
        "sides": endpoint.sides,
        "with_it": endpoint.contrast.with_it,
        "without": endpoint.contrast.without,
        "mu": endpoint.mu_prior.parameters[1],
        "tau": [_tau(prior) for prior in tau_families(endpoint)],
        "kinds": KINDS[endpoint.scale],
        "judgements": [
            {
                "key": name,
                "words": words,
                "bias": bias_prior(key, judgement, randomised=randomised).parameters,
            }
            for name, words, judgement, randomised in JUDGEMENTS
        ],
        "durations": _shared(graded_of(endpoint.evidence)) if endpoint.engine.no_effect_alone else None,
        "baselines": [{"source": at.source, "events": at.events, "n": at.n} for at in baselines(key, review)],
        "readings": {
            name: _studies(key, found, review)
            for name, found in evidence.items()
            if name == "used" or found.used_hash() != evidence["used"].used_hash()
        },
    }


def tau_families(endpoint: Endpoint) -> list[Prior]:
    """The primary prior of tau, then alternatives of another family: others of the same differ in the scale
    alone.
    """
    return [
        endpoint.tau_prior,
        *(prior for prior in endpoint.tau_alternatives if prior.family != endpoint.tau_prior.family),
    ]


def _tau(prior: Prior) -> dict:
    """A family with the number that a slider moves: SD, median or scale; a second parameter stays as its
    source has it.
    """
    from models.words import prior_words

    scale = {
        "half_normal": prior.parameters[-1],
        "log_normal": float(np.exp(prior.parameters[0])),
        "inverse_gamma": prior.parameters[-1],
    }
    shape = {"log_normal": prior.parameters[-1], "inverse_gamma": prior.parameters[0]}.get(prior.family)
    return {"family": prior.family, "words": prior_words(prior), "scale": scale[prior.family], "shape": shape}


def tau_prior(family: str, scale: float, shape: float | None = None) -> Prior:
    """The prior that the page means by a family and a scale."""
    parameters = {
        "half_normal": (scale,),
        "log_normal": (float(np.log(scale)), shape),
        "inverse_gamma": (shape, scale),
    }[family]
    given = tuple(parameter for parameter in parameters if parameter is not None)
    return Prior(f"{family}_{scale:g}", family, given, "chosen on the page", "chosen on the page")


def _shared(graded: Graded) -> dict:
    """Axes of the tables of durations, and the weights of the nodes of what the studies share."""
    _, weights = shared(graded)
    return {
        "mu": _axis(duration_tables.MU),
        "tau": duration_tables.TAU.round(6).tolist(),
        "nodes": weights.round(8).tolist(),
        "units": duration_tables.UNITS,
    }


def _studies(key: str, evidence: Evidence, review: Review) -> list[dict]:
    biases = bias_priors(key, review, evidence)
    return [
        {
            "id": study,
            "label": review.studies[study].label,
            "reports": _reports(evidence, study),
            "bias": biases[study].parameters,
            **says,
        }
        for study, says in _what_they_say(key, evidence).items()
    ]


def _what_they_say(key: str, evidence: Evidence) -> dict[str, dict]:
    if key in EFFECTS:
        return {
            study: {"log_likelihood": tabulated(term)} for study, term in study_likelihoods(evidence).items()
        }
    return {study: {"table": table} for study, table in duration_tables.tables(key, evidence).items()}


def _reports(evidence: Evidence, study: str) -> str:
    """The likelihoods of a study's reports in words."""
    return "; ".join(dict.fromkeys(used.report.words for used in evidence.of(study)))


def tabulated(term) -> list[float]:
    """A log likelihood on GRID, its maximum 0."""
    values = np.asarray(term(GRID), float)
    return np.maximum(values - values.max(), DEEPEST).round(DECIMALS).tolist()
