"""The settlement statement: one view of a calculation for page, paper and program."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf
import pypdf
import pytest
from django.test import Client
from django.utils import timezone, translation

from actors.policies import NotAllowed, NotVisible
from config.formatting import money
from outcomes.states import Decision
from payments.models import Calculation, PaymentOrder
from reports import actions, render
from reports.definitions import as_json, settlement_statement
from reports.definitions.settlement_statement import Params
from reports.definitions.statement_data import Statement
from reports.models import ReportRun
from tests.payments.facts import add_period, claim, compute, decide_on, verify
from tests.world import World

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=timezone.get_default_timezone())
ADDRESS = "/avtal/UK-2026-01/ersattning/2026-Q4/underlag/"


def statement(world: World, who: str | None = "anna", language: str = "en", **more: Any) -> Statement:
    params = Params(contract="UK-2026-01", period=more.pop("period", "2026-Q4"), language=language, **more)
    with translation.override(language):
        return settlement_statement.build(world.actors[who] if who else None, params, NOW)


def document(data: Statement, language: str = "en") -> bytes:
    with translation.override(language):
        title = f"Settlement statement {data.contract_code} {data.period}"
        markup = render.html(settlement_statement.TEMPLATE, {"data": data, "title": title}, language=language)
        return render.pdf(markup, stylesheet=settlement_statement.STYLESHEET, data=as_json(data), at=data.as_of)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


def test_it_says_what_was_verified_how_it_was_worked_out_and_by_whom(
    world: World, paid_order: PaymentOrder, calculation: Calculation
) -> None:
    said = as_json(statement(world, with_orders=True))
    assert said["counted"] == [
        {
            "metric": "Attendance of at least 80 % for three months",
            "reported": 2,
            "accepted": 2,
            "adjusted": 0,
            "rejected": 0,
        }
    ]
    assert [(row["name"], row["organisation"], row["decisions"]) for row in said["verifiers"]] == [
        ("Vera", "Region Mitt", 2)
    ]
    [line] = said["lines"]
    assert (line["kind"], line["period"], line["cohort"], line["amount"]) == (
        "new",
        "2026-Q4",
        "Autumn 2026",
        "24000.00",
    )
    [working] = line["workings"]
    assert working["numbers"] == "2 × 12,000.00"
    assert working["amount"] == "SEK\u00a024,000.00"
    assert [(share["payer"], share["amount"]) for share in line["shares"]] == [
        ("Utbildningsnämnden, Nordvikens kommun", "14400.00"),
        ("Socialnämnden, Nordvikens kommun", "9600.00"),
    ]
    assert (said["due_now"], said["granted_before"], said["entitled_to_date"]) == ("24000.00", "0.00", "24000.00")
    assert said["result_hash"] == calculation.result_hash
    assert said["inputs_hash"] == calculation.inputs_hash
    assert [version["document_hash"] for version in said["versions"]] == [world.version.document_hash]
    [made] = said["orders"]
    assert [(row["act"], row["name"]) for row in made["attested"]] == [
        ("Ordered", "Anna"),
        ("Reviewed", "Rut"),
        ("Decided", "Dag"),
        ("Confirmed as paid", "Anna"),
    ]
    assert made["status"] == "Paid"
    assert len(made["ledger_references"]) == 2


def test_parts_sum_to_the_whole(world: World, calculation: Calculation) -> None:
    said = statement(world)
    assert sum(line.amount for line in said.lines) == said.due_now == calculation.total
    assert sum(payer.amount for payer in said.payers) == said.due_now
    assert sum(payer.entitled for payer in said.payers) == said.entitled_to_date
    assert said.entitled_to_date - said.granted_before == said.due_now


def test_a_later_rejection_is_a_correction_of_its_own_and_tells_what_was_decided_again(
    world: World, calculation: Calculation
) -> None:
    later = add_period(world, 2027, 1)
    first = world.period.claims.order_by("pk").first()
    assert first is not None
    decide_on(world, first, Decision.REJECT, later)
    compute(verify(later))
    said = statement(world, period="2027-Q1")
    assert said.counted == ()
    assert [(row.reported, row.rejected) for row in said.counted_again] == [(1, 1)]
    [line] = said.corrections
    assert (line.period, line.granted_before, line.entitled, line.amount) == (
        "2026-Q4",
        Decimal("24000.00"),
        Decimal("12000.00"),
        Decimal("-12000.00"),
    )
    assert said.due_now == Decimal("-12000.00")
    assert statement(world).due_now == Decimal("24000.00"), "what was settled is not rewritten"


def test_caps_that_took_something_are_named_with_what_they_took(world: World, calculation: Calculation) -> None:
    later = add_period(world, 2027, 1)
    for person in world.participants:
        claim(world, later, person, "att6", date(2027, 3, 5))
    compute(verify(later))
    said = statement(world, period="2027-Q1")
    [cap] = said.caps
    assert (cap.name, cap.at_most, cap.taken) == ("Cap per person", "SEK\u00a025,000.00", Decimal("10000.00"))
    assert said.lines[0].workings[0].limits == (
        "Cap per person (SEK\u00a025,000.00) took SEK\u00a010,000.00 from 2 claims",
    )


def test_what_happened_after_the_moment_of_the_statement_is_not_in_it(world: World, paid_order: PaymentOrder) -> None:
    params = Params(contract="UK-2026-01", period="2026-Q4", language="en", with_orders=True)
    with translation.override("en"):
        said = settlement_statement.build(None, params, paid_order.ordered_at + timedelta(minutes=90))
    assert said.orders is not None
    assert [row.name for row in said.orders[0].attested] == ["Anna", "Rut"]
    assert said.orders[0].paid_on is None
    assert said.orders[0].status == "Reviewed, waiting for decision"
    assert said.orders[0].ledger_references == ()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_pseudonym_stands_in_the_document(world: World, paid_order: PaymentOrder, language: str) -> None:
    data = statement(world, language=language, with_orders=True)
    text = json.dumps(asdict(data), default=str) + pdf_text(document(data, language))
    assert not [p.pseudonym for p in world.participants if p.pseudonym in text]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_page_paper_and_attached_data_have_the_same_amounts_to_the_ore(
    world: World, paid_order: PaymentOrder, browse: Callable[..., Client], language: str
) -> None:
    data = statement(world, language=language, with_orders=True)
    content = document(data, language)
    page = browse("anna", language).get(ADDRESS).content.decode()
    paper = pdf_text(content).replace("\n", " ")
    attached = json.loads(next(iter(pypdf.PdfReader(BytesIO(content)).attachments.values()))[0])
    assert attached == json.loads(json.dumps(as_json(data)))
    with translation.override(language):
        for amount in [data.due_now, *(payer.amount for payer in data.payers)]:
            assert money(amount) in page
            assert money(amount).replace("\u00a0", " ") in paper.replace("\u00a0", " ")


def test_the_pdf_is_tagged_titled_in_its_language_and_carries_its_data(world: World, calculation: Calculation) -> None:
    content = document(statement(world, language="sv"), "sv")
    with pikepdf.open(BytesIO(content)) as opened:
        root: Any = opened.Root
        assert bool(root.MarkInfo.Marked)
        assert str(root.Lang) == "sv"
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert len(root.AF) == 1
        assert str(root.AF[0].AFRelationship) == "/Data"
        xmp = root.Metadata.read_bytes().decode()
        assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
        assert "UK-2026-01" in str(opened.docinfo.get("/Title"))
        headers = list(_elements(root.StructTreeRoot, "/TH"))
        assert headers
        assert {str(cell.A.Scope) for cell in headers} == {"/Column", "/Row"}
        fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
        assert all("DejaVu" in str(font.BaseFont) for font in fonts)


def _elements(element: Any, kind: str) -> Any:
    if not isinstance(element, pikepdf.Dictionary):
        return
    if str(element.get("/S", "")) == kind:
        yield element
    children = element.get("/K")
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        yield from _elements(child, kind)


def test_the_same_data_give_the_same_bytes(world: World, calculation: Calculation) -> None:
    first, second = document(statement(world)), document(statement(world))
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()


def test_nothing_is_fetched_while_the_paper_is_made(world: World, calculation: Calculation) -> None:
    with pytest.raises(render.RenderError, match="may not fetch"):
        render.pdf('<img src="file:///etc/passwd">', stylesheet="css/paper.css", data={}, at=NOW)


def test_those_who_see_no_payments_get_the_statement_without_orders(
    world: World, paid_order: PaymentOrder, browse: Callable[..., Client]
) -> None:
    body = browse("signe").get(ADDRESS).content.decode()
    assert "Payment orders and attestations" not in body
    assert "24,000.00" in body
    assert "Payment orders and attestations" in browse("anna").get(ADDRESS).content.decode()


def test_the_investor_and_the_support_do_not_see_counts(world: World, calculation: Calculation) -> None:
    for name in ("ines", "stina"):
        with pytest.raises(NotAllowed):
            statement(world, name)


def test_outsiders_do_not_learn_that_it_exists(
    world: World, calculation: Calculation, browse: Callable[..., Client]
) -> None:
    with pytest.raises(NotVisible):
        statement(world, "charlie")
    assert browse("charlie").get(ADDRESS).status_code == 404
    assert browse("ines").get(ADDRESS).status_code == 403
    assert browse("anna").get(ADDRESS.replace("2026-Q4", "2031-Q1")).status_code == 404


def test_a_run_without_pango_is_a_clear_error(
    world: World, calculation: Calculation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise render.RenderError("PDF files cannot be made on this server: the text library Pango is missing.")

    monkeypatch.setattr(render, "_weasyprint", missing)
    run = actions.request_report(
        actor=world.actors["anna"],
        contract=world.contract,
        report="settlement_statement",
        params={"period": "2026-Q4", "with_orders": True},
        language="sv",
        at=NOW,
    )
    assert not actions.run(run.pk, clock=lambda: NOW)
    run = ReportRun.objects.get(pk=run.pk)
    assert (run.status, run.attempts) == ("queued", 1)
    assert "Pango" in run.error
    assert run.next_attempt_at > NOW
