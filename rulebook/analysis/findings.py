"""What an analysis of the terms has found: one sentence each, in both languages, with the figures it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Literal

from rulebook.language import Voice
from rulebook.money import exact_text
from rulebook.problems import Language
from rulebook.terms import Terms
from rulebook.wording import spoken

Severity = Literal["problem", "warning", "note"]
SEVERITIES: Final[Mapping[Severity, tuple[str, str]]] = {
    "problem": ("Problem", "Problem"),
    "warning": ("Varning", "Warning"),
    "note": ("Upplysning", "Note"),
}

KINDS: Final[Mapping[str, tuple[Severity, str, str]]] = {
    "never_pays": ("problem", "Villkor som aldrig kan ge något", "Term that can never pay"),
    "never_counts": ("problem", "Mått som aldrig kan räknas", "Metric that can never count"),
    "perverse": ("problem", "Sämre utfall ger mer", "A worse outcome pays more"),
    "gate_never": ("problem", "Villkor för betalning som aldrig kan hålla", "Condition that can never hold"),
    "cliff": ("warning", "Stup", "Cliff"),
    "twice": ("warning", "Kan räknas två gånger", "Can be claimed twice"),
    "seldom_counts": ("warning", "Kan inte räknas så ofta som det står", "Cannot count as often as stated"),
    "gate_always": ("warning", "Villkor för betalning som alltid håller", "Condition that always holds"),
    "level_out_of_reach": ("warning", "Nivå som aldrig kan nås", "Level that can never be reached"),
    "cap_always": ("warning", "Tak som alltid slår till", "Limit that always cuts"),
    "cap_never": ("warning", "Tak som aldrig kan slå till", "Limit that can never cut"),
    "limit_of_nothing": ("warning", "Tak som inte gäller något", "Limit that applies to nothing"),
    "leg_without_share": ("warning", "Betalare utan andel", "Payer without a share"),
    "unused_metric": ("warning", "Mått som inget använder", "Metric that nothing uses"),
    "dead_zone": ("note", "Fler utfall ger inget", "More outcomes pay nothing"),
    "cap_reached": ("note", "Tak som kan nås", "Limit that can be reached"),
}
"""Every kind of finding, the gravest first: how grave it is, and what people call it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a party should know before signing; `values` are the figures it is about, spelt exactly.

    `where` is the place in the document as `Problem` writes it.
    """

    kind: str
    where: str
    sv: str
    en: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return KINDS[self.kind][0]

    def heading(self, language: Language) -> str:
        _, sv, en = KINDS[self.kind]
        return en if language == "en" else sv

    def message(self, language: Language) -> str:
        return self.en if language == "en" else self.sv

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "severity": self.severity,
            "where": self.where,
            "sv": self.sv,
            "en": self.en,
            "values": dict(self.values),
        }


def said(
    kind: str, where: str, terms: Terms, tell: Callable[[Voice], str], values: Mapping[str, str] | None = None
) -> Finding:
    """A finding told in both languages."""
    return Finding(kind, where, tell(spoken(terms, "sv")), tell(spoken(terms, "en")), values or {})


def figures(**values: Fraction | int | str | None) -> dict[str, str]:
    """Figures spelt exactly; those that are not there are left out."""
    return {
        name: value if isinstance(value, str) else exact_text(Fraction(value))
        for name, value in values.items()
        if value is not None
    }
