"""The kinds of price: what a quantity is worth.

Each kind is a module with a one-sentence rule, a label, its parameters, one exact formula and its words. A kind knows
no metric, no limit and no other kind by name.
"""

from __future__ import annotations

from typing import Final

from rulebook.kinds import ClaimPriceKind, PriceKind, ScheduledPriceKind
from rulebook.prices import choose, fixed, linear, returns, share, steps, threshold, tiers, top_up, unit
from rulebook.registers import PRICES as REGISTER

PRICES: Final[dict[str, PriceKind]] = {
    "unit": unit,
    "tiers": tiers,
    "threshold": threshold,
    "steps": steps,
    "linear": linear,
    "share": share,
    "returns": returns,
    "fixed": fixed,
    "top_up": top_up,
    "choose": choose,
}
REGISTER.update(PRICES)

PER_CLAIM: Final[dict[str, ClaimPriceKind]] = {"unit": unit}
"""Prices that each claim earns by itself, when claims are what is counted."""

SCHEDULED: Final[dict[str, ScheduledPriceKind]] = {"fixed": fixed}
"""Prices that fall due by the calendar and take no measure."""
