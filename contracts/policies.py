"""Which roles an actor holds in a contract. Everything else follows from the table of grants."""

from actors.policies import Actor
from actors.roles import Role
from contracts.models import Contract, ContractParty
from contracts.states import ContractStatus


def holds(actor: Actor, party: ContractParty) -> bool:
    """Does the actor act for this party? A duty limited to one board does not reach the others."""
    membership = actor.membership
    return (
        membership is not None
        and party.organisation_id == membership.organisation_id
        and (membership.board_id is None or party.board_id is None or party.board_id == membership.board_id)
    )


def roles_of(actor: Actor, contract: Contract) -> frozenset[Role]:
    """The actor's roles in the contract; reads `contract.parties` and `contract.readers`, prefetched or not."""
    roles = {Role(party.role) for party in contract.parties.all() if holds(actor, party)}
    if contract.open_to_support and actor.organisation and actor.organisation.is_national_support:
        roles.add(Role.NATIONAL_SUPPORT)
    if actor.organisation and actor.organisation in contract.readers.all():
        roles.add(Role.OBSERVER)
    if contract.status == ContractStatus.DRAFT and actor.organisation and contract.owner_id == actor.organisation.pk:
        roles.add(Role.OUTCOME_PAYER)  # whoever drafts a contract works on it before it has any parties
    return frozenset(roles)
