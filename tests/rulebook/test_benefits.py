"""Who gains what and who pays: by hand-worked cases, and by what must always hold."""

from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook import parse_terms
from rulebook.benefits import (
    Account,
    BreakEven,
    Gain,
    Rates,
    accounts,
    break_even,
    drawn,
    expected_payments,
    missing_of,
    payback_year,
    yearly,
    yearly_ends,
)
from rulebook.forecast import Figure, expected_outcomes, forecast
from rulebook.simulate import parse_assumptions, simulate

F = Fraction
DAYS = Gain("1", "municipality", "Days in residential care", "home", "days", "day", "due", 1, 3, is_cashable=True)
TALKS = Gain("2", "region", "Talks at the clinic", "home", "talks", "talk", "", 2, 2)
STAFF = Gain("3", "municipality", "A coordinator", "", "posts", "post", "", 1, 2)
FIGURES = {
    "days": Figure(F(40), F(30), F(60)),
    "day": Figure(F(5000), F(4500), F(5500)),
    "due": Figure(F("0.5"), F("0.25"), F("0.75")),
    "talks": Figure(F(10)),
    "talk": Figure(F(1200)),
    "posts": Figure(F(-1)),
    "post": Figure(F(600_000)),
}
OUTCOMES = {"home": Figure(F(12), F(8), F(15))}
NO_RATES = Rates()
ALL = [DAYS, TALKS, STAFF]


def reckoned(rates: Rates = NO_RATES, **payments: list[int]) -> dict[str, Account]:
    paid = {holder: [F(amount) for amount in amounts] for holder, amounts in payments.items()}
    return accounts(ALL, FIGURES, OUTCOMES, paid, rates=rates, horizon=5)


def money(*amounts: Fraction | int) -> tuple[Fraction, ...]:
    return tuple(Fraction(amount) for amount in amounts)


# --- Worked by hand ------------------------------------------------------------------------------------------------


def test_a_year_is_outcomes_times_volume_times_cost_times_attribution() -> None:
    assert yearly(DAYS, FIGURES, OUTCOMES) == 12 * 40 * 5000 * F("0.5") == 1_200_000
    assert yearly(STAFF, FIGURES, OUTCOMES) == -600_000


def test_every_budget_gains_and_pays_for_itself() -> None:
    found = reckoned(municipality=[0, 900_000])
    assert list(found) == ["municipality", "region"]
    municipality, region = found["municipality"], found["region"]
    assert municipality.gains == money(1_200_000, 1_200_000, 1_200_000, 0, 0)
    assert municipality.costs == money(600_000, 600_000, 0, 0, 0)
    assert municipality.payments == money(0, 900_000, 0, 0, 0)
    assert municipality.net == money(600_000, -300_000, 1_200_000, 0, 0)
    assert municipality.cumulative == money(600_000, 300_000, 1_500_000, 1_500_000, 1_500_000)
    assert region.net == money(0, 144_000, 144_000, 0, 0)
    assert region.payments == money(0, 0, 0, 0, 0)


def test_the_cashable_part_stands_apart() -> None:
    found = reckoned()
    assert found["municipality"].cashable == found["municipality"].gains
    assert found["region"].cashable == money(0, 0, 0, 0, 0)


def test_who_pays_without_gaining_has_an_account_too() -> None:
    assert reckoned(state=[100])["state"].net == money(-100, 0, 0, 0, 0)


def test_gains_rise_with_prices_and_lose_worth_but_payments_are_as_agreed() -> None:
    account = reckoned(Rates(discount=F("0.04"), index=F("0.02")), municipality=[0, 104_000])["municipality"]
    assert account.gross[2] == 1_200_000
    assert account.gains[2] == 1_200_000 * F("1.02") ** 2
    assert account.payments[1] == 104_000
    assert account.present(account.payments) == 100_000
    assert account.net_within(1) == 600_000
    assert account.net_within(2) == 600_000 + (600_000 * F("1.02") - 104_000) / F("1.04")


def test_payments_after_the_horizon_are_left_out() -> None:
    assert reckoned(municipality=[1, 2, 3, 4, 5, 6])["municipality"].payments == money(1, 2, 3, 4, 5)


def test_the_ends_have_every_figure_at_its_end() -> None:
    assert yearly_ends(DAYS, FIGURES, OUTCOMES) == money(8 * 30 * 4500 * F("0.25"), 15 * 60 * 5500 * F("0.75"))
    assert yearly_ends(STAFF, FIGURES, OUTCOMES) == money(-600_000, -600_000)
    account = reckoned()["municipality"]
    assert account.least[0] == 270_000 - 600_000
    assert account.most[0] == 3_712_500 - 600_000


