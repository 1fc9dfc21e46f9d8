"""What was verified: claims on persons' events, and values measured for a cohort or for the contract."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from rulebook.money import exact_text
from rulebook.periods import period_named
from rulebook.problems import Problem, inside
from rulebook.remainder import Remainder
from rulebook.shapes import (
    REFUSED,
    Day,
    ListOf,
    Number,
    Record,
    Reference,
    Schema,
    entry,
    nearest,
    record_schema,
)
from rulebook.table import ONE, ClaimFact, ClaimTable
from rulebook.terms import Metric, Terms

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Person:
    """A participant under pseudonym, with the day of enrolment from which windows are counted."""

    id: str = entry(Reference(), "Pseudonym", "Pseudonym")
    cohort: str | None = entry(Reference(), "Kohort", "Cohort", default=None)
    enrolled_on: date | None = entry(Day(), "Inskriven", "Enrolled on", default=None)
    groups: tuple[str, ...] = entry(
        ListOf(Reference()), "Grupper som personen hörde till vid inskrivningen", "Groups at enrolment", default=()
    )


@dataclass(frozen=True, slots=True)
class MeasuredFact:
    """The value of a cohort-level or contract-level metric in a period; without a value, none could be measured."""

    metric: str = entry(Reference(), "Mått", "Metric")
    period: str = entry(Reference(), "Mätperiod", "Measurement period")
    value: Fraction | None = entry(Number(yes_no=True), "Värde", "Value", default=None)
    cohort: str | None = entry(Reference(), "Kohort", "Cohort", default=None)
    numerator: Fraction | None = entry(Number(), "Täljare", "Numerator", default=None)
    denominator: Fraction | None = entry(Number(above=ZERO), "Nämnare", "Denominator", default=None)
    due: Fraction | None = entry(Number(above=ZERO), "Skulle mätas", "How many were due to be measured", default=None)
    measured: Fraction | None = entry(Number(minimum=ZERO), "Mättes", "How many were measured", default=None)
    standard_error: Fraction | None = entry(
        Number(minimum=ZERO),
        "Medelfel, när värdet är en skattning",
        "Standard error, when the value is an estimate",
        default=None,
    )
    verified_on: date | None = entry(
        Day(), "Fastställt", "Verified on; without it the value counts as verified", default=None
    )
    id: str | None = entry(Reference(), "Beteckning", "Id", default=None)

    @property
    def observed(self) -> Fraction | None:
        """The value, or numerator by denominator; None when nothing could be measured."""
        if self.value is None and self.numerator is not None and self.denominator is not None:
            return Fraction(self.numerator) / Fraction(self.denominator)
        return None if self.value is None else Fraction(self.value)


@dataclass(frozen=True, slots=True)
class EventFact:
    """An event of the terms that has happened, such as an early stop."""

    event: str = entry(Reference(), "Händelse", "Event")
    on: date = entry(Day(), "Dag", "Day")
    verified_on: date | None = entry(
        Day(), "Fastställt", "Verified on; without it the event counts as verified", default=None
    )
    id: str | None = entry(Reference(), "Beteckning", "Id", default=None)


@dataclass(frozen=True)
class Facts:
    """Everything verified for a contract; the order in which it is listed means nothing.

    Claims may be a tuple of `ClaimFact`, or a `ClaimTable`, which holds a million of them in columns.
    """

    persons: tuple[Person, ...] = entry(ListOf(Record(Person)), "Personer", "Persons", default=())
    claims: Sequence[ClaimFact] = entry(ListOf(Record(ClaimFact)), "Anspråk", "Claims", default=())
    measured: tuple[MeasuredFact, ...] = entry(
        ListOf(Record(MeasuredFact)), "Uppmätta värden", "Measured values", default=()
    )
    events: tuple[EventFact, ...] = entry(ListOf(Record(EventFact)), "Händelser", "Events", default=())

    @cached_property
    def person_by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.persons}

    @cached_property
    def table(self) -> ClaimTable:
        """The claims in columns."""
        return self.claims if isinstance(self.claims, ClaimTable) else ClaimTable.of(self.claims)

    def known_on(self, day: date | None) -> Facts:
        """Only what was verified on the day or before it; without a day, everything."""
        if day is None:
            return self

        def is_known(fact: MeasuredFact | EventFact) -> bool:
            return fact.verified_on is None or fact.verified_on <= day

        return Facts(
            self.persons,
            self.table.known_on(day),
            tuple(filter(is_known, self.measured)),
            tuple(filter(is_known, self.events)),
        )


def parse_facts(document: object, terms: Terms | Sequence[Terms]) -> tuple[Facts | None, list[Problem]]:
    """The facts in a document, or every problem in it.

    Give all versions of an amended contract's terms: a fact may speak of a metric that only one of them knows.
    """
    versions = [terms] if isinstance(terms, Terms) else list(terms)
    problems: list[Problem] = []
    facts = Record(Facts).read(document, "", problems)
    if facts is REFUSED and isinstance(document, Mapping):
        remainder = Remainder(document, problems)
        readable = Record(Facts).read(remainder.document, "", [])
        elsewhere = [] if readable is REFUSED else _check(readable, versions)
        return None, [*problems, *remainder.placed(elsewhere, CAUSED_BY)]
    if facts is not REFUSED:
        problems = list(_check(facts, versions))
    return (None, problems) if problems else (facts, [])


CAUSED_BY: Final = {"persons": frozenset({"missing", "no_enrolment"})}
"""Problems that may only show because a person could not be read."""


def _check(facts: Facts, versions: Sequence[Terms]) -> Iterable[Problem]:
    metrics = {metric.id: metric for terms in versions for metric in terms.metrics}
    cohorts = {cohort.id: cohort for terms in versions for cohort in terms.cohorts}
    yield from _unique("persons", (person.id for person in facts.persons))
    yield from _unique("claims", (claim.id for claim in facts.claims))
    yield from _unique("measured", (fact.id for fact in facts.measured))
    yield from _unique("events", (fact.id for fact in facts.events))
    for index, person in enumerate(facts.persons):
        where = inside("persons", index)
        yield from _cohort(person.cohort, cohorts, where)
        enrols = cohorts[person.cohort].enrols if person.cohort in cohorts else None
        if enrols and person.enrolled_on and not enrols[0] <= person.enrolled_on <= enrols[1]:
            sv = (
                f"Inskrivningen {person.enrolled_on} ligger utanför kohortens tid {enrols[0]}–{enrols[1]}. "
                "Rätta datumet eller kohorten."
            )
            en = (
                f"Enrolment on {person.enrolled_on} is outside the cohort's {enrols[0]} to {enrols[1]}. "
                "Correct the date or the cohort."
            )
            yield Problem(inside(where, "enrolled_on"), "enrolment", sv, en)
        yield from _groups(person, versions, where)
    for index, event in enumerate(facts.events):
        yield from _event(event, versions, inside("events", index))
    for index, claim in enumerate(facts.claims):
        yield from _claim(claim, facts, metrics, cohorts, inside("claims", index))
    said: set[tuple[object, ...]] = set()
    for index, fact in enumerate(facts.measured):
        where = inside("measured", index)
        yield from _measured(fact, versions, metrics, cohorts, where)
        key = (fact.metric, fact.cohort, fact.period, fact.verified_on)
        if key in said:
            sv = (
                f"Det finns redan ett värde för {fact.metric} i {fact.period}. "
                "Ge rättelsen ett senare verified_on, eller ta bort det ena."
            )
            en = (
                f"There is already a value of {fact.metric} in {fact.period}. "
                "Give the correction a later verified_on, or remove one."
            )
            yield Problem(where, "duplicate_value", sv, en)
        said.add(key)


def _unique(name: str, ids: Iterable[str | None]) -> Iterable[Problem]:
    seen: set[str] = set()
    for index, used in enumerate(ids):
        if used in seen:
            sv, en = f"{used} finns redan. Ta bort dubbletten.", f"{used} is already there. Remove the duplicate."
            yield Problem(inside(inside(name, index), "id"), "duplicate", sv, en)
        if used is not None:
            seen.add(used)


def _cohort(cohort: str | None, known: dict[str, Any], where: str) -> Iterable[Problem]:
    if cohort is not None and cohort not in known:
        names = ", ".join(known) or "–"
        sv, en = (
            f"Kohorten {cohort} finns inte i villkoren. Kohorterna är: {names}.",
            f"The terms have no cohort {cohort}. The cohorts are: {names}.",
        )
        yield Problem(inside(where, "cohort"), "unknown_cohort", sv, en)


def _groups(person: Person, versions: Sequence[Terms], where: str) -> Iterable[Problem]:
    known = [group.id for terms in versions for group in terms.groups]
    for index, group in enumerate(person.groups):
        if group not in known:
            names = ", ".join(known) or "–"
            sv = f"Gruppen {group} finns inte i villkoren. Grupperna är: {names}."
            en = f"The terms have no group {group}. The groups are: {names}."
            yield Problem(inside(inside(where, "groups"), index), "unknown_group", sv, en)


def _event(fact: EventFact, versions: Sequence[Terms], where: str) -> Iterable[Problem]:
    known = [event.id for terms in versions for event in terms.events]
    if fact.event not in known:
        names = ", ".join(known) or "–"
        sv = f"Händelsen {fact.event} finns inte i villkoren. Händelserna är: {names}."
        en = f"The terms have no event {fact.event}. The events are: {names}."
        yield Problem(inside(where, "event"), "unknown_event", sv, en)


def _metric(metric: str, known: dict[str, Metric], where: str, personal: bool) -> Iterable[Problem]:
    found = known.get(metric)
    if found is None:
        near = nearest(metric, known)
        sv = f"Måttet {metric} finns inte i villkoren." + (f" Menade du {near}?" if near else "")
        en = f"The terms have no metric {metric}." + (f" Did you mean {near}?" if near else "")
        yield Problem(inside(where, "metric"), "unknown_metric", sv, en)
    elif personal and found.level != "person":
        sv = f"Måttet {metric} mäts inte per person. Lägg värdet under measured."
        en = f"The metric {metric} is not measured per person. Put the value under measured."
        yield Problem(inside(where, "metric"), "level", sv, en)
    elif not personal and found.level == "person":
        sv = f"Måttet {metric} mäts per person. Lägg varje händelse under claims."
        en = f"The metric {metric} is measured per person. Put each event under claims."
        yield Problem(inside(where, "metric"), "level", sv, en)


def _claim(
    claim: ClaimFact, facts: Facts, metrics: dict[str, Metric], cohorts: dict[str, Any], where: str
) -> Iterable[Problem]:
    yield from _metric(claim.metric, metrics, where, personal=True)
    yield from _cohort(claim.cohort, cohorts, where)
    person = facts.person_by_id.get(claim.person)
    home = person.cohort if person else None
    if claim.cohort and home and claim.cohort != home:
        sv = f"Anspråket säger kohort {claim.cohort}, men personen hör till {home}. Rätta det ena."
        en = f"The claim says cohort {claim.cohort}, but the person belongs to {home}. Correct one of them."
        yield Problem(inside(where, "cohort"), "cohort_differs", sv, en)
    if cohorts and not (claim.cohort or home):
        sv, en = (
            "Kohorten saknas. Ange den på anspråket eller på personen.",
            "The cohort is missing. Give it on the claim or on the person.",
        )
        yield Problem(inside(where, "cohort"), "missing", sv, en)
    metric = metrics.get(claim.metric)
    yield from _spell(claim, metric, where)
    enrolled = (person and person.enrolled_on) or claim.cohort in cohorts or home in cohorts
    if metric and metric.window and metric.window.start == "enrolment" and not enrolled:
        sv = "Tiden räknas från inskrivningen, men den är okänd. Lägg till personen med enrolled_on under persons."
        en = "The time is counted from enrolment, which is unknown. Add the person with enrolled_on under persons."
        yield Problem(inside(where, "person"), "no_enrolment", sv, en)


def _spell(claim: ClaimFact, metric: Metric | None, where: str) -> Iterable[Problem]:
    if metric and metric.duration and claim.until is None:
        sv = "Måttet räknas i tid, men anspråket saknar sin sista dag. Ange until."
        en = "The metric is counted in time, but the claim has no last day. Give until."
        yield Problem(inside(where, "until"), "missing", sv, en)
    if metric and metric.duration and claim.units != ONE:
        sv = "Måttet räknas i tid, så antalet enheter följer av dagarna. Ta bort units."
        en = "The metric is counted in time, so the units follow from the days. Remove units."
        yield Problem(inside(where, "units"), "spell_units", sv, en)
    if metric and not metric.duration and claim.until is not None:
        sv = "Måttet räknas inte i tid. Ta bort until, eller ge måttet duration i villkoren."
        en = "The metric is not counted in time. Remove until, or give the metric a duration in the terms."
        yield Problem(inside(where, "until"), "no_duration", sv, en)
    if claim.until is not None and claim.until < claim.event_on:
        sv = f"Sista dagen {claim.until} kommer före första dagen {claim.event_on}. Byt plats på dem."
        en = f"The last day {claim.until} is before the first {claim.event_on}. Swap them."
        yield Problem(inside(where, "until"), "backwards", sv, en)


def _measured(
    fact: MeasuredFact, versions: Sequence[Terms], metrics: dict[str, Metric], cohorts: dict[str, Any], where: str
) -> Iterable[Problem]:
    yield from _metric(fact.metric, metrics, where, personal=False)
    yield from _cohort(fact.cohort, cohorts, where)
    metric = metrics.get(fact.metric)
    if metric and metric.level == "cohort" and fact.cohort is None:
        sv, en = "Måttet mäts per kohort. Ange cohort.", "The metric is measured per cohort. Give cohort."
        yield Problem(inside(where, "cohort"), "missing", sv, en)
    if metric and metric.level == "contract" and fact.cohort is not None:
        sv, en = (
            "Måttet mäts för hela avtalet. Ta bort cohort.",
            "The metric is measured for the whole contract. Remove cohort.",
        )
        yield Problem(inside(where, "cohort"), "level", sv, en)
    if all(period_named(fact.period, terms.periods) is None for terms in versions):
        sv, en = (
            f"Mätperioden {fact.period} finns inte i villkoren.",
            f"The terms have no measurement period {fact.period}.",
        )
        yield Problem(inside(where, "period"), "unknown_period", sv, en)
    if (fact.numerator is None) != (fact.denominator is None):
        sv, en = (
            "Täljare och nämnare hör ihop. Ange båda eller ingen.",
            "Numerator and denominator belong together. Give both or neither.",
        )
        yield Problem(inside(where, "numerator"), "fraction", sv, en)
    elif fact.value is not None and fact.numerator is not None and fact.observed is not None:
        sv, en = (
            "Värdet är angivet två gånger. Ange antingen value eller numerator och denominator.",
            "The value is given twice. Give either value or numerator and denominator.",
        )
        yield Problem(inside(where, "value"), "fraction", sv, en)
    if metric and fact.observed is not None:
        yield from _in_range(fact.observed, metric, where)
    if fact.observed is not None and fact.standard_error is None and fact.metric in _estimated(versions):
        sv = f"{fact.metric} är en skattad effekt, men medelfelet saknas. Ange standard_error."
        en = f"{fact.metric} is an estimated effect, but its standard error is missing. Give standard_error."
        yield Problem(inside(where, "standard_error"), "missing", sv, en)
    if fact.due is not None and fact.measured is not None and fact.measured > fact.due:
        sv, en = (
            f"{fact.measured} mättes av {fact.due}. Fler kan inte vara mätta än som skulle mätas.",
            f"{fact.measured} were measured of {fact.due}. No more can be measured than were due.",
        )
        yield Problem(inside(where, "measured"), "measured_of_due", sv, en)
    scaled = metric is not None and metric.unmeasured == "as_failed" and fact.observed is not None
    if scaled and (fact.due is None or fact.measured is None):
        sv, en = (
            "De omätta räknas som misslyckade, så due och measured behövs båda.",
            "The unmeasured count as failures, so both due and measured are needed.",
        )
        yield Problem(where, "due_missing", sv, en)


def _estimated(versions: Sequence[Terms]) -> set[str]:
    """The metrics whose values are estimates with a standard error."""
    rules = (rule for terms in versions for term in terms.terms for rule in term.measures)
    return {rule.params.metric for rule in rules if rule.kind == "effect"}


def _in_range(value: Fraction, metric: Metric, where: str) -> Iterable[Problem]:
    low, high = metric.lowest, metric.highest
    if (low is not None and value < low) or (high is not None and value > high):
        least, most = (exact_text(bound) if bound is not None else "…" for bound in (low, high))
        sv = f"Värdet {exact_text(value)} ligger utanför {least}–{most}, som måttet kan ha. Rätta värdet."
        en = (
            f"The value {exact_text(value)} is outside {least} to {most}, which the metric can have. Correct the value."
        )
        yield Problem(inside(where, "value"), "value_range", sv, en)


CSV_COLUMNS: Final = (
    "id",
    "person",
    "metric",
    "event_on",
    "cohort",
    "units",
    "verified_on",
    "ordinal",
    "claimed_on",
    "until",
)


def claims_from_csv(text: str) -> list[dict[str, str]]:
    """Claims as a facts document wants them, from CSV with a header row (comma or semicolon); empty cells are left out.

    Columns that claims do not have stay in, so that `parse_facts` names them.
    """
    first_line = text.lstrip("\ufeff").partition("\n")[0]
    delimiter: str = max((",", ";", "\t"), key=first_line.count)
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter, restkey="?")
    return [{(name or "?").strip(): _cell(cell) for name, cell in row.items() if cell and _cell(cell)} for row in rows]


def _cell(cell: str | list[str]) -> str:
    """A cell without its margins; a list is what stood in a row beyond its last named column."""
    return cell.strip() if isinstance(cell, str) else ", ".join(cell)


FACTS_SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Facts of a social outcomes contract",
    **record_schema(Facts),
}
