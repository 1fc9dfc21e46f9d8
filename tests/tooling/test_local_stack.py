"""The embedded servers: they start anywhere, keep their data, and never outlive the one who started them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis

from config.local_stack import (
    BASE_DIR,
    LocalStack,
    Postgres,
    StackError,
    _clear_leftover,
    environment,
    only_one,
    remembered_secrets,
)

HOLD = """
import signal, sys
from pathlib import Path
from config.local_stack import LocalStack
with LocalStack(Path(sys.argv[1]), durable=True) as stack:
    print(*(child.process.pid for child in stack.children), flush=True)
    signal.pause()
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose name has what breaks careless commands: a space, a letter outside ASCII, a quote."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with TemporaryDirectory(prefix="utfall å ' ") as made:
        Path(made).chmod(0o711)
        yield Path(made) / "stack"


def eventually(fact: Callable[[], bool], patience: float = 15.0) -> bool:
    deadline = time.monotonic() + patience
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(pid: int) -> bool:
    """Not running: no such process, or a zombie that waits for somebody to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_starts_stops_and_keeps_its_data(folder: Path) -> None:
    with LocalStack(folder, durable=True) as stack:
        pids = [child.process.pid for child in stack.children]
        with psycopg.connect(stack.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT upper('åäö') AS word")
        redis.Redis.from_url(stack.redis_url).set("kept", "1")
    assert all(gone(pid) for pid in pids)
    with LocalStack(folder, durable=True) as stack:
        with psycopg.connect(stack.owner_url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchone() == ("ÅÄÖ",)
        assert redis.Redis.from_url(stack.redis_url).get("kept") == b"1"


def test_the_applications_role_owns_nothing_and_secrets_are_private(folder: Path) -> None:
    with LocalStack(folder, durable=False, broker=False) as stack:
        with psycopg.connect(stack.database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")
        address = stack.database_url.replace(stack.database_url.split(":")[2].split("@")[0], "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address)
    assert (folder / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_nothing_is_left_when_the_supervisor_is_killed(folder: Path) -> None:
    holder = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", HOLD, folder], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert holder.stdout is not None
    with holder.stdout:
        pids = [int(pid) for pid in holder.stdout.readline().split()]
    assert len(pids) == 2
    assert not any(gone(pid) for pid in pids)
    holder.kill()
    holder.wait()
    assert eventually(lambda: all(gone(pid) for pid in pids))
    with LocalStack(folder, durable=True):  # the data survived, and nothing is in the way
        pass


def test_two_stacks_cannot_share_a_folder(folder: Path) -> None:
    with only_one(folder), pytest.raises(StackError, match="already runs"), LocalStack(folder, durable=False):
        pass


def test_a_lock_file_with_a_pid_that_now_is_somebody_elses_is_no_obstacle(folder: Path) -> None:
    """After a restart of a container the number may belong to any process; PostgreSQL would refuse to start."""
    with LocalStack(folder, durable=False, broker=False):
        pass
    lock = folder / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{folder}\n")
    with LocalStack(folder, durable=False, broker=False):
        pass


def test_a_server_left_by_an_earlier_run_is_stopped(folder: Path) -> None:
    left = Postgres(folder, durable=False)
    child = left.start()
    lock = folder / "postgres" / "postmaster.pid"
    assert lock.exists()
    _clear_leftover(folder.resolve() / "postgres")
    assert child.process.wait(10) == 0
    assert not lock.exists()
    left.stop()


def test_what_the_environment_names_is_not_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app@example/utfall")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://owner@example/utfall")
    monkeypatch.setenv("REDIS_URL", "redis://example/0")
    with LocalStack(folder, durable=True) as stack:
        assert stack.children == []
        assert (stack.database_url, stack.owner_url) == (os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"])
        assert stack.redis_url == "redis://example/0"


def test_one_role_for_both_is_said_aloud(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://all@example/utfall")
    with LocalStack(folder, durable=True, broker=False) as stack:
        assert stack.owner_url == stack.database_url
    assert "runs as the owner" in capsys.readouterr().out


def test_the_web_server_and_the_worker_are_not_told_the_owners_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://owner:secret@example/utfall")
    told = environment(folder, database_url="postgres://app@example/utfall", redis_url="redis://example/0", port=8000)
    assert "DATABASE_OWNER_URL" not in told
    assert not [value for value in told.values() if "owner:secret" in value]


def test_another_installations_settings_do_not_reach_the_demo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_S3_BUCKET", "production")
    monkeypatch.setenv("SECRET_KEY", "production")
    told = environment(folder, database_url="postgres://app@example/utfall", redis_url="redis://example/0", port=8000)
    assert "production" not in told.values()


def test_secrets_are_made_once(folder: Path) -> None:
    first = remembered_secrets(folder, "one")
    second = remembered_secrets(folder, "one", "two")
    assert second["one"] == first["one"] != second["two"]


def test_a_failing_child_is_reported_with_the_end_of_its_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.local_stack.free_port", lambda: 1 << 20)  # no such port
    with pytest.raises(StackError, match=r"PostgreSQL ended at once.*postgres\.log"):
        LocalStack(folder, durable=False).__enter__()
    with only_one(folder):  # and the folder was let go
        pass
