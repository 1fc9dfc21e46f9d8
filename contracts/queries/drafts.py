"""The drafts that somebody may work on."""

from actors.policies import Actor
from contracts.models import Contract
from contracts.policies import Act, can_act
from contracts.queries.contracts import visible_contracts
from contracts.states import VersionStatus


def drafts_to_design(actor: Actor) -> list[Contract]:
    """The contracts with an open draft whose design the actor may change, the newest first."""
    drafts = visible_contracts(actor).filter(versions__status=VersionStatus.DRAFT).order_by("-created_at", "-pk")
    return [contract for contract in drafts if can_act(actor, Act.EDIT_DESIGN, contract)]
