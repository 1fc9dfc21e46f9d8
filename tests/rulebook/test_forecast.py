"""From a few figures to a simulation: nothing is asked twice, nothing is guessed, and the two ways to reckon agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rulebook import Terms, parse_terms
from rulebook.forecast import Figure, Forecast, expected_outcomes, forecast, gap_months, investor_of, slots, widened
from rulebook.simulate import Simulation, parse_assumptions, simulate
from tests.world import TERMS

NORDVIKEN = Path(__file__).parents[2] / "config" / "demo" / "nordviken" / "terms.json"
LIKELY: dict[str, object] = {"persons": 20, "months": 4, "times": 2, "amount": 500_000, "value": 4, "share": "0.5"}


def read(document: object) -> Terms:
    terms, problems = parse_terms(document)
    assert terms is not None, problems
    return terms


def world_terms(**changes: Any) -> Terms:
    return read(deepcopy({**TERMS, **changes}))


def with_metric(metric: dict[str, Any], term: dict[str, Any], **changes: Any) -> Terms:
    """The world's terms, with one metric more and something paid for it."""
    return world_terms(metrics=[*TERMS["metrics"], metric], terms=[*TERMS["terms"], term], **changes)


def nordviken() -> Terms:
    return read(json.loads(NORDVIKEN.read_text("utf-8"), parse_float=Decimal))


def likely(terms: Terms, **changes: Figure) -> dict[str, Figure]:
    """A figure for every slot."""
    return {slot.key: Figure(Fraction(str(LIKELY[slot.unit]))) for slot in slots(terms)} | {
        "dropout": Figure(Fraction("0.01")),
        "cash.lag_months": Figure(Fraction(2)),
        **changes,
    }


def figures(**values: str) -> dict[str, Figure]:
    """Figures by key, dots written as double underscores."""
    return {key.replace("__", "."): Figure(Fraction(value)) for key, value in values.items()}


def simulated(terms: Terms, found: Forecast, draws: int = 4000) -> Simulation:
    assumptions, problems = parse_assumptions(json.loads(json.dumps(found.document)), terms)
    assert assumptions is not None, problems
    return simulate(terms, assumptions, draws, seed=1)


def keys_of(terms: Terms) -> list[str]:
    return [slot.key for slot in slots(terms)]


# --- which numbers are asked for -------------------------------------------------------------------------------------


def test_the_rate_card_of_the_world_asks_for_sizes_shares_months_and_money() -> None:
    assert keys_of(world_terms()) == [
        "size.ht26",
        "outcome.att3.share",
        "outcome.att3.months",
        "outcome.att6.share",
        "outcome.att6.months",
        "dropout",
        "cash.cost",
        "cash.lag_months",
    ]


def test_a_metric_that_nothing_is_paid_for_or_bound_by_needs_no_figure() -> None:
    gated = world_terms(terms=[{**TERMS["terms"][0], "gate": {"metric": "well", "at_least": "3.5"}}])
    assert "value.well" in keys_of(gated)
    assert "outcome.att6.share" not in keys_of(gated)
    assert "value.well" not in keys_of(world_terms())


def test_what_decides_whether_a_metric_counts_is_asked_for_too() -> None:
    moved = {"id": "moved", "level": "person", "once": True, "sv": "Flyttat", "en": "Moved"}
    metrics = [{**TERMS["metrics"][0], "unless": "moved"}, *TERMS["metrics"][1:], moved]
    assert "outcome.moved.share" in keys_of(world_terms(metrics=metrics))


def test_how_many_times_is_asked_only_where_a_person_can_reach_it_several_times() -> None:
    asked = keys_of(nordviken())
    assert [key for key in asked if key.endswith(".times")] == ["outcome.course.times"]
    (times,) = [slot for slot in slots(nordviken()) if slot.key == "outcome.course.times"]
    assert times.highest == 3


def test_what_is_counted_in_weeks_asks_how_many_weeks_each_time() -> None:
    weeks = {"id": "weeks", "level": "person", "unit": "week", "sv": "Veckor i arbete", "en": "Weeks in work"}
    paid = {
        "id": "t3",
        "measure": {"kind": "count", "metric": "weeks"},
        "price": {"kind": "unit", "amount": "500.00"},
    }
    terms = with_metric(weeks, paid, limits=[])
    assert "outcome.weeks.units" in keys_of(terms)
    found = figures(
        size__ht26="100", outcome__weeks__share="1", outcome__weeks__months="3", outcome__weeks__times="1",
        outcome__weeks__units="4.5",
    )  # fmt: skip
    assert expected_outcomes(terms, found)["weeks"] == Figure(Fraction(450))
    assert simulated(terms, forecast(terms, found)).total.mean == pytest.approx(450 * 500)


