"""The verifier's decisions on claims and measured values. Every decision is a new row; the latest counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from actors import audit
from actors.models import Organisation
from actors.policies import Actor, NotVisible, Refused
from actors.roles import Permission
from outcomes.actions.common import ReportFaults, authorise, lock, must_be_reported
from outcomes.models import Claim, ClaimPeriod, Observation, Verification
from outcomes.queries import claims_with_state, observations_with_state, vocabulary_of
from outcomes.snapshot import frozen_hash
from outcomes.sources.check import event_faults
from outcomes.sources.rows import UNITS_DIGITS, VALUE_DIGITS, Fault
from outcomes.sources.rules import RULES
from outcomes.sources.values import fits
from outcomes.states import Decision, PeriodStatus, ReasonCode

BATCH = 2_000


@transaction.atomic
def decide_claims(
    *,
    actor: Actor,
    claim_period: ClaimPeriod,
    claims: Iterable[UUID],
    decision: Decision,
    at: datetime,
    reason_code: str = "",
    reason: str = "",
    event_on: date | None = None,
    units: Decimal | None = None,
) -> list[Verification]:
    """Accept or reject the chosen claims of a reported period, or adjust one of them; the verifier.

    An adjustment gives the date or the units as verified; what was reported stays beside it. Rejecting and adjusting
    need a reason in words.
    """
    verifier = authorise(actor, claim_period.contract, Permission.VERIFY_OUTCOMES)
    period = lock(claim_period)
    must_be_reported(period)
    chosen = set(claims)
    rows = list(_claims(chosen).filter(claim_period=period))
    if len(rows) != len(chosen) or not chosen:
        raise Refused(_("Choose at least one claim of %(period)s.") % {"period": period.name})
    if any(row.is_withdrawn or row.is_replaced for row in rows):
        raise Refused(
            _("A claim that is withdrawn or corrected cannot be decided on. Reload the page and choose again.")
        )
    says = _Says(decision, reason_code, reason, event_on=event_on, units=units)
    return _decide_claims(_Sitting(actor, verifier, period, at), rows, says)


@transaction.atomic
def decide_observation(
    *,
    actor: Actor,
    claim_period: ClaimPeriod,
    observation: UUID,
    decision: Decision,
    at: datetime,
    value: Decimal | None = None,
    reason_code: str = "",
    reason: str = "",
) -> Verification:
    """Accept, adjust or reject one measured value of a reported period; the verifier."""
    verifier = authorise(actor, claim_period.contract, Permission.VERIFY_OUTCOMES)
    period = lock(claim_period)
    must_be_reported(period)
    row: Any = _observations(observation).filter(claim_period=period).first()
    if row is None:
        raise NotVisible
    if row.is_withdrawn or row.is_replaced:
        raise Refused(
            _("A value that is withdrawn or corrected cannot be decided on. Reload the page and choose again.")
        )
    says = _Says(decision, reason_code, reason, value=value)
    return _decide_observation(_Sitting(actor, verifier, period, at), row, says)


@transaction.atomic
def revise_decision(
    *,
    actor: Actor,
    claim_period: ClaimPeriod,
    subject: Claim | Observation,
    decision: Decision,
    at: datetime,
    reason_code: str = "",
    reason: str = "",
    event_on: date | None = None,
    units: Decimal | None = None,
    value: Decimal | None = None,
) -> Verification:
    """Decide anew on something in an earlier, verified period; the verifier.

    The new decision belongs to `claim_period`, which is reported and being verified, and counts from its verification
    on: the difference becomes a line of its own in that period's settlement. A reason is always needed.
    """
    verifier = authorise(actor, claim_period.contract, Permission.VERIFY_OUTCOMES)
    period = lock(claim_period)
    must_be_reported(period)
    is_claim = isinstance(subject, Claim)
    rows: Any = _claims([subject.pk]) if is_claim else _observations(subject.pk)
    row: Any = rows.select_related("claim_period").filter(claim_period__contract=period.contract_id).first()
    if row is None:
        raise NotVisible
    if row.claim_period.status != PeriodStatus.VERIFIED:
        raise Refused(_("%(period)s is not verified yet: decide on it there.") % {"period": row.claim_period.name})
    if not reason.strip():
        raise Refused(_("Give a reason: a verified decision is being changed, and everybody concerned will read why."))
    says = _Says(decision, reason_code, reason, event_on=event_on, units=units, value=value)
    sitting = _Sitting(actor, verifier, period, at, event="outcomes.revise_decision")
    return _decide_claims(sitting, [row], says)[0] if is_claim else _decide_observation(sitting, row, says)


@dataclass(frozen=True)
class _Sitting:
    """Who decides, for whom, in which period's verification, and when."""

    actor: Actor
    verifier: Organisation
    period: ClaimPeriod
    at: datetime
    event: str = ""


