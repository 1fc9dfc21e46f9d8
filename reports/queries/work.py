"""What waits for somebody: one row per thing to do, by date, each with one verb and one address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from actors.policies import Actor, can
from actors.roles import Permission
from contracts.models import Acceptance, Contract, ContractVersion, Signature
from contracts.policies import Act, can_act, incoming, roles_of
from contracts.states import OPEN_STATUSES, VersionStatus
from outcomes.models import ClaimPeriod
from outcomes.states import PeriodStatus
from payments.models import CalculationFailure
from payments.queries import orders_waiting_for
from payments.states import OrderAct


@dataclass(frozen=True)
class Task:
    """`by` is the day to keep, or since when it waits; `is_late` says that a day to keep has passed."""

    by: date
    what: str
    verb: str
    href: str
    contract_code: str
    contract_name: str
    is_late: bool = False
    amount: Decimal | None = None
    currency: str = ""


def tasks_for(actor: Actor, contracts: Iterable[Contract], today: date) -> list[Task]:
    """Everything that waits for the actor in these contracts, the earliest first. At most five queries."""
    by_pk = {contract.pk: contract for contract in contracts}
    may = {
        pk: {permission for permission in Permission if can(actor, permission, roles_of(actor, contract))}
        for pk, contract in by_pk.items()
    }
    found = [*_terms(actor, by_pk, may), *_periods(by_pk, may, today), *_payments(actor, by_pk, may, today)]
    return sorted(found, key=lambda task: (task.by, task.contract_code, task.what))


def _terms(actor: Actor, contracts: Mapping[int, Contract], may: Mapping[int, set[Permission]]) -> Iterable[Task]:
    """Proposed terms that the actor's organisation has not accepted, accepted ones to sign, and drafts to finish."""
    accepted = Acceptance.objects.filter(version=OuterRef("pk"), organisation=actor.organisation)
    signed = Signature.objects.filter(version=OuterRef("pk"), organisation=actor.organisation, user=actor.user)
    versions = (
        ContractVersion.objects.filter(contract__in=contracts, status__in=OPEN_STATUSES)
        .exclude(Q(status=VersionStatus.PROPOSED) & Exists(accepted))
        .exclude(Q(status=VersionStatus.ACCEPTED) & Exists(signed))
        .only("contract", "number", "status", "effective_on")
    )
    for version in versions:
        contract = contracts[version.contract_id]
        href = reverse("contracts:contract_terms", args=[contract.code])
        number = {"number": version.number}
        if (
            version.status == VersionStatus.PROPOSED
            and can_act(actor, Act.ACCEPT, contract)
            and _binds(actor, contract)
        ):
            what = _("Version %(number)s of the terms is proposed and waits for your answer.") % number
            yield _task(contract, version.effective_on, what, _("Accept the terms"), href)
        elif (
            version.status == VersionStatus.ACCEPTED and can_act(actor, Act.SIGN, contract) and _binds(actor, contract)
        ):
            what = _("All parties have accepted version %(number)s of the terms. It waits to be signed.") % number
            yield _task(contract, version.effective_on, what, _("Sign the agreement"), href)
        elif version.status == VersionStatus.DRAFT and Permission.EDIT_CONTRACT in may[contract.pk]:
            what = _("Version %(number)s of the terms is a draft.") % number
            yield _task(contract, version.effective_on, what, _("Finish the terms"), href)


def _binds(actor: Actor, contract: Contract) -> bool:
    parties = [*contract.parties.all(), *incoming(contract)]
    return actor.organisation is not None and any(p.organisation_id == actor.organisation.pk for p in parties)


def _periods(contracts: Mapping[int, Contract], may: Mapping[int, set[Permission]], today: date) -> Iterable[Task]:
    """Periods to report or verify, and computations that failed."""
    failures = CalculationFailure.objects.filter(claim_period=OuterRef("pk")).order_by("-at")
    periods = (
        ClaimPeriod.objects.filter(contract__in=contracts)
        .filter(
            Q(status=PeriodStatus.OPEN, starts_on__lte=today)
            | Q(status=PeriodStatus.REPORTED)
            | Q(status=PeriodStatus.VERIFIED, calculation__isnull=True, calculation_failures__isnull=False)
        )
        .annotate(failed_at=Subquery(failures.values("at")[:1]))
        .distinct()
    )
    for period in periods:
        contract, name = contracts[period.contract_id], {"period": period.name}
        allowed = may[contract.pk]
        if period.status == PeriodStatus.OPEN and Permission.REPORT_OUTCOMES in allowed:
            href = reverse("outcomes:period_detail", args=[contract.code, period.name])
            what = _("The outcomes of %(period)s are to be reported.") % name
            yield _task(
                contract, period.report_due_on, what, _("Report the period"), href, late=period.report_due_on < today
            )
        elif period.status == PeriodStatus.REPORTED and Permission.VERIFY_OUTCOMES in allowed:
            href = reverse("outcomes:verification_period", args=[contract.code, period.name])
            what = _("The outcomes of %(period)s are reported and wait to be verified.") % name
            since = timezone.localdate(period.reported_at) if period.reported_at else period.report_due_on
            yield _task(contract, since, what, _("Verify the outcomes"), href)
        elif period.status == PeriodStatus.VERIFIED and Permission.ORDER_PAYMENT in allowed:
            href = reverse("payments:settlement_detail", args=[contract.code, period.name])
            what = _("The settlement of %(period)s could not be computed.") % name
            yield _task(contract, timezone.localdate(period.failed_at), what, _("See why"), href, late=True)


def _payments(
    actor: Actor, contracts: Mapping[int, Contract], may: Mapping[int, set[Permission]], today: date
) -> Iterable[Task]:
    acts = {Permission.ORDER_PAYMENT, Permission.REVIEW_PAYMENT, Permission.DECIDE_PAYMENT, Permission.CONFIRM_PAID}
    if not any(acts & allowed for allowed in may.values()):
        return
    by_code = {contract.code: contract for contract in contracts.values()}
    verbs = {
        OrderAct.ORDER: _("Order the payment"),
        OrderAct.REVIEW: _("Review the payment"),
        OrderAct.DECIDE: _("Decide on the payment"),
        OrderAct.CONFIRM_PAID: _("Confirm that it is paid"),
    }
    for waiting in orders_waiting_for(actor):
        if waiting.contract_code not in by_code:
            continue
        what = _("%(payer)s owes %(payee)s for %(period)s.") % {
            "payer": waiting.payer,
            "payee": waiting.payee,
            "period": waiting.period,
        }
        href = reverse(waiting.url_name, args=waiting.url_args)
        late = waiting.act is not OrderAct.ORDER and waiting.by < today
        task = _task(by_code[waiting.contract_code], waiting.by, what, verbs[waiting.act], href, late=late)
        yield replace(task, amount=waiting.amount, currency=waiting.currency)


def _task(contract: Contract, by: date, what: str, verb: str, href: str, *, late: bool = False) -> Task:
    return Task(by, what, verb, href, contract.code, contract.name, late)
