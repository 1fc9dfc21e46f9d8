"""Before and after the political decision: the draft of the official report, and what the minutes say."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pypdf
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from contracts.actions.political import record_decision
from contracts.models import Design, PoliticalDecision
from contracts.queries.political import political_decisions
from reports import actions
from reports.models import ReportRun
from tests.contracts.conftest import Drafting
from tests.reports.designed import assume, designed, said
from tests.world import NOW, World

DECISIONS = "/avtal/UK-2026-01/beslut/"
PROPOSAL = "/avtal/UK-2026-01/tjansteskrivelse/"
SAID: dict[str, Any] = {
    "body": "Socialnämnden",
    "decided_on": date(2026, 10, 15),
    "registry_number": "SN 2026/77",
    "paragraph": "§ 112",
    "outcome": PoliticalDecision.Outcome.APPROVED,
}
POSTED = SAID | {"decided_on": "2026-10-15", "version": "1", "note": ""}


@pytest.fixture
def drafting(world: World) -> Drafting:
    return designed(world)


def record(world: World, who: str = "anna", **more: Any) -> PoliticalDecision:
    return record_decision(actor=world.actors[who], contract=world.contract, at=NOW, **(SAID | more))


class TestWhatTheMinutesSay:
    def test_it_stands_on_the_page_and_in_the_evidence(self, world: World, browse: Callable[..., Client]) -> None:
        answer = browse("anna").post(f"{DECISIONS}nytt/", POSTED)
        assert answer["Location"] == DECISIONS
        row = PoliticalDecision.objects.get()
        assert (row.paragraph, row.version_number, row.organisation.name) == ("112", 1, "Nordvikens kommun")
        for path in (DECISIONS, "/avtal/UK-2026-01/avtalet/"):
            page = browse("ines").get(path).content.decode()
            assert "§ 112" in page
            assert "SN 2026/77" in page
        [decision] = said(world, world.version).decisions
        assert decision.outcome == "Bifall"
        assert AuditEvent.objects.filter(event="contracts.record_decision").count() == 1

    def test_a_correction_replaces_and_tells_what_it_said(self, world: World, browse: Callable[..., Client]) -> None:
        old = record(world)
        assert browse("anna").get(f"{DECISIONS}{old.pk}/ratta/").status_code == 200
        browse("anna").post(f"{DECISIONS}{old.pk}/ratta/", POSTED | {"paragraph": "113"})
        [found] = political_decisions(world.contract)
        assert (found.decision.paragraph, [each.pk for each in found.replaced]) == ("113", [old.pk])
        page = browse("anna").get(DECISIONS).content.decode()
        assert "Corrected: said § 112" in page
        assert [each.paragraph for each in said(world, world.version).decisions] == ["113"]
        with pytest.raises(Refused):
            record(world, replaces=old)

    def test_nobody_removes_or_changes_it(self, world: World) -> None:
        row = record(world)
        with pytest.raises(DatabaseError), transaction.atomic():
            PoliticalDecision.objects.filter(pk=row.pk).delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            PoliticalDecision.objects.filter(pk=row.pk).update(paragraph="1")

    def test_only_the_payers_case_officer_records(self, world: World, browse: Callable[..., Client]) -> None:
        for name in ("dag", "ines", "signe", "vera", "stina"):
            with pytest.raises(NotAllowed):
                record(world, name)
            assert browse(name).get(f"{DECISIONS}nytt/").status_code == 403
        assert browse("charlie").get(DECISIONS).status_code == 404

    def test_a_decision_that_has_not_been_made_is_refused(self, world: World, browse: Callable[..., Client]) -> None:
        with pytest.raises(Refused):
            record(world, decided_on=NOW.date() + timedelta(days=1))
        with pytest.raises(Refused):
            record(world, version_number=9)
        assert browse("anna").post(f"{DECISIONS}nytt/", POSTED | {"decided_on": "2099-01-01"}).status_code == 409
        assert browse("anna").post(f"{DECISIONS}nytt/", {}).status_code == 422
        assert not PoliticalDecision.objects.exists()

    def test_another_contracts_decision_is_not_found(
        self, world: World, drafting: Drafting, browse: Callable[..., Client]
    ) -> None:
        row = record(world)
        assert browse("anna").get(f"/avtal/{drafting.contract.code}/beslut/{row.pk}/ratta/").status_code == 404


class TestTheOfficialReport:
    @pytest.mark.parametrize("language", ["sv", "en"])
    def test_what_is_known_is_filled_in_and_the_rest_is_marked(
        self, drafting: Drafting, browse: Callable[..., Client], language: str
    ) -> None:
        page = browse("anna", language).get(f"/avtal/{drafting.contract.code}/tjansteskrivelse/").content.decode()
        assert "Var femte elev missar mer än en dag i veckan." in page
        assert "Frånvaro över 20 %" in page
        assert "Andel som når tre månader" in page
        assert ("12,000.00" if language == "en" else "12\u00a0000,00") in page
        headings = {
            "sv": ("Ärendet", "Förslag till beslut", "Kalkyl för varje budget", "Risk", "Följder för barn", "Juridik"),
            "en": (
                "The matter",
                "Proposed decision",
                "Calculation for each budget",
                "Risk",
                "Consequences for children",
            ),
        }
        for heading in headings[language]:
            assert f">{heading}</h2>" in page
        assert page.count("[Fyll i:" if language == "sv" else "[Fill in:") >= 8

    def test_what_the_calculation_lacks_is_said(self, world: World, browse: Callable[..., Client]) -> None:
        page = browse("anna").get(PROPOSAL).content.decode()
        assert "The calculation is not complete" in page
        assert "No simulation has been drawn." in page
        assert "No assumptions are registered yet." in page

    def test_terms_that_cannot_be_read_are_no_error(self, world: World, browse: Callable[..., Client]) -> None:
        from contracts import actions as contract_actions

        made = contract_actions.draft_contract(
            actor=world.actors["anna"], name="Nytt", starts_on=date(2027, 1, 1), ends_on=date(2028, 1, 1), at=NOW
        )
        page = browse("anna").get(f"/avtal/{made.code}/tjansteskrivelse/")
        assert page.status_code == 200
        assert "The terms cannot be read yet" in page.content.decode()

    def test_it_becomes_a_paper(self, drafting: Drafting, browse: Callable[..., Client]) -> None:
        browse("anna", "sv").post(f"/avtal/{drafting.contract.code}/tjansteskrivelse/pdf/")
        run = ReportRun.objects.get()
        assert actions.run(run.pk, clock=timezone.now)
        run.refresh_from_db()
        with run.file.open() as file:
            text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(file.read())).pages)
        assert "Tjänsteskrivelse" in text
        assert "[Fyll i:" in text

    def test_who_sees_the_design_reads_it(self, world: World, browse: Callable[..., Client]) -> None:
        for name in ("anna", "dag", "vera"):
            assert browse(name).get(PROPOSAL).status_code == 200
        assert browse("charlie").get(PROPOSAL).status_code == 404

    def test_no_page_costs_more_with_more(
        self, world: World, drafting: Drafting, browse: Callable[..., Client]
    ) -> None:
        path = f"/avtal/{drafting.contract.code}/tjansteskrivelse/"
        browser = browse("anna")

        def cost() -> list[int]:
            found = []
            for each in (path, DECISIONS):
                with CaptureQueriesContext(connection) as queries:
                    assert browser.get(each).status_code == 200
                found.append(len(queries))
            return found

        record(world)
        few = cost()
        for number in range(5):
            assume(world, drafting.contract, f"own.{number}", f"Antagande {number}")
            record(world, paragraph=str(number))
        Design.objects.filter(contract=drafting.contract).update(today="Mer")
        assert cost() == few
        assert max(few) <= 15
