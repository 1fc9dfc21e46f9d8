"""Broker and cache are down: pages and API answer, and soon; the rows are there for the sweep to find."""

import time
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.urls import reverse
from rest_framework.throttling import UserRateThrottle

from config.local_stack import free_port
from outcomes.actions import report_period
from outcomes.states import PeriodStatus
from payments.queries import periods_to_compute
from tests.outcomes.test_api import BASE, token
from tests.world import NOW, World

SOON = 5.0  # seconds, on a busy machine


@pytest.fixture
def nobody_there() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


def test_period_is_verified_without_the_broker_and_found_by_the_sweep(
    world: World,
    nobody_there: str,
    monkeypatch: pytest.MonkeyPatch,
    clock: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    app = Celery("broken", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf["broker_url"] = nobody_there
    monkeypatch.setattr("outcomes.tasks.current_app", app)
    report_period(actor=world.actors["signe"], claim_period=world.period, at=NOW, nothing_to_report=True)
    browser = Client()
    browser.force_login(world.users["vera"], backend=settings.AUTHENTICATION_BACKENDS[-1])
    begun = time.perf_counter()
    with django_capture_on_commit_callbacks(execute=True):
        address = reverse("outcomes:verification_finish", args=[world.contract.code, world.period.name])
        assert browser.post(address).status_code == 302
    assert time.perf_counter() - begun < SOON
    world.period.refresh_from_db()
    assert world.period.status == PeriodStatus.VERIFIED
    assert world.period.pk in periods_to_compute(NOW)


def test_api_answers_without_the_cache(world: World, nobody_there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = RedisCache(nobody_there, {"OPTIONS": settings.REDIS_CACHE["OPTIONS"]})
    monkeypatch.setattr(UserRateThrottle, "cache", cache)
    headers, begun = token(world, "signe"), time.perf_counter()
    assert Client().get(f"{BASE}/outcomes", headers=headers).status_code == 200
    assert time.perf_counter() - begun < SOON
