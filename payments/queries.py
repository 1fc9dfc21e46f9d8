"""What the pages, the API and the reports read about settlements, orders and the ledger, and what waits to be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from actors.policies import Actor, NotVisible, granted
from actors.roles import Permission, Role
from contracts.models import Contract, ContractParty
from contracts.queries import get_contract_for
from outcomes.models import ClaimPeriod
from outcomes.states import PeriodStatus
from payments.models import (
    Attestation,
    Calculation,
    CalculationFailure,
    CalculationLine,
    LedgerEntry,
    PaymentOrder,
    Posting,
)
from payments.states import OrderAct, OrderStatus

ZERO = Decimal("0.00")
LONG_AGO = datetime.min.replace(tzinfo=UTC)


# --- Work of the worker ---------------------------------------------------------------------------------------------


def _waiting() -> QuerySet[ClaimPeriod]:
    failures = CalculationFailure.objects.filter(claim_period=OuterRef("pk")).order_by("-at", "-pk")
    return (
        ClaimPeriod.objects.filter(status=PeriodStatus.VERIFIED, calculation__isnull=True)
        .annotate(next_attempt_at=Subquery(failures.values("next_attempt_at")[:1]))
        .order_by("ends_on", "starts_on", "pk")
    )


def waiting_periods(contract: Contract, *, until: ClaimPeriod) -> QuerySet[ClaimPeriod]:
    """The contract's verified periods without a calculation, in the order of time, up to and including this one."""
    return _waiting().filter(
        Q(ends_on__lt=until.ends_on)
        | Q(ends_on=until.ends_on, starts_on__lt=until.starts_on)
        | Q(ends_on=until.ends_on, starts_on=until.starts_on, pk__lte=until.pk),
        contract=contract,
    )


def next_attempt_at(waiting: ClaimPeriod) -> datetime:
    """When a period of `waiting_periods` may be tried; long ago when it has not failed."""
    found: datetime | None = getattr(waiting, "next_attempt_at", None)
    return found or LONG_AGO


def periods_to_compute(at: datetime) -> list[int]:
    """Every verified period without a calculation, but for those whose next attempt lies ahead."""
    ready = _waiting().filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at))
    return list(ready.values_list("pk", flat=True)[:200])


# --- Settlements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leg:
    """What one payer owes one payee by one calculation, and the order for it that stands, if any."""

    payer: ContractParty
    payee: ContractParty
    amount: Decimal
    currency: str
    order: PaymentOrder | None


@dataclass(frozen=True)
class Settlement:
    """One claim period as the payment pages show it: verified, being computed, failed, or computed with its legs."""

    period: ClaimPeriod
    calculation: Calculation | None
    failure: CalculationFailure | None
    legs: list[Leg]

    @property
    def state(self) -> str:
        """What happens next, as a key of `payments.views.STATES`."""
        if self.calculation is None:
            if self.period.status != PeriodStatus.VERIFIED:
                return "not_verified"
            return "failed" if self.failure else "computing"
        if not any(leg.amount for leg in self.legs):
            return "nothing_due"
        if self.period.contract.computed_from_published_facts:
            return "computed_only"
        orders = [leg.order for leg in self.legs if leg.amount]
        if any(order is None for order in orders):
            return "to_order"
        statuses = {order.status for order in orders if order}
        return next(status for status in IN_ORDER_OF_URGENCY if status in statuses)

    @property
    def orders(self) -> list[PaymentOrder]:
        return [leg.order for leg in self.legs if leg.order]


IN_ORDER_OF_URGENCY = [OrderStatus.PREPARED, OrderStatus.REVIEWED, OrderStatus.DECIDED, OrderStatus.PAID]


def settlements_of(contract: Contract, *, name: str | None = None) -> list[Settlement]:
    """Every reported or verified claim period of the contract with its settlement, the latest first.

    `contract` comes from `get_contract_for`, with its parties at hand. `name` asks for one period alone.
    """
    periods = (
        ClaimPeriod.objects.filter(contract=contract)
        .exclude(status=PeriodStatus.OPEN)
        .select_related("calculation")
        .order_by("-ends_on", "-starts_on", "-pk")
    )
    if name is None:
        periods = periods.defer("calculation__inputs", "calculation__entitlement")  # long, and not shown in lists
    else:
        periods = periods.filter(name=name)
    found = list(periods)
    legs = _legs(contract, found)
    failures = _failures(found)
    for period in found:
        period.contract = contract
        if calculation := calculation_of(period):
            calculation.contract = contract
    return [
        Settlement(period, calculation_of(period), failures.get(period.pk), legs.get(period.pk, [])) for period in found
    ]


def calculation_of(period: ClaimPeriod) -> Calculation | None:
    """The period's calculation, or none yet."""
    found: Calculation | None = getattr(period, "calculation", None)
    return found


