"""Moving a thing from one status to another: the only place that writes a `status` field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from actors.models import StatusChange
from actors.policies import Actor, Refused


def move(
    obj: models.Model,
    act: str,
    *,
    transitions: Mapping[tuple[str, str], str],
    changes: type[StatusChange],
    subject_field: str,
    actor: Actor | None,
    refusal: str,
    reason: str = "",
    also: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Take `obj` along `act` by its table, or raise Refused with `refusal`; leave a StatusChange behind.

    `also` are fields that belong to the move and are written with it, such as the time it was made.
    The caller has locked the row in this transaction (or its parent) and has asked for permission.
    """
    status: Any = getattr(obj, "status")  # noqa: B009 - every caller's model has one; the type is its own choices
    new = transitions.get((status, act))
    if new is None:
        raise Refused(refusal)
    obj.status = new  # type: ignore[attr-defined]
    for name, value in (also or {}).items():
        setattr(obj, name, value)
    obj.save(update_fields=["status", *(also or {})])
    changes._default_manager.create(
        **{subject_field: obj},
        old=status,
        new=new,
        act=act,
        user=actor.user if actor else None,
        reason=reason,
        at=at or timezone.now(),
    )
