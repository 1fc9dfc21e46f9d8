"""Who may see a report run and its file."""

from actors.roles import Permission
from reports.models import ReportRun

SEEN_WITH = {
    "settlement_statement": Permission.VIEW_WORKING,
    "agreement": Permission.VIEW_DESIGN,
    "decision_proposal": Permission.VIEW_DESIGN,
}


def permission_to_see(run: ReportRun) -> Permission:
    """What is seen with the page that asks for it; a statement that names payment orders, with the orders."""
    return Permission.VIEW_PAYMENTS if run.params.get("with_orders") else SEEN_WITH[run.report]
