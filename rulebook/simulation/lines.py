"""What each term earns in each measurement period in each draw, before any limit and any rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import groupby
from typing import Final

import numpy as np

from rulebook.checks import OBSERVED, by_cohort, observed_kinds
from rulebook.earnings import FIXED_FIRST, life_periods
from rulebook.periods import Period, period_named, period_of
from rulebook.prices import PER_CLAIM, SCHEDULED
from rulebook.shapes import Rule, rules_in
from rulebook.simulation.algebra import Array, Mask, Missing, Quantity
from rulebook.simulation.distributions import real
from rulebook.simulation.drawn import NOTHING, Looked
from rulebook.simulation.histories import Piece, by_time
from rulebook.simulation.scene import ArrayScene, Granted, runs_to_date
from rulebook.terms import Term

LUMP: Final = -1
"""Stands for the piece of an amount that belongs to no claim: it goes before the claims of the same day and metric."""


_EMPTY: Final[Array] = np.zeros(0)
NEVER: Final = np.float64(np.nan)
"""What a term was worth before it was ever worked out."""


def _nothing() -> Array:
    return _EMPTY


@dataclass(slots=True)
class Portion:
    """The smallest part of a line that a limit can cut: what some claims that are alike earned, or a lump sum.

    `each` is what one of the claims earns, before any limit: one number, or one per draw.
    """

    line: Line
    day: date
    rank: int
    ordinal: int
    piece: int
    amount: Array
    has_minus: bool
    """Whether the amount may be below zero in some draw."""
    each: Quantity = NOTHING

    @property
    def order(self) -> tuple[date, int, int, int]:
        """Who comes first at a cap; the last one loses."""
        return self.day, self.rank, self.ordinal, self.piece


@dataclass(slots=True, eq=False)
class Line:
    """One term in one measurement period, for all draws."""

    term: Term
    term_rank: int
    period: Period
    cohort: str | None
    portions: list[Portion] = field(default_factory=list)
    amount: Array = field(default_factory=_nothing)
    exact: Array = field(default_factory=_nothing)
    """What the limits left, before rounding."""

    @property
    def order(self) -> tuple[date, str, int, str]:
        """The order of lines in an entitlement."""
        return self.period.ends_on, self.period.id, self.term_rank, self.cohort or ""


def lines_of(looked: Looked, wanted: set[str], granted: Sequence[Granted]) -> list[Line]:
    """Every line of the wanted terms, in the order of an entitlement."""
    terms = looked.terms
    found = [line for term in terms.terms if term.id in wanted for line in _lines_of_term(term, looked, granted)]
    return sorted(found, key=lambda line: line.order)


SceneAt = Callable[[Period, str | None], ArrayScene]


def _lines_of_term(term: Term, looked: Looked, granted: Sequence[Granted]) -> Iterator[Line]:
    def scene(period: Period, cohort: str | None) -> ArrayScene:
        return ArrayScene(term, period, cohort, looked, granted)

    if term.price.kind in SCHEDULED:
        yield from _scheduled(term, looked, scene)
    elif looked.histories.is_per_claim[term.id]:
        yield from _claim_by_claim(term, looked, scene)
    else:
        yield from _as_a_whole(term, looked, scene)


def _line(scene: ArrayScene) -> Line:
    return Line(scene.term, scene.terms.term_rank[scene.term.id], scene.period, scene.cohort)


def _lump(scene: ArrayScene, amount: Quantity) -> Line:
    """A line that is worked out as a whole, dated on the period's last day."""
    line = _line(scene)
    rank = scene.terms.metric_rank.get(scene.term.metric or "", FIXED_FIRST)
    size = scene.looked.drawn.size
    whole = amount if np.shape(amount) == (size,) else np.full(size, amount)
    line.portions.append(Portion(line, scene.period.ends_on, rank, 0, LUMP, whole, bool(whole.min() < 0)))
    return line


def _payable(scene: ArrayScene, amount: Callable[[], Quantity]) -> Quantity:
    """The amount where nothing that it depends on is missing and every condition holds, elsewhere zero."""
    found, missing = scene.algebra.apart(amount)
    return _only(found, _pays(scene, missing))


def _pays(scene: ArrayScene, missing: Missing | None) -> Mask:
    holds = scene.may_pay()
    return holds if missing is None else holds & np.logical_not(missing.mask)


