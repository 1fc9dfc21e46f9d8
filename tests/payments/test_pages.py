"""The payment pages: who sees what, the acts through HTTP, the same amounts on the page and in the database."""

import csv
import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from outcomes.models import Participant
from payments import actions
from payments.models import Calculation, LedgerEntry, PaymentOrder
from payments.states import OrderStatus
from tests.payments.facts import add_participants, add_period, claim, compute, first_quarter, order, verify
from tests.world import World

CODE = "UK-2026-01"
LIST = reverse("payments:settlements", args=[CODE])
DETAIL = reverse("payments:settlement_detail", args=[CODE, "2026-Q4"])
LEDGER = reverse("payments:ledger", args=[CODE])
MOST_QUERIES = 15


@pytest.fixture
def calculation(world: World) -> Calculation:
    return compute(first_quarter(world))


def log_in(world: World, name: str, language: str = "en") -> Client:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    client.force_login(world.users[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode().replace("\u00a0", " "))


def ordered(world: World, calculation: Calculation) -> PaymentOrder:
    return order(world, calculation)


# --- Who sees what --------------------------------------------------------------------------------------------------

SEES_WORKING = {"anna", "rut", "dag", "signe", "vera"}
SEES_PAYMENTS = {"anna", "rut", "dag"}
EVERYBODY = ["anna", "rut", "dag", "alva", "signe", "ines", "vera", "stina", "charlie"]


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_working_is_seen_by_those_who_run_the_contract(world: World, calculation: Calculation, name: str) -> None:
    client = log_in(world, name)
    for address in (LIST, DETAIL, reverse("payments:settlement_trace", args=[CODE, "2026-Q4"])):
        expected = 404 if name == "charlie" else 200 if name in SEES_WORKING else (403, 404)
        got = client.get(address).status_code
        assert got == expected or got in (expected if isinstance(expected, tuple) else ())


@pytest.mark.parametrize("name", EVERYBODY)
def test_orders_and_ledger_are_seen_by_the_payer_only(world: World, calculation: Calculation, name: str) -> None:
    made = ordered(world, calculation)
    client = log_in(world, name)
    for address in (LEDGER, reverse("payments:order_detail", args=[CODE, made.pk])):
        assert (client.get(address).status_code == 200) == (name in SEES_PAYMENTS)
    if name in SEES_WORKING - SEES_PAYMENTS:
        for address in (LIST, DETAIL):
            text = text_of(client.get(address))
            assert str(made.pk) not in text
            assert "Ordered, waiting for review" not in text


@pytest.mark.parametrize("name", sorted(SEES_WORKING))
def test_no_person_is_named_on_any_page(world: World, calculation: Calculation, name: str) -> None:
    client = log_in(world, name)
    for address in (LIST, DETAIL, reverse("payments:settlement_trace", args=[CODE, "2026-Q4"])):
        body = client.get(address).content.decode()
        for person in Participant.objects.all():
            assert person.pseudonym not in body
            assert str(person.pk) not in body


def test_the_trace_names_claims_only_to_those_who_see_persons(world: World, calculation: Calculation) -> None:
    address = reverse("payments:settlement_trace", args=[CODE, "2026-Q4"])
    whole = log_in(world, "anna").get(address).json()
    less = log_in(world, "rut").get(address).json()

    assert whole["entitlement"] == calculation.entitlement
    assert whole["result_hash"] == less["result_hash"] == calculation.result_hash
    assert len(whole["entitlement"]["claims"]) == 2
    assert less["entitlement"]["claims"] == less["inputs"]["facts"] == []
    assert less["entitlement"]["total"] == "24000.00"


# --- What they show -------------------------------------------------------------------------------------------------


def test_the_list_shows_each_period_and_the_totals(world: World, calculation: Calculation) -> None:
    text = text_of(log_in(world, "anna").get(LIST))
    assert "SEK 24,000.00" in text
    assert "To be ordered" in text
    assert "10 January 2027" in text


def test_the_detail_shows_words_numbers_amount_split_and_hashes(world: World, calculation: Calculation) -> None:
    for language, amount, rule in (("en", "SEK 14,400.00", "Rule"), ("sv", "14 400,00 kr", "Regel")):
        text = text_of(log_in(world, "signe", language).get(DETAIL))
        assert amount in text
        assert rule in text
        assert calculation.result_hash in text
        assert calculation.inputs_hash in text
        assert world.version.document_hash in text


def test_a_correction_says_so(world: World, calculation: Calculation) -> None:
    from outcomes.models import Claim
    from outcomes.states import Decision
    from tests.payments.facts import decide_on

    period = add_period(world, 2027, 1)
    decide_on(world, Claim.objects.all()[0], Decision.REJECT, period)
    compute(verify(period))

    text = text_of(log_in(world, "anna").get(reverse("payments:settlement_detail", args=[CODE, "2027-Q1"])))

    assert "Correction" in text
    assert "SEK −12,000.00" in text
    assert "the payees owe money back" in text


def test_while_computing_the_page_says_so_and_asks_again(world: World) -> None:
    first_quarter(world)
    for address in (LIST, DETAIL):
        response = log_in(world, "anna").get(address)
        text = text_of(response)
        assert "being computed" in text
        assert 'hx-trigger="every 3s"' in text

    calculation = compute(world.period)

    response = log_in(world, "anna").get(DETAIL, headers={"HX-Request": "true"})
    assert calculation.result_hash in text_of(response)
    assert "<html" not in text_of(response)
    assert "hx-trigger" not in text_of(response)
    assert "HX-Request" in response["Vary"]


def test_a_failure_is_told_with_the_next_attempt(world: World) -> None:
    from unittest.mock import patch

    period = first_quarter(world)
    with patch("payments.actions.calculations.answer", side_effect=ZeroDivisionError), pytest.raises(ZeroDivisionError):
        actions.compute(period.pk, timezone.now())
    for address in (LIST, DETAIL):
        text = text_of(log_in(world, "anna").get(address))
        assert "Something unforeseen went wrong while computing (ZeroDivisionError)" in text


def test_empty_lists_say_what_will_be_here(world: World) -> None:
    client = log_in(world, "anna")
    assert "No settlement yet" in text_of(client.get(LIST))
    assert "Nothing is booked yet" in text_of(client.get(LEDGER))
    assert client.get(DETAIL).status_code == 404


def test_a_contract_computed_from_published_facts_shows_no_way_to_order(world: World) -> None:
    world.contract.computed_from_published_facts = True
    world.contract.save()
    calculation = compute(first_quarter(world))
    client = log_in(world, "anna")
    address = reverse("payments:order_payment", args=[CODE, "2026-Q4", "utbildningsnamnden", "investeraren"])

    text = text_of(client.get(DETAIL))

    assert "Computed, never settled here" in text
    assert "Order the payment" not in text
    assert "SEK 14,400.00" in text
    assert client.get(address).status_code == 404
    assert client.post(address, {"due_on": "2099-01-01"}).status_code == 404
    assert not calculation.orders.exists()


# --- The acts -------------------------------------------------------------------------------------------------------


def test_the_whole_way_through_the_pages(world: World, calculation: Calculation) -> None:
    today = timezone.localdate()
    address = reverse("payments:order_payment", args=[CODE, "2026-Q4", "utbildningsnamnden", "investeraren"])
    anna, rut, dag = (log_in(world, name) for name in ("anna", "rut", "dag"))
    assert "SEK 14,400.00" in text_of(anna.get(address))
    response = anna.post(address, {"due_on": (today + timedelta(days=30)).isoformat(), "reference": "F-1"})
    made = PaymentOrder.objects.get()
    page = reverse("payments:order_detail", args=[CODE, made.pk])
    assert response.status_code == 302
    assert response["Location"] == page

    # what is not one's own to do is disabled, with the reason
    text = text_of(anna.get(page))
    assert "Only a reviewer of the outcome payer may review a payment." in text
    assert "disabled" in text

    assert rut.post(reverse("payments:order_review", args=[CODE, made.pk])).status_code == 302
    assert dag.post(reverse("payments:order_decide", args=[CODE, made.pk]), {"comment": "Ok"}).status_code == 302
    confirm = reverse("payments:order_confirm", args=[CODE, made.pk])
    wrong = anna.post(confirm, {"paid_on": (today + timedelta(days=1)).isoformat()})
    assert wrong.status_code == 422
    assert "has not come yet" in text_of(wrong)
    assert anna.post(confirm, {"paid_on": today.isoformat(), "reference": "BG-7"}).status_code == 302

    made.refresh_from_db()
    assert (made.status, made.paid_on) == (OrderStatus.PAID, today)
    text = text_of(rut.get(page))
    assert "Confirmed as paid" in text
    assert "BG-7" in text


def test_a_bad_order_comes_back_with_everything_wrong(world: World, calculation: Calculation) -> None:
    address = reverse("payments:order_payment", args=[CODE, "2026-Q4", "utbildningsnamnden", "investeraren"])
    response = log_in(world, "anna").post(address, {"due_on": "2020-01-01", "reference": "19121212-1212"})
    text = text_of(response)
    assert response.status_code == 422
    assert "has passed" in text
    assert "19121212" not in text
    assert not PaymentOrder.objects.exists()


def test_refusing_without_a_reason_keeps_the_order(world: World, calculation: Calculation) -> None:
    made = ordered(world, calculation)
    address = reverse("payments:order_refuse", args=[CODE, made.pk])
    client = log_in(world, "rut")
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Fel belopp på fakturan."}).status_code == 302
    made.refresh_from_db()
    assert made.status == OrderStatus.REFUSED
    assert log_in(world, "signe").post(address, {"reason": "x"}).status_code == 403


def test_a_second_review_is_refused_with_the_reason(world: World, calculation: Calculation) -> None:
    made = ordered(world, calculation)
    address = reverse("payments:order_review", args=[CODE, made.pk])
    client = log_in(world, "rut")
    assert client.post(address).status_code == 302
    response = client.post(address)
    assert response.status_code == 409
    assert "Reviewed, waiting for decision" in text_of(response)


@pytest.mark.parametrize("act", ["order_review", "order_decide", "order_refuse", "order_confirm"])
def test_acts_are_posts(world: World, calculation: Calculation, act: str) -> None:
    made = ordered(world, calculation)
    assert log_in(world, "anna").get(reverse(f"payments:{act}", args=[CODE, made.pk])).status_code == 405


def test_another_contracts_order_is_not_found_through_this_one(world: World, calculation: Calculation) -> None:
    from uuid import uuid4

    assert log_in(world, "anna").get(reverse("payments:order_detail", args=[CODE, uuid4()])).status_code == 404


# --- The ledger -----------------------------------------------------------------------------------------------------


def booked(world: World, calculation: Calculation, reference: str = "F-1") -> PaymentOrder:
    made = actions.order_payment(
        actor=world.actors["anna"],
        calculation=calculation,
        payer=world.parties["utbildningsnamnden"],
        due_on=date(2099, 1, 1),
        reference=reference,
        at=calculation.computed_at,
    )
    actions.review(actor=world.actors["rut"], order=made, at=made.ordered_at)
    return actions.decide(actor=world.actors["dag"], order=made, at=made.ordered_at)


def test_the_ledger_shows_postings_and_that_they_sum_to_zero(world: World, calculation: Calculation) -> None:
    booked(world, calculation)
    text = text_of(log_in(world, "anna").get(LEDGER))
    assert "Cost of outcomes" in text
    assert "SEK −14,400.00" in text
    assert "all accounts sum to zero" in text


def test_the_file_is_safe_in_a_spreadsheet_and_has_every_posting(world: World, calculation: Calculation) -> None:
    booked(world, calculation, reference="=HYPERLINK(A1)")
    response = log_in(world, "anna", "sv").get(reverse("payments:ledger_csv", args=[CODE]))
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert [row[8] for row in rows[1:]] == ["14400,00", "-14400,00"]
    assert {row[5] for row in rows[1:]} == {"'=HYPERLINK(A1)"}
    assert log_in(world, "signe").get(reverse("payments:ledger_csv", args=[CODE])).status_code == 403


def test_the_ledger_can_be_filtered_and_turned(world: World, calculation: Calculation) -> None:
    booked(world, calculation)
    client = log_in(world, "anna")
    assert "1–1 of 1" in text_of(client.get(LEDGER, {"account": "outcome_cost", "sort": "-booked_on"}))
    assert "Nothing is booked yet" in text_of(client.get(LEDGER, {"account": "bank"}))
    assert client.get(LEDGER, {"account": "x' OR 1=1", "sort": "pg_sleep", "page": "zzz"}).status_code == 200


# --- Queries --------------------------------------------------------------------------------------------------------


def settle(world: World, quarters: int) -> None:
    """Quarters with claims, computed, ordered and decided."""
    for index in range(quarters):
        period = add_period(world, 2026 + (3 + index) // 4, (3 + index) % 4 + 1)
        for person in add_participants(world, 2):
            claim(world, period, person, "att3", period.starts_on + timedelta(days=20))
        calculation = compute(verify(period))
        booked(world, calculation)


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["anna", "signe"])
def test_no_page_needs_more_queries_with_more_rows(world: World, name: str) -> None:
    client = log_in(world, name)
    addresses = [LIST, DETAIL] + ([LEDGER] if name == "anna" else [])
    settle(world, 2)
    few = [queries(client, address) for address in addresses]
    settle_more = 4
    for index in range(settle_more):
        period = add_period(world, 2027 + (1 + index) // 4, (1 + index) % 4 + 1)
        for person in add_participants(world, 6):
            claim(world, period, person, "att3", period.starts_on + timedelta(days=20))
        booked(world, compute(verify(period)))
    many = [queries(client, address) for address in addresses]
    assert LedgerEntry.objects.count() == 6
    assert many == few
    assert max(many) <= MOST_QUERIES, dict(zip(addresses, many, strict=True))


def test_the_order_page_needs_few_queries(world: World, calculation: Calculation) -> None:
    made = booked(world, calculation)
    address = reverse("payments:order_detail", args=[CODE, made.pk])
    assert queries(log_in(world, "anna"), address) <= MOST_QUERIES
    form = reverse("payments:order_payment", args=[CODE, "2026-Q4", "socialnamnden", "investeraren"])
    assert queries(log_in(world, "anna"), form) <= MOST_QUERIES


# --- API ------------------------------------------------------------------------------------------------------------


def token_of(world: World, name: str) -> dict[str, str]:
    from actors.api_auth import new_secret, token_hash
    from actors.models import ApiToken

    secret = new_secret()
    membership = world.actors[name].membership
    assert membership is not None
    ApiToken.objects.create(
        membership=membership,
        name="test",
        prefix=secret[:8],
        token_hash=token_hash(secret),
        scopes=["read"],
        expires_at=timezone.now() + timedelta(days=1),
    )
    return {"authorization": f"Bearer {secret}"}


def api(world: World, name: str, path: str, language: str = "en") -> Any:
    return Client().get(
        f"/api/v1/contracts/{CODE}/{path}", headers={**token_of(world, name), "accept-language": language}
    )


def test_amounts_are_the_same_in_database_page_and_api_to_the_ore(world: World, calculation: Calculation) -> None:
    made = booked(world, calculation)
    body = api(world, "anna", "calculations/2026-Q4").json()
    listed = api(world, "anna", "calculations").json()["results"]
    orders = api(world, "anna", "payments").json()["results"]

    assert body["due"] == listed[0]["due"] == str(calculation.total) == "24000.00"
    assert sum(Decimal(share["due"]) for line in body["lines"] for share in line["shares"]) == calculation.total
    assert body["result_hash"] == calculation.result_hash
    assert [order["amount"] for order in orders] == [str(made.amount)] == ["14400.00"]
    assert orders[0]["status"] == "decided"
    assert [made["kind"] for made in orders[0]["attestations"]] == ["order", "review", "decide"]


def test_the_working_speaks_the_language_asked_for(world: World, calculation: Calculation) -> None:
    english = api(world, "signe", "calculations/2026-Q4").json()
    swedish = api(world, "signe", "calculations/2026-Q4", "sv").json()
    asked = api(world, "signe", "calculations/2026-Q4?language=sv").json()
    assert english["language"] == "en"
    assert swedish["lines"] == asked["lines"]
    assert english["lines"][0]["working"][0]["words"] != swedish["lines"][0]["working"][0]["words"]
    assert english["lines"][0]["term"] == "Attendance of at least 80 % for three months"


def test_the_api_has_the_permissions_of_the_pages(world: World, calculation: Calculation) -> None:
    for name in EVERYBODY:
        for path in ("calculations", "calculations/2026-Q4"):
            assert (api(world, name, path).status_code == 200) == (name in SEES_WORKING), (name, path)
        assert (api(world, name, "payments").status_code == 200) == (name in SEES_PAYMENTS), name
    assert api(world, "charlie", "payments").status_code == 404
    assert Client().get(f"/api/v1/contracts/{CODE}/payments").status_code == 401


def test_the_api_pages_and_refuses_nonsense(world: World, calculation: Calculation) -> None:
    period = add_period(world, 2027, 1)
    compute(verify(period))
    first = api(world, "anna", "calculations?limit=1").json()
    assert [row["number"] for row in first["results"]] == [1]
    assert "after=1" in first["next"]
    assert api(world, "anna", "calculations?limit=1&after=1").json()["next"] is None
    for query in ("limit=0", "limit=x", "after=-1", f"limit={'9' * 5000}"):
        response = api(world, "anna", f"calculations?{query}")
        assert response.status_code == 400
        assert response["Content-Type"].startswith("application/problem+json")
    assert api(world, "anna", "calculations/2026-Q4?language=de").status_code == 400
    assert api(world, "anna", "calculations/1999-Q1").status_code == 404
    assert "p7f3" not in json.dumps(first)
