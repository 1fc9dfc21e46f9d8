"""Finding personal identity numbers in text, so that they can be refused before anything is stored.

A personal identity number (personnummer) or coordination number (samordningsnummer) is a birth date in six or eight
digits – for a coordination number with 60 added to the day – followed by three digits and a check digit, with a
hyphen, a plus sign, a space or nothing between. An organisation number has 20 or more where the month would be, so it
is never mistaken for one; neither is an amount with decimals, a UUID or a hash.

What only looks different is read as what it is: full-width digits, no-break and thin spaces, long dashes, and
zero-width characters in between. Spreadsheets and CSV files are scanned cell by cell: across a comma, a number with
decimals and two cells look the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

_CENTURIES = {"18", "19", "20"}
_COORDINATION = 60  # added to the day of birth

_UUID = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])")
_CANDIDATE = re.compile(
    r"""
    (?<![0-9A-Za-z])                                # a token of its own …
    (?P<year>\d{4}|\d{2})(?P<in_date>[ ./-]?)(?P<month>\d{2})(?P=in_date)(?P<day>\d{2})
    (?P<before_last>[ ]?[-+][ ]?|[ ]|)
    (?P<last>\d{4})
    (?![0-9A-Za-z])                                 # … to its end
    """,
    re.VERBOSE,
)
_DECIMALS_FOLLOW = re.compile(r"[.,]\d+(?![\d.,-])|[.]\d+(?![\d.-])")
_WHOLE_PART_PRECEDES = re.compile(r"\d[.,]$")


def contains_identity_number(text: str) -> bool:
    """Is there a personal identity number or a coordination number anywhere in the text?"""
    return next(_found(text), None) is not None


def positions(text: str) -> list[tuple[int, int]]:
    """Where they are, as (start, end) in the text as given; for messages that point without repeating."""
    return list(_found(text))


def _found(text: str) -> Iterator[tuple[int, int]]:
    plain, places = _plain(text)
    plain = _UUID.sub(lambda match: "x" * len(match.group()), plain)
    start = 0
    while match := _CANDIDATE.search(plain, start):
        if _is_one(match) and not _is_part_of_a_number(match, plain):
            yield places[match.start()], places[match.end() - 1] + 1
            start = match.end()
        else:
            start = match.start() + 1


def _plain(text: str) -> tuple[str, "list[int] | range"]:
    """The text with look-alikes made plain and the invisible left out, and where each character came from."""
    if text.isascii():
        return text, range(len(text))
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category in {"Cf", "Mn"}:  # zero-width, soft hyphen, combining marks
            continue
        if category == "Nd":
            character = str(unicodedata.decimal(character))  # noqa: PLW2901
        elif category == "Pd" or character == "−":
            character = "-"  # noqa: PLW2901
        elif category == "Zs":
            character = " "  # noqa: PLW2901
        elif category.startswith("L"):
            character = "x"  # noqa: PLW2901 - any letter, so that the rules need to know ASCII only
        elif unicodedata.normalize("NFKC", character) in {".", ",", "+", "/"}:
            character = unicodedata.normalize("NFKC", character)  # noqa: PLW2901
        characters.append(character)
        places.append(place)
    return "".join(characters), places


def _is_one(match: re.Match[str]) -> bool:
    year, month, day, last = match["year"], match["month"], match["day"], match["last"]
    if len(year) == 4 and year[:2] not in _CENTURIES:
        return False
    if match["in_date"] == " " and match["before_last"] not in {" ", "-", "+", " - "}:
        return False
    if match["in_date"] in {"-", ".", "/"} and not match["before_last"].strip():
        return False  # a date and then a number: 2026-11-03 1405
    if last.startswith("000"):
        return False
    return _is_birth_date(year, int(month), int(day)) and _check_digit_holds(year[-2:] + month + day + last)


def _is_birth_date(year: str, month: int, day: int) -> bool:
    day = day - _COORDINATION if day > _COORDINATION else day
    years = [int(year)] if len(year) == 4 else [int(century + year) for century in ("19", "20")]
    return any(_is_date(candidate, month, day) for candidate in years)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _check_digit_holds(digits: str) -> bool:
    """The Luhn sum of the ten digits, the first one doubled."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_part_of_a_number(match: re.Match[str], plain: str) -> bool:
    """An unbroken row of digits with decimals before or after it is an amount or a measured value."""
    if match["in_date"] or match["before_last"]:
        return False
    return bool(
        _DECIMALS_FOLLOW.match(plain, match.end())
        or _WHOLE_PART_PRECEDES.search(plain[max(0, match.start() - 2) : match.start()])
    )
