"""What a metric shows for a period: its verified value, how many claims counted, or what a missing value means."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from rulebook.claims import Judged, Tally, stop_day, tally
from rulebook.facts import Facts, MeasuredFact, Person
from rulebook.periods import Period
from rulebook.terms import GivenValue, Metric, Terms
from rulebook.timeline import Timeline

Source = Literal["measured", "last_known", "given", "missing"]
Key = tuple[str, str | None, str]
ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and where it comes from; no value when the source is missing."""

    value: Fraction | None
    source: Source
    fact: MeasuredFact | None = None


class Readings:
    """All that was verified about the metrics of one contract, ready to be looked up."""

    def __init__(self, facts: Facts, judged: Judged, timeline: Timeline) -> None:
        self.facts = _latest(facts.measured)
        self.judged = judged
        self.persons = facts.persons
        self.stop = stop_day(facts, timeline)
        self.happened: dict[str, list[date]] = defaultdict(list)
        for event in sorted(facts.events, key=lambda fact: fact.on):
            self.happened[event.event].append(event.on)
        self._known = _in_order_of_time(self.facts.values(), timeline)
        self._tallies: dict[tuple[str, Sequence[str], Sequence[str]], Tally] = {}

    def tally(self, metric: str, cohorts: Sequence[str] = (), groups: Sequence[str] = ()) -> Tally:
        """How many units of a person-level metric count in each period, for some cohorts or groups or for all."""
        key = (metric, cohorts, groups)
        if key not in self._tallies:
            self._tallies[key] = tally(self.judged, metric, cohorts, groups)
        return self._tallies[key]

    def read(self, metric: Metric, period: Period, cohort: str | None) -> Reading:
        """The metric in the period, for the cohort when the metric is measured per cohort or counted for one."""
        if metric.level == "person":
            return Reading(self.tally(metric.id).get((cohort, period.id), ZERO), "measured")
        cohort = cohort if metric.level == "cohort" else None
        fact = self.facts.get((metric.id, cohort, period.id))
        value = observed(fact, metric) if fact else None
        if value is not None:
            return Reading(value, "measured", fact)
        return self._instead(metric, period, cohort)

    def latest(self, metric: Metric) -> Fraction | None:
        """The metric's last known value over the whole contract; a person-level metric is summed."""
        if metric.level == "person":
            return sum((units for (cohort, _), units in self.tally(metric.id).items() if cohort is None), ZERO)
        known = self._known.get((metric.id, None), [])
        if known:
            return observed(known[-1][1], metric)
        return metric.missing.value if isinstance(metric.missing, GivenValue) else None

    def dated(self, metric: str, cohort: str | None, last: date) -> list[MeasuredFact]:
        """What was measured in the periods that ended by a day, in order of time."""
        return [fact for ends_on, fact in self._known.get((metric, cohort), []) if ends_on <= last]

    def cohorts_of(self, metric: str) -> list[str | None]:
        """The cohorts that something was measured for."""
        return sorted((cohort for of, cohort in self._known if of == metric), key=lambda cohort: cohort or "")

    def _instead(self, metric: Metric, period: Period, cohort: str | None) -> Reading:
        if isinstance(metric.missing, GivenValue):
            return Reading(metric.missing.value, "given")
        if metric.missing == "last_known":
            known = self._known.get((metric.id, cohort), [])
            before = bisect_left(known, period.starts_on, key=lambda dated: dated[0])
            for _, fact in reversed(known[:before]):
                value = observed(fact, metric)
                if value is not None:
                    return Reading(value, "last_known", fact)
        return Reading(None, "missing")


def observed(fact: MeasuredFact, metric: Metric) -> Fraction | None:
    """The fact's value; where the unmeasured count as failures, the value among all who were due.

    None when nothing could be measured, or fewer than the terms demand.
    """
    value = fact.observed
    if metric.min_measured is not None and (fact.measured is None or fact.measured < metric.min_measured):
        return None
    if value is None or metric.unmeasured == "excluded" or fact.due is None or fact.measured is None:
        return value
    return value * Fraction(fact.measured) / Fraction(fact.due)


def combined(facts: Sequence[MeasuredFact], metric: Metric, combine: str) -> Fraction | None:
    """Several values of a metric, in order of time, as one; None when there is none to combine."""
    values = [value for fact in facts if (value := observed(fact, metric)) is not None]
    if not values:
        return None
    total = sum(values, ZERO)
    all_of_them = {
        "sum": total,
        "mean": total / len(values),
        "highest": max(values),
        "lowest": min(values),
        "pooled": _pooled(facts, metric),
        "last": values[-1],
    }
    return all_of_them[combine]


def _pooled(facts: Sequence[MeasuredFact], metric: Metric) -> Fraction | None:
    """All numerators by all denominators; a value without a denominator is weighed by how many were measured."""
    above = below = ZERO
    for fact in facts:
        value = observed(fact, metric)
        weight = fact.denominator or fact.measured
        if metric.unmeasured == "as_failed" and fact.due is not None and fact.denominator is None:
            weight = fact.due
        if value is not None and weight is not None:
            above, below = above + value * weight, below + weight
    return above / below if below else None


def enrolled(persons: Sequence[Person], terms: Terms, last: date, cohorts: Sequence[str | None]) -> Fraction:
    """How many persons had enrolled by a day, in some cohorts or in all; without a day, on the cohort's first."""
    return Fraction(
        sum(_has_enrolled(person, terms, last) and (not cohorts or person.cohort in cohorts) for person in persons)
    )


def _has_enrolled(person: Person, terms: Terms, last: date) -> bool:
    cohort = terms.cohort_by_id.get(person.cohort or "")
    first = person.enrolled_on or (cohort.enrols[0] if cohort else None)
    return first is None or first <= last


def _latest(measured: Iterable[MeasuredFact]) -> dict[Key, MeasuredFact]:
    """One fact per metric, cohort and period: the one verified last."""
    chosen: dict[Key, MeasuredFact] = {}
    for fact in sorted(measured, key=_verified_order):
        chosen[fact.metric, fact.cohort, fact.period] = fact
    return chosen


def _verified_order(fact: MeasuredFact) -> tuple[date, str, str]:
    return fact.verified_on or date.min, fact.id or "", str(fact.observed)


def _in_order_of_time(
    facts: Iterable[MeasuredFact], timeline: Timeline
) -> dict[tuple[str, str | None], list[tuple[date, MeasuredFact]]]:
    known: dict[tuple[str, str | None], list[tuple[date, MeasuredFact]]] = defaultdict(list)
    for fact in facts:
        period = timeline.period_named(fact.period)
        if period is not None and fact.observed is not None:
            known[fact.metric, fact.cohort].append((period.ends_on, fact))
    for dated in known.values():
        dated.sort(key=lambda item: item[0])
    return known
