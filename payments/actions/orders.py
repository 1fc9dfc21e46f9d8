"""From an amount due to money paid: ordered, reviewed, decided and confirmed, by the right and different people."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from actors import audit
from actors.moves import move
from actors.policies import Actor, NotAllowed, Refused
from contracts.models import Contract, ContractParty
from payments import ledger
from payments.models import Attestation, Calculation, CalculationLine, LedgerEntry, OrderStatusChange, PaymentOrder
from payments.policies import hindrance, may_act_for, may_do
from payments.snapshot import run_again
from payments.states import ORDER_TRANSITIONS, OrderAct, OrderStatus


def order_payment(
    *,
    actor: Actor,
    calculation: Calculation,
    payer: ContractParty,
    payee: ContractParty | None = None,
    due_on: date,
    reference: str = "",
    at: datetime,
) -> PaymentOrder:
    """Order what this payer owes by this calculation; negative when the payee owes it back.

    `payee` may be left out when the payer owes only one. Refused for a contract that is computed from published facts:
    it was never settled here.
    """
    with transaction.atomic():
        permit = may_act_for(actor, OrderAct.ORDER, calculation.contract, payer)
        if not permit:
            raise NotAllowed(permit.reason)
        contract = Contract.objects.select_for_update(no_key=True).get(pk=calculation.contract_id)
        if contract.computed_from_published_facts:
            raise Refused(_("This contract is computed from published facts. It was never settled here."))
        payee = payee or _only_payee(calculation, payer)
        order = PaymentOrder(
            calculation=calculation,
            payer=payer,
            payee=payee,
            amount=_due(calculation, payer, payee),
            currency=calculation.currency,
            due_on=due_on,
            reference=reference,
            ordered_at=at,
        )
        _refuse_unless_orderable(order)
        order.save(force_insert=True)
        _attest(OrderAct.ORDER, order, actor, at)
        _record("payments.order_payment", order, actor, at)
    return order


def review(*, actor: Actor, order: PaymentOrder, comment: str = "", at: datetime) -> PaymentOrder:
    """Review attestation: what was verified and how it was worked out is right. Not by the one who ordered."""
    return _attested_move(OrderAct.REVIEW, actor=actor, order=order, comment=comment, at=at)


def decide(*, actor: Actor, order: PaymentOrder, comment: str = "", at: datetime) -> PaymentOrder:
    """Decision attestation: it shall be paid. By a third person. The cost and the debt are booked."""
    with transaction.atomic():
        decided = _attested_move(OrderAct.DECIDE, actor=actor, order=order, comment=comment, at=at)
        ledger.post(
            event=LedgerEntry.Event.DECIDED, order=decided, actor=actor, booked_on=timezone.localdate(at), at=at
        )
    return decided


def refuse(*, actor: Actor, order: PaymentOrder, reason: str, at: datetime) -> PaymentOrder:
    """Say no to an order before it is decided, or take back one's own. A new order can then be made."""
    if not reason.strip():
        raise Refused(_("Say why the payment is refused."))
    with transaction.atomic():
        locked = _begin(OrderAct.REFUSE, actor, order)
        _attest(OrderAct.REFUSE, locked, actor, at, reason)
        _move(OrderAct.REFUSE, locked, actor, at=at, reason=reason)
        _record("payments.refuse", locked, actor, at)
    return locked


def confirm_paid(
    *, actor: Actor, order: PaymentOrder, paid_on: date, reference: str = "", at: datetime
) -> PaymentOrder:
    """Confirm that a decided payment has been made (or, when negative, received). The debt is settled in the ledger."""
    with transaction.atomic():
        locked = _begin(OrderAct.CONFIRM_PAID, actor, order)
        decided_on = timezone.localdate(locked.attestations.get(kind=OrderAct.DECIDE).at)
        if paid_on > timezone.localdate(at):
            raise Refused(_("The date of payment, %(day)s, has not come yet.") % {"day": paid_on})
        if paid_on < decided_on:
            raise Refused(
                _("The date of payment, %(day)s, is before the decision on %(decided)s.")
                % {"day": paid_on, "decided": decided_on}
            )
        _refuse_unless_unchanged(locked)
        _move(OrderAct.CONFIRM_PAID, locked, actor, at=at, reason=reference, also={"paid_on": paid_on})
        ledger.post(event=LedgerEntry.Event.PAID, order=locked, actor=actor, booked_on=paid_on, at=at)
        _record("payments.confirm_paid", locked, actor, at, paid_on=paid_on.isoformat(), reference=reference)
    return locked


# --- Steps the acts share -----------------------------------------------------------------------------------------


