"""The life of a claim period: opened by the payer, reported by the provider, returned or verified by the verifier."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actors import audit
from actors.moves import move
from actors.policies import Actor, Refused
from actors.roles import Permission
from contracts.models import Contract
from contracts.states import ContractStatus
from outcomes.actions.common import authorise, lock, must_be_reported, must_have_reason, set_up_cohorts
from outcomes.models import ClaimPeriod, PeriodStatusChange
from outcomes.queries import STANDING, claims_of, observations_of, undecided, vocabulary_of
from outcomes.states import PERIOD_TRANSITIONS, PeriodAct
from rulebook import Version, period_of

REPORTING_DAYS = 31  # after the period's end, where nothing is agreed


@transaction.atomic
def open_period(
    *, actor: Actor, contract: Contract, day: date, at: datetime, report_due_on: date | None = None
) -> ClaimPeriod:
    """Open the claim period that holds `day`, named and divided as the terms say; the payer's case officer.

    Without `report_due_on` it is to be reported within as many days as is agreed.
    The cohorts that the terms name and that are not here yet are set up at the same time.
    """
    authorise(actor, contract, Permission.EDIT_CONTRACT)
    contract = Contract.objects.select_for_update().get(pk=contract.pk)
    if contract.status != ContractStatus.ACTIVE:
        raise Refused(_("Claim periods are opened in a contract that is active. This one is not."))
    words = vocabulary_of(contract)
    if not contract.starts_on <= day <= contract.ends_on:
        raise Refused(
            _("The contract runs from %(first)s to %(last)s; %(day)s lies outside.")
            % {"first": contract.starts_on, "last": contract.ends_on, "day": day}
        )
    version = words.version_on(day)
    span = period_of(day, version.terms.periods) if version else None
    if version is None or span is None:
        raise Refused(_("The terms name no period that holds %(day)s.") % {"day": day})
    if contract.claim_periods.filter(name=span.id).exists():
        raise Refused(_("The claim period %(period)s has been opened before.") % {"period": span.id})
    due_on = report_due_on or span.ends_on + timedelta(days=_days_to_report(contract, version))
    if due_on < span.ends_on:
        raise Refused(
            _("The period ends on %(last)s, so it cannot be reported in full by %(due)s.")
            % {"last": span.ends_on, "due": due_on}
        )
    set_up_cohorts(contract, words)
    period = ClaimPeriod.objects.create(
        contract=contract, name=span.id, starts_on=span.starts_on, ends_on=span.ends_on, report_due_on=due_on
    )
    audit.record(actor=actor, event="outcomes.open_period", subject=period, contract_code=contract.code, at=at)
    return period


def _days_to_report(contract: Contract, version: Version) -> int:
    """As many days after a period's end as the parties have agreed with this version of the terms."""
    document = contract.versions.values_list("document", flat=True).get(number=version.number) or {}
    return int(document.get("schedule", {}).get("report_within_days", REPORTING_DAYS))


@transaction.atomic
def report_period(
    *, actor: Actor, claim_period: ClaimPeriod, at: datetime, nothing_to_report: bool = False
) -> ClaimPeriod:
    """Say that everything of the period has been reported, and leave it to the verifier; the provider.

    A period without claims and values is reported only with `nothing_to_report`, so that it is no slip of the hand.
    """
    authorise(actor, claim_period.contract, Permission.REPORT_OUTCOMES)
    period = lock(claim_period)
    claims = claims_of(period).filter(STANDING).count()
    values = observations_of(period).filter(STANDING).count()
    if not claims and not values and not nothing_to_report:
        raise Refused(
            _(
                "Nothing has been reported in %(period)s. "
                "Say that there is nothing to report, or import the claims first."
            )
            % {"period": period.name}
        )
    move(
        period,
        PeriodAct.REPORT,
        transitions=PERIOD_TRANSITIONS,
        changes=PeriodStatusChange,
        subject_field="claim_period",
        actor=actor,
        refusal=_("%(period)s has been reported before.") % {"period": period.name},
        also={"reported_at": at},
        at=at,
    )
    audit.record(
        actor=actor,
        event="outcomes.report_period",
        subject=period,
        contract_code=period.contract.code,
        at=at,
        claims=claims,
        values=values,
    )
    return period


@transaction.atomic
def return_period(*, actor: Actor, claim_period: ClaimPeriod, reason: str, at: datetime) -> ClaimPeriod:
    """Give a reported period back to the provider, who can then complete and correct it; the verifier."""
    authorise(actor, claim_period.contract, Permission.VERIFY_OUTCOMES)
    period = lock(claim_period)
    move(
        period,
        PeriodAct.RETURN,
        transitions=PERIOD_TRANSITIONS,
        changes=PeriodStatusChange,
        subject_field="claim_period",
        actor=actor,
        refusal=_("Only a reported period can be returned. %(period)s is %(status)s.")
        % {"period": period.name, "status": str(period.get_status_display()).lower()},
        reason=must_have_reason(reason),
        also={"reported_at": None},
        at=at,
    )
    audit.record(actor=actor, event="outcomes.return_period", subject=period, contract_code=period.contract.code, at=at)
    return period


@transaction.atomic
def verify_period(*, actor: Actor, claim_period: ClaimPeriod, at: datetime) -> ClaimPeriod:
    """Verify the period as a whole, once everything in it is decided; the verifier. It stays verified for ever."""
    authorise(actor, claim_period.contract, Permission.VERIFY_OUTCOMES)
    period = lock(claim_period)
    must_be_reported(period)
    claims, values = undecided(period)
    reasons = []
    if claims:
        text = ngettext("%(n)s claim is still undecided.", "%(n)s claims are still undecided.", claims)
        reasons.append(text % {"n": claims})
    if values:
        text = ngettext(
            "%(n)s measured value is still undecided.", "%(n)s measured values are still undecided.", values
        )
        reasons.append(text % {"n": values})
    if reasons:
        raise Refused(*reasons)
    move(
        period,
        PeriodAct.VERIFY,
        transitions=PERIOD_TRANSITIONS,
        changes=PeriodStatusChange,
        subject_field="claim_period",
        actor=actor,
        refusal=_("%(period)s has been verified before.") % {"period": period.name},
        also={"verified_at": at},
        at=at,
    )
    audit.record(actor=actor, event="outcomes.verify_period", subject=period, contract_code=period.contract.code, at=at)
    return period
