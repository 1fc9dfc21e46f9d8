"""Sorting, ranking and adding up columns of whole numbers: exact, and fast enough for a million rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
SAFE: int = 2**62
"""Sums below this fit in 64 bits; above it, columns hold Python's own integers."""


def in_order(*keys: Column) -> Column:
    """The row numbers in order of the keys, the most important first; equal rows keep their order.

    Sorted sixteen bits at a time from the least important end, which for whole numbers is faster than comparing.
    """
    size = len(keys[0])
    order: Column | None = None
    for key in reversed(keys):
        for digit in _digits(key):
            chosen = digit if order is None else digit[order]
            step = np.argsort(chosen, kind="stable")
            order = step if order is None else order[step]
    return np.arange(size) if order is None else order


def _digits(key: Column) -> list[Column]:
    """The key's sixteen-bit digits, the least important first; none where all rows are equal."""
    if not len(key):
        return []
    lowest = key.min()
    above = (key - lowest).astype(np.uint64) if lowest else key.astype(np.uint64)
    highest = int(above.max())
    digits = []
    while highest:
        digits.append((above & np.uint64(0xFFFF)).astype(np.uint16))
        above >>= np.uint64(16)
        highest >>= 16
    return digits


def firsts(groups: Column) -> Column:
    """Where each run of equal values begins."""
    if not len(groups):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate(([True], groups[1:] != groups[:-1])))


def rank_in_run(groups: Column) -> Column:
    """Each row's place in its run of equal values, from 0."""
    starts = firsts(groups)
    lengths = np.diff(np.append(starts, len(groups)))
    ranks: Column = np.arange(len(groups)) - np.repeat(starts, lengths)
    return ranks


def running(groups: Column, amounts: Column) -> Column:
    """The running sum within each run of equal values, the row's own amount included."""
    total = np.cumsum(amounts)
    starts = firsts(groups)
    if not len(starts):
        return total
    lengths = np.diff(np.append(starts, len(groups)))
    result: Column = total - np.repeat(total[starts] - amounts[starts], lengths)
    return result


def sums(groups: Column, amounts: Column, size: int) -> Column:
    """The sum of the amounts in each of `size` numbered groups."""
    result = np.zeros(size, amounts.dtype) if amounts.dtype != object else np.full(size, 0, object)
    np.add.at(result, groups, amounts)
    return result


def whole(numbers: list[int], rows: int) -> Column:
    """The numbers as a column: 64 bits wide where `rows` of them can be added without overflow."""
    largest = max(map(abs, numbers), default=0)
    return np.array(numbers, np.int64 if largest * max(rows, 1) < SAFE else object)
