"""What differs between two texts of the terms: in words, clause by clause, and in the document, path by path.

Pure: it takes clauses and documents and gives differences; it reads no database and draws no page. Clauses are matched
by their place in the terms (`rulebook.Clause.place`), so that a clause that only got another number is the same clause.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from rulebook import Clause

# A space that does not break belongs to its word: «12 000,00 kr» is one amount, not three pieces.
_WORD = re.compile(r"[^\S\xa0\u202f]+|[\S\xa0\u202f]+")
_NAMED = frozenset({"contract", "version", "terms"})  # what a version is called, and what is compared by itself
_KEYS = ("id", "key")  # what names a row of a list in the terms


class Change(StrEnum):
    """What happened to a clause or a value from the first text to the second."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stands in both texts, was added, or was removed."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class ClauseDiff:
    """A clause before and after; one of them is None where it was added or removed."""

    place: str
    before: Clause | None
    after: Clause | None
    pieces: tuple[Piece, ...]

    @property
    def change(self) -> Change:
        if self.before is None:
            return Change.ADDED
        if self.after is None:
            return Change.REMOVED
        return Change.SAME if all(piece.change is Change.SAME for piece in self.pieces) else Change.CHANGED

    @property
    def clause(self) -> Clause:
        """The clause to name it by: as it reads now, or as it last read."""
        clause = self.after or self.before
        if clause is None:
            raise AssertionError("a difference of clauses holds at least one of them")
        return clause

    @property
    def heading_before(self) -> str:
        """The old heading, where the clause has got another one."""
        if self.before is None or self.after is None or self.before.heading == self.after.heading:
            return ""
        return self.before.heading


@dataclass(frozen=True, slots=True)
class ValueDiff:
    """A value of the document before and after, at its path, such as `terms[t1].price.amount`."""

    path: str
    change: Change
    before: Any
    after: Any


def words(before: str, after: str) -> tuple[Piece, ...]:
    """The two texts as one, with what was removed and added marked. Joined again it gives each of them back.

    >>> [(str(piece.change), piece.text) for piece in words("högst 900 kr", "högst 800 kr")]
    [('same', 'högst '), ('removed', '900'), ('added', '800'), ('same', ' kr')]
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for what, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece(Change.SAME, "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece(Change.REMOVED, "".join(old[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece(Change.ADDED, "".join(new[new_from:new_to])))
    return tuple(_calm(pieces))


def _calm(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """A lone space between two changes belongs to both: «12 000» to «9 500» is one change, not two."""
    run: dict[Change, str] = {}
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else None
        if piece.change is not Change.SAME:
            run[piece.change] = run.get(piece.change, "") + piece.text
        elif run and following is not None and not piece.text.strip():
            run = {change: run.get(change, "") + piece.text for change in (Change.REMOVED, Change.ADDED)}
        else:
            yield from _run(run)
            run = {}
            yield piece
    yield from _run(run)


def _run(run: Mapping[Change, str]) -> Iterator[Piece]:
    for change in (Change.REMOVED, Change.ADDED):
        if run.get(change):
            yield Piece(change, run[change])


def clauses_compared(before: Sequence[Clause], after: Sequence[Clause]) -> list[ClauseDiff]:
    """Every clause of both texts in the order they are read, matched by place.

    The worked example at the end of an annex is left out: it is worked out anew from the terms.
    """
    old = {clause.place: clause for clause in before if not clause.place.startswith("example/")}
    new = {clause.place: clause for clause in after if not clause.place.startswith("example/")}
    return [
        ClauseDiff(place, old.get(place), new.get(place), _pieces(old.get(place), new.get(place)))
        for place in _interleaved(list(old), list(new))
    ]


def _pieces(before: Clause | None, after: Clause | None) -> tuple[Piece, ...]:
    return words(before.text if before else "", after.text if after else "")


def _interleaved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The places of both, each once: the new order, and what is gone where it used to stand."""
    order = list(new)
    for index, place in enumerate(old):
        if place in new:
            continue
        earlier = next((p for p in reversed(old[:index]) if p in order), None)
        order.insert(order.index(earlier) + 1 if earlier is not None else 0, place)
    return order


def changed_only(compared: Sequence[ClauseDiff]) -> list[ClauseDiff]:
    """The clauses that do not read as before."""
    return [diff for diff in compared if diff.change is not Change.SAME or diff.heading_before]


def values_compared(before: Any, after: Any, path: str = "") -> list[ValueDiff]:
    """Every value that was added, removed or changed from one document to the other, in reading order.

    Rows of a list are matched by their id where they have one, else by their place in the list. `path` is where the
    two stand in a larger document.

    >>> [(diff.path, diff.before, diff.after) for diff in values_compared(
    ...     {"terms": [{"id": "t1", "price": "10"}]}, {"terms": [{"id": "t0"}, {"id": "t1", "price": "12"}]})]
    [('terms[t0]', None, {'id': 't0'}), ('terms[t1].price', '10', '12')]
    """
    return list(_values(path, before, after))


def _values(path: str, before: Any, after: Any) -> Iterator[ValueDiff]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _rows(path, {f".{k}" if path else k: v for k, v in before.items()}, _dotted(path, after))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _rows(path, named_rows(before), named_rows(after))
    elif before != after:
        yield ValueDiff(path, Change.CHANGED, before, after)


def _dotted(path: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {f".{key}" if path else key: item for key, item in value.items()}


def _rows(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueDiff]:
    for name in _interleaved(list(before), list(after)):
        if name not in before:
            yield ValueDiff(path + name, Change.ADDED, None, after[name])
        elif name not in after:
            yield ValueDiff(path + name, Change.REMOVED, before[name], None)
        else:
            yield from _values(path + name, before[name], after[name])


def parts_compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The parts of two agreements, besides the terms themselves, that do not say the same.

    >>> parts_compared({"version": 1, "terms": {}, "schedule": {"pay": 30}}, {"version": 2, "terms": {"id": 1}})
    ['schedule']
    """
    return [name for name in {**after, **before} if name not in _NAMED and before.get(name) != after.get(name)]


def named_rows(rows: Sequence[Any]) -> dict[str, Any]:
    """The rows of a list by name: `[t1]` by id, `[#2]` by place where there is none or it stands twice."""
    found: dict[str, Any] = {}
    for place, row in enumerate(rows, 1):
        name = f"[{row_name(row) or f'#{place}'}]"
        found[name if name not in found else f"[#{place}]"] = row
    return found


def row_name(row: Any) -> str:
    """What identifies a row of the terms: its id; a limit by what it limits; a leg by who pays whom."""
    if not isinstance(row, Mapping):
        return ""
    for key in _KEYS:
        if isinstance(row.get(key), str):
            return str(row[key])
    if "scope" in row:
        about = (row.get(name) for name in ("scope", "metric", "term", "cohort", "payer"))
        return ".".join(str(part) for part in about if part)
    if "payer" in row:
        return "→".join(str(row[name]) for name in ("payer", "payee") if row.get(name))
    return ""
