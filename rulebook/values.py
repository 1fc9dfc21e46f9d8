"""Amounts and bounds that are numbers, or shares of what a measure shows."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from rulebook.registers import MEASURE
from rulebook.shapes import DayOrName, Either, Name, Number, Record, Rule, entry, found_in


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A share of a metric's value in the same period, or of a measure, such as 1.20 of the cost that was financed."""

    share: Fraction = entry(Number(), "Andel, 0.40 är 40 procent", "Share; 0.40 is 40 per cent")
    of: str | Rule = entry(
        Either(Name(of="metrics"), MEASURE), "Det som andelen räknas på", "What the share is taken of"
    )


Amount = Fraction | ShareOf
AMOUNT: Final = Either(Number(), Record(ShareOf))
BOUND: Final = Either(Number(yes_no=True), Record(ShareOf))
"""Like an amount, but a yes or a no counts as 1 or 0."""


DAY_OR_EVENT: Final = DayOrName("events")
"""A day, or the id of an event that the terms name."""


class ValueMissingError(Exception):
    """Something that a term depends on has no value in the period; `args[0]` is the metric's id, or None."""


def shares_in(params: Any) -> Iterator[ShareOf]:
    """Every amount or bound in the parameters that is a share of something, also inside measures."""
    return found_in(params, ShareOf)
