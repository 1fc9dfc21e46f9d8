"""Cash flow: who pays whom when, and the rate, value and exposure that follow."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema
import numpy as np
import pytest
import pyxirr
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rulebook import Line, Share, Version
from rulebook.cashflow import (
    PLAN_SCHEMA,
    Flow,
    Plan,
    flows_of,
    parse_plan,
    planned_flows,
    positions,
    rates_of,
    worth,
    worth_of_draws,
)
from tests.rulebook.examples import sound_terms

NORRSKEN, NORDVIKEN, SPRANGET = "norrsken", "nordviken", "spranget"
START = date(2026, 1, 1)


def plan_document(**changes: Any) -> dict[str, Any]:
    """Norrsken lends Nordviken two millions, which Nordviken pays Språnget to deliver."""
    document = {
        "investor": NORRSKEN,
        "drawdowns": [
            {"on": "2026-01-01", "amount": "1500000", "from": NORRSKEN, "to": NORDVIKEN},
            {"on": "2027-01-01", "amount": "500000", "from": NORRSKEN, "to": NORDVIKEN},
        ],
        "costs": [{"on": "2026-01-31", "amount": "1900000", "from": NORDVIKEN, "to": SPRANGET}],
        "fees": [{"on": "2026-01-01", "amount": "100000.50", "from": NORRSKEN, "to": "intermediary"}],
        "outcome_lag": {"months": 2},
        "discount_rate": "0.03",
        "valued_on": "2026-01-01",
    }
    return {**document, **changes}


def sound_plan(**changes: Any) -> Plan:
    plan, problems = parse_plan(plan_document(**changes))
    assert plan is not None, problems
    return plan


def lent(*amounts: tuple[int, str]) -> list[Flow]:
    """Norrsken pays (minus) and receives (plus) on days counted from the start."""
    days = [(START + timedelta(days=after), Decimal(amount)) for after, amount in amounts]
    return [
        Flow(day, NORDVIKEN, NORRSKEN, amount, "outcome")
        if amount > 0
        else Flow(day, NORRSKEN, NORDVIKEN, -amount, "drawdown")
        for day, amount in days
    ]


def line(period: str, *shares: Share) -> Line:
    return Line("t1", period, None, 1, sum((share.amount for share in shares), Decimal(0)), shares, {}, ())


# --- The plan ------------------------------------------------------------------------------------------------------


def test_a_plan_is_read_with_its_amounts_exact() -> None:
    plan = sound_plan()
    assert [(flow.on, flow.kind, flow.amount) for flow in planned_flows(plan)] == [
        (date(2026, 1, 1), "fee", Decimal("100000.50")),
        (date(2026, 1, 1), "drawdown", Decimal(1500000)),
        (date(2026, 1, 31), "cost", Decimal(1900000)),
        (date(2027, 1, 1), "drawdown", Decimal(500000)),
    ]


FLOW = {"on": "2026-01-01", "amount": "1", "from": NORRSKEN, "to": NORDVIKEN}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"investor": "norsken"}, ("investor", "unknown_party")),
        ({"investor": "spranget", "costs": []}, ("investor", "unknown_party")),
        ({"drawdowns": [{**FLOW, "to": NORRSKEN}]}, ("drawdowns[0].to", "same_party")),
        ({"drawdowns": [FLOW, {**FLOW, "amount": "0"}]}, ("drawdowns[1].amount", "range")),
        ({"drawdowns": [{**FLOW, "amount": "-5"}]}, ("drawdowns[0].amount", "range")),
        ({"costs": [{**FLOW, "on": "2026-02-30"}]}, ("costs[0].on", "date")),
        ({"fees": [{**FLOW, "till": "x"}]}, ("fees[0].till", "unknown_key")),
        ({"outcome_lag": {"months": -1}}, ("outcome_lag.months", "whole")),
        ({"discount_rate": "-1"}, ("discount_rate", "range")),
        ({"discount_rate": "3 %"}, ("discount_rate", "number")),
        ({"valued_on": "igår"}, ("valued_on", "date")),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused(changes: dict[str, Any], found: tuple[str, str]) -> None:
    plan, problems = parse_plan(plan_document(**changes))
    assert plan is None
    assert [(problem.where, problem.code) for problem in problems] == [found]
    assert all(problem.sv and problem.en for problem in problems)


def test_a_misspelt_investor_is_answered_with_the_name_that_was_meant() -> None:
    _, [problem] = parse_plan(plan_document(investor="norsken"))
    assert problem.sv.endswith("Menade du norrsken?")
    assert problem.en.endswith("Did you mean norrsken?")


def test_an_investor_who_is_nowhere_in_the_plan_is_answered_with_the_parties() -> None:
    _, [problem] = parse_plan(plan_document(investor="xyz"))
    assert problem.sv == (
        "xyz betalar eller får inget belopp i planen. "
        "Parterna är: norrsken, nordviken, spranget, intermediary. Lägg till vad investeraren betalar in."
    )
    assert problem.en == (
        "xyz neither pays nor receives an amount in the plan. "
        "The parties are: norrsken, nordviken, spranget, intermediary. Add what the investor pays in."
    )


def test_every_problem_of_a_plan_shows_the_first_time() -> None:
    _, problems = parse_plan(plan_document(drawdowns=[{**FLOW, "to": NORRSKEN}], fees=[{**FLOW, "on": "2026"}]))
    assert {(problem.where, problem.code) for problem in problems} == {
        ("drawdowns[0].to", "same_party"),
        ("fees[0].on", "date"),
    }


@pytest.mark.parametrize("wrong", [None, [], 7, {}, {"investor": 1}, {"drawdowns": [1]}])
def test_anything_can_be_parsed_without_an_exception(wrong: object) -> None:
    plan, problems = parse_plan(wrong)
    assert plan is None
    assert problems


def test_the_schema_accepts_what_is_read_and_refuses_what_is_not() -> None:
    check = jsonschema.Draft202012Validator(PLAN_SCHEMA)
    assert check.is_valid(plan_document())
    assert not check.is_valid(plan_document(outcome_lags={"days": 1}))
    assert not check.is_valid(plan_document(drawdowns=[{**FLOW, "amount": 0}]))


# --- Flows ---------------------------------------------------------------------------------------------------------


def versions() -> list[Version]:
    return [Version(1, None, sound_terms())]


def test_an_outcome_is_paid_by_each_payer_after_the_lag() -> None:
    lines = [line("2026-Q4", Share(NORDVIKEN, NORRSKEN, Decimal(600)), Share("region", NORRSKEN, Decimal(400)))]
    paid = [flow for flow in flows_of(sound_plan(), lines, versions()) if flow.kind == "outcome"]
    assert paid == [
        Flow(date(2027, 2, 28), NORDVIKEN, NORRSKEN, Decimal(600), "outcome"),
        Flow(date(2027, 2, 28), "region", NORRSKEN, Decimal(400), "outcome"),
    ]


def test_a_lag_can_be_counted_in_months_and_days() -> None:
    assert sound_plan(outcome_lag={"months": 1, "days": 30}).paid_on(date(2026, 12, 31)) == date(2027, 3, 2)
    assert sound_plan(outcome_lag=None).paid_on(date(2026, 12, 31)) == date(2026, 12, 31)


def test_a_negative_share_is_paid_the_other_way_and_a_zero_share_is_not_paid() -> None:
    lines = [line("2026-Q4", Share(NORDVIKEN, NORRSKEN, Decimal(-600)), Share("region", NORRSKEN, Decimal("0.00")))]
    paid = [flow for flow in flows_of(sound_plan(), lines, versions()) if flow.kind == "outcome"]
    assert paid == [Flow(date(2027, 2, 28), NORRSKEN, NORDVIKEN, Decimal(600), "outcome")]


def test_where_the_terms_name_no_payee_the_investor_receives() -> None:
    paid = flows_of(sound_plan(), [line("2026-Q4", Share(NORDVIKEN, None, Decimal(600)))], versions())
    assert paid[-1].payee == NORRSKEN


def test_a_line_of_an_unknown_period_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-W40"):
        flows_of(sound_plan(), [line("2026-W40", Share(NORDVIKEN, NORRSKEN, Decimal(600)))], versions())


def test_what_one_party_pays_another_receives() -> None:
    lines = [line("2026-Q4", Share(NORDVIKEN, NORRSKEN, Decimal("2100000.55")))]
    assert positions(flows_of(sound_plan(), lines, versions())) == {
        "intermediary": Decimal("100000.50"),
        NORDVIKEN: Decimal("-2000000.55"),
        NORRSKEN: Decimal("0.05"),
        SPRANGET: Decimal("1900000.00"),
    }


parties = st.sampled_from([NORRSKEN, NORDVIKEN, SPRANGET, "region"])
shares = st.builds(Share, parties, parties, st.decimals(-(10**26), 10**26, places=2))


@given(st.lists(shares, max_size=8))
def test_the_positions_of_all_parties_sum_to_nothing(drawn: list[Share]) -> None:
    lines = [line("2026-Q4", share) for share in drawn]
    assert sum(map(Fraction, positions(flows_of(sound_plan(), lines, versions())).values())) == 0


# --- Worth ---------------------------------------------------------------------------------------------------------


def test_a_hundred_that_comes_back_as_121_after_two_years_has_earned_ten_per_cent() -> None:
    found = worth(sound_plan(discount_rate="0.10"), lent((0, "-100"), (730, "121")))
    assert (found.irr.answer, found.irr.value) == ("defined", Decimal("0.1"))
    assert found.npv == 0
    assert found.multiple == Decimal("1.21")
    assert (found.paid_in, found.received) == (Decimal(100), Decimal(121))


def test_norrkopings_guarantee_alone_returns_three_of_seven_and_a_half_millions() -> None:
    """7.5 million out on 1 August 2016, 40 % back on 31 March 2021, 1,703 days later: 0.4^(365/1703) − 1."""
    plan = sound_plan(discount_rate="0.03", valued_on="2016-08-01")
    flows = [
        Flow(date(2016, 8, 1), NORRSKEN, NORDVIKEN, Decimal(7_500_000), "drawdown"),
        Flow(date(2021, 3, 31), NORDVIKEN, NORRSKEN, Decimal(3_000_000), "outcome"),
    ]
    found = worth(plan, flows)
    assert found.irr.value is not None
    assert round(found.irr.value, 6) == Decimal("-0.178305")
    assert found.npv == Decimal("-4886479.39")  # −7,500,000 + 3,000,000 / 1.03^(1703/365)
    assert found.multiple == Decimal("0.4")
    assert (found.peak_exposure, found.peak_on) == (Decimal(7_500_000), date(2016, 8, 1))


def test_the_payer_sees_the_same_flows_from_the_other_side() -> None:
    flows = lent((0, "-100"), (730, "121"))
    assert worth(sound_plan(), flows, NORDVIKEN).irr == worth(sound_plan(), flows).irr
    assert worth(sound_plan(), flows, NORDVIKEN).multiple == round(Decimal(100) / 121, 6)


def test_a_rate_that_more_than_one_number_fits_is_not_unique() -> None:
    found = worth(sound_plan(), lent((0, "-100"), (365, "230"), (730, "-132")))
    assert (found.irr.answer, found.irr.value) == ("not_unique", None)


def test_an_early_payment_between_two_drawdowns_leaves_the_rate_unique() -> None:
    """The net flow changes sign three times, but the running total, −100 −70 −170 +36.8, only once: 10 per cent."""
    found = worth(sound_plan(), lent((0, "-100"), (365, "30"), (730, "-100"), (1095, "206.8")))
    assert (found.irr.answer, found.irr.value) == ("defined", Decimal("0.1"))


def test_costs_that_go_on_while_payments_come_leave_the_rate_unique() -> None:
    """Seen from zero the running total changes sign again and again; seen from close to the rate it does so once."""
    flows = [(0, "-450"), (90, "-450")]
    for quarter in range(2, 12):
        flows += [(90 * quarter - 1, "600"), (90 * quarter, "-450")]
    found = worth(sound_plan(), lent(*flows, (90 * 12, "600")))
    assert found.irr.answer == "defined"
    assert found.irr.value is not None
    years = [(day / Fraction(365), float(amount)) for day, amount in (*flows, (90 * 12, "600"))]
    assert sum(amount * (1 + float(found.irr.value)) ** -float(year) for year, amount in years) == pytest.approx(
        0, abs=1e-6
    )


def test_flows_that_no_rate_can_balance_have_no_rate() -> None:
    assert worth(sound_plan(), lent((0, "-100"), (365, "50"), (730, "-100"))).irr.answer == "not_defined"


def test_money_that_comes_back_whole_has_earned_nothing() -> None:
    assert worth(sound_plan(), lent((0, "-100"), (365, "60"), (730, "40"))).irr.value == 0


@pytest.mark.parametrize("amounts", [[(0, "-100"), (365, "-1")], [(0, "7")], [], [(0, "-5"), (0, "5")]])
def test_a_party_that_only_pays_or_only_receives_has_no_rate(amounts: list[tuple[int, str]]) -> None:
    assert worth(sound_plan(), lent(*amounts)).irr.answer == "not_defined"


def test_a_rate_too_large_to_write_is_not_defined() -> None:
    assert worth(sound_plan(), lent((0, "-1"), (1, "1000000"))).irr.answer == "not_defined"


def test_a_day_on_which_nothing_is_left_over_is_no_change_of_sign() -> None:
    flows = lent((0, "-100"), (365, "-50"), (365, "50"), (730, "121"))
    assert worth(sound_plan(), flows).irr.value == Decimal("0.1")


def test_peak_exposure_is_the_deepest_the_investor_has_been_out() -> None:
    found = worth(sound_plan(), lent((0, "-60"), (10, "-50"), (10, "20"), (90, "70"), (100, "-15")))
    assert (found.peak_exposure, found.peak_on) == (Decimal(90), START + timedelta(days=10))


def test_who_never_pays_first_has_no_exposure_and_who_never_pays_has_no_multiple() -> None:
    found = worth(sound_plan(), lent((0, "60")))
    assert (found.peak_on, found.multiple) == (None, None)
    assert found.peak_exposure == 0
    assert found.to_json()["peak_on"] is None


def test_without_a_discount_rate_there_is_no_present_value() -> None:
    assert worth(sound_plan(discount_rate=None), lent((0, "-1"), (365, "2"))).npv is None


def test_an_ore_is_worth_as_much_as_a_million() -> None:
    found = worth(sound_plan(), lent((0, "-0.10"), (365, "0.11")))
    assert (found.paid_in, found.received) == (Decimal("0.10"), Decimal("0.11"))
    assert found.irr.value == Decimal("0.1")


def test_without_a_day_of_valuation_the_first_day_of_the_plan_is_taken() -> None:
    """100 to be had a year after the plan's first day is worth 100/1.03."""
    assert worth(sound_plan(valued_on=None), lent((365, "100"))).npv == Decimal("97.09")


