"""How a measure is made: scored, chosen, defined, approved by two, and brought into the terms."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from contracts import actions
from contracts.actions import designing
from contracts.actions import measures as acts
from contracts.measuring import CRITERIA_KEYS, disagreements, is_enough, missing_fields, scored, sheet_hash, with_metric
from contracts.models import Baseline, ChainLink, Contract, Measure, MeasureApproval
from contracts.queries.measures import MeasureState, organisations_of, state_of, states_of
from tests.contracts.conftest import AT, Drafting, browser, draft_in
from tests.world import World

LATE = AT + timedelta(minutes=1)
SHEET: dict[str, Any] = {
    "numerator": "Elever med minst 80 % närvaro tre månader i rad",
    "denominator": "Inskrivna elever",
    "unit": "personer",
    "source_system": "Närvarosystemet",
    "extraction": "Den femte dagen efter kvartalet",
    "missing": "Räknas som ej uppnått",
    "window": "Två år från inskrivningen",
    "window_months": 24,
    "weaknesses": "Lov räknas inte",
    "target": Decimal(40),
}


def url(name: str, contract: Contract, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def fields_of(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


@pytest.fixture
def measure(drafting: Drafting) -> Measure:
    return acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Närvaro 80 %", at=AT)


@pytest.fixture
def whole(drafting: Drafting, measure: Measure) -> Measure:
    """Chosen for payment and completely defined."""
    anna = drafting.actor("anna")
    acts.choose_measure(actor=anna, measure=measure, use=Measure.Use.PAYMENT, at=AT)
    return acts.define_measure(actor=anna, measure=measure, changes=SHEET, at=AT)


def state(drafting: Drafting, measure: Measure) -> MeasureState:
    contract = drafting.refresh()
    return next(found for found in states_of(contract) if found.measure.pk == measure.pk)


def approve(drafting: Drafting, measure: Measure, who: str) -> MeasureApproval:
    return acts.approve_measure(
        actor=drafting.actor(who), measure=measure, sheet_hash=state(drafting, measure).hash, at=AT
    )


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    "name", ["measure_detail", "measure_define", "measure_score", "measure_metric", "measure_choose", "measure_approve"]
)
@pytest.mark.parametrize("who", ["anna", "signe", "rut"])
def test_every_page_opens_for_those_who_may(
    drafting: Drafting, whole: Measure, name: str, language: str, who: str
) -> None:
    needs = {"measure_choose": {"anna"}, "measure_approve": {"anna", "signe"}}.get(name, {"anna", "signe", "rut"})
    response = browser(drafting.world, who, language).get(url(name, drafting.contract, whole.pk))
    assert response.status_code == (200 if who in needs else 403), text_of(response)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", ["measures", "measure_compare", "measure_add", "measure_adopt", "baselines"])
def test_every_list_opens_empty_and_filled(world: World, name: str, language: str) -> None:
    drafting = draft_in(world)
    client = browser(world, "anna", language)
    assert client.get(url(name, drafting.contract)).status_code == 200
    measure = acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Närvaro", at=AT)
    acts.add_measure(actor=drafting.actor("anna"), contract=drafting.contract, name_sv="Mående", at=AT)
    acts.choose_measure(actor=drafting.actor("anna"), measure=measure, use=Measure.Use.GUARD, at=AT)
    assert client.get(url(name, drafting.contract)).status_code == 200
