"""Every worked example gives exactly what it says, line by line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from rulebook import MEASURES, PRICES, Version, calculate, parse_facts, parse_terms, working
from tests.rulebook.reading import Case, cases, files

DEMO = Path(__file__).parents[2] / "config" / "demo"


@pytest.mark.parametrize("case", cases(), ids=str)
def test_case_gives_its_lines(case: Case) -> None:
    entitlement = case.calculate()
    got = [(line.term, line.period, line.cohort, line.amount) for line in entitlement.lines]
    assert got == [(line["term"], line["period"], line.get("cohort"), Decimal(line["amount"])) for line in case.lines]
    assert entitlement.total == case.total
    for line, wanted in zip(entitlement.lines, case.lines, strict=True):
        if "shares" in wanted:
            assert {share.payer: share.amount for share in line.shares} == {
                payer: Decimal(amount) for payer, amount in wanted["shares"].items()
            }


@pytest.mark.parametrize("case", cases(), ids=str)
def test_case_says_why_a_claim_did_not_earn(case: Case) -> None:
    assert {claim.claim: claim.reason for claim in case.calculate().claims if claim.reason} == case.claims


@pytest.mark.parametrize("case", cases(), ids=str)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_case_can_be_explained(case: Case, language: str) -> None:
    terms, _ = case.read()
    for line in case.calculate().to_json()["lines"]:
        shown = working(json.loads(json.dumps(line)), terms, language)  # type: ignore[arg-type]
        assert shown.words
        assert shown.numbers
        assert "{" not in shown.words + shown.numbers + "".join(shown.limits + shown.conditions)


@pytest.mark.parametrize("kind", [*MEASURES, *PRICES])
def test_kind_has_a_zero_a_normal_a_capped_and_a_rounding_case(kind: str) -> None:
    assert {case["shows"] for case in files()[kind]["cases"]} == {"zero", "normal", "capped", "rounding"}


NORRKOPING = {
    "a": "4000000", "b": "4000000", "c": "5500000", "d": "7000000", "e": "10000000", "f": "10000000", "g": "11000000",
    "h": "12000000", "i": "12000000", "j": "10000000", "k": "3000000", "l": "5400000", "m": "9000000",
}  # fmt: skip


@pytest.mark.parametrize(("case", "paid"), list(NORRKOPING.items()))
def test_norrkoping_pays_what_its_published_formula_says(case: str, paid: str) -> None:
    folder = DEMO / "norrkoping"
    terms, problems = parse_terms(json.loads((folder / "terms.json").read_text(), parse_float=Decimal))
    assert terms is not None, problems
    facts, problems = parse_facts(json.loads((folder / f"facts-{case}.json").read_text(), parse_float=Decimal), terms)
    assert facts is not None, problems
    assert calculate([Version(1, None, terms)], facts, None).total == Decimal(paid)


def test_nordviken_is_sound() -> None:
    _, problems = parse_terms(json.loads((DEMO / "nordviken" / "terms.json").read_text(), parse_float=Decimal))
    assert problems == []
