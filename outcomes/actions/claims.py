"""Single reports: a claim or a measured value from a form, claims from another system, corrections and withdrawals."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from actors import audit
from actors.identity import contains_identity_number
from actors.models import Organisation
from actors.policies import Actor, NotVisible, Refused
from actors.roles import Permission
from outcomes.actions.common import ReportFaults, authorise, lock, must_be_open, must_have_reason
from outcomes.actions.writing import write_claims, write_values
from outcomes.models import Claim, ClaimPeriod, IdempotentPost, Observation, Withdrawal
from outcomes.queries import head_of, known_to, known_values, observations_with_state, vocabulary_of
from outcomes.sources.base import Value
from outcomes.sources.check import ClaimCheck, PlannedClaim, PlannedValue, check_values, event_faults
from outcomes.sources.rows import UNITS_DIGITS, Fault, claim_row_of, value_row_of
from outcomes.sources.rules import RULES
from outcomes.sources.values import fits, text_of
from rulebook import canonical_json

MOST_CLAIMS_IN_A_POST = 5_000


class KeyUsedBefore(Refused):
    """The same idempotency key came with another request."""


@transaction.atomic
def report_claim(*, actor: Actor, claim_period: ClaimPeriod, fields: Mapping[str, Value], at: datetime) -> Claim:
    """Report one claim. `fields` are those of a row of an import; raises ReportFaults with everything wrong."""
    provider = authorise(actor, claim_period.contract, Permission.REPORT_OUTCOMES)
    period = lock(claim_period)
    must_be_open(period)
    planned, _warnings = _checked(period, provider, [dict(fields)], at)
    _enrolled, claims = write_claims(actor, period, provider, planned, at)
    audit.record(
        actor=actor,
        event="outcomes.report_claim",
        subject=claims[0],
        contract_code=period.contract.code,
        at=at,
        period=period.name,
        metric=claims[0].metric,
    )
    return claims[0]


def _checked(
    period: ClaimPeriod, provider: Organisation, rows: Sequence[dict[str, Value]], at: datetime
) -> tuple[list[PlannedClaim], list[Fault]]:
    """The claims that may be written, and the warnings; raises ReportFaults if anything is wrong with any of them."""
    words = vocabulary_of(period.contract)
    faults: list[Fault] = []
    read = []
    for number, raw in enumerate(rows):
        held = [name for name, value in raw.items() if contains_identity_number(text_of(value))]
        faults += [Fault(number, name, "identity_number") for name in held]
        row, wrong = claim_row_of(number, {name: v for name, v in raw.items() if name not in held}, words)
        faults += [fault for fault in wrong if fault.field not in held]
        if row is not None:
            read.append(row)
    known = known_to(period.contract, provider, [row.pseudonym for row in read])
    check = ClaimCheck(words, known, period, timezone.localtime(at).date())
    check.run(read)
    faults += check.faults
    if any(not RULES[fault.code].is_warning for fault in faults):
        raise ReportFaults(sorted(faults, key=lambda fault: fault.number))
    return check.planned, faults


@transaction.atomic
def report_value(*, actor: Actor, claim_period: ClaimPeriod, fields: Mapping[str, Value], at: datetime) -> Observation:
    """Report one measured value of a cohort or the contract; one of an earlier period is corrected by it."""
    provider = authorise(actor, claim_period.contract, Permission.REPORT_OUTCOMES)
    period = lock(claim_period)
    must_be_open(period)
    words = vocabulary_of(period.contract)
    row, faults = value_row_of(0, dict(fields), words)
    planned: list[PlannedValue] = []
    if row is not None:
        planned, more = check_values([row], words, known_values(period.contract), period)
        faults += more
    if not planned:
        raise ReportFaults(faults)
    value = write_values(actor, period, provider, planned, at)[0]
    audit.record(
        actor=actor,
        event="outcomes.report_observation",
        subject=value,
        contract_code=period.contract.code,
        at=at,
        period=period.name,
        metric=value.metric,
    )
    return value


@transaction.atomic
def correct_claim(
    *, actor: Actor, claim_period: ClaimPeriod, claim: Claim, event_on: date, units: Decimal, at: datetime
) -> Claim:
    """Report an earlier claim anew with another date or number, in a period that is open.

    The new claim supersedes the old one, which counts until the new one has been accepted or adjusted.
    """
    provider = authorise(actor, claim_period.contract, Permission.REPORT_OUTCOMES)
    period = lock(claim_period)
    must_be_open(period)
    old = head_of(_own(claim, period, provider))
    if old.event_on == event_on and old.units == units:
        raise Refused(_("The correction says the same as the claim: nothing would change."))
    words, today = vocabulary_of(period.contract), timezone.localtime(at).date()
    found = event_faults(words, period, event_on, today)
    faults = [Fault(0, "event_on", code, params=params) for code, params in found if not RULES[code].is_warning]
    if event_on < old.participant.enrolled_on:
        faults.append(Fault(0, "event_on", "before_enrolment", params={"known": old.participant.enrolled_on}))
    if words.metric_on(old.metric, event_on) is None:
        faults.append(Fault(0, "event_on", "metric_not_in_force", params={"day": event_on}))
    if units <= 0:
        faults.append(Fault(0, "units", "not_positive"))
    elif not fits(units, *UNITS_DIGITS):
        faults.append(Fault(0, "units", "too_exact", params={"whole": UNITS_DIGITS[0], "decimals": UNITS_DIGITS[1]}))
    same = old.participant.claims.filter(metric=old.metric, event_on=event_on, withdrawal=None).exclude(pk=old.pk)
    if other := same.filter(superseded_by=None).select_related("claim_period").first():
        faults.append(Fault(0, "event_on", "already_claimed", params={"period": other.claim_period.name}))
    if faults:
        raise ReportFaults(faults)
    new = Claim.objects.create(
        claim_period=period,
        participant=old.participant,
        metric=old.metric,
        event_on=event_on,
        units=units,
        ordinal=old.ordinal,
        supersedes=old,
        reported_by=actor.user,
        reported_for=provider,
        reported_at=at,
    )
    audit.record(
        actor=actor,
        event="outcomes.correct_claim",
        subject=new,
        contract_code=period.contract.code,
        at=at,
        supersedes=str(old.pk),
        period=period.name,
    )
    return new


@transaction.atomic
def withdraw_claim(*, actor: Actor, claim: Claim, reason: str, at: datetime) -> Withdrawal:
    """Take a claim back while its period is open. The row stays; it counts no longer and can be reported again."""
    provider = authorise(actor, claim.claim_period.contract, Permission.REPORT_OUTCOMES)
    period = lock(claim.claim_period)
    must_be_open(period)
    claim = _own(claim, period, provider)
    if Withdrawal.objects.filter(claim=claim).exists():
        raise Refused(_("The claim has been withdrawn before."))
    if Claim.objects.filter(supersedes=claim).exists():
        raise Refused(_("The claim has been corrected. Withdraw or correct the latest report of it instead."))
    old = claim.supersedes
    if old and old.claim_period_id == period.pk and not Withdrawal.objects.filter(claim=old).exists():
        raise Refused(_("This is a correction of a claim in the same period. Correct it again instead."))
    row = Withdrawal.objects.create(
        claim=claim, reason=must_have_reason(reason), withdrawn_by=actor.user, withdrawn_at=at
    )
    audit.record(actor=actor, event="outcomes.withdraw", subject=claim, contract_code=period.contract.code, at=at)
    return row


@transaction.atomic
def withdraw_value(*, actor: Actor, observation: Observation, reason: str, at: datetime) -> Withdrawal:
    """Take a measured value back while its period is open."""
    provider = authorise(actor, observation.claim_period.contract, Permission.REPORT_OUTCOMES)
    period = lock(observation.claim_period)
    must_be_open(period)
    own: Any = observations_with_state(period.observations.filter(reported_for=provider, pk=observation.pk)).first()
    if own is None:
        raise NotVisible
    if own.is_withdrawn:
        raise Refused(_("The value has been withdrawn before."))
    row = Withdrawal.objects.create(
        observation=observation, reason=must_have_reason(reason), withdrawn_by=actor.user, withdrawn_at=at
    )
    audit.record(actor=actor, event="outcomes.withdraw", subject=observation, contract_code=period.contract.code, at=at)
    return row


def _own(claim: Claim, period: ClaimPeriod, provider: Organisation) -> Claim:
    """The claim as it is now, if it is the provider's and belongs to the contract."""
    claims = Claim.objects.select_related("participant", "claim_period", "supersedes")
    own = claims.filter(pk=claim.pk, claim_period__contract=period.contract_id, participant__provider=provider).first()
    if own is None:
        raise NotVisible
    return own


