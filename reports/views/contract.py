"""A contract's own pages: overview, investment and history."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from actors.http import ActorRequest, access
from actors.policies import can
from actors.roles import Permission
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from reports.queries import as_happenings, investment_in, overview_of, timeline_of

PAGE = 20


@require_safe
@access(Permission.VIEW_CONTRACT, in_contract=True)
def contract_overview(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_CONTRACT)
    overview = overview_of(request.actor, contract, timezone.localdate())
    sees_working = can(request.actor, Permission.VIEW_WORKING, roles_of(request.actor, contract))
    context = {"contract": contract, "section": "overview", "overview": overview, "sees_working": sees_working}
    return render(request, "reports/contract_overview.html", context)


@require_safe
@access(Permission.VIEW_INVESTMENT, in_contract=True)
def investment(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_INVESTMENT)
    found, reached = investment_in(request.actor, contract)
    context = {"contract": contract, "section": "investment", "investment": found, "reached": reached}
    return render(request, "reports/investment.html", context)


@require_safe
@access(Permission.VIEW_HISTORY, in_contract=True)
def history(request: ActorRequest, code: str) -> HttpResponse:
    contract = get_contract_for(request.actor, code, Permission.VIEW_HISTORY)
    page = Paginator(timeline_of(request.actor, contract), PAGE).get_page(request.GET.get("page"))
    context = {"contract": contract, "section": "history", "page": page, "events": as_happenings(page)}
    return render(request, "reports/history.html", context)
