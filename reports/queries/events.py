"""What has happened, from the trail, as far as the reader may know of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from actors.models import AuditEvent
from actors.policies import Actor, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from outcomes.models import ClaimPeriod, PeriodStatusChange
from payments.models import OrderStatusChange, PaymentOrder
from rulebook.language import Voice

# What anybody who may see the contract may know of.
OPEN_EVENTS = [
    "contracts.propose",
    "contracts.return_proposal",
    "contracts.accept",
    "contracts.record_decision",
    "contracts.sign",
    "contracts.agree",
    "contracts.succeed",
    "reports.seal_agreement",
    "contracts.amend",
    "contracts.start",
    "contracts.close",
    "contracts.terminate",
]
# Small steps of the design: they stand in the history of the contract, and are no news for the first page.
QUIET_EVENTS = [
    "contracts.state_assumption",
    "contracts.move_chain_link",
    "contracts.score_measure",
    "contracts.edit_terms",
]
# What only those who see payments may know of.
PAYMENT_EVENTS = [
    "payments.order_payment",
    "payments.review",
    "payments.decide",
    "payments.refuse",
    "payments.confirm_paid",
]

SENTENCES = {
    "contracts.draft_contract": gettext_noop("The contract was drafted"),
    "contracts.edit_contract": gettext_noop("The contract's description was changed"),
    "contracts.add_party": gettext_noop("A party was added"),
    "contracts.change_party": gettext_noop("A party was changed"),
    "contracts.remove_party": gettext_noop("A party was removed"),
    "contracts.name_successor": gettext_noop("A successor of a party was named in the amendment"),
    "contracts.withdraw_successor": gettext_noop("A successor of a party was taken out of the amendment"),
    "contracts.succeed": gettext_noop("A party was replaced by its successor"),
    "contracts.edit_terms": gettext_noop("The draft of the terms was saved"),
    "contracts.propose": gettext_noop("The terms were proposed"),
    "contracts.return_proposal": gettext_noop("The proposal was returned"),
    "contracts.withdraw_draft": gettext_noop("The draft of the terms was withdrawn"),
    "contracts.accept": gettext_noop("A party accepted the terms"),
    "contracts.agree": gettext_noop("The terms were agreed"),
    "contracts.amend": gettext_noop("An amendment was begun"),
    "contracts.start": gettext_noop("The contract was started"),
    "contracts.close": gettext_noop("The contract was closed"),
    "contracts.terminate": gettext_noop("The contract was terminated"),
    "contracts.adopt_template": gettext_noop("A template was taken into the draft"),
    "contracts.adopt_indicator": gettext_noop("An indicator was put on the long list"),
    "contracts.offer_template": gettext_noop("The contract was offered as a template"),
    "contracts.add_benefit": gettext_noop("A benefit was described"),
    "contracts.change_benefit": gettext_noop("A benefit was changed"),
    "contracts.remove_benefit": gettext_noop("A benefit was removed"),
    "contracts.add_chain_link": gettext_noop("A statement was added to the effect chain"),
    "contracts.change_chain_link": gettext_noop("A statement of the effect chain was changed"),
    "contracts.move_chain_link": gettext_noop("A statement of the effect chain was moved"),
    "contracts.remove_chain_link": gettext_noop("A statement was removed from the effect chain"),
    "contracts.add_measure": gettext_noop("A measure was put on the long list"),
    "contracts.score_measure": gettext_noop("A measure was scored"),
    "contracts.choose_measure": gettext_noop("A measure was chosen or dropped"),
    "contracts.define_measure": gettext_noop("A measure was defined"),
    "contracts.approve_measure": gettext_noop("The definition of a measure was approved"),
    "contracts.edit_baseline": gettext_noop("A baseline was described"),
    "contracts.add_need_figure": gettext_noop("A figure from Kolada was set beside the need"),
    "contracts.remove_need_figure": gettext_noop("A figure from Kolada was taken away from the need"),
    "contracts.edit_design": gettext_noop("The description of the contract's design was changed"),
    "contracts.state_assumption": gettext_noop("An assumption was stated"),
    "contracts.remove_assumption": gettext_noop("An assumption was removed"),
    "contracts.add_scenario": gettext_noop("A scenario was added"),
    "contracts.change_scenario": gettext_noop("A scenario was changed"),
    "contracts.remove_scenario": gettext_noop("A scenario was removed"),
    "contracts.simulate": gettext_noop("The contract was simulated"),
    "contracts.comment": gettext_noop("The terms were commented on"),
    "contracts.resolve_comment": gettext_noop("A comment was settled"),
    "contracts.name_delegate": gettext_noop("A delegate was named"),
    "contracts.end_delegate": gettext_noop("A delegate's task was ended"),
    "contracts.order_signing": gettext_noop("The order of signing was set"),
    "contracts.save_signing_group": gettext_noop("It was set who signs for a party"),
    "contracts.end_signing_group": gettext_noop("A group of signatories was ended"),
    "contracts.sign": gettext_noop("The agreement was signed"),
    "contracts.record_decision": gettext_noop("A political decision was recorded"),
    "library.fetch_snapshot": gettext_noop("Figures were fetched from Kolada"),
    "reports.hold_meeting": gettext_noop("A meeting of the steering group was recorded"),
    "reports.seal_agreement": gettext_noop("The agreement was sealed"),
    "outcomes.open_period": gettext_noop("A claim period was opened"),
    "outcomes.enrol": gettext_noop("Participants were enrolled"),
    "outcomes.start_import": gettext_noop("A file was read"),
    "outcomes.refuse_import": gettext_noop("A file was refused: it seemed to hold identity numbers"),
    "outcomes.confirm_import": gettext_noop("An import was confirmed"),
    "outcomes.discard_import": gettext_noop("An import was discarded"),
    "outcomes.withdraw_import": gettext_noop("An import was withdrawn"),
    "outcomes.report_claim": gettext_noop("A claim was reported"),
    "outcomes.report_observation": gettext_noop("A measured value was reported"),
    "outcomes.withdraw": gettext_noop("A report was withdrawn"),
    "outcomes.report_period": gettext_noop("The claim period was reported"),
    "outcomes.return_period": gettext_noop("The claim period was returned to the provider"),
    "outcomes.decide_claims": gettext_noop("Claims were decided on"),
    "outcomes.decide_observation": gettext_noop("A measured value was decided on"),
    "outcomes.verify_period": gettext_noop("The claim period was verified"),
    "outcomes.correct_claim": gettext_noop("A claim was corrected"),
    "outcomes.revise_decision": gettext_noop("A decision on a claim was revised"),
    "outcomes.add_evidence": gettext_noop("Evidence was added"),
    "outcomes.post_claims": gettext_noop("Claims were posted by another system"),
    "outcomes.erase_pseudonym": gettext_noop("A pseudonym was erased"),
    "payments.compute": gettext_noop("The settlement was computed"),
    "payments.order_payment": gettext_noop("A payment was ordered"),
    "payments.review": gettext_noop("A payment was reviewed"),
    "payments.decide": gettext_noop("A payment was decided on"),
    "payments.refuse": gettext_noop("A payment was refused"),
    "payments.confirm_paid": gettext_noop("A payment was confirmed as made"),
    "reports.request_report": gettext_noop("A document was asked for"),
}


@dataclass(frozen=True)
class Happening:
    """One event, in words. `href` leads to the contract where several are shown together."""

    at: datetime
    title: str
    by: str
    text: str
    href: str = ""


def happenings_in(actor: Actor, contracts: Iterable[Contract], *, most: int = 10) -> list[Happening]:
    """The latest events of these contracts, for the start page; a few queries, however many contracts."""
    by_code = {contract.code: contract for contract in contracts}
    seen = Q(pk__in=[])
    for contract in by_code.values():
        seen |= _seen(actor, contract)
    rows = _events().filter(seen).exclude(event__in=QUIET_EVENTS)[:most] if by_code else []
    return _said(rows, by_code)


def timeline_of(actor: Actor, contract: Contract) -> QuerySet[AuditEvent]:
    """The contract's trail as the actor may see it, the latest first."""
    return _events().filter(_seen(actor, contract))


