"""The demo meets only databases that are its own, and leaves nothing running."""

import os
import shutil
import signal
import subprocess
import sys
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
def demo(folder: Path, database_url: str, owner_url: str) -> Iterator[subprocess.Popen[str]]:
    """`manage.py demo` on a database that is there, ready to serve."""
    env = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "DJANGO_SETTINGS_MODULE"}}
    env |= {"DATABASE_URL": database_url, "DATABASE_OWNER_URL": owner_url, "PORT": str(free_port())}
    command = [sys.executable, "manage.py", "demo", "--folder", str(folder)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=BASE_DIR, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            heard = ""
            for line in process.stdout:
                heard += line
                if "logs to" in line:
                    break
            assert "Utfall is ready at http://localhost:" in heard, heard
            yield process
        finally:
            process.kill()
            process.wait()


def descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def test_ctrl_c_a_closed_terminal_and_a_stopped_machine_are_heard() -> None:
    assert set(STOPPING) == {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
def test_the_demo_leaves_nothing_however_it_ends(
    signal_number: signal.Signals, tmp_path: Path, databases: Databases, demo_database: tuple[str, Path]
) -> None:
    name = databases.create(template=demo_database[0])
    shutil.copytree(demo_database[1], tmp_path / "demo")  # with the static files, which take the longest
    try:
        with demo(tmp_path / "demo", databases.url(name), databases.owner_url(name)) as process:
            pids = descendants(process.pid)
            assert len(pids) >= 4  # broker, worker with its own children, web server
            process.send_signal(signal_number)
            assert process.wait(30) == (-signal.SIGKILL if signal_number == signal.SIGKILL else 0)
            assert eventually(lambda: all(gone(pid) for pid in pids), patience=20)
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
