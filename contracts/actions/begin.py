"""How every act begins: authorise, lock the contract's row, check the state."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from actors.moves import move
from actors.policies import Actor, NotAllowed, Refused
from contracts.models import Contract, ContractStatusChange, ContractVersion, VersionStatusChange
from contracts.policies import Act, can_act, hindrance
from contracts.queries import open_version
from contracts.states import CONTRACT_TRANSITIONS, VERSION_TRANSITIONS, ContractAct, VersionAct


def begin(actor: Actor, act: Act, contract: Contract) -> tuple[Contract, ContractVersion | None]:
    """The contract, locked, and its open version. Everything else of the contract is read and written after this.

    Raises NotAllowed without permission, and Refused with the reason when the state does not let it happen.
    """
    permit = can_act(actor, act, contract)
    if not permit:
        raise NotAllowed(permit.reason)
    locked = Contract.objects.select_for_update().get(pk=contract.pk)
    version = open_version(locked)
    reason = hindrance(act, locked, version)
    if reason:
        raise Refused(reason)
    return locked, version


def begin_with_version(actor: Actor, act: Act, contract: Contract) -> tuple[Contract, ContractVersion]:
    """The same for acts on the open version, which their hindrances make sure exists."""
    locked, version = begin(actor, act, contract)
    if version is None:
        raise AssertionError(f"{act} passed its hindrances without an open version")
    return locked, version


def move_contract(contract: Contract, act: ContractAct, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Move the contract by its table."""
    move(
        contract,
        act,
        transitions=CONTRACT_TRANSITIONS,
        changes=ContractStatusChange,
        subject_field="contract",
        actor=actor,
        at=at,
        refusal=_("The contract has another status now."),
        reason=reason,
    )


def move_version(
    version: ContractVersion,
    act: VersionAct,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    also: Mapping[str, Any] | None = None,
) -> None:
    """Move the version by its table; `also` are fields that are written with the move."""
    move(
        version,
        act,
        transitions=VERSION_TRANSITIONS,
        changes=VersionStatusChange,
        subject_field="version",
        actor=actor,
        at=at,
        refusal=_("Version %(number)s has another status now.") % {"number": version.number},
        reason=reason,
        also=also,
    )
