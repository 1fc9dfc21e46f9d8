"""What limits leave: who loses, what waits, and what a limit that follows a measure allows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rulebook import Entitlement, LineKey, Version, calculate, due, parse_facts, parse_terms
from rulebook.limits import _kept, _kept_one_by_one

WORK = {"id": "arbete", "level": "person"}
COST = {"id": "kostnad", "level": "contract", "unit": "amount"}


def bare(**parts: Any) -> dict[str, Any]:
    return {
        "currency": "SEK",
        "life": {"from": "2026-01-01", "to": "2027-12-31"},
        "legs": [{"payer": "kommunen", "share": 1}],
        "metrics": [WORK],
        "terms": [paid("arbete", 100)],
        **parts,
    }


def paid(metric: str, amount: object, **more: Any) -> dict[str, Any]:
    return {
        "id": metric,
        "measure": {"kind": "count", "metric": metric},
        "price": {"kind": "unit", "amount": amount},
        **more,
    }


def jobs(*days: str, metric: str = "arbete") -> list[dict[str, Any]]:
    return [
        {"id": f"{metric}-{number}", "person": f"p{number}", "metric": metric, "event_on": day}
        for number, day in enumerate(days)
    ]


def read(document: dict[str, Any], facts: dict[str, Any], as_of: date | None = None) -> Entitlement:
    terms, problems = parse_terms(document)
    assert terms is not None, problems
    known, faults = parse_facts(facts, terms)
    assert known is not None, faults
    return calculate([Version(1, None, terms)], known, as_of)


def amounts(found: Entitlement) -> dict[tuple[str, str], str]:
    return {(line.term, line.period): str(line.amount) for line in found.lines}


# --- what waits ---------------------------------------------------------------------------------------------------

WAITING = {"limits": [{"scope": "period", "at_most": 150, "surplus": "banked"}]}


def test_what_does_not_fit_is_paid_in_the_next_period_and_says_where_it_comes_from() -> None:
    found = read(bare(**WAITING), {"claims": jobs("2026-01-05", "2026-01-06", "2026-02-07")})
    first, second = (line.to_json() for line in found.lines)
    assert (first["period"], first["amount"], second["period"], second["amount"]) == (
        "2026-Q1",
        "150.00",
        "2026-Q2",
        "150.00",
    )
    assert first["taken"] == [{"limit": "period", "amount": "150.00", "claims": ["arbete-1", "arbete-2"]}]
    assert second["working"] == {
        "measure": "count",
        "metric": "arbete",
        "price": "unit",
        "groups": [],
        "waited": {"from": ["2026-Q1"], "amount": "150"},
        "claims": ["arbete-1", "arbete-2"],
    }
    assert [(claim.claim, str(claim.amount), claim.reason) for claim in found.claims] == [
        ("arbete-0", "100", None),
        ("arbete-1", "100", None),
        ("arbete-2", "100", None),
    ]


def test_what_waits_goes_before_what_the_later_period_earned_itself() -> None:
    found = read(bare(**WAITING), {"claims": jobs("2026-01-05", "2026-01-06", "2026-04-07")})
    assert amounts(found) == {("arbete", "2026-Q1"): "150.00", ("arbete", "2026-Q2"): "150.00"}
    second = found.lines[1].to_json()
    assert second["working"]["waited"] == {"from": ["2026-Q1"], "amount": "50"}
    assert second["working"]["claims"] == ["arbete-2", "arbete-1"]
    assert second["taken"] == []


def test_what_waits_is_not_paid_before_its_period_has_come() -> None:
    facts = {"claims": jobs("2026-01-05", "2026-01-06")}
    assert amounts(read(bare(**WAITING), facts, date(2026, 6, 29))) == {("arbete", "2026-Q1"): "150.00"}
    assert read(bare(**WAITING), facts, date(2026, 6, 30)).total == 200


def test_what_still_waits_at_the_end_is_lost_and_the_claim_says_so() -> None:
    document = bare(life={"from": "2026-01-01", "to": "2026-06-30"}, **WAITING)
    found = read(document, {"claims": jobs(*["2026-01-05"] * 4)})
    assert found.total == 300
    assert {claim.claim: claim.reason for claim in found.claims}["arbete-3"] == "cap"


def test_what_waits_keeps_its_term_its_cohort_and_its_price() -> None:
    document = bare(
        cohorts=[
            {"id": "ht", "enrols": ["2026-01-01", "2026-12-31"]},
            {"id": "vt", "enrols": ["2026-01-01", "2026-12-31"]},
        ],
        metrics=[WORK, {"id": "studier", "level": "person"}],
        terms=[paid("arbete", 100), paid("studier", 70)],
        limits=[{"scope": "period", "at_most": 100, "surplus": "banked"}],
    )
    claims = [
        {**claim, "cohort": cohort}
        for claim, cohort in zip(
            [*jobs("2026-01-05"), *jobs("2026-01-06", "2026-01-07", metric="studier")], ("ht", "vt", "ht"), strict=True
        )
    ]
    found = [
        (line.term, line.period, line.cohort, str(line.amount)) for line in read(document, {"claims": claims}).lines
    ]
    assert [line for line in found if line[3] != "0.00"] == [
        ("arbete", "2026-Q1", "ht", "100.00"),
        ("studier", "2026-Q2", "ht", "30.00"),
        ("studier", "2026-Q2", "vt", "70.00"),
        ("studier", "2026-Q3", "ht", "40.00"),
    ]


# --- caps that follow a measure -----------------------------------------------------------------------------------


def value(amount: object, period: str) -> dict[str, Any]:
    return {"metric": "kostnad", "period": period, "value": amount}


def test_a_cap_for_a_period_follows_the_value_of_that_period() -> None:
    document = bare(metrics=[WORK, COST], limits=[{"scope": "period", "at_most": {"share": "0.5", "of": "kostnad"}}])
    facts = {
        "claims": jobs("2026-01-05", "2026-04-05", "2026-07-05"),
        "measured": [value(120, "2026-Q1"), value(80, "2026-Q2")],
    }
    assert list(amounts(read(document, facts)).values()) == ["60.00", "40.00", "0.00"]


def test_a_cap_for_the_contract_follows_the_latest_value() -> None:
    document = bare(metrics=[WORK, COST], limits=[{"scope": "contract", "at_most": {"share": "0.5", "of": "kostnad"}}])
    facts = {"claims": jobs("2026-01-05", "2026-04-05"), "measured": [value(120, "2026-Q1"), value(300, "2026-Q2")]}
    assert list(amounts(read(document, facts)).values()) == ["100.00", "50.00"]


def test_a_cap_may_be_a_share_of_something_that_is_worked_out() -> None:
    doubled = {"kind": "product", "parts": [{"kind": "value", "metric": "kostnad"}, {"kind": "number", "value": 2}]}
    document = bare(metrics=[WORK, COST], limits=[{"scope": "period", "at_most": {"share": "0.25", "of": doubled}}])
    facts = {"claims": jobs("2026-01-05", "2026-04-05"), "measured": [value(120, "2026-Q1")]}
    assert list(amounts(read(document, facts)).values()) == ["60.00", "0.00"]


@pytest.mark.parametrize(("missing", "paid_in_all"), [("worst_case", 0), ("exclude", 100)])
@pytest.mark.parametrize("of", ["kostnad", {"kind": "value", "metric": "kostnad"}])
def test_a_cap_that_nobody_knows_lets_nothing_through_unless_the_metric_is_left_out(
    missing: str, paid_in_all: int, of: object
) -> None:
    limits = [{"scope": "period", "at_most": {"share": 1, "of": of}}]
    document = bare(metrics=[WORK, {**COST, "missing": missing}], limits=limits)
    assert read(document, {"claims": jobs("2026-01-05")}).total == paid_in_all


# --- terms that build on others -----------------------------------------------------------------------------------


def test_what_the_first_terms_used_is_gone_for_those_that_build_on_them() -> None:
    guarantee = {
        "id": "garanti",
        "measure": {"kind": "paid", "over": "contract"},
        "price": {"kind": "top_up", "to": 500},
        "on": "2026-12-31",
    }
    bonus = {
        "id": "bonus",
        "measure": {"kind": "paid", "terms": ["garanti"], "over": "contract"},
        "price": {"kind": "share", "share": 1},
        "on": "2027-03-31",
    }
    document = bare(terms=[paid("arbete", 100), guarantee, bonus], limits=[{"scope": "contract", "at_most": 620}])
    found = read(document, {"claims": jobs("2026-01-05", "2026-04-05")})
    assert amounts(found) == {
        ("arbete", "2026-Q1"): "100.00",
        ("arbete", "2026-Q2"): "100.00",
        ("garanti", "2026-Q4"): "300.00",
        ("bonus", "2027-Q1"): "120.00",
    }
    assert [(taken.limit, str(taken.amount)) for taken in found.lines[-1].taken] == [("contract", "180.00")]


# --- composition --------------------------------------------------------------------------------------------------


def test_of_a_metric_that_is_too_large_a_share_the_latest_claims_lose() -> None:
    document = bare(
        metrics=[WORK, {"id": "studier", "level": "person"}],
        terms=[paid("arbete", 100), paid("studier", 10)],
        limits=[{"scope": "composition", "metric": "arbete", "at_most": "0.5"}],
    )
    days = ("2026-03-09", "2026-03-01", "2026-02-01")
    found = read(document, {"claims": [*jobs(*days), *jobs("2026-01-01", metric="studier")]})
    assert {claim.claim: str(claim.amount) for claim in found.claims} == {
        "studier-0": "10",
        "arbete-2": "100",
        "arbete-1": "100",
        "arbete-0": "0",
    }


# --- a running sum, and one at a time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts_in", "room", "left"),
    [
        ([5, 5, 5], [8, 8, 8], [5, 3, 0]),
        ([5, 5, 5], [-1, -1, -1], [5, 5, 5]),
        ([5, -3, 5], [6, 6, 6], [5, -3, 4]),
        ([5, 5, 5], [8, 3, 20], [5, 0, 5]),
        ([5, 5], [0, 0], [0, 0]),
        ([5, 5], [-1, 7], [5, 2]),
        ([1, 1], [1, 1], [1, 0]),
    ],
)
def test_what_is_left_below_a_cap(amounts_in: list[int], room: list[int], left: list[int]) -> None:
    group, earned, caps = (np.array(column, np.int64) for column in ([0] * len(amounts_in), amounts_in, room))
    assert _kept(group, earned, caps, {}).tolist() == left
    assert _kept_one_by_one(group, earned, caps, {}).tolist() == left


def test_room_that_was_used_before_is_gone() -> None:
    group, earned, caps = (np.array(column, np.int64) for column in ([0, 0, 1], [5, 5, 5], [8, 8, 8]))
    assert _kept(group, earned, caps, {0: 6}).tolist() == [2, 0, 5]


# --- rounding -----------------------------------------------------------------------------------------------------


def test_what_rounding_lifts_above_a_cap_is_taken_from_the_last_line_of_its_version() -> None:
    """Two versions, each with its own cap: a lowered one never reaches back."""
    document = bare(
        metrics=[WORK, {"id": "studier", "level": "person"}],
        terms=[paid("arbete", "0.55"), paid("studier", "0.55")],
        rounding={"unit": 1, "mode": "half_up"},
        limits=[{"scope": "contract", "at_most": "1.1"}],
    )
    later = {**document, "limits": [{"scope": "contract", "at_most": "1.2"}]}
    first, second = parse_terms(document)[0], parse_terms(later)[0]
    assert first is not None
    assert second is not None
    facts, _ = parse_facts(
        {"claims": [*jobs("2026-01-05", "2027-01-05"), *jobs("2026-04-05", metric="studier")]}, [first, second]
    )
    assert facts is not None
    found = calculate([Version(1, None, first), Version(2, date(2027, 1, 1), second)], facts, None)
    assert amounts(found) == {("arbete", "2026-Q1"): "1", ("studier", "2026-Q2"): "0", ("arbete", "2027-Q1"): "0"}
    assert [(taken.limit, str(taken.amount)) for taken in found.lines[1].taken] == [("contract", "1")]


# --- what is due --------------------------------------------------------------------------------------------------


def key(term: str, period: str) -> LineKey:
    return LineKey(term, period, None, "kommunen", None)


def test_what_is_due_is_new_a_correction_or_withdrawn_and_nothing_else() -> None:
    found = read(bare(), {"claims": jobs("2026-01-05", "2026-04-05", "2026-07-05")})
    granted = {
        key("arbete", "2026-Q1"): Decimal("100.00"),
        key("arbete", "2026-Q2"): Decimal("40.00"),
        key("arbete", "2025-Q4"): Decimal("9.00"),
        key("borttaget", "2026-Q1"): Decimal("7.00"),
    }
    assert [(owed.key.term, owed.key.period, str(owed.amount), owed.kind) for owed in due(found, granted)] == [
        ("arbete", "2026-Q2", "60.00", "correction"),
        ("arbete", "2026-Q3", "100.00", "new"),
        ("arbete", "2025-Q4", "-9.00", "withdrawn"),
        ("borttaget", "2026-Q1", "-7.00", "withdrawn"),
    ]


def test_a_claim_in_thirds_is_shown_to_the_sixth_decimal_and_summed_exactly() -> None:
    found = read(
        bare(terms=[paid("arbete", 100, adjust=[{"kind": "scale", "by": {"kind": "number", "value": 1}, "over": 3}])]),
        {"claims": jobs("2026-01-05", "2026-01-06", "2026-01-07")},
    )
    assert found.total == 100
    assert [claim.amount for claim in found.claims] == [Decimal("33.333333")] * 3
    assert Fraction(found.claims[0].amount) != Fraction(100, 3)


def test_a_stretch_over_several_periods_weighs_all_its_units_in_a_composition() -> None:
    """Forty days of housing and sixty of work: housing may be half of all, not more."""
    document = bare(
        metrics=[{"id": "dygn", "level": "person", "duration": {"unit": "day"}}, {"id": "arbete", "level": "person"}],
        terms=[paid("dygn", 1), paid("arbete", 1)],
        limits=[{"scope": "composition", "metric": "dygn", "at_most": "0.5"}],
    )
    stretch = {"id": "bo", "person": "Bo", "metric": "dygn", "event_on": "2026-03-20", "until": "2026-04-28"}
    others = {"id": "an", "person": "An", "metric": "arbete", "event_on": "2026-01-05"}
    assert read(document, {"claims": [stretch, {**others, "units": "60"}]}).total == 100
    assert read(document, {"claims": [stretch, {**others, "units": "30"}]}).total == 30


def test_a_persons_cap_holds_also_for_terms_that_look_at_what_others_pay() -> None:
    extra = paid("studier", 100, gate={"measure": {"kind": "paid", "terms": ["arbete"]}, "above": 0})
    document = bare(
        metrics=[WORK, {"id": "studier", "level": "person"}],
        terms=[paid("arbete", 100), extra],
        limits=[{"scope": "person", "at_most": 150}],
    )
    found = read(document, {"claims": [*jobs("2026-01-05"), *jobs("2026-01-06", metric="studier")]})
    assert amounts(found) == {("arbete", "2026-Q1"): "100.00", ("studier", "2026-Q1"): "50.00"}


def test_room_in_a_period_that_the_first_terms_used_is_gone_for_what_waits() -> None:
    extra = paid(
        "studier", 100, gate={"measure": {"kind": "paid", "terms": ["arbete"], "over": "contract"}, "above": 0}
    )
    document = bare(metrics=[WORK, {"id": "studier", "level": "person"}], terms=[paid("arbete", 100), extra], **WAITING)
    found = read(document, {"claims": [*jobs("2026-01-05"), *jobs("2026-01-06", metric="studier")]})
    assert amounts(found) == {
        ("arbete", "2026-Q1"): "100.00",
        ("studier", "2026-Q1"): "50.00",
        ("studier", "2026-Q2"): "50.00",
    }
