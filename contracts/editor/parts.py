"""How each shape of the rulebook is drawn as a part of a form, and how what was typed in it is read back.

What is typed is kept as typed, also where the rulebook will refuse it: nothing is lost, and the rulebook says what is
wrong. What is left empty is left out of the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _

from contracts.editor.described import Entry, described
from contracts.editor.lines import (
    ChoicePart,
    DayOrNamePart,
    DayPart,
    FlagPart,
    NamePart,
    NumberPart,
    Part,
    select,
)
from contracts.editor.nodes import (
    Desk,
    Group,
    KindChoice,
    Node,
    Option,
    Pair,
    Place,
    Row,
    Rows,
    TwoForms,
    Unreadable,
)
from contracts.editor.posted import ABSENT, Act, Posted, carried
from rulebook.problems import inside
from rulebook.shapes import (
    ByDay,
    ByName,
    Choice,
    Day,
    DayOrName,
    Either,
    Flag,
    Kinds,
    ListOf,
    Name,
    Number,
    OneOrMany,
    Record,
    Reference,
    Text,
    Whole,
)

DEEPEST: Final = 30
"""How many steps into an item a form goes: some ten measures within measures. What lies deeper is carried along."""


class RecordPart(Part):
    """Named parts that belong together."""

    types = (dict,)

    def blank(self, shape: Any) -> Any:
        return {}

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        if value is ABSENT and not place.required:
            return Group(place, is_there=False)
        return draw_group(described(shape.cls), {} if value is ABSENT else value, place, desk)

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        if posted.act == Act("drop", name):
            return ABSENT
        if not posted.has(f"{name}.here"):
            if posted.act == Act("add", name):
                posted.focus = name
                return {}
            return ABSENT
        return read_group(described(shape.cls), name, posted)


class KindsPart(Part):
    """A choice of kind, and the parts of the chosen one. Switching keeps what was written for the other kind."""

    types = (dict,)

    def blank(self, shape: Any) -> Any:
        return {}

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        written = {} if value is ABSENT else value
        kind = written.get("kind", "")
        if not isinstance(kind, str):
            return Unreadable(place, raw=carried(value), shown=_as_json(value))
        options = [Option(known, shape.label_of(known, desk.language)) for known in shape.register]
        choice = select(replace(place, name=f"{place.name}.kind"), kind, options)
        known = described(shape.params_of(kind)) if kind in shape.register else ()
        others = {key: item for key, item in written.items() if key != "kind"}
        group = draw_group(known, others, place, desk)
        kept = desk.kept.get(place.name)
        node = KindChoice(place, choice=choice, kind=kind, group=group, kept=carried(kept) if kept else "")
        desk.nodes[inside(place.where, "kind")] = choice
        return node

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        kind, was = posted.text(f"{name}.kind"), posted.text(f"{name}.was")
        posted.remember(name)
        written = read_group(_entries(shape, was), name, posted)
        if kind == was:
            return {"kind": kind, **written} if kind else (written or ABSENT)
        posted.keep(name, was, written)
        posted.focus = posted.focus or name
        if not kind:
            return ABSENT
        kept = posted.kept.get(name, {}).get(kind)
        shared = {entry.key for entry in _entries(shape, kind)} & {entry.key for entry in _entries(shape, was)}
        alike = {key: item for key, item in written.items() if key in shared and _alike(shape, kind, was, key)}
        return {"kind": kind, **(kept if isinstance(kept, dict) else alike)}


def _entries(shape: Kinds, kind: str) -> tuple[Entry, ...]:
    return described(shape.params_of(kind)) if kind in shape.register else ()


def _alike(shape: Kinds, one: str, other: str, key: str) -> bool:
    """Does the key say the same sort of thing in both kinds?"""
    shapes = [next(e.shape for e in _entries(shape, kind) if e.key == key) for kind in (one, other)]
    return bool(shapes[0] == shapes[1])


class ListPart(Part):
    """A list, with rows that can be added, moved, copied and removed."""

    types = (list,)

    def blank(self, shape: Any) -> Any:
        return [blank(shape.item) for _row in range(shape.exactly or shape.at_least)]

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        fixed = shape.exactly is not None
        rows = value
        if value is ABSENT:
            rows = self.blank(shape) if place.required or fixed else []
        places = [place.inside(index, label) for index, label in enumerate(_row_labels(shape, place, len(rows)))]
        nodes = [draw(shape.item, row, at, desk) for row, at in zip(rows, places, strict=True)]
        return Rows(place, rows=_numbered(nodes), is_fixed=fixed and len(rows) == shape.exactly)

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        rows = _read_rows(shape.item, name, posted)
        if shape.exactly is not None and all(row == "" for row in rows):
            return ABSENT
        return rows or ABSENT


class OneOrManyPart(Part):
    """Like a list, but a single one stands by itself in the document."""

    types = (object,)

    def blank(self, shape: Any) -> Any:
        return [blank(shape.item)]

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        if value is ABSENT:
            value = self.blank(shape) if place.required else []
        rows = value if isinstance(value, list) else [value]
        labels = _row_labels(shape, place, len(rows))
        places = [place.inside(index, label) for index, label in enumerate(labels)]
        if not isinstance(value, list):
            places = [replace(at, where=place.where) for at in places]
        nodes = [draw(shape.item, row, at, desk) for row, at in zip(rows, places, strict=True)]
        return Rows(place, rows=_numbered(nodes))

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        rows = _read_rows(shape.item, name, posted)
        return rows[0] if len(rows) == 1 else (rows or ABSENT)


class ByKeyPart(Part):
    """Values by date or by name: rows of a key and a value, in their own order."""

    types = (dict,)

    def blank(self, shape: Any) -> Any:
        return {}

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        pairs = {} if value is ABSENT else value
        if not pairs and place.required:
            pairs = {"": ABSENT}
        nodes: list[Node] = []
        for index, (key, item) in enumerate(pairs.items()):
            at = replace(place.inside(key, _nth(place.label, index + 1)), name=f"{place.name}.{index}")
            nodes.append(self._pair(shape, (key, item), at, desk))
        return Rows(place, rows=_numbered(nodes), is_ordered=False)

    def _pair(self, shape: Any, pair: tuple[str, Any], at: Place, desk: Desk) -> Node:
        key, item = pair
        node = Pair(at)
        desk.nodes[at.where] = node
        titled = _("From and including the day") if isinstance(shape, ByDay) else _("For")
        node.key = draw(_key_shape(shape), key, replace(at, name=f"{at.name}.key", label=titled), desk)
        value = ABSENT if item == "" else item
        node.value = draw(shape.item, value, replace(at, name=f"{at.name}.value", label=_("Value")), desk)
        node.first.has_focus = node.first.has_focus or desk.focus == at.name
        return node

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        keys = _key_shape(shape)
        pairs: list[tuple[str, Any]] = []
        for index in range(posted.rows(name)):
            key = read(keys, f"{name}.{index}.key", posted)
            item = read(shape.item, f"{name}.{index}.value", posted)
            pairs.append(("" if key is ABSENT else str(key), blank(shape.item) if item is ABSENT else item))
        act, index = _row_act(name, len(pairs), posted.act)
        if act == "remove":
            del pairs[index]
            posted.forget(name)
        if posted.act == Act("add", name):
            posted.focus = f"{name}.{len(pairs)}"
            pairs.append(("", blank(shape.item)))
        return _by_key(pairs) or ABSENT


def _key_shape(shape: Any) -> Any:
    return Day() if isinstance(shape, ByDay) else Name(of=shape.of)


def _by_key(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The rows as an object. A key that stands twice gets a mark, so that no row disappears."""
    found: dict[str, Any] = {}
    for key, item in pairs:
        number, free = 1, key
        while free in found:
            number += 1
            free = f"{key} ({number})"
        found[free] = item
    return found


