"""Stretches of time: which of their days count, and when a time limit ends that some days do not count in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from rulebook.periods import add_time
from rulebook.terms import Calendar, Duration, Terms


@dataclass(slots=True)
class Run:
    """One person's stretches of time on a metric, in order of time.

    A stretch that goes on where another ended is one with it, and a day counts once however often it is reported.
    """

    last: date | None = None
    length: int = 0
    units: int = 0

    def units_of(self, first: date, last: date, duration: Duration, terms: Terms) -> list[date]:
        """The day of each unit that a stretch gives: every counted day, or every seventh of them.

        The first qualifying days of a run do not count. Days of the excluding calendar do not count, and do not end a
        run either. Nothing counts beyond the most that one person may have.
        """
        calendar = terms.calendar_by_id.get(duration.excluding or "")
        if self.last is not None and first <= self.last:
            first = self.last + timedelta(days=1)
        elif self.last is None or not _only_excluded(self.last, first, calendar):
            self.length = 0
        found = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            self.length += not is_excluded(day, calendar)
            counted = self.length - duration.qualifying_days
            is_unit = not is_excluded(day, calendar) and counted > 0 and (duration.unit == "day" or counted % 7 == 0)
            if is_unit and (duration.at_most is None or self.units < duration.at_most):
                self.units += 1
                found.append(day)
        self.last = last if self.last is None else max(self.last, last)
        return found


def _only_excluded(last: date, first: date, calendar: Calendar | None) -> bool:
    """Whether no day that counts lies between the end of one stretch and the beginning of another."""
    between = range(1, (first - last).days)
    return all(is_excluded(last + timedelta(days=number), calendar) for number in between)


def is_excluded(day: date, calendar: Calendar | None) -> bool:
    """Whether the calendar says that the day does not count."""
    return calendar is not None and any(first <= day <= last for first, last in calendar.days)


def end_of(start: date, months: int, days: int, calendar: Calendar | None) -> date:
    """The last day of a time limit, made longer by the days that do not count."""
    end = add_time(start, months, days)
    if calendar is None:
        return end
    counted_to, day = end, start
    while day < counted_to:
        day += timedelta(days=1)
        if is_excluded(day, calendar) and counted_to < date.max:
            counted_to += timedelta(days=1)
    return counted_to
