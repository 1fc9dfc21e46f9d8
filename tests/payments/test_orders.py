"""From an amount due to money paid: the right duty and board, three different people, a ledger in balance."""

from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from actors.models import AuditEvent, Board, Membership, User
from actors.policies import Actor, NotAllowed, Refused
from actors.roles import Duty
from outcomes.states import Decision
from payments import actions
from payments.models import Attestation, Calculation, LedgerEntry, OrderStatusChange, PaymentOrder, Posting
from payments.queries import orders_waiting_for, totals_of
from payments.states import OrderAct, OrderStatus
from tests.payments.facts import add_period, claim, compute, decide_on, first_quarter, order, verify
from tests.world import World

ALL_DUTIES = [Duty.CASE_OFFICER, Duty.REVIEWER, Duty.DECIDER]


@pytest.fixture
def calculation(world: World) -> Calculation:
    return compute(first_quarter(world))


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


def somebody(world: World, name: str, duties: list[Duty], board: str | None = None) -> Actor:
    user = User.objects.create_user(f"{name}@nordviken.example", "a-long-test-password", name=name.title())
    membership = Membership.objects.create(
        user=user,
        organisation=world.organisations["nordviken"],
        duties=[str(duty) for duty in duties],
        board=Board.objects.get(name=board) if board else None,
    )
    return Actor(user, membership)


def reviewed(world: World, made: PaymentOrder) -> PaymentOrder:
    return actions.review(actor=world.actors["rut"], order=made, at=made.ordered_at)


def decided(world: World, made: PaymentOrder) -> PaymentOrder:
    return actions.decide(actor=world.actors["dag"], order=reviewed(world, made), at=made.ordered_at)


def paid(world: World, made: PaymentOrder) -> PaymentOrder:
    day = made.ordered_at.date() + timedelta(days=10)
    return actions.confirm_paid(
        actor=world.actors["anna"],
        order=decided(world, made),
        paid_on=day,
        reference="BG-77",
        at=made.ordered_at + timedelta(days=11),
    )


def test_an_order_is_for_the_sum_of_the_payers_lines(world: World, calculation: Calculation) -> None:
    made = order(world, calculation)

    assert made.amount == Decimal("14400.00")
    assert made.payee == world.parties["investeraren"]
    assert made.status == OrderStatus.PREPARED
    attestation = made.attestations.get()
    assert (attestation.kind, attestation.user, attestation.amount) == ("order", world.users["anna"], made.amount)
    assert attestation.result_hash == calculation.result_hash
    event = AuditEvent.objects.get(event="payments.order_payment")
    assert event.user == world.users["anna"]
    assert event.data["amount"] == "14400.00"


def test_the_whole_way_from_order_to_paid(world: World, calculation: Calculation) -> None:
    for payer in ("utbildningsnamnden", "socialnamnden"):
        paid(world, order(world, calculation, payer))

    assert set(PaymentOrder.objects.values_list("status", "paid_on")) == {("paid", date(2027, 1, 20))}
    totals = totals_of(world.contract)
    assert totals.entitled == totals.granted == totals.ordered == totals.paid == Decimal("24000.00")
    moves = OrderStatusChange.objects.filter(order__payer__key="socialnamnden").order_by("pk")
    assert list(moves.values_list("act", "user__name", "reason")) == [
        ("review", "Rut", ""),
        ("decide", "Dag", ""),
        ("confirm_paid", "Anna", "BG-77"),
    ]
    events = AuditEvent.objects.filter(subject__startswith="payments.paymentorder").values_list("event", flat=True)
    assert sorted(set(events)) == [
        "payments.confirm_paid",
        "payments.decide",
        "payments.order_payment",
        "payments.review",
    ]


# --- Who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rut", "dag", "alva", "signe", "ines", "vera", "stina", "charlie"])
def test_only_the_payers_case_officer_orders(world: World, calculation: Calculation, name: str) -> None:
    with pytest.raises(NotAllowed):
        order(world, calculation, by=name)
    assert not PaymentOrder.objects.exists()