def _begin(act: OrderAct, actor: Actor, order: PaymentOrder) -> PaymentOrder:
    """The order, locked; NotAllowed without the duty for its payer, Refused when the state or the person is wrong."""
    locked = (
        PaymentOrder.objects.select_for_update(of=["self"], no_key=True)
        .select_related("calculation__contract", "payer__organisation", "payer__board", "payee")
        .get(pk=order.pk)
    )
    permit = may_do(actor, act, locked)
    if not permit:
        raise NotAllowed(permit.reason)
    reason = hindrance(actor, act, locked)
    if reason:
        raise Refused(reason)
    return locked


def _attested_move(act: OrderAct, *, actor: Actor, order: PaymentOrder, comment: str, at: datetime) -> PaymentOrder:
    with transaction.atomic():
        locked = _begin(act, actor, order)
        _refuse_unless_unchanged(locked)
        _attest(act, locked, actor, at, comment)
        _move(act, locked, actor, at=at, reason=comment)
        _record(f"payments.{act.value}", locked, actor, at)
    return locked


def _attest(act: OrderAct, order: PaymentOrder, actor: Actor, at: datetime, comment: str = "") -> None:
    Attestation.objects.create(
        order=order,
        kind=act,
        user=actor.user,
        amount=order.amount,
        result_hash=order.calculation.result_hash,
        comment=comment,
        at=at,
    )


def _move(
    act: OrderAct,
    order: PaymentOrder,
    actor: Actor,
    *,
    at: datetime,
    reason: str,
    also: dict[str, object] | None = None,
) -> None:
    move(
        order,
        act,
        transitions=ORDER_TRANSITIONS,
        changes=OrderStatusChange,
        subject_field="order",
        actor=actor,
        refusal=hindrance(actor, act, order),
        reason=reason,
        also=also,
        at=at,
    )


def _record(event: str, order: PaymentOrder, actor: Actor, at: datetime, **more: Any) -> None:
    audit.record(
        actor=actor,
        event=event,
        subject=order,
        contract_code=order.calculation.contract.code,
        at=at,
        calculation=str(order.calculation_id),
        payer=order.payer.key,
        payee=order.payee.key,
        amount=str(order.amount),
        result_hash=order.calculation.result_hash,
        **more,
    )


def _refuse_unless_unchanged(order: PaymentOrder) -> None:
    """What was ordered is still what comes out: the stored inputs are worked out again, and every amount compared."""
    rerun = run_again(order.calculation)
    if not rerun.is_same:
        raise Refused(
            _("The calculation does not come out the same when worked out again. Do not pay; find out why first."),
            *rerun.differences,
        )
    due = _due(order.calculation, order.payer, order.payee)
    attested = {attestation.amount for attestation in order.attestations.all()}
    if attested | {due} != {order.amount}:
        raise Refused(
            _("The order is for %(amount)s, but the lines add up to %(due)s. Do not pay; find out why first.")
            % {"amount": order.amount, "due": due}
        )


def _due(calculation: Calculation, payer: ContractParty, payee: ContractParty) -> Decimal:
    lines = CalculationLine.objects.filter(calculation=calculation, payer=payer, payee=payee)
    return lines.aggregate(due=Sum("amount"))["due"] or Decimal(0)


def _only_payee(calculation: Calculation, payer: ContractParty) -> ContractParty:
    payees = list(ContractParty.objects.filter(pk__in=calculation.lines.filter(payer=payer).values("payee")))
    if len(payees) > 1:
        names = ", ".join(sorted(map(str, payees)))
        raise Refused(_("%(payer)s pays more than one: %(payees)s. Say whom.") % {"payer": payer, "payees": names})
    if not payees:
        raise Refused(_nothing_due(payer))
    return payees[0]


def _nothing_due(payer: ContractParty) -> str:
    return _("Nothing is due from %(payer)s by this settlement.") % {"payer": payer}


def _refuse_unless_orderable(order: PaymentOrder) -> None:
    """Everything that stands in the way of an order that is about to be written."""
    reasons = []
    if order.amount == 0:
        reasons.append(_nothing_due(order.payer))
    standing = (
        PaymentOrder.objects.filter(calculation=order.calculation, payer=order.payer, payee=order.payee)
        .exclude(status=OrderStatus.REFUSED)
        .first()
    )
    if standing is not None:
        reasons.append(
            _("This is ordered already. The order's status is «%(status)s».")
            % {"status": standing.get_status_display()}
        )
    if order.due_on < timezone.localdate(order.ordered_at):
        reasons.append(_("The day to pay by, %(day)s, has passed.") % {"day": order.due_on})
    if reasons:
        raise Refused(*reasons)
