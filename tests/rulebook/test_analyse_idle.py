"""What can never matter, or always matters the same: chains, conditions, levels, limits, metrics and legs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rulebook.shapes_of_terms import (
    COUNT,
    JOB,
    RATE,
    SAVING,
    STAYED,
    VALUE,
    contract,
    demo,
    kinds,
    only,
    shape,
    term,
    unit,
)

OF_RATE = {"share": "9", "of": "rate"}
SECOND = term({"kind": "unit", "amount": "7000"}, {"kind": "count", "metric": "stayed"}, id="t2")


# --- chains and windows -------------------------------------------------------------------------------------------


def test_a_chain_that_is_longer_than_the_life_can_never_count() -> None:
    """A job on the first day, and eighteen months later: 1 July 2027. The contract ends on 30 June."""
    later = {**STAYED, "after": "job", "window": {"from": "job", "not_before": {"months": 18}, "months": 24}}
    document = contract(unit("5000"), SECOND, metrics=[JOB, later], life={"from": "2026-01-01", "to": "2027-06-30"})
    never = only(shape(document), "never_counts")
    assert never.values == {
        "metric": "stayed",
        "cohorts": "ht26",
        "blocked_by": "stayed",
        "earliest": "2027-07-01",
        "latest": "2027-06-30",
    }
    assert never.severity == "problem"
    assert only(shape(document), "never_pays").values == {"term": "t2"}
    one_day_more = {**document, "life": {"from": "2026-01-01", "to": "2027-07-01"}}
    assert not kinds(shape(one_day_more)) & {"never_counts", "never_pays"}


def test_a_chain_inside_one_window_must_fit_for_one_and_the_same_enrolment() -> None:
    """Six months from enrolment before the first link, and three months for the second: no enrolment day will do."""
    first = {**JOB, "window": {"from": "enrolment", "not_before": {"months": 6}, "months": 12}}
    second = {**STAYED, "after": "job", "window": {"from": "enrolment", "months": 3}}
    never = only(shape(contract(unit("5000"), SECOND, metrics=[first, second])), "never_counts")
    assert (never.values["metric"], never.values["blocked_by"]) == ("stayed", "stayed")


def test_what_comes_after_a_metric_that_can_never_count_is_blocked_by_it() -> None:
    first = {**JOB, "window": {"from": "contract", "not_before": {"months": 30}, "months": 36}}
    never = shape(contract(unit("5000"), SECOND, metrics=[first, {**STAYED, "after": "job"}])).of("never_counts")
    assert [(finding.values["metric"], finding.values["blocked_by"]) for finding in never] == [
        ("job", "job"),
        ("stayed", "job"),
    ]
    assert "can never count" in never[1].en
    assert "1 July 2028" in never[1].en


def test_a_cohort_that_enrols_too_late_is_named() -> None:
    cohorts = [
        {"id": "early", "enrols": ["2026-01-01", "2026-03-31"], "size": 5, "sv": "Tidig", "en": "Early"},
        {"id": "late", "enrols": ["2027-10-01", "2027-12-31"], "size": 5, "sv": "Sen", "en": "Late"},
    ]
    metric = {**JOB, "window": {"from": "enrolment", "not_before": {"months": 6}, "months": 12}}
    finding = only(shape(contract(unit("5000"), metrics=[metric], cohorts=cohorts)), "seldom_counts")
    assert finding.values["cohorts"] == "late"
    assert "”Sen”" in finding.sv


def test_more_times_than_the_gaps_leave_room_for_are_said() -> None:
    often = {**JOB, "once": False, "at_most": 4, "min_gap_days": 200, "window": {"from": "enrolment", "months": 12}}
    finding = only(shape(contract(unit("5000"), metrics=[often])), "seldom_counts")
    assert finding.values == {"metric": "job", "times": "4", "possible": "2"}


# --- conditions and levels ----------------------------------------------------------------------------------------


def gated(**bounds: str) -> dict[str, Any]:
    return contract(unit("5000", gate={"metric": "rate", **bounds}), metrics=[JOB, RATE])


def test_a_condition_outside_the_range_of_its_metric_can_never_hold() -> None:
    never = only(shape(gated(at_least="1.2")), "gate_never")
    assert (never.where, never.values) == (
        "terms[0].gate[0]",
        {"term": "t1", "metric": "rate", "lowest": "0", "highest": "1"},
    )
    assert "can never hold" in never.en
    assert "120%" in never.en


def test_a_condition_that_the_whole_range_keeps_always_holds() -> None:
    assert only(shape(gated(at_least="0")), "gate_always").values["term"] == "t1"


@pytest.mark.parametrize("bounds", [{"at_least": "0.7"}, {"above": "0"}, {"below": "1"}, {"at_most": "0.99"}])
def test_a_condition_that_may_go_either_way_is_not_remarked_on(bounds: dict[str, str]) -> None:
    assert not kinds(shape(gated(**bounds))) & {"gate_never", "gate_always"}


def test_a_condition_that_is_excused_when_a_value_is_missing_may_still_be_passed() -> None:
    excused = {**RATE, "missing": "exclude"}
    document = contract(unit("5000", gate={"metric": "rate", "at_least": "1.2"}), metrics=[JOB, excused])
    assert not kinds(shape(document)) & {"gate_never", "never_pays"}


def test_a_level_above_what_can_be_counted_is_out_of_reach() -> None:
    steps = [{"at_least": "100", "amount": "1000"}, {"at_least": "201", "amount": "2000"}]
    finding = only(shape(contract(term({"kind": "steps", "steps": steps}, COUNT))), "level_out_of_reach")
    assert finding.values == {"term": "t1", "level": "201", "highest": "200"}


def test_a_term_that_pays_nothing_at_any_value_can_never_pay() -> None:
    assert only(shape(contract(unit("0"))), "never_pays").values == {"term": "t1"}


# --- limits -------------------------------------------------------------------------------------------------------


def limited(*limits: dict[str, str], **changes: Any) -> dict[str, Any]:
    """200 jobs at 1,000 each."""
    return contract(unit("1000"), limits=list(limits), **changes)


def test_a_cap_above_everything_can_never_cut() -> None:
    never = only(shape(limited({"scope": "contract", "at_most": "250000"})), "cap_never")
    assert never.values == {"limit": "contract", "cap": "250000", "most": "200000"}


def test_a_cap_that_a_narrower_cap_keeps_from_being_reached_can_never_cut() -> None:
    limits = ({"scope": "metric", "metric": "job", "at_most": "90000"}, {"scope": "contract", "at_most": "100000"})
    assert only(shape(limited(*limits)), "cap_never").values["most"] == "90000"


def test_a_cap_below_every_single_payment_always_cuts() -> None:
    always = only(shape(limited({"scope": "person", "at_most": "800"})), "cap_always")
    assert always.values == {"limit": "person", "cap": "800", "smallest": "1000"}


@pytest.mark.parametrize(
    ("limit", "outcomes"),
    [
        ({"scope": "contract", "at_most": "150000"}, "150"),
        ({"scope": "metric", "metric": "job", "at_most": "150500"}, "151"),
        ({"scope": "period", "at_most": "20000"}, "20"),
    ],
)
def test_a_cap_says_at_how_many_outcomes_it_is_reached(limit: dict[str, str], outcomes: str) -> None:
    reached = only(shape(limited(limit)), "cap_reached")
    assert (reached.values["full_at:t1"], reached.severity) == (outcomes, "note")
    assert f"vid {outcomes} taket" in reached.sv


def test_nordvikens_person_cap_takes_from_whoever_reaches_everything() -> None:
    caps = {finding.values["limit"]: finding.values for finding in shape(demo("nordviken")).of("cap_reached")}
    assert caps["person"] == {"limit": "person", "cap": "45000", "most": "74500"}
    assert caps["metric:course"]["full_at:t_course"] == "115"
    assert set(caps) == {"metric:course", "person", "period", "contract"}


def test_a_limit_on_what_no_term_pays_for_applies_to_nothing() -> None:
    document = limited({"scope": "metric", "metric": "rate", "at_most": "5000"}, metrics=[JOB, RATE])
    assert only(shape(document), "limit_of_nothing").values == {"limit": "metric:rate"}


def test_a_limit_per_person_on_measured_values_applies_to_nothing() -> None:
    price = {"kind": "share", "share": "0.5"}
    saving = term(price, {"kind": "value", "metric": "saving"})
    document = contract(saving, metrics=[SAVING], limits=[{"scope": "person", "at_most": "100"}])
    assert only(shape(document), "limit_of_nothing").values == {"limit": "person"}


# --- metrics and legs ---------------------------------------------------------------------------------------------


def test_a_metric_that_nothing_uses_is_pointed_out_unless_it_is_for_follow_up() -> None:
    assert only(shape(contract(unit("1000"), metrics=[JOB, RATE])), "unused_metric").values == {"metric": "rate"}
    assert not shape(contract(unit("1000"), metrics=[JOB, {**RATE, "role": "follow_up"}])).of("unused_metric")


@pytest.mark.parametrize(
    "document",
    [
        contract(SECOND, metrics=[JOB, {**STAYED, "after": "job"}]),
        contract(unit("1000", adjust=[{"kind": "scale", "by": VALUE}]), metrics=[JOB, RATE]),
        contract(unit("1000"), metrics=[JOB, RATE], limits=[{"scope": "contract", "at_most": OF_RATE}]),
    ],
)
def test_a_metric_in_a_chain_an_adjustment_or_a_limit_is_used(document: dict[str, Any]) -> None:
    assert not shape(document).of("unused_metric")


def test_a_leg_with_no_share_is_pointed_out() -> None:
    legs = [{"payer": "nordviken", "share": "1"}, {"payer": "region", "share": "0"}]
    finding = only(shape(contract(unit("1000"), legs=legs)), "leg_without_share")
    assert (finding.where, finding.values) == ("legs[1]", {"payer": "region"})
