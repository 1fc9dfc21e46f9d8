"""Pages that gather what several apps know: first pages, overviews, statements, documents and history."""

import csv
import logging
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import Refused, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from contracts.queries import get_contract_for, visible_contracts
from reports import actions, tasks
from reports.definitions import REPORTS, settlement_statement
from reports.models import ReportRun
from reports.queries import (
    amounts_of,
    as_happenings,
    get_run_for,
    happenings_in,
    investment_in,
    investments_of,
    overview_of,
    runs_seen,
    sums_of,
    tasks_for,
    timeline_of,
)
from reports.render import file_name

logger = logging.getLogger(__name__)
PAGE = 20
DEMO_ACCOUNTS = [
    ("official", gettext_noop("case officer of the municipality")),
    ("reviewer", gettext_noop("reviews payments")),
    ("decider", gettext_noop("decides on payments and signs for the municipality")),
    ("provider", gettext_noop("case officer of the service provider")),
    ("intermediary", gettext_noop("verifies the outcomes")),
    ("investor", gettext_noop("the investor")),
    ("support", gettext_noop("the national support")),
    ("outsider", gettext_noop("another municipality, which sees nothing of Nordviken")),
]


@require_safe
@access(Permission.PUBLIC)
def welcome(request: ActorRequest) -> HttpResponse:
    """What this is, for somebody who comes for the first time."""
    return render(request, "reports/welcome.html", {"accounts": [(name, _(what)) for name, what in DEMO_ACCOUNTS]})


@require_safe
@access(Permission.OWN_ACCOUNT)
def start(request: ActorRequest) -> HttpResponse:
    """What waits for me, what is new, and how it goes."""
    contracts = list(visible_contracts(request.actor).order_by("-starts_on", "code"))
    shown = contracts[:PAGE]
    amounts = amounts_of(shown)
    investments = investments_of(request.actor, shown, amounts)
    tasks_found = tasks_for(request.actor, contracts, timezone.localdate())
    context = {
        "page": Paginator(tasks_found, PAGE).get_page(request.GET.get("page")),
        "happenings": happenings_in(request.actor, contracts),
        "rows": [(contract, amounts[contract.pk]) for contract in shown],
        "contract_count": len(contracts),
        "investments": investments,
        "sums": sums_of(investments),
    }
    return render(request, "reports/start.html", context)


@require_safe
@access(Permission.OWN_ACCOUNT)
def investments_csv(request: ActorRequest) -> HttpResponse:
    """The investor's contracts as a file for a spreadsheet."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="investeringar.csv"'
    response.write("\ufeff")  # so that a spreadsheet reads å, ä and ö
    writer = csv.writer(response, delimiter=";")
    names = [_("Contract"), _("Name"), _("Currency"), _("Committed"), _("Drawn"), _("Repaid")]
    writer.writerow([*names, _("Verified, not yet repaid"), _("Still possible at most")])
    for row in investments_of(request.actor, visible_contracts(request.actor).order_by("code")):
        amounts = [row.committed, row.drawn, row.repaid, row.expected, row.still_possible]
        cells = [row.contract.code, row.contract.name, row.currency]
        writer.writerow([*(_inert(cell) for cell in cells), *("" if a is None else str(a) for a in amounts)])
    return response


def _inert(cell: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


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


@require_safe
@access(Permission.VIEW_WORKING, in_contract=True)
def documents(request: ActorRequest, code: str) -> HttpResponse:
    """What can be made, and what has been made."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_WORKING)
    page = Paginator(runs_seen(request.actor, contract), PAGE).get_page(request.GET.get("page"))
    periods = contract.claim_periods.filter(calculation__isnull=False).order_by("-starts_on")[:PAGE]
    rows = [(run, _title(run, contract)) for run in page]
    context = {"contract": contract, "section": "documents", "page": page, "rows": rows, "periods": periods}
    return render(request, "reports/documents.html", context)


@require_safe
@access(Permission.VIEW_WORKING, in_contract=True)
def statement(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """The settlement statement as a page."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_WORKING)
    params = settlement_statement.Params(
        contract=code, language=_language(), **_statement_params(request, contract, period)
    )
    data = settlement_statement.build_for(contract, params, timezone.now())
    return render(request, "reports/statement.html", {"contract": contract, "section": "payments", "data": data})


@require_POST
@access(Permission.VIEW_WORKING, in_contract=True)
def statement_pdf(request: ActorRequest, code: str, period: str) -> HttpResponse:
    """Ask for the statement as a PDF."""
    contract = get_contract_for(request.actor, code, Permission.VIEW_WORKING)
    run = actions.request_report(
        actor=request.actor,
        contract=contract,
        report="settlement_statement",
        params=_statement_params(request, contract, period),
        language=_language(),
        at=timezone.now(),
    )
    tasks.ring(run.pk)
    return redirect("reports:report_run", code, run.pk)


@require_safe
@access(Permission.VIEW_WORKING, in_contract=True)
def report_run(request: ActorRequest, code: str, run: UUID) -> HttpResponse:
    """How far a document has come, and the file when it is done; htmx asks for the changing part again and again."""
    row = get_run_for(request.actor, code, run)
    context = {
        "contract": row.contract,
        "section": "documents",
        "run": row,
        "title": _title(row, row.contract),
        "is_moving": row.status in {ReportRun.Status.QUEUED, ReportRun.Status.RUNNING},
    }
    return page_or_fragment(request, "reports/report_run.html", "reports/_run_progress.html", context)


@require_safe
@access(Permission.VIEW_WORKING, in_contract=True)
def report_file(request: ActorRequest, code: str, run: UUID) -> HttpResponseBase:
    """The file, to those who may see what it says."""
    row = get_run_for(request.actor, code, run)
    if row.status != ReportRun.Status.DONE:
        raise Http404
    with translation.override(row.language):
        name = file_name(*REPORTS[row.report].file_stem(actions.params_of(row)), row.language)
    try:
        stored = row.file.open()
    except OSError as error:
        logger.exception("the file of report run %s cannot be opened", row.pk)
        raise Refused(_("The file is not where it was stored. Ask for the document again.")) from error
    response = FileResponse(stored, as_attachment=True, filename=name, content_type="application/pdf")
    response["X-Content-SHA256"] = row.file_sha256
    return response


def _statement_params(request: ActorRequest, contract: Contract, period: str) -> dict[str, Any]:
    sees_orders = can(request.actor, Permission.VIEW_PAYMENTS, roles_of(request.actor, contract))
    return {"period": period, "with_orders": bool(sees_orders)}


def _language() -> str:
    return "en" if translation.get_language() == "en" else "sv"


def _title(run: ReportRun, contract: Contract) -> str:
    run.contract = contract
    return REPORTS[run.report].title(actions.params_of(run))
