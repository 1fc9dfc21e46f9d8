"""The most that may be paid, in every draw: the same limits in the same order as the exact reading applies them.

Two things are worked out on groups instead of claim by claim. A limit per person is applied history by history and
therefore first of all, and claims that are alike – one metric, one day – are cut together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rulebook.earnings import life_periods
from rulebook.money import Rounding
from rulebook.periods import Period
from rulebook.shapes import Rule
from rulebook.simulation.algebra import Array, Missing, Quantity
from rulebook.simulation.distributions import real
from rulebook.simulation.drawn import Looked, by_time
from rulebook.simulation.lines import LUMP, Line, Portion
from rulebook.simulation.scene import ArrayScene
from rulebook.terms import LIMIT_ORDER, Holdback, Leg, Limit, Terms
from rulebook.values import ShareOf

PERSONAL: Final = frozenset({"person", "composition"})
"""Limits on claims: rounding a line can never lift a sum above them, for they hold before it."""
FEW: Final = 16
"""Where fewer than one in so many of the draws is concerned, it pays to pick them out."""
NEARLY: Final = 1 / 10**9
"""What binary numbers may miss by where a whole number of units is meant."""


_Totals = dict[tuple[int, ...], Array]
"""Sums of amounts, by the identities of the portions."""


@dataclass(slots=True)
class Taken:
    """What each limit has taken in each draw."""

    size: int
    by_limit: dict[str, Array] = field(default_factory=dict)

    def add(self, limit: Limit, amount: Quantity) -> None:
        """The limit took the amount."""
        if limit.name not in self.by_limit:
            self.by_limit[limit.name] = np.zeros(self.size)
        self.by_limit[limit.name] += amount


class Limits:
    """The limits of the terms over one chunk of draws."""

    def __init__(self, looked: Looked, rounds: bool) -> None:
        self.looked, self.terms, self.rounds = looked, looked.terms, rounds
        self.taken = Taken(looked.drawn.size)
        self.used: dict[tuple[str, str], Array] = {}
        """What earlier strata of terms have used, per limit and group."""
        self._caps: dict[tuple[str, str, str], Quantity] = {}
        self._totals: _Totals = {}
        """What some portions are together, after the limits so far."""
        self._has_cut = False

    @property
    def in_order(self) -> list[Limit]:
        """Every limit but those per payer, in the order of the terms."""
        return in_order(self.terms)

    def cap(self, limit: Limit, line: Line) -> Quantity:
        """The limit's amount for a line; infinite where a missing value lifts the limit."""
        if not isinstance(limit.at_most, ShareOf):
            return self.looked.algebra.number(limit.at_most)
        key = (limit.name, line.period.id, line.term.id)
        if key not in self._caps:
            value, missing = self._shared_value(limit.at_most, line, limit.scope == "period")
            cap = np.maximum(real(limit.at_most.share) * value, 0)
            if missing is not None:
                cap = np.where(missing.mask, np.where(missing.excused, np.inf, 0), cap)
            self._caps[key] = cap
        return self._caps[key]

    def _shared_value(self, share: ShareOf, line: Line, per_period: bool) -> tuple[Quantity, Missing | None]:
        if isinstance(share.of, Rule):
            scene = ArrayScene(line.term, line.period, None, self.looked)
            return scene.algebra.apart(partial(scene.measure, share.of))
        metric = self.terms.metric_by_id[share.of]
        if per_period:
            value, missing, _ = self.looked.read(metric, line.period, None)
            return value, missing
        return self.looked.latest(metric)

    # --- cutting ------------------------------------------------------------------------------------------------

    def apply(self, lines: list[Line]) -> list[Line]:
        """Cut every portion to what the limits leave; returns the lines, with those that pay later what has waited."""
        self._totals = {}
        portions = sorted((portion for line in lines for portion in line.portions), key=lambda one: one.order)
        personal = [limit for limit in self.in_order if limit.scope == "person"]
        if personal:
            self._cap_persons(personal, [portion for portion in portions if portion.piece != LUMP])
        for limit in self.in_order:
            chosen = [portion for portion in portions if concerns(limit, portion.line)]
            if not chosen or limit.scope == "person":
                continue
            before, self._totals, self._has_cut = self._totals, {}, False
            if limit.scope == "composition":
                self._compose(limit, [portion for portion in chosen if portion.piece != LUMP], portions)
            elif limit.surplus == "banked":
                later = self._bank(limit, chosen, lines)
                portions += later
            else:
                for name, group in _grouped(limit, chosen).items():
                    self._cap_group(limit, name, group, before)
            if not self._has_cut:
                self._totals = before | self._totals
        return sorted(lines, key=lambda line: line.order)

    def _cap_persons(self, limits: Sequence[Limit], portions: Sequence[Portion]) -> None:
        """Limits per person: each history loses what one person with it would lose, as often as somebody has it."""
        histories: dict[int, list[Portion]] = defaultdict(list)
        for portion in portions:
            for history, times in self.looked.histories.holders[portion.piece].items():
                histories[history] += [portion] * times
        for history, own in histories.items():
            times_drawn = self.looked.drawn.times[history]
            left = [portion.each for portion in own]
            for limit in limits:
                for place, kept in self._within_person(limit, own, left):
                    lost = times_drawn * (left[place] - kept)
                    own[place].amount = np.subtract(own[place].amount, lost)
                    self.taken.add(limit, lost)
                    left[place] = kept

    def _within_person(
        self, limit: Limit, own: Sequence[Portion], amounts: Sequence[Quantity]
    ) -> Iterator[tuple[int, Quantity]]:
        """What one person keeps of each portion that the limit cuts."""
        used: Quantity = np.float64(0)
        for place, portion in enumerate(own):
            if concerns(limit, portion.line):
                amount, room = amounts[place], np.maximum(self.cap(limit, portion.line) - used, 0)
                kept = np.minimum(amount, room)
                used = used + kept
                if np.any(kept != amount):
                    yield place, kept

    def _cap_group(self, limit: Limit, name: str, group: Sequence[Portion], known: _Totals) -> None:
        caps = [self.cap(limit, portion.line) for portion in group]
        before = self.used.get((limit.name, name), np.float64(0))
        if any(portion.has_minus for portion in group) or any(cap is not caps[0] for cap in caps):
            self._cap_one_by_one(limit, group, caps, before)
        else:
            self._cap_by_period(limit, group, caps[0], before, known)
        if has_strata(self.terms):
            self.used[limit.name, name] = np.add(before, sum(portion.amount for portion in group))

    def _cap_by_period(
        self, limit: Limit, group: Sequence[Portion], cap: Quantity, before: Quantity, known: _Totals
    ) -> None:
        """One cap and no minus: only periods in which the sum passes the cap in some draw need a closer look."""
        used: Quantity = before
        for _, block in groupby(group, key=lambda portion: portion.line.period):
            portions = list(block)
            key = tuple(map(id, portions))
            total = known[key] if key in known else _total(portions)
            after = used + total
            over = after > cap
            if over.any():
                self._cut(portions, over, np.maximum(cap - used, 0))
                kept = np.maximum(np.minimum(after, cap), used)
                self.taken.add(limit, after - kept)
                total, after, self._has_cut = kept - used, kept, True
            self._totals[key] = total
            used = after

    @staticmethod
    def _cut(portions: Sequence[Portion], over: NDArray[np.bool_], room: Array) -> None:
        """Cut the portions, one after another, to the room there is: in all draws, or in those where it is short."""
        some = np.flatnonzero(over)
        if some.size * FEW > over.size:
            room = room + np.zeros(over.size)
            for portion in portions:
                portion.amount = np.minimum(portion.amount, room)
                room -= portion.amount
            return
        room = _in(room, some) + np.zeros(some.size)
        for portion in portions:
            kept = np.minimum(portion.amount[some], room)
            room -= kept
            portion.amount = portion.amount.copy()
            portion.amount[some] = kept

    def _cap_one_by_one(self, limit: Limit, group: Sequence[Portion], caps: Sequence[Quantity], used: Quantity) -> None:
        """The same where caps change along the way or amounts are negative: a negative amount makes room again."""
        self._has_cut = True
        taken = np.zeros(self.looked.drawn.size)
        for portion, cap in zip(group, caps, strict=True):
            kept = np.minimum(portion.amount, np.maximum(cap - used, 0))
            used = used + kept
            taken += portion.amount - kept
            portion.amount = kept
        self.taken.add(limit, taken)

    def _compose(self, limit: Limit, chosen: Sequence[Portion], portions: Sequence[Portion]) -> None:
        """A metric may be at most a share of all claims that are paid one by one: the later of its claims lose all."""
        self._has_cut = True
        pieces, claims = self.looked.histories.pieces, self.looked.claims
        paid = dict.fromkeys(portion.piece for portion in portions if portion.piece != LUMP)
        if not chosen:
            return
        units = sum((claims(piece) * real(pieces[piece].units) for piece in paid), np.float64(0))
        fits = self.cap(limit, chosen[0].line) * units + NEARLY
        before = np.zeros(self.looked.drawn.size)
        for piece in dict.fromkeys(portion.piece for portion in chosen):
            number, of_one = claims(piece), real(pieces[piece].units)
            whole = np.floor((fits - before) / of_one) if of_one else np.where(before <= fits, number, 0)
            fit = np.clip(whole, 0, number)
            before = before + number * of_one
            if np.any(fit < number):
                share = np.divide(fit, number, out=np.ones_like(fit), where=number > 0)
                for portion in (portion for portion in chosen if portion.piece == piece):
                    self.taken.add(limit, portion.amount * (1 - share))
                    portion.amount = portion.amount * share

    def _bank(self, limit: Limit, chosen: Sequence[Portion], lines: list[Line]) -> list[Portion]:
        """What does not fit in its period waits, first come first served, for room in the periods after it."""
        self._has_cut = True
        periods = by_time(iter([*(portion.line.period for portion in chosen), *life_periods(self.terms)]))
        caps = {portion.line.period: self.cap(limit, portion.line) for portion in chosen}
        cap: Quantity = caps[min(caps, key=lambda period: (period.ends_on, period.id))]
        waiting: list[tuple[Portion, Array]] = []
        later: list[Portion] = []
        for period in periods:
            cap = caps.get(period, cap)
            room: Quantity = cap + np.zeros(self.looked.drawn.size)
            queue = [*waiting, *((one, one.amount) for one in chosen if one.line.period == period)]
            waiting = []
            for portion, amount in queue:
                paid = np.minimum(amount, np.maximum(room, 0))
                room = room - paid
                rest = amount - paid
                if portion.line.period == period:
                    portion.amount = paid
                    self.taken.add(limit, rest)
                elif paid.any():
                    later.append(_pay_later(portion, period, paid, lines))
                    self.taken.add(limit, -paid)
                if rest.any():
                    waiting.append((portion, rest))
        return later


