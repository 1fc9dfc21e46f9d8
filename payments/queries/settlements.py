"""Settlements: each claim period with its calculation, what each payer owes by it, and what has come of that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet, Sum

from actors.policies import Actor, NotVisible
from actors.roles import Permission
from contracts.models import Contract, ContractParty
from contracts.queries import get_contract_for
from outcomes.models import ClaimPeriod
from outcomes.states import PeriodStatus
from payments.models import Calculation, CalculationFailure, CalculationLine, PaymentOrder
from payments.states import OrderStatus

ZERO = Decimal("0.00")


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
    refused: list[PaymentOrder]

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
    def granted_before(self) -> Decimal:
        return self.calculation.entitled_to_date - self.calculation.total if self.calculation else ZERO

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
    parties = {party.pk: party for party in contract.parties.all()}
    orders = _orders(found, parties)
    legs = _legs(found, parties, [order for order in orders if order.status != OrderStatus.REFUSED])
    failures = _failures(found)
    settlements = []
    for period in found:
        period.contract = contract
        calculation = calculation_of(period)
        refused: list[PaymentOrder] = []
        if calculation:
            calculation.contract, calculation.claim_period = contract, period
            refused = [o for o in orders if o.calculation_id == calculation.pk and o.status == OrderStatus.REFUSED]
        settlements.append(Settlement(period, calculation, failures.get(period.pk), legs.get(period.pk, []), refused))
    return settlements


def calculation_of(period: ClaimPeriod) -> Calculation | None:
    """The period's calculation, or none yet."""
    found: Calculation | None = getattr(period, "calculation", None)
    return found


def _orders(periods: Iterable[ClaimPeriod], parties: Mapping[int, ContractParty]) -> list[PaymentOrder]:
    orders = list(PaymentOrder.objects.filter(calculation__claim_period__in=list(periods)).order_by("ordered_at", "pk"))
    for order in orders:
        order.payer, order.payee = parties[order.payer_id], parties[order.payee_id]
    return orders


def _legs(
    periods: Iterable[ClaimPeriod], parties: Mapping[int, ContractParty], standing: Iterable[PaymentOrder]
) -> dict[int, list[Leg]]:
    orders = {(order.calculation_id, order.payer_id, order.payee_id): order for order in standing}
    legs: dict[int, list[Leg]] = {}
    for row in (
        CalculationLine.objects.filter(calculation__claim_period__in=list(periods))
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
    """The latest failure of each period that still waits to be computed."""
    waiting = [p.pk for p in periods if p.status == PeriodStatus.VERIFIED and calculation_of(p) is None]
    if not waiting:
        return {}
    latest = (
        CalculationFailure.objects.filter(claim_period__in=waiting)
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
    made = list(
        Calculation.objects.filter(contract=contract)
        .order_by("number")
        .values_list("total", "entitled_to_date", "currency")
    )
    orders = PaymentOrder.objects.filter(calculation__contract=contract).exclude(status=OrderStatus.REFUSED)
    sums = orders.aggregate(ordered=Sum("amount"), paid=Sum("amount", filter=Q(status=OrderStatus.PAID)))
    return Totals(
        currency=made[-1][2] if made else "SEK",
        entitled=made[-1][1] if made else ZERO,
        granted=sum((total for total, *_ in made), ZERO),
        ordered=sums["ordered"] or ZERO,
        paid=sums["paid"] or ZERO,
    )
