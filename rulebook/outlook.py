"""What a contract may cost, return and give: payments, the investor's rate and the gains, draw by draw.

Gains and payments come from the same draws: a draw in which more persons reach the outcomes is one in which more is
paid and more is gained. Estimates for deciding whether to sign, never amounts that anybody is owed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rulebook.simulate import Draws, Simulation
from rulebook.simulation.algebra import Array
from rulebook.simulation.result import LEAST, Spread

BINS: Final = 40
TENTH: Final = 10
STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Widths of a bar that people read at a glance, times a power of ten."""
OUTLOOK_VERSION: Final = 1
Gains = Callable[[Draws], Mapping[str, Array]]
"""What each budget holder gains in every draw."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often the amount fell between one edge and the next; all bars are as wide, and the last holds its end."""

    edges: Sequence[np.float64]
    counts: Sequence[int]

    @classmethod
    def of(cls, amounts: Array) -> Histogram | None:
        """At most forty bars with round edges; None when there is nothing to show."""
        if not amounts.size:
            return None
        low, high = amounts.min(), amounts.max()
        if high - low < LEAST * max(1, np.abs(high)):
            return cls((low, high), (int(amounts.size),))
        width = _round_width((high - low) / (BINS - 2))  # the ends rarely fall on edges
        first = np.floor(low / width)
        number = max(1, int(np.ceil(high / width) - first))
        edges = (first + np.arange(number + 1)) * width
        counts, _ = np.histogram(np.clip(amounts, edges[0], edges[-1]), edges)
        return cls(tuple(edges), tuple(counts.tolist()))

    def to_json(self) -> dict[str, Any]:
        return {"edges": [round(np.float64(edge), 9) for edge in self.edges], "counts": list(self.counts)}


def _round_width(least: np.float64) -> np.float64:
    """The narrowest round width that is not narrower."""
    power = np.float64(10 ** np.floor(np.log10(least)))
    return next(np.float64(power * step) for step in STEPS if power * step >= least * (1 - LEAST))


@dataclass(frozen=True, slots=True)
class Budget:
    """What one holder gains and pays in the draws, and what is left."""

    gain: Spread
    paid: Spread
    net: Spread
    chance_of_minus: np.float64

    @classmethod
    def of(cls, gain: Array, paid: Array) -> Budget:
        net = gain - paid
        minus = np.float64(np.count_nonzero(net < -LEAST) / net.size)
        return cls(Spread.of(gain.copy()), Spread.of(paid.copy()), Spread.of(net), minus)

    def to_json(self) -> dict[str, Any]:
        return {
            "gain": self.gain.to_json(),
            "paid": self.paid.to_json(),
            "net": self.net.to_json(),
            "chance_of_minus": round(self.chance_of_minus, 6),
        }


@dataclass(frozen=True, slots=True)
class Together:
    """How gains and payments go together: their correlation, and the mean gain where least and where most is paid."""

    correlation: np.float64 | None
    """None when one of them is the same in all draws."""
    gain_where_least_is_paid: np.float64
    gain_where_most_is_paid: np.float64

    @classmethod
    def of(cls, gain: Array, paid: Array) -> Together:
        moves = gain.std() > LEAST and paid.std() > LEAST
        tenth = max(1, paid.size // TENTH)
        order = np.argsort(paid, kind="stable")
        return cls(
            np.float64(np.corrcoef(gain, paid)[0, 1]) if moves else None,
            gain[order[:tenth]].mean(),
            gain[order[-tenth:]].mean(),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "correlation": None if self.correlation is None else round(self.correlation, 4),
            "gain_where_least_is_paid": round(self.gain_where_least_is_paid, 2),
            "gain_where_most_is_paid": round(self.gain_where_most_is_paid, 2),
        }


@dataclass(frozen=True, slots=True)
class Outlook:
    """A simulation with what belongs beside it: bars to look at, every budget, and how gains follow payments."""

    simulation: Simulation
    payments: Histogram | None
    rates: Histogram | None
    """The investor's internal rates of return, where there is one."""
    budgets: Mapping[str, Budget]
    payers: Budget | None
    """The budgets that pay, taken together; None without gains."""
    together: Together | None

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; amounts are estimates and therefore numbers."""
        return {
            "outlook_version": OUTLOOK_VERSION,
            "simulation": self.simulation.to_json(),
            "histogram": self.payments.to_json() if self.payments else None,
            "rates": self.rates.to_json() if self.rates else None,
            "budgets": {holder: budget.to_json() for holder, budget in self.budgets.items()},
            "payers": self.payers.to_json() if self.payers else None,
            "together": self.together.to_json() if self.together else None,
        }


def outlook_on(simulation: Simulation, each: Draws, *, gains: Gains | None, holder_of: Mapping[str, str]) -> Outlook:
    """Everything about a contract that can be read from the same draws.

    Gains and what each payer pays must be weighed alike, such as both in the money of the first year.
    `holder_of` says on whose budget each payer of the terms draws; a payer that it does not name is a budget of its
    own. Without `gains` there is nothing to set beside the payments, and no budgets are given.
    """
    rates = simulation.worth.irr.known if simulation.worth else np.zeros(0)
    budgets: dict[str, Budget] = {}
    payers: Budget | None = None
    together: Together | None = None
    if gains is not None:
        gained = dict(gains(each))
        paid = _by_holder(each.payers, holder_of)
        nothing = np.zeros_like(each.total)
        budgets = {
            holder: Budget.of(gained.get(holder, nothing), paid.get(holder, nothing))
            for holder in dict.fromkeys([*paid, *gained])
        }
        all_paid = sum(paid.values(), nothing)
        payers = Budget.of(sum((gained[holder] for holder in paid if holder in gained), nothing), all_paid)
        together = Together.of(sum(gained.values(), nothing), all_paid)
    return Outlook(simulation, Histogram.of(each.total), Histogram.of(_within(rates)), budgets, payers, together)


def _by_holder(payers: Mapping[str, Array], holder_of: Mapping[str, str]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for payer, amounts in payers.items():
        holder = holder_of.get(payer, payer)
        found[holder] = found[holder] + amounts if holder in found else amounts
    return found


def _within(rates: Array) -> Array:
    """The rates without the farthest one in a hundred at each end, which would flatten all the others' bars."""
    if not rates.size:
        return rates
    low, high = np.percentile(rates, (1, 99))
    kept: Array = rates[(rates >= low) & (rates <= high)]
    return kept
