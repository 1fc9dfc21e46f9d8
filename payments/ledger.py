"""The ledger's only writer. Double entry: debit is positive, credit negative, and every entry sums to zero.

A claw-back (a negative order) is booked by the same rows with the signs mirrored.
"""

from datetime import date, datetime

from actors.policies import Actor
from payments.models import Account, LedgerEntry, PaymentOrder, Posting


def post(*, event: LedgerEntry.Event, order: PaymentOrder, actor: Actor, booked_on: date, at: datetime) -> LedgerEntry:
    """Book a decided or a made payment.

    Decided: the payer bears a cost, and owes the payee. Paid: the payer no longer owes it, and the money has left.
    """
    debit, credit = {
        LedgerEntry.Event.DECIDED: ((Account.OUTCOME_COST, order.payer), (Account.PAYABLE, order.payee)),
        LedgerEntry.Event.PAID: ((Account.PAYABLE, order.payee), (Account.BANK, order.payer)),
    }[event]
    entry = LedgerEntry.objects.create(
        contract=order.calculation.contract, order=order, event=event, booked_on=booked_on, user=actor.user, at=at
    )
    Posting.objects.bulk_create(
        Posting(entry=entry, account=account, party=party, amount=amount, currency=order.currency)
        for (account, party), amount in ((debit, order.amount), (credit, -order.amount))
    )
    return entry
