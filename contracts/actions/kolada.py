"""Acts that take figures from Kolada into a design. Kolada is asked before anything is locked."""

from datetime import datetime

from django.db import transaction

from actors.audit import record
from actors.policies import Actor, NotAllowed, Refused
from contracts.actions.begin import begin
from contracts.models import Contract
from contracts.policies import Act, can_act, hindrance
from contracts.queries import open_version
from library.models import KoladaSnapshot
from library.snapshots import Wanted, fetch_snapshot


def fetch_figure(*, actor: Actor, contract: Contract, wanted: Wanted, at: datetime) -> KoladaSnapshot:
    """Keep what Kolada says, for the design of this contract. Raises KoladaProblem where it says nothing."""
    permit = can_act(actor, Act.EDIT_DESIGN, contract)
    if not permit:
        raise NotAllowed(permit.reason)
    reason = hindrance(Act.EDIT_DESIGN, contract, open_version(contract))
    if reason:
        raise Refused(reason)
    return fetch_snapshot(actor=actor, wanted=wanted, at=at, contract_code=contract.code)


@transaction.atomic
def add_need_figure(*, actor: Actor, contract: Contract, snapshot: KoladaSnapshot, at: datetime) -> None:
    """Let a snapshot show the need of the contract."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, contract)
    locked.design.need_figures.add(snapshot)
    record(
        actor=actor,
        at=at,
        event="contracts.add_need_figure",
        subject=locked.design,
        contract_code=locked.code,
        snapshot=snapshot.pk,
        kpi=snapshot.kpi,
    )


@transaction.atomic
def remove_need_figure(*, actor: Actor, contract: Contract, snapshot: KoladaSnapshot, at: datetime) -> None:
    """Let the need rest on it no longer. The snapshot itself is kept."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, contract)
    locked.design.need_figures.remove(snapshot)
    record(
        actor=actor,
        at=at,
        event="contracts.remove_need_figure",
        subject=locked.design,
        contract_code=locked.code,
        snapshot=snapshot.pk,
        kpi=snapshot.kpi,
    )
