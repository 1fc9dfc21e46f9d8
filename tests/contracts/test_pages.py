"""The pages of contracts: who reaches them, what they show and do, and how many questions they ask the database."""

import csv
import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.models import Board, Membership
from contracts import actions
from contracts.models import Contract
from contracts.states import ContractStatus
from contracts.views.lists import harmless
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import NOW, TERMS, World

PAGES = [
    "contract_edit",
    "contract_start",
    "contract_close",
    "contract_terminate",
    "contract_parties",
    "party_add",
    "contract_terms",
    "terms_edit",
    "contract_propose",
    "contract_accept",
    "contract_return",
    "contract_withdraw",
    "contract_amend",
]


def url(name: str, contract: Contract, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def show(world: World, who: str, path: str, status: int = 200, language: str = "en") -> str:
    response = browser(world, who, language).get(path)
    assert response.status_code == status, path
    return text_of(response)


def csv_rows(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


# --- Who reaches what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_an_outsider_does_not_learn_that_a_page_exists(drafting: Drafting, name: str) -> None:
    for contract in (drafting.contract, drafting.world.contract):
        client = browser(drafting.world, "charlie")
        for response in (client.get(url(name, contract)), client.post(url(name, contract), {})):
            assert response.status_code in {404, 405}
            assert contract.name not in text_of(response)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_opens_in_every_state_for_somebody(drafting: Drafting, name: str, language: str) -> None:
    people = ["anna", "dag"]

    def someone_opens() -> None:
        path = url(name, drafting.contract)
        assert 200 in {browser(drafting.world, who, language).get(path).status_code for who in people}

    someone_opens()
    drafting.propose()
    someone_opens()
    drafting.accept_all()
    someone_opens()
    drafting.sign_all()
    someone_opens()
    drafting.contract = actions.start(actor=drafting.actor("anna"), contract=drafting.contract, at=AT)
    someone_opens()
    actions.amend(actor=drafting.actor("anna"), contract=drafting.contract, effective_on=date(2027, 1, 1), at=AT)
    someone_opens()


@pytest.mark.parametrize("who", ["signe", "ines", "vera", "stina", "rut", "dag"])
def test_what_one_may_see_but_not_do_is_403_with_the_reason(world: World, who: str) -> None:
    text = show(world, who, url("contract_edit", world.contract), 403)
    assert "Only a case officer of an outcome payer may change the contract." in text


def test_the_support_reads_open_contracts_only(world: World, drafting: Drafting) -> None:
    show(world, "stina", url("contract_terms", world.contract))
    show(world, "stina", url("contract_terms", drafting.contract), 404)


def test_a_board_does_not_see_the_contracts_of_another(world: World) -> None:
    party = world.contract.parties.get(key="utbildningsnamnden")
    other = Board.objects.create(organisation=party.organisation, name="Kulturnämnden")
    Membership.objects.filter(user=world.users["rut"]).update(board=other)
    show(world, "rut", url("contract_terms", world.contract), 404)
    assert world.contract.code not in show(world, "rut", reverse("contracts:contract_list"))


# --- The list --------------------------------------------------------------------------------------------------------


def more_contracts(world: World, count: int) -> None:
    for number in range(count):
        actions.draft_contract(
            actor=world.actors["anna"],
            name=f"Avtal {number:03d}",
            starts_on=date(2027, 1, 1) + timedelta(days=number),
            ends_on=date(2029, 1, 1),
            at=NOW,
        )


def listed(world: World, who: str, query: str = "") -> list[str]:
    return re.findall(r"UK-\d{4}-\d+(?=</td>)", show(world, who, reverse("contracts:contract_list") + query))


def test_the_list_sorts_as_swedes_do(world: World) -> None:
    for name in ("Ödla", "Zebra", "Ål", "Apa", "Äpple"):
        actions.draft_contract(
            actor=world.actors["anna"], name=name, starts_on=NOW.date(), ends_on=date(2029, 1, 1), at=NOW
        )
    text = show(world, "anna", reverse("contracts:contract_list"))
    order = sorted(["Apa", "Zebra", "Ål", "Äpple", "Ödla", "Fullföljd skolgång"], key=lambda n: text.index(f">{n}<"))
    assert order == ["Apa", "Fullföljd skolgång", "Zebra", "Ål", "Äpple", "Ödla"]


@pytest.mark.parametrize(
    "sort", ["name", "-name", "code", "-code", "status", "-status", "starts_on", "-starts_on", "x"]
)
def test_the_list_sorts_by_every_column_and_ignores_others(world: World, drafting: Drafting, sort: str) -> None:
    assert len(listed(world, "anna", f"?sort={sort}")) == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=skolgång", ["UK-2026-01"]),
        ("?q=SKOLGÅNG", ["UK-2026-01"]),
        ("?q=uk-2026-02", ["UK-2026-02"]),
        ("?q=språnget", ["UK-2026-02", "UK-2026-01"]),
        ("?q=socialnämnden", ["UK-2026-02", "UK-2026-01"]),
        ("?q=%25", []),
        ("?status=active", ["UK-2026-01"]),
        ("?status=draft", ["UK-2026-02"]),
        ("?status=closed", []),
        ("?status=nonsense", ["UK-2026-02", "UK-2026-01"]),
        ("?role=outcome_payer", ["UK-2026-02", "UK-2026-01"]),
        ("?role=verifier", []),
        ("?q=skolgång&status=draft", []),
    ],
)
def test_the_list_is_searched_and_filtered(world: World, drafting: Drafting, query: str, found: list[str]) -> None:
    assert listed(world, "anna", query) == found


