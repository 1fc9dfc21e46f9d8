"""The worked example of the annex: invented, always the same, and reckoned exactly as a settlement is."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rulebook import Terms, Version, calculate, clauses, parse_terms
from rulebook.example import annex, example, example_facts, example_of
from tests.rulebook.examples import sound_terms
from tests.rulebook.reading import files
from tests.rulebook.rich import OWN_PERIODS

DEMO = Path(__file__).parents[2] / "config" / "demo"
LEG = [{"payer": "city", "share": 1}]
JOB = {"id": "job", "level": "person", "sv": "Arbete", "en": "Job"}


def demo(contract: str) -> Terms:
    terms, _ = parse_terms(json.loads((DEMO / contract / "terms.json").read_text(), parse_float=Decimal))
    assert terms is not None
    return terms


def terms_of(**document: Any) -> Terms:
    return sound_terms({"currency": "SEK", "legs": LEG, "metrics": [JOB], **document})


def job(**price: Any) -> dict[str, Any]:
    return {"id": "t", "measure": {"kind": "count", "metric": "job"}, "price": price}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("contract", ["nordviken", "norrkoping"])
def test_every_term_of_the_demo_contracts_pays_in_its_example(contract: str) -> None:
    terms = demo(contract)
    paid = {line.term for line in example_of(terms).entitlement.lines if line.amount > 0}
    assert paid == {term.id for term in terms.terms}


@pytest.mark.parametrize("name", list(files()))
def test_every_case_file_has_an_example_that_pays_something(name: str) -> None:
    worked = example_of(files()[name].cases[0].versions[0].terms)
    assert any(line.amount for line in worked.entitlement.lines)
    assert all(claim.counted for claim in worked.entitlement.claims)


def test_the_example_is_reckoned_as_a_settlement_is() -> None:
    terms = demo("nordviken")
    worked = example_of(terms)
    assert worked.entitlement == calculate([Version(1, None, terms)], example_facts(terms), worked.as_of)


def test_the_same_terms_have_the_same_example() -> None:
    assert example(demo("nordviken"), "sv") == example(demo("nordviken"), "sv")


def test_the_annex_ends_with_the_example_and_says_that_it_is_invented() -> None:
    terms = demo("nordviken")
    said, last = clauses(terms, "sv"), annex(terms, "sv")
    assert last[: len(said)] == said
    assert last[len(said)].number == "8.1"
    assert last[len(said)].text.startswith("Uppgifterna är påhittade och visar bara hur villkoren räknas.")
    assert plain(last[-1].text) == (
        "Tillsammans blir det 450 000,00 kr. "
        "Utbildningsnamnden betalar 270 000,00 kr och socialnamnden betalar 180 000,00 kr."
    )


def test_each_term_is_shown_in_words_and_in_numbers() -> None:
    shown = {clause.heading: plain(clause.text) for clause in example(demo("nordviken"), "sv")}
    assert shown["Räkneexempel: Närvaro i sex månader, 2025-Q4, Hösten 2025"] == (
        "Antal godkända anspråk × pris per utfall: 10 × 18 000,00 = 180 000,00 kr. "
        "Villkor ”Elevernas mående” ≥ 3,5: 3,5, uppfyllt."
    )
    assert shown["Räkneexempel: Behörighet, 2026-Q1, Hösten 2025"] == (
        "Antal godkända anspråk × pris per utfall − tak per person: 10 × 30 000,00 − 225 000,00 = 75 000,00 kr. "
        "Tak per person (45 000,00 kr): −225 000,00 kr."
    )


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", list(files()))
def test_the_example_reads_as_sentences(name: str, language: Any) -> None:
    for clause in example(files()[name].cases[0].versions[0].terms, language):
        assert clause.text.endswith(".")
        assert not any(flaw in clause.text for flaw in ("  ", " .", "..", "None", "{", " ,"))


def test_a_threshold_has_as_many_claims_as_it_takes() -> None:
    worked = example_of(terms_of(terms=[job(kind="threshold", at_least=23, amount=500)]))
    assert len(worked.facts.claims) == 23
    assert worked.entitlement.total == 500


def test_a_small_cohort_is_not_overfilled() -> None:
    cohort = {"id": "c", "enrols": ["2027-01-01", "2027-06-30"], "size": 4}
    worked = example_of(terms_of(terms=[job(kind="unit", amount=500)], cohorts=[cohort]))
    assert len(worked.facts.persons) == 4
    assert worked.entitlement.total == 2000


def test_the_persons_are_divided_among_the_groups() -> None:
    terms = terms_of(
        groups=[{"id": "young"}, {"id": "old"}],
        metrics=[{**JOB, "groups": ["young"]}],
        terms=[job(kind="unit", amount=100)],
    )
    assert [person.groups for person in example_facts(terms).persons] == [("young",)] * 5
    assert "E1–E5 hör till ”young”." in example(terms, "sv")[0].text


def test_those_who_are_ruled_out_are_other_persons() -> None:
    had = {"id": "had", "level": "person"}
    for_had = {"id": "h", "measure": {"kind": "count", "metric": "had"}, "price": {"kind": "unit", "amount": 1}}
    terms = terms_of(metrics=[{**JOB, "unless": "had"}, had], terms=[job(kind="unit", amount=100), for_had])
    facts = example_facts(terms)
    by_metric = {
        metric: {claim.person for claim in facts.claims if claim.metric == metric} for metric in ("job", "had")
    }
    assert by_metric["job"].isdisjoint(by_metric["had"])


def test_a_window_and_days_that_do_not_count_are_kept() -> None:
    terms = terms_of(
        life={"from": "2027-01-01", "to": "2028-12-31"},
        calendars=[{"id": "summer", "days": [["2027-06-01", "2027-08-31"]]}],
        metrics=[
            {
                **JOB,
                "window": {"from": "contract", "not_before": {"months": 4}, "months": 5, "excluding": "summer"},
                "duration": {"unit": "week", "qualifying_days": 7, "excluding": "summer"},
            }
        ],
        terms=[job(kind="unit", amount=100)],
    )
    worked = example_of(terms)
    assert [claim.reason for claim in worked.entitlement.claims] == [None] * 10
    assert worked.entitlement.total == 10 * 3 * 100  # the window closes on 1 September, in the fourth week


def test_a_claim_that_cannot_count_is_not_called_accepted() -> None:
    terms = terms_of(
        life={"from": "2027-01-01", "to": "2027-12-31"},
        metrics=[{**JOB, "window": {"from": "contract", "not_before": {"months": 18}}}],
        terms=[job(kind="unit", amount=100)],
    )
    assert len(example_facts(terms).claims) == 0
    assert "godkänt anspråk" not in example(terms, "sv")[0].text


def test_terms_without_any_day_begin_somewhere() -> None:
    assert str(example_facts(sound_terms({**OWN_PERIODS, "periods": "year"})).claims[0].event_on) == "2027-02-01"
