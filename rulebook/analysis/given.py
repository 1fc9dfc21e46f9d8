"""A term worked out for numbers that are simply given: what would be paid if this many counted and that was measured.

The scene is the same whatever kind of number the algebra has: exact fractions, ranges of them, or numbers with a slope.
It knows no facts, no claims and no limits, only what every leaf of the term's measures shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final, NamedTuple

from rulebook.adjustments import ADJUSTMENTS
from rulebook.algebra import EXACT, Algebra, Quantity
from rulebook.measures import MEASURES
from rulebook.periods import Period
from rulebook.prices import PRICES
from rulebook.shapes import Rule, rules_in
from rulebook.terms import Condition, Gate, Metric, Term, Terms
from rulebook.values import Amount, ShareOf, ValueMissingError, shares_in

ZERO: Final = Fraction(0)


class Leaf(NamedTuple):
    """Something that facts decide: a count or value of a metric, how many are enrolled, what other terms pay, an event.

    `name` is the metric, the event, or the terms that are looked at, joined by spaces. `per` is "cohort" for a count of
    one cohort, and "contract" for a value of all cohorts together.
    """

    kind: str
    name: str = ""
    over: str = "period"
    combine: str = "last"
    per: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it can only be a whole number."""
        return self.kind in ("count", "enrolled", "event")


def leaf_of(rule: Rule) -> Leaf | None:
    """The leaf that a measure looks at by itself; None for a measure of measures, and for what follows from time."""
    p = rule.params
    match rule.kind:
        case "count":
            return count_leaf(p.metric, p.over, p.per)
        case "value":
            return value_leaf(p.metric, p.over, p.combine, p.per)
        case "effect":
            return Leaf("effect", p.metric)
        case "enrolled":
            return enrolled_leaf(p.per)
        case "paid":
            return Leaf("paid", " ".join(p.terms), p.over)
    return None


def count_leaf(metric: str, over: str, per: str) -> Leaf:
    return Leaf("count", metric, over, per="cohort" if per == "cohort" else "")


def enrolled_leaf(per: str) -> Leaf:
    return Leaf("enrolled", per="cohort" if per == "cohort" else "")


def value_leaf(metric: str, over: str, combine: str, per: str) -> Leaf:
    """How several values become one only matters where there are several."""
    if over == "period" and per == "own":
        return Leaf("value", metric)
    return Leaf("value", metric, over, combine, "contract" if per == "contract" else "")


def metric_leaf(metric: Metric) -> Leaf:
    """What a condition or a share of a metric looks at: the period's count or the period's value."""
    return Leaf("count" if metric.level == "person" else "value", metric.id)


def leaves(terms: Terms, part: Any) -> list[Leaf]:
    """Every leaf that a part of the terms looks at, each once, in the order of the document."""
    return list(dict.fromkeys(_leaves(terms, part)))


def _leaves(terms: Terms, part: Any) -> Iterator[Leaf]:
    yield from (leaf for rule in rules_in(part) if rule.kind in MEASURES and (leaf := leaf_of(rule)))
    yield from (metric_leaf(terms.metric_by_id[share.of]) for share in shares_in(part) if isinstance(share.of, str))
    for condition in conditions(part):
        if condition.metric is not None:
            yield metric_leaf(terms.metric_by_id[condition.metric])
        if condition.event is not None:
            yield Leaf("event", condition.event)


def conditions(part: Any) -> Iterator[Condition]:
    """The conditions in a gate, in several, or in a whole term; the one that only gathers others is left out."""
    if isinstance(part, Term):
        yield from conditions(part.gates)
    elif isinstance(part, tuple):
        for item in part:
            yield from conditions(item)
    elif isinstance(part, Gate) and part.any:
        yield from part.any
    elif isinstance(part, Condition):
        yield part


