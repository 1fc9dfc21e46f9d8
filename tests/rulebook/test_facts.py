"""Reading facts: every row's problems at once."""

# ruff: noqa: E501 – a table is easier to read with one case a line

from __future__ import annotations

from typing import Any

import pytest

from rulebook import claims_from_csv, parse_facts
from tests.rulebook.examples import facts_document, sound_facts, sound_terms, terms_document

CLAIM = {"id": "c1", "person": "p1", "metric": "att3", "cohort": "ht26", "event_on": "2026-12-04"}
VALUE = {"metric": "well", "cohort": "ht26", "period": "2027-Q1", "value": "3.8"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"claims": [{**CLAIM, "metric": "att33"}]}, ("claims[0].metric", "unknown_metric")),
        ({"claims": [{**CLAIM, "metric": "well"}]}, ("claims[0].metric", "level")),
        ({"claims": [{**CLAIM, "cohort": "ht27"}]}, ("claims[0].cohort", "unknown_cohort")),
        ({"claims": [{**CLAIM, "cohort": None}]}, ("claims[0].cohort", "missing")),
        ({"claims": [{**CLAIM, "units": "-1"}]}, ("claims[0].units", "range")),
        ({"claims": [{**CLAIM, "event_on": "2026-02-30"}]}, ("claims[0].event_on", "date")),
        ({"claims": [CLAIM, CLAIM]}, ("claims[1].id", "duplicate")),
        ({"claims": [{**CLAIM, "person": "a\nb"}]}, ("claims[0].person", "reference")),
        ({"persons": [{"id": "p1", "cohort": "ht26", "enrolled_on": "2026-07-31"}]}, ("persons[0].enrolled_on", "enrolment")),
        ({"measured": [{**VALUE, "period": "2027-03"}]}, ("measured[0].period", "unknown_period")),
        ({"measured": [{**VALUE, "cohort": None}]}, ("measured[0].cohort", "missing")),
        ({"measured": [{**VALUE, "metric": "att3"}]}, ("measured[0].metric", "level")),
        ({"measured": [{**VALUE, "numerator": 1}]}, ("measured[0].numerator", "fraction")),
        ({"measured": [{**VALUE, "numerator": 1, "denominator": 2}]}, ("measured[0].value", "fraction")),
        ({"measured": [{**VALUE, "denominator": 0}]}, ("measured[0].denominator", "range")),
        ({"measured": [{**VALUE, "due": 3, "measured": 4}]}, ("measured[0].measured", "measured_of_due")),
        ({"measured": [VALUE, VALUE]}, ("measured[1]", "duplicate_value")),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_used_are_refused(changes: dict[str, Any], found: tuple[str, str]) -> None:
    facts, problems = parse_facts(facts_document(**changes), sound_terms())
    assert facts is None
    assert found in {(problem.where, problem.code) for problem in problems}
    assert all(problem.sv and problem.en for problem in problems)


def test_a_row_that_cannot_be_read_does_not_hide_the_problems_of_another() -> None:
    rows = [{**CLAIM, "event_on": "igår"}, {**CLAIM, "id": "c2", "metric": "att33"}]
    _, problems = parse_facts({"claims": rows}, sound_terms())
    assert [(problem.where, problem.code) for problem in problems] == [
        ("claims[0].event_on", "date"),
        ("claims[1].metric", "unknown_metric"),
    ]


def test_a_share_whose_unmeasured_count_as_failures_needs_to_know_how_many_were_due() -> None:
    document = terms_document()
    document["metrics"][2]["unmeasured"] = "as_failed"
    _, problems = parse_facts({"measured": [VALUE]}, sound_terms(document))
    assert [problem.code for problem in problems] == ["due_missing"]


def test_yes_and_no_are_one_and_nought() -> None:
    facts = sound_facts({"measured": [{**VALUE, "value": True}, {**VALUE, "period": "2027-Q2", "value": False}]})
    assert [fact.observed for fact in facts.measured] == [1, 0]


@pytest.mark.parametrize("wrong", [None, [], 7, {"claims": {}}, {"claims": [1]}])
def test_anything_can_be_parsed_without_an_exception(wrong: object) -> None:
    facts, problems = parse_facts(wrong, sound_terms())
    assert facts is None
    assert problems


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_claims_can_come_as_csv(mark: str) -> None:
    text = "\ufeffid,person,metric,cohort,event_on,units\nc1,p1,att3,ht26,2026-12-04,\n\nc2,p2,att3,ht26,2026-12-05,1\n"
    claims = claims_from_csv(text.replace(",", mark))
    assert [claim.id for claim in sound_facts({"claims": claims}).claims] == ["c1", "c2"]


def test_a_column_that_claims_do_not_have_is_named() -> None:
    claims = claims_from_csv("id,person,metric,cohort,event_on,unit\nc1,p1,att3,ht26,2026-12-04,1,extra\n")
    _, problems = parse_facts({"claims": claims}, sound_terms())
    assert {problem.where for problem in problems} == {"claims[0].unit", "claims[0].?"}
