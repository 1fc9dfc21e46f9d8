"""Who in the parties' organisations may do a thing in a contract: those to tell about it."""

from actors.models import Membership, Organisation, User
from actors.policies import Actor, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import incoming, may_as_successor, roles_of
from contracts.queries.succession import bring_along


def people_of(contract: Contract, permission: Permission) -> dict[Organisation, list[User]]:
    """The people of each party or successor who hold the permission in this contract, by organisation, once each."""
    bring_along(contract)
    parties = [*contract.parties.all(), *incoming(contract)]
    organisations = {party.organisation_id for party in parties} | {contract.owner_id}
    memberships = Membership.objects.filter(
        organisation__in=organisations, ended_at__isnull=True, user__is_active=True
    ).select_related("user", "organisation", "board")
    found: dict[Organisation, list[User]] = {}
    for membership in memberships.order_by("organisation", "user__name", "pk"):
        actor = Actor(membership.user, membership)
        people = found.setdefault(membership.organisation, [])
        holds = can(actor, permission, roles_of(actor, contract)) or may_as_successor(actor, permission, contract)
        if holds and membership.user not in people:
            people.append(membership.user)
    return {organisation: people for organisation, people in found.items() if people}
