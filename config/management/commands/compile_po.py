"""Compile the translations, without GNU gettext: a bare machine has no msgfmt.

--check: every text of the code is translated in every language, nothing is fuzzy, placeholders agree.
--collect: bring the texts of code and templates into the .po files (what makemessages does with GNU gettext).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.translations import collect

SOURCE = "en"
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--collect", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["collect"]:
            for path in catalogs():
                update(path)
        elif options["check"]:
            found = [
                f"{path.relative_to(settings.BASE_DIR)}: {problem}" for path in catalogs() for problem in problems(path)
            ]
            if found:
                raise CommandError("\n".join([f"{len(found)} texts are not translated.", *found]))
        else:
            for path in catalogs():
                compile_catalog(path)


def catalogs() -> list[Path]:
    """The .po file of each language. English needs none: the texts in the code are English."""
    languages = [code for code, _ in settings.LANGUAGES if code != SOURCE]
    return [Path(folder) / code / "LC_MESSAGES" / "django.po" for folder in settings.LOCALE_PATHS for code in languages]


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain="django")


def compile_catalog(path: Path) -> None:
    """Write the .mo beside its .po when it is older. Fuzzy entries are left out, so their texts stay English."""
    compiled = path.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return
    draft = compiled.with_suffix(f".{os.getpid()}")  # two processes may compile at once; the rename is atomic
    with draft.open("wb") as file:
        write_mo(file, read(path))
    draft.replace(compiled)


def problems(path: Path) -> Iterator[str]:
    """What is wrong with a language, text by text."""
    if not path.exists():
        yield "there is no such file; run `make messages`"
        return
    catalog = read(path)
    for wanted in collect():
        if not wanted.id:
            continue
        message = catalog.get(wanted.id, wanted.context)
        name = repr(wanted.id if isinstance(wanted.id, str) else wanted.id[0])
        if message is None:
            yield f"{name} is missing; run `make messages`"
        elif message.fuzzy:
            yield f"{name} is fuzzy"
        else:
            sources = [wanted.id] if isinstance(wanted.id, str) else list(wanted.id)
            texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
            if not texts or not all(texts):
                yield f"{name} is not translated"
            elif placeholders(*texts) != placeholders(*sources):
                yield f"{name} has other placeholders in its translation"


def placeholders(*texts: str) -> set[str]:
    return {found for text in texts for found in _PLACEHOLDER.findall(text)}


def update(path: Path) -> None:
    """Add new texts (empty), keep translations, drop what no code asks for. No guesses, so nothing gets fuzzy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    language = path.parent.parent.name
    catalog = read(path) if path.exists() else Catalog(locale=language, domain="django", fuzzy=False)
    catalog.update(collect(), no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, sort_output=True, include_lineno=False, omit_header=False, width=120)
