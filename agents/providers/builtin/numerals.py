"""Numbers as people write them: figures, words, ranges."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

UNITS: Final = {
    word: number
    for number, word in enumerate(
        (
            *(
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
            ),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        )
    )
}
TENS: Final = {
    word: number * 10
    for number, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "k": 1_000, "m": 1_000_000, "mio": 1_000_000}
FRACTIONS: Final = {
    "half": Decimal(50), "third": Decimal("33.33"), "quarter": Decimal(25), "fourth": Decimal(25), "fifth": Decimal(20),
    "sixth": Decimal("16.67"), "eighth": Decimal("12.5"), "tenth": Decimal(10), "two thirds": Decimal("66.67"),
    "three quarters": Decimal(75), "two fifths": Decimal(40),
}  # fmt: skip
WORD: Final = "|".join([*TENS, *sorted(UNITS, key=len, reverse=True)])
SPELLED: Final = rf"(?:a\s+)?(?:{WORD}|hundred|thousand)(?:[\s-](?:and\s)?(?:{WORD}|hundred|thousand|million)){{0,4}}"
FIGURE: Final = r"\d{1,12}(?:,\d{3})*(?:\.\d{1,6})?"
NUMBER: Final = rf"(?:{FIGURE}|\b{SPELLED}\b)"
RANGE: Final = (
    rf"({NUMBER})(?:\s?%|\s?percent|\s?per cent|\s?x)?\s*"
    rf"(?:(?<=[\d%x ])-(?=\s?\d)|\b(?:to|or|through|until)\b|\.\.)\s*({NUMBER})"
)


def read_number(text: str) -> Decimal:
    """The number that is written here in figures or words."""
    plain = text.strip().replace(",", "")
    if plain[:1].isdigit():
        return Decimal(plain)
    whole, part = 0, 0
    for word in re.findall(r"[a-z]+", plain):
        if word in SCALES:
            part = max(part, 1) * SCALES[word]
            if SCALES[word] > 100:
                whole, part = whole + part, 0
        else:
            part += UNITS.get(word, TENS.get(word, 0))
    return Decimal(whole + part)


def scale(number: Decimal, suffix: str | None) -> Decimal:
    """The number in thousands or millions, as its suffix says."""
    return number * SCALES.get((suffix or "").strip().lower(), 1)