def test_every_slot_is_named_in_both_languages() -> None:
    for terms in (world_terms(), nordviken()):
        for slot in slots(terms):
            assert slot.sv
            assert slot.en
            assert slot.sv != slot.en
            assert slot.label("sv") == slot.sv
            assert slot.label("en") == slot.en


# --- the document ----------------------------------------------------------------------------------------------------


def with_guard() -> Terms:
    """The world's terms, with a gate so that the cohort-level metric matters."""
    gated = {**TERMS["terms"][1], "gate": {"metric": "well", "at_least": "3.5"}}
    return world_terms(terms=[TERMS["terms"][0], gated])


@pytest.mark.parametrize("terms", [world_terms(), nordviken(), with_guard()], ids=["world", "nordviken", "guard"])
def test_a_figure_for_every_slot_gives_a_simulation_with_a_cash_flow(terms: Terms) -> None:
    found = forecast(terms, likely(terms))
    assert found.is_complete
    assert not found.remarks
    drawn = simulated(terms, found, 500)
    assert drawn.total.mean > 0
    assert drawn.worth is not None
    assert (
        "no_assumption" not in {note.code for note in drawn.notes} or terms == world_terms()
    )  # its guard guards nothing


@pytest.mark.parametrize("key", [slot.key for slot in slots(nordviken()) if slot.is_needed])
def test_a_missing_figure_is_named_and_the_rest_still_simulates(key: str) -> None:
    terms = nordviken()
    given = likely(terms)
    del given[key]
    found = forecast(terms, given)
    assert [slot.key for slot in found.missing] == [key]
    assert not found.is_complete
    simulated(terms, found, 50)


def test_without_figures_everything_needed_is_missing_and_nothing_is_guessed() -> None:
    found = forecast(world_terms(), {})
    assert found.document == {}
    assert [slot.key for slot in found.missing] == [slot.key for slot in slots(world_terms()) if slot.is_needed]


def test_ranges_are_drawn_and_certain_numbers_stay_numbers() -> None:
    terms = with_guard()
    share = Figure(Fraction("0.6"), Fraction("0.4"), Fraction("0.7"))
    ranges = {"outcome.att3.share": share, "size.ht26": Figure(Fraction(30), Fraction(20))}
    document = forecast(terms, {**likely(terms), **ranges}).document
    (entry,) = document["participants"]
    first, second = entry["outcomes"]
    assert (first["share"]["kind"], first["share"]["mode"]) == ("triangular", "0.6")
    assert 0 < Fraction(first["share"]["low"]) < Fraction("0.4")
    assert Fraction("0.7") < Fraction(first["share"]["high"]) < 1
    assert second["share"] == "0.5"
    assert entry["size"]["high"] == "30"
    assert document["measured"] == [{"metric": "well", "value": "4", "drawn": "once"}]


@pytest.mark.parametrize(("low", "high"), [(3, 5), ("3.9", 6), (-10, "4.1")])
def test_one_chance_in_twenty_lies_beyond_each_end_of_a_range(low: str | int, high: str | int) -> None:
    figure = Figure(Fraction(4), Fraction(low), Fraction(high))
    least, most = (float(end) for end in widened(figure))
    drawn = np.random.default_rng(1).triangular(least, 4, most, 200_000)
    assert (drawn < float(Fraction(low))).mean() == pytest.approx(0.05, abs=0.002)
    assert (drawn > float(Fraction(high))).mean() == pytest.approx(0.05, abs=0.002)


def test_an_end_that_is_the_value_itself_is_sure() -> None:
    least, most = widened(Figure(Fraction(4), Fraction(4), Fraction(5)))
    assert least == 4
    assert most == pytest.approx(4 + 1 / (1 - 0.05**0.5), abs=1e-6)


def test_nothing_is_drawn_that_cannot_be() -> None:
    terms = world_terms(cohorts=[{**TERMS["cohorts"][0], "size": 40}])
    ranges = {
        "outcome.att3.share": Figure(Fraction("0.9"), Fraction("0.5"), Fraction("0.99")),
        "size.ht26": Figure(Fraction(35), Fraction(1), Fraction(40)),
    }
    (entry,) = forecast(terms, {**likely(terms), **ranges}).document["participants"]
    assert entry["outcomes"][0]["share"]["high"] == "1"
    assert (entry["size"]["low"], entry["size"]["high"]) == ("0", "40")


def test_a_range_of_months_is_how_persons_differ() -> None:
    terms = world_terms()
    spread = Figure(Fraction(4), Fraction(3), Fraction(8))
    document = forecast(terms, {**likely(terms), "outcome.att3.months": spread}).document
    assert document["participants"][0]["outcomes"][0]["months"] == [
        {"months": 3, "share": "0.17"},
        {"months": 4, "share": "0.66"},
        {"months": 8, "share": "0.17"},
    ]


