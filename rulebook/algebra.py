"""What a kind's formula needs of its numbers, and the exact numbers: fractions.

Draws (`rulebook.simulation.algebra`) and ranges have algebras of their own, so that one formula serves every reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final, Protocol

from rulebook.values import ValueMissingError

Quantity = Any
"""A Fraction in the exact reading, a float64 array with one element per draw in the array reading."""
Holds = Any
"""Whether a condition holds: a bool, or an array of them."""


class Algebra(Protocol):
    """What a formula needs beyond + − × and comparison."""

    def number(self, exact: Fraction) -> Quantity:
        """An agreed number as a quantity."""

    def least(self, *quantities: Quantity) -> Quantity:
        """The smallest of them."""

    def greatest(self, *quantities: Quantity) -> Quantity:
        """The largest of them."""

    def ratio(self, above: Quantity, below: Quantity) -> Quantity:
        """One by the other; no value where the divisor is zero."""

    def whole(self, quantity: Quantity) -> Quantity:
        """The largest whole number that is not above it."""

    def choose(
        self, cases: Sequence[tuple[Holds, Callable[[], Quantity]]], otherwise: Callable[[], Quantity]
    ) -> Quantity:
        """The value of the first case that holds, else the last."""


class _Exact:
    def number(self, exact: Fraction) -> Fraction:
        return exact

    def least(self, *quantities: Fraction) -> Fraction:
        return min(quantities)

    def greatest(self, *quantities: Fraction) -> Fraction:
        return max(quantities)

    def ratio(self, above: Fraction, below: Fraction) -> Fraction:
        if below == 0:
            raise ValueMissingError(None)
        return above / below

    def whole(self, quantity: Fraction) -> Fraction:
        return Fraction(quantity.numerator // quantity.denominator)

    def choose(
        self, cases: Sequence[tuple[bool, Callable[[], Fraction]]], otherwise: Callable[[], Fraction]
    ) -> Fraction:
        return next((value for holds, value in cases if holds), otherwise)()


EXACT: Final[Algebra] = _Exact()
