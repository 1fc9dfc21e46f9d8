"""The negotiation: whose turn it is, the text clause by clause with what is said about it, and the delegates."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, done
from actors.models import Membership, User
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts.actions.delegates import end_delegate, name_delegate
from contracts.actions.negotiating import comment, resolve_comment
from contracts.actions.readiness import reader_language
from contracts.forms.negotiation import CommentForm, ReplyForm
from contracts.forms.signing import DelegateForm
from contracts.models import Comment, Contract, ContractVersion, Delegate
from contracts.policies import Act, negotiates, permit_for
from contracts.queries import get_contract_for, open_version, versions_with_acceptances
from contracts.queries.negotiation import Talk, compared, read_before, standings, talk_about
from contracts.queries.signing import signing_plan
from contracts.redline import changed_only
from contracts.states import OPEN_STATUSES, VersionStatus
from contracts.views.deciding import posted
from contracts.views.redline import others_changed

GET_AND_POST = ["GET", "HEAD", "POST"]
ACTS = (Act.PROPOSE, Act.ACCEPT, Act.RETURN, Act.SIGN, Act.COMMENT, Act.NAME_PEOPLE, Act.AMEND)


def _is_party(request: ActorRequest, contract: Contract) -> bool:
    """What the parties say to each other is for them alone, whoever else may read the terms."""
    return negotiates(request.actor, contract)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def negotiation(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    return _page(request, contract)


def _page(
    request: ActorRequest, contract: Contract, *, failed: Any = None, reasons: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    """`failed` is a form that was refused; it is shown first, with what was written kept."""
    versions = list(versions_with_acceptances(contract))
    version = next((v for v in versions if v.status in OPEN_STATUSES), None)
    context: dict[str, Any] = {
        "contract": contract,
        "section": "negotiation",
        "version": version,
        "versions": versions,
        "failed": failed,
        "reasons": reasons,
        "permits": {act.value: permit_for(request.actor, act, contract, version) for act in ACTS},
        "is_party": _is_party(request, contract),
    }
    if version is not None:
        context |= _standing(request, contract, version, versions)
    return render(request, "contracts/negotiation.html", context, status=status)


def _standing(
    request: ActorRequest, contract: Contract, version: ContractVersion, versions: list[ContractVersion]
) -> dict[str, Any]:
    language = reader_language()
    acceptances = list(version.acceptances.all())
    before = read_before(versions, version, request.actor.organisation)
    plan = signing_plan(contract, version) if version.status == VersionStatus.ACCEPTED else None
    where = standings(contract, acceptances)
    return {
        "standings": where,
        "awaited": [standing.organisation for standing in where if standing.acceptance is None],
        "has_accepted": any(a.organisation_id == _own(request) for a in acceptances),
        "plan": plan,
        "before": before,
        "changes": changed_only(compared(contract, before, version, language)) if before else [],
        "others": others_changed(before, version),
        "talks": talk_about(contract, version, versions, language) if _is_party(request, contract) else [],
        "is_late": bool(version.answer_by and version.answer_by < timezone.localdate()),
    }


def _own(request: ActorRequest) -> int | None:
    return request.actor.organisation.pk if request.actor.organisation else None


def _comment(contract: Contract, pk: int) -> Comment:
    found = Comment.objects.filter(pk=pk, version__contract=contract).select_related("version", "reply_to").first()
    if found is None:
        raise NotVisible
    return found


def _anchor(contract: Contract, clause: str) -> str:
    return f"{reverse('contracts:negotiation', args=[contract.code])}#{Talk(clause, None, [], []).anchor}"


@access(Permission.COMMENT, in_contract=True)
@require_POST
def comment_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.COMMENT)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, contract, failed=form, status=422)
    said = form.cleaned_data
    try:
        comment(actor=request.actor, contract=contract, clause=said["clause"], text=said["text"], at=timezone.now())
    except Refused as refusal:
        return _page(request, contract, failed=form, reasons=refusal.reasons, status=409)
    return redirect(_anchor(contract, said["clause"]))


@access(Permission.COMMENT, in_contract=True)
@require_POST
def comment_answer(request: ActorRequest, code: str, comment_id: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.COMMENT)
    asked, form = _comment(contract, comment_id), ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, contract, failed=form, status=422)
    try:
        comment(
            actor=request.actor,
            contract=contract,
            text=form.cleaned_data["text"],
            reply_to=asked,
            at=timezone.now(),
        )
    except Refused as refusal:
        return _page(request, contract, failed=form, reasons=refusal.reasons, status=409)
    return redirect(_anchor(contract, asked.clause))


@access(Permission.COMMENT, in_contract=True)
@require_POST
def comment_resolve(request: ActorRequest, code: str, comment_id: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.COMMENT)
    found = _comment(contract, comment_id)
    resolve_comment(actor=request.actor, contract=contract, comment=found, at=timezone.now())
    return redirect(_anchor(contract, found.clause))


# --- Delegates -------------------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_safe
def delegates(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    is_party = _is_party(request, contract)
    named = contract.delegates.select_related("organisation", "user", "named_by")
    context = {
        "contract": contract,
        "section": "negotiation",
        "delegates": list(named.order_by("organisation__name", "-until_on", "pk")) if is_party else [],
        "is_party": is_party,
        "today": timezone.localdate(),
        "permit": permit_for(request.actor, Act.NAME_PEOPLE, contract, open_version(contract)),
    }
    return render(request, "contracts/delegates.html", context)


def _colleagues(request: ActorRequest) -> list[User]:
    memberships = Membership.objects.filter(
        organisation=request.actor.organisation, ended_at__isnull=True, user__is_active=True
    ).select_related("user")
    people = {m.user.pk: m.user for m in memberships.order_by("user__name") if m.user != request.actor.user}
    return list(people.values())


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def delegate_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    permit = permit_for(request.actor, Act.NAME_PEOPLE, contract, open_version(contract))
    form = DelegateForm(
        posted(request),
        people=_colleagues(request) if permit else [],
        initial={"from_on": timezone.localdate(), "may": [Delegate.May.COMMENT]},
    )
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            delegate = name_delegate(actor=request.actor, contract=contract, at=timezone.now(), **form.delegate)
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            message = _("%(person)s is named, and is told.") % {"person": delegate.user.name}
            return done(request, message, "contracts:delegates", contract.code)
    context = {"contract": contract, "section": "negotiation", "form": form, "permit": permit, "reasons": reasons}
    status = 200 if not form.is_bound else 409 if reasons else 422
    return render(request, "contracts/delegate_add.html", context, status=status)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_POST
def delegate_end(request: ActorRequest, code: str, delegate: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    found = contract.delegates.filter(pk=delegate, organisation=request.actor.organisation).first()
    if found is None:
        raise NotVisible
    end_delegate(actor=request.actor, contract=contract, delegate=found, at=timezone.now())
    message = _("%(person)s is no longer a delegate.") % {"person": found.user.name}
    return done(request, message, "contracts:delegates", contract.code)
