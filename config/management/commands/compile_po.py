"""Compile the translations, without GNU gettext: a bare machine has no msgfmt.

--check: every text of the code is translated, nothing is fuzzy, placeholders agree, no text has two translations.
--collect: bring the texts of code and templates into the .po files (what makemessages does with GNU gettext).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.translations import collect

SOURCE = "en"  # the texts in the code are English, so English needs no catalog
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--collect", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [code for code, _ in settings.LANGUAGES if code != SOURCE]
        if options["collect"]:
            for language in languages:
                for folder, texts in collect().items():
                    update(folder / language / "LC_MESSAGES" / "django.po", texts, language)
        elif options["check"]:
            found = [f"{language}: {problem}" for language in languages for problem in problems(language)]
            if found:
                raise CommandError("\n".join(["Texts to see to (`make messages` collects new ones):", *found]))
        else:
            for language in languages:
                for path in catalogs(language):
                    compile_catalog(path)


def catalogs(language: str) -> list[Path]:
    """The language's .po files: one per app, and one for what all pages share."""
    base = Path(settings.BASE_DIR)
    return sorted(base.glob(f"locale/{language}/LC_MESSAGES/*.po")) + sorted(
        base.glob(f"[!.]*/locale/{language}/LC_MESSAGES/*.po")
    )


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


def problems(language: str) -> Iterator[str]:
    """What is wrong with a language, text by text. Any catalog may hold a text: Django reads them as one."""
    known: dict[tuple[str, str | None], list[Message]] = {}
    for path in catalogs(language):
        for message in read(path):
            if message.id:
                known.setdefault((forms(message.id)[0], message.context), []).append(message)
    for texts in collect().values():
        for wanted in texts:
            if not wanted.id:
                continue
            key = (forms(wanted.id)[0], wanted.context)
            name = f"{key[0]!r} ({', '.join(place for place, _ in wanted.locations[:2])})"
            usable = [message for message in known.get(key, []) if all(forms(message.string)) and not message.fuzzy]
            if not usable:
                yield f"{name} is not translated"
            elif len({forms(message.string) for message in usable}) > 1:
                yield f"{name} has two translations; give one of them a context"
            elif placeholders(*forms(usable[0].string)) != placeholders(*forms(wanted.id)):
                yield f"{name} has other placeholders in its translation"


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Singular and plural, or the only form."""
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def placeholders(*texts: str) -> set[str]:
    return {found for text in texts for found in _PLACEHOLDER.findall(text)}


def update(path: Path, texts: Catalog, language: str) -> None:
    """Add new texts (empty), keep translations, drop what no code asks for. No guesses, so nothing gets fuzzy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = read(path) if path.exists() else Catalog(locale=language, domain="django", fuzzy=False)
    catalog.update(texts, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, sort_output=True, include_lineno=False, width=120)
