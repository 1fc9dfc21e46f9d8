"""First pages, overview, investment and history: what each role is told, and what it costs."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from actors.models import AuditEvent
from config.formatting import money
from contracts.models import Contract, ContractParty, ContractVersion, Statement
from contracts.states import VersionStatus
from outcomes.models import ClaimPeriod
from payments import actions as pay
from payments.models import Calculation, CalculationFailure, PaymentOrder
from reports.queries import amounts_of, reached_in
from tests.payments.facts import add_participants, add_period, claim, compute, noon, order, verify
from tests.world import TERMS, World

BASE = "/avtal/UK-2026-01/"
MOST_QUERIES = 15


@pytest.fixture(autouse=True)
def _later() -> object:
    with time_machine.travel("2027-02-10 09:00", tick=False):
        yield


def text(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode().replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_visitor_is_told_what_this_is(db: None, language: str) -> None:
    client = Client()
    client.cookies["django_language"] = language
    page = text(client, "/")
    assert ("utfallskontrakt" if language == "sv" else "social outcomes contract") in page
    assert 'href="/konto/logga-in/"' in page


class TestStart:
    def test_the_provider_reports(self, world: World, browse: Callable[..., Client]) -> None:
        page = text(browse("signe"), "/start/")
        assert "Report the period" in page
        assert "Late" in page

    def test_the_verifier_verifies(self, world: World, browse: Callable[..., Client]) -> None:
        ClaimPeriod.objects.update(status="reported", reported_at=noon(date(2027, 1, 20)))
        assert "Verify the outcomes" in text(browse("vera"), "/start/")
        assert "Verify the outcomes" not in text(browse("signe"), "/start/")

    def test_the_payment_goes_from_hand_to_hand(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        assert "Order the payment" in text(browse("anna"), "/start/")
        order(world, calculation)
        assert "Review the payment" in text(browse("rut"), "/start/")
        assert "Review the payment" not in text(browse("dag"), "/start/")

    def test_proposed_terms_wait_for_those_who_have_not_accepted(
        self, world: World, browse: Callable[..., Client]
    ) -> None:
        ContractVersion.objects.create(
            contract=world.contract,
            number=2,
            terms=TERMS,
            effective_on=date(2027, 4, 1),
            status=VersionStatus.PROPOSED,
            document={},
            document_hash="x" * 64,
        )
        for name in ("ines", "signe", "dag"):
            assert "Accept the terms" in text(browse(name), "/start/"), name
        assert "Accept the terms" not in text(browse("anna"), "/start/")

    def test_a_failed_computation_is_the_case_officers_to_see(
        self, world: World, browse: Callable[..., Client]
    ) -> None:
        verify(world.period)
        at = noon(date(2027, 2, 1))
        for _ in range(2):
            CalculationFailure.objects.create(claim_period=world.period, text="x", at=at, next_attempt_at=at)
        assert text(browse("anna"), "/start/").count(">See why<") == 1

    def test_an_outsider_has_nothing_and_is_told_what_would_be_here(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        page = text(browse("charlie"), "/start/")
        assert "Nothing waits for you" in page
        assert "UK-2026-01" not in page

    def test_the_investor_sees_sums_and_can_take_them_along(
        self, world: World, paid_order: PaymentOrder, browse: Callable[..., Client]
    ) -> None:
        Contract.objects.update(committed_capital=Decimal("2000000.00"), drawn_capital=Decimal("800000.00"))
        page = text(browse("ines"), "/start/")
        assert "SEK 14,400.00" in page, "repaid"
        assert "SEK 9,600.00" in page, "verified and not yet repaid"
        rows = text(browse("ines"), "/start/investeringar.csv").splitlines()
        assert rows[1] == "UK-2026-01;Fullföljd skolgång;SEK;2000000.00;800000.00;14400.00;9600.00;2976000.00"
        assert len(text(browse("anna"), "/start/investeringar.csv").splitlines()) == 1


class TestOverview:
    def test_the_three_amounts(self, world: World, paid_order: PaymentOrder, browse: Callable[..., Client]) -> None:
        page = text(browse("anna"), BASE)
        for amount in ("SEK 3,000,000.00", "SEK 24,000.00", "SEK 14,400.00"):
            assert amount in page
        assert f'href="{BASE}ersattning/2026-Q4/underlag/"' in page

    def test_who_sees_no_working_gets_no_link_to_it(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        for name in ("ines", "stina"):
            assert "underlag" not in text(browse(name), BASE)

    def test_small_numbers_are_hidden_from_those_who_see_no_persons(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        assert ">hidden<" in text(browse("stina"), BASE).replace("\n", "").replace(" ", "")
        assert ">hidden<" not in text(browse("anna"), BASE).replace(" ", "")
        assert "Outcomes against what was planned" not in text(browse("ines"), BASE)

    def test_a_cap_that_is_a_share_of_an_unverified_value_is_unknown(self, world: World) -> None:
        draft = Contract.objects.create(
            code="UK-2027-09",
            name="Utkast",
            starts_on=date(2027, 1, 1),
            ends_on=date(2028, 1, 1),
            owner=world.organisations["nordviken"],
        )
        cap = {"scope": "contract", "at_most": {"share": "1.20", "of": "cost"}}
        ContractVersion.objects.create(
            contract=draft, number=1, terms=TERMS | {"limits": [cap]}, effective_on=draft.starts_on
        )
        amounts = amounts_of([draft])[draft.pk]
        assert (amounts.at_most, amounts.at_most_rests_on_value, amounts.is_agreed) == (None, True, False)

    def test_a_historical_contract_is_computed_and_never_paid(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        Contract.objects.update(computed_from_published_facts=True)
        Statement.objects.create(
            contract=world.contract,
            ordinal=1,
            kind="uncertain",
            text_sv="Oklart hur mycket som lånades ut.",
            text_en="Unclear how much was lent.",
            source="En källa",
        )
        for name in ("anna", "stina", "ines"):
            page = text(browse(name), BASE)
            assert "only the guarantee was payable" in page
            assert "It is computed, not paid." in page
            assert "Uncertain" in page
            assert "Unclear how much was lent." in page
            assert "Not known. Nothing is paid here." in page
            assert "2 × 12,000.00" in page, "the facts are public, so the working is"
        assert amounts_of([Contract.objects.get()])[world.contract.pk].paid is None


class TestInvestment:
    def test_only_totals_over_all_settlements(
        self, world: World, paid_order: PaymentOrder, browse: Callable[..., Client]
    ) -> None:
        Contract.objects.update(committed_capital=Decimal("2000000.00"), drawn_capital=Decimal("800000.00"))
        page = text(browse("ines"), f"{BASE}investering/")
        for amount in ("SEK 2,000,000.00", "SEK 800,000.00", "SEK 14,400.00", "SEK 9,600.00"):
            assert amount in page
        for told in ("Attendance", "2026-Q4", "12,000.00", "×"):
            assert told not in page
        assert "The share is hidden" in page

    def test_others_may_not_see_it(self, world: World, browse: Callable[..., Client]) -> None:
        assert browse("anna").get(f"{BASE}investering/").status_code == 403
        assert browse("charlie").get(f"{BASE}investering/").status_code == 404

    def test_the_share_is_coarse(self, world: World) -> None:
        world.cohort.size = 100
        world.cohort.save()
        for person in add_participants(world, 33):
            claim(world, world.period, person, "att3", date(2026, 12, 4))
        verify(world.period)
        assert reached_in(world.contract, amounts_of([world.contract])[world.contract.pk]).per_cent == 15, (
            "33 of 200 planned outcomes, 16.5 per cent"
        )

    def test_the_share_is_hidden_where_a_step_would_be_a_handful(self, world: World, calculation: Calculation) -> None:
        assert reached_in(world.contract, amounts_of([world.contract])[world.contract.pk]).hidden == "few"


class TestHistory:
    def test_it_tells_what_was_done_and_by_whom(
        self, world: World, paid_order: PaymentOrder, browse: Callable[..., Client]
    ) -> None:
        page = text(browse("anna"), f"{BASE}historik/")
        assert "A payment was decided on" in page
        assert "Dag, Nordvikens kommun" in page

    def test_it_tells_which_payment_was_refused_and_why(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        made = order(world, calculation)
        pay.refuse(actor=world.actors["rut"], order=made, reason="Fel referens.", at=made.ordered_at)
        page = text(browse("anna"), f"{BASE}historik/")
        assert f"A payment was refused: 2026-Q4, {money(made.amount)}".replace("\u00a0", " ") in page
        assert "Fel referens." in page
        assert "Fel referens." not in text(browse("signe"), f"{BASE}historik/")

    def test_payments_are_not_told_to_those_who_see_none(
        self, world: World, paid_order: PaymentOrder, browse: Callable[..., Client]
    ) -> None:
        page = text(browse("signe"), f"{BASE}historik/")
        assert "The settlement was computed" in page
        assert "payment was" not in page
        assert browse("ines").get(f"{BASE}historik/").status_code == 403


def _grow(world: World, start: int, number: int) -> None:
    """More contracts, settled periods, orders, documents and events."""
    for index in range(start, start + number):
        period = add_period(world, 2028 + index // 4, index % 4 + 1)
        for person in add_participants(world, 1):
            claim(world, period, person, "att3", date(2027, 2, 1))
        made = compute(verify(period))
        order(world, made)
        order(world, made, "socialnamnden")
        contract = Contract.objects.create(
            code=f"UK-2027-{index}",
            name=f"Avtal {index}",
            starts_on=date(2027, 1, 1),
            ends_on=date(2028, 1, 1),
            owner=world.organisations["nordviken"],
            open_to_support=True,
        )
        for key, party in world.parties.items():
            ContractParty.objects.create(
                contract=contract, key=key, organisation=party.organisation, board=party.board, role=party.role
            )
        ContractVersion.objects.create(contract=contract, number=1, terms=TERMS, effective_on=contract.starts_on)
        ClaimPeriod.objects.create(
            contract=contract,
            name="2027-Q1",
            starts_on=date(2027, 1, 1),
            ends_on=date(2027, 3, 31),
            report_due_on=date(2027, 4, 30),
        )
        AuditEvent.objects.create(event="contracts.start", subject="x", contract_code=contract.code)


PAGES = ["/start/", "/start/investeringar.csv", BASE, f"{BASE}investering/", f"{BASE}rapporter/", f"{BASE}historik/"]
PAGES += [f"{BASE}ersattning/2026-Q4/underlag/"]


@pytest.mark.parametrize("name", ["anna", "rut", "signe", "ines", "vera", "stina", "charlie"])
def test_no_page_costs_more_with_more_rows(
    world: World, paid_order: PaymentOrder, browse: Callable[..., Client], name: str
) -> None:
    browser = browse(name)

    def costs() -> dict[str, int]:
        found = {}
        for path in PAGES:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                browser.get(path)
            found[path] = len([q for q in queries if "SAVEPOINT" not in q["sql"]])
        return found

    _grow(world, 0, 2)
    few = costs()
    _grow(world, 2, 4)
    many = costs()
    assert many == few
    assert max(many.values()) <= MOST_QUERIES, many
