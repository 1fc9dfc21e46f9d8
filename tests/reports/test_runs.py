"""Making a document: the row is the work, the lease says who is at it, and a dead worker loses nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from actors.models import AuditEvent
from actors.policies import NotAllowed
from payments.models import Calculation, PaymentOrder
from reports import actions, render, tasks
from reports.models import ReportRun
from tests.world import World

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=timezone.get_default_timezone())


def ask(world: World, who: str = "anna", at: datetime = NOW, **more: object) -> ReportRun:
    return actions.request_report(
        actor=world.actors[who],
        contract=world.contract,
        report="settlement_statement",
        params={"period": "2026-Q4", "with_orders": who == "anna", **more},
        language="sv",
        at=at,
    )


def make(run: ReportRun, at: datetime = NOW) -> ReportRun:
    actions.run(run.pk, clock=lambda: at)
    run.refresh_from_db()
    return run


def files(settings: LazySettings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that is made at once."""
    monkeypatch.setattr(render, "pdf", lambda *_, **__: b"%PDF-1.7 quick")


def test_a_run_makes_one_file_with_its_hash(world: World, calculation: Calculation, settings: LazySettings) -> None:
    run = make(ask(world))
    assert (run.status, run.progress, run.attempts, run.lease_until) == ("done", 100, 1, None)
    [path] = files(settings)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert run.file_sha256 == sha256(content).hexdigest()
    assert AuditEvent.objects.filter(event="reports.request_report").count() == 1


@pytest.mark.usefixtures("quick")
class TestRequests:
    def test_asking_again_while_it_is_being_made_gives_the_same_run(
        self, world: World, paid_order: PaymentOrder
    ) -> None:
        first = ask(world)
        assert ask(world, at=NOW + timedelta(minutes=1)) == first
        assert ReportRun.objects.count() == 1

    def test_new_data_make_a_new_run(self, world: World, paid_order: PaymentOrder) -> None:
        first = ask(world, at=paid_order.ordered_at)
        assert ask(world, at=NOW) != first, "the payment was decided and made in between"

    def test_another_language_is_another_run(self, world: World, calculation: Calculation) -> None:
        first = ask(world)
        second = actions.request_report(
            actor=world.actors["anna"],
            contract=world.contract,
            report="settlement_statement",
            params=first.params,
            language="en",
            at=NOW,
        )
        assert second != first

    def test_the_investor_may_not_ask(self, world: World, calculation: Calculation) -> None:
        with pytest.raises(NotAllowed):
            ask(world, "ines")
        assert not ReportRun.objects.exists()

    def test_the_provider_may_not_ask_for_one_with_orders(self, world: World, calculation: Calculation) -> None:
        with pytest.raises(NotAllowed):
            ask(world, "signe", with_orders=True)
        assert ask(world, "signe").status == "queued"


