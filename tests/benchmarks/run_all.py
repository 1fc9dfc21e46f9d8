"""Every benchmark, one after another: `make bench`, or with the project's own Python

    .venv/bin/python -m tests.benchmarks.run_all [--json FILE] [--only NAME …]

Prints a table; with --json also writes every run's seconds (make bench JSON=FILE). Figures mean something only as
ratios within one run. The database is thrown away afterwards. Nothing here is a test: tests/rulebook/test_benchmarks.py
checks that all engines agree.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from config.local_stack import OWNER_ROLE, Postgres, forget
from rulebook import Facts
from tests.benchmarks import contracts, engines, outlook, rate_card
from tests.benchmarks.timing import RUNS, interleaved, machine, median, timed

ROOT = Path(__file__).resolve().parents[2]
SIZES = (10_000, 100_000, 1_000_000)
WORKBOOK_SIZE = SIZES[0]


@dataclass
class Figure:
    """One measured thing: seconds of every run, and what its median is held against."""

    benchmark: str
    name: str
    size: int
    seconds: list[float]
    against: str = ""
    ratio: float | None = None
    goal: str = ""
    is_met: bool | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return median(self.seconds)


def main() -> int:
    arguments = argparse.ArgumentParser(description="Measure the rulebook.")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="also write every run's seconds to FILE")
    arguments.add_argument("--only", nargs="+", choices=BENCHMARKS, default=[*BENCHMARKS], help="some benchmarks alone")
    chosen = arguments.parse_args()
    about = machine() | {"commit": _output(["git", "describe", "--always", "--dirty"]), "runs": RUNS}
    print("\n".join(f"{name.replace('_', ' '):22}{value}" for name, value in about.items()))
    figures = []
    for name in chosen.only:
        print(f"\n── {name}", flush=True)
        for figure in BENCHMARKS[name]():
            print(_row(figure), flush=True)
            figures.append(figure)
    about["load_average_after"] = os.getloadavg()[0]
    print(f"\nload average after    {about['load_average_after']:.2f} (what else the machine does slows all of this)")
    missed = [figure for figure in figures if figure.is_met is False]
    print(f"{len(missed)} goals missed." if missed else "Every goal is met.")
    if chosen.json:
        rows = [asdict(figure) | {"median": figure.median} for figure in figures]
        chosen.json.write_text(json.dumps({"machine": about, "figures": rows}, indent=1) + "\n")
    return 0


def _row(figure: Figure) -> str:
    rows_a_second = f"{figure.size / figure.median:>12,.0f}/s" if figure.size > 1 else " " * 14
    ratio = f"  {figure.ratio:.2f} × {figure.against}" if figure.ratio is not None else ""
    goal = f"  goal {figure.goal}: {'met' if figure.is_met else 'MISSED'}" if figure.goal else ""
    note = f"  ({figure.note})" if figure.note else ""
    return f"{figure.name:34}{figure.size:>10,}{figure.median * 1000:>12,.1f} ms{rows_a_second}{ratio}{goal}{note}"


def _output(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()  # noqa: S603


# --- the rate card -------------------------------------------------------------------------------------------------


def measure_rate_card() -> Iterator[Figure]:
    """The exact reading beside four others on the same rule, at growing sizes."""
    exact: dict[int, float] = {}
    with _database() as connection:
        for size in SIZES:
            figures = list(_engines_at(size, connection))
            exact[size] = figures[0].median
            yield from figures
    smallest, middle, largest = SIZES
    for low, high in ((smallest, middle), (middle, largest), (smallest, largest)):
        exponent = math.log(exact[high] / exact[low]) / math.log(high / low)
        print(f"growth {low:,} → {high:,}: claims ^ {exponent:.2f} (1 is linear)")
    yield from _workbook()


def _engines_at(size: int, connection: psycopg.Connection) -> Iterator[Figure]:
    claims = rate_card.invented(size)
    known = rate_card.facts(claims)
    works: dict[str, Callable[[], rate_card.Lines]] = {
        "exact reading": engines.exact(known),
        "PostgreSQL, the same lines": engines.sql_lines(connection),
        "PostgreSQL, only the total": engines.sql_total(connection),
        "NumPy script": engines.numpy_script(claims),
        "Decimal loop": engines.decimal_loop(claims),
    }
    loading = timed(lambda: engines.load(connection, claims))
    reading = timed(lambda: rate_card.facts(claims))
    print(f"{size:,} claims, prepared before: table in {loading:.2f} s, facts in {reading:.2f} s")
    _same_total({name: work() for name, work in works.items()})
    seconds = interleaved(works)
    medians = {name: median(runs) for name, runs in seconds.items()}
    for name, runs in seconds.items():
        figure = Figure("rate card", name, size, runs)
        if name != "exact reading":
            figure.against, figure.ratio = "exact reading", medians[name] / medians["exact reading"]
        elif size == SIZES[-1]:
            figure.against = "PostgreSQL, the same lines"
            figure.ratio = medians[name] / medians[figure.against]
            figure.goal, figure.is_met = "≤ 1", figure.ratio <= 1
        yield figure


def _same_total(answers: dict[str, rate_card.Lines]) -> None:
    totals = {name: sum(lines.values()) for name, lines in answers.items()}
    if len(set(totals.values())) != 1:
        raise AssertionError(f"the engines disagree: {totals}")


def _workbook() -> Iterator[Figure]:
    """Timed as a person would: from opening the workbook; starting LibreOffice is measured and taken off."""
    if engines.soffice() is None:
        print(f"{'LibreOffice workbook':34}not measured: soffice is not installed")
        return
    claims = rate_card.invented(WORKBOOK_SIZE)
    exact = engines.exact(rate_card.facts(claims))
    with tempfile.TemporaryDirectory(prefix="utfall-bench-") as folder:
        workbook, empty = engines.workbook(claims, Path(folder)), engines.empty_workbook(Path(folder))
        _same_total({"exact reading": exact(), "workbook": workbook()})
        seconds = interleaved({"exact": exact, "workbook": workbook, "empty": empty})
    computing = [whole - start for whole, start in zip(seconds["workbook"], seconds["empty"], strict=True)]
    ratio = median(computing) / median(seconds["exact"])
    note = f"after {median(seconds['empty']):.1f} s to start"
    yield Figure("rate card", "LibreOffice workbook", WORKBOOK_SIZE, computing, "exact reading", ratio, note=note)


@contextmanager
def _database() -> Iterator[psycopg.Connection]:
    """A PostgreSQL of our own, thrown away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="utfall-bench-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as nobody and must reach its own folder below this one
    server = Postgres(folder, durable=False)
    try:
        server.start()
        with psycopg.connect(server.url(OWNER_ROLE), autocommit=True) as connection:
            yield connection
    finally:
        server.stop()
        forget(folder)


