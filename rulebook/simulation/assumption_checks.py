"""Whether assumptions can be read, hang together, and speak of what the terms know: every problem, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from rulebook.cashflow import parse_plan
from rulebook.earnings import life_periods
from rulebook.money import exact_text
from rulebook.periods import period_named
from rulebook.problems import Problem, inside
from rulebook.remainder import Remainder
from rulebook.shapes import REFUSED, Name, Record, Rule, nearest, places
from rulebook.simulation.assumptions import (
    ZERO,
    Assumptions,
    Measured,
    Outcome,
    Participants,
    is_uncertain,
    places_of,
)
from rulebook.simulation.correlation import check_pairs
from rulebook.simulation.distributions import DISTRIBUTION
from rulebook.terms import Terms, terms_hash


def parse_assumptions(document: object, terms: Terms) -> tuple[Assumptions | None, list[Problem]]:
    """The assumptions in a document, or every problem in it.

    The document is what `json.loads(text, parse_float=Decimal)` gives.
    """
    problems: list[Problem] = []
    assumptions = Record(Assumptions).read(document, "", problems)
    if assumptions is REFUSED and isinstance(document, Mapping):
        remainder = Remainder(document, problems)
        readable = Record(Assumptions).read(remainder.document, "", [])
        elsewhere = [] if readable is REFUSED else _check(readable, terms, remainder.document)
        return None, [*problems, *remainder.placed(elsewhere, CAUSED_BY)]
    if assumptions is REFUSED:
        return None, problems
    problems = list(_check(assumptions, terms, document))
    if problems:
        return None, problems
    return _with_hash(assumptions, document), []


CAUSED_BY: Final = {key: frozenset({"not_uncertain", "chain"}) for key in ("participants", "measured")}
"""Problems that may only show because a part of the document could not be read."""


def _with_hash(found: Assumptions, document: object) -> Assumptions:
    return Assumptions(
        found.participants, found.measured, found.correlations, found.events, found.cash_flow, terms_hash(document)
    )


LISTS: Final[dict[str, tuple[str, str]]] = {
    "metrics": ("Måttet", "metric"),
    "cohorts": ("Kohorten", "cohort"),
    "groups": ("Gruppen", "group"),
    "events": ("Händelsen", "event"),
}


def _check(found: Assumptions, terms: Terms, document: object) -> Iterator[Problem]:
    yield from _references(found, terms)
    yield from _distributions(found)
    for index, participants in enumerate(found.participants):
        yield from _participants(participants, terms, inside("participants", index))
    seen: set[tuple[str, str | None, str]] = set()
    for index, measured in enumerate(found.measured):
        yield from _measured(measured, terms, inside("measured", index), seen)
    yield from _once_each([event.event for event in found.events], "events")
    if isinstance(document, Mapping) and found.cash_flow is not None:
        _, problems = parse_plan(document["cash_flow"])
        yield from (Problem(f"cash_flow.{one.where}".rstrip("."), one.code, one.sv, one.en) for one in problems)
    yield from check_pairs([(pair.between, pair.rho) for pair in found.correlations], *_draws_of(found, terms))


def _draws_of(found: Assumptions, terms: Terms) -> tuple[dict[str, bool], dict[str, str]]:
    """Of the metrics that are uncertain: whether each is drawn once, and the level at which."""
    once: dict[str, bool] = {}
    level: dict[str, str] = {}
    for participants in found.participants:
        for outcome in participants.outcomes:
            if is_uncertain(outcome.share):
                once[outcome.metric], level[outcome.metric] = True, "contract"
    for measured in found.measured:
        if is_uncertain(measured.value) and measured.metric in terms.metric_by_id:
            once[measured.metric] = measured.drawn == "once"
            level[measured.metric] = terms.metric_by_id[measured.metric].level
    return once, level


def _references(found: Assumptions, terms: Terms) -> Iterator[Problem]:
    known = {name: [item.id for item in getattr(terms, name)] for name in LISTS}
    for place in places(Record(Assumptions), found, ""):
        shape = place.shape
        if isinstance(shape, Name) and shape.of and place.value not in known[shape.of]:
            sv, en = LISTS[shape.of]
            near, names = nearest(place.value, tuple(known[shape.of])), ", ".join(known[shape.of]) or "–"
            said_sv = f"Menade du {near}?" if near else f"I villkoren finns: {names}."
            said_en = f"Did you mean {near}?" if near else f"The terms have: {names}."
            yield Problem(
                place.where,
                f"unknown_{en}",
                f"{sv} {place.value} finns inte i villkoren. {said_sv}",
                f"The terms have no {en} {place.value}. {said_en}",
            )


def _distributions(found: Assumptions) -> Iterator[Problem]:
    for place in places(Record(Assumptions), found, ""):
        if isinstance(place.value, Rule) and place.shape is DISTRIBUTION:
            yield from place.value.params.check(place.where)


def _participants(found: Participants, terms: Terms, where: str) -> Iterator[Problem]:
    yield from _size(found.size, inside(where, "size"))
    if terms.cohorts and found.cohort is None:
        sv, en = "Kohorten saknas. Ange cohort.", "The cohort is missing. Give cohort."
        yield Problem(inside(where, "cohort"), "missing", sv, en)
    if not found.enrolment and found.cohort is None and terms.life is None:
        sv = "Det framgår inte när deltagarna skrivs in. Ange enrolment."
        en = "It is not clear when the participants enrol. Give enrolment."
        yield Problem(inside(where, "enrolment"), "missing", sv, en)
    yield from _enrolment(found, terms, inside(where, "enrolment"))
    yield from _whole(found.histories, inside(where, "histories"), at_most=True)
    if found.based_on is not None and not found.histories:
        sv, en = "based_on hör till histories. Ta bort det.", "based_on belongs to histories. Remove it."
        yield Problem(inside(where, "based_on"), "needless", sv, en)
    yield from _once_each([outcome.metric for outcome in found.outcomes], inside(where, "outcomes"))
    for index, outcome in enumerate(found.outcomes):
        yield from _outcome(outcome, found, terms, inside(inside(where, "outcomes"), index))
    for index, history in enumerate(found.histories):
        for number, claim in enumerate(history.claims):
            place = inside(inside(inside(inside(where, "histories"), index), "claims"), number)
            yield from _person_level(claim.metric, claim.length, terms, place)
    both = {outcome.metric for outcome in found.outcomes} & {
        claim.metric for history in found.histories for claim in history.claims
    }
    for metric in sorted(both):
        sv = f"Måttet {metric} står både under outcomes och histories. Behåll det ena."
        en = f"The metric {metric} stands both under outcomes and histories. Keep one of them."
        yield Problem(inside(where, "histories"), "duplicate", sv, en)


def _enrolment(found: Participants, terms: Terms, where: str) -> Iterator[Problem]:
    yield from _whole(found.enrolment, where)
    cohort = terms.cohort_by_id.get(found.cohort or "")
    for index, intake in enumerate(found.enrolment):
        if cohort and not cohort.enrols[0] <= intake.on <= cohort.enrols[1]:
            first, last = cohort.enrols
            sv = f"Inskrivningen {intake.on} ligger utanför kohortens tid {first}–{last}. Rätta datumet eller kohorten."
            en = f"Enrolment on {intake.on} is outside the cohort's {first} to {last}. Correct the date or the cohort."
            yield Problem(inside(inside(where, index), "on"), "enrolment", sv, en)


def _size(size: Fraction | Rule, where: str) -> Iterator[Problem]:
    if isinstance(size, Rule):
        low = size.params.range[0] if not size.params.check(where) else ZERO
        if low is not None and low < 0:
            sv = f"Antalet personer kan bli {exact_text(low)}. Ange en fördelning från 0 och uppåt."
            en = f"The number of persons may be {exact_text(low)}. Give a distribution from 0 upwards."
            yield Problem(where, "range", sv, en)
    elif size.denominator != 1:
        sv = f"{exact_text(size)} är inget helt antal personer. Skriv ett heltal."
        en = f"{exact_text(size)} is not a whole number of persons. Write a whole number."
        yield Problem(where, "whole", sv, en)


def _outcome(found: Outcome, participants: Participants, terms: Terms, where: str) -> Iterator[Problem]:
    yield from _person_level(found.metric, found.length, terms, where)
    for key in ("months", "times", "length"):
        spread = getattr(found, key)
        if isinstance(spread, tuple):
            yield from _whole(spread, inside(where, key))
    yield from _share(found.share, inside(where, "share"))
    metric = terms.metric_by_id.get(found.metric)
    reached = {outcome.metric for outcome in participants.outcomes}
    if metric and metric.after in terms.metric_by_id and metric.after not in reached:
        sv = f"{found.metric} räknas först efter {metric.after}, som inget antas om. Lägg till det i outcomes."
        en = f"{found.metric} counts only after {metric.after}, of which nothing is assumed. Add it to outcomes."
        yield Problem(inside(where, "metric"), "chain", sv, en)


def _share(share: Fraction | Rule, where: str) -> Iterator[Problem]:
    if isinstance(share, Rule):
        if share.kind == "normal" or share.params.check(where):
            return
        low, high = share.params.range
    else:
        low = high = share
    if low < 0 or high > 1:
        shown = exact_text(low if low < 0 else high)
        sv = f"Andelen kan bli {shown}. Ange ett tal från 0 till 1, 0.60 är 60 procent."
        en = f"The share may be {shown}. Give a number from 0 to 1; 0.60 is 60 per cent."
        yield Problem(where, "range", sv, en)


def _person_level(metric_id: str, length: object, terms: Terms, where: str) -> Iterator[Problem]:
    metric = terms.metric_by_id.get(metric_id)
    if metric is None:
        return
    if metric.level != "person":
        sv = f"Måttet {metric_id} mäts inte per person. Lägg det under measured."
        en = f"The metric {metric_id} is not measured per person. Put it under measured."
        yield Problem(inside(where, "metric"), "level", sv, en)
    if metric.duration and length is None:
        sv = "Måttet räknas i tid. Ange length, så många dagar som varje anspråk gäller."
        en = "The metric is counted in time. Give length, the days that each claim is for."
        yield Problem(inside(where, "length"), "missing", sv, en)
    if not metric.duration and length is not None:
        sv = "Måttet räknas inte i tid. Ta bort length, eller ge måttet duration i villkoren."
        en = "The metric is not counted in time. Remove length, or give the metric a duration in the terms."
        yield Problem(inside(where, "length"), "no_duration", sv, en)


def _whole(parts: Sequence[Any], where: str, at_most: bool = False) -> Iterator[Problem]:
    """Shares that must add up to one, or to one at most."""
    together = sum((part.share for part in parts), ZERO)
    if not parts or together == 1 or (at_most and together < 1):
        return
    text = exact_text(together)
    sv = f"Andelarna blir tillsammans {text}. De ska bli {'högst ' if at_most else ''}1."
    en = f"The shares add up to {text}. They must add up to {'1 at most' if at_most else '1'}."
    yield Problem(where, "shares", sv, en)


def _once_each(names: Iterable[str], where: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            sv, en = f"{name} står redan i listan. Slå ihop dem.", f"{name} is already in the list. Merge them."
            yield Problem(inside(where, index), "duplicate", sv, en)
        seen.add(name)


def _measured(found: Measured, terms: Terms, where: str, seen: set[tuple[str, str | None, str]]) -> Iterator[Problem]:
    metric = terms.metric_by_id.get(found.metric)
    if metric is None:
        return
    if metric.level == "person":
        sv = f"Måttet {metric.id} mäts per person. Lägg det under participants, i outcomes."
        en = f"The metric {metric.id} is measured per person. Put it under participants, in outcomes."
        yield Problem(inside(where, "metric"), "level", sv, en)
        return
    if metric.level == "contract" and found.cohorts:
        sv, en = (
            "Måttet mäts för hela avtalet. Ta bort cohorts.",
            "The metric is measured for the whole contract. Remove cohorts.",
        )
        yield Problem(inside(where, "cohorts"), "level", sv, en)
    for index, name in enumerate(found.periods):
        if period_named(name, terms.periods) is None:
            sv, en = f"Mätperioden {name} finns inte i villkoren.", f"The terms have no measurement period {name}."
            yield Problem(inside(inside(where, "periods"), index), "unknown_period", sv, en)
    if not found.periods and not life_periods(terms):
        sv = "Avtalet saknar avtalstid, så mätperioderna måste anges. Lägg till periods."
        en = "The contract has no life, so the measurement periods must be given. Add periods."
        yield Problem(inside(where, "periods"), "missing", sv, en)
    for key in places_of(found, metric, terms):
        if key in seen:
            sv = f"Det finns redan ett antagande om {metric.id} i {key[2]}. Behåll ett av dem."
            en = f"There is already an assumption about {metric.id} in {key[2]}. Keep one of them."
            yield Problem(where, "duplicate", sv, en)
            break
    seen.update(places_of(found, metric, terms))
