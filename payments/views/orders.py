"""Ordering a payment, and the decisions on it: what am I approving, why this amount, is it mine to approve."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.forms import Form
from actors.http import ActorRequest, access, done
from actors.policies import NotVisible
from actors.roles import Permission
from payments import actions
from payments.forms import AttestForm, ConfirmPaidForm, OrderForm, RefuseForm
from payments.models import PaymentOrder
from payments.policies import may_act_for, permit_for
from payments.queries import Leg, Settlement, explain, get_calculation_for, get_order_for, get_settlement_for
from payments.states import OrderAct, OrderStatus
from payments.views.settlements import STATES

USUAL_TERM = timedelta(days=30)
NEXT_ACT = {
    OrderStatus.PREPARED: OrderAct.REVIEW,
    OrderStatus.REVIEWED: OrderAct.DECIDE,
    OrderStatus.DECIDED: OrderAct.CONFIRM_PAID,
}


@access(Permission.ORDER_PAYMENT, in_contract=True)
@require_http_methods(["GET", "HEAD", "POST"])
def order_payment(request: ActorRequest, code: str, period: str, payer: str, payee: str) -> HttpResponse:
    settlement = get_settlement_for(request.actor, code, period, Permission.ORDER_PAYMENT)
    leg = _leg_of(settlement, payer, payee)
    today = timezone.localdate()
    data = request.POST if request.method == "POST" else None
    form = OrderForm(data, today=today, initial={"due_on": today + USUAL_TERM})
    if not form.is_valid():
        return _order_page(request, settlement, leg, form)
    order = actions.order_payment(
        actor=request.actor,
        calculation=get_calculation_for(request.actor, code, period, Permission.ORDER_PAYMENT),
        payer=leg.payer,
        payee=leg.payee,
        due_on=form.cleaned_data["due_on"],
        reference=form.cleaned_data["reference"],
        at=timezone.now(),
    )
    message = _("The payment is ordered. A reviewer now reviews it.")
    return done(request, message, "payments:order_detail", code, order.pk)


@access(Permission.VIEW_PAYMENTS, in_contract=True)
@require_safe
def order_detail(request: ActorRequest, code: str, pk: UUID) -> HttpResponse:
    return _detail(request, get_order_for(request.actor, code, pk, Permission.VIEW_PAYMENTS))


@access(Permission.REVIEW_PAYMENT, in_contract=True)
@require_POST
def order_review(request: ActorRequest, code: str, pk: UUID) -> HttpResponse:
    order = get_order_for(request.actor, code, pk, Permission.REVIEW_PAYMENT)
    return _act(request, order, OrderAct.REVIEW, actions.review, _("You have reviewed the payment."))


@access(Permission.DECIDE_PAYMENT, in_contract=True)
@require_POST
def order_decide(request: ActorRequest, code: str, pk: UUID) -> HttpResponse:
    order = get_order_for(request.actor, code, pk, Permission.DECIDE_PAYMENT)
    message = _("You have decided on the payment. It is booked in the ledger.")
    return _act(request, order, OrderAct.DECIDE, actions.decide, message)


@access(Permission.VIEW_PAYMENTS, in_contract=True)
@require_POST
def order_refuse(request: ActorRequest, code: str, pk: UUID) -> HttpResponse:
    """Open to everyone who sees payments: who may refuse follows from the order's step, and the action asks."""
    order = get_order_for(request.actor, code, pk, Permission.VIEW_PAYMENTS)
    return _act(request, order, OrderAct.REFUSE, actions.refuse, _("The payment is refused. It can be ordered again."))


@access(Permission.CONFIRM_PAID, in_contract=True)
@require_POST
def order_confirm(request: ActorRequest, code: str, pk: UUID) -> HttpResponse:
    order = get_order_for(request.actor, code, pk, Permission.CONFIRM_PAID)
    return _act(request, order, OrderAct.CONFIRM_PAID, actions.confirm_paid, _("The payment is confirmed as paid."))


