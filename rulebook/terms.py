"""What the parties agreed: the terms of a contract, read from one document, with its canonical form and its hash."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from rulebook import adjustments, prices  # noqa: F401 – they fill the registers
from rulebook.checks import check
from rulebook.language import Voice
from rulebook.measures import MEASURES
from rulebook.money import Rounding, RoundingMode, exact_text
from rulebook.periods import Period, PeriodRule
from rulebook.problems import Language, Problem
from rulebook.registers import ADJUSTMENT, MEASURE, PRICE, definitions
from rulebook.remainder import Remainder
from rulebook.shapes import (
    NUMBER,
    REFUSED,
    Choice,
    Day,
    Either,
    Flag,
    ListOf,
    Name,
    Number,
    OneOrMany,
    Record,
    Rule,
    Schema,
    Text,
    Whole,
    entry,
    record_schema,
    rules_in,
)
from rulebook.values import AMOUNT, BOUND, DAY_OR_EVENT, Amount

ZERO: Final = Fraction(0)
_IS_NUMBER: Final = re.compile(NUMBER).match
WORDING: Final = frozenset({"sv", "en", "name"})
"""Keys whose values are wording: shown to people, left out of the hash."""

LIMIT_ORDER: Final = ("metric", "term", "composition", "person", "cohort", "period", "contract")
SCOPES: Final = Choice.of(
    metric=("per mått", "per metric"),
    term=("per ersättningsvillkor", "per payment term"),
    composition=("måttets andel av alla anspråk", "the metric's share of all claims"),
    person=("per person", "per person"),
    cohort=("per kohort", "per cohort"),
    period=("per mätperiod", "per measurement period"),
    payer=("per betalare", "per payer"),
    contract=("för hela avtalet", "for the whole contract"),
)
"""Limits per payer come last of all, when each line has been shared, and are not part of the order."""


@dataclass(frozen=True, slots=True)
class RoundingTerms:
    """How each line is rounded, once."""

    unit: Fraction = entry(
        Number(above=ZERO), "Minsta enhet, 0.01 är ett öre", "Smallest unit; 0.01 is an öre", default=Fraction(1, 100)
    )
    mode: RoundingMode = entry(
        Choice.of(
            half_up=("närmast, mitt emellan bort från noll", "nearest, halfway away from zero"),
            half_even=("närmast, mitt emellan till jämnt", "nearest, halfway to even"),
            down=("mot noll", "towards zero"),
            up=("bort från noll", "away from zero"),
        ),
        "Närmast och uppåt från mitten, närmast och till jämnt från mitten, nedåt eller uppåt",
        "Nearest with halves up, nearest with halves to even, down or up",
        default="half_up",
    )


@dataclass(frozen=True, slots=True)
class Life:
    """The first and last day on which an event can earn anything."""

    starts_on: date = entry(Day(), "Första dagen", "First day", key="from")
    ends_on: date = entry(Day(), "Sista dagen", "Last day", key="to")


@dataclass(frozen=True, slots=True)
class OwnPeriod:
    """A measurement period that the agreement itself names."""

    id: str = entry(Name(), "Beteckning", "Id")
    starts_on: date = entry(Day(), "Första dagen", "First day", key="from")
    ends_on: date = entry(Day(), "Sista dagen", "Last day", key="to")


@dataclass(frozen=True, slots=True)
class Cohort:
    """A group of participants by when they enrol, and perhaps how many they can be at most."""

    id: str = entry(Name(), "Beteckning", "Id")
    enrols: tuple[date, date] = entry(
        ListOf(Day(), exactly=2), "Första och sista inskrivningsdag", "First and last day of enrolment"
    )
    size: int | None = entry(Whole(minimum=1), "Högst så många personer", "At most so many persons", default=None)
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)


@dataclass(frozen=True, slots=True)
class Group:
    """A property that a person has or has not at enrolment, such as an age or a risk: frozen from then on."""

    id: str = entry(Name(), "Beteckning", "Id")
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Stretches of days that do not count, such as school holidays; first and last day included."""

    id: str = entry(Name(), "Beteckning", "Id")
    days: tuple[tuple[date, date], ...] = entry(
        ListOf(ListOf(Day(), exactly=2), at_least=1),
        "Perioder som inte räknas: första och sista dagen",
        "Stretches that do not count: first and last day",
    )
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may happen to the contract, such as an early stop; an amount may fall due when it does."""

    id: str = entry(Name(), "Beteckning", "Id")
    ends: bool = entry(
        Flag(),
        "Avtalet slutar den dagen: senare händelser ger ingenting",
        "The contract ends that day: later events earn nothing",
        default=False,
    )
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of evidence, with the name people know it by."""

    id: str = entry(Name(), "Beteckning", "Id")
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time."""

    months: int = entry(Whole(), "Månader", "Months", default=0)
    days: int = entry(Whole(), "Dagar", "Days", default=0)


STARTS: Final = {
    "enrolment": ("inskrivningen", "enrolment"),
    "contract": ("avtalets första dag", "the contract's first day"),
}


@dataclass(frozen=True, slots=True)
class Window:
    """When after its start an event counts, the last day included.

    The start is enrolment, the contract's first day, or the day on which another metric first counted for the person.
    A restart metric that counts later starts the clock anew. Days of a calendar that do not count make it longer.
    """

    start: str = entry(Name(of="metrics", words=STARTS), "Räknas från", "Counted from", key="from")
    months: int = entry(Whole(), "Inom så många månader", "Within so many months", default=0)
    days: int = entry(Whole(), "… och dagar", "… and days", default=0)
    not_before: Span | None = entry(Record(Span), "Tidigast efter", "Not before", default=None)
    restart: str | None = entry(
        Name(of="metrics"),
        "Klockan börjar om när detta mått räknas",
        "The clock restarts when this metric counts",
        default=None,
    )
    excluding: str | None = entry(Name(of="calendars"), "Dagar som inte räknas", "Days that do not count", default=None)


@dataclass(frozen=True, slots=True)
class Duration:
    """Claims are spells from `event_on` to `until`: each counted day, or whole week, is a unit, dated its last day."""

    unit: str = entry(Choice.of(day=("dagar", "days"), week=("hela veckor", "whole weeks")), "Räknas i", "Counted in")
    qualifying_days: int = entry(
        Whole(),
        "Så många dagar först i varje period räknas inte",
        "So many days at the start of each spell do not count",
        default=0,
    )
    at_most: int | None = entry(
        Whole(minimum=1), "Högst så många enheter per person", "At most so many units per person", default=None
    )
    excluding: str | None = entry(Name(of="calendars"), "Dagar som inte räknas", "Days that do not count", default=None)


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long after its event a claim may still be made; a claim without `claimed_on` is in time."""

    months: int = entry(Whole(), "Månader", "Months", default=0)
    days: int = entry(Whole(), "Dagar", "Days", default=0)


