"""Reading one cell: dates, numbers and names as people in Sweden write them."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from outcomes.sources.base import Value

PSEUDONYM = re.compile(r"[0-9A-Za-zÅÄÖåäö-]{1,40}\Z")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z")
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009\u2007\t'"))
_GROUPED = re.compile(r"-?\d{1,3}(?:[.,\s\u00a0\u202f\u2009\u2007']\d{3})+(?:[.,]\d+)?\Z")
_PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?\Z")


def text_of(value: Value) -> str:
    """The cell as text without spaces around it. A number that is whole has no decimals."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).replace("\u00a0", " ").replace("\u202f", " ").strip()


def date_of(value: Value) -> date | None:
    """The date, or None when there is no certain way to read one: 3/4/2026 is March to some and April to others.

    >>> date_of("2026-12-04"), date_of("20261204"), date_of("4/12 2026")
    (datetime.date(2026, 12, 4), datetime.date(2026, 12, 4), None)
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        return None
    text = text_of(value).replace("\u2010", "-").replace("\u2011", "-").replace("\u2013", "-")
    found = _ISO.match(text) or _COMPACT.match(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def number_of(value: Value) -> Decimal | None:
    """The exact number, with decimal comma or point and thousands grouped by spaces or the other sign.

    >>> number_of("1 234,5"), number_of("1234.5"), number_of("1.234,5"), number_of("N/A")
    (Decimal('1234.5'), Decimal('1234.5'), Decimal('1234.5'), None)
    """
    if isinstance(value, bool) or value is None or isinstance(value, date):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    text = text_of(value).replace("\u2212", "-")
    packed = text.translate(_SPACES)
    if not (_PLAIN.match(packed) and (packed == text or _GROUPED.match(text))) and not _GROUPED.match(text):
        return None
    last = max(packed.rfind(","), packed.rfind("."))
    if packed.count(",") + packed.count(".") > 1:
        if packed[last] in packed[:last]:
            return None  # 1.234.567: several thousands, or a slip of the hand?
        other = "." if packed[last] == "," else ","
        packed = packed.replace(other, "")
    try:
        return Decimal(packed.replace(",", "."))
    except InvalidOperation:
        return None


def fits(number: Decimal, whole: int, decimals: int) -> bool:
    """Can the number be kept without rounding it?"""
    _sign, digits, exponent = number.normalize().as_tuple()
    if not isinstance(exponent, int):
        return False
    return -exponent <= decimals and len(digits) + exponent <= whole
