"""What a metric shows for a period: its verified value, how many claims counted, or what a missing value means."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from rulebook.claims import Accepted, Tally, tally
from rulebook.facts import MeasuredFact
from rulebook.periods import Period
from rulebook.terms import GivenValue, Metric
from rulebook.timeline import Timeline

Source = Literal["measured", "last_known", "given", "missing"]
Key = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and where it comes from; no value when the source is missing."""

    value: Fraction | None
    source: Source
    fact: MeasuredFact | None = None


class Readings:
    """All that was verified about the metrics of one contract, ready to be looked up."""

    def __init__(self, measured: Iterable[MeasuredFact], accepted: Sequence[Accepted], timeline: Timeline) -> None:
        self.facts = _latest(measured)
        self._known = _in_order_of_time(self.facts.values(), timeline)
        self._accepted = accepted
        self._tallies: dict[str, Tally] = {}

    def tally(self, metric: str) -> Tally:
        """How many units of a person-level metric count in each period."""
        if metric not in self._tallies:
            self._tallies[metric] = tally(self._accepted, metric)
        return self._tallies[metric]

    def read(self, metric: Metric, period: Period, cohort: str | None) -> Reading:
        """The metric in the period, for the cohort when the metric is measured per cohort or counted for one."""
        if metric.level == "person":
            return Reading(self.tally(metric.id).get((cohort, period.id), Fraction(0)), "measured")
        cohort = cohort if metric.level == "cohort" else None
        fact = self.facts.get((metric.id, cohort, period.id))
        value = observed(fact, metric) if fact else None
        if value is not None:
            return Reading(value, "measured", fact)
        return self._instead(metric, period, cohort)

    def latest(self, metric: Metric) -> Fraction | None:
        """The metric for the contract as a whole: the last known value, or all that counted."""
        if metric.level == "person":
            return sum((units for (cohort, _), units in self.tally(metric.id).items() if cohort is None), Fraction(0))
        known = self._known.get((metric.id, None), [])
        if known:
            return observed(known[-1][1], metric)
        return metric.missing.value if isinstance(metric.missing, GivenValue) else None

    def _instead(self, metric: Metric, period: Period, cohort: str | None) -> Reading:
        if isinstance(metric.missing, GivenValue):
            return Reading(metric.missing.value, "given")
        if metric.missing == "last_known":
            known = self._known.get((metric.id, cohort), [])
            before = bisect_left(known, period.starts_on, key=lambda dated: dated[0])
            if before:
                return Reading(observed(known[before - 1][1], metric), "last_known", known[before - 1][1])
        return Reading(None, "missing")


def observed(fact: MeasuredFact, metric: Metric) -> Fraction | None:
    """The fact's value; where the unmeasured count as failures, the value among all who were due."""
    value = fact.observed
    if value is None or metric.unmeasured == "excluded" or fact.due is None or fact.measured is None:
        return value
    return value * Fraction(fact.measured) / Fraction(fact.due)


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
