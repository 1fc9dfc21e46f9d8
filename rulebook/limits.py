"""The most that may be paid: per metric, term, person, cohort, period and contract, in the order the terms say.

Every portion passes the limits one after another, in order of event date. What one limit leaves is what the next one
sees, and what has passed a limit before uses up its room. A limit is the limit of the version in force on the portion's
event date; what was earned under earlier versions counts towards it but is never taken back.

All amounts are whole numbers here: multiples of one small fraction in which every amount and every cap is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm
from typing import Final

import numpy as np

from rulebook.columns import SAFE, Column, in_order, running, sums, whole
from rulebook.earnings import NOBODY, Earning, Portions, life_periods
from rulebook.money import EXACT
from rulebook.periods import Period
from rulebook.readings import Readings
from rulebook.scene import ZERO, ExactScene
from rulebook.shapes import Rule
from rulebook.terms import LIMIT_ORDER, Limit
from rulebook.timeline import Timeline, Version
from rulebook.values import ShareOf, ValueMissingError

LimitKey = tuple[str, str]
PERSONAL: Final = frozenset({"person", "composition"})
"""Limits on claims: rounding a line can never lift a sum above them, for they hold before it."""


@dataclass(slots=True)
class Draft:
    """A line that is being finished: rounded, and with what each limit took from it and from which rows."""

    earning: Earning
    exact: Fraction
    amount: Decimal
    taken: dict[str, tuple[Fraction, Column]] = field(default_factory=dict)
    by_row: tuple[Column, Column, int] | None = None
    """The claims' rows, what is left of each, and in how small parts; only where a part is held person by person."""


@dataclass(slots=True)
class Cut:
    """What the limits left of every portion, in ticks of 1 / `ticks`, and what each limit took from which of them."""

    portions: Portions
    earnings: list[Earning]
    ticks: int
    earned: Column
    """What every portion earned before the limits; what waited for a later period comes after these, and not in it."""
    kept: Column
    lost: list[tuple[str, Column, Column]]
    """(limit's name, portions' numbers, ticks lost), limit by limit."""

    def refine(self, times: int) -> None:
        """Make every tick so many times smaller, in Python's own integers where 64 bits could overflow."""
        largest = max(
            (abs(int(column.max())) + abs(int(column.min())) for column in (self.earned, self.kept) if len(column)),
            default=0,
        )
        dtype = np.int64 if largest * times * max(len(self.kept), 1) < SAFE else object
        self.ticks *= times
        self.earned = self.earned.astype(dtype) * times
        self.kept = self.kept.astype(dtype) * times
        self.lost = [(name, portions, lost.astype(dtype) * times) for name, portions, lost in self.lost]


