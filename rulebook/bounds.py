"""The most and the least that each term by itself can pay, as proved ends, before any limit.

Each formula is worked out in ranges (`rulebook.ranges`), for every measurement period and cohort by itself, over all
that the leaves can show (`rulebook.reach`). Ranges hold every exact result, rounding never changes the order of two
amounts, and what may happen in several periods is added up as if it happened in all of them. So no facts that keep to
the assumptions can take a term outside its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import gcd, lcm
from typing import Any, Final

from rulebook.adjustments import ADJUSTMENTS
from rulebook.checks import by_cohort, is_per_claim
from rulebook.given import GivenScene, Leaf, leaves
from rulebook.money import round_money
from rulebook.periods import Period, period_of
from rulebook.prices import PER_CLAIM, PRICES, SCHEDULED
from rulebook.ranges import ENDLESS, NOTHING, RANGES, End, Range, Span, hull, stretches
from rulebook.reach import Reach
from rulebook.shapes import Rule, rules_in
from rulebook.slopes import Formula, Moving, Piece, Slopes, amount_at, pieces
from rulebook.terms import Cohort, Metric, Term, Terms
from rulebook.values import ShareOf, ValueMissingError

ZERO: Final = Fraction(0)
NONE_AT_ALL: Final = Span.of(0, 0)
SAME_EVERY_PERIOD: Final = frozenset({"deadweight"})
"""Adjustments whose factor does not depend on the period."""
PER_ENROLLED: Final = ("count", "enrolled")
MAY_BE_MISSING: Final = frozenset({"effect", "first", "ratio", "change"})
"""Measures that may lose their value again, or change their ground, when they have had one."""


@dataclass(slots=True)
class TermBound:
    """What one term can pay: in all, period by period, cohort by cohort, and to one person.

    `by_period` is empty where the number of periods has no end. `grain` is an amount that every line is a multiple of;
    None where lines can be anything. `lines` is how many lines there can be, None without end.
    """

    term: Term
    span: Span = NONE_AT_ALL
    by_period: dict[str, Span] = field(default_factory=dict)
    by_cohort: dict[str | None, Span] = field(default_factory=dict)
    per_person: dict[str | None, Span] = field(default_factory=dict)
    grain: Fraction | None = None
    lines: int | None = None
    single: Span | None = None
    """What one claim is worth; None for a term that is worked out as a whole."""
    smallest: Fraction | None = None
    """The smallest amount above nothing that is paid at a time; None where there is no smallest."""


@dataclass(frozen=True)
class _RangeScene(GivenScene):
    """A scene of ranges that knows what formulas cannot tell: how often one person can count."""

    reach: Reach | None = None

    def measure(self, rule: Rule) -> Range:
        """No more can have counted than the persons enrolled, each as often as one person can."""
        quantity: Range = super().measure(rule)
        if self.reach is None or rule.kind != "ratio" or (rule.params.of.kind, rule.params.to.kind) != PER_ENROLLED:
            return quantity
        metric = self.terms.metric_by_id[rule.params.of.params.metric]
        most = [self.reach.units(metric, cohort) for cohort in self.reach.cohorts]
        return quantity if None in most else Range.within(Span.of(0, max(filter(None, most), default=0)))


class Bounds:
    """The ends of every term of one contract."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.reach = terms, Reach(terms)
        self.paid: dict[tuple[str, str], Span] = {}
        """What the leaf `paid` can show, by its terms and by whether it is over the period or the contract."""

    # --- scenes -------------------------------------------------------------------------------------------------

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The periods to look at: all of the life, or where it has no end one for every day that changes something."""
        if self.reach.periods is not None:
            return self.reach.periods
        days = {date(2000, 1, 1), date(9000, 1, 1), *_days_in(self.terms.terms), *_days_in(self.terms.cohorts)}
        return tuple(dict.fromkeys(period for day in sorted(days) if (period := period_of(day, self.terms.periods))))

    def scene(self, part: Any, period: Period, cohort: Cohort | None, cohorts: Sequence[Cohort | None]) -> GivenScene:
        """Everything the leaves of a part of the terms can show in the period."""
        given = {leaf: Range.within(self.leaf(leaf, tuple(cohorts))) for leaf in leaves(self.terms, part)}
        name = cohort.id if cohort else None
        return _RangeScene(self.terms, given, period, RANGES, name, significant=None, reach=self.reach)

    def leaf(self, leaf: Leaf, cohorts: tuple[Cohort | None, ...]) -> Span:
        if leaf.kind == "paid":
            return self.paid.get((leaf.name, leaf.over), Span.of(None, None))
        return self.reach.leaf(leaf, cohorts)

    def cohorts_of(self, term: Term) -> tuple[Cohort | None, ...]:
        """The cohorts whose claims and values the term takes."""
        return tuple(
            cohort for cohort in self.reach.cohorts if cohort is None or cohort.id in (term.cohorts or [cohort.id])
        )

    def amounts(self, scene: GivenScene, term: Term, quantity: Range | None = None) -> Span:
        """Everything the term can pay on one occasion, nothing included."""
        if quantity is None and term.measure is not None:
            try:
                quantity = scene.measure(term.measure)
            except ValueMissingError:
                return NONE_AT_ALL
        span = self._worth(scene, term, quantity)
        if scene.holds(term.gates) is False and not self._is_excused(term):
            return NONE_AT_ALL
        return span.or_else(NONE_AT_ALL)

    def _worth(self, scene: GivenScene, term: Term, quantity: Range | None) -> Span:
        """The tighter of two proofs: the formula as it stands, and stretch by stretch between its corners."""
        span = scene.worth(term, quantity).span
        corners = [
            corner for corner in PRICES[term.price.kind].corners(term.price.params) if isinstance(corner, Fraction)
        ]
        if quantity is None or not corners:
            return span
        cut = hull(scene.worth(term, Range.within(stretch)).span for stretch in stretches(quantity.span, corners))
        return Span(max(span.low, cut.low), min(span.high, cut.high))

    def _is_excused(self, term: Term) -> bool:
        """Whether a condition may be passed for want of a value."""
        metrics = (self.terms.metric_by_id.get(leaf.name) for leaf in leaves(self.terms, term.gates))
        return any(metric is not None and metric.missing == "exclude" for metric in metrics)

    # --- one term -----------------------------------------------------------------------------------------------

    def of(self, term: Term) -> TermBound:
        """The ends of one term; the terms that it builds on come first."""
        if term.price.kind in SCHEDULED:
            return self._fixed(term)
        if is_per_claim(term) and not term.on:
            return self._per_claim(term)
        return self._whole(term)

    def _per_claim(self, term: Term) -> TermBound:
        bound = TermBound(term, single=NONE_AT_ALL)
        assert term.measure is not None  # noqa: S101 – a price per claim has a count
        metric = self.terms.metric_by_id[term.measure.params.metric]
        values: list[Span] = []
        places = 0
        for cohort in self.cohorts_of(term):
            singles = self._prices_of_a_claim(term, metric, cohort)
            values += singles.values()
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
        bound.span = _sum(bound.by_cohort.values())
        bound.lines = None if self.reach.periods is None else places
        bound.grain = None if _in_parts(term) else grain(value.least if value.is_point() else None for value in values)
        return bound

    def _prices_of_a_claim(self, term: Term, metric: Metric, cohort: Cohort | None) -> dict[str, Span]:
        """What one claim can be worth in each period in which it can count."""
        days = self.reach.days(metric, cohort)
        found: dict[str, Span] = {}
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
            if scene.holds(term.gates) is False and not self._is_excused(term):
                continue
            starts = [first, *(day for day in kind.change_days(params) if first < day <= last)]
            if self.reach.periods is None:
                starts = [date.min, *kind.change_days(params)]
            found[period.id] = hull(_adjusted(kind.price_on(params, day, scene), term, scene).span for day in starts)
        return found

    def _priced_units(self, term: Term, metric: Metric, cohort: Cohort | None) -> Fraction | None:
        """How many times the price one person can earn."""
        whole: Fraction | None = term.price.params.whole
        units = self.reach.units(metric, cohort)
        if whole is None:
            return None if units is None else Fraction(units)
        if metric.duration is not None:
            return None if units is None else units / whole
        times = self.reach.times(metric, cohort)
        by_units = None if units is None else units / whole
        known = [limit for limit in (by_units, None if times is None else Fraction(times)) if limit is not None]
        return min(known, default=None)

    def _fixed(self, term: Term) -> TermBound:
        """Amounts due by the calendar, and when events happen; each event happens once at most."""
        params = term.price.params
        bound = TermBound(term)
        days = [day for day in params.on if isinstance(day, date)]
        events = [when for when in params.on if isinstance(when, str)]
        due = [(period, 1) for period in self.periods] if params.every else self._dated(days)
        each = {
            period.id: self._fixed_amount(term, period, times, certain=not events and not self._may_stop)
            for period, times in due
        }
        on_events = [self._fixed_amount(term, period, 1, certain=False) for period in self.periods]
        span = _sum(each.values())
        if params.every and self.reach.periods is None:
            span = span.times(Span.of(1, None))
        if events:
            span = span.plus(hull(on_events).times(Span.of(0, len(events))))
            each = {
                period.id: each.get(period.id, NONE_AT_ALL).plus(amount.times(Span.of(0, len(events))))
                for period, amount in zip(self.periods, on_events, strict=True)
            }
        amounts = [*each.values(), *(on_events if events else ())]
        bound.span, bound.by_cohort = span, {None: span}
        if not leaves(self.terms, term):
            bound.grain = grain(end for amount in amounts for end in (amount.least, amount.most))
            paid = [amount.high.number for amount in amounts if amount.high > NOTHING]
            bound.smallest = min(paid, default=None)
        if self.reach.periods is not None or not (params.every or events):
            bound.by_period, bound.lines = each, len(due) + len(events)
        return bound

    @property
    def _may_stop(self) -> bool:
        return any(event.ends for event in self.terms.events)

    def _dated(self, days: Iterable[date]) -> list[tuple[Period, int]]:
        times: dict[Period, int] = {}
        for day in days:
            period = period_of(day, self.terms.periods)
            if period is not None:
                times[period] = times.get(period, 0) + 1
        return list(times.items())

    def _fixed_amount(self, term: Term, period: Period, times: int, *, certain: bool) -> Span:
        scene = self.scene(term, period, None, self.reach.cohorts)
        amount = self.rounded(self._worth(scene, term, Range(Fraction(times))))
        if certain and not term.gates and term.holdback is None and not leaves(self.terms, term):
            return amount
        return amount.or_else(NONE_AT_ALL)

    # --- terms worked out as a whole ----------------------------------------------------------------------------

    def _whole(self, term: Term) -> TermBound:
        periods, times = self._occasions(term)
        per_cohort = by_cohort(self.terms, term)
        bound = TermBound(term, lines=None if times is None else 0)
        grains: list[Fraction | None] = []
        for cohort in self.cohorts_of(term) if per_cohort else (None,):
            counted = (cohort,) if per_cohort else self._counted(term)
            each = {period.id: self.amounts(self.scene(term, period, cohort, counted), term) for period in periods}
            span = self._over_the_life(term, each, times, cohort, counted)
            bound.by_cohort[cohort.id if cohort else None] = span
            for period, amount in self._increments(term, each).items():
                bound.by_period[period] = bound.by_period.get(period, NONE_AT_ALL).plus(self.rounded(amount))
            grains.append(self._grain(term, cohort, counted))
            bound.smallest = self._smallest(term, cohort, counted)
            if bound.lines is not None and times is not None:
                bound.lines += times
        bound.span, bound.grain = _sum(bound.by_cohort.values()), grain(grains)
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
        dated = [period for period, _ in self._dated(days)]
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
            together = _sum(map(self.rounded, paid.values()))
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
        span = self.scene(term, self.periods[0], cohort, counted).measure(term.measure).span
        name = cohort.id if cohort else None

        def worth(algebra: Slopes) -> Moving:
            worth_of: Moving = GivenScene(self.terms, {}, self.periods[0], algebra, name).worth(term, algebra.moving())
            return worth_of

        known = pieces(worth, span.least, span.most)
        return None if known is None else (known, worth)

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

    # --- rounding -----------------------------------------------------------------------------------------------

    def rounded(self, span: Span) -> Span:
        """The ends of a line once it has been rounded: rounding never changes the order of two amounts."""
        return Span(*(end if end.sign else End(0, self.round(end.number)) for end in (span.low, span.high)))

    def round(self, amount: Fraction) -> Fraction:
        return Fraction(round_money(amount, self.terms.rounding))

    def is_fine(self, amount: Fraction | None) -> bool:
        """Whether multiples of the amount need no rounding."""
        return amount is not None and (amount / Fraction(self.terms.rounding.unit)).denominator == 1

    @property
    def rounds_up(self) -> Fraction:
        """The most that rounding can add to a line."""
        unit = Fraction(self.terms.rounding.unit)
        return {"down": ZERO, "up": unit}.get(self.terms.rounding.mode, unit / 2)


def _differences(span: Span) -> Span:
    """Everything that the difference between two numbers of the span can be."""
    return span.plus(span.scaled(Fraction(-1)))


def is_to_date(term: Term) -> bool:
    """Whether the term pays what it is worth to date less what it was worth before."""
    return any(getattr(rule.params, "over", "period") == "contract" for rule in rules_in(term.measure))


def _adjusted(amount: Range, term: Term, scene: GivenScene) -> Range:
    for rule in term.adjust:
        amount = amount * ADJUSTMENTS[rule.kind].factor(rule.params, scene)
    return amount


def _in_parts(term: Term) -> bool:
    return getattr(term.price.params, "whole", None) is not None


def _sum(spans: Iterable[Span]) -> Span:
    together = NONE_AT_ALL
    for span in spans:
        together = together.plus(span)
    return together


def grain(amounts: Iterable[Fraction | None]) -> Fraction | None:
    """The largest amount that all of them are multiples of; None when one of them is not known."""
    known: list[Fraction] = []
    for amount in amounts:
        if amount is None:
            return None
        known.append(amount)
    below = lcm(1, *(amount.denominator for amount in known))
    return Fraction(gcd(*(int(amount * below) for amount in known)), below)


def _days_in(part: Any) -> Iterator[date]:
    """Every date that stands in a part of the terms."""
    if isinstance(part, date):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from _days_in(item)
    elif isinstance(part, Rule):
        yield from _days_in(part.params)
    elif hasattr(part, "__dataclass_fields__") and not isinstance(part, ShareOf | Decimal):
        for name in part.__dataclass_fields__:
            yield from _days_in(getattr(part, name))
