"""manage.py analyse TERMS.json – the most and the least the terms can cost, and what they reward."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contracts.management.files import read_terms
from rulebook.analyse import analyse


class Command(BaseCommand):
    help = (
        "Show the most and the least that the terms can cost, proved and with facts that reach it, and their cliffs, "
        "dead zones and other incentives. Exit code: 0 done, whatever was found; 1 the terms have problems; "
        "2 the file cannot be read."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("terms", help="the terms, a JSON file (- reads standard input)")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--language", choices=("sv", "en"), default="sv")

    def handle(self, *args: Any, **options: Any) -> None:
        analysis = analyse(read_terms(options["terms"], self.stderr, options["language"]))
        if options["format"] == "json":
            self.stdout.write(json.dumps(analysis.to_json(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(analysis.text(options["language"]))
