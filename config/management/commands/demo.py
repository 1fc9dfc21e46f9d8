"""Run Utfall on this machine with an invented world: database, broker, worker and web server, all stopped together.

The data live in .demo/ and are kept until `make demo-reset`. PORT chooses another port than 8000.
"""

import errno
import os
import signal
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.local_stack import (
    Child,
    LocalStack,
    StackError,
    environment,
    start_clock,
    start_kolada,
    start_prepare,
    start_web,
    start_worker,
    wait_for_health,
)

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop. Raised by the signal handler, it unwinds whatever we are doing."""


def stop(number: int, frame: FrameType | None) -> NoReturn:
    for each in STOPPING:
        signal.signal(each, signal.SIG_IGN)  # once is enough: the second Ctrl-C must not interrupt the tidying up
    raise Stopped


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # no database yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / ".demo", help="where the data live")

    def handle(self, *args: Any, **options: Any) -> None:
        for each in STOPPING:
            signal.signal(each, stop)
        try:
            self.run(options["folder"].resolve(), port=wanted_port())
        except StackError as error:
            raise CommandError(str(error)) from error
        except Stopped:
            pass
        with suppress(OSError):  # the terminal may be gone
            self.say("Stopped. The data are kept; `make demo` goes on, `make demo-reset` starts over.")

    def run(self, folder: Path, port: int) -> None:
        started = time.monotonic()
        self.say("Starting the database and the broker …")
        with ExitStack() as undo:
            stack = undo.enter_context(LocalStack(folder, durable=True))
            env = environment(folder, database_url=stack.database_url, redis_url=stack.redis_url, port=port)
            self.say("Preparing the database and the invented world …")
            prepare = start_prepare(folder, env | {"DATABASE_OWNER_URL": stack.owner_url})
            undo.callback(prepare.stop)
            if prepare.process.wait() != 0:
                *trace, reason = prepare.tail(30).rpartition("CommandError: ")
                raise StackError(reason if trace[1] else f"The preparation failed. The end of {prepare.log}:\n{reason}")
            self.say("Starting the worker and the web server …")
            kolada, env["KOLADA_URL"] = start_kolada(folder, env)
            undo.callback(kolada.stop)
            worker = start_worker(folder, env)
            undo.callback(worker.stop)
            web = start_web(folder, env, port)
            undo.callback(web.stop)
            wait_for_health(web, port)
            clock = start_clock(folder, env)  # last: nobody waits for it
            undo.callback(clock.stop)
            self.welcome(folder, port, time.monotonic() - started)
            watch([*stack.children, kolada, worker, web, clock])

    def welcome(self, folder: Path, port: int, seconds: float) -> None:
        from config.demo import world  # noqa: PLC0415 - it reads translations, which are compiled by now

        width = max(len(email) for email, _ in world.ACCOUNTS)
        accounts = "\n".join(f"    {email:<{width}}  {description}" for email, description in world.ACCOUNTS)
        self.say(
            f"\nUtfall is ready at http://localhost:{port} ({seconds:.0f} s). Ctrl-C stops it.\n\n"
            f"Log in with the password {world.PASSWORD} as\n{accounts}\n\n"
            f"E-mails are written to {folder / 'mail'}, logs to {folder / 'logs'}.\n"
        )

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def wanted_port() -> int:
    """The port to listen on, refused before anything has started when it is taken."""
    port = int(os.environ.get("PORT") or 8000)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the web server does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Choose another: make demo PORT=8080"
            ) from None
    return port


def watch(children: list[Child]) -> NoReturn:
    """Until one of them ends, which is not supposed to happen."""
    while True:
        for child in children:
            if child.ended:
                raise StackError(f"{child.name} ended by itself. The end of {child.log}:\n{child.tail()}")
        time.sleep(0.5)
