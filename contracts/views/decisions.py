"""Pages of decision about the terms: propose, accept, return, withdraw, amend."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access
from actors.roles import Permission
from contracts import actions
from contracts.forms import AcceptForm, AmendForm, NoteForm, ReturnForm
from contracts.forms.negotiation import ProposeForm
from contracts.models import Contract, ContractVersion
from contracts.policies import Act
from contracts.queries import awaited_organisations, get_contract_for, open_version, terms_page
from contracts.queries.succession import successions_of
from contracts.states import VersionStatus
from contracts.views.deciding import decide, posted
from contracts.views.reading import in_words
from contracts.views.redline import since

GET_AND_POST = ["GET", "HEAD", "POST"]


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_propose(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)

    def ground(version: ContractVersion | None) -> dict[str, Any]:
        if version is None or version.status != VersionStatus.DRAFT:
            return {}
        today = timezone.localdate()
        missing = actions.problems_before_proposing(request.actor, contract, version, on=today)
        return {
            "missing": missing,
            "words": in_words(contract, version),
            "successions": successions_of(version),
            **since(request, contract, version),
        }

    return decide(
        request,
        contract,
        Act.PROPOSE,
        template="contracts/contract_propose.html",
        form=ProposeForm(posted(request)),
        perform=lambda said: actions.propose(
            actor=request.actor, contract=contract, answer_by=said["answer_by"], at=timezone.now()
        ),
        message=lambda: _("The terms are proposed. Each party now accepts or returns them."),
        context=ground,
    )


@access(Permission.ACCEPT_TERMS, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_accept(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.ACCEPT_TERMS)

    def ground(version: ContractVersion | None) -> dict[str, Any]:
        if version is None or version.status != VersionStatus.PROPOSED:
            return {}
        acceptances = list(version.acceptances.select_related("organisation", "user").order_by("at"))
        return {
            "words": in_words(contract, version),
            **since(request, contract, version),
            "acceptances": acceptances,
            "awaited": awaited_organisations(contract, acceptances),
            "successions": successions_of(version),
            "has_accepted": any(a.organisation == request.actor.organisation for a in acceptances),
        }

    def message() -> str:
        version = open_version(contract)
        if version is not None and version.status == VersionStatus.ACCEPTED:
            return _("You have accepted the terms, and now all parties have: they are ready to be signed.")
        return _("You have accepted the terms for %(organisation)s.") % {"organisation": request.actor.organisation}

    return decide(
        request,
        contract,
        Act.ACCEPT,
        template="contracts/contract_accept.html",
        form=AcceptForm(posted(request)),
        perform=lambda said: actions.accept(
            actor=request.actor, contract=contract, document_hash=said["document_hash"], at=timezone.now()
        ),
        message=message,
        context=ground,
    )


@access(Permission.ACCEPT_TERMS, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_return(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.ACCEPT_TERMS)
    return decide(
        request,
        contract,
        Act.RETURN,
        template="contracts/contract_return.html",
        form=ReturnForm(posted(request)),
        perform=lambda said: actions.return_proposal(
            actor=request.actor, contract=contract, reason=said["reason"], at=timezone.now()
        ),
        message=lambda: _("The proposal is returned. A new draft with the same terms is open."),
    )


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_withdraw(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return decide(
        request,
        contract,
        Act.WITHDRAW,
        template="contracts/contract_withdraw.html",
        form=NoteForm(posted(request)),
        perform=lambda said: actions.withdraw_draft(
            actor=request.actor, contract=contract, reason=said["reason"], at=timezone.now()
        ),
        message=lambda: _("The draft is withdrawn. The agreed terms go on as before."),
    )


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_amend(request: ActorRequest, code: str) -> HttpResponse:
    contract: Contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return decide(
        request,
        contract,
        Act.AMEND,
        template="contracts/contract_amend.html",
        form=AmendForm(posted(request)),
        perform=lambda said: actions.amend(
            actor=request.actor,
            contract=contract,
            effective_on=said["effective_on"],
            note=said["note"],
            at=timezone.now(),
        ),
        message=lambda: _("The amendment is drafted, with the agreed terms to begin from."),
        to="contracts:terms_edit",
        context=lambda _version: {"agreed": terms_page(contract).agreed},
    )