def test_worth_is_written_as_text_without_losing_a_digit() -> None:
    written = json.loads(json.dumps(worth(sound_plan(), lent((0, "-100"), (730, "121.00"))).to_json()))
    assert written == {
        "party": NORRSKEN,
        "paid_in": "100",
        "received": "121.00",
        "irr": {"answer": "defined", "value": "0.100000000000"},
        "npv": "14.05",
        "multiple": "1.210000",
        "peak_exposure": "100",
        "peak_on": "2026-01-01",
    }


# --- Many draws ----------------------------------------------------------------------------------------------------

amounts = st.lists(st.integers(0, 10**9).map(lambda cents: cents / 100), min_size=1, max_size=5).filter(any)


@st.composite
def investments(draw: st.DrawFn) -> tuple[list[date], list[float]]:
    """First some days on which money goes out, then some on which it comes back; on some nothing moves."""
    flows = [-amount for amount in draw(amounts)] + draw(amounts)
    apart = draw(st.lists(st.integers(1, 900), min_size=len(flows), max_size=len(flows)))
    return [START + timedelta(days=sum(apart[:place])) for place in range(len(flows))], flows


@given(investments())
@example(([date(2026, 1, 1), date(2026, 1, 2), date(2026, 6, 28), date(2026, 6, 29)], [-0.0, -340518.15, 0.01, 106.96]))
def test_the_rates_of_draws_are_pyxirrs(flows: tuple[list[date], list[float]]) -> None:
    days, net = flows
    expected = pyxirr.xirr(days, net)
    [found] = rates_of(days, [net]).values
    assume(expected is not None and -1 < expected < 10**3)  # beyond, it loses digits or gives up
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=7), st.integers(1, 700))
def test_where_a_rate_is_found_the_flows_are_worth_nothing_there_and_nowhere_else(net: list[int], apart: int) -> None:
    days = [START + timedelta(days=apart * place) for place in range(len(net))]
    [found] = rates_of(days, [net]).values

    def value(rate: Any) -> Any:
        """The present value, as a share of all that moves."""
        worths = [amount * (1 + rate) ** (-place * apart / 365) for place, amount in enumerate(net)]
        return sum(worths) / sum(map(abs, worths))

    if -0.9 < found < 10:
        assert abs(value(found)) < 1e-9
        assert {value(rate) > 0 for rate in np.linspace(-0.95, found - 0.001, 50)} == {value(-0.95) > 0}
        assert {value(rate) > 0 for rate in np.linspace(found + 0.001, 20, 50)} == {value(-0.95) < 0}


