"""Serve a stand-in for Kolada on this machine: real names and definitions, invented values."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from library.kolada_stub import server


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # it has no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8090)

    def handle(self, *args: Any, **options: Any) -> None:
        with server(options["port"]) as stub:
            self.stdout.write(f"Invented Kolada figures at http://127.0.0.1:{stub.server_port}/v3")
            stub.serve_forever()
