"""Writing checked reports: participants, claims and measured values, many at a time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from actors.models import Organisation
from actors.policies import Actor
from outcomes.actions.common import set_up_cohorts
from outcomes.models import Claim, ClaimPeriod, ImportBatch, Observation, Participant
from outcomes.queries import vocabulary_of
from outcomes.sources.check import PlannedClaim, PlannedValue

BATCH = 2_000


def write_claims(
    actor: Actor,
    period: ClaimPeriod,
    provider: Organisation,
    planned: Sequence[PlannedClaim],
    at: datetime,
    *,
    batch: ImportBatch | None = None,
) -> tuple[list[Participant], list[Claim]]:
    """Write the claims, and the participants that are new with them. The caller has locked and checked."""
    cohorts = set_up_cohorts(period.contract, vocabulary_of(period.contract))
    new: dict[str, Participant] = {}
    for plan in planned:
        row = plan.row
        if plan.participant_id is None and row.pseudonym not in new:
            assert row.enrolled_on is not None  # noqa: S101 - the check demands it of a new participant
            new[row.pseudonym] = Participant(
                contract=period.contract,
                cohort=cohorts[row.cohort],
                provider=provider,
                pseudonym=row.pseudonym,
                enrolled_on=row.enrolled_on,
            )
    enrolled = Participant.objects.bulk_create(new.values(), batch_size=BATCH)
    people: dict[str, UUID] = {pseudonym: person.pk for pseudonym, person in new.items()}
    claims = [
        Claim(
            claim_period=period,
            participant_id=plan.participant_id or people[plan.row.pseudonym],
            metric=plan.row.metric,
            event_on=plan.row.event_on,
            units=plan.row.units,
            ordinal=plan.ordinal,
            supersedes_id=plan.supersedes,
            batch=batch,
            reported_by=actor.user,
            reported_for=provider,
            reported_at=at,
        )
        for plan in planned
    ]
    return enrolled, Claim.objects.bulk_create(claims, batch_size=BATCH)


def write_values(
    actor: Actor,
    period: ClaimPeriod,
    provider: Organisation,
    planned: Sequence[PlannedValue],
    at: datetime,
    *,
    batch: ImportBatch | None = None,
) -> list[Observation]:
    """Write the measured values. The caller has locked and checked."""
    cohorts = set_up_cohorts(period.contract, vocabulary_of(period.contract))
    values = [
        Observation(
            claim_period=period,
            metric=plan.row.metric,
            cohort=cohorts[plan.row.cohort] if plan.row.cohort else None,
            measurement_period=plan.row.measurement_period,
            value=plan.row.value,
            due=plan.row.due,
            measured=plan.row.measured,
            supersedes_id=plan.supersedes,
            batch=batch,
            reported_by=actor.user,
            reported_for=provider,
            reported_at=at,
        )
        for plan in planned
    ]
    return Observation.objects.bulk_create(values, batch_size=BATCH)
