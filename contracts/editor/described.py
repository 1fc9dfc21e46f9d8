"""What the rulebook's dataclasses say about themselves: their keys, shapes and titles, and the lists of a document."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any

from rulebook.problems import Language
from rulebook.shapes import ListOf, Record
from rulebook.terms import Terms


@dataclass(frozen=True)
class Entry:
    """One key of a document: its shape, its title in both languages, and what applies when it is left out."""

    key: str
    field: str
    shape: Any
    sv: str
    en: str
    required: bool
    default: Any

    def title(self, language: Language) -> str:
        return self.en if language == "en" else self.sv


def described(cls: Any) -> tuple[Entry, ...]:
    """The keys that a document read as the dataclass can have, in the order people should see them."""
    return _described(cls)


@cache
def _described(cls: Any) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            key=item.metadata["key"] or item.name,
            field=item.name,
            shape=item.metadata["shape"],
            sv=item.metadata["sv"],
            en=item.metadata["en"],
            required=item.default is MISSING,
            default=None if item.default is MISSING else item.default,
        )
        for item in fields(cls)
        if "shape" in item.metadata
    )


@cache
def sections() -> dict[str, Entry]:
    """The lists of the terms that have a page for each of their items, by key."""
    return {
        entry.key: entry
        for entry in described(Terms)
        if isinstance(entry.shape, ListOf) and isinstance(entry.shape.item, Record)
    }


@cache
def general() -> tuple[Entry, ...]:
    """All other keys of the terms, which share one page."""
    return tuple(entry for entry in described(Terms) if entry.key not in sections())
