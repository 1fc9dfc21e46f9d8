"""The most and the least that a contract can cost: a proved bound, and facts that the exact reading takes there."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from rulebook import Version, calculate, parse_facts, parse_terms
from rulebook.analyse import Analysis, Extreme
from tests.rulebook.shapes_of_terms import (
    COHORT,
    COUNT,
    JOB,
    RATE,
    SAVING,
    STAYED,
    TO_DATE,
    VALUE,
    contract,
    demo,
    least_and_most,
    shape,
    term,
    unit,
)

LINE = {"kind": "linear", "nodes": [{"at": "0", "amount": "-30000"}, {"at": "1", "amount": "500000"}]}
THRESHOLD = {"kind": "threshold", "at_least": "20", "amount": "1000000"}


def most(document: dict[str, Any]) -> Fraction | None:
    """The proved maximum, when a witness reaches it or it is without end."""
    extreme = shape(document).in_all.most
    assert extreme.is_reached or extreme.bound is None, (extreme.bound, extreme.witness.amount)
    return extreme.bound


def read_again(document: dict[str, Any], extreme: Extreme) -> Fraction:
    """What the exact reading gives for the witness as a document of facts."""
    terms, _ = parse_terms(document)
    assert terms is not None
    facts, problems = parse_facts(extreme.to_json()["witness"]["facts"], terms)
    assert facts is not None, problems
    return Fraction(calculate([Version(1, None, terms)], facts, None).total)


def reasons(analysis: Analysis) -> set[tuple[str, str]]:
    return {(reason.code, reason.where) for reason in analysis.endless}


# --- one term -----------------------------------------------------------------------------------------------------


def test_a_rate_card_costs_its_price_for_everybody() -> None:
    assert most(contract(unit("12000"))) == 200 * 12000


def test_a_metric_that_counts_three_times_costs_three_times() -> None:
    assert most(contract(unit("1000"), metrics=[{**JOB, "once": False, "at_most": 3}])) == 600000


def test_gaps_in_a_window_say_how_often_a_metric_can_count() -> None:
    """In six months from enrolment there is room for day 0, 60, 120 and 180."""
    window = {"from": "enrolment", "months": 6}
    document = contract(unit("1000"), metrics=[{**JOB, "once": False, "min_gap_days": 60, "window": window}])
    assert most(document) == 200 * 4 * 1000


@pytest.mark.parametrize(("at_most", "weeks"), [(52, 52), (104, 103)])
def test_weeks_in_a_spell_are_as_many_as_the_metric_and_the_life_leave_room_for(at_most: int, weeks: int) -> None:
    """Two years less five qualifying days are 103 whole weeks."""
    duration = {"unit": "week", "qualifying_days": 5, "at_most": at_most}
    document = contract(unit("100"), metrics=[{**JOB, "duration": duration}], cohorts=[{**COHORT, "size": 2}])
    assert most(document) == 2 * weeks * 100


def test_the_dearest_price_over_time_decides() -> None:
    price = {"kind": "unit", "amount": "1000", "from": {"2027-07-01": "1600"}}
    assert most(contract(term(price, COUNT))) == 200 * 1600


def test_a_lump_sum_to_date_is_paid_once() -> None:
    assert most(contract(term(THRESHOLD, TO_DATE), periods="quarter")) == 1000000


def test_a_lump_sum_of_each_period_is_paid_in_every_period_that_can_reach_it() -> None:
    """200 persons reach a threshold of 20 in eight quarters, and one of 80 in two at most."""
    assert most(contract(term(THRESHOLD, COUNT), periods="quarter")) == 8000000
    high = {**THRESHOLD, "at_least": "80"}
    assert shape(contract(term(high, COUNT), periods="quarter")).in_all.most.bound == 2500000


def test_tiers_pay_each_stretch_its_own_price() -> None:
    tiers = [{"over": "50", "amount": "1500"}, {"over": "150", "amount": "100"}]
    assert most(contract(term({"kind": "tiers", "amount": "1000", "tiers": tiers}, COUNT))) == 50000 + 150000 + 5000


def test_a_line_goes_from_its_least_to_its_most_in_every_period() -> None:
    extremes = shape(contract(term(LINE, VALUE), metrics=[RATE], periods="year")).in_all
    assert least_and_most(extremes) == (-60000, 1000000)
    assert extremes.most.is_reached
    assert extremes.least.is_reached


def test_the_payees_may_come_to_owe() -> None:
    extremes = shape(contract(unit("-250"))).in_all
    assert least_and_most(extremes) == (-50000, 0)
    assert extremes.least.is_reached


def test_fees_are_owed_whatever_happens() -> None:
    fee = term({"kind": "fixed", "amount": "50000", "every": "period"})
    extremes = shape(contract(fee, unit("1000", id="t2"), periods="quarter")).in_all
    assert least_and_most(extremes) == (400000, 600000)
    assert extremes.least.is_reached


def test_an_early_stop_may_end_the_fees() -> None:
    fee = term({"kind": "fixed", "amount": "50000", "every": "period"})
    stop = {"id": "stop", "ends": True}
    extremes = shape(contract(fee, periods="quarter", events=[stop])).in_all
    assert least_and_most(extremes) == (0, 400000)
    assert extremes.least.is_reached


def test_a_saving_never_counts_for_more_than_the_layer_it_is_paid_in() -> None:
    """Both ends of the layer move with the cost, and so the layer is never wider than a fifth of it."""
    share = {"kind": "share", "share": "1", "from": {"share": "1", "of": "cost"}, "to": {"share": "1.2", "of": "cost"}}
    cost = {**SAVING, "id": "cost", "lowest": "0", "highest": "10000000"}
    document = contract(term(share, {"kind": "value", "metric": "saving"}), metrics=[cost, SAVING])
    assert most(document) == 2000000


def test_a_floor_costs_what_is_missing_and_nothing_on_top_of_the_others() -> None:
    floor = term({"kind": "top_up", "to": "600000"}, {"kind": "paid", "over": "contract"}, id="floor")
    extremes = shape(contract(unit("12000"), floor)).in_all
    assert least_and_most(extremes) == (0, 2400000)
    assert extremes.most.is_reached
    assert extremes.least.witness.amount == 600000


def test_a_share_of_those_enrolled_is_never_more_than_all_of_them() -> None:
    measure = {"kind": "ratio", "of": COUNT, "to": {"kind": "enrolled"}}
    line = {"kind": "linear", "nodes": [{"at": "0", "amount": "0"}, {"at": "4", "amount": "400"}]}
    assert most(contract(term(line, measure))) == 100


def test_rounding_every_line_up_is_counted_in() -> None:
    """Eight quarters, each rounded up to a whole krona."""
    document = contract(term(LINE, VALUE), metrics=[RATE], periods="quarter", rounding={"unit": "1", "mode": "up"})
    document["terms"][0]["adjust"] = [{"kind": "deadweight", "share": "0.333333"}]
    assert most(document) == 8 * 333334


# --- limits and payers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "bound"),
    [
        ({"scope": "contract", "at_most": "99000"}, 99000),
        ({"scope": "metric", "metric": "job", "at_most": "70000"}, 70000 + 140000),
        ({"scope": "term", "term": "t2", "at_most": "30000"}, 200000 + 30000),
        ({"scope": "person", "at_most": "1500"}, 200 * 1500),
        ({"scope": "cohort", "at_most": "80000"}, 80000),
        ({"scope": "period", "at_most": "20000"}, 8 * 20000),
        ({"scope": "payer", "payer": "nordviken", "at_most": "45000"}, 45000),
    ],
)
def test_each_limit_holds_the_exposure_down(limit: dict[str, str], bound: int) -> None:
    second = term({"kind": "unit", "amount": "700"}, {"kind": "count", "metric": "stayed"}, id="t2")
    document = contract(unit("1000"), second, metrics=[JOB, STAYED], limits=[limit], periods="quarter")
    assert most(document) == bound


def test_each_payer_has_its_own_ends() -> None:
    legs = [{"payer": "nordviken", "share": "0.6"}, {"payer": "region", "share": "0.4"}]
    own = [{"payer": "region", "share": "1"}]
    document = contract(unit("1000"), unit("500", id="t2", legs=own), legs=legs)
    payers = shape(document).payers
    assert {name: ends.most.bound for name, ends in payers.items()} == {"nordviken": 120000, "region": 180000}
    assert all(ends.most.is_reached for ends in payers.values())


def test_under_a_cap_a_payer_may_pay_the_dearest_shares_first() -> None:
    """Of 150,000, region pays most when its own term comes first: 100,000 and 40 per cent of the rest."""
    legs = [{"payer": "nordviken", "share": "0.6"}, {"payer": "region", "share": "0.4"}]
    own = [{"payer": "region", "share": "1"}]
    document = contract(
        unit("1000"), unit("500", id="t2", legs=own), legs=legs, limits=[{"scope": "contract", "at_most": "150000"}]
    )
    assert shape(document).payers["region"].most.bound == 120000


# --- without end --------------------------------------------------------------------------------------------------


def test_a_price_without_cap_and_cohorts_without_size_have_no_bound() -> None:
    analysis = shape(contract(unit("12000"), cohorts=[{"id": "ht26", "enrols": ["2026-01-01", "2026-12-31"]}]))
    assert analysis.in_all.most.bound is None
    assert reasons(analysis) == {("no_size", "cohorts")}
    assert analysis.in_all.most.witness.amount == 100 * 12000
    assert "ingen gräns" in analysis.text("sv")


def test_a_metric_that_counts_any_number_of_times_has_no_bound() -> None:
    analysis = shape(contract(unit("12000"), metrics=[{**JOB, "once": False}]))
    assert reasons(analysis) == {("no_times", "metrics[0]")}


def test_a_claim_for_any_number_of_units_has_no_bound_unless_the_price_is_for_a_whole() -> None:
    many = {**JOB, "unit": "day"}
    assert reasons(shape(contract(unit("100"), metrics=[many]))) == {("no_units", "metrics[0]")}
    whole = term({"kind": "unit", "amount": "100", "whole": "30"}, COUNT)
    assert most(contract(whole, metrics=[many])) == 20000


def test_a_value_without_highest_has_no_bound_and_only_the_value_that_matters_is_named() -> None:
    analysis = shape(demo("norrkoping"))
    assert least_and_most(analysis.in_all) == (None, None)
    assert reasons(analysis) == {("no_highest", "metrics[0]"), ("no_lowest", "metrics[0]")}


def test_a_cap_on_the_contract_bounds_what_nothing_else_does() -> None:
    cohorts = [{"id": "ht26", "enrols": ["2026-01-01", "2026-12-31"]}]
    document = contract(unit("12000"), cohorts=cohorts, limits=[{"scope": "contract", "at_most": "1000000"}])
    assert most(document) == 1000000


# --- the demonstration contracts ----------------------------------------------------------------------------------


def test_norrkoping_can_cost_twelve_million_at_ten_million_financed() -> None:
    document = demo("norrkoping", cost={"lowest": "0", "highest": "10000000"})
    analysis = shape(document)
    assert least_and_most(analysis.in_all) == (0, 12000000)
    assert read_again(document, analysis.in_all.most) == 12000000
    values = {fact.metric: fact.value for fact in analysis.in_all.most.witness.facts.measured}
    assert values["cost"] == 10000000
    assert values["school"] == 1
    assert (values["saving"] or 0) >= 12000000


def test_nordviken_can_cost_its_cap_and_each_board_its_share_of_it() -> None:
    document = demo("nordviken")
    analysis = shape(document)
    assert most(document) == 3600000
    assert read_again(document, analysis.in_all.most) == 3600000
    assert {name: ends.most.bound for name, ends in analysis.payers.items()} == {
        "utbildningsnamnden": 2160000,
        "socialnamnden": 1440000,
    }
    assert [given.code for given in analysis.assumptions] == ["sizes", "units"]


def test_what_falls_due_upon_events_costs_most_when_all_of_them_happen() -> None:
    """The report is paid for only where two have a job, so that more than one thing must come together."""
    start = term({"kind": "fixed", "amount": "100000", "on": "start"})
    report = term(
        {"kind": "fixed", "amount": "25000.50", "on": "report"}, id="t2", gate={"measure": TO_DATE, "at_least": "2"}
    )
    events = [{"id": "start"}, {"id": "report"}]
    assert most(contract(start, report, events=events)) == Fraction("125000.5")
