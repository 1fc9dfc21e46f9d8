"""Template builtins: amounts, numbers, shares and dates in the reader's language.

Numbers are grouped with no-break spaces in Swedish and with commas in English; an amount is never rounded here: more
decimals than öre mean that something upstream went wrong, and they are shown.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from django import template
from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()


def _locale() -> str:
    return "en_GB" if get_language() == "en" else "sv_SE"


@register.filter
def money(value: Decimal | str | int | None, currency: str = "SEK") -> str:
    """`163000` → `163 000,00 kr` in Swedish, `SEK 163,000.00` in English; an empty dash for None."""
    if value is None or value == "":
        return "–"
    amount = Decimal(value)
    text = format_decimal(amount, format="#,##0.00########", locale=_locale(), decimal_quantization=False)
    text = text.replace("-", "−", 1)
    if _locale() == "sv_SE":
        return f"{text}\u00a0{'kr' if currency == 'SEK' else currency}"
    return f"{currency}\u00a0{text}"


@register.filter
def number(value: Decimal | str | int | None) -> str:
    """A number with its own decimals, grouped in thousands: `1234.5` → `1 234,5`."""
    if value is None or value == "":
        return "–"
    text = format_decimal(Decimal(value), format="#,##0.##########", locale=_locale(), decimal_quantization=False)
    return text.replace("-", "−", 1)


@register.filter
def decimals(value: Decimal | None, places: int) -> str:
    """A number with exactly so many decimals, for columns that are compared: `6` → `6,0`."""
    if value is None:
        return "–"
    text = format_decimal(value, format=f"#,##0.{'0' * places}".rstrip("."), locale=_locale())
    return text.replace("-", "−", 1)


@register.filter
def percent(value: Decimal | str | None) -> str:
    """A share as per cent: `0.6` → `60 %`."""
    if value is None or value == "":
        return "–"
    return format_percent(
        Decimal(value), format="#,##0.##\u00a0%" if _locale() == "sv_SE" else "#,##0.##%", locale=_locale()
    )


@register.filter
def day(value: date | datetime | None) -> str:
    """`3 november 2026` / `3 November 2026`."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return format_date(value, format="d MMMM y", locale=_locale())


@register.filter
def moment(value: datetime | None) -> str:
    """`3 november 2026 14:05`, in Swedish time."""
    if value is None:
        return "–"
    return format_datetime(timezone.localtime(value), format="d MMMM y HH:mm", locale=_locale())


@register.filter
def short_hash(value: Any) -> str:
    """The first twelve characters of a sha256, enough to compare by eye; the whole one stands in the title."""
    return str(value or "")[:12]


@register.filter
def get_item(mapping: dict[Any, Any], key: Any) -> Any:
    """Look a key up in a dict from a template."""
    return mapping.get(key)


@register.filter
def amount_kind(kind: str) -> str:
    """What an amount is, in the reader's words; an amount is never shown without it."""
    kinds = {
        "published": _("published"),
        "agreed": _("agreed"),
        "computed": _("computed"),
        "verified": _("verified"),
        "expected": _("expected"),
        "paid": _("paid"),
    }
    return kinds[kind]


@register.filter
def page_numbers(paginator: "Paginator[Any]", current: int) -> list[int]:
    """The page numbers to show around the current one; 0 is a gap."""
    return [n if isinstance(n, int) else 0 for n in paginator.get_elided_page_range(current, on_each_side=1, on_ends=1)]
