"""Reading terms: every problem at once, and one hash for one meaning."""

# ruff: noqa: E501 – a table is easier to read with one case a line

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from rulebook import FACTS_SCHEMA, TERMS_SCHEMA, canonical_json, parse_facts, parse_terms, terms_hash
from rulebook.files import loads
from tests.rulebook.examples import FACTS, TERMS, facts_document, sound_terms, terms_document
from tests.rulebook.reading import cases


def problems_of(**changes: Any) -> set[tuple[str, str]]:
    _, problems = parse_terms(terms_document(**changes))
    assert all(problem.sv and problem.en and problem.sv != problem.en for problem in problems)
    return {(problem.where, problem.code) for problem in problems}


def test_the_example_loads_as_it_stands() -> None:
    assert parse_terms(json.loads(TERMS))[1] == []
    assert parse_facts(json.loads(FACTS), sound_terms())[1] == []


def test_all_problems_are_shown_at_once_wherever_they_are() -> None:
    document = terms_document(limit=[], rounding={"unit": "0", "mode": "halfup"})
    document["metrics"].append({"id": "1a", "level": "person", "onse": True})
    document["terms"][0]["price"]["amount"] = "12 000,00"
    document["terms"].append(
        {"id": "t3", "measure": {"kind": "count", "metric": "att3"}, "price": {"kind": "fixed", "amount": 1}}
    )
    document["limits"].append({"scope": "metric", "at_most": 1})
    document["legs"][0]["share"] = "0.70"
    _, problems = parse_terms(document)
    assert {(problem.where, problem.code) for problem in problems} == {
        ("limit", "unknown_key"),
        ("rounding.unit", "range"),
        ("rounding.mode", "choice"),
        ("metrics[3].id", "id"),
        ("metrics[3].onse", "unknown_key"),
        ("terms[0].price.amount", "number"),
        ("terms[2].price", "fixed_when"),
        ("terms[2].measure", "needless_measure"),
        ("limits[2].metric", "missing"),
        ("legs", "shares"),
    }


def test_a_message_says_what_is_wrong_with_the_value_and_how_to_mend_it() -> None:
    _, problems = parse_terms(terms_document(currency="kr"))
    assert problems[0].message("sv").startswith("”kr” kan inte vara en beteckning.")
    _, problems = parse_terms(terms_document(curency="SEK"))
    assert problems[0].message("en") == "The key curency is unknown here. Did you mean currency?"


METRIC = {"id": "m", "level": "person"}
TERM = {"id": "t", "measure": {"kind": "count", "metric": "m"}, "price": {"kind": "unit", "amount": 1}}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"metrics": "none"}, ("metrics", "list")),
        ({"metrics": []}, ("metrics", "length")),
        ({"life": {"from": "2027-01-01", "to": "2026-01-01"}}, ("life", "backwards")),
        ({"life": {"from": "1 januari", "to": "2026-01-01"}}, ("life.from", "date")),
        ({"periods": "contract"}, ("periods", "no_life")),
        (
            {"periods": [{"id": "a", "from": "2026-01-01", "to": "2026-06-30"}, {"id": "b", "from": "2026-06-30", "to": "2027-01-01"}]},
            ("periods[1]", "overlap"),
        ),
        ({"order": ["person", "person", "contract"]}, ("order[1]", "duplicate")),
        ({"order": ["person"]}, ("order", "order")),
        ({"limits": [{"scope": "contract", "at_most": -1}]}, ("limits[0].at_most", "range")),
        ({"limits": [{"scope": "contract", "at_most": 1}] * 2}, ("limits[1]", "duplicate")),
        ({"limits": [{"scope": "contract", "at_most": 1, "metric": "att3"}]}, ("limits[0].metric", "limit_scope")),
        ({"limits": [{"scope": "person", "at_most": 1, "metric": "well"}]}, ("limits[0].metric", "level")),
        ({"limits": [{"scope": "period", "at_most": {"share": 1, "of": "att9"}}]}, ("limits[0].at_most.of", "unknown_metric")),
        ({"legs": [{"payer": "a", "share": "0.5"}]}, ("legs", "shares")),
        ({"legs": [{"payer": "a", "share": "0.5"}] * 2}, ("legs[1]", "duplicate")),
        ({"cohorts": []}, ("metrics[2].level", "no_cohorts")),
        ({"metrics": [{**METRIC, "id": "m", "after": "m"}], "terms": [TERM]}, ("metrics[0].after", "circle")),
        ({"metrics": [{**METRIC, "once": True, "at_most": 2}], "terms": [TERM]}, ("metrics[0].at_most", "once_and_at_most")),
        ({"metrics": [{**METRIC, "window": {"from": "contract", "days": 1}}], "terms": [TERM]}, ("metrics[0].window.from", "no_life")),
        ({"metrics": [{**METRIC, "window": {"from": "enrolment"}}], "terms": [TERM]}, ("metrics[0].window", "no_time")),
        ({"metrics": [{**METRIC, "role": "follow_up"}], "terms": [TERM]}, ("terms[0].measure.metric", "role")),
        ({"metrics": [{"id": "m", "level": "contract", "once": True}], "terms": [TERM]}, ("metrics[0].once", "person_only")),
        ({"metrics": [{"id": "m", "level": "contract"}], "terms": [TERM]}, ("terms[0].measure.metric", "level")),
        ({"terms": [{"id": "t", "price": {"kind": "unit", "amount": 1}}]}, ("terms[0].measure", "no_measure")),
        ({"terms": [{"id": "t", "price": {"kind": "fixed", "amount": 1, "every": "period"}}]}, ("terms[0].price.every", "no_life")),
        ({"terms": [{**TERM, "measure": {"kind": "count", "metric": "att"}}]}, ("terms[0].measure.metric", "unknown_metric")),
        (
            {"terms": [{**TERM, "measure": {"kind": "count", "metric": "att3"}, "gate": {"metric": "well"}}]},
            ("terms[0].gate", "gate_bound"),
        ),
        (
            {
                "terms": [
                    {
                        "id": "t",
                        "measure": {"kind": "count", "metric": "att3"},
                        "price": {"kind": "threshold", "at_least": 1, "amount": 1},
                        "gate": {"metric": "well", "above": 1},
                    }
                ]
            },
            ("terms[0].gate.metric", "level"),
        ),
        (
            {"terms": [{**TERM, "measure": {"kind": "count", "metric": "att3"}, "price": {"kind": "share", "share": 1, "from": 2, "to": 1}}]},
            ("terms[0].price.to", "layer_bounds"),
        ),
    ],
)  # fmt: skip
def test_terms_that_contradict_themselves_are_refused(changes: dict[str, Any], found: tuple[str, str]) -> None:
    assert found in problems_of(**changes)


