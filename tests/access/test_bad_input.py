"""Bad input at every address: a clear answer, never a crash. And what every answer carries, whatever it says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from actors.models import User
from contracts.models import Contract
from outcomes.models import Evidence
from reports.models import ReportRun
from tests.access.addresses import addresses, filled
from tests.access.test_every_address import LEFT_OUT, body_of, clients

WORKERS = ["official@example.org", "provider@example.org", "intermediary@example.org"]
# Every name that some form, filter or search of the product knows.
FIELDS = [
    "account",
    "act",
    "adjust",
    "after",
    "all",
    "ar",
    "area",
    "av",
    "board",
    "choice",
    "claim",
    "cohort",
    "comment",
    "committed_capital",
    "contract",
    "cost",
    "data_source",
    "days",
    "decision",
    "denominator",
    "description",
    "direction",
    "do",
    "document_hash",
    "drawn_capital",
    "due",
    "due_on",
    "duties",
    "effective_on",
    "email",
    "ends_on",
    "enrolled_on",
    "event_on",
    "evidence",
    "exclusion",
    "expected_participants",
    "extraction",
    "fran",
    "grounds",
    "grupp",
    "holder",
    "inclusion",
    "indicator",
    "intervention",
    "is_confirmed",
    "is_measured_later",
    "key",
    "kolada_id",
    "kommun",
    "language",
    "legal",
    "level",
    "limit",
    "link",
    "mall",
    "matt",
    "measure",
    "measured",
    "measurement_period",
    "membership",
    "method",
    "metric",
    "missing",
    "name",
    "name_en",
    "name_sv",
    "need",
    "new_password1",
    "new_password2",
    "next",
    "note",
    "nothing_to_report",
    "numerator",
    "old_password",
    "open_to_support",
    "organisation",
    "page",
    "paid_on",
    "password",
    "password_again",
    "period",
    "persons",
    "power",
    "pseudonym",
    "pseudonyms",
    "q",
    "reason",
    "reason_code",
    "reference",
    "report_due_on",
    "robustness",
    "role",
    "scopes",
    "score_note",
    "seen",
    "seen_at",
    "sensitivity",
    "sheet_hash",
    "show",
    "smallest_change",
    "snapshot",
    "sort",
    "source",
    "source_system",
    "spread",
    "starts_on",
    "status",
    "summary",
    "summary_en",
    "summary_sv",
    "suppression_threshold",
    "target",
    "target_population",
    "text",
    "till",
    "today",
    "typed_code",
    "unit",
    "units",
    "username",
    "uttag",
    "validity",
    "value",
    "version",
    "weaknesses",
    "who",
    "whose",
    "window",
    "window_months",
    "year",
]
IN_FORMS = ["a\x00b", "9999-12-31", "9" * 5_000]
WRITES = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM)\s+\"(?!django_session|axes_)", re.IGNORECASE)


def undone(call: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    with transaction.atomic():
        response = call()
        transaction.set_rollback(True)
    return response


def places(email: str) -> Iterator[tuple[str, Client, bool]]:
    """One address of every kind in the running contract, with the client that asks for it."""
    browser, api = clients(email)
    contract = Contract.objects.get(code="UK-2025-01")
    for address in addresses():
        if address.name not in LEFT_OUT:
            yield filled(address, contract)[0], api if address.is_api else browser, address.is_api


@pytest.mark.parametrize("email", WORKERS)
def test_nonsense_in_forms_is_answered(email: str) -> None:
    for path, client, is_api in places(email):
        for bad in IN_FORMS if not is_api else []:
            sent: dict[str, Any] = dict.fromkeys(FIELDS, bad)
            assert undone(lambda: client.post(path, sent)).status_code < 500, (path, bad[:30])  # noqa: B023


@pytest.mark.parametrize("email", ["official@example.org", "investor@example.org"])
def test_get_answers_nonsense_never_writes_and_every_answer_is_guarded(email: str) -> None:
    for path, client, _is_api in places(email):
        for query in ({}, dict.fromkeys(FIELDS, "9" * 30)):
            with CaptureQueriesContext(connection) as seen:
                response = client.get(path, query)
                body_of(response)  # to its end, which closes a file
            written = [asked["sql"] for asked in seen if WRITES.search(asked["sql"])]
            assert response.status_code < 500, path
            assert not written, (path, written)
            assert "unsafe" not in response.headers["Content-Security-Policy"], path
            assert "no-store" in response.headers["Cache-Control"], path
            assert response.headers["X-Content-Type-Options"] == "nosniff", path


def test_no_address_holds_nul() -> None:
    browser, api = clients("official@example.org")
    for path in (
        "/avtal/?q=%00",
        "/organisation/medlemmar/?q=%00",
        "/avtal/UK-2025-01/utfall/deltagare/?cohort=a%00b",
        "/avtal/UK-2025-01/utfall/%00/",
        "/avtal/UK-2025-01/verifiering/%00/",
    ):
        assert browser.get(path).status_code == 404, path
    for path in ("?after=%00", "/UK-2025-01/calculations/%00"):
        assert api.get(f"/api/v1/contracts{path}").status_code == 404, path


def test_every_form_is_guarded_against_others() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="official@example.org"), backend=settings.AUTHENTICATION_BACKENDS[-1])
    for path, _client, is_api in places("official@example.org"):
        if not is_api:
            answer = undone(lambda: strict.post(path))  # noqa: B023
            assert answer.status_code in {403, 405}, path


def test_a_stored_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with override_settings(MEDIA_ROOT=tmp_path):
        _told_that_files_are_gone()


def _told_that_files_are_gone() -> None:
    browser, _api = clients("official@example.org")
    code = "UK-2025-01"
    evidence = Evidence.objects.filter(claim_period__contract__code=code)[0]
    answer = browser.get(reverse("outcomes:evidence_file", args=[code, evidence.pk]))
    assert answer.status_code == 409
    assert evidence.sha256 in answer.content.decode()
    for run in ReportRun.objects.filter(contract__code=code, status=ReportRun.Status.DONE)[:1]:
        assert browser.get(reverse("reports:report_file", args=[code, run.pk])).status_code == 409


@pytest.mark.parametrize("wanted", ["NaN", "actors:logout", "/a\x00b", "//evil.example", "https://evil.example/"])
def test_next_page_is_one_of_ours_or_the_start(wanted: str) -> None:
    browser, _api = clients("official@example.org")
    answer = browser.post(reverse("actors:set_language"), {"language": "sv", "next": wanted})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
