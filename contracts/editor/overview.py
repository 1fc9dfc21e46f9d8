"""The whole draft at a glance: each section with its items in words and what remains to be mended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contracts.editor.described import described, general, sections
from contracts.editor.draft import Draft, name_of
from contracts.editor.faults import Fault, place_problems
from contracts.editor.lines import shown_number
from contracts.editor.nodes import Desk
from contracts.editor.spots import Spot
from rulebook.shapes import Choice, Either, Record


@dataclass(frozen=True)
class ItemView:
    """One item: its number from 1, its name, what it says, and what is wrong."""

    number: int
    name: str
    sentence: str
    faults: list[Fault]
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
            problems=[problem.message(draft.language) for problem in draft.problems_of(key)]
            if draft.items(key)
            else [],
            is_readable=isinstance(draft.document.get(key, []), list),
            is_required=entry.required,
        )
        for key, entry in sections().items()
    ]


def _item(draft: Draft, section: str, index: int) -> ItemView:
    items = draft.items(section)
    return ItemView(
        number=index + 1,
        name=name_of(items[index], draft.language)
        or summary(sections()[section].shape.item, items[index], draft)
        or _("Without a name"),
        sentence=draft.sentence(section, index),
        faults=faults_of(draft, Spot(section, index)),
        may_rise=index > 0,
        may_sink=index + 1 < len(items),
    )


def faults_of(draft: Draft, spot: Spot) -> list[Fault]:
    """What is wrong in one part, under the names that its form uses, with the way to each field."""
    problems = spot.problems(draft)
    if not problems:
        return []
    desk = Desk(draft.language)
    root = spot.draw(spot.value_in(draft.document), "", desk)
    return place_problems(problems, desk, root=root, quiet=True)


def general_view(draft: Draft) -> list[tuple[str, str]]:
    """What is written in the general part: titles and values."""
    written = [(entry, draft.document.get(entry.key)) for entry in general()]
    return [
        (re.split("[,:]", entry.title(draft.language))[0], summary(entry.shape, value, draft))
        for entry, value in written
        if value is not None
    ]


def summary(shape: Any, value: Any, draft: Draft) -> str:
    """A value in short, for one that has no name: its own values in the order of the form, choices in words."""
    if isinstance(shape, Either):
        return summary(shape.rich if isinstance(value, shape.rich_is) else shape.plain, value, draft)
    if isinstance(value, dict):
        known = described(shape.cls) if isinstance(shape, Record) else ()
        parts = [summary(entry.shape, value[entry.key], draft) for entry in known if value.get(entry.key) is not None]
        return " · ".join(part for part in parts if part)
    if isinstance(value, list):
        item = getattr(shape, "item", None)
        return ", ".join(summary(item, each, draft) for each in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(shape, Choice) and isinstance(value, str):
        return shape.word(value, draft.language)
    return draft.parties.get(str(value), shown_number(value)) if value is not None else ""
