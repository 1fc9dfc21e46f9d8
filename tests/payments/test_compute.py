"""Computing a settlement: exact lines, corrections as lines of their own, once whatever happens."""

from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.utils import timezone, translation

from actors.models import AuditEvent
from outcomes.models import Participant
from outcomes.states import Decision
from payments import actions, tasks
from payments.models import Calculation, CalculationFailure, CalculationLine
from payments.queries import periods_to_compute, totals_of
from payments.snapshot import run_again
from rulebook import Version, parse_terms
from tests.payments.facts import (
    add_participants,
    add_period,
    claim,
    compute,
    decide_on,
    first_quarter,
    lines,
    noon,
    verify,
)
from tests.world import World

UTB, SOC = "utbildningsnamnden", "socialnamnden"


def test_two_who_reach_three_months_give_two_prices_split_sixty_forty(world: World) -> None:
    calculation = compute(first_quarter(world))

    assert lines(calculation) == [
        ("t1", "2026-Q4", UTB, "new", Decimal("14400.00")),
        ("t1", "2026-Q4", SOC, "new", Decimal("9600.00")),
    ]
    assert calculation.total == calculation.entitled_to_date == Decimal("24000.00")
    assert calculation.as_of == date(2027, 1, 10)
    assert len(calculation.result_hash) == len(calculation.inputs_hash) == 64


def test_the_person_cap_takes_from_the_later_claim(world: World) -> None:
    compute(first_quarter(world))
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att6", date(2027, 3, 5))

    calculation = compute(verify(period))

    assert lines(calculation) == [
        ("t2", "2027-Q1", UTB, "new", Decimal("7800.00")),
        ("t2", "2027-Q1", SOC, "new", Decimal("5200.00")),
    ]
    assert calculation.entitled_to_date == Decimal("37000.00")
    assert calculation.number == 2


def test_a_correction_is_its_own_line_in_the_next_settlement_and_may_be_negative(world: World) -> None:
    row = claim(world, world.period, world.participants[0], "att3", date(2026, 12, 4))
    claim(world, world.period, world.participants[1], "att3", date(2026, 12, 4))
    before = compute(verify(world.period))
    period = add_period(world, 2027, 1)
    decide_on(world, row, Decision.REJECT, period)

    calculation = compute(verify(period))

    assert lines(calculation) == [
        ("t1", "2026-Q4", UTB, "correction", Decimal("-7200.00")),
        ("t1", "2026-Q4", SOC, "correction", Decimal("-4800.00")),
    ]
    assert calculation.total == Decimal("-12000.00")
    assert before.lines.count() == 2  # what was settled stands
    assert totals_of(world.contract).granted == calculation.entitled_to_date == Decimal("12000.00")


def test_what_is_withdrawn_altogether_is_said_to_be_withdrawn(world: World) -> None:
    row = claim(world, world.period, world.participants[0], "att3", date(2026, 12, 4))
    compute(verify(world.period))
    period = add_period(world, 2027, 1)
    decide_on(world, row, Decision.REJECT, period)

    calculation = compute(verify(period))

    assert {kind for *_, kind, _ in lines(calculation)} == {"withdrawn"}
    assert calculation.entitled_to_date == 0


def test_the_contract_cap_holds_over_the_whole_life(world: World) -> None:
    for index, person in enumerate(add_participants(world, 251)):
        claim(world, world.period, person, "att3", date(2026, 10, 1) + timedelta(days=index % 90))
    first = compute(verify(world.period))
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att3", date(2027, 1, 4))

    second = compute(verify(period))

    assert first.total == Decimal("3000000.00")
    assert second.total == 0
    assert lines(second) == []


def test_rejected_claims_give_nothing_and_nothing_due_is_a_calculation_too(world: World) -> None:
    claim(world, world.period, world.participants[0], "att3", date(2026, 12, 4), Decision.REJECT)

    calculation = compute(verify(world.period))

    assert calculation.total == 0
    assert not calculation.lines.exists()


def test_computing_twice_makes_one_calculation(world: World) -> None:
    period = first_quarter(world)

    assert compute(period) == compute(period)
    assert Calculation.objects.count() == 1
    assert CalculationLine.objects.count() == 2


def test_a_period_that_is_not_verified_is_not_computed(world: World) -> None:
    assert actions.compute(world.period.pk, timezone.now()) is None
    assert not Calculation.objects.exists()
    assert not CalculationFailure.objects.exists()


def test_earlier_periods_are_computed_first(world: World) -> None:
    first_quarter(world)
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att6", date(2027, 3, 5))

    compute(verify(period))

    made = Calculation.objects.order_by("number").values_list("claim_period__name", "total")
    assert list(made) == [("2026-Q4", Decimal("24000.00")), ("2027-Q1", Decimal("13000.00"))]


def test_two_periods_verified_the_same_day_are_settled_each_by_itself(world: World) -> None:
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att6", date(2027, 3, 5))
    verify(period, on=date(2027, 4, 10))
    for person in world.participants:
        claim(world, world.period, person, "att3", date(2026, 12, 4))
    verify(world.period, on=date(2027, 4, 10))

    tasks.compute_waiting()

    made = Calculation.objects.order_by("number").values_list("claim_period__name", "total")
    assert list(made) == [("2026-Q4", Decimal("24000.00")), ("2027-Q1", Decimal("13000.00"))]


