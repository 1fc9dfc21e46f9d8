"""Periods and time limits."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook import Period, period_of, periods_between
from rulebook.periods import MONTHS_IN, add_time, period_named

OWN = (Period("b", date(2027, 1, 1), date(2027, 6, 30)), Period("a", date(2026, 1, 1), date(2026, 12, 31)))


@given(st.dates(), st.sampled_from(list(MONTHS_IN)))
def test_a_day_lies_in_the_period_that_its_name_names(day: date, rule: str) -> None:
    period = period_of(day, rule)  # type: ignore[arg-type]
    assert period is not None
    assert period.starts_on <= day <= period.ends_on
    assert period_named(period.id, rule) == period  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("month", ["2026-12", "2027-01", "2027-02"]),
        ("quarter", ["2026-Q4", "2027-Q1"]),
        ("half_year", ["2026-H2", "2027-H1"]),
        ("year", ["2026", "2027"]),
        (OWN, ["a", "b"]),
    ],
)
def test_every_period_that_is_touched_is_listed(rule: object, names: list[str]) -> None:
    touched = periods_between(date(2026, 12, 31), date(2027, 2, 1), rule)  # type: ignore[arg-type]
    assert [period.id for period in touched] == names


def test_time_that_runs_backwards_touches_nothing() -> None:
    assert periods_between(date(2027, 2, 1), date(2026, 12, 31), "quarter") == []


@pytest.mark.parametrize("name", ["2027-Q5", "2027-13", "2027", "27-Q1", "2027-Q1\n", "0000-Q1", "contract"])
def test_a_name_that_is_no_quarter_names_no_quarter(name: str) -> None:
    assert period_named(name, "quarter") is None


def test_outside_the_agreements_own_periods_there_is_none() -> None:
    assert period_of(date(2028, 1, 1), OWN) is None
    assert period_named("c", OWN) is None
    assert period_named("a", OWN) == OWN[1]


@pytest.mark.parametrize(
    ("start", "months", "days", "end"),
    [
        (date(2026, 8, 1), 24, 0, date(2028, 8, 1)),
        (date(2027, 1, 31), 1, 0, date(2027, 2, 28)),
        (date(2027, 1, 31), 1, 2, date(2027, 3, 2)),
        (date(2026, 8, 1), 1_000_000, 0, date.max),
        (date(2026, 8, 1), 0, 10_000_000, date.max),
    ],
)
def test_months_end_on_the_day_with_the_same_number(start: date, months: int, days: int, end: date) -> None:
    assert add_time(start, months, days) == end
