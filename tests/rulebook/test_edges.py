"""The corners that no contract of the cases happens to visit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rulebook import ClaimFact, Facts, Version, calculate, clauses, parse_facts, parse_terms, working
from rulebook.files import loads
from rulebook.money import EXACT
from rulebook.shapes import Number
from rulebook.statement import as_text, statement
from tests.rulebook.examples import entitlement, facts_document, sound_facts, sound_terms, terms_document

METRIC = {"id": "m", "level": "contract"}


def value_terms(price: dict[str, Any], **changes: Any) -> dict[str, Any]:
    term = {"id": "t", "measure": {"kind": "value", "metric": "m"}, "price": price}
    return terms_document(**{"metrics": [METRIC], "terms": [term], "limits": [], **changes})


def value(given: object, period: str = "2027-Q1", metric: str = "m") -> dict[str, Any]:
    return {"metric": metric, "period": period, "value": given}


@pytest.mark.parametrize(
    ("price", "found"),
    [
        ({"kind": "steps", "steps": [{"amount": 1}]}, "step_bound"),
        ({"kind": "steps", "steps": [{"amount": 1, "at_least": 1, "above": 1}]}, "step_bound"),
        ({"kind": "steps", "steps": [{"amount": 1, "above": 1}, {"amount": 2, "at_least": 1}]}, "step_order"),
        ({"kind": "linear", "nodes": [{"at": 1, "amount": 1}, {"at": 1, "amount": 2}]}, "node_order"),
        ({"kind": "share", "share": 1, "from": {"share": 2, "of": "m"}, "to": {"share": 1, "of": "m"}}, "layer_bounds"),
        ({"kind": "nothing"}, "choice"),
        ("12000", "object"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(price: Any, found: str) -> None:
    assert [problem.code for problem in parse_terms(value_terms(price))[1]] == [found]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [({"from": 5}, "above SEK 5.00"), ({"to": 5}, "below SEK 5.00"), ({}, "80% of the value of “m”")],
)
def test_a_share_says_which_part_it_is_of(bounds: dict[str, int], words: str) -> None:
    terms = sound_terms(value_terms({"kind": "share", "share": "0.8", **bounds}))
    assert words in " ".join(clause.text for clause in clauses(terms, "en")).replace("\u00a0", " ")


def test_an_amount_paid_back_is_said_to_be_paid_back() -> None:
    price = {"kind": "threshold", "at_least": 1, "amount": -500}
    text = " ".join(clause.text for clause in clauses(sound_terms(value_terms(price)), "sv"))
    assert "betalar mottagaren tillbaka 500,00 kr" in text.replace("\u00a0", " ")


def test_the_last_known_value_pays_again_and_says_so() -> None:
    terms = sound_terms(value_terms({"kind": "unit", "amount": 10}, metrics=[{**METRIC, "missing": "last_known"}]))
    facts = sound_facts({"measured": [value(3), value(None, "2027-Q2")]}, terms)
    result = calculate([Version(1, None, terms)], facts, None)
    assert [line.amount for line in result.lines] == [30, 30]
    assert working(result.lines[1].to_json(), terms, "en").conditions == ["Last known value, from 2027-Q1"]


def test_the_agreed_value_stands_in_and_says_so() -> None:
    terms = sound_terms(value_terms({"kind": "unit", "amount": 10}, metrics=[{**METRIC, "missing": {"value": 2}}]))
    result = calculate([Version(1, None, terms)], sound_facts({"measured": [value(None)]}, terms), None)
    assert result.total == 20
    assert working(result.lines[0].to_json(), terms, "en").conditions == ["The agreed value when there is none"]


def test_a_price_on_a_missing_value_is_no_line_when_the_metric_is_left_out() -> None:
    metrics = [METRIC, {"id": "cost", "level": "contract", "missing": "exclude"}]
    terms = sound_terms(value_terms({"kind": "unit", "amount": {"share": 1, "of": "cost"}}, metrics=metrics))
    assert calculate([Version(1, None, terms)], sound_facts({"measured": [value(3)]}, terms), None).lines == ()


def test_a_claim_whose_price_cannot_be_known_says_so() -> None:
    document = terms_document()
    document["metrics"].append({"id": "cost", "level": "contract"})
    document["terms"][0]["price"]["amount"] = {"share": "0.1", "of": "cost"}
    terms = sound_terms(document)
    versions = [Version(1, None, terms)]
    result = calculate(versions, sound_facts(facts_document(), terms), None)
    assert {claim.claim: claim.reason for claim in result.claims} == {"c1": "missing", "c2": None}
    assert "ingen ersättning, eftersom värde saknas för ”cost”" in as_text(result, versions, "sv")


@pytest.mark.parametrize(("missing", "total"), [("worst_case", 0), ("exclude", 12000), ({"value": 500}, 500)])
def test_a_cap_that_is_a_share_of_a_missing_value_follows_the_metrics_rule(missing: object, total: int) -> None:
    document = terms_document(limits=[{"scope": "contract", "at_most": {"share": 1, "of": "cost"}}])
    document["metrics"].append({"id": "cost", "level": "contract", "missing": missing})
    terms = sound_terms(document)
    facts = sound_facts({"claims": [facts_document()["claims"][0]]}, terms)
    assert calculate([Version(1, None, terms)], facts, None).total == total


def test_a_cap_can_be_a_share_of_the_number_of_outcomes() -> None:
    terms = sound_terms(terms_document(limits=[{"scope": "contract", "at_most": {"share": 1000, "of": "att3"}}]))
    facts = sound_facts({"claims": [facts_document()["claims"][0]]}, terms)
    assert calculate([Version(1, None, terms)], facts, None).total == 1000


def test_facts_that_no_version_speaks_of_earn_nothing() -> None:
    old, new = sound_terms(), sound_terms(value_terms({"kind": "unit", "amount": 1}, periods=[
        {"id": "own", "from": "2027-01-01", "to": "2027-01-31"}
    ], cohorts=[]))  # fmt: skip
    facts = sound_facts(
        {
            "claims": [{"id": "c1", "person": "p1", "metric": "att3", "cohort": "ht26", "event_on": "2027-02-01"}],
            "measured": [value(4, "2026-Q3"), value(5, "own")],
        },
        old,
        new,
    )
    result = calculate([Version(1, None, old), Version(2, date(2027, 1, 1), new)], facts, None)
    assert [(line.period, line.amount) for line in result.lines] == [("own", Decimal("5.00"))]
    assert [claim.reason for claim in result.claims] == ["metric"]


def test_an_event_between_the_agreements_own_periods_does_not_count() -> None:
    terms = sound_terms(terms_document(periods=[{"id": "own", "from": "2027-01-01", "to": "2027-12-31"}]))
    facts = sound_facts({"claims": [facts_document()["claims"][0]]}, terms)
    assert [claim.reason for claim in calculate([Version(1, None, terms)], facts, None).claims] == ["period"]


def test_a_window_from_the_contracts_first_day() -> None:
    document = terms_document(life={"from": "2026-12-01", "to": "2027-12-31"})
    document["metrics"][0]["window"] = {"from": "contract", "days": 3}
    terms = sound_terms(document)
    result = calculate([Version(1, None, terms)], sound_facts(facts_document(), terms), None)
    assert [claim.reason for claim in result.claims] == [None, "cap"]


def test_without_cohort_and_enrolment_a_window_from_enrolment_is_unknown() -> None:
    terms = sound_terms()
    facts = Facts(claims=(ClaimFact("c1", "p1", "att3", date(2026, 12, 4)),))
    assert [claim.reason for claim in calculate([Version(1, None, terms)], facts, None).claims] == ["window"]
    document = terms_document(cohorts=[], metrics=terms_document()["metrics"][:1], terms=terms_document()["terms"][:1])
    row = {"id": "c1", "person": "p1", "metric": "att3", "event_on": "2026-12-04"}
    assert [problem.code for problem in parse_facts({"claims": [row]}, sound_terms(document))[1]] == ["no_enrolment"]


def test_a_term_can_have_payers_of_its_own() -> None:
    document = terms_document()
    document["terms"][0]["legs"] = [{"payer": "state", "payee": "provider", "share": 1}]
    terms = sound_terms(document)
    versions = [Version(1, None, terms)]
    shown = statement(calculate(versions, sound_facts(facts_document(), terms), None), versions, "en")
    assert shown["lines"][0]["shares"] == [{"payer": "state", "payee": "provider", "amount": "12000.00"}]
    assert "State pays the whole amount to provider." in clauses(terms, "en")[6].text


def test_a_fixed_amount_needs_to_say_when() -> None:
    term = {"id": "t", "price": {"kind": "fixed", "amount": 1, "on": ["2027-01-01"], "every": "period"}}
    assert [problem.code for problem in parse_terms(terms_document(terms=[term]))[1]] == ["fixed_when", "no_life"]


def test_one_payer_pays_the_whole() -> None:
    terms = sound_terms(terms_document(legs=[{"payer": "kommunen", "share": 1}]))
    assert clauses(terms, "sv")[0].text.startswith("Kommunen betalar hela ersättningen.")


def test_a_third_is_written_as_a_third() -> None:
    legs = [{"payer": name, "share": "1/3"} for name in ("a", "b", "c")]
    assert "a betalar 1/3" in clauses(sound_terms(terms_document(legs=legs)), "sv")[0].text


def test_rounding_below_the_smallest_line_takes_back_from_several_lines() -> None:
    document = value_terms(
        {"kind": "unit", "amount": 1},
        rounding={"unit": 1, "mode": "up"},
        limits=[{"scope": "contract", "at_most": "1.5"}],
    )
    terms = sound_terms(document)
    facts = sound_facts({"measured": [value("0.5", f"2027-Q{n}") for n in (1, 2, 3)]}, terms)
    result = calculate([Version(1, None, terms)], facts, None)
    assert [line.amount for line in result.lines] == [1, 0, 0]
    assert result.lines[2].taken[0].limit == "contract"


@pytest.mark.parametrize("wrong", [[], {}, None, False, "x" * 99])
def test_a_refused_value_is_shown_as_it_was_written(wrong: object) -> None:
    problems: list[Any] = []
    Number().read(wrong, "here", problems)
    assert len(problems[0].sv) < 220


@pytest.mark.parametrize(
    ("path", "wrong", "code"),
    [
        ("name", 1, "text"),
        ("once", "yes", "flag"),
        ("months", "2.5", "whole"),
        ("from", [], "by_day"),
        ("enrols", ["2026-01-01"], "length"),
    ],
)
def test_every_shape_refuses_what_it_is_not(path: str, wrong: object, code: str) -> None:
    document = terms_document()
    if path == "name":
        document["name"] = wrong
    elif path == "once":
        document["metrics"][0]["once"] = wrong
    elif path == "months":
        document["metrics"][0]["window"]["months"] = wrong
    elif path == "from":
        document["terms"][1]["price"]["from"] = wrong
    else:
        document["cohorts"][0]["enrols"] = wrong
    assert code in {problem.code for problem in parse_terms(document)[1]}


def test_a_cohort_metric_takes_no_contract_value_and_the_other_way_round() -> None:
    terms = sound_terms(value_terms({"kind": "unit", "amount": 1}))
    _, problems = parse_facts({"measured": [{**value(1), "cohort": "ht26"}]}, terms)
    assert [problem.code for problem in problems] == ["level"]


def test_a_claim_must_name_the_persons_own_cohort() -> None:
    document = terms_document(
        cohorts=[*terms_document()["cohorts"], {"id": "vt27", "enrols": ["2027-02-01", "2027-06-30"]}]
    )
    row = {**facts_document()["claims"][0], "cohort": "vt27"}
    _, problems = parse_facts({"persons": [{"id": "p7f3", "cohort": "ht26"}], "claims": [row]}, sound_terms(document))
    assert [problem.code for problem in problems] == ["cohort_differs"]


def test_decimals_keep_every_digit() -> None:
    long = "0." + "1" * 24
    assert loads(f'{{"a": {long}}}')[0] == {"a": Decimal(long)}
    assert EXACT.add(Decimal(10**30), Decimal(long)) == Decimal(f"{10**30}.{'1' * 24}")


def bare(**parts: Any) -> dict[str, Any]:
    """Terms of nothing but these parts, and somebody who pays."""
    return {"currency": "SEK", "legs": [{"payer": "kommunen", "share": 1}], **parts}


def test_metrics_that_look_back_at_one_another_are_refused() -> None:
    _, problems = parse_terms(
        bare(
            metrics=[
                {"id": "arbete", "level": "person", "unless": "studier"},
                {"id": "studier", "level": "person", "window": {"from": "arbete", "months": 3}},
            ],
            terms=[
                {"id": "t", "measure": {"kind": "count", "metric": "arbete"}, "price": {"kind": "unit", "amount": 1}}
            ],
        )
    )
    assert [(problem.where, problem.code) for problem in problems] == [
        ("metrics[0].unless", "circle"),
        ("metrics[1].window.from", "circle"),
    ]


def test_a_price_for_a_whole_claim_is_refused_for_time() -> None:
    _, problems = parse_terms(
        bare(
            metrics=[{"id": "dygn", "level": "person", "duration": {"unit": "day"}}],
            terms=[
                {
                    "id": "t",
                    "measure": {"kind": "count", "metric": "dygn"},
                    "price": {"kind": "unit", "amount": 1, "whole": 90},
                }
            ],
        )
    )
    assert [problem.where for problem in problems] == ["terms[0].price.whole"]


def test_prices_of_cohorts_are_refused_where_all_cohorts_are_counted_together() -> None:
    counted = {"kind": "count", "metric": "arbete"}
    _, problems = parse_terms(
        bare(
            cohorts=[{"id": "ht26", "enrols": ["2026-08-01", "2026-12-31"]}],
            metrics=[{"id": "arbete", "level": "person"}],
            terms=[
                {
                    "id": "t",
                    "measure": {"kind": "bounded", "of": counted, "at_most": 9},
                    "price": {"kind": "unit", "amount": 1},
                    "adjust": [{"kind": "deadweight", "share": 0, "cohorts": {"ht26": "0.3"}}],
                }
            ],
        )
    )
    assert [problem.where for problem in problems] == ["terms[0].adjust[0].cohorts"]


def test_of_two_limits_of_one_scope_the_narrower_comes_first() -> None:
    """What the limit on one metric takes never uses up room that the others could have had."""
    found = entitlement(
        bare(
            metrics=[{"id": "arbete", "level": "person"}, {"id": "studier", "level": "person"}],
            terms=[
                {"id": metric, "measure": {"kind": "count", "metric": metric}, "price": {"kind": "unit", "amount": 500}}
                for metric in ("arbete", "studier")
            ],
            limits=[{"scope": "period", "at_most": 410}, {"scope": "period", "metric": "arbete", "at_most": 300}],
        ),
        {
            "claims": [
                {"id": "n1", "person": "Bo", "metric": "arbete", "event_on": "2026-02-01"},
                {"id": "n2", "person": "Bo", "metric": "studier", "event_on": "2026-02-02"},
            ]
        },
    )
    assert [str(line.amount) for line in found.lines] == ["300.00", "110.00"]


def test_a_value_measured_after_the_contracts_life_earns_nothing() -> None:
    found = entitlement(
        bare(
            life={"from": "2026-01-01", "to": "2026-12-31"},
            metrics=[{"id": "besparing", "level": "contract", "unit": "amount"}],
            terms=[
                {"id": "t", "measure": {"kind": "value", "metric": "besparing"}, "price": {"kind": "share", "share": 1}}
            ],
        ),
        {"measured": [{"metric": "besparing", "period": period, "value": 7} for period in ("2026-Q4", "2027-Q1")]},
    )
    assert [(line.period, str(line.amount)) for line in found.lines] == [("2026-Q4", "7.00")]