def _only(amount: Quantity, pays: Mask) -> Quantity:
    return amount if pays is np.True_ else np.where(pays, amount, 0)


# --- each claim by itself ---------------------------------------------------------------------------------------


def _claim_by_claim(term: Term, looked: Looked, scene: SceneAt) -> Iterator[Line]:
    pieces = looked.histories.pieces
    ours = [
        n for n in looked.histories.of_metric.get(term.metric or "", ()) if pieces[n].is_of(term.cohorts, term.groups)
    ]

    def place(number: int) -> tuple[date, str, str]:
        piece = pieces[number]
        return piece.period.ends_on, piece.period.id, piece.cohort or ""

    for _, of_line in groupby(sorted(ours, key=place), key=place):
        numbers = sorted(of_line, key=lambda number: (pieces[number].day, pieces[number].ordinal, number))
        yield _priced(scene(pieces[numbers[0]].period, pieces[numbers[0]].cohort), numbers, looked)


def _priced(scene: ArrayScene, numbers: Sequence[int], looked: Looked) -> Line:
    line, pieces = _line(scene), looked.histories.pieces
    rank = scene.terms.metric_rank[scene.term.metric or ""]
    prices: dict[tuple[int, Fraction], tuple[Quantity, Missing | None]] = {}
    each = []
    factor, missing = scene.algebra.apart(scene.factor)
    for number in numbers:
        segment = _segment(scene.term, pieces[number])
        key = (segment, pieces[number].units)
        if key not in prices:
            prices[key] = scene.algebra.apart(partial(_price_of_one, scene, segment, pieces[number].units))
        price, missing_price = prices[key]
        each.append(price * factor)
        missing = _joined(missing, missing_price, looked.claims(number))
    pays = _pays(scene, missing)
    for number, amount in zip(numbers, each, strict=True):
        earned = _only(amount, pays)
        claims = looked.claims(number)
        line.portions.append(
            Portion(
                line,
                pieces[number].day,
                rank,
                pieces[number].ordinal,
                number,
                claims * earned,
                bool(np.min(earned) < 0),
                earned,
            )
        )
    return line


def _joined(missing: Missing | None, of_price: Missing | None, claims: Array) -> Missing | None:
    """A price that is missing spoils the line in the draws where some claim has that price."""
    if of_price is None:
        return missing
    here = Missing(of_price.mask & (claims > 0), of_price.excused)
    return here if missing is None else missing.then(here)


def _segment(term: Term, piece: Piece) -> int:
    """Which of the price's versions the piece's day falls under: 0 is the first price."""
    changes = PER_CLAIM[term.price.kind].change_days(term.price.params)
    return sum(day <= piece.day for day in changes)


def _price_of_one(scene: ArrayScene, segment: int, units: Fraction) -> Quantity:
    kind, params = PER_CLAIM[scene.term.price.kind], scene.term.price.params
    changes = kind.change_days(params)
    price = kind.price_on(params, changes[segment - 1] if segment else date.min, scene)
    return price * real(kind.quantity_of(params, units))


# --- a term worked out as a whole -------------------------------------------------------------------------------


def _as_a_whole(term: Term, looked: Looked, scene: SceneAt) -> Iterator[Line]:
    """Prices on a count, a value or something made of them.

    A term with a part that runs over the contract earns what it is worth to date less what it was worth the time
    before: the last period in which, in that draw, it was worked out.
    """
    to_date = runs_to_date(term)
    for cohort, occasions in _occasions(term, looked, scene).items():
        before: Quantity = NEVER
        for period, here in occasions:
            at = scene(period, cohort)
            quantity, missing = at.algebra.apart(partial(at.measure, _measure(term)))
            amount = _payable(at, partial(_worth, at, quantity, missing, before))
            yield _lump(at, _only(amount, here))
            if to_date:
                known = quantity if missing is None else np.where(missing.mask, np.nan, quantity)
                before = known if here is np.True_ else np.where(here, known, before)


def _measure(term: Term) -> Rule:
    assert term.measure is not None  # noqa: S101 – the checks demand a measure
    return term.measure


def _worth(scene: ArrayScene, quantity: Quantity, missing: Missing | None, before: Quantity) -> Quantity:
    scene.algebra.note(missing)
    amount = scene.price(scene.term.price, quantity)
    has_before = None if before is NEVER else ~np.isnan(before)
    if has_before is not None and np.any(has_before):
        worth, missing_before = scene.algebra.apart(partial(scene.price, scene.term.price, before))
        if missing_before is not None:
            has_before = has_before & np.logical_not(missing_before.mask)
        amount = amount - np.where(has_before, worth, 0)
    return _adjusted(amount, scene)