class Limits:
    """The limits of all versions of one contract."""

    def __init__(self, timeline: Timeline, readings: Readings, as_of: date | None) -> None:
        self.timeline, self.readings, self.as_of = timeline, readings, as_of
        self._by_version: dict[int, dict[LimitKey, Limit]] = {
            version.number: {limit.key: limit for limit in version.terms.limits if limit.scope != "payer"}
            for version in timeline.versions
        }
        self._keys = {key for limits in self._by_version.values() for key in limits}
        self.has_strata = False
        """Whether some terms are worked out after others, so that what persons have used must be remembered."""
        self.used: dict[tuple[LimitKey, str], Fraction] = defaultdict(Fraction)
        """What earlier strata of terms have used, per limit and group; a person is a group by number."""

    def used_before(self, key: LimitKey, labels: Mapping[str, int]) -> Iterator[tuple[int, Fraction]]:
        """What earlier strata have used of a limit, by the number of the group: of a label, or of a person."""
        for (of, name), amount in self.used.items():
            if of == key and key[0] == "person":
                yield int(name), amount
            elif of == key and name in labels:
                yield labels[name], amount

    def has_come(self, period: Period) -> bool:
        """Whether the period has ended by the day of the calculation."""
        return self.as_of is None or period.ends_on <= self.as_of

    def of(self, version: Version, key: LimitKey) -> Limit | None:
        """The limit with that key in the version."""
        return self._by_version[version.number].get(key)

    def any_of(self, key: LimitKey) -> Limit:
        """The limit with that key in the first version that knows it."""
        return next(limits[key] for limits in self._by_version.values() if key in limits)

    def cap(self, earning: Earning, key: LimitKey) -> Fraction | None:
        """The limit's amount for an earning; None when its version has no such limit."""
        limit = self.of(earning.version, key)
        if limit is None:
            return None
        if not isinstance(limit.at_most, ShareOf):
            return limit.at_most
        value, excused = self._shared_value(limit.at_most, earning, limit.scope == "period")
        if value is None:
            return None if excused else ZERO
        return max(limit.at_most.share * value, ZERO)

    def _shared_value(self, share: ShareOf, earning: Earning, per_period: bool) -> tuple[Fraction | None, bool]:
        """What the limit is a share of, and whether its absence lifts the limit."""
        scene = ExactScene(earning.term, earning.version, earning.period, None, self.readings)
        if isinstance(share.of, Rule):
            try:
                return scene.measure(share.of), False
            except ValueMissingError as missing:
                return None, scene.is_excluded(missing.args[0])
        metric = earning.version.terms.metric_by_id[share.of]
        value = scene.reading(share.of).value if per_period else self.readings.latest(metric)
        return value, metric.missing == "exclude"

    def in_order(self) -> list[LimitKey]:
        """Every limit that any version knows, as the latest version orders them; of one scope, the narrower first."""
        order = [*self.timeline.latest.terms.order]
        order += [scope for scope in LIMIT_ORDER if scope not in order]
        return sorted(self._keys, key=lambda key: (order.index(key[0]), self.any_of(key).rank))

    def name(self, version: Version, key: LimitKey) -> str:
        """How the version's lines refer to the limit."""
        return (self.of(version, key) or self.any_of(key)).name

    def concerns(self, key: LimitKey, earning: Earning) -> bool:
        """Whether the limit bears on an earning at all."""
        limit = self.any_of(key)
        return (
            limit.metric in (None, earning.term.metric)
            and limit.term in (None, earning.term.id)
            and limit.cohort in (None, earning.cohort)
            and not (limit.scope == "cohort" and earning.cohort is None)
        )


def group_of(scope: str, earning: Earning) -> str:
    """Within what a limit is reckoned, but for persons."""
    return {"period": earning.period.id, "cohort": earning.cohort or ""}.get(scope, "")


def apply(portions: Portions, earnings: list[Earning], limits: Limits) -> Cut:
    """Cut every portion to what the limits leave."""
    ticks = lcm(1, *{amount.denominator for amount in portions.amounts})
    amounts = whole([_ticks(amount, ticks) for amount in portions.amounts], len(portions.line))
    earned = amounts[portions.amount]
    cut = Cut(portions, earnings, ticks, earned, earned.copy(), [])
    for key in limits.in_order():
        _apply_one(cut, key, limits)
    return cut