def test_the_role_filter_is_about_ones_own_role(world: World, drafting: Drafting) -> None:
    assert len(listed(world, "vera", "?role=verifier")) == 2
    assert listed(world, "vera", "?role=investor") == []
    assert listed(world, "stina", "?role=national_support") == ["UK-2026-01"]


def test_the_list_pages_and_says_how_many(world: World) -> None:
    more_contracts(world, 29)
    text = show(world, "anna", reverse("contracts:contract_list"))
    assert "30 contracts" in text
    assert len(listed(world, "anna")) == 25
    assert len(listed(world, "anna", "?page=2")) == 5
    assert len(listed(world, "anna", "?page=99")) == 5
    assert len(listed(world, "anna", "?page=x")) == 25


def test_an_empty_list_says_how_to_begin(world: World) -> None:
    text = show(world, "charlie", reverse("contracts:contract_list"))
    assert "No contracts yet" in text
    assert reverse("contracts:contract_draft") in text
    Contract.objects.get(pk=world.contract.pk)
    assert "Show all contracts" in show(world, "anna", reverse("contracts:contract_list") + "?q=xyz")


def test_who_may_not_draft_sees_no_button(world: World) -> None:
    path = reverse("contracts:contract_list")
    assert reverse("contracts:contract_draft") not in show(world, "signe", path)
    show(world, "signe", reverse("contracts:contract_draft"), 403)


def test_htmx_gets_the_table_alone_at_the_same_address(world: World) -> None:
    response = browser(world, "anna").get(reverse("contracts:contract_list"), headers={"HX-Request": "true"})
    text = text_of(response)
    assert "<html" not in text
    assert 'id="contract-table"' in text
    assert "HX-Request" in response["Vary"]
    assert 'id="contract-table"' in show(world, "anna", reverse("contracts:contract_list"))


def test_the_export_holds_all_rows_of_what_is_shown(world: World) -> None:
    more_contracts(world, 29)
    client = browser(world, "anna")
    rows = csv_rows(client.get(reverse("contracts:contract_list_csv")))
    assert len(rows) == 31
    narrowed = csv_rows(client.get(reverse("contracts:contract_list_csv") + "?q=skolgång"))
    assert [row[0] for row in narrowed] == ["Code", "UK-2026-01"]
    assert csv_rows(browser(world, "charlie").get(reverse("contracts:contract_list_csv")))[1:] == []


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_no_cell_of_the_export_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("Fullföljd skolgång") == "Fullföljd skolgång"


