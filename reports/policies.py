"""Who may see a report run and its file."""

from actors.roles import Permission
from reports.models import ReportRun


def permission_to_see(run: ReportRun) -> Permission:
    """A statement that names payment orders is seen by those who see the orders; others are seen with the working."""
    return Permission.VIEW_PAYMENTS if run.params.get("with_orders") else Permission.VIEW_WORKING
