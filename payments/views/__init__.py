"""The pages of settlements, payment orders and the ledger."""

from payments.views.ledger import ledger, ledger_csv
from payments.views.orders import (
    order_confirm,
    order_decide,
    order_detail,
    order_payment,
    order_refuse,
    order_review,
)
from payments.views.settlements import settlement_detail, settlement_trace, settlements

__all__ = [
    "ledger",
    "ledger_csv",
    "order_confirm",
    "order_decide",
    "order_detail",
    "order_payment",
    "order_refuse",
    "order_review",
    "settlement_detail",
    "settlement_trace",
    "settlements",
]
