"""The same rate card worked out by the rulebook, by PostgreSQL, in plain Python, with NumPy and in a workbook.

Each engine prepares its own input from the claims – facts, a loaded table, a list of rows, arrays, a file – which is
not timed, and gives a function that works out the lines, which is. The rule: a metric that counts once pays a person's
first claim; claims are taken by day, then by the metric's place in the card, then by id; what is above the person's cap
is lost from the later claims; lines are per metric and quarter.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import psycopg

from rulebook import Facts, calculate
from tests.benchmarks.rate_card import CARD, FIRST_DAY, PERSON_CAP, Claims, Lines, version

Work = Callable[[], Lines]
TOTAL_ONLY = ("", "")
QUARTERS = [f"{year}-Q{quarter}" for year in range(2027, 2031) for quarter in range(1, 5)]


def exact(known: Facts) -> Work:
    """The rulebook's exact reading, from facts in memory to the amount of every line."""
    versions = [version()]

    def work() -> Lines:
        entitlement = calculate(versions, known, None)
        return {(line.term[1:], line.period): int(line.amount) for line in entitlement.lines}

    return work


# --- PostgreSQL ----------------------------------------------------------------------------------------------------

LINES_SQL = f"""
    WITH counted AS (
        SELECT claim.*, row_number() OVER (PARTITION BY person, metric ORDER BY event_on, id) AS nth FROM claim
    ), running AS (
        SELECT metric, event_on, price.amount,
               sum(price.amount) OVER (PARTITION BY person ORDER BY event_on, metric, id
                                       ROWS UNBOUNDED PRECEDING) AS so_far
        FROM counted JOIN price USING (metric) WHERE nth = 1 OR NOT once
    )
    SELECT metric, date_trunc('quarter', event_on::timestamp)::date,
           round(sum(least(amount, greatest(0, {PERSON_CAP} - (so_far - amount)))), 2)
    FROM running GROUP BY 1, 2
"""  # noqa: S608 – nothing from outside
TOTAL_SQL = f"""
    SELECT round(sum(least(earned, {PERSON_CAP})), 2) FROM (
        SELECT sum(CASE WHEN once THEN amount ELSE amount * times END) AS earned
        FROM (SELECT person, metric, count(*) AS times FROM claim GROUP BY person, metric) AS claimed
        JOIN price USING (metric) GROUP BY person) AS person
"""  # noqa: S608


def load(connection: psycopg.Connection, claims: Claims) -> None:
    """Tables of whole numbers, days and numeric amounts, analysed, and room in memory to sort them."""
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '512MB'")
        cursor.execute("SET max_parallel_workers_per_gather = 2")
        cursor.execute("DROP TABLE IF EXISTS claim, price")
        cursor.execute("CREATE UNLOGGED TABLE price (metric smallint PRIMARY KEY, amount numeric(12,2), once boolean)")
        cursor.execute("CREATE UNLOGGED TABLE claim (id integer, person integer, metric smallint, event_on date)")
        prices = [(place, price.pounds, price.once) for place, price in enumerate(CARD)]
        cursor.executemany("INSERT INTO price VALUES (%s, %s, %s)", prices)
        rows = zip(claims.person.tolist(), claims.metric.tolist(), claims.event_on.tolist(), strict=True)
        with cursor.copy("COPY claim FROM STDIN") as copy:
            copy.write("".join(f"{number}\t{row[0]}\t{row[1]}\t{row[2]}\n" for number, row in enumerate(rows)))
        cursor.execute("VACUUM ANALYZE claim, price")


def sql_lines(connection: psycopg.Connection) -> Work:
    """One statement: lines per metric and quarter, the cap taken from the later claims."""

    def work() -> Lines:
        found = connection.execute(LINES_SQL).fetchall()
        return {(CARD[metric].metric, f"{day.year}-Q{day.month // 3 + 1}"): int(paid) for metric, day, paid in found}

    return work


def sql_total(connection: psycopg.Connection) -> Work:
    """One statement that only sums each person's earnings up to the cap: a total without lines."""

    def work() -> Lines:
        found = connection.execute(TOTAL_SQL).fetchone()
        return {TOTAL_ONLY: int(found[0]) if found else 0}

    return work


# --- Python and NumPy ----------------------------------------------------------------------------------------------


def decimal_loop(claims: Claims) -> Work:
    """Plain Python: one pass over the claims in order, with Decimal amounts."""
    days, metrics, persons = claims.event_on.tolist(), claims.metric.tolist(), claims.person.tolist()
    rows = list(zip(days, metrics, range(len(claims)), persons, strict=True))
    prices = [(Decimal(price.pounds), price.once) for price in CARD]
    cap, nothing = Decimal(PERSON_CAP), Decimal(0)

    def work() -> Lines:
        seen: set[tuple[int, int]] = set()
        earned: dict[int, Decimal] = defaultdict(Decimal)
        lines: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for day, metric, _, person in sorted(rows):
            amount, once = prices[metric]
            if once and (person, metric) in seen:
                continue
            seen.add((person, metric))
            kept = min(amount, max(nothing, cap - earned[person]))
            earned[person] += kept
            lines[metric, f"{day.year}-Q{(day.month + 2) // 3}"] += kept
        return {(CARD[metric].metric, quarter): int(amount) for (metric, quarter), amount in lines.items()}

    return work


