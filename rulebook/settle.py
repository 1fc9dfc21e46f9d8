"""What is due now: the entitlement to date minus what earlier settlements already granted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rulebook.money import EXACT
from rulebook.results import Entitlement, LineKey

Kind = Literal["new", "correction", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Due:
    """The difference to settle for one term, period, cohort, payer and payee: `amount` = `entitled` − `granted`."""

    key: LineKey
    amount: Decimal
    granted: Decimal
    entitled: Decimal
    kind: Kind


def entitled_by_key(entitlement: Entitlement) -> dict[LineKey, Decimal]:
    """Each payer's part of each line; lines of the same key under two versions of the terms are added together."""
    entitled: dict[LineKey, Decimal] = defaultdict(lambda: Decimal(0))
    for line in entitlement.lines:
        for key, amount in line.keyed_shares().items():
            entitled[key] = EXACT.add(entitled[key], amount)
    return dict(entitled)


def due(entitlement: Entitlement, granted: Mapping[LineKey, Decimal]) -> list[Due]:
    """Every difference that is not zero: first in the entitlement's order, then what no longer is in it.

    A correction of an old fact therefore shows as its own amount in the next settlement, and nothing already settled
    is rewritten. `granted` holds, for each key, the sum of all earlier settlements.
    """
    entitled = entitled_by_key(entitlement)
    gone = sorted(
        (LineKey(*key) for key in granted if LineKey(*key) not in entitled),
        key=lambda key: tuple(part or "" for part in key),
    )
    return [found for key in (*entitled, *gone) if (found := _due(key, entitled, granted)).amount != 0]


def _due(key: LineKey, entitled: Mapping[LineKey, Decimal], granted: Mapping[LineKey, Decimal]) -> Due:
    owed, paid = entitled.get(key, Decimal(0)), granted.get(key, Decimal(0))
    kind: Kind = "new" if paid == 0 else "withdrawn" if owed == 0 else "correction"
    return Due(key, EXACT.subtract(owed, paid), paid, owed, kind)
