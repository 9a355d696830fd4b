"""Numbers as a paper would print them."""

from decimal import Decimal

from extraction.recover.rounding import DECIMALS_OF_A_BARE_1


def decimals(number: float) -> int:
    """Decimals of a number as printed; 2.0 is a printed 2."""
    return max(-int(Decimal(f"{number:g}").as_tuple().exponent), 0)


def rounded(value: float, printed: float) -> float:
    """To as many decimals as the printed number has."""
    return float(round(value, decimals(printed)))


def print_p(p: float, like: str) -> str:
    """A p-value to the digits of a printed one; one that would print as 0 is printed as a bound."""
    digits = DECIMALS_OF_A_BARE_1 if like == "1" else len(like.partition(".")[2])
    text = f"{p:.{digits}f}"
    return text if float(text) else f"<{10.0**-digits:.{digits}f}"
