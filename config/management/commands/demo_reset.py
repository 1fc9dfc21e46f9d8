"""Throw away what the demo holds: its database, broker, files and mail. Nothing that is not the demo's own."""

from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.local_stack import LocalStack, StackError, forget
from config.management.commands.demo_prepare import REFUSAL, is_empty, is_marked


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / ".demo", help="where the data live")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].resolve()
        try:
            with LocalStack(folder, durable=True, broker=False) as stack:
                empty_database(stack.owner_url)
        except StackError as error:
            raise CommandError(str(error)) from error
        forget(folder)
        self.stdout.write("The demo is empty. `make demo` fills it anew.")


def empty_database(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection, connection.cursor() as cursor:
        if not is_marked(cursor) and not is_empty(cursor):
            raise CommandError(REFUSAL.format(name=connection.info.dbname))
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