def test_a_cost_is_worst_where_the_unit_is_dearest() -> None:
    figures = {"v": Figure(F(-2), F(-3), F(-1)), "c": Figure(F(10), F(8), F(20))}
    assert yearly_ends(Gain("1", "state", "", "", "v", "c"), figures, {}) == money(-60, -8)


@pytest.mark.parametrize(
    ("net", "year"),
    [([5, -1], 1), ([-5, 5], 2), ([5, -10, 20, -30], None), ([-5, 6, -2, 2], 4), ([-1, 0], None), ([], None)],
)
def test_what_is_paid_back_stays_paid_back(net: list[int], year: int | None) -> None:
    assert payback_year([F(amount) for amount in net]) == year


def test_a_gain_that_misses_figures_is_named_and_left_out() -> None:
    figures = {key: figure for key, figure in FIGURES.items() if key != "day"}
    assert missing_of(DAYS, figures, {}) == ("day", "metric:home")
    assert missing_of(STAFF, figures, {}) == ()
    assert list(accounts(ALL, figures, OUTCOMES, {}, rates=NO_RATES, horizon=1)) == ["region", "municipality"]


# --- Break-even ----------------------------------------------------------------------------------------------------


def points(*nets: int) -> list[tuple[Fraction, Fraction]]:
    return [(F(place, len(nets) - 1), F(net)) for place, net in enumerate(nets)]


@pytest.mark.parametrize(
    ("nets", "answer"),
    [
        ((-50, 150), BreakEven("from", F(1, 4))),
        ((0, 10), BreakEven("always")),
        ((0, -10), BreakEven("never")),
        ((10, 20), BreakEven("always")),
        ((-10, -20), BreakEven("never")),
        ((-20, 0), BreakEven("from", F(1))),
        ((10, -10), BreakEven("until", until=F(1, 2))),
        ((-10, 10, -10), BreakEven("between", F(1, 4), F(3, 4))),
        ((0, 5, -5, 5), BreakEven("from", F(5, 6))),
        ((0, -5, 5), BreakEven("from", F(3, 4))),
    ],
)
def test_break_even_is_a_share_or_a_word(nets: tuple[int, ...], answer: BreakEven) -> None:
    assert break_even(points(*nets)) == answer


amounts = st.integers(-1000, 1000).map(Fraction)


@given(st.lists(amounts, min_size=2, max_size=8))
def test_break_even_lies_within_the_points_and_the_net_there_is_nothing(nets: list[Fraction]) -> None:
    placed = [(F(place), net) for place, net in enumerate(nets)]
    found = break_even(placed)
    for share in (found.share, found.until):
        if share is not None:
            assert 0 <= share <= len(nets) - 1
            place = min(int(share), len(nets) - 2)
            before, after = nets[place], nets[place + 1]
            assert before + (after - before) * (share - place) == 0


# --- What must always hold -----------------------------------------------------------------------------------------

positive = st.integers(0, 10**6).map(lambda number: F(number, 100))
rates = st.builds(Rates, *(st.integers(-20, 100).map(lambda per_cent: F(per_cent, 1000)) for _ in range(2)))


@st.composite
def ranges(draw: Any) -> Figure:
    low, value, high = sorted(draw(st.lists(positive, min_size=3, max_size=3)))
    return Figure(value, low, high)


@st.composite
def cases(draw: Any) -> tuple[list[Gain], dict[str, Figure], dict[str, Figure]]:
    figures = {key: draw(ranges()) for key in "abcd"}
    keys = st.sampled_from("abcd")
    gains = [
        Gain(
            id=str(place),
            holder=draw(st.sampled_from(["municipality", "region"])),
            label="",
            metric=draw(st.sampled_from(["", "m"])),
            volume=draw(keys),
            unit_cost=draw(keys),
            from_year=draw(st.integers(1, 4)),
            years=draw(st.integers(1, 6)),
            is_cashable=draw(st.booleans()),
        )
        for place in range(draw(st.integers(1, 4)))
    ]
    return gains, figures, {"m": draw(ranges())}


@given(cases(), rates)
def test_gains_lie_between_their_ends(case: tuple[Any, ...], rate: Rates) -> None:
    gains, figures, outcomes = case
    for account in accounts(gains, figures, outcomes, {}, rates=rate, horizon=5).values():
        for least, gain, cost, most in zip(account.least, account.gains, account.costs, account.most, strict=True):
            assert least <= gain - cost <= most
        assert all(part <= whole for part, whole in zip(account.cashable, account.gains, strict=True))


