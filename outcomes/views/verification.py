"""Pages of the verifier: what waits, the queue of one period, and the decision on the period as a whole."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.forms import read_number
from actors.http import ActorRequest, access, done
from actors.identity import contains_identity_number
from actors.policies import Refused
from actors.roles import Permission
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.forms import ClaimFilterForm, EmptyForm, ReasonForm
from outcomes.models import ClaimPeriod
from outcomes.policies import limited_to
from outcomes.queries import (
    DECIDED_AS,
    UNDECIDED,
    Vocabulary,
    claims_of,
    claims_seen,
    evidence_seen,
    get_period_for,
    observations_seen,
    periods_of,
    progress_of,
    vocabulary_of,
)
from outcomes.sources.values import date_of
from outcomes.states import Decision, ReasonCode
from outcomes.tasks import ring_payments
from outcomes.views.common import (
    GET_AND_POST,
    act_page,
    list_claims,
    matching,
    observation_rows,
    period_tag,
    permit_for,
    posted,
)
from outcomes.views.periods import whose_turn


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_safe
def verification_queue(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_PERSONS)
    listed = list(periods_of(contract))
    progress = progress_of(listed) if limited_to(request.actor, contract) is None else {}
    rows = [
        {"period": row, "tag": period_tag(row), "turn": whose_turn(row), "progress": progress.get(row.pk)}
        for row in listed
    ]
    context = {"contract": contract, "section": "verification", "rows": rows}
    return render(request, "outcomes/verification_queue.html", context)


@access(Permission.VIEW_PERSONS, in_contract=True)
@require_http_methods(GET_AND_POST)
def verification_period(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """The queue. POST only looks for somebody."""
    found = get_period_for(request.actor, code, period, Permission.VIEW_PERSONS)
    return _queue(request, found)


def _queue(request: ActorRequest, period: ClaimPeriod, problems: tuple[str, ...] = ()) -> HttpResponse:
    words = vocabulary_of(period.contract)
    claims = list_claims(request, claims_seen(request.actor, period), words, default_show="undecided")
    observations = observation_rows(observations_seen(request.actor, period), words)
    waiting = sum(1 for row in observations if row["can_decide"] and row["observation"].decision is None)
    sent = request.POST if problems else QueryDict()
    context = {
        "contract": period.contract,
        "section": "verification",
        "period": period,
        "tag": period_tag(period),
        "turn": whose_turn(period),
        "claims": claims,
        "undecided": claims.counts["standing"] - claims.counts["decided"] + waiting,
        "observations": observations,
        "evidence": _evidence_by_metric(request, period, words),
        "may_verify": permit_for(request.actor, period, "verify"),
        "reasons": ReasonCode.choices,
        "problems": problems,
        "chosen": set(sent.getlist("claim")),
        "reason": "" if contains_identity_number(sent.get("reason", "")) else sent.get("reason", ""),
        "reason_code": sent.get("reason_code", ""),
    }
    return render(request, "outcomes/verification_period.html", context, status=422 if problems else 200)


def _evidence_by_metric(request: ActorRequest, period: ClaimPeriod, words: Vocabulary) -> list[dict[str, Any]]:
    """What the terms demand for each metric that is claimed, beside what has been added."""
    rows = list(evidence_seen(request.actor, period.contract).filter(claim_period=period).order_by("uploaded_at"))
    claimed = [metric.id for metric in words.of_level("person")]
    groups = [
        {
            "metric": words.metric_label(metric),
            "demanded": ", ".join(words.evidence_labels(metric)),
            "files": [row for row in rows if row.metric == metric],
        }
        for metric in claimed
    ]
    groups = [group for group in groups if group["demanded"] or group["files"]]
    general = [row for row in rows if row.metric not in claimed]
    return groups + ([{"metric": _("All metrics"), "demanded": "", "files": general}] if general else [])


@access(Permission.VERIFY_OUTCOMES, in_contract=True)
@require_POST
def verification_decide(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """Accept or reject the chosen claims, or adjust the one whose button was pressed."""
    found = get_period_for(request.actor, code, period, Permission.VERIFY_OUTCOMES)
    says = _decision_said(request, found)
    try:
        decided = actions.decide_claims(actor=request.actor, claim_period=found, at=timezone.now(), **says)
    except Refused as refused:
        return _queue(request, found, refused.reasons)
    text = ngettext("%(n)s claim decided: %(decision)s.", "%(n)s claims decided: %(decision)s.", len(decided))
    values = {"n": len(decided), "decision": str(Decision(says["decision"]).label).lower()}
    response = done(request, text % values, "outcomes:verification_period", code, found.name)
    response["Location"] += _kept_filter(request)
    return response


def _decision_said(request: ActorRequest, period: ClaimPeriod) -> dict[str, Any]:
    """What was sent, as the action takes it. Reasons with identity numbers are not taken in."""
    sent = request.POST
    adjusted = sent.get("adjust", "")
    suffix = f"-{adjusted}" if adjusted else ""
    reason = sent.get(f"reason{suffix}", "").strip()
    if contains_identity_number(reason):
        raise Refused(_("The reason holds what looks like a personal identity number. Write it without."))
    if adjusted:
        return {
            "claims": _uuids([adjusted]),
            "decision": Decision.ADJUST,
            "event_on": date_of(sent.get(f"event_on{suffix}", "")),
            "units": read_number(sent.get(f"units{suffix}", "") or "x"),
            "reason_code": sent.get(f"reason_code{suffix}", ""),
            "reason": reason,
        }
    decision = Decision.REJECT if sent.get("act") == "reject" else Decision.ACCEPT
    if sent.get("all"):
        form = ClaimFilterForm(request.GET, words=vocabulary_of(period.contract))
        waiting = claims_of(period).filter(matching(form) & UNDECIDED)
        chosen = list(waiting.values_list("pk", flat=True))
    else:
        chosen = _uuids(sent.getlist("claim"))
    code = sent.get("reason_code", "") if decision == Decision.REJECT else ""
    return {"claims": chosen, "decision": decision, "reason_code": code, "reason": reason}


def _uuids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise Refused(_("The choice could not be read. Reload the page and choose again.")) from error


def _kept_filter(request: ActorRequest) -> str:
    kept = QueryDict(mutable=True)
    kept.update({key: request.GET[key] for key in ("metric", "show", "sort", "page") if key in request.GET})
    return f"?{kept.urlencode()}" if kept else ""


@access(Permission.VERIFY_OUTCOMES, in_contract=True)
@require_POST
def verification_value(request: ActorRequest, code: str, period: str, observation: UUID) -> HttpResponse:
    """Accept, adjust or reject one measured value."""
    found = get_period_for(request.actor, code, period, Permission.VERIFY_OUTCOMES)
    sent = request.POST
    act = sent.get("act", "")
    decision = Decision(act) if act in Decision.values else Decision.ACCEPT
    reason = sent.get("reason", "")
    try:
        if contains_identity_number(reason):
            raise Refused(_("The reason holds what looks like a personal identity number. Write it without."))
        actions.decide_observation(
            actor=request.actor,
            claim_period=found,
            observation=observation,
            decision=decision,
            value=read_number(sent.get("value", "") or "x") if decision == Decision.ADJUST else None,
            reason_code=sent.get("reason_code", ""),
            reason=reason,
            at=timezone.now(),
        )
    except Refused as refused:
        return _queue(request, found, refused.reasons)
    message = _("The value is decided: %(decision)s.") % {"decision": str(decision.label).lower()}
    return done(request, message, "outcomes:verification_period", code, found.name)


@access(Permission.VERIFY_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def verification_finish(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """The decision on the period as a whole."""
    found = get_period_for(request.actor, code, period, Permission.VERIFY_OUTCOMES)
    form = EmptyForm(posted(request))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            verified = actions.verify_period(actor=request.actor, claim_period=found, at=timezone.now())
        except Refused as refused:
            problems = refused.reasons
        else:
            ring_payments(verified.pk)
            message = _("%(period)s is verified. The settlement is being computed.") % {"period": found.name}
            return done(request, message, "outcomes:verification_period", code, found.name)
    progress = progress_of([found])[found.pk]
    claims = claims_of(found)
    names = {Decision.ACCEPT: _("Accepted"), Decision.ADJUST: _("Adjusted"), Decision.REJECT: _("Rejected")}
    warning = ""
    if progress.undecided:
        text = ngettext("%(n)s report is undecided.", "%(n)s reports are undecided.", progress.undecided)
        warning = text % {"n": progress.undecided}
    return act_page(
        request,
        found.contract,
        section="verification",
        title=_("Verify %(period)s") % {"period": found.name},
        label=_("Verify the period"),
        cancel=reverse("outcomes:verification_period", args=[code, found.name]),
        form=form,
        facts=[
            (_("Claims"), progress.claims),
            *((name, claims.filter(DECIDED_AS[decision]).count()) for decision, name in names.items()),
            (_("Measured values"), progress.values),
        ],
        problems=problems,
        warning=warning,
        consequences=[
            _("Your decisions become the ground for the settlement, which is computed at once."),
            _("The period stays verified. What turns out wrong is corrected in a later period."),
            _("Your name stands on the settlement statement."),
        ],
    )


@access(Permission.VERIFY_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def verification_return(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """Give the period back to the provider."""
    found = get_period_for(request.actor, code, period, Permission.VERIFY_OUTCOMES)
    form = ReasonForm(posted(request))
    problems: tuple[str, ...] = ()
    if form.is_valid():
        try:
            actions.return_period(
                actor=request.actor, claim_period=found, reason=form.cleaned_data["reason"], at=timezone.now()
            )
        except Refused as refused:
            problems = refused.reasons
        else:
            message = _("%(period)s is returned to the provider.") % {"period": found.name}
            return done(request, message, "outcomes:verification_queue", code)
    return act_page(
        request,
        found.contract,
        section="verification",
        title=_("Return %(period)s to the provider") % {"period": found.name},
        label=_("Return the period"),
        cancel=reverse("outcomes:verification_period", args=[code, found.name]),
        form=form,
        problems=problems,
        consequences=[
            _("The provider can complete and correct the period, and reports it again."),
            _("Decisions that you have taken stay."),
        ],
    )


__all__ = [
    "verification_decide",
    "verification_finish",
    "verification_period",
    "verification_queue",
    "verification_return",
    "verification_value",
]