def _total(portions: Sequence[Portion]) -> Array:
    total = portions[0].amount.copy()
    for portion in portions[1:]:
        total += portion.amount
    return total


def _in(quantity: Quantity, rows: Any) -> Quantity:
    return quantity[rows] if np.ndim(quantity) else quantity


def _pay_later(portion: Portion, period: Period, paid: Array, lines: list[Line]) -> Portion:
    """A portion for what waited, in the line of the later period, which is made when there is none."""
    source = portion.line
    same = (
        line for line in lines if (line.term.id, line.period, line.cohort) == (source.term.id, period, source.cohort)
    )
    line = next(same, None)
    if line is None:
        line = Line(source.term, source.term_rank, period, source.cohort)
        lines.append(line)
    moved = Portion(
        line, portion.day, portion.rank, portion.ordinal, portion.piece, paid, portion.has_minus, portion.each
    )
    line.portions.append(moved)
    return moved


def in_order(terms: Terms) -> list[Limit]:
    """Every limit but those per payer, in the order of the terms."""
    order = [*terms.order, *(scope for scope in LIMIT_ORDER if scope not in terms.order)]
    ours = [limit for limit in terms.limits if limit.scope != "payer"]
    return sorted(ours, key=lambda limit: (order.index(limit.scope), limit.rank))


def has_strata(terms: Terms) -> bool:
    """Whether some terms build on what others pay, so that they are worked out after them."""
    return any(rule.kind == "paid" for term in terms.terms for rule in term.measures)


def concerns(limit: Limit, line: Line) -> bool:
    """Whether the limit bears on a line at all."""
    return (
        limit.metric in (None, line.term.metric)
        and limit.term in (None, line.term.id)
        and limit.cohort in (None, line.cohort)
        and not (limit.scope == "cohort" and line.cohort is None)
    )


def _group_of(limit: Limit, line: Line) -> str:
    return {"period": line.period.id, "cohort": line.cohort or ""}.get(limit.scope, "")


def _grouped(limit: Limit, portions: Sequence[Portion]) -> dict[str, list[Portion]]:
    groups: dict[str, list[Portion]] = {}
    for portion in portions:
        groups.setdefault(_group_of(limit, portion.line), []).append(portion)
    return groups


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
                    groups[_group_of(limit, line)].append(line)
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