def test_rates_of_draws_say_which_have_no_rate_and_why() -> None:
    days = [START + timedelta(days=365 * year) for year in range(3)]
    net = np.array([[-100, 0, 121], [-100, 230, -132], [-100, 50, -100], [0, 0, 0], [0, -100, 110], [-1, 0, 1e-9]])
    found = rates_of(days, net)
    assert found.known == pytest.approx([0.1, 0.1, 10**-4.5 - 1])
    assert found.is_defined.tolist() == [True, False, False, False, True, True]
    assert found.is_not_unique.tolist() == [False, True, False, False, False, False]
    assert found.counts == {"defined": 3, "not_unique": 1, "not_defined": 2}
    assert np.isfinite(found.values).tolist() == found.is_defined.tolist()


PERIOD_ENDS = [date(2026, 12, 31), date(2027, 6, 30), date(2027, 12, 31)]
payment = st.integers(-(10**8), 10**9).map(lambda cents: cents / 100)


@given(st.lists(payment, min_size=3, max_size=3))
def test_a_draw_is_worth_what_the_same_exact_flows_are_worth(payments: list[float]) -> None:
    plan = sound_plan()
    drawn = worth_of_draws(plan, PERIOD_ENDS, [payments])
    lines = [
        line(f"{day.year}-Q{day.month // 3}", Share(NORDVIKEN, NORRSKEN, Decimal(str(amount))))
        for day, amount in zip(PERIOD_ENDS, payments, strict=True)
    ]
    exact = worth(plan, flows_of(plan, lines, versions()))
    assert drawn.expected == exact
    assert drawn.npv is not None
    assert drawn.multiple is not None
    assert drawn.npv[0] == pytest.approx(float(exact.npv or 0), abs=0.01)
    assert drawn.multiple[0] == pytest.approx(float(exact.multiple or 0), abs=1e-6)
    assert drawn.peak_exposure[0] == pytest.approx(float(exact.peak_exposure))
    assert drawn.days[drawn.peak_at[0]] == exact.peak_on
    assert drawn.irr.counts[exact.irr.answer] == 1
    if exact.irr.value is not None:
        assert drawn.irr.values[0] == pytest.approx(float(exact.irr.value), abs=1e-9)