def _legs(contract: Contract, periods: Iterable[ClaimPeriod]) -> dict[int, list[Leg]]:
    parties = {party.pk: party for party in contract.parties.all()}
    pks = [period.pk for period in periods]
    orders = {
        (order.calculation_id, order.payer_id, order.payee_id): order
        for order in PaymentOrder.objects.filter(calculation__claim_period__in=pks).exclude(status=OrderStatus.REFUSED)
    }
    legs: dict[int, list[Leg]] = {}
    for row in (
        CalculationLine.objects.filter(calculation__claim_period__in=pks)
        .values("calculation", "calculation__claim_period", "calculation__currency", "payer", "payee")
        .annotate(amount=Sum("amount"))
        .order_by("payer", "payee")
    ):
        order = orders.get((row["calculation"], row["payer"], row["payee"]))
        legs.setdefault(row["calculation__claim_period"], []).append(
            Leg(parties[row["payer"]], parties[row["payee"]], row["amount"], row["calculation__currency"], order)
        )
    return legs


def _failures(periods: Iterable[ClaimPeriod]) -> dict[int, CalculationFailure]:
    latest = (
        CalculationFailure.objects.filter(claim_period__in=[period.pk for period in periods])
        .order_by("claim_period", "-at", "-pk")
        .distinct("claim_period")
    )
    return {failure.claim_period_id: failure for failure in latest}


def get_settlement_for(actor: Actor, code: str, name: str, permission: Permission) -> Settlement:
    """One period's settlement, computed or not. NotVisible when there is no such period to settle."""
    contract = get_contract_for(actor, code, permission)
    found = settlements_of(contract, name=name)
    if not found:
        raise NotVisible
    return found[0]


def get_calculation_for(actor: Actor, code: str, period_name: str, permission: Permission) -> Calculation:
    """The calculation of one claim period. NotVisible while there is none."""
    contract = get_contract_for(actor, code, permission)
    calculation = (
        Calculation.objects.filter(contract=contract, claim_period__name=period_name)
        .select_related("claim_period")
        .first()
    )
    if calculation is None:
        raise NotVisible
    calculation.contract = contract
    return calculation


def calculations_of(contract: Contract) -> QuerySet[Calculation]:
    """The contract's calculations in the order they were made, with their lines and parties; without the trace."""
    lines = CalculationLine.objects.select_related("payer", "payee").order_by("ordinal")
    return (
        Calculation.objects.filter(contract=contract)
        .select_related("claim_period")
        .defer("inputs", "entitlement")
        .prefetch_related(Prefetch("lines", queryset=lines))
        .order_by("number")
    )


@dataclass(frozen=True)
class Totals:
    """What the contract has come to: the latest entitlement, and of it what was granted, ordered and paid."""

    currency: str
    entitled: Decimal
    granted: Decimal
    ordered: Decimal
    paid: Decimal


def totals_of(contract: Contract) -> Totals:
    """The sums of stored rows; nothing is computed or rounded here."""
    calculations = Calculation.objects.filter(contract=contract)
    latest = calculations.order_by("-number").values_list("entitled_to_date", "currency").first()
    orders = PaymentOrder.objects.filter(calculation__contract=contract).exclude(status=OrderStatus.REFUSED)
    sums = orders.aggregate(ordered=Sum("amount"), paid=Sum("amount", filter=Q(status=OrderStatus.PAID)))
    return Totals(
        currency=latest[1] if latest else "SEK",
        entitled=latest[0] if latest else ZERO,
        granted=calculations.aggregate(granted=Sum("total"))["granted"] or ZERO,
        ordered=sums["ordered"] or ZERO,
        paid=sums["paid"] or ZERO,
    )


# --- Orders ---------------------------------------------------------------------------------------------------------


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
            by=row["computed_at"].date(),
            url_name="payments:order_payment",
            url_args=(row["code"], row["period"], row["payer__key"], row["payee__key"]),
        )


def _name(row: dict[str, Any], party: str) -> str:
    """As `str(party)` says it."""
    return ", ".join(filter(None, (row[f"{party}__board__name"], row[f"{party}__organisation__name"])))


# --- Ledger ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balance:
    """What stands on one party's account in one currency."""

    party: ContractParty
    account: str
    account_label: str
    currency: str
    amount: Decimal


def entries_of(contract: Contract) -> QuerySet[LedgerEntry]:
    """The contract's ledger in the order it was written."""
    return (
        LedgerEntry.objects.filter(contract=contract)
        .select_related("order__calculation__claim_period", "user")
        .defer("order__calculation__inputs", "order__calculation__entitlement")
        .prefetch_related(Prefetch("postings", queryset=Posting.objects.order_by("pk")))
        .order_by("at", "pk")
    )


def balances_of(contract: Contract) -> list[Balance]:
    """The balance of every account, summed over all postings; together they are zero."""
    parties = {party.pk: party for party in contract.parties.all()}
    rows = (
        Posting.objects.filter(entry__contract=contract)
        .values("account", "party", "currency")
        .annotate(balance=Coalesce(Sum("amount"), ZERO))
        .order_by("account", "party")
    )
    return [
        Balance(
            parties[row["party"]],
            row["account"],
            str(Posting(account=row["account"]).get_account_display()),
            row["currency"],
            row["balance"],
        )
        for row in rows
    ]
