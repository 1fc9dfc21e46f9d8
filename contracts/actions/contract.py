"""Acts on the contract itself: draft, edit, start, close, terminate."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused, require
from actors.roles import Permission, Role
from contracts.actions.begin import begin, move_contract, move_version
from contracts.actions.saving import change
from contracts.models import Contract, ContractParty, ContractVersion, Design
from contracts.policies import EDITABLE_FIELDS, Act
from contracts.queries import unique_party_key
from contracts.states import BEFORE_THE_PARTIES, ContractAct, VersionAct

_ATTEMPTS = 5


def draft_contract(
    *,
    actor: Actor,
    name: str,
    starts_on: date,
    ends_on: date,
    at: datetime,
    code: str = "",
    summary: str = "",
    target_population: str = "",
    intervention: str = "",
    terms: Mapping[str, Any] | None = None,
) -> Contract:
    """Begin a contract: a draft with an empty first version of the terms. Without a code it gets the next of its year.

    Somebody whose duty is limited to one board drafts for that board: it becomes an outcome payer at once.
    """
    require(actor, Permission.DRAFT_CONTRACT)
    if actor.organisation is None:
        raise AssertionError("only a member of an organisation is permitted to draft")
    _refuse_wrong_dates(starts_on, ends_on)
    with transaction.atomic():
        contract = _new_contract(
            code=code,
            year=starts_on.year,
            fields={
                "name": name,
                "starts_on": starts_on,
                "ends_on": ends_on,
                "summary": summary,
                "target_population": target_population,
                "intervention": intervention,
                "owner": actor.organisation,
                "created_at": at,
            },
        )
        Design.objects.create(contract=contract)
        ContractVersion.objects.create(
            contract=contract, number=1, terms=dict(terms or {}), effective_on=starts_on, edited_at=at
        )
        board = actor.membership.board if actor.membership else None
        if board is not None:
            ContractParty.objects.create(
                contract=contract,
                organisation=actor.organisation,
                board=board,
                role=Role.OUTCOME_PAYER,
                key=unique_party_key(contract, str(board.name)),
            )
        record(actor=actor, at=at, event="contracts.draft_contract", subject=contract, contract_code=contract.code)
    return contract


def _new_contract(*, code: str, year: int, fields: dict[str, Any]) -> Contract:
    """A row under the wanted code, or under the next free one of the year even when two people draft at once."""
    for _attempt in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return Contract.objects.create(code=code or _next_code(year), **fields)
        except IntegrityError:
            if code:
                raise Refused(_("The code %(code)s is taken. Choose another one.") % {"code": code}) from None
    raise Refused(_("Many contracts are being drafted at this moment. Try again."))


def _next_code(year: int) -> str:
    prefix = f"UK-{year}-"
    codes = Contract.objects.filter(code__regex=rf"^{prefix}\d+$").values_list("code", flat=True)
    number = max((int(code.removeprefix(prefix)) for code in codes), default=0) + 1
    return f"{prefix}{number:02d}"


def _refuse_wrong_dates(starts_on: date, ends_on: date) -> None:
    if ends_on <= starts_on:
        raise Refused(
            _("The contract ends on %(end)s, which is not after its first day, %(start)s.")
            % {"end": ends_on.isoformat(), "start": starts_on.isoformat()}
        )


@transaction.atomic
def edit_contract(
    *,
    actor: Actor,
    contract: Contract,
    changes: Mapping[str, Any],
    at: datetime,
    seen: Mapping[str, Any] | None = None,
) -> Contract:
    """Change the contract's own fields, as far as its status lets them change (`contracts.policies.EDITABLE_FIELDS`).

    `seen` is what the writer saw before changing it. A field that somebody else has changed since then is not
    overwritten: EditConflict says which, and what stands there now. Fields not in `changes` are left alone.
    """
    locked, version = begin(actor, Act.EDIT, contract)
    fixed = sorted(set(changes) - EDITABLE_FIELDS[locked.status])
    if fixed:
        names = ", ".join(str(Contract._meta.get_field(name).verbose_name) for name in fixed)  # type: ignore[union-attr]
        raise Refused(_("What the parties have agreed on stands still: %(fields)s.") % {"fields": names})
    started = locked.starts_on
    changed = change(locked, changes, seen)
    _refuse_wrong_dates(locked.starts_on, locked.ends_on)
    if changed:
        locked.save(update_fields=list(changed))
        if version is not None and version.number == 1 and version.effective_on == started != locked.starts_on:
            version.effective_on = locked.starts_on  # the first version applies from the first day
            version.save(update_fields=["effective_on"])
        record(
            actor=actor,
            at=at,
            event="contracts.edit_contract",
            subject=locked,
            contract_code=locked.code,
            fields=sorted(changed),
        )
    return locked


@transaction.atomic
def start(*, actor: Actor, contract: Contract, at: datetime) -> Contract:
    """Let an agreed contract become active: from now on outcomes are reported, verified and settled."""
    locked, _version = begin(actor, Act.START, contract)
    move_contract(locked, ContractAct.START, actor=actor, at=at)
    record(actor=actor, at=at, event="contracts.start", subject=locked, contract_code=locked.code)
    return locked


@transaction.atomic
def close(*, actor: Actor, contract: Contract, at: datetime, reason: str = "") -> Contract:
    """End an active contract that has run its course. An open change of the terms is withdrawn with it."""
    locked, version = begin(actor, Act.CLOSE, contract)
    _withdraw_open(version, actor=actor, at=at)
    move_contract(locked, ContractAct.CLOSE, actor=actor, at=at, reason=reason)
    record(actor=actor, at=at, event="contracts.close", subject=locked, contract_code=locked.code)
    return locked


@transaction.atomic
def terminate(*, actor: Actor, contract: Contract, reason: str, at: datetime) -> Contract:
    """End an agreed or active contract before its time, for a stated reason."""
    locked, version = begin(actor, Act.TERMINATE, contract)
    if not reason.strip():
        raise Refused(_("Write why the contract is terminated: the parties read it."))
    _withdraw_open(version, actor=actor, at=at)
    move_contract(locked, ContractAct.TERMINATE, actor=actor, at=at, reason=reason.strip())
    record(actor=actor, at=at, event="contracts.terminate", subject=locked, contract_code=locked.code)
    return locked


def _withdraw_open(version: ContractVersion | None, *, actor: Actor, at: datetime) -> None:
    if version is not None:
        act = VersionAct.RETURN if version.status in BEFORE_THE_PARTIES else VersionAct.WITHDRAW
        move_version(version, act, actor=actor, at=at, reason=_("The contract ended."))
