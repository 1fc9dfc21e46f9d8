"""A thousand contracts, each with five terms on measured values, worked out with their full trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from rulebook import Facts, Version, calculate, parse_facts, parse_terms

METRICS = ("attendance", "wellbeing", "savings", "effect", "placements")


def document(contract: int) -> dict[str, Any]:
    """Target, price, band, step and share, each with its own numbers, under a cap on each period."""
    base = 1000 + contract
    line = [{"at": "0.75", "amount": 0}, {"at": "0.82", "amount": f"{base * 120}.50"}]
    bounds = {"0.05": 40, "0.10": 90, "0.20": 150}
    steps = [{"at_least": bound, "amount": base * amount} for bound, amount in bounds.items()]
    prices = [
        {"kind": "linear", "nodes": line, "below": "clamp", "above": "clamp"},
        {"kind": "threshold", "at_least": "3.5", "amount": base * 50},
        {"kind": "share", "share": "0.60", "from": 0, "to": base * 1000},
        {"kind": "steps", "steps": steps},
        {"kind": "linear", "nodes": [{"at": 0, "amount": 0}, {"at": 120, "amount": base * 300}], "above": "clamp"},
    ]
    return {
        "currency": "SEK",
        "rounding": {"unit": "0.01"},
        "periods": "year",
        "metrics": [{"id": metric, "level": "contract", "missing": "exclude"} for metric in METRICS],
        "terms": [
            {"id": f"t{number}", "measure": {"kind": "value", "metric": metric}, "price": price}
            for number, (metric, price) in enumerate(zip(METRICS, prices, strict=True), start=1)
        ],
        "limits": [{"scope": "period", "at_most": base * 700}],
        "legs": [
            {"payer": "kommun", "payee": "investor", "share": "2/3"},
            {"payer": "region", "payee": "investor", "share": "1/3"},
        ],
    }


def portfolio(count: int, seed: int = 2027) -> list[tuple[Version, Facts]]:
    """Contracts as agreed and what was measured in their year."""
    chance = np.random.default_rng(seed)
    return [_contract(number, chance) for number in range(count)]


def _contract(number: int, chance: np.random.Generator) -> tuple[Version, Facts]:
    terms, problems = parse_terms(document(number))
    if terms is None:
        raise ValueError(problems)
    most: dict[str, Decimal | int] = {
        "attendance": 1,
        "wellbeing": 5,
        "savings": 2_000_000,
        "effect": Decimal("0.3"),
        "placements": 150,
    }
    measured = [
        {"metric": metric, "period": "2027", "value": int(chance.integers(1000)) * high / Decimal(1000)}
        for metric, high in most.items()
    ]
    facts, problems = parse_facts({"measured": measured}, terms)
    if facts is None:
        raise ValueError(problems)
    return Version(1, None, terms), facts


def traced(contracts: list[tuple[Version, Facts]]) -> Callable[[], list[str]]:
    """Every contract calculated, and its whole trace written as JSON."""
    return lambda: [json.dumps(calculate([version], facts, None).to_json()) for version, facts in contracts]