@pytest.mark.parametrize("name", ["anna", "dag", "alva", "signe", "ines", "vera", "stina", "charlie"])
def test_only_a_reviewer_reviews(world: World, calculation: Calculation, name: str) -> None:
    made = order(world, calculation)
    with pytest.raises(NotAllowed):
        actions.review(actor=world.actors[name], order=made, at=made.ordered_at)
    assert made.attestations.count() == 1


@pytest.mark.parametrize("name", ["anna", "rut", "alva", "signe", "ines", "vera", "stina", "charlie"])
def test_only_a_decider_decides(world: World, calculation: Calculation, name: str) -> None:
    made = reviewed(world, order(world, calculation))
    with pytest.raises(NotAllowed):
        actions.decide(actor=world.actors[name], order=made, at=made.ordered_at)
    assert not LedgerEntry.objects.exists()


def test_nobody_stands_twice_on_one_order(world: World, calculation: Calculation) -> None:
    """One person with all three duties: whichever two acts, the second is refused kindly."""
    olle = somebody(world, "olle", ALL_DUTIES)
    at = calculation.computed_at
    payer, due_on = world.parties["utbildningsnamnden"], at.date()
    made = actions.order_payment(actor=olle, calculation=calculation, payer=payer, due_on=due_on, at=at)
    with pytest.raises(Refused, match=r"You ordered this payment. Somebody else must review it"):
        actions.review(actor=olle, order=made, at=at)
    reviewed(world, made)
    with pytest.raises(Refused, match="You ordered this payment"):
        actions.decide(actor=olle, order=made, at=at)

    other = order(world, calculation, "socialnamnden")
    actions.review(actor=olle, order=other, at=at)
    with pytest.raises(Refused, match=r"You reviewed this payment. Somebody else must decide"):
        actions.decide(actor=olle, order=other, at=at)
    assert Attestation.objects.filter(user=olle.user).count() == 2


@pytest.mark.parametrize(("first", "second"), [("order", "review"), ("order", "decide"), ("review", "decide")])
def test_the_database_refuses_the_same_person_twice(
    world: World, calculation: Calculation, first: str, second: str
) -> None:
    made = order(world, calculation, by="anna")
    user = world.users["anna"] if first == "order" else world.users["rut"]

    def attest(kind: str) -> None:
        Attestation.objects.create(order=made, kind=kind, user=user, amount=made.amount, result_hash="0" * 64)

    if first != "order":
        attest(first)
    with pytest.raises(IntegrityError, match="nobody_attests_the_same_order_twice"), transaction.atomic():
        attest(second)


def test_a_duty_for_one_board_reaches_that_board_only(world: World, calculation: Calculation) -> None:
    ulla = somebody(world, "ulla", ALL_DUTIES, board="Utbildningsnämnden")
    at = calculation.computed_at

    def order_as_ulla(payer: str) -> PaymentOrder:
        return actions.order_payment(
            actor=ulla, calculation=calculation, payer=world.parties[payer], due_on=at.date(), at=at
        )

    assert order_as_ulla("utbildningsnamnden").amount == Decimal("14400.00")
    with pytest.raises(NotAllowed, match=r"The payer is Socialnämnden, Nordvikens kommun. You act for Utbildnings"):
        order_as_ulla("socialnamnden")
    other = order(world, calculation, "socialnamnden")
    with pytest.raises(NotAllowed, match="The payer is Socialnämnden"):
        actions.review(actor=ulla, order=other, at=at)
    assert {row.payer for row in orders_waiting_for(ulla)} == set()
    assert {row.payer for row in orders_waiting_for(world.actors["rut"])} == {
        "Utbildningsnämnden, Nordvikens kommun",
        "Socialnämnden, Nordvikens kommun",
    }


# --- What -----------------------------------------------------------------------------------------------------------