def test_a_formula_in_a_name_is_harmless_in_the_export(world: World) -> None:
    actions.draft_contract(
        actor=world.actors["anna"], name="=cmd|' /C calc'!A0", starts_on=NOW.date(), ends_on=date(2029, 1, 1), at=NOW
    )
    rows = csv_rows(browser(world, "anna").get(reverse("contracts:contract_list_csv") + "?q=cmd"))
    assert rows[1][1].startswith("'=")


# --- Drafting and editing --------------------------------------------------------------------------------------------


def test_a_draft_with_faults_comes_back_with_all_of_them(world: World) -> None:
    response = browser(world, "anna").post(
        reverse("contracts:contract_draft"), {"starts_on": "2027-01-01", "ends_on": "2026-01-01"}
    )
    assert response.status_code == 422
    text = text_of(response)
    assert "must come after the first" in text
    assert 'href="#id_name"' in text
    assert Contract.objects.count() == 1


def test_a_draft_leads_to_its_parties(world: World) -> None:
    form = {"name": "Nytt", "starts_on": "2027-01-01", "ends_on": "2028-01-01"}
    response = browser(world, "anna").post(reverse("contracts:contract_draft"), form)
    contract = Contract.objects.get(code="UK-2027-01")
    assert response.status_code == 302
    assert response.headers["Location"] == url("design", contract)


def test_an_identity_number_in_a_summary_is_refused_and_not_repeated(world: World) -> None:
    form = {"name": "Nytt", "starts_on": "2027-01-01", "ends_on": "2028-01-01", "summary": "Om 19900101-0017"}
    response = browser(world, "anna").post(reverse("contracts:contract_draft"), form)
    assert response.status_code == 422
    assert "19900101-0017" not in text_of(response)


def fields_of(text: str) -> dict[str, str]:
    import html

    hidden = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', text)]
    ours = [field for field in hidden if field["name"] in {"seen", "seen_at", "document_hash"}]
    return {field["name"]: html.unescape(field["value"]) for field in ours}


def test_two_editors_of_one_field_both_keep_their_text(drafting: Drafting) -> None:
    path = url("contract_edit", drafting.contract)
    form = {"name": "Fler i arbete", "summary": "Min", "starts_on": "2026-07-01", "ends_on": "2028-06-30"}
    form |= fields_of(show(drafting.world, "anna", path))
    actions.edit_contract(
        actor=drafting.actor("anna"), contract=drafting.contract, changes={"summary": "Kollegans"}, at=AT
    )
    client = browser(drafting.world, "anna")
    response = client.post(path, form)
    text = text_of(response)
    assert response.status_code == 409
    assert "Kollegans" in text
    assert "Min</textarea>" in text
    assert drafting.refresh().summary == "Kollegans"
    assert client.post(path, form | fields_of(response.content.decode())).status_code == 302
    assert drafting.refresh().summary == "Min"


# --- Parties ---------------------------------------------------------------------------------------------------------


def test_a_party_is_added_and_removed_in_a_draft(drafting: Drafting) -> None:
    client, contract = browser(drafting.world, "anna"), drafting.contract
    outside = drafting.world.organisations["utanfor"]
    response = client.post(url("party_add", contract), {"who": outside.pk, "role": "intermediary", "key": ""})
    assert response.status_code == 302
    party = contract.parties.get(organisation=outside)
    assert "Utanförs kommun" in text_of(client.get(url("contract_parties", contract)))
    form = {"who": outside.pk, "role": "intermediary", "key": "utanfor"}
    assert client.post(url("party_change", contract, party.pk), form).status_code == 302
    assert client.get(url("party_remove", contract, party.pk)).status_code == 200
    assert contract.parties.filter(pk=party.pk).exists(), "a page that is read writes nothing"
    assert client.post(url("party_remove", contract, party.pk)).status_code == 302
    assert not contract.parties.filter(pk=party.pk).exists()


def test_a_refused_party_is_explained_on_the_page(drafting: Drafting) -> None:
    mitt = drafting.world.organisations["mitt"]
    response = browser(drafting.world, "anna").post(
        url("party_add", drafting.contract), {"who": mitt.pk, "role": "investor", "key": ""}
    )
    assert response.status_code == 409
    assert "may not gain or lose" in text_of(response)


