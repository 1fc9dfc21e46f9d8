"""Report runs as the actor may see them."""

from uuid import UUID

from django.db.models import Q, QuerySet

from actors.policies import Actor, NotVisible, can, require
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from reports.models import ReportRun
from reports.policies import SEEN_WITH, permission_to_see


def runs_seen(actor: Actor, contract: Contract) -> QuerySet[ReportRun]:
    """The contract's runs that the actor may see, the latest first."""
    runs = ReportRun.objects.filter(contract=contract).select_related("requested_by").order_by("-requested_at", "pk")
    roles = roles_of(actor, contract)
    seen = [report for report, permission in SEEN_WITH.items() if can(actor, permission, roles)]
    if can(actor, Permission.VIEW_PAYMENTS, roles):
        return runs.filter(report__in=seen)
    return runs.filter(~Q(params__with_orders=True), report__in=seen)


def get_run_for(actor: Actor, code: str, pk: UUID) -> ReportRun:
    """One run, if the actor may see what it shows; otherwise it is as if it did not exist."""
    contract = get_contract_for(actor, code, Permission.VIEW_CONTRACT)
    run = ReportRun.objects.filter(contract=contract, pk=pk).select_related("requested_by").first()
    if run is None:
        raise NotVisible
    roles = roles_of(actor, contract)
    require(actor, SEEN_WITH[run.report], roles)
    if not can(actor, permission_to_see(run), roles):
        raise NotVisible
    run.contract = contract
    return run
