"""What the parties assume will happen: the document that a simulation draws from."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from rulebook.cashflow import Plan
from rulebook.earnings import life_periods
from rulebook.periods import period_named
from rulebook.shapes import (
    Choice,
    Day,
    Either,
    ListOf,
    Name,
    Number,
    OneOrMany,
    Record,
    Rule,
    Schema,
    Whole,
    entry,
    record_schema,
)
from rulebook.simulation.distributions import DISTRIBUTION, Constant
from rulebook.terms import Metric, Terms

ZERO, ONE = Fraction(0), Fraction(1)
PART: Final = Number(minimum=ZERO, maximum=ONE)
UNCERTAIN: Final = Either(Number(yes_no=True), DISTRIBUTION)
"""A number that is surely known, or a distribution."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How large a share of the participants enrol on a day."""

    on: date = entry(Day(), "Dag", "Day")
    share: Fraction = entry(PART, "Andel", "Share")


@dataclass(frozen=True, slots=True)
class AfterMonths:
    """How large a share reach the outcome after so many months."""

    months: int = entry(Whole(maximum=1200), "Månader", "Months")
    share: Fraction = entry(PART, "Andel", "Share")


@dataclass(frozen=True, slots=True)
class Times:
    """How large a share reach the outcome so many times."""

    times: int = entry(Whole(minimum=1, maximum=1000), "Gånger", "Times")
    share: Fraction = entry(PART, "Andel", "Share")


@dataclass(frozen=True, slots=True)
class Length:
    """How large a share of the stretches of time are so many days long."""

    days: int = entry(Whole(minimum=1, maximum=36500), "Dagar", "Days")
    share: Fraction = entry(PART, "Andel", "Share")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many reach a person-level metric, and when.

    For a metric that comes after another, the share is of those who have reached that one, and the months are counted
    from there; for other metrics, of all who enrol and from enrolment.
    """

    metric: str = entry(Name(of="metrics"), "Måttet", "The metric")
    share: Fraction | Rule = entry(
        UNCERTAIN, "Andel som når det, ett tal eller en fördelning", "Share who reach it, a number or a distribution"
    )
    months: int | tuple[AfterMonths, ...] = entry(
        Either(Whole(maximum=1200), ListOf(Record(AfterMonths), at_least=1), rich_is=list),
        "Efter så många månader, eller andelar för olika många",
        "After so many months, or shares for different numbers",
        default=0,
    )
    times: int | tuple[Times, ...] = entry(
        Either(Whole(minimum=1, maximum=1000), ListOf(Record(Times), at_least=1), rich_is=list),
        "Så många gånger, eller andelar för olika många",
        "So many times, or shares for different numbers",
        default=1,
    )
    gap_months: int = entry(
        Whole(minimum=1, maximum=1200), "Månader mellan gångerna", "Months between times", default=1
    )
    units: Fraction = entry(Number(minimum=ZERO), "Enheter per anspråk", "Units per claim", default=ONE)
    length: int | tuple[Length, ...] | None = entry(
        Either(Whole(minimum=1, maximum=36500), ListOf(Record(Length), at_least=1), rich_is=list),
        "Så många dagar lång, när måttet räknas i tid",
        "So many days long, when the metric is counted in time",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class HistoryClaim:
    """One claim of a history."""

    metric: str = entry(Name(of="metrics"), "Måttet", "The metric")
    months: int = entry(Whole(maximum=1200), "Månader efter inskrivningen", "Months after enrolment", default=0)
    units: Fraction = entry(Number(minimum=ZERO), "Enheter", "Units", default=ONE)
    length: int | None = entry(
        Whole(minimum=1, maximum=36500), "Så många dagar lång", "So many days long", default=None
    )


@dataclass(frozen=True, slots=True)
class GivenHistory:
    """What happens to a share of the participants, claim by claim."""

    share: Fraction = entry(PART, "Andel av deltagarna", "Share of the participants")
    claims: tuple[HistoryClaim, ...] = entry(ListOf(Record(HistoryClaim)), "Anspråk", "Claims", default=())


@dataclass(frozen=True, slots=True)
class Participants:
    """Persons who are alike: how many, when they enrol, how many leave, and what they reach.

    Outcomes that one person's limit, a chain or a window ties together are drawn together, others each by itself.
    """

    size: Fraction | Rule = entry(Either(Number(minimum=ZERO), DISTRIBUTION), "Antal personer", "Number of persons")
    cohort: str | None = entry(Name(of="cohorts"), "Kohort", "Cohort", default=None)
    groups: tuple[str, ...] = entry(
        ListOf(Name(of="groups")), "Grupper som de hör till", "Groups they belong to", default=()
    )
    enrolment: tuple[Intake, ...] = entry(
        ListOf(Record(Intake), at_least=1),
        "När de skrivs in; annars lika många varje månad av kohortens tid",
        "When they enrol; otherwise as many every month of the cohort's time",
        default=(),
    )
    dropout: Fraction = entry(
        PART, "Andel som lämnar varje månad", "Share who leave every month", key="dropout_per_month", default=ZERO
    )
    outcomes: tuple[Outcome, ...] = entry(ListOf(Record(Outcome)), "Utfall", "Outcomes", default=())
    histories: tuple[GivenHistory, ...] = entry(
        ListOf(Record(GivenHistory), at_least=1), "Eller hela historier", "Or whole histories", default=()
    )
    based_on: Fraction | None = entry(
        Number(above=ZERO),
        "Historiernas andelar är så säkra som om de kom från så många personer",
        "The histories' shares are as sure as if they came from so many persons",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a metric of a cohort or of the contract will show."""

    metric: str = entry(Name(of="metrics"), "Måttet", "The metric")
    value: Fraction | Rule = entry(UNCERTAIN, "Värde, ett tal eller en fördelning", "Value, a number or a distribution")
    cohorts: tuple[str, ...] = entry(
        ListOf(Name(of="cohorts"), at_least=1), "Bara för dessa kohorter", "For these cohorts only", default=()
    )
    periods: tuple[str, ...] = entry(
        ListOf(Name(r"^[0-9A-Za-zÅÄÖåäö][0-9A-Za-zÅÄÖåäö_:.-]{0,99}$"), at_least=1),
        "Bara i dessa mätperioder",
        "In these measurement periods only",
        default=(),
    )
    drawn: str = entry(
        Choice.of(
            each_period=("på nytt varje mätperiod", "anew every measurement period"),
            once=("en gång för hela avtalet", "once for the whole contract"),
        ),
        "Dras på nytt varje mätperiod (each_period) eller en gång (once)",
        "Drawn anew every measurement period, or once",
        default="each_period",
    )
    drift: Fraction = entry(
        Number(),
        "Läggs till för varje mätperiod efter den första",
        "Added for each period after the first",
        default=ZERO,
    )
    missing: Fraction = entry(PART, "Risk att värdet saknas", "Chance that there is no value", default=ZERO)
    standard_error: Fraction | None = entry(
        Number(minimum=ZERO), "Medelfel, när värdet är en skattning", "Standard error of an estimate", default=None
    )
    weight: Fraction | None = entry(
        Number(above=ZERO), "Nämnare, när värden slås samman", "Denominator, when values are pooled", default=None
    )


