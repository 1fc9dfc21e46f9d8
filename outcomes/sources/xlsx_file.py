"""Excel workbooks (.xlsx), read without trusting what they say of themselves.

openpyxl is told to forget the sheets' stated dimensions: a workbook that states too small ones would otherwise lose
rows without a word. Archives that unpack to more than they should are refused before anything is unpacked.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook

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

MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 100
MAX_MEMBERS = 2_000
_SMALL = 1024 * 1024  # a small member may be packed tighter without being a bomb
_UNSCANNABLE = ("xl/media/", "xl/embeddings/", "xl/vbaproject", "xl/activex/", "xl/ctrlprops/")
_JOINED = {"si", "is", "comment", "p", "threadedComment", "text"}  # runs of formatting split a text; read it whole
_CODES = re.compile(r"&.")
_BROKEN = (
    zipfile.BadZipFile,
    ParseError,
    DefusedXmlException,
    KeyError,
    ValueError,
    IndexError,
    OSError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)  # everything that openpyxl and zipfile are known to raise over a broken workbook


def matches(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def read(data: bytes) -> Reading:
    """The visible sheets of the workbook, with a word about the hidden ones."""
    fault = archive_fault(data)
    if fault:
        return Reading(problems=[fault])
    try:
        return _read(data)
    except _BROKEN:
        return Reading(problems=[Problem("broken_workbook")])


def archive_fault(data: bytes) -> Problem | None:
    """Why the archive must not be unpacked, if it must not."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return Problem("broken_workbook")
    unpacked = sum(member.file_size for member in members)
    tight = any(
        member.file_size > _SMALL and member.file_size > MAX_RATIO * max(1, member.compress_size) for member in members
    )
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or tight or unpacked > MAX_RATIO * max(_SMALL, len(data)):
        return Problem("archive_too_large", params={"most": MAX_UNPACKED // 1024 // 1024})
    if any(member.flag_bits & 1 for member in members):
        return Problem("encrypted")
    names = [member.filename.lower() for member in members]
    if "xl/workbook.xml" not in names:
        return Problem("not_a_workbook")
    if any(name.startswith(_UNSCANNABLE) for name in names):
        return Problem("unscannable_parts")
    return None


def _read(data: bytes) -> Reading:
    reading = Reading()
    values = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in values.worksheets:
            if sheet.sheet_state != "visible":
                reading.problems.append(Problem("hidden_sheet", sheet=sheet.title))
                continue
            rows = _rows(sheet, reading)
            if rows:
                reading.tables.append(Table(sheet.title, rows))
            if any(problem.code == "too_many_rows" for problem in reading.problems):
                return Reading(problems=reading.problems)
    finally:
        values.close()
    _find_uncached(data, reading)
    if not reading.tables:
        reading.problems.append(Problem("empty_file"))
    return reading


def _rows(sheet: Any, reading: Reading) -> list[tuple[Value, ...]]:
    sheet.reset_dimensions()  # what the sheet says of its own size may be wrong
    rows: list[tuple[Value, ...]] = []
    for row in sheet.iter_rows(values_only=True):
        if len(rows) > MAX_ROWS:
            reading.problems.append(Problem("too_many_rows", sheet=sheet.title, params={"most": MAX_ROWS}))
            return []
        rows.append(tuple(map(_plain, row)))
        long = next((i for i, cell in enumerate(row) if isinstance(cell, str) and len(cell) > MAX_CELL), None)
        if long is not None:
            where = cell_name(long, len(rows))
            reading.problems.append(Problem("cell_too_long", sheet.title, where, params={"most": MAX_CELL}))
    return without_empty_end(rows)


def _plain(value: Any) -> Value:
    """A cell's value without binary numbers: what a spreadsheet shows as 1234,5 is exactly 1234.5."""
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else _decimal(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value
    return str(value)


def _decimal(value: float) -> Value:
    try:
        return Decimal(repr(value))
    except InvalidOperation:
        return str(value)


def _find_uncached(data: bytes, reading: Reading) -> None:
    """Formulas whose results the workbook does not hold: their cells would silently be read as empty."""
    formulas = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    kept = {table.sheet: table.rows for table in reading.tables}
    try:
        for sheet in formulas.worksheets:
            if sheet.title not in kept or not _has_formulas(data):
                continue
            sheet.reset_dimensions()
            values = kept[sheet.title]
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                for column, value in enumerate(row):
                    is_formula = (isinstance(value, str) and value.startswith("=")) or type(
                        value
                    ).__module__.startswith("openpyxl.worksheet.formula")
                    cached = (
                        values[number - 1][column]
                        if number <= len(values) and column < len(values[number - 1])
                        else None
                    )
                    if is_formula and cached is None:
                        reading.problems.append(
                            Problem("formula_without_value", sheet.title, cell_name(column, number))
                        )
    finally:
        formulas.close()


def _has_formulas(data: bytes) -> bool:
    """A cheap look before the workbook is read a second time."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<f" in archive.read(name) for name in sheets if name.endswith(".xml"))


def hidden_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """Every text of every part of the workbook: names of sheets, comments, properties, headers, leftover strings."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name, name
            if name.lower().endswith((".xml", ".rels", ".vml")):
                yield from _texts(archive, name)
            else:
                yield name, archive.read(name).decode("utf-8", errors="replace")


def _texts(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[str, str]]:
    is_sheet = name.startswith("xl/worksheets/sheet")
    with archive.open(name) as part:
        try:
            for _event, element in iterparse(part, events=("end",)):
                yield from ((name, text) for text in _element_texts(element, is_sheet))
        except (ParseError, DefusedXmlException, UnicodeDecodeError):
            yield name, archive.read(name).decode("utf-8", errors="replace")


def _element_texts(element: Element, is_sheet: bool) -> Iterator[str]:
    tag = element.tag.rpartition("}")[2]
    if tag in _JOINED:
        yield "".join(element.itertext())
    elif element.text:
        yield element.text
        if "&" in element.text:  # headers and footers: codes such as &C for centred stand close to the text
            yield _CODES.sub(" ", element.text)
    yield from (value for key, value in element.attrib.items() if len(value) >= 10 and not is_sheet)
    if tag not in {"t", "r", "rPr", "v", "f"}:
        element.clear()


SOURCE = FileSource(_("Excel workbook"), "xlsx", matches, read, hidden_texts)
