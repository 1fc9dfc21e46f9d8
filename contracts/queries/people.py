"""Who in the parties' organisations may do a thing in a contract: those to tell about it."""

from actors.models import Membership, Organisation, User
from actors.policies import Actor, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of


def people_of(contract: Contract, permission: Permission) -> dict[Organisation, list[User]]:
    """The people of each party who hold the permission in this contract, by organisation; everyone once."""
    organisations = {party.organisation_id for party in contract.parties.all()} | {contract.owner_id}
    memberships = Membership.objects.filter(
        organisation__in=organisations, ended_at__isnull=True, user__is_active=True
    ).select_related("user", "organisation", "board")
    found: dict[Organisation, list[User]] = {}
    for membership in memberships.order_by("organisation", "user__name", "pk"):
        actor = Actor(membership.user, membership)
        people = found.setdefault(membership.organisation, [])
        if membership.user not in people and can(actor, permission, roles_of(actor, contract)):
            people.append(membership.user)
    return {organisation: people for organisation, people in found.items() if people}
