"""The page of a simulation: 100,000 draws of what is paid, gained and returned, for each template of the shelf.

Run as a program it prints what one template gives:

    .venv/bin/python -m tests.benchmarks.outlook TEMPLATE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import yaml

from rulebook import parse_terms
from rulebook.benefits import Gain, Rates, drawn
from rulebook.forecast import Figure, forecast
from rulebook.outlook import Outlook, outlook_on
from rulebook.simulate import parse_assumptions, simulate_each

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "library" / "shelf" / "templates"
DRAWS: Final = 100_000
SEED, HORIZON, THREADS = 1, 5, 2


def templates() -> Iterator[tuple[str, Callable[[], Outlook]]]:
    """Every template by name, and the work of simulating it."""
    for path in sorted(TEMPLATES.glob("*.yaml")):
        yield path.stem, simulating(yaml.safe_load(path.read_text())["document"])


def simulating(document: Mapping[str, Any]) -> Callable[[], Outlook]:
    """What the page does, from the stored figures to the numbers that it shows."""
    figures = {row["key"]: _figure(row) for row in document["assumptions"]}
    gains = [_gain(str(number), row) for number, row in enumerate(document["benefits"])]
    holders = {party["key"]: "municipality" for party in document["parties"]}

    def work() -> Outlook:
        terms, problems = parse_terms(document["terms"])
        if terms is None:
            raise ValueError(problems)
        assumptions, problems = parse_assumptions(forecast(terms, figures).document, terms)
        if assumptions is None:
            raise ValueError(problems)
        simulation, each = simulate_each(terms, assumptions, DRAWS, SEED, threads=THREADS)
        found = outlook_on(
            simulation,
            each,
            gains=lambda each: drawn(gains, figures, DRAWS, SEED, reached=each.reached, rates=Rates(), horizon=HORIZON),
            holder_of=holders,
        )
        json.dumps(found.to_json())
        return found

    return work


def _figure(row: Mapping[str, Any]) -> Figure:
    value, low, high = (
        None if row.get(name) is None else Fraction(str(row[name])) for name in ("value", "low", "high")
    )
    return Figure(value or Fraction(0), low, high)


def _gain(number: str, row: Mapping[str, Any]) -> Gain:
    names = ("holder", "metric", "volume", "unit_cost", "attribution", "from_year", "years", "is_cashable")
    kept = {name: row[name] for name in names if row.get(name) is not None}
    return Gain(id=number, label=row["sv"], **{"metric": "", **kept})


def main() -> None:
    chosen = dict(templates())[sys.argv[1]]()
    print(json.dumps(chosen.to_json(), indent=1))


if __name__ == "__main__":
    main()
