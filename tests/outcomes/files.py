"""Files as people send them: CSV in the encodings of Swedish offices, and workbooks with the faults of the wild."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

HEADER = ["Pseudonym", "Kohort", "Inskriven", "Mått", "Händelsedatum", "Antal"]
# Of the kind that the Swedish Tax Agency publishes for tests; belongs to nobody.
IDENTITY_NUMBER = "19121212-1212"


def csv_file(*rows: Sequence[str], header: Sequence[str] = HEADER, sep: str = ";", encoding: str = "utf-8") -> bytes:
    return ("\r\n".join(sep.join(row) for row in [header, *rows]) + "\r\n").encode(encoding)


def workbook(sheets: dict[str, list[list[Any]]], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one of its parts changed by hand."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content.decode()).encode() if name == part else content)
    return out.getvalue()


def with_false_dimension(data: bytes) -> bytes:
    """A workbook that says that its first sheet ends in A1."""
    return rewritten(
        data, "xl/worksheets/sheet1.xml", lambda xml: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1"', xml)
    )
