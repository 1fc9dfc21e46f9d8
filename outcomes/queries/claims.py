"""Claims and measured values, each with the last decision on it and whether it still stands."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, F, OuterRef, Q, QuerySet, Subquery, When

from actors.models import Organisation
from actors.policies import Actor, NotVisible
from contracts.models import Contract
from outcomes.models import Claim, ClaimPeriod, Evidence, Observation, Participant, Verification
from outcomes.policies import limited_to, participants_seen, sees_persons
from outcomes.states import Decision

STANDING = Q(is_withdrawn=False, is_replaced=False)
"""Reports that still stand: not withdrawn, and not corrected within the same claim period."""
UNDECIDED = STANDING & Q(decision=None)
DECIDED_AS = {decision: STANDING & Q(decision=decision) for decision in Decision}


def claims_with_state(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Each claim with `decision` (and what was decided), `is_withdrawn`, `is_replaced` and `is_corrected_later`."""
    return claims.annotate(**_last_decision("claim"), **_marks())


def observations_with_state(observations: QuerySet[Observation]) -> QuerySet[Observation]:
    """Each measured value with the same marks as a claim."""
    return observations.annotate(**_last_decision("observation"), **_marks())


def _marks() -> dict[str, Any]:
    """What has become of a report. By joins, since a report has at most one withdrawal and one correction."""
    corrected = Q(superseded_by__isnull=False, superseded_by__withdrawal__isnull=True)
    here = Q(superseded_by__claim_period=F("claim_period"))
    return {
        "is_withdrawn": _when(Q(withdrawal__isnull=False)),
        "is_replaced": _when(corrected & here),
        "is_corrected_later": _when(corrected & ~here),
    }