class _Says:
    """What the verifier says, checked as far as it can be without the claims."""

    def __init__(
        self,
        decision: Decision,
        reason_code: str,
        reason: str,
        *,
        event_on: date | None = None,
        units: Decimal | None = None,
        value: Decimal | None = None,
    ) -> None:
        self.decision = Decision(decision)
        self.reason_code = reason_code
        self.reason = reason.strip()
        self.event_on, self.units, self.value = event_on, units, value
        if reason_code and reason_code not in ReasonCode.values:
            raise Refused(_("The kind of reason is not known. Choose one from the list."))
        if self.decision != Decision.ACCEPT and not self.reason:
            raise Refused(_("Give a reason: the provider reads why a report was not accepted as it stands."))


def _claims(ids: Iterable[UUID]) -> Any:
    return claims_with_state(Claim.objects.filter(pk__in=list(ids)).select_related("participant__cohort")).order_by(
        "pk"
    )


def _observations(pk: UUID) -> Any:
    return observations_with_state(Observation.objects.filter(pk=pk).select_related("cohort"))


def _decide_claims(sitting: _Sitting, rows: Sequence[Any], says: _Says) -> list[Verification]:
    period, at = sitting.period, sitting.at
    if says.decision == Decision.ADJUST:
        if len(rows) != 1:
            raise Refused(_("Adjust one claim at a time: each gets its own date or number."))
        _check_adjustment(period, rows[0], says, at)
    decided = []
    for row in rows:
        counts = says.decision != Decision.REJECT
        event_on = (says.event_on or row.event_on) if counts else None
        units = (says.units if says.units is not None else row.units) if counts else None
        decided.append(
            Verification(
                claim_period=period,
                claim=row,
                decision=says.decision,
                event_on=event_on,
                units=units,
                reason_code=says.reason_code,
                reason=says.reason,
                frozen_hash=frozen_hash(row, says.decision, event_on=event_on, units=units),
                verified_by=sitting.actor.user,
                verified_for=sitting.verifier,
                verified_at=_after(row.decided_at, at),
            )
        )
    Verification.objects.bulk_create(decided, batch_size=BATCH)
    audit.record(
        actor=sitting.actor,
        event=sitting.event or "outcomes.decide_claims",
        subject=period,
        contract_code=period.contract.code,
        at=at,
        decision=str(says.decision),
        count=len(decided),
        **({"claim": str(rows[0].pk)} if len(rows) == 1 else {}),
    )
    return decided


def _check_adjustment(period: ClaimPeriod, row: Any, says: _Says, at: datetime) -> None:
    """An adjusted claim keeps the rules of a reported one, and says something else than it."""
    event_on, units = says.event_on or row.event_on, says.units if says.units is not None else row.units
    if event_on == row.event_on and units == row.units:
        raise Refused(
            _("The adjustment says the same as the claim. Accept it instead, or change the date or the number.")
        )
    words = vocabulary_of(period.contract)
    found = event_faults(words, period, event_on, timezone.localtime(at).date())
    faults = [Fault(0, "event_on", code, params=params) for code, params in found if not RULES[code].is_warning]
    if event_on < row.participant.enrolled_on:
        faults.append(Fault(0, "event_on", "before_enrolment", params={"known": row.participant.enrolled_on}))
    if units <= 0:
        faults.append(Fault(0, "units", "not_positive"))
    elif not fits(units, *UNITS_DIGITS):
        faults.append(Fault(0, "units", "too_exact", params={"whole": UNITS_DIGITS[0], "decimals": UNITS_DIGITS[1]}))
    if faults:
        raise ReportFaults(faults)


def _decide_observation(sitting: _Sitting, row: Any, says: _Says) -> Verification:
    period, at = sitting.period, sitting.at
    if says.decision == Decision.ADJUST:
        if says.value is None or says.value == row.value:
            raise Refused(_("Give the value as verified, different from the reported one, or accept it instead."))
        if not fits(says.value, *VALUE_DIGITS):
            params = {"whole": VALUE_DIGITS[0], "decimals": VALUE_DIGITS[1]}
            raise ReportFaults([Fault(0, "value", "too_exact", params=params)])
    value = None
    if says.decision != Decision.REJECT:
        value = says.value if says.decision == Decision.ADJUST else row.value
    decided = Verification.objects.create(
        claim_period=period,
        observation=row,
        decision=says.decision,
        value=value,
        reason_code=says.reason_code,
        reason=says.reason,
        frozen_hash=frozen_hash(row, says.decision, value=value),
        verified_by=sitting.actor.user,
        verified_for=sitting.verifier,
        verified_at=_after(row.decided_at, at),
    )
    audit.record(
        actor=sitting.actor,
        event=sitting.event or "outcomes.decide_observation",
        subject=row,
        contract_code=period.contract.code,
        at=at,
        decision=str(says.decision),
        period=period.name,
    )
    return decided


def _after(earlier: datetime | None, at: datetime) -> datetime:
    """The time of a new decision: later than the earlier one, so that there never are two latest ones."""
    return at if earlier is None or at > earlier else earlier + timedelta(microseconds=1)
