"""What each claim period came to, and how."""

from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from payments.policies import may_act_for
from payments.queries import Leg, Settlement, explain, get_settlement_for, settlements_of, totals_of
from payments.states import OrderAct, OrderStatus

STATES: dict[str, tuple[Any, str]] = {
    "not_verified": (gettext_lazy("Waiting to be verified"), "neutral"),
    "computing": (gettext_lazy("Being computed"), "info"),
    "failed": (gettext_lazy("Could not be computed yet"), "danger"),
    "nothing_due": (gettext_lazy("Nothing due"), "neutral"),
    "computed": (gettext_lazy("Computed"), "success"),
    "computed_only": (gettext_lazy("Computed, never settled here"), "neutral"),
    "to_order": (gettext_lazy("To be ordered"), "warning"),
    OrderStatus.PREPARED: (OrderStatus.PREPARED.label, "warning"),
    OrderStatus.REVIEWED: (OrderStatus.REVIEWED.label, "warning"),
    OrderStatus.DECIDED: (OrderStatus.DECIDED.label, "info"),
    OrderStatus.PAID: (OrderStatus.PAID.label, "success"),
    OrderStatus.REFUSED: (OrderStatus.REFUSED.label, "danger"),
}
AMONG_ORDERS = {"to_order", *OrderStatus.values}
ROWS_PER_PAGE = 20
SORTS: dict[str, Any] = {
    "period": lambda row: (row["settlement"].period.ends_on, row["settlement"].period.starts_on),
    "verified": lambda row: str(row["settlement"].period.verified_at or ""),
    "due": lambda row: row["settlement"].calculation.total if row["settlement"].calculation else Decimal(0),
}


@access(Permission.VIEW_WORKING, in_contract=True)
@require_safe
def settlements(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_WORKING)
    sees_orders = _sees_orders(request, contract)
    rows = [_row(settlement, sees_orders) for settlement in settlements_of(contract)]
    sort = request.GET.get("sort", "-period")
    rows.sort(key=SORTS.get(sort.lstrip("-"), SORTS["period"]), reverse=sort.startswith("-"))
    context = {
        "contract": contract,
        "section": "payments",
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "sort": sort,
        "totals": totals_of(contract),
        "sees_orders": sees_orders,
        "is_computing": any(row["state"] == "computing" for row in rows),
    }
    return page_or_fragment(request, "payments/settlements.html", "payments/_settlements.html", context)


@access(Permission.VIEW_WORKING, in_contract=True)
@require_safe
def settlement_detail(request: ActorRequest, code: str, period: str) -> HttpResponse:
    settlement = get_settlement_for(request.actor, code, period, Permission.VIEW_WORKING)
    contract, calculation = settlement.period.contract, settlement.calculation
    sees_orders = _sees_orders(request, contract)
    context = {
        "contract": contract,
        "section": "payments",
        **_row(settlement, sees_orders),
        "calculation": calculation,
        "explanation": explain(calculation, contract) if calculation else None,
        "sees_orders": sees_orders,
        "legs": [_leg(request, contract, leg) for leg in settlement.legs],
        "refused": settlement.refused if sees_orders else [],
        "is_computing": settlement.state == "computing",
    }
    return page_or_fragment(request, "payments/settlement_detail.html", "payments/_settlement.html", context)


@access(Permission.VIEW_WORKING, in_contract=True)
@require_safe
def settlement_trace(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """The calculation as it is stored, to be checked by another program.

    Which claims counted is about persons, and left out for those who do not see such rows.
    """
    settlement = get_settlement_for(request.actor, code, period, Permission.VIEW_WORKING)
    contract, calculation = settlement.period.contract, settlement.calculation
    if calculation is None:
        return JsonResponse({"contract": code, "period": period, "calculation": None}, status=404)
    sees_persons = bool(can(request.actor, Permission.VIEW_PERSONS, roles_of(request.actor, contract)))
    trace = {
        "contract": code,
        "period": period,
        "calculation": str(calculation.pk),
        "computed_at": calculation.computed_at.isoformat(),
        "inputs": calculation.inputs,
        "inputs_hash": calculation.inputs_hash,
        "entitlement": calculation.entitlement,
        "result_hash": calculation.result_hash,
        "rows_about_persons": "included" if sees_persons else "left out",
    }
    if not sees_persons:
        trace["inputs"] = {**calculation.inputs, "facts": []}
        trace["entitlement"] = _without_claims(calculation.entitlement)
    response = JsonResponse(trace, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="{code}-{period}.json"'
    return response


def _without_claims(entitlement: dict[str, Any]) -> dict[str, Any]:
    lines = [{**line, "taken": [{**taken, "claims": []} for taken in line["taken"]]} for line in entitlement["lines"]]
    return {**entitlement, "claims": [], "lines": lines}


def _sees_orders(request: ActorRequest, contract: Contract) -> bool:
    return bool(can(request.actor, Permission.VIEW_PAYMENTS, roles_of(request.actor, contract)))


def _row(settlement: Settlement, sees_orders: bool) -> dict[str, Any]:
    """A settlement with its state in words; those who do not see orders see that it is computed."""
    state = settlement.state
    if state in AMONG_ORDERS and not sees_orders:
        state = "computed"
    label, tone = STATES[state]
    return {"settlement": settlement, "state": state, "label": label, "tone": tone}


def _leg(request: ActorRequest, contract: Contract, leg: Leg) -> dict[str, Any]:
    """What a payer owes a payee, with the order for it or the permit to order it."""
    label, tone = STATES[leg.order.status if leg.order else "to_order"]
    permit = may_act_for(request.actor, OrderAct.ORDER, contract, leg.payer)
    return {"leg": leg, "order": leg.order, "label": label, "tone": tone, "permit": permit}
