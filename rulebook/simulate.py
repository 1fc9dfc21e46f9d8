"""What may be owed: the terms read on a great many draws from the assumptions. Distributions, not amounts.

The draws come in chunks, each with random numbers of its own that follow from the seed alone, so that the result is
the same however many threads share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rulebook.periods import Period
from rulebook.problems import Problem
from rulebook.simulation.algebra import Array
from rulebook.simulation.assumption_checks import parse_assumptions as _parse_document
from rulebook.simulation.assumptions import ASSUMPTIONS_SCHEMA, Assumptions
from rulebook.simulation.chunks import CHUNK, Chunk, Work, in_chunks
from rulebook.simulation.distributions import real
from rulebook.simulation.paths import paths_of
from rulebook.simulation.reading import Payments
from rulebook.simulation.result import Simulation, Spread
from rulebook.simulation.totals import Totals, notes_on
from rulebook.terms import Leg, Terms, terms_hash

__all__ = [
    "ASSUMPTIONS_SCHEMA",
    "CHUNK",
    "Assumptions",
    "Draws",
    "Simulation",
    "draw_only",
    "parse_assumptions",
    "simulate",
    "simulate_each",
]


def parse_assumptions(document: object, terms: Terms) -> tuple[Assumptions | None, list[Problem]]:
    """The assumptions in a document, or every problem in it, the number of histories included."""
    found, problems = _parse_document(document, terms)
    if found is not None:
        _, problems = paths_of(found, terms)
    return (None, problems) if problems else (found, [])


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws of a simulation one by one, all in the same order; float64, amounts in the contract's currency."""

    total: Array
    payers: Mapping[str, Array]
    """What each payer pays, every payment times its weight."""
    reached: Mapping[str, Array]
    """How many units of each person-level metric are reached, whether or not the terms pay for them."""


def simulate(terms: Terms, assumptions: Assumptions, draws: int, seed: int, threads: int = 1) -> Simulation:
    """Distributions of the payments under the terms.

    Same result for the same seed whatever the number of threads. Raises ValueError when there is nothing to draw, or
    when the assumptions give more histories than `parse_assumptions` accepts.
    """
    work = Work.of(terms, assumptions, draws, seed)
    sums = Totals(terms, draws, assumptions.cash_flow)
    for start, payments in in_chunks(work.read, work.chunks, threads):
        sums.add(start, payments)
    return _simulation(work, sums, assumptions, seed)


def simulate_each(
    terms: Terms,
    assumptions: Assumptions,
    draws: int,
    seed: int,
    *,
    threads: int = 1,
    weight: Callable[[Period], Fraction] = lambda period: Fraction(1),
) -> tuple[Simulation, Draws]:
    """The same, with what each draw holds, for what is to be set beside the payments draw by draw.

    `weight` is what a krona paid for a period counts for in `Draws.payers`: less when it is paid later, for instance.
    """
    work = Work.of(terms, assumptions, draws, seed)
    sums = Totals(terms, draws, assumptions.cash_flow)
    claims = work.claims()
    reached: dict[str, Array] = {metric: np.zeros(draws) for metric in claims}
    weighed: dict[str, Array] = {}

    def read(chunk: Chunk) -> tuple[Payments, dict[str, Array]]:
        drawn = work.drawn(chunk)
        return work.paid(chunk, drawn), {metric: often @ drawn.times for metric, often in claims.items()}

    for start, (payments, found) in in_chunks(read, work.chunks, threads):
        sums.add(start, payments)
        for metric, number in found.items():
            reached[metric][start : start + len(number)] = number
        for payer, amount in _weighed(payments, weight).items():
            weighed.setdefault(payer, np.zeros(draws))[start : start + len(amount)] = amount
    each = Draws(sums.total.copy(), weighed, reached)
    return _simulation(work, sums, assumptions, seed), each


def _weighed(payments: Payments, weight: Callable[[Period], Fraction]) -> dict[str, Array]:
    """What each payer pays in the draws of a chunk, by weight. Lines that are only shared are added up first."""
    shared: dict[tuple[Leg, ...], Array] = {}
    found: dict[str, Array] = {}

    def add(payer: str, amount: Array) -> None:
        found[payer] = found[payer] + amount if payer in found else amount

    for paid in payments.paid:
        counts = real(weight(paid.line.period))
        if paid.parts is None:
            amount = paid.amount * counts
            shared[paid.legs] = shared[paid.legs] + amount if paid.legs in shared else amount
            continue
        for place, leg in enumerate(paid.legs):
            add(leg.payer, paid.part(place) * counts)
    for legs, amount in shared.items():
        for leg in legs:
            add(leg.payer, amount * real(leg.share))
    return found


def _simulation(work: Work, sums: Totals, assumptions: Assumptions, seed: int) -> Simulation:
    """What the draws that have been added up give. The sums are used up."""
    terms = sums.terms
    worth, total = sums.worth(), Spread.of(sums.total)
    return Simulation(
        currency=terms.currency,
        terms_hash=terms_hash(terms.document),
        assumptions_hash=assumptions.hash,
        draws=sums.draws,
        seed=seed,
        chunk=work.size,
        worth=worth,
        notes=tuple(notes_on(terms, assumptions, work.drawer.paths, sums)),
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
    work = Work.of(terms, assumptions, draws, seed)
    for chunk in work.chunks:
        work.drawer.random(chunk.stream(), chunk.size)
    return sum(chunk.size for chunk in work.chunks)
