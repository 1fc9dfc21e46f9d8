"""An invented example beside the form: a few facts, and what the draft pays for them by the exact reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.formats import get_format
from django.utils.translation import gettext as _

from actors.forms import read_number
from contracts.editor.described import described, sections
from contracts.editor.draft import Document, Draft, name_of
from rulebook import Entitlement, MeasuredFact, Terms, Version, Working, calculate, parse_facts, period_of, working
from rulebook.periods import add_time, periods_between

MOST_CLAIMS: Final = 500
MOST_LINES: Final = 12
MONTHS_LATER: Final = (0, 1, 3, 6, 9, 12, 18, 24, 36)
"""How long after enrolment an example event may lie: the first that lets it count."""
USUAL: Final = {"yes_no": "1", "share": "0.5", "amount": "1000000"}
"""What an example shows for a measured metric of that unit; 10 for any other, and 10 claims."""
MEASURED_OF: Final = "1000"


@dataclass(frozen=True)
class Quantity:
    """One input of the example: how many claims, or which value."""

    metric: str
    label: str
    text: str

    @property
    def name(self) -> str:
        return f"x.{self.metric}"

    @property
    def number(self) -> Decimal | None:
        return read_number(self.text)


@dataclass(frozen=True)
class ExampleLine:
    """One term in one period of the example."""

    name: str
    period: str
    working: Working


@dataclass(frozen=True)
class Example:
    """What the draft pays for the invented facts."""

    lines: list[ExampleLine]
    total: str
    is_whole: bool


def quantities(draft: Draft, written: Mapping[str, str]) -> list[Quantity]:
    """An input for each metric of the draft, with what was written in it or with the usual figure."""
    found: list[Quantity] = []
    for item in draft.items("metrics"):
        metric = item.get("id") if isinstance(item, dict) else None
        if isinstance(metric, str) and metric and metric not in {quantity.metric for quantity in found}:
            name = name_of(item, draft.language)
            label = _("%(metric)s: accepted claims") if item.get("level") == "person" else _("%(metric)s: value")
            text = written.get(f"x.{metric}", "").strip() or _usual(item).replace(".", get_format("DECIMAL_SEPARATOR"))
            found.append(Quantity(metric, label % {"metric": name}, text))
    return found


def _usual(item: Mapping[str, Any]) -> str:
    return USUAL.get(str(item.get("unit")), "10")


def example(draft: Draft, figures: list[Quantity], of: Any = None, *, effective_on: date) -> Example | None:
    """What the draft pays for these figures; None where it cannot be computed yet.

    `of` is the item that the example is about: when it earns anything by itself only its own lines are shown, and only
    what it speaks of, directly or not, happens in the example.
    """
    readable = draft.readable
    if readable is None or not readable.holds:
        return None
    terms = readable.terms
    own = of.get("id") if isinstance(of, dict) and of.get("id") in terms.term_by_id else None
    spoken_of = _spoken_of(draft.document, of) if own else None
    numbers = {
        quantity.metric: quantity.number or Decimal(0)
        for quantity in figures
        if quantity.metric in terms.metric_by_id and (spoken_of is None or quantity.metric in spoken_of)
    }
    entitlement = _calculated(terms, numbers, effective_on)
    if entitlement is None:
        return None
    lines = [line for line in entitlement.lines if own in (None, line.term)]
    voice = terms.voice(draft.language)
    names = {item["id"]: name_of(item, draft.language) for item in draft.items("terms") if _has_id(item)}
    shown = [
        ExampleLine(names.get(line.term, line.term), line.period, working(line.to_json(), terms, draft.language))
        for line in lines[:MOST_LINES]
    ]
    return Example(shown, voice.money(sum((line.amount for line in lines), Decimal(0))), is_whole=own is None)


def _has_id(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str)


# --- What an item speaks of ------------------------------------------------------------------------------------------


def _spoken_of(document: Document, item: Any) -> set[str]:
    """The ids of everything that the item names, and of what those name in turn."""
    by_id = {
        other["id"]: other
        for section in sections()
        for other in (document.get(section) or [])
        if isinstance(other, dict) and isinstance(other.get("id"), str)
    }
    found: set[str] = set()
    waiting = [item]
    while waiting:
        named = {text for text in _texts(waiting.pop()) if text in by_id} - found
        found |= named
        waiting += [by_id[name] for name in named]
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


# --- The facts -------------------------------------------------------------------------------------------------------


def _calculated(terms: Terms, numbers: Mapping[str, Decimal], effective_on: date) -> Entitlement | None:
    """The claims are moved later until they count, as far as the draft's windows let them."""
    months = dict.fromkeys(numbers, 0)
    found = _at(terms, numbers, months, effective_on)
    for metric in terms.metric_by_id:
        if found is None or not _refused(found, metric):
            continue
        for later in MONTHS_LATER:
            tried = _at(terms, numbers, months | {metric: later}, effective_on)
            if tried is not None and len(_refused(tried, metric)) < len(_refused(found, metric)):
                found, months[metric] = tried, later
                break
    return found


