"""`manage.py recompute`: the same inputs give the same amounts and hash, and tampering is found."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import translation

from outcomes.models import Participant
from payments.models import Calculation
from payments.snapshot import run_again
from tests.payments.facts import add_period, claim, compute, first_quarter, verify
from tests.world import World, build_world

TAMPERINGS = {
    "an amount": "UPDATE payments_calculationline SET amount = amount + 1, entitled = entitled + 1",
    "the total": "UPDATE payments_calculation SET total = total + 1",
    "the entitlement": "UPDATE payments_calculation SET entitled_to_date = entitled_to_date + 1",
    "the stored working": "UPDATE payments_calculation SET entitlement = jsonb_set(entitlement, '{total}', '\"1\"')",
    "the result's hash": "UPDATE payments_calculation SET result_hash = repeat('0', 64)",
    "the inputs": "UPDATE payments_calculation SET inputs = jsonb_set(inputs, '{as_of}', '\"2027-01-11\"')",
    "a verified fact": "UPDATE outcomes_claim SET event_on = event_on - 1",
    "a decision": "UPDATE outcomes_verification SET decision = 'reject', reason = 'x'",
    "a decision taken away": "DELETE FROM outcomes_verification",
    "the agreed terms": "UPDATE contracts_contractversion SET terms = jsonb_set(terms, '{life,to}', '\"2027-12-31\"')",
    "the agreed document": "UPDATE contracts_contractversion SET document = jsonb_set(document, '{version}', '2')",
    "the document's hash": "UPDATE contracts_contractversion SET document_hash = repeat('0', 64)",
}


def tamper(statement: str) -> None:
    """As the owner, who can switch the guards off: the application's role cannot."""
    words = statement.split()
    table = words[2] if words[0] == "DELETE" else words[1]
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def recompute(*arguments: str) -> str:
    out = io.StringIO()
    call_command("recompute", *arguments, stdout=out)
    return out.getvalue()


def test_stored_calculations_come_out_the_same(world: World) -> None:
    compute(first_quarter(world))
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att6", date(2027, 3, 5))
    compute(verify(period))

    told = recompute()

    assert "UK-2026-01 2026-Q4: 24000.00 SEK" in told
    assert "2 calculations worked out again: 2 the same, 0 different." in told


def test_one_contract_can_be_asked_for(world: World) -> None:
    compute(first_quarter(world))

    assert "1 calculations" in recompute("--contract", "UK-2026-01")
    assert "0 calculations" in recompute("--contract", "UK-2020-99")


def test_an_erased_pseudonym_changes_nothing(world: World) -> None:
    calculation = compute(first_quarter(world))
    for index, person in enumerate(Participant.objects.all()):
        Participant.objects.filter(pk=person.pk).update(pseudonym=f"erased-{index}")

    assert run_again(calculation).is_same


def test_an_amendment_agreed_afterwards_changes_nothing(world: World) -> None:
    calculation = compute(first_quarter(world))
    calculation.contract.versions.create(
        number=2, terms=world.version.terms, effective_on=date(2027, 4, 1), status="agreed", document_hash="1" * 64
    )

    assert run_again(calculation).is_same


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(own_database: str, name: str) -> None:
    world = build_world()
    compute(first_quarter(world))
    tamper(TAMPERINGS[name])

    with pytest.raises(CommandError, match="does not come out as it is stored"):
        recompute()
    assert not run_again(Calculation.objects.select_related("contract").get()).is_same


def test_what_an_earlier_settlement_granted_is_compared_too(own_database: str) -> None:
    world = build_world()
    compute(first_quarter(world))
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att6", date(2027, 3, 5))
    later = compute(verify(period))
    tamper("UPDATE payments_calculationline SET amount = amount + 1, entitled = entitled + 1 WHERE term = 't1'")

    with translation.override("en"):
        assert run_again(later).differences == ["What earlier settlements granted is not what it was computed with."]
