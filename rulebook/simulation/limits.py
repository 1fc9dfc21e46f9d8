"""The most that may be paid, in every draw: the same limits in the same order as the exact reading applies them.

Two things are worked out on groups instead of claim by claim. A limit per person is applied history by history and
therefore first of all, and claims that are alike – one metric, one day – are cut together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rulebook.earnings import life_periods
from rulebook.periods import Period
from rulebook.shapes import Rule
from rulebook.simulation.algebra import Array, Missing, Quantity
from rulebook.simulation.distributions import real
from rulebook.simulation.drawn import Looked
from rulebook.simulation.histories import by_time
from rulebook.simulation.lines import LUMP, Line, Portion
from rulebook.simulation.scene import ArrayScene
from rulebook.terms import LIMIT_ORDER, Limit, Terms
from rulebook.values import ShareOf

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
                for name, group in grouped(limit, chosen).items():
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


def group_of(limit: Limit, line: Line) -> str:
    return {"period": line.period.id, "cohort": line.cohort or ""}.get(limit.scope, "")


def grouped(limit: Limit, portions: Sequence[Portion]) -> dict[str, list[Portion]]:
    groups: dict[str, list[Portion]] = {}
    for portion in portions:
        groups.setdefault(group_of(limit, portion.line), []).append(portion)
    return groups
