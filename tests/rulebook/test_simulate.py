"""A simulation: what it draws, what it tells, and that the same seed always gives the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from rulebook import Facts, Person, Terms, Version, calculate
from rulebook.simulate import ASSUMPTIONS_SCHEMA, Assumptions, Simulation, draw_only, parse_assumptions, simulate
from rulebook.table import ClaimFact
from tests.rulebook.examples import sound_terms

Document = dict[str, Any]
HOME = {"id": "home", "level": "person", "once": True}
WORK = {"id": "work", "level": "person", "once": True, "after": "home"}
SCORE = {"id": "score", "level": "contract", "unit": "score", "lowest": 0, "highest": 10}
INDEX = {"id": "index", "level": "contract"}
LIFE = {"from": "2027-01-01", "to": "2028-12-31"}


def terms_with(*terms: Document, limits: Sequence[Document] = (), **more: Any) -> Terms:
    """A two-year contract where Nordviken pays Språnget."""
    document = {
        "currency": "SEK",
        "life": LIFE,
        "metrics": [HOME, WORK, SCORE, INDEX],
        "terms": [{"id": f"t{number}", **term} for number, term in enumerate(terms)],
        "limits": list(limits),
        "legs": [{"payer": "nordviken", "payee": "språnget", "share": 1}],
        **more,
    }
    return sound_terms(document)


def per_claim(metric: str, amount: int) -> Document:
    return {"measure": {"kind": "count", "metric": metric}, "price": {"kind": "unit", "amount": amount}}


def by_value(metric: str, **price: Any) -> Document:
    return {"measure": {"kind": "value", "metric": metric}, "price": price or {"kind": "unit", "amount": 1}}


def participants(**more: Any) -> Document:
    return {"size": 100, "enrolment": [{"on": "2027-01-15", "share": 1}], **more}


def read(document: Document, terms: Terms) -> Assumptions:
    assumptions, problems = parse_assumptions(json.loads(json.dumps(document), parse_float=Decimal), terms)
    assert assumptions is not None, problems
    return assumptions


def simulated(terms: Terms, draws: int = 4000, seed: int = 7, threads: int = 1, **document: Any) -> Simulation:
    return simulate(terms, read(document, terms), draws, seed, threads)


def problems_of(terms: Terms, **document: Any) -> dict[str, str]:
    found, problems = parse_assumptions(json.loads(json.dumps(document), parse_float=Decimal), terms)
    assert found is None
    assert all(problem.sv != problem.en for problem in problems)
    return {problem.where: problem.code for problem in problems}


# --- chance and certainty --------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_whatever_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rulebook.simulation.chunks.CHUNK", 512)
    terms = terms_with(per_claim("home", 1000))
    some = participants(outcomes=[{"metric": "home", "share": {"kind": "beta", "successes": 30, "trials": 50}}])
    alone, shared, other = (
        simulated(terms, seed=seed, threads=threads, participants=[some]).to_json()
        for seed, threads in ((7, 1), (7, 3), (8, 1))
    )
    assert alone == shared
    assert alone["chunk"] == 512
    assert alone["total"]["mean"] != other["total"]["mean"]


def test_what_is_certain_is_what_the_exact_reading_says() -> None:
    terms = terms_with(
        per_claim("home", 12000), per_claim("work", 18000), limits=[{"scope": "person", "at_most": 25000}]
    )
    some = participants(
        size=3, outcomes=[{"metric": "home", "share": 1, "months": 3}, {"metric": "work", "share": 1, "months": 3}]
    )
    facts = Facts(
        tuple(Person(f"p{number}") for number in range(3)),
        tuple(
            ClaimFact(f"{metric}{number}", f"p{number}", metric, day)
            for number in range(3)
            for metric, day in (("home", date(2027, 4, 15)), ("work", date(2027, 7, 15)))
        ),
    )
    exact = calculate([Version(1, None, terms)], facts, None)
    drawn = simulated(terms, draws=10, participants=[some])
    assert drawn.total.percentiles[1] == drawn.total.percentiles[99] == float(exact.total) == 75000
    assert {name: spread.mean for name, spread in drawn.periods.items()} == {"2027-Q2": 36000, "2027-Q3": 39000}


def test_a_share_is_drawn_person_by_person() -> None:
    one = simulated(terms_with(per_claim("home", 1000)), participants=[outcome_of("home", "0.25", size=1)])
    assert one.total.chance_of_nothing == pytest.approx(0.75, abs=0.03)
    many = simulated(terms_with(per_claim("home", 1000)), participants=[outcome_of("home", "0.25")])
    assert many.total.mean == pytest.approx(25000, abs=5 * many.total.standard_error)
    assert many.total.standard_error == pytest.approx((100 * 0.25 * 0.75) ** 0.5 * 1000 / 4000**0.5, rel=0.1)


def outcome_of(metric: str, share: Any, **more: Any) -> Document:
    return participants(outcomes=[{"metric": metric, "share": share}], **more)


def test_an_uncertain_share_spreads_the_payments_more() -> None:
    terms = terms_with(per_claim("home", 1000))
    sure = simulated(terms, participants=[outcome_of("home", "0.5")])
    unsure = simulated(terms, participants=[outcome_of("home", {"kind": "beta", "mean": "0.5", "size": 10})])
    assert unsure.total.mean == pytest.approx(sure.total.mean, rel=0.03)
    assert unsure.total.standard_error > 2 * sure.total.standard_error


def test_a_later_step_is_a_share_of_those_who_took_the_one_before() -> None:
    some = participants(outcomes=[{"metric": "work", "share": "0.5", "months": 3}, {"metric": "home", "share": "0.5"}])
    found = simulated(terms_with(per_claim("home", 100), per_claim("work", 100)), participants=[some])
    assert found.terms["t0"] == pytest.approx(5000, rel=0.02)
    assert found.terms["t1"] == pytest.approx(2500, rel=0.03)
    assert list(found.periods) == ["2027-Q1", "2027-Q2"]


def test_those_who_leave_reach_nothing_afterwards() -> None:
    late = {"metric": "home", "share": 1, "months": 2}
    found = simulated(terms_with(per_claim("home", 100)), participants=[
        participants(outcomes=[late], dropout_per_month="0.1")])  # fmt: skip
    assert found.total.mean == pytest.approx(100 * 100 * 0.9**2, rel=0.01)


def test_outcomes_happen_when_they_are_assumed_to() -> None:
    spread = [{"months": 0, "share": "0.2"}, {"months": 3, "share": "0.8"}]
    found = simulated(terms_with(per_claim("home", 100)), participants=[
        participants(outcomes=[{"metric": "home", "share": 1, "months": spread}])])  # fmt: skip
    assert found.periods["2027-Q1"].mean == pytest.approx(2000, rel=0.03)
    assert found.periods["2027-Q2"].mean == pytest.approx(8000, rel=0.03)


def test_participants_enrol_over_the_cohorts_time() -> None:
    terms = terms_with(
        {"measure": {"kind": "enrolled"}, "price": {"kind": "unit", "amount": 1}},
        cohorts=[{"id": "year", "enrols": ["2027-01-01", "2027-12-31"]}],
    )
    both = [{"metric": "home", "share": "0.5"}, {"metric": "work", "share": "0.5"}]
    found = simulated(terms, participants=[participants(cohort="year", enrolment=None, outcomes=both)])
    means = [spread.mean for spread in found.periods.values()]
    assert means == pytest.approx([25, 50, 75, 100, 100, 100, 100, 100], rel=0.03)


def test_persons_are_enrolled_once_also_when_their_outcomes_are_drawn_apart() -> None:
    other = {"id": "other", "level": "person"}
    terms = terms_with(
        {"measure": {"kind": "enrolled"}, "price": {"kind": "unit", "amount": 1}},
        metrics=[HOME, other, SCORE, INDEX],
    )
    both = [{"metric": "home", "share": "0.5"}, {"metric": "other", "share": "0.5"}]
    found = simulated(terms, draws=50, participants=[participants(outcomes=both)])
    assert found.periods["2027-Q1"].percentiles == dict.fromkeys(found.total.percentiles, 100)


def test_a_repeatable_outcome_is_reached_several_times() -> None:
    again = {"id": "again", "level": "person", "at_most": 2}
    terms = terms_with(per_claim("again", 100), metrics=[again])
    times = [{"times": 1, "share": "0.5"}, {"times": 3, "share": "0.5"}]
    found = simulated(terms, participants=[participants(outcomes=[{"metric": "again", "share": 1, "times": times}])])
    assert found.total.mean == pytest.approx(100 * (0.5 * 100 + 0.5 * 200), rel=0.02)


def test_a_stretch_of_time_counts_its_days() -> None:
    days = {"id": "days", "level": "person", "duration": {"unit": "day", "qualifying_days": 4}}
    terms = terms_with(per_claim("days", 10), metrics=[days])
    some = participants(size=7, outcomes=[{"metric": "days", "share": 1, "length": 10}])
    assert simulated(terms, draws=10, participants=[some]).total.mean == 7 * 6 * 10


def test_whole_histories_may_be_given_and_their_shares_uncertain() -> None:
    terms = terms_with(per_claim("home", 100), per_claim("work", 100))
    both = {"share": "0.4", "claims": [{"metric": "home"}, {"metric": "work", "months": 6}]}
    sure = simulated(terms, participants=[participants(histories=[both])])
    unsure = simulated(terms, participants=[participants(histories=[both], based_on=10)])
    assert sure.total.mean == pytest.approx(8000, rel=0.02)
    assert unsure.total.mean == pytest.approx(8000, rel=0.03)
    assert unsure.total.standard_error > 2 * sure.total.standard_error


# --- measured values -------------------------------------------------------------------------------------------------


def test_a_value_drifts_stays_in_its_range_and_may_be_missing() -> None:
    terms = terms_with(by_value("score"), metrics=[{**SCORE, "missing": "worst_case"}])
    score = {"metric": "score", "value": 9, "drift": 1, "missing": "0.25", "periods": ["2027-Q1", "2027-Q2", "2027-Q3"]}
    found = simulated(terms, measured=[score])
    assert [spread.percentiles[99] for spread in found.periods.values()] == [9, 10, 10]
    assert found.periods["2027-Q1"].chance_of_nothing == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "normal", "mean": 5, "sd": 1},
        {"kind": "triangular", "low": 1, "mode": 2, "high": 6},
        {"kind": "uniform", "low": 1, "high": 3},
        {"kind": "empirical", "values": [1, 2, 2, 7, 7]},
        {"kind": "beta", "successes": 3, "trials": 10},
        {"kind": "beta", "mean": "0.3", "size": "0.5"},
        {"kind": "constant", "value": 4},
    ],
    ids=lambda value: value["kind"],
)
def test_a_value_is_distributed_alike_whether_it_is_drawn_alone_or_with_others(value: Document) -> None:
    terms = terms_with(by_value("score"), by_value("index"))
    alone = {"metric": "score", "value": value, "periods": ["2027-Q1"]}
    noise = {"metric": "index", "value": {"kind": "normal", "mean": 0, "sd": 1}, "periods": ["2027-Q2"]}
    pair = [{"between": ["score", "index"], "rho": 0}] if value["kind"] != "constant" else []
    free, tied = (
        simulated(terms, draws=20000, measured=[alone, noise], correlations=some).periods["2027-Q1"]
        for some in ([], pair)
    )
    spread = free.percentiles[95] - free.percentiles[5]
    assert list(tied.percentiles.values()) == pytest.approx(list(free.percentiles.values()), abs=0.04 * spread + 1e-9)
    assert tied.mean == pytest.approx(free.mean, abs=0.03 * spread + 1e-9)


@pytest.mark.parametrize(("rho", "low", "high"), [(1, 2.0, 2.0), (0, 1.37, 1.46), (-1, 0.0, 0.0), ("0.5", 1.69, 1.78)])
def test_correlated_values_go_together_as_assumed(rho: Any, low: float, high: float) -> None:
    terms = terms_with(by_value("score"), by_value("index"), metrics=[{**SCORE, "lowest": -9}, INDEX])
    normal = {"kind": "normal", "mean": 0, "sd": 1}
    values = [{"metric": name, "value": normal, "periods": ["2027-Q1"]} for name in ("score", "index")]
    pair = [{"between": ["score", "index"], "rho": rho}]
    found = simulated(terms, draws=20000, measured=values, correlations=pair)
    spread = found.total.standard_error * 20000**0.5
    assert low - 0.03 <= spread <= high + 0.03


def test_a_success_share_can_go_together_with_a_value() -> None:
    gated = {**per_claim("home", 100), "gate": {"metric": "index", "at_least": 0}}
    index = {"metric": "index", "value": {"kind": "normal", "mean": 0, "sd": 1}}
    some = outcome_of("home", {"kind": "uniform", "low": 0, "high": 1})
    means = [
        simulated(terms_with(gated), participants=[some], measured=[index], correlations=[
            {"between": ["home", "index"], "rho": rho}]).total.mean
        for rho in (1, 0, -1)
    ]  # fmt: skip
    assert means == pytest.approx([3750, 2500, 1250], rel=0.06)


def test_a_value_drawn_once_is_the_same_in_every_period() -> None:
    terms = terms_with(by_value("index"))
    normal = {"kind": "normal", "mean": 0, "sd": 1}
    once, anew = (
        simulated(terms, measured=[{"metric": "index", "value": normal, "drawn": drawn}]).total.standard_error
        for drawn in ("once", "each_period")
    )
    assert once / anew == pytest.approx(8**0.5, rel=0.1)


# --- events, limits and cash flow ------------------------------------------------------------------------------------


def test_an_early_stop_ends_what_can_be_earned() -> None:
    terms = terms_with(
        {"price": {"kind": "fixed", "amount": 10, "every": "period"}},
        {"price": {"kind": "fixed", "amount": 7, "on": "halt"}},
        events=[{"id": "halt", "ends": True}],
    )
    halt = {"event": "halt", "chance": "0.2", "on": ["2027-06-30", "2027-12-31"]}
    found = simulated(terms, draws=5000, events=[halt])
    assert found.total.percentiles[99] == 80
    assert found.total.percentiles[1] == 27
    assert found.total.mean == pytest.approx(0.8 * 80 + 0.1 * 27 + 0.1 * 47, abs=1)


def test_each_limit_tells_how_often_it_binds_and_what_it_takes() -> None:
    terms = terms_with(
        per_claim("home", 1000),
        limits=[{"scope": "contract", "at_most": 50000}, {"scope": "period", "at_most": 90000}],
    )
    found = simulated(terms, participants=[outcome_of("home", "0.5")])
    assert [bite.limit for bite in found.limits] == ["period", "contract"]
    assert found.limits[0].chance == found.limits[0].mean_taken == 0
    assert found.limits[1].chance == pytest.approx(0.46, abs=0.03)
    assert found.limits[1].mean_taken == pytest.approx(50000 - found.total.mean, abs=200)


def test_a_limit_before_the_persons_is_noted_when_it_binds() -> None:
    limits = [{"scope": "metric", "metric": "home", "at_most": 40000}, {"scope": "person", "at_most": 900}]
    codes = [
        {note.code for note in simulated(terms_with(per_claim("home", price), limits=limits), draws=50,
                                         participants=[outcome_of("home", "0.5")], measured=[]).notes}
        for price in (1000, 10)
    ]  # fmt: skip
    assert "person_first" in codes[0]
    assert "person_first" not in codes[1]


def test_metrics_without_an_assumption_are_noted() -> None:
    found = simulated(terms_with(per_claim("home", 100)), draws=10, participants=[outcome_of("home", 1)])
    note = next(note for note in found.notes if note.code == "no_assumption")
    assert "work, score, index" in note.sv
    assert note.message("en") == note.en


def test_dropout_among_outcomes_that_are_drawn_apart_is_noted() -> None:
    terms = terms_with(per_claim("home", 100), metrics=[HOME, {"id": "other", "level": "person"}])
    both = [{"metric": "home", "share": 1, "months": 3}, {"metric": "other", "share": 1, "months": 3}]
    codes = [
        {note.code for note in simulated(terms, draws=10, participants=[
            participants(outcomes=some, dropout_per_month="0.1")]).notes}
        for some in (both, both[:1])
    ]  # fmt: skip
    assert "drawn_apart" in codes[0]
    assert "drawn_apart" not in codes[1]


def test_payers_and_periods_add_up_to_the_whole() -> None:
    terms = terms_with(
        per_claim("home", 1000),
        {**by_value("index", kind="unit", amount=50), "legs": [{"payer": "region", "share": 1}]},
        limits=[{"scope": "payer", "payer": "region", "at_most": 1200}],
    )
    index = {"metric": "index", "value": {"kind": "uniform", "low": 1, "high": 9}}
    found = simulated(terms, participants=[outcome_of("home", "0.5")], measured=[index])
    assert sum(spread.mean for spread in found.payers.values()) == pytest.approx(found.total.mean)
    assert sum(spread.mean for spread in found.periods.values()) == pytest.approx(found.total.mean)
    assert sum(found.terms.values()) == pytest.approx(found.total.mean)
    assert found.payers["region"].percentiles[99] == pytest.approx(1200)


def test_the_cash_flow_is_worth_something_to_the_investor_in_every_draw() -> None:
    terms = terms_with(per_claim("home", 1000))
    plan = {"investor": "språnget", "discount_rate": "0.03", "drawdowns": [
        {"on": "2027-01-01", "amount": 45000, "from": "språnget", "to": "projektet"}]}  # fmt: skip
    found = simulated(terms, participants=[outcome_of("home", "0.5")], cash_flow=plan)
    assert found.worth is not None
    assert found.worth.paid_in.mean() == 45000
    assert found.worth.received.mean() == pytest.approx(found.total.mean)
    assert found.to_json()["cash_flow"]["draws"] == 4000


# --- the document ----------------------------------------------------------------------------------------------------


def test_every_problem_is_told_at_once_with_its_place() -> None:
    terms = terms_with(per_claim("home", 1000), events=[{"id": "halt"}])
    found = problems_of(
        terms,
        participants=[
            participants(
                size="12.5",
                outcomes=[
                    {"metric": "work", "share": "1.5", "length": 3},
                    {"metric": "hom", "share": "0.5", "months": [{"months": 3, "share": "0.9"}]},
                    {"metric": "score", "share": {"kind": "beta", "successes": 5, "trials": 2}},
                ],
                histories=[{"share": "1", "claims": [{"metric": "work"}]}, {"share": "0.5"}],
            ),
            participants(size={"kind": "uniform", "low": -5, "high": 5}, based_on=3, enrolment=None),
        ],
        measured=[
            {"metric": "index", "value": {"kind": "triangular", "low": 3, "mode": 2, "high": 4}, "periods": ["2027"]},
            {"metric": "home", "value": 1},
            {"metric": "score", "value": {"kind": "uniform", "low": 3, "high": 1}},
            {"metric": "score", "value": 1, "periods": ["2027-Q1"]},
        ],
        correlations=[{"between": ["score", "home"], "rho": "0.5"}, {"between": ["score", "score"], "rho": "0.5"}],
        events=[{"event": "halt", "chance": 1, "on": "2027-03-01"}, {"event": "halt", "chance": 1, "on": "2027-03-01"}],
        cash_flow={"investor": "ingen", "fees": [{"on": "2027-01-01", "amount": 1, "from": "a", "to": "b"}]},
    )
    assert found == {
        "participants[0].size": "whole",
        "participants[0].outcomes[0].share": "range",
        "participants[0].outcomes[0].metric": "chain",
        "participants[0].outcomes[0].length": "no_duration",
        "participants[0].outcomes[1].metric": "unknown_metric",
        "participants[0].outcomes[1].months": "shares",
        "participants[0].outcomes[2].metric": "level",
        "participants[0].outcomes[2].share.successes": "beta",
        "participants[0].histories": "duplicate",
        "participants[1].size": "range",
        "participants[1].based_on": "needless",
        "measured[0].value.mode": "distribution_order",
        "measured[0].periods[0]": "unknown_period",
        "measured[1].metric": "level",
        "measured[2].value.high": "distribution_order",
        "measured[3]": "duplicate",
        "correlations[0].between[1]": "not_uncertain",
        "correlations[1].between": "duplicate",
        "events[1]": "duplicate",
        "cash_flow.investor": "unknown_party",
    }


def test_what_cannot_be_read_is_told_with_what_does_not_hang_together() -> None:
    found = problems_of(
        terms_with(per_claim("home", 1000)),
        participants=[participants(outcomes=[{"metric": "home", "share": "half"}]), participants(size="12.5")],
        draws=3,
    )
    assert found == {
        "participants[0].outcomes[0].share": "number",
        "draws": "unknown_key",
        "participants[1].size": "whole",
    }


def test_correlations_that_no_values_can_have_are_refused_with_the_nearest_that_they_can() -> None:
    terms = terms_with(by_value("score"), by_value("index"), metrics=[SCORE, INDEX, {**INDEX, "id": "third"}])
    normal = {"kind": "normal", "mean": 0, "sd": 1}
    names = ("score", "index", "third")
    _, problems = parse_assumptions(
        {
            "measured": [{"metric": name, "value": normal} for name in names],
            "correlations": [
                {"between": ["score", "index"], "rho": Decimal("0.9")},
                {"between": ["index", "third"], "rho": Decimal("0.9")},
                {"between": ["score", "third"], "rho": Decimal("-0.9")},
            ],
        },
        terms,
    )
    assert [problem.code for problem in problems] == ["not_possible"]
    assert "score–index 0.50; score–third -0.50; index–third 0.50" in problems[0].en


def test_too_many_histories_are_refused_with_what_to_do() -> None:
    metrics = [{"id": f"m{number}", "level": "person"} for number in range(13)]
    terms = terms_with(per_claim("m0", 1), metrics=metrics, limits=[{"scope": "person", "at_most": 3}])
    some = participants(outcomes=[{"metric": metric["id"], "share": "0.5"} for metric in metrics])
    _, problems = parse_assumptions(json.loads(json.dumps({"participants": [some]}), parse_float=Decimal), terms)
    assert [(problem.where, problem.code) for problem in problems] == [("participants[0]", "too_many_histories")]
    assert "histories" in problems[0].sv


def test_the_schema_accepts_what_the_reading_accepts() -> None:
    terms = terms_with(per_claim("home", 1000))
    document = {"participants": [outcome_of("home", {"kind": "beta", "successes": "3", "trials": 9})],
                "measured": [{"metric": "index", "value": {"kind": "normal", "mean": 1, "sd": "0.5"}}]}  # fmt: skip
    Draft202012Validator.check_schema(ASSUMPTIONS_SCHEMA)
    assert Draft202012Validator(ASSUMPTIONS_SCHEMA).is_valid(document)
    assert not Draft202012Validator(ASSUMPTIONS_SCHEMA).is_valid({**document, "draws": 3})
    read(document, terms)


def test_drawing_only_makes_as_many_draws_and_none_is_refused() -> None:
    terms = terms_with(per_claim("home", 1000))
    assumptions = read({"participants": [outcome_of("home", "0.5")]}, terms)
    assert draw_only(terms, assumptions, 1234, 7) == 1234
    with pytest.raises(ValueError, match="0 draws"):
        simulate(terms, assumptions, 0, 7)


def test_the_result_says_all_that_is_needed_to_draw_it_again() -> None:
    found = simulated(terms_with(per_claim("home", 1000)), draws=100, participants=[outcome_of("home", "0.5")])
    shown = json.loads(json.dumps(found.to_json()))
    assert (shown["draws"], shown["seed"], shown["chunk"]) == (100, 7, 32768)
    assert len(shown["terms_hash"]) == len(shown["assumptions_hash"]) == 64
    assert list(shown["total"]["percentiles"]) == ["1", "5", "10", "25", "50", "75", "90", "95", "99"]
    assert np.isfinite([shown["total"]["mean"], shown["total"]["standard_error"]]).all()
