"""The most that may be paid: per metric, per person, per period and per contract, in the order the terms say.

Every portion passes the limits one after another, in order of event date. What one limit leaves is what the next one
sees, and what has passed a limit before uses up its room. A limit is the limit of the version in force on the portion's
event date; what was earned under earlier versions counts towards it but is never taken back.

All amounts are whole numbers here: multiples of one small fraction in which every amount and every cap is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm

from rulebook.earnings import Earning, Portion
from rulebook.money import EXACT
from rulebook.periods import Period
from rulebook.readings import Readings
from rulebook.terms import LIMIT_ORDER, Limit
from rulebook.timeline import Timeline, Version
from rulebook.values import ShareOf

LimitKey = tuple[str, str | None]


@dataclass(slots=True)
class Draft:
    """A line that is being finished: rounded, and with what each limit took from it."""

    earning: Earning
    exact: Fraction
    amount: Decimal
    taken: dict[str, tuple[Fraction, list[str]]] = field(default_factory=dict)


class Limits:
    """The limits of all versions of one contract."""

    def __init__(self, timeline: Timeline, readings: Readings) -> None:
        self._readings = readings
        self._by_version: dict[int, dict[LimitKey, Limit]] = {
            version.number: {limit.key: limit for limit in version.terms.limits} for version in timeline.versions
        }
        self._keys = {key for limits in self._by_version.values() for key in limits}

    def cap(self, version: Version, key: LimitKey, period: Period) -> Fraction | None:
        """The limit's amount in that version and period; None when the version has no such limit."""
        limit = self._by_version[version.number].get(key)
        if limit is None:
            return None
        if not isinstance(limit.at_most, ShareOf):
            return limit.at_most
        metric = version.terms.metric_by_id[limit.at_most.of]
        per_period = limit.scope == "period"
        value = self._readings.read(metric, period, None).value if per_period else self._readings.latest(metric)
        if value is None:
            return None if metric.missing == "exclude" else Fraction(0)
        return max(limit.at_most.share * value, Fraction(0))

    def in_order(self, version: Version) -> list[tuple[LimitKey, str]]:
        """Every limit that any version knows, with its name, in the order this version applies them."""
        order = [*version.terms.order, *(scope for scope in LIMIT_ORDER if scope not in version.terms.order)]
        known = self._by_version[version.number]
        keys = sorted(self._keys, key=lambda key: (order.index(key[0]), key[1] or ""))
        return [(key, known[key].name if key in known else "") for key in keys]


def apply(earnings: Sequence[Earning], limits: Limits) -> int:
    """Cut every portion to what the limits leave (`kept`, `lost`); returns how many ticks make one whole unit."""
    queue = sorted(
        (
            (portion.order, rank, earning, portion)
            for rank, earning in enumerate(earnings)
            for portion in earning.portions
        ),
        key=lambda item: item[:2],
    )
    steps = {id(earning): _steps(earning, limits) for earning in earnings}
    exact = [portion.amount for _, _, _, portion in queue] + [
        cap for caps in steps.values() for *_, cap in caps if cap is not None
    ]
    ticks = lcm(1, *{amount.denominator for amount in exact})
    rooms = {place: [_Step(key, name, _whole(cap, ticks)) for key, name, cap in caps] for place, caps in steps.items()}
    used: dict[tuple[LimitKey, str], int] = defaultdict(int)
    for _, _, earning, portion in queue:
        _cut(portion, earning, rooms[id(earning)], used, ticks)
    return ticks


@dataclass(frozen=True, slots=True)
class _Step:
    key: LimitKey
    name: str
    cap: int | None


def _steps(earning: Earning, limits: Limits) -> list[tuple[LimitKey, str, Fraction | None]]:
    """The limits that bear on an earning, with their caps."""
    return [
        (key, name, limits.cap(earning.version, key, earning.period))
        for key, name in limits.in_order(earning.version)
        if key[1] is None or key[1] == earning.term.metric
    ]


def _whole(amount: Fraction | None, ticks: int) -> int | None:
    return None if amount is None else amount.numerator * (ticks // amount.denominator)


def _cut(
    portion: Portion, earning: Earning, steps: Sequence[_Step], used: dict[tuple[LimitKey, str], int], ticks: int
) -> None:
    amount = portion.amount.numerator * (ticks // portion.amount.denominator)
    for step in steps:
        scope = step.key[0]
        if scope == "person" and portion.person is None:
            continue
        place = (
            step.key,
            portion.person or "" if scope == "person" else earning.period.id if scope == "period" else "",
        )
        if step.cap is not None and amount > 0:
            left = min(amount, max(0, step.cap - used[place]))
            if left < amount:
                portion.lost += ((step.name, amount - left),)
                amount = left
        used[place] += amount
    portion.kept = amount


def clip(drafts: Sequence[Draft], limits: Limits) -> None:
    """Take back what rounding lifted above a metric, period or contract cap, from the last lines."""
    groups: dict[tuple[LimitKey, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        earning = draft.earning
        for key, _ in limits.in_order(earning.version):
            if key[0] != "person" and key[1] in (None, earning.term.metric):
                groups[key, earning.period.id if key[0] == "period" else ""].append(draft)
    for (key, _), group in groups.items():
        _clip_group(group, key, limits)


def _clip_group(group: Iterable[Draft], key: LimitKey, limits: Limits) -> None:
    """Version by version, so that a cap that was lowered never reaches back."""
    exact, paid = Fraction(0), Fraction(0)
    by_version: dict[int, list[Draft]] = defaultdict(list)
    for draft in group:
        by_version[draft.earning.version.number].append(draft)
    for drafts in by_version.values():
        exact += sum(draft.exact for draft in drafts)
        paid += sum(Fraction(draft.amount) for draft in drafts)
        last = drafts[-1].earning
        cap = limits.cap(last.version, key, last.period)
        if cap is not None and paid > max(cap, exact):
            paid -= _take_back(drafts, paid - max(cap, exact), dict(limits.in_order(last.version))[key])


def _take_back(drafts: Sequence[Draft], excess: Fraction, limit: str) -> Fraction:
    """Lower the last lines by whole units until the excess is gone."""
    taken = Fraction(0)
    for draft in reversed(drafts):
        unit = draft.earning.version.terms.rounding.unit
        steps = min(ceil((excess - taken) / Fraction(unit)), int(Fraction(draft.amount) / Fraction(unit)))
        if steps > 0:
            lowered = EXACT.multiply(Decimal(steps), unit)
            draft.amount = EXACT.subtract(draft.amount, lowered)
            before, claims = draft.taken.get(limit, (Fraction(0), []))
            draft.taken[limit] = (before + Fraction(lowered), claims)
            taken += Fraction(lowered)
        if taken >= excess:
            break
    return taken
