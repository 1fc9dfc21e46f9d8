"""Nordviken with one settled quarter, and a browser for each of its people."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.test import Client

from payments import actions as pay
from payments.models import Calculation, PaymentOrder
from tests.payments.facts import compute, first_quarter, order
from tests.world import World, build_world


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def calculation(world: World) -> Calculation:
    """2026-Q4: both participants reached three months, 24 000 kr in all."""
    return compute(first_quarter(world))


@pytest.fixture
def paid_order(world: World, calculation: Calculation) -> PaymentOrder:
    """What the education board owes, ordered by Anna, reviewed by Rut, decided by Dag, and paid."""
    made = order(world, calculation)
    at = made.ordered_at
    made = pay.review(actor=world.actors["rut"], order=made, at=at + timedelta(hours=1))
    made = pay.decide(actor=world.actors["dag"], order=made, at=at + timedelta(hours=2))
    return pay.confirm_paid(
        actor=world.actors["anna"], order=made, paid_on=at.date() + timedelta(days=3), at=at + timedelta(days=3)
    )


@pytest.fixture
def browse(world: World) -> Callable[..., Client]:
    """A browser in which this person is logged in."""

    def log_in(name: str, language: str = "en") -> Client:
        client = Client()
        client.force_login(world.users[name], backend=settings.AUTHENTICATION_BACKENDS[-1])
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return client

    return log_in


@pytest.fixture(autouse=True)
def _own_media(tmp_path: Path, settings: LazySettings) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