def test_one_standing_order_per_payer_and_payee(world: World, calculation: Calculation) -> None:
    first = order(world, calculation)
    with pytest.raises(Refused, match=r"ordered already. The order's status is «Ordered, waiting for review»"):
        order(world, calculation)
    with pytest.raises(IntegrityError, match="one_standing_order_per_leg"), transaction.atomic():
        PaymentOrder.objects.create(
            calculation=calculation,
            payer=first.payer,
            payee=first.payee,
            amount=first.amount,
            currency="SEK",
            due_on=first.due_on,
        )


def test_a_refused_order_makes_room_for_a_new_one(world: World, calculation: Calculation) -> None:
    first = order(world, calculation)
    actions.refuse(actor=world.actors["rut"], order=first, reason="Fel referens.", at=first.ordered_at)

    second = order(world, calculation)

    assert second.pk != first.pk
    first.refresh_from_db()
    assert first.status == OrderStatus.REFUSED
    assert totals_of(world.contract).ordered == Decimal("14400.00")


def test_refusing_needs_a_reason_and_the_duty_of_the_step(world: World, calculation: Calculation) -> None:
    made = order(world, calculation)
    with pytest.raises(Refused, match="Say why"):
        actions.refuse(actor=world.actors["rut"], order=made, reason=" ", at=made.ordered_at)
    with pytest.raises(NotAllowed):
        actions.refuse(actor=world.actors["dag"], order=made, reason="Nej.", at=made.ordered_at)
    reviewed(world, made)
    with pytest.raises(NotAllowed):
        actions.refuse(actor=world.actors["rut"], order=made, reason="Nej.", at=made.ordered_at)
    refused = actions.refuse(actor=world.actors["dag"], order=made, reason="Nej.", at=made.ordered_at)
    assert refused.status == OrderStatus.REFUSED
    assert not LedgerEntry.objects.exists()


def test_whoever_ordered_may_take_it_back_until_it_is_decided(world: World, calculation: Calculation) -> None:
    made = order(world, calculation)
    actions.refuse(actor=world.actors["anna"], order=made, reason="Fel datum.", at=made.ordered_at)
    again = decided(world, order(world, calculation))
    with pytest.raises(Refused, match="«Decided, waiting to be paid», so it is not possible to refuse"):
        actions.refuse(actor=world.actors["anna"], order=again, reason="Ångrar mig.", at=made.ordered_at)


def test_steps_are_taken_in_order(world: World, calculation: Calculation) -> None:
    made = order(world, calculation)
    with pytest.raises(Refused, match="«Ordered, waiting for review»"):
        actions.decide(actor=world.actors["dag"], order=made, at=made.ordered_at)
    with pytest.raises(Refused, match="«Ordered, waiting for review»"):
        actions.confirm_paid(actor=world.actors["anna"], order=made, paid_on=made.due_on, at=made.ordered_at)


def test_reviewing_twice_is_refused(world: World, calculation: Calculation) -> None:
    made = reviewed(world, order(world, calculation))
    with pytest.raises(Refused, match="«Reviewed, waiting for decision»"):
        reviewed(world, made)


def test_paid_is_not_in_the_future_and_not_before_the_decision(world: World, calculation: Calculation) -> None:
    made = decided(world, order(world, calculation))
    for days, reason in ((1, "has not come yet"), (-1, "is before the decision on")):
        with pytest.raises(Refused, match=reason):
            actions.confirm_paid(
                actor=world.actors["anna"],
                order=made,
                paid_on=made.ordered_at.date() + timedelta(days=days),
                at=made.ordered_at,
            )


def test_everything_wrong_with_an_order_is_told_at_once(world: World, calculation: Calculation) -> None:
    order(world, calculation)
    with pytest.raises(Refused) as told:
        actions.order_payment(
            actor=world.actors["anna"],
            calculation=calculation,
            payer=world.parties["utbildningsnamnden"],
            due_on=date(2026, 1, 1),
            at=calculation.computed_at,
        )
    assert len(told.value.reasons) == 2