def _refused(entitlement: Entitlement, metric: str) -> list[str]:
    return [outcome.claim for outcome in entitlement.claims if not outcome.counted and _of(outcome.claim) == metric]


def _of(claim: str) -> str:
    return claim.rpartition("/")[0]


def _at(
    terms: Terms, numbers: Mapping[str, Decimal], months: Mapping[str, int], effective_on: date
) -> Entitlement | None:
    facts, problems = parse_facts(_facts(terms, numbers, months, effective_on), terms)
    if facts is None or problems:
        return None
    return calculate([Version(1, None, terms)], facts, None)


def _facts(
    terms: Terms, numbers: Mapping[str, Decimal], months: Mapping[str, int], effective_on: date
) -> dict[str, Any]:
    """As many persons as the largest number of claims, each with one claim on each metric that is measured so."""
    cohort = terms.cohorts[0] if terms.cohorts else None
    begins = max(
        [day for day in (terms.life and terms.life.starts_on, cohort and cohort.enrols[0]) if day] or [date.min]
    )
    begins = effective_on if begins == date.min else begins
    if period_of(begins, terms.periods) is None and not isinstance(terms.periods, str):
        begins = terms.periods[0].starts_on if terms.periods else begins
    home = {"cohort": cohort.id} if cohort else {}
    enrolled = cohort.enrols[0] if cohort else begins
    groups = {"groups": [group.id for group in terms.groups]} if terms.groups else {}
    counts = {metric: _claims(terms, metric, number) for metric, number in numbers.items()}
    persons = [
        {"id": f"p{number}", "enrolled_on": enrolled.isoformat(), **home, **groups}
        for number in range(1, max(counts.values(), default=0) + 1)
    ]
    claims: list[dict[str, Any]] = []
    days = {begins}
    for metric, count in counts.items():
        on = add_time(begins, months[metric])
        spell = {"until": add_time(on, 6).isoformat()} if terms.metric_by_id[metric].duration else {}
        days |= {on} if count else set()
        claims += [
            {"id": f"{metric}/{number}", "person": f"p{number}", "metric": metric, "event_on": on.isoformat(), **spell}
            for number in range(1, count + 1)
        ]
    if claims:
        days -= {begins} if not any(claim["event_on"] == begins.isoformat() for claim in claims) else set()
    periods = periods_between(min(days), max(days), terms.periods)
    measured = [
        _measured(terms, metric, number, period.id, home)
        for period in periods
        for metric, number in numbers.items()
        if terms.metric_by_id[metric].level != "person"
    ]
    events = [{"event": event.id, "on": begins.isoformat()} for event in terms.events if not event.ends]
    return {"persons": persons, "claims": claims, "measured": measured, "events": events}


def _claims(terms: Terms, metric: str, number: Decimal) -> int:
    return max(0, min(int(number), MOST_CLAIMS)) if terms.metric_by_id[metric].level == "person" else 0


def _measured(terms: Terms, metric: str, number: Decimal, period: str, home: Mapping[str, str]) -> dict[str, Any]:
    """A value with all that a measure may ask about it: how many were measured, and how sure it is."""
    known = {entry.key for entry in described(MeasuredFact)}
    highest = terms.metric_by_id[metric].highest
    value = Fraction(number) if highest is None else min(Fraction(number), highest)
    sure = {"due": MEASURED_OF, "measured": MEASURED_OF, "standard_error": f"{abs(number) / 10:f}"}
    place = dict(home) if terms.metric_by_id[metric].level == "cohort" else {}
    shown = f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
    return {"metric": metric, "period": period, "value": shown, **place} | {k: v for k, v in sure.items() if k in known}
