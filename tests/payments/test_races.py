"""Two at once: one calculation, one attestation, one entry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from actors.policies import Refused
from payments import actions
from payments.models import Attestation, Calculation, CalculationFailure, CalculationLine, LedgerEntry, PaymentOrder
from payments.tasks import compute_waiting
from tests.payments.facts import compute, first_quarter, order
from tests.world import build_world

pytestmark = pytest.mark.usefixtures("own_database")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads that start together; what each returned or raised."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            gate.wait()
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_workers_at_once_compute_once() -> None:
    period = first_quarter(build_world())
    assert period.verified_at is not None
    at = period.verified_at

    results = at_once(*[lambda: actions.compute(period.pk, at)] * 4)

    assert not [result for result in results if isinstance(result, Exception)]
    compute_waiting()
    assert Calculation.objects.count() == 1
    assert CalculationLine.objects.count() == 2
    assert not CalculationFailure.objects.exists()


def test_a_double_click_orders_once() -> None:
    world = build_world()
    calculation = compute(first_quarter(world))

    results = at_once(*[lambda: order(world, calculation)] * 4)

    assert len([result for result in results if isinstance(result, PaymentOrder)]) == 1
    assert len([result for result in results if isinstance(result, Refused)]) == 3
    assert PaymentOrder.objects.count() == 1


def test_two_deciders_at_once_book_once() -> None:
    world = build_world()
    made = order(world, compute(first_quarter(world)))
    actions.review(actor=world.actors["rut"], order=made, at=made.ordered_at)

    results = at_once(*[lambda: actions.decide(actor=world.actors["dag"], order=made, at=made.ordered_at)] * 4)

    assert len([result for result in results if isinstance(result, Refused)]) == 3
    assert Attestation.objects.filter(kind="decide").count() == 1
    assert LedgerEntry.objects.count() == 1


def test_deciding_and_refusing_at_once_does_one_of_them() -> None:
    world = build_world()
    made = order(world, compute(first_quarter(world)))
    actions.review(actor=world.actors["rut"], order=made, at=made.ordered_at)

    results = at_once(
        lambda: actions.decide(actor=world.actors["dag"], order=made, at=made.ordered_at),
        lambda: actions.refuse(actor=world.actors["anna"], order=made, reason="Ångrar mig.", at=made.ordered_at),
    )

    assert len([result for result in results if isinstance(result, Refused)]) == 1
    made.refresh_from_db()
    assert (made.status == "decided") == LedgerEntry.objects.exists()
