"""Turning one assumption at a time, scenarios, and gains and payments read from the same draws."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook import parse_terms
from rulebook.forecast import Figure, forecast
from rulebook.outlook import BINS, Budget, Histogram, Outlook, Together, outlook_on
from rulebook.sensitivity import Bar, Figures, Point, bars_to_draw, by_swing, certain, sets_of_values, tornado
from rulebook.simulate import Draws, Simulation, parse_assumptions, simulate, simulate_each
from rulebook.terms import Terms
from tests.world import TERMS

FIGURES = {
    "size.ht26": Figure(Fraction(40), Fraction(30), Fraction(60)),
    "outcome.att3.share": Figure(Fraction(1, 2), Fraction(3, 10), Fraction(7, 10)),
    "outcome.att3.months": Figure(Fraction(12)),
    "outcome.att6.share": Figure(Fraction(3, 5), Fraction(2, 5), Fraction(4, 5)),
    "outcome.att6.months": Figure(Fraction(6)),
    "cash.cost": Figure(Fraction(300_000)),
}
HOLDERS = {"utbildningsnamnden": "municipality", "socialnamnden": "municipality"}


@pytest.fixture(scope="module")
def terms() -> Terms:
    found, problems = parse_terms(TERMS)
    assert found is not None, problems
    return found


def drawn(terms: Terms, figures: Figures, draws: int = 4_000, **more: Any) -> tuple[Simulation, Draws]:
    assumptions, problems = parse_assumptions(forecast(terms, figures).document, terms)
    assert assumptions is not None, problems
    return simulate_each(terms, assumptions, draws, 1, **more)


# --- Draws one by one ------------------------------------------------------------------------------------------------


def test_keeping_the_draws_does_not_change_the_simulation(terms: Terms) -> None:
    assumptions, _ = parse_assumptions(forecast(terms, FIGURES).document, terms)
    assert assumptions is not None
    simulation, each = simulate_each(terms, assumptions, 4_000, 1, threads=2)
    assert simulation.to_json() == simulate(terms, assumptions, 4_000, 1).to_json()
    assert np.allclose(each.total, sum(each.payers.values()))
    assert each.total.mean() == pytest.approx(simulation.total.mean)


def test_each_draw_pays_for_the_outcomes_of_that_draw(terms: Terms) -> None:
    """12 000 for three months, then 13 000 more up to the cap of 25 000 for each person."""
    _, each = drawn(terms, FIGURES | {"outcome.att6.months": Figure(Fraction(1))})
    assert np.allclose(each.total, each.reached["att3"] * 12_000 + each.reached["att6"] * 13_000)


def test_reached_counts_units_also_where_nothing_is_paid(terms: Terms) -> None:
    _, each = drawn(terms, certain(FIGURES) | {"outcome.att6.share": Figure(Fraction(1))})
    assert np.array_equal(each.reached["att3"], each.reached["att6"])
    late = certain(FIGURES) | {"outcome.att6.months": Figure(Fraction(48)), "outcome.att6.share": Figure(Fraction(1))}
    _, each = drawn(terms, late)
    assert np.allclose(each.total, each.reached["att3"] * 12_000), "too late to be paid for"
    assert np.array_equal(each.reached["att3"], each.reached["att6"]), "but reached"


def test_payments_are_weighed_by_their_period(terms: Terms) -> None:
    _, each = drawn(terms, FIGURES, weight=lambda period: Fraction(0 if period.ends_on.year < 2028 else 1, 2))
    _, whole = drawn(terms, FIGURES)
    later, all_paid = (sum(one.payers.values(), np.zeros(4_000)) for one in (each, whole))
    assert (later > 0).any()
    assert (later * 2 < all_paid + 1).all()
    assert np.array_equal(each.total, whole.total), "the payments themselves are as they were"


# --- Gains and payments together --------------------------------------------------------------------------------------


def outlook(terms: Terms, gain_each: int = 20_000) -> Outlook:
    simulation, each = drawn(terms, FIGURES)
    gains = {"region": each.reached["att3"] * gain_each, "municipality": each.reached["att3"] * 5_000}
    return outlook_on(simulation, each, gains=lambda _: gains, holder_of=HOLDERS)


def test_the_net_of_a_budget_is_its_gain_less_what_it_pays_draw_by_draw(terms: Terms) -> None:
    found = outlook(terms)
    assert set(found.budgets) == {"municipality", "region"}
    for budget in found.budgets.values():
        assert budget.net.mean == pytest.approx(budget.gain.mean - budget.paid.mean)
    assert found.budgets["region"].paid.mean == 0
    assert found.budgets["municipality"].chance_of_minus == 1
    assert found.payers is not None
    assert found.payers.net.mean == pytest.approx(found.budgets["municipality"].net.mean)


def test_gains_follow_the_payments_of_the_same_draw(terms: Terms) -> None:
    together = outlook(terms).together
    assert together is not None
    assert together.correlation is not None
    assert together.correlation > 0.8
    assert together.gain_where_most_is_paid > together.gain_where_least_is_paid


def test_without_gains_there_are_no_budgets(terms: Terms) -> None:
    simulation, each = drawn(terms, FIGURES)
    found = outlook_on(simulation, each, gains=None, holder_of=HOLDERS).to_json()
    assert (found["budgets"], found["payers"], found["together"]) == ({}, None, None)


def test_what_is_always_the_same_goes_together_with_nothing() -> None:
    flat = np.full(50, 3.0)
    assert Together.of(flat, np.arange(50.0)).correlation is None
    assert Budget.of(flat, flat).chance_of_minus == 0


@given(
    st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=200),
)
def test_every_draw_falls_in_one_of_at_most_forty_bars(amounts: list[float]) -> None:
    found = Histogram.of(np.array(amounts))
    assert found is not None
    assert sum(found.counts) == len(amounts)
    assert len(found.counts) <= BINS
    assert len(found.edges) == len(found.counts) + 1
    assert found.edges[0] <= min(amounts) + 1e-3
    assert found.edges[-1] >= max(amounts) - 1e-3


def test_nothing_has_no_histogram() -> None:
    assert Histogram.of(np.zeros(0)) is None


# --- One at a time ---------------------------------------------------------------------------------------------------


def weigh(figures: Figures) -> Point:
    """A result that can be worked out by heart: a × b − c; no rate where c is nothing."""
    a, b, c = (float(figures[key].value) for key in "abc")
    return Point(a * b, None if c == 0 else 1 / c, "defined" if c else "not_defined", a * b - c)


BY_HEART = {
    "a": Figure(Fraction(10), Fraction(9), Fraction(12)),
    "b": Figure(Fraction(5), Fraction(1), Fraction(6)),
    "c": Figure(Fraction(2), Fraction(0), Fraction(4)),
    "d": Figure(Fraction(7), Fraction(0), Fraction(9)),
    "sure": Figure(Fraction(1)),
}


def test_each_uncertain_figure_is_turned_to_both_ends_while_the_others_stay() -> None:
    bars = {bar.key: bar for bar in tornado(BY_HEART, weigh)}
    assert list(bars) == ["a", "b", "c", "d"] == bars_to_draw(BY_HEART)
    assert (bars["a"].at_low.payments, bars["a"].at_high.payments) == (45, 60)
    assert (bars["b"].at_low.payments, bars["b"].at_high.payments) == (10, 60)
    assert (bars["b"].at_low.net, bars["b"].at_high.net) == (8, 58)


def test_bars_come_in_order_of_their_swing_and_what_moves_nothing_is_left_out() -> None:
    bars = list(tornado(BY_HEART, weigh))
    assert [bar.key for bar in by_swing(bars, "payments")] == ["b", "a"]
    assert [bar.key for bar in by_swing(bars, "net")] == ["b", "a", "c"]


def test_an_end_without_a_rate_matters_most_and_has_no_swing() -> None:
    bars = list(tornado(BY_HEART, weigh))
    assert [bar.key for bar in by_swing(bars, "irr")] == ["c"]
    [bar] = [bar for bar in bars if bar.key == "c"]
    assert bar.swing("irr") is None
    assert bar.to_json()["at_low"]["answer"] == "not_defined"


def test_a_bar_is_given_as_soon_as_it_is_ready() -> None:
    asked: list[Figures] = []

    def counting(figures: Figures) -> Point:
        asked.append(figures)
        return weigh(figures)

    first: Bar = next(tornado(BY_HEART, counting))
    assert (first.key, len(asked)) == ("a", 2)


def test_scenarios_are_all_low_as_assumed_all_high_and_ones_own() -> None:
    sets = sets_of_values(BY_HEART, {"own.0": {"a": Fraction(3), "unknown": Fraction(1)}})
    assert {name: [figure.value for figure in figures.values()] for name, figures in sets.items()} == {
        "low": [9, 1, 0, 0, 1],
        "assumed": [10, 5, 2, 7, 1],
        "high": [12, 6, 4, 9, 1],
        "own.0": [3, 5, 2, 7, 1],
    }
    assert not any(figure.is_range for figures in sets.values() for figure in figures.values())


def test_a_figure_that_bears_on_nothing_moves_nothing(terms: Terms) -> None:
    """The same random numbers every time: a swing comes from the assumption alone."""

    def mean(figures: Figures) -> Point:
        simulation, _ = drawn(terms, {key: figures[key] for key in FIGURES}, draws=500)
        return Point(float(simulation.total.mean))

    bars = list(tornado(FIGURES | {"own.x": Figure(Fraction(1), Fraction(0), Fraction(2))}, mean))
    assert [bar.key for bar in by_swing(bars, "payments")] == ["outcome.att3.share", "size.ht26", "outcome.att6.share"]
