"""The doorbell of report runs. The rows are the work; a lost bell costs a minute."""

import logging
from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from reports import actions, reminding
from reports.queries.agreement import waiting_for_seal
from reports.render import RenderError
from reports.seal import SealError

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 20


@shared_task(name="reports.render")
def render(run_id: str) -> None:
    """Make the file of one run."""
    actions.run(run_id, clock=timezone.now)


@shared_task(name="reports.render_waiting")
def render_waiting() -> None:
    """The sweep: what a dead worker left goes back in the queue, and every waiting run gets its bell."""
    actions.requeue_expired(at=timezone.now())
    for pk in actions.waiting(at=timezone.now()):
        render.delay(str(pk))


@shared_task(name="reports.remind")
def remind() -> None:
    """Tell people what they must do soon, or should have done."""
    reminding.remind(at=timezone.now())


@shared_task(name="reports.seal_agreement")
def seal_agreement(version_id: int) -> None:
    """Seal the document of one agreed version. What hinders it is the administrator's to mend; the sweep goes on."""
    try:
        actions.seal_agreement(version_id, at=timezone.now())
    except (SealError, RenderError) as error:
        logger.warning("version %s is not sealed: %s", version_id, error)


@shared_task(name="reports.seal_waiting")
def seal_waiting() -> None:
    """The sweep: every agreed version without a sealed document gets its bell."""
    for pk in waiting_for_seal().values_list("pk", flat=True)[:MOST_AT_ONCE]:
        seal_agreement.delay(pk)


def ring(run_id: Any) -> None:
    """Ring after the commit. A broken bell is logged and never shown: the sweep finds the row."""

    def send() -> None:
        try:
            render.delay(str(run_id))
        except Exception:
            logger.exception("the bell for report run %s could not be rung", run_id)

    transaction.on_commit(send)
