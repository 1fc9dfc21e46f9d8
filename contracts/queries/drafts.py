"""The contracts in which somebody may use the library, and those that may become a template in it."""

from actors.policies import Actor
from contracts.models import Contract
from contracts.policies import Act, can_act, hindrance
from contracts.queries.contracts import visible_contracts
from contracts.states import ContractStatus, VersionStatus


def drafts_to_design(actor: Actor) -> list[Contract]:
    """The contracts with an open draft whose design the actor may change, the newest first."""
    drafts = visible_contracts(actor).filter(versions__status=VersionStatus.DRAFT).order_by("-created_at", "-pk")
    return [contract for contract in drafts if can_act(actor, Act.EDIT_DESIGN, contract)]


def drafts_for_a_template(actor: Actor) -> list[Contract]:
    """The contracts that have not been agreed yet, into which the actor may take a template, the newest first."""
    drafts = visible_contracts(actor).filter(status=ContractStatus.DRAFT).order_by("-created_at", "-pk")
    return [contract for contract in drafts if can_act(actor, Act.EDIT_TERMS, contract)]


def contracts_to_offer(actor: Actor) -> list[Contract]:
    """The agreed contracts that the actor may offer as a template, the newest first."""
    contracts = visible_contracts(actor).order_by("-created_at", "-pk")
    return [
        contract
        for contract in contracts
        if can_act(actor, Act.OFFER_TEMPLATE, contract) and not hindrance(Act.OFFER_TEMPLATE, contract, None)
    ]
