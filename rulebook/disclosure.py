"""Small-cell protection: which counts must be hidden before a table leaves the contract."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

MIN_CELL: Final = 5
"""The smallest count of persons that is shown unless a stricter limit is given."""

K = TypeVar("K", bound=Hashable)


def suppress(counts: Mapping[K, int], threshold: int = MIN_CELL) -> dict[K, int | None]:
    """The counts of one row whose total is also shown, with None where a count must be hidden.

    Every count from 1 up to the threshold is hidden. If that hides exactly one cell, it could be worked out from the
    total, so the smallest of the others is hidden too. A zero tells of nobody and is shown.

    >>> suppress({"ht25": 12, "vt26": 3, "ht26": 9})
    {'ht25': 12, 'vt26': None, 'ht26': None}
    """
    hidden = {key for key, count in counts.items() if 0 < count < threshold}
    if len(hidden) == 1:
        others = [key for key, count in counts.items() if key not in hidden and count > 0]
        rest = others or [key for key in counts if key not in hidden]
        hidden |= set(sorted(rest, key=lambda key: counts[key])[:1])
    return {key: None if key in hidden else count for key, count in counts.items()}
