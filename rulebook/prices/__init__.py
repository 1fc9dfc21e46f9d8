"""The kinds of price: what a quantity is worth.

Each kind is a module with a one-sentence rule, a label, its parameters, one exact formula and its words. A kind knows
no metric, no limit and no other kind.
"""

from __future__ import annotations

from typing import Final

from rulebook.kinds import ClaimPriceKind, PriceKind, ScheduledPriceKind
from rulebook.prices import fixed, linear, share, steps, threshold, unit

PRICES: Final[dict[str, PriceKind]] = {
    "unit": unit,
    "threshold": threshold,
    "steps": steps,
    "linear": linear,
    "share": share,
    "fixed": fixed,
}

PER_CLAIM: Final[dict[str, ClaimPriceKind]] = {"unit": unit}
"""Prices that each claim earns by itself."""

SCHEDULED: Final[dict[str, ScheduledPriceKind]] = {"fixed": fixed}
"""Prices that fall due by the calendar and take no measure."""
