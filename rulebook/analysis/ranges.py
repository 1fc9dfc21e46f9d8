"""A third kind of number for the formulas of the terms: everything that a quantity may be, given what facts may be.

A range is carried as a sum of symbols with known ends, or as the least, the greatest or any one of several such sums.
So what is subtracted from itself is nothing, and the layer of a saving above the cost is never wider than it can be.

The ends that come out are proved: every operation gives a range that holds all results that the exact operation can
give for numbers inside the operands' ranges (inclusion). Sums of symbols are exact. Where two results are multiplied,
divided, or added without being sums, what they have in common is forgotten; that can only make a range wider. A
comparison that could go either way lets both cases in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Final, Literal, NamedTuple

ZERO: Final = Fraction(0)


class End(NamedTuple):
    """One end of a range: a number, or without end in the direction of `sign`."""

    sign: int
    number: Fraction = ZERO

    def plus(self, other: End) -> End:
        """The sum; two ends without end never point in opposite directions here."""
        return self if self.sign else (other if other.sign else End(0, self.number + other.number))

    def times(self, other: End) -> End:
        if not self.sign and not other.sign:
            return End(0, self.number * other.number)
        sign = self._direction() * other._direction()
        return End(sign) if sign else NOTHING

    def _direction(self) -> int:
        return self.sign or (self.number > 0) - (self.number < 0)

    def inverse(self) -> End:
        return NOTHING if self.sign else End(0, 1 / self.number)


NOTHING: Final = End(0)
ENDLESS: Final = End(1)
BOTTOMLESS: Final = End(-1)


@dataclass(frozen=True, slots=True)
class Span:
    """The ends of a range, which belong to it unless they are open."""

    low: End
    high: End
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def of(cls, low: Fraction | int | None, high: Fraction | int | None) -> Span:
        """From low to high; None is without end."""
        return cls(
            BOTTOMLESS if low is None else End(0, Fraction(low)), ENDLESS if high is None else End(0, Fraction(high))
        )

    @property
    def least(self) -> Fraction | None:
        """The lower end; None when there is none."""
        return None if self.low.sign else self.low.number

    @property
    def most(self) -> Fraction | None:
        return None if self.high.sign else self.high.number

    def or_else(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return hull([self, other])

    def plus(self, other: Span) -> Span:
        low_open, high_open = self.low_open or other.low_open, self.high_open or other.high_open
        return Span(self.low.plus(other.low), self.high.plus(other.high), low_open, high_open)

    def times(self, other: Span) -> Span:
        ends = [mine.times(theirs) for mine, theirs in product((self.low, self.high), (other.low, other.high))]
        return Span(min(ends), max(ends))

    def scaled(self, factor: Fraction) -> Span:
        low, high = (end.times(End(0, factor)) for end in (self.low, self.high))
        if factor < 0:
            return Span(high, low, self.high_open, self.low_open)
        return Span(low, high, self.low_open, self.high_open)

    def inverted(self) -> Span:
        """1 / the range; a divisor of zero gives no value and is left out."""
        below, above = self.low < NOTHING, self.high > NOTHING
        if below == above:
            return ANYTHING
        if above:
            return Span(self.high.inverse(), ENDLESS if self.low == NOTHING else self.low.inverse())
        return Span(BOTTOMLESS if self.high == NOTHING else self.high.inverse(), self.low.inverse())

    def is_point(self) -> bool:
        return self.low == self.high and not self.low.sign


ANYTHING: Final = Span(BOTTOMLESS, ENDLESS)


def hull(spans: Iterable[Span]) -> Span:
    """The smallest span that holds all of them."""
    known = list(spans)
    low, high = min(span.low for span in known), max(span.high for span in known)
    return Span(
        low,
        high,
        all(span.low_open for span in known if span.low == low),
        all(span.high_open for span in known if span.high == high),
    )


class Symbol:
    """An unknown number within a span; the same symbol is the same number everywhere."""

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span = span


Join = Literal["least", "greatest", "any"]
FLIPPED: Final[Mapping[Join, Join]] = {"least": "greatest", "greatest": "least", "any": "any"}


class Range:
    """A quantity of the range reading: `constant` + weighted symbols, or a join of such quantities."""

    __slots__ = ("constant", "join", "parts", "span", "weights")

    def __init__(
        self,
        constant: Fraction = ZERO,
        weights: Mapping[Symbol, Fraction] | None = None,
        join: Join | None = None,
        parts: Sequence[Range] = (),
    ) -> None:
        self.constant, self.weights, self.join, self.parts = constant, weights or {}, join, tuple(parts)
        self.span = _joined_span(join, self.parts) if join else _sum_span(constant, self.weights)

    @classmethod
    def within(cls, span: Span) -> Range:
        """A quantity of which nothing but its span is known."""
        return cls(span.low.number) if span.is_point() else cls(weights={Symbol(span): Fraction(1)})

    @property
    def is_constant(self) -> bool:
        return self.join is None and not self.weights

    def __add__(self, other: Range) -> Range:
        if self.join and other.join:
            return self + Range.within(other.span)
        if self.join:
            return _joined(self.join, [part + other for part in self.parts])
        if other.join:
            return other + self
        weights = dict(self.weights)
        for symbol, weight in other.weights.items():
            weights[symbol] = weights.get(symbol, ZERO) + weight
        return Range(self.constant + other.constant, {symbol: weight for symbol, weight in weights.items() if weight})

    def __sub__(self, other: Range) -> Range:
        return self + other.scaled(Fraction(-1))

    def __neg__(self) -> Range:
        return self.scaled(Fraction(-1))

    def __mul__(self, other: Range) -> Range:
        if other.is_constant:
            return self.scaled(other.constant)
        if self.is_constant:
            return other.scaled(self.constant)
        if "any" in (self.join, other.join):
            several, single = (self, other) if self.join == "any" else (other, self)
            return _joined("any", [part * single for part in several.parts])
        return Range.within(self.span.times(other.span))

    def scaled(self, factor: Fraction) -> Range:
        if self.join:
            join = self.join if factor >= 0 else FLIPPED[self.join]
            return _joined(join, [part.scaled(factor) for part in self.parts])
        weights = {symbol: weight * factor for symbol, weight in self.weights.items()} if factor else {}
        return Range(self.constant * factor, weights)

    def __ge__(self, other: Range) -> bool | None:
        """True, False, or None when it depends."""
        span = (self - other).span
        if span.low >= NOTHING:
            return True
        return False if span.high < NOTHING or (span.high == NOTHING and span.high_open) else None

    def __gt__(self, other: Range) -> bool | None:
        span = (self - other).span
        if span.low > NOTHING or (span.low == NOTHING and span.low_open):
            return True
        return False if span.high <= NOTHING else None

    def __le__(self, other: Range) -> bool | None:
        return other >= self

    def __lt__(self, other: Range) -> bool | None:
        return other > self


def _sum_span(constant: Fraction, weights: Mapping[Symbol, Fraction]) -> Span:
    span = Span.of(constant, constant)
    for symbol, weight in weights.items():
        span = span.plus(symbol.span.scaled(weight))
    return span


def _joined_span(join: Join, parts: Sequence[Range]) -> Span:
    spans = [part.span for part in parts]
    if join == "any":
        return hull(spans)
    pick = min if join == "least" else max
    return Span(pick(span.low for span in spans), pick(span.high for span in spans))


def _joined(join: Join, parts: Iterable[Range]) -> Range:
    """The join without the parts that another part always beats."""
    kept: list[Range] = []
    for part in parts:
        if join == "any":
            kept.append(part)
        elif not any(_beats(join, other, part) for other in kept):
            kept = [other for other in kept if not _beats(join, part, other)] + [part]
    return kept[0] if len(kept) == 1 else Range(join=join, parts=kept)


def _beats(join: Join, winner: Range, loser: Range) -> bool:
    return (winner <= loser if join == "least" else winner >= loser) is True


class _Ranges:
    """Implements `rulebook.algebra.Algebra`; conditions are True, False or None, which is perhaps."""

    def number(self, exact: Fraction) -> Range:
        return Range(exact)

    def least(self, *quantities: Range) -> Range:
        return _joined("least", quantities)

    def greatest(self, *quantities: Range) -> Range:
        return _joined("greatest", quantities)

    def ratio(self, above: Range, below: Range) -> Range:
        if below.is_constant and below.constant:
            return above.scaled(1 / below.constant)
        return Range.within(above.span.times(below.span.inverted()))

    def whole(self, quantity: Range) -> Range:
        low, high = (End(end.sign, Fraction(end.number // 1)) for end in (quantity.span.low, quantity.span.high))
        return Range.within(Span(low, high))

    def choose(self, cases: Sequence[tuple[bool | None, Callable[[], Range]]], otherwise: Callable[[], Range]) -> Range:
        possible = []
        for holds, value in cases:
            if holds is not False:
                possible.append(value())
            if holds is True:
                break
        else:
            possible.append(otherwise())
        return _joined("any", possible)


RANGES: Final = _Ranges()


def stretches(span: Span, corners: Iterable[Fraction]) -> list[Span]:
    """The span cut at every corner inside it: the corners themselves, and the open stretches between them."""
    inside = sorted({corner for corner in corners if span.low <= End(0, corner) <= span.high})
    cut = []
    low, low_open = span.low, span.low_open
    for corner in inside:
        here = End(0, corner)
        if low < here:
            cut.append(Span(low, here, low_open, True))
        if (here > span.low or not span.low_open) and (here < span.high or not span.high_open):
            cut.append(Span(here, here))
        low, low_open = here, True
    if low < span.high or not inside:
        cut.append(Span(low, span.high, low_open, span.high_open))
    return cut