class EitherPart(Part):
    """A value in a plain or in a richer form, with a button that changes form and keeps what was written."""

    def fits(self, shape: Any, value: Any) -> bool:
        return True

    def blank(self, shape: Any) -> Any:
        return blank(shape.plain)

    def draw(self, shape: Any, value: Any, place: Place, desk: Desk) -> Node:
        is_rich = isinstance(value, shape.rich_is)
        inner = shape.rich if is_rich else shape.plain
        other = shape.plain if is_rich else shape.rich
        kept = desk.kept.get(place.name)
        return TwoForms(
            place,
            inner=draw(inner, value, replace(place, required=True) if is_rich else place, desk),
            form="rich" if is_rich else "plain",
            other=_spoken(other, desk),
            kept=carried(kept) if kept and not isinstance(inner, Kinds) else "",
        )

    def read(self, shape: Any, name: str, posted: Posted) -> Any:
        form = "rich" if posted.text(f"{name}.as") == "rich" else "plain"
        if form == "plain" or not isinstance(shape.rich, Kinds):
            posted.remember(name)
        value = read(getattr(shape, form), name, posted)
        if posted.act == Act("other", name):
            posted.keep(name, form, value)
            posted.focus = name
            other = "plain" if form == "rich" else "rich"
            begun = blank(shape.rich) if other == "rich" else ABSENT
            return posted.kept.get(name, {}).get(other, begun)
        return blank(shape.rich) if value is ABSENT and form == "rich" else value


class UnknownPart(Part):
    """A shape that the editor has no form for: its value is carried along as JSON."""

    def fits(self, shape: Any, value: Any) -> bool:
        return value is ABSENT


PARTS: Final[dict[type, Part]] = {
    Text: Part(),
    Reference: Part(),
    Name: NamePart(),
    Number: NumberPart(),
    Whole: NumberPart(),
    Flag: FlagPart(),
    Choice: ChoicePart(),
    Day: DayPart(),
    DayOrName: DayOrNamePart(),
    ListOf: ListPart(),
    OneOrMany: OneOrManyPart(),
    ByDay: ByKeyPart(),
    ByName: ByKeyPart(),
    Either: EitherPart(),
    Record: RecordPart(),
    Kinds: KindsPart(),
}
"""Every shape of the rulebook, with its part of a form."""


