"""Two providers in one contract: neither learns of the other's participants, nor how many they are."""

from datetime import date
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from actors.models import Membership, Organisation, OrganisationKind, User
from actors.policies import Actor
from actors.roles import Duty, Role
from contracts.models import ContractParty
from outcomes import actions
from outcomes.models import Claim, Observation, Participant
from outcomes.queries import shown_totals
from tests.access.addresses import mentions
from tests.outcomes.test_api import BASE, token
from tests.world import NOW, World


@pytest.fixture
def bo(world: World) -> User:
    """Case officer of Bryggan, the second provider. Språnget has two claims and a measured value."""
    bryggan = Organisation.objects.create(
        name="Föreningen Bryggan", kind=OrganisationKind.ASSOCIATION, organisation_number="8099999917", is_invented=True
    )
    with pgtrigger.ignore("contracts.ContractParty:frozen_once_proposed"):  # as if it had been there from the start
        ContractParty.objects.create(
            contract=world.contract, key="bryggan", organisation=bryggan, role=Role.SERVICE_PROVIDER
        )
    user = User.objects.create_user("bo@bryggan.example", "a-long-test-password", name="Bo", is_invented=True)
    membership = Membership.objects.create(user=user, organisation=bryggan, duties=[Duty.CASE_OFFICER])
    world.actors["bo"] = Actor(user, membership)
    for person in world.participants:
        Claim.objects.create(
            claim_period=world.period,
            participant=person,
            metric="att3",
            event_on=date(2026, 10, 14),
            reported_by=world.users["signe"],
            reported_for=world.organisations["spranget"],
            reported_at=NOW,
        )
    Observation.objects.create(
        claim_period=world.period,
        metric="well",
        cohort=world.cohort,
        measurement_period="2026-Q4",
        value=Decimal("3.8"),
        due=4711,
        measured=4242,
        reported_by=world.users["signe"],
        reported_for=world.organisations["spranget"],
        reported_at=NOW,
    )
    return user


def test_each_counts_its_own(world: World, bo: User) -> None:
    bryggan = world.actors["bo"].organisation
    assert bryggan is not None
    own = Participant.objects.create(
        contract=world.contract,
        cohort=world.cohort,
        provider=bryggan,
        pseudonym="p7f3",
        enrolled_on=date(2026, 8, 20),
    )
    Claim.objects.create(
        claim_period=world.period,
        participant=own,
        metric="att3",
        event_on=date(2026, 10, 15),
        reported_by=bo,
        reported_for=bryggan,
        reported_at=NOW,
    )
    reported = {
        name: shown_totals(world.actors[name], world.contract)[None, "att3"]["reported"]
        for name in ("bo", "signe", "vera", "anna")
    }
    assert reported == {"bo": 1, "signe": 2, "vera": 3, "anna": 3}


def test_pages_and_api_tell_nothing_of_the_other(world: World, bo: User) -> None:
    browser = Client()
    browser.force_login(bo, backend=settings.AUTHENTICATION_BACKENDS[-1])
    code, period = world.contract.code, world.period.name
    pages = [
        reverse("reports:contract_overview", args=[code]),
        reverse("outcomes:periods", args=[code]),
        reverse("outcomes:participants", args=[code]),
        reverse("outcomes:period_detail", args=[code, period]),
        reverse("outcomes:period_claims_csv", args=[code, period]),
        reverse("outcomes:verification_period", args=[code, period]),
    ]
    for page in pages:
        response = browser.get(page)
        body = b"".join(response) if response.streaming else response.content
        assert response.status_code == 200, page
        assert not mentions(body.decode(), ["p7f3", "p8a1", "4711", "4242"]), page
    answer = Client().get(f"{BASE}/outcomes", headers=token(world, "bo")).json()
    assert answer["metrics"] == []
    for claim in Claim.objects.all():
        assert browser.get(reverse("outcomes:claim_detail", args=[code, claim.pk])).status_code == 404


def test_both_may_import_files_of_the_same_content(world: World, bo: User, clock: Any) -> None:
    clock.move_to(NOW)
    content = b"pseudonym;metric;event_on;cohort;enrolled_on\np9c2;att3;2026-10-20;ht26;2026-08-20\n"
    for name in ("signe", "bo"):
        actor = world.actors[name]
        batch = actions.start_import(
            actor=actor, claim_period=world.period, file_name="q4.csv", content=content, at=NOW
        )
        assert batch.problem_count == 0, batch.reading
        actions.confirm_import(actor=actor, batch=batch, at=NOW)
    assert Participant.objects.filter(pseudonym="p9c2").count() == 2
