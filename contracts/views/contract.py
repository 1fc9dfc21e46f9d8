"""Pages of the contract itself: edit, start, close, terminate."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from actors.http import ActorRequest, access, done
from actors.policies import Refused
from actors.roles import Permission
from contracts import actions
from contracts.forms import ContractEditForm, DecisionForm, NoteForm, TerminateForm
from contracts.models import Contract
from contracts.policies import EDITABLE_FIELDS, Act, permit_for
from contracts.queries import get_contract_for
from contracts.views.deciding import decide, posted

GET_AND_POST = ["GET", "HEAD", "POST"]


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_edit(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    form = ContractEditForm(posted(request), contract=contract, editable=EDITABLE_FIELDS[contract.status])
    if not form.is_valid():
        return _edit_page(request, contract, form, status=422 if form.is_bound else 200)
    try:
        actions.edit_contract(
            actor=request.actor, contract=contract, changes=form.changes, seen=form.seen_values, at=timezone.now()
        )
    except actions.EditConflict as conflict:
        form.show_again(conflict.theirs)
        theirs = form.theirs(conflict.theirs)
        return _edit_page(request, contract, form, status=409, reasons=conflict.reasons, theirs=theirs)
    except Refused as refusal:
        return _edit_page(request, contract, form, status=409, reasons=refusal.reasons)
    return done(request, _("The contract is saved."), "contracts:contract_edit", contract.code)


def _edit_page(
    request: ActorRequest,
    contract: Contract,
    form: ContractEditForm,
    *,
    status: int,
    reasons: tuple[str, ...] = (),
    theirs: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "contract": contract,
        "section": "overview",
        "form": form,
        "permit": permit_for(request.actor, Act.EDIT, contract, None),
        "reasons": reasons,
        "theirs": theirs or [],
    }
    return render(request, "contracts/contract_edit.html", context, status=status)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_start(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return decide(
        request,
        contract,
        Act.START,
        template="contracts/contract_start.html",
        form=DecisionForm(posted(request)),
        perform=lambda _said: actions.start(actor=request.actor, contract=contract, at=timezone.now()),
        message=lambda: _("The contract is active."),
    )


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_close(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return decide(
        request,
        contract,
        Act.CLOSE,
        template="contracts/contract_close.html",
        form=NoteForm(posted(request)),
        perform=lambda said: actions.close(
            actor=request.actor, contract=contract, reason=said["reason"], at=timezone.now()
        ),
        message=lambda: _("The contract is closed."),
    )


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def contract_terminate(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return decide(
        request,
        contract,
        Act.TERMINATE,
        template="contracts/contract_terminate.html",
        form=TerminateForm(posted(request), code=contract.code),
        perform=lambda said: actions.terminate(
            actor=request.actor, contract=contract, reason=said["reason"], at=timezone.now()
        ),
        message=lambda: _("The contract is terminated."),
    )
