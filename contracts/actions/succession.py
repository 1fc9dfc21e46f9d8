"""A party is replaced by an amendment: who is to take its place, and the change itself when all have signed.

The party's row, with its role and its name in the terms, stays: whoever stands in it is paid and pays from then on, and
what was calculated before stays as it was. Rows that belong to a provider (participants and their outcomes) stay with
the organisation that reported them.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.models import Board, Organisation
from actors.policies import Actor, Refused
from contracts.actions.begin import begin_with_version
from contracts.actions.parties import refuse_unfit
from contracts.models import Contract, ContractParty, ContractVersion, Succession
from contracts.policies import Act
from contracts.queries.succession import parties_after, succeeded, successions_of


@transaction.atomic
def name_successor(
    *,
    actor: Actor,
    contract: Contract,
    party: ContractParty,
    organisation: Organisation,
    at: datetime,
    board: Board | None = None,
) -> Succession:
    """Let another organisation, or one of its boards, take a party's place by the draft amendment."""
    locked, version = begin_with_version(actor, Act.REPLACE_PARTY, contract)
    leaving = locked.parties.select_related("organisation", "board").get(pk=party.pk)
    if leaving.organisation_id == organisation.pk:
        raise Refused(
            _("%(organisation)s is the party already. Choose another organisation.") % {"organisation": organisation}
        )
    named = successions_of(version)
    row = named.pop(leaving.pk, None) or Succession(version=version, party=leaving)
    row.organisation, row.board = organisation, board
    others = [other for other in locked.parties.select_related("organisation", "board") if other.pk in named]
    refuse_unfit(succeeded(leaving, row), beside=parties_after(others, named))
    row.save()
    record(
        actor=actor,
        at=at,
        event="contracts.name_successor",
        subject=leaving,
        contract_code=locked.code,
        version=version.number,
        key=leaving.key,
        organisation=organisation.pk,
    )
    return row


@transaction.atomic
def withdraw_successor(*, actor: Actor, contract: Contract, party: ContractParty, at: datetime) -> None:
    """Let the party stay: nobody takes its place by the draft amendment."""
    locked, version = begin_with_version(actor, Act.REPLACE_PARTY, contract)
    row = successions_of(version).get(party.pk)
    if row is None:
        raise Refused(_("Nobody is named to take the place of %(party)s.") % {"party": party})
    record(
        actor=actor,
        at=at,
        event="contracts.withdraw_successor",
        subject=party,
        contract_code=locked.code,
        version=version.number,
        key=party.key,
        organisation=row.organisation_id,
    )
    row.delete()


def copy_successions(source: ContractVersion, draft: ContractVersion) -> None:
    """A returned proposal is followed by a draft with the same successors."""
    for row in source.successions.all():
        Succession.objects.create(
            version=draft, party_id=row.party_id, organisation_id=row.organisation_id, board_id=row.board_id
        )


def take_places(contract: Contract, version: ContractVersion, *, actor: Actor, at: datetime) -> None:
    """Put the successors of an agreed version in their places. Whoever leaves reads along from then on.

    It happens at once, also where the amended terms apply from a later day.
    """
    for row in version.successions.select_related("party", "organisation", "board").order_by("party__key"):
        party, leaving = row.party, row.party.organisation_id
        party.organisation, party.board = row.organisation, row.board
        party.save(update_fields=["organisation", "board"])
        record(
            actor=actor,
            at=at,
            event="contracts.succeed",
            subject=party,
            contract_code=contract.code,
            version=version.number,
            key=party.key,
            organisation=row.organisation_id,
            leaving=leaving,
        )
        contract.readers.remove(row.organisation)
        if not contract.parties.filter(organisation=leaving).exists():
            contract.readers.add(leaving)
