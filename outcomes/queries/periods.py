"""Claim periods, and sums of what was reported and verified in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from django.db.models import Count, Q, QuerySet

from actors.models import Organisation
from actors.policies import Actor, NotVisible
from actors.roles import Permission
from contracts.models import Contract
from contracts.queries import get_contract_for
from outcomes.models import Claim, ClaimPeriod, Observation, Verification
from outcomes.policies import limited_to, sees_persons
from outcomes.queries.claims import STANDING, claims_with_state, observations_with_state
from outcomes.snapshot import replaced_claims
from outcomes.states import Decision, PeriodStatus
from rulebook import suppress


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
    return _summed(totals_by_period(contract))


def totals_for(actor: Actor, contract: Contract) -> dict[str, Counts]:
    """The same, as far as the actor may know of them: a provider counts its own participants only."""
    return _summed(totals_by_period(contract, _provider_of(actor, contract)))


def _provider_of(actor: Actor, contract: Contract) -> Organisation | None:
    return limited_to(actor, contract) if sees_persons(actor, contract) else None


def _summed(by_period: dict[tuple[int, str], Counts]) -> dict[str, Counts]:
    totals: dict[str, Counts] = {}
    for (_period, metric), counts in by_period.items():
        total = totals.setdefault(metric, Counts(reported=0, verified=0, rejected=0))
        total["reported"] += counts["reported"]
        total["verified"] += counts["verified"]
        total["rejected"] += counts["rejected"]
    return totals


def totals_by_period(contract: Contract, provider: Organisation | None = None) -> dict[tuple[int, str], Counts]:
    """Per claim period (pk) and metric: claims reported, verified and rejected. Three queries over sets.

    With a provider, the claims for its own participants only.
    """
    own = {} if provider is None else {"participant__provider": provider}
    claims = claims_with_state(Claim.objects.filter(claim_period__contract=contract, **own))
    reported = (
        claims.filter(STANDING & Q(is_corrected_later=False))
        .values("claim_period_id", "metric")
        .order_by()
        .annotate(count=Count("pk"))
        .values_list("claim_period_id", "metric", "count")
    )
    last = (
        Verification.objects.filter(
            claim_period__contract=contract,
            claim_period__status=PeriodStatus.VERIFIED,
            claim__isnull=False,
            claim__withdrawal=None,
            **{f"claim__{path}": value for path, value in own.items()},
        )
        .order_by("claim_id", "-verified_at")
        .distinct("claim_id")
    )
    decided = (
        Verification.objects.filter(pk__in=last.values("pk"))
        .exclude(claim__in=replaced_claims(contract))
        .values("claim__claim_period_id", "claim__metric", "decision")
        .order_by()
        .annotate(count=Count("pk"))
        .values_list("claim__claim_period_id", "claim__metric", "decision", "count")
    )
    totals: dict[tuple[int, str], Counts] = {}
    for period, metric, count in reported:
        totals[period, metric] = Counts(reported=count, verified=0, rejected=0)
    for period, metric, decision, count in decided:
        total = totals.setdefault((period, metric), Counts(reported=0, verified=0, rejected=0))
        total["rejected" if decision == Decision.REJECT else "verified"] += count
    return totals


def shown_counts(actor: Actor, contract: Contract, counts: Counts) -> ShownCounts:
    """The counts as the actor may see them: small ones are hidden from those who see no persons."""
    if sees_persons(actor, contract):
        return {"reported": counts["reported"], "verified": counts["verified"], "rejected": counts["rejected"]}
    return hidden_counts(counts)


def hidden_counts(counts: Counts) -> ShownCounts:
    """Verified and rejected are parts of what was reported, so what neither tells must not follow from the sum."""
    hidden = _hidden_in(counts)
    return {key: None if key in hidden else value for key, value in _cells(counts).items() if key != "undecided"}


def _cells(counts: Counts) -> dict[str, int]:
    undecided = max(0, counts["reported"] - counts["verified"] - counts["rejected"])
    return {
        "reported": counts["reported"],
        "verified": counts["verified"],
        "rejected": counts["rejected"],
        "undecided": undecided,
    }


def _hidden_in(counts: Counts) -> set[str]:
    cells = _cells(counts)
    total = cells.pop("reported")
    if suppress({"reported": total})["reported"] is None:
        return {"reported", *cells}
    return {key for key, value in suppress(cells).items() if value is None}


def shown_totals(actor: Actor, contract: Contract) -> dict[tuple[int | None, str], ShownCounts]:
    """Sums per claim period (pk; None for all of them together) and metric, as the actor may see them.

    For those who see no persons a count is hidden also when it would follow from the other periods and the sum.
    A provider counts its own participants only: with the others in the sum, it could tell another provider's.
    """
    by_period = totals_by_period(contract, _provider_of(actor, contract))
    table: dict[tuple[int | None, str], Counts] = {(pk, metric): row for (pk, metric), row in by_period.items()}
    for metric, counts in _summed(by_period).items():
        table[None, metric] = counts
    if sees_persons(actor, contract):
        return {key: shown_counts(actor, contract, counts) for key, counts in table.items()}
    shown: dict[tuple[int | None, str], ShownCounts] = {}
    for metric in {metric for _period, metric in table}:
        rows = {period: counts for (period, name), counts in table.items() if name == metric}
        for period, hidden in _hidden_in_table(rows).items():
            cells = _cells(rows[period])
            shown[period, metric] = {k: None if k in hidden else v for k, v in cells.items() if k != "undecided"}
    return shown


def _hidden_in_table(rows: dict[int | None, Counts]) -> dict[int | None, set[str]]:
    """Hide until no row and no column of periods has a single hidden count, which its sum would give away."""
    cells = {period: _cells(counts) for period, counts in rows.items()}
    hidden = {period: _hidden_in(counts) for period, counts in rows.items()}
    periods = [period for period in rows if period is not None]
    for _round in range(4 * len(periods) + 4):
        before = sum(map(len, hidden.values()))
        for column in ("reported", "verified", "rejected", "undecided"):
            lacking = [period for period in rows if column in hidden[period]]
            others = [period for period in periods if column not in hidden[period]]
            if len(lacking) == 1 and others:
                hidden[min(others, key=lambda period: (not cells[period][column], cells[period][column]))].add(column)
        for period in periods:
            left = [key for key in cells[period] if key not in hidden[period]]
            if len(hidden[period]) == 1 and left:
                hidden[period].add(min(left, key=lambda key: (not cells[period][key], cells[period][key])))
        if sum(map(len, hidden.values())) == before:
            break
    return hidden


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
