"""Facts made up to order: so many persons who count on this, such values in every period, these events.

The facts keep to the counting rules as far as they can be kept: each person enrols early, each metric counts on a day
inside its window and after the ones before it, repeated claims keep their gaps. Whether they count is for the exact
reading to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from rulebook.analysis.given import leaves
from rulebook.analysis.reach import Reach
from rulebook.checks import is_per_claim
from rulebook.facts import EventFact, Facts, MeasuredFact, Person
from rulebook.money import exact_text
from rulebook.periods import Period, periods_between
from rulebook.spells import end_of
from rulebook.table import ClaimFact
from rulebook.terms import Cohort, Duration, Metric, Terms, Window

SOME_DAY: Final = date(2026, 1, 1)
"""Where a contract without a life takes place."""
MEASURED: Final = Fraction(100)
"""So many are measured behind each value, unless the terms demand more."""
LONGEST: Final = timedelta(days=120)
"""How long a spell is staged where nothing says how many units it can give."""


@dataclass(frozen=True)
class Play:
    """What is to happen. `values`: metric → its value in every period (None: not reported). `counted`: metric → how
    many persons count on it. `spread`: whether persons are spread over the periods, or all come as early as they can.
    """

    values: Mapping[str, Fraction | None] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)
    events: Mapping[str, date] = field(default_factory=dict)
    spread: bool = False
    start: date | None = None


class Stage:
    """The contract on which plays are staged: at most `most` persons, each counting at most `often` times."""

    def __init__(self, terms: Terms, reach: Reach, most: int, often: int) -> None:
        self.terms, self.reach, self.often = terms, reach, often
        self.periods = reach.periods or _some_periods(reach)
        self.persons = self._cast(most)

    def _cast(self, most: int) -> list[Person]:
        """Persons from every cohort in turn, as many as there may be."""
        left = {cohort: self.reach.persons(cohort) for cohort in self.reach.cohorts}
        cast: list[Person] = []
        while len(cast) < most and any(number is None or number > 0 for number in left.values()):
            for cohort, number in left.items():
                if (number is None or number > 0) and len(cast) < most:
                    left[cohort] = None if number is None else number - 1
                    cast.append(self._person(len(cast), cohort))
        return cast

    def _person(self, number: int, cohort: Cohort | None) -> Person:
        first = self.terms.life.starts_on if self.terms.life else SOME_DAY
        enrolled = first if cohort is None else min(max(cohort.enrols[0], first), cohort.enrols[1])
        groups = tuple(group.id for group in self.terms.groups)
        return Person(f"p{number + 1}", cohort.id if cohort else None, enrolled, groups)

    def facts(self, play: Play) -> Facts:
        claims: list[ClaimFact] = []
        for number, person in enumerate(self.persons):
            if any(number < many for many in play.counted.values()):
                claims += self._claims_of(number, person, play)
        seen = {claim.person for claim in claims}
        persons = tuple(person for person in self.persons if person.id in seen)
        events = tuple(EventFact(event, day) for event, day in play.events.items())
        return Facts(persons, tuple(claims), tuple(self._measured(play)), events)

    # --- values -------------------------------------------------------------------------------------------------

    def _measured(self, play: Play) -> Iterator[MeasuredFact]:
        for name, value in play.values.items():
            metric = self.terms.metric_by_id[name]
            cohorts = [cohort.id for cohort in self.terms.cohorts] if metric.level == "cohort" else [None]
            many = max(MEASURED, Fraction(metric.min_measured or 0))
            for period in self.periods if value is not None else ():
                for cohort in cohorts:
                    yield MeasuredFact(
                        name, period.id, value, cohort, due=many, measured=many, standard_error=Fraction(0)
                    )

    # --- claims -------------------------------------------------------------------------------------------------

    def _claims_of(self, number: int, person: Person, play: Play) -> Iterator[ClaimFact]:
        start = self.periods[number % len(self.periods)].starts_on if play.spread else play.start
        wanted = {name for name, many in play.counted.items() if number < many}
        story = _Story(self.terms, self.reach, person, wanted, start)
        for metric in self.terms.metrics:
            day = story.first_day(metric) if metric.level == "person" else None
            if day is not None:
                yield from self._claims_on(metric, person, day)

    def _claims_on(self, metric: Metric, person: Person, first: date) -> Iterator[ClaimFact]:
        cohort = self.terms.cohort_by_id.get(person.cohort or "")
        times = self.reach.times(metric, cohort)
        until = None if metric.duration is None else min(self.reach.life.last, first + self._length(metric.duration))
        wanted = self.often if times is None else min(times, self.often)
        for turn in range(1 if until is not None else wanted):
            days = turn * metric.min_gap_days
            if days > (self.reach.life.last - first).days:
                return
            day = first + timedelta(days=days)
            units = self._units.get(metric.id, Decimal(1)) if metric.duration is None else Decimal(1)
            yield ClaimFact(
                f"{person.id}-{metric.id}-{turn + 1}", person.id, metric.id, day, person.cohort, units, until=until
            )

    @cached_property
    def _units(self) -> dict[str, Decimal]:
        """Of a metric that is only priced by wholes, a claim is for one whole; of any other, for one unit."""
        wholes: dict[str, set[Fraction | None]] = {}
        for term in self.terms.terms:
            whole = getattr(term.price.params, "whole", None) if is_per_claim(term) else None
            for leaf in leaves(self.terms, term.measure):
                wholes.setdefault(leaf.name, set()).add(whole)
            for leaf in leaves(self.terms, (term.price, term.gates, term.adjust)):
                wholes.setdefault(leaf.name, set()).add(None)
        return {
            name: Decimal(exact_text(max(filter(None, found)))) for name, found in wholes.items() if None not in found
        }

    def _length(self, duration: Duration) -> timedelta:
        """Long enough a spell for all the units that one person may have."""
        if duration.at_most is None:
            return LONGEST
        calendar = self.terms.calendar_by_id.get(duration.excluding or "")
        free = sum((last - first).days + 1 for first, last in calendar.days) if calendar else 0
        days = duration.qualifying_days + duration.at_most * (7 if duration.unit == "week" else 1) + free
        return timedelta(days=days)


@dataclass
class _Story:
    """When each metric first counts for one person: none before `start`, if its window allows."""

    terms: Terms
    reach: Reach
    person: Person
    wanted: set[str]
    start: date | None
    known: dict[str, date | None] = field(default_factory=dict)

    def first_day(self, metric: Metric) -> date | None:
        """The day; None when the metric is not to count for the person, or cannot."""
        if metric.id not in self.known:
            self.known[metric.id] = None
            if metric.id in self.wanted:
                self.known[metric.id] = self._day(metric)
        return self.known[metric.id]

    def _of(self, metric: str) -> date | None:
        return self.first_day(self.terms.metric_by_id[metric])

    def _day(self, metric: Metric) -> date | None:
        first, last = max(self.reach.life.first, self.person.enrolled_on or SOME_DAY), self.reach.life.last
        if metric.after is not None:
            before = self._of(metric.after)
            if before is None:
                return None
            first = max(first, before)
        window = metric.window
        if window is not None:
            opens = self._opening(window)
            if opens is None:
                return None
            calendar, least = self.terms.calendar_by_id.get(window.excluding or ""), window.not_before
            first = max(first, opens)
            if least is not None:
                first = max(first, end_of(opens, least.months, least.days, calendar))
            if window.months or window.days:
                last = min(last, end_of(opens, window.months, window.days, calendar))
        if first > last:
            return None
        return first if self.start is None else min(max(first, self.start), last)

    def _opening(self, window: Window) -> date | None:
        if window.start == "contract":
            return self.reach.life.first
        return self.person.enrolled_on if window.start == "enrolment" else self._of(window.start)


def _some_periods(reach: Reach) -> tuple[Period, ...]:
    """Two years of periods where the contract's life has no end."""
    rule = reach.terms.periods
    if not isinstance(rule, str):
        return rule
    first = min([SOME_DAY, *(cohort.enrols[0] for cohort in reach.terms.cohorts)])
    return tuple(periods_between(first, first + timedelta(days=730), rule))


def facts_document(facts: Facts) -> dict[str, Any]:
    """The facts as a document that `parse_facts` reads."""
    return {
        "persons": [
            _present(
                id=person.id, cohort=person.cohort, enrolled_on=person.enrolled_on, groups=list(person.groups) or None
            )
            for person in facts.persons
        ],
        "claims": [
            _present(
                id=claim.id,
                person=claim.person,
                metric=claim.metric,
                cohort=claim.cohort,
                event_on=claim.event_on,
                units=None if claim.units == 1 else Fraction(claim.units),
                until=claim.until,
            )
            for claim in facts.claims
        ],
        "measured": [
            _present(
                metric=fact.metric,
                cohort=fact.cohort,
                period=fact.period,
                value=fact.value,
                due=fact.due,
                measured=fact.measured,
                standard_error=fact.standard_error,
            )
            for fact in facts.measured
        ],
        "events": [_present(event=fact.event, on=fact.on) for fact in facts.events],
    }


def _present(**values: Any) -> dict[str, Any]:
    def spelt(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        return exact_text(value) if isinstance(value, Fraction) else value

    return {name: spelt(value) for name, value in values.items() if value is not None}
