"""The worker's work: verified periods that have no calculation yet."""

from datetime import UTC, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from contracts.models import Contract
from outcomes.models import ClaimPeriod
from outcomes.states import PeriodStatus
from payments.models import CalculationFailure

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _waiting() -> QuerySet[ClaimPeriod]:
    failures = CalculationFailure.objects.filter(claim_period=OuterRef("pk")).order_by("-at", "-pk")
    return (
        ClaimPeriod.objects.filter(status=PeriodStatus.VERIFIED, calculation__isnull=True)
        .annotate(next_attempt_at=Subquery(failures.values("next_attempt_at")[:1]))
        .order_by("ends_on", "starts_on", "pk")
    )


def waiting_periods(contract: Contract, *, until: ClaimPeriod) -> QuerySet[ClaimPeriod]:
    """The contract's verified periods without a calculation, in the order of time, up to and including this one."""
    return _waiting().filter(
        Q(ends_on__lt=until.ends_on)
        | Q(ends_on=until.ends_on, starts_on__lt=until.starts_on)
        | Q(ends_on=until.ends_on, starts_on=until.starts_on, pk__lte=until.pk),
        contract=contract,
    )


def next_attempt_at(waiting: ClaimPeriod) -> datetime:
    """When a period of `waiting_periods` may be tried; long ago when it has not failed."""
    found: datetime | None = getattr(waiting, "next_attempt_at", None)
    return found or LONG_AGO


def periods_to_compute(at: datetime) -> list[int]:
    """Every verified period without a calculation, but for those whose next attempt lies ahead."""
    ready = _waiting().filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at))
    return list(ready.values_list("pk", flat=True)[:200])
