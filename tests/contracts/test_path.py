"""The guided path: what each step finds done and missing, whose turn it is, and its pages."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.models import AuditEvent
from actors.policies import NotAllowed, Refused
from contracts import actions
from contracts.actions import designing
from contracts.models import ChainLink, Contract, Design
from contracts.queries.path import BEGUN, DONE, EMPTY, STALE, Step, ground_of, steps_of
from contracts.stages import Known, stage_of, stages_of
from contracts.states import ContractStatus
from tests.contracts.conftest import AT, Drafting, browser
from tests.world import World

LATE = AT + timedelta(minutes=1)


def url(name: str, contract: Contract, *args: Any) -> str:
    return reverse(f"contracts:{name}", args=[contract.code, *args])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def steps(drafting: Drafting) -> dict[str, Step]:
    contract = Contract.objects.prefetch_related("parties__organisation").get(pk=drafting.contract.pk)
    return {step.key: step for step in steps_of(ground_of(contract))}


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("name", ["design", "design_need", "design_target_group", "chain"])
@pytest.mark.parametrize("who", ["anna", "signe", "ines", "vera", "rut"])
def test_every_party_reads_every_page(drafting: Drafting, language: str, name: str, who: str) -> None:
    assert browser(drafting.world, who, language).get(url(name, drafting.contract)).status_code == 200
