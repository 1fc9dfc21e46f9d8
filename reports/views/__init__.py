"""Pages that gather what several apps know: first pages, overviews, statements, documents and history."""

from reports.views.contract import contract_overview, history, investment
from reports.views.documents import documents, report_file, report_run, statement, statement_pdf
from reports.views.start import investments_csv, start, welcome

__all__ = [
    "contract_overview",
    "documents",
    "history",
    "investment",
    "investments_csv",
    "report_file",
    "report_run",
    "start",
    "statement",
    "statement_pdf",
    "welcome",
]
