"""What all pages of decision share: the ground, the form, the act, and a refusal shown where the reader is."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from actors.forms import Form
from actors.http import ActorRequest, done
from actors.policies import Refused
from contracts.models import Contract, ContractVersion
from contracts.policies import Act, permit_for
from contracts.queries import open_version, visible_contracts


def decide(
    request: ActorRequest,
    contract: Contract,
    act: Act,
    *,
    template: str,
    form: Form,
    perform: Callable[[dict[str, Any]], object],
    message: Callable[[], str],
    to: str = "contracts:contract_terms",
    section: str = "terms",
    context: Callable[[ContractVersion | None], dict[str, Any]] = lambda version: {},
) -> HttpResponse:
    """Show the decision; take it when it is posted. A refusal is told on the page, with what was written kept."""
    reasons: tuple[str, ...] = ()
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                perform(form.cleaned_data)
            except Refused as refusal:
                reasons, status = refusal.reasons, 409
            else:
                if not visible_contracts(request.actor).filter(pk=contract.pk).exists():
                    return done(request, message(), "contracts:contract_list")  # a successor returned the proposal
                return done(request, message(), to, contract.code)
    version = open_version(contract)
    page = {
        "contract": contract,
        "section": section,
        "version": version,
        "permit": permit_for(request.actor, act, contract, version),
        "form": form,
        "reasons": reasons,
    }
    return render(request, template, page | context(version), status=status)


def posted(request: ActorRequest) -> Any:
    """What was posted, also when that is nothing; None for a page that is only read."""
    return request.POST if request.method == "POST" else None
