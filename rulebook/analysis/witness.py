"""Facts that take a contract as far as they can, worked out by the exact reading: the witnesses of its proved ends.

A few plays are staged, then one thing at a time is changed to whatever pays most (or least): a value, how many count,
an event, whether all come early or spread out. Every amount is the exact reading's. The search is bounded; when it ends
before the proved end has been reached it says so, and both figures stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, Final

from rulebook.analysis.along import Along, each_leaf
from rulebook.analysis.exposure import together
from rulebook.analysis.given import Leaf, leaves
from rulebook.analysis.ground import TermBound
from rulebook.analysis.ranges import NOTHING, End
from rulebook.analysis.staging import Play, Stage, facts_document
from rulebook.calculate import calculate
from rulebook.facts import Facts
from rulebook.money import total
from rulebook.results import Entitlement
from rulebook.terms import Term
from rulebook.timeline import Version

MOST_PERSONS: Final = 2000
MOST_AT_A_TIME: Final = 12_000
"""So many claims at a time are staged, even where fewer would do."""
ZERO: Final = Fraction(0)
MOST_OFTEN: Final = 60
MOST_TRIES: Final = 120
FEWEST_TRIES: Final = 12
MOST_CLAIMS: Final = 150_000
"""All tries together; a contract of many claims gets fewer tries."""
EXAMPLE: Final = 100
"""So many persons show an exposure without end."""
IN_ALL: Final = ""
"""Stands for all payers together."""


@dataclass(frozen=True)
class Witness:
    """Facts, and the amount that the exact reading gives for them; `cut` when the search ended before all was tried."""

    amount: Decimal
    facts: Facts
    cut: bool

    def to_json(self) -> dict[str, Any]:
        return {"amount": str(self.amount), "search_was_cut": self.cut, "facts": facts_document(self.facts)}

    @property
    def claims(self) -> int:
        return len(self.facts.claims)


Aim = tuple[str, int]
"""Whose payment (IN_ALL for everybody's), and 1 for the most, -1 for the least."""


class Search:
    """Plays tried so far for one contract, and the best for every aim."""

    def __init__(self, along: Along) -> None:
        self.along, self.terms = along, along.terms
        self.exposure = along.exposure
        persons, often = self._cast()
        self.stage = Stage(self.terms, self.exposure.bounds.reach, persons, often)
        self.best: dict[Aim, tuple[Decimal, Play, Facts]] = {}
        self.tries = 0
        self.allowed = MOST_TRIES
        self.tried: set[str] = set()
        self.versions = [Version(1, None, self.terms)]

    def witnesses(self) -> dict[Aim, Witness]:
        """The best facts for everybody's and each payer's most and least."""
        for play in self._openings():
            self._try(play)
        for sign in (1, -1):
            self._climb((IN_ALL, sign))
        for payer in self.exposure.payers:
            for sign in (1, -1):
                self._climb((payer, sign))
        if not self.exposure.total.high.sign:
            self._shorten((IN_ALL, 1))
        return {
            aim: Witness(amount, facts, cut=not self._is_reached(aim) and self.tries >= self.allowed)
            for aim, (amount, _, facts) in self.best.items()
        }

    # --- how many persons ---------------------------------------------------------------------------------------

    def _cast(self) -> tuple[int, int]:
        """So many persons, each counting so often at most, that every limit can be filled, if that is few enough."""
        reach = self.exposure.bounds.reach
        sizes = [reach.persons(cohort) for cohort in reach.cohorts]
        wanted = max(self._needed(self._per_person()), self._named())
        if None in sizes:
            persons = min(MOST_PERSONS, wanted if self.exposure.total.high.sign else 3 * wanted)
        else:
            few_enough = MOST_AT_A_TIME // len(self.terms.metrics)
            persons = min(MOST_PERSONS, sum(filter(None, sizes)), max(wanted, few_enough))
        claim = max((bound.single.most or ZERO for bound in self._claimed if bound.single), default=ZERO)
        often = ceil(Fraction(self._needed(claim), max(1, persons)))
        return persons, min(MOST_OFTEN, max(3, often))

    @property
    def _claimed(self) -> list[TermBound]:
        return [bound for bound in self.exposure.by_term.values() if bound.single is not None]

    def _per_person(self) -> Fraction:
        """What one person can earn at most; nothing where that has no end, or where claims are counted together."""
        if len(self._claimed) < len({leaf.name for _, leaf in self._counted_leaves()}):
            return ZERO
        ends = [
            together(bound.per_person[name].high for bound in self._claimed if name in bound.per_person)
            for name in {name for bound in self._claimed for name in bound.per_person}
        ]
        caps = [cap for limit in self.terms.limits if limit.scope == "person" and (cap := self.exposure.cap(limit))]
        known = min([max(ends, default=NOTHING), *caps])
        return ZERO if known.sign else known.number

    def _needed(self, each: Fraction) -> int:
        """How many make up the most in all, with some to spare for those who come too late."""
        most = self.exposure.total.high
        if most.sign:
            return EXAMPLE
        return MOST_PERSONS if each <= 0 else ceil(most.number / each * Fraction(5, 4)) + 1

    def _counted_leaves(self) -> list[tuple[Term, Leaf]]:
        return [(term, leaf) for term, leaf in each_leaf(self.exposure, self.terms.terms) if leaf.kind == "count"]

    def _named(self) -> int:
        """How many the prices and conditions speak of, and as many again."""
        named = [place for term, leaf in self._counted_leaves() for place in self.along.named(term, leaf)]
        return 2 * ceil(max(named, default=ZERO))

    # --- what can be changed ------------------------------------------------------------------------------------

    def _openings(self) -> Iterator[Play]:
        """Nothing at all; everything at its highest, early and spread out; everything at its lowest; with events."""
        counted = {metric.id: len(self.stage.persons) for metric in self.terms.metrics if metric.level == "person"}
        yield Play()
        for pick in (max, min):
            values = {name: pick(known) for name, known in self._values.items() if known}
            for events in self._happenings():
                for spread in (True, False):
                    yield Play(values, counted, events, spread)

    def _happenings(self) -> list[dict[str, date]]:
        """Nothing happens; everything does on the last day; what does not end the contract does on the first."""
        first, last = self.stage.periods[0].starts_on, self.stage.periods[-1].ends_on
        if not self.terms.events:
            return [{}]
        mild = {event.id: first for event in self.terms.events if not event.ends}
        return [{}, {event.id: last for event in self.terms.events}, mild]

    @cached_property
    def _values(self) -> dict[str, list[Fraction]]:
        """The values of each measured metric that are worth trying."""
        found: dict[str, set[Fraction]] = {}
        for term, leaf in each_leaf(self.exposure, self.terms.terms):
            metric = self.along.metric(leaf)
            if metric is None or leaf.kind not in ("value", "effect"):
                continue
            step = self.along.step(leaf)
            span = self.exposure.bounds.reach.reported(metric)
            ends = {end for end in (span.least, span.most) if end is not None}
            known = {*self.along.choices(term, leaf), *ends}
            curve = next(iter(self.along.curves(term, leaf)), None)
            for place in curve.places if curve else ():
                known |= {place, place - step, place + step}
            allowed = {x for x in known if span.low <= End(0, x) <= span.high}
            if metric.unit == "yes_no":
                allowed &= {Fraction(0), Fraction(1)}
            found.setdefault(metric.id, set()).update(allowed)
        for limit in self.terms.limits:
            for leaf in leaves(self.terms, limit.at_most):
                metric = self.along.metric(leaf)
                if metric is not None and leaf.kind == "value":
                    span = self.exposure.bounds.reach.reported(metric)
                    near = (x for x in self.along.typical(leaf) if span.low <= End(0, x) <= span.high)
                    found.setdefault(metric.id, set()).update(near)
        return {name: sorted(known, reverse=True) for name, known in found.items()}

    @cached_property
    def _counts(self) -> dict[str, list[int]]:
        """How many persons on each metric are worth trying."""
        cast = len(self.stage.persons)
        found: dict[str, set[int]] = {metric.id: {0, cast} for metric in self.terms.metrics if metric.level == "person"}
        for term, leaf in each_leaf(self.exposure, self.terms.terms):
            curve = next(iter(self.along.curves(term, leaf)), None) if leaf.kind == "count" else None
            for place in curve.places if curve else ():
                found[leaf.name] |= {min(cast, max(0, int(place // 1) + move)) for move in (-1, 0, 1)}
        return {name: sorted(known, reverse=True) for name, known in found.items()}

    def _changes(self, play: Play) -> Iterator[Play]:
        """The play with one thing changed."""
        for name, values in self._values.items():
            for value in (*values, None):
                yield replace(play, values={**play.values, name: value})
        for name, counts in self._counts.items():
            for count in counts:
                yield replace(play, counted={**play.counted, name: count})
        first, last = self.stage.periods[0].starts_on, self.stage.periods[-1].ends_on
        for event in self.terms.events:
            yield replace(play, events={name: day for name, day in play.events.items() if name != event.id})
            for day in (first, last):
                yield replace(play, events={**play.events, event.id: day})
        yield replace(play, spread=not play.spread)
        for start in (first, *self._price_days(first, last)):
            yield replace(play, spread=False, start=start)

    def _price_days(self, first: date, last: date) -> Iterator[date]:
        for term in self.terms.terms:
            for day, _ in getattr(term.price.params, "changes", ()):
                if first <= day <= last:
                    yield day

    # --- trying -------------------------------------------------------------------------------------------------

    def _climb(self, aim: Aim) -> None:
        """Change one thing at a time for the better until nothing helps, the end is reached, or the tries are spent."""
        while not self._is_reached(aim) and self.tries < self.allowed:
            before, play, _ = self.best[aim]
            for changed in self._changes(play):
                if self.tries >= self.allowed or self._is_reached(aim):
                    return
                self._try(changed)
            if self.best[aim][0] == before:
                return

    def _try(self, play: Play) -> None:
        spelt = repr(play)
        if spelt in self.tried:
            return
        self.tried.add(spelt)
        self.tries += 1
        facts = self.stage.facts(play)
        self.allowed = min(self.allowed, max(FEWEST_TRIES, MOST_CLAIMS // (1 + _weight(facts))))
        paid = by_payer(calculate(self.versions, facts, None))
        for payer in (IN_ALL, *self.exposure.payers):
            for sign in (1, -1):
                known = self.best.get((payer, sign))
                amount = paid.get(payer, Decimal(0))
                if known is None or (sign * amount, -len(facts.claims)) > (sign * known[0], -len(known[2].claims)):
                    self.best[payer, sign] = (amount, play, facts)

    def _shorten(self, aim: Aim) -> None:
        """Find the fewest persons, nearly, that come to the same amount, so that the witness can be read."""
        amount, play, _ = self.best[aim]
        low, high = 0, max(play.counted.values(), default=0)
        while high - low > max(1, high // 50):
            middle = (low + high) // 2
            self._try(replace(play, counted={name: min(many, middle) for name, many in play.counted.items()}))
            enough = max(self.best[aim][1].counted.values(), default=0) <= middle and self.best[aim][0] == amount
            low, high = (low, middle) if enough else (middle, high)

    def _is_reached(self, aim: Aim) -> bool:
        """Whether the end has been reached; where there is none, any amount on its side is example enough."""
        payer, sign = aim
        span = self.exposure.total if payer == IN_ALL else self.exposure.payers[payer]
        end: End = span.high if sign > 0 else span.low
        amount = Fraction(self.best[aim][0])
        return sign * amount > 0 if end.sign else amount == end.number


def _weight(facts: Facts) -> int:
    """How much there is to read: claims, where a few days of a spell weigh as one more."""
    return sum(1 if claim.until is None else 1 + (claim.until - claim.event_on).days // 4 for claim in facts.claims)


def by_payer(entitlement: Entitlement) -> dict[str, Decimal]:
    """What each payer pays, and under IN_ALL what all pay."""
    paid: dict[str, list[Decimal]] = {IN_ALL: [entitlement.total]}
    for line in entitlement.lines:
        for share in line.shares:
            paid.setdefault(share.payer, []).append(share.amount)
    return {payer: total(amounts) for payer, amounts in paid.items()}
