"""manage.py simulate TERMS.json ASSUMPTIONS.json – what may be paid: distributions, not amounts."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from contracts.management.files import WRONG, read_document, read_terms, stop
from rulebook.simulate import parse_assumptions, simulate
from rulebook.simulation.words import as_text


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is not 0 or more")
    return number


class Command(BaseCommand):
    help = "Draw what may be paid under the terms. Exit code: 0 done, 1 problems, 2 a file cannot be read."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("terms", help="the terms, a JSON file")
        parser.add_argument("assumptions", help="what is assumed to happen, a JSON file")
        parser.add_argument("--draws", type=_whole, default=100_000, help="how many times to draw")
        parser.add_argument("--seed", type=_seed, default=1, help="the same seed gives the same draws")
        parser.add_argument("--threads", type=_whole, default=1, help="the result is the same whatever the number")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--language", choices=("sv", "en"), default="sv")

    def handle(self, *args: Any, **options: Any) -> None:
        language = options["language"]
        terms = read_terms(options["terms"], self.stderr, language)
        document = read_document(options["assumptions"], self.stderr, language)
        assumptions, problems = parse_assumptions(document, terms)
        if assumptions is None:
            stop(WRONG, problems, self.stderr, language, options["assumptions"])
        result = simulate(terms, assumptions, options["draws"], options["seed"], options["threads"])
        if options["format"] == "json":
            self.stdout.write(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(result, terms, language))
