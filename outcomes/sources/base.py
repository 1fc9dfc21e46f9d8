"""What every source of reports gives: tables of cells, and what is wrong with the file itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

Value = str | int | Decimal | date | bool | None

MAX_ROWS = 200_000
MAX_CELL = 32_767  # what a cell of a spreadsheet holds at most


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet, or the whole of a CSV file. The first row holds the headers; empty rows at the end are gone."""

    sheet: str  # empty for CSV, which has none
    rows: list[tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault or a warning: a code of `outcomes.sources.rules`, where it is, the value, and what the text needs."""

    code: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Reading:
    """What a file holds. With `problems` that are faults there may be no tables at all."""

    tables: list[Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Source(Protocol):
    """A kind of file: how people call it, how it is told from others, and how it is read. Nothing here is stored."""

    label: Any
    extension: str

    def matches(self, data: bytes) -> bool:
        """Is it this kind of file, by its content?"""

    def read(self, data: bytes) -> Reading:
        """The tables in the file. Garbage gives problems, never an exception."""

    def hidden_texts(self, data: bytes) -> Iterable[tuple[str, str]]:
        """Everything in the file that is not a cell of a table: (where, text)."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A source made of plain functions."""

    label: Any
    extension: str
    matches: Callable[[bytes], bool]
    read: Callable[[bytes], Reading]
    hidden_texts: Callable[[bytes], Iterable[tuple[str, str]]]


def cell_name(column: int, row: int) -> str:
    """`(2, 17)` → `C17`: the column counted from 0, the row from 1, as spreadsheets name them."""
    name, left = "", column + 1
    while left:
        left, letter = divmod(left - 1, 26)
        name = chr(65 + letter) + name
    return f"{name}{row}"


def is_empty(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def without_empty_end(rows: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """The rows without the empty ones after the last row that says something."""
    last = len(rows)
    while last and all(is_empty(value) for value in rows[last - 1]):
        last -= 1
    return rows[:last]
