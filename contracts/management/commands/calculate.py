"""manage.py calculate TERMS.json FACTS.json – what is owed, line by line, with every step shown."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contracts.management.files import WRONG, read_document, read_terms, read_text, stop
from rulebook import Facts, Terms, Version, calculate, claims_from_csv, parse_facts
from rulebook.statement import as_text, statement


class Command(BaseCommand):
    help = "Calculate what is owed by the terms for the facts. Exit code: 0 done, 1 problems, 2 a file cannot be read."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("terms", help="the terms, a JSON file")
        parser.add_argument("facts", help="claims and measured values, a JSON file")
        parser.add_argument("--claims", help="more claims, a CSV file with a header row")
        parser.add_argument("--as-of", type=date.fromisoformat, help="leave out what was verified later than this date")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--language", choices=("sv", "en"), default="sv")

    def handle(self, *args: Any, **options: Any) -> None:
        terms = read_terms(options["terms"], self.stderr, options["language"])
        versions = [Version(1, None, terms)]
        entitlement = calculate(versions, self._facts(terms, options), options["as_of"])
        if options["format"] == "json":
            shown = statement(entitlement, versions, options["language"])
            self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(entitlement, versions, options["language"]))

    def _facts(self, terms: Terms, options: dict[str, Any]) -> Facts:
        language = options["language"]
        document = read_document(options["facts"], self.stderr, language)
        if options["claims"] and isinstance(document, dict):
            claims = claims_from_csv(read_text(options["claims"], self.stderr, language))
            document = {**document, "claims": [*(document.get("claims") or []), *claims]}
        facts, problems = parse_facts(document, terms)
        if facts is None:
            stop(WRONG, problems, self.stderr, language, options["facts"])
        return facts
