"""Signing: who signs in which order, proving who one is, and the signature itself."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, done
from actors.models import Organisation, User
from actors.policies import NotVisible, Permit, Refused
from actors.roles import Permission
from contracts.actions.delegates import end_signing_group, order_signing, save_signing_group
from contracts.actions.signing import PROOF_LASTS, refuse_outdated, sign, why_not_sign
from contracts.forms.signing import PasswordForm, SignForm, SigningGroupForm, TurnsForm
from contracts.identification import NotProved, Purpose, way_named, ways
from contracts.identification.base import forget, keep, kept
from contracts.identification.oidc import trip_code
from contracts.models import Contract, ContractVersion, SigningGroup
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for, open_version
from contracts.queries.signing import SigningPlan, signatories_of, signing_plan
from contracts.queries.succession import successions_of
from contracts.states import VersionStatus
from contracts.tasks import ring_sealing
from contracts.views.deciding import posted
from contracts.views.reading import in_words
from contracts.views.redline import since

GET_AND_POST = ["GET", "HEAD", "POST"]


def intent_text(contract: Contract, version: ContractVersion, organisation: Organisation | None) -> str:
    """The sentence the person reads and means, in the reader's language. It is stored with the signature."""
    return _(
        "I sign the contract %(code)s, «%(name)s», version %(number)s of the terms, for %(organisation)s. "
        "I have read the terms whose hash is %(hash)s."
    ) % {
        "code": contract.code,
        "name": contract.name,
        "number": version.number,
        "organisation": organisation or "",
        "hash": version.document_hash,
    }


def _is_ours(intent: str, contract: Contract, version: ContractVersion, organisation: Organisation | None) -> bool:
    """Is this the sentence that was shown, in whichever language?"""
    for language in ("sv", "en"):
        with translation.override(language):
            if intent == intent_text(contract, version, organisation):
                return True
    return False


def _purpose(request: ActorRequest, contract: Contract, version: ContractVersion) -> Purpose:
    user = request.actor.user
    return Purpose(user.pk, user.email, contract.code, version.document_hash)


def _may_sign(request: ActorRequest, contract: Contract, version: ContractVersion | None, plan: SigningPlan) -> Permit:
    permit = permit_for(request.actor, Act.SIGN, contract, version)
    if not permit or version is None:
        return permit
    reason = why_not_sign(request.actor, plan, version)
    return Permit(not reason, reason)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_sign(request: ActorRequest, code: str) -> HttpResponse:
    """What is signed, who has and who is awaited; with a fresh proof, the one button."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    version = open_version(contract)
    reasons: tuple[str, ...] = ()
    status = 200
    if request.method == "POST":
        form = SignForm(request.POST)
        status, reasons = 409, (_("The page was too old. Read it again, and sign."),)
        if form.is_valid() and version is not None:
            try:
                return _signed(request, contract, version, form)
            except Refused as refusal:
                reasons = refusal.reasons
            version = open_version(contract)
    plan = signing_plan(contract, version)
    permit = _may_sign(request, contract, version, plan)
    context = {
        "contract": contract,
        "section": "negotiation",
        "version": version,
        "plan": plan,
        "permit": permit,
        "reasons": reasons,
        **_to_read(request, contract, version),
    }
    if permit and version is not None:
        context |= {
            "intent": intent_text(contract, version, request.actor.organisation),
            "proof": kept(request, _purpose(request, contract, version), timezone.now()),
            "proof_minutes": int(PROOF_LASTS.total_seconds() // 60),
            "ways": list(ways().values()),
        }
    return render(request, "contracts/contract_sign.html", context, status=status)


def _signed(request: ActorRequest, contract: Contract, version: ContractVersion, form: SignForm) -> HttpResponse:
    said, at = form.cleaned_data, timezone.now()
    proof = kept(request, _purpose(request, contract, version), at)
    refuse_outdated(contract, version, said["document_hash"])
    if proof is None:
        raise Refused(_("Show who you are first. A proof lasts for five minutes and for this text only."))
    if not _is_ours(said["intent"], contract, version, request.actor.organisation):
        raise Refused(_("The page was too old. Read it again, and sign."))
    version = sign(
        actor=request.actor,
        contract=contract,
        document_hash=said["document_hash"],
        intent=said["intent"],
        method=proof.method,
        evidence=proof.evidence,
        proved_at=proof.proved_at,
        at=at,
    )
    forget(request)
    if version.status == VersionStatus.AGREED:
        ring_sealing(version.pk)
        message = _("You have signed, and now everybody has: the contract is agreed.")
        if version.successions.exists():  # the one who signed last may have left its place by it
            return done(request, message, "contracts:contract_terms", contract.code)
    else:
        message = _("You have signed for %(organisation)s.") % {"organisation": request.actor.organisation}
    return done(request, message, "contracts:contract_sign", contract.code)


def _to_read(request: ActorRequest, contract: Contract, version: ContractVersion | None) -> dict[str, Any]:
    if version is None or version.status == VersionStatus.DRAFT:
        return {}
    return {
        "words": in_words(contract, version),
        "successions": successions_of(version),
        **since(request, contract, version),
    }


# --- Who one is ------------------------------------------------------------------------------------------------------


def _about_to_sign(request: ActorRequest, code: str) -> tuple[Contract, ContractVersion]:
    """The version the person may sign now, or the refusal in words."""
    contract = get_contract_for(request.actor, code, Permission.SIGN_AGREEMENT)
    version = open_version(contract)
    permit = _may_sign(request, contract, version, signing_plan(contract, version))
    if not permit or version is None:
        raise Refused(permit.reason)
    return contract, version


@access(Permission.SIGN_AGREEMENT, in_contract=True)
@require_POST
def sign_identify(request: ActorRequest, code: str, way: str) -> HttpResponseBase:
    """Begin to show who one is, in the chosen way."""
    contract, version = _about_to_sign(request, code)
    chosen = way_named(way)
    if chosen is None:
        raise NotVisible
    return chosen.start(request, _purpose(request, contract, version), timezone.now())


@access(Permission.SIGN_AGREEMENT, in_contract=True)
@sensitive_post_parameters("password")
@require_http_methods(GET_AND_POST)
def sign_password(request: ActorRequest, code: str) -> HttpResponseBase:
    """The account's password once more."""
    contract, version = _about_to_sign(request, code)
    form = PasswordForm(posted(request))
    if form.is_valid():
        try:
            purpose, at = _purpose(request, contract, version), timezone.now()
            keep(request, purpose, ways()["password"].finish(request, purpose, at))
            return redirect("contracts:contract_sign", contract.code)
        except NotProved as refusal:
            form.add_error("password", refusal.reasons[0])
    context = {"contract": contract, "section": "negotiation", "version": version, "form": form}
    return render(request, "contracts/signing_password.html", context, status=422 if form.is_bound else 200)


