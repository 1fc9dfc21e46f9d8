"""Whose participants an actor sees: a provider its own, the verifier and the payer's case officer everybody's."""

from django.db.models import Q

from actors.models import Organisation
from actors.policies import Actor, can
from actors.roles import Permission, Role
from contracts.models import Contract
from contracts.policies import roles_of


def sees_persons(actor: Actor, contract: Contract) -> bool:
    """May the actor see rows about persons in the contract at all?"""
    return bool(can(actor, Permission.VIEW_PERSONS, roles_of(actor, contract)))


def limited_to(actor: Actor, contract: Contract) -> Organisation | None:
    """The provider whose participants alone the actor may see; None when the actor sees everybody's."""
    roles = roles_of(actor, contract) - {Role.SERVICE_PROVIDER}
    return None if can(actor, Permission.VIEW_PERSONS, roles) else actor.organisation


def participants_seen(actor: Actor, contract: Contract, path: str = "") -> Q:
    """The condition that keeps other providers' participants out; `path` leads from the row to the participant."""
    if not sees_persons(actor, contract):
        return Q(pk__in=[])
    provider = limited_to(actor, contract)
    return Q() if provider is None else Q(**{f"{path}provider": provider})
