"""Measurement periods, and the counting of days and months that the law and the terms use."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

Calendar = Literal["month", "quarter", "half_year", "year"]
MONTHS_IN: Final[dict[Calendar, int]] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}

_NAMED = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])))?\Z")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days, both ends included, under the name that facts and lines use for it."""

    id: str
    starts_on: date
    ends_on: date


PeriodRule = Calendar | tuple[Period, ...]
"""How time is divided: a calendar (2027-03, 2027-Q1, 2027-H1, 2027) or the agreement's own list of periods."""


def period_of(day: date, rule: PeriodRule) -> Period | None:
    """The period that holds the day; None only when the agreement's own list has none.

    >>> period_of(date(2027, 3, 5), "quarter")
    Period(id='2027-Q1', starts_on=datetime.date(2027, 1, 1), ends_on=datetime.date(2027, 3, 31))
    """
    if isinstance(rule, str):
        length = MONTHS_IN[rule]
        return _calendar_period(day.year, (day.month - 1) // length, rule)
    return next((period for period in rule if period.starts_on <= day <= period.ends_on), None)


def period_named(name: str, rule: PeriodRule) -> Period | None:
    """The period with that name under the rule, or None when the rule has no such period.

    >>> period_named("2027-H2", "half_year").ends_on
    datetime.date(2027, 12, 31)
    """
    if not isinstance(rule, str):
        return next((period for period in rule if period.id == name), None)
    spelling = _NAMED.match(name)
    if spelling is None:
        return None
    year, month, quarter, half = spelling.groups()
    number = int(month or quarter or half or 1)
    period = _calendar_period(int(year), number - 1, rule) if number <= 12 // MONTHS_IN[rule] and int(year) else None
    return period if period is not None and period.id == name else None


def periods_between(start: date, end: date, rule: PeriodRule) -> list[Period]:
    """Every period that shares at least one day with start–end, in order of time."""
    if isinstance(rule, str):
        return list(_calendar_between(start, end, rule))
    touching = (period for period in rule if period.starts_on <= end and period.ends_on >= start)
    return sorted(touching, key=lambda period: period.starts_on)


def _calendar_between(start: date, end: date, calendar: Calendar) -> Iterator[Period]:
    length = MONTHS_IN[calendar]
    year, index = start.year, (start.month - 1) // length
    while (year, index) <= (end.year, (end.month - 1) // length) and start <= end:
        yield _calendar_period(year, index, calendar)
        index += 1
        if index == 12 // length:
            year, index = year + 1, 0


@lru_cache(maxsize=4096)
def _calendar_period(year: int, index: int, calendar: Calendar) -> Period:
    length = MONTHS_IN[calendar]
    first = index * length + 1
    last = first + length - 1
    name = {
        "month": f"{year:04}-{first:02}",
        "quarter": f"{year:04}-Q{index + 1}",
        "half_year": f"{year:04}-H{index + 1}",
    }
    ends_on = date(year, last, monthrange(year, last)[1])
    return Period(name.get(calendar, f"{year:04}"), date(year, first, 1), ends_on)


def add_time(start: date, months: int = 0, days: int = 0) -> date:
    """The last day of a time limit counted from start: the day with the same number, or the month's last day.

    This is how Swedish law counts months (lagen (1930:173) om beräkning av lagstadgad tid, § 1). A limit that would
    pass the end of the calendar ends there.

    >>> add_time(date(2026, 8, 31), months=6)
    datetime.date(2027, 2, 28)
    """
    years, month = divmod(start.month - 1 + months, 12)
    if start.year + years > date.max.year:
        return date.max
    day = min(start.day, monthrange(start.year + years, month + 1)[1])
    counted = date(start.year + years, month + 1, day)
    return date.max if days > (date.max - counted).days else counted + timedelta(days=days)
