"""The only rounding and the only dividing of amounts in the whole platform."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from math import lcm
from typing import Literal

RoundingMode = Literal["half_up", "half_even", "down", "up"]
MODES: tuple[RoundingMode, ...] = ("half_up", "half_even", "down", "up")

EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])
"""Decimal arithmetic that raises rather than loses a digit, whatever context the caller has set."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """To which `unit` (0.01 is an öre, 1000 a thousand) and which way; every mode treats minus as the mirror of plus.

    `half_up` and `half_even` go to the nearest unit and differ only exactly between two: away from zero, or to the
    even one. `down` goes towards zero and `up` away from it.
    """

    unit: Decimal = Decimal("0.01")
    mode: RoundingMode = "half_up"


def round_money(amount: Fraction | Decimal | int, rounding: Rounding) -> Decimal:
    """The amount as a whole number of the rounding's units; exact otherwise.

    >>> round_money(Fraction(1, 3), Rounding())
    Decimal('0.33')
    >>> round_money(Decimal("-2.5"), Rounding(Decimal(1), "half_up"))
    Decimal('-3')

    Raises TypeError for a float: it has already lost what rounding is about to decide.
    """
    exact = as_fraction(amount)
    above, below = rounding.unit.as_integer_ratio()
    divisor = exact.denominator * above
    whole, rest = divmod(abs(exact.numerator) * below, divisor)
    count = whole + _rounds_away(whole, rest, divisor, rounding.mode)
    return EXACT.multiply(Decimal(count if exact >= 0 else -count), rounding.unit)


def _rounds_away(whole: int, rest: int, divisor: int, mode: RoundingMode) -> bool:
    """Whether the rest of a division goes to the next unit away from zero."""
    match mode:
        case "down":
            return False
        case "up":
            return rest > 0
        case "half_up":
            return 2 * rest >= divisor
        case "half_even":
            return 2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1)


def split(amount: Decimal, shares: Sequence[Fraction | Decimal], unit: Decimal) -> list[Decimal]:
    """The amount divided in the proportions of the shares, in whole units, by largest remainder.

    The parts always sum to the amount. A tie goes to the share named first, and a negative amount is the mirror image
    of the positive one.

    >>> split(Decimal("100000.00"), [Fraction(1, 3)] * 3, Decimal("0.01"))
    [Decimal('33333.34'), Decimal('33333.33'), Decimal('33333.33')]
    >>> split(Decimal("-0.01"), [Decimal("0.5"), Decimal("0.5")], Decimal("0.01"))
    [Decimal('-0.01'), Decimal('0.00')]

    Raises ValueError when the amount is not a whole number of units, or when no share is above zero.
    """
    exact = [as_fraction(share) for share in shares]
    common = lcm(1, *(share.denominator for share in exact))
    weights = [share.numerator * (common // share.denominator) for share in exact]
    whole = sum(weights)
    if not weights or min(weights) < 0 or whole == 0:
        raise ValueError("shares must be zero or more, and at least one above zero")
    above, below = unit.as_integer_ratio()
    in_amount, part_of = amount.as_integer_ratio()
    units, left = divmod(abs(in_amount) * below, part_of * above)
    if left:
        raise ValueError(f"{amount} is not a whole number of {unit}")
    parts, remainders = zip(*(divmod(units * weight, whole) for weight in weights), strict=True)
    missing = units - sum(parts)
    gets_more = sorted(range(len(parts)), key=lambda place: -remainders[place])[:missing]
    sign = -1 if amount < 0 else 1
    counts = [part + (place in gets_more) for place, part in enumerate(parts)]
    return [EXACT.multiply(Decimal(sign * count if count else 0), unit) for count in counts]


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum of amounts, never rounded again."""
    result = Decimal(0)
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def as_fraction(number: Fraction | Decimal | int) -> Fraction:
    """The same number, ready for exact arithmetic; TypeError for anything that may be inexact."""
    if isinstance(number, Fraction):
        return number
    if isinstance(number, (Decimal, int)) and not isinstance(number, bool):
        return Fraction(number)
    raise TypeError(f"amounts are Fraction, Decimal or int, never {type(number).__name__}")


def exact_text(number: Fraction | Decimal | int) -> str:
    """The shortest exact spelling: a decimal where there is one, otherwise a fraction.

    >>> exact_text(Decimal("12000.00")), exact_text(Fraction(1, 8)), exact_text(Fraction(1, 3))
    ('12000', '0.125', '1/3')
    """
    number = as_fraction(number)
    if number.denominator == 1:
        return str(number.numerator)
    rest = number.denominator
    twos = fives = 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{number.numerator}/{number.denominator}"
    places = max(twos, fives)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"
