"""The doorbell of notices. The rows are the work; the sweeps send them."""

from celery import shared_task
from django.utils import timezone

from actors import mail


@shared_task(name="actors.send_notices")
def send_notices() -> None:
    """Letters to those who want them at once."""
    mail.send_waiting(clock=timezone.now)


@shared_task(name="actors.send_digests")
def send_digests() -> None:
    """One letter a day to those who want it so."""
    mail.send_digests(clock=timezone.now)
