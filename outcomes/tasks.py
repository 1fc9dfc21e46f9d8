"""The doorbell of payments, rung by name because outcomes must not know payments. The sweep finds lost bells."""

import logging

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def ring_payments(claim_period_pk: int) -> None:
    """Say that a claim period has been verified, once that is committed. A broken bell is logged and never shown."""

    def ring() -> None:
        try:
            current_app.send_task("payments.compute_period", [claim_period_pk])
        except Exception:  # whatever the broker raises: the row is there, and the sweep computes it within a minute
            log.warning("could not ring for claim period %s; the sweep will find it", claim_period_pk, exc_info=True)

    transaction.on_commit(ring)
