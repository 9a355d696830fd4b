"""Question, register and record of a new review, every field below its meaning."""

from dataclasses import dataclass
from datetime import date

from extraction import question, schema
from extraction.new import INVENTED
from extraction.sheet import block, item, scalar, under

STUDY = "example2031"
"""The invented study, whose numbers are those of CONTRIBUTING's worked example."""
OUTCOME = "outcome"
CONTRAST = "treatment"
BIASES = {"low": "[0.0, 0.05]", "moderate": "[0.0, 0.1]", "serious": "[0.0, 0.2]", "critical": "[0.0, 0.4]"}
EVENTS = {"treated": (7, 18), "control": (4, 22)}
"""Events and patients of each arm of the invented study."""
ADDRESS = "{source: null, section: Results of an invented paper}"
DESIGN = [
    "type: invented cohort",
    "centres: []",
    "first_patient: null",
    "last_patient: null",
    f"address: {ADDRESS}",
]
"""Of the invented study: what any review tells, and nothing that only the question at hand asks."""
GROUNDS = {
    "population": "not the patients of the question",
    "comparison": "not the comparison of the question",
    "outcomes": "no outcome by arm",
    "no_patients": "no patients of its own, as a review",
    "same_patients": "patients of another paper alone",
    "retracted": "retracted",
}


@dataclass(frozen=True)
class Start:
    """What is said of a new review."""

    title: str
    treatment: str
    comparator: str
    population: str


def question_sheet(start: Start) -> str:
    """question.yml: what is given, and for all else what a first build needs, to be replaced."""
    given: dict[str, str | list[str]] = {
        "title": scalar(start.title),
        "population": scalar(start.population),
        "uncertain_since": scalar("its one study is invented, until a real one takes its place"),
        "treatment": block(
            question.Treatment, {"name": scalar(start.treatment), "called": scalar([start.treatment.lower()])}
        ),
        "contrasts": under(
            CONTRAST,
            block(
                question.Contrast,
                {
                    "meaning": scalar(f"{start.treatment} against {start.comparator}"),
                    "treated": scalar(start.treatment),
                    "comparator": scalar(start.comparator),
                },
            ),
        ),
        "grounds": [f"{ground}: {scalar(words)}" for ground, words in GROUNDS.items()],
        "variables": under(
            OUTCOME, block(question.Variable, {"meaning": scalar("The outcome, as the paper defines it.")})
        ),
        "biases": under("comparison", block(question.Bias, BIASES | _bias_words())),
        "endpoints": item(block(question.Asked, _endpoint())),
    }
    head = [
        "# yaml-language-server: $schema=question.schema.json",
        "# What this review asks. Above each field stands its meaning; lines behind a # are optional.",
        "# What calls itself a choice of every new review is there to be replaced.",
    ]
    return _text([*head, *block(question.Question, given)])


def _bias_words() -> dict[str, str]:
    return {
        "plain": scalar(
            "At serious risk the ratio seen lies, with 95 % probability, from 0.68 to 1.48 times the truth."
        ),
        "source": scalar("a choice of every new review, to be replaced"),
    }


def _endpoint() -> dict[str, str | list[str]]:
    return {
        "key": OUTCOME,
        "variable": OUTCOME,
        "name": scalar("the outcome"),
        "title": scalar("The outcome"),
        "kind": "binary",
        "better": "below",
        "role": "primary",
        "mu_prior": "normal_0_1",
        "mu_alternatives": scalar(["normal:0:0.5", "normal:0:2"]),
        "tau_prior": "half_normal_0.5",
        "tau_alternatives": scalar(["half_normal_1"]),
        "bias": "comparison",
        "important": block(
            question.Important,
            {"reason": scalar("odds lower by a fifth or higher by a quarter: a choice of every new review")},
        ),
        "shown": block(
            question.Shown,
            {
                "better": scalar("fewer events"),
                "worse": scalar("more events"),
                "event": scalar("the event"),
                "leads": "true",
                "page": "outcome.html",
            },
        ),
    }


def register_sheet(today: date) -> str:
    """register.yml with the invented study alone."""
    row = {
        "id": STUDY,
        "title": scalar("An invented study, whose place the first real one takes"),
        "authors": scalar(["Nobody"]),
        "journal": scalar("Journal of Invented Results"),
        "year": "2031",
        "identifier": scalar(INVENTED),
        "patients": str(sum(n for _, n in EVENTS.values())),
        "contrast": CONTRAST,
        "decision": "included",
        "reason": scalar("Invented, so that a new review builds."),
        "decided": today.isoformat(),
        "cohort": STUDY,
        "text_held": "false",
    }
    head = [
        "# yaml-language-server: $schema=register.schema.json",
        "# Every paper considered. The one study is invented: the first real one takes its place.",
        "studies:",
    ]
    return _text([*head, *(f"  {line}" for line in item(block(schema.Registration, row)))])


def record_sheet(today: date) -> str:
    """The record of the invented study."""
    definition = {"definition": scalar("Invented."), "address": ADDRESS}
    blocks: dict[str, str | list[str]] = {
        "study": STUDY,
        "extracted": today.isoformat(),
        "extractor": scalar("nobody; this study is invented"),
        "texts": "[]",
        "design": DESIGN,
        "arms": [
            line for arm in EVENTS for line in under(arm, block(schema.Definition, definition, brief=True))
        ],
        "strata": under("all", block(schema.Stratum, definition, brief=True)),
        "entries": [line for arm in EVENTS for line in (*_size(arm), *_entry(arm))],
    }
    head = [
        "# yaml-language-server: $schema=../record.schema.json",
        "# Everything in this record is invented.",
    ]
    return _text([*head, *block(schema.Record, blocks)])


def _size(arm: str) -> list[str]:
    _, n = EVENTS[arm]
    given = {
        "id": f"group_size.{arm}",
        "kind": "group_size",
        "field": "group_size",
        "arm": arm,
        "unit": "patients",
        "printed": scalar(f"of {n}"),
        "address": ADDRESS,
        "n": str(n),
    }
    return item(block(schema.Entry, given, brief=True) + block(schema.GroupSize, given, brief=True))


def _entry(arm: str) -> list[str]:
    events, n = EVENTS[arm]
    given = {
        "id": f"{OUTCOME}.{arm}",
        "kind": "counts",
        "field": OUTCOME,
        "arm": arm,
        "unit": "patients",
        "printed": scalar(f"{events} of {n}"),
        "address": ADDRESS,
        "events": str(events),
        "n": str(n),
    }
    return item(block(schema.Entry, given, brief=True) + block(schema.Counts, given, brief=True))


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
