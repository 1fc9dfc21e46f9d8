"""Computing the settlement of a verified claim period. The row is the work; ringing twice is harmless."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from actors import audit
from contracts.models import Contract, ContractParty
from outcomes.models import ClaimPeriod
from payments.models import Calculation, CalculationFailure, CalculationLine
from payments.queries import next_attempt_at, waiting_periods
from payments.snapshot import NotComputableError, answer, gather, hash_of
from rulebook import Due

LONGEST_WAIT = timedelta(hours=6)


def compute(claim_period_pk: int, at: datetime) -> Calculation | None:
    """The settlement of a verified period, computed now unless it is there already.

    Periods that end earlier and still wait are computed first, each in a transaction of its own, so that what they
    grant is known. None when the period is not verified, when somebody else is computing it, or when it (or one before
    it) cannot be computed: then the reason is stored with a time for the next attempt. An error nobody foresaw is
    stored too, and raised.
    """
    period = ClaimPeriod.objects.select_related("contract").get(pk=claim_period_pk)
    for waiting in waiting_periods(period.contract, until=period):
        if waiting != period and next_attempt_at(waiting) > at:
            return None
        if not _attempt(waiting, at):
            return None
    return Calculation.objects.filter(claim_period=period).first()


def _attempt(period: ClaimPeriod, at: datetime) -> bool:
    """Compute one period, all or nothing. Did it come through?"""
    try:
        with transaction.atomic():
            return _compute(period, at)
    except NotComputableError as error:
        _remember(period, error.args[0], at)
        return False
    except Exception as error:
        text = gettext_lazy(
            "Something unforeseen went wrong while computing ({error}). The administrator can see what."
        )
        _remember(period, format_lazy(text, error=type(error).__name__), at)
        raise


def _compute(period: ClaimPeriod, at: datetime) -> bool:
    """Gather, decide, write. The contract is locked first: what is granted before must not change meanwhile."""
    contract = Contract.objects.select_for_update(no_key=True).get(pk=period.contract_id)
    locked = ClaimPeriod.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=period.pk).first()
    if locked is None:
        return False  # somebody is at it; the sweep comes back
    if Calculation.objects.filter(claim_period=locked).exists():
        return True
    locked.contract = contract
    inputs = gather(locked)
    found = answer(inputs)
    document = inputs.to_json()
    calculation = Calculation.objects.create(
        contract=contract,
        number=contract.calculations.count() + 1,
        claim_period=locked,
        as_of=inputs.as_of,
        currency=found.entitlement.currency,
        rulebook_version=inputs.rulebook_version,
        inputs=document,
        inputs_hash=hash_of(document),
        entitlement=found.entitlement.to_json(),
        result_hash=found.result_hash,
        total=found.total,
        entitled_to_date=found.entitlement.total,
        computed_at=at,
    )
    _write_lines(calculation, found.due)
    audit.record(
        actor=None,
        event="payments.compute",
        subject=calculation,
        contract_code=contract.code,
        at=at,
        period=locked.name,
        total=str(calculation.total),
        result_hash=calculation.result_hash,
        facts=len(inputs.frozen),
        lines=len(found.due),
    )
    return True


def _write_lines(calculation: Calculation, due: list[Due]) -> None:
    parties = {party.key: party for party in ContractParty.objects.filter(contract=calculation.contract_id)}
    CalculationLine.objects.bulk_create(
        CalculationLine(
            calculation=calculation,
            ordinal=ordinal,
            kind=line.kind,
            term=line.key.term,
            measurement_period=line.key.period,
            cohort=line.key.cohort or "",
            payer=_party(parties, line.key.payer),
            payee=_party(parties, line.key.payee),
            entitled=line.entitled,
            granted_before=line.granted,
            amount=line.amount,
        )
        for ordinal, line in enumerate(due, 1)
    )


def _party(parties: dict[str, ContractParty], key: str | None) -> ContractParty:
    if key is None:
        raise NotComputableError(
            gettext_lazy("The terms do not say to whom the payers pay. Name a payee in the terms.")
        )
    if key not in parties:
        text = gettext_lazy("The terms name the party «{key}», which the contract does not have.")
        raise NotComputableError(format_lazy(text, key=key))
    return parties[key]


def _remember(period: ClaimPeriod, text: object, at: datetime) -> None:
    """Store why it failed, and wait longer each time: a minute, two, four … at most six hours."""
    failures = CalculationFailure.objects.filter(claim_period=period).count()
    told = {}
    for language in ("sv", "en"):
        with translation.override(language):
            told[language] = str(text)
    CalculationFailure.objects.create(
        claim_period=period,
        text=told["sv"],
        text_en=told["en"],
        at=at,
        next_attempt_at=at + min(timedelta(minutes=2 ** min(failures, 20)), LONGEST_WAIT),
    )
