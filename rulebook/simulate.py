"""What may be owed: the terms read on a great many draws from the assumptions. Distributions, not amounts.

The draws come in chunks, each with random numbers of its own that follow from the seed alone, so that the result is
the same however many threads share the work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, Final

import numpy as np

from rulebook.cashflow import DrawnWorth, Plan, worth_of_draws
from rulebook.facts import EventFact, Facts
from rulebook.periods import Period, period_named
from rulebook.problems import Problem
from rulebook.simulation.algebra import Array
from rulebook.simulation.assumptions import ASSUMPTIONS_SCHEMA, Assumptions
from rulebook.simulation.assumptions import parse_assumptions as _parse_document
from rulebook.simulation.distributions import real
from rulebook.simulation.drawn import Drawn, Histories
from rulebook.simulation.draws import Drawer
from rulebook.simulation.limits import Paid, in_order, rounding_shows
from rulebook.simulation.paths import Paths, paths_of
from rulebook.simulation.reading import Payments, read_arrays
from rulebook.simulation.result import LEAST, Bite, Note, Simulation, Spread
from rulebook.terms import Leg, Terms, terms_hash

__all__ = [
    "ASSUMPTIONS_SCHEMA",
    "Assumptions",
    "Simulation",
    "draw_only",
    "parse_assumptions",
    "simulate",
]

CHUNK: Final = 1 << 15
ROOM: Final = 1 << 23
"""Numbers in one chunk at most: 64 MiB of them, so that several threads stay far below a gigabyte."""
WORTHS: Final = 100_000
"""A rate of return is worked out for so many of the draws at most, evenly chosen."""


def parse_assumptions(document: object, terms: Terms) -> tuple[Assumptions | None, list[Problem]]:
    """The assumptions in a document, or every problem in it, the number of histories included."""
    found, problems = _parse_document(document, terms)
    if found is not None:
        _, problems = paths_of(found, terms)
    return (None, problems) if problems else (found, [])


def simulate(terms: Terms, assumptions: Assumptions, draws: int, seed: int, threads: int = 1) -> Simulation:
    """Distributions of the payments under the terms.

    Same result for the same seed whatever the number of threads. Raises ValueError when there is nothing to draw, or
    when the assumptions give more histories than `parse_assumptions` accepts.
    """
    work = _Work.of(terms, assumptions, draws, seed)
    sums = _Sums(terms, draws, assumptions.cash_flow)
    for start, payments in _in_chunks(work.read, work.chunks, threads):
        sums.add(start, payments)
    worth, total = sums.worth(), Spread.of(sums.total)
    return Simulation(
        currency=terms.currency,
        terms_hash=terms_hash(terms.document),
        assumptions_hash=assumptions.hash,
        draws=draws,
        seed=seed,
        chunk=work.size,
        worth=worth,
        notes=tuple(_notes(terms, assumptions, sums)),
        limits=tuple(sums.bites()),
        terms=sums.means(),
        periods=sums.periods_in_time(),
        payers=sums.payers(total),
        total=total,
    )


def draw_only(terms: Terms, assumptions: Assumptions, draws: int, seed: int) -> int:
    """Draw the random numbers of `simulate` and do nothing with them; returns how many draws there were.

    What drawing alone costs, for a fair comparison.
    """
    work = _Work.of(terms, assumptions, draws, seed)
    for chunk in work.chunks:
        work.drawer.random(chunk.stream(), chunk.size)
    return sum(chunk.size for chunk in work.chunks)


# --- scenarios and chunks --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scenario:
    """Events that happen together, and the histories as they count when these have happened."""

    events: tuple[EventFact, ...]
    chance: Fraction


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some draws of one scenario with a seed of their own."""

    start: int
    size: int
    scenario: int
    seed: np.random.SeedSequence

    def stream(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(self.seed))


