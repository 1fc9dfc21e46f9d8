"""Small cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rulebook import MIN_CELL, suppress


def test_a_small_cell_is_hidden_with_the_next_smallest() -> None:
    assert suppress({"a": 3, "b": 9, "c": 7}) == {"a": None, "b": 9, "c": None}


def test_a_zero_tells_of_nobody_and_large_cells_are_shown() -> None:
    assert suppress({"a": 0, "b": 5}) == {"a": 0, "b": 5}
    assert suppress({}) == {}


def test_when_only_zeros_are_left_one_of_them_is_hidden_too() -> None:
    assert suppress({"a": 2, "b": 0}) == {"a": None, "b": None}


@given(st.dictionaries(st.integers(), st.integers(0, 20), max_size=8), st.integers(1, 10))
def test_no_small_cell_is_shown_and_none_can_be_worked_out(counts: dict[int, int], threshold: int) -> None:
    shown = suppress(counts, threshold)
    hidden = [key for key, count in shown.items() if count is None]
    assert all(count is None or count == 0 or count >= threshold for count in shown.values())
    assert len(hidden) != 1 or len(counts) == 1
    assert MIN_CELL == 5
