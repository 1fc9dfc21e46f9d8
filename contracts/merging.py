"""Two changes of the same terms as one: a three-way merge by ids, with what does not fit together listed.

Pure: documents in, a document and conflicts out. Rows of a list (metrics, terms, limits, legs …) are matched by what
names them, as in `contracts.redline`, so that two people who each add a row, or change different rows, do not collide.
A conflict is a value that both changed, and not to the same; nothing is chosen for anybody.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from contracts.redline import named_rows, values_compared


class Side(StrEnum):
    """Whose value is taken where both changed the same."""

    MINE = "mine"
    THEIRS = "theirs"


class _Absent:
    """Stands where a document has no value: not the same as null."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed, with what stood there before and what each made of it; ABSENT where it is gone."""

    path: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The document with every change that fits together. At a conflict it keeps mine until a side is chosen."""

    document: Any
    conflicts: tuple[Conflict, ...]
    taken: tuple[str, ...] = ()  # the places where theirs came in without conflict


@dataclass
class _Notes:
    choices: Mapping[str, str]
    conflicts: list[Conflict] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)


def merge(base: Any, mine: Any, theirs: Any, choices: Mapping[str, str] | None = None) -> Merged:
    """Bring what `theirs` changed since `base` into `mine`. `choices` says by path which side a conflict takes; a
    conflict without a choice stays in the list.

    >>> merged = merge({"cap": "1", "floor": "0"}, {"cap": "2", "floor": "0"}, {"cap": "1", "floor": "5"})
    >>> merged.document, merged.conflicts
    ({'cap': '2', 'floor': '5'}, ())
    >>> merge({"cap": "1"}, {"cap": "2"}, {"cap": "3"}).conflicts
    (Conflict(path='cap', base='1', mine='2', theirs='3'),)
    >>> merge({"cap": "1"}, {"cap": "2"}, {"cap": "3"}, {"cap": "theirs"}).document
    {'cap': '3'}
    """
    notes = _Notes(choices or {})
    document = _merged("", base, mine, theirs, notes)
    return Merged(deepcopy(document), tuple(notes.conflicts), tuple(notes.taken))


def _merged(path: str, base: Any, mine: Any, theirs: Any, notes: _Notes) -> Any:
    if _same(mine, theirs) or _same(base, theirs):
        return mine
    if _same(base, mine):
        gone_or_new = base is ABSENT or theirs is ABSENT
        notes.taken += [path] if gone_or_new else [diff.path for diff in values_compared(base, theirs, path)]
        return theirs
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return _objects(path, base if isinstance(base, Mapping) else {}, mine, theirs, notes)
    if _are_rows(mine) and _are_rows(theirs):
        return _rows(path, base if _are_rows(base) else [], mine, theirs, notes)
    return _conflict(path, base, mine, theirs, notes)


def _conflict(path: str, base: Any, mine: Any, theirs: Any, notes: _Notes) -> Any:
    chosen = notes.choices.get(path)
    if chosen == Side.THEIRS:
        return theirs
    if chosen != Side.MINE:
        notes.conflicts.append(Conflict(path, base, mine, theirs))
    return mine


def _objects(
    path: str, base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], notes: _Notes
) -> dict[str, Any]:
    merged = {}
    for key in _union(mine, theirs):
        inner = f"{path}.{key}" if path else key
        value = _merged(inner, base.get(key, ABSENT), mine.get(key, ABSENT), theirs.get(key, ABSENT), notes)
        if value is not ABSENT:
            merged[key] = value
    return merged


def _rows(path: str, base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any], notes: _Notes) -> list[Any]:
    """Rows by name, in my order; what they added stands after the row that it follows at theirs."""
    before, own, other = named_rows(base), named_rows(mine), named_rows(theirs)
    order = list(own)
    previous: str | None = None
    for name in other:
        if name not in order:
            order.insert(order.index(previous) + 1 if previous in order else len(order), name)
        previous = name
    merged = []
    for name in order:
        value = _merged(path + name, before.get(name, ABSENT), own.get(name, ABSENT), other.get(name, ABSENT), notes)
        if value is not ABSENT:
            merged.append(value)
    return merged


def _are_rows(value: Any) -> bool:
    """A list whose rows have names; other lists (two dates, a few numbers) are taken whole."""
    return isinstance(value, list) and all("#" not in name for name in named_rows(value))


def _same(one: Any, other: Any) -> bool:
    """Equal, and of the same kind: 1 is not True."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return type(one) is type(other) and bool(one == other)


def _union(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    return [*mine, *(key for key in theirs if key not in mine)]