def post_claims(
    *, actor: Actor, claim_period: ClaimPeriod, key: str, claims: Sequence[Mapping[str, Any]], at: datetime
) -> tuple[int, dict[str, Any]]:
    """Claims from another system: one effect per key, also when the same request comes twice at once.

    Answers with the status and body of the first time. Raises KeyUsedBefore when the key came with another request,
    and ReportFaults (nothing is stored, and the key stays free) when anything is wrong with any claim.
    """
    provider = authorise(actor, claim_period.contract, Permission.REPORT_OUTCOMES)
    request = {"contract": claim_period.contract.code, "period": claim_period.name, "claims": list(claims)}
    request_hash = hashlib.sha256(canonical_json(request).encode()).hexdigest()
    try:
        with transaction.atomic():
            period = lock(claim_period)  # the same request sent twice at once waits here for its twin
            earlier = _earlier_post(provider, key, request_hash)
            if earlier is not None:
                return earlier
            must_be_open(period)
            rows = [{name: _cell(value) for name, value in claim.items()} for claim in claims]
            planned, warnings = _checked(period, provider, rows, at)
            _enrolled, written = write_claims(actor, period, provider, planned, at)
            body = {
                "contract": period.contract.code,
                "period": period.name,
                "count": len(written),
                "claims": [{"id": str(claim.pk), "metric": claim.metric} for claim in written],
                "warnings": [{"where": f"claims[{w.number}].{w.field}", "code": w.code} for w in warnings],
            }
            post = IdempotentPost.objects.create(
                organisation=provider, key=key, request_hash=request_hash, status_code=201, body=body, at=at
            )
            audit.record(
                actor=actor,
                event="outcomes.post_claims",
                subject=period,
                contract_code=period.contract.code,
                at=at,
                claims=len(written),
                request_hash=request_hash,
            )
            post.refresh_from_db()  # so that the first answer is spelt as every later one
            return post.status_code, post.body
    except IntegrityError:  # the same key at the same time in another contract, which has a lock of its own
        earlier = _earlier_post(provider, key, request_hash)
        if earlier is None:
            raise
        return earlier


def _earlier_post(provider: Organisation, key: str, request_hash: str) -> tuple[int, dict[str, Any]] | None:
    post = IdempotentPost.objects.filter(organisation=provider, key=key).first()
    if post is None:
        return None
    if post.request_hash != request_hash:
        raise KeyUsedBefore(_("The Idempotency-Key has been used for another request. Use a new key for new claims."))
    return post.status_code, post.body


def _cell(value: Any) -> Value:
    """A JSON value as a cell; whatever a cell cannot hold becomes text that no rule accepts."""
    return value if value is None or isinstance(value, str | int | Decimal | bool) else str(value)
