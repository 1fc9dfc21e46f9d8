"""Lines that are finished: rounded, divided between the payers, and without what is never released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np

from rulebook.money import Rounding
from rulebook.simulation.algebra import Array, Quantity
from rulebook.simulation.distributions import real
from rulebook.simulation.limits import NEARLY, Limits, concerns, group_of, has_strata
from rulebook.simulation.lines import LUMP, Line
from rulebook.terms import Holdback, Leg, Limit, Terms

PERSONAL: Final = frozenset({"person", "composition"})
"""Limits on claims: rounding a line can never lift a sum above them, for they hold before it."""


# --- rounding ---------------------------------------------------------------------------------------------------


def rounding_shows(terms: Terms) -> bool:
    """Whether rounding shows in a distribution: to a krona or more, or where terms or payers' limits build on it."""
    return terms.rounding_terms.unit >= 1 or has_strata(terms) or any(limit.scope == "payer" for limit in terms.limits)


def finish(lines: Sequence[Line], limits: Limits, settled: Sequence[Line]) -> None:
    """Add up what is left of each line and round it; take back what rounding lifted above a limit.

    `settled` are the lines of earlier strata, which stay as they are.
    """
    terms, size = limits.terms, limits.looked.drawn.size
    for line in lines:
        line.exact = sum((portion.amount for portion in line.portions[1:]), line.portions[0].amount) if (
            line.portions) else np.zeros(size)  # fmt: skip
        line.amount = rounded(line.exact, terms.rounding) if limits.rounds else line.exact
    if limits.rounds:
        for limit in (limit for limit in limits.in_order if limit.scope not in PERSONAL):
            groups: dict[str, list[Line]] = defaultdict(list)
            for line in (*settled, *lines):
                if concerns(limit, line):
                    groups[group_of(limit, line)].append(line)
            for group in groups.values():
                _clip(limit, group, limits, {id(line) for line in settled})


def rounded(amount: Array, rounding: Rounding) -> Array:
    """The amount as a whole number of the rounding's units; every mode treats minus as the mirror of plus."""
    units = _in_units(np.abs(amount), rounding)
    match rounding.mode:
        case "down":
            whole = np.floor(units + NEARLY)
        case "up":
            whole = np.ceil(units - NEARLY)
        case "half_up":
            whole = np.floor(units + (1 / 2 + NEARLY))
        case "half_even":
            whole = np.rint(units)
    return np.copysign(_of_units(whole, rounding), amount)


def _in_units(amount: Quantity, rounding: Rounding) -> Array:
    parts, of = rounding.unit.as_integer_ratio()
    return np.asarray(amount * of / parts)


def _of_units(units: Array, rounding: Rounding) -> Array:
    """So many units as an amount; the nearest binary number to the exact one."""
    parts, of = rounding.unit.as_integer_ratio()
    return units * parts / of


def _clip(limit: Limit, group: Sequence[Line], limits: Limits, settled: set[int]) -> None:
    paid = sum((line.amount for line in group), np.float64(0))
    exact = sum((line.exact for line in group), np.float64(0))
    excess = paid - np.maximum(limits.cap(limit, group[-1]), exact)
    rounding = limits.terms.rounding
    for line in reversed(group):
        if id(line) in settled:
            continue
        steps = np.ceil(_in_units(excess, rounding) - NEARLY)
        if not (steps > 0).any():
            break
        steps = np.minimum(steps, np.floor(_in_units(line.amount, rounding) + NEARLY))
        lowered = _of_units(np.maximum(steps, 0), rounding)
        line.amount = line.amount - lowered
        excess = excess - lowered
        limits.taken.add(limit, lowered)


# --- payers and what is held back -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paid:
    """A finished line: what it pays in each draw, and each leg's part of it.

    Without `parts` every leg pays its own share of the amount.
    """

    line: Line
    legs: tuple[Leg, ...]
    amount: Array
    parts: Sequence[Array] | None = None

    def part(self, place: int) -> Array:
        """What one of the legs pays."""
        return self.amount * real(self.legs[place].share) if self.parts is None else self.parts[place]


def paid_by(lines: Sequence[Line], limits: Limits) -> Iterator[Paid]:
    """The lines in order, each payer's part cut to what the payer's limit leaves – the later line loses –
    and without what is held back for ever."""
    terms = limits.terms
    caps = [limit for limit in terms.limits if limit.scope == "payer"]
    paid: dict[str, Quantity] = defaultdict(lambda: np.float64(0))
    for line in sorted(lines, key=lambda line: line.order):
        legs = terms.legs_of(line.term)
        parts = None
        amount = line.amount
        if caps:
            parts = _split(line.amount, [leg.share for leg in legs], terms.rounding)
            for place, leg in enumerate(legs):
                for cap in (cap for cap in caps if cap.payer in (None, leg.payer)):
                    parts[place] = _within(cap, parts[place], paid[leg.payer], limits)
                paid[leg.payer] = paid[leg.payer] + parts[place]
            amount = sum(parts[1:], parts[0])
        if line.term.holdback is not None:
            left = amount - _held(line.term.holdback, line, amount, limits)
            if parts is not None:
                still = np.divide(left, amount, out=np.ones_like(left), where=amount != 0)
                parts = [part * still for part in parts]
            amount = left
        yield Paid(line, legs, amount, parts)


def _within(limit: Limit, amount: Array, paid: Quantity, limits: Limits) -> Array:
    assert isinstance(limit.at_most, Fraction)  # noqa: S101 – the checks demand a number
    room = rounded(np.maximum(real(limit.at_most) - paid, 0), Rounding(limits.terms.rounding.unit, "down"))
    kept = np.minimum(amount, room)
    if np.any(kept != amount):
        limits.taken.add(limit, amount - kept)
    return kept


def _split(amount: Array, shares: Sequence[Fraction], rounding: Rounding) -> list[Array]:
    """The amount in the proportions of the shares, in whole units by largest remainder."""
    units = np.rint(_in_units(np.abs(amount), rounding))
    exact = np.array([units * real(share) for share in shares])
    parts = np.floor(exact + NEARLY)
    left_over = np.rint(units - parts.sum(axis=0))
    rank = np.argsort(np.argsort(np.round(parts - exact, 9), axis=0, kind="stable"), axis=0)
    parts += rank < left_over
    return [np.copysign(_of_units(part, rounding), amount) for part in parts]


def _held(holdback: Holdback, line: Line, amount: Array, limits: Limits) -> Quantity:
    """What of the line is never released: a share of all of it, or of the persons who never count on the metric."""
    looked = limits.looked
    if isinstance(holdback.on, date):
        return np.float64(0)
    waiting = amount
    if holdback.on is not None:
        waiting = amount * (not looked.histories.readings.happened.get(holdback.on))
    claims = [portion for portion in line.portions if portion.piece != LUMP]
    if holdback.metric is not None and claims:
        pieces = looked.histories.pieces
        never = [one.amount for one in claims if holdback.metric not in pieces[one.piece].reached]
        waiting = np.minimum(amount, sum(never[1:], never[0]) if never else 0)
    held = real(holdback.share) * waiting
    return rounded(held, limits.terms.rounding) if limits.rounds else held
