"""Acts on the design: need, target group and effect chain. Each is saved by itself, finished or not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused
from contracts.actions.begin import begin
from contracts.actions.saving import change, changed_since, labels_of, stored_in
from contracts.models import ChainLink, Contract, Design
from contracts.policies import EDITABLE_FIELDS, Act

OF_THE_CONTRACT = frozenset({"target_population", "intervention"})
"""Texts of the design that stand on the contract itself, and stand still once it is agreed."""

OF_THE_DESIGN = frozenset(
    {
        "need",
        "today",
        "evidence",
        "inclusion",
        "exclusion",
        "expected_participants",
        "horizon_years",
        "savings_return",
        "report_within_days",
        "verify_within_days",
        "pay_within_days",
        "meets_every",
    }
)


@transaction.atomic
def edit_design(
    *,
    actor: Actor,
    contract: Contract,
    changes: Mapping[str, Any],
    at: datetime,
    seen: Mapping[str, Any] | None = None,
) -> Design:
    """Change what the design says, in its own row and in the contract's texts; other fields are left alone.

    A field that somebody else has changed since the writer saw it is not overwritten: EditConflict says which.
    """
    locked, _version = begin(actor, Act.EDIT_DESIGN, contract)
    design = Design.objects.select_for_update().get(contract=locked)
    unknown = set(changes) - OF_THE_CONTRACT - OF_THE_DESIGN
    if unknown:
        raise ValueError(f"not fields of the design: {sorted(unknown)}")
    rows: dict[str, Contract | Design] = {name: locked if name in OF_THE_CONTRACT else design for name in changes}
    fixed = sorted(name for name in changes if name in OF_THE_CONTRACT - EDITABLE_FIELDS[locked.status])
    if fixed:
        names = ", ".join(labels_of(locked, dict.fromkeys(fixed)).values())
        raise Refused(_("What the parties have agreed on stands still: %(fields)s.") % {"fields": names})
    stored: dict[str, Any] = {}
    labels: dict[str, str] = {}
    for name, row in rows.items():
        stored |= stored_in(row, {name: None})
        labels |= labels_of(row, {name: None})
    changed = changed_since(stored, changes, seen, labels)
    for name, value in changed.items():
        setattr(rows[name], name, value)
    for row in {id(row): row for name, row in rows.items() if name in changed}.values():
        row.save(update_fields=[name for name in changed if rows[name] is row])
    if changed:
        _record(actor, at, "contracts.edit_design", design, locked, fields=sorted(changed))
    return design


@transaction.atomic
def add_chain_link(
    *, actor: Actor, contract: Contract, link: ChainLink.Link, text: str, at: datetime, grounds: str = ""
) -> ChainLink:
    """Write one more statement in one of the six links, last in it."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, contract)
    last = ChainLink.objects.filter(contract=locked, link=link).aggregate(last=Max("ordinal"))["last"]
    added = ChainLink.objects.create(
        contract=locked, link=link, text=text, grounds=grounds, ordinal=0 if last is None else last + 1
    )
    _record(actor, at, "contracts.add_chain_link", added, locked, link=str(link))
    return added


@transaction.atomic
def change_chain_link(
    *,
    actor: Actor,
    link: ChainLink,
    changes: Mapping[str, Any],
    at: datetime,
    seen: Mapping[str, Any] | None = None,
) -> ChainLink:
    """Change what a statement says, why it is believed, or in which link it stands."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, link.contract)
    row = _row(locked, link)
    changed = change(row, changes, seen)
    if changed:
        row.save(update_fields=list(changed))
        _record(actor, at, "contracts.change_chain_link", row, locked, fields=sorted(changed))
    return row


@transaction.atomic
def move_chain_link(*, actor: Actor, link: ChainLink, up: bool, at: datetime) -> ChainLink:
    """Let a statement change places with its neighbour in the same link. At the end of the list it stays."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, link.contract)
    row = _row(locked, link)
    rows = list(ChainLink.objects.filter(contract=locked, link=row.link))
    index = next(index for index, other in enumerate(rows) if other.pk == row.pk)
    to = max(index - 1, 0) if up else min(index + 1, len(rows) - 1)
    rows.insert(to, rows.pop(index))
    for ordinal, other in enumerate(rows):
        if other.ordinal != ordinal:
            other.ordinal = ordinal
            other.save(update_fields=["ordinal"])
    if to != index:
        _record(actor, at, "contracts.move_chain_link", row, locked, to=to + 1)
    return row


@transaction.atomic
def remove_chain_link(*, actor: Actor, link: ChainLink, at: datetime) -> None:
    """Take a statement out of the chain. Measures that pointed to it stay, and point to none."""
    locked, _version = begin(actor, Act.EDIT_DESIGN, link.contract)
    row = _row(locked, link)
    _record(actor, at, "contracts.remove_chain_link", row, locked, link=row.link, text=row.text)
    row.delete()


def _row(contract: Contract, link: ChainLink) -> ChainLink:
    """The statement as it stands now, if it is still there."""
    row = ChainLink.objects.filter(pk=link.pk, contract=contract).first()
    if row is None:
        raise Refused(_("«%(text)s» is no longer in the chain: somebody else has removed it.") % {"text": link.text})
    return row


def _record(actor: Actor, at: datetime, event: str, subject: Any, contract: Contract, **data: Any) -> None:
    record(actor=actor, at=at, event=event, subject=subject, contract_code=contract.code, **data)