def numpy_script(claims: Claims) -> Work:
    """What an analyst writes with NumPy: float64, a sort by person and day, running sums, bincount."""
    prices = np.array([price.pounds for price in CARD], dtype=np.float64)
    once = np.array([price.once for price in CARD])

    def work() -> Lines:
        order = np.lexsort((np.arange(len(claims)), claims.metric, claims.event_on, claims.person))
        person, metric, event_on = claims.person[order], claims.metric[order], claims.event_on[order]
        _, first = np.unique(person * len(CARD) + metric, return_index=True)
        counts = ~once[metric]
        counts[first] = True
        amount = prices[metric] * counts
        so_far = np.cumsum(amount)
        starts = np.flatnonzero(np.diff(person, prepend=-1))
        before = so_far - amount
        before -= np.repeat(before[starts], np.diff(starts, append=len(person)))
        kept = np.minimum(amount, np.maximum(0, PERSON_CAP - before))
        quarter = (event_on.astype("datetime64[M]") - FIRST_DAY.astype("datetime64[M]")).astype(int) // 3
        places = metric * len(QUARTERS) + quarter
        sums = np.bincount(places, weights=kept, minlength=len(CARD) * len(QUARTERS)).reshape(len(CARD), -1)
        claimed = np.bincount(places[counts], minlength=sums.size).reshape(sums.shape)
        return {
            (CARD[line].metric, QUARTERS[column]): round(sums[line, column]) for line, column in np.argwhere(claimed)
        }

    return work


# --- A workbook ----------------------------------------------------------------------------------------------------


def soffice() -> str | None:
    """LibreOffice, where it is installed."""
    return shutil.which("soffice")


def workbook(claims: Claims, folder: Path) -> Work:
    """LibreOffice opens a workbook without computed values, computes it, and writes its first sheet as CSV."""
    path = folder / f"claims-{len(claims)}.xlsx"
    _write_workbook(claims, path)

    def work() -> Lines:
        rows = _computed(path, folder)
        return {
            (row[0], quarter): int(paid)
            for row in rows[1:]
            for quarter, paid, claimed in zip(QUARTERS, row[1:17], row[17:], strict=True)
            if int(claimed)
        }

    return work


def empty_workbook(folder: Path) -> Callable[[], object]:
    """The same with nothing to compute: what it takes to start LibreOffice."""
    path = folder / "empty.xlsx"
    openpyxl.Workbook().save(path)
    return lambda: _computed(path, folder)


def _write_workbook(claims: Claims, path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    lines, prices, sheet = (book.create_sheet(name) for name in ("lines", "prices", "claims"))
    for price in CARD:
        prices.append([price.metric, price.pounds, int(price.once)])
    sheet.append(["person", "metric", "event on", "counts", "earned", "so far", "paid", "quarter"])
    order = np.lexsort((np.arange(len(claims)), claims.metric, claims.event_on, claims.person)).tolist()
    for row, place in enumerate(order, start=2):
        sheet.append(
            [
                int(claims.person[place]),
                CARD[int(claims.metric[place])].metric,
                claims.event_on[place].item(),
                f"=IF(VLOOKUP(B{row},prices!$A$1:$C${len(CARD)},3,0)=1,IF(COUNTIFS(A$2:A{row},A{row},B$2:B{row},B{row})=1,1,0),1)",
                f"=D{row}*VLOOKUP(B{row},prices!$A$1:$C${len(CARD)},2,0)",
                f"=IF(A{row}=A{row - 1},F{row - 1},0)+E{row}",
                f"=MIN(E{row},MAX(0,{PERSON_CAP}-(F{row}-E{row})))",
                f'=YEAR(C{row})&"-Q"&ROUNDUP(MONTH(C{row})/3,0)',
            ]
        )
    last = len(claims) + 1
    lines.append(["metric", *QUARTERS, *QUARTERS])
    for price in CARD:
        where = [f'claims!$B$2:$B${last},"{price.metric}",claims!$H$2:$H${last},"{quarter}"' for quarter in QUARTERS]
        paid = [f"=SUMIFS(claims!$G$2:$G${last},{here})" for here in where]
        claimed = [f"=COUNTIFS({here},claims!$D$2:$D${last},1)" for here in where]
        lines.append([price.metric, *paid, *claimed])
    book.save(path)


def _computed(path: Path, folder: Path) -> list[list[str]]:
    program = soffice()
    if program is None:
        raise FileNotFoundError("soffice")
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    subprocess.run(  # noqa: S603 – our own command
        [program, profile, "--headless", "--convert-to", "csv", "--outdir", str(folder), str(path)],
        check=True,
        capture_output=True,
    )
    with path.with_suffix(".csv").open(newline="") as file:
        return list(csv.reader(file))
