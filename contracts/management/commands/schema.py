"""manage.py schema terms|facts|assumptions – the JSON Schema of the documents that the rulebook reads."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rulebook import FACTS_SCHEMA, TERMS_SCHEMA
from rulebook.simulate import ASSUMPTIONS_SCHEMA

SCHEMAS = {"terms": TERMS_SCHEMA, "facts": FACTS_SCHEMA, "assumptions": ASSUMPTIONS_SCHEMA}


class Command(BaseCommand):
    help = "Print the JSON Schema (draft 2020-12) of terms, of facts or of assumptions."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("document", choices=SCHEMAS)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(SCHEMAS[options["document"]], ensure_ascii=False, indent=2))
