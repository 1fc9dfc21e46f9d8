"""The cases as an economist writes them: plain YAML, where 0.60 is exactly 0.60 and a date is a date.

A file is about one shape of contract (`shape`, numbered as in docs/rules/shapes.md), about a shape beyond that list, or
about one real contract (`contract`). It has terms, and cases that say what facts give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from rulebook import Entitlement, Facts, Terms, Version, calculate, parse_facts, parse_terms
from rulebook.shapes import rules_in

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
class File:
    """What the cases of one file have in common."""

    name: str
    title: str
    source: str
    shape: int | None
    contract: str | None
    links: tuple[str, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """One example: terms, facts, and what must come out.

    `shows` is zero, normal, capped or rounding; `status`, for a real contract, is published, computed or synthetic.
    """

    file: str
    name: str
    shows: str
    status: str
    terms: dict[str, Any]
    facts: dict[str, Any]
    lines: list[dict[str, Any]]
    total: Decimal
    claims: dict[str, str]
    as_of: date | None
    amended: tuple[tuple[date, dict[str, Any]], ...]

    def __str__(self) -> str:
        """The case's name in letters that every test runner takes: each test can be asked for by it."""
        return re.sub(r"[^0-9A-Za-z]+", "-", f"{self.file} {self.name}").strip("-")

    @cached_property
    def versions(self) -> list[Version]:
        """The terms, and their amendments with the day from which each applies."""
        documents = [(None, self.terms), *self.amended]
        return [Version(number, since, _read(document)) for number, (since, document) in enumerate(documents, 1)]

    def read(self) -> tuple[Terms, Facts]:
        """The first terms, and the facts."""
        terms = [version.terms for version in self.versions]
        facts, problems = parse_facts(self.facts, terms)
        assert facts is not None, problems
        return terms[0], facts

    @cached_property
    def entitlement(self) -> Entitlement:
        """What the exact reading gives."""
        return calculate(self.versions, self.read()[1], self.as_of)


def _read(document: dict[str, Any]) -> Terms:
    terms, problems = parse_terms(document)
    assert terms is not None, problems
    return terms


@cache
def files() -> dict[str, File]:
    """The case files by name: first the numbered shapes, then those beyond them, then the real contracts."""
    paths = [path for part in ("shapes", "beyond", "contracts") for path in sorted((FOLDER / part).glob("*.yaml"))]
    return {path.stem: _file(path.stem, yaml.load(path.read_text(), _Exact)) for path in paths}  # noqa: S506


@cache
def cases() -> list[Case]:
    return [case for file in files().values() for case in file.cases]


def kinds_in(terms: Terms) -> set[str]:
    """Every kind of measure, price and adjustment that the terms use."""
    return {rule.kind for rule in rules_in((terms.terms, terms.limits))}


def _file(name: str, file: Mapping[str, Any]) -> File:
    return File(
        name,
        file["title"],
        " ".join(file["source"].split()),
        int(file["shape"]) if "shape" in file else None,
        file.get("contract"),
        tuple(file.get("links", ())),
        tuple(_case(name, file.get("terms", {}), case) for case in file["cases"]),
    )


def _case(name: str, shared: Mapping[str, Any], case: Mapping[str, Any]) -> Case:
    terms = {**case.get("terms", shared), **case.get("with", {})}
    terms.pop(case.get("without", ""), None)
    as_of = case.get("as_of")
    return Case(
        name,
        case["name"],
        case["shows"],
        case.get("status", ""),
        terms,
        dict(_facts(case["facts"], terms)),
        [*case["lines"]],
        Decimal(case["total"]),
        dict(case.get("claims", {})),
        date.fromisoformat(as_of) if as_of else None,
        tuple(
            (date.fromisoformat(amendment["from"]), {**terms, **amendment["with"]})
            for amendment in case.get("amended", ())
        ),
    )


LISTS = ("persons", "claims", "measured", "events")
MEASURED = frozenset({"value", "numerator", "denominator", "due", "measured", "standard_error", "verified_on"})


def _facts(facts: Mapping[str, Any], terms: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Facts with their shorthand spelt out.

    Under a metric's id stands its value for the whole contract, or its values by period and perhaps cohort. Under a
    person-level metric stands how many claims there were, each by a person of its own, by day or year (1 October).
    """
    levels = {metric["id"]: metric["level"] for metric in terms["metrics"]}
    spelt_out: dict[str, list[dict[str, Any]]] = {name: list(facts[name]) for name in LISTS if name in facts}
    for metric, given in facts.items():
        if metric in LISTS:
            continue
        for period, cohort, found in _by_place(given):
            if levels[metric] == "person":
                spelt_out.setdefault("claims", []).extend(_many_claims(metric, period, cohort, int(found)))
            else:
                value = dict(found) if isinstance(found, Mapping) else {"value": found}
                place = {"metric": metric, "period": period} | ({"cohort": cohort} if cohort else {})
                spelt_out.setdefault("measured", []).append({**place, **value})
    yield from spelt_out.items()


def _by_place(given: Any) -> Iterator[tuple[str, str, Any]]:
    """Period, cohort and what was found there."""
    if not isinstance(given, Mapping) or set(given) <= MEASURED:
        yield "contract", "", given
        return
    for period, found in given.items():
        if isinstance(found, Mapping) and not set(found) <= MEASURED:
            yield from ((period, cohort, inner) for cohort, inner in found.items())
        else:
            yield period, "", found


def _many_claims(metric: str, day: str, cohort: str, count: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        name = "-".join(part for part in (metric, cohort, day, str(number)) if part)
        claim = {"id": name, "person": name, "metric": metric, "event_on": day if "-" in day else f"{day}-10-01"}
        yield {**claim, "cohort": cohort} if cohort else claim
