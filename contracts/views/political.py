"""The political decisions behind a contract."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actors.http import ActorRequest, access, done
from actors.policies import Refused, can
from actors.roles import Permission
from contracts.actions.political import record_decision
from contracts.forms.political import PoliticalDecisionForm
from contracts.models import Contract, PoliticalDecision
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from contracts.queries.political import political_decisions as decisions_of
from contracts.views.deciding import posted

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
@access(Permission.VIEW_DESIGN, in_contract=True)
def political_decisions(request: ActorRequest, code: str) -> HttpResponse:
    """What boards and councils have decided about the contract."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_DESIGN)
    context = {
        "contract": contract,
        "section": "agreement",
        "decisions": decisions_of(contract),
        "permit": can(request.actor, Permission.EDIT_CONTRACT, roles_of(request.actor, contract)),
    }
    return render(request, "contracts/political_decisions.html", context)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def political_decision_record(request: ActorRequest, code: str) -> HttpResponse:
    """Record a decision."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return _form_page(request, contract, None)


@access(Permission.EDIT_CONTRACT, in_contract=True)
@require_http_methods(GET_AND_POST)
def political_decision_correct(request: ActorRequest, code: str, decision: int) -> HttpResponse:
    """Correct what was recorded: the old row stays, a new one replaces it."""
    contract = get_contract_for(request.actor, code, Permission.EDIT_CONTRACT)
    return _form_page(request, contract, get_object_or_404(PoliticalDecision, pk=decision, contract=contract))


def _form_page(request: ActorRequest, contract: Contract, corrects: PoliticalDecision | None) -> HttpResponse:
    form = PoliticalDecisionForm(posted(request), contract=contract, corrects=corrects)
    reasons: tuple[str, ...] = ()
    if form.is_valid():
        try:
            made = record_decision(
                actor=request.actor, contract=contract, at=timezone.now(), replaces=corrects, **form.decision
            )
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            message = _("The decision of %(body)s is recorded.") % {"body": made.body}
            return done(request, message, "contracts:political_decisions", contract.code)
    context = {"contract": contract, "section": "agreement", "form": form, "corrects": corrects, "reasons": reasons}
    status = 409 if reasons else 422 if form.is_bound else 200
    return render(request, "contracts/political_decision_form.html", context, status=status)
