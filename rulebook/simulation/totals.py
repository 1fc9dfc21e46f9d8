"""The payments of all draws added up: in all, per period and per payer, what the limits took, and what to note."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final

import numpy as np

from rulebook.cashflow import DrawnWorth, Plan, worth_of_draws
from rulebook.periods import Period, period_named
from rulebook.problems import Language
from rulebook.simulation.algebra import Array
from rulebook.simulation.assumptions import Assumptions
from rulebook.simulation.distributions import real
from rulebook.simulation.finishing import Paid, rounding_shows
from rulebook.simulation.limits import in_order
from rulebook.simulation.paths import Paths
from rulebook.simulation.reading import Payments
from rulebook.simulation.result import LEAST, Bite, Note, Spread
from rulebook.terms import Leg, Terms, label_of

LANGUAGES: Final[tuple[Language, ...]] = ("sv", "en")
WORTHS: Final = 100_000
"""A rate of return is worked out for so many of the draws at most, evenly chosen."""


class Totals:
    """Payments of all draws, chunk by chunk: in all, per period and per payer, and what the limits took."""

    def __init__(self, terms: Terms, draws: int, plan: Plan | None) -> None:
        self.terms, self.draws, self.plan = terms, draws, plan
        self.total: Array = np.zeros(draws)
        self._payers: dict[str, Array] = {}
        self._share = _only_shares(terms)
        self._periods: dict[str, Array] = {}
        self._received: dict[str, Array] = {}
        self._by_term: dict[str, Any] = defaultdict(lambda: np.float64(0))
        self._bound: dict[str, int] = defaultdict(int)
        self._taken: dict[str, Any] = defaultdict(lambda: np.float64(0))

    def add(self, start: int, payments: Payments) -> None:
        """One chunk's payments, which begin at draw `start`."""
        whole: dict[tuple[str, tuple[Leg, ...]], Array] = {}
        for paid in payments.paid:
            legs = paid.legs if paid.parts is None else ()
            _add(whole, (paid.line.period.id, legs), paid.amount)
            self._by_term[paid.line.term.id] += paid.amount.sum()
            if paid.parts is not None or self.plan is not None:
                self._each_leg(start, paid)
        by_legs: dict[tuple[Leg, ...], Array] = {}
        for (period, legs), amount in whole.items():
            self._into(self._periods, period, start, amount)
            self.total[start : start + len(amount)] += amount
            _add(by_legs, legs, amount)
        for legs, amount in by_legs.items() if self._share is None else ():
            for leg in legs:
                self._into(self._payers, leg.payer, start, amount * real(leg.share))
        for limit, taken in payments.taken.items():
            self._bound[limit] += int(np.count_nonzero(taken > LEAST))
            self._taken[limit] += taken.sum()

    def _each_leg(self, start: int, paid: Paid) -> None:
        """Leg by leg where legs are not just shares of the line, and for the investor of the cash flow."""
        for place, leg in enumerate(paid.legs):
            if paid.parts is not None:
                self._into(self._payers, leg.payer, start, paid.part(place))
            if self.plan is not None:
                investor = self.plan.investor
                sign = ((leg.payee or investor) == investor) - (leg.payer == investor)
                if sign:
                    self._into(self._received, paid.line.period.id, start, paid.part(place) * sign)

    def _into(self, arrays: dict[str, Array], name: str, start: int, amount: Array) -> None:
        if name not in arrays:
            arrays[name] = np.zeros(self.draws)
        arrays[name][start : start + len(amount)] += amount

    def in_time(self, names: Iterable[str]) -> list[Period]:
        """The periods with those names, in order of time."""
        found = filter(None, (period_named(name, self.terms.periods) for name in names))
        return sorted(found, key=lambda period: (period.ends_on, period.id))

    def periods_in_time(self) -> dict[str, Spread]:
        """The spread of each period's payments."""
        return {period.id: Spread.of(self._periods[period.id]) for period in self.in_time(self._periods)}

    def payers(self, total: Spread) -> dict[str, Spread]:
        """The spread of each payer's payments; `total` is that of all payments."""
        if self._share is not None:
            return {payer: total.times(real(share)) for payer, share in self._share.items()}
        return {payer: Spread.of(amounts) for payer, amounts in self._payers.items()}

    def means(self) -> dict[str, np.float64]:
        """Mean payment of each term, in the order of the terms."""
        return {term.id: self._by_term[term.id] / self.draws for term in self.terms.terms}

    def bites(self) -> Iterator[Bite]:
        """Each limit's chance of binding and mean take, in the order in which they apply."""
        payers = [limit for limit in self.terms.limits if limit.scope == "payer"]
        for limit in (*in_order(self.terms), *payers):
            name = limit.name
            yield Bite(name, np.float64(self._bound[name] / self.draws), self._taken[name] / self.draws)

    def binds(self, name: str) -> bool:
        """Whether the limit took anything in any draw."""
        return self._bound[name] > 0

    def worth(self) -> DrawnWorth | None:
        """What the contract is worth to the investor in evenly chosen draws."""
        if self.plan is None:
            return None
        periods = self.in_time(self._received)
        chosen = slice(None, None, -(-self.draws // WORTHS))
        payments = np.column_stack(
            [self._received[period.id][chosen] for period in periods] or [self.total[chosen] * 0]
        )
        ends = [period.ends_on for period in periods] or [self.plan.valuation_day]
        return worth_of_draws(self.plan, ends, payments)


def _only_shares(terms: Terms) -> dict[str, Fraction] | None:
    """Each payer's share of all payments; None where payers have terms or limits of their own."""
    if any(term.legs for term in terms.terms) or any(limit.scope == "payer" for limit in terms.limits):
        return None
    shares: dict[str, Fraction] = {}
    for leg in terms.legs:
        shares[leg.payer] = shares.get(leg.payer, Fraction(0)) + leg.share
    return shares


def _add(sums: dict[Any, Array], key: Any, amount: Array) -> None:
    if key in sums:
        sums[key] += amount
    else:
        sums[key] = amount.copy()


def notes_on(terms: Terms, assumptions: Assumptions, paths: Paths, sums: Totals) -> Iterator[Note]:
    assumed = {measured.metric for measured in assumptions.measured}
    assumed |= {outcome.metric for entry in assumptions.participants for outcome in entry.outcomes}
    assumed |= {
        claim.metric for entry in assumptions.participants for history in entry.histories for claim in history.claims
    }
    silent = [metric for metric in terms.metrics if metric.role != "follow_up" and metric.id not in assumed]
    if silent:
        of = {to: ", ".join(label_of(metric, to) for metric in silent) for to in LANGUAGES}
        sv = f"Antagandena säger inget om {of['sv']}. Det räknas som att inget inträffar eller mäts."
        en = f"The assumptions say nothing about {of['en']}. It counts as if nothing happens or is measured."
        yield Note("no_assumption", sv, en)
    order = [limit.scope for limit in in_order(terms)]
    if "person" in order:
        before = [limit for limit in in_order(terms) if order.index(limit.scope) < order.index("person")]
        binding = [limit.name for limit in before if sums.binds(limit.name)]
        if binding:
            names = ", ".join(binding)
            sv = f"Taket per person räknas före {names}, som enligt villkoren kommer före. Fördelningen är ungefärlig."
            en = f"The limit per person is applied before {names}, which the terms put first. This is approximate."
            yield Note("person_first", sv, en)
    if any(pool.entry.dropout and len(lots) > 1 for pool in paths.pools for lots in pool.lots):
        sv = "Utfall som inte hänger ihop dras var för sig, även när någon lämnar: en person kan lämna bara det ena."
        en = (
            "Outcomes that do not hang together are drawn apart, dropout included: a person may leave only one of them."
        )
        yield Note("drawn_apart", sv, en)
    if not rounding_shows(terms):
        yield Note(
            "not_rounded",
            "Raderna är inte avrundade: det syns inte i en fördelning.",
            "Lines are not rounded: it does not show in a distribution.",
        )
