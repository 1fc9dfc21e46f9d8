"""The documents of a contract: the settlement statement, and the reports that have been asked for."""

import logging
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from actors.http import ActorRequest, access, page_or_fragment
from actors.policies import Refused, can
from actors.roles import Permission
from contracts.models import Contract
from contracts.policies import roles_of
from contracts.queries import get_contract_for
from reports import actions, tasks
from reports.definitions import REPORTS, settlement_statement
from reports.models import ReportRun
from reports.queries import get_run_for, runs_seen
from reports.render import file_name

logger = logging.getLogger(__name__)
PAGE = 20


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
        contract=code, language=reader_language(), **_statement_params(request, contract, period)
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
        language=reader_language(),
        at=timezone.now(),
    )
    tasks.ring(run.pk)
    return redirect("reports:report_run", code, run.pk)


@require_safe
@access(Permission.VIEW_CONTRACT, in_contract=True)
def report_run(request: ActorRequest, code: str, run: UUID) -> HttpResponse:
    """How far a document has come, and the file when it is done; htmx asks for the changing part again and again."""
    row = get_run_for(request.actor, code, run)
    context = {
        "contract": row.contract,
        "section": "documents",
        "run": row,
        "title": _title(row, row.contract),
        "is_moving": row.status in {ReportRun.Status.QUEUED, ReportRun.Status.RUNNING},
        "again": _again(row),
        "sees_documents": bool(can(request.actor, Permission.VIEW_WORKING, roles_of(request.actor, row.contract))),
    }
    return page_or_fragment(request, "reports/report_run.html", "reports/_run_progress.html", context)


@require_safe
@access(Permission.VIEW_CONTRACT, in_contract=True)
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


def reader_language() -> str:
    """The language of the page, as reports name it."""
    return "en" if translation.get_language() == "en" else "sv"


def _again(run: ReportRun) -> str:
    """Where the same document is asked for once more."""
    code = run.contract.code
    match run.report:
        case "settlement_statement":
            return reverse("reports:statement_pdf", args=[code, run.params["period"]])
        case "agreement":
            return reverse("reports:agreement_pdf", args=[code, run.params["version"]])
    return reverse(f"reports:{run.report}_pdf", args=[code])


def _title(run: ReportRun, contract: Contract) -> str:
    run.contract = contract
    return REPORTS[run.report].title(actions.params_of(run))