def test_nothing_due_cannot_be_ordered(world: World) -> None:
    empty = compute(verify(world.period))
    with pytest.raises(Refused, match="Nothing is due from Utbildningsnämnden, Nordvikens kommun"):
        order(world, empty)


def test_a_contract_computed_from_published_facts_is_computed_but_never_ordered(world: World) -> None:
    world.contract.computed_from_published_facts = True
    world.contract.save()

    calculation = compute(first_quarter(world))

    assert calculation.total == Decimal("24000.00")
    with pytest.raises(Refused, match=r"computed from published facts. It was never settled here"):
        order(world, calculation)
    assert orders_waiting_for(world.actors["anna"]) == []


def test_what_no_longer_comes_out_is_not_attested(world: World, calculation: Calculation) -> None:
    made = order(world, calculation)
    with (
        patch("outcomes.snapshot.frozen_hash", return_value="0" * 64),
        pytest.raises(Refused) as told,
    ):
        reviewed(world, made)

    assert told.value.reasons[0].startswith("The calculation does not come out the same")
    assert "is not as it was when it was computed with" in told.value.reasons[1]
    made.refresh_from_db()
    assert made.status == OrderStatus.PREPARED


# --- The ledger -----------------------------------------------------------------------------------------------------


def postings(event: str) -> list[tuple[str, str, Decimal]]:
    rows = Posting.objects.filter(entry__event=event).order_by("pk")
    return list(rows.values_list("account", "party__key", "amount"))


def test_deciding_books_cost_and_debt_and_paying_settles_the_debt(world: World, calculation: Calculation) -> None:
    paid(world, order(world, calculation))

    assert postings("decided") == [
        ("outcome_cost", "utbildningsnamnden", Decimal("14400.00")),
        ("payable", "investeraren", Decimal("-14400.00")),
    ]
    assert postings("paid") == [
        ("payable", "investeraren", Decimal("14400.00")),
        ("bank", "utbildningsnamnden", Decimal("-14400.00")),
    ]
    assert sum(amount for *_, amount in postings("decided") + postings("paid")) == 0


def test_a_claw_back_is_booked_with_the_signs_mirrored(world: World) -> None:
    row = claim(world, world.period, world.participants[0], "att3", date(2026, 12, 4))
    compute(verify(world.period))
    period = add_period(world, 2027, 1)
    decide_on(world, row, Decision.REJECT, period)

    made = paid(world, order(world, compute(verify(period))))

    assert made.amount == Decimal("-7200.00")
    assert postings("decided") == [
        ("outcome_cost", "utbildningsnamnden", Decimal("-7200.00")),
        ("payable", "investeraren", Decimal("7200.00")),
    ]
    assert postings("paid")[1] == ("bank", "utbildningsnamnden", Decimal("7200.00"))


def test_the_work_list_follows_the_order(world: World, calculation: Calculation) -> None:
    def waiting(name: str) -> list[tuple[OrderAct, Decimal]]:
        return [(row.act, row.amount) for row in orders_waiting_for(world.actors[name])]

    assert waiting("anna") == [(OrderAct.ORDER, Decimal("9600.00")), (OrderAct.ORDER, Decimal("14400.00"))]
    made = order(world, calculation)
    assert waiting("anna") == [(OrderAct.ORDER, Decimal("9600.00"))]
    assert waiting("rut") == [(OrderAct.REVIEW, Decimal("14400.00"))]
    reviewed(world, made)
    assert waiting("rut") == []
    assert waiting("dag") == [(OrderAct.DECIDE, Decimal("14400.00"))]
    actions.decide(actor=world.actors["dag"], order=made, at=made.ordered_at)
    assert waiting("dag") == []
    assert (OrderAct.CONFIRM_PAID, Decimal("14400.00")) in waiting("anna")
    for name in ("signe", "ines", "vera", "stina", "alva", "charlie"):
        assert waiting(name) == []
