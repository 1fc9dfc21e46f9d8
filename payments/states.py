"""The moves of a payment order. Three people at least: one orders, another reviews, a third decides."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderStatus(TextChoices):
    PREPARED = "prepared", _("Ordered, waiting for review")
    REVIEWED = "reviewed", _("Reviewed, waiting for decision")
    DECIDED = "decided", _("Decided, waiting to be paid")
    PAID = "paid", _("Paid")
    REFUSED = "refused", _("Refused")


class OrderAct(TextChoices):
    ORDER = "order", _("order the payment")
    REVIEW = "review", _("review the payment")
    DECIDE = "decide", _("decide on the payment")
    CONFIRM_PAID = "confirm_paid", _("confirm that it is paid")
    REFUSE = "refuse", _("refuse the payment")


ORDER_TRANSITIONS: dict[tuple[str, str], str] = {
    (OrderStatus.PREPARED, OrderAct.REVIEW): OrderStatus.REVIEWED,
    (OrderStatus.PREPARED, OrderAct.REFUSE): OrderStatus.REFUSED,
    (OrderStatus.REVIEWED, OrderAct.DECIDE): OrderStatus.DECIDED,
    (OrderStatus.REVIEWED, OrderAct.REFUSE): OrderStatus.REFUSED,
    (OrderStatus.DECIDED, OrderAct.CONFIRM_PAID): OrderStatus.PAID,
}