@dataclass(frozen=True, slots=True)
class Verification:
    """How claims on the metric are verified."""

    kind: str = entry(
        Choice.of(all=("alla granskas", "every claim"), sample=("ett slumpmässigt urval", "a random sample")),
        "Alla granskas (all) eller ett slumpmässigt urval (sample)",
        "Every claim is verified, or a random sample",
    )
    share: Fraction | None = entry(
        Number(above=ZERO, maximum=Fraction(1)), "Urvalets andel", "Share of the claims in the sample", default=None
    )


@dataclass(frozen=True, slots=True)
class GivenValue:
    """The value that stands in for a missing one."""

    value: Fraction = entry(Number(yes_no=True), "Värde när uppgift saknas", "Value when none could be measured")


MISSING_RULES: Final = Choice.of(
    exclude=("bortse från måttet", "leave the metric out"),
    worst_case=("anta det sämsta", "assume the worst"),
    last_known=("använd senast kända", "use the last known"),
)
METRIC_UNITS: Final = Choice.of(
    claim=("anspråk", "claim"),
    day=("dagar", "days"),
    week=("veckor", "weeks"),
    number=("antal", "number"),
    score=("poäng", "score"),
    share=("andel", "share"),
    amount=("belopp", "amount"),
    yes_no=("ja eller nej", "yes or no"),
)


