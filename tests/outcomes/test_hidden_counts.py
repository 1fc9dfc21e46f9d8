"""Sums that leave a contract: no hidden count follows from the others."""

import pytest

from outcomes.queries.periods import Counts, _cells, _hidden_in_table, hidden_counts


def counts(reported: int, verified: int, rejected: int) -> Counts:
    return Counts(reported=reported, verified=verified, rejected=rejected)


def test_small_count_is_hidden_with_another_that_would_give_it_away() -> None:
    shown = hidden_counts(counts(40, 37, 3))
    assert shown == {"reported": 40, "verified": None, "rejected": None}


def test_large_counts_and_zeros_are_shown() -> None:
    assert hidden_counts(counts(40, 40, 0)) == {"reported": 40, "verified": 40, "rejected": 0}


@pytest.mark.parametrize(
    "periods",
    [
        [counts(30, 27, 3), counts(50, 50, 0), counts(20, 20, 0)],
        [counts(3, 0, 0), counts(50, 50, 0)],
        [counts(12, 7, 5), counts(9, 2, 7), counts(80, 70, 10)],
    ],
)
def test_no_row_and_no_column_hides_exactly_one_count(periods: list[Counts]) -> None:
    rows: dict[int | None, Counts] = dict(enumerate(periods))
    rows[None] = counts(
        sum(row["reported"] for row in periods),
        sum(row["verified"] for row in periods),
        sum(row["rejected"] for row in periods),
    )
    hidden = _hidden_in_table(rows)
    for period, row in rows.items():
        assert len(hidden[period]) != 1
        for column, count in _cells(row).items():
            assert not 0 < count < 5 or column in hidden[period]
    for column in ("reported", "verified", "rejected", "undecided"):
        assert sum(column in hidden[period] for period in rows) != 1