# --- contracts -----------------------------------------------------------------------------------------------------


def measure_one_contract() -> Iterator[Figure]:
    """One contract of 3,500 claims on the rate card, given one by one and put in columns each time."""
    claims = rate_card.one_by_one(rate_card.invented(3_500)).claims

    def work() -> rate_card.Lines:
        return engines.exact(Facts(claims=claims))()

    seconds = interleaved({"one": work}, runs=2 * RUNS)["one"]
    yield Figure("one contract", "exact reading", 3_500, seconds, goal="< 50 ms", is_met=median(seconds) < 0.05)


def measure_portfolio() -> Iterator[Figure]:
    """A thousand contracts of five terms, with full trace."""
    seconds = interleaved({"all": contracts.traced(contracts.portfolio(1_000))})["all"]
    met = median(seconds) < 0.8
    yield Figure("portfolio", "1,000 contracts × 5 terms, traced", 1_000, seconds, goal="< 0.8 s", is_met=met)


# --- simulation ----------------------------------------------------------------------------------------------------


def measure_simulation() -> Iterator[Figure]:
    """Draws of sixteen quarters of ten metrics, beside merely drawing; each case in a process of its own."""
    for case, draws in (("values", 100_000), ("values", 1_000_000), ("persons", 100_000)):
        measured = json.loads(_output([sys.executable, "-m", "tests.benchmarks.simulation", case, str(draws)]))
        simulating, drawing = measured["seconds"]["simulate"], measured["seconds"]["draw"]
        ratio, peak = median(simulating) / median(drawing), measured["peak_mib"]
        met = ratio <= 2 and peak < 1024
        note, goal = f"peak {peak:,} MiB", "≤ 2, < 1,024 MiB"
        yield Figure("simulation", f"{case}: simulate", draws, simulating, "drawing", ratio, goal, met, note)
        yield Figure("simulation", f"{case}: only draw, NumPy", draws, drawing)


def measure_outlook() -> Iterator[Figure]:
    """What the page of a simulation takes for each template of the shelf: payments, gains, rates and bars."""
    for name, work in outlook.templates():
        seconds = interleaved({"page": work})["page"]
        met = median(seconds) < 2
        yield Figure("outlook", f"{name}: the page", outlook.DRAWS, seconds, goal="< 2 s", is_met=met)


# --- start ---------------------------------------------------------------------------------------------------------

IMPORT = "import time; began = time.perf_counter(); import rulebook; print(time.perf_counter() - began)"


def measure_import() -> Iterator[Figure]:
    """`import rulebook` in a fresh interpreter."""
    seconds = [float(_output([sys.executable, "-c", IMPORT])) for _ in range(RUNS + 1)][1:]
    yield Figure("import", "import rulebook", 1, seconds, goal="< 0.5 s", is_met=median(seconds) < 0.5)


BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "rate-card": measure_rate_card,
    "one-contract": measure_one_contract,
    "portfolio": measure_portfolio,
    "simulation": measure_simulation,
    "outlook": measure_outlook,
    "import": measure_import,
}

if __name__ == "__main__":
    sys.exit(main())
