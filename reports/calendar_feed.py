"""The calendar as iCalendar (RFC 5545), by the library icalendar: one whole-day event for each obligation."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from reports.queries.obligations import Entry


def as_icalendar(entries: Iterable[Entry], *, at: datetime) -> bytes:
    """The entries as a calendar file. An event keeps its identity however often the file is fetched."""
    calendar = Calendar()
    calendar.add("prodid", "-//Utfall//Utfall//SV")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Utfall")
    for entry in entries:
        one = entry.obligation
        event = Event()
        event.add("uid", f"{entry.contract.code}:{one.key}@utfall")
        event.add("dtstamp", at.astimezone(UTC))
        event.add("dtstart", one.due_on)
        event.add("dtend", one.due_on + timedelta(days=1))
        event.add("summary", f"{one.kind.label}{f' {one.period}' if one.period else ''} – {entry.contract.name}")
        event.add("description", ", ".join(entry.who) + (f"\n{_('Done')} {entry.done_on}" if entry.done_on else ""))
        event.add("url", f"{settings.BASE_URL.rstrip('/')}{entry.href}")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