@dataclass(frozen=True, slots=True)
class Metric:
    """What is observed, at which level, and when an observation counts."""

    id: str = entry(Name(), "Beteckning", "Id")
    level: str = entry(
        Choice.of(
            person=("person", "person"), cohort=("kohort", "cohort"), contract=("hela avtalet", "the whole contract")
        ),
        "Mäts per person, kohort eller avtal",
        "Measured per person, cohort or contract",
    )
    role: str = entry(
        Choice.of(
            payment=("ger ersättning", "is paid for"),
            follow_up=("följs upp", "is followed up"),
            guard=("vaktar kvaliteten", "guards quality"),
        ),
        "Ger ersättning, följs upp eller vaktar kvaliteten",
        "Is paid for, followed up, or guards quality",
        default="payment",
    )
    unit: str | None = entry(METRIC_UNITS, "Enhet", "Unit", default=None)
    direction: str | None = entry(
        Choice.of(up=("högre är bättre", "higher is better"), down=("lägre är bättre", "lower is better")),
        "Vilket håll som är bra",
        "Which way is good",
        default=None,
    )
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)
    once: bool = entry(Flag(), "Räknas en gång per person", "Counts once per person", default=False)
    at_most: int | None = entry(
        Whole(minimum=1),
        "Räknas högst så många gånger per person",
        "Counts at most so many times per person",
        default=None,
    )
    min_gap_days: int = entry(
        Whole(), "Minst så många dagar mellan två som räknas", "At least so many days between two that count", default=0
    )
    window: Window | None = entry(
        Record(Window),
        "Inom vilken tid händelsen ska inträffa",
        "Within which time the event must happen",
        default=None,
    )
    after: str | None = entry(
        Name(of="metrics"),
        "Räknas först när detta mått har räknats för personen",
        "Counts only when this metric has counted for the person",
        default=None,
    )
    unless: str | None = entry(
        Name(of="metrics"),
        "Räknas inte för den som detta mått har räknats för",
        "Does not count for those for whom this metric has counted",
        default=None,
    )
    groups: tuple[str, ...] = entry(
        ListOf(Name(of="groups"), at_least=1),
        "Bara de som vid inskrivningen hörde till någon av dessa grupper",
        "Only those who at enrolment belonged to one of these groups",
        default=(),
    )
    duration: Duration | None = entry(
        Record(Duration),
        "Varje anspråk är en tid, från och med en dag till och med en annan",
        "Each claim is a stretch of time, from one day to another",
        default=None,
    )
    deadline: Deadline | None = entry(
        Record(Deadline),
        "Hur länge efter händelsen anspråket får göras",
        "How long after the event the claim may be made",
        default=None,
    )
    evidence: tuple[str | Paper, ...] = entry(
        ListOf(Either(Name(), Record(Paper))), "Underlag som krävs", "Evidence that is required", default=()
    )
    verification: Verification = entry(Record(Verification), "Granskning", "Verification", default=Verification("all"))
    missing: str | GivenValue = entry(
        Either(MISSING_RULES, Record(GivenValue)),
        "Om värde saknas: bortse från måttet, anta det sämsta, använd senast kända eller ett givet värde",
        "If there is no value: leave the metric out, assume the worst, use the last known or a given value",
        default="worst_case",
    )
    unmeasured: str = entry(
        Choice.of(
            excluded=("räknas inte med", "left out"), as_failed=("räknas som misslyckade", "counted as failures")
        ),
        "De som inte kunde mätas: räknas inte med, eller räknas som misslyckade",
        "Those who could not be measured: left out, or counted as failures",
        default="excluded",
    )
    min_measured: int | None = entry(
        Whole(minimum=1),
        "Färre uppmätta än så är inget värde",
        "Fewer measured than this is no value",
        default=None,
    )
    lowest: Fraction | None = entry(Number(), "Lägsta möjliga värde", "Lowest possible value", default=None)
    highest: Fraction | None = entry(Number(), "Högsta möjliga värde", "Highest possible value", default=None)

    @property
    def looks_back_at(self) -> dict[str, str]:
        """The metrics whose history decides whether this one counts, by the key that names them."""
        window = self.window
        named = {"after": self.after, "unless": self.unless}
        if window is not None:
            start = None if window.start in STARTS else window.start
            named |= {"window.from": start, "window.restart": window.restart}
        return {key: metric for key, metric in named.items() if metric is not None}

    @property
    def most_per_person(self) -> int | None:
        return 1 if self.once else self.at_most


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a metric, of a measure, or of an event."""

    metric: str | None = entry(Name(of="metrics"), "Måttet", "The metric", default=None)
    measure: Rule | None = entry(MEASURE, "Eller något som räknas ut", "Or something that is worked out", default=None)
    event: str | None = entry(Name(of="events"), "Eller en händelse", "Or an event", default=None)
    happened: bool | None = entry(Flag(), "Har händelsen inträffat", "Has the event happened", default=None)
    at_least: Amount | None = entry(BOUND, "Minst", "At least", default=None)
    at_most: Amount | None = entry(BOUND, "Högst", "At most", default=None)
    above: Amount | None = entry(BOUND, "Mer än", "More than", default=None)
    below: Amount | None = entry(BOUND, "Mindre än", "Less than", default=None)

    @property
    def bounds(self) -> dict[str, Amount]:
        named = {"at_least": self.at_least, "at_most": self.at_most, "above": self.above, "below": self.below}
        return {name: bound for name, bound in named.items() if bound is not None}


@dataclass(frozen=True, slots=True)
class Gate(Condition):
    """A condition for payment: the term pays only in periods when it holds, or when any one of several does."""

    any: tuple[Condition, ...] = entry(
        ListOf(Record(Condition), at_least=2),
        "Eller minst ett av flera villkor",
        "Or at least one of several",
        default=(),
    )


@dataclass(frozen=True, slots=True)
class Holdback:
    """A share of each line that is held until a day, an event, or until the same person counts on a metric."""

    share: Fraction = entry(
        Number(above=ZERO, maximum=Fraction(1)),
        "Andel som hålls inne, 0.30 är 30 procent",
        "Share held; 0.30 is 30 per cent",
    )
    on: date | str | None = entry(DAY_OR_EVENT, "Till en dag eller händelse", "Until a day or an event", default=None)
    metric: str | None = entry(
        Name(of="metrics"),
        "Till dess personen räknas på detta mått",
        "Until the person counts on this metric",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Leg:
    """A payer, whom it pays, and its share of the line."""

    payer: str = entry(Name(), "Betalare", "Payer")
    share: Fraction = entry(
        Number(minimum=ZERO, maximum=Fraction(1), parts=True), "Andel, 0.60 eller 1/3", "Share, 0.60 or 1/3"
    )
    payee: str | None = entry(Name(), "Mottagare", "Payee", default=None)
    due_days: int | None = entry(
        Whole(), "Betalas inom så många dagar", "Paid within so many days of the statement", default=None
    )
    vat: str | None = entry(
        Choice.of(
            none=("ingen moms", "no VAT"),
            included=("moms ingår i beloppet", "VAT is included in the amount"),
            added=("moms tillkommer", "VAT is added"),
        ),
        "Mervärdesskatt",
        "Value added tax",
        default=None,
    )


@dataclass(frozen=True, kw_only=True)
class Term:
    """One rule of payment: what is measured, what it is worth, and on which conditions."""

    id: str = entry(Name(), "Beteckning", "Id")
    measure: Rule | None = entry(MEASURE, "Vad som mäts", "What is measured", default=None)
    price: Rule = entry(PRICE, "Vad det är värt", "What it is worth")
    gates: tuple[Gate, ...] = entry(OneOrMany(Record(Gate)), "Villkor", "Conditions", key="gate", default=())
    on: tuple[date | str, ...] = entry(
        OneOrMany(DAY_OR_EVENT),
        "Räknas ut bara dessa dagar eller vid dessa händelser",
        "Worked out on these days or events only",
        default=(),
    )
    cohorts: tuple[str, ...] = entry(
        ListOf(Name(of="cohorts"), at_least=1), "Gäller bara dessa kohorter", "For these cohorts only", default=()
    )
    groups: tuple[str, ...] = entry(
        ListOf(Name(of="groups"), at_least=1), "Gäller bara dessa grupper", "For these groups only", default=()
    )
    adjust: tuple[Rule, ...] = entry(
        ListOf(ADJUSTMENT, at_least=1),
        "Avdrag och uppräkning, i ordning",
        "Deductions and scaling, in order",
        default=(),
    )
    holdback: Holdback | None = entry(Record(Holdback), "Del som hålls inne", "Part that is held back", default=None)
    legs: tuple[Leg, ...] = entry(
        ListOf(Record(Leg), at_least=1), "Egna betalare för just detta villkor", "Payers of this term alone", default=()
    )
    sv: str | None = entry(Text(), "Rubrik på svenska", "Heading in Swedish", default=None)
    en: str | None = entry(Text(), "Rubrik på engelska", "Heading in English", default=None)

    @cached_property
    def metric(self) -> str | None:
        """The metric that is paid for: the first that the measure looks at; None for a fixed amount."""
        own: str | None = getattr(self.measure.params, "metric", None) if self.measure else None
        if own is not None:
            return own
        return next((rule.params.metric for rule in self.quantity if hasattr(rule.params, "metric")), None)

    @cached_property
    def quantity(self) -> tuple[Rule, ...]:
        """The measure that is priced, and every measure that it is made of."""
        return tuple(rules_in(self.measure))

    @cached_property
    def measures(self) -> tuple[Rule, ...]:
        """Every measure that bears on the term: what is priced, chooses the price, scales it or is a condition."""
        registered = (*self.quantity, *rules_in(self.price), *rules_in(self.adjust), *rules_in(self.gates))
        return tuple(rule for rule in registered if rule.kind in MEASURES)


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap: the most that may be paid within its scope."""

    scope: str = entry(SCOPES, "Gäller", "Applies")
    at_most: Amount = entry(
        AMOUNT,
        "Högsta belopp; för andel av alla anspråk ett tal mellan 0 och 1",
        "Highest amount; for a composition, a share",
    )
    metric: str | None = entry(
        Name(of="metrics"), "Gäller bara detta mått", "Applies to this metric only", default=None
    )
    term: str | None = entry(Name(of="terms"), "Gäller bara detta villkor", "Applies to this term only", default=None)
    cohort: str | None = entry(
        Name(of="cohorts"), "Gäller bara denna kohort", "Applies to this cohort only", default=None
    )
    payer: str | None = entry(Name(), "Gäller bara denna betalare", "Applies to this payer only", default=None)
    surplus: str | None = entry(
        Choice.of(
            lost=("går förlorat", "is lost"), banked=("sparas till senare mätperioder", "waits for later periods")
        ),
        "Det som inte ryms",
        "What does not fit",
        default=None,
    )
    id: str | None = entry(Name(), "Beteckning", "Id", default=None)
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same limit in every version of the terms: its scope, and what alone it applies to."""
        return self.scope, "/".join(only or "" for only in (self.metric, self.term, self.cohort, self.payer))

    @property
    def rank(self) -> tuple[int, str]:
        """Where it comes among the limits of its scope: the narrower first."""
        narrowed = sum(only is not None for only in (self.metric, self.term, self.cohort))
        return -narrowed, self.key[1]

    @property
    def name(self) -> str:
        """How lines refer to it."""
        only = [narrower for narrower in (self.metric, self.term, self.cohort, self.payer) if narrower]
        return self.id or ":".join([self.scope, *only])


PERIODS: Final = Choice.of(
    month=("månad", "month"),
    quarter=("kvartal", "quarter"),
    half_year=("halvår", "half-year"),
    year=("år", "year"),
    contract=("hela avtalet", "the whole contract"),
)


@dataclass(frozen=True)
class Terms:
    """The terms of a contract: who pays whom how much for what change, measured how, up to which caps."""

    currency: str = entry(Name(r"^[A-Z]{3}$"), "Valuta, till exempel SEK", "Currency, for example SEK")
    metrics: tuple[Metric, ...] = entry(ListOf(Record(Metric), at_least=1), "Mått", "Metrics")
    terms: tuple[Term, ...] = entry(ListOf(Record(Term), at_least=1), "Ersättningsvillkor", "Payment terms")
    legs: tuple[Leg, ...] = entry(ListOf(Record(Leg), at_least=1), "Betalningsled", "Legs: who pays whom which share")
    rounding_terms: RoundingTerms = entry(
        Record(RoundingTerms), "Avrundning", "Rounding", key="rounding", default=RoundingTerms()
    )
    name: str | None = entry(Text(), "Avtalets namn", "The contract's name", default=None)
    life: Life | None = entry(Record(Life), "Avtalstid", "The contract's life", default=None)
    period_terms: str | tuple[OwnPeriod, ...] = entry(
        Either(PERIODS, ListOf(Record(OwnPeriod), at_least=1), rich_is=list),
        "Mätperioder: månad, kvartal, halvår, år, hela avtalet eller en egen lista",
        "Measurement periods: month, quarter, half-year, year, the whole contract or a list of its own",
        key="periods",
        default="quarter",
    )
    cohorts: tuple[Cohort, ...] = entry(ListOf(Record(Cohort)), "Kohorter", "Cohorts", default=())
    groups: tuple[Group, ...] = entry(ListOf(Record(Group)), "Grupper", "Groups", default=())
    calendars: tuple[Calendar, ...] = entry(
        ListOf(Record(Calendar)), "Dagar som inte räknas", "Days that do not count", default=()
    )
    events: tuple[Event, ...] = entry(ListOf(Record(Event)), "Händelser", "Events", default=())
    limits: tuple[Limit, ...] = entry(ListOf(Record(Limit)), "Tak", "Limits", default=())
    order: tuple[str, ...] = entry(
        ListOf(Choice(LIMIT_ORDER, SCOPES.words), at_least=1),
        "Ordning mellan taken",
        "Order in which the limits apply",
        default=LIMIT_ORDER,
    )
    document: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The same terms as a JSON-able dict in normal form, wording included."""

    @cached_property
    def rounding(self) -> Rounding:
        return Rounding(Decimal(exact_text(self.rounding_terms.unit)), self.rounding_terms.mode)

    @cached_property
    def periods(self) -> PeriodRule:
        """How time is divided into measurement periods."""
        if isinstance(self.period_terms, tuple):
            return tuple(Period(own.id, own.starts_on, own.ends_on) for own in self.period_terms)
        if self.period_terms == "contract":
            return (Period("contract", self.life.starts_on, self.life.ends_on),) if self.life else ()
        return self.period_terms  # type: ignore[return-value]

    @cached_property
    def metric_by_id(self) -> dict[str, Metric]:
        return {metric.id: metric for metric in self.metrics}

    @cached_property
    def metric_rank(self) -> dict[str, int]:
        """The metrics' order in the terms, which decides who loses at a cap on the same day."""
        return {metric.id: rank for rank, metric in enumerate(self.metrics)}

    @cached_property
    def chain_rank(self) -> dict[str, int]:
        """An order in which every metric comes after the one it is `after`, otherwise as in the terms."""

        def links(metric: Metric) -> int:
            return 1 + links(self.metric_by_id[metric.after]) if metric.after else 0

        in_order = sorted(self.metrics, key=lambda metric: (links(metric), self.metric_rank[metric.id]))
        return {metric.id: rank for rank, metric in enumerate(in_order)}

    @cached_property
    def term_by_id(self) -> dict[str, Term]:
        return {term.id: term for term in self.terms}

    @cached_property
    def term_rank(self) -> dict[str, int]:
        return {term.id: rank for rank, term in enumerate(self.terms)}

    @cached_property
    def limit_by_name(self) -> dict[str, Limit]:
        return {limit.name: limit for limit in self.limits}

    @cached_property
    def cohort_by_id(self) -> dict[str, Cohort]:
        return {cohort.id: cohort for cohort in self.cohorts}

    @cached_property
    def calendar_by_id(self) -> dict[str, Calendar]:
        return {calendar.id: calendar for calendar in self.calendars}

    @cached_property
    def event_by_id(self) -> dict[str, Event]:
        return {event.id: event for event in self.events}

    def legs_of(self, term: Term) -> tuple[Leg, ...]:
        return term.legs or self.legs

    def voice(self, language: Language) -> Voice:
        """The language in which to speak of these terms."""
        names = {metric.id: label_of(metric, language) for metric in self.metrics}
        units = {metric.id: metric.unit or (metric.duration.unit if metric.duration else "") for metric in self.metrics}
        return Voice(
            language,
            self.currency,
            names,
            units,
            terms={term.id: label_of(term, language) for term in self.terms},
            cohorts={cohort.id: label_of(cohort, language) for cohort in self.cohorts},
            events={event.id: label_of(event, language) for event in self.events},
        )