@dataclass(frozen=True, slots=True)
class Correlation:
    """How two metrics go together: from −1 to 1."""

    between: tuple[str, ...] = entry(ListOf(Name(of="metrics"), exactly=2), "Två mått", "Two metrics")
    rho: Fraction = entry(Number(minimum=-ONE, maximum=ONE), "Korrelation", "Correlation")


@dataclass(frozen=True, slots=True)
class PossibleEvent:
    """An event of the terms that may happen, once, on one of some days."""

    event: str = entry(Name(of="events"), "Händelsen", "The event")
    chance: Fraction = entry(PART, "Sannolikhet", "Chance")
    on: tuple[date, ...] = entry(
        OneOrMany(Day()), "Dag, eller flera som är lika sannolika", "Day, or several that are as likely"
    )


@dataclass(frozen=True)
class Assumptions:
    """What may happen during a contract: participants and their outcomes, measured values, events, and how they go
    together. Metrics without an assumption show nothing."""

    participants: tuple[Participants, ...] = entry(
        ListOf(Record(Participants)), "Deltagare", "Participants", default=()
    )
    measured: tuple[Measured, ...] = entry(ListOf(Record(Measured)), "Uppmätta värden", "Measured values", default=())
    correlations: tuple[Correlation, ...] = entry(ListOf(Record(Correlation)), "Samband", "Correlations", default=())
    events: tuple[PossibleEvent, ...] = entry(ListOf(Record(PossibleEvent)), "Händelser", "Events", default=())
    cash_flow: Plan | None = entry(Record(Plan), "Kassaflöde", "Cash flow", default=None)
    hash: str = field(default="", compare=False)
    """The sha256 of the document in normal form."""


def is_uncertain(value: Fraction | Rule) -> bool:
    """Whether there is anything to draw."""
    return isinstance(value, Rule) and not isinstance(value.params, Constant)


def places_of(found: Measured, metric: Metric, terms: Terms) -> list[tuple[str, str | None, str]]:
    """Metric, cohort and period of every value, period by period in order of time."""
    names = found.periods or tuple(period.id for period in life_periods(terms))
    periods = filter(None, (period_named(name, terms.periods) for name in names))
    in_time = sorted(set(periods), key=lambda period: period.ends_on)
    cohorts: Sequence[str | None] = (None,)
    if metric.level == "cohort":
        cohorts = found.cohorts or tuple(cohort.id for cohort in terms.cohorts)
    return [(metric.id, cohort, period.id) for period in in_time for cohort in cohorts]


ASSUMPTIONS_SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Assumptions for simulating a social outcomes contract",
    **record_schema(Assumptions),
    "$defs": {DISTRIBUTION.name: DISTRIBUTION.definition()},
}