@dataclass(frozen=True, slots=True)
class _Work:
    """All that is worked out once: histories judged for each scenario, and the chunks to draw."""

    drawer: Drawer
    histories: Sequence[Histories]
    chunks: Sequence[_Chunk]
    size: int
    rounds: bool

    @classmethod
    def of(cls, terms: Terms, assumptions: Assumptions, draws: int, seed: int) -> _Work:
        if draws < 1:
            raise ValueError(f"{draws} draws cannot be made; give 1 or more")
        paths, problems = paths_of(assumptions, terms)
        if paths is None:
            raise ValueError(problems[0].en)
        drawer = Drawer(assumptions, terms, paths)
        size = _chunk_size(drawer, paths)
        scenarios = _scenarios(assumptions)
        chunks = _chunks(scenarios, draws, size, seed)
        used = {chunk.scenario for chunk in chunks}
        histories = [
            _histories(terms, paths, scenario if number in used else scenarios[chunks[0].scenario])
            for number, scenario in enumerate(scenarios)
        ]
        return cls(drawer, histories, chunks, size, rounding_shows(terms))

    def read(self, chunk: _Chunk) -> Payments:
        """What is paid in the draws of a chunk."""
        drawn: Drawn = self.drawer.drawn(self.drawer.random(chunk.stream(), chunk.size))
        return read_arrays(self.histories[chunk.scenario], drawn, rounds=self.rounds)


def _histories(terms: Terms, paths: Paths, scenario: _Scenario) -> Histories:
    facts = Facts(tuple(paths.persons), tuple(paths.claims), (), scenario.events)
    return Histories(terms, facts, paths.heads)


def _chunk_size(drawer: Drawer, paths: Paths) -> int:
    """Draws that share a stream: 32,768, or fewer where each draw holds many numbers."""
    numbers = len(paths.persons) + drawer.values
    size = CHUNK
    while size > 256 and size * numbers > ROOM:
        size //= 2
    return size


def _scenarios(assumptions: Assumptions) -> list[_Scenario]:
    """Every way in which the events may happen, and how likely each is."""
    each: list[list[tuple[tuple[EventFact, ...], Fraction]]] = []
    for event in assumptions.events:
        days = [((EventFact(event.event, day),), event.chance / len(event.on)) for day in event.on]
        each.append([*days, ((), 1 - event.chance)])
    scenarios = []
    for chosen in product(*each):
        chance = Fraction(1)
        for _, part in chosen:
            chance *= part
        if chance:
            scenarios.append(_Scenario(tuple(fact for facts, _ in chosen for fact in facts), chance))
    return scenarios


def _chunks(scenarios: Sequence[_Scenario], draws: int, size: int, seed: int) -> list[_Chunk]:
    """The draws of each scenario – how many is itself drawn – in chunks of one size and a rest."""
    first, then = np.random.SeedSequence(seed).spawn(2)
    chances = np.array([real(scenario.chance) for scenario in scenarios])
    often = np.random.Generator(np.random.PCG64(first)).multinomial(draws, chances / chances.sum()).tolist()
    spans: list[tuple[int, int, int]] = []
    start = 0
    for number, count in enumerate(often):
        for begun in range(0, count, size):
            spans.append((start + begun, min(size, count - begun), number))
        start += count
    seeds = then.spawn(len(spans))
    return [_Chunk(begun, length, number, own) for (begun, length, number), own in zip(spans, seeds, strict=True)]


def _in_chunks(
    read: Callable[[_Chunk], Payments], chunks: Sequence[_Chunk], threads: int
) -> Iterator[tuple[int, Payments]]:
    """The chunks' payments in order, with a few chunks at a time in the works."""
    if threads <= 1:
        yield from ((chunk.start, read(chunk)) for chunk in chunks)
        return
    with ThreadPoolExecutor(threads) as pool:
        for begun in range(0, len(chunks), threads):
            some = chunks[begun : begun + threads]
            yield from zip((chunk.start for chunk in some), pool.map(read, some), strict=True)


# --- adding up -------------------------------------------------------------------------------------------------------


class _Sums:
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


# --- what a reader must know -----------------------------------------------------------------------------------------


def _notes(terms: Terms, assumptions: Assumptions, sums: _Sums) -> Iterator[Note]:
    assumed = {measured.metric for measured in assumptions.measured}
    assumed |= {outcome.metric for entry in assumptions.participants for outcome in entry.outcomes}
    assumed |= {
        claim.metric for entry in assumptions.participants for history in entry.histories for claim in history.claims
    }
    silent = [metric.id for metric in terms.metrics if metric.role != "follow_up" and metric.id not in assumed]
    if silent:
        names = ", ".join(silent)
        sv = f"Antagandena säger inget om {names}. De räknas som att inget inträffar eller mäts."
        en = f"The assumptions say nothing about {names}. They count as if nothing happens or is measured."
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
    if not rounding_shows(terms):
        yield Note(
            "not_rounded",
            "Raderna är inte avrundade: det syns inte i en fördelning.",
            "Lines are not rounded: it does not show in a distribution.",
        )
