"""The demo meets only databases that are its own, and leaves nothing running."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError
from django.db import connections

from config.local_stack import BASE_DIR, free_port
from config.management.commands.demo import STOPPING
from config.management.commands.demo_prepare import MARK, mark_or_refuse
from config.management.commands.demo_reset import empty_database
from tests.databases import Databases
from tests.tooling.test_local_stack import eventually, gone


@pytest.fixture
def empty(databases: Databases, own_database: str) -> Iterator[str]:
    name = databases.create()
    with databases.used(name):
        yield name
    databases.drop(name)


def tables(name: str, databases: Databases) -> set[str]:
    with psycopg.connect(databases.owner_url(name)) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def test_an_empty_database_gets_the_mark_and_may_be_met_again(empty: str, databases: Databases) -> None:
    mark_or_refuse(connections["owner"])
    mark_or_refuse(connections["owner"])
    assert tables(empty, databases) == {MARK}


def test_somebody_elses_database_is_refused_before_anything_is_written(own_database: str, databases: Databases) -> None:
    before = tables(own_database, databases)
    with pytest.raises(CommandError, match="was not made by the demo"):
        mark_or_refuse(connections["owner"])
    with pytest.raises(CommandError, match="was not made by the demo"):
        empty_database(databases.owner_url(own_database))
    assert tables(own_database, databases) == before
    assert MARK not in before


def test_a_single_foreign_table_is_enough_to_refuse(empty: str, databases: Databases) -> None:
    with psycopg.connect(databases.owner_url(empty)) as connection:
        connection.execute("CREATE SCHEMA theirs")
        connection.execute("CREATE TABLE theirs.books (id int)")
    with pytest.raises(CommandError, match="was not made by the demo"):
        mark_or_refuse(connections["owner"])


def test_reset_empties_the_demos_own_database(empty: str, databases: Databases) -> None:
    mark_or_refuse(connections["owner"])
    connections.close_all()
    empty_database(databases.owner_url(empty))
    assert tables(empty, databases) == set()


@contextmanager
def demo(folder: Path, database_url: str, owner_url: str, until: str) -> Iterator[subprocess.Popen[str]]:
    """`manage.py demo` on a database that is there, as far as the line that holds `until`."""
    env = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "DJANGO_SETTINGS_MODULE"}}
    env |= {"DATABASE_URL": database_url, "DATABASE_OWNER_URL": owner_url, "PORT": str(free_port())}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "demo", "--folder", str(folder)],
        cwd=BASE_DIR,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            heard = []
            for line in process.stdout:
                heard.append(line)
                if until in line:
                    break
            else:
                pytest.fail("".join(heard))
            yield process
        finally:
            process.kill()
            process.wait()


def running_on(folder: Path) -> list[str]:
    """The commands of the processes that were told of this folder (all but the broker, which works in it)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = os.fsencode(folder) in (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
            if told and not gone(int(entry.name)):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except (OSError, ValueError):
            continue  # somebody else's, or it just ended
    return found


def test_ctrl_c_a_closed_terminal_and_a_stopped_machine_are_heard() -> None:
    assert set(STOPPING) == {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}


@pytest.mark.parametrize(
    ("until", "signal_number"),
    [
        ("Starting the worker", signal.SIGKILL),
        ("logs to", signal.SIGKILL),
        ("logs to", signal.SIGTERM),
    ],
)
def test_the_demo_leaves_nothing_however_and_whenever_it_ends(
    until: str,
    signal_number: signal.Signals,
    tmp_path: Path,
    databases: Databases,
    demo_database: tuple[str, Path],
) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo_database[1], folder)  # with the static files, which take the longest
    name = databases.create(template=demo_database[0])
    try:
        with demo(folder, databases.url(name), databases.owner_url(name), until) as process:
            if until == "Starting the worker":
                time.sleep(1.5)  # in the middle of the imports, before anybody listens for a signal
            assert eventually(lambda: len(running_on(folder)) >= 3, patience=10)  # broker, worker, web server
            process.send_signal(signal_number)
            assert process.wait(30) == (-signal.SIGKILL if signal_number == signal.SIGKILL else 0)
            assert eventually(lambda: not running_on(folder), patience=20), running_on(folder)
    finally:
        databases.drop(name)


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "manage.py", "demo", "--folder", str(tmp_path / "demo")],
            cwd=BASE_DIR,
            env=os.environ | {"PORT": str(taken.getsockname()[1]), "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 1
    assert "cannot be used" in result.stderr
    assert not (tmp_path / "demo").exists()