def test_too_many_histories_take_the_middle_months_and_say_so() -> None:
    terms = nordviken()
    spread = Figure(Fraction(4), Fraction(2), Fraction(9))
    wide = {key: spread for key in likely(terms) if key.endswith(".months") and key.startswith("outcome.")}
    found = forecast(terms, {**likely(terms), **wide})
    assert [remark.code for remark in found.remarks] == ["not_spread"]
    assert {outcome["months"] for outcome in found.document["participants"][0]["outcomes"]} == {4}
    simulated(terms, found, 50)


def test_a_range_that_the_simulation_cannot_use_is_told() -> None:
    terms = world_terms()
    found = forecast(terms, likely(terms, dropout=Figure(Fraction("0.01"), Fraction(0), Fraction("0.02"))))
    assert [(remark.where, remark.code) for remark in found.remarks] == [("dropout", "range_not_used")]


def test_a_number_of_times_between_two_is_split_between_them() -> None:
    terms = nordviken()
    given = {**likely(terms), "outcome.course.times": Figure(Fraction("2.25"))}
    (course,) = [
        outcome
        for outcome in forecast(terms, given).document["participants"][0]["outcomes"]
        if outcome["metric"] == "course"
    ]
    assert course["times"] == [{"times": 2, "share": "0.75"}, {"times": 3, "share": "0.25"}]
    assert course["gap_months"] == 1


def test_times_come_as_far_apart_as_the_terms_demand() -> None:
    metric = {"id": "visit", "level": "person", "min_gap_days": 60, "sv": "Besök", "en": "Visit"}
    paid = {"id": "t3", "measure": {"kind": "count", "metric": "visit"}, "price": {"kind": "unit", "amount": "1.00"}}
    terms = with_metric(metric, paid, limits=[])
    assert gap_months(terms.metric_by_id["visit"]) == 3
    given = figures(size__ht26="10", outcome__visit__share="1", outcome__visit__months="0", outcome__visit__times="3")
    assert simulated(terms, forecast(terms, given)).total.mean == pytest.approx(30)


def test_a_yes_or_no_is_drawn_as_often_as_its_chance_says() -> None:
    metric = {"id": "open", "level": "contract", "unit": "yes_no", "sv": "Öppet", "en": "Open"}
    paid = {"id": "t3", "measure": {"kind": "value", "metric": "open"}, "price": {"kind": "unit", "amount": "100.00"}}
    terms = with_metric(metric, paid, limits=[])
    (slot,) = [slot for slot in slots(terms) if slot.key == "value.open"]
    assert slot.unit == "share"
    found = forecast(terms, {"value.open": Figure(Fraction("0.8"))})
    assert simulated(terms, found, 20_000).total.mean == pytest.approx(80 * 8, rel=0.02)


def test_a_figure_that_cannot_be_is_refused_with_its_name_and_left_out() -> None:
    terms = world_terms()
    wrong = {
        "size.ht26": Figure(Fraction("12.5")),
        "outcome.att3.share": Figure(Fraction("1.5")),
        "outcome.att6.share": Figure(Fraction("0.5"), Fraction("0.6"), Fraction("0.7")),
    }
    found = forecast(terms, {**likely(terms), **wrong})
    assert {problem.where: problem.code for problem in found.problems} == {
        "size.ht26": "figure_whole",
        "outcome.att3.share": "figure_range",
        "outcome.att6.share": "figure_order",
    }
    assert "participants" not in found.document
    for problem in found.problems:
        assert problem.sv != problem.en


def test_what_cannot_be_forecast_is_told() -> None:
    spell = {
        "id": "spell", "level": "person", "duration": {"unit": "day"}, "sv": "Dagar", "en": "Days"
    }  # fmt: skip
    paid = {"id": "t3", "measure": {"kind": "count", "metric": "spell"}, "price": {"kind": "unit", "amount": "1.00"}}
    terms = with_metric(spell, paid, events=[{"id": "stop", "sv": "Stopp", "en": "Stop"}])
    found = forecast(terms, likely(terms))
    assert [problem.where for problem in found.problems] == ["metrics[3].duration", "events[0]"]
    simulated(terms, found, 50)


