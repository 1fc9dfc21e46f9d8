"""Simulations: the same seed gives the same result, a run stays as it was, and the worker draws what waits."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.actions import simulating
from contracts.actions.assumptions import state_assumption
from contracts.models import SimulationRun
from tests.contracts.conftest import Drafting
from tests.world import NOW

AT = NOW + timedelta(minutes=2)
FIGURES: dict[str, tuple[str, str, str, str | None, str | None]] = {
    # key: (label, unit, value, low, high)
    "size.ht26": ("Elever", "persons", "40", "30", "50"),
    "outcome.att3.share": ("Når tre månader", "share", "0.5", "0.3", "0.7"),
    "outcome.att3.months": ("Månader", "months", "4", None, None),
    "outcome.att6.share": ("Når sex månader", "share", "0.6", "0.4", "0.8"),
    "outcome.att6.months": ("Månader till", "months", "4", None, None),
    "cash.cost": ("Insatsens kostnad", "amount", "400000", "300000", "500000"),
}


def state(drafting: Drafting, key: str, value: str, low: str | None = None, high: str | None = None) -> None:
    label, unit, *_ = FIGURES.get(key, (key, "amount", ""))
    state_assumption(
        actor=drafting.actor("anna"),
        contract=drafting.contract,
        key=key,
        label=label,
        unit=unit,
        value=Decimal(value),
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        source="Egen uppskattning",
        source_url="",
        certainty="assumed",
        owner="Anna",
        stated_on=NOW.date(),
        reason="bättre underlag",
        at=AT,
    )


@pytest.fixture
def figured(drafting: Drafting) -> Drafting:
    """A draft with every number that its terms ask for."""
    for key, (_label, _unit, *numbers) in FIGURES.items():
        state(drafting, key, *numbers)
    return drafting


def draw(drafting: Drafting, seed: int = 1, draws: int = 2_000, **more: Any) -> SimulationRun:
    return simulating.simulate_now(
        actor=drafting.actor("anna"), contract=drafting.contract, seed=seed, at=AT, draws=draws, **more
    )


def test_the_same_seed_gives_the_same_run_and_another_seed_another(figured: Drafting) -> None:
    first = draw(figured)
    assert draw(figured) == first
    assert SimulationRun.objects.count() == 1
    other = draw(figured, seed=2)
    assert other.result["simulation"]["total"] != first.result["simulation"]["total"]
