"""The array reading's answers to what a kind may ask: one term, in one period, perhaps for one cohort."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial, reduce
from operator import and_, or_
from typing import Final

import numpy as np

from rulebook.periods import Period
from rulebook.registers import ADJUSTMENTS, MEASURES, PRICES
from rulebook.shapes import Rule, rules_in
from rulebook.simulation.algebra import Array, DrawAlgebra, Mask, Missing, Quantity
from rulebook.simulation.distributions import real
from rulebook.simulation.drawn import NOTHING, Looked
from rulebook.terms import Condition, Gate, Term, Terms
from rulebook.values import Amount, ShareOf


@dataclass(frozen=True, slots=True)
class Granted:
    """What a line pays after limits, for terms that build on it."""

    term: str
    period: Period
    amount: Array


@dataclass(slots=True)
class ArrayScene:
    """Everything that a term can look up where and when it is worked out (see `rulebook.kinds.Scene`)."""

    term: Term
    period: Period
    cohort: str | None
    looked: Looked
    granted: Sequence[Granted] = ()

    @property
    def algebra(self) -> DrawAlgebra:
        return self.looked.algebra

    @property
    def terms(self) -> Terms:
        return self.looked.terms

    @property
    def starts_on(self) -> date | None:
        return self.terms.life.starts_on if self.terms.life else None

    # --- what measures ask --------------------------------------------------------------------------------------

    def count(self, metric: str, over: str, per: str) -> Quantity:
        tally = self.looked.counts(metric, self.term.cohorts, self.term.groups)
        cohort = self.cohort if per == "cohort" else None
        if over == "period":
            return tally.get((cohort, self.period.id), NOTHING)
        ends = {period.id: period.ends_on for period in self.looked.histories.judged.periods}
        to_date = [units for (of, name), units in tally.items() if of == cohort and ends[name] <= self.period.ends_on]
        return sum(to_date[1:], to_date[0]) if to_date else NOTHING

    def value(self, metric: str, over: str, combine: str, per: str) -> Quantity:
        described = self.terms.metric_by_id[metric]
        if over == "period" and per == "own":
            return self._read(metric)
        own = self.cohort if described.level == "cohort" else None
        cohorts = [own] if per == "own" else list(filter(self._has, self.looked.cohorts_of(metric)))
        places = [(period, of) for of in cohorts for period, _ in self.looked.dated(metric, of, self.period)]
        if over == "period":
            places = [place for place in places if place[0] == self.period]
        value = self.looked.combined(described, places, combine)
        gone = np.isnan(value)
        if gone.any():
            self.algebra.note(Missing(gone, described.missing == "exclude"))
        return value

    def _has(self, cohort: str | None) -> bool:
        return not self.term.cohorts or cohort in self.term.cohorts

    def _read(self, metric: str) -> Quantity:
        value, missing, _ = self.looked.read(self.terms.metric_by_id[metric], self.period, self.cohort)
        self.algebra.note(missing)
        return value

    def effect(self, metric: str, z: Fraction, fallback: Rule | None) -> Quantity:
        value, missing, error = self.looked.read(self.terms.metric_by_id[metric], self.period, self.cohort)
        holds = np.False_ if error is None else np.abs(value) >= real(z) * error
        if missing is not None:
            holds = holds & ~missing.mask
        if fallback is None:
            self.algebra.note(missing)
            return np.where(holds, value, 0)
        return self.algebra.choose([(holds, lambda: value)], partial(self.measure, fallback))

    def enrolled(self, per: str) -> Quantity:
        cohorts = [self.cohort] if per == "cohort" else list(self.term.cohorts)
        return self.looked.enrolled(self.period.ends_on, cohorts)

    def paid(self, terms: Sequence[str], over: str) -> Quantity:
        asked = [granted.amount for granted in self.granted if self._is_asked_for(granted, terms, over)]
        return sum(asked[1:], asked[0]) if asked else NOTHING

    def _is_asked_for(self, granted: Granted, terms: Sequence[str], over: str) -> bool:
        in_time = (
            granted.period.id == self.period.id if over == "period" else granted.period.ends_on <= self.period.ends_on
        )
        builds = any(rule.kind == "paid" for rule in self.terms.term_by_id[granted.term].measures)
        return in_time and (granted.term in terms if terms else not builds)

    def first(self, measures: Sequence[Rule]) -> Quantity:
        value, missing = self.algebra.apart(partial(self.measure, measures[0]))
        for rule in measures[1:]:
            if missing is None:
                break
            other, missing_too = self.algebra.apart(partial(self.measure, rule))
            value = np.where(missing.mask, other, value)
            missing = missing_too and Missing(missing.mask & missing_too.mask, missing_too.excused)
        self.algebra.note(missing)
        return value

    def measure(self, rule: Rule) -> Quantity:
        return MEASURES[rule.kind].value(rule.params, self)

    # --- what prices ask ----------------------------------------------------------------------------------------

    def amount(self, amount: Amount) -> Quantity:
        if not isinstance(amount, ShareOf):
            return self.algebra.number(amount)
        return self.algebra.number(amount.share) * (
            self.measure(amount.of) if isinstance(amount.of, Rule) else self._read(amount.of)
        )

    def price(self, rule: Rule, quantity: Quantity) -> Quantity:
        return PRICES[rule.kind].amount(rule.params, quantity, self)

    def factor(self) -> Quantity:
        """What the amount is multiplied by in all."""
        product: Quantity = np.float64(1)
        for rule in self.term.adjust:
            product = product * ADJUSTMENTS[rule.kind].factor(rule.params, self)
        return product

    # --- conditions ---------------------------------------------------------------------------------------------

    def may_pay(self) -> Mask:
        """In which draws every condition holds; one bool when it is the same in all."""
        return reduce(and_, map(self._gate, self.term.gates), np.True_)

    def _gate(self, gate: Condition) -> Mask:
        if isinstance(gate, Gate) and gate.any:
            return reduce(or_, map(self._gate, gate.any))
        if gate.event is not None:
            days = self.looked.histories.readings.happened.get(gate.event, ())
            return np.bool_(any(day <= self.period.ends_on for day in days) == gate.happened)
        return self._bounded(gate)

    def _bounded(self, gate: Condition) -> Mask:
        holds: Mask = np.True_
        value, missing = self.algebra.apart(partial(self._tested, gate))
        for name, bound in gate.bounds.items():
            level, missing_bound = self.algebra.apart(partial(self.amount, bound))
            holds = holds & TESTS[name](value, level)
            missing = missing_bound.then(missing) if missing and missing_bound else missing or missing_bound
        return holds if missing is None else np.where(missing.mask, missing.excused, holds)

    def _tested(self, gate: Condition) -> Quantity:
        return self._read(gate.metric) if gate.metric is not None else self.measure(_given(gate.measure))


TESTS: Final[dict[str, Callable[[Quantity, Quantity], Mask]]] = {
    "at_least": np.greater_equal,
    "at_most": np.less_equal,
    "above": np.greater,
    "below": np.less,
}


def _given(rule: Rule | None) -> Rule:
    assert rule is not None  # noqa: S101 – the checks demand a metric, a measure, an event or several conditions
    return rule


def runs_to_date(term: Term) -> bool:
    """Whether a part of the term's measure runs over the whole contract."""
    return any(getattr(rule.params, "over", "period") == "contract" for rule in rules_in(term.measure))
