"""Acts on the register of assumptions, and on who gains what from them."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.models import Board
from actors.policies import Actor, Refused
from contracts.actions.begin import begin
from contracts.models import Assumption, AssumptionRevision, Benefit, Contract
from contracts.policies import Act
from contracts.queries.register import CALCULATION_SLOTS
from library.models import UnitCost
from library.states import BudgetHolder, Certainty

_KEY = re.compile(r"[A-Za-z0-9ÅÄÖåäö_][A-Za-z0-9ÅÄÖåäö_.:-]{0,119}")
_ONE = Decimal(1)
NOT_NEGATIVE = frozenset({"share", "persons", "months", "times"})


def faults_of(
    *, key: str, unit: str, value: Decimal, low: Decimal | None, high: Decimal | None
) -> Iterator[tuple[str, str]]:
    """What is wrong with the numbers of an assumption: which of them, and why."""
    if (low is None) != (high is None):
        yield ("high" if high is None else "low"), _("A range has two ends. Write both, or none.")
    if low is not None and low > value:
        yield "low", _("The low end is above the value itself. Write a lower number.")
    if high is not None and high < value:
        yield "high", _("The high end is below the value itself. Write a higher number.")
    for name, number in (("value", value), ("low", low), ("high", high)):
        if number is None:
            continue
        if key in CALCULATION_SLOTS:
            if not -_ONE < number <= _ONE:
                yield name, _("A rate a year lies between −100 and 100 per cent.")
        elif unit in NOT_NEGATIVE and number < 0:
            yield name, _("This cannot be less than zero.")
        elif unit == "share" and number > _ONE:
            yield name, _("A share is at most 100 per cent.")


@transaction.atomic
def state_assumption(
    *,
    actor: Actor,
    contract: Contract,
    key: str,
    label: str,
    unit: str,
    value: Decimal,
    low: Decimal | None,
    high: Decimal | None,
    source: str,
    source_url: str,
    certainty: str,
    owner: str,
    stated_on: date,
    reason: str,
    at: datetime,
) -> AssumptionRevision:
    """Say what an assumption is: the first time it is made, afterwards a revision is added with the reason.

    Nothing is written when it says the same already. What was removed comes back with its history.
    """
    locked, _version = begin(actor, Act.EDIT_CALCULATION, contract)
    if not _KEY.fullmatch(key):
        raise Refused(_("«%(key)s» cannot be the name of an assumption.") % {"key": key})
    if certainty not in Certainty.values:
        raise Refused(_("«%(certainty)s» is not a word for how sure something is.") % {"certainty": certainty})
    faults = [fault for _name, fault in faults_of(key=key, unit=unit, value=value, low=low, high=high)]
    if faults:
        raise Refused(*dict.fromkeys(faults))
    assumption = Assumption.objects.filter(contract=locked, key=key).first() or Assumption(contract=locked, key=key)
    is_new = assumption.pk is None
    latest = None if is_new else assumption.revisions.order_by("pk").last()
    unit_before = assumption.unit
    _name(assumption, label=label.strip() or key, unit=unit)
    said: dict[str, Any] = {
        "value": value,
        "low": low,
        "high": high,
        "source": source.strip(),
        "source_url": source_url.strip(),
        "certainty": str(certainty),
        "owner": owner.strip(),
        "stated_on": stated_on,
    }
    if latest is not None and unit == unit_before and all(getattr(latest, name) == it for name, it in said.items()):
        return latest
    if latest is not None and not reason.strip():
        raise Refused(_("Write why the assumption is changed: whoever reads the calculation needs to know."))
    revision = AssumptionRevision.objects.create(
        assumption=assumption, reason=reason.strip(), user=actor.user, at=at, **said
    )
    record(
        actor=actor,
        at=at,
        event="contracts.state_assumption",
        subject=assumption,
        contract_code=locked.code,
        key=key,
        revision=revision.pk,
    )
    return revision


def _name(assumption: Assumption, *, label: str, unit: str) -> None:
    """Keep the words that the assumption is known by; a removed one is back."""
    assumption.label, assumption.unit, assumption.removed_at = label[:200], unit[:60], None
    assumption.save()


@transaction.atomic
def remove_assumption(*, actor: Actor, contract: Contract, key: str, at: datetime) -> None:
    """Take an assumption out of the register. Its history stays, and so does every simulation drawn from it."""
    locked, _version = begin(actor, Act.EDIT_CALCULATION, contract)
    assumption = _assumption(locked, key)
    uses = Benefit.objects.filter(contract=locked).order_by("pk")
    names = [
        benefit.label
        for benefit in uses
        if assumption.pk in {benefit.volume_id, benefit.unit_cost_id, benefit.attribution_id}
    ]
    if names:
        raise Refused(
            _("«%(label)s» is used by %(benefits)s. Change or remove that first.")
            % {"label": assumption.label, "benefits": ", ".join(f"«{name}»" for name in names)}
        )
    assumption.removed_at = at
    assumption.save(update_fields=["removed_at"])
    record(
        actor=actor,
        at=at,
        event="contracts.remove_assumption",
        subject=assumption,
        contract_code=locked.code,
        key=key,
    )


def _assumption(contract: Contract, key: str) -> Assumption:
    found = Assumption.objects.filter(contract=contract, key=key, removed_at__isnull=True).first()
    if found is None:
        raise Refused(_("There is no assumption «%(key)s» in the register.") % {"key": key})
    return found


# --- Benefits ------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_benefit(
    *,
    actor: Actor,
    contract: Contract,
    holder: str,
    label: str,
    volume: str,
    unit_cost: str,
    at: datetime,
    attribution: str = "",
    metric: str = "",
    board: Board | None = None,
    shelf_cost: UnitCost | None = None,
    from_year: int = 1,
    years: int = 1,
    is_cashable: bool = False,
) -> Benefit:
    """Add what a budget holder is spared or gains; `volume`, `unit_cost` and `attribution` are keys of the register."""
    locked, _version = begin(actor, Act.EDIT_CALCULATION, contract)
    benefit = Benefit(contract=locked)
    _fill(
        benefit,
        holder=holder,
        board=board,
        label=label,
        metric=metric,
        volume=volume,
        unit_cost=unit_cost,
        attribution=attribution,
        shelf_cost=shelf_cost,
        from_year=from_year,
        years=years,
        is_cashable=is_cashable,
    )
    _told(actor, at, "contracts.add_benefit", benefit)
    return benefit


@transaction.atomic
def change_benefit(
    *,
    actor: Actor,
    benefit: Benefit,
    holder: str,
    label: str,
    volume: str,
    unit_cost: str,
    at: datetime,
    attribution: str = "",
    metric: str = "",
    board: Board | None = None,
    shelf_cost: UnitCost | None = None,
    from_year: int = 1,
    years: int = 1,
    is_cashable: bool = False,
) -> Benefit:
    """Change what a budget holder is spared or gains."""
    locked, _version = begin(actor, Act.EDIT_CALCULATION, benefit.contract)
    changed = Benefit.objects.get(pk=benefit.pk, contract=locked)
    _fill(
        changed,
        holder=holder,
        board=board,
        label=label,
        metric=metric,
        volume=volume,
        unit_cost=unit_cost,
        attribution=attribution,
        shelf_cost=shelf_cost,
        from_year=from_year,
        years=years,
        is_cashable=is_cashable,
    )
    _told(actor, at, "contracts.change_benefit", changed)
    return changed


@transaction.atomic
def remove_benefit(*, actor: Actor, benefit: Benefit, at: datetime) -> None:
    """Take a benefit out of the calculation. Its assumptions stay in the register."""
    locked, _version = begin(actor, Act.EDIT_CALCULATION, benefit.contract)
    gone = Benefit.objects.get(pk=benefit.pk, contract=locked)
    _told(actor, at, "contracts.remove_benefit", gone)
    gone.delete()


def _fill(benefit: Benefit, *, volume: str, unit_cost: str, attribution: str, **fields: Any) -> None:
    contract = benefit.contract
    for name, value in fields.items():
        setattr(benefit, name, value)
    benefit.label = benefit.label.strip()
    reasons = []
    if benefit.holder not in BudgetHolder.values:
        reasons.append(_("Say whose budget gains."))
    if not benefit.label:
        reasons.append(_("Say what is avoided or gained."))
    if benefit.from_year < 1 or benefit.years < 1:
        reasons.append(_("The first year is 1 or later, and a gain lasts at least one year."))
    board = benefit.board
    if board is not None and board.organisation_id not in _organisations(contract):
        reasons.append(_("%(board)s belongs to nobody in the contract.") % {"board": board})
    if reasons:
        raise Refused(*reasons)
    benefit.volume = _assumption(contract, volume)
    benefit.unit_cost = _assumption(contract, unit_cost)
    benefit.attribution = _assumption(contract, attribution) if attribution else None
    benefit.save()


def _organisations(contract: Contract) -> set[int]:
    return {contract.owner_id, *contract.parties.values_list("organisation", flat=True)}


def _told(actor: Actor, at: datetime, event: str, benefit: Benefit) -> None:
    record(
        actor=actor,
        at=at,
        event=event,
        subject=benefit,
        contract_code=benefit.contract.code,
        holder=benefit.holder,
    )