# --- What the pages share -------------------------------------------------------------------------------------------


def _leg_of(settlement: Settlement, payer: str, payee: str) -> Leg:
    found = [leg for leg in settlement.legs if (leg.payer.key, leg.payee.key) == (payer, payee)]
    if not found or settlement.period.contract.computed_from_published_facts:
        raise NotVisible
    return found[0]


def _order_page(request: ActorRequest, settlement: Settlement, leg: Leg, form: OrderForm) -> HttpResponse:
    contract = settlement.period.contract
    context = {
        "contract": contract,
        "section": "payments",
        "settlement": settlement,
        "leg": leg,
        "form": form,
        "permit": may_act_for(request.actor, OrderAct.ORDER, contract, leg.payer),
    }
    return render(request, "payments/order_payment.html", context, status=422 if form.is_bound else 200)


def _act(
    request: ActorRequest, order: PaymentOrder, act: OrderAct, action: Callable[..., PaymentOrder], message: str
) -> HttpResponse:
    form = _form(act, order, request)
    if not form.is_valid():
        return _detail(request, order, {act: form})
    action(actor=request.actor, order=order, at=timezone.now(), **form.cleaned_data)
    return done(request, message, "payments:order_detail", order.calculation.contract.code, order.pk)


def _form(act: OrderAct, order: PaymentOrder, request: HttpRequest | None = None) -> Form:
    data = request.POST if request else None
    if act is OrderAct.REFUSE:
        return RefuseForm(data)
    if act is OrderAct.CONFIRM_PAID:
        return ConfirmPaidForm(data, today=timezone.localdate(), decided_on=_decided_on(order))
    return AttestForm(data)


def _decided_on(order: PaymentOrder) -> date:
    decided = [made.at for made in order.attestations.all() if made.kind == OrderAct.DECIDE]
    return timezone.localdate(decided[0] if decided else order.ordered_at)


def _detail(request: ActorRequest, order: PaymentOrder, bound: dict[OrderAct, Form] | None = None) -> HttpResponse:
    contract = order.calculation.contract
    act = NEXT_ACT.get(OrderStatus(order.status))
    label, tone = STATES[order.status]
    explanation = explain(order.calculation, contract)
    context = {
        "contract": contract,
        "section": "payments",
        "order": order,
        "label": label,
        "tone": tone,
        "lines": [
            {"line": line, "shares": shares}
            for line in explanation.lines
            if (shares := [s for s in line.shares if (s.payer.pk, s.payee.pk) == (order.payer_id, order.payee_id)])
        ],
        "act": act,
        "permit": permit_for(request.actor, act, order) if act else None,
        "refusal": permit_for(request.actor, OrderAct.REFUSE, order),
        "form": (bound or {}).get(act) or _form(act, order) if act else None,
        "refuse_form": (bound or {}).get(OrderAct.REFUSE) or _form(OrderAct.REFUSE, order),
        "bound": next(iter(bound.values())) if bound else None,
        "events": [_event(order, made) for made in order.attestations.all()] + _moves(order),
    }
    return render(request, "payments/order_detail.html", context, status=422 if bound else 200)


def _event(order: PaymentOrder, made: Any) -> dict[str, Any]:
    titles = {
        OrderAct.ORDER: _("Ordered"),
        OrderAct.REVIEW: _("Reviewed"),
        OrderAct.DECIDE: _("Decided"),
        OrderAct.REFUSE: _("Refused"),
    }
    return {"at": made.at, "title": titles[OrderAct(made.kind)], "by": made.user.name, "text": made.comment}


def _moves(order: PaymentOrder) -> list[dict[str, Any]]:
    """The confirmation, which is no attestation."""
    paid = order.status_changes.filter(act=OrderAct.CONFIRM_PAID).select_related("user")
    return [
        {"at": move.at, "title": _("Confirmed as paid"), "by": move.user.name if move.user else "", "text": move.reason}
        for move in paid
    ]