def test_terms_without_a_life_borrow_the_contracts() -> None:
    document = {key: part for key, part in TERMS.items() if key != "life"}
    gated = {**TERMS["terms"][1], "gate": {"metric": "well", "at_least": "3.5"}}
    terms = read({**document, "terms": [TERMS["terms"][0], gated]})
    assert [problem.code for problem in forecast(terms, likely(terms)).problems] == ["no_life"]
    found = forecast(terms, likely(terms), (date(2026, 7, 1), date(2028, 6, 30)))
    assert found.is_complete
    assert found.document["measured"][0]["periods"][0] == "2026-Q3"
    assert simulated(terms, found, 50).worth is not None


def test_persons_without_a_cohort_are_asked_for_together() -> None:
    document = {key: part for key, part in TERMS.items() if key != "cohorts"}
    terms = read({**document, "metrics": TERMS["metrics"][:2]})
    found = forecast(terms, likely(terms))
    assert found.is_complete
    assert simulated(terms, found, 500).total.mean > 0


# --- money -----------------------------------------------------------------------------------------------------------


def test_the_cost_is_paid_by_the_investor_evenly_quarter_by_quarter() -> None:
    plan = forecast(world_terms(), figures(cash__cost="1000000", discount_rate="0.03")).document["cash_flow"]
    assert plan["investor"] == "investeraren"
    assert plan["discount_rate"] == "0.03"
    assert len(plan["costs"]) == 8
    assert sum(Decimal(cost["amount"]) for cost in plan["costs"]) == 1_000_000
    assert plan["costs"][0] == {"on": "2026-07-01", "amount": "125000.00", "from": "investeraren", "to": "utforaren"}


def test_whoever_is_paid_for_outcomes_bears_the_cost_when_there_is_no_investor() -> None:
    terms = world_terms(legs=[{"payer": "kommunen", "payee": "utforaren", "share": "1"}])
    assert investor_of(terms) == "utforaren"
    plan = forecast(terms, likely(terms)).document["cash_flow"]
    assert {cost["from"] for cost in plan["costs"]} == {"utforaren"}
    assert "utforaren" not in {cost["to"] for cost in plan["costs"]}
    worth = simulated(terms, forecast(terms, likely(terms)), 200).worth
    assert worth is not None
    assert worth.received.mean() > 0


# --- what the figures come to ----------------------------------------------------------------------------------------


def simple_card() -> Terms:
    """Unit prices, a chain of two, several times, and nothing that limits: what is expected is what is drawn."""
    visit = {"id": "visit", "level": "person", "at_most": 6, "sv": "Besök", "en": "Visit"}
    paid = {"id": "t3", "measure": {"kind": "count", "metric": "visit"}, "price": {"kind": "unit", "amount": "100.00"}}
    return with_metric(visit, paid, limits=[])


def paid_on_average(terms: Terms, given: Mapping[str, Figure]) -> Mapping[str, Any]:
    return simulated(terms, forecast(terms, given), 20_000).terms


@pytest.mark.parametrize("dropout", ["0", "0.03"])
def test_expected_outcomes_times_prices_are_the_simulations_mean(dropout: str) -> None:
    terms = simple_card()
    given = figures(
        size__ht26="200", dropout=dropout,
        outcome__att3__share="0.6", outcome__att3__months="4",
        outcome__att6__share="0.7", outcome__att6__months="3",
        outcome__visit__share="0.5", outcome__visit__months="1", outcome__visit__times="2.5",
    )  # fmt: skip
    expected = expected_outcomes(terms, given)
    if dropout == "0":
        assert {metric: figure.value for metric, figure in expected.items()} == {
            "att3": 120, "att6": 84, "visit": 250
        }  # fmt: skip
    means = paid_on_average(terms, given)
    for term, metric, price in (("t1", "att3", 12_000), ("t2", "att6", 18_000), ("t3", "visit", 100)):
        assert means[term] == pytest.approx(float(expected[metric].value) * price, rel=0.01)


def test_ranges_of_figures_become_a_range_of_outcomes() -> None:
    given = {
        **figures(outcome__att3__months="4", outcome__att6__months="3"),
        "size.ht26": Figure(Fraction(100), Fraction(80), Fraction(120)),
        "outcome.att3.share": Figure(Fraction("0.5"), Fraction("0.4"), Fraction("0.6")),
        "outcome.att6.share": Figure(Fraction("0.5")),
    }
    expected = expected_outcomes(world_terms(), given)
    assert expected["att3"] == Figure(Fraction(50), Fraction(32), Fraction(72))
    assert expected["att6"] == Figure(Fraction(25), Fraction(16), Fraction(36))


def test_an_outcome_whose_figures_are_not_all_there_is_not_expected() -> None:
    given = figures(size__ht26="10", outcome__att3__share="0.5", outcome__att3__months="4", outcome__att6__share="1")
    assert list(expected_outcomes(world_terms(), given)) == ["att3"]
    assert expected_outcomes(world_terms(), {}) == {}