@pytest.mark.usefixtures("quick")
class TestLease:
    def test_only_one_worker_takes_a_run(self, world: World, calculation: Calculation) -> None:
        run = ask(world)
        assert actions._claim(run.pk, NOW) is not None
        assert actions._claim(run.pk, NOW) is None

    def test_a_worker_killed_while_rendering_is_forgotten_and_the_file_is_made_once(
        self, world: World, calculation: Calculation, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ask(world)

        class Killed(BaseException):
            """As if the process ended there: nothing after it runs."""

        def die(*_: object, **__: object) -> bytes:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(render, "pdf", die)
            with pytest.raises(Killed):
                make(run)
        run.refresh_from_db()
        assert (run.status, run.progress) == ("running", 40)
        assert actions.requeue_expired(at=NOW + timedelta(minutes=1)) == 0, "the lease still runs"
        later = NOW + actions.LEASE + timedelta(seconds=1)
        assert actions.requeue_expired(at=later) == 1
        assert actions.waiting(at=later) == [run.pk]
        make(run, later)
        assert (run.status, run.attempts) == ("done", 2)
        assert len(files(settings)) == 1

    def test_a_file_left_by_one_who_died_after_writing_it_is_replaced(
        self, world: World, calculation: Calculation, settings: LazySettings
    ) -> None:
        run = ask(world)
        left = Path(settings.MEDIA_ROOT) / f"reports/2027/{run.pk}.pdf"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")
        make(run)
        assert files(settings) == [left]
        assert left.read_bytes().startswith(b"%PDF")

    def test_one_who_comes_back_after_the_lease_changes_nothing(
        self, world: World, calculation: Calculation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ask(world)

        def slow(*_: object, **__: object) -> bytes:
            later = NOW + actions.LEASE + timedelta(seconds=1)
            actions.requeue_expired(at=later)
            assert actions._claim(run.pk, later) is not None
            return b"%PDF late"

        monkeypatch.setattr(render, "pdf", slow)
        assert not actions.run(run.pk, clock=lambda: NOW)
        run.refresh_from_db()
        assert (run.status, run.progress, run.file_sha256) == ("running", 10, "")

    def test_it_gives_up_after_three_and_says_so(
        self, world: World, calculation: Calculation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ask(world)

        def broken(*_: object, **__: object) -> bytes:
            raise ZeroDivisionError

        monkeypatch.setattr(render, "pdf", broken)
        at = NOW
        for attempt in (1, 2, 3):
            with pytest.raises(ZeroDivisionError):
                make(run, at)
            run.refresh_from_db()
            assert run.attempts == attempt
            assert not actions.run(run.pk, clock=lambda: NOW), "not before the next attempt's time"
            at = run.next_attempt_at
        assert run.status == "failed"
        assert "Administratören" in run.error
        assert actions.waiting(at=at + timedelta(days=1)) == []

    def test_a_run_whose_worker_died_every_time_is_given_up_in_its_own_language(
        self, world: World, calculation: Calculation
    ) -> None:
        run = ask(world)
        at = NOW
        for _ in range(actions.MOST_ATTEMPTS):
            assert actions._claim(run.pk, at) is not None
            at += actions.LEASE + timedelta(seconds=1)
            actions.requeue_expired(at=at)
        run.refresh_from_db()
        assert run.status == "failed"
        assert "Be om det igen" in run.error

    def test_the_sweep_rings_for_every_run_that_waits(
        self, world: World, calculation: Calculation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ask(world, at=timezone.now() - timedelta(minutes=5))
        rung: list[str] = []
        monkeypatch.setattr(tasks.render, "delay", rung.append)
        tasks.render_waiting()
        assert rung == [str(run.pk)]

    def test_a_broken_bell_is_not_the_readers_trouble(
        self,
        world: World,
        calculation: Calculation,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        def broken(_: str) -> None:
            raise ConnectionError

        monkeypatch.setattr(tasks.render, "delay", broken)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            tasks.ring(ask(world).pk)


@pytest.mark.usefixtures("quick")
class TestPages:
    BASE = "/avtal/UK-2026-01/"

    def test_the_button_leads_to_progress_and_then_to_the_file(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        anna = browse("anna")
        answer = anna.post(f"{self.BASE}ersattning/2026-Q4/underlag/pdf/")
        run = ReportRun.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"{self.BASE}rapporter/{run.pk}/")
        page = anna.get(answer["Location"]).content.decode()
        assert 'hx-trigger="every 1s"' in page
        assert "Reload" in page
        fragment = anna.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in fragment
        assert anna.get(f"{answer['Location']}fil/").status_code == 404
        make(run, timezone.now())
        page = anna.get(answer["Location"]).content.decode()
        assert "hx-trigger" not in page
        assert run.file_sha256 in page
        file = anna.get(f"{answer['Location']}fil/")
        assert file["Content-Type"] == "application/pdf"
        assert b"".join(file.streaming_content) == b"%PDF-1.7 quick"  # type: ignore[attr-defined]
        assert "settlement-statement-uk-2026-01-2026-q4-en.pdf" in file["Content-Disposition"]

    def test_the_file_is_served_to_those_who_may_see_what_it_says(
        self, world: World, calculation: Calculation, browse: Callable[..., Client]
    ) -> None:
        with_orders, without = make(ask(world)), make(ask(world, "signe"))
        expected = {
            "anna": (200, 200),
            "signe": (404, 200),
            "vera": (404, 200),
            "ines": (403, 403),
            "charlie": (404, 404),
        }
        for name, (first, second) in expected.items():
            browser = browse(name)
            found = [browser.get(f"{self.BASE}rapporter/{run.pk}/fil/") for run in (with_orders, without)]
            assert [answer.status_code for answer in found] == [first, second], name
            for answer in found:
                _ = answer.getvalue()

    def test_a_visitor_is_sent_to_log_in(self, world: World, calculation: Calculation) -> None:
        run = make(ask(world))
        assert Client().get(f"{self.BASE}rapporter/{run.pk}/fil/").status_code == 302
