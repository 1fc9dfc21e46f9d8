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

from rulebook.checks import check
from rulebook.language import Voice
from rulebook.measures import MEASURES
from rulebook.money import MODES, Rounding, RoundingMode, exact_text
from rulebook.periods import MONTHS_IN, Period, PeriodRule
from rulebook.prices import PRICES
from rulebook.problems import Language, Problem
from rulebook.remainder import Remainder
from rulebook.shapes import (
    NUMBER,
    REFUSED,
    Choice,
    Day,
    Either,
    Flag,
    Kinds,
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
)
from rulebook.values import AMOUNT, Amount

ZERO: Final = Fraction(0)
_IS_NUMBER: Final = re.compile(NUMBER).match
WORDING: Final = frozenset({"sv", "en", "name"})
"""Keys whose values are wording: shown to people, left out of the hash."""

LIMIT_ORDER: Final = ("metric", "person", "period", "contract")


@dataclass(frozen=True, slots=True)
class RoundingTerms:
    """How each line is rounded, once."""

    unit: Fraction = entry(
        Number(above=ZERO), "Minsta enhet, 0.01 är ett öre", "Smallest unit; 0.01 is an öre", default=Fraction(1, 100)
    )
    mode: RoundingMode = entry(
        Choice(MODES),
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
    """A group of participants by when they enrol."""

    id: str = entry(Name(), "Beteckning", "Id")
    enrols: tuple[date, date] = entry(
        ListOf(Day(), exactly=2), "Första och sista inskrivningsdag", "First and last day of enrolment"
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
class Window:
    """How long after enrolment, or after the contract's first day, an event still counts; the last day included."""

    start: str = entry(Choice(("enrolment", "contract")), "Räknas från", "Counted from", key="from")
    months: int = entry(Whole(), "Månader", "Months", default=0)
    days: int = entry(Whole(), "Dagar", "Days", default=0)


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long after its event a claim may still be made; a claim without `claimed_on` is in time."""

    months: int = entry(Whole(), "Månader", "Months", default=0)
    days: int = entry(Whole(), "Dagar", "Days", default=0)


@dataclass(frozen=True, slots=True)
class Verification:
    """How claims on the metric are verified."""

    kind: str = entry(Choice(("all",)), "Alla granskas (all)", "Every claim is verified (all)")


@dataclass(frozen=True, slots=True)
class GivenValue:
    """The value that stands in for a missing one."""

    value: Fraction = entry(Number(yes_no=True), "Värde när uppgift saknas", "Value when none could be measured")


MISSING_RULES: Final = ("exclude", "worst_case", "last_known")
METRIC_UNITS: Final = ("claim", "day", "week", "number", "score", "share", "amount", "yes_no")


@dataclass(frozen=True, slots=True)
class Metric:
    """What is observed, at which level, and when an observation counts."""

    id: str = entry(Name(), "Beteckning", "Id")
    level: str = entry(
        Choice(("person", "cohort", "contract")),
        "Mäts per person, kohort eller avtal",
        "Measured per person, cohort or contract",
    )
    role: str = entry(
        Choice(("payment", "follow_up", "guard")),
        "Ger ersättning, följs upp eller vaktar kvaliteten",
        "Is paid for, followed up, or guards quality",
        default="payment",
    )
    unit: str | None = entry(Choice(METRIC_UNITS), "Enhet", "Unit", default=None)
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
        Name(),
        "Räknas först när detta mått har räknats för personen",
        "Counts only when this metric has counted for the person",
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
        Either(Choice(MISSING_RULES), Record(GivenValue)),
        "Om värde saknas: bortse från måttet, anta det sämsta, använd senast kända eller ett givet värde",
        "If there is no value: leave the metric out, assume the worst, use the last known or a given value",
        default="worst_case",
    )
    unmeasured: str = entry(
        Choice(("excluded", "as_failed")),
        "De som inte kunde mätas: räknas inte med, eller räknas som misslyckade",
        "Those who could not be measured: left out, or counted as failures",
        default="excluded",
    )

    @property
    def most_per_person(self) -> int | None:
        return 1 if self.once else self.at_most


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition on another metric: the term pays only in periods when it holds."""

    metric: str = entry(Name(), "Måttet", "The metric")
    at_least: Fraction | None = entry(Number(yes_no=True), "Minst", "At least", default=None)
    at_most: Fraction | None = entry(Number(yes_no=True), "Högst", "At most", default=None)
    above: Fraction | None = entry(Number(yes_no=True), "Mer än", "More than", default=None)
    below: Fraction | None = entry(Number(yes_no=True), "Mindre än", "Less than", default=None)

    @property
    def bounds(self) -> dict[str, Fraction]:
        named = {"at_least": self.at_least, "at_most": self.at_most, "above": self.above, "below": self.below}
        return {name: bound for name, bound in named.items() if bound is not None}

    def holds(self, value: Fraction) -> bool:
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )


@dataclass(frozen=True, slots=True)
class Leg:
    """A payer, whom it pays, and its share of the line."""

    payer: str = entry(Name(), "Betalare", "Payer")
    share: Fraction = entry(
        Number(minimum=ZERO, maximum=Fraction(1), parts=True), "Andel, 0.60 eller 1/3", "Share, 0.60 or 1/3"
    )
    payee: str | None = entry(Name(), "Mottagare", "Payee", default=None)


@dataclass(frozen=True, slots=True)
class Term:
    """One rule of payment: what is measured, what it is worth, and on which conditions."""

    id: str = entry(Name(), "Beteckning", "Id")
    price: Rule = entry(
        Kinds({kind: module.Params for kind, module in PRICES.items()}), "Vad det är värt", "What it is worth"
    )
    measure: Rule | None = entry(
        Kinds({kind: module.Params for kind, module in MEASURES.items()}),
        "Vad som mäts",
        "What is measured",
        default=None,
    )
    gates: tuple[Gate, ...] = entry(OneOrMany(Record(Gate)), "Villkor", "Conditions", key="gate", default=())
    legs: tuple[Leg, ...] = entry(
        ListOf(Record(Leg), at_least=1), "Egna betalare för just detta villkor", "Payers of this term alone", default=()
    )
    sv: str | None = entry(Text(), "Rubrik på svenska", "Heading in Swedish", default=None)
    en: str | None = entry(Text(), "Rubrik på engelska", "Heading in English", default=None)

    @property
    def metric(self) -> str | None:
        """The metric that is paid for; None for a fixed amount."""
        return self.measure.params.metric if self.measure else None


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap: the most that may be paid within its scope."""

    scope: str = entry(
        Choice(LIMIT_ORDER),
        "Gäller per mått, person, mätperiod eller avtal",
        "Applies per metric, person, period or contract",
    )
    at_most: Amount = entry(AMOUNT, "Högsta belopp", "Highest amount")
    metric: str | None = entry(Name(), "Gäller bara detta mått", "Applies to this metric only", default=None)
    id: str | None = entry(Name(), "Beteckning", "Id", default=None)
    sv: str | None = entry(Text(), "Namn på svenska", "Name in Swedish", default=None)
    en: str | None = entry(Text(), "Namn på engelska", "Name in English", default=None)

    @property
    def key(self) -> tuple[str, str | None]:
        """What makes it the same limit in every version of the terms: its scope and its metric."""
        return self.scope, self.metric

    @property
    def name(self) -> str:
        """How lines refer to it."""
        return self.id or (f"{self.scope}:{self.metric}" if self.metric else self.scope)


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
        Either(Choice((*MONTHS_IN, "contract")), ListOf(Record(OwnPeriod), at_least=1), rich_is=list),
        "Mätperioder: månad, kvartal, halvår, år, hela avtalet eller en egen lista",
        "Measurement periods: month, quarter, half-year, year, the whole contract or a list of its own",
        key="periods",
        default="quarter",
    )
    cohorts: tuple[Cohort, ...] = entry(ListOf(Record(Cohort)), "Kohorter", "Cohorts", default=())
    limits: tuple[Limit, ...] = entry(ListOf(Record(Limit)), "Tak", "Limits", default=())
    order: tuple[str, ...] = entry(
        ListOf(Choice(LIMIT_ORDER), at_least=1),
        "Ordning mellan taken",
        "Order in which the limits apply",
        default=LIMIT_ORDER,
    )
    document: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The same terms as a JSON-able dict in normal form, wording included."""

    @property
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

    def legs_of(self, term: Term) -> tuple[Leg, ...]:
        return term.legs or self.legs

    def voice(self, language: Language) -> Voice:
        """The language in which to speak of these terms."""
        names = {metric.id: label_of(metric, language) for metric in self.metrics}
        return Voice(language, self.currency, names, {metric.id: metric.unit or "" for metric in self.metrics})


def label_of(labelled: Metric | Cohort | Term | Limit | Paper, language: Language) -> str:
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
    }


TERMS_SCHEMA: Final[Schema] = _terms_schema()
