"""What the terms reward: the cliff, the dead zone and the perverse stretch are found, and only where they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rulebook.shapes_of_terms import (
    COUNT,
    JOB,
    RATE,
    SAVING,
    STAYED,
    TO_DATE,
    VALUE,
    contract,
    demo,
    kinds,
    only,
    shape,
    term,
    unit,
)

INCENTIVES = {"cliff", "dead_zone", "perverse", "twice"}
LINE = {"kind": "linear", "nodes": [{"at": "0", "amount": "0"}, {"at": "1", "amount": "500000"}]}


@pytest.mark.parametrize(
    "document",
    [
        contract(unit("12000")),
        contract(term({"kind": "unit", "amount": "12000", "from": {"2027-01-01": "9000"}}, COUNT)),
        contract(term({"kind": "tiers", "amount": "1100", "tiers": [{"over": "92", "amount": "500"}]}, COUNT)),
        contract(term(LINE, VALUE), metrics=[RATE]),
        contract(term({"kind": "share", "share": "0.60"}, {"kind": "value", "metric": "saving"}), metrics=[SAVING]),
        contract(term({"kind": "fixed", "amount": "50000", "every": "period"}), unit("9000", id="t2")),
        contract(term(LINE, VALUE, adjust=[{"kind": "deadweight", "share": "0.33"}]), metrics=[RATE]),
    ],
)
def test_terms_made_without_traps_have_none(document: dict[str, Any]) -> None:
    analysis = shape(document)
    assert not kinds(analysis) & INCENTIVES, [finding.en for finding in analysis.findings]


def test_a_lump_sum_at_a_threshold_is_a_cliff_between_two_dead_zones() -> None:
    analysis = shape(contract(term({"kind": "threshold", "at_least": "20", "amount": "1000000"}, TO_DATE)))
    cliff = only(analysis, "cliff")
    assert cliff.values == {
        "term": "t1",
        "metric": "job",
        "at": "20",
        "before": "0",
        "after": "1000000",
        "size": "1000000",
        "average": "50000",
        "times_average": "20",
    }
    assert cliff.severity == "warning"
    stretches = [(zone.values["from"], zone.values["to"]) for zone in analysis.of("dead_zone")]
    assert stretches == [("0", "19"), ("20", "200")]


def test_every_step_of_a_table_is_a_cliff_where_it_begins() -> None:
    steps = [{"at_least": "0.6", "amount": "1000"}, {"above": "0.8", "amount": "3000"}]
    cliffs = shape(contract(term({"kind": "steps", "steps": steps}, VALUE), metrics=[RATE])).of("cliff")
    assert [(cliff.values["at"], cliff.values["size"]) for cliff in cliffs] == [("0.6", "1000"), ("0.8", "2000")]


def test_a_condition_on_another_metric_is_a_cliff_in_that_metric() -> None:
    well = {**RATE, "id": "well", "role": "guard"}
    document = contract(unit("5000", gate={"metric": "well", "at_least": "0.7"}), metrics=[JOB, well])
    cliff = only(shape(document), "cliff")
    assert (cliff.values["metric"], cliff.values["at"], cliff.values["size"]) == ("well", "0.7", "1000000")


def test_a_line_with_clamps_inside_the_range_has_dead_zones_outside_them() -> None:
    nodes = [{"at": "0.75", "amount": "0"}, {"at": "0.82", "amount": "100000"}]
    zones = shape(contract(term({"kind": "linear", "nodes": nodes}, VALUE), metrics=[RATE])).of("dead_zone")
    assert [(zone.values["from"], zone.values["to"], zone.values["paid"]) for zone in zones] == [
        ("0", "0.75", "0"),
        ("0.82", "1", "100000"),
    ]


def test_a_lower_price_for_all_units_makes_the_first_unit_above_the_tier_cost_money() -> None:
    price = {"kind": "tiers", "amount": "1100", "tiers": [{"over": "100", "amount": "1000"}], "by": "whole"}
    perverse = only(shape(contract(term(price, COUNT))), "perverse")
    assert perverse.severity == "problem"
    assert perverse.values == {
        "term": "t1",
        "metric": "job",
        "at": "101",
        "before": "110000",
        "after": "101000",
        "size": "-9000",
        "regained_at": "110",
    }
    assert "ett sämre utfall ger mer" in perverse.sv


def test_a_price_that_falls_beyond_its_peak_is_perverse_from_there_on() -> None:
    nodes = [{"at": "0", "amount": "0"}, {"at": "0.5", "amount": "100000"}, {"at": "1", "amount": "40000"}]
    perverse = only(shape(contract(term({"kind": "linear", "nodes": nodes}, VALUE), metrics=[RATE])), "perverse")
    assert (perverse.values["from"], perverse.values["to"], perverse.values["change"]) == ("0.5", "1", "-1200")


def test_the_direction_of_the_metric_decides_what_is_worse() -> None:
    fewer_is_better = {**RATE, "direction": "down"}
    assert only(shape(contract(term(LINE, VALUE), metrics=[fewer_is_better])), "perverse").values["change"] == "5000"
    assert not shape(contract(term(LINE, VALUE), metrics=[{**RATE, "direction": "up"}])).of("perverse")


def test_a_clawback_is_for_what_should_not_happen_unless_the_terms_say_that_more_is_better() -> None:
    assert not shape(contract(unit("-500"))).of("perverse")
    more_is_better = {**JOB, "direction": "up"}
    assert only(shape(contract(unit("-500"), metrics=[more_is_better])), "perverse").values["change"] == "-500"


def test_a_floor_under_what_others_pay_makes_their_first_outcomes_worth_nothing() -> None:
    floor = term({"kind": "top_up", "to": "600000"}, {"kind": "paid", "over": "contract"}, id="floor")
    zone = only(shape(contract(unit("12000"), floor)), "dead_zone")
    assert (zone.values["term"], zone.values["from"], zone.values["to"]) == ("floor", "0", "600000")


def test_a_ratio_is_followed_back_to_the_outcomes_it_is_made_of() -> None:
    """60 per cent of 200 enrolled are 120 outcomes, and more than 80 per cent are 161."""
    steps = [{"at_least": "0.6", "amount": "1000"}, {"above": "0.8", "amount": "3000"}]
    measure = {"kind": "ratio", "of": COUNT, "to": {"kind": "enrolled"}}
    cliffs = shape(contract(term({"kind": "steps", "steps": steps}, measure))).of("cliff")
    assert [cliff.values["at"] for cliff in cliffs] == ["120", "161"]


def test_a_price_that_another_measure_chooses_jumps_in_that_measure() -> None:
    case = {"at_least": "0.5", "price": {"kind": "unit", "amount": "100"}}
    document = contract(term({"kind": "choose", "by": VALUE, "cases": [case]}, COUNT), metrics=[JOB, RATE])
    cliff = only(shape(document), "cliff")
    assert (cliff.values["metric"], cliff.values["at"], cliff.values["size"]) == ("rate", "0.5", "20000")


# --- claimed twice ------------------------------------------------------------------------------------------------


def test_one_outcome_that_two_terms_pay_for_is_claimed_twice() -> None:
    twice = only(shape(contract(unit("5000"), unit("3000", id="t2"))), "twice")
    assert (twice.values["metric"], twice.values["terms"]) == ("job", "t1 t2")


def test_two_terms_for_different_cohorts_or_different_layers_do_not_pay_twice() -> None:
    cohorts = [{"id": name, "enrols": ["2026-01-01", "2026-12-31"], "size": 10} for name in ("a", "b")]
    apart = contract(unit("5000", cohorts=["a"]), unit("3000", id="t2", cohorts=["b"]), cohorts=cohorts)
    assert not shape(apart).of("twice")
    layers = [
        term({"kind": "share", "share": "0.6", "from": "0", "to": "100"}, {"kind": "value", "metric": "saving"}),
        term({"kind": "share", "share": "1", "from": "100"}, {"kind": "value", "metric": "saving"}, id="t2"),
    ]
    assert not shape(contract(*layers, metrics=[SAVING])).of("twice")


def test_a_metric_that_repeats_with_no_gap_can_be_claimed_twice_for_one_event() -> None:
    repeats = {**JOB, "once": False, "at_most": 3}
    assert only(shape(contract(unit("5000"), metrics=[repeats])), "twice").values == {"metric": "job", "times": "3"}
    assert not shape(contract(unit("5000"), metrics=[{**repeats, "min_gap_days": 30}])).of("twice")


def test_two_links_of_a_chain_on_one_day_are_one_event_paid_twice() -> None:
    chain = [JOB, {**STAYED, "after": "job"}]
    terms = [unit("5000"), term({"kind": "unit", "amount": "7000"}, {"kind": "count", "metric": "stayed"}, id="t2")]
    assert only(shape(contract(*terms, metrics=chain)), "twice").values == {"metric": "stayed", "after": "job"}
    apart = {**STAYED, "after": "job", "window": {"from": "job", "not_before": {"months": 3}, "months": 6}}
    assert not shape(contract(*terms, metrics=[JOB, apart])).of("twice")


# --- the demonstration contracts ----------------------------------------------------------------------------------


def test_norrkopings_saving_pays_nothing_below_zero_or_above_the_layers() -> None:
    analysis = shape(demo("norrkoping", cost={"lowest": "0", "highest": "10000000"}))
    assert kinds(analysis) == {"dead_zone"}
    stretches = {
        (zone.values["term"], zone.values.get("from"), zone.values.get("to")) for zone in analysis.of("dead_zone")
    }
    assert stretches == {
        ("saving_share", None, "0"),
        ("saving_share", "10000000", None),
        ("bonus", None, "10000000"),
        ("bonus", "12000000", None),
    }


def test_nordvikens_quality_gate_is_a_cliff_and_its_courses_can_be_claimed_on_one_day() -> None:
    analysis = shape(demo("nordviken"))
    assert only(analysis, "cliff").values["at"] == "3.5"
    assert {finding.values["metric"] for finding in analysis.of("twice")} == {"course", "att6", "diploma"}
    assert not kinds(analysis) & {"perverse", "dead_zone", "never_pays", "never_counts"}
