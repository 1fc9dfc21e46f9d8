"""Where a step of a table begins: at a level that is reached, or above one that is passed."""

from __future__ import annotations

from fractions import Fraction

from rulebook.algebra import Holds, Quantity
from rulebook.kinds import Scene
from rulebook.values import Amount


class Level:
    """What every step with `at_least` or `above` answers; a sound step has exactly one of them."""

    __slots__ = ()
    at_least: Amount | None
    above: Amount | None

    @property
    def bound(self) -> Amount:
        """The level itself."""
        return self.at_least if self.at_least is not None else (self.above or Fraction(0))

    def is_reached(self, quantity: Quantity, scene: Scene) -> Holds:
        """Whether the quantity has reached the level, or passed it."""
        bound = scene.amount(self.bound)
        return quantity >= bound if self.at_least is not None else quantity > bound
