"""Invented facts for which, as far as possible, every term of a contract pays something.

They follow from the terms alone, so that the same terms always have the same example: ten persons with a claim each on
every metric that matters, values at the levels that the prices and the conditions speak of, and the events they need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Final

from rulebook.calculate import calculate
from rulebook.facts import EventFact, Facts, MeasuredFact, Person
from rulebook.money import exact_text
from rulebook.periods import Period, add_time, period_of
from rulebook.prices import PRICES
from rulebook.results import Entitlement
from rulebook.shapes import Rule, inner_rules, rules_in
from rulebook.spells import end_of, is_excluded
from rulebook.table import ClaimFact
from rulebook.terms import Cohort, Condition, Duration, Metric, Term, Terms
from rulebook.timeline import Version
from rulebook.values import ShareOf, shares_in

SOME_DAY: Final = date(2027, 1, 1)
"""Where terms name no day at all, the example has to begin on one."""
PERSONS: Final = 10
MOST_PERSONS: Final = 200
RULED_OUT: Final = 2
"""How many persons count on a metric that rules out another."""
USUAL: Final = {"share": Fraction(4, 5), "amount": Fraction(1_000_000), "score": Fraction(4), "yes_no": Fraction(1)}
USUAL_DOWN: Final = {"share": Fraction(1, 5), "amount": Fraction(800_000), "score": Fraction(2), "yes_no": Fraction(0)}
"""What a metric shows where nothing in the terms suggests a value; 100 in any other unit, 80 where lower is better."""
USUAL_UNITS: Final = {"day": 30, "week": 4, "amount": 10_000, "number": 5, "score": 5}
"""How many units a claim is for, when claims are counted by them."""
MEASURED: Final = Fraction(100)
"""How many were due, and how many of them were measured."""
SPELL: Final = 28
"""Days that count in a stretch of time."""
MOST_TRIES: Final = 60
"""How many changes are tried in search of facts for which every term pays."""


@dataclass(frozen=True)
class Example:
    """Invented facts, the day they are reckoned on, and what they come to."""

    facts: Facts
    as_of: date
    entitlement: Entitlement


@dataclass(frozen=True)
class _Figures:
    """What may be varied: a value for each measured metric, a number of claims for each other, and what happens."""

    values: Mapping[str, Fraction]
    claims: Mapping[str, int]
    events: frozenset[str]


def example_facts(terms: Terms) -> Facts:
    """Facts invented for the terms, the same each time."""
    return example_of(terms).facts


def example_of(terms: Terms) -> Example:
    """Facts invented for the terms, and what they come to by the exact reading."""
    plan = _Plan(terms)
    figures = _usual(plan)
    best, tries = _worked(plan, figures), 0
    for term in terms.terms:
        for change in _changes(plan, term):
            if term.id in _paying(best) or tries == MOST_TRIES:
                break
            changed = change(figures)
            tried, tries = _worked(plan, changed), tries + 1
            if len(_paying(tried)) > len(_paying(best)):
                best, figures = tried, changed
    return _without_refused(best, terms)


def _without_refused(example: Example, terms: Terms) -> Example:
    """The same without claims that no day could make count, such as those whose time begins after the contract."""
    counted = {outcome.claim for outcome in example.entitlement.claims if outcome.counted}
    kept = tuple(claim for claim in example.facts.claims if claim.id in counted)
    if len(kept) == len(example.facts.claims):
        return example
    facts = replace(example.facts, claims=kept)
    return Example(facts, example.as_of, calculate([Version(1, None, terms)], facts, example.as_of))


def _paying(example: Example) -> set[str]:
    """The terms that come to anything; an amount that is paid back is something too."""
    return {line.term for line in example.entitlement.lines if line.amount}


def _worked(plan: _Plan, figures: _Figures) -> Example:
    facts, as_of = plan.facts(figures)
    return Example(facts, as_of, calculate([Version(1, None, plan.terms)], facts, as_of))


# --- which figures are tried --------------------------------------------------------------------------------------


def _usual(plan: _Plan) -> _Figures:
    values = {metric.id: _levels(plan.terms, metric)[0] for metric in plan.measured}
    claims = {metric.id: plan.most(metric) for metric in plan.claimed}
    needed = {event for term in plan.terms.terms for event in _events_of(term)}
    ends = {event.id for event in plan.terms.events if event.ends}
    return _Figures(values, claims, frozenset(needed - ends))


def _events_of(term: Term) -> Iterator[str]:
    """The events that a term waits for."""
    dated = [*term.on, *getattr(term.price.params, "on", ()), *([term.holdback.on] if term.holdback else [])]
    yield from (when for when in dated if isinstance(when, str))
    for condition in _conditions(term):
        if condition.event and condition.happened:
            yield condition.event


def _changes(plan: _Plan, term: Term) -> Iterator[Callable[[_Figures], _Figures]]:
    """One change at a time of a figure that the term looks at."""
    looked_at = _looked_at(term)
    for metric in plan.claimed:
        if metric.id in looked_at:
            yield from (_set_claims(metric.id, count) for count in plan.counts(metric))
    for metric in plan.measured:
        if metric.id in looked_at:
            yield from (_set_value(metric.id, level) for level in _levels(plan.terms, metric)[1:])
    named = {*_events_of(term), *(condition.event for condition in _conditions(term))}
    yield from (_toggle(event.id) for event in plan.terms.events if event.id in named)


def _targets(terms: Terms, metric: str) -> Iterator[Fraction]:
    """Agreed numbers that the metric is compared with."""
    for rule in (rule for term in terms.terms for rule in term.measures if rule.kind in COMPARING):
        parts = list(inner_rules(rule.params))
        if any(getattr(part.params, "metric", None) == metric for part in parts):
            yield from (part.params.value for part in parts if part.kind == "number")


COMPARING: Final = frozenset({"ratio", "difference", "change", "least", "greatest"})


def _looked_at(term: Term) -> set[str]:
    """The metrics that bear on the term."""
    found = {metric for rule in term.measures for metric in _metrics_in(rule)}
    found |= {condition.metric for condition in _conditions(term) if condition.metric}
    found |= {share.of for share in shares_in((term.price, term.adjust, term.gates)) if isinstance(share.of, str)}
    return found | ({term.holdback.metric} if term.holdback and term.holdback.metric else set())


def _set_value(metric: str, value: Fraction) -> Callable[[_Figures], _Figures]:
    return lambda figures: replace(figures, values={**figures.values, metric: value})


def _set_claims(metric: str, count: int) -> Callable[[_Figures], _Figures]:
    return lambda figures: replace(figures, claims={**figures.claims, metric: count})


def _toggle(event: str) -> Callable[[_Figures], _Figures]:
    return lambda figures: replace(figures, events=figures.events ^ {event})


def _levels(terms: Terms, metric: Metric) -> list[Fraction]:
    """Values that the metric may show: what conditions and prices speak of, the middle of its range, a usual one."""
    usual = USUAL_DOWN if metric.direction == "down" else USUAL
    typical = usual.get(metric.unit or "", Fraction(80 if metric.direction == "down" else 100))
    if metric.unit == "yes_no":
        return [typical, 1 - typical]
    low, high = metric.lowest, metric.highest
    if metric.unit == "share" and high is None:
        high = Fraction(1)
    middle = [(low + high) / 2] if low is not None and high is not None else []
    ends = [bound for bound in (high, low) if bound is not None]
    own, others = _corners(terms, metric.id, plain=True), _corners(terms, metric.id, plain=False)
    wanted = [*_asked(terms, metric.id), *own, *_targets(terms, metric.id), *middle, typical]
    wanted += [typical * 2, typical / 2, *ends, Fraction(0), *others]
    clipped = (max(value, low) if low is not None else value for value in wanted)
    return list(dict.fromkeys(min(value, high) if high is not None else value for value in clipped))


def _asked(terms: Terms, metric: str) -> Iterator[Fraction]:
    """Values for which conditions on the metric hold."""
    for condition in (condition for term in terms.terms for condition in _conditions(term)):
        if condition.metric == metric or (condition.measure and metric in _metrics_in(condition.measure)):
            for name, bound in condition.bounds.items():
                if not isinstance(bound, ShareOf):
                    yield bound * {"above": Fraction(11, 10), "below": Fraction(9, 10)}.get(name, Fraction(1))


def _corners(terms: Terms, metric: str, *, plain: bool) -> Iterator[Fraction]:
    """The levels at which prices change, the highest first, and a little above each.

    Plain prices are of the metric itself, the others of a measure that the metric is a part of.
    """
    for term in terms.terms:
        if term.measure is None or metric not in _metrics_in(term.measure):
            continue
        if plain == (getattr(term.measure.params, "metric", None) == metric):
            found = PRICES[term.price.kind].corners(term.price.params)
            for corner in sorted((corner for corner in found if not isinstance(corner, ShareOf)), reverse=True):
                yield corner
                yield corner * Fraction(11, 10)


def _waits_for(metric: Metric) -> set[str]:
    """The metrics that must have counted for the person first."""
    return {name for name in (metric.after, metric.window.start if metric.window else None) if name}


def _conditions(term: Term) -> Iterator[Condition]:
    for gate in term.gates:
        yield gate
        yield from gate.any


def _metrics_in(rule: Rule) -> set[str]:
    """The metrics that a measure looks at, also inside other measures."""
    return {metric for inner in rules_in((rule,)) if (metric := getattr(inner.params, "metric", None))}


# --- where and when -----------------------------------------------------------------------------------------------


class _Plan:
    """The persons, the days and the periods of the example; what is claimed and what is measured."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        needed = self._needed()
        self.claimed = [metric for metric in terms.metrics if metric.id in needed and metric.level == "person"]
        self.measured = [metric for metric in terms.metrics if metric.id in needed and metric.level != "person"]
        self.ruling_out = {metric.unless for metric in self.claimed if metric.unless}

    def _needed(self) -> set[str]:
        """Every metric that bears on what is paid, also by way of other metrics."""
        named = {limit.at_most.of for limit in self.terms.limits if isinstance(limit.at_most, ShareOf)}
        found = {name for name in named if isinstance(name, str)}
        for term in self.terms.terms:
            found |= _looked_at(term)
        waiting = list(found)
        while waiting:
            earlier = _waits_for(self.terms.metric_by_id[waiting.pop()])
            more = {name for name in earlier if name in self.terms.metric_by_id and name not in found}
            found |= more
            waiting += more
        return found

    @cached_property
    def cohort(self) -> Cohort | None:
        """The first of the cohorts that most terms are for."""
        terms = self.terms.terms
        fits = {
            cohort.id: sum(not term.cohorts or cohort.id in term.cohorts for term in terms)
            for cohort in self.terms.cohorts
        }
        return max(self.terms.cohorts, key=lambda cohort: fits[cohort.id], default=None)

    @cached_property
    def begins_on(self) -> date:
        """The first day on which something may happen."""
        days = [self.terms.life.starts_on] if self.terms.life else []
        days += [self.cohort.enrols[0]] if self.cohort else []
        if not days and isinstance(self.terms.periods, tuple) and self.terms.periods:
            days = [min(period.starts_on for period in self.terms.periods)]
        return max(days, default=SOME_DAY)

    @cached_property
    def enrolled_on(self) -> date:
        return min(self.begins_on, self.cohort.enrols[1]) if self.cohort else self.begins_on

    def most(self, metric: Metric) -> int:
        """How many persons usually have a claim on the metric."""
        usual = RULED_OUT if metric.id in self.ruling_out else PERSONS
        return min(usual, self.cohort.size) if self.cohort and self.cohort.size else usual

    def counts(self, metric: Metric) -> list[int]:
        """Other numbers of claims that may be needed: what prices and conditions speak of."""
        levels = [*_asked(self.terms, metric.id), *_corners(self.terms, metric.id, plain=True)]
        per_claim = Fraction(self.units(metric) or 1)
        top = self.cohort.size if self.cohort and self.cohort.size else MOST_PERSONS
        counts = (ceil(level / per_claim) + more for level in levels for more in (0, 1))
        return list(dict.fromkeys(count for count in counts if 0 <= count <= top))

    def units(self, metric: Metric) -> Decimal | None:
        """The units of each claim; None where they follow from the days, or where a claim is one."""
        if metric.duration or metric.unit not in USUAL_UNITS:
            return None
        wholes = (
            term.price.params.whole
            for term in self.terms.terms
            if term.metric == metric.id and getattr(term.price.params, "whole", None)
        )
        whole = next(wholes, None)
        return Decimal(exact_text(whole)) if whole else Decimal(USUAL_UNITS[metric.unit])

    # --- days ---------------------------------------------------------------------------------------------------

    def day_of(self, metric: Metric, above: frozenset[str] = frozenset()) -> date:
        """A day on which the metric's event counts: a month after what it waits for, where its window allows.

        A stretch of time begins at once, so that as much of it as possible lies inside the window.
        """
        first, last = self.begins_on, self.terms.life.ends_on if self.terms.life else date.max
        if metric.after and metric.after not in above:
            first = max(first, self.day_of(self.terms.metric_by_id[metric.after], above | {metric.id}))
        window = metric.window
        if window is not None:
            starts = self._start(window.start, above | {metric.id})
            calendar = self.terms.calendar_by_id.get(window.excluding or "")
            least = window.not_before
            first = max(first, end_of(starts, least.months, least.days, calendar) if least else starts)
            if window.months or window.days:
                last = min(last, end_of(starts, window.months, window.days, calendar))
        later = first if metric.duration else add_time(first, months=1)
        return self._in_a_period(max(first, min(later, last)))

    def _start(self, start: str, above: frozenset[str]) -> date:
        if start == "contract" and self.terms.life:
            return self.terms.life.starts_on
        metric = self.terms.metric_by_id.get(start)
        return self.enrolled_on if metric is None or metric.id in above else self.day_of(metric, above)

    def _in_a_period(self, day: date) -> date:
        """The day, or the first one after it that a period of the agreement's own has."""
        if period_of(day, self.terms.periods) is not None or isinstance(self.terms.periods, str):
            return day
        later = [period.starts_on for period in self.terms.periods if period.starts_on > day]
        return min(later, default=day)

    def _last_day(self, metric: Metric, first: date) -> date | None:
        """The last day of a stretch of time that holds the usual number of days that count."""
        duration: Duration | None = metric.duration
        if duration is None:
            return None
        calendar = self.terms.calendar_by_id.get(duration.excluding or "")
        days, left = first, duration.qualifying_days + SPELL
        while left > 1:
            left -= not is_excluded(days, calendar)
            days += timedelta(days=1)
        return days

    def _periods(self, days: Iterable[date]) -> list[Period]:
        found = (period_of(day, self.terms.periods) for day in days)
        return sorted({period for period in found if period}, key=lambda period: period.starts_on)

    # --- facts --------------------------------------------------------------------------------------------------

    def facts(self, figures: _Figures) -> tuple[Facts, date]:
        """The facts, and the day up to which they are reckoned."""
        claims = list(self._claims(figures))
        most = max((int(claim.person.removeprefix("E")) for claim in claims), default=0)
        happened_on = max((claim.event_on for claim in claims), default=add_time(self.begins_on, months=1))
        events = tuple(EventFact(event, self._in_a_period(happened_on)) for event in sorted(figures.events))
        days = [claim.event_on for claim in claims] + [claim.until for claim in claims if claim.until]
        days += self._own_days() + [event.on for event in events]
        periods = self._periods(days or [self._in_a_period(add_time(self.begins_on, months=1))])
        measured = tuple(self._value(metric, figures, period) for metric in self.measured for period in periods)
        persons = tuple(
            Person(
                f"E{number}",
                self.cohort.id if self.cohort else None,
                self.enrolled_on,
                self.groups_of(number),
            )
            for number in range(1, most + 1)
        )
        as_of = max([period.ends_on for period in periods] + self._due_days(), default=self.begins_on)
        return Facts(persons, tuple(claims), measured, events), as_of

    def _own_days(self) -> list[date]:
        """The first of each term's own days."""
        own = ([when for when in term.on if isinstance(when, date)][:1] for term in self.terms.terms)
        return [day for days in own for day in days]

    def _due_days(self) -> list[date]:
        """The first of each fixed amount's days."""
        own = (
            [when for when in getattr(term.price.params, "on", ()) if isinstance(when, date)]
            for term in self.terms.terms
        )
        return [min(days) for days in own if days]

    def _claims(self, figures: _Figures) -> Iterator[ClaimFact]:
        counts = {metric.id: self._count(metric, figures) for metric in self.claimed}
        most = max([0, *(count for metric, count in counts.items() if metric not in self.ruling_out)])
        for metric in self.claimed:
            skipped = most if metric.id in self.ruling_out else 0
            day = self.day_of(metric)
            for number in range(skipped + 1, skipped + counts[metric.id] + 1):
                if not self._belongs(number, metric):
                    continue
                yield ClaimFact(
                    f"{metric.id}/{number}",
                    f"E{number}",
                    metric.id,
                    day,
                    self.cohort.id if self.cohort else None,
                    self.units(metric) or Decimal(1),
                    until=self._last_day(metric, day),
                )

    def groups_of(self, person: int) -> tuple[str, ...]:
        """Every person belongs to one group: the ten first are divided among them, and so are the next ten."""
        groups = self.terms.groups
        place = (person - 1) % PERSONS * len(groups) // PERSONS
        return (groups[place].id,) if groups else ()

    def _belongs(self, person: int, metric: Metric, above: frozenset[str] = frozenset()) -> bool:
        """Whether the person's group lets the metric count, and what the metric waits for."""
        above |= {metric.id}
        earlier = (
            self.terms.metric_by_id[name] for name in _waits_for(metric) & self.terms.metric_by_id.keys() - above
        )
        own = not metric.groups or not set(metric.groups).isdisjoint(self.groups_of(person))
        return own and all(self._belongs(person, other, above) for other in earlier)

    def _count(self, metric: Metric, figures: _Figures, above: frozenset[str] = frozenset()) -> int:
        """How many persons have a claim: at least as many as on the metrics that come after it."""
        above |= {metric.id}
        later = (other for other in self.claimed if other.id not in above and metric.id in _waits_for(other))
        return max([figures.claims[metric.id], *(self._count(other, figures, above) for other in later)])

    def _value(self, metric: Metric, figures: _Figures, period: Period) -> MeasuredFact:
        value = figures.values[metric.id]
        every = MEASURED if metric.min_measured is None else max(MEASURED, Fraction(metric.min_measured))
        counts_all = metric.min_measured is not None or metric.unmeasured == "as_failed" or self._is_pooled(metric)
        is_estimate = any(
            rule.kind == "effect" and rule.params.metric == metric.id
            for term in self.terms.terms
            for rule in term.measures
        )
        return MeasuredFact(
            metric.id,
            period.id,
            value,
            self.cohort.id if self.cohort and metric.level == "cohort" else None,
            due=every if counts_all else None,
            measured=every if counts_all else None,
            standard_error=abs(value) / 4 if is_estimate else None,
        )

    def _is_pooled(self, metric: Metric) -> bool:
        rules = (rule for term in self.terms.terms for rule in term.measures)
        return any(
            getattr(rule.params, "combine", "") == "pooled" and rule.params.metric == metric.id for rule in rules
        )
