"""Who must do what by when: follows from the agreed terms and the agreed schedule, and from nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from actors.roles import Role
from rulebook import Version
from rulebook.periods import Period, add_time, periods_between


class Kind(TextChoices):
    """What is to be done; each follows on the one before it."""

    REPORT = "report", _("Report the outcomes")
    VERIFY = "verify", _("Verify the outcomes")
    PAY = "pay", _("Pay what is due")
    MEET = "meet", _("Meet in the steering group")


ROLES: dict[Kind, Role | None] = {
    Kind.REPORT: Role.SERVICE_PROVIDER,
    Kind.VERIFY: Role.VERIFIER,
    Kind.PAY: Role.OUTCOME_PAYER,
    Kind.MEET: None,  # all parties
}


@dataclass(frozen=True)
class Schedule:
    """The agreed days: to report after a period's end, to verify after that, to pay after that again, in days; and how
    many months lie between the meetings of the steering group."""

    report_within_days: int
    verify_within_days: int
    pay_within_days: int
    meets_every: int

    @classmethod
    def of(cls, source: Any) -> Schedule:
        """From the agreement document's «schedule», or from the design."""
        values = source if isinstance(source, Mapping) else vars(source)
        return cls(**{field.name: int(values[field.name]) for field in fields(cls)})


@dataclass(frozen=True, order=True)
class Obligation:
    """Something that the parties in a role (all of them where it is None) must have done by a day.

    `key` names it for ever within its contract: «report:2027-Q1», «meet:2027-03-31».
    """

    due_on: date
    key: str
    kind: Kind
    role: Role | None
    period: str = ""


def obligations(
    starts_on: date,
    ends_on: date,
    versions: Sequence[Version],
    schedules: Mapping[int, Schedule],
    report_due: Mapping[str, date] | None = None,
) -> list[Obligation]:
    """Every obligation of a contract in order of time; `schedules` are those of the versions, by number.

    `report_due` holds the last day to report of claim periods that are open already: it may have been moved. Each
    period counts under the version in force on its first day within the contract, and each meeting under its own day's.
    """
    found: list[Obligation] = []
    known: set[str] = set()
    for version, first, last in _in_force(starts_on, ends_on, versions):
        schedule = schedules[version.number]
        for period in periods_between(first, last, version.terms.periods):
            if period.id not in known:
                known.add(period.id)
                found += _of_period(period, schedule, (report_due or {}).get(period.id))
        meetings = [day for day in _meetings(starts_on, ends_on, schedule) if first <= day <= last]
        found += [Obligation(day, f"{Kind.MEET}:{day}", Kind.MEET, None) for day in meetings]
    return sorted(found, key=lambda one: (one.due_on, one.key))


def _of_period(period: Period, schedule: Schedule, report_due: date | None) -> Iterator[Obligation]:
    report = report_due or period.ends_on + timedelta(days=schedule.report_within_days)
    verify = report + timedelta(days=schedule.verify_within_days)
    pay = verify + timedelta(days=schedule.pay_within_days)
    for kind, day in ((Kind.REPORT, report), (Kind.VERIFY, verify), (Kind.PAY, pay)):
        yield Obligation(day, f"{kind}:{period.id}", kind, ROLES[kind], period.id)


def _in_force(starts_on: date, ends_on: date, versions: Sequence[Version]) -> Iterator[tuple[Version, date, date]]:
    """Every version with the first and last day on which it is the one in force."""
    ordered = sorted(versions, key=lambda version: (version.effective_on or starts_on, version.number))
    for place, version in enumerate(ordered):
        first = starts_on if place == 0 else max(version.effective_on or starts_on, starts_on)
        later = ordered[place + 1].effective_on if place + 1 < len(ordered) else None
        last = min(later - timedelta(days=1), ends_on) if later else ends_on
        if first <= last:
            yield version, first, last


def _meetings(starts_on: date, ends_on: date, schedule: Schedule) -> Iterator[date]:
    if schedule.meets_every <= 0:
        return
    number = 1
    while (day := add_time(starts_on, number * schedule.meets_every, 0)) <= ends_on:
        yield day
        number += 1
