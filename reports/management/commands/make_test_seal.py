"""manage.py make_test_seal – make a seal for trying things out, with an authority and a clock of its own."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reports.seal import make_test_seal


class Command(BaseCommand):
    help = "Make a test seal in SEAL_TEST_FOLDER, once. It shows how sealing works; it proves nothing to anybody else."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", help="where to make it, instead of SEAL_TEST_FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"] or settings.SEAL_TEST_FOLDER
        if not folder:
            raise CommandError("Say where: set SEAL_TEST_FOLDER, or give --folder.")
        made = make_test_seal(Path(folder), timezone.now())
        if options["verbosity"]:
            self.stdout.write(f"{folder}: {'a test seal was made' if made else 'the test seal is already there'}")
