"""What the definition sheet of an indicator says, in which order.

It owns the keys of a sheet and what people call them. It serves the library and the wizard of measures.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

SHEET_LABELS: Final[dict[str, Any]] = {
    "numerator": _("Numerator: what is counted"),
    "denominator": _("Denominator: out of what"),
    "unit": _("Unit"),
    "source_system": _("Source system"),
    "extraction": _("How and when data are taken out"),
    "missing": _("When data are missing"),
    "window": _("Window for each person"),
    "weaknesses": _("Known weaknesses"),
}

SHEET_KEYS: Final[tuple[str, ...]] = tuple(SHEET_LABELS)
"""Every sheet says something under each of these, in each language."""


def gaps_in(sheet: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What a sheet leaves unsaid, as language and key: «sv.window»."""
    return [
        f"{language}.{key}"
        for language in ("sv", "en")
        for key in SHEET_KEYS
        if not str(sheet.get(language, {}).get(key, "")).strip()
    ]
