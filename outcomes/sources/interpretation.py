"""A whole file as reports: how each column was understood, what may be written, and everything that is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from outcomes.models import ClaimPeriod
from outcomes.queries import Known, StandingValue, Vocabulary
from outcomes.sources.base import Problem, Reading, Table, cell_name, is_empty
from outcomes.sources.check import ClaimCheck, PlannedClaim, PlannedValue, check_values
from outcomes.sources.columns import CLAIMS, FIELDS, Columns, understand
from outcomes.sources.rows import ClaimRow, ValueRow, read_one, rows_of
from outcomes.sources.rules import RULES
from outcomes.sources.values import text_of

SHOWN_ROWS = 20
KEPT_PROBLEMS = 2_000


@dataclass(slots=True)
class Interpretation:
    """The answer to «what does this file say?»."""

    claims: list[PlannedClaim] = field(default_factory=list)
    values: list[PlannedValue] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sheets: list[dict[str, Any]] = field(default_factory=list)
    row_count: int = 0

    @property
    def loses_rows(self) -> bool:
        """Would rows be left out without a fault that says so? Never, unless a rule is written wrongly."""
        return not self.faults and len(self.claims) + len(self.values) != self.row_count

    @property
    def faults(self) -> list[Problem]:
        return [problem for problem in self.problems if not RULES[problem.code].is_warning]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if RULES[problem.code].is_warning]

    def to_json(self) -> dict[str, Any]:
        """What the preview shows. It holds values of cells, and is kept only until the import is settled."""
        return {
            "sheets": self.sheets,
            "problems": [
                _as_json(problem)
                for problem in (sorted(self.faults, key=_place) + sorted(self.warnings, key=_place))[:KEPT_PROBLEMS]
            ],
            "fault_count": len(self.faults),
            "warning_count": len(self.warnings),
            "totals": self.totals(),
        }

    def totals(self) -> list[dict[str, Any]]:
        """Per metric: how many claims and values may be written, and how many units the claims hold."""
        sums: dict[str, dict[str, Any]] = {}
        for claim in self.claims:
            row = sums.setdefault(claim.row.metric, {"claims": 0, "units": Decimal(0), "values": 0})
            row["claims"] += 1
            row["units"] += claim.row.units
        for value in self.values:
            sums.setdefault(value.row.metric, {"claims": 0, "units": Decimal(0), "values": 0})["values"] += 1
        return [{"metric": metric, **row, "units": f"{row['units']:f}"} for metric, row in sums.items()]


Lookup = Callable[[Iterable[str]], Known]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a file is checked against. `known_to` looks up what the provider has reported, given the pseudonyms."""

    words: Vocabulary
    period: ClaimPeriod
    today: date
    known_to: Lookup
    known_values: dict[tuple[str, str, str], StandingValue]


def interpret(reading: Reading, ground: Ground) -> Interpretation:
    """Understand every table of the file, and find everything that is wrong."""
    answer = Interpretation(problems=list(reading.problems))
    understood = [(table, understand(table)) for table in reading.tables]
    if reading.tables and not any(columns for _table, columns in understood):
        table = reading.tables[0]
        headers = ", ".join(text_of(cell) for cell in table.rows[0] if not is_empty(cell))
        answer.problems.append(Problem("no_known_columns", table.sheet, "1", headers[:60]))
    claims: list[tuple[Table, Columns, list[ClaimRow]]] = []
    values: list[tuple[Table, Columns, list[ValueRow]]] = []
    for table, columns in understood:
        if columns is None:
            if any(found for _table, found in understood):
                answer.problems.append(Problem("sheet_not_read", table.sheet))
            continue
        answer.problems += columns.problems
        answer.row_count += sum(1 for row in table.rows[1:] if not all(map(is_empty, row)))
        if len(table.rows) == 1:
            answer.problems.append(Problem("empty_file", table.sheet))
        if any(problem.code == "missing_column" for problem in columns.problems):
            answer.sheets.append(_sheet(table, columns, [], ground.words))
            continue
        rows, faults = rows_of(table, columns, ground.words)
        answer.problems += [fault.placed(table.sheet, columns) for fault in faults]
        answer.sheets.append(_sheet(table, columns, rows, ground.words))
        (claims if columns.kind == CLAIMS else values).append((table, columns, rows))  # type: ignore[arg-type]
    _check_claims(answer, claims, ground)
    _check_values(answer, values, ground)
    return answer


def _check_claims(
    answer: Interpretation,
    sheets: list[tuple[Table, Columns, list[ClaimRow]]],
    ground: Ground,
) -> None:
    if not sheets:
        return
    known = ground.known_to({row.pseudonym for _table, _columns, rows in sheets for row in rows})
    check = ClaimCheck(ground.words, known, ground.period, ground.today)
    for table, columns, rows in sheets:
        check.run(rows)
        answer.problems += [fault.placed(table.sheet, columns) for fault in check.faults]
        check.faults.clear()
    answer.claims = check.planned


def _check_values(
    answer: Interpretation,
    sheets: list[tuple[Table, Columns, list[ValueRow]]],
    ground: Ground,
) -> None:
    for table, columns, rows in sheets:
        planned, faults = check_values(rows, ground.words, ground.known_values, ground.period)
        answer.values += planned
        answer.problems += [fault.placed(table.sheet, columns) for fault in faults]


def _sheet(table: Table, columns: Columns, rows: list[ClaimRow] | list[ValueRow], words: Vocabulary) -> dict[str, Any]:
    """How the sheet was understood: header by header with an example, and the first rows as they were read."""
    return {
        "name": table.sheet,
        "kind": columns.kind,
        "row_count": len(table.rows) - 1,
        "columns": [
            _column(table, columns, place, words) for place in range(len(columns.headers)) if columns.headers[place]
        ],
        "fields": [name for name in FIELDS[columns.kind] if name in columns.places],
        "rows": [
            {"number": row.number} | {name: _shown(getattr(row, name)) for name in FIELDS[columns.kind]}
            for row in rows[:SHOWN_ROWS]
        ],
    }


def _column(table: Table, columns: Columns, place: int, words: Vocabulary) -> dict[str, Any]:
    meaning = next((name for name, at in columns.places.items() if at == place), "")
    filled = (row[place] for row in table.rows[1:200] if place < len(row) and not is_empty(row[place]))
    first = next(filled, None)
    return {
        "header": columns.headers[place],
        "place": cell_name(place, 1),
        "field": meaning,
        "example": text_of(first)[:60],
        "read_as": _shown(read_one(meaning, first, words)) if meaning else "",
    }


def _place(problem: Problem) -> tuple[str, int, int, str]:
    """Problems in the order in which one walks through the file: sheet, row, column."""
    letters = problem.cell.rstrip("0123456789")
    row = problem.cell[len(letters) :]
    return problem.sheet, int(row or 0), len(letters), letters


def _shown(value: object) -> str:
    return "" if value is None else (f"{value:f}" if isinstance(value, Decimal) else str(value))


def _as_json(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "sheet": problem.sheet,
        "cell": problem.cell,
        "value": problem.value,
        "params": {key: str(value) for key, value in problem.params.items()},
    }
