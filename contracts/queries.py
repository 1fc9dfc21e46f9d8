"""The only ways to a contract, and the read models of its pages."""

from django.db.models import Q, QuerySet

from actors.policies import Actor, NotAllowed, NotVisible, can
from actors.roles import Permission
from contracts.models import Contract, ContractVersion
from contracts.policies import roles_of
from contracts.states import ContractStatus, VersionStatus


def visible_contracts(actor: Actor) -> QuerySet[Contract]:
    """Every contract the actor may know of, with its parties at hand."""
    contracts = Contract.objects.prefetch_related("parties__organisation", "parties__board", "readers")
    membership = actor.membership
    if membership is None or not actor.duties:
        return contracts.none()
    party = Q(parties__organisation=membership.organisation)
    if membership.board_id is not None:
        party &= Q(parties__board__isnull=True) | Q(parties__board=membership.board_id)
    seen = party | Q(readers=membership.organisation) | Q(owner=membership.organisation, status=ContractStatus.DRAFT)
    if membership.organisation.is_national_support:
        seen |= Q(open_to_support=True)
    ids = Contract.objects.filter(seen).values("pk")
    return contracts.filter(pk__in=ids)


def get_contract_for(actor: Actor, code: str, permission: Permission) -> Contract:
    """The contract, if the actor may know of it and do this with it.

    Raises NotVisible (404) where the actor may not know that it exists, NotAllowed (403, with the reason) where the
    actor may see the contract but not do this.
    """
    contract = visible_contracts(actor).filter(code=code).first()
    if contract is None:
        raise NotVisible
    roles = roles_of(actor, contract)
    if not can(actor, Permission.VIEW_CONTRACT, roles):
        raise NotVisible
    permit = can(actor, permission, roles)
    if not permit:
        raise NotAllowed(permit.reason)
    return contract


def agreed_versions(contract: Contract) -> QuerySet[ContractVersion]:
    """The versions in force over the contract's life, in the order they take effect."""
    return contract.versions.filter(status=VersionStatus.AGREED).order_by("effective_on", "number")


def current_version(contract: Contract) -> ContractVersion | None:
    """The version people read: the latest agreed one; before there is any, the open draft or proposal."""
    agreed = agreed_versions(contract).last()
    return agreed or contract.versions.order_by("-number").first()


def open_version(contract: Contract) -> ContractVersion | None:
    """The version being drafted or proposed now, if any."""
    return contract.versions.filter(status__in=[VersionStatus.DRAFT, VersionStatus.PROPOSED]).first()
