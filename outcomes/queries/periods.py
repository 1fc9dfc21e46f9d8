"""Claim periods, and sums of what was reported and verified in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from django.db.models import Count, Q, QuerySet

from actors.policies import Actor, NotVisible
from actors.roles import Permission
from contracts.models import Contract
from contracts.queries import get_contract_for
from outcomes.models import Claim, ClaimPeriod, Observation
from outcomes.policies import sees_persons
from outcomes.queries.claims import STANDING, claims_with_state, observations_with_state
from outcomes.snapshot import replaced_reports
from outcomes.states import Decision
from rulebook import suppress

VERIFIED = Q(decision__in=[Decision.ACCEPT, Decision.ADJUST])
REJECTED = Q(decision=Decision.REJECT)


class Counts(TypedDict):
    """Claims on one metric. `verified` counts what was accepted or adjusted in verified periods."""

    reported: int
    verified: int
    rejected: int


ShownCounts = dict[str, int | None]  # None: hidden, because so few persons could be recognised


def periods_of(contract: Contract) -> QuerySet[ClaimPeriod]:
    """The contract's claim periods, the latest first."""
    return contract.claim_periods.order_by("-starts_on")


def get_period_for(actor: Actor, code: str, name: str, permission: Permission) -> ClaimPeriod:
    """The claim period with its contract, if the actor may do this in the contract."""
    contract = get_contract_for(actor, code, permission)
    period = contract.claim_periods.filter(name=name).first()
    if period is None:
        raise NotVisible
    period.contract = contract  # with the parties already at hand
    return period


def totals_of(contract: Contract) -> dict[str, Counts]:
    """Per metric, over all claim periods: claims reported, verified and rejected."""
    totals: dict[str, Counts] = {}
    for (_period, metric), counts in totals_by_period(contract).items():
        total = totals.setdefault(metric, Counts(reported=0, verified=0, rejected=0))
        for key in ("reported", "verified", "rejected"):
            total[key] += counts[key]
    return totals


def totals_by_period(contract: Contract) -> dict[tuple[int, str], Counts]:
    """Per claim period (pk) and metric: claims reported, verified and rejected. Two queries."""
    replaced = replaced_reports(contract)
    claims = claims_with_state(Claim.objects.filter(claim_period__contract=contract), final=True)
    rows = (
        claims.values("claim_period_id", "metric")
        .order_by("claim_period_id", "metric")
        .annotate(
            reported=Count("pk", filter=STANDING & Q(is_corrected_later=False)),
            verified=Count("pk", filter=VERIFIED & STANDING & ~Q(pk__in=replaced)),
            rejected=Count("pk", filter=REJECTED & STANDING),
        )
        .values_list("claim_period_id", "metric", "reported", "verified", "rejected")
    )
    return {
        (period, metric): Counts(reported=reported, verified=verified, rejected=rejected)
        for period, metric, reported, verified, rejected in rows
    }


def shown_counts(actor: Actor, contract: Contract, counts: Counts) -> ShownCounts:
    """The counts as the actor may see them: small ones are hidden from those who see no persons."""
    if sees_persons(actor, contract):
        return {"reported": counts["reported"], "verified": counts["verified"], "rejected": counts["rejected"]}
    return hidden_counts(counts)


def hidden_counts(counts: Counts) -> ShownCounts:
    """Verified and rejected are parts of what was reported, so what neither tells must not follow from the sum."""
    parts = {"verified": counts["verified"], "rejected": counts["rejected"]}
    parts["undecided"] = max(0, counts["reported"] - counts["verified"] - counts["rejected"])
    reported = suppress({"reported": counts["reported"]})["reported"]
    shown: ShownCounts = dict(suppress(parts))
    if reported is None:
        shown = dict.fromkeys(parts)
    del shown["undecided"]
    return {"reported": reported, **shown}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one claim period has come."""

    claims: int
    claims_decided: int
    values: int
    values_decided: int

    @property
    def undecided(self) -> int:
        return self.claims + self.values - self.claims_decided - self.values_decided


def progress_of(periods: Iterable[ClaimPeriod]) -> dict[int, Progress]:
    """Per claim period (pk): reports that stand, and how many of them are decided. Two queries for all of them."""
    ids = [period.pk for period in periods]
    decided = STANDING & Q(decision__isnull=False)

    def counted(rows: QuerySet[Claim] | QuerySet[Observation]) -> dict[int, tuple[int, int]]:
        sums = (
            rows.values("claim_period_id")
            .order_by("claim_period_id")
            .annotate(standing=Count("pk", filter=STANDING), decided=Count("pk", filter=decided))
        )
        return {row["claim_period_id"]: (row["standing"], row["decided"]) for row in sums}

    claims = counted(claims_with_state(Claim.objects.filter(claim_period__in=ids)))
    values = counted(observations_with_state(Observation.objects.filter(claim_period__in=ids)))
    return {pk: Progress(*claims.get(pk, (0, 0)), *values.get(pk, (0, 0))) for pk in ids}