def _adjusted(amount: Quantity, scene: ArrayScene) -> Quantity:
    return amount * scene.factor() if scene.term.adjust else amount


def _occasions(term: Term, looked: Looked, scene: SceneAt) -> dict[str | None, list[tuple[Period, Mask]]]:
    """For each cohort (None: for all of them) the periods in which the term is worked out, and in which draws."""
    terms, histories = looked.terms, looked.histories
    per_cohort = by_cohort(terms, term)
    every: list[str | None] = [None]
    if per_cohort:
        every = [cohort.id for cohort in terms.cohorts if not term.cohorts or cohort.id in term.cohorts]
    if term.on:
        days = [
            day
            for when in term.on
            for day in (histories.readings.happened.get(when, ()) if isinstance(when, str) else (when,))
        ]
        own = by_time(period for day in days if (period := period_of(day, terms.periods)))
        return {cohort: [(period, np.True_) for period in own] for cohort in every}
    observed = _observed(term, looked, per_cohort)
    quiet = _works_when_quiet(term, looked, scene)
    if quiet is not np.False_:
        for cohort in every:
            for period in histories.life:
                observed[cohort, period.id] = observed.get((cohort, period.id), np.False_) | quiet
    found: dict[str | None, list[tuple[Period, Mask]]] = {}
    for cohort in sorted({cohort for cohort, _ in observed}, key=lambda cohort: cohort or ""):
        named = {name: mask for (of, name), mask in observed.items() if of == cohort}
        periods = by_time(period for name in named if (period := period_named(name, terms.periods)))
        found[cohort] = [(period, named[period.id]) for period in periods if histories.has_begun(period)]
    return found


def _observed(term: Term, looked: Looked, per_cohort: bool) -> dict[tuple[str | None, str], Mask]:
    """Where, and in which draws, something that the measure looks at was counted or measured."""
    found: dict[tuple[str | None, str], Mask] = {}
    for rule in rules_in(term.measure):
        if rule.kind == "count":
            wanted = per_cohort and rule.params.per == "cohort"
            for key, claims in looked.claimed(rule.params.metric, term.cohorts, term.groups).items():
                if (key[0] is not None) == wanted:
                    found[key] = found.get(key, np.False_) | (claims > 0)
        elif rule.kind in OBSERVED:
            for metric, cohort, name in looked.drawn.values:
                if metric == rule.params.metric and (not term.cohorts or cohort is None or cohort in term.cohorts):
                    found[cohort if per_cohort else None, name] = np.True_
    return {key: mask for key, mask in found.items() if not per_cohort or key[0] is not None}


def _works_when_quiet(term: Term, looked: Looked, scene: SceneAt) -> Mask:
    """In which draws a period counts also when nothing was observed in it: a count of zero may be worth something."""
    if not observed_kinds(term):
        return np.True_
    if term.measure is None or term.measure.kind != "count":
        return np.False_
    periods = life_periods(looked.terms)
    if not periods:
        return np.False_
    at = scene(periods[0], None)
    amount, missing = at.algebra.apart(partial(at.price, term.price, NOTHING))
    pays = np.not_equal(amount, 0) if missing is None else np.not_equal(amount, 0) & np.logical_not(missing.mask)
    return pays if np.ndim(pays) else (np.True_ if pays else np.False_)


# --- amounts due by the calendar --------------------------------------------------------------------------------


def _scheduled(term: Term, looked: Looked, scene: SceneAt) -> Iterator[Line]:
    terms, readings = looked.terms, looked.histories.readings
    times: dict[Period, int] = {}
    for day in SCHEDULED[term.price.kind].due_days(term.price.params, life_periods(terms), readings.happened):
        period = period_of(day, terms.periods)
        if period is not None and (readings.stop is None or day <= readings.stop):
            times[period] = times.get(period, 0) + 1
    for period, count in times.items():
        at = scene(period, None)
        yield _lump(at, _payable(at, partial(_price_scheduled, at, np.float64(count))))


def _price_scheduled(scene: ArrayScene, quantity: Quantity) -> Quantity:
    return _adjusted(scene.price(scene.term.price, quantity), scene)
