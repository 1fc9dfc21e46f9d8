"""The pages of outcomes: the journey of an import and a verification over HTTP, who sees what, and how many queries."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from actors.policies import Refused
from outcomes import actions
from outcomes.models import Claim, ClaimPeriod, Evidence, ImportBatch, Participant, Verification
from outcomes.states import ImportStatus, PeriodStatus
from tests.outcomes import files
from tests.world import NOW, World

BASE = "/avtal/UK-2026-01"


@pytest.fixture
def login(world: World, clock: Any) -> Any:
    clock.move_to(NOW)

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(world.users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


def upload(client: Client, content: bytes, name: str = "q4.csv") -> Any:
    return client.post(f"{BASE}/utfall/2026-Q4/importera/", {"file": SimpleUploadedFile(name, content)})


def import_claims(world: World, count: int, prefix: str = "n") -> None:
    rows = [[f"{prefix}{n}", "ht26", "2026-08-20", "att3", "2026-10-14", "1"] for n in range(count)]
    batch = actions.start_import(
        actor=world.actors["signe"], claim_period=world.period, file_name="x.csv", content=files.csv_file(*rows), at=NOW
    )
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)


def report(world: World) -> None:
    actions.report_period(actor=world.actors["signe"], claim_period=world.period, at=NOW, nothing_to_report=True)


def test_provider_imports_and_verifier_verifies(world: World, login: Any) -> None:
    signe, vera = login("signe"), login("vera")
    answer = upload(
        signe, files.csv_file(["p7f3", "", "", "att3", "2026-10-14", "1"], ["p8a1", "", "", "att3", "2026-10-15", "1"])
    )
    batch = ImportBatch.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{BASE}/utfall/importer/{batch.pk}/")
    assert signe.get(answer["Location"]).status_code == 200
    assert signe.post(f"{BASE}/utfall/importer/{batch.pk}/bekrafta/").status_code == 302
    assert signe.post(f"{BASE}/utfall/2026-Q4/rapportera/").status_code == 302
    first, second = Claim.objects.order_by("event_on")
    queue = f"{BASE}/verifiering/2026-Q4/"
    assert vera.get(queue).status_code == 200
    assert vera.post(f"{queue}beslut/", {"claim": [str(first.pk)], "act": "accept"}).status_code == 302
    refused = vera.post(f"{queue}beslut/", {"claim": [str(second.pk)], "act": "reject", "reason": ""})
    assert refused.status_code == 422
    assert vera.post(f"{queue}klart/").status_code == 422
    sent = {"claim": [str(second.pk)], "act": "reject", "reason": "Intyg saknas", "reason_code": "no_evidence"}
    assert vera.post(f"{queue}beslut/", sent).status_code == 302
    assert vera.get(f"{queue}klart/").status_code == 200
    assert vera.post(f"{queue}klart/").status_code == 302
    assert ClaimPeriod.objects.get().status == PeriodStatus.VERIFIED


def test_claim_is_adjusted_inline_and_all_matching_accepted(world: World, login: Any) -> None:
    import_claims(world, 60)
    report(world)
    vera = login("vera")
    first = Claim.objects.order_by("pk")[0]
    sent = {
        "adjust": str(first.pk),
        f"event_on-{first.pk}": "2026-10-20",
        f"units-{first.pk}": "1",
        f"reason-{first.pk}": "Fel dag",
    }
    assert vera.post(f"{BASE}/verifiering/2026-Q4/beslut/", sent).status_code == 302
    assert Verification.objects.get().event_on == date(2026, 10, 20)
    vera.post(f"{BASE}/verifiering/2026-Q4/beslut/?show=undecided", {"act": "accept", "all": "1"})
    assert Verification.objects.count() == 60


def test_faulty_file_shows_sheet_cell_value_rule_and_example(world: World, login: Any) -> None:
    signe = login("signe")
    page = signe.get(upload(signe, files.csv_file(["p7f3", "", "", "att3", "14/10", "1"]))["Location"]).content.decode()
    assert "E2" in page
    assert "14/10" in page
    assert "2026-12-04" in page
    batch = ImportBatch.objects.get()
    assert signe.post(f"{BASE}/utfall/importer/{batch.pk}/bekrafta/").status_code == 409


def test_file_with_identity_numbers_is_refused_and_the_page_does_not_repeat_them(world: World, login: Any) -> None:
    signe = login("signe")
    row = [files.IDENTITY_NUMBER, "ht26", "2026-08-20", "att3", "2026-10-14", "1"]
    page = signe.get(upload(signe, files.csv_file(row))["Location"]).content.decode()
    assert "A2" in page
    assert "121212" not in page
    assert ImportBatch.objects.get().status == ImportStatus.REFUSED


def test_same_file_again_is_refused_with_a_way_to_the_first_import(world: World, login: Any) -> None:
    signe, content = login("signe"), files.csv_file(["p7f3", "", "", "att3", "2026-10-14", "1"])
    upload(signe, content)
    batch = ImportBatch.objects.get()
    signe.post(f"{BASE}/utfall/importer/{batch.pk}/bekrafta/")
    answer = upload(signe, content)
    assert answer.status_code == 422
    assert f"/importer/{batch.pk}/" in answer.content.decode()


PERSONS = ["/utfall/deltagare/", "/verifiering/", "/verifiering/2026-Q4/", "/utfall/2026-Q4/ansprak.csv"]
TOTALS = ["/utfall/", "/utfall/2026-Q4/"]
REPORTING = [
    "/utfall/2026-Q4/importera/",
    "/utfall/2026-Q4/rapportera/",
    "/utfall/2026-Q4/ansprak/nytt/",
    "/utfall/2026-Q4/matvarden/nytt/",
    "/utfall/deltagare/nya/",
    "/utfall/mall.xlsx",
    "/utfall/mall.csv",
]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("signe", (200, 200, 200)),
        ("vera", (200, 200, 403)),
        ("anna", (200, 200, 403)),
        ("rut", (200, 403, 403)),
        ("dag", (200, 403, 403)),
        ("stina", (200, 403, 403)),
        ("ines", (403, 403, 403)),
        ("charlie", (404, 404, 404)),
    ],
)
def test_each_role_sees_its_pages(world: World, login: Any, name: str, statuses: tuple[int, int, int]) -> None:
    import_claims(world, 6, "hemlig")
    client = login(name)
    for paths, status in zip((TOTALS, PERSONS, REPORTING), statuses, strict=True):
        for path in paths:
            answer = client.get(BASE + path)
            assert answer.status_code == status, path
            if statuses[1] != 200:
                body = b"".join(answer) if answer.streaming else answer.content
                assert b"hemlig" not in body
                assert b"p7f3" not in body


def test_provider_sees_only_its_own_participants(world: World, login: Any) -> None:
    other = Participant.objects.create(
        contract=world.contract,
        cohort=world.cohort,
        provider=world.organisations["mitt"],
        pseudonym="annans",
        enrolled_on=date(2026, 8, 20),
    )
    claim = Claim.objects.create(
        claim_period=world.period,
        participant=other,
        metric="att3",
        event_on=date(2026, 10, 1),
        reported_by=world.users["vera"],
        reported_for=world.organisations["mitt"],
    )
    signe = login("signe")
    for path in (*TOTALS, *PERSONS):
        answer = signe.get(BASE + path)
        assert b"annans" not in (b"".join(answer) if answer.streaming else answer.content), path
    assert signe.get(f"{BASE}/utfall/ansprak/{claim.pk}/").status_code == 404
    assert login("vera").get(f"{BASE}/utfall/ansprak/{claim.pk}/").status_code == 200


def test_small_counts_are_hidden_from_those_who_see_no_persons(world: World, login: Any) -> None:
    import_claims(world, 3)
    page = login("stina").get(f"{BASE}/utfall/").content.decode()
    assert ">3<" not in page
    assert login("vera").get(f"{BASE}/utfall/").content.decode().count(">3<") >= 1


@pytest.mark.parametrize("path", [*TOTALS, "/utfall/deltagare/", "/verifiering/", "/verifiering/2026-Q4/"])
@pytest.mark.parametrize("name", ["vera", "signe"])
def test_number_of_queries_does_not_grow_with_rows(world: World, login: Any, path: str, name: str) -> None:
    client = login(name)
    import_claims(world, 5)
    client.get(BASE + path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(BASE + path)
    import_claims(world, 15, "m")
    with CaptureQueriesContext(connection) as many:
        client.get(BASE + path)
    assert len(few) == len(many)
    assert len(many) <= 15, [q["sql"][:120] for q in many.captured_queries]


def test_csv_export_is_guarded_against_formulas(world: World, login: Any) -> None:
    import_claims(world, 1, "-")
    body = b"".join(login("vera").get(f"{BASE}/utfall/2026-Q4/ansprak.csv")).decode("utf-8-sig")
    assert ";'-0;" in body


def test_pseudonym_is_looked_for_by_post_and_not_by_address(world: World, login: Any) -> None:
    import_claims(world, 3)
    page = login("vera").post(f"{BASE}/utfall/2026-Q4/", {"pseudonym": "n2"}).content.decode()
    assert "<td>n2</td>" in page
    assert "<td>n1</td>" not in page


def test_forms_report_a_claim_and_a_value(world: World, login: Any) -> None:
    signe = login("signe")
    claim = {"pseudonym": "p7f3", "metric": "att3", "event_on": "2026-10-14", "units": "1"}
    assert signe.post(f"{BASE}/utfall/2026-Q4/ansprak/nytt/", claim).status_code == 302
    assert signe.post(f"{BASE}/utfall/2026-Q4/ansprak/nytt/", claim).status_code == 422
    value = {"metric": "well", "cohort": "ht26", "measurement_period": "2026-Q4", "value": "3,8"}
    assert signe.post(f"{BASE}/utfall/2026-Q4/matvarden/nytt/", value).status_code == 302


def test_single_claim_pages(world: World, login: Any) -> None:
    import_claims(world, 1)
    claim = Claim.objects.get()
    signe = login("signe")
    assert signe.get(f"{BASE}/utfall/ansprak/{claim.pk}/").status_code == 200
    for act, sent in (("ratta", {"event_on": "2026-10-16", "units": "1"}),):
        assert signe.get(f"{BASE}/utfall/ansprak/{claim.pk}/{act}/").status_code == 200
        assert signe.post(f"{BASE}/utfall/ansprak/{claim.pk}/{act}/", sent).status_code == 302
    assert signe.post(f"{BASE}/utfall/ansprak/{claim.pk}/ta-tillbaka/", {"reason": "x"}).status_code == 422


def test_template_can_be_filled_in_and_imported(world: World, login: Any) -> None:
    import io

    from openpyxl import load_workbook

    signe = login("signe")
    book = load_workbook(io.BytesIO(signe.get(f"{BASE}/utfall/mall.xlsx").content))
    book.worksheets[0].append(["p7f3", None, None, "att3", date(2026, 10, 14), 1])
    out = io.BytesIO()
    book.save(out)
    batch = actions.start_import(
        actor=world.actors["signe"], claim_period=world.period, file_name="mall.xlsx", content=out.getvalue(), at=NOW
    )
    assert [p["code"] for p in batch.reading["problems"]] in ([], ["empty_file"])


# --- Evidence --------------------------------------------------------------------------------------------------------


def add(world: World, name: str, content: bytes, **more: Any) -> Evidence:
    given: dict[str, Any] = {
        "actor": world.actors["signe"],
        "claim_period": world.period,
        "file_name": name,
        "content": content,
        "description": "Närvaro",
        "at": NOW,
    }
    return actions.add_evidence(**given | more)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", f"hej {files.IDENTITY_NUMBER}".encode()),
        ("a.csv", f"namn;{files.IDENTITY_NUMBER}".encode()),
        (f"{files.IDENTITY_NUMBER}.txt", b"hej"),
        ("a.xlsx", files.workbook({"A": [["x"], [files.IDENTITY_NUMBER]]})),
        ("a.pdf", b"not a pdf"),
        ("a.png", b"<html>"),
        ("a.exe", b"MZ"),
        ("a.html", b"<html>"),
        ("a.txt", b"<script>alert(1)</script>"),
        ("a.txt", b""),
    ],
)
def test_evidence_with_identity_numbers_or_of_wrong_kind_is_refused(world: World, name: str, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        add(world, name, content)
    assert "121212" not in str(refused.value)
    assert Evidence.objects.count() == 0


def test_evidence_is_downloaded_as_a_file_by_those_who_may(world: World, login: Any) -> None:
    evidence = add(world, "intyg.txt", b"Intyg")
    address = f"{BASE}/utfall/underlag/{evidence.pk}/"
    answer = login("vera").get(address)
    assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer) == b"Intyg"
    assert login("rut").get(address).status_code == 403
    assert login("charlie").get(address).status_code == 404


def test_evidence_is_added_by_the_provider_while_open_and_the_verifier_while_reported(world: World, login: Any) -> None:
    with pytest.raises(Refused):
        add(world, "a.txt", b"1", actor=world.actors["vera"])
    report(world)
    with pytest.raises(Refused):
        add(world, "a.txt", b"1")
    add(world, "a.txt", b"1", actor=world.actors["vera"])
    sent = {"file": SimpleUploadedFile("b.txt", b"hej"), "description": "Kontroll"}
    assert login("vera").post(f"{BASE}/utfall/2026-Q4/underlag/nytt/", sent).status_code == 302
