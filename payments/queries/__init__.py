"""What the pages, the API and the reports read about settlements, orders and the ledger, and what waits to be done."""

from payments.queries.explained import Explanation, explain
from payments.queries.ledger import Balance, balances_of, entries_of
from payments.queries.orders import Waiting, get_order_for, orders_of, orders_waiting_for
from payments.queries.settlements import (
    Leg,
    Settlement,
    Totals,
    calculations_of,
    get_calculation_for,
    get_settlement_for,
    settlements_of,
    totals_of,
)
from payments.queries.work import next_attempt_at, periods_to_compute, waiting_periods

__all__ = [
    "Balance",
    "Explanation",
    "Leg",
    "Settlement",
    "Totals",
    "Waiting",
    "balances_of",
    "calculations_of",
    "entries_of",
    "explain",
    "get_calculation_for",
    "get_order_for",
    "get_settlement_for",
    "next_attempt_at",
    "orders_of",
    "orders_waiting_for",
    "periods_to_compute",
    "settlements_of",
    "totals_of",
    "waiting_periods",
]
