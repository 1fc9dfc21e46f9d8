"""What a simulation gives: distributions of payments, never amounts, with all that is needed to draw them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rulebook.cashflow import DrawnWorth
from rulebook.problems import Language
from rulebook.simulation.algebra import Array

PERCENTILES: Final = (1, 5, 10, 25, 50, 75, 90, 95, 99)
LEAST: Final = 1 / 10**6
"""Less than this is nothing: what binary numbers leave of zero."""
SIMULATION_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Spread:
    """How an amount spreads over the draws: estimates in the contract's currency."""

    mean: np.float64
    standard_error: np.float64
    """Of the mean: how far it would move if other random numbers were drawn."""
    percentiles: Mapping[int, np.float64]
    chance_of_nothing: np.float64

    @classmethod
    def of(cls, amounts: Array) -> Spread:
        """The spread of one amount per draw. The array is used up: its order is lost."""
        mean, size = amounts.mean(), len(amounts)
        error = amounts.std() / np.sqrt(size)
        nothing = np.count_nonzero(np.abs(amounts) < LEAST) / size
        found = np.percentile(amounts, PERCENTILES, overwrite_input=True)
        return cls(mean, error, dict(zip(PERCENTILES, found, strict=True)), np.float64(nothing))

    def times(self, share: np.float64) -> Spread:
        """How a fixed share of the amount spreads: zero or more."""
        percentiles = {percent: amount * share for percent, amount in self.percentiles.items()}
        nothing = self.chance_of_nothing if share else np.float64(1)
        return Spread(self.mean * share, self.standard_error * share, percentiles, nothing)

    def to_json(self) -> dict[str, Any]:
        """Amounts to two decimals, chances to six."""
        return {
            "mean": round(self.mean, 2),
            "standard_error": round(self.standard_error, 4),
            "percentiles": {str(percent): round(amount, 2) for percent, amount in self.percentiles.items()},
            "chance_of_nothing": round(self.chance_of_nothing, 6),
        }


@dataclass(frozen=True, slots=True)
class Bite:
    """How often a limit binds, and what it takes on average over all draws."""

    limit: str
    chance: np.float64
    mean_taken: np.float64

    def to_json(self) -> dict[str, Any]:
        """The chance to six decimals, the amount to two."""
        return {"limit": self.limit, "chance": round(self.chance, 6), "mean_taken": round(self.mean_taken, 2)}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader must know to trust the figures."""

    code: str
    sv: str
    en: str

    def message(self, language: Language) -> str:
        """The note in the language."""
        return self.en if language == "en" else self.sv


@dataclass(frozen=True, slots=True)
class Simulation:
    """Distributions of what may be paid; the same terms, assumptions, draws and seed always give the same."""

    currency: str
    terms_hash: str
    assumptions_hash: str
    draws: int
    seed: int
    chunk: int
    """Draws that share a stream of random numbers: another size would give other draws."""
    total: Spread
    periods: Mapping[str, Spread]
    payers: Mapping[str, Spread]
    terms: Mapping[str, np.float64]
    """Mean payment of each term."""
    limits: tuple[Bite, ...]
    notes: tuple[Note, ...]
    worth: DrawnWorth | None = None
    """What the contract is worth to the investor, when the assumptions have a cash flow."""

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; amounts are estimates and therefore numbers, unlike amounts that are owed."""
        return {
            "simulation_version": SIMULATION_VERSION,
            "currency": self.currency,
            "terms_hash": self.terms_hash,
            "assumptions_hash": self.assumptions_hash,
            "draws": self.draws,
            "seed": self.seed,
            "chunk": self.chunk,
            "total": self.total.to_json(),
            "periods": _each(self.periods.items()),
            "payers": _each(self.payers.items()),
            "terms": {term: round(mean, 2) for term, mean in self.terms.items()},
            "limits": [bite.to_json() for bite in self.limits],
            "notes": [{"code": note.code, "sv": note.sv, "en": note.en} for note in self.notes],
            "cash_flow": self.worth.to_json() if self.worth else None,
        }


def _each(spreads: Iterable[tuple[str, Spread]]) -> dict[str, Any]:
    return {name: spread.to_json() for name, spread in spreads}
