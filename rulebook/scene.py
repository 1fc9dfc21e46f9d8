"""The exact reading's answers to what a kind may ask: one term under one version, in one period, perhaps one cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from rulebook.algebra import EXACT, Algebra
from rulebook.money import exact_text
from rulebook.periods import Period
from rulebook.readings import Reading, Readings, combined, enrolled
from rulebook.registers import MEASURES, PRICES
from rulebook.results import Line
from rulebook.shapes import Rule, inner_rules
from rulebook.terms import Condition, Gate, Term, Terms
from rulebook.timeline import Version
from rulebook.values import Amount, ShareOf, ValueMissingError

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Granted:
    """A line that other terms may build on, and when its period ends."""

    line: Line
    ends_on: date


@dataclass(frozen=True, slots=True)
class ExactScene:
    """Everything that a term can look up where and when it is worked out (see `rulebook.kinds.Scene`)."""

    term: Term
    version: Version
    period: Period
    cohort: str | None
    readings: Readings
    granted: Sequence[Granted] = ()

    @property
    def algebra(self) -> Algebra:
        return EXACT

    @property
    def terms(self) -> Terms:
        return self.version.terms

    @property
    def starts_on(self) -> date | None:
        return self.terms.life.starts_on if self.terms.life else None

    def in_period(self, period: Period) -> ExactScene:
        """The same term in another period."""
        return replace(self, period=period)

    # --- what measures ask --------------------------------------------------------------------------------------

    def count(self, metric: str, over: str, per: str) -> Fraction:
        tally = self.readings.tally(metric, self.term.cohorts, self.term.groups)
        cohort = self.cohort if per == "cohort" else None
        if over == "period":
            return tally.get((cohort, self.period.id), ZERO)
        ends = {period.id: period.ends_on for period in self.readings.judged.periods}
        to_date = (units for (of, name), units in tally.items() if of == cohort and ends[name] <= self.period.ends_on)
        return sum(to_date, ZERO)

    def value(self, metric: str, over: str, combine: str, per: str) -> Fraction:
        described = self.terms.metric_by_id[metric]
        if over == "period" and per == "own":
            return self._given(self.readings.read(described, self.period, self.cohort).value, metric)
        own: str | None = self.cohort if described.level == "cohort" else None
        cohorts = [own] if per == "own" else [name for name in self.readings.cohorts_of(metric) if self._has(name)]
        facts = [fact for cohort in cohorts for fact in self.readings.dated(metric, cohort, self.period.ends_on)]
        if over == "period":
            facts = [fact for fact in facts if fact.period == self.period.id]
        return self._given(combined(facts, described, combine), metric)

    def _has(self, cohort: str | None) -> bool:
        return not self.term.cohorts or cohort in self.term.cohorts

    def effect(self, metric: str, z: Fraction, fallback: Rule | None) -> Fraction:
        reading = self.readings.read(self.terms.metric_by_id[metric], self.period, self.cohort)
        error = reading.fact.standard_error if reading.fact else None
        if reading.value is not None and error is not None and abs(reading.value) >= z * error:
            return reading.value
        if reading.value is None and fallback is None:
            raise ValueMissingError(metric)
        return self.measure(fallback) if fallback else ZERO

    def enrolled(self, per: str) -> Fraction:
        cohorts = [self.cohort] if per == "cohort" else list(self.term.cohorts)
        return enrolled(self.readings.persons, self.terms, self.period.ends_on, cohorts)

    def paid(self, terms: Sequence[str], over: str) -> Fraction:
        return sum(
            (Fraction(granted.line.amount) for granted in self.granted if self._is_asked_for(granted, terms, over)),
            ZERO,
        )

    def _is_asked_for(self, granted: Granted, terms: Sequence[str], over: str) -> bool:
        in_time = granted.line.period == self.period.id if over == "period" else granted.ends_on <= self.period.ends_on
        simple = (
            not any(rule.kind == "paid" for rule in self.terms.term_by_id[granted.line.term].measures)
            if granted.line.term in self.terms.term_by_id
            else True
        )
        return in_time and (granted.line.term in terms if terms else simple)

    def first(self, measures: Sequence[Rule]) -> Fraction:
        for rule in measures[:-1]:
            try:
                return self.measure(rule)
            except ValueMissingError:
                continue
        return self.measure(measures[-1])

    def measure(self, rule: Rule) -> Fraction:
        value: Fraction = MEASURES[rule.kind].value(rule.params, self)
        return value

    # --- what prices ask ----------------------------------------------------------------------------------------

    def amount(self, amount: Amount) -> Fraction:
        if not isinstance(amount, ShareOf):
            return amount
        if isinstance(amount.of, Rule):
            return amount.share * self.measure(amount.of)
        return amount.share * self._given(self.reading(amount.of).value, amount.of)

    def price(self, rule: Rule, quantity: Fraction) -> Fraction:
        amount: Fraction = PRICES[rule.kind].amount(rule.params, quantity, self)
        return amount

    def reading(self, metric: str) -> Reading:
        """What the metric shows here, for amounts and conditions that name it."""
        return self.readings.read(self.terms.metric_by_id[metric], self.period, self.cohort)

    def _given(self, value: Fraction | None, metric: str) -> Fraction:
        if value is None:
            raise ValueMissingError(metric)
        return value

    # --- conditions ---------------------------------------------------------------------------------------------

    def gate(self, gate: Condition) -> tuple[dict[str, Any], bool]:
        """Whether a condition holds, and what was tested."""
        if isinstance(gate, Gate) and gate.any:
            tried = [self.gate(condition) for condition in gate.any]
            holds = any(held for _, held in tried)
            return {"any": [trace for trace, _ in tried], "holds": holds}, holds
        if gate.event is not None:
            happened = any(day <= self.period.ends_on for day in self.readings.happened.get(gate.event, ()))
            holds = happened == gate.happened
            return {"event": gate.event, "happened": happened, "wanted": gate.happened, "holds": holds}, holds
        return self._bounded(gate)

    def _bounded(self, gate: Condition) -> tuple[dict[str, Any], bool]:
        value, source, excused = self._tested(gate)
        try:
            bounds = {name: self.amount(bound) for name, bound in gate.bounds.items()}
        except ValueMissingError as missing:
            bounds, value, excused = {}, None, self.is_excluded(missing.args[0])
        holds = excused if value is None else within(value, bounds)
        shown = {name: exact_text(bound) for name, bound in bounds.items()}
        trace = {
            "metric": gate.metric,
            "value": None if value is None else exact_text(value),
            "source": source,
            "bounds": shown,
            "holds": holds,
        }
        return trace if gate.measure is None else {**trace, "measure": measure_trace(gate.measure, self)}, holds

    def _tested(self, gate: Condition) -> tuple[Fraction | None, str, bool]:
        """The value, where it comes from, and whether its absence is excused."""
        if gate.metric is not None:
            reading = self.reading(gate.metric)
            return reading.value, reading.source, self.is_excluded(gate.metric)
        try:
            assert gate.measure is not None  # noqa: S101 – the checks demand one or the other
            return self.measure(gate.measure), "measured", False
        except ValueMissingError as missing:
            return None, "missing", self.is_excluded(missing.args[0])

    def is_excluded(self, metric: str | None) -> bool:
        """Whether the terms leave the metric out where it has no value."""
        return metric is not None and self.terms.metric_by_id[metric].missing == "exclude"


def within(value: Fraction, bounds: Mapping[str, Fraction]) -> bool:
    """Whether the value keeps all of the named bounds."""
    tests = {"at_least": value.__ge__, "at_most": value.__le__, "above": value.__gt__, "below": value.__lt__}
    return all(tests[name](bound) for name, bound in bounds.items())


def measure_trace(rule: Rule, scene: ExactScene) -> dict[str, Any]:
    """The measure's value and, one by one, those of the measures that it is made of."""
    try:
        value = exact_text(scene.measure(rule))
    except ValueMissingError:
        value = None
    parts = [measure_trace(part, scene) for part in inner_rules(rule.params)]
    return {"kind": rule.kind, "value": value, **({"parts": parts} if parts else {})}
