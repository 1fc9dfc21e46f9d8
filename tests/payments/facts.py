"""Verified facts for the payment tests, written straight to the database without the actions of outcomes."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from outcomes.models import Claim, ClaimPeriod, Cohort, Participant, Verification
from outcomes.snapshot import frozen_hash
from outcomes.states import Decision, PeriodStatus
from payments import actions
from payments.models import Calculation, PaymentOrder
from tests.world import World

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), STOCKHOLM)


def add_period(world: World, year: int, quarter: int) -> ClaimPeriod:
    """The open claim period of a quarter."""
    starts_on = date(year, 3 * quarter - 2, 1)
    ends_on = date(year + quarter // 4, 3 * quarter % 12 + 1, 1) - timedelta(days=1)
    found, _ = ClaimPeriod.objects.get_or_create(
        contract=world.contract,
        name=f"{year}-Q{quarter}",
        defaults={"starts_on": starts_on, "ends_on": ends_on, "report_due_on": ends_on + timedelta(days=31)},
    )
    return found


def add_participants(world: World, number: int) -> list[Participant]:
    start = Participant.objects.count()
    return [
        Participant.objects.create(
            contract=world.contract,
            cohort=Cohort.objects.get(pk=world.cohort.pk),
            provider=world.organisations["spranget"],
            pseudonym=f"x{start + index:04}",
            enrolled_on=date(2026, 8, 20),
        )
        for index in range(number)
    ]


def claim(  # noqa: PLR0917 - reads as a sentence: in this period, this person, this metric, that day
    world: World, period: ClaimPeriod, person: Participant, metric: str, event_on: date, decision: str = Decision.ACCEPT
) -> Claim:
    """A reported claim with the verifier's decision on it."""
    row = Claim.objects.create(
        claim_period=period,
        participant=person,
        metric=metric,
        event_on=event_on,
        units=Decimal(1),
        reported_by=world.users["signe"],
        reported_for=world.organisations["spranget"],
        reported_at=noon(period.ends_on),
    )
    decide_on(world, row, decision, period)
    return row


def decide_on(world: World, row: Claim, decision: str, period: ClaimPeriod) -> Verification:
    """The verifier's decision, taken in the verification of `period`."""
    return Verification.objects.create(
        claim_period=period,
        claim=row,
        decision=decision,
        reason="" if decision == Decision.ACCEPT else "Närvaron räcker inte.",
        frozen_hash=frozen_hash(row, decision),
        verified_by=world.users["vera"],
        verified_for=world.organisations["mitt"],
        verified_at=noon(period.ends_on + timedelta(days=5)),
    )


def verify(period: ClaimPeriod, on: date | None = None) -> ClaimPeriod:
    """Verify the period, ten days after its end unless told otherwise."""
    at = noon(on or period.ends_on + timedelta(days=10))
    ClaimPeriod.objects.filter(pk=period.pk).update(
        status=PeriodStatus.VERIFIED, reported_at=at - timedelta(days=5), verified_at=at
    )
    period.refresh_from_db()
    return period


def compute(period: ClaimPeriod) -> Calculation:
    assert period.verified_at is not None
    found = actions.compute(period.pk, period.verified_at + timedelta(minutes=1))
    assert found is not None
    return found


def first_quarter(world: World) -> ClaimPeriod:
    """2026-Q4, verified: both participants reach three months, 24 000 kr."""
    for person in world.participants:
        claim(world, world.period, person, "att3", date(2026, 12, 4))
    return verify(world.period)


def order(world: World, calculation: Calculation, payer: str = "utbildningsnamnden", by: str = "anna") -> PaymentOrder:
    at = calculation.computed_at
    return actions.order_payment(
        actor=world.actors[by],
        calculation=calculation,
        payer=world.parties[payer],
        due_on=at.date() + timedelta(days=30),
        reference="F-2027-01",
        at=at,
    )


def lines(calculation: Calculation) -> list[tuple[str, str, str, str, Decimal]]:
    return [
        (line.term, line.measurement_period, line.payer.key, line.kind, line.amount)
        for line in calculation.lines.select_related("payer").order_by("ordinal")
    ]
