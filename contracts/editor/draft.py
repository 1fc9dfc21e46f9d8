"""The draft as the editor sees it: its sections and items, what is wrong where, and what each item says in words."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

from contracts.editor.described import Entry, described, sections
from contracts.editor.nodes import Option
from rulebook import Clause, Problem, Terms, clauses, parse_terms
from rulebook.problems import Language
from rulebook.shapes import REFUSED

Document = dict[str, Any]

STAND_INS: Final[Document] = {"currency": "SEK", "legs": [{"payer": "betalaren", "share": "1"}]}
"""What an unfinished draft is read with where it does not say so itself, so that its items can be heard."""

MARK: Final = "\u2060%d\u2060"
"""A name that nobody gives."""

_PLACE: Final = re.compile(r"([^.\[]+)(?:\[(\d+)\])?")


@dataclass(frozen=True)
class Readable:
    """The part of a draft that can be read. `kept` has the indexes of the items that are in it, by section.

    Where `holds` is false its parts may not fit together, and nothing can be computed.
    """

    terms: Terms
    kept: Mapping[str, list[int]]
    holds: bool


@dataclass(frozen=True)
class Draft:
    """A document of terms, finished or not, in one language."""

    document: Document
    language: Language
    parties: Mapping[str, str]

    @cached_property
    def problems(self) -> list[Problem]:
        return parse_terms(self.document)[1]

    def items(self, section: str) -> list[Any]:
        """The items of a section; none where the document has something else there."""
        found = self.document.get(section)
        return found if isinstance(found, list) else []

    def options(self) -> dict[str, list[Option]]:
        """What names can refer to, by list of the document."""
        return {section: list(self._options(section)) for section in sections()}

    def _options(self, section: str) -> Iterator[Option]:
        for item in self.items(section):
            own = item.get("id") if isinstance(item, dict) else None
            if isinstance(own, str) and own:
                name = name_of(item, self.language)
                yield Option(own, f"{name} ({own})" if name != own else own)

    def problems_of(self, section: str) -> list[Problem]:
        """What is wrong with a section as a whole."""
        return [problem for problem in self.problems if problem.where == section]

    @cached_property
    def general_problems(self) -> list[Problem]:
        """What is wrong outside the sections."""
        return [problem for problem in self.problems if _section(problem.where) not in sections()]

    @cached_property
    def readable(self) -> Readable | None:
        """What can be read of it; None where not even that."""
        return _readable(self.document, self.problems)

    def sentence(self, section: str, index: int) -> str:
        """What an item says in words; empty where it cannot be read yet, or where it has no clause of its own."""
        return self._sentences.get((section, index), "")

    @cached_property
    def _sentences(self) -> dict[tuple[str, int], str]:
        """The clause of each item: the one that changes its heading when the item is called something else.

        An item without a name, such as a leg, has the first clause that speaks of it.
        """
        readable = self.readable
        if readable is None:
            return {}
        marks: dict[tuple[str, int], tuple[str, bool]] = {}
        renamed: dict[str, Any] = {}
        for section, entry in sections().items():
            items = getattr(readable.terms, entry.field)
            renamed[entry.field] = tuple(_called(item, MARK % (len(marks) + at)) for at, item in enumerate(items))
            for index, item in zip(readable.kept[section], items, strict=True):
                marks[section, index] = (MARK % len(marks), hasattr(item, "sv"))
        said, other = self._clauses(readable.terms), self._clauses(replace(readable.terms, **renamed))
        return {place: _speaking_of(mark, said, other, by_name=named) for place, (mark, named) in marks.items()}

    def _clauses(self, terms: Terms) -> list[Clause]:
        try:
            return clauses(terms, self.language, self.parties)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return []  # a sentence speaks of something that an unfinished draft does not have


def _speaking_of(mark: str, said: list[Clause], renamed: list[Clause], *, by_name: bool) -> str:
    """The first clause with the mark, in its heading or else anywhere, as it is really said."""
    pairs = zip(said, renamed, strict=False)
    return next((mine.text for mine, other in pairs if mark in (other.heading if by_name else other.text)), "")


def _called(item: Any, name: str) -> Any:
    """The same item under another name."""
    wording = [field for field in ("sv", "en") if hasattr(item, field)]
    return replace(item, **dict.fromkeys(wording or [fields(item)[0].name], name))


def is_inside(where: str, place: str) -> bool:
    """Is the one place the other, or within it?"""
    return where == place or where.startswith((f"{place}.", f"{place}["))


def _section(where: str) -> str:
    return where.partition(".")[0].partition("[")[0]


def name_of(item: Any, language: Language) -> str:
    """What people call an item: its name in the language, else in the other one, else its id."""
    if not isinstance(item, dict):
        return ""
    keys = ("en", "sv", "name", "id") if language == "en" else ("sv", "en", "name", "id")
    return next((item[key] for key in keys if isinstance(item.get(key), str) and item[key].strip()), "")


# --- Acts on the document: each gives a new one ----------------------------------------------------------------------


def with_item(document: Document, section: str, index: int, item: Any) -> Document:
    """The item in its place, or last where the place is the one after the last."""
    items = _list(document, section)
    return {**document, section: [*items[:index], item, *items[index + 1 :]]}


def with_inserted(document: Document, section: str, index: int, item: Any) -> Document:
    """The item put before the one that has its place now."""
    items = _list(document, section)
    return {**document, section: [*items[:index], item, *items[index:]]}


def without_item(document: Document, section: str, index: int) -> Document:
    """Without the item; a list that becomes empty is left out."""
    items = _list(document, section)
    left = [*items[:index], *items[index + 1 :]]
    others = {key: value for key, value in document.items() if key != section}
    return {**document, section: left} if left else others


def with_moved(document: Document, section: str, index: int, to: int) -> Document:
    """The item in another place of its list."""
    items = list(_list(document, section))
    items.insert(to, items.pop(index))
    return {**document, section: items}


def with_copied(document: Document, section: str, index: int) -> Document:
    """A copy after the item, under an id of its own."""
    items = _list(document, section)
    twin = copy.deepcopy(items[index])
    if isinstance(twin, dict) and isinstance(twin.get("id"), str):
        taken = {item.get("id") for item in items if isinstance(item, dict)}
        twin["id"] = next(own for number in range(2, len(items) + 3) if (own := f"{twin['id']}_{number}") not in taken)
    return with_inserted(document, section, index + 1, twin)


def _list(document: Document, section: str) -> list[Any]:
    found = document.get(section)
    return found if isinstance(found, list) else []


# --- Reading the unfinished ------------------------------------------------------------------------------------------


def _readable(document: Document, problems: list[Problem]) -> Readable | None:
    """The document without its faulty items and keys, read as terms; a fault may show only when another is gone."""
    kept = {section: list(range(len(_list(document, section)))) for section in sections()}
    left, kept = _completed(document, kept)
    for _round in range(len(sections())):
        slimmer, kept = _without_faults(left, kept, problems)
        terms, problems = parse_terms(slimmer)
        if terms is not None:
            return Readable(terms, kept, holds=True)
        if slimmer == left:
            break
        left = slimmer
    found = {entry.field: _read_alone(entry, left.get(entry.key)) for entry in described(Terms)}
    if any(value is REFUSED or (isinstance(value, tuple) and REFUSED in value) for value in found.values()):
        return None
    return Readable(Terms(**found), kept, holds=False)


def _read_alone(entry: Entry, value: Any) -> Any:
    """One key of the terms, whatever the others are; a section may be empty."""
    if entry.key in sections():
        return tuple(entry.shape.item.read(item, "", []) for item in value or ())
    return entry.default if value is None else entry.shape.read(value, "", [])


def _without_faults(
    document: Document, kept: Mapping[str, list[int]], problems: list[Problem]
) -> tuple[Document, dict[str, list[int]]]:
    places = [_PLACE.match(problem.where) for problem in problems]
    faulty = {(place[1], None if place[2] is None else int(place[2])) for place in places if place}
    left: Document = {}
    still = dict(kept)
    for key, value in document.items():
        is_faulty = (key, None) in faulty
        if key in sections():
            items = value if isinstance(value, list) and not is_faulty else []
            indexes = [index for index in range(len(items)) if (key, index) not in faulty]
            left[key] = [items[index] for index in indexes]
            still[key] = [kept[key][index] for index in indexes]
        elif not is_faulty:
            left[key] = value
    return _completed(left, still)


def _completed(document: Document, kept: Mapping[str, list[int]]) -> tuple[Document, dict[str, list[int]]]:
    """With what stands in for what is missing; a stand-in has the index of no item."""
    added = {key: value for key, value in STAND_INS.items() if not document.get(key)}
    nobody = {key: [-1] * len(value) for key, value in added.items() if isinstance(value, list)}
    return {**document, **added}, {**kept, **nobody}