def part_of(shape: Any) -> Part:
    return PARTS.get(type(shape), UnknownPart())


def blank(shape: Any) -> Any:
    """What a new value of the shape begins as."""
    return part_of(shape).blank(shape)


def draw(shape: Any, value: Any, place: Place, desk: Desk) -> Node:
    """The form's part for a value, whatever the value is; null counts as left out."""
    value = ABSENT if value is None else value
    part = part_of(shape)
    is_deep = place.name.count(".") > DEEPEST
    if value is ABSENT or (part.fits(shape, value) and not is_deep):
        node = part.draw(shape, value, place, desk)
    else:
        node = Unreadable(place, raw=carried(value), shown=_as_json(value))
    if desk.focus == place.name:
        node.first.has_focus = True
    desk.nodes.setdefault(place.where, node)
    return node


def read(shape: Any, name: str, posted: Posted) -> Any:
    """What stands in the form's part of that name, or ABSENT."""
    if posted.has(f"{name}.raw"):
        return ABSENT if posted.act == Act("clear", name) else posted.value(f"{name}.raw")
    return part_of(shape).read(shape, name, posted)


def draw_group(entries: Sequence[Entry], value: dict[str, Any], place: Place, desk: Desk) -> Group:
    """Named parts. Keys that are not among them are carried along and shown."""
    parts = [
        draw(
            entry.shape,
            value.get(entry.key, ABSENT),
            place.inside(entry.key, entry.title(desk.language), required=entry.required, default=entry.default),
            desk,
        )
        for entry in entries
    ]
    known = {entry.key for entry in entries}
    more = {key: item for key, item in value.items() if key not in known and item is not None}
    return Group(place, parts=parts, more=carried(more) if more else "", more_shown=_as_json(more) if more else "")


def read_group(entries: Sequence[Entry], name: str, posted: Posted) -> dict[str, Any]:
    """What stands in named parts, with what was carried along; what is empty is left out."""
    found = {entry.key: read(entry.shape, f"{name}.{entry.key}", posted) for entry in entries}
    written = {key: value for key, value in found.items() if value is not ABSENT}
    more = ABSENT if posted.act == Act("clear", name) else posted.value(f"{name}.more")
    return (more | written) if isinstance(more, dict) else written


# --- Lists -----------------------------------------------------------------------------------------------------------


def _read_rows(item: Any, name: str, posted: Posted) -> list[Any]:
    found = [read(item, f"{name}.{index}", posted) for index in range(posted.rows(name))]
    rows = [blank(item) if row is ABSENT else row for row in found]
    if posted.act == Act("add", name):
        posted.focus = f"{name}.{len(rows)}"
        return [*rows, blank(item)]
    verb, index = _row_act(name, len(rows), posted.act)
    if verb:
        to = {"up": max(index - 1, 0), "down": min(index + 1, len(rows) - 1), "copy": index + 1, "remove": index}[verb]
        row = rows[index] if verb == "copy" else rows.pop(index)
        if verb != "remove":
            rows.insert(to, json.loads(json.dumps(row, default=str)))
        posted.focus = f"{name}.{min(to, len(rows) - 1)}" if rows else name
        posted.forget(name)
    return rows


def _row_act(name: str, rows: int, act: Act) -> tuple[str, int]:
    """The move of a row that the act asks for, and of which row; an empty verb if it asks for none in this list."""
    parent, _dot, step = act.name.rpartition(".")
    if parent != name or act.verb not in {"up", "down", "copy", "remove"} or not step.isdecimal():
        return "", 0
    index = int(step)
    return (act.verb, index) if index < rows else ("", 0)


def _numbered(nodes: list[Node]) -> list[Row]:
    return [Row(node, index + 1, index > 0, index + 1 < len(nodes)) for index, node in enumerate(nodes)]


def _row_labels(shape: Any, place: Place, rows: int) -> list[str]:
    """Two days are an interval; other rows are numbered."""
    if isinstance(shape, ListOf) and shape.exactly == 2 and isinstance(shape.item, Day):
        return [_("First day"), _("Last day"), *(_nth(place.label, number) for number in range(3, rows + 1))][:rows]
    return [_nth(place.label, number) for number in range(1, rows + 1)]


def _nth(label: str, number: int) -> str:
    return _("%(list)s, number %(number)s") % {"list": re.split("[,:]", label)[0], "number": number}


# --- Words -----------------------------------------------------------------------------------------------------------


def _spoken(shape: Any, desk: Desk) -> str:
    """What the button that changes to this form offers."""
    if isinstance(shape, Record):
        entry = next(entry for entry in described(shape.cls) if entry.key != "id")
        return re.split("[,;]", entry.title(desk.language))[0].lower() + " …"
    if isinstance(shape, Kinds):
        return _("something that is worked out")
    if isinstance(shape, ListOf | OneOrMany | ByDay | ByName):
        return _("a list of its own")
    if isinstance(shape, Number | Whole):
        return _("a number")
    is_list = isinstance(shape, Choice) or (isinstance(shape, Name) and bool(shape.of))
    return _("one of those in the list") if is_list else _("an id only")


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
