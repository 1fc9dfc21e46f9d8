"""The agreement: what is frozen and hashed, and the document that says it on page, paper and command line."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from actors.policies import NotVisible
from contracts import actions as contract_actions
from contracts.models import (
    AssumptionRevision,
    Baseline,
    ChainLink,
    Contract,
    ContractParty,
    ContractVersion,
    DataRole,
    Design,
    Measure,
    Signature,
    Succession,
)
from contracts.snapshot import agreement_document, document_hash
from reports import actions
from reports.definitions import agreement
from reports.models import ReportRun
from rulebook import parse_terms
from tests.contracts.conftest import Drafting, draft_in
from tests.reports.designed import assume, designed, paper, said
from tests.world import NOW, World

BASE = "/avtal/UK-2026-01/avtalet/"
NEW = {"design", "schedule", "measurement", "assumptions", "data_protection"}


@pytest.fixture
def drafting(world: World) -> Drafting:
    return designed(world)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)


def plain(text: str) -> str:
    """The words alone: paper breaks lines, and a page has tags between them."""
    return re.sub(r"\s+", " ", text).strip()


class TestWhatIsFrozen:
    def test_an_untouched_design_says_nothing_so_old_hashes_stand(self, world: World) -> None:
        document = agreement_document(world.version)
        assert document.keys() == {"contract", "version", "effective_on", "parties", "terms"}
        assert document_hash(document) == world.version.document_hash

    def test_a_designed_contract_says_all_of_it(self, drafting: Drafting) -> None:
        document = agreement_document(drafting.version)
        assert document.keys() >= NEW
        assert document["schedule"] == {
            "report_within_days": 20,
            "verify_within_days": 30,
            "pay_within_days": 30,
            "meets_every": 3,
        }
        assert document["data_protection"] == {"utbildningsnamnden": "controller", "utforaren": "processor"}
        [measure] = document["measurement"]
        assert (measure["key"], measure["target"], measure["baseline"]["value"]) == ("att3", "0.35", "0.12")
        assert document["assumptions"]["outcome.att3.share"]["low"] == "0.2"
        assert document["design"]["chain"] == [
            {"link": "effect", "text": "Närvaron ökar", "grounds": "Två studier visar det."}
        ]

    @pytest.mark.parametrize(
        "change",
        [
            lambda c: Design.objects.filter(contract=c).update(exclusion="Ingen"),
            lambda c: Design.objects.filter(contract=c).update(pay_within_days=10),
            lambda c: Measure.objects.filter(contract=c, key="att3").update(missing="Räknas inte."),
            lambda c: Baseline.objects.filter(measure__contract=c).update(is_measured_later=True),
            lambda c: ChainLink.objects.filter(contract=c).update(text="Betygen ökar"),
            lambda c: ContractParty.objects.filter(contract=c, key="granskaren").update(data_role=DataRole.NONE),
            lambda c: Contract.objects.filter(pk=c.pk).update(intervention="Två personer."),
        ],
    )
    def test_the_hash_covers_every_part_of_the_design(
        self, drafting: Drafting, change: Callable[[Contract], Any]
    ) -> None:
        before = document_hash(agreement_document(drafting.version))
        change(drafting.contract)
        drafting.refresh()
        assert document_hash(agreement_document(drafting.version)) != before

    def test_the_hash_covers_the_newest_revision_of_an_assumption(self, drafting: Drafting, world: World) -> None:
        before = document_hash(agreement_document(drafting.version))
        row = AssumptionRevision.objects.get(assumption__contract=drafting.contract)
        AssumptionRevision.objects.create(
            assumption=row.assumption, value="0.25", stated_on=row.stated_on, user=world.users["anna"]
        )
        document = agreement_document(drafting.version)
        assert document["assumptions"]["outcome.att3.share"]["revision"] == 2
        assert document_hash(document) != before

    def test_a_party_that_is_replaced_is_named_with_its_successor(self, world: World) -> None:
        version = ContractVersion.objects.create(
            contract=world.contract, number=2, terms=world.version.terms, effective_on=date(2027, 7, 1)
        )
        before = document_hash(agreement_document(version))
        Succession.objects.create(
            version=version, party=world.parties["investeraren"], organisation=world.organisations["utanfor"]
        )
        document = agreement_document(version)
        assert document["successions"] == [{"party": "investeraren", "organisation_number": "2120999913"}]
        assert document_hash(document) != before
        text = plain(pdf_text(paper(said(world, version))))
        assert "Från 1 juli 2027 tar Utanförs kommun över efter Norrsken Impact AB" in text

    def test_a_candidate_that_was_not_chosen_is_not_agreed(self, drafting: Drafting) -> None:
        before = document_hash(agreement_document(drafting.version))
        Measure.objects.filter(contract=drafting.contract, key="gpa").update(name_sv="Slutbetyg")
        assert document_hash(agreement_document(drafting.version)) == before

    def test_what_was_proposed_stands_whatever_the_rows_say_later(self, drafting: Drafting, world: World) -> None:
        version = drafting.propose()
        Design.objects.filter(contract=drafting.contract).update(need="Något annat")
        data = said(world, version)
        assert [row.text for row in data.background] == ["Var femte elev missar mer än en dag i veckan."]
        assert data.document_hash == version.document_hash == document_hash(version.document or {})


@pytest.mark.parametrize("language", ["sv", "en"])
def test_page_paper_and_explain_have_the_same_clauses(
    world: World, browse: Callable[..., Client], tmp_path: Path, language: str
) -> None:
    data = said(world, world.version, language)
    content = paper(data, language)
    attached = pypdf.PdfReader(BytesIO(content)).attachments
    terms = tmp_path / "terms.json"
    terms.write_bytes(attached["terms.json"][0])
    out = StringIO()
    names = [f"--party={party.key}={party.name}" for party in data.parties]
    call_command("explain", str(terms), *names, language=language, stdout=out)
    explained = out.getvalue()
    page = plain(re.sub(r"<[^>]+>", " ", browse("anna", language).get(BASE).content.decode()))
    written = plain(pdf_text(content))
    assert len(data.clauses) > 10
    for clause in data.clauses:
        assert f"{clause.number} {clause.heading}\n{clause.text}\n" in explained
        whole = plain(f"{clause.number} {clause.heading} {clause.text}")
        assert plain(escape(whole)) in page
        assert whole in re.sub(r" \d+ / \d+ .*? version 1 ", " ", written) or _without_breaks(whole) in _without_breaks(
            written
        ), clause.number


def _without_breaks(text: str) -> str:
    """Without spaces and the foot and head of the pages, for clauses that a page break runs through."""
    text = re.sub(r"(Utfallskontrakt|Social outcomes contract) ?\d+ / \d+", "", text)
    text = re.sub(r"Utfall (Läskopia|Reading copy)? ?UK-2026-01 · version 1", "", text, flags=re.IGNORECASE)
    return re.sub(r"\s", "", re.sub(r"LÄSKOPIA|READING COPY", "", text))


def test_the_annexes_are_what_was_hashed_the_terms_and_a_sheet(drafting: Drafting, world: World) -> None:
    version = drafting.agree()
    files = pypdf.PdfReader(BytesIO(paper(said(world, version)))).attachments
    assert sorted(files) == ["agreement.json", "assumptions.csv", "terms.json"]
    assert hashlib.sha256(files["agreement.json"][0]).hexdigest() == version.document_hash
    terms, problems = parse_terms(json.loads(files["terms.json"][0]))
    assert terms is not None
    assert problems == []
    rows = files["assumptions.csv"][0].decode("utf-8-sig").splitlines()
    assert rows[1].startswith("outcome.att3.share;Andel som når tre månader;0.3")
    assert ";'=Utvärdering 2024;" in rows[1], "a spreadsheet must not take it for a formula"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_everything_designed_stands_on_the_paper(drafting: Drafting, world: World, language: str) -> None:
    data = said(world, drafting.version, language)
    text = plain(pdf_text(paper(data, language)))
    for words in (
        "Var femte elev missar mer än en dag i veckan.",
        "Frånvaro över 20 %",
        "Närvaron ökar",
        "Skolans närvaroregister",
        "läsåret 2025/26",
        "Andel som når tre månader",
        "Attendance for three months" if language == "en" else "Närvaro i tre månader",
        "Processor for a controller" if language == "en" else "Personuppgiftsbiträde",
        "20 days after the end of a period" if language == "en" else "20 dagar efter periodens slut",
        "0.35" if language == "en" else "0,35",
        data.document_hash,
    ):
        assert words in text, words


def test_the_paper_is_tagged_archivable_and_carries_each_file_once(drafting: Drafting, world: World) -> None:
    with pikepdf.open(BytesIO(paper(said(world, drafting.version)))) as opened:
        root: Any = opened.Root
        assert bool(root.MarkInfo.Marked)
        assert str(root.Lang) == "sv"
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert [str(each.AFRelationship) for each in root.AF] == ["/Data", "/Source", "/Data"]
        xmp = root.Metadata.read_bytes().decode()
        assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
        assert re.search(r"pdfaid:part.*3", xmp)
        headers = list(_elements(root.StructTreeRoot, "/TH"))
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


def test_the_same_agreement_gives_the_same_bytes(world: World) -> None:
    first, second = (paper(said(world, world.version)) for _ in range(2))
    assert first == second


class TestWhatItIs:
    """A draft, a proposal and a copy say so; nothing that is not the sealed original looks like it."""

    def test_a_draft(self, drafting: Drafting, world: World) -> None:
        data = said(world, drafting.version)
        assert (data.mark, data.is_agreed, data.is_final) == ("Utkast", False, False)
        assert "Den binder ingen" in plain(pdf_text(paper(data)))

    def test_a_proposal_until_all_have_signed(self, drafting: Drafting, world: World) -> None:
        assert said(world, drafting.propose()).mark == "Förslag"
        assert said(world, drafting.accept_all()).mark == "Förslag"

    def test_a_copy_of_what_is_agreed(self, drafting: Drafting, world: World) -> None:
        version = drafting.agree()
        data = said(world, version)
        assert (data.mark, data.is_agreed, data.is_final) == ("Läskopia", True, False)
        assert [row.name for row in data.signatures] == ["Dag", "Signe", "Ines", "Vera"]
        text = plain(pdf_text(paper(data)))
        assert "Jag undertecknar avtalet." in text
        assert text.count(version.document_hash) == 1 + Signature.objects.filter(version=version).count()

    def test_a_draft_that_cannot_be_read_lists_what_remains(self, world: World) -> None:
        drafting = draft_in(world)
        contract_actions.edit_terms(
            actor=world.actors["anna"], contract=drafting.contract, terms={"currency": "SEK"}, at=NOW
        )
        data = said(world, drafting.version)
        assert data.clauses == ()
        assert data.problems
        assert "går inte att skriva ut än" in plain(pdf_text(paper(data)))


class TestPages:
    def test_everybody_who_sees_the_design_reads_it(self, world: World, browse: Callable[..., Client]) -> None:
        for name in ("anna", "dag", "ines", "signe", "vera", "stina"):
            page = browse(name).get(BASE)
            assert page.status_code == 200, name
            assert world.version.document_hash in page.content.decode()
        assert browse("charlie").get(BASE).status_code == 404

    def test_who_only_reads_along_does_not(self, world: World, browse: Callable[..., Client]) -> None:
        world.contract.readers.add(world.organisations["utanfor"])
        assert browse("charlie").get(BASE).status_code == 403

    def test_a_version_that_is_not_there(self, world: World, browse: Callable[..., Client]) -> None:
        assert browse("anna").get(f"{BASE}7/").status_code == 404
        assert browse("anna").get(f"{BASE}1/fil/").status_code == 404, "nothing is sealed yet"
        assert browse("anna").get(f"{BASE}1/bilagor/secrets.txt/").status_code == 404
        with pytest.raises(NotVisible):
            agreement.build(world.actors["anna"], agreement.Params("UK-2026-01", 7), NOW)

    def test_an_annex_is_the_one_inside_the_paper(self, world: World, browse: Callable[..., Client]) -> None:
        answer = browse("ines").get(f"{BASE}1/bilagor/agreement.json/")
        assert hashlib.sha256(answer.content).hexdigest() == world.version.document_hash
        assert answer["Content-Disposition"] == 'attachment; filename="agreement-uk-2026-01-v1.json"'

    def test_the_investor_may_have_a_copy_made_and_take_it(self, world: World, browse: Callable[..., Client]) -> None:
        ines = browse("ines")
        answer = ines.post(f"{BASE}1/pdf/")
        run = ReportRun.objects.get()
        assert answer["Location"] == f"/avtal/UK-2026-01/rapporter/{run.pk}/"
        assert actions.run(run.pk, clock=timezone.now)
        page = ines.get(answer["Location"])
        assert page.status_code == 200
        assert "/avtal/UK-2026-01/rapporter/&quot;" not in page.content.decode()
        assert b"".join(ines.get(f"{answer['Location']}fil/").streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]

    def test_a_failed_copy_can_be_asked_for_again(self, world: World, browse: Callable[..., Client]) -> None:
        browse("anna").post(f"{BASE}1/pdf/")
        run = ReportRun.objects.get()
        ReportRun.objects.filter(pk=run.pk).update(status="failed", error="x")
        page = browse("anna").get(f"/avtal/UK-2026-01/rapporter/{run.pk}/").content.decode()
        assert f'action="{BASE}1/pdf/"' in page

    @pytest.mark.parametrize("name", ["anna", "ines"])
    def test_no_page_costs_more_with_a_larger_design(
        self, drafting: Drafting, world: World, browse: Callable[..., Client], name: str
    ) -> None:
        path = f"/avtal/{drafting.contract.code}/avtalet/"
        browser = browse(name)

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(path).status_code == 200
            return len(queries)

        few = cost()
        for number in range(6):
            assume(world, drafting.contract, f"own.{number}", f"Antagande {number}")
            measure = Measure.objects.create(
                contract=drafting.contract, key=f"m{number}", name_sv="Mått", status="chosen", use="follow_up"
            )
            Baseline.objects.create(measure=measure, method="comparable")
        assert cost() == few <= 15
