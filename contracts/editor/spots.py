"""Which part of the document a page of the editor is about: one item of a section, or all that is general."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from contracts.editor.described import general, sections
from contracts.editor.draft import Document, Draft, is_inside, with_item
from contracts.editor.nodes import Desk, Node, Place
from contracts.editor.parts import draw, draw_group, read, read_group
from contracts.editor.posted import ABSENT, Posted
from rulebook import Problem
from rulebook.problems import inside

ROOT = "f"


@dataclass(frozen=True)
class Spot:
    """A section and an index in it; the general part has neither. An index after the last one is a new item."""

    section: str = ""
    index: int = 0

    @property
    def is_general(self) -> bool:
        return not self.section

    @property
    def where(self) -> str:
        return inside(self.section, self.index) if self.section else ""

    def exists_in(self, draft: Draft) -> bool:
        """May there be a page for it? A new item comes right after the last one."""
        if self.is_general:
            return True
        known = self.section in sections() and isinstance(draft.document.get(self.section, []), list)
        return known and 0 <= self.index <= len(draft.items(self.section))

    def is_new_in(self, draft: Draft) -> bool:
        return not self.is_general and self.index >= len(draft.items(self.section))

    def is_heard_in(self, draft: Draft) -> bool:
        """Can it be read, so that words and amounts are about it?"""
        readable = draft.readable
        return readable is not None and (self.is_general or self.index in readable.kept[self.section])

    def value_in(self, document: Document) -> Any:
        """What stands there; an empty object where nothing does."""
        if self.is_general:
            return {key: value for key, value in document.items() if key not in sections()}
        items = document.get(self.section) or []
        return items[self.index] if self.index < len(items) else {}

    def put(self, document: Document, value: Any) -> Document:
        """The document with the value in its place."""
        if self.is_general:
            return {**{key: item for key, item in document.items() if key in sections()}, **value}
        return with_item(document, self.section, self.index, value)

    def draw(self, value: Any, label: str, desk: Desk) -> Node:
        """The form for a value."""
        place = Place(ROOT, self.where, label)
        if self.is_general:
            node: Node = draw_group(general(), value, place, desk)
            desk.nodes[self.where] = node
            return node
        return draw(sections()[self.section].shape.item, value, place, desk)

    def read(self, posted: Posted) -> Any:
        """What stands in the form."""
        if self.is_general:
            return read_group(general(), ROOT, posted)
        value = read(sections()[self.section].shape.item, ROOT, posted)
        return {} if value is ABSENT else value

    def problems(self, draft: Draft) -> list[Problem]:
        """What is wrong in this part of the draft."""
        if self.is_general:
            return draft.general_problems
        return [problem for problem in draft.problems if is_inside(problem.where, self.where)]

    def found_in(self, document: Document, opened: Any) -> Spot:
        """Where the item that the writer opened stands now: it may have moved, and is new again if it is gone."""
        if self.is_general or not isinstance(document.get(self.section), list):
            return self
        items = document[self.section]
        if self.index < len(items) and items[self.index] == opened:
            return self
        own = opened.get("id") if isinstance(opened, dict) else None
        alike = [index for index, item in enumerate(items) if item == opened]
        named = [index for index, item in enumerate(items) if own and isinstance(item, dict) and item.get("id") == own]
        return replace(self, index=next(iter([*alike, *named]), len(items)))