def label_of(labelled: Metric | Cohort | Group | Calendar | Event | Term | Limit | Paper, language: Language) -> str:
    """Its name in the language, else in the other one, else its id."""
    names = (labelled.en, labelled.sv) if language == "en" else (labelled.sv, labelled.en)
    return names[0] or names[1] or labelled.id or ""


def parse_terms(document: object) -> tuple[Terms | None, list[Problem]]:
    """The terms in a document, or every problem in it.

    The document is what `json.loads(text, parse_float=Decimal)` gives.
    """
    problems: list[Problem] = []
    terms = Record(Terms).read(document, "", problems)
    if terms is REFUSED:
        return None, [*problems, *_problems_elsewhere(document, problems)]
    problems = check(terms)
    if problems:
        return None, problems
    return replace(terms, document=_normal(document, wording=True)), []


CAUSED_BY: Final = {
    "metrics": frozenset({"unknown_metric", "level", "role"}),
    "cohorts": frozenset({"no_cohorts"}),
    "life": frozenset({"no_life"}),
}
"""Problems that may only show because a part of the document could not be read."""


def _problems_elsewhere(document: object, problems: list[Problem]) -> list[Problem]:
    """Problems of meaning in the parts of a document that are well-formed."""
    if not isinstance(document, Mapping):
        return []
    remainder = Remainder(document, problems)
    terms = Record(Terms).read(remainder.document, "", [])
    return [] if terms is REFUSED else list(remainder.placed(check(terms), CAUSED_BY))


