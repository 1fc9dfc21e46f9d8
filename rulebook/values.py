"""Amounts that are numbers, and amounts that are shares of what a metric shows."""

# ruff: noqa: RUF009 – entry() is a dataclasses.field()

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from typing import Any, Final

from rulebook.shapes import Either, Name, Number, Record, entry


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A share of the value of a metric in the same period, such as 1.20 of the cost that was financed."""

    share: Fraction = entry(Number(), "Andel, 0.40 är 40 procent", "Share; 0.40 is 40 per cent")
    of: str = entry(Name(), "Måttet som andelen räknas på", "The metric that the share is taken of")


Amount = Fraction | ShareOf
AMOUNT: Final = Either(Number(), Record(ShareOf))


class ValueMissingError(Exception):
    """An amount is a share of a metric that has no value in the period; `args[0]` is the metric's id."""


def metrics_named_in(params: Any) -> Iterator[str]:
    """The metrics that the parameters take a share of."""
    if isinstance(params, ShareOf):
        yield params.of
    elif isinstance(params, tuple):
        for item in params:
            yield from metrics_named_in(item)
    elif is_dataclass(params):
        for item in fields(params):
            yield from metrics_named_in(getattr(params, item.name))


def resolved(params: Any, value_of: Callable[[str], Fraction | None]) -> Any:
    """The same parameters with every share of a metric worked out; ValueMissingError when there is nothing to share."""
    if isinstance(params, ShareOf):
        value = value_of(params.of)
        if value is None:
            raise ValueMissingError(params.of)
        return params.share * value
    if isinstance(params, tuple):
        return tuple(resolved(item, value_of) for item in params)
    if is_dataclass(params) and not isinstance(params, type) and any(metrics_named_in(params)):
        return replace(params, **{item.name: resolved(getattr(params, item.name), value_of) for item in fields(params)})
    return params


def number(amount: Amount) -> Fraction:
    """A worked-out amount; TypeError if it is still a share of something."""
    if isinstance(amount, ShareOf):
        raise TypeError(f"the share of {amount.of} has not been worked out")
    return amount
