"""The verified facts of a contract as the rulebook reads them, each with the hash of the decision it rests on.

A fact carries the participant's id, never the pseudonym, so that erasing a pseudonym changes no fact and no hash.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from contracts.models import Contract
from outcomes.models import Claim, Observation, Verification
from outcomes.states import Decision, PeriodStatus
from rulebook import canonical_json

Facts = dict[str, list[dict[str, Any]]]
COUNTING = (Decision.ACCEPT, Decision.ADJUST)


@dataclass(frozen=True, slots=True)
class FrozenFact:
    """What a calculation refers to: the decision, what it is about, and the sha256 of both."""

    verification_id: UUID
    kind: str  # "claim" or "observation"
    subject_id: UUID
    hash: str


class FactsDiffer(ValueError):
    """Stored decisions do not hash to what was frozen when they were taken: somebody has changed a row."""


def facts_of(contract: Contract, as_of: date) -> tuple[Facts, list[FrozenFact]]:
    """Everything that counts on `as_of`: the latest decision per claim and value, of periods verified by then.

    What a correction has replaced does not count, once that correction has been accepted or adjusted.
    Raises FactsDiffer if a row is no longer what was decided on.
    """
    decisions = [d for d in latest_decisions(contract, as_of) if d.decision in COUNTING]
    earlier = _earlier_reports(contract)
    replaced = replaced_by(decisions, earlier)
    counting = [d for d in decisions if _subject_id(d) not in replaced]
    facts, frozen = _facts(counting, earlier)
    changed = [d.pk for d, fact in zip(counting, frozen, strict=True) if d.frozen_hash != fact.hash]
    if changed:
        raise FactsDiffer(f"decisions that have changed since they were taken: {', '.join(map(str, changed))}")
    return facts, frozen


def facts_of_verifications(contract: Contract, ids: Iterable[UUID]) -> tuple[Facts, list[FrozenFact]]:
    """The facts that exactly these decisions make, with hashes over the rows as they are now: for recomputing."""
    wanted = set(ids)
    decisions = list(_with_subjects(Verification.objects.filter(claim_period__contract=contract, pk__in=wanted)))
    missing = wanted - {d.pk for d in decisions}
    if missing:
        raise FactsDiffer(f"decisions that are no longer there: {', '.join(sorted(map(str, missing)))}")
    return _facts(decisions, _earlier_reports(contract))


def latest_decisions(contract: Contract, as_of: date) -> QuerySet[Verification]:
    """The last word on each claim and each value, of the claim periods verified on or before the day."""
    midnight = timezone.make_aware(datetime.combine(as_of + timedelta(days=1), time.min))
    decisions = Verification.objects.filter(
        claim_period__contract=contract,
        claim_period__status=PeriodStatus.VERIFIED,
        claim_period__verified_at__lt=midnight,
        claim__withdrawal=None,
        observation__withdrawal=None,
    )
    return (
        _with_subjects(decisions)
        .order_by("claim_id", "observation_id", "-verified_at")
        .distinct("claim_id", "observation_id")
    )


def replaced_by(decisions: Iterable[Verification], earlier: Mapping[UUID, "Earlier"]) -> set[UUID]:
    """The claims and values that the counting corrections among these decisions have replaced, all the way back."""
    replaced: set[UUID] = set()
    for decision in decisions:
        step = earlier.get(_subject_id(decision))
        while step is not None:
            replaced.add(step.id)
            step = earlier.get(step.id)
    return replaced


def replaced_claims(contract: Contract) -> set[UUID]:
    """The claims that count no longer, because a verified correction has taken their place. One query."""
    last = Verification.objects.filter(claim=OuterRef("pk"), claim_period__status=PeriodStatus.VERIFIED)
    corrections = Claim.objects.filter(claim_period__contract=contract, supersedes__isnull=False, withdrawal=None)
    rows = list(
        corrections.annotate(said=Subquery(last.order_by("-verified_at").values("decision")[:1])).values_list(
            "pk", "supersedes_id", "said"
        )
    )
    before = {pk: old for pk, old, _said in rows}
    replaced: set[UUID] = set()
    for pk in (pk for pk, _old, said in rows if said in COUNTING):
        step = before.get(pk)
        while step is not None:
            replaced.add(step)
            step = before.get(step)
    return replaced


def frozen_hash(
    subject: Claim | Observation,
    decision: str,
    *,
    event_on: date | None = None,
    units: Decimal | None = None,
    value: Decimal | None = None,
) -> str:
    """The sha256 over what was reported, what was decided and what it rests on; never over a pseudonym."""
    document = _frozen_claim(subject) if isinstance(subject, Claim) else _frozen_observation(subject)
    document["decision"] = str(decision)
    document["verified"] = {
        "event_on": event_on and event_on.isoformat(),
        "units": _plain(units),
        "value": _plain(value),
    }
    return hashlib.sha256(canonical_json(document).encode()).hexdigest()


def _frozen_claim(claim: Claim) -> dict[str, Any]:
    return {
        "claim": str(claim.pk),
        "person": str(claim.participant_id),
        "cohort": claim.participant.cohort.key or None,
        "enrolled_on": claim.participant.enrolled_on.isoformat(),
        "metric": claim.metric,
        "ordinal": claim.ordinal,
        "supersedes": str(claim.supersedes_id) if claim.supersedes_id else None,
        "reported": {
            "event_on": claim.event_on.isoformat(),
            "units": _plain(claim.units),
            "on": _day(claim.reported_at).isoformat(),
        },
    }


def _frozen_observation(observation: Observation) -> dict[str, Any]:
    return {
        "observation": str(observation.pk),
        "metric": observation.metric,
        "cohort": observation.cohort.key if observation.cohort else None,
        "measurement_period": observation.measurement_period,
        "supersedes": str(observation.supersedes_id) if observation.supersedes_id else None,
        "reported": {
            "value": _plain(observation.value),
            "due": observation.due,
            "measured": observation.measured,
            "on": _day(observation.reported_at).isoformat(),
        },
    }


@dataclass(frozen=True, slots=True)
class Earlier:
    """The report that another one corrects, and when it was made."""

    id: UUID
    reported_at: datetime


def _earlier_reports(contract: Contract) -> dict[UUID, Earlier]:
    steps: dict[UUID, Earlier] = {}
    for model in (Claim, Observation):
        rows = model._default_manager.filter(claim_period__contract=contract, supersedes__isnull=False)
        for pk, old, at in rows.values_list("pk", "supersedes_id", "supersedes__reported_at"):
            steps[pk] = Earlier(old, at)
    return steps


def _with_subjects(decisions: QuerySet[Verification]) -> QuerySet[Verification]:
    return decisions.select_related("claim__participant__cohort", "observation__cohort", "claim_period")


def _facts(decisions: Iterable[Verification], earlier: Mapping[UUID, Earlier]) -> tuple[Facts, list[FrozenFact]]:
    persons: dict[str, dict[str, Any]] = {}
    claims: list[dict[str, Any]] = []
    measured: list[dict[str, Any]] = []
    frozen: list[FrozenFact] = []
    for decision in decisions:
        subject = decision.claim or decision.observation
        assert subject is not None  # noqa: S101 - the table's check constraint says so
        if isinstance(subject, Claim):
            person = subject.participant
            persons[str(person.pk)] = {
                "id": str(person.pk),
                "cohort": person.cohort.key or None,
                "enrolled_on": person.enrolled_on.isoformat(),
            }
            claims.append(_claim_fact(subject, decision, earlier))
        else:
            measured.append(_measured_fact(subject, decision))
        digest = frozen_hash(
            subject, decision.decision, event_on=decision.event_on, units=decision.units, value=decision.value
        )
        kind = "claim" if isinstance(subject, Claim) else "observation"
        frozen.append(FrozenFact(decision.pk, kind, subject.pk, digest))
    facts = {
        "persons": sorted(map(_given, persons.values()), key=lambda row: row["id"]),
        "claims": sorted(claims, key=lambda row: (row["event_on"], row["id"])),
        "measured": sorted(measured, key=lambda row: (row["metric"], row["period"], row["id"])),
    }
    return facts, frozen


def _claim_fact(claim: Claim, decision: Verification, earlier: Mapping[UUID, Earlier]) -> dict[str, Any]:
    first = claim.reported_at  # a correction does not make a claim late
    step = earlier.get(claim.pk)
    while step is not None:
        first, step = step.reported_at, earlier.get(step.id)
    fact = {
        "id": str(claim.pk),
        "person": str(claim.participant_id),
        "metric": claim.metric,
        "cohort": claim.participant.cohort.key or None,
        "event_on": (decision.event_on or claim.event_on).isoformat(),
        "units": _plain(decision.units if decision.units is not None else claim.units),
        "ordinal": claim.ordinal,
        "claimed_on": _day(first).isoformat(),
        "verified_on": _verified_on(decision),
    }
    return _given(fact)


def _measured_fact(observation: Observation, decision: Verification) -> dict[str, Any]:
    fact = {
        "id": str(observation.pk),
        "metric": observation.metric,
        "cohort": observation.cohort.key if observation.cohort else None,
        "period": observation.measurement_period,
        "value": _plain(decision.value if decision.value is not None else observation.value),
        "due": observation.due,
        "measured": observation.measured,
        "verified_on": _verified_on(decision),
    }
    return _given(fact)


def _given(fact: dict[str, Any]) -> dict[str, Any]:
    """The entries that say something: terms without cohorts, say, make facts without cohorts."""
    return {key: value for key, value in fact.items() if value is not None}


def _verified_on(decision: Verification) -> str | None:
    at = decision.claim_period.verified_at
    return _day(at).isoformat() if at else None


def _subject_id(decision: Verification) -> UUID:
    subject = decision.claim_id or decision.observation_id
    assert subject is not None  # noqa: S101 - the table's check constraint says so
    return subject


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _plain(number: Decimal | None) -> str | None:
    """`1.0000` → `1`: one spelling whether the row comes from the database or has just been made."""
    return None if number is None else f"{number.normalize():f}"
