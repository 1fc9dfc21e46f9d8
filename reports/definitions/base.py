"""What every report answers. A report is a module here; `reports.definitions.REPORTS` lists them."""

import dataclasses
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from actors.policies import Actor
from reports.render import Attached


class ReportDefinition(Protocol):
    """One report: its parameters, its data, and the document made from them."""

    TEMPLATE: str
    STYLESHEET: str
    AUDITED: tuple[str, ...]
    Params: type[Any]

    def build(self, actor: Actor | None, params: Any, as_of: datetime) -> Any:
        """The data as of that moment; without an actor, for a run that somebody was allowed to ask for."""

    def title(self, params: Any) -> str:
        """What the document is called, in the reader's language."""

    def file_stem(self, params: Any) -> tuple[str, ...]:
        """The parts of the file's name."""

    def attached(self, data: Any) -> list[Attached] | None:
        """The files inside the PDF, in the reader's language; None for the data as JSON."""


def as_json(value: Any) -> Any:
    """The data as JSON-able values: amounts as text with their own decimals, instants and dates in ISO form."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def inert(cell: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell
