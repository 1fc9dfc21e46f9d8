"""The whole draft at a glance: each section with its items in words and what remains to be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contracts.editor.described import Entry, general, sections
from contracts.editor.draft import Draft, name_of
from rulebook.problems import Language
from rulebook.shapes import Choice, Either


@dataclass(frozen=True)
class ItemView:
    """One item: its number from 1, its name, what it says, and what is wrong."""

    number: int
    name: str
    sentence: str
    problems: list[str]
    may_rise: bool
    may_sink: bool

    @property
    def step(self) -> str:
        """Its number, as addresses and buttons write it."""
        return str(self.number)


@dataclass(frozen=True)
class SectionView:
    """One list of the terms."""

    key: str
    title: str
    items: list[ItemView]
    problems: list[str]
    is_readable: bool
    is_required: bool

    @property
    def next_number(self) -> int:
        return len(self.items) + 1


def section_views(draft: Draft) -> list[SectionView]:
    """Every section, also those without items."""
    return [
        SectionView(
            key=key,
            title=entry.title(draft.language),
            items=[_item(draft, key, index) for index in range(len(draft.items(key)))],
            problems=_texts(draft, draft.problems_of(key)) if draft.items(key) else [],
            is_readable=isinstance(draft.document.get(key, []), list),
            is_required=entry.required,
        )
        for key, entry in sections().items()
    ]


def _item(draft: Draft, section: str, index: int) -> ItemView:
    items = draft.items(section)
    return ItemView(
        number=index + 1,
        name=name_of(items[index], draft.language) or _summary(items[index]) or _("Without a name"),
        sentence=draft.sentence(section, index),
        problems=_texts(draft, draft.problems_in(section, index)),
        may_rise=index > 0,
        may_sink=index + 1 < len(items),
    )


def _texts(draft: Draft, problems: list[Any]) -> list[str]:
    return [problem.message(draft.language) for problem in problems]


def _summary(item: Any) -> str:
    """The plain values of an item, for one that has no name."""
    values = item.values() if isinstance(item, dict) else [item]
    return " · ".join(str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool))


def general_view(draft: Draft) -> list[tuple[str, str]]:
    """What is written in the general part: titles and values."""
    written = [(entry, draft.document.get(entry.key)) for entry in general()]
    return [
        (entry.title(draft.language).split(":")[0].split(",")[0], _shown(entry, value, draft.language))
        for entry, value in written
        if value is not None
    ]


def _shown(entry: Entry, value: Any, language: Language) -> str:
    shape = entry.shape.plain if isinstance(entry.shape, Either) else entry.shape
    if isinstance(value, dict):
        return " – ".join(str(item) for item in value.values())
    if isinstance(value, list):
        return ", ".join(_shown(entry, item, language) for item in value)
    return shape.word(value, language) if isinstance(shape, Choice) and isinstance(value, str) else str(value)