def canonical_json(document: object) -> str:
    """The one spelling of terms that is hashed: keys sorted, numbers as plain decimals, nulls and wording left out.

    Nothing is filled in: terms that leave a default out and terms that spell it out are two documents.

    >>> canonical_json({"price": {"amount": "12000.00"}, "id": "t1", "sv": "Närvaro"})
    '{"id":"t1","price":{"amount":"12000"}}'
    """
    return json.dumps(_normal(document, wording=False), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def terms_hash(document: object) -> str:
    """The sha256, in hex, of the canonical form: the same for every order of keys and every spelling of numbers."""
    return sha256(canonical_json(document).encode()).hexdigest()


def _normal(value: object, *, wording: bool) -> Any:
    if isinstance(value, Mapping):
        kept = sorted(
            (str(key), item) for key, item in value.items() if item is not None and (wording or key not in WORDING)
        )
        return {key: item if key in WORDING else _normal(item, wording=wording) for key, item in kept}
    if isinstance(value, (list, tuple)):
        return [_normal(item, wording=wording) for item in value]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return exact_text(value)
    if isinstance(value, str) and _IS_NUMBER(value) and not value.endswith("\n"):
        return exact_text(Fraction(value))
    return value


def _terms_schema() -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Terms of a social outcomes contract",
        **record_schema(Terms),
        "$defs": definitions(),
    }


TERMS_SCHEMA: Final[Schema] = _terms_schema()
