"""manage.py explain TERMS.json – the terms in sentences that the parties can sign, with a worked example."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contracts.management.files import read_terms
from rulebook import annex


class Command(BaseCommand):
    help = "Write out the terms as numbered clauses. Exit code: 0 done, 1 problems, 2 the file cannot be read."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("terms", help="the terms, a JSON file (- reads standard input)")
        parser.add_argument(
            "--party",
            action="append",
            default=[],
            metavar="KEY=NAME",
            help="the name of a party, as the agreement has it; may be given for each",
        )
        parser.add_argument("--language", choices=("sv", "en"), default="sv")

    def handle(self, *args: Any, **options: Any) -> None:
        terms = read_terms(options["terms"], self.stderr, options["language"])
        names = dict(named(each) for each in options["party"])
        if terms.name:
            self.stdout.write(f"{terms.name}\n")
        for clause in annex(terms, options["language"], names):
            self.stdout.write(f"{clause.number} {clause.heading}\n{clause.text}\n")


def named(text: str) -> tuple[str, str]:
    """KEY=NAME in two."""
    key, sign, name = text.partition("=")
    if not (key and sign and name):
        raise CommandError(f"«{text}» is not KEY=NAME.")
    return key, name
