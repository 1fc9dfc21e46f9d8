"""The draft of the official report before a political decision."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from actors.http import ActorRequest, access
from actors.roles import Permission
from contracts.queries import get_contract_for
from reports import actions, tasks
from reports.definitions import decision_proposal as definition
from reports.views.documents import reader_language


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def decision_proposal(request: ActorRequest, code: str) -> HttpResponse:
    """The draft as a page, to read and to copy."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    data = definition.build_for(contract, definition.Params(code, reader_language()), timezone.now())
    context = {"contract": contract, "section": "agreement", "data": data}
    return render(request, "reports/decision_proposal.html", context)


@require_POST
@access(Permission.VIEW_DESIGN, in_contract=True)
def decision_proposal_pdf(request: ActorRequest, code: str) -> HttpResponse:
    """Ask for the draft as a PDF."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    run = actions.request_report(
        actor=request.actor,
        contract=contract,
        report="decision_proposal",
        params={},
        language=reader_language(),
        at=timezone.now(),
    )
    tasks.ring(run.pk)
    return redirect("reports:report_run", code, run.pk)
