"""The reports there are, in the order people should see them."""

from reports.definitions import agreement, decision_proposal, settlement_statement
from reports.definitions.base import ReportDefinition, as_json, inert

REPORTS: dict[str, ReportDefinition] = {
    "agreement": agreement,
    "decision_proposal": decision_proposal,
    "settlement_statement": settlement_statement,
}

__all__ = ["REPORTS", "ReportDefinition", "as_json", "inert"]
