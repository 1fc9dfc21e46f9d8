"""Who must do what by when follows from the agreed terms and the schedule."""

from datetime import date

from contracts.obligations import Kind, Obligation, Schedule, obligations
from rulebook import Version, parse_terms
from tests.world import TERMS

SCHEDULE = Schedule(report_within_days=31, verify_within_days=30, pay_within_days=30, meets_every=6)
STARTS, ENDS = date(2026, 7, 1), date(2027, 6, 30)


def version(number: int = 1, effective_on: date = STARTS, **changes: object) -> Version:
    terms, problems = parse_terms(TERMS | changes)
    assert terms, problems
    return Version(number=number, effective_on=effective_on, terms=terms)


def due(*versions: Version, schedule: Schedule = SCHEDULE) -> list[Obligation]:
    return obligations(STARTS, ENDS, versions, dict.fromkeys((1, 2), schedule))


def test_each_period_is_reported_then_verified_then_paid() -> None:
    found = [(one.key, one.due_on) for one in due(version()) if one.period == "2026-Q3"]
    assert found == [
        ("report:2026-Q3", date(2026, 10, 31)),
        ("verify:2026-Q3", date(2026, 11, 30)),
        ("pay:2026-Q3", date(2026, 12, 30)),
    ]


def test_every_period_of_the_contract_is_there_once() -> None:
    periods = [one.period for one in due(version()) if one.kind is Kind.REPORT]
    assert periods == ["2026-Q3", "2026-Q4", "2027-Q1", "2027-Q2"]


def test_the_steering_group_meets_as_often_as_agreed_until_the_contract_ends() -> None:
    assert [one.due_on for one in due(version()) if one.kind is Kind.MEET] == [date(2027, 1, 1)]
    never = Schedule(31, 30, 30, 0)
    assert not [one for one in due(version(), schedule=never) if one.kind is Kind.MEET]


def test_a_moved_day_to_report_moves_what_follows() -> None:
    found = obligations(STARTS, ENDS, [version()], {1: SCHEDULE}, {"2026-Q3": date(2026, 11, 15)})
    days = {one.key: one.due_on for one in found}
    assert days["report:2026-Q3"] == date(2026, 11, 15)
    assert days["verify:2026-Q3"] == date(2026, 12, 15)


def test_an_amendment_with_other_periods_applies_from_its_day() -> None:
    amended = version(2, date(2027, 1, 1), periods="half_year")
    periods = [one.period for one in due(version(), amended) if one.kind is Kind.REPORT]
    assert periods == ["2026-Q3", "2026-Q4", "2027-H1"]


def test_an_amended_schedule_moves_no_day_before_it_takes_effect() -> None:
    later = Schedule(report_within_days=60, verify_within_days=30, pay_within_days=90, meets_every=3)
    versions = [version(), version(2, date(2027, 1, 1))]
    days = {one.key: one.due_on for one in obligations(STARTS, ENDS, versions, {1: SCHEDULE, 2: later})}
    assert days["pay:2026-Q4"] == date(2027, 4, 1)
    assert days["report:2027-Q1"] == date(2027, 5, 30)
    meetings = [day for key, day in days.items() if key.startswith("meet:")]
    assert meetings == [date(2027, 1, 1), date(2027, 4, 1)]


def test_what_is_to_be_done_comes_in_order_of_time() -> None:
    found = due(version())
    assert found == sorted(found, key=lambda one: one.due_on)