def test_what_is_expected_is_the_worth_of_the_mean_payments_not_the_mean_worth() -> None:
    """All back or nothing back: on average half comes back, at a rate; in one draw of two there is no rate."""
    plan = sound_plan(fees=[], outcome_lag={})
    found = worth_of_draws(plan, [date(2027, 12, 31)], [[0], [4_000_000]])
    assert found.expected.received == 2_000_000
    assert found.expected.irr.value == 0
    assert found.irr.counts == {"defined": 1, "not_unique": 0, "not_defined": 1}
    assert found.to_json()["chance_of_loss"] == 0.5


def test_draws_are_written_with_what_was_left_out() -> None:
    """Two millions out; nothing, the same or four millions back. Four millions after a year make a rate of 100 %."""
    plan = sound_plan(fees=[], outcome_lag={}, drawdowns=[{**FLOW, "amount": "2000000"}])
    drawn = worth_of_draws(plan, [date(2027, 1, 1)], [[0], [2_000_000], [4_000_000]])
    written = drawn.to_json((50,))
    json.dumps(written, allow_nan=False)
    assert written == {
        "draws": 3,
        "expected": drawn.expected.to_json(),
        "percentiles": {
            "paid_in": {"50": 2_000_000},
            "received": {"50": 2_000_000},
            "irr": {"50": pytest.approx(0.5)},
            "npv": {"50": pytest.approx(2_000_000 / 1.03 - 2_000_000)},
            "multiple": {"50": 1},
            "peak_exposure": {"50": 2_000_000},
        },
        "irr_answers": {"defined": 2, "not_unique": 0, "not_defined": 1},
        "chance_of_loss": pytest.approx(1 / 3),
        "peak_on": {"2026-01-01": 3},
    }


