"""An invented example beside the form: the rulebook's own facts, with the figures that somebody wants to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _

from actors.forms import read_number
from contracts.editor.described import sections
from contracts.editor.draft import Document, Draft, name_of
from rulebook import Entitlement, Facts, Person, Terms, Version, Working, calculate, working
from rulebook.invented import example_of

MOST_CLAIMS: Final = 500
MOST_LINES: Final = 12


@dataclass(frozen=True)
class Figure:
    """One input of the example: how many claims, or which value; empty for the invented one."""

    metric: str
    label: str
    text: str

    @property
    def name(self) -> str:
        return f"x.{self.metric}"


@dataclass(frozen=True)
class ExampleLine:
    """One term in one period of the example."""

    name: str
    period: str
    working: Working


@dataclass(frozen=True)
class Example:
    """What the draft pays for the invented facts; `is_whole` when it is about all terms."""

    lines: list[ExampleLine]
    total: str
    is_whole: bool


def figures_of(draft: Draft, written: Mapping[str, str]) -> list[Figure]:
    """An input for each metric of the draft, with what was written in it."""
    found: dict[str, Figure] = {}
    for item in draft.items("metrics"):
        metric = item.get("id") if isinstance(item, dict) else None
        if isinstance(metric, str) and metric:
            label = _("%(metric)s: accepted claims") if item.get("level") == "person" else _("%(metric)s: value")
            name = name_of(item, draft.language)
            found.setdefault(metric, Figure(metric, label % {"metric": name}, written.get(f"x.{metric}", "").strip()))
    return list(found.values())


def example(draft: Draft, figures: list[Figure], of: Any = None) -> Example | None:
    """What the draft pays in the example; None where it cannot be computed yet.

    `of` is the item that the example is about. Where it is a term, only its own lines are shown, and only what it
    speaks of, directly or not, happens.
    """
    readable = draft.readable
    if readable is None or not readable.holds:
        return None
    terms = readable.terms
    own = of.get("id") if isinstance(of, dict) and of.get("id") in terms.term_by_id else None
    wanted = {figure.metric: number for figure in figures if (number := read_number(figure.text)) is not None}
    entitlement = _calculated(terms, wanted, _spoken_of(draft.document, of) if own else None)
    lines = [line for line in entitlement.lines if own in {None, line.term}]
    names = {item["id"]: name_of(item, draft.language) for item in _with_ids(draft.document, "terms")}
    shown = [
        ExampleLine(names.get(line.term, line.term), line.period, working(line.to_json(), terms, draft.language))
        for line in lines[:MOST_LINES]
    ]
    total = terms.voice(draft.language).money(sum((line.amount for line in lines), Decimal(0)))
    return Example(shown, total, is_whole=own is None)


def _calculated(terms: Terms, wanted: Mapping[str, Decimal], only: set[str] | None) -> Entitlement:
    invented = example_of(terms)
    facts = _tried(invented.facts, wanted)
    if only is not None:
        claims = tuple(claim for claim in facts.claims if claim.metric in only)
        measured = tuple(fact for fact in facts.measured if fact.metric in only)
        facts = replace(facts, claims=claims, measured=measured)
    return calculate([Version(1, None, terms)], facts, invented.as_of)


def _tried(facts: Facts, wanted: Mapping[str, Decimal]) -> Facts:
    """The facts with another number of claims, or with another value, for the metrics that somebody asks about."""
    claims = [claim for claim in facts.claims if claim.metric not in wanted]
    more = 0
    for metric, number in wanted.items():
        own = [claim for claim in facts.claims if claim.metric == metric]
        count = max(0, min(int(number), MOST_CLAIMS)) if own else 0
        added = range(1, count - len(own) + 1)
        claims += own[:count]
        claims += [replace(own[-1], id=f"{metric}/ny{place}", person=f"ny{place}") for place in added]
        more = max(more, len(added))
    first = facts.persons[0] if facts.persons else Person("ny")
    persons = (*facts.persons, *(replace(first, id=f"ny{place}") for place in range(1, more + 1)))
    measured = tuple(
        replace(fact, value=Fraction(wanted[fact.metric])) if fact.metric in wanted else fact for fact in facts.measured
    )
    return replace(facts, persons=persons, claims=tuple(claims), measured=measured)


# --- What an item speaks of ------------------------------------------------------------------------------------------


def _spoken_of(document: Document, item: Any) -> set[str]:
    """The ids of everything that the item names, and of what those name in turn."""
    by_id = {other["id"]: other for section in sections() for other in _with_ids(document, section)}
    found: set[str] = set()
    waiting = [item]
    while waiting:
        named = {text for text in _texts(waiting.pop()) if text in by_id} - found
        found |= named
        waiting += [by_id[name] for name in named]
    return found


def _with_ids(document: Document, section: str) -> list[dict[str, Any]]:
    items = document.get(section)
    items = items if isinstance(items, list) else []
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]


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
