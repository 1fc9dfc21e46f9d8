"""The political decisions behind a contract, as their minutes record them. They stay, and can be corrected."""

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused, require
from actors.roles import Permission
from contracts.models import Contract, PoliticalDecision
from contracts.policies import roles_of


@transaction.atomic
def record_decision(
    *,
    actor: Actor,
    contract: Contract,
    body: str,
    decided_on: date,
    registry_number: str,
    paragraph: str,
    outcome: str,
    at: datetime,
    version_number: int | None = None,
    note: str = "",
    replaces: PoliticalDecision | None = None,
) -> PoliticalDecision:
    """Record what a board or council of one's organisation decided. A correction is a new row that replaces the old."""
    require(actor, Permission.EDIT_CONTRACT, roles_of(actor, contract))
    locked = Contract.objects.select_for_update().get(pk=contract.pk)
    if actor.organisation is None:
        raise AssertionError("only a member of an organisation is permitted to record its decisions")
    reasons = []
    if decided_on > localtime(at).date():
        reasons.append(_("The decision is dated %(day)s, which has not come yet.") % {"day": decided_on})
    if version_number is not None and not locked.versions.filter(number=version_number).exists():
        reasons.append(_("There is no version %(number)s of the terms.") % {"number": version_number})
    if replaces is not None:
        if replaces.contract_id != locked.pk or replaces.organisation_id != actor.organisation.pk:
            reasons.append(_("Only a decision of your own organisation can be corrected."))
        if PoliticalDecision.objects.filter(replaces=replaces).exists():
            reasons.append(_("Somebody has already corrected this decision. Correct the new one instead."))
    if reasons:
        raise Refused(*reasons)
    decision = PoliticalDecision.objects.create(
        contract=locked,
        version_number=version_number,
        organisation=actor.organisation,
        body=body,
        decided_on=decided_on,
        registry_number=registry_number,
        paragraph=paragraph.removeprefix("§").strip(),
        outcome=outcome,
        note=note,
        replaces=replaces,
        user=actor.user,
        at=at,
    )
    record(
        actor=actor,
        at=at,
        event="contracts.record_decision",
        subject=decision,
        contract_code=locked.code,
        outcome=outcome,
        decided_on=decided_on.isoformat(),
        replaces=replaces.pk if replaces else None,
    )
    return decision