def test_a_party_of_another_contract_is_not_found(drafting: Drafting) -> None:
    other = drafting.world.parties["utforaren"]
    for name in ("party_change", "party_remove"):
        assert browser(drafting.world, "anna").post(url(name, drafting.contract, other.pk)).status_code == 404


# --- Terms -----------------------------------------------------------------------------------------------------------


def terms_form(drafting: Drafting, **changes: Any) -> dict[str, Any]:
    version = drafting.version
    return {
        "effective_on": version.effective_on.isoformat(),
        "note": "",
        "text": json.dumps(version.terms),
        "seen_at": version.edited_at.isoformat(),
    } | changes


@pytest.mark.parametrize(("language", "words"), [("sv", "Utbildningsnämnden, Nordvikens kommun"), ("en", "12,000.00")])
def test_the_terms_are_read_in_sentences(world: World, language: str, words: str) -> None:
    text = show(world, "stina", url("contract_terms", world.contract), language=language)
    assert words in text.replace("\u00a0", " ")


def test_the_terms_can_be_downloaded(world: World) -> None:
    response = browser(world, "ines").get(url("terms_download", world.contract, 1))
    assert json.loads(response.content) == TERMS
    assert browser(world, "ines").get(url("terms_download", world.contract, 9)).status_code == 404


def test_a_version_shows_its_hash_and_who_accepted(drafting: Drafting) -> None:
    version = drafting.agree()
    text = show(drafting.world, "vera", url("contract_version", drafting.contract, 1))
    assert version.document_hash in text
    assert "Norrsken Impact AB accepted" in text
    show(drafting.world, "vera", url("contract_version", drafting.contract, 2), 404)


def test_a_draft_of_terms_is_saved_from_the_editor(drafting: Drafting) -> None:
    form = terms_form(drafting, text=json.dumps(TERMS | {"name": "Nytt namn"}))
    assert browser(drafting.world, "anna").post(url("terms_edit", drafting.contract), form).status_code == 302
    assert drafting.version.terms["name"] == "Nytt namn"


def test_an_unfinished_draft_is_saved_and_lists_what_remains(drafting: Drafting) -> None:
    form = terms_form(drafting, text='{"currency": "kronor", "price": 0.1}')
    client = browser(drafting.world, "anna")
    response = client.post(url("terms_edit", drafting.contract), form, follow=True)
    text = text_of(response)
    assert "remain before it can be proposed" in text
    assert "<code>currency</code>" in text
    assert drafting.version.terms == {"currency": "kronor", "price": "0.1"}
    assert "remain" in text_of(client.get(url("contract_propose", drafting.contract)))


def test_a_file_of_terms_replaces_the_text(drafting: Drafting) -> None:
    upload = SimpleUploadedFile("v.json", b"\xef\xbb\xbf" + json.dumps(TERMS | {"name": "Ur fil"}).encode())
    form = terms_form(drafting, file=upload)
    assert browser(drafting.world, "anna").post(url("terms_edit", drafting.contract), form).status_code == 302
    assert drafting.version.terms["name"] == "Ur fil"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "required"),
        ("{", "line 1"),
        ('{"a": 1,\n "b" 2}', "line 2"),
        ("[1]", "one JSON object"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": "\\u0000"}', "cannot be stored"),
        ('{"a": "\\ud800"}', "cannot be stored"),
        ("[" * 100_000, "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ('{"a": 1e999999999}', "too large"),
        ('{"a": 1e99999999999999999999}', "too large"),
        ('{"a": "\\u0031990-01-01-0017"}', "identity number"),
    ],
)
def test_text_that_cannot_be_terms_is_refused_and_kept(drafting: Drafting, text: str, message: str) -> None:
    before = drafting.version.terms
    response = browser(drafting.world, "anna").post(
        url("terms_edit", drafting.contract), terms_form(drafting, text=text)
    )
    assert response.status_code == 422
    assert message in response.content.decode()
    assert drafting.version.terms == before


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe{}", "UTF-8"), (b'{"a": "19900101-0017"}', "identity number"), (b" " * 1_100_000, "larger than 1 MB")],
)
def test_a_file_that_cannot_be_terms_is_refused(drafting: Drafting, content: bytes, message: str) -> None:
    form = terms_form(drafting, file=SimpleUploadedFile("v.json", content))
    response = browser(drafting.world, "anna").post(url("terms_edit", drafting.contract), form)
    assert response.status_code == 422
    assert message in text_of(response)
    assert "19900101-0017" not in text_of(response)


