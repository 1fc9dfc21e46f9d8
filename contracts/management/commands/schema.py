"""manage.py schema terms|facts – the JSON Schema of the documents that the rulebook reads."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rulebook import FACTS_SCHEMA, TERMS_SCHEMA


class Command(BaseCommand):
    help = "Print the JSON Schema (draft 2020-12) of terms or of facts."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("document", choices=("terms", "facts"))

    def handle(self, *args: Any, **options: Any) -> None:
        schema = TERMS_SCHEMA if options["document"] == "terms" else FACTS_SCHEMA
        self.stdout.write(json.dumps(schema, ensure_ascii=False, indent=2))
