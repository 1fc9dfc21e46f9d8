"""What holds for every calculation, whatever the terms and the facts."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulebook import Entitlement, LineKey, Version, calculate, due
from rulebook.settle import entitled_by_key
from tests.rulebook.examples import entitlement, facts_document, sound_facts, sound_terms, terms_document

# --- the example ------------------------------------------------------------------------------------------------


def test_the_person_cap_takes_from_the_later_claim() -> None:
    result = entitlement()
    assert result.total == Decimal("25000.00")
    by_payer: dict[str, Decimal] = defaultdict(Decimal)
    for line in result.lines:
        for share in line.shares:
            assert share.payee is None
            by_payer[share.payer] += share.amount
    assert by_payer == {"payer:utbildningsnamnden": Decimal("15000.00"), "payer:socialnamnden": Decimal("10000.00")}
    (taken,) = result.lines[1].taken
    assert (taken.limit, taken.amount, taken.claims) == ("person", Decimal("5000.00"), ("c2",))


def test_the_entitlement_reads_back_from_json_and_keeps_its_hash() -> None:
    result = entitlement()
    again = Entitlement.from_json(json.loads(json.dumps(result.to_json())))
    assert again == result
    assert again.hash() == result.hash()
    with pytest.raises(ValueError, match="trace version"):
        Entitlement.from_json({**result.to_json(), "trace_version": 2})


def test_the_trace_names_no_person() -> None:
    assert "p7f3" not in json.dumps(entitlement().to_json())


# --- versions of the terms --------------------------------------------------------------------------------------


def amended(on: str, **changes: Any) -> list[Version]:
    return [
        Version(1, None, sound_terms()),
        Version(2, date.fromisoformat(on), sound_terms(terms_document(**changes))),
    ]


def claim(number: int, metric: str, on: str, person: str = "p1", **more: Any) -> dict[str, Any]:
    return {"id": f"c{number}", "person": person, "metric": metric, "cohort": "ht26", "event_on": on, **more}


WELL = [{"metric": "well", "cohort": "ht26", "period": f"2027-Q{n}", "value": 4} for n in (1, 2, 3, 4)]


def paid(versions: list[Version], *claims: dict[str, Any], as_of: date | None = None) -> dict[str, Decimal]:
    facts = sound_facts({"claims": list(claims), "measured": WELL}, *(version.terms for version in versions))
    return {outcome.claim: outcome.amount for outcome in calculate(versions, facts, as_of).claims}


def test_an_amendment_applies_from_its_day_and_never_backwards() -> None:
    terms = terms_document()["terms"]
    terms[0]["price"]["amount"] = "10000.00"
    versions = amended("2027-01-01", terms=terms)
    assert paid(versions, claim(1, "att3", "2026-12-31", "p1"), claim(2, "att3", "2027-01-01", "p2")) == {
        "c1": Decimal(12000),
        "c2": Decimal(10000),
    }


def test_a_lowered_cap_takes_nothing_back_but_leaves_no_room() -> None:
    versions = amended("2027-01-01", limits=[{"scope": "contract", "at_most": 15000}])
    claims = [
        claim(1, "att3", "2026-12-01", "p1"),
        claim(2, "att3", "2026-12-02", "p2"),
        claim(3, "att3", "2027-02-01", "p3"),
    ]
    assert paid(versions, *claims) == {"c1": 12000, "c2": 12000, "c3": 0}


def test_counting_runs_over_the_whole_life_of_the_contract() -> None:
    versions = amended("2027-01-01")
    claims = [claim(1, "att3", "2026-12-01"), claim(2, "att3", "2027-02-01"), claim(3, "att6", "2027-03-01")]
    assert paid(versions, *claims) == {"c1": 12000, "c2": 0, "c3": 13000}


def test_a_period_with_an_amendment_in_it_gives_a_line_under_each_version() -> None:
    versions = amended("2027-02-01", legs=[{"payer": "payer:utbildningsnamnden", "share": 1}])
    claims = [claim(1, "att3", "2027-01-31", "p1"), claim(2, "att3", "2027-02-01", "p2")]
    facts = sound_facts({"claims": claims}, versions[0].terms)
    result = calculate(versions, facts, None)
    assert [(line.version, line.period, line.amount) for line in result.lines] == [
        (1, "2027-Q1", Decimal("12000.00")),
        (2, "2027-Q1", Decimal("12000.00")),
    ]
    key = LineKey("t1", "2027-Q1", "ht26", "payer:utbildningsnamnden", None)
    assert entitled_by_key(result)[key] == Decimal("19200.00")


def test_before_the_first_version_nothing_counts() -> None:
    version = Version(1, date(2027, 1, 1), sound_terms())
    assert paid([version], claim(1, "att3", "2026-12-31"), claim(2, "att3", "2027-01-01")) == {"c1": 0, "c2": 12000}


def test_versions_that_do_not_belong_together_are_refused() -> None:
    one, euros = sound_terms(), sound_terms(terms_document(currency="EUR"))
    facts = sound_facts(facts_document())
    for versions in (
        [],
        [Version(1, None, one), Version(1, None, one)],
        [Version(1, None, one), Version(2, None, euros)],
    ):
        with pytest.raises(ValueError, match=r"version|currency"):
            calculate(versions, facts, None)


# --- limits -----------------------------------------------------------------------------------------------------


def test_the_order_of_the_limits_changes_the_result_and_is_a_term() -> None:
    limits = [{"scope": "metric", "metric": "att3", "at_most": 12000}, {"scope": "person", "at_most": 5000}]
    claims = [claim(1, "att3", "2026-12-01", "p1"), claim(2, "att3", "2026-12-02", "p2")]
    first_metric = sound_terms(terms_document(limits=limits))
    first_person = sound_terms(terms_document(limits=limits, order=["person", "metric", "period", "contract"]))
    assert sum(paid([Version(1, None, first_metric)], *claims).values()) == 5000
    assert sum(paid([Version(1, None, first_person)], *claims).values()) == 10000


def test_on_one_day_the_metric_named_first_goes_first_then_ordinal_then_id() -> None:
    terms = sound_terms(terms_document(limits=[{"scope": "contract", "at_most": 20000}]))
    day = "2027-02-01"
    claims = [claim(1, "att6", day, "p1"), claim(2, "att3", day, "p1")]
    assert paid([Version(1, None, terms)], *claims) == {"c2": 12000, "c1": 8000}
    claims = [claim(1, "att3", day, "p1", ordinal=2), claim(2, "att3", day, "p2", ordinal=1)]
    assert paid([Version(1, None, terms)], *claims) == {"c2": 12000, "c1": 8000}
    claims = [claim(2, "att3", day, "p1"), claim(1, "att3", day, "p2")]
    assert paid([Version(1, None, terms)], *claims) == {"c1": 12000, "c2": 8000}


def test_a_cap_can_be_a_share_of_what_was_financed() -> None:
    document = terms_document(limits=[{"scope": "contract", "at_most": {"share": "1.20", "of": "cost"}}])
    document["metrics"].append({"id": "cost", "level": "contract", "unit": "amount"})
    terms = sound_terms(document)
    facts = {
        "claims": [claim(1, "att3", "2026-12-01")],
        "measured": [{"metric": "cost", "period": "2026-Q3", "value": 5000}],
    }
    assert calculate([Version(1, None, terms)], sound_facts(facts, terms), None).total == Decimal("6000.00")
    nothing = sound_facts({"claims": facts["claims"]}, terms)
    assert calculate([Version(1, None, terms)], nothing, None).total == 0


# --- gates and missing values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "total"),
    [
        ("worst_case", 12000),
        ("exclude", 25000),
        ("last_known", 25000),
        ({"value": "3.4"}, 12000),
        ({"value": 4}, 25000),
    ],
)
def test_what_a_missing_value_means_is_a_term(missing: object, total: int) -> None:
    terms = terms_document()
    terms["metrics"][2]["missing"] = missing
    facts = facts_document(measured=[{"metric": "well", "cohort": "ht26", "period": "2026-Q3", "value": "3.9"}])
    assert entitlement(terms, facts).total == total


@pytest.mark.parametrize(
    ("gate", "opens"),
    [({"at_least": "3.8"}, True), ({"above": "3.8"}, False), ({"at_most": "3.8"}, True), ({"below": "3.8"}, False)],
)
def test_a_gate_says_whether_its_bound_is_inside(gate: dict[str, str], opens: bool) -> None:
    terms = terms_document()
    terms["terms"][1]["gate"] = {"metric": "well", **gate}
    assert entitlement(terms).total == (25000 if opens else 12000)


def test_every_gate_of_several_must_hold() -> None:
    terms = terms_document()
    terms["terms"][1]["gate"] = [{"metric": "well", "at_least": 1}, {"metric": "att6", "at_least": 2}]
    assert entitlement(terms).total == 12000


# --- properties -------------------------------------------------------------------------------------------------

CAPS = {"person": 25000, "metric": 90000, "period": 60000, "contract": 130000}


def capped(rounding: dict[str, Any]) -> dict[str, Any]:
    limits = [
        {"scope": "person", "at_most": CAPS["person"]},
        {"scope": "metric", "metric": "att3", "at_most": CAPS["metric"]},
        {"scope": "period", "at_most": CAPS["period"]},
        {"scope": "contract", "at_most": CAPS["contract"]},
    ]
    return terms_document(limits=limits, rounding=rounding)


@st.composite
def claims(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = draw(
        st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["att3", "att6"]), st.integers(0, 400)), max_size=25)
    )
    units = draw(st.sampled_from(["1", "0.5", "0.333"]))
    return [
        claim(number, metric, (date(2026, 8, 1) + timedelta(days)).isoformat(), f"p{person}", units=units)
        for number, (person, metric, days) in enumerate(rows)
    ]


ROUNDINGS = st.fixed_dictionaries({
    "unit": st.sampled_from(["0.01", "1", "700"]),
    "mode": st.sampled_from(["half_up", "half_even", "down", "up"]),
})  # fmt: skip


def run(terms: dict[str, Any], rows: list[dict[str, Any]]) -> Entitlement:
    read = sound_terms(terms)
    return calculate([Version(1, None, read)], sound_facts({"claims": rows, "measured": WELL}, read), None)


@settings(deadline=None)
@given(claims(), ROUNDINGS)
def test_nothing_is_ever_paid_above_a_cap(rows: list[dict[str, Any]], rounding: dict[str, Any]) -> None:
    result = run(capped(rounding), rows)
    assert result.total <= CAPS["contract"]
    assert sum(line.amount for line in result.lines if line.term == "t1") <= CAPS["metric"]
    for period in {line.period for line in result.lines}:
        assert sum(line.amount for line in result.lines if line.period == period) <= CAPS["period"]
    person_of = {row["id"]: row["person"] for row in rows}
    by_person: dict[str, Decimal] = defaultdict(Decimal)
    for outcome in result.claims:
        by_person[person_of[outcome.claim]] += outcome.amount
    assert all(amount <= CAPS["person"] for amount in by_person.values())


@settings(deadline=None)
@given(claims(), ROUNDINGS)
def test_parts_sum_to_the_whole(rows: list[dict[str, Any]], rounding: dict[str, Any]) -> None:
    result = run(capped(rounding), rows)
    assert sum(line.amount for line in result.lines) == result.total
    for line in result.lines:
        assert sum(share.amount for share in line.shares) == line.amount
    exact = sum(outcome.amount for outcome in result.claims)
    assert abs(exact - result.total) <= len(result.lines) * Decimal(rounding["unit"])


@settings(deadline=None)
@given(claims(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_listed_changes_nothing(rows: list[dict[str, Any]], chance: random.Random) -> None:
    terms = capped({"unit": "0.01"})
    shuffled = chance.sample(rows, len(rows))
    assert run(terms, shuffled).to_json() == run(terms, rows).to_json()
    assert run(terms, shuffled).hash() == run(terms, rows).hash()


@settings(deadline=None)
@given(claims(), st.integers(0, 400))
def test_settling_in_batches_or_at_once_grants_the_same(rows: list[dict[str, Any]], days: int) -> None:
    terms = sound_terms(capped({"unit": "0.01"}))
    versions = [Version(1, None, terms)]
    dated = [
        {**row, "verified_on": (date(2026, 9, 1) + timedelta(37 * n % 401)).isoformat()} for n, row in enumerate(rows)
    ]
    facts = sound_facts({"claims": dated, "measured": WELL}, terms)
    granted: dict[LineKey, Decimal] = defaultdict(Decimal)
    for as_of in (date(2026, 9, 1) + timedelta(days), None):
        for item in due(calculate(versions, facts, as_of), granted):
            assert item.amount == item.entitled - item.granted != 0
            granted[item.key] += item.amount
    final = entitled_by_key(calculate(versions, facts, None))
    assert {key: amount for key, amount in granted.items() if amount} == {
        key: amount for key, amount in final.items() if amount
    }


@settings(deadline=None)
@given(claims())
def test_nothing_is_due_twice(rows: list[dict[str, Any]]) -> None:
    result = run(capped({"unit": "0.01"}), rows)
    assert due(result, entitled_by_key(result)) == []


@settings(deadline=None)
@given(claims(), st.integers(0, 8), st.sampled_from(["att3", "att6"]), st.integers(0, 400))
def test_one_more_outcome_never_pays_less(rows: list[dict[str, Any]], person: int, metric: str, days: int) -> None:
    terms = terms_document(limits=[{"scope": "contract", "at_most": CAPS["contract"]}])
    terms["terms"][1]["price"] = {"kind": "unit", "amount": 18000}
    del terms["terms"][1]["gate"]  # a claim counted once in a quarter whose gate is shut would be lost for good
    more = claim(
        99,
        metric,
        (date(2026, 8, 1) + timedelta(days)).isoformat(),
        f"p{person}",
        units=rows[0]["units"] if rows else 1,
    )
    assert run(terms, [*rows, more]).total >= run(terms, rows).total


PRICES = [
    {"kind": "threshold", "at_least": "3", "amount": "100.10"},
    {"kind": "steps", "steps": [{"at_least": 1, "amount": "10"}, {"above": 3, "amount": "33.33"}]},
    {"kind": "linear", "nodes": [{"at": 0, "amount": 0}, {"at": 7, "amount": 100}]},
    {"kind": "share", "share": "0.37", "from": 1, "to": 6},
    {"kind": "unit", "amount": "9.99"},
]


@pytest.mark.parametrize("price", PRICES, ids=lambda price: price["kind"])
@given(low=st.fractions(-10, 10, max_denominator=50), high=st.fractions(-10, 10, max_denominator=50))
@settings(deadline=None, max_examples=30)
def test_a_rising_price_never_pays_less_for_more(price: dict[str, Any], low: Fraction, high: Fraction) -> None:
    document = terms_document(
        metrics=[{"id": "m", "level": "contract"}],
        terms=[{"id": "t", "measure": {"kind": "value", "metric": "m"}, "price": price}],
        limits=[],
    )
    terms = sound_terms(document)

    def pays(value: Fraction) -> Decimal:
        fact = {"metric": "m", "period": "2027-Q1", "numerator": value.numerator, "denominator": value.denominator}
        return calculate([Version(1, None, terms)], sound_facts({"measured": [fact]}, terms), None).total

    assert pays(min(low, high)) <= pays(max(low, high))


@pytest.mark.parametrize("price", PRICES[:3], ids=lambda price: price["kind"])
@given(counts=st.lists(st.integers(0, 3), min_size=1, max_size=5))
@settings(deadline=None, max_examples=30)
def test_counted_over_the_contract_the_periods_sum_to_the_worth_of_the_whole(
    price: dict[str, Any], counts: list[int]
) -> None:
    document = terms_document(
        metrics=[{"id": "m", "level": "person"}],
        terms=[{"id": "t", "measure": {"kind": "count", "metric": "m", "over": "contract"}, "price": price}],
        limits=[],
        rounding={"unit": "0.01"},
    )
    spread = [
        claim(10 * n + k, "m", f"2027-{3 * n + 1 if n < 4 else 12:02}-02", f"p{n}-{k}")
        for n, count in enumerate(counts)
        for k in range(count)
    ]
    whole = {**document, "periods": "contract", "life": {"from": "2026-01-01", "to": "2028-12-31"}}
    in_quarters, at_once = run_plain(document, spread), run_plain(whole, spread)
    assert abs(in_quarters.total - at_once.total) <= Decimal("0.03")


def run_plain(document: dict[str, Any], rows: list[dict[str, Any]]) -> Entitlement:
    terms = sound_terms(document)
    return calculate([Version(1, None, terms)], sound_facts({"claims": rows}, terms), None)
