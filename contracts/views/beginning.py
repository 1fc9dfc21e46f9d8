"""Where a contract and the library meet: begin from a template, use an indicator, offer a template."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import Actor, Refused
from actors.roles import Permission
from contracts.actions.adopt import WouldBeLost, adopt_indicator, adopt_template, draft_from_template, would_be_lost
from contracts.actions.contract import draft_contract
from contracts.actions.offering import Offer, gaps_of, offer_template, what_is_offered
from contracts.forms.beginning import DraftChoiceForm, OfferForm, TemplateChoiceForm
from contracts.forms.contract import ContractDraftForm
from contracts.models import Contract
from contracts.policies import Act, hindrance, permit_for
from contracts.queries import get_contract_for, open_version
from contracts.queries.drafts import contracts_to_offer, drafts_for_a_template, drafts_to_design
from contracts.views.deciding import posted
from library.models import ContractTemplate, Indicator
from library.queries import get_template_for, listed_templates, reading_of, shelved
from library.states import ShelfStatus

GET_AND_POST = ["GET", "HEAD", "POST"]


@access(Permission.DRAFT_CONTRACT)
@require_http_methods(GET_AND_POST)
def contract_draft(request: ActorRequest) -> HttpResponse:
    templates = list(listed_templates())
    form = ContractDraftForm(posted(request), templates=templates, mall=request.GET.get("mall", ""))
    reasons: tuple[str, ...] = ()
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            contract = _begun(request.actor, form)
        except Refused as refusal:
            reasons, status = refusal.reasons, 409
        else:
            message = _("Contract %(code)s is drafted. This is the path to an agreement.") % {"code": contract.code}
            return done(request, message, "contracts:design", contract.code)
    context = {"form": form, "templates": templates, "chosen": form.shown_template, "reasons": reasons}
    return render(request, "contracts/contract_draft.html", context, status=status)


def _begun(actor: Actor, form: ContractDraftForm) -> Contract:
    """The contract with everything its template holds, in one act, or an empty draft."""
    fields, at = form.fields_of_the_contract, timezone.now()
    if form.template is None:
        return draft_contract(actor=actor, at=at, **fields)
    return draft_from_template(actor=actor, template=form.template, at=at, **fields)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def template_adopt(request: ActorRequest, code: str) -> HttpResponse:
    """Take a template into a draft that there already is."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    version = open_version(contract)
    lost = list(would_be_lost(contract, version)) if version else []
    form = TemplateChoiceForm(
        posted(request), templates=listed_templates(), is_empty=not lost, initial={"mall": request.GET.get("mall", "")}
    )
    reasons: tuple[str, ...] = ()
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            problems = adopt_template(
                actor=request.actor,
                contract=contract,
                template=form.template,
                is_confirmed=form.said_yes,
                at=timezone.now(),
            )
        except WouldBeLost:
            reasons, status = (_("The draft is not empty. Tick that the template may replace what it holds."),), 409
        except Refused as refusal:
            reasons, status = refusal.reasons, 409
        else:
            message = _("The draft holds the template «%(name)s» now.") % {"name": form.template.name}
            if problems:
                message += " " + _("Its terms do not fit the contract's dates in everything: see what remains.")
            return done(request, message, "contracts:design", contract.code)
    context = {
        "contract": contract,
        "section": "design",
        "form": form,
        "reasons": reasons,
        "lost": lost,
        "permit": permit_for(request.actor, Act.EDIT_TERMS, contract, version),
    }
    return render(request, "contracts/template_adopt.html", context, status=status)


@access(Permission.DRAFT_CONTRACT)
@require_safe
def template_drafts(request: ActorRequest, slug: str) -> HttpResponse:
    """Choose into which of one's drafts a template is taken."""
    template = get_template_for(request.actor, slug)
    context = {"template": template, "drafts": drafts_for_a_template(request.actor)}
    return render(request, "contracts/template_drafts.html", context)


@access(Permission.DRAFT_CONTRACT)
@require_safe
def template_contracts(request: ActorRequest) -> HttpResponse:
    """Choose which of one's agreed contracts becomes a template."""
    return render(request, "contracts/template_contracts.html", {"contracts": contracts_to_offer(request.actor)})


@access(Permission.VIEW_LIBRARY)
@require_http_methods(GET_AND_POST)
def indicator_adopt(request: ActorRequest, slug: str) -> HttpResponse:
    """Choose in which of one's drafts an indicator is to be used."""
    indicator = shelved(Indicator, slug)
    drafts = drafts_to_design(request.actor)
    form = DraftChoiceForm(posted(request), drafts=drafts)
    reasons: tuple[str, ...] = ()
    status = 422 if form.is_bound else 200
    if form.is_valid():
        contract = get_contract_for(request.actor, form.cleaned_data["contract"], Permission.EDIT_DESIGN)
        try:
            adopt_indicator(actor=request.actor, contract=contract, indicator=indicator, at=timezone.now())
        except Refused as refusal:
            reasons, status = refusal.reasons, 409
        else:
            message = _("«%(name)s» is on the long list of measures.") % {"name": indicator.name}
            return done(request, message, "contracts:measures", contract.code)
    context = {"indicator": indicator, "drafts": drafts, "form": form, "reasons": reasons}
    return render(request, "contracts/indicator_adopt.html", context, status=status)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def template_offer(request: ActorRequest, code: str) -> HttpResponse:
    """Offer the agreed contract to the library: what it would hold, and what it is called."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    offer = None if hindrance(Act.OFFER_TEMPLATE, contract, None) else what_is_offered(contract, _language(request))
    form = OfferForm(posted(request), initial={"name_sv": offer.name, "summary_sv": offer.summary} if offer else {})
    reasons: tuple[str, ...] = ()
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            template = offer_template(actor=request.actor, contract=contract, at=timezone.now(), **form.cleaned_data)
        except Refused as refusal:
            reasons, status = refusal.reasons, 409
        else:
            message = _("«%(name)s» is offered. The national support reads it, and you are told.") % {
                "name": template.name
            }
            return done(request, message, "library:template_version", template.key, template.version)
    context = (_offer_context(offer) if offer else {}) | {
        "contract": contract,
        "section": "agreement",
        "form": form,
        "reasons": reasons,
        "permit": permit_for(request.actor, Act.OFFER_TEMPLATE, contract, None),
    }
    return render(request, "contracts/template_offer.html", context, status=status)


def _language(request: ActorRequest) -> str:
    return "en" if request.POST.get("language") == "en" else "sv"


def _offer_context(offer: Offer) -> dict[str, Any]:
    """What would be offered, as its reader would meet it, and what it lacks."""
    shown = ContractTemplate(document=offer.document, certainty=offer.certainty, status=ShelfStatus.OFFERED)
    return {"reading": reading_of(shown), "left_out": offer.left_out, "problems": gaps_of(offer)}
