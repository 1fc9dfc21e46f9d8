"""The ground on which terms are bounded: scenes of ranges for every period and cohort, and what rounding can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from math import gcd, lcm
from typing import Any, Final

from rulebook.analysis.given import GivenScene, Leaf, leaves
from rulebook.analysis.ranges import RANGES, End, Range, Span, hull, stretches
from rulebook.analysis.reach import Reach
from rulebook.money import round_money
from rulebook.periods import Period, period_of
from rulebook.prices import PRICES
from rulebook.shapes import Rule
from rulebook.terms import Cohort, Term, Terms
from rulebook.values import ShareOf, ValueMissingError

ZERO: Final = Fraction(0)
NONE_AT_ALL: Final = Span.of(0, 0)
PER_ENROLLED: Final = ("count", "enrolled")


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

    def first(self, measures: Sequence[Rule]) -> Range:
        """Any of them may be the first that has a value."""
        *earlier, last = measures
        cases = [(None, partial(self.measure, measure)) for measure in earlier]
        return self.algebra.choose(cases, partial(self.measure, last))  # type: ignore[no-any-return]

    def measure(self, rule: Rule) -> Range:
        """No more can have counted than the persons enrolled, each as often as one person can."""
        quantity: Range = super().measure(rule)
        if self.reach is None or rule.kind != "ratio" or (rule.params.of.kind, rule.params.to.kind) != PER_ENROLLED:
            return quantity
        metric = self.terms.metric_by_id[rule.params.of.params.metric]
        most = [self.reach.units(metric, cohort) for cohort in self.reach.cohorts]
        return quantity if None in most else Range.within(Span.of(0, max(filter(None, most), default=0)))


class Ground:
    """What every kind of term is bounded on, for one contract."""

    def __init__(self, terms: Terms) -> None:
        self.terms, self.reach = terms, Reach(terms)
        self.paid: dict[tuple[str, str], Span] = {}
        """What the leaf `paid` can show, by its terms and by whether it is over the period or the contract."""
        self._leaves: dict[int, list[Leaf]] = {}
        self._spans: dict[tuple[Leaf, tuple[Cohort | None, ...]], Span] = {}

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
        own = (cohort,) if cohort is not None else tuple(cohorts)
        given = {
            leaf: Range.within(self.leaf(leaf, own if leaf.per == "cohort" else tuple(cohorts)))
            for leaf in self.leaves_of(part)
        }
        name = cohort.id if cohort else None
        return _RangeScene(self.terms, given, period, RANGES, name, significant=None, reach=self.reach)

    def leaf(self, leaf: Leaf, cohorts: tuple[Cohort | None, ...]) -> Span:
        if leaf.kind == "paid":
            return self.paid.get((leaf.name, leaf.over), Span.of(None, None))
        if (leaf, cohorts) not in self._spans:
            self._spans[leaf, cohorts] = self.reach.leaf(leaf, cohorts)
        return self._spans[leaf, cohorts]

    def leaves_of(self, part: Any) -> list[Leaf]:
        """The leaves of a part of the terms, which lives as long as the terms do."""
        if id(part) not in self._leaves:
            self._leaves[id(part)] = leaves(self.terms, part)
        return self._leaves[id(part)]

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
        span = self.worth(scene, term, quantity)
        if scene.holds(term.gates) is False and not self.is_excused(term):
            return NONE_AT_ALL
        return span.or_else(NONE_AT_ALL)

    def worth(self, scene: GivenScene, term: Term, quantity: Range | None) -> Span:
        """The tighter of two proofs: the formula as it stands, and stretch by stretch between its corners."""
        span: Span = scene.worth(term, quantity).span
        corners = [
            corner for corner in PRICES[term.price.kind].corners(term.price.params) if isinstance(corner, Fraction)
        ]
        if quantity is None or not corners:
            return span
        cut = hull(scene.worth(term, Range.within(stretch)).span for stretch in stretches(quantity.span, corners))
        return Span(max(span.low, cut.low), min(span.high, cut.high))

    def is_excused(self, term: Term) -> bool:
        """Whether a condition may be passed for want of a value."""
        metrics = (self.terms.metric_by_id.get(leaf.name) for leaf in leaves(self.terms, term.gates))
        return any(metric is not None and metric.missing == "exclude" for metric in metrics)

    def dated(self, days: Iterable[date]) -> list[tuple[Period, int]]:
        times: dict[Period, int] = {}
        for day in days:
            period = period_of(day, self.terms.periods)
            if period is not None:
                times[period] = times.get(period, 0) + 1
        return list(times.items())

    # --- rounding -----------------------------------------------------------------------------------------------

    def rounded(self, span: Span) -> Span:
        """The ends of a line once it has been rounded: rounding never changes the order of two amounts."""
        low, high = (end if end.sign else End(0, self.round(end.number)) for end in (span.low, span.high))
        return Span(low, high)

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


def total_of(spans: Iterable[Span]) -> Span:
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
