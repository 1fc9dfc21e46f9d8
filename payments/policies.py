"""Who may order, review, decide, refuse and confirm a payment: the right duty, the right board, different people."""

from django.utils.translation import gettext as _

from actors.models import User
from actors.policies import Actor, Permit, can
from actors.roles import Permission
from contracts.models import Contract, ContractParty
from contracts.policies import holds, roles_of
from payments.models import Attestation, PaymentOrder
from payments.states import ORDER_TRANSITIONS, OrderAct, OrderStatus

PERMISSIONS: dict[OrderAct, Permission] = {
    OrderAct.ORDER: Permission.ORDER_PAYMENT,
    OrderAct.REVIEW: Permission.REVIEW_PAYMENT,
    OrderAct.DECIDE: Permission.DECIDE_PAYMENT,
    OrderAct.CONFIRM_PAID: Permission.CONFIRM_PAID,
}


def may_act_for(actor: Actor, act: OrderAct, contract: Contract, payer: ContractParty) -> Permit:
    """Has this person the duty, and is it for this payer?"""
    permit = can(actor, PERMISSIONS[act], roles_of(actor, contract))
    if permit and not holds(actor, payer):
        return Permit(
            False,
            _("The payer is %(payer)s. You act for %(own)s.") % {"payer": payer, "own": _acting_for(actor)},
        )
    return permit


def _acting_for(actor: Actor) -> str:
    membership = actor.membership
    if membership is None:
        return "–"
    return f"{membership.board}, {membership.organisation}" if membership.board else str(membership.organisation)


def may_do(actor: Actor, act: OrderAct, order: PaymentOrder) -> Permit:
    """May this person do it with this order at all, whatever its state?

    An order is refused by those who attest it, or taken back by the one who ordered it.
    """
    contract = order.calculation.contract
    if act is not OrderAct.REFUSE:
        return may_act_for(actor, act, contract, order.payer)
    if _stands(order, actor.user, OrderAct.ORDER):
        return may_act_for(actor, OrderAct.ORDER, contract, order.payer)
    attestor = OrderAct.REVIEW if order.status == OrderStatus.PREPARED else OrderAct.DECIDE
    return may_act_for(actor, attestor, contract, order.payer)


def hindrance(actor: Actor, act: OrderAct, order: PaymentOrder) -> str:
    """Why the act is not possible now, or nothing: the order's state, and nobody twice on one order."""
    if (order.status, act) not in ORDER_TRANSITIONS:
        return _("The order's status is «%(status)s», so it is not possible to %(act)s.") % {
            "status": order.get_status_display(),
            "act": act.label,
        }
    if act in {OrderAct.REVIEW, OrderAct.DECIDE}:
        if _stands(order, actor.user, OrderAct.ORDER):
            return _("You ordered this payment. Somebody else must review it, and a third person decide.")
        if _stands(order, actor.user, OrderAct.REVIEW):
            return _("You reviewed this payment. Somebody else must decide on it.")
    return ""


def permit_for(actor: Actor, act: OrderAct, order: PaymentOrder) -> Permit:
    """May this person do it now? The same answer disables the button and refuses the request."""
    permit = may_do(actor, act, order)
    if not permit:
        return permit
    reason = hindrance(actor, act, order)
    return Permit(not reason, reason)


def _stands(order: PaymentOrder, user: User, kind: OrderAct) -> bool:
    """Reads `order.attestations`, prefetched or not."""
    found: list[Attestation] = list(order.attestations.all())
    return any(attestation.user_id == user.pk and attestation.kind == kind for attestation in found)