@pytest.mark.parametrize("htmx", [True, False])
def test_checking_reads_the_text_aloud_and_saves_nothing(drafting: Drafting, htmx: bool) -> None:
    before = drafting.version.edited_at
    client = browser(drafting.world, "anna")
    headers = {"HX-Request": "true"} if htmx else {}
    path = url("terms_check", drafting.contract)
    good = client.post(path, terms_form(drafting), headers=headers)
    bad = client.post(path, terms_form(drafting, text='{"currency": 1}'), headers=headers)
    worse = client.post(path, terms_form(drafting, text="{"), headers=headers)
    assert (good.status_code, bad.status_code, worse.status_code) == (200, 200, 422)
    assert "12,000.00" in text_of(good)
    assert "<code>currency</code>" in text_of(bad)
    assert "not JSON" in text_of(worse)
    assert ("<html" in text_of(good)) == (not htmx)
    assert drafting.version.edited_at == before


def test_two_editors_of_the_terms_both_keep_their_text(drafting: Drafting) -> None:
    form = terms_form(drafting, text=json.dumps(TERMS | {"name": "Min text"}))
    actions.edit_terms(
        actor=drafting.actor("anna"), contract=drafting.contract, terms=TERMS | {"name": "Kollegans"}, at=AT
    )
    client, path = browser(drafting.world, "anna"), url("terms_edit", drafting.contract)
    response = client.post(path, form)
    text = text_of(response)
    assert response.status_code == 409
    assert "Anna saved this draft" in text
    assert "Min text" in text
    assert "Kollegans" in text
    assert drafting.version.terms["name"] == "Kollegans"
    assert client.post(path, form | fields_of(response.content.decode())).status_code == 302
    assert drafting.version.terms["name"] == "Min text"


# --- Decisions -------------------------------------------------------------------------------------------------------


def test_from_draft_to_active_through_the_pages(drafting: Drafting) -> None:
    world, contract = drafting.world, drafting.contract
    anna = browser(world, "anna")
    assert anna.post(url("contract_propose", contract)).status_code == 302
    for who in ("dag", "signe", "ines", "vera"):
        page = show(world, who, url("contract_accept", contract))
        response = browser(world, who).post(url("contract_accept", contract), fields_of(page))
        assert response.status_code == 302, who
    drafting.sign_all()
    assert drafting.refresh().status == ContractStatus.AGREED
    assert anna.post(url("contract_start", contract)).status_code == 302
    assert drafting.refresh().status == ContractStatus.ACTIVE
    response = anna.post(url("contract_amend", contract), {"effective_on": "2027-07-01", "note": "Nytt pris"})
    assert response.headers["Location"] == url("terms_edit", contract)
    assert anna.post(url("contract_withdraw", contract), {}).status_code == 302
    assert anna.post(url("contract_close", contract), {}).status_code == 302
    assert drafting.refresh().status == ContractStatus.CLOSED


def test_proposing_shows_all_that_is_missing_and_offers_no_button(drafting: Drafting) -> None:
    actions.edit_terms(actor=drafting.actor("anna"), contract=drafting.contract, terms={}, at=AT)
    path = url("contract_propose", drafting.contract)
    assert 'type="submit">Propose the terms' not in show(drafting.world, "anna", path)
    response = browser(drafting.world, "anna").post(path)
    assert response.status_code == 409
    assert "currency" in text_of(response)


