"""Pages of imports: the template, the upload, the preview, and settling it."""

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font

from actors.http import ActorRequest, access, done
from actors.policies import NotVisible, Refused
from actors.roles import Permission
from contracts.models import Contract
from contracts.queries import get_contract_for
from outcomes import actions
from outcomes.forms import ImportForm, ReasonForm, content_of
from outcomes.models import ImportBatch
from outcomes.queries import Vocabulary, get_period_for, vocabulary_of
from outcomes.sources.columns import CLAIMS, FIELDS, KIND_LABELS, NAMES, NUMBERS, VALUES
from outcomes.sources.rules import said
from outcomes.states import ImportStatus
from outcomes.views.common import GET_AND_POST, act_page, permit_for, posted

PROBLEMS_PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATUS_TONES = {
    ImportStatus.PREVIEWED: "info",
    ImportStatus.CONFIRMED: "success",
    ImportStatus.REFUSED: "danger",
    ImportStatus.DISCARDED: "neutral",
    ImportStatus.WITHDRAWN: "neutral",
}


def get_batch(request: ActorRequest, code: str, pk: int) -> ImportBatch:
    """The import, if it is the actor's own organisation's and the actor may report."""
    contract = get_contract_for(request.actor, code, Permission.REPORT_OUTCOMES)
    batches = ImportBatch.objects.select_related("claim_period", "uploaded_by")
    batch = batches.filter(pk=pk, claim_period__contract=contract, organisation=request.actor.organisation).first()
    if batch is None:
        raise NotVisible
    batch.claim_period.contract = contract
    return batch


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def import_upload(request: ActorRequest, code: str, period: str) -> HttpResponse:
    found = get_period_for(request.actor, code, period, Permission.REPORT_OUTCOMES)
    form = ImportForm(posted(request), request.FILES or None)
    context: dict[str, Any] = {"contract": found.contract, "section": "outcomes", "period": found, "form": form}
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch = actions.start_import(
                actor=request.actor,
                claim_period=found,
                file_name=upload.name,
                content=content_of(upload),
                at=timezone.now(),
            )
        except actions.SameFile as same:
            context |= {"problems": same.reasons, "same": same.batch}
        except Refused as refused:
            context["problems"] = refused.reasons
        else:
            return redirect("outcomes:import_preview", code, batch.pk)
    context["may_report"] = permit_for(request.actor, found, "report")
    context["claim_columns"] = [NAMES[name][0] for name in FIELDS[CLAIMS]]
    context["value_columns"] = [NAMES[name][0] for name in FIELDS[VALUES]]
    return render(request, "outcomes/import_upload.html", context, status=422 if form.is_bound else 200)


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_safe
def import_preview(request: ActorRequest, code: str, batch: int) -> HttpResponse:
    found = get_batch(request, code, batch)
    words = vocabulary_of(found.claim_period.contract)
    reading = found.reading
    problems = [said(problem, words.metric_label) for problem in reading.get("problems", [])]
    page = Paginator(problems, PROBLEMS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "contract": found.claim_period.contract,
        "section": "outcomes",
        "period": found.claim_period,
        "batch": found,
        "tag": {"label": found.get_status_display(), "tone": STATUS_TONES[ImportStatus(found.status)]},
        "page": page,
        "faults": [problem for problem in page.object_list if not problem["is_warning"]],
        "warnings": [problem for problem in page.object_list if problem["is_warning"]],
        "sheets": [_sheet(sheet, words) for sheet in reading.get("sheets", [])],
        "totals": [{**row, "metric": words.metric_label(row["metric"])} for row in reading.get("totals", [])],
        "is_waiting": found.status == ImportStatus.PREVIEWED,
        "can_confirm": found.status == ImportStatus.PREVIEWED and not found.problem_count,
        "can_withdraw": found.status == ImportStatus.CONFIRMED
        and bool(permit_for(request.actor, found.claim_period, "report")),
    }
    return render(request, "outcomes/import_preview.html", context)


