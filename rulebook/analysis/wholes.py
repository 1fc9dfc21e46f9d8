"""The most and the least of terms that are worked out as a whole: a lump sum, a step, a line, a share of a value.

A term that runs on over the contract pays what it is worth to date less what it was worth the time before, and so needs
an argument of its own; so does a count of each period, for all periods share what can be counted over the life.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final

from rulebook.analysis.given import GivenScene, leaves
from rulebook.analysis.ground import NONE_AT_ALL, ZERO, Ground, TermBound, grain, total_of
from rulebook.analysis.ranges import ENDLESS, End, Span, hull
from rulebook.analysis.slopes import Formula, Moving, Piece, Slopes, amount_at, pieces
from rulebook.checks import by_cohort
from rulebook.periods import Period
from rulebook.prices import PRICES
from rulebook.shapes import Rule, rules_in
from rulebook.terms import Cohort, Term

SAME_EVERY_PERIOD: Final = frozenset({"deadweight"})
"""Adjustments whose factor does not depend on the period."""
MAY_BE_MISSING: Final = frozenset({"effect", "first", "ratio", "change"})
"""Measures that may lose their value again, or change their ground, when they have had one."""


class Wholes(Ground):
    """Terms that are worked out as a whole."""

    def whole(self, term: Term) -> TermBound:
        periods, times = self._occasions(term)
        per_cohort = by_cohort(self.terms, term)
        bound = TermBound(term, lines=None if times is None else 0)
        grains: list[Fraction | None] = []
        for cohort in self.cohorts_of(term) if per_cohort else (None,):
            counted = self._counted(term)
            each = {period.id: self.amounts(self.scene(term, period, cohort, counted), term) for period in periods}
            span = self._over_the_life(term, each, times, cohort, counted)
            bound.by_cohort[cohort.id if cohort else None] = span
            for period, amount in self._increments(term, each).items():
                bound.by_period[period] = bound.by_period.get(period, NONE_AT_ALL).plus(self.rounded(amount))
            grains.append(self._grain(term, cohort, counted))
            bound.smallest = self._smallest(term, cohort, counted)
            if bound.lines is not None and times is not None:
                bound.lines += times
        bound.span, bound.grain = total_of(bound.by_cohort.values()), grain(grains)
        if self.reach.periods is None and not all(isinstance(when, date) for when in term.on or ("",)):
            bound.by_period = {}
        return bound

    def _counted(self, term: Term) -> tuple[Cohort | None, ...]:
        """A condition looks at all cohorts, also when the term takes the claims of some."""
        in_gates = any(leaf.kind in ("count", "enrolled") for leaf in leaves(self.terms, term.gates))
        return self.reach.cohorts if in_gates else self.cohorts_of(term)

    def _occasions(self, term: Term) -> tuple[tuple[Period, ...], int | None]:
        """The periods in which the term may be worked out, and how many times at most; None is without end."""
        if not term.on:
            return self.periods, None if self.reach.periods is None else len(self.periods)
        days = [day for day in term.on if isinstance(day, date)]
        dated = [period for period, _ in self.dated(days)]
        events = len(term.on) - len(days)
        return (self.periods if events else tuple(dated)), len(dated) + events

    def _increments(self, term: Term, each: Mapping[str, Span]) -> dict[str, Span]:
        """What a period can pay: for a term that runs on, the difference between two of its worths."""
        if not is_to_date(term):
            return dict(each)
        if self._is_comparable(term):
            worth = hull([NONE_AT_ALL, *each.values()])
            return dict.fromkeys(each, _differences(worth))
        if any(rule.kind == "elapsed" for rule in rules_in(term.measure)):
            return dict.fromkeys(each, Span.of(None, None))
        return {period: _differences(span) for period, span in each.items()}

    def _over_the_life(
        self,
        term: Term,
        each: Mapping[str, Span],
        times: int | None,
        cohort: Cohort | None,
        counted: Sequence[Cohort | None],
    ) -> Span:
        if not each:
            return NONE_AT_ALL
        if is_to_date(term) and self._is_comparable(term):
            return self._to_date(term, hull([NONE_AT_ALL, *each.values()]), times, cohort, counted)
        paid = self._increments(term, each)
        if times is not None and times == len(paid):
            together = total_of(map(self.rounded, paid.values()))
            return Span(together.low, min(together.high, self._shared_out(term, times, cohort, counted)))
        return self.rounded(hull([NONE_AT_ALL, *paid.values()])).times(Span.of(0, times))

    def _shared_out(self, term: Term, times: int, cohort: Cohort | None, counted: Sequence[Cohort | None]) -> End:
        """The most that a count of each period can pay when all periods share what can be counted over the life.

        No outcome is worth more than at the number where the average is highest, and nothing is worth what it is worth
        in every period.
        """
        known = self._curve(term, cohort, counted) if self._is_comparable(term, to_date=False) else None
        if known is None or term.measure is None or term.measure.kind != "count" or self._step(term.measure) is None:
            return ENDLESS
        curve, worth = known
        if not curve or curve[-1].high is None:
            return ENDLESS
        ends = {end for piece in curve for end in (piece.low, piece.high) if end is not None}
        places = {Fraction(place // 1 + move) for place in ends for move in (0, 1)}
        averages = [amount_at(worth, place) / place for place in places if 1 <= place <= curve[-1].high]
        at_nothing = max(amount_at(worth, ZERO), ZERO)
        slack = ZERO if self.is_fine(self._grain(term, cohort, counted)) else self.rounds_up
        return End(0, max([ZERO, *averages]) * curve[-1].high + times * (at_nothing + slack))

    def _to_date(
        self, term: Term, worth: Span, times: int | None, cohort: Cohort | None, counted: Sequence[Cohort | None]
    ) -> Span:
        """A term that pays what it is worth to date less what it was worth before, at a price that stays the same.

        What never falls (a count to date) pays its rises and takes back its falls, each once at most, whatever
        conditions and limits take away. Otherwise the payments add up to the last worth, unless some of them are lost
        to a condition (or, for the least, to a limit): then every occasion may be a whole difference.
        """
        if times == 1:
            return self.rounded(worth)
        fine = self._grain(term, cohort, counted)
        rounds = times is not None and not self.is_fine(fine)
        slack = Span.of(-self.rounds_up, self.rounds_up).times(Span.of(0, times)) if rounds else NONE_AT_ALL
        rises = self._rises(term, cohort, counted)
        if rises is not None:
            return rises.plus(slack)
        every = _differences(worth).times(Span.of(0, times))
        low = every.low if term.gates or self.terms.limits else worth.low
        return Span(low, every.high if term.gates else worth.high).plus(slack)

    def _is_comparable(self, term: Term, *, to_date: bool = True) -> bool:
        """Whether the same quantity is worth the same at every occasion.

        To date, it must also be so that what has a value once always has one.
        """
        measures = list(rules_in(term.measure))
        runs_on = not to_date or all(
            rule.kind not in MAY_BE_MISSING and getattr(rule.params, "over", "contract") == "contract"
            for rule in measures
        )
        varies = getattr(term.price.params, "changes", ()) or getattr(term.price.params, "time", "period") != "period"
        return (
            runs_on
            and not varies
            and not leaves(self.terms, term.price)
            and all(rule.kind in PRICES for rule in rules_in(term.price))
            and all(rule.kind in SAME_EVERY_PERIOD for rule in term.adjust)
        )

    def _rises(self, term: Term, cohort: Cohort | None, counted: Sequence[Cohort | None]) -> Span | None:
        """All falls and all rises of the price as a quantity that never falls goes from nothing to its most."""
        if term.measure is None or term.measure.kind not in ("count", "enrolled"):
            return None
        known = self._curve(term, cohort, counted)
        if known is None:
            return None
        curve, worth = known
        steps = [ZERO, amount_at(worth, ZERO)]
        for piece in curve:
            steps.append(piece.limit(piece.low or ZERO))
            if piece.high is not None:
                steps += [piece.limit(piece.high), amount_at(worth, piece.high)]
        changes = [after - before for before, after in pairwise(steps)]
        endless = curve[-1].slope if curve and curve[-1].high is None else ZERO
        return Span(
            End(-1) if endless < 0 else End(0, sum((min(change, ZERO) for change in changes), ZERO)),
            End(1) if endless > 0 else End(0, sum((max(change, ZERO) for change in changes), ZERO)),
        )

    def _curve(
        self, term: Term, cohort: Cohort | None, counted: Sequence[Cohort | None]
    ) -> tuple[list[Piece], Formula] | None:
        """What the term pays as a function of its quantity alone; None when something else has a say."""
        if term.measure is None or leaves(self.terms, term.price) or leaves(self.terms, term.adjust):
            return None
        if any(rule.kind == "elapsed" for rule in rules_in(term.measure)):
            return None
        span = self.scene(term, self.periods[0], cohort, counted).measure(term.measure).span
        name = cohort.id if cohort else None

        def worth(algebra: Slopes) -> Moving:
            worth_of: Moving = GivenScene(self.terms, {}, self.periods[0], algebra, name).worth(term, algebra.moving())
            return worth_of

        known = pieces(worth, span.least, span.most)
        return (known, worth) if all(piece.is_whole for piece in known) else None

    def _grain(self, term: Term, cohort: Cohort | None, counted: Sequence[Cohort | None]) -> Fraction | None:
        """An amount that every worth of the term is a multiple of; None when worths can be anything."""
        known = self._curve(term, cohort, counted) if self._is_comparable(term, to_date=False) else None
        if known is None or term.measure is None:
            return None
        curve, worth = known
        places = {place for piece in curve for place in (piece.low, piece.high) if place is not None}
        values = [amount_at(worth, place) for place in places] + [piece.limit(piece.low or ZERO) for piece in curve]
        slopes = {piece.slope for piece in curve} - {ZERO}
        step = self._step(term.measure)
        if slopes and (step is None or any((place / step).denominator != 1 for place in places)):
            return None
        return grain([*values, *(slope * step for slope in slopes if step is not None)])

    def _smallest(self, term: Term, cohort: Cohort | None, counted: Sequence[Cohort | None]) -> Fraction | None:
        """The lowest of the amounts above nothing, where there are only so many of them."""
        known = self._curve(term, cohort, counted) if self._is_comparable(term, to_date=False) else None
        if known is None or any(piece.slope for piece in known[0]):
            return None
        curve, worth = known
        places = {place for piece in curve for place in (piece.low, piece.high) if place is not None}
        amounts = [piece.value for piece in curve] + [amount_at(worth, place) for place in places]
        return min((amount for amount in amounts if amount > 0), default=None)

    def _step(self, measure: Rule) -> Fraction | None:
        """What every value of the measure is a multiple of: one outcome, or the smallest unit of money."""
        if measure.kind == "paid":
            return Fraction(self.terms.rounding.unit)
        metric = self.terms.metric_by_id.get(getattr(measure.params, "metric", ""))
        counted = measure.kind == "count" and metric is not None and self.reach.is_whole(metric)
        return Fraction(1) if counted or measure.kind == "enrolled" else None


def _differences(span: Span) -> Span:
    """Everything that the difference between two numbers of the span can be."""
    return span.plus(span.scaled(Fraction(-1)))


def is_to_date(term: Term) -> bool:
    """Whether the term pays what it is worth to date less what it was worth before."""
    return any(getattr(rule.params, "over", "period") == "contract" for rule in rules_in(term.measure))