def test_where_no_draw_has_a_rate_no_percentile_is_shown() -> None:
    written = worth_of_draws(sound_plan(discount_rate=None), [date(2027, 12, 31)], [[0], [0]]).to_json()
    assert written["percentiles"]["irr"] is None
    assert written["percentiles"]["npv"] is None


def test_who_is_never_out_of_pocket_has_no_exposure_and_who_pays_nothing_in_no_multiple() -> None:
    plan = sound_plan(drawdowns=[], fees=[{**FLOW, "from": NORDVIKEN, "to": NORRSKEN, "amount": "0.50"}])
    found = worth_of_draws(plan, [date(2027, 12, 31)], [[1], [0]])
    assert found.multiple is None
    assert found.peak_exposure.tolist() == [0, 0]
    assert found.peak_at.tolist() == [-1, -1]
    assert found.to_json()["peak_on"] == {}


def test_payments_of_one_day_are_one_flow() -> None:
    ends = [date(2027, 12, 31), date(2027, 12, 31)]
    apart, together = worth_of_draws(sound_plan(), ends, [[5, 7]]), worth_of_draws(sound_plan(), ends[:1], [[12]])
    assert apart.npv is not None
    assert together.npv is not None
    assert apart.npv.tolist() == together.npv.tolist()


def test_every_draw_of_many_is_worth_what_it_is_worth_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rulebook.cashflow.ROWS", 7)
    payments = np.random.default_rng(7).normal(800_000, 500_000, (50, 3))
    many = worth_of_draws(sound_plan(), PERIOD_ENDS, payments)
    for place, one in enumerate(payments):
        alone = worth_of_draws(sound_plan(), PERIOD_ENDS, [one])
        assert many.irr.values[place] == pytest.approx(alone.irr.values[0], abs=1e-12, nan_ok=True)
        assert many.irr.is_not_unique[place] == alone.irr.is_not_unique[0]
        assert many.peak_exposure[place] == alone.peak_exposure[0]
        assert many.days[many.peak_at[place]] == alone.days[alone.peak_at[0]]
        assert many.received[place] == alone.received[0]


@pytest.mark.parametrize("payments", [[], [1, 2, 3], [[1, 2]], [[1, 2, float("nan")]], np.zeros((0, 3))])
def test_payments_that_are_no_draws_of_the_periods_are_refused(payments: Any) -> None:
    with pytest.raises(ValueError, match=r"^(payments of shape|every payment)"):
        worth_of_draws(sound_plan(), PERIOD_ENDS, payments)
