"""Every worked example gives exactly what it says, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rulebook import (
    ADJUSTMENTS,
    MEASURES,
    PRICES,
    MeasuredFact,
    Version,
    calculate,
    parse_facts,
    parse_terms,
    terms_hash,
    working,
)
from rulebook.simulate import parse_assumptions, simulate
from tests.rulebook.reading import Case, cases, files, kinds_in
from tests.rulebook.write_rules import STATUSES

DEMO = Path(__file__).parents[2] / "config" / "demo"
SHOWS = {"zero", "normal", "capped", "rounding"}


@pytest.mark.parametrize("case", cases(), ids=str)
def test_case_gives_its_lines(case: Case) -> None:
    entitlement = case.entitlement
    assert _sorted(_line(line.to_json()) for line in entitlement.lines) == _sorted(map(_line, case.lines))
    assert entitlement.total == case.total
    shares = {
        (line.term, line.period): {share.payer: share.amount for share in line.shares} for line in entitlement.lines
    }
    for wanted in (line for line in case.lines if "shares" in line):
        split = {payer: Decimal(amount) for payer, amount in wanted["shares"].items()}
        assert shares[wanted["term"], wanted["period"]] == split


def _line(line: dict[str, Any]) -> tuple[str, str, str, Decimal, Decimal]:
    held = line.get("held") or line.get("working", {}).get("held", {}).get("amount", 0)
    return line["term"], line["period"], line.get("cohort") or "", Decimal(line["amount"]), Decimal(held)


def _sorted(lines: Iterable[tuple[str, str, str, Decimal, Decimal]]) -> list[tuple[str, str, str, Decimal, Decimal]]:
    return sorted(lines)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_case_says_why_a_claim_did_not_earn(case: Case) -> None:
    assert {claim.claim: claim.reason for claim in case.entitlement.claims if claim.reason} == case.claims


@pytest.mark.parametrize("case", cases(), ids=str)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_case_can_be_explained(case: Case, language: str) -> None:
    by_number = {version.number: version.terms for version in case.versions}
    for line in case.entitlement.lines:
        shown = working(json.loads(json.dumps(line.to_json())), by_number[line.version], language)  # type: ignore[arg-type]
        assert shown.words
        assert shown.numbers
        assert "{" not in shown.words + shown.numbers + "".join(shown.limits + shown.conditions)


def _is_sure(case: Case) -> bool:
    """Whether what the case knows can be assumed for certain: one value in a place, and events that happen once."""
    facts, terms = case.read()[1], case.versions[0].terms
    places = {(fact.metric, fact.period, fact.cohort) for fact in facts.measured}
    incomplete = any(fact.observed is None or fact.due is not None for fact in facts.measured)
    if case.amended or case.as_of or facts.claims or facts.persons or incomplete:
        return False
    once = len({fact.event for fact in facts.events}) == len(facts.events)
    return once and len(places) == len(facts.measured) and any(term.measure for term in terms.terms)


@pytest.mark.parametrize("case", [case for case in cases() if _is_sure(case)], ids=str)
def test_the_reading_on_draws_pays_the_same_when_nothing_is_uncertain(case: Case) -> None:
    facts, terms = case.read()[1], case.versions[0].terms
    assumed = {
        "measured": [_assumed(fact) for fact in facts.measured],
        "events": [{"event": fact.event, "chance": 1, "on": fact.on.isoformat()} for fact in facts.events],
    }
    assumptions, problems = parse_assumptions(assumed, terms)
    assert assumptions is not None, problems
    paid = simulate(terms, assumptions, draws=2, seed=1).total.mean
    rounded_off = max(1, len(case.entitlement.lines)) * float(terms.rounding.unit)
    assert abs(float(paid) - float(case.total)) <= rounded_off + 1e-9 * abs(float(case.total))


def _assumed(fact: MeasuredFact) -> dict[str, Any]:
    assert fact.observed is not None
    value = Decimal(fact.observed.numerator) / Decimal(fact.observed.denominator)
    known = {"metric": fact.metric, "value": f"{value:.20f}", "periods": [fact.period]}
    known |= {"cohorts": [fact.cohort]} if fact.cohort else {}
    known |= {"weight": str(fact.denominator)} if fact.denominator else {}
    return known | ({"standard_error": f"{float(fact.standard_error):.9f}"} if fact.standard_error is not None else {})


def test_every_one_of_the_34_shapes_has_its_case() -> None:
    assert sorted(file.shape for file in files().values() if file.shape) == list(range(1, 35))


@pytest.mark.parametrize("name", [name for name, file in files().items() if file.shape])
def test_shape_has_a_zero_a_normal_a_capped_and_a_rounding_case(name: str) -> None:
    assert {case.shows for case in files()[name].cases} == SHOWS


@pytest.mark.parametrize("kind", [*MEASURES, *PRICES, *ADJUSTMENTS])
def test_kind_has_a_zero_a_normal_a_capped_and_a_rounding_case(kind: str) -> None:
    assert {case.shows for case in cases() if kind in kinds_in(case.versions[0].terms)} == SHOWS


@pytest.mark.parametrize("name", [name for name, file in files().items() if file.contract])
def test_real_contract_says_what_is_published_and_what_is_not(name: str) -> None:
    file = files()[name]
    assert {case.status for case in file.cases} <= set(STATUSES)
    assert file.links


def test_norrkoping_in_the_demo_is_the_contract_of_the_cases() -> None:
    case = files()["norrkoping"].cases[0]
    assert terms_hash(case.terms) == terms_hash(_demo("norrkoping/terms.json"))


@pytest.mark.parametrize("letter", "abcdefghijklm")
def test_norrkoping_in_the_demo_pays_what_its_case_says(letter: str) -> None:
    case = next(case for case in files()["norrkoping"].cases if case.name.startswith(f"{letter}."))
    terms, problems = parse_terms(_demo("norrkoping/terms.json"))
    assert terms is not None, problems
    facts, problems = parse_facts(_demo(f"norrkoping/facts-{letter}.json"), terms)
    assert facts is not None, problems
    assert calculate([Version(1, None, terms)], facts, None).total == case.total


def test_nordviken_is_sound() -> None:
    _, problems = parse_terms(_demo("nordviken/terms.json"))
    assert problems == []


def _demo(name: str) -> Any:
    return json.loads((DEMO / name).read_text(), parse_float=Decimal)
