"""Payment orders, and the work list of those who order, review, decide and confirm them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils import timezone

from actors.policies import Actor, NotVisible, granted
from actors.roles import Permission, Role
from contracts.models import Contract, ContractParty
from contracts.queries import get_contract_for
from payments.models import Attestation, CalculationLine, PaymentOrder
from payments.states import OrderAct, OrderStatus


def orders_of(contract: Contract) -> QuerySet[PaymentOrder]:
    """The contract's payment orders, refused ones too, in the order they were made, with all that stands on them."""
    return (
        PaymentOrder.objects.filter(calculation__contract=contract)
        .select_related(
            "calculation__claim_period",
            "payer__organisation",
            "payer__board",
            "payee__organisation",
            "payee__board",
        )
        .defer("calculation__inputs", "calculation__entitlement")
        .prefetch_related(Prefetch("attestations", queryset=Attestation.objects.select_related("user").order_by("at")))
        .order_by("ordered_at", "pk")
    )


def get_order_for(actor: Actor, code: str, pk: UUID, permission: Permission) -> PaymentOrder:
    """One payment order of a contract the actor may see payments of."""
    contract = get_contract_for(actor, code, permission)
    order = orders_of(contract).filter(pk=pk).first()
    if order is None:
        raise NotVisible
    order.calculation.contract = contract
    return order


@dataclass(frozen=True)
class Waiting:
    """One row of somebody's work list: what to do (`act`), with what, by when, and where."""

    act: OrderAct
    contract_code: str
    contract_name: str
    period: str
    payer: str
    payee: str
    amount: Decimal
    currency: str
    by: date
    url_name: str
    url_args: tuple[str, ...]


_NEXT_ACT = {
    OrderStatus.PREPARED: (OrderAct.REVIEW, Permission.REVIEW_PAYMENT),
    OrderStatus.REVIEWED: (OrderAct.DECIDE, Permission.DECIDE_PAYMENT),
    OrderStatus.DECIDED: (OrderAct.CONFIRM_PAID, Permission.CONFIRM_PAID),
}


def orders_waiting_for(actor: Actor) -> list[Waiting]:
    """Everything about payments that this person can do now, by date: to order, review, decide and confirm.

    At most three queries, whatever the number of contracts.
    """
    may = granted([Role.OUTCOME_PAYER], actor.duties)
    payers = _payers_of(actor)
    if payers is None or not may & {permission for _, permission in _NEXT_ACT.values()} | {Permission.ORDER_PAYMENT}:
        return []
    waiting = [*_orders_waiting(actor, payers, may)]
    if Permission.ORDER_PAYMENT in may:
        waiting += _to_order(payers)
    return sorted(waiting, key=lambda row: (row.by, row.contract_code, row.period, row.payer))


def _payers_of(actor: Actor) -> QuerySet[ContractParty] | None:
    """The payers this person acts for: the same rule as `contracts.policies.holds`, as a query."""
    if actor.membership is None:
        return None
    payers = ContractParty.objects.filter(organisation=actor.membership.organisation, role=Role.OUTCOME_PAYER)
    if actor.membership.board_id is not None:
        payers = payers.filter(Q(board__isnull=True) | Q(board=actor.membership.board_id))
    return payers


def _orders_waiting(actor: Actor, payers: QuerySet[ContractParty], may: frozenset[Permission]) -> Iterable[Waiting]:
    statuses = [status for status, (_, permission) in _NEXT_ACT.items() if permission in may]
    own = Attestation.objects.filter(order=OuterRef("pk"), user=actor.user)
    orders = (
        PaymentOrder.objects.filter(payer__in=payers, status__in=statuses)
        .exclude(Q(status__in=[OrderStatus.PREPARED, OrderStatus.REVIEWED]) & Exists(own))
        .select_related(
            "calculation__contract",
            "calculation__claim_period",
            "payer__organisation",
            "payer__board",
            "payee__organisation",
            "payee__board",
        )
        .defer("calculation__inputs", "calculation__entitlement")
    )
    for order in orders:
        contract = order.calculation.contract
        yield Waiting(
            act=_NEXT_ACT[OrderStatus(order.status)][0],
            contract_code=contract.code,
            contract_name=contract.name,
            period=order.calculation.claim_period.name,
            payer=str(order.payer),
            payee=str(order.payee),
            amount=order.amount,
            currency=order.currency,
            by=order.due_on,
            url_name="payments:order_detail",
            url_args=(contract.code, str(order.pk)),
        )


def _to_order(payers: QuerySet[ContractParty]) -> Iterable[Waiting]:
    standing = PaymentOrder.objects.filter(
        calculation=OuterRef("calculation"), payer=OuterRef("payer"), payee=OuterRef("payee")
    ).exclude(status=OrderStatus.REFUSED)
    rows = (
        CalculationLine.objects.filter(payer__in=payers, calculation__contract__computed_from_published_facts=False)
        .filter(~Exists(standing))
        .values(
            "payer__key",
            "payee__key",
            "payer__organisation__name",
            "payer__board__name",
            "payee__organisation__name",
            "payee__board__name",
            code=F("calculation__contract__code"),
            name=F("calculation__contract__name"),
            period=F("calculation__claim_period__name"),
            currency=F("calculation__currency"),
            computed_at=F("calculation__computed_at"),
        )
        .annotate(due=Sum("amount"))
        .exclude(due=0)
        .order_by("computed_at", "payer__key", "payee__key")
    )
    for row in rows:
        yield Waiting(
            act=OrderAct.ORDER,
            contract_code=row["code"],
            contract_name=row["name"],
            period=row["period"],
            payer=_name(row, "payer"),
            payee=_name(row, "payee"),
            amount=row["due"],
            currency=row["currency"],
            by=timezone.localdate(row["computed_at"]),
            url_name="payments:order_payment",
            url_args=(row["code"], row["period"], row["payer__key"], row["payee__key"]),
        )


def _name(row: Mapping[str, Any], party: str) -> str:
    """As `str(party)` says it."""
    return ", ".join(filter(None, (row[f"{party}__board__name"], row[f"{party}__organisation__name"])))
