"""CSV as Swedish and English spreadsheets write it: UTF-8 or Windows-1252; semicolons, commas or tabs."""

import codecs
import csv
import io
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from outcomes.sources.base import (
    MAX_CELL,
    MAX_ROWS,
    FileSource,
    Problem,
    Reading,
    Table,
    Value,
    cell_name,
    without_empty_end,
)

_SEPARATORS = (";", ",", "\t")


def matches(data: bytes) -> bool:
    """Text without NUL. What begins like a zip archive is a spreadsheet, whatever it is called."""
    return not data.startswith(b"PK\x03\x04")


def read(data: bytes) -> Reading:
    """The one table of the file."""
    if b"\x00" in data:
        return Reading(problems=[Problem("not_text")])
    text = decoded(data)
    if text is None:
        return Reading(problems=[Problem("unknown_letters")])
    rows: list[tuple[Value, ...]] = []
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    try:
        for row in lines:
            if len(rows) > MAX_ROWS:
                return Reading(problems=[Problem("too_many_rows", params={"most": MAX_ROWS})])
            long = next((index for index, cell in enumerate(row) if len(cell) > MAX_CELL), None)
            if long is not None:
                where = cell_name(long, len(rows) + 1)
                return Reading(problems=[Problem("cell_too_long", cell=where, params={"most": MAX_CELL})])
            rows.append(tuple(row))
    except csv.Error:
        return Reading(problems=[Problem("broken_csv", params={"line": lines.line_num})])
    rows = without_empty_end(rows)
    return Reading(tables=[Table("", rows)] if rows else [], problems=[] if rows else [Problem("empty_file")])


def decoded(data: bytes) -> str | None:
    """The text: UTF-8 with or without its mark, else Windows-1252; None when it is neither."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def separator(text: str) -> str:
    """The separator that the header row uses most; names of columns hold none of them as a rule."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=header.count)


def hidden_texts(data: bytes) -> Iterable[tuple[str, str]]:
    """A CSV file has nothing outside its cells."""
    return ()


SOURCE = FileSource(_("CSV file"), "csv", matches, read, hidden_texts)