def test_accepting_another_hash_is_refused_on_the_page(drafting: Drafting) -> None:
    drafting.propose()
    path = url("contract_accept", drafting.contract)
    response = browser(drafting.world, "dag").post(path, {"document_hash": "0" * 64})
    assert response.status_code == 409
    assert "Read the proposal again" in text_of(response)


def test_accepting_twice_is_told(drafting: Drafting) -> None:
    drafting.propose()
    drafting.accept("dag")
    assert "has already accepted" in show(drafting.world, "dag", url("contract_accept", drafting.contract))


def test_returning_asks_for_a_reason_and_shows_it(drafting: Drafting) -> None:
    drafting.propose()
    client, path = browser(drafting.world, "ines"), url("contract_return", drafting.contract)
    assert client.post(path, {"reason": ""}).status_code == 422
    assert client.post(path, {"reason": "Taket är för lågt"}).status_code == 302
    assert "Taket är för lågt" in show(drafting.world, "vera", url("contract_version", drafting.contract, 1))


@pytest.mark.parametrize("form", [{}, {"reason": "Slut"}, {"reason": "Slut", "typed_code": "UK-2026-99"}])
def test_termination_is_confirmed_in_writing(drafting: Drafting, form: dict[str, str]) -> None:
    drafting.activate()
    client, path = browser(drafting.world, "anna"), url("contract_terminate", drafting.contract)
    assert client.post(path, form).status_code == 422
    assert drafting.refresh().status == ContractStatus.ACTIVE
    assert client.post(path, {"reason": "Slut", "typed_code": drafting.contract.code.lower()}).status_code == 302
    assert drafting.refresh().status == ContractStatus.TERMINATED


def test_a_button_one_may_not_use_is_disabled_with_the_reason(drafting: Drafting) -> None:
    text = show(drafting.world, "signe", url("contract_terms", drafting.contract))
    assert "Only a case officer of an outcome payer may change the contract." in text
    assert url("contract_propose", drafting.contract) not in text
    drafting.propose()
    text = show(drafting.world, "rut", url("contract_terms", drafting.contract))
    assert "Only the person who signs for a party may accept the terms." in text


def test_reading_writes_nothing(drafting: Drafting) -> None:
    client = browser(drafting.world, "anna")
    for name in PAGES:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(url(name, drafting.contract))
        assert not [q["sql"] for q in asked if re.match(r"(INSERT|UPDATE|DELETE)", q["sql"])], name


# --- Questions to the database ---------------------------------------------------------------------------------------


def questions(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        response: HttpResponse = client.get(path)  # type: ignore[assignment]
    assert response.status_code == 200
    return len(asked)


@pytest.mark.parametrize("who", ["stina", "ines", "vera", "anna"])
def test_the_list_asks_as_much_for_three_times_the_rows(world: World, who: str) -> None:
    def open_up() -> None:
        for contract in Contract.objects.filter(status="draft"):
            contract.open_to_support = True
            contract.save()
            for party in world.parties.values():
                if not contract.parties.filter(key=party.key).exists():
                    party.pk, party.contract = None, contract
                    party.save()

    path = reverse("contracts:contract_list")
    more_contracts(world, 3)
    open_up()
    few = questions(browser(world, who), path)
    more_contracts(world, 9)
    open_up()
    assert questions(browser(world, who), path) == few <= 15


@pytest.mark.parametrize("name", ["contract_terms", "contract_parties"])
@pytest.mark.parametrize("who", ["stina", "ines", "anna"])
def test_a_page_asks_as_much_for_three_times_the_versions(drafting: Drafting, name: str, who: str) -> None:
    drafting.contract.open_to_support = True
    drafting.contract.save()
    path = url(name, drafting.contract)

    def turns(count: int) -> None:
        for _turn in range(count):
            drafting.propose()
            drafting.accept("signe")
            actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)

    turns(1)
    drafting.propose()
    few = questions(browser(drafting.world, who), path)
    actions.return_proposal(actor=drafting.actor("ines"), contract=drafting.contract, reason="Nej", at=AT)
    turns(4)
    drafting.propose()
    assert questions(browser(drafting.world, who), path) == few <= 15