@given(cases(), rates, st.integers(1, 9))
def test_twice_the_outcomes_is_twice_the_gain_of_outcomes(case: tuple[Any, ...], rate: Rates, times: int) -> None:
    gains, figures, outcomes = case
    gains = [gain for gain in gains if gain.metric]
    more = {"m": Figure(outcomes["m"].value * times)}
    before = accounts(gains, figures, outcomes, {}, rates=rate, horizon=5)
    for holder, account in accounts(gains, figures, more, {}, rates=rate, horizon=5).items():
        assert account.gains == tuple(times * amount for amount in before[holder].gains)


@given(cases(), rates)
def test_certain_figures_are_drawn_as_they_are(case: tuple[Any, ...], rate: Rates) -> None:
    gains, figures, outcomes = case
    certain = {key: Figure(figure.value) for key, figure in figures.items()}
    reached = {"m": np.full(3, float(outcomes["m"].value))}
    found = drawn(gains, certain, 3, 7, reached=reached, rates=rate, horizon=5)
    for holder, account in accounts(gains, certain, outcomes, {}, rates=rate, horizon=5).items():
        exact = float(account.present(account.net))
        assert found[holder] == pytest.approx(np.full(3, exact), rel=1e-9, abs=1e-6)


def test_draws_have_the_mean_of_the_triangle_and_stay_in_it() -> None:
    gain = Gain("1", "state", "", "", "v", "c")
    figures = {"v": Figure(F(10), F(4), F(25)), "c": Figure(F(100))}
    found = drawn([gain], figures, 200_000, 1, reached={}, rates=NO_RATES, horizon=1)["state"]
    assert found.mean() == pytest.approx(1300, rel=0.005)
    assert found.min() >= 400
    assert found.max() <= 2500


def test_gains_on_the_same_figure_move_together_and_others_do_not() -> None:
    one, two = Gain("1", "state", "", "", "v", "c"), Gain("2", "region", "", "", "v", "c")
    other = Gain("3", "individual", "", "", "w", "c")
    figures = {"v": Figure(F(10), F(4), F(25)), "w": Figure(F(10), F(4), F(25)), "c": Figure(F(1))}
    found = drawn([one, two, other], figures, 5000, 1, reached={}, rates=NO_RATES, horizon=1)
    assert (found["state"] == found["region"]).all()
    assert abs(np.corrcoef(found["state"], found["individual"])[0, 1]) < 0.1
    alone = drawn([other], figures, 5000, 1, reached={}, rates=NO_RATES, horizon=1)
    assert (alone["individual"] == found["individual"]).all()


# --- Payments ------------------------------------------------------------------------------------------------------

TERMS = {
    "currency": "SEK",
    "rounding": {"unit": "0.01", "mode": "half_up"},
    "life": {"from": "2026-07-01", "to": "2028-06-30"},
    "periods": "quarter",
    "cohorts": [{"id": "ht26", "enrols": ["2026-07-01", "2026-12-31"], "sv": "Hösten", "en": "Autumn"}],
    "metrics": [
        {"id": "home", "level": "person", "role": "payment", "unit": "claim", "once": True, "sv": "Hemma", "en": "Home"}
    ],
    "terms": [
        {"id": "t1", "measure": {"kind": "count", "metric": "home"}, "price": {"kind": "unit", "amount": "10000.00"}}
    ],
    "legs": [
        {"payer": "kommunen", "payee": "investeraren", "share": "0.75"},
        {"payer": "regionen", "payee": "investeraren", "share": "0.25"},
    ],
}


def test_payments_fall_on_each_payer_in_the_year_of_their_day() -> None:
    terms, problems = parse_terms(TERMS)
    assert terms is not None, problems
    figures = {
        "size.ht26": Figure(F(40)),
        "outcome.home.share": Figure(F("0.5")),
        "outcome.home.months": Figure(F(9)),
    }
    assumptions, wrong = parse_assumptions(forecast(terms, figures).document, terms)
    assert assumptions is not None, wrong
    found = expected_payments(terms, assumptions, date(2026, 7, 1), 6, draws=2000, seed=1)
    whole = sum(amount for years in found.values() for amount in years.values())
    assert float(whole) == pytest.approx(float(simulate(terms, assumptions, 2000, 1).total.mean), rel=1e-6)
    assert float(whole) == pytest.approx(200_000, rel=0.03)
    assert sum(found["kommunen"].values()) == pytest.approx(3 * sum(found["regionen"].values()))
    assert set(found["kommunen"]) == {2}  # reached April–September 2027, paid six months after the quarter's end
    assert expected_outcomes(terms, figures)["home"].value == 20
