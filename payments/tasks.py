"""The doorbell of computations. The verified periods are the work; a lost bell costs a minute, never a payment."""

import logging

from celery import shared_task
from django.utils import timezone

from payments import actions
from payments.queries import periods_to_compute

logger = logging.getLogger(__name__)


@shared_task(name="payments.compute_period")
def compute_period(claim_period_pk: int) -> None:
    """Compute the settlement of one verified period. Harmless when it is done already, or not to be done."""
    actions.compute(claim_period_pk, timezone.now())


@shared_task(name="payments.compute_waiting")
def compute_waiting() -> None:
    """The sweep: every verified period without a calculation whose time for an attempt has come.

    One that fails does not keep the others waiting.
    """
    for pk in periods_to_compute(timezone.now()):
        try:
            actions.compute(pk, timezone.now())
        except Exception:
            logger.exception("claim period %s could not be computed", pk)
