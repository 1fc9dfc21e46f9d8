"""The register of kinds of files that reports can come in, in the order people should see them.

To add one: a module with `SOURCE`, a line here, and a real sample in tests/outcomes/samples/<key>/.
"""

from outcomes.sources import csv_file, xlsx_file
from outcomes.sources.base import FileSource

SOURCES: dict[str, FileSource] = {
    "csv_file": csv_file.SOURCE,
    "xlsx_file": xlsx_file.SOURCE,
}


def source_of(data: bytes) -> FileSource:
    """The kind of file, by what it holds and not by its name."""
    return SOURCES["xlsx_file"] if xlsx_file.matches(data) else SOURCES["csv_file"]
