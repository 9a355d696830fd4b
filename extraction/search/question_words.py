"""The words of the question, which are marked in what is screened."""

import re

from extraction.question import QUESTION, Question

PLAIN = {"after", "and", "for", "from", "given", "or", "patients", "the", "than", "to", "with", "without"}
SHORTEST = 3


def words_of(question: Question = QUESTION) -> list[str]:
    """What the treatment is called, the words of title and population that mean something, the outcomes."""
    said = re.findall(r"[\w-]+", f"{question.title} {question.population}")
    words = [word.lower() for word in said if len(word) >= SHORTEST and word.lower() not in PLAIN]
    outcomes = [asked.name.lower() for asked in question.endpoints]
    return list(dict.fromkeys([*map(str.lower, question.treatment.called), *words, *outcomes]))


def pattern(words: list[str]) -> str:
    """These words as a regular expression, whatever their case, British or American, hyphened or not."""
    forms = (re.escape(word).replace("ae", "a?e").replace("our", "ou?r") for word in words)
    hyphened = (form.replace(r"\-", "[- ]?").replace(r"\ ", r"\s+") for form in forms)
    return rf"\b(?:{'|'.join(sorted(hyphened, key=len, reverse=True))})s?\b"
