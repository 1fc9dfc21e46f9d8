"""Arrays of draws as the kinds' numbers, and where something that they look at has no value.

An exact formula stops where a value is missing. A formula on arrays cannot stop in some of the draws, so each missing
value is noted, and the draws that it concerns pay nothing in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = Any
"""Which draws: an array of bools, or one bool for all of them."""
Quantity = Any
"""One number per draw as a float64 array, or one number for all of them."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The draws in which something has no value, and in which of them the terms leave it out rather than fear it."""

    mask: Mask
    excused: Mask

    def then(self, later: Missing) -> Missing:
        """Both; where both are missing, the first one says whether it is excused."""
        return Missing(self.mask | later.mask, np.where(self.mask, self.excused, later.excused))


@dataclass(slots=True)
class DrawAlgebra:
    """The kinds' algebra (`rulebook.algebra`) on draws, with note of what was missing in the branches taken."""

    missing: Missing | None = None
    _reals: dict[int, tuple[Fraction, np.float64]] = field(default_factory=dict)
    """Numbers already turned binary, by identity: the terms' own stand there once and are asked for again and again."""

    def note(self, missing: Missing | None) -> None:
        """Something that is looked at has no value in these draws."""
        if missing is not None:
            self.missing = missing if self.missing is None else self.missing.then(missing)

    def apart(self, value: Callable[[], Quantity]) -> tuple[Quantity, Missing | None]:
        """The value, and what was missing for it alone."""
        before, self.missing = self.missing, None
        found = value()
        missing, self.missing = self.missing, before
        return found, missing

    def number(self, exact: Fraction) -> np.float64:
        found = self._reals.get(id(exact))
        if found is None:
            found = self._reals[id(exact)] = (exact, np.float64(exact.numerator / exact.denominator))
        return found[1]

    def least(self, *quantities: Quantity) -> Quantity:
        return reduce(np.minimum, quantities)

    def greatest(self, *quantities: Quantity) -> Quantity:
        return reduce(np.maximum, quantities)

    def whole(self, quantity: Quantity) -> Quantity:
        return np.floor(quantity)

    def ratio(self, above: Quantity, below: Quantity) -> Quantity:
        nothing = np.equal(below, 0)
        if nothing.any():
            self.note(Missing(nothing, False))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(nothing, np.nan, np.divide(above, below))

    def choose(
        self, cases: Sequence[tuple[Mask, Callable[[], Quantity]]], otherwise: Callable[[], Quantity]
    ) -> Quantity:
        chosen, missing = self.apart(otherwise)
        for holds, value in reversed(cases):
            here, missing_here = self.apart(value)
            chosen = _chosen(holds, here, chosen)
            missing = _of_either(holds, missing_here, missing)
        self.note(missing)
        return chosen


def _chosen(holds: Mask, here: Quantity, elsewhere: Quantity) -> Quantity:
    """`here` where it holds; one number or nothing is quicker multiplied than picked."""
    if np.ndim(here) == 0 and np.ndim(elsewhere) == 0 and elsewhere == 0:
        return holds * here
    return np.where(holds, here, elsewhere)


def _of_either(holds: Mask, here: Missing | None, elsewhere: Missing | None) -> Missing | None:
    if here is None and elsewhere is None:
        return None
    nowhere = Missing(False, False)
    first, second = here or nowhere, elsewhere or nowhere
    return Missing(np.where(holds, first.mask, second.mask), np.where(holds, first.excused, second.excused))
