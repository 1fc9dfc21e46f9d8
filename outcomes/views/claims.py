"""Pages of single claims and measured values."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import Actor, NotVisible, Refused
from actors.roles import Permission
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.forms import ClaimForm, CorrectionForm, ReasonForm, RevisionForm, ValueForm
from outcomes.models import Claim, ClaimPeriod, Observation, Verification
from outcomes.policies import participants_seen
from outcomes.queries import Vocabulary, claims_with_state, evidence_seen, get_period_for, history_of, vocabulary_of
from outcomes.states import Decision, PeriodStatus
from outcomes.views.common import GET_AND_POST, act_page, claim_row, permit_in, posted


def get_claim(actor: Actor, code: str, pk: UUID, permission: Permission) -> Claim:
    """The claim with its state, if the actor may do this in its contract and see its participant."""
    contract = get_contract_for(actor, code, permission)
    rows = Claim.objects.select_related("claim_period", "participant__cohort", "participant__provider", "reported_by")
    seen = participants_seen(actor, contract, "participant__")
    claim = claims_with_state(rows).filter(seen, pk=pk, claim_period__contract=contract).first()
    if claim is None:
        raise NotVisible
    claim.claim_period.contract = contract
    return claim


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_safe
def claim_detail(request: ActorRequest, code: str, claim: UUID) -> HttpResponse:
    found = get_claim(request.actor, code, claim, Permission.VIEW_PERSONS)
    contract, words = found.claim_period.contract, vocabulary_of(found.claim_period.contract)
    chain = history_of(found)
    evidence = evidence_seen(request.actor, contract).filter(claim_period=found.claim_period)
    context = {
        "contract": contract,
        "section": "outcomes",
        "row": claim_row(found, words),
        "period": found.claim_period,
        "events": _events(chain, found),
        "evidence": [row for row in evidence if row.claim_id == found.pk or row.metric in {"", found.metric}],
        "may_report": permit_in(request.actor, contract, Permission.REPORT_OUTCOMES),
        "may_revise": permit_in(request.actor, contract, Permission.VERIFY_OUTCOMES),
        "is_latest": chain[-1].pk == found.pk,
        "is_open": found.claim_period.status == PeriodStatus.OPEN,
        "is_verified": found.claim_period.status == PeriodStatus.VERIFIED,
    }
    return render(request, "outcomes/claim_detail.html", context)


def _events(chain: list[Claim], shown: Claim) -> list[dict[str, Any]]:
    """Everything that happened to the event: reports, corrections, withdrawals and decisions, in order."""
    events = []
    for number, claim in enumerate(chain):
        values = {"day": claim.event_on, "units": f"{claim.units.normalize():f}", "period": claim.claim_period.name}
        text = _("Event date %(day)s, units %(units)s, in %(period)s.") % values
        title = pgettext("claim", "Reported") if number == 0 else _("Corrected")
        href = "" if claim.pk == shown.pk else _address(claim)
        events.append({"at": claim.reported_at, "title": title, "by": claim.reported_by, "text": text, "href": href})
        if hasattr(claim, "withdrawal"):
            taken = claim.withdrawal
            by = taken.withdrawn_by
            events.append(
                {"at": taken.withdrawn_at, "title": pgettext("claim", "Withdrawn"), "by": by, "text": taken.reason}
            )
    decisions = Verification.objects.filter(claim__in=chain).select_related("verified_by", "claim_period")
    for decision in decisions:
        said = [str(decision.get_reason_code_display()) if decision.reason_code else "", decision.reason]
        if decision.decision == Decision.ADJUST and decision.units is not None:
            values = {"day": decision.event_on, "units": f"{decision.units.normalize():f}"}
            said.insert(0, _("Verified: event date %(day)s, units %(units)s.") % values)
        title = f"{decision.get_decision_display()} ({decision.claim_period.name})"
        text = " ".join(part for part in said if part)
        events.append({"at": decision.verified_at, "title": title, "by": decision.verified_by, "text": text})
    return sorted(events, key=lambda event: event["at"])


def _address(claim: Claim) -> str:
    return reverse("outcomes:claim_detail", args=[claim.claim_period.contract.code, claim.pk])


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def claim_new(request: ActorRequest, code: str, period: str) -> HttpResponse:
    found = get_period_for(request.actor, code, period, Permission.REPORT_OUTCOMES)
    form = ClaimForm(posted(request), words=vocabulary_of(found.contract))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            actions.report_claim(actor=request.actor, claim_period=found, fields=form.cleaned_data, at=timezone.now())
        except actions.ReportFaults as faults:
            form.add_faults(faults)
        except Refused as refused:
            problems = refused.reasons
        else:
            return done(request, _("The claim is reported."), "outcomes:period_detail", code, found.name)
    return act_page(
        request,
        found.contract,
        section="outcomes",
        title=_("Report a claim in %(period)s") % {"period": found.name},
        label=_("Report the claim"),
        cancel=reverse("outcomes:period_detail", args=[code, found.name]),
        form=form,
        problems=problems,
    )


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def value_new(request: ActorRequest, code: str, period: str) -> HttpResponse:
    found = get_period_for(request.actor, code, period, Permission.REPORT_OUTCOMES)
    form = ValueForm(posted(request), words=vocabulary_of(found.contract), period=found)
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            actions.report_value(actor=request.actor, claim_period=found, fields=form.cleaned_data, at=timezone.now())
        except actions.ReportFaults as faults:
            form.add_faults(faults)
        except Refused as refused:
            problems = refused.reasons
        else:
            return done(request, _("The value is reported."), "outcomes:period_detail", code, found.name)
    return act_page(
        request,
        found.contract,
        section="outcomes",
        title=_("Report a measured value in %(period)s") % {"period": found.name},
        label=_("Report the value"),
        cancel=reverse("outcomes:period_detail", args=[code, found.name]),
        form=form,
        problems=problems,
    )


def claim_facts(claim: Claim, words: Vocabulary) -> list[tuple[str, Any]]:
    return [
        (_("Participant"), claim.participant.pseudonym),
        (_("Metric"), words.metric_label(claim.metric)),
        (_("Event date"), claim.event_on),
        (_("Units"), f"{claim.units.normalize():f}"),
        (_("Claim period"), claim.claim_period.name),
    ]


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def claim_correct(request: ActorRequest, code: str, claim: UUID) -> HttpResponse:
    """A corrected report, in the period that is open now."""
    found = get_claim(request.actor, code, claim, Permission.REPORT_OUTCOMES)
    contract, words = found.claim_period.contract, vocabulary_of(found.claim_period.contract)
    period = contract.claim_periods.filter(status=PeriodStatus.OPEN).order_by("starts_on").first()
    initial = {"event_on": found.event_on, "units": Decimal(f"{found.units.normalize():f}")}
    form = CorrectionForm(posted(request), initial=initial)
    problems: tuple[str, ...] = () if period else (_("A correction is reported in an open period, and none is open."),)
    if period and form.is_valid():
        try:
            new = actions.correct_claim(
                actor=request.actor,
                claim_period=period,
                claim=found,
                event_on=form.cleaned_data["event_on"],
                units=form.cleaned_data["units"],
                at=timezone.now(),
            )
        except actions.ReportFaults as faults:
            form.add_faults(faults)
        except Refused as refused:
            problems = refused.reasons
        else:
            return done(request, _("The correction is reported."), "outcomes:claim_detail", code, new.pk)
    return act_page(
        request,
        contract,
        section="outcomes",
        title=_("Correct a claim"),
        label=_("Report the correction"),
        cancel=reverse("outcomes:claim_detail", args=[code, found.pk]),
        form=form,
        facts=claim_facts(found, words),
        problems=problems,
        consequences=[
            _("What you reported before stays. The correction is a new claim that takes its place."),
            _("A claim that has been verified counts until the verifier has accepted the correction."),
        ],
    )


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def claim_withdraw(request: ActorRequest, code: str, claim: UUID) -> HttpResponse:
    found = get_claim(request.actor, code, claim, Permission.REPORT_OUTCOMES)
    form, problems = ReasonForm(posted(request)), ()
    if form.is_valid():
        try:
            actions.withdraw_claim(actor=request.actor, claim=found, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            problems = refused.reasons  # type: ignore[assignment]
        else:
            message = _("The claim is withdrawn.")
            return done(request, message, "outcomes:period_detail", code, found.claim_period.name)
    return act_page(
        request,
        found.claim_period.contract,
        section="outcomes",
        title=_("Withdraw a claim"),
        label=_("Withdraw the claim"),
        cancel=reverse("outcomes:claim_detail", args=[code, found.pk]),
        form=form,
        facts=claim_facts(found, vocabulary_of(found.claim_period.contract)),
        problems=problems,
        color="danger",
        consequences=[_("The claim stays in the history, counts no longer, and can be reported again.")],
    )


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def value_withdraw(request: ActorRequest, code: str, observation: UUID) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.REPORT_OUTCOMES)
    values = Observation.objects.select_related("claim_period__contract").filter(
        pk=observation, claim_period__contract=contract, reported_for=request.actor.organisation
    )
    found = values.first()
    if found is None:
        raise NotVisible
    form, problems = ReasonForm(posted(request)), ()
    if form.is_valid():
        try:
            actions.withdraw_value(actor=request.actor, observation=found, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            problems = refused.reasons  # type: ignore[assignment]
        else:
            message = _("The value is withdrawn.")
            return done(request, message, "outcomes:period_detail", code, found.claim_period.name)
    words = vocabulary_of(contract)
    return act_page(
        request,
        contract,
        section="outcomes",
        title=_("Withdraw a measured value"),
        label=_("Withdraw the value"),
        cancel=reverse("outcomes:period_detail", args=[code, found.claim_period.name]),
        form=form,
        facts=[
            (_("Metric"), words.metric_label(found.metric)),
            (_("Measurement period"), found.measurement_period),
            (_("Value"), f"{found.value.normalize():f}"),
        ],
        problems=problems,
        color="danger",
        consequences=[_("The value stays in the history, counts no longer, and can be reported again.")],
    )


@access(Permission.VERIFY_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def claim_revise(request: ActorRequest, code: str, claim: UUID) -> HttpResponse:
    """A new decision on a claim of a verified period, as part of the verification that is going on."""
    found: Any = get_claim(request.actor, code, claim, Permission.VERIFY_OUTCOMES)
    contract = found.claim_period.contract
    periods = ClaimPeriod.objects.filter(contract=contract, status=PeriodStatus.REPORTED).select_related("contract")
    period = periods.order_by("starts_on").first()
    units = found.decided_units if found.decided_units is not None else found.units
    initial = {"event_on": found.decided_event_on or found.event_on, "units": Decimal(f"{units.normalize():f}")}
    form = RevisionForm(posted(request), initial=initial)
    problems: tuple[str, ...] = ()
    if period is None:
        problems = (_("A decision is revised within the verification of a later period, and none is reported now."),)
    elif form.is_valid():
        says = form.cleaned_data
        adjusted = says["decision"] == Decision.ADJUST
        try:
            actions.revise_decision(
                actor=request.actor,
                claim_period=period,
                subject=found,
                decision=Decision(says["decision"]),
                event_on=says["event_on"] if adjusted else None,
                units=says["units"] if adjusted else None,
                reason_code=says["reason_code"],
                reason=says["reason"],
                at=timezone.now(),
            )
        except actions.ReportFaults as faults:
            form.add_faults(faults)
        except Refused as refused:
            problems = refused.reasons
        else:
            message = _("The decision is revised, and counts when %(period)s is verified.") % {"period": period.name}
            return done(request, message, "outcomes:claim_detail", code, found.pk)
    return act_page(
        request,
        contract,
        section="verification",
        title=_("Revise a decision"),
        label=_("Revise the decision"),
        cancel=reverse("outcomes:claim_detail", args=[code, found.pk]),
        form=form,
        facts=[
            *claim_facts(found, vocabulary_of(contract)),
            (
                _("Decision now"),
                str(Decision(found.decision).label) if found.decision else pgettext("decision on a claim", "Undecided"),
            ),
        ],
        problems=problems,
        consequences=[
            _("The earlier decision stays in the history."),
            _("The difference becomes a line of its own in the next settlement. Nothing already settled is rewritten."),
        ],
    )


__all__ = [
    "claim_correct",
    "claim_detail",
    "claim_new",
    "claim_revise",
    "claim_withdraw",
    "value_new",
    "value_withdraw",
]