def as_happenings(events: Iterable[AuditEvent]) -> list[Happening]:
    """The events in words."""
    return _said(events)


def _events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.select_related("user", "organisation").order_by("-at", "-pk")


def _seen(actor: Actor, contract: Contract) -> Q:
    roles = roles_of(actor, contract)
    seen = Q(contract_code=contract.code)
    if not can(actor, Permission.VIEW_HISTORY, roles):
        return seen & Q(event__in=OPEN_EVENTS)
    if not can(actor, Permission.VIEW_PAYMENTS, roles):
        seen &= ~Q(event__in=PAYMENT_EVENTS)
    return seen


def _href(contract: Contract) -> str:
    return reverse("reports:contract_overview", args=[contract.code])


def _said(rows: Iterable[AuditEvent], by_code: Mapping[str, Contract] | None = None) -> list[Happening]:
    """The rows in words: what was done to which period or order, why, and in which contract where several are shown."""
    events = list(rows)
    periods = ClaimPeriod.objects.in_bulk(_subjects(events, ClaimPeriod))
    orders = PaymentOrder.objects.select_related("calculation__claim_period").in_bulk(_subjects(events, PaymentOrder))
    about = {_name(period): period.name for period in periods.values()}
    about |= {_name(order): f"{order.calculation.claim_period.name}, {_money(order)}" for order in orders.values()}
    reasons = {} if by_code else _reasons(events, periods, orders)
    return [
        _happening(
            event,
            about.get(event.subject, ""),
            reasons.get((event.subject, event.at), ""),
            by_code[event.contract_code] if by_code else None,
        )
        for event in events
    ]


