"""A fourth kind of number: how a formula moves when one of its numbers does, and where it bends or jumps.

A `Moving` number is its value at one point and its slope there. Every comparison on the way notes where its two sides
meet, so the formula itself says where its cases change, whatever its kinds are. `pieces` probes between the places it
knows until no new place turns up: from then on every comparison has one answer throughout each piece. A formula that
is a straight line in each case is then known completely and exactly. A curve (a divisor that moves) is followed by
Newton's method, and its places are as good as exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

from rulebook.values import ValueMissingError

ZERO: Final = Fraction(0)
FINEST: Final = 10**12
"""Places where curves meet are noted to so many parts of one."""
MOST_PROBES: Final = 200


class Moving:
    """A number that moves with x: its value at the probe, its slope, and the places noted so far."""

    __slots__ = ("at", "noted", "slope", "value")

    def __init__(self, value: Fraction, slope: Fraction, at: Fraction, noted: set[Fraction]) -> None:
        self.value, self.slope, self.at, self.noted = value, slope, at, noted

    def _with(self, value: Fraction, slope: Fraction) -> Moving:
        return Moving(value, slope, self.at, self.noted)

    def __add__(self, other: Moving) -> Moving:
        return self._with(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: Moving) -> Moving:
        return self._with(self.value - other.value, self.slope - other.slope)

    def __neg__(self) -> Moving:
        return self._with(-self.value, -self.slope)

    def __mul__(self, other: Moving) -> Moving:
        return self._with(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def meets(self, other: Moving) -> None:
        """Note where the two are equal, as far as their slopes tell."""
        slope = self.slope - other.slope
        if slope:
            place = self.at - (self.value - other.value) / slope
            self.noted.add(place if place.denominator <= FINEST else place.limit_denominator(FINEST))

    def __ge__(self, other: Moving) -> bool:
        self.meets(other)
        return self.value >= other.value

    def __gt__(self, other: Moving) -> bool:
        self.meets(other)
        return self.value > other.value

    def __le__(self, other: Moving) -> bool:
        return other >= self

    def __lt__(self, other: Moving) -> bool:
        return other > self


class Slopes:
    """Implements `rulebook.algebra.Algebra` at one point x."""

    def __init__(self, at: Fraction) -> None:
        self.at = at
        self.noted: set[Fraction] = set()

    def moving(self) -> Moving:
        """x itself."""
        return Moving(self.at, Fraction(1), self.at, self.noted)

    def number(self, exact: Fraction) -> Moving:
        return Moving(exact, ZERO, self.at, self.noted)

    def least(self, *quantities: Moving) -> Moving:
        smallest = quantities[0]
        for quantity in quantities[1:]:
            smallest = quantity if quantity < smallest else smallest
        return smallest

    def greatest(self, *quantities: Moving) -> Moving:
        largest = quantities[0]
        for quantity in quantities[1:]:
            largest = quantity if quantity > largest else largest
        return largest

    def ratio(self, above: Moving, below: Moving) -> Moving:
        below.meets(self.number(ZERO))
        if below.value == 0:
            raise ValueMissingError(None)
        slope = (above.slope * below.value - above.value * below.slope) / below.value**2
        return self.number(above.value / below.value)._with(above.value / below.value, slope)

    def whole(self, quantity: Moving) -> Moving:
        floor = Fraction(quantity.value // 1)
        for step in (floor, floor + 1):
            quantity.meets(self.number(step))
        return self.number(floor)

    def choose(
        self, cases: Sequence[tuple[bool | None, Callable[[], Moving]]], otherwise: Callable[[], Moving]
    ) -> Moving:
        return next((value for holds, value in cases if holds), otherwise)()


Formula = Callable[[Slopes], Moving]
"""The amount as a function of x, worked out in the algebra it is given."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch without bend or jump inside; None is without end. The amount at x is `value` + `slope` × (x − `at`)."""

    low: Fraction | None
    high: Fraction | None
    at: Fraction
    value: Fraction
    slope: Fraction
    is_whole: bool = True

    def limit(self, x: Fraction) -> Fraction:
        """The amount as x is approached from inside the piece."""
        return self.value + self.slope * (x - self.at)


def pieces(formula: Formula, low: Fraction | None, high: Fraction | None) -> list[Piece]:
    """The formula from low to high (None is without end) as pieces, in order.

    Where a curve bends too often to be followed, its last pieces are not `whole`: something may happen inside them.
    """
    if low is not None and low == high:
        return [Piece(low, high, low, amount_at(formula, low), ZERO, is_whole=True)]
    waiting: list[Stretch] = [(low, high)] if low is not None or high is not None else [(ZERO, None), (None, ZERO)]
    found: list[Piece] = []
    probes = 0
    while waiting:
        stretch = waiting.pop()
        piece, noted = _probe(formula, *stretch)
        probes += 1
        inside = sorted(place for place in noted if _is_inside(place, *stretch))
        if inside and probes < MOST_PROBES:
            waiting += pairwise([stretch[0], *inside, stretch[1]])
        else:
            found.append(replace(piece, is_whole=not inside))
    return sorted(found, key=lambda piece: (piece.low is not None, piece.low or ZERO))


Stretch = tuple[Fraction | None, Fraction | None]


def _probe(formula: Formula, low: Fraction | None, high: Fraction | None) -> tuple[Piece, set[Fraction]]:
    if low is not None and high is not None:
        at = (low + high) / 2
    else:
        at = low + 1 if low is not None else (high or ZERO) - 1
    algebra = Slopes(at)
    amount = formula(algebra)
    return Piece(low, high, at, amount.value, amount.slope), algebra.noted


def _is_inside(place: Fraction, low: Fraction | None, high: Fraction | None) -> bool:
    """Strictly inside, and not just a repetition of an end that is known as well as can be."""
    margin = Fraction(1, FINEST // 1000)
    return (low is None or place > low + margin) and (high is None or place < high - margin)


def amount_at(formula: Formula, x: Fraction) -> Fraction:
    """The amount at one point, exactly."""
    return formula(Slopes(x)).value
