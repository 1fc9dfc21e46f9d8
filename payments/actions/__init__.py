"""Everything that is done with amounts: one act, one function."""

from payments.actions.calculations import compute
from payments.actions.orders import confirm_paid, decide, order_payment, refuse, review

__all__ = ["compute", "confirm_paid", "decide", "order_payment", "refuse", "review"]
