"""The terms and the workings, in words that the parties can sign and the payee can check."""

# ruff: noqa: E501 – a table is easier to read with one case a line

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rulebook import clauses, parse_terms, working
from rulebook.language import Voice
from tests.rulebook.examples import entitlement, sound_terms, terms_document
from tests.rulebook.reading import cases

DEMO = Path(__file__).parents[2] / "config" / "demo"
NBSP = "\u00a0"


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def test_the_working_shows_words_numbers_amount_and_limit() -> None:
    terms = sound_terms()
    line = entitlement().to_json()["lines"][1]
    swedish, english = working(line, terms, "sv"), working(line, terms, "en")
    assert swedish.words == "antal godkända anspråk × pris per utfall − tak per person"
    assert plain(swedish.numbers) == "1 × 18 000,00 − 5 000,00"
    assert swedish.amount == f"13{NBSP}000,00{NBSP}kr"
    assert [plain(limit) for limit in swedish.limits] == ["Tak per person (25 000,00 kr): −5 000,00 kr; anspråk c2"]
    assert [plain(text) for text in swedish.conditions] == ["Villkor ”Elevernas mående” ≥ 3,5: 3,8, uppfyllt"]
    assert english.words == "accepted claims × price per outcome − limit per person"
    assert english.numbers == "1 × 18,000.00 − 5,000.00"
    assert plain(english.amount) == "SEK 13,000.00"


def test_the_clauses_of_the_example_can_be_signed() -> None:
    swedish = {clause.number: plain(clause.text) for clause in clauses(sound_terms(), "sv")}
    assert swedish["5.2"] == (
        "För varje godkänt anspråk på ”… i sex månader” betalas 18 000,00 kr. För händelser från och med den 1 juli 2027 är "
        "priset 16 000,00 kr. Detta betalas bara för mätperioder då ”Elevernas mående” är minst 3,5."
    )
    english = {clause.number: plain(clause.text) for clause in clauses(sound_terms(), "en")}
    assert english["6.1"] == "No more than SEK 25,000.00 is paid for any one person over the whole contract."


def test_parties_can_be_called_by_their_names() -> None:
    names = {"payer:utbildningsnamnden": "Utbildningsnämnden", "payer:socialnamnden": "Socialnämnden"}
    first = clauses(sound_terms(), "sv", names)[0].text
    assert plain(first).startswith(
        "Varje belopp delas så här: Utbildningsnämnden betalar 60 % och Socialnämnden betalar 40 %."
    )


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_case_has_clauses_without_holes(case: Any, language: Any) -> None:
    terms, _ = case.read()
    found = clauses(terms, language)
    assert [clause.number for clause in found] == sorted((clause.number for clause in found), key=_numbers)
    for clause in found:
        assert clause.heading
        assert clause.text.endswith(".")
        assert not any(hole in clause.text for hole in ("{", "}", "None", "  ", " .", ".."))


def _numbers(number: str) -> list[int]:
    return [int(part) for part in number.split(".")]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("contract", ["nordviken", "norrkoping"])
def test_the_demo_contracts_have_words_in_both_languages(contract: str, language: Any) -> None:
    terms, _ = parse_terms(json.loads((DEMO / contract / "terms.json").read_text(), parse_float=Decimal))
    assert terms is not None
    labels = [(metric.sv, metric.en) for metric in terms.metrics]
    labels += [(term.sv, term.en) for term in terms.terms]
    labels += [(cohort.sv, cohort.en) for cohort in terms.cohorts]
    assert all(sv and en for sv, en in labels)
    assert len(clauses(terms, language)) > 5


def test_every_part_of_a_metric_has_its_words() -> None:
    document = terms_document(
        life={"from": "2026-01-01", "to": "2028-12-31"},
        metrics=[
            {
                "id": "m",
                "level": "person",
                "unit": "week",
                "at_most": 3,
                "min_gap_days": 30,
                "window": {"from": "contract", "months": 1, "days": 2},
                "deadline": {"days": 1},
                "sv": "Vecka i arbete",
                "en": "Week in work",
            },
            {"id": "f", "level": "contract", "role": "follow_up", "missing": {"value": 0}, "unmeasured": "as_failed"},
        ],
        terms=[
            {
                "id": "t",
                "measure": {"kind": "count", "metric": "m"},
                "price": {"kind": "unit", "amount": {"share": "0.1", "of": "f"}},
            }
        ],
        limits=[{"scope": "person", "metric": "m", "at_most": 1, "sv": "Tak per person", "en": "Cap per person"}],
        rounding={"unit": 1, "mode": "down"},
    )
    text = " ".join(clause.text for clause in clauses(sound_terms(document), "sv"))
    for phrase in (
        "Det räknas högst 3 gånger per person.",
        "ska det gå minst 30 dagar",
        "inom 1 månad och 2 dagar från avtalets första dag",
        "Anspråket ska göras inom 1 dag från händelsen.",
        "Måttet följs upp men ger ingen ersättning.",
        "Saknas värde för en mätperiod används 0.",
        "räknas som att de inte nådde målet",
        "För varje godkänd vecka på ”Vecka i arbete” betalas",
        "mot noll till hela steg om",
    ):
        assert phrase in text


@pytest.mark.parametrize(
    ("figure", "sv", "en"),
    [
        ("1234.5", "1 234,50", "1,234.50"),
        ("-12", "−12,00", "−12.00"),
        ("1/3", "≈ 0,333333", "≈ 0.333333"),
        (0, "0,00", "0.00"),
    ],
)
def test_numbers_are_written_as_readers_expect(figure: Any, sv: str, en: str) -> None:
    assert plain(Voice("sv", "SEK").number(figure, 2)) == sv
    assert plain(Voice("en", "SEK").number(figure, 2)) == en
