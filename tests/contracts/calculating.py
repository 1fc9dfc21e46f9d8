"""A draft with numbers in its register and benefits in its calculation."""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts.actions.assumptions import add_benefit, state_assumption
from contracts.models import AssumptionRevision, Benefit
from tests.contracts.conftest import AT, Drafting

NUMBERS: dict[str, tuple[str, str, str, str | None, str | None]] = {
    # key: label, unit, value, low, high
    "size.ht26": ("Antal elever", "persons", "40", "36", "44"),
    "outcome.att3.share": ("Andel som når tre månader", "share", "0.50", "0.30", "0.65"),
    "outcome.att3.months": ("Månader till tre månaders närvaro", "months", "3", None, None),
    "outcome.att6.share": ("Andel av dem som når sex månader", "share", "0.80", None, None),
    "outcome.att6.months": ("Månader till sex månaders närvaro", "months", "3", None, None),
    "discount_rate": ("Kalkylränta", "share", "0.03", "0", "0.05"),
    "price_index": ("Prisuppräkning", "share", "0.02", None, None),
    "own.lessons": ("Lektioner i resursskola", "lessons", "30", "20", "40"),
    "own.lesson": ("En lektion i resursskola", "amount", "1500", "1200", "1600"),
    "own.due": ("Andel som beror på insatsen", "share", "0.6", "0.4", "0.8"),
    "own.visits": ("Besök på BUP", "visits", "4", None, None),
    "own.visit": ("Ett besök på BUP", "amount", "3200", None, None),
}


def state(drafting: Drafting, key: str, value: str | Decimal, **more: Any) -> AssumptionRevision:
    """State an assumption as Anna does it."""
    said: dict[str, Any] = {
        "label": key,
        "unit": "",
        "low": None,
        "high": None,
        "source": "Skolans egen statistik 2025",
        "source_url": "",
        "certainty": "assumed",
        "owner": "Anna",
        "stated_on": date(2026, 11, 3),
        "reason": "",
    }
    return state_assumption(
        actor=drafting.actor("anna"), contract=drafting.contract, key=key, value=Decimal(value), at=AT, **(said | more)
    )


def state_all(drafting: Drafting) -> None:
    for key, (label, unit, value, low, high) in NUMBERS.items():
        ends = {"low": Decimal(low) if low else None, "high": Decimal(high) if high else None}
        state(drafting, key, value, label=label, unit=unit, **ends)


def add(drafting: Drafting, **more: Any) -> Benefit:
    """Lessons that the municipality is spared, unless something else is said."""
    said: dict[str, Any] = {
        "holder": "municipality",
        "label": "Färre lektioner i resursskola",
        "metric": "att3",
        "volume": "own.lessons",
        "unit_cost": "own.lesson",
        "attribution": "own.due",
        "from_year": 1,
        "years": 3,
        "is_cashable": True,
    }
    return add_benefit(actor=drafting.actor("anna"), contract=drafting.contract, at=AT, **(said | more))


def fill(drafting: Drafting) -> Drafting:
    """The whole calculation: every number that is asked for, and two budgets that gain."""
    state_all(drafting)
    add(drafting)
    add(
        drafting,
        holder="region",
        label="Färre besök på BUP",
        volume="own.visits",
        unit_cost="own.visit",
        attribution="",
        from_year=2,
        years=2,
        is_cashable=False,
    )
    return drafting