def _sheet(sheet: dict[str, Any], words: Vocabulary) -> dict[str, Any]:
    """A sheet as it was understood, with names where the file has ids."""

    def shown(name: str, value: str) -> str:
        if name == "metric":
            return words.metric_label(value)
        if name in NUMBERS:
            return value.replace(".", get_format("DECIMAL_SEPARATOR"))
        return words.cohort_label(value) if name == "cohort" and value else value

    columns = [
        {
            **column,
            "label": str(NAMES[column["field"]][0]) if column["field"] else "",
            "read_as": shown(column["field"], column["read_as"]) if column["read_as"] else "",
        }
        for column in sheet["columns"]
    ]
    return {
        **sheet,
        "kind_label": str(KIND_LABELS[sheet["kind"]]),
        "columns": columns,
        "labels": [str(NAMES[name][0]) for name in sheet["fields"]],
        "cells": [
            {"number": row["number"], "values": [shown(name, row[name]) for name in sheet["fields"]]}
            for row in sheet["rows"]
        ],
    }


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_POST
def import_confirm(request: ActorRequest, code: str, batch: int) -> HttpResponse:
    found = get_batch(request, code, batch)
    actions.confirm_import(actor=request.actor, batch=found, at=timezone.now())
    message = _("The import is confirmed. %(n)s rows have been reported.") % {"n": found.row_count}
    return done(request, message, "outcomes:period_detail", code, found.claim_period.name)


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_POST
def import_discard(request: ActorRequest, code: str, batch: int) -> HttpResponse:
    found = get_batch(request, code, batch)
    actions.discard_import(actor=request.actor, batch=found, at=timezone.now())
    message = _("The import is discarded. Nothing was reported.")
    return done(request, message, "outcomes:period_detail", code, found.claim_period.name)


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_http_methods(GET_AND_POST)
def import_withdraw(request: ActorRequest, code: str, batch: int) -> HttpResponse:
    found = get_batch(request, code, batch)
    form, problems = ReasonForm(posted(request)), ()
    if form.is_valid():
        try:
            actions.withdraw_import(actor=request.actor, batch=found, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            problems = refused.reasons  # type: ignore[assignment]
        else:
            message = _("Everything in the import is withdrawn.")
            return done(request, message, "outcomes:period_detail", code, found.claim_period.name)
    return act_page(
        request,
        found.claim_period.contract,
        section="outcomes",
        title=_("Withdraw an import"),
        label=_("Withdraw the import"),
        cancel=reverse("outcomes:import_preview", args=[code, found.pk]),
        form=form,
        facts=[(_("File"), found.file_name), (_("Rows"), found.row_count)],
        problems=problems,
        color="danger",
        consequences=[_("The rows stay in the history, count no longer, and can be reported again.")],
    )


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_safe
def import_template(request: ActorRequest, code: str) -> HttpResponse:
    """A workbook with the contract's own columns, metrics and cohorts, ready to be filled in."""
    contract = get_contract_for(request.actor, code, Permission.REPORT_OUTCOMES)
    words = vocabulary_of(contract)
    book = Workbook()
    book.remove(book.worksheets[0])
    notes = _notes(words)
    for kind in (CLAIMS, VALUES):
        sheet = book.create_sheet(str(KIND_LABELS[kind]))
        for place, name in enumerate(FIELDS[kind], start=1):
            cell = sheet.cell(row=1, column=place, value=str(NAMES[name][0]))
            cell.font = Font(bold=True)
            cell.comment = Comment(notes[name], "Utfall", height=120, width=320)
            sheet.column_dimensions[cell.column_letter].width = 24
            if name in {"enrolled_on", "event_on"}:
                sheet.column_dimensions[cell.column_letter].number_format = "yyyy-mm-dd"
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return _download(out.getvalue(), XLSX, _name(contract, "xlsx"))


def _notes(words: Vocabulary) -> dict[str, str]:
    """What to write in each column, with examples."""
    metrics = "\n".join(f"{metric}: {words.metric_label(metric)}" for metric in words.metrics)
    cohorts = ", ".join(words.cohorts) or "–"
    return {
        "pseudonym": _("1–40 letters, digits and hyphens. Example: p7f3. Never a personal identity number or a name."),
        "cohort": _("Needed for participants who are new here. One of: %(known)s") % {"known": cohorts},
        "enrolled_on": _("Needed for participants who are new here. Example: 2026-08-20"),
        "metric": _("One of:\n%(known)s") % {"known": metrics},
        "event_on": _("The day of the event. Example: 2026-12-04"),
        "units": _("Left empty: 1. Example: 1 or 2,5"),
        "measurement_period": _("As the terms name it. Example: 2026-Q4"),
        "value": _("The measured value. Example: 3,8"),
        "due": _("How many were due to be measured. Example: 40"),
        "measured": _("How many were measured. Example: 31"),
    }


@access(Permission.REPORT_OUTCOMES, in_contract=True)
@require_safe
def import_template_csv(request: ActorRequest, code: str) -> HttpResponse:
    """The columns of claims as CSV, for systems that write their own files."""
    contract = get_contract_for(request.actor, code, Permission.REPORT_OUTCOMES)
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow([str(NAMES[name][0]) for name in FIELDS[CLAIMS]])
    return _download(out.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", _name(contract, "csv"))


def _name(contract: Contract, extension: str) -> str:
    return f"{contract.code}-{_('template')}.{extension}"


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


__all__ = [
    "import_confirm",
    "import_discard",
    "import_preview",
    "import_template",
    "import_template_csv",
    "import_upload",
    "import_withdraw",
]
