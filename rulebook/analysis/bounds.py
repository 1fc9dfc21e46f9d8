"""The most and the least that each term by itself can pay, as proved ends, before any limit.

Each formula is worked out in ranges (`analysis.ranges`), for every measurement period and cohort by itself, over all
that the leaves can show (`analysis.reach`). Ranges hold every exact result, rounding never changes the order of two
amounts, and what may happen in several periods is added up as if it happened in all of them. So no facts that keep to
the assumptions can take a term outside its ends.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from rulebook.adjustments import ADJUSTMENTS
from rulebook.analysis.given import GivenScene, leaves
from rulebook.analysis.ground import NONE_AT_ALL, TermBound, grain, total_of
from rulebook.analysis.ranges import NOTHING, Range, Span, hull
from rulebook.analysis.wholes import Wholes
from rulebook.checks import is_per_claim
from rulebook.periods import Period
from rulebook.prices import PER_CLAIM, SCHEDULED
from rulebook.terms import Cohort, Metric, Term


class Bounds(Wholes):
    """The ends of every term of one contract."""

    def of(self, term: Term) -> TermBound:
        """The ends of one term; the terms that it builds on come first."""
        if term.price.kind in SCHEDULED:
            return self._fixed(term)
        if is_per_claim(term) and not term.on:
            return self._per_claim(term)
        return self.whole(term)

    def _per_claim(self, term: Term) -> TermBound:
        bound = TermBound(term, single=NONE_AT_ALL)
        assert term.measure is not None  # noqa: S101 – a price per claim has a count
        metric = self.terms.metric_by_id[term.measure.params.metric]
        values: list[Span] = []
        places = 0
        for cohort in self.cohorts_of(term):
            prices = self._prices_of_a_claim(term, metric, cohort)
            values += [value for found in prices.values() for value in found]
            singles = {period: hull(found) for period, found in prices.items()}
            places += len(singles)
            single = hull([NONE_AT_ALL, *singles.values()])
            name = cohort.id if cohort else None
            times = Span.of(0, self._priced_units(term, metric, cohort))
            persons = Span.of(0, self.reach.persons(cohort))
            bound.per_person[name] = single.times(times)
            bound.by_cohort[name] = single.times(times).times(persons)
            bound.single = hull([bound.single or NONE_AT_ALL, single])
            if self.reach.periods is not None:
                for period, price in singles.items():
                    here = bound.by_period.get(period, NONE_AT_ALL)
                    bound.by_period[period] = here.plus(price.times(times).times(persons))
        paid = [value.low for value in values if value.low > NOTHING]
        bound.smallest = min(paid).number if len(paid) == len(values) and paid else None
        bound.span = total_of(bound.by_cohort.values())
        bound.span = self.rounded(bound.span) if places == 1 else bound.span
        bound.lines = None if self.reach.periods is None else places
        bound.grain = None if _in_parts(term) else grain(value.least if value.is_point() else None for value in values)
        return bound

    def _prices_of_a_claim(self, term: Term, metric: Metric, cohort: Cohort | None) -> dict[str, list[Span]]:
        """What one claim can be worth in each period in which it can count, price by price."""
        days = self.reach.days(metric, cohort)
        found: dict[str, list[Span]] = {}
        if days is None:
            return found
        kind, params = PER_CLAIM[term.price.kind], term.price.params
        for period in self.periods:
            first, last = max(days.first, period.starts_on), min(days.last, period.ends_on)
            if metric.duration is not None:
                last = min(self.reach.life.last, period.ends_on)
            if self.reach.periods is not None and first > last:
                continue
            scene = self.scene(term, period, cohort, self.cohorts_of(term))
            if scene.holds(term.gates) is False and not self.is_excused(term):
                continue
            starts = [first, *(day for day in kind.change_days(params) if first < day <= last)]
            if self.reach.periods is None:
                starts = [date.min, *kind.change_days(params)]
            found[period.id] = [_adjusted(kind.price_on(params, day, scene), term, scene).span for day in starts]
        return found

    def _priced_units(self, term: Term, metric: Metric, cohort: Cohort | None) -> Fraction | None:
        """How many times the price one person can earn; of a price for a whole, a claim is never more than one."""
        whole: Fraction | None = term.price.params.whole
        by_times = whole is not None and metric.duration is None
        most = self.reach.times(metric, cohort) if by_times else self.reach.units(metric, cohort)
        if most is None:
            return None
        return Fraction(most) if by_times or whole is None else most / whole

    def _fixed(self, term: Term) -> TermBound:
        """Amounts due by the calendar, and when events happen; each event happens once at most."""
        params = term.price.params
        bound = TermBound(term)
        events = sum(isinstance(when, str) for when in params.on)
        days = [day for day in params.on if isinstance(day, date)]
        due = [(period, 1) for period in self.periods] if params.every else self.dated(days)
        certain = not (events or term.gates or term.holdback or self._may_stop or leaves(self.terms, term))
        dated = {period.id: self._fixed_amount(term, period, times) for period, times in due}
        each = {name: amount if certain else amount.or_else(NONE_AT_ALL) for name, amount in dated.items()}
        bound.span = total_of(map(self.rounded, each.values()))
        if params.every and self.reach.periods is None:
            bound.span = bound.span.times(Span.of(1, None))
        amounts = list(dated.values())
        if events:
            each, amounts = self._with_events(term, each, events, bound), [*amounts, *self._once(term).values()]
        bound.by_cohort = {None: bound.span}
        if not leaves(self.terms, term):
            bound.grain = grain(end for amount in amounts for end in (amount.least, amount.most))
            bound.smallest = min((amount.high.number for amount in amounts if amount.high > NOTHING), default=None)
        if self.reach.periods is not None or not (params.every or events):
            bound.by_period = {name: self.rounded(amount) for name, amount in each.items()}
            bound.lines = len(due) + events
        return bound

    def _once(self, term: Term) -> dict[str, Span]:
        """What the amount is worth once, in each period."""
        return {period.id: self._fixed_amount(term, period, 1) for period in self.periods}

    def _with_events(self, term: Term, each: dict[str, Span], events: int, bound: TermBound) -> dict[str, Span]:
        """The periods' amounts when events may add to any of them; a line is rounded once, whatever is added to it."""
        once = {name: amount.or_else(NONE_AT_ALL) for name, amount in self._once(term).items()}
        extra = hull(once.values()).times(Span.of(0, events))
        if not self.is_fine(grain(end for amount in once.values() for end in (amount.least, amount.most))):
            unit = Fraction(self.terms.rounding.unit)
            extra = extra.plus(Span.of(-unit, unit).times(Span.of(0, events)))
        bound.span = bound.span.plus(extra)
        times = Span.of(0, events)
        return {name: each.get(name, NONE_AT_ALL).plus(amount.times(times)) for name, amount in once.items()}

    @property
    def _may_stop(self) -> bool:
        return any(event.ends for event in self.terms.events)

    def _fixed_amount(self, term: Term, period: Period, times: int) -> Span:
        """What the amount is worth so many times, adjusted and before it is rounded."""
        return self.worth(self.scene(term, period, None, self.reach.cohorts), term, Range(Fraction(times)))


def _adjusted(amount: Range, term: Term, scene: GivenScene) -> Range:
    for rule in term.adjust:
        amount = amount * ADJUSTMENTS[rule.kind].factor(rule.params, scene)
    return amount


def _in_parts(term: Term) -> bool:
    return getattr(term.price.params, "whole", None) is not None
