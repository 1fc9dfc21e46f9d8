"""Simulations: the same seed gives the same result, a run stays as it was, and the worker draws what waits."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from contracts import tasks
from contracts.actions import simulating
from contracts.actions.assumptions import state_assumption
from contracts.models import SimulationRun
from tests.contracts.conftest import Drafting, browser
from tests.world import NOW

AT = NOW + timedelta(minutes=2)
FIGURES: dict[str, tuple[str, str, str, str | None, str | None]] = {
    # key: (label, unit, value, low, high)
    "size.ht26": ("Elever", "persons", "40", "30", "50"),
    "outcome.att3.share": ("Når tre månader", "share", "0.5", "0.3", "0.7"),
    "outcome.att3.months": ("Månader", "months", "12", None, None),
    "outcome.att6.share": ("Når sex månader", "share", "0.6", "0.4", "0.8"),
    "outcome.att6.months": ("Månader till", "months", "6", None, None),
    "cash.cost": ("Insatsens kostnad", "amount", "300000", "250000", "350000"),
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


# --- Pages -----------------------------------------------------------------------------------------------------------


def url(name: str, drafting: Drafting, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[drafting.contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def ask(drafting: Drafting, kind: str) -> SimulationRun:
    return simulating.request_run(
        actor=drafting.actor("anna"), contract=drafting.contract, kind=kind, seed=1, at=AT, draws=500
    )


def finish(run: SimulationRun) -> SimulationRun:
    tasks.run_simulation(str(run.pk))
    run.refresh_from_db()
    return run


def test_a_draft_without_figures_lists_what_is_missing(drafting: Drafting) -> None:
    page = text_of(browser(drafting.world, "anna").get(url("simulation", drafting)))
    assert "Missing before it can be simulated" in page
    assert "share of all who enrol" in page
    response = browser(drafting.world, "anna").post(url("simulation_draw", drafting), {"seed": "1"})
    assert response.status_code == 409
    assert "Missing: " in text_of(response)
    assert not SimulationRun.objects.exists()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_opens_with_and_without_runs(figured: Drafting, language: str) -> None:
    client = browser(figured.world, "anna", language)
    pages = ["simulation", "tornado", "scenarios", "scenario_add", "simulation_compare"]
    for name in pages:
        assert client.get(url(name, figured)).status_code == 200, name
    runs = [draw(figured), finish(ask(figured, "tornado")), finish(ask(figured, "scenarios"))]
    for name in pages:
        assert client.get(url(name, figured)).status_code == 200, name
    for run in runs:
        assert run.status == "done", run.error
        for name in ("simulation_run", "simulation_json", "simulation_csv"):
            assert client.get(url(name, figured, run.pk)).status_code == 200, (name, run.kind)
    assert client.get(url("simulation_chart", figured, runs[0].pk, "betalningar")).status_code == 200
    assert client.get(url("simulation_chart", figured, runs[1].pk, "ranta")).status_code == 200
