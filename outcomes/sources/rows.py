"""From cells to typed rows: what each cell was understood as, and which cells could not be."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from outcomes.queries import Vocabulary
from outcomes.sources.base import Problem, Table, Value, is_empty
from outcomes.sources.columns import CLAIMS, Columns
from outcomes.sources.values import PSEUDONYM, date_of, fits, number_of, text_of

UNITS_DIGITS = (8, 4)
VALUE_DIGITS = (12, 6)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One reported event. `number` is its row in the sheet, or its place in a request."""

    number: int
    pseudonym: str
    metric: str
    event_on: date
    units: Decimal = Decimal(1)
    cohort: str = ""
    enrolled_on: date | None = None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One reported measured value."""

    number: int
    metric: str
    cohort: str
    measurement_period: str
    value: Decimal
    due: int | None = None
    measured: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of one row; the place is added by whoever knows where the row came from."""

    number: int
    field: str
    code: str
    value: str = ""
    params: dict[str, Any] | None = None

    def placed(self, sheet: str, columns: Columns) -> Problem:
        return Problem(self.code, sheet, columns.cell(self.field, self.number), self.value[:60], self.params or {})


def rows_of(table: Table, columns: Columns, words: Vocabulary) -> tuple[list[ClaimRow] | list[ValueRow], list[Fault]]:
    """Every row that could be understood, and every fault of those that could not."""
    faults: list[Fault] = []
    read = _claim_row if columns.kind == CLAIMS else _value_row
    rows: list[Any] = []
    for number, cells in enumerate(table.rows[1:], start=2):
        if all(is_empty(cell) for cell in cells):
            continue  # an empty row between two full ones says nothing
        fields = Fields(number, {name: columns.value(cells, name) for name in columns.places}, words, faults)
        row = read(fields)
        if row is not None:
            rows.append(row)
    return rows, faults


@dataclass(slots=True)
class Fields:
    """The fields of one row on their way to becoming typed values; faults are gathered, not raised."""

    number: int
    raw: dict[str, Value]
    words: Vocabulary
    faults: list[Fault]

    def fault(self, name: str, code: str, **params: Any) -> None:
        self.faults.append(Fault(self.number, name, code, text_of(self.raw.get(name)), params))

    def given(self, name: str) -> bool:
        return not is_empty(self.raw.get(name))

    def required(self, name: str) -> bool:
        if not self.given(name):
            self.fault(name, "missing_value", field=name)
        return self.given(name)

    def pseudonym(self) -> str | None:
        text = text_of(self.raw.get("pseudonym"))
        if not self.required("pseudonym"):
            return None
        if not PSEUDONYM.match(text):
            self.fault("pseudonym", "bad_pseudonym")
            return None
        return text

    def date(self, name: str) -> date | None:
        found = date_of(self.raw.get(name))
        if found is None and self.given(name):
            self.fault(name, "not_a_date")
        return found

    def number_in(self, name: str, digits: tuple[int, int]) -> Decimal | None:
        if not self.given(name):
            return None
        found = number_of(self.raw.get(name))
        if found is None:
            self.fault(name, "not_a_number")
        elif not fits(found, *digits):
            self.fault(name, "too_exact", whole=digits[0], decimals=digits[1])
            return None
        return found

    def count(self, name: str) -> int | None:
        if not self.given(name):
            return None
        found = number_of(self.raw.get(name))
        if found is None or found != found.to_integral_value() or not 0 <= found < 2**31:
            self.fault(name, "not_a_count")
            return None
        return int(found)

    def metric(self) -> str | None:
        if not self.required("metric"):
            return None
        found = self.words.metric_named(text_of(self.raw.get("metric")))
        if found is None:
            known = list(self.words.metrics)
            self.fault("metric", "unknown_metric", known=", ".join(known), first=known[0] if known else "")
            return None
        return found.id

    def cohort(self) -> str | None:
        """The cohort's id; empty when none is given; None when it is not known."""
        if not self.given("cohort"):
            return ""
        found = self.words.cohort_named(text_of(self.raw.get("cohort")))
        if found is None:
            known = list(self.words.cohorts)
            self.fault("cohort", "unknown_cohort", known=", ".join(known), first=known[0] if known else "")
            return None
        return found.id


def _claim_row(fields: Fields) -> ClaimRow | None:
    before = len(fields.faults)
    pseudonym, metric, cohort = fields.pseudonym(), fields.metric(), fields.cohort()
    fields.required("event_on")
    event_on, enrolled_on = fields.date("event_on"), fields.date("enrolled_on")
    units = fields.number_in("units", UNITS_DIGITS)
    if units is not None and units <= 0:
        fields.fault("units", "not_positive")
    if len(fields.faults) > before or pseudonym is None or metric is None or event_on is None:
        return None
    one = Decimal(1)
    return ClaimRow(
        fields.number, pseudonym, metric, event_on, units if units is not None else one, cohort or "", enrolled_on
    )


def _value_row(fields: Fields) -> ValueRow | None:
    before = len(fields.faults)
    metric, cohort = fields.metric(), fields.cohort()
    fields.required("measurement_period")
    fields.required("value")
    value = fields.number_in("value", VALUE_DIGITS)
    due, measured = fields.count("due"), fields.count("measured")
    if len(fields.faults) > before or metric is None or value is None:
        return None
    period = text_of(fields.raw.get("measurement_period"))
    return ValueRow(fields.number, metric, cohort or "", period, value, due, measured)


def claim_row_of(number: int, raw: dict[str, Value], words: Vocabulary) -> tuple[ClaimRow | None, list[Fault]]:
    """One claim from a form or a request, by the same reading as a row of a file."""
    faults: list[Fault] = []
    return _claim_row(Fields(number, raw, words, faults)), faults


def value_row_of(number: int, raw: dict[str, Value], words: Vocabulary) -> tuple[ValueRow | None, list[Fault]]:
    """One measured value from a form, by the same reading as a row of a file."""
    faults: list[Fault] = []
    return _value_row(Fields(number, raw, words, faults)), faults


def read_one(name: str, value: Value, words: Vocabulary) -> object:
    """What one cell of a column says by itself; None when it cannot be read."""
    match name:
        case "metric":
            metric = words.metric_named(text_of(value))
            return metric.id if metric else None
        case "cohort":
            cohort = words.cohort_named(text_of(value))
            return cohort.id if cohort else None
        case "event_on" | "enrolled_on":
            return date_of(value)
        case "units" | "value" | "due" | "measured":
            return number_of(value)
        case _:
            return text_of(value)
