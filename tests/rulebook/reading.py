"""The cases as an economist writes them: plain YAML, where 0.60 is exactly 0.60 and a date is a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rulebook import Entitlement, Facts, Terms, Version, calculate, parse_facts, parse_terms

FOLDER = Path(__file__).parent / "cases"


class _Exact(yaml.SafeLoader):
    """YAML without floats, without its own idea of dates, and where only true and false are yes and no."""


_Exact.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":int"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Exact.yaml_implicit_resolvers |= {
    first: [(tag, pattern) for tag, pattern in _Exact.yaml_implicit_resolvers[first] if not tag.endswith(":bool")]
    for first in "yYnNoO"
}


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


_Exact.add_constructor("tag:yaml.org,2002:float", _decimal)


@dataclass(frozen=True)
class Case:
    """One example: terms, facts, and what must come out."""

    kind: str
    name: str
    shows: str
    terms: dict[str, Any]
    facts: dict[str, Any]
    lines: list[dict[str, Any]]
    total: Decimal
    claims: dict[str, str]
    as_of: date | None

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    def read(self) -> tuple[Terms, Facts]:
        terms, problems = parse_terms(self.terms)
        assert terms is not None, problems
        facts, problems = parse_facts(self.facts, terms)
        assert facts is not None, problems
        return terms, facts

    def calculate(self) -> Entitlement:
        terms, facts = self.read()
        return calculate([Version(1, None, terms)], facts, self.as_of)


@cache
def files() -> dict[str, dict[str, Any]]:
    """The case files by kind."""
    return {path.stem: yaml.load(path.read_text(), _Exact) for path in sorted(FOLDER.glob("*.yaml"))}  # noqa: S506


@cache
def cases() -> list[Case]:
    return [_case(kind, file["terms"], case) for kind, file in files().items() for case in file["cases"]]


def _case(kind: str, shared: Mapping[str, Any], case: Mapping[str, Any]) -> Case:
    terms = {**case.get("terms", shared), **case.get("with", {})}
    terms.pop(case.get("without", ""), None)
    as_of = case.get("as_of")
    return Case(
        kind,
        case["name"],
        case["shows"],
        terms,
        _facts(case["facts"]),
        [*case["lines"]],
        Decimal(case["total"]),
        dict(case.get("claims", {})),
        date.fromisoformat(as_of) if as_of else None,
    )


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`{placed: {2014: 12}}` is short for twelve claims on `placed` by twelve persons in 2014."""
    if set(facts) <= {"persons", "claims", "measured"}:
        return dict(facts)
    return {
        "claims": [
            {
                "id": f"{metric}-{year}-{n}",
                "person": f"{metric}-{year}-{n}",
                "metric": metric,
                "event_on": f"{year}-10-01",
            }
            for metric, years in facts.items()
            for year, count in years.items()
            for n in range(1, int(count) + 1)
        ]
    }
