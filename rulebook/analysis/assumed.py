"""What facts must keep to for the bounds of an exposure to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rulebook.analysis.reach import Reach
from rulebook.terms import Metric, Terms


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that facts must keep to for the ends to hold."""

    code: str
    sv: str
    en: str


_ALL: Final = {
    "whole_life": Assumption(
        "whole_life",
        "Hela avtalstiden har gått.",
        "The contract's whole life has passed.",
    ),
    "sizes": Assumption(
        "sizes",
        "Ingen kohort får fler personer än sin storlek, och alla skrivs in under kohortens inskrivningstid.",
        "No cohort has more persons than its size, and all enrol within the cohort's days of enrolment.",
    ),
    "units": Assumption(
        "units",
        "Varje anspråk gäller en enhet.",
        "Each claim is for one unit.",
    ),
    "ranges": Assumption(
        "ranges",
        "Andelar ligger mellan 0 och 100 procent där villkoren inte säger något annat, och ja eller nej är 1 eller 0.",
        "Shares are between 0 and 100 per cent where the terms say nothing else, and yes or no is 1 or 0.",
    ),
    "periods": Assumption(
        "periods",
        "Värden rapporteras bara för mätperioder inom avtalstiden.",
        "Values are reported only for measurement periods within the contract's life.",
    ),
    "events": Assumption("events", "Varje händelse inträffar högst en gång.", "Each event happens at most once."),
    "enrolled": Assumption(
        "enrolled",
        "Alla som har anspråk finns bland de inskrivna personerna.",
        "Everyone with a claim is among the enrolled persons.",
    ),
}


def assumptions(terms: Terms, reach: Reach) -> list[Assumption]:
    """What is assumed, as far as these terms depend on it."""
    kinds = {rule.kind for term in terms.terms for rule in term.measures}
    needed = {
        "whole_life": any(term.price.kind == "fixed" for term in terms.terms),
        "sizes": bool(terms.cohorts),
        "units": any(_is_counted_by_claims(metric, reach) for metric in terms.metrics),
        "ranges": any(metric.unit in ("share", "yes_no") and metric.level != "person" for metric in terms.metrics),
        "periods": isinstance(terms.periods, str) and bool({"value", "effect"} & kinds),
        "events": bool(terms.events),
        "enrolled": "enrolled" in kinds,
    }
    return [_ALL[code] for code, holds in needed.items() if holds]


def _is_counted_by_claims(metric: Metric, reach: Reach) -> bool:
    return metric.level == "person" and metric.duration is None and reach.is_whole(metric)
