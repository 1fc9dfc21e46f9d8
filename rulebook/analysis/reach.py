"""How far facts can go under the counting rules: on which days a metric can count, how often, and for how many persons.

Every answer errs on the generous side: what is said to be impossible is impossible, whatever the facts. Windows are
followed for every week of enrolment by itself, so that two links of a chain never borrow each other's enrolment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Final, NamedTuple

from rulebook.analysis.given import Leaf
from rulebook.analysis.ranges import Span, hull
from rulebook.periods import Period, add_time, periods_between
from rulebook.prices import PRICES
from rulebook.terms import Cohort, Duration, GivenValue, Metric, Terms

CHUNK: Final = timedelta(days=6)
"""Enrolment days are followed a week at a time."""
ONE_EACH: Final = frozenset({None, "claim", "yes_no", "share"})
"""Units of a person-level metric of which one claim is at most one."""
ZERO: Final = Fraction(0)
UNIT_SPANS: Final = {"share": (0, 1), "yes_no": (0, 1)}


class Days(NamedTuple):
    """The first and the last day on which something can happen."""

    first: date
    last: date

    @property
    def is_bounded(self) -> bool:
        return self.first > date.min and self.last < date.max

    def times(self, gap: int) -> int:
        """How many times it can happen with so many days in between."""
        return (self.last - self.first).days // gap + 1


ALWAYS: Final = Days(date.min, date.max)


@dataclass(frozen=True)
class Reach:
    """What the terms let happen, before anything is priced."""

    terms: Terms
    _clashes: dict[tuple[str, str], Days] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def life(self) -> Days:
        life = self.terms.life
        return Days(life.starts_on, life.ends_on) if life else ALWAYS

    @cached_property
    def periods(self) -> tuple[Period, ...] | None:
        """The measurement periods of the contract's life, in order; None when there is no end to them."""
        rule = self.terms.periods
        if isinstance(rule, tuple):
            return tuple(sorted(rule, key=lambda period: period.starts_on))
        life = self.terms.life
        return tuple(periods_between(life.starts_on, life.ends_on, rule)) if life else None

    @property
    def cohorts(self) -> tuple[Cohort | None, ...]:
        """The cohorts; None stands for everyone where there are none."""
        return self.terms.cohorts or (None,)

    def persons(self, cohort: Cohort | None) -> int | None:
        """The most persons who can enrol; None when there is no limit."""
        return cohort.size if cohort else None

    # --- days ---------------------------------------------------------------------------------------------------

    def days(self, metric: Metric, cohort: Cohort | None) -> Days | None:
        """The first and last day on which the metric can count for someone in the cohort; None when it never can."""
        possible = self._stretches.get((metric.id, cohort.id if cohort else ""), [])
        if not possible:
            return None
        return Days(min(days.first for days in possible), max(days.last for days in possible))

    @cached_property
    def _stretches(self) -> dict[tuple[str, str], list[Days]]:
        """For every metric and cohort, when it can count for those who enrol in one week, week by week."""
        found: dict[tuple[str, str], list[Days]] = {}
        for cohort in self.cohorts:
            for enrolled in _weeks(cohort):
                known: dict[str, Days | None] = {}
                for metric in self.terms.metrics:
                    days = self._days(metric, enrolled, known, frozenset())
                    if days is not None and metric.level == "person":
                        found.setdefault((metric.id, cohort.id if cohort else ""), []).append(days)
        return found

    def _days(
        self, metric: Metric, enrolled: Days, known: dict[str, Days | None], asked: frozenset[str]
    ) -> Days | None:
        if metric.id in asked:
            return ALWAYS
        if metric.id not in known:
            known[metric.id] = self._worked_out(metric, enrolled, known, asked | {metric.id})
        return known[metric.id]

    def _worked_out(
        self, metric: Metric, enrolled: Days, known: dict[str, Days | None], asked: frozenset[str]
    ) -> Days | None:
        first, last = self.life
        if metric.after is not None:
            before = self._days(self.terms.metric_by_id[metric.after], enrolled, known, asked)
            if before is None:
                return None
            first = max(first, before.first)
        window = metric.window
        if window is not None:
            start = enrolled if window.start == "enrolment" else self.life
            if window.start in self.terms.metric_by_id and window.start not in ("enrolment", "contract"):
                from_metric = self._days(self.terms.metric_by_id[window.start], enrolled, known, asked)
                if from_metric is None:
                    return None
                start = from_metric
            elif window.start == "contract":
                start = Days(self.life.first, self.life.first)
            first = max(first, start.first)
            if window.not_before is not None:
                first = max(first, add_time(start.first, window.not_before.months, window.not_before.days))
            if (window.months or window.days) and window.restart is None:
                last = min(last, _later(add_time(start.last, window.months, window.days), self._free(window.excluding)))
        if first > last:
            self._note_clash(metric, enrolled, Days(first, last))
            return None
        return self._in_a_period(Days(first, last))

    def _note_clash(self, metric: Metric, enrolled: Days, days: Days) -> None:
        """Remember where the days fail each other by the least."""
        for cohort in self.cohorts:
            if cohort is None or cohort.enrols[0] <= enrolled.first <= cohort.enrols[1]:
                place = (metric.id, cohort.id if cohort else "")
                known = self._clashes.get(place)
                if known is None or days.last - days.first > known.last - known.first:
                    self._clashes[place] = days

    def clash(self, metric: Metric, cohort: Cohort | None) -> tuple[str, Days] | None:
        """Which link of the metric's chain can never count: its id, its first day, and its last, which comes before."""
        waiting: list[str | None] = [metric.id]
        seen: set[str] = set()
        while waiting:
            link = self.terms.metric_by_id.get(waiting.pop(0) or "")
            if link is None or link.id in seen:
                continue
            seen.add(link.id)
            days = self._clashes.get((link.id, cohort.id if cohort else ""))
            if days is not None:
                return link.id, days
            waiting += [link.after, link.window.start if link.window else None]
        return None

    def _free(self, calendar: str | None) -> int:
        """How many days a calendar can add to a time at most."""
        if calendar is None:
            return 0
        return sum((last - first).days + 1 for first, last in self.terms.calendar_by_id[calendar].days)

    def _in_a_period(self, days: Days) -> Days | None:
        """Only days in one of the agreement's own periods count."""
        if not isinstance(self.terms.periods, tuple):
            return days
        met = [
            Days(max(days.first, period.starts_on), min(days.last, period.ends_on))
            for period in self.terms.periods
            if period.starts_on <= days.last and period.ends_on >= days.first
        ]
        return Days(min(part.first for part in met), max(part.last for part in met)) if met else None

    # --- how often ----------------------------------------------------------------------------------------------

    def times(self, metric: Metric, cohort: Cohort | None) -> int | None:
        """How many claims on the metric can count for one person, by gaps and windows; None is without end."""
        possible = self._stretches.get((metric.id, cohort.id if cohort else ""), [])
        if not possible:
            return 0
        by_gap = None
        if metric.min_gap_days and all(days.is_bounded for days in possible):
            by_gap = max(days.times(metric.min_gap_days) for days in possible)
        return _least(by_gap, metric.most_per_person)

    def units(self, metric: Metric, cohort: Cohort | None) -> int | None:
        """The most units that can count for one person; a claim of a share or of a yes is at most one unit."""
        times = self.times(metric, cohort)
        if metric.duration is None:
            return times if metric.unit in ONE_EACH or times == 0 else None
        return _least(metric.duration.at_most, self._units_of_spells(metric, metric.duration, cohort, times))

    def _units_of_spells(
        self, metric: Metric, duration: Duration, cohort: Cohort | None, spells: int | None
    ) -> int | None:
        """Each spell lasts to the end of the contract's life at most; nothing keeps spells from overlapping."""
        days = self.days(metric, cohort)
        if days is None:
            return 0
        if spells is None or self.life.last == date.max or days.first == date.min:
            return None
        counted = max(0, (self.life.last - days.first).days + 1 - duration.qualifying_days)
        return spells * (counted if duration.unit == "day" else counted // 7)

    def is_whole(self, metric: Metric) -> bool:
        """Whether it is counted in whole units, a claim in one."""
        return metric.duration is not None or metric.unit in ONE_EACH - {"share"}

    def counted(self, metric: Metric, cohorts: tuple[Cohort | None, ...]) -> int | None:
        """The most units that can count for all persons of the cohorts together."""
        together = 0
        for cohort in cohorts:
            persons, units = self.persons(cohort), self.units(metric, cohort)
            if units == 0:
                continue
            if persons is None or units is None:
                return None
            together += persons * units
        return together

    # --- measured values ----------------------------------------------------------------------------------------

    def reported(self, metric: Metric) -> Span:
        """Everything that can be reported as a value of the metric.

        A share is from 0 to 1, an effect of a share from -1, unless a price speaks of values beyond.
        """
        low, high = UNIT_SPANS.get(metric.unit or "", (None, None))
        if metric.unit == "share" and metric.id in self._effects:
            low = -1
        priced = self._priced.get(metric.id, [])
        if low is not None and min(priced, default=ZERO) < low:
            low = None
        if high is not None and max(priced, default=ZERO) > high:
            high = None
        return Span.of(
            low if metric.lowest is None else metric.lowest, high if metric.highest is None else metric.highest
        )

    @cached_property
    def _priced(self) -> dict[str, list[Fraction]]:
        """The values of each metric that some price names."""
        named: dict[str, list[Fraction]] = {}
        for term in self.terms.terms:
            if term.measure is not None and term.measure.kind in ("value", "effect"):
                corners = PRICES[term.price.kind].corners(term.price.params)
                known = [corner for corner in corners if isinstance(corner, Fraction)]
                named.setdefault(term.measure.params.metric, []).extend(known)
        return named

    @cached_property
    def _effects(self) -> set[str]:
        rules = (rule for term in self.terms.terms for rule in term.measures)
        return {rule.params.metric for rule in rules if rule.kind == "effect"}

    def span(self, metric: Metric) -> Span:
        """Everything that one value of a measured metric can be, also where it stands in for a missing one."""
        span = self.reported(metric)
        if metric.unmeasured == "as_failed":
            span = span.or_else(Span.of(0, 0))
        if isinstance(metric.missing, GivenValue):
            span = span.or_else(Span.of(metric.missing.value, metric.missing.value))
        return span

    def combined(self, metric: Metric, combine: str) -> Span:
        """What several periods' or cohorts' values can be when they have become one."""
        span = self.span(metric)
        if combine != "sum":
            return span
        cohorts = len(self.cohorts) if metric.level == "cohort" else 1
        if self.periods is None:
            return hull([span, span.times(Span.of(1, None))])
        return hull([span, span.scaled(Fraction(len(self.periods) * cohorts))])

    def leaf(self, leaf: Leaf, cohorts: tuple[Cohort | None, ...]) -> Span:
        """Everything that a leaf of a term can show, when only these cohorts count; not for what other terms pay."""
        match leaf.kind:
            case "event":
                return Span.of(0, 1)
            case "enrolled":
                sizes = [self.persons(cohort) for cohort in cohorts]
                return Span.of(0, None if None in sizes else sum(filter(None, sizes)))
            case "count":
                return Span.of(0, self.counted(self.terms.metric_by_id[leaf.name], cohorts))
        return self.combined(self.terms.metric_by_id[leaf.name], leaf.combine)


def _weeks(cohort: Cohort | None) -> Iterator[Days]:
    """The enrolment days of a cohort, a week at a time; without cohorts any day will do."""
    if cohort is None:
        yield ALWAYS
        return
    first, last = cohort.enrols
    while first <= last:
        end = min(_later(first, CHUNK.days), last)
        yield Days(first, end)
        if end == date.max:
            return
        first = end + timedelta(days=1)


def _later(day: date, days: int) -> date:
    return date.max if days > (date.max - day).days else day + timedelta(days=days)


def _least(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return min(known) if known else None