def _ticks(amount: Fraction, ticks: int) -> int:
    return amount.numerator * (ticks // amount.denominator)


def _caps(cut: Cut, key: LimitKey, limits: Limits) -> list[Fraction | None]:
    """The limit's cap on each line; ticks become so small that every cap is a whole number of them."""
    caps = [limits.cap(earning, key) if limits.concerns(key, earning) else None for earning in cut.earnings]
    used = [amount for (of, _), amount in limits.used.items() if of == key]
    exact = [*used, *(cap for cap in caps if cap is not None)]
    finer = lcm(cut.ticks, *{amount.denominator for amount in exact})
    if finer != cut.ticks and key[0] != "composition":
        cut.refine(finer // cut.ticks)
    return caps


def _apply_one(cut: Cut, key: LimitKey, limits: Limits) -> None:
    scope = key[0]
    concerned = np.array([limits.concerns(key, earning) for earning in cut.earnings], bool)
    chosen = np.flatnonzero(concerned[cut.portions.line]) if len(concerned) else np.zeros(0, np.int64)
    if scope in PERSONAL:
        chosen = chosen[cut.portions.person[chosen] != NOBODY]
    if not len(chosen):
        return
    caps = _caps(cut, key, limits)
    if scope == "composition":
        _compose(cut, chosen, caps, limits, key)
    elif scope == "period" and limits.any_of(key).surplus == "banked":
        _bank(cut, chosen, caps, limits, key)
    else:
        _cap(cut, chosen, caps, limits, key)


def _cap(cut: Cut, chosen: Column, caps: list[Fraction | None], limits: Limits, key: LimitKey) -> None:
    line = cut.portions.line[chosen]
    names = [group_of(key[0], earning) for earning in cut.earnings]
    labels = {name: number for number, name in enumerate(dict.fromkeys(names))}
    group = (
        cut.portions.person[chosen]
        if key[0] == "person"
        else np.array([labels[name] for name in names], np.int64)[line]
    )
    by_group = in_order(group)
    before = {number: _ticks(used, cut.ticks) for number, used in limits.used_before(key, labels)}
    amounts = cut.kept[chosen][by_group]
    of_line = whole([-1 if cap is None else _ticks(cap, cut.ticks) for cap in caps], len(chosen))
    room = of_line[line[by_group]]
    kept = _kept(group[by_group], amounts, room, before)
    lost = np.zeros(len(chosen), amounts.dtype)
    lost[by_group] = amounts - kept
    cut.kept[chosen] -= lost
    _remember(cut, chosen, lost, limits, key)
    if key[0] != "person":
        totals = sums(group, cut.kept[chosen], len(labels))
        for name, number in labels.items():
            limits.used[key, name] += Fraction(int(totals[number]), cut.ticks)
    elif limits.has_strata:
        for person, amount in zip(group.tolist(), cut.kept[chosen].tolist(), strict=True):
            limits.used[key, str(person)] += Fraction(amount, cut.ticks)


def _kept(group: Column, amounts: Column, room: Column, before: dict[int, int]) -> Column:
    """What is left of each amount, group by group; `room` is the cap of each row, −1 for none.

    Where nothing is negative and each group has one cap, what is kept is how far the running sum moved below the cap.
    """
    starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    one_cap = (room == np.repeat(room[starts], np.diff(np.append(starts, len(group))))).all()
    if one_cap and not before and (amounts >= 0).all() and amounts.sum() < SAFE:
        to_date = running(group, amounts)
        ceiling = np.where(room < 0, to_date, room)
        kept: Column = np.minimum(to_date, ceiling) - np.minimum(to_date - amounts, ceiling)
        return kept
    return _kept_one_by_one(group, amounts, room, before)


def _kept_one_by_one(group: Column, amounts: Column, room: Column, before: dict[int, int]) -> Column:
    """The same where caps change along the way or amounts are negative: a negative amount makes room again."""
    kept = amounts.copy()
    used: dict[int, int] = {}
    for place, (of, amount, cap) in enumerate(zip(group.tolist(), amounts.tolist(), room.tolist(), strict=True)):
        so_far = used.get(of, before.get(of, 0))
        left = min(amount, max(0, cap - so_far)) if cap >= 0 and amount > 0 else amount
        kept[place] = left
        used[of] = so_far + left
    return kept


def _remember(cut: Cut, chosen: Column, lost: Column, limits: Limits, key: LimitKey) -> None:
    hit = lost != 0
    if hit.any():
        names = {
            limits.name(cut.earnings[line].version, key) for line in np.unique(cut.portions.line[chosen[hit]]).tolist()
        }
        for name in sorted(names):
            same = np.array([limits.name(earning.version, key) == name for earning in cut.earnings], bool)
            of_name = hit & same[cut.portions.line[chosen]]
            cut.lost.append((name, chosen[of_name], lost[of_name]))


def _compose(cut: Cut, chosen: Column, caps: list[Fraction | None], limits: Limits, key: LimitKey) -> None:
    """A metric may be at most a share of all claims that are paid one by one: the later of its claims lose all."""
    portions = cut.portions
    share = next(
        (cap for line, cap in enumerate(caps) if cap is not None and (portions.line[chosen] == line).any()), None
    )
    if share is None:
        return
    claimed = np.flatnonzero(portions.row != NOBODY)
    all_units = int(portions.units[_pieces(portions, claimed)].sum())
    rows, place, back = np.unique(portions.row[chosen], return_index=True, return_inverse=True)
    own = _pieces(portions, chosen)
    units = sums(np.searchsorted(rows, portions.row[own]), portions.units[own], len(rows))
    in_time = np.argsort(place, kind="stable")
    to_date = np.cumsum(units[in_time])
    fits = np.empty(len(rows), bool)
    fits[in_time] = [int(units) <= share * all_units for units in to_date.tolist()]
    lost = np.where(fits[back.reshape(-1)], 0, cut.kept[chosen])
    cut.kept[chosen] -= lost
    _remember(cut, chosen, lost, limits, key)


def _pieces(portions: Portions, chosen: Column) -> Column:
    """One portion for each day that a claim gives units on, however many terms pay for it."""
    days = portions.day[chosen] - portions.day[chosen].min()
    _, firsts = np.unique(portions.row[chosen] * (int(days.max()) + 1) + days, return_index=True)
    return chosen[firsts]


# --- what waits for room in a later period ----------------------------------------------------------------------


def _bank(cut: Cut, chosen: Column, caps: list[Fraction | None], limits: Limits, key: LimitKey) -> None:
    """What does not fit in its period waits, first come first served, for room in the periods after it.

    Raises no amount above a cap: each period pays what waits and what it earned itself, up to its cap.
    """
    periods = _periods_to_date(cut.earnings, limits)
    place = {period.id: number for number, period in enumerate(periods)}
    own = np.array([place[cut.earnings[line].period.id] for line in cut.portions.line[chosen].tolist()], np.int64)
    rooms = _rooms(cut, chosen, caps, own, len(periods))
    for number, used in limits.used_before(key, place):
        room = rooms[number]
        rooms[number] = None if room is None else room - _ticks(used, cut.ticks)
    waiting: list[tuple[int, int]] = []
    moved: list[tuple[int, int, int]] = []
    lost = np.zeros(len(chosen), cut.kept.dtype)
    for period in range(len(periods)):
        room = rooms[period]
        queue = [
            *waiting,
            *((number, int(cut.kept[chosen[number]])) for number in np.flatnonzero(own == period).tolist()),
        ]
        waiting = []
        for number, amount in queue:
            paid = amount if room is None else min(amount, max(0, room)) if amount > 0 else amount
            room = None if room is None else room - paid
            limits.used[key, periods[period].id] += Fraction(paid, cut.ticks)
            if own[number] != period and paid:
                moved.append((number, period, paid))
            elif own[number] == period:
                lost[number] = amount - paid
            if amount - paid:
                waiting.append((number, amount - paid))
    cut.kept[chosen] -= lost
    _remember(cut, chosen, lost, limits, key)
    _pay_later(cut, [(int(chosen[number]), periods[period], paid) for number, period, paid in moved])


def _periods_to_date(earnings: Sequence[Earning], limits: Limits) -> list[Period]:
    """Every period that something was earned in, and every later one of the contract's life that has come."""
    known = {earning.period for earning in earnings}
    for version in limits.timeline.versions:
        known |= {period for period in life_periods(version.terms) if limits.has_come(period)}
    return sorted(known, key=lambda period: (period.ends_on, period.id))


def _rooms(cut: Cut, chosen: Column, caps: list[Fraction | None], own: Column, size: int) -> list[int | None]:
    """The cap of each period in ticks; a period without lines of its own has the cap of the one before it."""
    rooms: list[int | None] = [None] * size
    known: dict[int, int | None] = {}
    for number, period in zip(chosen.tolist(), own.tolist(), strict=True):
        cap = caps[int(cut.portions.line[number])]
        known[period] = None if cap is None else _ticks(cap, cut.ticks)
    latest = next(iter(known.values()), None)
    for period in range(size):
        latest = known.get(period, latest)
        rooms[period] = latest
    return rooms


def _pay_later(cut: Cut, moved: list[tuple[int, Period, int]]) -> None:
    """New portions, in lines of the later period, for what waited."""
    if not moved:
        return
    portions = cut.portions
    lines: list[int] = []
    for number, period, paid in moved:
        lines.append(_later_line(cut, number, period, Fraction(paid, cut.ticks)))
    source = np.array([number for number, _, _ in moved], np.int64)
    amounts = np.array([paid for _, _, paid in moved], cut.kept.dtype)
    columns = [
        portions.day,
        portions.rank,
        portions.ordinal,
        portions.row,
        portions.person,
        portions.units,
        portions.amount,
    ]
    longer = [np.concatenate([column, column[source]]) for column in columns]
    cut.portions = Portions(portions.amounts, np.concatenate([portions.line, np.array(lines, np.int64)]), *longer)
    cut.kept = np.concatenate([cut.kept, amounts])


def _later_line(cut: Cut, portion: int, period: Period, waited: Fraction) -> int:
    """The number of the line that pays the waiting amount of a portion, made when there is none."""
    source = cut.earnings[int(cut.portions.line[portion])]
    key = (source.term.id, source.version.number, period.id, source.cohort)
    keys = [(line.term.id, line.version.number, line.period.id, line.cohort) for line in cut.earnings]
    if key not in keys:
        kinds = {name: source.working[name] for name in ("measure", "metric", "price")}
        cut.earnings.append(Earning(source.term, source.version, period, source.cohort, {**kinds, "groups": []}))
        keys.append(key)
    number = keys.index(key)
    rows = cut.portions.row[portion : portion + 1]
    if rows[0] != NOBODY:
        own = cut.earnings[number].claims
        cut.earnings[number].claims = rows if own is None else np.concatenate([own, rows])
    trace = cut.earnings[number].working.setdefault("waited", {"from": [], "amount": ZERO})
    trace["from"] += [] if source.period.id in trace["from"] else [source.period.id]
    trace["amount"] += waited
    return number


# --- rounding ---------------------------------------------------------------------------------------------------


def clip(drafts: Sequence[Draft], limits: Limits, fresh: int) -> None:
    """Take back what rounding lifted above a limit, from the last of the drafts from number `fresh` on."""
    groups: dict[tuple[LimitKey, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        for key in limits.in_order():
            if key[0] not in PERSONAL and limits.concerns(key, draft.earning):
                groups[key, group_of(key[0], draft.earning)].append(draft)
    settled = {id(draft) for draft in drafts[:fresh]}
    for (key, _), group in groups.items():
        _clip_group(group, key, limits, settled)


def _clip_group(group: Sequence[Draft], key: LimitKey, limits: Limits, settled: set[int]) -> None:
    """Version by version, so that a cap that was lowered never reaches back."""
    exact, paid = ZERO, ZERO
    by_version: dict[int, list[Draft]] = defaultdict(list)
    for draft in group:
        by_version[draft.earning.version.number].append(draft)
    for drafts in by_version.values():
        exact += sum((draft.exact for draft in drafts), ZERO)
        paid += sum((Fraction(draft.amount) for draft in drafts), ZERO)
        cap = limits.cap(drafts[-1].earning, key)
        if cap is not None and paid > max(cap, exact):
            open_ones = [draft for draft in drafts if id(draft) not in settled]
            paid -= _take_back(open_ones, paid - max(cap, exact), key, limits)


def _take_back(drafts: Sequence[Draft], excess: Fraction, key: LimitKey, limits: Limits) -> Fraction:
    """Lower the last lines by whole units until the excess is gone."""
    taken = ZERO
    for draft in reversed(drafts):
        unit = draft.earning.version.terms.rounding.unit
        steps = min(ceil((excess - taken) / Fraction(unit)), int(Fraction(draft.amount) / Fraction(unit)))
        if steps > 0:
            lowered = EXACT.multiply(Decimal(steps), unit)
            draft.amount = EXACT.subtract(draft.amount, lowered)
            limit = limits.name(draft.earning.version, key)
            before, rows = draft.taken.get(limit, (ZERO, np.zeros(0, np.int64)))
            draft.taken[limit] = (before + Fraction(lowered), rows)
            taken += Fraction(lowered)
        if taken >= excess:
            break
    return taken
