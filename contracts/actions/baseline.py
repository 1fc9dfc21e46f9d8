"""The act on the state before: how a measure's baseline is found, and its value where it is known."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from actors.audit import record
from actors.policies import Actor, Refused
from contracts.actions.begin import begin
from contracts.actions.saving import change
from contracts.models import Baseline, Measure
from contracts.policies import Act
from contracts.queries.kolada import usable_snapshots

FIELDS = (
    "method",
    "description",
    "is_measured_later",
    "value",
    "persons",
    "spread",
    "period",
    "source",
    "snapshot",
    "smallest_change",
)


@transaction.atomic
def edit_baseline(
    *,
    actor: Actor,
    measure: Measure,
    changes: Mapping[str, Any],
    at: datetime,
    seen: Mapping[str, Any] | None = None,
) -> Baseline:
    """Say how the baseline of a measure is found, finished or not. A baseline measured after signing has no value yet.

    What somebody else has changed since the writer saw it is not overwritten: EditConflict says which field.
    """
    locked, _version = begin(actor, Act.EDIT_DESIGN, measure.contract)
    measure = Measure.objects.select_for_update().get(pk=measure.pk, contract=locked)
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise ValueError(f"not fields of a baseline: {sorted(unknown)}")
    baseline = Baseline.objects.filter(measure=measure).first() or Baseline(measure=measure)
    is_new = baseline.pk is None
    snapshot = changes.get("snapshot")
    if snapshot is not None and not usable_snapshots(actor, locked).filter(pk=snapshot.pk).exists():
        raise Refused(_("That figure from Kolada is not one of this contract's."))
    changed = change(baseline, changes, seen)
    if baseline.is_measured_later and baseline.value is not None:
        raise Refused(
            _("A baseline that is measured after signing has no value yet. Leave it empty, or take the tick away.")
        )
    fewest = measure.suppression_threshold
    if baseline.persons is not None and baseline.persons < fewest:
        raise Refused(
            _("A value measured on fewer than %(fewest)s persons is not shown. Measure it on more, or later.")
            % {"fewest": fewest}
        )
    if changed or is_new:
        baseline.save()
        record(
            actor=actor,
            at=at,
            event="contracts.edit_baseline",
            subject=baseline,
            contract_code=locked.code,
            key=measure.key,
            fields=sorted(changed),
        )
    return baseline
