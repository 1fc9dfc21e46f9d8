"""Reading CSV and XLSX as they come: encodings, separators, numbers, false dimensions, bombs and garbage."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from outcomes.sources import SOURCES, csv_file, source_of, xlsx_file
from outcomes.sources.columns import understand
from outcomes.sources.values import date_of, number_of
from tests.outcomes import files

ROW = ["p1", "Hösten 2026", "2026-08-20", "att3", "2026-10-14", "1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("sep", [";", ",", "\t"])
def test_csv_is_read_in_every_encoding_and_with_every_separator(encoding: str, sep: str) -> None:
    reading = csv_file.read(files.csv_file(ROW, sep=sep, encoding=encoding))
    assert reading.problems == []
    assert reading.tables[0].rows == [tuple(files.HEADER), tuple(ROW)]


def test_csv_with_nul_is_refused() -> None:
    assert [p.code for p in csv_file.read(b"a;b\x00\n1;2\n").problems] == ["not_text"]


def test_csv_with_utf16_is_refused_with_a_way_out() -> None:
    assert csv_file.read("Mått;Värde\n1;2".encode("utf-16")).tables == []


def test_csv_with_an_open_quotation_mark_names_the_line() -> None:
    problem = csv_file.read(b'a;b\n"1;2\n').problems[0]
    assert (problem.code, problem.params) == ("broken_csv", {"line": 2})


def test_csv_cell_of_a_megabyte_is_a_problem_not_an_exception() -> None:
    assert csv_file.read(b"a;b\n1;" + b"x" * 1_000_000).problems


def test_empty_rows_at_the_end_are_not_read() -> None:
    assert len(csv_file.read(files.csv_file(ROW, [""] * 6, [" "] * 6)).tables[0].rows) == 2


def test_workbook_with_a_false_dimension_loses_no_row() -> None:
    rows = [[f"p{n}", "ht26", date(2026, 8, 20), "att3", date(2026, 10, 14), 1] for n in range(500)]
    data = files.with_false_dimension(files.workbook({"Anspråk": [files.HEADER, *rows]}))
    reading = xlsx_file.read(data)
    assert len(reading.tables[0].rows) == 501
    assert reading.tables[0].rows[-1] == ("p499", "ht26", date(2026, 8, 20), "att3", date(2026, 10, 14), 1)


def test_hidden_sheets_are_named_and_not_read() -> None:
    def hide(book: object) -> None:
        book["Gammalt"].sheet_state = "hidden"  # type: ignore[index]

    reading = xlsx_file.read(files.workbook({"Anspråk": [files.HEADER, ROW], "Gammalt": [["x"]]}, hide))
    assert [table.sheet for table in reading.tables] == ["Anspråk"]
    assert [(p.code, p.sheet) for p in reading.problems] == [("hidden_sheet", "Gammalt")]


def test_formula_without_a_stored_result_is_refused_with_its_cell() -> None:
    data = files.workbook({"Anspråk": [files.HEADER, [*ROW[:4], "=TODAY()", 1]]})
    assert [(p.code, p.cell) for p in xlsx_file.read(data).problems] == [("formula_without_value", "E2")]


def test_formula_with_a_stored_result_is_read_by_it() -> None:
    data = files.rewritten(
        files.workbook({"Anspråk": [files.HEADER, [*ROW[:5], "=1+1"]]}),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace("<f>1+1</f><v/>", "<f>1+1</f><v>2</v>").replace(
            "<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>"
        ),
    )
    reading = xlsx_file.read(data)
    assert reading.problems == []
    assert reading.tables[0].rows[1][5] == 2


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
    assert [p.code for p in xlsx_file.read(out.getvalue()).problems] == ["archive_too_large"]


def test_archive_with_thousands_of_members_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(2_001):
            archive.writestr(f"x{n}", "")
    assert [p.code for p in xlsx_file.read(out.getvalue()).problems] == ["archive_too_large"]


def test_entities_in_a_workbook_are_refused() -> None:
    data = files.rewritten(
        files.workbook({"Anspråk": [files.HEADER, ROW]}),
        "xl/worksheets/sheet1.xml",
        lambda xml: '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + xml,
    )
    assert [p.code for p in xlsx_file.read(data).problems] == ["broken_workbook"]


@pytest.mark.parametrize(
    "garbage", [b"", b"PK\x03\x04garbage", b"\xff\xfe\x00", b"%PDF-1.7", b"\x81\x8d\x8f", b"\n\n\n"]
)
def test_garbage_gives_problems_and_never_an_exception(garbage: bytes) -> None:
    for source in SOURCES.values():
        assert source.read(garbage).problems or source is SOURCES["csv_file"]
    source_of(garbage).read(garbage)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1 234,5", "1234.5"),
        ("1\u00a0234,5", "1234.5"),
        ("1\u202f234,5", "1234.5"),
        ("1234.5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("−3", "-3"),
        ("0,10", "0.10"),
        (12, "12"),
    ],
)
def test_numbers_are_read_as_they_are_written_in_sweden(written: str, read: str) -> None:
    assert number_of(written) == Decimal(read)


@pytest.mark.parametrize("written", ["N/A", "54 %", "ca 3", "1 2", "1.234.567", "", "1e5", True, "--3"])
def test_what_is_not_certainly_a_number_is_not_read(written: str) -> None:
    assert number_of(written) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-12-04", date(2026, 12, 4)),
        ("20261204", date(2026, 12, 4)),
        (20261204, date(2026, 12, 4)),
        ("4/12 2026", None),
        ("04.12.2026", None),
        ("2026-13-01", None),
        ("46360", None),
    ],
)
def test_only_certain_dates_are_read(written: str, read: date | None) -> None:
    assert date_of(written) == read


def test_headers_are_known_in_both_languages_whatever_their_spelling() -> None:
    english = ["PSEUDONYM", "Cohort", "enrolled_on", "Metric", "Event date", "Units"]
    for header in (files.HEADER, english):
        columns = understand(csv_file.read(files.csv_file(ROW, header=header)).tables[0])
        assert columns is not None
        assert list(columns.places) == ["pseudonym", "cohort", "enrolled_on", "metric", "event_on", "units"]
        assert columns.problems == []


def test_duplicate_headers_are_an_error() -> None:
    columns = understand(csv_file.read(files.csv_file([*ROW, "x"], header=[*files.HEADER, "mått"])).tables[0])
    assert columns is not None
    assert [(p.code, p.cell) for p in columns.problems] == [("duplicate_header", "G1")]
