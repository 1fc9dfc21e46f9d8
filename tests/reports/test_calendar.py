"""The calendar shows what is to be done, by whom and by when; reminds in time; and can be read by other calendars."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from actors.mail import send_digests, send_waiting
from actors.models import CalendarFeed, Notice, NoticeRhythm
from actors.policies import NotAllowed, Refused
from contracts.models import Contract, Design
from contracts.obligations import Kind
from payments.models import PaymentOrder
from reports import reminding
from reports.queries.obligations import Entry, entries_of
from tests.world import World

TODAY = date(2027, 1, 28)  # three days before the fourth quarter of 2026 is to be reported
NOW = datetime(2027, 1, 28, 9, 0, tzinfo=ZoneInfo("Europe/Stockholm"))


def entry(world: World, key: str, today: date = TODAY, name: str = "anna") -> Entry:
    found = entries_of(world.actors[name], [world.contract], today)
    return next(one for one in found if one.obligation.key == key)


def test_the_provider_reports_the_verifier_verifies_and_the_payer_pays(world: World) -> None:
    mine = {
        name: {
            one.obligation.kind
            for one in entries_of(world.actors[name], [world.contract], TODAY)
            if one.is_mine and one.obligation.kind is not Kind.MEET
        }
        for name in ("anna", "rut", "signe", "vera", "ines")
    }
    assert mine == {"anna": {Kind.PAY}, "rut": set(), "signe": {Kind.REPORT}, "vera": {Kind.VERIFY}, "ines": set()}
    assert entry(world, "report:2026-Q4").who == ("Föreningen Språnget",)


def test_what_should_have_been_done_is_overdue_and_what_is_done_says_when(
    world: World, paid_order: PaymentOrder
) -> None:
    assert entry(world, "report:2026-Q3").state == "overdue"  # never opened, never reported
    assert entry(world, "report:2026-Q4").state == "done"
    assert entry(world, "verify:2026-Q4").state == "done"
    # The education board has paid its share, the social board has not.
    assert entry(world, "pay:2026-Q4").state != "done"


def test_a_meeting_is_recorded_once_by_somebody_who_speaks_for_a_party(world: World) -> None:
    def hold(name: str, key: str = "meet:2026-10-01", on: date = date(2026, 10, 2)) -> None:
        reminding.hold_meeting(
            actor=world.actors[name], contract=world.contract, key=key, held_on=on, minutes="KS 2026/17", at=NOW
        )

    with pytest.raises(NotAllowed):
        hold("rut")
    with pytest.raises(Refused, match="has not been yet"):
        hold("anna", on=TODAY + timedelta(days=1))
    with pytest.raises(Refused, match="no such meeting"):
        hold("anna", key="meet:2026-10-02")
    hold("anna")
    assert entry(world, "meet:2026-10-01").done_on == date(2026, 10, 2)
    with pytest.raises(Refused, match="already recorded"):
        hold("signe")


def test_the_calendar_follows_what_is_agreed_not_what_is_being_drafted(world: World) -> None:
    before = entries_of(world.actors["anna"], [world.contract], TODAY)
    Design.objects.filter(contract=world.contract).update(report_within_days=90, meets_every=1)
    assert entries_of(world.actors["anna"], [world.contract], TODAY) == before


def test_a_contract_that_does_not_bind_has_no_calendar(world: World) -> None:
    Contract.objects.update(status="draft")
    world.contract.refresh_from_db()
    assert entries_of(world.actors["anna"], [world.contract], TODAY) == []


@pytest.mark.parametrize(
    ("days_left", "stage"),
    [(8, None), (7, "week"), (2, "week"), (1, "tomorrow"), (0, "tomorrow"), (-1, "late"), (-31, "late"), (-32, None)],
)
def test_people_are_reminded_a_week_and_a_day_before_and_when_it_is_late(days_left: int, stage: str | None) -> None:
    assert reminding.stage_of(TODAY + timedelta(days=days_left), TODAY) == stage


def test_reminding_twice_tells_once(world: World) -> None:
    reminding.remind(at=NOW)
    told = Notice.objects.count()
    reminding.remind(at=NOW + timedelta(hours=1))
    assert Notice.objects.count() == told
    report = Notice.objects.filter(kind="obligation_report", key__contains="2026-Q4")
    assert [notice.user.name for notice in report] == ["Signe"]


def test_a_letter_comes_in_the_readers_language_and_rhythm(world: World) -> None:
    signe, vera, anna = (world.users[name] for name in ("signe", "vera", "anna"))
    vera.language, vera.notices = "en", NoticeRhythm.DAILY
    vera.save()
    anna.notices = NoticeRhythm.NONE
    anna.save()
    reminding.remind(at=NOW)
    send_waiting(clock=lambda: NOW)
    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert "Rapportera utfallen för 2026-Q4" in " ".join(
        str(letter.subject) for letter in mail.outbox if letter.to == [signe.email]
    )
    assert vera.email not in letters
    assert anna.email not in letters
    mail.outbox.clear()
    assert send_digests(clock=lambda: NOW) == 1
    assert mail.outbox[0].to == [vera.email]
    assert "The steering group of the contract Fullföljd skolgång is to meet" in str(mail.outbox[0].body)
    mail.outbox.clear()
    send_waiting(clock=lambda: NOW + timedelta(hours=1))
    send_digests(clock=lambda: NOW + timedelta(hours=1))
    assert not mail.outbox


def test_a_letter_that_could_not_be_sent_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reminding.remind(at=NOW)

    def fails(*args: object, **values: object) -> None:
        raise OSError("no mail today")

    with monkeypatch.context() as patch:
        patch.setattr("actors.mail.send_letter", fails)
        assert send_waiting(clock=lambda: NOW) == 0
    assert send_waiting(clock=lambda: NOW) == 0  # still held
    assert send_waiting(clock=lambda: NOW + timedelta(minutes=6)) > 0


def test_letters_wait_for_a_mail_server_that_is_away_for_hours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reminding.remind(at=NOW)

    def fails(*args: object, **values: object) -> None:
        raise OSError("no mail today")

    with monkeypatch.context() as patch:
        patch.setattr("actors.mail.send_letter", fails)
        for minutes in range(0, 300, 10):
            send_waiting(clock=lambda minutes=minutes: NOW + timedelta(minutes=minutes))  # type: ignore[misc]
    assert send_waiting(clock=lambda: NOW + timedelta(hours=12)) == Notice.objects.count()


def test_a_name_with_a_line_break_in_it_does_not_stop_the_letter(world: World) -> None:
    Contract.objects.update(name="Fullföljd\rBcc: nagon@annan.example")
    reminding.remind(at=NOW)
    assert send_waiting(clock=lambda: NOW) == Notice.objects.count() == len(mail.outbox)
    assert all("\r" not in str(letter.subject) and not letter.bcc for letter in mail.outbox)


def test_who_may_not_open_a_contract_does_not_see_its_days(world: World, browse: Callable[..., Client]) -> None:
    with time_machine.travel(NOW, tick=False):
        assert browse("alva").get("/avtal/UK-2026-01/kalender/").status_code == 404
        assert "2026-Q4" not in browse("alva").get("/kalender/?state=all").content.decode()
        assert "2026-Q4" not in browse("alva").get("/kalender/lista.csv?state=all").content.decode()


def test_the_page_shows_the_calendar_to_the_parties_and_to_nobody_else(
    world: World, browse: Callable[..., Client]
) -> None:
    with time_machine.travel(NOW, tick=False):
        page = browse("signe").get("/avtal/UK-2026-01/kalender/").content.decode()
        assert "2026-Q4" in page
        assert "Overdue" in page
        assert browse("charlie").get("/avtal/UK-2026-01/kalender/").status_code == 404
        assert "2026-Q4" not in browse("charlie").get("/kalender/").content.decode()
        mine = browse("vera").get("/kalender/?mine=on&kind=verify").content.decode()
        assert "Verify the outcomes, 2026-Q3" in mine
        assert "Report the outcomes, 2026-Q3" not in mine


def test_the_calendar_costs_as_many_queries_for_two_contracts_as_for_one(world: World) -> None:
    def queries(contracts: list[Contract]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            entries_of(world.actors["anna"], contracts, TODAY)
        return len(captured)

    prefetched = list(Contract.objects.prefetch_related("parties__organisation", "readers"))
    assert queries(prefetched) == queries(prefetched * 2) <= 7


def test_a_calendar_program_reads_the_feed_by_its_secret_address(world: World, browse: Callable[..., Client]) -> None:
    signe = browse("signe")
    made = signe.post("/kalender/adress/ny/")
    assert made.status_code == 201
    address = re.findall(r"/kalender/([\w-]+)\.ics", made.content.decode())[0]
    with time_machine.travel(NOW, tick=False):
        answer = Client().get(f"/kalender/{address}.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    events = {str(event["uid"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert events["UK-2026-01:report:2026-Q4@utfall"].decoded("dtstart") == date(2027, 1, 31)
    assert not any(":verify:" in uid for uid in events)  # that is Vera's
    assert CalendarFeed.objects.get().token_hash != address
    signe.post("/kalender/adress/avsluta/")
    assert Client().get(f"/kalender/{address}.ics").status_code == 404


@time_machine.travel(NOW + timedelta(minutes=1), tick=False)
def test_notices_stand_on_ones_own_page_until_they_are_read(world: World, browse: Callable[..., Client]) -> None:
    reminding.remind(at=NOW)
    signe = browse("signe")
    assert "Report the outcomes of 2026-Q4" in signe.get("/konto/meddelanden/").content.decode()
    assert "No notices yet" in browse("charlie").get("/konto/meddelanden/").content.decode()
    signe.post("/konto/meddelanden/lasta/")
    assert not Notice.objects.filter(user=world.users["signe"], read_at__isnull=True).exists()
    assert Notice.objects.filter(user=world.users["vera"], read_at__isnull=True).exists()


def test_a_proposal_without_answer_is_reminded_of(world: World) -> None:
    version = world.version
    amendment = world.contract.versions.create(
        number=2, terms=version.terms, effective_on=date(2027, 4, 1), answer_by=TODAY + timedelta(days=3),
        document={}, document_hash="0" * 64, status="proposed", proposed_at=NOW,
    )  # fmt: skip
    amendment.acceptances.create(
        organisation=world.organisations["mitt"], document_hash="0" * 64, user=world.users["vera"], at=NOW
    )
    reminding.remind(at=NOW)
    asked = {notice.user.name for notice in Notice.objects.filter(kind="answer_due")}
    assert asked == {"Dag", "Signe", "Ines"}
