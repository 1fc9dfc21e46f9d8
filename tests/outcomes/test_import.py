"""A file's way in: search, preview, confirm, discard, withdraw; and everything that is refused."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from outcomes import actions
from outcomes.models import Claim, ImportBatch, Observation, Participant
from outcomes.states import ImportStatus
from tests.outcomes import files
from tests.outcomes.files import IDENTITY_NUMBER
from tests.world import NOW, World

NEW = ["ny1", "ht26", "2026-08-20", "att3", "2026-10-14", "1"]
KNOWN = ["p7f3", "", "", "Närvaro minst 80 % i tre månader", "2026-10-14", ""]


def start(world: World, content: bytes, name: str = "q4.csv", **changed: Any) -> ImportBatch:
    given: dict[str, Any] = {
        "actor": world.actors["signe"],
        "claim_period": world.period,
        "file_name": name,
        "content": content,
        "at": NOW,
    }
    return actions.start_import(**given | changed)


def codes(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(problem["code"], problem["cell"]) for problem in batch.reading["problems"]]


def test_import_is_previewed_and_confirmed(world: World) -> None:
    batch = start(world, files.csv_file(NEW, KNOWN, encoding="cp1252"))
    assert (batch.status, batch.row_count, batch.problem_count) == (ImportStatus.PREVIEWED, 2, 0)
    assert batch.reading["totals"] == [{"metric": "att3", "claims": 2, "units": "2", "values": 0}]
    assert Claim.objects.count() == 0

    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)

    claims = Claim.objects.order_by("participant__pseudonym")
    assert [(c.participant.pseudonym, c.metric, c.event_on, c.ordinal) for c in claims] == [
        ("ny1", "att3", date(2026, 10, 14), 1),
        ("p7f3", "att3", date(2026, 10, 14), 1),
    ]
    batch.refresh_from_db()
    assert batch.status == ImportStatus.CONFIRMED
    event = AuditEvent.objects.get(event="outcomes.confirm_import")
    assert event.data["claims"] == 2
    assert "ny1" not in str(event.data)


def test_confirmed_import_keeps_no_values_of_cells(world: World) -> None:
    batch = start(world, files.csv_file(NEW))
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    batch.refresh_from_db()
    assert "ny1" not in str(batch.reading)


def test_two_sheets_hold_claims_and_values(world: World) -> None:
    data = files.workbook(
        {
            "Anspråk": [files.HEADER, ["ny1", "ht26", date(2026, 8, 20), "att3", date(2026, 10, 14), 1]],
            "Mätvärden": [
                ["Mått", "Kohort", "Mätperiod", "Värde", "Ska mätas", "Mätta"],
                ["well", "ht26", "2026-Q4", "3,8", 40, 31],
            ],
        }
    )
    batch = start(world, data, "q4.xlsx")
    assert codes(batch) == []
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    value = Observation.objects.get()
    assert (value.metric, str(value.value), value.due, value.measured) == ("well", "3.800000", 40, 31)
    assert Claim.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "code", "cell"),
    [
        (["ny1", "ht26", "2026-08-20", "att9", "2026-10-14", "1"], "unknown_metric", "D2"),
        (["ny1", "ht26", "2026-08-20", "well", "2026-10-14", "1"], "metric_not_personal", "D2"),
        (["ny1", "ht99", "2026-08-20", "att3", "2026-10-14", "1"], "unknown_cohort", "B2"),
        (["ny1", "", "2026-08-20", "att3", "2026-10-14", "1"], "new_needs_cohort", "B2"),
        (["ny1", "ht26", "", "att3", "2026-10-14", "1"], "new_needs_enrolment", "C2"),
        (["ny1", "ht26", "2026-01-20", "att3", "2026-10-14", "1"], "enrolment_outside_cohort", "C2"),
        (["ny1", "ht26", "2026-08-20", "att3", "14/10 2026", "1"], "not_a_date", "E2"),
        (["ny1", "ht26", "2026-08-20", "att3", "2026-06-14", "1"], "before_life", "E2"),
        (["ny1", "ht26", "2026-08-20", "att3", "2026-11-14", "1"], "in_future", "E2"),
        (["ny1", "ht26", "2026-08-20", "att3", "2026-08-14", "1"], "before_enrolment", "E2"),
        (["ny1", "ht26", "2026-08-20", "att3", "2026-10-14", "N/A"], "not_a_number", "F2"),
        (["ny1", "ht26", "2026-08-20", "att3", "2026-10-14", "0"], "not_positive", "F2"),
        (["Kalle A", "ht26", "2026-08-20", "att3", "2026-10-14", "1"], "bad_pseudonym", "A2"),
        (["p7f3", "", "2026-08-21", "att3", "2026-10-14", "1"], "enrolment_differs", "C2"),
        (["", "ht26", "2026-08-20", "att3", "2026-10-14", "x"], "missing_value", "A2"),
    ],
)
def test_every_fault_names_its_cell(world: World, row: list[str], code: str, cell: str) -> None:
    batch = start(world, files.csv_file(row))
    assert (code, cell) in codes(batch)
    assert batch.problem_count >= 1
    with pytest.raises(Refused):
        actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    assert Claim.objects.count() == 0


def test_late_claim_and_missing_predecessor_are_warnings(world: World) -> None:
    batch = start(world, files.csv_file(["p7f3", "", "", "att6", "2026-09-14", "1"]))
    assert sorted(code for code, _cell in codes(batch)) == ["late", "no_predecessor"]
    assert batch.problem_count == 0
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    assert Claim.objects.count() == 1


def test_every_row_is_either_written_or_a_fault(world: World) -> None:
    rows = [[f"n{n}", "ht26", "2026-08-20", "att6" if n % 2 else "att3", "2026-09-14", "1"] for n in range(20)]
    batch = start(world, files.csv_file(*rows))
    assert batch.problem_count == 0
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    assert Claim.objects.count() == batch.row_count == 20


def test_event_after_the_period_is_refused(world: World) -> None:
    batch = start(world, files.csv_file(["p7f3", "", "", "att3", "2027-01-04", "1"]), at=NOW + timedelta(days=90))
    assert codes(batch) == [("after_period", "E2")]


def test_repeated_rows_and_once_metrics_in_one_file(world: World) -> None:
    batch = start(world, files.csv_file(KNOWN, KNOWN, ["p7f3", "", "", "att3", "2026-10-20", ""]))
    assert codes(batch) == [("repeated_row", "E3"), ("once_in_file", "D4")]


def test_once_metric_claimed_before_names_the_date(world: World) -> None:
    actions.confirm_import(actor=world.actors["signe"], batch=start(world, files.csv_file(KNOWN)), at=NOW)
    batch = start(world, files.csv_file(["p7f3", "", "", "att3", "2026-10-20", "1"]))
    assert batch.reading["problems"][0]["code"] == "once_already"
    assert batch.reading["problems"][0]["params"] == {"day": "2026-10-14", "period": "2026-Q4"}


def test_stray_character_in_an_unnamed_column_is_an_error_with_its_cell(world: World) -> None:
    batch = start(world, files.csv_file(KNOWN, ["", "", "", "", "", "", "x"]))
    assert ("unnamed_column", "G3") in codes(batch)
    assert ("missing_value", "A3") in codes(batch)


def test_unknown_columns_warn(world: World) -> None:
    batch = start(world, files.csv_file([*KNOWN, "hej"], header=[*files.HEADER, "Anteckning"]))
    assert codes(batch) == [("unknown_column", "G1")]
    assert batch.problem_count == 0


def test_file_with_headers_only_is_an_error(world: World) -> None:
    assert ("empty_file", "") in codes(start(world, files.csv_file()))


def test_unreadable_file_is_refused_and_nothing_is_kept(world: World) -> None:
    with pytest.raises(actions.UnreadableFile):
        start(world, b"PK\x03\x04not a workbook", "x.xlsx")
    assert ImportBatch.objects.count() == 0


def test_same_file_waiting_is_recognised(world: World) -> None:
    first = start(world, files.csv_file(KNOWN))
    assert start(world, files.csv_file(KNOWN), "another name.csv") == first


def test_same_file_confirmed_is_refused_with_its_import(world: World) -> None:
    batch = start(world, files.csv_file(KNOWN))
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    with pytest.raises(actions.SameFile) as refused:
        start(world, files.csv_file(KNOWN))
    assert refused.value.batch == batch


def test_import_cannot_be_confirmed_twice(world: World) -> None:
    batch = start(world, files.csv_file(KNOWN))
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    with pytest.raises(Refused):
        actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    assert Claim.objects.count() == 1


def test_discarded_import_loses_its_file(world: World, django_capture_on_commit_callbacks: Any) -> None:
    batch = start(world, files.csv_file(KNOWN))
    name = str(batch.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        actions.discard_import(actor=world.actors["signe"], batch=batch, at=NOW)
    batch.refresh_from_db()
    assert (batch.status, bool(batch.file)) == (ImportStatus.DISCARDED, False)
    assert not default_storage.exists(name)


def test_withdrawn_import_can_be_imported_again(world: World) -> None:
    batch = start(world, files.csv_file(NEW, KNOWN))
    actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    actions.withdraw_import(actor=world.actors["signe"], batch=batch, reason="Fel fil", at=NOW)
    again = start(world, files.csv_file(NEW, KNOWN))
    assert again.problem_count == 0
    actions.confirm_import(actor=world.actors["signe"], batch=again, at=NOW)
    assert Claim.objects.count() == 4
    assert Claim.objects.filter(withdrawal=None).count() == 2


@pytest.mark.parametrize("name", ["anna", "vera", "ines", "rut"])
def test_only_the_provider_imports(world: World, name: str) -> None:
    with pytest.raises(NotAllowed):
        start(world, files.csv_file(KNOWN), actor=world.actors[name])


def test_reported_period_takes_no_import(world: World) -> None:
    batch = start(world, files.csv_file(KNOWN))
    actions.report_period(actor=world.actors["signe"], claim_period=world.period, at=NOW, nothing_to_report=True)
    with pytest.raises(Refused):
        start(world, files.csv_file(NEW))
    with pytest.raises(Refused):
        actions.confirm_import(actor=world.actors["signe"], batch=batch, at=NOW)
    assert Claim.objects.count() == 0


def test_pseudonym_of_another_provider_is_nobody_here(world: World) -> None:
    Participant.objects.create(
        contract=world.contract,
        cohort=world.cohort,
        provider=world.organisations["mitt"],
        pseudonym="annan",
        enrolled_on=date(2026, 8, 20),
    )
    batch = start(world, files.csv_file(["annan", "", "", "att3", "2026-10-14", "1"]))
    assert [code for code, _cell in codes(batch)] == ["new_needs_cohort", "new_needs_enrolment"]


# --- Identity numbers ------------------------------------------------------------------------------------------------


def comment(book: Any) -> None:
    from openpyxl.comments import Comment

    book.worksheets[0]["A2"].comment = Comment(f"se {IDENTITY_NUMBER}", "x")


def title(book: Any) -> None:
    book.properties.title = IDENTITY_NUMBER


def hidden(book: Any) -> None:
    book.create_sheet("Nyckel").append([IDENTITY_NUMBER])
    book["Nyckel"].sheet_state = "hidden"


def header(book: Any) -> None:
    book.worksheets[0].oddHeader.center.text = IDENTITY_NUMBER


@pytest.mark.parametrize("change", [comment, title, hidden, header])
def test_identity_number_anywhere_in_a_workbook_is_refused(world: World, change: Any) -> None:
    batch = start(world, files.workbook({"Anspråk": [files.HEADER, NEW]}, change), "x.xlsx")
    assert_refused(batch)


@pytest.mark.parametrize(
    "value", [IDENTITY_NUMBER, "191212121212", 191212121212, 1212121212, "121212-1212", "x 191212121212 y"]
)
def test_identity_number_in_a_cell_is_refused_with_its_position(world: World, value: Any) -> None:
    batch = start(world, files.workbook({"Anspråk": [files.HEADER, [value, *NEW[1:]]]}), "x.xlsx")
    assert_refused(batch)
    assert batch.reading["positions"] == ["Anspråk!A2"]


def test_identity_number_that_lost_its_zero_is_refused(world: World) -> None:
    batch = start(world, files.workbook({"Anspråk": [files.HEADER, [401010008, *NEW[1:]]]}), "x.xlsx")
    from actors.identity import contains_identity_number

    assert contains_identity_number("0401010008") == (batch.status == ImportStatus.REFUSED)


def test_identity_number_in_csv_and_in_an_unknown_column_is_refused(world: World) -> None:
    batch = start(world, files.csv_file([*NEW, IDENTITY_NUMBER], header=[*files.HEADER, "Anteckning"]))
    assert_refused(batch)
    assert batch.reading["positions"] == ["G2"]


def test_identity_number_in_the_file_name_is_refused_and_not_kept(world: World) -> None:
    batch = start(world, files.csv_file(NEW), f"{IDENTITY_NUMBER}.csv")
    assert_refused(batch)
    assert batch.file_name == "import.csv"


def assert_refused(batch: ImportBatch) -> None:
    batch.refresh_from_db()
    assert batch.status == ImportStatus.REFUSED
    assert not batch.file
    kept = f"{batch.file_name} {batch.reading} {list(AuditEvent.objects.values_list('data', flat=True))}"
    assert "1212" not in kept.replace(batch.sha256, "")
    assert Claim.objects.count() == 0
