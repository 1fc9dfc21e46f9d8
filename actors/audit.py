"""The trail: the only writer of audit events."""

from typing import Any

from django.db import models

from actors.models import AuditEvent
from actors.policies import Actor


def record(
    *, actor: Actor | None, event: str, subject: models.Model, contract_code: str = "", **data: Any
) -> AuditEvent:
    """Write one event about `subject`; `actor` is None when the platform itself acted (a computation, a sweep).

    `data` must be JSON-able ids, codes and counts; never a pseudonym.
    """
    return AuditEvent.objects.create(
        user=actor.user if actor else None,
        organisation=actor.organisation if actor else None,
        event=event,
        subject=f"{subject._meta.label_lower}:{subject.pk}",
        contract_code=contract_code,
        data=data,
    )
