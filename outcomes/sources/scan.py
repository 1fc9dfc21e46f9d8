"""Looking for personal identity numbers in a whole file, before any of it is stored."""

from actors.identity import contains_identity_number
from outcomes.sources.base import FileSource, Reading, Table, Value, cell_name
from outcomes.sources.columns import NUMBERS, meaning_of
from outcomes.sources.values import text_of

MOST_POSITIONS = 200
_PARTS_WITH_CELLS = ("xl/worksheets/", "xl/sharedstrings")


def identity_positions(source: FileSource, data: bytes, reading: Reading) -> list[str]:
    """Where the file holds identity numbers: cells by name, else the part of the file. Never the number itself."""
    found = [place for table in reading.tables for place in _cells(table)]
    in_cells = bool(found)
    for part, text in source.hidden_texts(data):
        if len(found) >= MOST_POSITIONS:
            break
        repeated = in_cells and str(part).lower().startswith(_PARTS_WITH_CELLS)
        if not repeated and str(part) not in found and contains_identity_number(_unfolded(text)):
            found.append(str(part))
    return found[:MOST_POSITIONS]


def _cells(table: Table) -> list[str]:
    found: list[str] = []
    sheet = table.sheet
    if contains_identity_number(sheet):
        sheet = "?"  # the name of the sheet is itself one, and is not repeated
        found.append("?")
    numeric = {place for place, header in enumerate(table.rows[0]) if meaning_of(header) in NUMBERS}
    for number, row in enumerate(table.rows, start=1):
        for place, value in enumerate(row):
            if value is not None and _is_identity_number(value, place in numeric):
                where = cell_name(place, number)
                found.append(f"{sheet}!{where}" if sheet else where)
                if len(found) >= MOST_POSITIONS:
                    return found
    return found


def _is_identity_number(value: Value, is_amount: bool) -> bool:
    text = text_of(value)
    if len(text) < 8:
        return False
    if contains_identity_number(text):
        return True
    # A spreadsheet takes 0504121234 for a number and drops its zero: look at what was written.
    lost = not is_amount and text.isdigit() and len(text) in (8, 9)
    return lost and contains_identity_number(text.zfill(10))


def _unfolded(text: str) -> str:
    """`1.98112189876E11`, as workbooks spell large numbers, in plain digits."""
    if len(text) < 30 and "E" in text.upper():
        try:
            return f"{float(text):.0f}"
        except ValueError:
            return text
    return text
