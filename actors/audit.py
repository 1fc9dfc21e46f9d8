"""The trail: the only writer of audit events."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from actors.models import AuditEvent
from actors.policies import Actor


def record(
    *,
    actor: Actor | None,
    event: str,
    subject: models.Model,
    contract_code: str = "",
    at: datetime | None = None,
    **data: Any,
) -> AuditEvent:
    """Write one event about `subject`; `actor` is None when the platform itself acted (a computation, a sweep).

    `data` must be JSON-able ids, codes and counts; never a pseudonym.
    """
    return AuditEvent.objects.create(
        at=at or timezone.now(),
        user=actor.user if actor else None,
        organisation=actor.organisation if actor else None,
        event=event,
        subject=f"{subject._meta.label_lower}:{subject.pk}",
        contract_code=contract_code,
        data=data,
    )
