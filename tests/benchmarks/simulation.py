"""Simulating sixteen quarters of ten metrics, beside merely drawing the same random numbers with NumPy.

Run as a program it measures one case in a process of its own, so that the peak of memory is that of the simulation:

    .venv/bin/python -m tests.benchmarks.simulation values|persons DRAWS
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from rulebook import parse_terms
from rulebook.simulate import CHUNK, Simulation, parse_assumptions, simulate
from tests.benchmarks.timing import interleaved

Work = Callable[[], Simulation]
Drawing = Callable[[], None]
QUARTERS: Final = 16
METRICS: Final = 10
PERSONS: Final = 200
SHARES: Final = [f"0.{number}5" for number in range(METRICS)]
SEED: Final = 2027
MONTHS: Final = ("01", "04", "07", "10")


def values(draws: int) -> tuple[Work, Drawing]:
    """Ten values measured every quarter, each normally distributed: simulating, and only drawing."""
    prices: list[dict[str, Any]] = [
        {"kind": "linear", "nodes": [{"at": 40, "amount": 0}, {"at": 60, "amount": 90_000}]},
        {"kind": "threshold", "at_least": 50, "amount": 40_000},
        {"kind": "share", "share": "0.60", "from": 40, "to": 70},
        {"kind": "steps", "steps": [{"at_least": 45, "amount": 10_000}, {"at_least": 55, "amount": 25_000}]},
        {"kind": "unit", "amount": 900},
    ]
    names = [f"v{number}" for number in range(METRICS)]
    terms = _terms(
        [{"id": name, "level": "contract", "unit": "score"} for name in names],
        [
            {"id": f"t{name}", "measure": {"kind": "value", "metric": name}, "price": prices[place % len(prices)]}
            for place, name in enumerate(names)
        ],
    )
    normal = {"kind": "normal", "mean": 50, "sd": 10}

    def drawing() -> None:
        for stream, size in _streams(draws):
            for _ in range(METRICS * QUARTERS):
                stream.normal(50, 10, size)

    return _simulating(terms, {"measured": [{"metric": name, "value": normal} for name in names]}, draws), drawing


def persons(draws: int) -> tuple[Work, Drawing]:
    """Two hundred persons who enrol over the quarters, and ten outcomes that each reach or not."""
    names = [f"p{number}" for number in range(METRICS)]
    terms = _terms(
        [{"id": name, "level": "person", "once": True} for name in names],
        [
            {"id": f"t{name}", "measure": {"kind": "count", "metric": name}, "price": {"kind": "unit", "amount": 4000}}
            for name in names
        ],
    )
    days = [f"{2027 + quarter // 4}-{MONTHS[quarter % 4]}-01" for quarter in range(QUARTERS)]
    participants = {
        "size": PERSONS,
        "cohort": "all",
        "enrolment": [{"on": day, "share": "0.0625"} for day in days],
        "outcomes": [{"metric": name, "share": share} for name, share in zip(names, SHARES, strict=True)],
    }

    def drawing() -> None:
        for stream, size in _streams(draws):
            enrolled = stream.multinomial(np.full(size, PERSONS), [1 / QUARTERS] * QUARTERS)
            for quarter in range(QUARTERS):
                for share in SHARES:
                    stream.binomial(enrolled[:, quarter], float(share))

    return _simulating(terms, {"participants": [participants]}, draws), drawing


CASES: Final = {"values": values, "persons": persons}


def _terms(metrics: list[dict[str, Any]], terms: list[dict[str, Any]]) -> dict[str, Any]:
    """Ten terms under a cap on each quarter and one on the whole contract, both of which often bind."""
    return {
        "currency": "SEK",
        "life": {"from": "2027-01-01", "to": "2030-12-31"},
        "cohorts": [{"id": "all", "enrols": ["2027-01-01", "2030-12-31"]}],
        "metrics": metrics,
        "terms": terms,
        "limits": [{"scope": "period", "at_most": 300_000}, {"scope": "contract", "at_most": 4_000_000}],
        "legs": [{"payer": "kommun", "share": "0.60"}, {"payer": "region", "share": "0.40"}],
    }


def _simulating(document: dict[str, Any], assumed: dict[str, Any], draws: int) -> Work:
    terms, problems = parse_terms(document)
    if terms is None:
        raise ValueError(problems)
    assumptions, problems = parse_assumptions(assumed, terms)
    if assumptions is None:
        raise ValueError(problems)
    return lambda: simulate(terms, assumptions, draws, SEED)


def _streams(draws: int) -> Iterator[tuple[np.random.Generator, int]]:
    """A stream of the same kind for each chunk of the same size as the simulation's."""
    sizes = [min(CHUNK, draws - start) for start in range(0, draws, CHUNK)]
    for seed, size in zip(np.random.SeedSequence(SEED).spawn(len(sizes)), sizes, strict=True):
        yield np.random.Generator(np.random.PCG64(seed)), size


def main() -> None:
    case, draws = sys.argv[1], int(sys.argv[2])
    simulating, drawing = CASES[case](draws)
    seconds = interleaved({"simulate": simulating, "draw": drawing})
    json.dump({"seconds": seconds, "peak_mib": _peak_mib()}, sys.stdout)


def _peak_mib() -> int:
    """The most memory this process has held. Linux lets ru_maxrss begin at what the process that started us held."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM")), None)
    return int(peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024


if __name__ == "__main__":
    main()
