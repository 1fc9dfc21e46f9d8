"""What every kind of measure and of price answers; the registers are `MEASURES` and `PRICES`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal, Protocol

from rulebook.language import Subject, Voice
from rulebook.periods import Period
from rulebook.problems import Problem

Level = Literal["person", "cohort", "contract"]


class MeasureKind(Protocol):
    """A module in `rulebook.measures`: one way to turn facts into a quantity."""

    @property
    def label(self) -> Mapping[str, str]:
        """What people call the kind, in Swedish and English."""

    @property
    def Params(self) -> type[Any]:  # noqa: N802 – a class, read from the module
        """The dataclass of the kind's parameters."""

    @property
    def LEVELS(self) -> tuple[Level, ...]:  # noqa: N802 – a constant, read from the module
        """The levels of the metrics that the measure can be taken of."""

    def subject(self, p: Any, voice: Voice) -> Subject:
        """The quantity in words."""

    def check(self, p: Any, where: str) -> list[Problem]:
        """What is wrong with the parameters taken together."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What a quantity is worth, and the figures that a reader needs to check it with a pocket calculator."""

    amount: Fraction
    figures: Mapping[str, str]


class PriceKind(Protocol):
    """A module in `rulebook.prices`: one way to turn a quantity into an exact amount, before limits and rounding."""

    @property
    def label(self) -> Mapping[str, str]:
        """What people call the kind, in Swedish and English."""

    @property
    def Params(self) -> type[Any]:  # noqa: N802 – a class, read from the module
        """The dataclass of the kind's parameters."""

    def pay(self, p: Any, quantity: Fraction, day: date) -> Priced:
        """What the quantity is worth under the price of that day."""

    def sentence(self, p: Any, subject: Subject, voice: Voice) -> str:
        """The rule as the parties sign it."""

    def words(self, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
        """The formula in words, for figures that `pay` left."""

    def numbers(self, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
        """The same formula with the figures themselves."""

    def check(self, p: Any, where: str) -> list[Problem]:
        """What is wrong with the parameters taken together."""


class ClaimPriceKind(PriceKind, Protocol):
    """A price that each claim earns by itself, so that limits can tell which claim lost what."""

    def price_on(self, p: Any, day: date) -> Fraction:
        """The price of one unit for an event on that day."""


class ScheduledPriceKind(PriceKind, Protocol):
    """A price that falls due by the calendar and needs no measure."""

    def due_days(self, p: Any, periods: Sequence[Period]) -> tuple[date, ...]:
        """The days on which the amount is earned, given the measurement periods of the agreement's life."""