def _reasons(
    events: Iterable[AuditEvent], periods: Iterable[Any], orders: Iterable[Any]
) -> dict[tuple[str, datetime], str]:
    """Why a period was returned or a payment refused: the act and the move are written at the same instant."""
    at = [event.at for event in events]
    moves = {
        ClaimPeriod: PeriodStatusChange.objects.filter(claim_period__in=periods, at__in=at).values_list(
            "claim_period", "at", "reason"
        ),
        PaymentOrder: OrderStatusChange.objects.filter(order__in=orders, at__in=at).values_list(
            "order", "at", "reason"
        ),
    }
    return {
        (f"{model._meta.label_lower}:{pk}", at): reason
        for model, rows in moves.items()
        for pk, at, reason in rows
        if reason
    }


def _subjects(events: Iterable[AuditEvent], model: type[Model]) -> list[str]:
    of_model = f"{model._meta.label_lower}:"
    return [event.subject.removeprefix(of_model) for event in events if event.subject.startswith(of_model)]


def _money(order: PaymentOrder) -> str:
    return Voice("en" if get_language() == "en" else "sv", order.currency).money(order.amount)


def _name(subject: Model) -> str:
    """What the trail calls it."""
    return f"{subject._meta.label_lower}:{subject.pk}"


def _happening(event: AuditEvent, subject: str, reason: str, contract: Contract | None) -> Happening:
    sentence = SENTENCES.get(event.event)
    title = _(sentence) if sentence else event.event
    about = subject or event.data.get("period") or event.data.get("version") or event.data.get("number")
    if isinstance(about, str | int):
        version = event.event.startswith("contracts.")
        title = f"{title}: {_('version %(number)s') % {'number': about} if version else about}"
    who = ", ".join(str(name) for name in (event.user, event.organisation) if name) or _("The platform")
    if contract is None:
        return Happening(event.at, title, who, reason)
    return Happening(event.at, title, who, f"{contract.code} {contract.name}", _href(contract))