def test_a_period_verified_after_a_later_one_claws_nothing_back(world: World) -> None:
    later = add_period(world, 2027, 1)
    person = add_participants(world, 1)[0]
    claim(world, later, person, "att3", date(2027, 1, 4))
    assert compute(verify(later, on=date(2027, 4, 2))).total == Decimal("12000.00")

    for person in world.participants:
        claim(world, world.period, person, "att3", date(2026, 12, 4))
    calculation = compute(verify(world.period, on=date(2027, 4, 20)))

    assert calculation.total == Decimal("24000.00")
    assert all(amount > 0 for *_, amount in lines(calculation))
    assert run_again(calculation).is_same


def test_the_computation_leaves_a_trail_without_a_person_in_it(world: World) -> None:
    calculation = compute(first_quarter(world))

    event = AuditEvent.objects.get(event="payments.compute")
    assert event.user is None
    assert event.subject == f"payments.calculation:{calculation.pk}"
    assert event.data["total"] == "24000.00"
    _assert_no_person_in(str(event.data) + str(calculation.inputs) + str(calculation.entitlement))


def _assert_no_person_in(text: str) -> None:
    for person in Participant.objects.all():
        assert person.pseudonym not in text
        assert str(person.pk) not in text


def test_inputs_are_ids_and_hashes(world: World) -> None:
    calculation = compute(first_quarter(world))

    assert [version["document_hash"] for version in calculation.inputs["versions"]] == [world.version.document_hash]
    assert len(calculation.inputs["facts"]) == 2
    assert {fact["kind"] for fact in calculation.inputs["facts"]} == {"claim"}
    assert all(len(fact["hash"]) == 64 for fact in calculation.inputs["facts"])
    assert calculation.inputs["granted"] == []


# --- When it does not come through ----------------------------------------------------------------------------------


def test_a_worker_killed_after_writing_lines_leaves_nothing_and_the_sweep_finds_the_work(world: World) -> None:
    period = first_quarter(world)

    with (
        patch("payments.actions.calculations.audit.record", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        compute(period)

    assert not Calculation.objects.exists()
    assert not CalculationLine.objects.exists()
    assert not CalculationFailure.objects.exists()  # who is dead writes nothing
    tasks.compute_waiting()
    assert Calculation.objects.get().total == Decimal("24000.00")


def test_a_lost_bell_is_recovered_by_the_sweep(world: World) -> None:
    first_quarter(world)

    tasks.compute_waiting()
    tasks.compute_waiting()

    assert Calculation.objects.count() == 1


def test_an_unforeseen_error_is_stored_and_raised(world: World) -> None:
    period = first_quarter(world)

    with patch("payments.snapshot.calculate", side_effect=ZeroDivisionError), pytest.raises(ZeroDivisionError):
        compute(period)

    failure = CalculationFailure.objects.get()
    assert "ZeroDivisionError" in failure.text
    assert not Calculation.objects.exists()


def test_a_failure_waits_longer_each_time_and_the_sweep_respects_it(world: World) -> None:
    period = first_quarter(world)
    assert period.verified_at is not None
    at = period.verified_at

    failing = patch("payments.actions.calculations.answer", side_effect=ZeroDivisionError)
    waits = []
    for _ in range(12):
        with failing, pytest.raises(ZeroDivisionError):
            actions.compute(period.pk, at)
        failure = CalculationFailure.objects.latest("pk")
        waits.append(failure.next_attempt_at - failure.at)
        assert periods_to_compute(at) == []
        at = failure.next_attempt_at
        assert periods_to_compute(at) == [period.pk]

    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits[-1] == timedelta(hours=6)


def test_a_payee_who_is_no_party_is_told_in_both_languages(world: World) -> None:
    period = first_quarter(world)
    terms = {**world.version.terms, "legs": [{"payer": UTB, "payee": "okand", "share": "1"}]}
    parsed, _ = parse_terms(terms)
    assert parsed is not None
    versions = [Version(1, world.version.effective_on, parsed)]
    with patch("payments.snapshot.versions_of", return_value=versions):
        assert actions.compute(period.pk, timezone.now()) is None

    failure = CalculationFailure.objects.get()
    assert "okand" in failure.text
    assert "okand" in failure.text_en
    with translation.override("en"):
        assert str(failure) == "The terms name the party «okand», which the contract does not have."
    assert not Calculation.objects.exists()


def test_a_failing_period_keeps_later_ones_of_its_contract_waiting(world: World) -> None:
    first_quarter(world)
    period = add_period(world, 2027, 1)
    claim(world, period, world.participants[0], "att6", date(2027, 3, 5))
    verify(period)
    with patch("payments.actions.calculations.answer", side_effect=ZeroDivisionError), pytest.raises(ZeroDivisionError):
        actions.compute(period.pk, timezone.now())

    assert actions.compute(period.pk, timezone.now()) is None
    assert not Calculation.objects.exists()


def test_one_failing_contract_does_not_stop_the_sweep(world: World) -> None:
    first_quarter(world)

    with patch("payments.actions.calculations.answer", side_effect=ZeroDivisionError):
        tasks.compute_waiting()

    assert CalculationFailure.objects.count() == 1


def test_a_decision_changed_behind_our_back_stops_the_computation(world: World) -> None:
    row = claim(world, world.period, world.participants[0], "att3", date(2026, 12, 4))
    row.verifications.create(
        claim_period=world.period,
        decision=Decision.ACCEPT,
        frozen_hash="0" * 64,
        verified_by=world.users["vera"],
        verified_for=world.organisations["mitt"],
        verified_at=noon(date(2027, 1, 6)),
    )

    assert actions.compute(verify(world.period).pk, timezone.now()) is None

    assert "Verified facts are not what they were" in CalculationFailure.objects.get().text_en
