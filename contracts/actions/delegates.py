"""Naming people: who speaks for an organisation in a contract, who signs for it, and in which order."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actors.audit import record
from actors.models import Membership, Organisation, User
from actors.policies import Actor, Refused
from contracts.actions.begin import begin
from contracts.actions.telling import tell_delegate
from contracts.models import Contract, Delegate, SigningGroup, SigningTurn
from contracts.policies import Act, incoming

LONGEST_ORDER = 99


@transaction.atomic
def name_delegate(
    *,
    actor: Actor,
    contract: Contract,
    user: User,
    may: Sequence[str],
    from_on: date,
    until_on: date,
    at: datetime,
) -> Delegate:
    """Let a colleague comment, accept or sign for the organisation in this contract, between two days.

    Nobody names themselves: what binds an organisation is given by somebody else.
    """
    locked, _version = begin(actor, Act.NAME_PEOPLE, contract)
    organisation = _own(actor)
    reasons = [*_unfit_person(actor, organisation, user), *_unfit_days(from_on, until_on, localtime(at).date())]
    if not may or set(may) - set(Delegate.May.values):
        reasons.append(_("Choose at least one thing that the delegate may do."))
    if reasons:
        raise Refused(*reasons)
    running = Delegate.objects.filter(contract=locked, organisation=organisation, user=user, ended_at__isnull=True)
    if running.filter(from_on__lte=until_on, until_on__gte=from_on).exists():
        raise Refused(_("%(person)s is already named for some of these days. End that first.") % {"person": user.name})
    delegate = Delegate.objects.create(
        contract=locked,
        organisation=organisation,
        user=user,
        may=[choice for choice in Delegate.May.values if choice in may],
        from_on=from_on,
        until_on=until_on,
        named_by=actor.user,
        named_at=at,
    )
    record(
        actor=actor,
        at=at,
        event="contracts.name_delegate",
        subject=delegate,
        contract_code=locked.code,
        user=user.pk,
        may=delegate.may,
        from_on=from_on.isoformat(),
        until_on=until_on.isoformat(),
    )
    tell_delegate(delegate, actor=actor, at=at)
    return delegate


def _unfit_person(actor: Actor, organisation: Organisation, user: User) -> list[str]:
    reasons = []
    if user == actor.user:
        reasons.append(_("You cannot name yourself. Ask a colleague who may."))
    if not Membership.objects.filter(user=user, organisation=organisation, ended_at__isnull=True).exists():
        reasons.append(
            _("%(person)s is not a member of %(organisation)s. Invite the person first.")
            % {"person": user.name, "organisation": organisation}
        )
    return reasons


def _unfit_days(from_on: date, until_on: date, today: date) -> list[str]:
    if until_on < from_on:
        days = {"until": until_on.isoformat(), "from": from_on.isoformat()}
        return [_("The last day, %(until)s, comes before the first, %(from)s.") % days]
    if until_on < today:
        return [_("The last day, %(until)s, has passed.") % {"until": until_on.isoformat()}]
    return []


@transaction.atomic
def end_delegate(*, actor: Actor, contract: Contract, delegate: Delegate, at: datetime) -> Delegate:
    """End what a delegate may do, from now on. What they did stands."""
    locked, _version = begin(actor, Act.NAME_PEOPLE, contract)
    found = Delegate.objects.select_for_update().get(pk=delegate.pk, contract=locked, organisation=_own(actor))
    if found.ended_at is not None:
        raise Refused(_("%(person)s is no longer a delegate.") % {"person": found.user.name})
    found.ended_at = at
    found.save(update_fields=["ended_at"])
    record(actor=actor, at=at, event="contracts.end_delegate", subject=found, contract_code=locked.code)
    return found


# --- Who signs -------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_signing_group(
    *,
    actor: Actor,
    contract: Contract,
    label: str,
    members: Sequence[User],
    needed: int,
    order: int,
    at: datetime,
    group: SigningGroup | None = None,
) -> SigningGroup:
    """Name people of whom `needed` must sign for one's organisation, as a new group or in place of an old one."""
    locked, _version = begin(actor, Act.NAME_PEOPLE, contract)
    organisation = _own(actor)
    own = {m.user_id for m in Membership.objects.filter(organisation=organisation, ended_at__isnull=True)}
    reasons = []
    strangers = [user.name for user in members if user.pk not in own]
    if strangers:
        reasons.append(
            _("Not members of %(organisation)s: %(people)s.")
            % {"organisation": organisation, "people": ", ".join(strangers)}
        )
    if not 1 <= needed <= max(len(members), 1):
        reasons.append(
            ngettext(
                "%(needed)s cannot sign of a group of %(count)s person.",
                "%(needed)s cannot sign of a group of %(count)s persons.",
                len(members),
            )
            % {"needed": needed, "count": len(members)}
        )
    if not members:
        reasons.append(_("Choose at least one person."))
    if not 1 <= order <= LONGEST_ORDER:
        reasons.append(_("The order is a number from 1 to %(most)s.") % {"most": LONGEST_ORDER})
    if not label.strip():
        reasons.append(_("Give the group a name, such as «Board and director»."))
    if reasons:
        raise Refused(*reasons)
    if group is not None:
        _end_group(locked, organisation, group, at)
    made = SigningGroup.objects.create(
        contract=locked, organisation=organisation, label=label.strip(), order=order, needed=needed
    )
    made.members.set(members)
    record(
        actor=actor,
        at=at,
        event="contracts.save_signing_group",
        subject=made,
        contract_code=locked.code,
        members=sorted(user.pk for user in members),
        needed=needed,
        order=order,
        replaces=group.pk if group else None,
    )
    return made


@transaction.atomic
def end_signing_group(*, actor: Actor, contract: Contract, group: SigningGroup, at: datetime) -> None:
    """Take a group out of the plan. Signatures given in it stand."""
    locked, _version = begin(actor, Act.NAME_PEOPLE, contract)
    _end_group(locked, _own(actor), group, at)
    record(actor=actor, at=at, event="contracts.end_signing_group", subject=group, contract_code=locked.code)


def _end_group(contract: Contract, organisation: Organisation, group: SigningGroup, at: datetime) -> None:
    found = SigningGroup.objects.filter(
        pk=group.pk, contract=contract, organisation=organisation, ended_at__isnull=True
    )
    if not found.update(ended_at=at):
        raise Refused(_("Somebody else has changed the group meanwhile. Look at the plan again."))


@transaction.atomic
def order_signing(
    *, actor: Actor, contract: Contract, turns: dict[Organisation, int], at: datetime
) -> dict[Organisation, int]:
    """Set which organisations sign before which: lower turns first, the same turn in any order."""
    locked, _version = begin(actor, Act.ORDER_SIGNING, contract)
    wrong = [turn for turn in turns.values() if not 1 <= turn <= LONGEST_ORDER]
    if wrong:
        raise Refused(_("The order is a number from 1 to %(most)s.") % {"most": LONGEST_ORDER})
    parties = {party.organisation_id for party in [*locked.parties.all(), *incoming(locked)]}
    for organisation, turn in turns.items():
        if organisation.pk not in parties:
            raise AssertionError("only parties have a turn")
        SigningTurn.objects.update_or_create(contract=locked, organisation=organisation, defaults={"turn": turn})
    record(
        actor=actor,
        at=at,
        event="contracts.order_signing",
        subject=locked,
        contract_code=locked.code,
        turns={str(organisation.pk): turn for organisation, turn in turns.items()},
    )
    return turns


def _own(actor: Actor) -> Organisation:
    if actor.organisation is None:
        raise AssertionError("only a member of an organisation is permitted to name people")
    return actor.organisation
