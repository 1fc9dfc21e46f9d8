"""Who decides on what and when; what counts afterwards; and that erasing a pseudonym changes no fact."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from outcomes import actions
from outcomes.models import Claim, ClaimPeriod, Verification
from outcomes.queries import totals_of, undecided
from outcomes.snapshot import FactsDiffer, facts_of, facts_of_verifications
from outcomes.states import Decision, PeriodStatus
from tests.world import NOW, World

TODAY = date(2026, 11, 3)


def claim(
    world: World, pseudonym: str = "p7f3", metric: str = "att3", event_on: str = "2026-10-14", **more: Any
) -> Claim:
    fields: dict[str, Any] = {"pseudonym": pseudonym, "metric": metric, "event_on": event_on} | more
    period = ClaimPeriod.objects.filter(contract=world.contract, status=PeriodStatus.OPEN).latest("starts_on")
    return actions.report_claim(actor=world.actors["signe"], claim_period=period, fields=fields, at=NOW)


def report(world: World, period: ClaimPeriod | None = None) -> None:
    actions.report_period(
        actor=world.actors["signe"], claim_period=period or world.period, at=NOW, nothing_to_report=True
    )


def decide(world: World, *claims: Claim, decision: Decision = Decision.ACCEPT, **more: Any) -> list[Verification]:
    given: dict[str, Any] = {
        "actor": world.actors["vera"],
        "claim_period": world.period,
        "claims": [c.pk for c in claims],
        "decision": decision,
        "at": NOW,
    }
    return actions.decide_claims(**given | more)


def verify(world: World, period: ClaimPeriod | None = None, **more: Any) -> ClaimPeriod:
    given: dict[str, Any] = {"actor": world.actors["vera"], "claim_period": period or world.period, "at": NOW}
    return actions.verify_period(**given | more)


def next_period(world: World) -> ClaimPeriod:
    return actions.open_period(actor=world.actors["anna"], contract=world.contract, day=date(2027, 2, 1), at=NOW)


def test_a_period_is_reported_within_the_days_that_are_agreed(world: World) -> None:
    assert next_period(world).report_due_on == date(2027, 5, 1)  # nothing is agreed: 31 days
    world.contract.versions.create(
        number=2, terms=world.version.terms, effective_on=date(2027, 4, 1), status="agreed", agreed_at=NOW,
        document={"schedule": {"report_within_days": 60}}, document_hash="0" * 64,
    )  # fmt: skip
    period = actions.open_period(actor=world.actors["anna"], contract=world.contract, day=date(2027, 4, 1), at=NOW)
    assert period.report_due_on == date(2027, 8, 29)


def test_verified_claims_become_facts(world: World) -> None:
    first, second = claim(world), claim(world, "p8a1")
    report(world)
    decide(world, first)
    decide(world, second, decision=Decision.REJECT, reason="Intyg saknas", reason_code="no_evidence")
    assert facts_of(world.contract, TODAY)[1] == []  # not before the period is verified
    verify(world)
    facts, frozen = facts_of(world.contract, TODAY)
    assert facts["claims"] == [
        {
            "id": str(first.pk),
            "person": str(first.participant_id),
            "metric": "att3",
            "cohort": "ht26",
            "event_on": "2026-10-14",
            "units": "1",
            "ordinal": 1,
            "claimed_on": "2026-11-03",
            "verified_on": "2026-11-03",
        }
    ]
    assert [fact.subject_id for fact in frozen] == [first.pk]
    assert facts_of(world.contract, TODAY - timedelta(days=1))[1] == []
    assert totals_of(world.contract) == {"att3": {"reported": 2, "verified": 1, "rejected": 1}}
    assert "p7f3" not in str(facts)


def test_stored_decisions_give_the_same_facts_again(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    verify(world)
    facts, frozen = facts_of(world.contract, TODAY)
    assert facts_of_verifications(world.contract, [fact.verification_id for fact in frozen]) == (facts, frozen)


def test_facts_take_a_constant_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    claims = [claim(world), claim(world, "p8a1"), claim(world, metric="att6")]
    report(world)
    decide(world, *claims)
    verify(world)
    with django_assert_num_queries(3):
        facts_of(world.contract, TODAY)


def test_adjusted_claim_keeps_both_values(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first, decision=Decision.ADJUST, event_on=date(2026, 10, 20), reason="Fel dag i intyget")
    verify(world)
    assert facts_of(world.contract, TODAY)[0]["claims"][0]["event_on"] == "2026-10-20"
    first.refresh_from_db()
    assert first.event_on == date(2026, 10, 14)


@pytest.mark.parametrize("name", ["signe", "anna", "dag", "ines"])
def test_only_the_verifier_decides(world: World, name: str) -> None:
    first = claim(world)
    report(world)
    with pytest.raises(NotAllowed):
        decide(world, first, actor=world.actors[name])
    with pytest.raises(NotAllowed):
        verify(world, actor=world.actors[name])


@pytest.mark.parametrize("decision", [Decision.ADJUST, Decision.REJECT])
def test_rejecting_and_adjusting_need_a_reason(world: World, decision: Decision) -> None:
    first = claim(world)
    report(world)
    with pytest.raises(Refused):
        decide(world, first, decision=decision, units=Decimal(2), reason="  ")


def test_decisions_are_taken_only_while_the_period_is_reported(world: World) -> None:
    first = claim(world)
    with pytest.raises(Refused):
        decide(world, first)
    report(world)
    decide(world, first)
    verify(world)
    with pytest.raises(Refused):
        decide(world, first, decision=Decision.REJECT, reason="Nej")


def test_period_with_undecided_claims_is_not_verified_and_says_how_many(world: World) -> None:
    claim(world), claim(world, "p8a1")
    report(world)
    with pytest.raises(Refused) as refused:
        verify(world)
    assert "2" in refused.value.reasons[0]


def test_period_is_verified_once(world: World) -> None:
    report(world)
    verify(world)
    with pytest.raises(Refused):
        verify(world)
    period = ClaimPeriod.objects.get(pk=world.period.pk)
    assert (period.status, period.verified_at) == (PeriodStatus.VERIFIED, NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        ClaimPeriod.objects.filter(pk=period.pk).update(status=PeriodStatus.OPEN, verified_at=None)


def test_latest_decision_counts(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    decide(world, first, decision=Decision.REJECT, reason="Intyget gäller en annan")
    verify(world)
    assert facts_of(world.contract, TODAY)[1] == []
    assert Verification.objects.count() == 2


def test_returned_period_can_be_completed(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    actions.return_period(actor=world.actors["vera"], claim_period=world.period, reason="Underlag saknas", at=NOW)
    claim(world, "p8a1")
    report(world)
    assert undecided(world.period) == (1, 0)


def test_period_with_nothing_in_it_is_reported_only_on_purpose(world: World) -> None:
    with pytest.raises(Refused):
        actions.report_period(actor=world.actors["signe"], claim_period=world.period, at=NOW)


def test_withdrawn_claim_needs_no_decision_and_can_be_reported_again(world: World) -> None:
    first = claim(world)
    actions.withdraw_claim(actor=world.actors["signe"], claim=first, reason="Fel person", at=NOW)
    again = claim(world)
    assert again.supersedes_id == first.pk
    report(world)
    assert undecided(world.period) == (1, 0)


def test_correction_in_the_same_period_replaces_the_claim(world: World) -> None:
    first = claim(world)
    new = actions.correct_claim(
        actor=world.actors["signe"],
        claim_period=world.period,
        claim=first,
        event_on=date(2026, 10, 15),
        units=Decimal(1),
        at=NOW,
    )
    report(world)
    assert undecided(world.period) == (1, 0)
    with pytest.raises(Refused):
        decide(world, first)
    decide(world, new)
    verify(world)
    assert [c["event_on"] for c in facts_of(world.contract, TODAY)[0]["claims"]] == ["2026-10-15"]


def test_correction_counts_when_it_is_accepted_and_not_before(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    verify(world)
    later = next_period(world)
    new = actions.correct_claim(
        actor=world.actors["signe"],
        claim_period=later,
        claim=first,
        event_on=date(2026, 10, 15),
        units=Decimal(1),
        at=NOW,
    )
    assert [c["id"] for c in facts_of(world.contract, TODAY)[0]["claims"]] == [str(first.pk)]
    report(world, later)
    decide(world, new, claim_period=later)
    verify(world, later)
    facts, _frozen = facts_of(world.contract, TODAY)
    assert [c["id"] for c in facts["claims"]] == [str(new.pk)]
    assert totals_of(world.contract) == {"att3": {"reported": 1, "verified": 1, "rejected": 0}}


def test_rejected_correction_leaves_the_first_claim_standing(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    verify(world)
    later = next_period(world)
    new = actions.correct_claim(
        actor=world.actors["signe"],
        claim_period=later,
        claim=first,
        event_on=date(2026, 10, 15),
        units=Decimal(1),
        at=NOW,
    )
    report(world, later)
    decide(world, new, claim_period=later, decision=Decision.REJECT, reason="Den första dagen stämmer")
    verify(world, later)
    assert [c["id"] for c in facts_of(world.contract, TODAY)[0]["claims"]] == [str(first.pk)]


def test_revised_decision_counts_from_the_later_period(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    verify(world)
    later = next_period(world)
    report(world, later)
    actions.revise_decision(
        actor=world.actors["vera"],
        claim_period=later,
        subject=first,
        decision=Decision.REJECT,
        reason="Intyget var falskt",
        at=NOW,
    )
    assert len(facts_of(world.contract, TODAY)[1]) == 1
    assert totals_of(world.contract)["att3"]["verified"] == 1
    verify(world, later)
    assert facts_of(world.contract, TODAY)[1] == []


def test_measured_values_are_decided_and_become_facts(world: World) -> None:
    value = actions.report_value(
        actor=world.actors["signe"],
        claim_period=world.period,
        at=NOW,
        fields={
            "metric": "well",
            "cohort": "ht26",
            "measurement_period": "2026-Q4",
            "value": "3,8",
            "due": "40",
            "measured": "31",
        },
    )
    report(world)
    assert undecided(world.period) == (0, 1)
    actions.decide_observation(
        actor=world.actors["vera"],
        claim_period=world.period,
        observation=value.pk,
        decision=Decision.ADJUST,
        value=Decimal("3.7"),
        reason="Rättat bortfall",
        at=NOW,
    )
    verify(world)
    assert facts_of(world.contract, TODAY)[0]["measured"] == [
        {
            "id": str(value.pk),
            "metric": "well",
            "cohort": "ht26",
            "period": "2026-Q4",
            "value": "3.7",
            "due": 40,
            "measured": 31,
            "verified_on": "2026-11-03",
        }
    ]


def test_erased_pseudonym_changes_no_fact_and_no_hash(world: World) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    verify(world)
    before = facts_of(world.contract, TODAY)
    erased = actions.erase_pseudonym(actor=world.actors["anna"], participant=first.participant, at=NOW)
    assert erased.pseudonym.startswith("raderad-")
    assert facts_of(world.contract, TODAY) == before
    assert "p7f3" not in str(list(AuditEvent.objects.values()))


def test_changed_row_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = claim(world)
    report(world)
    decide(world, first)
    verify(world)
    monkeypatch.setattr("outcomes.snapshot.canonical_json", lambda document: "something else")
    with pytest.raises(FactsDiffer):
        facts_of(world.contract, TODAY)


def test_claim_form_reports_every_fault_at_once(world: World) -> None:
    with pytest.raises(actions.ReportFaults) as refused:
        claim(world, "okänd", "att9", "igår")
    assert [fault.field for fault in refused.value.faults] == ["metric", "event_on"]


def test_identity_number_in_a_form_is_refused_without_repeating_it(world: World) -> None:
    with pytest.raises(actions.ReportFaults) as refused:
        claim(world, "19121212-1212")
    assert "1212" not in str(refused.value)