def _when(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def _last_decision(subject: str) -> dict[str, Any]:
    last = Verification.objects.filter(**{subject: OuterRef("pk")}).order_by("-verified_at")
    names = {
        "decision": "decision",
        "decided_event_on": "event_on",
        "decided_units": "units",
        "decided_value": "value",
        "decided_reason_code": "reason_code",
        "decided_reason": "reason",
        "decided_at": "verified_at",
    }
    return {name: Subquery(last.values(column)[:1]) for name, column in names.items()}


def claims_of(claim_period: ClaimPeriod) -> QuerySet[Claim]:
    """The claims of one period with their state; person and provider at hand."""
    rows = claim_period.claims.select_related("participant__cohort", "participant__provider")
    return claims_with_state(rows)


def claims_seen(actor: Actor, claim_period: ClaimPeriod) -> QuerySet[Claim]:
    """The claims of one period that the actor may see."""
    return claims_of(claim_period).filter(participants_seen(actor, claim_period.contract, "participant__"))


def observations_of(claim_period: ClaimPeriod) -> QuerySet[Observation]:
    """The measured values of one period with their state."""
    return observations_with_state(claim_period.observations.select_related("cohort", "reported_for")).order_by(
        "metric", "measurement_period", "cohort__key", "reported_at"
    )


def observations_seen(actor: Actor, claim_period: ClaimPeriod) -> QuerySet[Observation]:
    """The measured values that the actor may see: they say how many were measured, so a provider sees its own."""
    provider = limited_to(actor, claim_period.contract)
    rows = observations_of(claim_period)
    return rows if provider is None else rows.filter(reported_for=provider)


def undecided(claim_period: ClaimPeriod) -> tuple[int, int]:
    """How many claims and how many measured values the verifier still has to decide on."""
    return claims_of(claim_period).filter(UNDECIDED).count(), observations_of(claim_period).filter(UNDECIDED).count()


def get_claim_for(actor: Actor, claim_period: ClaimPeriod, pk: UUID) -> Claim:
    """One claim of the period with its state, if the actor may see it."""
    claim = claims_seen(actor, claim_period).filter(pk=pk).first()
    if claim is None:
        raise NotVisible
    return claim


def get_participant_for(actor: Actor, contract: Contract, pk: UUID) -> Participant:
    """One participant of the contract, if the actor may see them."""
    participants = Participant.objects.select_related("cohort", "provider").filter(contract=contract, pk=pk)
    participant = participants.filter(participants_seen(actor, contract)).first()
    if participant is None:
        raise NotVisible
    return participant


def evidence_seen(actor: Actor, contract: Contract) -> QuerySet[Evidence]:
    """The evidence that the actor may open: a provider its own and what concerns its own participants."""
    rows = Evidence.objects.filter(claim_period__contract=contract).select_related(
        "claim_period__contract", "uploaded_by", "uploaded_for"
    )
    if not sees_persons(actor, contract):
        return rows.none()
    provider = limited_to(actor, contract)
    if provider is None:
        return rows
    return rows.filter(Q(uploaded_for=provider) | Q(claim__participant__provider=provider))


def history_of(claim: Claim) -> list[Claim]:
    """The claim with everything that was reported of the same event before and after, oldest first."""
    chain = [claim]
    while chain[0].supersedes_id:
        chain.insert(0, _with_people().get(pk=chain[0].supersedes_id))
    while (later := _with_people().filter(supersedes=chain[-1]).first()) is not None:
        chain.append(later)
    return chain


def head_of(claim: Claim) -> Claim:
    """The latest report of the same event: the one that a new correction supersedes."""
    return history_of(claim)[-1]


def _with_people() -> QuerySet[Claim]:
    return claims_with_state(Claim.objects.select_related("claim_period", "participant__cohort", "reported_by"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A claim that a new one may not repeat."""

    id: UUID
    event_on: date
    period: str


@dataclass(slots=True)
class Known:
    """What a provider has reported in a contract, in the form that a new report is checked against."""

    participants: dict[str, Participant] = field(default_factory=dict)
    standing: dict[tuple[UUID, str], list[Standing]] = field(default_factory=dict)
    rejected: dict[tuple[UUID, str, date], Standing] = field(default_factory=dict)
    withdrawn: dict[tuple[UUID, str, date], UUID] = field(default_factory=dict)
    counts: dict[tuple[UUID, str], int] = field(default_factory=dict)


def known_to(contract: Contract, provider: Organisation, pseudonyms: Iterable[str]) -> Known:
    """The provider's participants with these pseudonyms, and what has been claimed for them: two queries."""
    wanted = list(set(pseudonyms))
    people = Participant.objects.select_related("cohort").filter(
        contract=contract, provider=provider, erased_at=None, pseudonym__in=wanted
    )
    known = Known(participants={person.pseudonym: person for person in people})
    ids = [person.pk for person in known.participants.values()]
    rows = claims_with_state(Claim.objects.filter(participant__in=ids)).order_by("reported_at")
    columns = (
        "pk",
        "participant_id",
        "metric",
        "event_on",
        "claim_period__name",
        "is_withdrawn",
        "is_replaced",
        "is_corrected_later",
        "decision",
    )
    for pk, person, metric, day, period, is_withdrawn, is_replaced, is_corrected, decision in rows.values_list(
        *columns
    ):
        key = (person, metric)
        known.counts[key] = known.counts.get(key, 0) + 1
        if is_replaced or is_corrected:
            continue
        if is_withdrawn:
            known.withdrawn[person, metric, day] = pk
        elif decision == Decision.REJECT:
            known.rejected[person, metric, day] = Standing(pk, day, period)
        else:
            known.standing.setdefault(key, []).append(Standing(pk, day, period))
    return known


@dataclass(frozen=True, slots=True)
class StandingValue:
    """A measured value that a new report would repeat or correct."""

    id: UUID
    period: str
    period_id: int
    is_withdrawn: bool


def known_values(contract: Contract) -> dict[tuple[str, str, str], StandingValue]:
    """The last report of each metric, cohort and measurement period, and which claim period holds it."""
    observations = observations_with_state(Observation.objects.filter(claim_period__contract=contract))
    rows: QuerySet[Any] = observations.order_by("reported_at")
    return {
        (row.metric, row.cohort.key if row.cohort else "", row.measurement_period): StandingValue(
            row.pk, row.claim_period.name, row.claim_period_id, row.is_withdrawn
        )
        for row in rows.select_related("cohort", "claim_period")
    }
