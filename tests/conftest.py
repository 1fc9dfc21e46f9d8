"""What every test stands on: a real PostgreSQL with the application's real rights, no network, a clock one can stop.

| fixture | gives |
|---|---|
| `db` (or `@pytest.mark.django_db`) | the test database, rolled back afterwards, with the application's own rights |
| `own_database` | a database of its own, with real commits: races, threads, `on_commit`; the name is the value |
| `live_stack` | web server, worker, clock, broker and the seeded demo world, shared by the run: `.base_url` |
| `fresh_live_stack` | the same for one test alone, to change as it likes |
| `kolada` | the address of the stand-in for Kolada, which the settings then name |
| `clock` | time stands still at `tests.world.NOW`; `clock.move_to(...)`, `clock.shift(...)` |
| `page` | a page in Chromium (pytest-playwright): `page.goto(f"{live_stack.base_url}/…")` |

Transactional tests cannot flush: append-only tables refuse TRUNCATE. Hence `own_database` instead of
`django_db(transaction=True)`, which is refused.
"""

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import time_machine
from django.db import connections
from django.test import override_settings
from django.utils import translation
from pytest_django import DjangoDbBlocker

from config.local_stack import (
    LocalStack,
    environment,
    forget,
    free_port,
    start_clock,
    start_kolada,
    start_prepare,
    start_web,
    start_worker,
    wait_for_health,
)
from tests.databases import Databases

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


# --- Order and refusals --------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is fast first, what needs a browser last; within a group, as written."""

    def weight(item: pytest.Item) -> int:
        fixtures = set(getattr(item, "fixturenames", ()))
        for heavier, names in (
            (3, {"page", "context", "browser"}),
            (2, {"live_stack", "fresh_live_stack", "own_database"}),
            (1, {"db", "_django_db_helper", "local_stack"}),
        ):
            if fixtures & names:
                return heavier
        return 1 if item.get_closest_marker("django_db") else 0

    items.sort(key=weight)
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark and mark.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: append-only tables refuse a flush; use the fixture own_database.")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Tests reach this machine only: a forgotten call to the world is an error, not a slow test."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guard(address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"  # a path is a Unix socket
        if host not in {"localhost", "127.0.0.1", "::1"}:
            raise AssertionError(f"A test tried to reach {host}; tests have no network.")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        guard(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        guard(address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


@pytest.fixture(autouse=True, scope="session")
def _files_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests upload lands in a folder of this run."""
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Acts answer in English here, whoever's page was read before; a page still follows its reader's cookie."""
    with translation.override("en"):
        yield


# --- Database ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    """PostgreSQL and the broker for this run, unless the environment names them."""
    folder = Path(tempfile.mkdtemp(prefix="utfall-test-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as nobody and must reach its own folder below this one
    try:
        with LocalStack(folder, durable=False) as stack:
            yield stack
    finally:
        forget(folder)


@pytest.fixture(scope="session")
def databases(local_stack: LocalStack) -> Databases:
    return Databases(local_stack)


@pytest.fixture(scope="session")
def test_database(databases: Databases, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The migrated database that tests use in transactions and that `own_database` copies."""
    from config.management.commands.prepare_database import prepare

    name = databases.create()
    with django_db_blocker.unblock():
        databases.connect_to(name)
        prepare(connections["owner"], app_role=connections["default"].settings_dict["USER"], verbosity=0)
        connections.close_all()
    yield name
    with django_db_blocker.unblock():
        connections.close_all()
    databases.drop(name)


@pytest.fixture(scope="session")
def django_db_setup(test_database: str) -> None:
    """In place of pytest-django's: the schema belongs to the owner, and tests run with the application's rights."""


@pytest.fixture
def own_database(databases: Databases, test_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the migrated database for this test alone. Nothing is rolled back; it is dropped instead."""
    with django_db_blocker.unblock():
        connections.close_all()  # a database in use cannot be copied
        name = databases.create(template=test_database)
        try:
            with databases.used(name):
                yield name
        finally:
            databases.drop(name)


# --- The whole thing running ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LiveStack:
    """A running installation: the same processes and settings as `make demo`."""

    base_url: str
    database_url: str
    redis_url: str
    folder: Path  # logs/, media/, mail/
    database: str


@pytest.fixture(scope="session")
def demo_database(databases: Databases, local_stack: LocalStack) -> Iterator[tuple[str, Path]]:
    """A database with the demo world, prepared as `make demo` does it, and its folder. Copied by the live stacks."""
    name, folder = databases.create(), local_stack.folder / "demo"
    folder.mkdir()
    env = environment(folder, database_url=databases.url(name), redis_url=local_stack.redis_url, port=8000)
    prepare = start_prepare(folder, env | {"DATABASE_OWNER_URL": databases.owner_url(name)})
    if prepare.process.wait(300) != 0:
        pytest.fail(f"The demo world could not be made:\n{prepare.tail(60)}")
    yield name, folder
    databases.drop(name)


@contextmanager
def running(databases: Databases, seeded: tuple[str, Path], number: int) -> Iterator[LiveStack]:
    template, source = seeded
    port = free_port()
    with ExitStack() as undo:
        folder = Path(tempfile.mkdtemp(prefix="live-", dir=source.parent))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        shutil.copytree(source, folder, dirs_exist_ok=True)  # media and static files belong to the seeded world
        name = databases.create(template=template)
        undo.callback(databases.drop, name)
        # Each live stack has its own number at the broker, or one worker would take another's bells.
        redis_url = f"{databases.stack.redis_url.rpartition('/')[0]}/{number}"
        redis.Redis.from_url(redis_url).flushdb()
        env = environment(folder, database_url=databases.url(name), redis_url=redis_url, port=port)
        kolada, env["KOLADA_URL"] = start_kolada(folder, env)
        undo.callback(kolada.stop)
        worker = start_worker(folder, env)
        undo.callback(worker.stop)
        web = start_web(folder, env, port)
        undo.callback(web.stop)
        wait_for_health(web, port)
        clock = start_clock(folder, env)
        undo.callback(clock.stop)
        yield LiveStack(f"http://localhost:{port}", databases.url(name), redis_url, folder, name)


@pytest.fixture(scope="session")
def live_stack(databases: Databases, demo_database: tuple[str, Path]) -> Iterator[LiveStack]:
    with running(databases, demo_database, number=1) as stack:
        yield stack


@pytest.fixture
def fresh_live_stack(databases: Databases, demo_database: tuple[str, Path]) -> Iterator[LiveStack]:
    with running(databases, demo_database, number=2) as stack:
        yield stack


@pytest.fixture(scope="session")
def kolada_stub() -> Iterator[str]:
    """The stand-in for Kolada in a thread of this run."""
    from library.kolada_stub import server

    with server(0) as stub:
        threading.Thread(target=stub.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{stub.server_port}/v3"
        stub.shutdown()


@pytest.fixture
def kolada(kolada_stub: str) -> Iterator[str]:
    """The settings name the stand-in, for this test."""
    with override_settings(KOLADA_URL=kolada_stub):
        yield kolada_stub


# --- Clock and browser ---------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at the named world's own moment. PostgreSQL's now() goes on."""
    from tests.world import NOW

    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; Playwright's own download is not used."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Browser tests need Chromium: apt-get install --no-install-recommends chromium")
    # Playwright's loop runs in this thread, which Django takes for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return browser_type_launch_args | {"executable_path": chromium, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"locale": "sv-SE", "timezone_id": "Europe/Stockholm"}
