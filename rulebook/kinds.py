"""What every kind of measure, price and adjustment answers. A kind is defined once, for every reading of the terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Literal, Protocol

from rulebook.algebra import Algebra, Quantity
from rulebook.language import Subject, Voice
from rulebook.periods import Period
from rulebook.problems import Problem
from rulebook.shapes import Rule
from rulebook.values import Amount

Level = Literal["person", "cohort", "contract"]


class Scene(Protocol):
    """Where and when a term is worked out, and what it can look up there: one period, perhaps one cohort.

    An exact scene raises ValueMissingError where something has no value; a scene of draws answers with NaN.
    """

    @property
    def algebra(self) -> Algebra:
        """The kind of number in this reading."""

    @property
    def period(self) -> Period:
        """The measurement period."""

    @property
    def starts_on(self) -> date | None:
        """The first day of the contract's life."""

    @property
    def cohort(self) -> str | None:
        """The cohort, when the term is worked out for each of them."""

    def count(self, metric: str, over: str, per: str) -> Quantity:
        """Units of accepted claims in the period, or to date."""

    def value(self, metric: str, over: str, combine: str, per: str) -> Quantity:
        """A measured value of the period, or of all periods to date together."""

    def enrolled(self, per: str) -> Quantity:
        """Persons enrolled to date."""

    def paid(self, terms: Sequence[str], over: str) -> Quantity:
        """What other terms pay in the period, or to date, after limits."""

    def effect(self, metric: str, z: Fraction, fallback: Rule | None) -> Quantity:
        """The estimate where it is at least z standard errors from zero; elsewhere the fallback, or zero."""

    def first(self, measures: Sequence[Rule]) -> Quantity:
        """The first of the measures that has a value."""

    def measure(self, rule: Rule) -> Quantity:
        """The value of a measure."""

    def amount(self, amount: Amount) -> Quantity:
        """An agreed amount or bound, also where it is a share of something."""

    def price(self, rule: Rule, quantity: Quantity) -> Quantity:
        """What a price makes of a quantity."""


class MeasureKind(Protocol):
    """A module in `rulebook.measures`: one way to turn facts into a quantity."""

    @property
    def label(self) -> Mapping[str, str]:
        """What people call the kind, in Swedish and English."""

    @property
    def Params(self) -> type[Any]:  # noqa: N802 – a class, read from the module
        """The dataclass of the kind's parameters."""

    def value(self, p: Any, scene: Scene) -> Quantity:
        """The quantity."""

    def subject(self, p: Any, voice: Voice) -> Subject:
        """The quantity in words."""

    def numbers(self, p: Any, parts: Sequence[str], voice: Voice) -> str:
        """The formula with the figures of its parts, in the order they stand in the parameters; "" when it has none."""

    def check(self, p: Any, where: str) -> list[Problem]:
        """What is wrong with the parameters taken together."""


class PriceKind(Protocol):
    """A module in `rulebook.prices`: one way to turn a quantity into an amount, before limits and rounding."""

    @property
    def label(self) -> Mapping[str, str]:
        """What people call the kind, in Swedish and English."""

    @property
    def Params(self) -> type[Any]:  # noqa: N802 – a class, read from the module
        """The dataclass of the kind's parameters."""

    def amount(self, p: Any, quantity: Quantity, scene: Scene) -> Quantity:
        """What the quantity is worth."""

    def figures(self, p: Any, quantity: Fraction, scene: Scene) -> dict[str, str]:
        """The figures that a reader needs to check the amount with a pocket calculator."""

    def corners(self, p: Any) -> Sequence[Amount]:
        """The quantities at which the formula may bend or jump; between them the amount is a straight line."""

    def sentence(self, p: Any, subject: Subject, voice: Voice) -> str:
        """The rule as the parties sign it."""

    def words(self, p: Any, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
        """The formula in words, for figures that `figures` left."""

    def numbers(self, p: Any, figures: Mapping[str, str], subject: Subject, voice: Voice) -> str:
        """The same formula with the figures themselves."""

    def check(self, p: Any, where: str) -> list[Problem]:
        """What is wrong with the parameters taken together."""


class ClaimPriceKind(PriceKind, Protocol):
    """A price that each claim earns by itself, so that limits can tell which claim lost what."""

    def change_days(self, p: Any) -> Sequence[date]:
        """The days on which the price changes, in order of time."""

    def price_on(self, p: Any, day: date, scene: Scene) -> Quantity:
        """The price of one unit for an event on that day."""

    def quantity_of(self, p: Any, units: Fraction) -> Fraction:
        """How many times the price a claim of so many units earns."""


class ScheduledPriceKind(PriceKind, Protocol):
    """A price that falls due by the calendar and needs no measure."""

    def due_days(self, p: Any, periods: Sequence[Period], happened: Mapping[str, Sequence[date]]) -> tuple[date, ...]:
        """The days on which the amount is earned, given the life's measurement periods and what has happened when."""


class AdjustmentKind(Protocol):
    """A module in `rulebook.adjustments`: one way to scale what a price gave."""

    @property
    def label(self) -> Mapping[str, str]:
        """What people call the kind, in Swedish and English."""

    @property
    def Params(self) -> type[Any]:  # noqa: N802 – a class, read from the module
        """The dataclass of the kind's parameters."""

    def factor(self, p: Any, scene: Scene) -> Quantity:
        """What the amount is multiplied by."""

    def sentence(self, p: Any, voice: Voice) -> str:
        """The rule as the parties sign it."""

    def words(self, p: Any, voice: Voice) -> str:
        """The factor's name in a formula."""

    def check(self, p: Any, where: str) -> list[Problem]:
        """What is wrong with the parameters taken together."""
