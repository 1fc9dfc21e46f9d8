"""What the database refuses, with the application's own rights and triggers, whoever asks."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, connections, transaction

from payments import actions
from payments.models import LedgerEntry, PaymentOrder, Posting
from tests.payments.facts import compute, first_quarter, order
from tests.world import World, build_world

APPEND_ONLY = [
    "payments_calculation",
    "payments_calculationline",
    "payments_calculationfailure",
    "payments_attestation",
    "payments_ledgerentry",
    "payments_posting",
    "payments_orderstatuschange",
]


def decided_order(world: World) -> PaymentOrder:
    made = order(world, compute(first_quarter(world)))
    actions.review(actor=world.actors["rut"], order=made, at=made.ordered_at)
    return actions.decide(actor=world.actors["dag"], order=made, at=made.ordered_at)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_can_only_add_rows(world: World, table: str, statement: str) -> None:
    decided_order(world)
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_not_even_the_owner_changes_the_ledger(own_database: str) -> None:
    decided_order(build_world())
    for statement in (
        "UPDATE payments_posting SET amount = amount * 2",
        "DELETE FROM payments_posting",
        "TRUNCATE payments_posting CASCADE",
        "UPDATE payments_ledgerentry SET booked_on = booked_on + 1",
    ):
        with pytest.raises(DatabaseError, match=r"append.only|Cannot"), connections["owner"].cursor() as cursor:
            cursor.execute(statement)


def test_an_entry_that_does_not_balance_is_refused_at_commit(own_database: str) -> None:
    world = build_world()
    made = decided_order(world)
    entry = LedgerEntry.objects.get()

    def add(amount: str) -> None:
        with transaction.atomic():
            Posting.objects.create(
                entry=entry, party=made.payer, account="bank", amount=Decimal(amount), currency="SEK"
            )

    with pytest.raises(DatabaseError, match="does not balance"):
        add("1.00")
    with pytest.raises(DatabaseError, match="does not balance"), transaction.atomic():
        LedgerEntry.objects.create(
            contract=world.contract, order=made, event="paid", booked_on=made.due_on, user=world.users["anna"]
        )
    assert Posting.objects.count() == 2


def test_an_order_keeps_its_amount_and_a_refused_one_stays_refused(world: World) -> None:
    made = order(world, compute(first_quarter(world)))
    with pytest.raises(DatabaseError, match="refuse it and order again"), transaction.atomic():
        PaymentOrder.objects.update(amount=1)
    actions.refuse(actor=world.actors["rut"], order=made, reason="Nej.", at=made.ordered_at)
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        PaymentOrder.objects.update(status="prepared")
    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentOrder.objects.all().delete()