@dataclass(frozen=True)
class GivenScene:
    """Implements `rulebook.kinds.Scene` over given numbers.

    `given` says what each leaf shows; a leaf that is not there has no value. `significant` says whether an effect is
    statistically significant: None is perhaps, for an algebra that knows perhaps.
    """

    terms: Terms
    given: Mapping[Leaf, Quantity]
    period: Period
    algebra: Algebra = EXACT
    cohort: str | None = None
    significant: bool | None = True

    @property
    def starts_on(self) -> date | None:
        return self.terms.life.starts_on if self.terms.life else None

    def count(self, metric: str, over: str, per: str) -> Quantity:
        return self._shown(count_leaf(metric, over, per))

    def value(self, metric: str, over: str, combine: str, per: str) -> Quantity:
        return self._shown(value_leaf(metric, over, combine, per))

    def enrolled(self, per: str) -> Quantity:
        return self._shown(enrolled_leaf(per))

    def paid(self, terms: Sequence[str], over: str) -> Quantity:
        return self._shown(Leaf("paid", " ".join(terms), over))

    def effect(self, metric: str, z: Fraction, fallback: Rule | None) -> Quantity:
        del z
        cases = [(self.significant, lambda: self._shown(Leaf("effect", metric)))]
        return self.algebra.choose(cases, lambda: self.measure(fallback) if fallback else self._zero())

    def first(self, measures: Sequence[Rule]) -> Quantity:
        for measure in measures:
            try:
                return self.measure(measure)
            except ValueMissingError:
                continue
        raise ValueMissingError(None)

    def measure(self, rule: Rule) -> Quantity:
        return MEASURES[rule.kind].value(rule.params, self)

    def amount(self, amount: Amount) -> Quantity:
        if not isinstance(amount, ShareOf):
            return self.algebra.number(amount)
        if isinstance(amount.of, Rule):
            return self.algebra.number(amount.share) * self.measure(amount.of)
        return self.algebra.number(amount.share) * self._shown(metric_leaf(self.terms.metric_by_id[amount.of]))

    def price(self, rule: Rule, quantity: Quantity) -> Quantity:
        return PRICES[rule.kind].amount(rule.params, quantity, self)

    def worth(self, term: Term, quantity: Quantity | None = None) -> Quantity:
        """What the term pays on one occasion, after its adjustments, leaving its conditions aside.

        `quantity` stands in for the measure: for a fixed amount, how many of its days there are.
        """
        if quantity is None:
            quantity = self.measure(term.measure) if term.measure else self.algebra.number(Fraction(1))
        amount = self.price(term.price, quantity)
        for rule in term.adjust:
            amount = amount * ADJUSTMENTS[rule.kind].factor(rule.params, self)
        return amount

    def paid_by(self, term: Term) -> Quantity:
        """What the term pays on one occasion, its conditions included; nothing where a value is missing."""
        try:
            return self.algebra.choose([(self.holds(term.gates), lambda: self.worth(term))], self._zero)
        except ValueMissingError:
            return self._zero()

    def holds(self, gates: Iterable[Gate]) -> Any:
        """Whether every gate holds, in the algebra's own sense of it."""
        return _all(self._gate(gate) for gate in gates)

    def _gate(self, gate: Gate) -> Any:
        return _any(map(self._condition, gate.any)) if gate.any else self._condition(gate)

    def _condition(self, condition: Condition) -> Any:
        if condition.event is not None:
            happened = self._shown(Leaf("event", condition.event)) >= self.algebra.number(Fraction(1))
            return happened if condition.happened else _not(happened)
        try:
            level = self._level(condition)
        except ValueMissingError:
            metric = self.terms.metric_by_id.get(condition.metric or "")
            return metric is not None and metric.missing == "exclude"
        tests = {"at_least": "__ge__", "at_most": "__le__", "above": "__gt__", "below": "__lt__"}
        return _all(getattr(level, tests[name])(self.amount(bound)) for name, bound in condition.bounds.items())

    def _level(self, condition: Condition) -> Quantity:
        if condition.measure is not None:
            return self.measure(condition.measure)
        return self._shown(metric_leaf(self.terms.metric_by_id[condition.metric or ""]))

    def _shown(self, leaf: Leaf) -> Quantity:
        if leaf not in self.given:
            raise ValueMissingError(leaf.name)
        return self.given[leaf]

    def _zero(self) -> Quantity:
        return self.algebra.number(ZERO)

    def given_also(self, leaf: Leaf, quantity: Quantity) -> GivenScene:
        """The same scene with another number for one leaf."""
        return replace(self, given={**self.given, leaf: quantity})


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    """Whether all hold, where None is "perhaps"."""
    known = list(verdicts)
    return False if False in known else (None if None in known else True)


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    known = list(verdicts)
    return True if True in known else (None if None in known else False)


def _not(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict
