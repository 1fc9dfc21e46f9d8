"""What the demo promises to show."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from config.demo import begun, nordviken, norrkoping, world
from config.demo.people import events, persons
from contracts.models import Contract, SimulationRun
from contracts.states import ContractStatus
from outcomes.states import PeriodStatus
from payments.models import Calculation, PaymentOrder
from payments.states import OrderStatus
from tests.databases import Databases

SETTLED = [Decimal("166500.00"), Decimal("355500.00"), Decimal("572500.00")]


def test_the_file_to_import_holds_the_open_quarters_events() -> None:
    happened = [event for event in events() if event.on >= nordviken.OPEN]
    assert (nordviken.FOLDER / "2026-Q4.csv").read_bytes() == nordviken.claims_csv(happened).encode("utf-8-sig")


def test_the_invented_people_are_120_in_three_cohorts_and_always_the_same() -> None:
    people = persons()
    assert people == persons()
    assert len({person.pseudonym for person in people}) == 120
    assert {cohort: sum(p.cohort == cohort for p in people) for cohort in ("ht25", "vt26", "ht26")} == {
        "ht25": 40,
        "vt26": 40,
        "ht26": 40,
    }


@pytest.fixture(scope="module")
def demo(databases: Databases, demo_database: tuple[str, Path], django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The world as `make demo` has made it."""
    name = databases.create(template=demo_database[0])
    with django_db_blocker.unblock(), databases.used(name):
        yield
    databases.drop(name)


def test_the_seed_makes_the_contracts_as_described_and_only_once(demo: None) -> None:
    world.seed()  # again
    running, historical = Contract.objects.get(code=nordviken.CODE), Contract.objects.get(code=norrkoping.CODE)
    assert (running.status, historical.status) == (ContractStatus.ACTIVE, ContractStatus.CLOSED)
    assert list(running.claim_periods.order_by("starts_on").values_list("status", flat=True)) == [
        PeriodStatus.VERIFIED,
        PeriodStatus.VERIFIED,
        PeriodStatus.VERIFIED,
        PeriodStatus.REPORTED,
        PeriodStatus.OPEN,
    ]
    orders = PaymentOrder.objects.filter(calculation__contract=running)
    assert set(orders.values_list("status", flat=True)) == {OrderStatus.PAID}
    settled = Calculation.objects.filter(contract=running)
    assert settled.count() == 3
    assert sum(order.amount for order in orders) == sum(calculation.total for calculation in settled)
    assert running.participants.count() == 120
    assert list(settled.order_by("number").values_list("total", flat=True)) == SETTLED


def test_norrkoping_is_computed_but_never_ordered_or_paid(demo: None) -> None:
    contract = Contract.objects.get(code=norrkoping.CODE)
    assert Calculation.objects.get(contract=contract).total == Decimal("3000000.00")
    assert not PaymentOrder.objects.filter(calculation__contract=contract).exists()
    assert not contract.ledger_entries.exists()
    assert not contract.versions.get().acceptances.exists()
    assert contract.statements.filter(kind="uncertain").count() >= 3


def test_a_contract_from_a_template_is_being_designed_and_has_been_simulated(demo: None) -> None:
    contract = Contract.objects.get(code=begun.CODE)
    assert contract.status == ContractStatus.DRAFT
    assert contract.is_invented
    assert contract.design.template is not None
    assert contract.measures.exists()
    assert contract.assumptions.exists()
    assert contract.simulations.get().status == SimulationRun.Status.DONE
