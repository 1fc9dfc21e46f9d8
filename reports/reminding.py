"""Keeping the calendar: meetings that were held, secret addresses of calendars, and reminders before a day has passed.

Reminders are notices with a key for each obligation and stage, so that asking again tells nobody twice.
"""

import secrets
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from actors import audit
from actors.actions import secret_hash
from actors.mail import tell
from actors.models import CalendarFeed
from actors.policies import Actor, Refused, require
from actors.roles import Permission
from contracts.models import Contract, MeetingHeld
from contracts.obligations import Kind
from contracts.policies import roles_of
from contracts.queries import people_of
from reports.queries.obligations import BINDING, KEEPS, Entry, entries_of, to_answer

STAGES: list[tuple[str, int]] = [("late", -1), ("tomorrow", 1), ("week", 7)]
"""When people are reminded, the most pressing first: so many days before the day (after it, where negative)."""


@transaction.atomic
def hold_meeting(
    *, actor: Actor, contract: Contract, key: str, held_on: date, minutes: str, at: datetime
) -> MeetingHeld:
    """Record that a meeting of the calendar was held; whoever speaks for a party."""
    require(actor, Permission.COMMENT, roles_of(actor, contract))
    today = localdate(at)
    meetings = {one.obligation.key for one in entries_of(actor, [contract], today) if one.obligation.kind is Kind.MEET}
    if key not in meetings:
        raise Refused(_("There is no such meeting in the calendar of the contract."))
    if held_on > today:
        raise Refused(_("%(day)s has not been yet. Record a meeting when it has been held.") % {"day": held_on})
    try:
        with transaction.atomic():
            meeting = MeetingHeld.objects.create(
                contract=contract, key=key, held_on=held_on, minutes=minutes, user=actor.user, at=at
            )
    except IntegrityError:
        raise Refused(_("The meeting is already recorded as held.")) from None
    audit.record(actor=actor, at=at, event="reports.hold_meeting", subject=meeting, contract_code=contract.code)
    return meeting


@transaction.atomic
def make_feed(*, actor: Actor, at: datetime) -> str:
    """A new secret address of the actor's calendar; the earlier one stops working. Returns the secret, shown once."""
    if actor.membership is None:
        raise Refused(_("You belong to no organisation, so your calendar would be empty."))
    end_feed(actor=actor, at=at)
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(membership=actor.membership, token_hash=secret_hash(secret), created_at=at)
    audit.record(actor=actor, at=at, event="reports.make_feed", subject=feed)
    return secret


def end_feed(*, actor: Actor, at: datetime) -> int:
    """Let the secret address of the actor's calendar stop working."""
    running = CalendarFeed.objects.filter(membership=actor.membership, revoked_at__isnull=True)
    return running.update(revoked_at=at)


def remind(*, at: datetime) -> int:
    """Tell people what they must do within a week or tomorrow, or should have done. Returns how many were due."""
    today = localdate(at)
    contracts = Contract.objects.filter(status__in=BINDING).prefetch_related(
        "parties__organisation", "parties__board", "readers"
    )
    told = 0
    for entry in entries_of(None, contracts, today):
        stage = stage_of(entry.obligation.due_on, today) if entry.done_on is None else None
        if stage is not None:
            _remind_of(entry, stage, at)
            told += 1
    return told + _remind_of_answers(today, at)


def stage_of(due_on: date, today: date) -> str | None:
    """The stage of reminding that the day is in. What was due more than a month ago is no longer nagged about."""
    left = (due_on - today).days
    if left < -31:
        return None
    return next((stage for stage, days in STAGES if left <= days), None)


def _remind_of(entry: Entry, stage: str, at: datetime) -> None:
    one, contract = entry.obligation, entry.contract
    people = people_of(contract, KEEPS[one.kind])
    tell(
        users=[user for users in people.values() for user in users],
        kind=f"obligation_{one.kind}",
        contract_code=contract.code,
        path=entry.href,
        data={"contract": contract.name, "period": one.period, "due_on": one.due_on.isoformat(), "stage": stage},
        key=f"{contract.code}:{one.key}:{one.due_on}:{stage}",
        at=at,
    )


def _remind_of_answers(today: date, at: datetime) -> int:
    """Tell those who have not answered a proposal that the day comes near, or has passed."""
    waiting = to_answer(today + timedelta(days=STAGES[-1][1]))
    for version in waiting:
        contract, answer_by = version.contract, version.answer_by or today
        stage = stage_of(answer_by, today)
        answered = {acceptance.organisation_id for acceptance in version.acceptances.all()}
        people = people_of(contract, Permission.ACCEPT_TERMS)
        tell(
            users=[user for organisation, users in people.items() if organisation.pk not in answered for user in users]
            if stage
            else [],
            kind="answer_due",
            contract_code=contract.code,
            path=reverse("contracts:contract_terms", args=[contract.code]),
            data={
                "contract": contract.name,
                "number": version.number,
                "due_on": answer_by.isoformat(),
                "stage": stage or "",
            },
            key=f"{contract.code}:answer:{version.number}:{answer_by}:{stage}",
            at=at,
        )
    return len(waiting)
