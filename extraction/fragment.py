"""A printed fragment: the numbers it holds, and its shape without the accidents of type-setting."""

import html
import re

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {
    **{word: n for n, word in enumerate(SMALL)},
    **{word: 10 * n for n, word in enumerate(TENS, start=2)},
    "no": 0,
    "none": 0,
}
"""Numbers that papers print in words: `Forty-five`, `fourfold`, `no cases`."""

TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->|<[?!][^<>]*>", re.S)
LATEX = {r"\geq": "≥", r"\leq": "≤", r"\times": "×", r"\pm": "±"}
DASHES = str.maketrans(dict.fromkeys("–—−‐‑‒", "-"))
MARKUP = str.maketrans(dict.fromkeys("$\\*_^{}|`", " "))


def numbers(fragment: str) -> set[str]:
    """The numbers of a fragment, digits as printed; those in words as digits."""
    found = {number.replace(",", "") for number in NUMBER.findall(fragment)}
    values: list[int] = []
    for word in re.findall(r"[a-z]+", fragment.lower()):
        value = WORDS.get(word.removesuffix("fold"))
        if value is not None and 0 < value < 10 and values and values[-1] in range(20, 100, 10):
            values[-1] += value  # forty-five
        elif value is not None:
            values.append(value)
    return found | set(map(str, values))


def fold(text: str) -> str:
    """Text without mark-up, entities, LaTeX and dash variants; what is removed leaves a space."""
    text = html.unescape(TAG.sub(" ", text))
    for command, sign in LATEX.items():
        text = text.replace(command, sign)
    return " ".join(text.translate(DASHES).translate(MARKUP).split())


def pattern(fragment: str) -> re.Pattern[str]:
    """What finds a fragment in a folded text; spaces between its parts are free, digits are never cut."""
    parts = re.findall(r"\d+(?:[.,]\d+)*|[^\W\d]+|[^\w\s]", fold(fragment))
    if not parts:  # mark-up alone stands nowhere
        return re.compile(r"(?!)")
    before = r"(?<!\d)(?<!\d[.,])" if parts[0][0].isdigit() else ""
    after = r"(?!\d|[.,]\d)" if parts[-1][-1].isdigit() else ""
    return re.compile(before + r"\s*".join(map(re.escape, parts)) + after)


def stands_in(fragment: str, folded: str) -> bool:
    """Whether a fragment stands in a folded text."""
    return pattern(fragment).search(folded) is not None
