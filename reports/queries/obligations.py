"""The calendar: the obligations of agreed contracts, with what has been done of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Sum
from django.urls import reverse
from django.utils import timezone

from actors.models import CalendarFeed
from actors.policies import Actor, can
from actors.roles import Permission
from contracts.models import Contract, ContractVersion, Design, MeetingHeld
from contracts.obligations import Kind, Obligation, Schedule, obligations
from contracts.policies import roles_of
from contracts.snapshot import terms_of
from contracts.states import ContractStatus, VersionStatus
from outcomes.models import ClaimPeriod
from payments.models import CalculationLine, PaymentOrder
from payments.states import OrderStatus
from rulebook import Version

# Obligations are kept by people who hold this permission; a meeting by everyone who binds a party.
KEEPS: dict[Kind, Permission] = {
    Kind.REPORT: Permission.REPORT_OUTCOMES,
    Kind.VERIFY: Permission.VERIFY_OUTCOMES,
    Kind.PAY: Permission.ORDER_PAYMENT,
    Kind.MEET: Permission.COMMENT,
}
BINDING = (ContractStatus.AGREED, ContractStatus.ACTIVE)


@dataclass(frozen=True)
class Entry:
    """One obligation as somebody reads it. `who` are the organisations that must do it."""

    obligation: Obligation
    contract: Contract
    who: tuple[str, ...]
    is_mine: bool
    done_on: date | None
    href: str
    today: date

    @property
    def is_overdue(self) -> bool:
        return self.done_on is None and self.obligation.due_on < self.today

    @property
    def state(self) -> str:
        """done, overdue, soon (within a month) or later."""
        if self.done_on is not None:
            return "done"
        if self.is_overdue:
            return "overdue"
        return "soon" if (self.obligation.due_on - self.today).days <= 31 else "later"


def entries_of(actor: Actor | None, contracts: Iterable[Contract], today: date) -> list[Entry]:
    """Every obligation of those of the contracts that bind and are settled here, in order of time; six queries."""
    binding = [c for c in contracts if c.status in BINDING and not c.computed_from_published_facts]
    pks = [contract.pk for contract in binding]
    versions = _versions(pks)
    periods = _periods(pks)
    done = _Done(periods, pks)
    found: list[Entry] = []
    for contract in binding:
        agreed = versions.get(contract.pk, [])
        if not agreed:
            continue
        rows = periods[contract.pk]
        due = obligations(
            contract.starts_on,
            contract.ends_on,
            [Version(number=v.number, effective_on=v.effective_on, terms=terms_of(v)) for v in agreed],
            {version.number: _schedule(version) for version in agreed},
            {name: period.report_due_on for name, period in rows.items()},
        )
        roles = roles_of(actor, contract) if actor else frozenset()
        for one in due:
            is_mine = actor is not None and bool(can(actor, KEEPS[one.kind], roles))
            found.append(
                Entry(one, contract, _who(contract, one), is_mine, done.on(contract, one), _href(contract, one), today)
            )
    return sorted(found, key=lambda entry: (entry.obligation.due_on, entry.contract.code, entry.obligation.key))


def _schedule(version: ContractVersion) -> Schedule:
    """What is agreed without a word about the schedule is agreed with the usual one; the design may be a draft's."""
    return Schedule.of((version.document or {}).get("schedule") or Design())


def _versions(pks: list[int]) -> dict[int, list[ContractVersion]]:
    found: dict[int, list[ContractVersion]] = defaultdict(list)
    agreed = ContractVersion.objects.filter(contract__in=pks, status=VersionStatus.AGREED)
    for version in agreed.order_by("effective_on", "number"):
        found[version.contract_id].append(version)
    return found


def _periods(pks: list[int]) -> dict[int, dict[str, ClaimPeriod]]:
    found: dict[int, dict[str, ClaimPeriod]] = defaultdict(dict)
    for period in ClaimPeriod.objects.filter(contract__in=pks):
        found[period.contract_id][period.name] = period
    return found


def _who(contract: Contract, obligation: Obligation) -> tuple[str, ...]:
    parties = [p for p in contract.parties.all() if obligation.role is None or p.role == obligation.role]
    return tuple(dict.fromkeys(str(party.organisation) for party in parties))


def _href(contract: Contract, obligation: Obligation) -> str:
    if obligation.kind is Kind.MEET:
        return reverse("reports:obligations", args=[contract.code])
    if obligation.kind is Kind.PAY:
        return reverse("payments:settlements", args=[contract.code])
    return reverse("outcomes:periods", args=[contract.code])


class _Done:
    """What has been done, of all the contracts at once."""

    def __init__(self, periods: Mapping[int, Mapping[str, ClaimPeriod]], pks: list[int]) -> None:
        self.periods = periods
        held = MeetingHeld.objects.filter(contract__in=pks)
        self.held = {(meeting.contract_id, meeting.key): meeting.held_on for meeting in held}
        self.owed: dict[int, int] = defaultdict(int)
        self.computed: set[int] = set()
        legs = CalculationLine.objects.filter(calculation__contract__in=pks).values(
            "calculation__claim_period", "payer", "payee"
        )
        for leg in legs.annotate(due=Sum("amount")).order_by():
            self.computed.add(leg["calculation__claim_period"])
            self.owed[leg["calculation__claim_period"]] += bool(leg["due"])
        self.paid: dict[int, list[date]] = defaultdict(list)
        orders = PaymentOrder.objects.filter(calculation__contract__in=pks, status=OrderStatus.PAID)
        for period, paid_on in orders.values_list("calculation__claim_period", "paid_on"):
            if paid_on:
                self.paid[period].append(paid_on)

    def on(self, contract: Contract, obligation: Obligation) -> date | None:
        """The day it was done, or None."""
        if obligation.kind is Kind.MEET:
            return self.held.get((contract.pk, obligation.key))
        period = self.periods[contract.pk].get(obligation.period)
        if period is None:
            return None
        if obligation.kind is Kind.PAY:
            return self._paid_on(period)
        at = period.reported_at if obligation.kind is Kind.REPORT else period.verified_at
        return timezone.localdate(at) if at else None

    def _paid_on(self, period: ClaimPeriod) -> date | None:
        """The day of the last payment; of the verification where nothing was due."""
        if period.verified_at is None or period.pk not in self.computed:
            return None
        paid = self.paid[period.pk]
        is_all_paid = len(paid) >= self.owed[period.pk]
        return max(paid, default=timezone.localdate(period.verified_at)) if is_all_paid else None


def feed_holder(token_hash: str) -> CalendarFeed | None:
    """The running feed with this secret, with whose it is."""
    feeds = CalendarFeed.objects.filter(
        token_hash=token_hash,
        revoked_at__isnull=True,
        membership__ended_at__isnull=True,
        membership__user__is_active=True,
    )
    return feeds.select_related("membership__user", "membership__organisation", "membership__board").first()


def to_answer(by: date) -> list[ContractVersion]:
    """Proposals that are to be answered by that day or were before it, with their contracts' parties at hand."""
    contracts = Contract.objects.prefetch_related("parties__organisation", "parties__board", "readers")
    waiting = ContractVersion.objects.filter(status=VersionStatus.PROPOSED, answer_by__lte=by)
    return list(waiting.prefetch_related(Prefetch("contract", contracts), "acceptances"))