@access(Permission.OWN_ACCOUNT)
@require_safe
def oidc_answer(request: ActorRequest) -> HttpResponseBase:
    """Where a provider sends the person back. Nothing is signed here: the proof is kept, and the page shown again."""
    code, way = trip_code(request), way_named("oidc")
    if not code or way is None:
        raise Refused(_("This answer does not belong to anything you asked for here. Begin again."))
    contract, version = _about_to_sign(request, code)
    purpose, at = _purpose(request, contract, version), timezone.now()
    keep(request, purpose, way.finish(request, purpose, at))
    return redirect("contracts:contract_sign", contract.code)


# --- The plan --------------------------------------------------------------------------------------------------------


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def signing_plan_page(request: ActorRequest, code: str) -> HttpResponse:
    """Who signs for each organisation, and which organisation signs before which."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    version = open_version(contract)
    plan = signing_plan(contract, version)
    turns = {seat.organisation: seat.turn for seat in plan.seats}
    form = TurnsForm(posted(request), turns=turns)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            order_signing(actor=request.actor, contract=contract, turns=form.turns, at=timezone.now())
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            return done(request, _("The order is saved."), "contracts:signing_plan", contract.code)
    context = {
        "contract": contract,
        "section": "negotiation",
        "plan": plan,
        "own": [seat for seat in plan.seats if seat.group and seat.organisation == request.actor.organisation],
        "form": form,
        "reasons": reasons,
        "names": permit_for(request.actor, Act.NAME_PEOPLE, contract, version),
        "orders": permit_for(request.actor, Act.ORDER_SIGNING, contract, version),
        "signatories": signatories_of(contract),
    }
    status = 200 if not form.is_bound else 409 if reasons else 422
    return render(request, "contracts/signing_plan.html", context, status=status)


def _group(request: ActorRequest, contract: Contract, pk: int) -> SigningGroup:
    """One of the reader's own organisation's groups."""
    groups = SigningGroup.objects.filter(contract=contract, organisation=request.actor.organisation)
    group = groups.filter(pk=pk, ended_at__isnull=True).prefetch_related("members").first()
    if group is None:
        raise NotVisible
    return group


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def signing_group_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    return _group_page(request, contract, None)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_http_methods(GET_AND_POST)
def signing_group_change(request: ActorRequest, code: str, group: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    return _group_page(request, contract, _group(request, contract, group))


def _group_page(request: ActorRequest, contract: Contract, group: SigningGroup | None) -> HttpResponse:
    permit = permit_for(request.actor, Act.NAME_PEOPLE, contract, open_version(contract))
    organisation = request.actor.organisation
    people: list[User] = signatories_of(contract).get(organisation, []) if permit and organisation else []
    form = SigningGroupForm(posted(request), people=people, group=group)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            save_signing_group(actor=request.actor, contract=contract, group=group, at=timezone.now(), **form.group)
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            return done(request, _("The group is saved."), "contracts:signing_plan", contract.code)
    context = {
        "contract": contract,
        "section": "negotiation",
        "group": group,
        "form": form,
        "reasons": reasons,
        "permit": permit,
    }
    status = 200 if not form.is_bound else 409 if reasons else 422
    return render(request, "contracts/signing_group.html", context, status=status)


@access(Permission.VIEW_DESIGN, in_contract=True)
@require_POST
def signing_group_end(request: ActorRequest, code: str, group: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    found = _group(request, contract, group)
    end_signing_group(actor=request.actor, contract=contract, group=found, at=timezone.now())
    return done(request, _("The group is taken out of the plan."), "contracts:signing_plan", contract.code)