@pytest.mark.parametrize("wrong", [None, [], "terms", 1, {"currency": 1.5}])
def test_anything_can_be_parsed_without_an_exception(wrong: object) -> None:
    terms, problems = parse_terms(wrong)
    assert terms is None
    assert problems


@pytest.mark.parametrize("number", ["1e5", "NaN", "12 000", "12,5", "", "1" * 40, 1.5, True, Decimal("NaN"), 10**40])
def test_a_number_that_is_not_exact_is_refused(number: object) -> None:
    document = terms_document()
    document["terms"][0]["price"]["amount"] = number
    assert [problem.code for problem in parse_terms(document)[1]] == ["number"]


@pytest.mark.parametrize("spelling", ["12000", "12000.00", 12000, Decimal("12000.0"), Decimal("1.2E4")])
def test_the_hash_does_not_depend_on_how_a_number_is_spelt(spelling: object) -> None:
    document = terms_document()
    document["terms"][0]["price"]["amount"] = spelling
    assert terms_hash(document) == terms_hash(terms_document())


def test_the_hash_does_not_depend_on_the_order_of_keys_or_on_wording() -> None:
    document = dict(reversed(list(terms_document(name="Nordviken").items())))
    document["metrics"][0]["sv"] = "Något annat"
    document["metrics"][0]["en"] = "Something else"
    assert terms_hash(document) == terms_hash(terms_document())


def test_the_hash_depends_on_ids_amounts_and_order_of_terms() -> None:
    hashes = {terms_hash(terms_document())}
    for path, value in [("id", "t9"), ("price", {"kind": "unit", "amount": "12000.01"})]:
        document = terms_document()
        document["terms"][0][path] = value
        hashes.add(terms_hash(document))
    document = terms_document()
    document["terms"].reverse()
    hashes.add(terms_hash(document))
    assert len(hashes) == 4


def test_the_normal_form_reads_back_to_itself() -> None:
    terms = sound_terms()
    again = sound_terms(json.loads(json.dumps(terms.document)))
    assert again == terms
    assert again.document == terms.document
    assert canonical_json(terms.document) == canonical_json(terms_document())


@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_schemas_accept_what_the_parsers_accept(case: Any) -> None:
    for schema, document in ((TERMS_SCHEMA, case.terms), (FACTS_SCHEMA, case.facts)):
        plain = json.loads(json.dumps(document, default=str))
        jsonschema.Draft202012Validator(schema).validate(plain)


def test_the_schemas_are_schemas_and_refuse_unknown_keys() -> None:
    for schema, document in ((TERMS_SCHEMA, terms_document(limit=1)), (FACTS_SCHEMA, facts_document(claim=[]))):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert not jsonschema.Draft202012Validator(schema).is_valid(json.loads(json.dumps(document, default=str)))


@pytest.mark.parametrize(
    ("text", "where"),
    [('{"a": 1,}', "1:9"), ("", "1:1"), ('{"a": 1, "a": 2}', ""), ('{"a": NaN}', ""), ("[" * 100_000, "")],
)
def test_a_file_that_is_not_json_gives_one_problem(text: str, where: str) -> None:
    document, problems = loads(text)
    assert document is None
    assert [problem.where for problem in problems] == [where]


def test_a_number_in_a_file_keeps_its_digits() -> None:
    assert loads('{"a": 0.1}') == ({"a": Decimal("0.1")}, [])
