"""The doorbell of simulations. The rows are the work; a lost bell costs a minute."""

import logging
from typing import Any

from celery import current_app, shared_task
from django.db import transaction
from django.utils import timezone

from contracts.actions import simulating

logger = logging.getLogger(__name__)


@shared_task(name="contracts.run_simulation")
def run_simulation(run_id: str) -> None:
    """Draw one run."""
    simulating.run(run_id, clock=timezone.now)


@shared_task(name="contracts.simulate_waiting")
def simulate_waiting() -> None:
    """The sweep: what a dead worker left goes back in the queue, and every waiting run gets its bell."""
    simulating.requeue_expired(at=timezone.now())
    for pk in simulating.waiting(at=timezone.now()):
        run_simulation.delay(str(pk))


def ring(run_id: Any) -> None:
    """Ring after the commit. A broken bell is logged and never shown: the sweep finds the row."""

    def send() -> None:
        try:
            run_simulation.delay(str(run_id))
        except Exception:
            logger.exception("the bell for simulation %s could not be rung", run_id)

    transaction.on_commit(send)


def ring_sealing(version_pk: int) -> None:
    """Say that a version is agreed, by name because contracts must not know reports. The sweep finds a lost bell."""

    def send() -> None:
        try:
            current_app.send_task("reports.seal_agreement", [version_pk])
        except Exception:
            logger.exception("the bell for sealing version %s could not be rung", version_pk)

    transaction.on_commit(send)
