"""Who is in the contract."""

from django.db.models import Func, TextField
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actors.http import ActorRequest, access, done
from actors.models import Organisation
from actors.policies import NotVisible, Refused
from actors.roles import Permission, Role
from contracts import actions
from contracts.actions.succession import name_successor, withdraw_successor
from contracts.forms import DecisionForm, PartyForm, WhoForm
from contracts.models import Contract, ContractParty
from contracts.policies import Act, permit_for
from contracts.queries import get_contract_for, open_party_keys, open_version
from contracts.queries.succession import successions_of
from contracts.views.deciding import decide, posted

GET_AND_POST = ["GET", "HEAD", "POST"]


def _organisations() -> list[Organisation]:
    by_name = Func("name", function="sv_sort", output_field=TextField())
    return list(Organisation.objects.prefetch_related("boards").order_by(by_name))


def _party(contract: Contract, pk: int) -> ContractParty:
    for party in contract.parties.all():
        if party.pk == pk:
            return party
    raise NotVisible


@access(Permission.VIEW_CONTRACT, in_contract=True)
@require_safe
def contract_parties(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    order = list(Role.values)
    parties = sorted(contract.parties.all(), key=lambda p: (order.index(p.role), str(p).lower(), p.key))
    version = open_version(contract)
    context = {
        "contract": contract,
        "section": "parties",
        "parties": parties,
        "successions": successions_of(version),
        "replace": permit_for(request.actor, Act.REPLACE_PARTY, contract, version),
        "readers": list(contract.readers.all()),
        "permit": permit_for(request.actor, Act.CHANGE_PARTIES, contract, None),
    }
    return render(request, "contracts/contract_parties.html", context)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def party_add(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    form = PartyForm(posted(request), organisations=_organisations(), open_keys=open_party_keys(contract))
    if form.is_valid():
        try:
            party = actions.add_party(actor=request.actor, contract=contract, at=timezone.now(), **form.party)
        except Refused as refusal:
            return _form_page(request, contract, form, "contracts/party_add.html", refusal)
        message = _("%(party)s is a party: %(role)s.") % {"party": party, "role": party.role_label.lower()}
        return done(request, message, "contracts:contract_parties", contract.code)
    return _form_page(request, contract, form, "contracts/party_add.html")


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def party_change(request: ActorRequest, code: str, party: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    changed = _party(contract, party)
    form = PartyForm(posted(request), organisations=_organisations(), party=changed)
    if form.is_valid():
        try:
            changed = actions.change_party(actor=request.actor, party=changed, at=timezone.now(), **form.party)
        except Refused as refusal:
            return _form_page(request, contract, form, "contracts/party_change.html", refusal)
        message = _("%(party)s is saved.") % {"party": changed}
        return done(request, message, "contracts:contract_parties", contract.code)
    return _form_page(request, contract, form, "contracts/party_change.html")


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def party_remove(request: ActorRequest, code: str, party: int) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    gone = _party(contract, party)
    return decide(
        request,
        contract,
        Act.CHANGE_PARTIES,
        template="contracts/party_remove.html",
        form=DecisionForm(posted(request)),
        perform=lambda _said: actions.remove_party(actor=request.actor, party=gone, at=timezone.now()),
        message=lambda: _("%(party)s is no longer a party.") % {"party": gone},
        to="contracts:contract_parties",
        section="parties",
        context=lambda _version: {"party": gone},
    )


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def succession_name(request: ActorRequest, code: str, party: int) -> HttpResponse:
    """Who takes a party's place by the draft amendment."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    leaving = _party(contract, party)
    return decide(
        request,
        contract,
        Act.REPLACE_PARTY,
        template="contracts/succession_name.html",
        form=WhoForm(posted(request), organisations=_organisations()),
        perform=lambda said: name_successor(
            actor=request.actor,
            contract=contract,
            party=leaving,
            organisation=said["who"][0],
            board=said["who"][1],
            at=timezone.now(),
        ),
        message=lambda: _("The successor is saved in the draft amendment."),
        to="contracts:contract_parties",
        section="parties",
        context=lambda version: {"party": leaving, "named": successions_of(version).get(leaving.pk)},
    )


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_POST
def succession_withdraw(request: ActorRequest, code: str, party: int) -> HttpResponse:
    """Nobody takes the party's place after all."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    staying = _party(contract, party)
    withdraw_successor(actor=request.actor, contract=contract, party=staying, at=timezone.now())
    return done(
        request, _("%(party)s stays a party.") % {"party": staying}, "contracts:contract_parties", contract.code
    )


def _form_page(
    request: ActorRequest, contract: Contract, form: PartyForm, template: str, refusal: Refused | None = None
) -> HttpResponse:
    context = {
        "contract": contract,
        "section": "parties",
        "form": form,
        "permit": permit_for(request.actor, Act.CHANGE_PARTIES, contract, None),
        "reasons": refusal.reasons if refusal else (),
    }
    return render(request, template, context, status=409 if refusal else 422 if form.is_bound else 200)
