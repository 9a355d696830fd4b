"""Which authors do two papers share, and how often would as many agree by chance?"""

import re
import unicodedata
from typing import Literal, NamedTuple

from scipy.special import (
    pdtrc,  # the chance of more than k where so many are expected; scipy.stats takes longer to load
)

OTHERS = re.compile(r"(and others|et al\.?|and colleagues)", re.I)
SAME_SURNAME = 0.025
"""Chance that two people have one surname, taken from where surnames are fewest: with three surnames of about
7 % each and many of 1 to 5 %, as in China, the squares add to about a fortieth. Elsewhere it is smaller, so
that the score errs towards silence.
"""
SAME_INITIAL = 0.1
"""Chance that two given names begin alike: some twenty letters are in use, a few of them often."""
SAME_GIVEN_NAME = 0.003
"""Chance that two given names are the same throughout."""


class Name(NamedTuple):
    """A surname, and what is known of the given names: in full (joined, so that a hyphen makes no
    difference), or initials.
    """

    surname: str
    given: str
    initials: str


Match = Literal["full", "initials"]


def name_of(printed: str) -> Name:
    """Read `Xiangmin Wang`, `Wang X`, `Wang XM`, `X. Wang` or `Wang, Xiangmin`; a surname alone has neither
    given name nor initials.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", printed) if not unicodedata.combining(c))
    if "," in plain:
        surname, _, given = plain.partition(",")
        words = given.split()
    else:
        *words, surname = plain.split() or [""]
        if _is_initials(surname) and words:  # Wang X, van der Berg JH
            words, surname = [surname], " ".join(words)
    if all(map(_is_initials, words)):
        return Name(_letters(surname), "", _letters("".join(words)))
    return Name(_letters(surname), _letters("".join(words)), _letters("".join(word[0] for word in words)))


def _is_initials(word: str) -> bool:
    return len(re.sub(r"\W", "", word)) <= 3 and word.isupper()


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]", "", text).lower()


def agree(one: Name, other: Name) -> Match | None:
    """How two names agree: in full; by surname and initials where one is shortened; or not, as where a
    surname stands alone.
    """
    if one.given and other.given:
        # some journals print the surname first
        either_way = {(one.surname, one.given), (one.given, one.surname)}
        return "full" if (other.surname, other.given) in either_way else None
    if one.surname != other.surname or not (one.initials and other.initials):
        return None
    # Xiangmin has one initial where Wang XM has two
    known = 1 if one.given or other.given else min(len(one.initials), len(other.initials))
    return "initials" if one.initials[:known] == other.initials[:known] else None


def names_of(authors: list[str]) -> dict[str, Name]:
    """Each author as printed, with the name read; `and others` is none."""
    return {printed: name_of(printed) for printed in authors if not OTHERS.fullmatch(printed.strip())}


def shared_authors(one: dict[str, Name], other: dict[str, Name]) -> list[tuple[str, Match]]:
    """Authors of the first paper who agree with one of the second, each with one at most, and how."""
    left, found = dict(other), []
    words = {word for name in other.values() for word in (name.surname, name.given)}
    for printed, name in one.items():
        if name.surname not in words:
            continue
        matches = {theirs: how for theirs, read in left.items() if (how := agree(name, read))}
        if matches:
            best = min(matches, key=lambda theirs: matches[theirs])  # full before initials
            found.append((printed, matches[best]))
            del left[best]
    return found


def chance_of(shared: list[tuple[str, Match]], one: dict[str, Name], other: dict[str, Name]) -> float:
    """Chance that as many names or more agree, and as closely, between unrelated papers with so many authors;
    Poisson over their pairs.
    """
    pairs = [(a, b) for a in one.values() for b in other.values()]
    full = sum(bool(a.given and b.given) for a, b in pairs)
    expected = SAME_SURNAME * (SAME_GIVEN_NAME * full + SAME_INITIAL * (len(pairs) - full))
    closely = [how for _, how in shared if how == "full"]
    chances = [pdtrc(len(shared) - 1, expected)]
    if closely:
        chances.append(pdtrc(len(closely) - 1, SAME_SURNAME * SAME_GIVEN_NAME * full))
    return float(max(min(chances), 1e-12))
