"""manage.py check_terms TERMS.json – every problem in a set of terms, not just the first."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contracts.management.files import read_terms
from rulebook import terms_hash


class Command(BaseCommand):
    help = "Show every problem in a set of terms. Exit code: 0 none, 1 some, 2 the file cannot be read."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("terms", help="the terms, a JSON file (- reads standard input)")
        parser.add_argument("--language", choices=("sv", "en"), default="sv")

    def handle(self, *args: Any, **options: Any) -> None:
        terms = read_terms(options["terms"], self.stderr, options["language"])
        sound = "The terms are sound." if options["language"] == "en" else "Villkoren håller ihop."
        self.stdout.write(f"{sound} sha256 {terms_hash(terms.document)}")
