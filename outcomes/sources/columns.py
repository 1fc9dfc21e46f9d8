"""Which column holds what: headers in Swedish or English, and how each was understood."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from outcomes.sources.base import Problem, Table, Value, cell_name, is_empty
from outcomes.sources.values import text_of

CLAIMS, VALUES = "claims", "values"

# What people call each field; the first name of each is what templates and messages use.
NAMES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "pseudonym": (_("Pseudonym"), ("pseudonym", "deltagare", "participant", "person", "deltagarid", "participant id")),
    "cohort": (_("Cohort"), ("kohort", "cohort", "grupp", "omgång")),
    "enrolled_on": (
        _("Enrolled"),
        (
            "inskriven",
            "inskrivningsdatum",
            "inskrivning",
            "enrolled",
            "enrolled on",
            "enrolment date",
            "enrollment date",
        ),
    ),
    "metric": (_("Metric"), ("mått", "utfallsmått", "metric", "outcome metric", "matt")),
    "event_on": (_("Event date"), ("händelsedatum", "händelse", "datum", "event date", "event on", "event", "date")),
    "units": (_("Units"), ("antal", "enheter", "antal enheter", "units", "number", "number of units")),
    "measurement_period": (_("Measurement period"), ("mätperiod", "measurement period", "period")),
    "value": (_("Value"), ("värde", "mätvärde", "value", "measured value")),
    "due": (
        _("Due to be measured"),
        ("ska mätas", "skulle mätas", "att mäta", "due", "due to be measured", "to be measured"),
    ),
    "measured": (_("Measured"), ("mätta", "mättes", "antal mätta", "measured", "number measured")),
}
FIELDS = {
    CLAIMS: ("pseudonym", "cohort", "enrolled_on", "metric", "event_on", "units"),
    VALUES: ("metric", "cohort", "measurement_period", "value", "due", "measured"),
}
REQUIRED = {CLAIMS: ("pseudonym", "metric", "event_on"), VALUES: ("metric", "measurement_period", "value")}
KIND_LABELS = {CLAIMS: _("Claims"), VALUES: _("Measured values")}
NUMBERS = frozenset({"units", "value", "due", "measured"})
_MARKS = re.compile(r"[\s_\-–:.*()/]+")
_MEANINGS = {name: key for key, (_label, names) in NAMES.items() for name in names}


@dataclass(slots=True)
class Columns:
    """How one table was understood: which kind of report, and where each field stands."""

    kind: str
    places: dict[str, int] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def value(self, row: Sequence[Value], name: str) -> Value:
        place = self.places.get(name)
        return row[place] if place is not None and place < len(row) else None

    def cell(self, name: str, row: int) -> str:
        """The name of the field's cell in a row, or of the row when there is no such column."""
        place = self.places.get(name)
        return cell_name(place, row) if place is not None else str(row)


def meaning_of(header: Value) -> str | None:
    """The field a header stands for, whatever its case, spaces and punctuation."""
    return _MEANINGS.get(_MARKS.sub(" ", text_of(header)).strip().casefold())


def understand(table: Table) -> Columns | None:
    """The columns of a table; None when not a single header is known."""
    header = table.rows[0]
    meanings = [meaning_of(cell) for cell in header]
    if not any(meanings):
        return None
    found = set(meanings)
    kind = VALUES if found & {"measurement_period", "value"} and not found & {"pseudonym", "event_on"} else CLAIMS
    columns = Columns(kind, headers=[text_of(cell) for cell in header])
    for place, (cell, meaning) in enumerate(zip(header, meanings, strict=True)):
        where = cell_name(place, 1)
        same = [
            n
            for n, other in enumerate(columns.headers[:place])
            if other and other.casefold() == text_of(cell).casefold()
        ]
        if meaning in FIELDS[kind] and meaning in columns.places:
            other = cell_name(columns.places[meaning], 1)
            columns.problems.append(Problem("duplicate_header", table.sheet, where, text_of(cell), {"other": other}))
        elif same:
            other = cell_name(same[0], 1)
            columns.problems.append(Problem("duplicate_header", table.sheet, where, text_of(cell), {"other": other}))
        elif meaning in FIELDS[kind]:
            columns.places[str(meaning)] = place
        elif not is_empty(cell):
            columns.problems.append(Problem("unknown_column", table.sheet, where, text_of(cell)))
    for name in REQUIRED[kind]:
        if name not in columns.places:
            columns.problems.append(Problem("missing_column", table.sheet, "1", "", {"field": name}))
    columns.problems += _unnamed(table, len(header))
    return columns


def _unnamed(table: Table, width: int) -> list[Problem]:
    """Values in columns without a header: somebody meant something by them."""
    named = {place for place, cell in enumerate(table.rows[0]) if not is_empty(cell)}
    seen: dict[int, Problem] = {}
    for number, row in enumerate(table.rows[1:], start=2):
        for place in range(len(row)):
            if place not in named and place not in seen and not is_empty(row[place]):
                seen[place] = Problem("unnamed_column", table.sheet, cell_name(place, number), text_of(row[place])[:60])
    return list(seen.values())
